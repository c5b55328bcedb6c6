from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Result

    Run = Callable[..., Result]
    Make = Callable[..., Path]


def depend(folder: Path, name: str = "tqdm") -> None:
    """Add a dependency to a project."""
    text = (folder / "pyproject.toml").read_text()
    (folder / "pyproject.toml").write_text(text.replace("'click'", f"'click', '{name}'"))


SYNCED = """\
lockhook sync............................................................Failed
- hook id: lockfile-sync
- exit code: 1
{modified}
requirements.txt: stale
  - dependencies: added tqdm
  regenerated:
    + tqdm 4.67.1

Next, run:
  git add requirements.txt

"""
MODIFIED = "- files were modified by this hook\n"
PASSED = "lockhook sync............................................................Passed\n"


def test_a_commit_with_a_stale_lock_is_refused_and_passes_after_git_add(
    repo: Make, git: Run
) -> None:
    folder = repo()
    depend(folder)
    refused = git("commit", "-am", "two")
    assert refused.code == 1
    assert refused.err.endswith(SYNCED.format(modified=MODIFIED))
    assert git("add", "requirements.txt").code == 0
    assert git("commit", "-am", "two").code == 0
    assert "+tqdm==4.67.1" in git("show").out
    assert git("status", "--short").out == ""


def test_a_commit_in_a_worktree_and_in_a_subdirectory(repo: Make, git: Run, tmp_path: Path) -> None:
    repo()
    tree = tmp_path / "tree"
    git("worktree", "add", "-q", tree)
    (tree / "sub").mkdir()
    depend(tree)
    assert git("commit", "-am", "two", cwd=tree / "sub").code == 1
    assert git("commit", "-am", "two", cwd=tree / "sub").code == 0
    assert "+tqdm==4.67.1" in git("show", cwd=tree).out


def test_only_what_is_staged_counts(repo: Make, git: Run) -> None:
    folder = repo()
    depend(folder)
    git("add", "pyproject.toml")
    depend(folder, "numpy")
    refused = git("commit", "-m", "two")
    assert (refused.code, "+ numpy" in refused.err) == (1, False)
    git("add", "requirements.txt")
    assert git("commit", "-m", "two").code == 0
    assert "numpy" in git("diff").out


def test_a_new_lock_fails_until_it_is_added(repo: Make, git: Run, pre_commit: Run) -> None:
    folder = repo()
    git("rm", "-q", "--cached", "requirements.txt")
    (folder / "requirements.txt").unlink()
    made = pre_commit("run", "lockfile-sync", "--all-files")
    assert (made.code, "requirements.txt: missing" in made.out) == (1, True)
    again = pre_commit("run", "lockfile-sync", "--all-files")
    assert "requirements.txt: untracked\n  - git does not track it: nobody else has it" in again.out
    assert again.code == 1
    git("add", "requirements.txt")
    assert pre_commit("run", "lockfile-sync", "--all-files") == (0, PASSED, "")


def test_an_ignored_lock_fails(repo: Make, git: Run, pre_commit: Run) -> None:
    folder = repo()
    git("rm", "-q", "--cached", "requirements.txt")
    (folder / ".gitignore").write_text("*.txt\n")
    result = pre_commit("run", "lockfile-sync", "--all-files")
    assert result.code == 1
    assert "- git ignores it: nobody else has it" in result.out
    assert "  git add --force requirements.txt\n" in result.out


def test_with_stage_the_commit_passes_and_holds_the_lock(repo: Make, git: Run) -> None:
    folder = repo(more="    args: [--stage]\n")
    depend(folder)
    git("add", "pyproject.toml")
    assert git("commit", "-m", "two").code == 0
    assert "+tqdm==4.67.1" in git("show").out
    depend(folder, "numpy")
    assert git("commit", "-am", "three").code == 0
    assert "+numpy==" in git("show").out
    assert git("status", "--short").out == ""


def test_one_entry_serves_nested_projects(repo: Make, git: Run, pre_commit: Run) -> None:
    folder = repo()
    for name in ("nested", "unmanaged"):
        (folder / name).mkdir()
        text = (folder / "pyproject.toml").read_text()
        (folder / name / "pyproject.toml").write_text(text)
    (folder / "nested" / "pylock.toml").touch()
    with (folder / "nested" / "pyproject.toml").open("a") as file:
        file.write('[tool.lockhook.locks."pylock.toml"]\n')
    git("add", ".")
    result = pre_commit("run", "lockfile-sync")
    assert result.code == 1
    assert "nested/pylock.toml: damaged" in result.out
    assert "unmanaged" not in result.out
    assert not (folder / "unmanaged" / "requirements.txt").exists()
    git("add", ".")
    assert pre_commit("run", "lockfile-sync") == (0, PASSED, "")


@pytest.mark.parametrize("stage", ["pre-commit", "manual"])
def test_check_reads_only(repo: Make, pre_commit: Run, git: Run, stage: str) -> None:
    folder = repo("lockfile-check")
    command = ("run", "lockfile-check", "--all-files", "--hook-stage", stage)
    assert pre_commit(*command).code == 0
    depend(folder)
    git("add", ".")
    before = (folder / "requirements.txt").read_bytes()
    result = pre_commit(*command)
    assert result.code == 1
    assert "requirements.txt: stale\n  - dependencies: added tqdm\n" in result.out
    assert (folder / "requirements.txt").read_bytes() == before


def test_try_repo(repo: Make, pre_commit: Run, git: Run, shared: tuple[Path, ...]) -> None:
    folder = repo()
    depend(folder)
    git("add", ".")
    result = pre_commit("try-repo", str(shared[1]), "lockfile-sync")
    assert result.code == 1
    assert result.out.endswith(SYNCED.format(modified=MODIFIED))


def test_a_commit_that_touches_no_lock_starts_nothing(repo: Make, git: Run) -> None:
    folder = repo()
    (folder / "other.py").write_text("")
    git("add", ".")
    result = git("commit", "-m", "two")
    assert result.code == 0
    assert "(no files to check)Skipped" in result.err
