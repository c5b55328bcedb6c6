"""What a check or a sync of fresh locks does: counted, not timed."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Result

    Make = Callable[..., Path]
    Run = Callable[..., Result]

# Each of them takes as long to import as a lock takes to judge, or longer.
HEAVY = {
    *("packaging", "dataclasses", "inspect", "typing", "logging", "pathlib", "shutil"),
    *("urllib.parse", "difflib", "importlib.metadata", "email", "yaml"),
}
# What runs uv, reads what is not plain, or tells what is wrong.
NEEDLESS = {
    f"lockhook.{name}"
    for name in (
        *("_authoring.uv", "_authoring.resolution", "_authoring.generate", "_authoring.pins"),
        *("_authoring.comments", "_authoring.changes", "_authoring.satisfaction"),
        *("_authoring.drift", "_authoring.unstamped", "_authoring.lockset"),
        *("_runtime.requirements_txt", "_runtime.pylock_toml", "_runtime.fix", "_guard"),
    )
}
PROGRAM = """
import sys
ran = []
sys.addaudithook(lambda event, found: event == "subprocess.Popen" and ran.append(found[1][:2]))
known = set(sys.modules)
from lockhook.__main__ import main
code = main([sys.argv[1], "--quiet"])
print([code, ran, sorted(set(sys.modules) - known)])
"""
MORE = """
[tool.lockhook.locks."requirements.txt"]
hashes = true
[tool.lockhook.locks."pylock.toml"]
"""


@pytest.fixture
def fresh(project: Make, spawn: Run, git: Run) -> Path:
    """A project of which uv has just written all locks, in a repository of its own."""
    folder = project("torch", "click>0; python_version >= '3.10'", more=MORE)
    assert git("init", cwd=folder).code == 0
    uv = subprocess.run(["uv", "lock", "--quiet"], cwd=folder, capture_output=True, check=False)
    assert uv.returncode == 0, uv.stderr
    # As from an index of the network; uv writes the path of a file here.
    lock = folder / "uv.lock"
    text = lock.read_text(encoding="utf-8").replace('{ path = "', '{ url = "https://example.org')
    lock.write_text(text, encoding="utf-8")
    assert spawn("sync", "--stage", cwd=folder).code == 0
    return folder


def ran(command: str, folder: Path) -> tuple[list[list[str]], set[str]]:
    """Return the processes that a command started, by two of their arguments, and its imports."""
    done = subprocess.run(
        [sys.executable, "-S", "-c", PROGRAM, command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    code, started, modules = ast.literal_eval(done.stdout)
    assert code == 0
    return started, set(modules)


@pytest.mark.parametrize("command", ["check", "sync"])
@pytest.mark.parametrize("has_uv_lock", [True, False])
def test_fresh_locks_are_judged_without_heavy_imports(
    fresh: Path, git: Run, command: str, *, has_uv_lock: bool
) -> None:
    if not has_uv_lock:
        assert git("rm", "--force", "--quiet", "uv.lock", cwd=fresh).code == 0
    _, modules = ran(command, fresh)
    assert "lockhook._authoring.freshness" in modules
    # Where a local index lies, `pathlib` spells.
    spelled = {"pathlib", "urllib.parse"} if has_uv_lock else set()
    assert modules & (HEAVY | NEEDLESS) <= spelled


@pytest.mark.parametrize("command", ["check", "sync"])
def test_git_is_asked_three_times_whatever_there_is_to_judge(fresh: Path, command: str) -> None:
    started, _ = ran(command, fresh)
    assert started == [["git", "rev-parse"], ["git", "ls-files"], ["git", "ls-files"]]
