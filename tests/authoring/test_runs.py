"""How often uv is asked: as seldom as leaves no doubt, since that is what a run waits for."""

from __future__ import annotations

import re
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from lockhook._authoring import parts, steering
from lockhook._authoring.torch_wheels import write_indexes
from lockhook._authoring.uv import Uv
from lockhook._authoring.wheelhouse import Wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from lockhook._authoring.torch_wheels import Indexes
    from tests.conftest import Result

    Make = Callable[..., Path]
    Run = Callable[..., Result]
    Asked = Callable[..., list[str]]

BASE, FULL, PYLOCK = "requirements.txt", "requirements-full.txt", "pylock.toml"
EXTRA = '[project.optional-dependencies]\nfull = ["{}"]\n'
CLICK = Wheel(name="click", version="8.1.9")


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> Asked:
    """Runs ``lockhook generate``, and returns what uv was asked to make, without order."""
    log, real = tmp_path / "asked", shutil.which("uv")
    wrapper = tmp_path / "bin" / "uv"
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\necho "$@" >> "{log}"\nexec "{real}" "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setitem(sys.modules, "uv", None)
    monkeypatch.setenv("PATH", str(wrapper.parent), prepend=":")

    def asked(*arguments: str) -> list[str]:
        log.write_text("")
        result = run("generate", *arguments)
        assert result.code == 0, result.err
        lines = log.read_text().splitlines()
        assert lines.pop(0) == "--version"
        return sorted(map(what, lines))

    return asked


def what(line: str) -> str:
    """Return what one run makes: a lock, what is listed for notes, and whether torch is steered."""
    listed = "--offline" in line
    name = FULL if "--extra full" in line else BASE
    steered = re.search(r"pyproject\.toml \S+/pyproject\.toml", line)
    return f"{name}{' listed' if listed else ''}{' steered' if steered else ''}"


def locks(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".git"}


def test_new_locks_are_listed_once(project: Make, asked: Asked) -> None:
    folder = project("click", more=EXTRA.format("pandas"))
    assert asked("--all") == [FULL, f"{FULL} listed", BASE]
    assert {BASE, FULL} < {path.name for path in folder.iterdir()}


def test_a_smaller_lock_is_not_asked_for_where_a_larger_one_stays(
    project: Make, asked: Asked
) -> None:
    folder = project("click", "pandas", more=EXTRA.format("tqdm"))
    asked("--all")
    first = locks(folder)
    assert asked("--all") == [FULL]
    assert locks(folder) == first


def test_one_run_shows_its_progress(
    project: Make, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    loud: list[str] = []
    really = Uv.run

    def spy(self: Uv, arguments: Sequence[str], *, directory: str, quiet: bool = False) -> None:
        loud.extend([] if quiet else [what(" ".join(arguments))])
        really(self, arguments, directory=directory, quiet=quiet)

    monkeypatch.setattr(Uv, "run", spy)
    project("click", more=EXTRA.format("pandas"))
    for _ in range(2):
        assert run("generate", "--all").code == 0
    assert loud == [FULL, FULL]
    assert run("generate", "--all", "--quiet").code == 0
    assert loud == [FULL, FULL]


def test_what_only_the_smaller_one_tells_is_asked_for(project: Make, asked: Asked) -> None:
    """Here colorama is for Windows in one lock, and for all systems in the other."""
    project("click", more=EXTRA.format("colorama"))
    asked("--all")
    assert asked("--all") == [FULL, BASE]


@pytest.mark.parametrize("lock", [BASE, FULL])
def test_a_lock_that_somebody_changed_is_asked_for(project: Make, asked: Asked, lock: str) -> None:
    folder = project("click", more=EXTRA.format("pandas"))
    asked("--all")
    first = locks(folder)
    (folder / lock).write_text((folder / lock).read_text().replace("# via", "# because of"))
    assert [name for name in asked("--all") if "listed" not in name] == [FULL, BASE]
    assert locks(folder) == first


def test_a_change_is_asked_for(project: Make, asked: Asked) -> None:
    project("click", more=EXTRA.format("pandas"))
    asked("--all")
    project("click", "tqdm", more=EXTRA.format("pandas"))
    assert asked("--all") == [FULL, f"{FULL} listed", BASE]


@pytest.mark.parametrize("flags", [["--upgrade"], ["--upgrade-package", "click"]])
def test_an_upgrade_is_asked_for(project: Make, asked: Asked, flags: list[str]) -> None:
    project("click", more=EXTRA.format("pandas"))
    asked("--all")
    assert asked("--all", *flags) == [FULL, BASE]


def test_locks_that_are_made_in_different_ways_are_asked_for(project: Make, asked: Asked) -> None:
    hashed = f'[tool.lockhook.locks."{BASE}"]\nhashes = true\n'
    full = f'[tool.lockhook.locks."{FULL}"]\nextras = ["full"]\n'
    project("click", more=EXTRA.format("pandas") + hashed + full)
    asked("--all")
    assert asked("--all") == [FULL, BASE]


def test_a_release_that_is_gone_leaves_both_locks(
    project: Make, asked: Asked, tmp_path: Path, world: Indexes
) -> None:
    folder = project("click", more=EXTRA.format("pandas"))
    own = write_indexes(tmp_path / "own", (CLICK,))
    pyproject = folder / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace(world.default, own.default))
    asked("--all")
    assert all(b"click==8.1.9" in locks(folder)[name] for name in (BASE, FULL))
    write_indexes(tmp_path / "own")
    assert [name for name in asked("--all") if "listed" not in name] == [FULL, BASE]
    assert all(b"click==8.1.8" in locks(folder)[name] for name in (BASE, FULL))


