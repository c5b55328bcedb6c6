"""What is measured, as command lines: lockhook beside what people use today."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.process import OFFLINE, Command

if TYPE_CHECKING:
    from tests.benchmarks.environment import Place

BARE = "python -c pass"
GUARD = 'lockhook.guard("{}")'
PIP_CHECK = "uv pip check"
PIP_SYNC = "uv pip sync --check --offline {}"
PIP_INSTALL = "uv pip install --check --no-deps --offline -r {}"
SYNC = "uv sync --check --frozen"
CHECK = "lockhook check ({})"
IMPORTS = "imports of {}"
OTHERS = "imports of {} but for lockhook's own"
UV_CHECK = "uv lock --check --offline"
UV_CHECK_TOLD = "uv lock --check --offline --python PATH"
GENERATE = "lockhook generate --all"


def bare(place: Place) -> Command:
    """Return an interpreter that does nothing."""
    return Command(BARE, [place.python, "-c", "pass"], place.folder)


def guard(place: Place, lock: str) -> Command:
    """Return the guard, with a lock of the place."""
    program = f"import lockhook; lockhook.guard({lock!r})"
    return Command(GUARD.format(lock), [place.python, "-c", program], place.folder)


def uv_pip_check(place: Place) -> Command:
    """Return a check that packages fit each other; it reads no lock."""
    return _uv(place, PIP_CHECK, "pip", "check")


def uv_pip_sync(place: Place, lock: str) -> Command:
    """Return uv's own check of a requirements.txt or a pylock.toml."""
    return _uv(place, PIP_SYNC.format(lock), "pip", "sync", "--check", lock)


def uv_pip_install(place: Place, lock: str) -> Command:
    """Return the other one, which lets other packages be."""
    words = ["pip", "install", "--check", "--no-deps", "-r", lock]
    return _uv(place, PIP_INSTALL.format(lock), *words)


def uv_sync(place: Place) -> Command:
    """Return uv's own check of a uv.lock."""
    return _uv(place, SYNC, "sync", "--check", "--frozen")


def _uv(place: Place, label: str, *words: str) -> Command:
    return Command(label, [place.uv, *words], place.folder, place.variables)


def pip_check(place: Place) -> Command:
    """Return pip's check that packages fit each other; it reads no lock.

    It fails where the metadata of some package cannot be read to the end.
    """
    words = [place.python, "-m", "pip", "check"]
    return Command("pip check", words, place.folder, OFFLINE, (0, 1))


def pip_lock(place: Place, lock: str) -> Command:
    """Return what there was before; it reads no markers, so it fails on a lock that has them."""
    program = f"import pip_lock; pip_lock.check_requirements({lock!r})"
    return Command("pip-lock", [place.python, "-c", program], place.folder, OFFLINE, (0, 1))


def online(command: Command) -> Command:
    """Return the same command where uv may ask the registry."""
    more = {**command.more, "UV_OFFLINE": "0"}
    return command._replace(label=f"{command.label}, online", more=more)


def lockhook(tool: Place, label: str, folder: Path, *arguments: str) -> Command:
    """Return the command line program, as a hook starts it."""
    more = {**OFFLINE, "PATH": f"{tool.prefix / 'bin'}:{os.environ.get('PATH', os.defpath)}"}
    return Command(label, [str(tool.prefix / "bin" / "lockhook"), *arguments], folder, more)
