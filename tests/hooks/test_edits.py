"""The commonest edits, each committed for real: what pre-commit says, what the lock is then."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lockhook._authoring.torch_wheels import Indexes
    from tests.conftest import Result

    Run = Callable[..., Result]
    Make = Callable[..., Path]

DEPENDS = ("numpy>=1.26,<2.3", "tqdm>=4")
TABLES = """\
[project.optional-dependencies]
full = ["pandas<3"]
[dependency-groups]
dev = ["click"]
"""
UV_TOML = """\
link-mode = 'copy'
[[index]]
url = "{world.default}"
default = true
"""
BASE = {"numpy": "2.2.6", "tqdm": "4.67.1"}
MARKS = "<<<<<<< HEAD\nnumpy==2.2.6\n=======\nnumpy==1.26.4\n>>>>>>> theirs\n"

# A file, what is replaced there, and by what. A file without a text to replace is made; one
# without a text to put there is deleted.
Edit = tuple[str, str | None, str | None]


class Row(NamedTuple):
    """An edit, the lines that refuse the commit, none if it passes, and the pins that it leaves."""

    edits: tuple[Edit, ...]
    said: str = ""
    pins: dict[str, str] = BASE


def pyproject(old: str, new: str) -> tuple[Edit, ...]:
    return (("pyproject.toml", old, new),)


def lock(old: str | None, new: str | None) -> tuple[Edit, ...]:
    return (("requirements.txt", old, new),)


ROWS = {
    "a dependency more": Row(
        pyproject("'tqdm>=4'", "'tqdm>=4', 'mpi4py'"),
        "stale\n  - dependencies: added mpi4py\n  regenerated:\n    + mpi4py 4.0.3\n",
        BASE | {"mpi4py": "4.0.3"},
    ),
    "a dependency less": Row(
        pyproject(", 'tqdm>=4'", ""),
        "stale\n  - dependencies: removed tqdm>=4\n  regenerated:\n    - colorama 0.4.6",
        {"numpy": "2.2.6"},
    ),
    "a looser bound": Row(pyproject(",<2.3", "")),
    "a bound that the pin meets": Row(pyproject("tqdm>=4", "tqdm>=4.67")),
    "a bound past the pin": Row(
        pyproject("<2.3", "<2"),
        "stale\n  - dependencies: numpy<2.3,>=1.26 -> numpy<2,>=1.26\n"
        "  regenerated:\n    numpy 2.2.6 -> 1.26.4\n",
        BASE | {"numpy": "1.26.4"},
    ),
    "version, comment and order": Row(
        (
            *pyproject("['numpy>=1.26,<2.3', 'tqdm>=4']", "['tqdm >= 4', 'NumPy<2.3,>=1.26'] # why"),
            *pyproject('version = "1"', 'version = "2"'),
        )
    ),
    "a group that no lock covers": Row(pyproject('"click"', '"click", "mpi4py"')),
    "a pin changed by hand": Row(
        lock("numpy==2.2.6", "numpy==1.26.4"),
        "edited\n  - it was changed after lockhook wrote it\n  regenerated: no pin changed\n",
        BASE | {"numpy": "1.26.4"},
    ),
    "a pin changed by hand that does not hold": Row(
        lock("numpy==2.2.6", "numpy==2.3.5"),
        "edited\n  - it was changed after lockhook wrote it\n  regenerated:\n    numpy 2.3.5 -> 2.2.6\n",
    ),
    "a pin deleted by hand": Row(
        lock("tqdm==4.67.1", "# gone"),
        "edited\n  - it was changed after lockhook wrote it\n  regenerated:\n    + tqdm 4.67.1\n",
    ),
    "a deleted lock": Row(
        lock("", None),
        "missing\n  - there is no such file\n  regenerated:\n    + colorama 0.4.6\n    + numpy 2.2.6\n",
    ),
    "a lock with conflict marks": Row(
        lock("numpy==2.2.6\n", MARKS),
        "damaged\n  - it was changed after lockhook wrote it\n  - line 18: a merge-conflict mark\n"
        "  regenerated: no pin changed\n",
    ),
    "a renamed lock": Row(
        (("requirements-cpu.txt", None, "renamed"), *lock("", None)),
        "missing\n  - there is no such file\n  regenerated:\n",
    ),
    "a constraint in uv.toml": Row(
        (("uv.toml", "link-mode = 'copy'\n", "constraint-dependencies = ['numpy<2']\n"),),
        "stale\n  - uv.toml: constraint-dependencies: added\n"
        "  regenerated:\n    numpy 2.2.6 -> 1.26.4\n",
        BASE | {"numpy": "1.26.4"},
    ),
    "a setting in uv.toml that moves nothing": Row((("uv.toml", "'copy'", "'hardlink'"),)),
}


def change(folder: Path, edits: tuple[Edit, ...]) -> None:
    for name, old, new in edits:
        path = folder / name
        if new is None:
            path.unlink()
        elif old is None:
            path.write_bytes((folder / "requirements.txt").read_bytes())
        else:
            text = path.read_text()
            assert old in text
            path.write_text(text.replace(old, new, 1))


def pins(folder: Path) -> dict[str, str]:
    lines = (folder / "requirements.txt").read_text().splitlines()
    found = dict(line.split("==", 1) for line in lines if "==" in line and line[:1] not in "# ")
    return {name: version for name, version in found.items() if ";" not in version}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_an_edit_is_committed(repo: Make, git: Run, row: Row, world: Indexes) -> None:
    uv_toml = ("uv.toml", UV_TOML.format(world=world))
    folder = repo(depends=DEPENDS, tables=TABLES, files=(uv_toml,))
    change(folder, row.edits)
    git("add", "--all")
    first = git("commit", "-m", "two")
    print(first.err)
    assert (first.code, f"requirements.txt: {row.said}" in first.err) == (bool(row.said), bool(row.said))
    assert pins(folder) == row.pins
    if row.said:
        git("add", "--all")
        assert git("commit", "-m", "two").code == 0
    assert git("status", "--short").out == ""
    assert len(git("log", "--format=%s").out.split()) == 2
