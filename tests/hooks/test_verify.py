"""`lockfile-verify` under the real pre-commit and git."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lockhook._authoring.torch_wheels import Indexes
    from tests.conftest import Result

    Run = Callable[..., Result]
    Make = Callable[..., Path]

SITE = os.path.join("lib", f"python{sys.version_info[0]}.{sys.version_info[1]}", "site-packages")
STAGES = ("post-checkout", "post-merge", "post-rewrite")


def install(prefix: Path, **packages: str) -> None:
    """Make an environment hold packages, in place of what it had of them."""
    for name, version in packages.items():
        for old in (prefix / SITE).glob(f"{name}-*.dist-info"):
            shutil.rmtree(old)
        folder = prefix / SITE / f"{name}-{version}.dist-info"
        folder.mkdir()
        text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        (folder / "METADATA").write_text(text)
        (folder / "RECORD").write_text(f"{folder.name}/METADATA,,\n{folder.name}/RECORD,,\n")


def environment(prefix: Path, **packages: str) -> None:
    venv.create(prefix, with_pip=False, symlinks=True)
    install(prefix, **packages)


def commit(git: Run, folder: Path, **pins: str) -> None:
    """Commit a lock."""
    lock = "".join(f"{name}=={version}\n" for name, version in pins.items())
    (folder / "requirements.txt").write_text(lock)
    git("add", "requirements.txt", cwd=folder)
    git("commit", "-qm", "lock", cwd=folder)


@pytest.fixture
def checked(
    repo: Make, git: Run, pre_commit: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Path:
    """A repository with the hook, a branch `other` with another lock, and a `.venv` for `main`."""
    # The environment that runs the tests is not the active one.
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path / "bin"), os.environ["PATH"]]))
    folder = repo("lockfile-verify")
    (folder / ".gitignore").write_text(".venv/\n")
    git("add", ".")
    git("branch", "-M", "main")
    commit(git, folder, click="8.1.7", numpy="1.26.3")
    git("checkout", "-qb", "other")
    commit(git, folder, click="8.1.8", numpy="1.26.3", tqdm="4.67.1")
    git("checkout", "-q", "main")
    environment(folder / ".venv", click="8.1.7", numpy="1.26.3")
    types = [option for stage in STAGES for option in ("--hook-type", stage)]
    assert pre_commit("install", *types).code == 0
    return folder


PASSED = "lockhook verify..........................................................Passed\n"
DIFFERS = """\
.venv is not what requirements.txt says: 2 findings
  - click: expected 8.1.8, found 8.1.7
  - tqdm: expected 4.67.1, not installed
requirements.txt changed: 1 added, 1 changed
  ~ click 8.1.7 -> 8.1.8 (upgraded)
  + tqdm 4.67.1
To fix, run:
  uv pip install --python {folder}/.venv/bin/python --default-index {index} -r {lock}