@pytest.mark.parametrize("name", [BASE, PYLOCK])
@pytest.mark.parametrize(
    "dependencies",
    [
        ["accelerate"],
        ["accelerate", "torchvision"],
        ["accelerate ; sys_platform == 'linux'"],
    ],
)
def test_transitive_torch_takes_two_runs_once(
    project: Make, asked: Asked, dependencies: list[str], name: str
) -> None:
    folder = project(*dependencies)
    listed = [f"{BASE} listed steered"] if name == BASE else []
    assert asked("-o", name) == [BASE, *listed, f"{BASE} steered"]
    first = locks(folder)
    assert asked("-o", name) == [f"{BASE} steered"]
    assert locks(folder) == first


def test_torch_that_the_project_names_takes_one_run(project: Make, asked: Asked) -> None:
    project("torch", "accelerate")
    assert asked() == [BASE, f"{BASE} listed"]
    assert asked() == [BASE]


def test_torch_that_the_project_comes_to_name(project: Make, asked: Asked) -> None:
    project("accelerate", "click", more=EXTRA.format("pandas"))
    asked("--all")
    assert asked("--all") == [f"{FULL} steered"]
    project("accelerate", "click", "torch", more=EXTRA.format("pandas"))
    asked("--all")
    assert asked("--all") == [FULL]


TWO = f'[tool.lockhook.locks."{BASE}"]\n[tool.lockhook.locks."{FULL}"]\nextras = ["full"]\n'
HASHED = TWO.replace("\n[", "\nhashes = true\n[") + "hashes = true\n"
MIXED = TWO.replace(BASE, PYLOCK)
ONE_PLATFORM = (
    Wheel(name="wants", version="1", requires=["only-linux ; sys_platform == 'linux'"]),
    Wheel(name="only-linux", version="1", tag="py3-none-manylinux_2_28_x86_64"),
)


@pytest.mark.parametrize(
    ("settings", "dependencies", "extra"),
    [
        (TWO, ["accelerate", "click"], "torchvision"),
        (HASHED, ["pandas"], "accelerate ; sys_platform == 'linux'"),
        (MIXED, ["only-linux", "click"], "tqdm"),
        (TWO, ["wants", "torch"], "only-linux"),
    ],
)
@pytest.mark.parametrize("change", ["none", "release", "dependency", "hand"])
def test_what_is_not_asked_changes_nothing(
    project: Make,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    world: Indexes,
    settings: str,
    dependencies: list[str],
    extra: str,
    change: str,
) -> None:
    own = write_indexes(tmp_path / "own", (CLICK, *ONE_PLATFORM))
    folder = project(*dependencies, more=EXTRA.format(extra) + settings)
    pyproject = folder / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace(world.default, own.default))
    assert run("generate", "--all").code == 0
    if change == "release":
        write_indexes(tmp_path / "own", ONE_PLATFORM)
    elif change == "dependency":
        pyproject.write_text(
            pyproject.read_text().replace("\ndependencies = [", "\ndependencies = ['mpi4py', ")
        )
    elif change == "hand":
        for lock in folder.glob("requirements*.txt"):
            lock.write_text(lock.read_text().replace("# via", "# because of"))
    before = locks(folder)

    made = run("generate", "--all")
    seldom = locks(folder)

    for name, content in before.items():
        (folder / name).write_bytes(content)
    monkeypatch.setattr(parts, "among", lambda _: {})
    monkeypatch.setattr(steering, "guess", lambda *_: ())
    assert run("generate", "--all") == made
    assert locks(folder) == seldom
