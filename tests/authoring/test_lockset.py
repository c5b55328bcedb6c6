"""The locks of one project agree: on the real uv, whatever order they are made in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhook._authoring import pins

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Result

    Make = Callable[..., Path]
    Run = Callable[..., Result]

OLD, NEW = "pandas<2.3", "pandas>=2.3"


def settings(a: str, b: str, first: str = "ab", more: str = "") -> str:
    locks = {
        "a": '[tool.lockhook.locks."requirements-a.txt"]\nextras = ["a"]\n',
        "b": '[tool.lockhook.locks."requirements-b.txt"]\nextras = ["b"]\n',
    }
    extras = f'[project.optional-dependencies]\na = ["{a}"]\nb = ["{b}"]\n'
    return extras + "".join(locks[key] for key in first) + more


def pandas(folder: Path, name: str) -> set[str]:
    text = (folder / name).read_text()
    return {pin.version for pin in pins.read(text, name) if pin.name == "pandas"}


@pytest.mark.parametrize("first", ["ab", "ba"])
def test_no_lock_covers_the_others(project: Make, run: Run, first: str) -> None:
    folder = project("pandas", more=settings(OLD, "click", first))
    code, _, err = run("generate", "--all")
    assert code == 0, err
    assert pandas(folder, "requirements-a.txt") == pandas(folder, "requirements-b.txt") == {"2.2.3"}
    assert "loose" not in run("check").out


def test_locks_that_cannot_agree_are_not_written(project: Make, run: Run) -> None:
    folder = project("click", more=settings(OLD, NEW))
    code, out, err = run("generate", "--all")
    assert (code, out) == (1, "")
    assert "cannot agree with the project's other locks: pandas 2.3.3 here, 2.2.3 in" in err
    assert "next: loosen the requirements that keep them apart, or declare" in err
    assert [path.name for path in folder.iterdir()] == ["pyproject.toml"]


def test_declared_conflicts_are_meant_to_differ(project: Make, run: Run) -> None:
    conflicts = '[tool.uv]\nconflicts = [[{extra = "a"}, {extra = "B"}]]\n'
    folder = project("click", more=settings(OLD, NEW, more=conflicts.replace("B", "b")))
    assert run("generate", "--all").code == 0
    assert pandas(folder, "requirements-a.txt") == {"2.2.3"}
    assert pandas(folder, "requirements-b.txt") == {"2.3.3"}
    assert "disagrees" not in run("check").out


FULL = '[project.optional-dependencies]\nfull = ["{}"]\n'


def test_check_finds_a_disagreement_and_sync_mends_it(project: Make, run: Run) -> None:
    folder = project("pandas", more=FULL.format(OLD))
    base, full = folder / "requirements.txt", folder / "requirements-full.txt"
    assert run("generate", "-o", "requirements.txt").code == 0
    alone = base.read_text()
    assert pandas(folder, base.name) == {"2.3.3"}
    assert run("generate", "-o", full.name).code == 0
    # The one that was there already was made anew with it.
    assert pandas(folder, base.name) == pandas(folder, full.name) == {"2.2.3"}

    base.write_text(alone)
    code, out, _ = run("check")
    assert code == 1
    assert "requirements.txt: disagrees\n" in out
    assert "  - pandas 2.3.3 here, 2.2.3 in requirements-full.txt\n" in out
    assert run("sync").code == 1
    assert pandas(folder, base.name) == {"2.2.3"}
    assert run("sync").code == 0


def test_a_fresh_lock_follows_one_that_must_change(project: Make, run: Run) -> None:
    folder = project("pandas", more=FULL.format("click"))
    assert run("generate", "--all").code == 0
    assert pandas(folder, "requirements.txt") == {"2.3.3"}
    project("pandas", more=FULL.format(OLD))
    code, out, _ = run("sync")
    assert code == 1
    assert "requirements.txt: fresh\n  regenerated:\n    ~ pandas" in out
    assert (
        pandas(folder, "requirements.txt") == pandas(folder, "requirements-full.txt") == {"2.2.3"}
    )
    assert run("sync").code == 0


def test_a_new_lock_upgrades_none_that_stands(project: Make, run: Run) -> None:
    folder = project(OLD)
    assert run("generate").code == 0
    project("pandas")
    assert run("check").code == 0  # its pin meets the looser bound
    project("pandas", more=FULL.format("click"))
    base = (folder / "requirements.txt").read_bytes()
    assert run("sync").code == 1
    assert pandas(folder, "requirements-full.txt") == {"2.2.3"}
    assert (folder / "requirements.txt").read_bytes() == base
    assert run("generate", "--all", "--upgrade").code == 0
    assert (
        pandas(folder, "requirements.txt") == pandas(folder, "requirements-full.txt") == {"2.3.3"}
    )
