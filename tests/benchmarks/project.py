"""The project that a commit waits for: some 140 packages, and its locks under git."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks import environment
from tests.benchmarks.environment import ONLINE, Place
from tests.benchmarks.process import Command, run

_LOCK = '\n[tool.lockhook.locks."{name}"]\n{settings}\n'
BASE, FULL = "requirements.txt", "requirements-full.txt"
_COMMIT = ("-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", "a")


class Lock(NamedTuple):
    """A lock that the settings name, and how they have it made."""

    name: str
    settings: str = ""


FRESH = [Lock("requirements.txt", "hashes = true"), Lock("pylock.toml"), Lock("uv.lock")]


def fresh(cache: Path, tool: Place, lock: Lock) -> Path:
    """Return the folder of a project with one lock, committed and fresh."""
    folder = _make(cache / f"fresh-{lock.name}", tool, [lock])
    for words in (("init", "-q"), ("add", "-A"), _COMMIT):
        run([shutil.which("git") or "git", *words], folder)
    return folder


def two_locks(cache: Path, tool: Place) -> Path:
    """Return the folder of a project with a lock, and another one with an extra besides."""
    return _make(cache / "two", tool, [Lock(BASE), Lock(FULL, 'extras = ["full"]')])


def compile_(tool: Place, folder: Path, lock: str) -> Command:
    """Return the run of uv that a lock itself names in its head, in a folder of its own."""
    head = (folder / lock).read_text().partition("\n\n")[0]
    (line,) = re.findall(r"^#    (uv pip compile .*)$", head, re.MULTILINE)
    words = shlex.split(line)[1:]
    copy = folder.with_name(f"{folder.name}-{lock}")
    shutil.copytree(folder, copy, dirs_exist_ok=True)
    python = ["--python", tool.python]
    return Command(f"uv pip compile, {lock}", [tool.uv, *words, *python], copy)


def count(lock: Path) -> int:
    """Return the number of names in a lock."""
    names = re.findall(r'^(?:name = "|(?=[a-z0-9]))([\w.-]+)', lock.read_text(), re.MULTILINE)
    return len(set(names))


def _make(folder: Path, tool: Place, locks: list[Lock]) -> Path:
    """Lock a project to the versions that are pinned here, which its own file does not tell."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    settings = "".join(_LOCK.format(**lock._asdict()) for lock in locks)
    for text in (environment.constrained("project"), environment.unconstrained("project")):
        (folder / "pyproject.toml").write_text(f"{text}{settings}")
        if locks[0].name == "uv.lock":
            run([tool.uv, "lock", "-q", "--python", tool.python], folder, ONLINE)
        else:
            words = ["generate", "--all", "-q"]
            run([tool.prefix / "bin" / "lockhook", *words], folder, ONLINE)
    return folder
