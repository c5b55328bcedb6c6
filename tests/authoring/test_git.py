from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from lockhook._authoring import git
from lockhook.errors import GitError, MissingToolError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Result

    Git = Callable[..., Result]


@pytest.fixture
def repo(tmp_path: Path, git: Git) -> Path:
    """A repository with a tracked, an ignored and an untracked file, in the top and below."""
    top = tmp_path / "repo"
    for folder in (top, top / "sub"):
        folder.mkdir()
        for name in ("tracked.txt", "ignored.txt", "untracked.txt"):
            (folder / name).write_text("a==1\n")
    (top / ".gitignore").write_text("ignored.txt\n")
    git("init", "-q", cwd=top)
    git("add", ".gitignore", "tracked.txt", "sub/tracked.txt", cwd=top)
    git("commit", "-qm", "one", cwd=top)
    return top


STATES = ("tracked", "ignored", "untracked")


def states(folder: Path) -> tuple[str, ...]:
    return tuple(git.status(str(folder / f"{state}.txt")) for state in STATES)


@pytest.mark.parametrize("folder", [".", "sub"])
def test_status(repo: Path, folder: str) -> None:
    assert states(repo / folder) == STATES


def test_a_file_that_is_staged_or_forced_is_tracked(repo: Path, git: Git) -> None:
    git("add", "--force", "untracked.txt", "ignored.txt", cwd=repo)
    assert states(repo) == ("tracked",) * 3


@pytest.mark.parametrize("name", ["*.txt", ":(top)x.txt", "-q.txt", "é\n.txt"])
def test_names_are_taken_as_they_are(repo: Path, git: Git, name: str) -> None:
    (repo / name).write_text("")
    assert git_status(repo / name) == "untracked"
    git("add", "--", f":(literal){name}", cwd=repo)
    assert git_status(repo / name) == "tracked"


def git_status(path: Path) -> str:
    return git.status(str(path))


def test_in_a_worktree(repo: Path, git: Git, tmp_path: Path) -> None:
    git("worktree", "add", "-q", tmp_path / "tree", cwd=repo)
    (tmp_path / "tree" / "untracked.txt").write_text("")
    assert git_status(tmp_path / "tree" / "sub" / "tracked.txt") == "tracked"
    assert git_status(tmp_path / "tree" / "untracked.txt") == "untracked"


HOOK = """#!/bin/sh
cd sub
exec {python} -c 'import sys
from lockhook._authoring import git
print([git.status(p) for p in sys.argv[1:]], git.toplevel("."))' "$PWD/tracked.txt" \\
  "$PWD/untracked.txt" {other}/tracked.txt
"""


@pytest.mark.parametrize("options", [[], ["-a"], ["--only", "tracked.txt"]])
@pytest.mark.parametrize("worktree", [False, True])
def test_inside_a_hook(
    repo: Path, git: Git, tmp_path: Path, options: list[str], worktree: bool
) -> None:
    # git exports GIT_DIR, GIT_INDEX_FILE and others into it, and they are not the same each time.
    other = tmp_path / "other"
    other.mkdir()
    (other / "tracked.txt").write_text("")
    git("init", "-q", cwd=other)
    git("add", ".", cwd=other)
    hook = repo / ".git" / "hooks" / "pre-commit"
    hook.write_text(HOOK.format(python=sys.executable, other=other))
    hook.chmod(0o755)
    top = repo
    if worktree:
        top = tmp_path / "tree"
        git("worktree", "add", "-q", top, cwd=repo)
        (top / "sub" / "untracked.txt").write_text("")
    (top / "tracked.txt").write_text("a==2\n")
    git("add", "tracked.txt", cwd=top)
    done = git("commit", "-m", "two", *options, cwd=top)
    assert f"['tracked', 'untracked', 'tracked'] {top}" in done.out + done.err
    assert done.code == 0


def test_add_goes_to_the_commit_in_progress(repo: Path, git: Git) -> None:
    hook = repo / ".git" / "hooks" / "pre-commit"
    code = f'from lockhook._authoring import git; git.add(["{repo}/sub/ignored.txt"], "{repo}/sub")'
    hook.write_text(f"#!/bin/sh\nexec {sys.executable} -c '{code}'\n")
    hook.chmod(0o755)
    (repo / "tracked.txt").write_text("a==2\n")
    assert git("commit", "-qam", "two", cwd=repo).code == 0
    assert "sub/ignored.txt" in git("show", "--stat", cwd=repo).out


