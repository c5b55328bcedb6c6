"""A ``uv.toml`` beside the project: every reader of uv's settings sees what the real uv does."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import url2pathname

import pytest
import tomlkit

from lockhook._authoring import init
from lockhook._runtime import indexes, uv_config

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockhook._authoring.torch_wheels import Indexes
    from tests.conftest import Result

    Run = Callable[..., Result]

BARE = """\
[project]
name = "bench"
version = "1"
requires-python = ">=3.10"
dependencies = {dependencies}
"""
DEFAULT = '[[index]]\nname = "default"\nurl = "{default}"\ndefault = true\n'
CPU = '[[index]]\nname = "{name}"\nurl = "{cpu}"\nexplicit = true\n'
OFFICIAL = CPU.format(name="pytorch-cpu", cpu="{cpu}")
SOURCES = '[tool.uv.sources]\ntorch = { index = "pytorch-cpu" }\n'
ENTRY: dict[str, Any] = {"repo": "https://host/l", "rev": "v1", "hooks": [{"id": "lockfile-sync"}]}


def own(text: str) -> str:
    return text.replace("[[index]]", "[[tool.uv.index]]")


# Where the index of the CPU builds stands: what pyproject.toml has, and uv.toml.
PLACES = {
    "in pyproject.toml": (SOURCES.replace("{", "{{").replace("}", "}}") + own(OFFICIAL), DEFAULT),
    "in uv.toml": ("", DEFAULT + OFFICIAL),
    "in uv.toml, by a relative path": ("", DEFAULT + OFFICIAL.replace("{cpu}", "{relative}")),
    "in uv.toml, under a name of its own": (
        '[tool.lockhook]\nindex = "wheels"\n',
        DEFAULT + CPU.format(name="wheels", cpu="{unnamed}"),
    ),
    # What uv does not read is not the index either.
    "hidden by uv.toml": (
        own(OFFICIAL).replace("{cpu}", "https://host.invalid/cpu").replace("explicit", "default"),
        DEFAULT + OFFICIAL,
    ),
}


@pytest.fixture
def bench(tmp_path: Path, world: Indexes, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    def bench(pyproject: str, uv_toml: str | None, *dependencies: str) -> Path:
        folder = tmp_path / "bench"
        folder.mkdir(exist_ok=True)
        cpu = Path(url2pathname(world.cpu.removeprefix("file://")))
        for name in ("wheels", "cpu"):
            if not (tmp_path / name).exists():
                shutil.copytree(cpu, tmp_path / name)
        urls = {
            "default": world.default,
            "cpu": world.cpu,
            "relative": "../cpu",
            "unnamed": (tmp_path / "wheels").as_uri(),
        }
        text = BARE.format(dependencies=list(dependencies)) + pyproject.format(**urls)
        (folder / "pyproject.toml").write_text(text)
        if uv_toml is not None:
            (folder / "uv.toml").write_text(uv_toml.format(**urls))
        monkeypatch.chdir(folder)
        return folder

    return bench


def uv_lock() -> None:
    subprocess.run(["uv", "lock", "-q"], check=True)


RIGHT = {"2.9.1", "2.9.1+cpu"}


def versions(path: Path) -> set[str]:
    """Return the versions of torch in a lock of any format."""
    found = re.finditer(r'\bname = "torch"\nversion = "(.*)"|\btorch==(\S+)', path.read_text())
    return {each[1] or each[2] for each in found}


@pytest.mark.parametrize(
    "hashes", ["", '[tool.lockhook.locks."requirements.txt"]\nhashes = true\n']
)
@pytest.mark.parametrize("place", PLACES)
def test_transitive_torch_comes_from_the_cpu_index(
    bench: Callable[..., Path], run: Run, place: str, hashes: str
) -> None:
    pyproject, uv_toml = PLACES[place]
    folder = bench(pyproject + hashes, uv_toml, "accelerate")
    assert run("generate").code == 0
    lock = folder / "requirements.txt"
    assert versions(lock) == RIGHT
    known = indexes.of_project(uv_config.read(str(folder)))
    assert f"--extra-index-url {known.cpu}\n" in lock.read_text()
    assert run("check").code == 0
    assert run("sync").code == 0


@pytest.mark.parametrize("place", PLACES)
def test_the_lines_that_mend_a_uv_lock_do(bench: Callable[..., Path], run: Run, place: str) -> None:
    pyproject, uv_toml = PLACES[place]
    folder = bench(pyproject + '[tool.lockhook.locks."uv.lock"]\n', uv_toml, "accelerate")
    uv_lock()
    assert versions(folder / "uv.lock") == {"2.9.1"}
    out = run("check").out
    assert out.startswith("uv.lock: leak\n")
    assert str(folder.parent) not in out.partition("to mend it")[2] or "relative" not in place
    told = "\n".join(re.findall(r"(?m)^  -     (.*)$", out))
    add(folder / "pyproject.toml", told)
    assert run("sync").code == 1
    assert versions(folder / "uv.lock") == RIGHT
    assert run("check").code == 0


def add(pyproject: Path, told: str) -> None:
    """Do as the message says: put its lines where they belong."""
    document = tomlkit.parse(pyproject.read_text())
    uv = document.setdefault("tool", tomlkit.table()).setdefault("uv", tomlkit.table())
    for key, value in tomlkit.parse(told)["tool"]["uv"].items():
        uv[key] = value
    pyproject.write_text(tomlkit.dumps(document))


@pytest.mark.parametrize("place", PLACES)
def test_init_writes_where_uv_reads(
    bench: Callable[..., Path], run: Run, git: Run, place: str
) -> None:
    folder = bench(*PLACES[place], "accelerate")
    uv_toml = (folder / "uv.toml").read_text()
    git("init", "-q", cwd=folder)
    uv_lock()
    plan = init.plan(str(folder), ENTRY)
    init.write(plan)
    assert plan.is_complete
    assert any("uv will warn" in note for note in plan.notes)
    assert (folder / "uv.toml").read_text() == uv_toml
    uv_lock()
    assert versions(folder / "uv.lock") == RIGHT
    assert run("generate", "--all").code == 0
    assert versions(folder / "requirements.txt") == RIGHT
    again = init.plan(str(folder), ENTRY)
    assert not any(file.is_changed for file in again.files)


def test_init_copies_no_password(bench: Callable[..., Path]) -> None:
    place = OFFICIAL.replace("{cpu}", "https://me:secret@host.invalid/whl/cpu")
    folder = bench("", DEFAULT + place, "torch")
    (pyproject,) = init.plan(str(folder), ENTRY).files
    assert 'url = "https://host.invalid/whl/cpu"' in pyproject.after
    assert "secret" not in pyproject.after


@pytest.mark.parametrize(
    ("uv_toml", "note"),
    [
        ('[[index]]\nurl = "https://h/whl/cpu"\ndefault = true\n', "every package comes from"),
        ('extra-index-url = ["https://h/cpu"]\n', "uv.toml: extra-index-url lets every package"),
    ],
)
def test_init_says_what_a_uv_toml_lets_everything_come_from(
    bench: Callable[..., Path], uv_toml: str, note: str
) -> None:
    # Where there is a uv.toml, no place in [tool.uv] is one of these.
    hidden = own(uv_toml) if "[[" in uv_toml else f"[tool.uv]\n{uv_toml}"
    folder = bench(hidden, "")
    assert not any(note in each for each in init.plan(str(folder), ENTRY).notes)
    folder = bench("", uv_toml)
    assert any(note in each for each in init.plan(str(folder), ENTRY).notes)


LINUX_ONLY = "[tool.uv]\nenvironments = [\"sys_platform == 'linux'\"]\n"


def test_hidden_environments_hold_for_uvs_own_lock_only(
    bench: Callable[..., Path], run: Run
) -> None:
    # Of triton there are wheels for Linux alone.
    more = '[tool.lockhook]\naccelerator = "any"\n[tool.lockhook.locks."pylock.toml"]\n'
    folder = bench(more + LINUX_ONLY + own(DEFAULT), None, "triton", "click; sys_platform=='win32'")
    uv_lock()
    assert run("sync").code == 1
    assert "no file for" in run("check").out  # for linux-aarch64
    assert "macos" not in run("check").out
    (folder / "uv.toml").write_text(
        tomlkit.dumps({"index": uv_config.read(str(folder)).own["index"]})
    )
    assert run("sync").code == 1
    assert 'name = "click"\nversion' in (folder / "pylock.toml").read_text()
    assert 'name = "click"\nversion' not in (folder / "uv.lock").read_text()
    uvs, _, ours = run("check").out.partition("pylock.toml: ")
    assert ("macos" in uvs, "macos" in ours) == (False, True)


@pytest.mark.parametrize("key", ["find-links", "index"])
def test_hashes_of_every_file_where_a_uv_toml_names_a_folder(
    bench: Callable[..., Path], run: Run, tmp_path: Path, world: Indexes, key: str
) -> None:
    flat = tmp_path / "flat"
    flat.mkdir()
    for wheel in Path(url2pathname(world.default.removeprefix("file://"))).rglob("torch-*.whl"):
        shutil.copy(wheel, flat)
    named = {
        "find-links": f'find-links = ["{flat}"]\n' + DEFAULT,
        "index": f'[[index]]\nname = "flat"\nurl = "{flat}"\nformat = "flat"\n' + DEFAULT,
    }[key]
    more = '[tool.lockhook]\naccelerator = "any"\n'
    more += '[tool.lockhook.locks."requirements.txt"]\nhashes = true\n'
    folder = bench(more, named, "torch")
    assert run("generate").code == 0
    pin = (folder / "requirements.txt").read_text().partition("torch==")[2].partition("# via")[0]
    assert pin.count("--hash=") == len(list(flat.iterdir())) > 1


def test_conflicts_count_where_a_uv_toml_lies(bench: Callable[..., Path], run: Run) -> None:
    more = (
        '[project.optional-dependencies]\na = ["numpy<2"]\nb = ["numpy>=2"]\n'
        '[tool.lockhook.locks."requirements.txt"]\nextras = ["a"]\n'
        '[tool.lockhook.locks."other.txt"]\nextras = ["b"]\n'
    )
    bench(more, DEFAULT)
    assert run("generate", "--all").code == 1
    bench(f'{more}[tool.uv]\nconflicts = [[{{{{extra = "a"}}}}, {{{{extra = "b"}}}}]]\n', DEFAULT)
    assert run("generate", "--all").code == 0
    assert run("check").code == 0


@pytest.mark.parametrize("key", ["constraint-dependencies", "override-dependencies"])
def test_uv_lock_minds_what_pyproject_says_of_versions_and_no_uv_toml(
    bench: Callable[..., Path], run: Run, key: str
) -> None:
    only = '[tool.lockhook.locks."uv.lock"]\n'
    folder = bench(only, f'{key} = ["numpy<2"]\n{DEFAULT}', "numpy")
    uv_lock()
    assert 'version = "1.26.4"' not in (folder / "uv.lock").read_text()
    assert run("check").code == 0
    bench(f'{only}[tool.uv]\n{key} = ["numpy<2"]\n', DEFAULT, "numpy")
    assert run("check").code == 1
    assert run("sync").code == 1
    assert 'version = "1.26.4"' in (folder / "uv.lock").read_text()
    assert run("check").code == 0


def test_the_commands_that_mend_name_the_indexes_of_a_uv_toml(
    bench: Callable[..., Path], run: Run, tmp_path: Path, world: Indexes
) -> None:
    subprocess.run(["uv", "venv", "-q", tmp_path / "venv"], check=True)
    folder = bench("[tool.lockhook]\nemit-index = false\n", DEFAULT + OFFICIAL, "torch")
    assert run("generate").code == 0
    python = next((tmp_path / "venv").glob("*/python"))
    found = run("verify", "--python", python, "--format", "json")
    assert found.code == 1
    (fix,) = [line for line in json.loads(found.out)["fix"] if line.startswith("uv ")]
    assert f"--default-index {world.default}" in fix
    assert f"--index {world.cpu}" in fix
    assert subprocess.run(fix, shell=True, cwd=folder, check=False).returncode == 0
    assert run("verify", "--python", python).code == 0
    # A file that cannot be read takes options from the command, not the report.
    (folder / "uv.toml").write_text("index =\n")
    subprocess.run(
        ["uv", "pip", "uninstall", "-q", "--no-config", "--python", python, "torch"], check=True
    )
    assert "To fix" in run("verify", "--python", python).out
