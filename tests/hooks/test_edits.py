"""The commonest edits, each committed for real: what pre-commit says, what the lock is then."""

from __future__ import annotations

import subprocess
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
        "stale\n  - dependencies: added mpi4py\n  regenerated:\n    + mpi4py 4.1.1\n",
        BASE | {"mpi4py": "4.1.1"},
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
        "  regenerated:\n    ~ numpy 2.2.6 -> 1.26.4 (downgraded)\n",
        BASE | {"numpy": "1.26.4"},
    ),
    "version, comment and order": Row(
        (
            *pyproject(
                "['numpy>=1.26,<2.3', 'tqdm>=4']", "['tqdm >= 4', 'NumPy<2.3,>=1.26'] # why"
            ),
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
        "edited\n  - it was changed after lockhook wrote it\n"
        "  regenerated:\n    ~ numpy 2.3.5 -> 2.2.6 (downgraded)\n",
    ),
    "a pin deleted by hand": Row(
        lock("tqdm==4.67.1", "# gone"),
        "edited\n  - it was changed after lockhook wrote it\n  regenerated:\n    + tqdm 4.67.1\n",
    ),
    "a lock with conflict marks": Row(
        lock("numpy==2.2.6\n", MARKS),
        "damaged\n  - it was changed after lockhook wrote it\n  - line 19: a merge-conflict mark\n"
        "  regenerated: no pin changed\n",
    ),
    "a constraint in uv.toml": Row(
        (("uv.toml", "link-mode = 'copy'\n", "constraint-dependencies = ['numpy<2']\n"),),
        "stale\n  - uv.toml: constraint-dependencies: added\n"
        "  regenerated:\n    ~ numpy 2.2.6 -> 1.26.4 (downgraded)\n",
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
def test_an_edit_is_committed(repo: Make, git: Run, run: Run, row: Row, world: Indexes) -> None:
    uv_toml = ("uv.toml", UV_TOML.format(world=world))
    folder = repo(depends=DEPENDS, tables=TABLES, files=(uv_toml,))
    change(folder, row.edits)
    git("add", "--all")
    first = git("commit", "-m", "two")
    said = first.err.partition("\n\n")[2] if row.said else ""
    assert (first.code, row.said in said, said.startswith("requirements")) == (
        (1, True, True) if row.said else (0, True, False)
    ), first.err
    assert pins(folder) == row.pins
    if row.said:
        git("add", "--all")
        # Where the edit was undone, there is nothing left to commit.
        assert git("commit", "--allow-empty", "-m", "two").code == 0
    assert git("status", "--short").out == ""
    assert run("check", "--quiet") == (0, "", "")


@pytest.mark.parametrize("new", [None, "reqs.in"])
def test_a_lock_that_only_goes_away_is_seen_by_a_run_over_all_files(
    repo: Make, git: Run, pre_commit: Run, new: str | None
) -> None:
    # pre-commit shows no hook what a commit deletes.
    repo()
    git("mv", "requirements.txt", new) if new else git("rm", "-q", "requirements.txt")
    gone = git("commit", "-m", "two")
    assert (gone.code, "(no files to check)Skipped" in gone.err) == (0, True)
    found = pre_commit("run", "lockfile-sync", "--all-files")
    assert (found.code, "requirements.txt: missing\n" in found.out) == (1, True)


def test_a_lock_renamed_with_its_table_gets_the_header_of_its_name(repo: Make, git: Run) -> None:
    folder = repo(tables='[tool.lockhook.locks."requirements.txt"]\n')
    text = (folder / "pyproject.toml").read_text()
    (folder / "pyproject.toml").write_text(text.replace("requirements.txt", "reqs.txt"))
    git("mv", "requirements.txt", "reqs.txt")
    first = git("commit", "-am", "two")
    assert first.code == 1
    why = "it was renamed: its header tells the command that makes requirements.txt"
    assert f"reqs.txt: stale\n  - {why}\n  regenerated: no pin changed\n" in first.err
    assert "--output-file=reqs.txt\n" in (folder / "reqs.txt").read_text()
    assert git("commit", "-am", "two").code == 0


def depend(folder: Path, name: str) -> None:
    change(folder, pyproject("'click'", f"'click', '{name}'"))


def test_a_second_commit_without_git_add_is_refused_again(repo: Make, git: Run) -> None:
    folder = repo()
    depend(folder, "tqdm")
    git("add", "pyproject.toml")
    assert git("commit", "-m", "two").code == 1
    made = (folder / "requirements.txt").read_bytes()
    again = git("commit", "-m", "two")
    assert (again.code, "requirements.txt: stale" in again.err) == (1, True)
    assert (folder / "requirements.txt").read_bytes() == made
    git("add", ".")
    assert git("commit", "-m", "two").code == 0


def test_a_lock_that_is_staged_without_its_project_is_refused(
    repo: Make, git: Run, run: Run
) -> None:
    folder = repo()
    depend(folder, "tqdm")
    run("sync")
    git("add", "requirements.txt")
    refused = git("commit", "-m", "two")
    assert (refused.code, "  - dependencies: removed tqdm\n" in refused.err) == (1, True)
    run("sync")
    git("add", ".")
    assert git("commit", "-m", "two").code == 0


def test_a_commit_of_one_path(repo: Make, git: Run) -> None:
    # git gives the hook an index of its own then.
    folder = repo()
    depend(folder, "tqdm")
    (folder / "notes").write_text("")
    git("add", "notes")
    first = git("commit", "pyproject.toml", "-m", "two")
    assert (first.code, "requirements.txt: stale" in first.err) == (1, True)
    assert git("status", "--short").out == "A  notes\n M pyproject.toml\n M requirements.txt\n"
    assert git("commit", "pyproject.toml", "requirements.txt", "-m", "two").code == 0
    assert git("status", "--short").out == "A  notes\n"


def test_a_commit_of_one_path_with_stage_holds_the_lock(repo: Make, git: Run) -> None:
    folder = repo(more="    args: [--stage]\n")
    depend(folder, "tqdm")
    (folder / "notes").write_text("")
    git("add", "notes")
    assert git("commit", "pyproject.toml", "-m", "two").code == 0
    assert "+tqdm==4.67.1" in git("show").out
    # git has written the usual index before it runs the hook, and that still has the old lock.
    assert git("status", "--short").out == "A  notes\nMM requirements.txt\n"
    git("add", "requirements.txt")
    assert git("commit", "-m", "three").code == 0
    assert git("show", "--name-only", "--format=").out == "notes\n"


def test_a_partly_staged_project_with_stage(repo: Make, git: Run) -> None:
    folder = repo(more="    args: [--stage]\n")
    depend(folder, "tqdm")
    git("add", "pyproject.toml")
    change(folder, pyproject("'tqdm'", "'tqdm', 'filelock'"))
    assert git("commit", "-m", "two").code == 0
    shown = git("show").out
    assert ("+tqdm==4.67.1" in shown, "filelock" in shown) == (True, False)
    assert "filelock" in (folder / "pyproject.toml").read_text()
    assert git("status", "--short").out == " M pyproject.toml\n"
    assert git("commit", "-am", "three").code == 0
    assert "+filelock==" in git("show").out


@pytest.mark.parametrize("how", ["rebase", "cherry-pick", "merge"])
def test_a_conflict_that_was_not_resolved_in_the_lock(
    repo: Make, git: Run, pre_commit: Run, how: str
) -> None:
    folder = repo()
    git("checkout", "-qb", "other")
    for branch, name in (("other", "tqdm"), ("master", "filelock")):
        git("checkout", "-q", branch)
        depend(folder, name)
        git("commit", "-qam", branch)
        assert git("commit", "-qam", branch).code == 0
    if how == "rebase":
        git("checkout", "-q", "other")
    assert git(how, "master" if how == "rebase" else "other").code == 1
    git("checkout", "--ours", "pyproject.toml")
    change(folder, (("pyproject.toml", "'filelock'", "'filelock', 'tqdm'"),))
    git("add", ".")
    goes_on = ("-c", "core.editor=true", how, "--continue")
    # A rebase runs no hook before its commits.
    said = git(*goes_on).err if how != "rebase" else pre_commit("run", "--all-files").out
    marks = "requirements.txt: damaged\n  - line 5: a merge-conflict mark\n"
    assert f"{marks}  regenerated:\n    + tqdm 4.67.1\n" in said
    git("add", ".")
    assert git(*(goes_on if how != "rebase" else ("commit", "-m", "mended"))).code == 0
    assert pre_commit("run", "--all-files").code == 0
    assert git("status", "--short").out == ""


def test_a_submodule(repo: Make, git: Run, tmp_path: Path, pre_commit: Run) -> None:
    lib = repo()
    top = tmp_path / "super"
    top.mkdir()
    for name in ("pyproject.toml", "requirements.txt", ".pre-commit-config.yaml"):
        (top / name).write_bytes((lib / name).read_bytes())
    git("init", "-q", cwd=top)
    git("-c", "protocol.file.allow=always", "submodule", "add", "-q", lib, "ext/lib", cwd=top)
    git("add", ".", cwd=top)
    git("commit", "-qm", "one", cwd=top)
    for folder in (top, top / "ext" / "lib"):
        subprocess.run(["pre-commit", "install"], cwd=folder, check=True)
    inner = top / "ext" / "lib"
    depend(inner, "tqdm")
    before = (inner / "requirements.txt").read_bytes()
    depend(top, "filelock")
    first = git("commit", "-am", "two", cwd=top)
    assert first.code == 1
    assert "ext/" not in first.err
    assert (inner / "requirements.txt").read_bytes() == before
    assert git("commit", "-am", "two", cwd=top).code == 0
    assert git("commit", "-am", "two", cwd=inner).code == 1
    assert git("commit", "-am", "two", cwd=inner).code == 0
    assert "+tqdm==" in git("show", cwd=inner).out
    assert git("status", "--short", cwd=top).out == " M ext/lib\n"
    git("add", "ext/lib", cwd=top)
    assert git("commit", "-m", "three", cwd=top).code == 0


def test_a_crlf_checkout(repo: Make, git: Run) -> None:
    folder = repo()
    git("config", "core.autocrlf", "true")
    lock, pyproject = folder / "requirements.txt", folder / "pyproject.toml"
    for path in (lock, pyproject):
        path.unlink()
    git("checkout", ".")
    assert b"\r\n" in lock.read_bytes()
    pyproject.write_bytes(pyproject.read_bytes().replace(b"'click'", b"'click', 'tqdm'"))
    assert git("commit", "-am", "two").code == 1
    second = git("commit", "-am", "two")
    assert (second.code, "'requirements.txt', LF" in second.err) == (0, False)
    assert git("status", "--short").out == ""
    assert git("grep", "-c", "\r", "HEAD", "--", ".").out == ""


def test_a_lock_that_is_only_meant_to_be_added(repo: Make, git: Run) -> None:
    folder = repo()
    git("rm", "-q", "--cached", "requirements.txt")
    git("commit", "-qm", "gone")
    git("add", "--intent-to-add", "requirements.txt")
    change(folder, pyproject('version = "1"', 'version = "2"'))
    git("add", "pyproject.toml")
    refused = git("commit", "-m", "two")
    assert (refused.code, "requirements.txt: untracked" in refused.err) == (1, True)
    git("add", "requirements.txt")
    assert git("commit", "-m", "two").code == 0
