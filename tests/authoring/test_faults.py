"""Whatever ends a run, and whatever else runs: a lock is always the old or the new one, whole."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lockhook._authoring.uv import Uv

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockhook._authoring.torch_wheels import Indexes
    from tests.conftest import Result

    Make = Callable[..., Path]
    Run = Callable[..., Result]

BOTH = "".join(f'[tool.lockhook.locks."{n}"]\n' for n in ("requirements.txt", "pylock.toml"))
NAMES = ("requirements.txt", "pylock.toml")
SYNC = [sys.executable, "-m", "lockhook", "sync"]


@pytest.fixture(params=["", '[tool.lockhook.locks."uv.lock"]\n'], ids=["ours", "uv.lock too"])
def states(
    project: Make, run: Run, request: pytest.FixtureRequest
) -> list[tuple[str, list[bytes]]]:
    """Two states of a project, each with the locks that follow from it; it is in the second."""
    found = []
    for dependencies in (["click"], ["click", "tqdm"]):
        folder = project(*dependencies, more=BOTH + request.param)
        assert run("sync").code == 1
        text = (folder / "pyproject.toml").read_text()
        found.append((text, [path.read_bytes() for path in locks_in(folder)]))
    return found


def locks_in(folder: Path = Path()) -> list[Path]:
    return [folder / name for name in (*NAMES, "uv.lock") if (folder / name).exists()]


def test_killed_at_random_moments(
    states: list[tuple[str, list[bytes]]],
    run: Run,
    request: pytest.FixtureRequest,
) -> None:
    seed = random.randrange(2**32)
    moments = random.Random(seed)
    ended, number, locks = 0, 0, locks_in()
    while ended < request.config.getoption("--kills"):  # one that had ended before is no kill
        number += 1
        Path("pyproject.toml").write_text(states[number % 2][0])
        process = subprocess.Popen(SYNC, stdout=subprocess.DEVNULL, start_new_session=True)
        time.sleep(moments.uniform(0, 0.25))
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        ended += process.wait() == -signal.SIGKILL
        for index, path in enumerate(locks):
            assert path.read_bytes() in [s[1][index] for s in states], f"seed {seed}"
    Path("pyproject.toml").write_text(states[0][0])
    run("sync")
    assert [path.read_bytes() for path in locks] == states[0][1]
    # uv was killed too, and its own temporary files are not ours to remove.
    left = [name for name in os.listdir() if not name.startswith(".tmp")]
    assert sorted(left) == sorted(["pyproject.toml", *map(str, locks)])


def test_two_at_once(states: list[tuple[str, list[bytes]]], request: pytest.FixtureRequest) -> None:
    for number in range(request.config.getoption("--pairs")):
        text, locks = states[number % 2]
        Path("pyproject.toml").write_text(text)
        pair = [subprocess.Popen(SYNC, stdout=subprocess.DEVNULL) for _ in range(2)]
        assert {process.wait() for process in pair} <= {0, 1}
        assert [path.read_bytes() for path in locks_in()] == locks
        assert sorted(os.listdir()) == sorted(["pyproject.toml", *map(str, locks_in())])


def test_a_lock_that_changes_while_uv_runs_is_left_alone(
    project: Make, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project("click")
    assert run("generate").code == 0
    text = (folder / "pyproject.toml").read_text()
    (folder / "pyproject.toml").write_text(text.replace("'click'", "'click', 'tqdm'"))
    lock = folder / "requirements.txt"
    really = Uv.run

    def meanwhile(self: Uv, arguments: list[str], *, directory: str, quiet: bool = False) -> None:
        really(self, arguments, directory=directory, quiet=quiet)
        lock.write_text("click==8.1.8\n")

    monkeypatch.setattr(Uv, "run", meanwhile)
    assert run("sync") == (
        3,
        "",
        f"lockhook: {lock}: changed while uv ran, and is left as it is now\n  next: run it again\n",
    )
    assert lock.read_text() == "click==8.1.8\n"


@pytest.mark.parametrize(
    ("name", "old", "newer"),
    [
        ("pylock.toml", 'lock-version = "1.0"', 'lock-version = "1.1"'),
        ("pylock.toml", 'lock-version = "1.0"', 'lock-version = "2.0"'),
        ("uv.lock", "revision = ", "revision = 9"),
        ("uv.lock", "version = 1\n", "version = 2\n"),
    ],
)
def test_a_newer_format_is_not_downgraded(
    project: Make, run: Run, name: str, old: str, newer: str
) -> None:
    more = f'[tool.lockhook.locks."{name}"]\n'
    folder = project("click", more=more)
    assert run("sync").code == 1
    lock = folder / name
    lock.write_text(lock.read_text().replace(old, newer, 1))
    before = lock.read_bytes()
    project("click", "tqdm", more=more)
    result = run("sync")
    assert result.code == 3
    assert f"{name}: has format version " in result.err
    assert "next: pip install 'lockhook[uv]' --upgrade, then run it again" in result.err
    assert lock.read_bytes() == before


def test_leftovers_are_swept_if_they_are_ours_and_nobodys_any_more(project: Make, run: Run) -> None:
    folder = project("click", more=BOTH)
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    gone = [f".requirements.txt.{done.pid}-0a1b2c3d.{end}" for end in ("tmp", "txt")]
    gone += [f"pylock.lockhook-temporary-{done.pid}-0a1b2c3d.toml"]
    old = [".requirements.txt.0a1b2c3d.txt", f".pylock.toml.{os.getpid()}-0a1b2c3d.tmp"]
    kept = [f".requirements.txt.{os.getpid()}-0a1b2c3d.txt", ".requirements.txt.00112233.tmp"]
    kept += [".requirements.txt.mine.txt", "pylock.mine.toml.bak"]
    for name in (*gone, *old, *kept):
        (folder / name).touch()
    for name in old:
        os.utime(folder / name, (0, 0))
    run("sync")
    assert sorted(os.listdir()) == sorted(["pyproject.toml", *NAMES, *kept])


def _without_network() -> list[str]:
    for command in (["unshare", "-n"], ["unshare", "-rn"]):
        if shutil.which("unshare"):
            done = subprocess.run([*command, "true"], capture_output=True, check=False)
            if done.returncode == 0:
                return command
    return []


@pytest.mark.skipif(not _without_network(), reason="no network namespace may be made here")
@pytest.mark.parametrize("fresh", [True, False])
def test_check_needs_no_network_no_uv_no_cache_and_no_right_to_write(
    project: Make, run: Run, git: Run, tmp_path: Path, fresh: bool
) -> None:
    folder = project("torch", "click", more=BOTH)
    assert run("sync").code == 1
    git("init", "-q")
    git("add", ".")
    if not fresh:
        text = (folder / "pyproject.toml").read_text()
        (folder / "pyproject.toml").write_text(text.replace("'click'", "'click', 'tqdm'"))
    expected = run("check")
    assert expected.code == (0 if fresh else 1)
    empty = tmp_path / "empty"
    empty.mkdir()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "git").symlink_to(shutil.which("git") or "")
    script = (
        "import sys; sys.modules['uv'] = None; sys.argv = ['lockhook', 'check']; "
        "from lockhook._cli.main import main; sys.exit(main())"
    )
    # Root keeps what git asks for, but not the right to write where the mode forbids it.
    bound = (
        [shutil.which("setpriv") or "setpriv", "--bounding-set=-dac_override"]
        if os.geteuid() == 0
        else []
    )
    for place in (empty, folder):
        place.chmod(0o555)
    try:
        done = subprocess.run(
            [*_without_network(), *bound, sys.executable, "-c", script],
            env={
                "PATH": f"{tmp_path / 'bin'}",
                "HOME": str(empty),
                "UV_CACHE_DIR": str(empty / "cache"),
                "GIT_CONFIG_NOSYSTEM": "1",
            },
            executable=shutil.which("unshare"),
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        for place in (empty, folder):
            place.chmod(0o755)
    assert (done.returncode, done.stdout, done.stderr) == expected


@pytest.mark.parametrize("line_end", ["\r\n", "\n"])
def test_a_checkout_with_other_line_ends_is_fresh(
    project: Make, run: Run, git: Run, line_end: str
) -> None:
    folder = project("torch", "click", more=BOTH)
    assert run("sync").code == 1
    for name in ("pyproject.toml", *NAMES):
        text = (folder / name).read_bytes().replace(b"\n", line_end.encode())
        (folder / name).write_bytes(text)
    assert run("check").code == 0
    assert run("sync").code == 0


def test_a_pin_that_a_bot_bumped_is_taken_up(project: Make, run: Run, world: Indexes) -> None:
    folder = project("pandas")
    lock = folder / "requirements.txt"
    lock.write_text("pandas==2.2.3\n")
    assert run("sync").code in {0, 1}
    assert run("generate").code == 0
    assert "pandas==2.2.3" in lock.read_text()
    lock.write_text(lock.read_text().replace("pandas==2.2.3", "pandas==2.3.3"))
    assert run("check").out.startswith("requirements.txt: edited")
    assert run("sync").code == 1
    assert "pandas==2.3.3" in lock.read_text()
    assert run("check").code == 0