"""


@pytest.fixture
def differs(checked: Path, world: Indexes) -> str:
    lock = checked / "requirements.txt"
    return DIFFERS.format(folder=checked, index=world.default, lock=lock)


def test_a_checkout_of_another_lock_tells_what_differs_and_what_to_run(
    checked: Path, git: Run, differs: str
) -> None:
    told = git("checkout", "-q", "other")
    assert told.code == 1
    assert differs in told.err
    assert len(told.err.splitlines()) <= 24
    command = told.err.partition("To fix, run:\n")[2].partition("\n")[0]
    subprocess.run(["sh", "-c", command], cwd="/", check=True)  # from anywhere
    assert git("checkout", "-q", "-b", "third").err == PASSED
    install(checked / ".venv", click="8.1.7", numpy="1.26.3")
    back = git("checkout", "-q", "main")
    assert (back.code, back.err) == (0, PASSED)


def test_a_merge_tells(checked: Path, git: Run, differs: str) -> None:
    told = git("merge", "-q", "other")
    assert differs in told.err


def test_a_squash_merge_tells(checked: Path, git: Run, differs: str) -> None:
    told = git("merge", "-q", "--squash", "other")
    assert differs in told.out + told.err


def test_a_rebase_tells_at_its_end_only(checked: Path, git: Run, differs: str) -> None:
    (checked / "more.py").touch()
    git("add", ".")
    git("commit", "-qm", "more")
    told = git("rebase", "-q", "other")
    assert (told.out + told.err).count(differs) == 1
    assert (told.out + told.err).count("is not what") == 1


def test_a_rebase_that_ends_as_it_began_is_silent(checked: Path, git: Run) -> None:
    git("checkout", "-q", "other")
    install(checked / ".venv", click="8.1.8", tqdm="4.67.1")
    git("checkout", "-q", "main")
    (checked / "more.py").touch()
    git("add", ".")
    git("commit", "-qm", "more")
    git("checkout", "-q", "other")
    told = git("rebase", "-q", "main")
    assert "is not what" not in told.out + told.err
    assert git("log", "--format=%s").out.split()[:2] == ["lock", "more"]


def test_an_amended_commit_tells(checked: Path, git: Run) -> None:
    (checked / "requirements.txt").write_text("click==8.1.8\nnumpy==1.26.3\n")
    told = git("commit", "-q", "--amend", "-am", "lock")
    assert "requirements.txt changed: 1 changed\n  ~ click 8.1.7 -> 8.1.8 (upgraded)\n" in told.err


def test_what_is_missing_passes_unless_the_lock_has_it_only_now(
    checked: Path, git: Run, pre_commit: Run
) -> None:
    git("checkout", "-q", "other")
    install(checked / ".venv", click="8.1.8")
    again = pre_commit("run", "lockfile-verify", "--hook-stage", "manual")
    assert (again.code, again.out) == (0, PASSED)
    git("checkout", "-qb", "third")
    assert git("checkout", "-q", "other").err == PASSED


def test_without_an_environment_it_is_silent(checked: Path, git: Run) -> None:
    (checked / ".venv").rename(checked.parent / "elsewhere")
    told = git("checkout", "-q", "other")
    assert (told.code, told.err) == (0, PASSED)


@pytest.mark.parametrize("active", ["virtual", "conda"])
def test_the_active_environment(
    checked: Path, git: Run, monkeypatch: pytest.MonkeyPatch, active: str
) -> None:
    prefix = checked.parent / "active"
    (checked / ".venv").rename(prefix)
    if active == "conda":
        (prefix / "pyvenv.cfg").unlink()
        monkeypatch.setenv("CONDA_PREFIX", str(prefix))
        (prefix / "bin" / "python").unlink()
        (prefix / "bin" / "python").write_text(
            f'#!/bin/sh\nPYTHONPATH={prefix / SITE} exec {sys.executable} -S "$@"\n'
        )
        (prefix / "bin" / "python").chmod(0o755)
    else:
        monkeypatch.setenv("VIRTUAL_ENV", str(prefix))
    monkeypatch.setenv("PATH", os.pathsep.join([str(prefix / "bin"), os.environ["PATH"]]))
    told = git("checkout", "-q", "other")
    assert "active is not what requirements.txt says" in told.err
    assert git("checkout", "-q", "main").err == PASSED


def test_from_a_subdirectory_the_command_works_as_it_is(
    checked: Path, git: Run, differs: str
) -> None:
    (checked / "sub").mkdir()
    told = git("checkout", "-q", "other", cwd=checked / "sub")
    assert differs in told.err


def test_a_worktree_has_an_environment_of_its_own(
    checked: Path, git: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", str(checked / ".venv"))
    monkeypatch.setenv("PATH", os.pathsep.join([f"{checked}/.venv/bin", os.environ["PATH"]]))
    tree = tmp_path / "tree"
    made = git("worktree", "add", "-q", tree, "other")
    assert (made.code, "is not what" in made.err) == (0, False)
    environment(tree / ".venv", click="8.1.8", numpy="1.26.3", tqdm="4.67.1")
    told = git("checkout", "-q", "-b", "third", "main", cwd=tree)
    assert ".venv is not what requirements.txt says: 1 finding\n" in told.err
    assert "  - tqdm 4.67.1\n" in told.err