@pytest.mark.parametrize("index", [".git/other-index", "{}/.git/other-index"])
def test_the_index_of_the_commit_in_progress(
    repo: Path, git: Git, monkeypatch: pytest.MonkeyPatch, index: str
) -> None:
    monkeypatch.chdir(repo)
    monkeypatch.setenv("GIT_INDEX_FILE", index.format(repo))
    git("add", "untracked.txt", cwd=repo)
    assert states(repo) == ("untracked", "ignored", "tracked")
    # It says nothing about another repository, nor about what lies in none.
    other = repo.parent / "other"
    other.mkdir()
    assert git_status(other / "a.txt") == "outside"
    monkeypatch.delenv("GIT_INDEX_FILE")
    git("init", "-q", cwd=other)
    (other / "a.txt").touch()
    git("add", "a.txt", cwd=other)
    monkeypatch.setenv("GIT_INDEX_FILE", index.format(repo))
    assert git_status(other / "a.txt") == "tracked"


def test_a_repository_that_the_environment_names(
    repo: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.rename(repo / ".git", repo.parent / "bare")
    assert states(repo) == ("outside",) * 3
    monkeypatch.setenv("GIT_DIR", str(repo.parent / "bare"))
    monkeypatch.setenv("GIT_WORK_TREE", str(repo))
    assert states(repo) == STATES


@pytest.mark.parametrize("inside", [False, True])
def test_without_git(repo: Path, monkeypatch: pytest.MonkeyPatch, inside: bool) -> None:
    monkeypatch.setenv("PATH", str(repo))
    folder = repo / "sub" if inside else repo.parent
    (folder / "x.txt").write_text("")
    assert git_status(folder / "x.txt") == ("unknown" if inside else "outside")
    assert git.toplevel(str(folder)) is None
    assert git.files_named("x.txt", str(folder)) == []
    with pytest.raises(MissingToolError, match="git is needed to stage files"):
        git.add(["x.txt"], str(folder))


def test_outside_of_any_repository(tmp_path: Path) -> None:
    assert git_status(tmp_path / "a.txt") == "outside"
    assert git.toplevel(str(tmp_path)) is None


def test_dubious_ownership_is_an_error(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # git's own switch for its tests; the real thing needs a second user.
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(GitError) as caught:
        states(repo)
    assert str(caught.value) == (
        f"{repo}: git cannot read the repository: "
        f"detected dubious ownership in repository at '{repo}'"
    )
    assert caught.value.hint == f"git config --global --add safe.directory {repo}"


def test_a_damaged_repository_is_an_error(repo: Path) -> None:
    (repo / ".git" / "index").write_bytes(b"damaged" * 9)
    with pytest.raises(GitError, match="git cannot read the repository: index file corrupt"):
        states(repo)


def test_a_lost_worktree_is_an_error(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: /nowhere\n")
    with pytest.raises(GitError, match="not a git repository: /nowhere"):
        git_status(tmp_path / "a.txt")


def test_files_named(repo: Path) -> None:
    found = git.files_named("tracked.txt", str(repo))
    assert found == [f"{repo}/sub/tracked.txt", f"{repo}/tracked.txt"]
    (repo / "tracked.txt").unlink()
    assert git.files_named("tracked.txt", str(repo)) == [f"{repo}/sub/tracked.txt"]
    assert git.files_named("ignored.txt", str(repo)) == []


def test_add_says_what_git_refuses(repo: Path) -> None:
    with pytest.raises(GitError, match="git add failed: pathspec 'nowhere' did not match"):
        git.add(["nowhere"], str(repo))


def test_git_speaks_its_own_language(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("LANGUAGE", "de")
    env = git.environment(str(repo))
    assert (env["LC_ALL"], env["LANGUAGE"]) == ("C", "C")
    subprocess.run(["git", "status"], cwd=repo, env=env, check=True, capture_output=True)


def test_where_a_hook_lies(tmp_path: Path) -> None:
    assert git.hook_path("pre-commit", str(tmp_path)) is None
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / "sub").mkdir()
    found = git.hook_path("pre-commit", str(tmp_path / "sub"))
    assert os.path.realpath(found or "") == os.path.realpath(tmp_path / ".git/hooks/pre-commit")
    subprocess.run(["git", "config", "core.hooksPath", "mine"], cwd=tmp_path, check=True)
    found = git.hook_path("pre-commit", str(tmp_path / "sub"))
    assert (found or "").endswith(os.path.join("mine", "pre-commit"))


def test_a_name_is_one_name(repo: Path) -> None:
    # git reads one from each line.
    assert git.blob("HEAD:tracked.txt", str(repo)) == b"a==1\n"
    assert git.blob("HEAD:nowhere\nHEAD:tracked.txt", str(repo)) is None
    assert not git.has_revision("nowhere\nHEAD", str(repo))
    assert git.has_revision("HEAD", str(repo))
