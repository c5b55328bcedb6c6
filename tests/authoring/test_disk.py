"""A disk that is full, read-only or limited: what is said, and that the old lock stands."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lockhook._authoring import relock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Result

    Make = Callable[..., Path]
    Run = Callable[..., Result]

NAMES = ("requirements.txt", "pylock.toml", "uv.lock")
SIZE = 256 * 1024


def mounted(folder: Path, *options: str) -> bool:
    command = ["mount", "-t", "tmpfs", *options, "none", str(folder)]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def may_mount() -> bool:
    if sys.platform != "linux" or os.geteuid() != 0:
        return False
    with tempfile.TemporaryDirectory() as folder:
        return mounted(Path(folder)) and unmounted(Path(folder))


def unmounted(folder: Path) -> bool:
    return subprocess.run(["umount", str(folder)], check=False).returncode == 0


needs_mount = pytest.mark.skipif(not may_mount(), reason="no file system may be mounted here")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    assert mounted(folder, "-o", f"size={SIZE}")
    yield folder
    os.chdir(tmp_path)
    assert unmounted(folder)


@pytest.fixture
def stale(project: Make, run: Run, disk: Path) -> Callable[[str], Path]:
    """Makes a project on that file system, with a lock that is not fresh any more."""

    def stale(name: str) -> Path:
        folder = project("pandas", more=f'[tool.lockhook.locks."{name}"]\n', name="disk/bench")
        assert run("sync").code == 1
        text = (folder / "pyproject.toml").read_text()
        more = "'pandas', 'tqdm', 'torch', 'filelock', 'accelerate'"
        (folder / "pyproject.toml").write_text(text.replace("'pandas'", more))
        return folder

    return stale


def fill(disk: Path, free: int) -> None:
    """Leave so many bytes, in whole blocks."""
    found = os.statvfs(disk)
    with (disk / "filler").open("wb") as file:
        file.write(bytes(found.f_bavail * found.f_frsize - free))


@needs_mount
@pytest.mark.parametrize("free", [0, 4096])
@pytest.mark.parametrize(
    ("name", "command"),
    [*((name, "sync") for name in NAMES), *((name, "generate") for name in NAMES[:2])],
)
def test_a_full_disk(
    stale: Callable[[str], Path], disk: Path, run: Run, name: str, command: str, free: int
) -> None:
    folder = stale(name)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    fill(disk, free)
    result = run("generate", "-o", name) if command == "generate" else run("sync")
    assert (result.code, result.out) == (3, "")
    assert result.err.startswith(f"lockhook: {folder / name}: ")
    assert "; the lock is as it was\n" in result.err
    assert "No space left on device" in result.err
    assert " space, then run it again\n" in result.err or "make room on the disk" in result.err
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    (disk / "filler").unlink()
    assert run("sync").code == 1
    assert sorted(os.listdir(folder)) == sorted(before)


@needs_mount
@pytest.mark.parametrize("name", NAMES)
def test_a_read_only_disk(stale: Callable[[str], Path], disk: Path, run: Run, name: str) -> None:
    folder = stale(name)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert run("check").code == 1
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    result = run("sync")
    assert (result.code, result.out) == (3, "")
    assert result.err.startswith(f"lockhook: {folder / name}: ")
    assert "Read-only file system" in result.err
    assert "\n  next: make the " in result.err
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize("name", NAMES)
def test_a_limit_on_the_size_of_files(project: Make, run: Run, name: str) -> None:
    # As with a quota, a write fails half-way; uv is even ended by it.
    folder = project("pandas", more=f'[tool.lockhook.locks."{name}"]\n')
    assert run("sync").code == 1
    before = (folder / name).read_bytes()
    text = (folder / "pyproject.toml").read_text()
    (folder / "pyproject.toml").write_text(text.replace("'pandas'", "'pandas', 'torch', 'tqdm'"))
    done = subprocess.run(
        [sys.executable, "-m", "lockhook", "sync"],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300)),
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(f"lockhook: {folder / name}: ")
    assert "the lock is as it was" in done.stderr
    assert (folder / name).read_bytes() == before
    left = {each for each in os.listdir(folder) if not each.startswith(".tmp")}  # uv's own
    assert left == {"pyproject.toml", name}


@pytest.mark.parametrize("name", NAMES[:2])
def test_a_quota(project: Make, run: Run, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    folder = project("pandas", more=f'[tool.lockhook.locks."{name}"]\n')
    assert run("sync").code == 1
    before = (folder / name).read_bytes()
    project("pandas", "tqdm", more=f'[tool.lockhook.locks."{name}"]\n')

    def exceeded(descriptor: int) -> None:
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    monkeypatch.setattr(os, "fsync", exceeded)
    result = run("sync")
    assert result.err == (
        f"lockhook: {folder / name}: cannot be written: Disk quota exceeded; "
        "the lock is as it was\n"
        "  next: make the folder writable and free some space, then run it again\n"
    )
    assert (folder / name).read_bytes() == before
    assert sorted(os.listdir(folder)) == sorted(["pyproject.toml", name])


def test_a_uv_lock_that_leaks_and_cannot_be_put_back_is_told(
    project: Make, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project("accelerate", more='[tool.lockhook.locks."uv.lock"]\n')
    (folder / "uv.lock").write_text("version = 1\n")

    def full(path: str, text: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(relock, "replace_text", full)
    assert run("sync") == (
        3,
        "",
        f"lockhook: {folder / 'uv.lock'}: uv changed it, and it cannot be put back as it was: "
        "No space left on device\n"
        "  next: mend that, restore the file with git, then run it again\n",
    )


def test_a_uv_lock_that_uv_did_not_touch_is_not_written(
    project: Make, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = '[tool.lockhook.locks."uv.lock"]\n'
    folder = project("pandas", more=more)
    assert run("sync").code == 1
    before = (folder / "uv.lock").stat()
    project("pandas", "nowhere", more=more)
    result = run("sync")
    assert result.code == 3
    assert result.err.startswith(f"lockhook: {folder / 'uv.lock'}: uv failed (exit code 1)")
    assert (folder / "uv.lock").stat() == before
