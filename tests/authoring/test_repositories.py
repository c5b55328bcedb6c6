"""Locks in the repositories that people have: links, line ends, submodules, sparse checkouts."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tempfile
from typing import TYPE_CHECKING

import pytest

from lockhook._authoring import git as asked

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Result

    Make = Callable[..., Path]
    Run = Callable[..., Result]

NAMES = ("requirements.txt", "pylock.toml", "uv.lock")
ALL = "".join(f'[tool.lockhook.locks."{name}"]\n' for name in NAMES)


@pytest.fixture
def repo(project: Make, run: Run, git: Run) -> Callable[..., Path]:
    """Makes a repository with a project and its locks, all of it committed."""

    def repo(more: str = ALL, name: str = "bench") -> Path:
        folder = project("click", more=more, name=name)
        run("sync")
        git("init", "-q")
        git("add", ".")
        git("commit", "-qm", "one")
        return folder

    return repo


def depend(folder: Path, name: str = "tqdm") -> None:
    path = folder / "pyproject.toml"
    path.write_bytes(path.read_bytes().replace(b"'click'", f"'click', '{name}'".encode()))


# --- links and modes ---


def linked(folder: Path, away: Path) -> None:
    away.mkdir()
    for name in NAMES:
        shutil.move(folder / name, away)
        (folder / name).symlink_to(os.path.relpath(away / name, folder))


def test_a_link_is_written_through_and_what_it_leads_to_is_due(
    repo: Make, run: Run, git: Run
) -> None:
    folder = repo()
    linked(folder, folder / "locks")
    (folder / "locks" / "pylock.toml").chmod(0o640)
    git("add", ".")
    git("commit", "-qm", "two")
    assert run("check", "--quiet") == (0, "", "")
    depend(folder)
    made = run("sync")
    command = "git add uv.lock locks/uv.lock requirements.txt locks/requirements.txt pylock.toml"
    assert made.out.endswith(f"  {command} locks/pylock.toml\n")
    assert all((folder / name).is_symlink() for name in NAMES)
    assert stat.S_IMODE((folder / "locks" / "pylock.toml").stat().st_mode) == 0o640
    changed = [f" M locks/{name}" for name in sorted(NAMES)]
    assert git("status", "--short").out.splitlines() == [*changed, " M pyproject.toml"]
    git(*command.split()[1:], "locks/pylock.toml")
    assert run("check", "--quiet") == (0, "", "")
    assert git("diff", "--name-only").out == "pyproject.toml\n"


def test_stage_adds_what_a_link_leads_to(repo: Make, run: Run, git: Run) -> None:
    folder = repo()
    linked(folder, folder / "locks")
    git("add", ".")
    depend(folder)
    assert run("sync", "--stage").code == 0
    assert git("diff", "--name-only").out == "pyproject.toml\n"


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("locks", "git ignores it: nobody else has it"),
        ("../locks", "it is a link out of the repository: nobody else has what it leads to"),
    ],
)
def test_a_link_to_what_git_has_not_is_a_finding(
    repo: Make, run: Run, git: Run, place: str, reason: str
) -> None:
    folder = repo()
    linked(folder, folder / place)
    (folder / ".gitignore").write_text("locks\n")
    git("add", ".")
    found = run("check")
    assert found.out.count(f"untracked\n  - {reason}\n") == 3
    # Of the links themselves there is nothing to add.
    assert ("git add --force" in found.out) == (place == "locks")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("damage", ["<<<<<<< HEAD\n=======\n>>>>>>> theirs\n", "", None])
def test_a_damaged_lock_behind_a_link_is_healed_there(
    repo: Make, run: Run, git: Run, name: str, damage: str | None
) -> None:
    folder = repo()
    linked(folder, folder / "locks")
    git("add", ".")
    right = (folder / name).read_text()
    wrong = right[: len(right) // 2] if damage is None else damage + right * bool(damage)
    (folder / name).write_text(wrong)
    assert run("sync").code == 1
    assert (folder / name).read_text() == right
    assert (folder / name).is_symlink()


@pytest.mark.parametrize("name", NAMES)
def test_a_link_that_leads_back_to_itself(repo: Make, run: Run, name: str) -> None:
    folder = repo()
    (folder / name).unlink()
    (folder / name).symlink_to(name)
    told = f"lockhook: {folder / name}: is a link that leads back to itself\n"
    for command in ("check", "sync"):
        result = run(command)
        assert (result.code, result.err.startswith(told)) == (3, True)
    assert (folder / name).is_symlink()


@pytest.mark.parametrize("name", NAMES)
def test_a_link_that_leads_nowhere_yet(repo: Make, run: Run, name: str) -> None:
    folder = repo()
    (folder / name).unlink()
    (folder / name).symlink_to(f"locks/{name}")
    assert f"{name}: missing\n  - there is no such file\n" in run("check").out
    result = run("sync")
    assert (result.code, result.err.startswith(f"lockhook: {folder / name}: ")) == (3, True)
    assert "No such file or directory" in result.err
    assert (folder / name).is_symlink()
    (folder / "locks").mkdir()
    assert run("sync").out.endswith(f"  git add {name} locks/{name}\n")
    assert (folder / "locks" / name).is_file()
    assert (folder / name).is_symlink()


def test_modes_stay(repo: Make, run: Run) -> None:
    folder = repo()
    modes = dict(zip(NAMES, (0o755, 0o600, 0o444), strict=True))
    for name, mode in modes.items():
        (folder / name).chmod(mode)
    depend(folder)
    assert run("sync").code == 1
    assert {name: stat.S_IMODE((folder / name).stat().st_mode) for name in NAMES} == modes


# --- line ends ---


def ends(folder: Path) -> dict[str, bool]:
    """Tell of each lock whether all of its lines end in CRLF; none has both."""
    found = {}
    for name in NAMES:
        data = (folder / name).read_bytes()
        assert data.count(b"\r\n") in {0, data.count(b"\n")}
        found[name] = b"\r\n" in data
    return found


@pytest.mark.parametrize("how", ["core.autocrlf", "attributes"])
def test_a_crlf_checkout(repo: Make, run: Run, git: Run, tmp_path: Path, how: str) -> None:
    folder = repo()
    attributes = "* text eol=crlf\n" if how == "attributes" else ""
    (folder / ".gitattributes").write_text(attributes)
    git("add", ".")
    git("commit", "-qm", "two")
    there = tmp_path / "there"
    options = ("-c", "core.autocrlf=true") if how != "attributes" else ()
    git(*options, "clone", "-q", *options, folder, there)
    os.chdir(there)
    assert set(ends(there).values()) == {True}
    before = {name: (there / name).stat() for name in NAMES}
    assert run("check", "--quiet") == (0, "", "")
    assert run("sync", "--quiet") == (0, "", "")
    assert run("generate", "--all").out.count(": unchanged\n") == 2
    assert {name: (there / name).stat() for name in NAMES} == before
    depend(there)
    assert run("sync").code == 1
    # uv writes its own lock, with line feeds.
    assert ends(there) == {"requirements.txt": True, "pylock.toml": True, "uv.lock": False}
    told = git("add", ".")
    assert told.err.count("LF will be replaced by CRLF") == told.err.count("'uv.lock'") == 1
    # What is committed has the bytes that a checkout with line feeds makes.
    os.chdir(folder)
    depend(folder)
    assert run("sync").code == 1
    for name in NAMES:
        blob = git("cat-file", "blob", f":{name}", cwd=there).out
        assert blob == (folder / name).read_text()


def test_crlf_that_is_committed_stays_and_only_changed_lines_are_a_change(
    repo: Make, run: Run, git: Run
) -> None:
    folder = repo('[tool.lockhook.locks."requirements.txt"]\n')
    lock = folder / "requirements.txt"
    lock.write_bytes(lock.read_bytes().replace(b"\n", b"\r\n"))
    git("commit", "-qam", "two")
    depend(folder)
    assert run("sync").code == 1
    added, removed, _ = git("diff", "--numstat", "requirements.txt").out.split()
    assert (int(added), int(removed)) < (10, 5)
    assert run("check", "--quiet") == (0, "", "")


# --- renamed ---


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("requirements.txt", "reqs.txt"),
        ("reqs.txt", "requirements.txt"),
        ("pylock.toml", "pylock.cpu.toml"),
    ],
)
def test_a_renamed_lock_keeps_its_pins(repo: Make, run: Run, git: Run, old: str, new: str) -> None:
    folder = repo(f'[tool.lockhook.locks."{old}"]\n')
    text = (folder / "pyproject.toml").read_text()
    (folder / "pyproject.toml").write_text(text.replace(f'"{old}"', f'"{new}"'))
    git("mv", old, new)
    reason = f"it was renamed: its header tells the command that makes {old}"
    assert run("check").out.startswith(f"{new}: stale\n  - {reason}\n")
    assert "  regenerated: no pin changed\n" in run("sync").out
    assert run("check", "--quiet") == (0, "", "")
    assert git("diff", "--numstat", new).out.split()[:2] == ["2", "2"]  # the command, the digest


# --- submodules and other repositories ---


@pytest.fixture
def super_project(repo: Make, run: Run, git: Run, tmp_path: Path) -> Path:
    """A project with another one in a submodule, and that one changed since it was locked."""
    lib = repo("[tool.lockhook]\n", name="lib")
    top = repo("[tool.lockhook]\n")
    git("-c", "protocol.file.allow=always", "submodule", "add", "-q", lib, "ext/lib")
    git("add", ".")
    git("commit", "-qm", "two")
    depend(top / "ext" / "lib")
    return top


def test_a_submodule_is_not_of_the_super_project(super_project: Path, run: Run) -> None:
    before = (super_project / "ext" / "lib" / "requirements.txt").read_bytes()
    assert run("sync") == (0, "requirements.txt: fresh\n", "")
    depend(super_project)
    assert "ext" not in run("check").out.replace("Next", "")
    assert run("sync").code == 1
    assert (super_project / "ext" / "lib" / "requirements.txt").read_bytes() == before


def test_a_submodule_is_a_repository_of_its_own(
    super_project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(super_project / "ext" / "lib")
    assert run("sync").out.endswith("\nNext, run:\n  git add requirements.txt\n")
    assert run("check") == (0, "requirements.txt: fresh\n", "")


@pytest.mark.parametrize("stage", [True, False])
def test_what_is_due_in_two_repositories(
    super_project: Path, run: Run, git: Run, stage: bool
) -> None:
    depend(super_project)
    files = ("pyproject.toml", "ext/lib/pyproject.toml")
    made = run("sync", *["--stage"] * stage, *files)
    assert made.code == (0 if stage else 1)
    commands = "  git add requirements.txt\n  git -C ext/lib add requirements.txt\n"
    assert made.out.endswith(commands) != stage
    if not stage:
        for command in commands.split("\n")[:-1]:
            assert git(*command.split()[1:]).code == 0
    assert git("diff", "--cached", "--name-only").out == "requirements.txt\n"
    assert git("-C", "ext/lib", "diff", "--cached", "--name-only").out == "requirements.txt\n"


def test_the_command_for_a_repository_elsewhere(
    repo: Make, run: Run, git: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = repo("[tool.lockhook]\n")
    depend(folder)
    monkeypatch.chdir(tmp_path)
    command = "git -C bench add requirements.txt"
    assert run("sync", folder / "pyproject.toml").out.endswith(f"\nNext, run:\n  {command}\n")


def test_a_worktree_of_a_bare_clone(
    repo: Make, run: Run, git: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = repo("[tool.lockhook]\n")
    git("clone", "-q", "--bare", folder, tmp_path / "bare.git")
    git("worktree", "add", "-q", tmp_path / "tree", cwd=tmp_path / "bare.git")
    monkeypatch.chdir(tmp_path / "tree")
    assert run("check") == (0, "requirements.txt: fresh\n", "")
    depend(tmp_path / "tree")
    assert run("sync", "--stage").code == 0
    assert git("status", "--short").out == " M pyproject.toml\nM  requirements.txt\n"
    # The bare clone itself has no files that could be judged.
    monkeypatch.chdir(tmp_path / "bare.git")
    assert run("check").code == 2


# --- a part of the files ---


def test_a_project_that_a_sparse_checkout_leaves_out_is_left_alone(
    repo: Make, run: Run, git: Run
) -> None:
    folder = repo("[tool.lockhook]\n")
    for name in ("near", "far"):
        shutil.copytree(folder, folder / name, ignore=shutil.ignore_patterns(".git"))
    git("add", ".")
    git("commit", "-qm", "two")
    git("sparse-checkout", "set", "near")
    assert run("check").out == "requirements.txt: fresh\nnear/requirements.txt: fresh\n"
    depend(folder)
    assert run("sync").out.endswith("\n  git add --sparse requirements.txt\n")
    assert not (folder / "far").exists()


def test_a_lock_that_a_sparse_checkout_leaves_out_is_judged_as_git_has_it(
    repo: Make, run: Run, git: Run
) -> None:
    folder = repo("[tool.lockhook]\n")
    (folder / "requirements.txt").write_text("numpy==2.2.6\n")
    text = (folder / "pyproject.toml").read_text()
    (folder / "pyproject.toml").write_text(text.replace("'click'", "'numpy'"))
    assert run("generate").code == 0
    git("commit", "-qam", "two")
    git("sparse-checkout", "set", "--no-cone", "/*", "!requirements.txt")
    assert not (folder / "requirements.txt").exists()
    assert run("check") == (0, "requirements.txt: fresh\n", "")
    assert run("sync") == (0, "requirements.txt: fresh\n", "")
    assert not (folder / "requirements.txt").exists()
    (folder / "pyproject.toml").write_text(text.replace("'click'", "'numpy', 'tqdm'"))
    # The pins are kept that the lock has.
    command = "git add --sparse requirements.txt"
    assert run("sync").out.endswith(f"+ tqdm 4.67.1\n\nNext, run:\n  {command}\n")
    assert git(*command.split()[1:]).code == 0
    assert run("check", "--quiet") == (0, "", "")
    assert git("status", "--short").out == " M pyproject.toml\nM  requirements.txt\n"
    (folder / "pyproject.toml").write_text(text.replace("'click'", "'numpy', 'filelock'"))
    assert run("sync", "--stage").code == 0
    assert "filelock" in git("diff", "--cached").out


# --- names ---


@pytest.mark.parametrize("name", ["with blank", "é ü", "line\nbreak", "end\n", "-dash", "q'uo\"te"])
@pytest.mark.parametrize("quoted", ["true", "false"])
def test_a_repository_and_a_project_of_any_name(
    repo: Make, run: Run, git: Run, name: str, quoted: str
) -> None:
    top = repo("[tool.lockhook]\n", name=name)
    git("config", "core.quotePath", quoted)
    nested = top / name
    nested.mkdir()
    for file in ("pyproject.toml", "requirements.txt"):
        shutil.copy(top / file, nested)
    git("add", ".")
    assert run("check", "--quiet") == (0, "", "")
    depend(nested)
    made = run("sync", f"{name}/pyproject.toml") if name[0] != "-" else run("sync")
    assert made.code == 1
    done = subprocess.run(["bash", "-c", made.out.splitlines()[-1]], check=False).returncode
    assert done == 0
    assert run("check", "--quiet") == (0, "", "")
    assert git("diff", "--cached", "--name-only", "-z").out.count("requirements.txt") == 1


def tells_case_apart() -> bool:
    with tempfile.NamedTemporaryFile(prefix="a") as file:
        folder, name = os.path.split(file.name)
        return not os.path.exists(os.path.join(folder, name.swapcase()))


@pytest.mark.skipif(not tells_case_apart(), reason="the file system does not tell case apart")
def test_names_that_differ_in_case_alone(repo: Make, run: Run, git: Run) -> None:
    top = repo("[tool.lockhook]\n")
    for name in ("Lib", "lib"):
        shutil.copytree(top, top / name, ignore=shutil.ignore_patterns(".git"))
    shutil.copy(top / "requirements.txt", top / "Requirements.txt")
    git("add", ".")
    depend(top / "lib")
    made = run("sync")
    assert made.out.startswith("requirements.txt: fresh\n")
    assert "Lib/requirements.txt: fresh\nlib/requirements.txt: stale\n" in made.out


# --- what git refuses ---


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away; elsewhere git pretends")
def test_a_repository_of_somebody_else(repo: Make, run: Run) -> None:
    folder = repo("[tool.lockhook]\n")
    os.chown(folder / ".git", 12345, -1)
    refused = run("check")
    assert (refused.code, refused.out) == (3, "")
    assert refused.err.endswith(f"next: git config --global --add safe.directory {folder}\n")
    depend(folder)
    before = (folder / "requirements.txt").read_bytes()
    assert run("sync", "--stage") == refused
    assert (folder / "requirements.txt").read_bytes() == before
    # To make a lock, git is not needed.
    (folder / "requirements.txt").unlink()
    assert run("generate").code == 0


def test_a_link_that_git_does_not_track_yet(repo: Make, git: Run) -> None:
    folder = repo("[tool.lockhook]\n")
    (folder / "link.txt").symlink_to("requirements.txt")
    assert asked.status(str(folder / "link.txt")) == "untracked"
    git("add", ".")
    assert asked.status(str(folder / "link.txt")) == "tracked"
