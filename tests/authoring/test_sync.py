from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lockhook._authoring.torch_wheels import Indexes
    from tests.conftest import Result

    Make = Callable[..., Path]
    Run = Callable[..., Result]

NESTED = """\
[project]
name = "{name}"
version = "1"
dependencies = ["click"]
[[tool.uv.index]]
url = "{url}"
default = true
"""


@pytest.fixture
def repo(
    tmp_path: Path, world: Indexes, run: Run, git: Run, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A repository with two projects that ask for locks, and others that do not."""
    top = tmp_path / "repo"
    for path, more in {
        "a": "",
        "b/deep": "[tool.lockhook]\n",
        "examples/plain": "",
        "tests/broken": "[",
    }.items():
        folder = top / path
        folder.mkdir(parents=True)
        text = NESTED.format(name=folder.name, url=world.default) + more
        (folder / "pyproject.toml").write_text(text)
    monkeypatch.chdir(top / "a")
    assert run("generate").code == 0
    monkeypatch.chdir(top)
    git("init", "-q", cwd=top)
    git("add", ".", cwd=top)
    return top


def test_all_projects_that_ask_for_locks(repo: Path, run: Run) -> None:
    assert run("check") == (
        1,
        (
            "a/requirements.txt: fresh\n"
            "b/deep/requirements.txt: missing\n"
            "  - there is no such file\n"
            "\nNext, run:\n  lockhook sync\n  git add b/deep/requirements.txt\n"
        ),
        "",
    )
    assert run("sync").code == 1
    assert run("sync", "--stage") == (
        0,
        (
            "a/requirements.txt: fresh\n"
            "b/deep/requirements.txt: untracked\n"
            "  - git does not track it: nobody else has it\n"
        ),
        "",
    )
    assert run("check").code == 0


@pytest.mark.parametrize(
    ("files", "out"),
    [
        (["a/pyproject.toml"], "a/requirements.txt: fresh\n"),
        (["a/requirements.txt", "a/gone.txt"], "a/requirements.txt: fresh\n"),
        (["examples/plain/pyproject.toml"], "no lock concerns these files\n"),
        (["tests/broken/pyproject.toml"], "no lock concerns these files\n"),
        (["docs/requirements.txt"], "no lock concerns these files\n"),
    ],
)
def test_only_the_projects_of_the_files(repo: Path, run: Run, files: list[str], out: str) -> None:
    assert run("check", *files) == (0, out, "")
    assert run("sync", *(repo / file for file in files)) == (0, out, "")


def test_from_inside_a_project_that_asks_for_nothing(
    repo: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repo / "examples" / "plain")
    missing = "requirements.txt: missing\n  - there is no such file\n"
    assert run("check", "pyproject.toml").out.startswith(missing)
    assert run("check").out.startswith(missing + os.path.join(repo, "a"))


def test_a_deleted_project_is_none(repo: Path, run: Run) -> None:
    (repo / "b" / "deep" / "pyproject.toml").unlink()
    assert run("check") == (0, "a/requirements.txt: fresh\n", "")


def test_a_broken_project_with_a_lock_is_an_error(repo: Path, run: Run) -> None:
    (repo / "a" / "pyproject.toml").write_text("[")
    result = run("check")
    assert (result.code, result.out) == (3, "")
    assert result.err.startswith(f"lockhook: {repo}/a/pyproject.toml: is not valid TOML: ")


def test_settings_of_tools_are_no_project(repo: Path, run: Run) -> None:
    (repo / "pyproject.toml").write_text("[tool.ruff]\nline-length = 100\n")
    assert run("check", "pyproject.toml") == (0, "no lock concerns these files\n", "")
    assert run("check").out.startswith("a/requirements.txt: fresh\nb/deep/requirements.txt: miss")


def test_settings_of_tools_alone_are_said_to_be_no_project(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\n")
    assert run("check") == (
        3,
        "",
        (
            f"lockhook: {tmp_path}/pyproject.toml: has no [project] table, so it declares no "
            "dependencies to lock\n"
            "  next: add [project] with name, version and dependencies (PEP 621)\n"
        ),
    )


def test_a_project_outside_of_the_repository_is_another_matter(repo: Path, run: Run) -> None:
    (repo.parent / "pyproject.toml").write_text("[tool.lockhook]\n")
    assert run("check", "docs/requirements.txt") == (0, "no lock concerns these files\n", "")


@pytest.mark.parametrize("repository", [True, False])
def test_no_project_at_all(
    tmp_path: Path, run: Run, git: Run, monkeypatch: pytest.MonkeyPatch, repository: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    if repository:
        git("init", "-q", cwd=tmp_path)
    assert run("check") == (
        2,
        "",
        (
            f"lockhook: {tmp_path}: there is no pyproject.toml here, and none below that asks for "
            "locks\n  next: run lockhook in a project\n"
        ),
    )


# --- states of git ---


@pytest.fixture
def fresh(project: Make, run: Run, git: Run) -> Path:
    """A project whose lock is fresh and tracked."""
    folder = project("click")
    assert run("generate").code == 0
    git("init", "-q")
    git("add", ".")
    return folder


IGNORED = """\
requirements.txt: untracked
  - git ignores it: nobody else has it

Next, run:
  git add --force requirements.txt
"""


def test_the_command_for_an_ignored_lock_works(fresh: Path, run: Run, git: Run) -> None:
    git("rm", "-q", "--cached", "requirements.txt")
    (fresh / ".gitignore").write_text("*.txt\n")
    assert run("check") == (1, IGNORED, "")
    assert run("sync") == (1, IGNORED, "")
    assert git("add", "--force", "requirements.txt").code == 0
    assert run("check").code == 0


def test_without_git_a_repository_is_not_passed_silently(
    fresh: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(fresh))
    assert run("check") == (
        0,
        "requirements.txt: fresh\n  - not known whether git tracks it: there is no git to ask\n",
        "",
    )


def test_a_repository_that_git_refuses_is_an_error(
    fresh: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert run("check") == (
        3,
        "",
        (
            f"lockhook: {fresh}: git cannot read the repository: detected dubious ownership in "
            f"repository at '{fresh}'\n  next: git config --global --add safe.directory {fresh}\n"
        ),
    )


def test_outside_of_a_repository_there_is_nothing_to_add(project: Make, run: Run) -> None:
    project("click")
    result = run("sync")
    assert result.code == 1
    assert "git add" not in result.out


def test_stage_only_what_sync_is_about(fresh: Path, run: Run, git: Run) -> None:
    (fresh / "other.py").write_text("")
    text = (fresh / "pyproject.toml").read_text()
    (fresh / "pyproject.toml").write_text(text.replace("'click'", "'click', 'tqdm'"))
    assert run("sync", "--stage").code == 0
    assert git("status", "--short").out == "AM pyproject.toml\nA  requirements.txt\n?? other.py\n"


def test_sync_keeps_the_pins_of_a_lock_with_conflict_marks(
    project: Make, run: Run, git: Run
) -> None:
    folder = project("pandas", "click")
    lock = folder / "requirements.txt"
    lock.write_text("pandas==2.2.3\nnumpy==1.26.4\n")
    assert run("generate").code == 0
    git("init", "-q")
    git("add", ".")
    text = lock.read_text()
    ours = text.replace("# inputs =", "<<<<<<< HEAD\n# inputs =").replace(
        "pandas==2.2.3", "<<<<<<< HEAD\npandas==2.2.3\n=======\npandas==2.3.3\n>>>>>>> theirs"
    )
    lock.write_text(ours)
    result = run("sync")
    assert result.code == 1
    assert result.out.startswith("requirements.txt: damaged\n")
    assert lock.read_text() == text
    assert run("check") == (0, "requirements.txt: fresh\n", "")
