"""``[tool.lockhook]`` for a project that has none: what holds without it, spelled out."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from lockhook._authoring import freshness, locks, toml_edit, verdict
from lockhook.errors import LockfileError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockhook._authoring.config import LockOptions
    from lockhook._authoring.cpu_setup import Edited
    from lockhook._authoring.locks import ManagedLock
    from lockhook._authoring.project import Project

_TABLE: Final = ("tool", "lockhook")


def add(edited: Edited, project: Project) -> Edited:
    """Return the document with the policy, and the locks that the project has or is to get.

    Args:
        edited: the document so far.
        project: what it makes of the project; it declares its dependencies.

    Raises:
        ProjectError: if the document is not of a kind that takes the table.
    """
    edited = edited.put((*_TABLE, "accelerator"), "cpu")
    names = []
    # uv's own lock counts wherever it lies, and has no settings.
    for lock in (lock for lock in locks.locks_of(project) if not lock.is_uvs):
        kept = _beside_foreign(lock) if _is_foreign(lock) else lock
        if kept is not lock:
            edited = edited.noting(_left_alone(lock, kept))
        if kept:
            path = (*_TABLE, "locks", kept.name)
            text = toml_edit.put_table(edited.text, path, _options(kept).as_toml())
            edited = replace(edited, text=text)
            names.append(kept.name)
    listed = ", ".join(names) or "uv.lock"  # all that a workspace has whose root is no project
    return edited.saying(f'[tool.lockhook] accelerator = "cpu"; locks: {listed}')


def _is_foreign(lock: ManagedLock) -> bool:
    """Tell whether lockhook would refuse to put a lock in the place of what lies there."""
    try:
        return freshness.judge_content(lock).status == verdict.FOREIGN
    except LockfileError:
        return True


def _beside_foreign(lock: ManagedLock) -> ManagedLock | None:
    """Return the lock under the first name that is free, or that of a lock already."""
    stem, dot, extension = lock.name.rpartition(".")
    if extension != "txt":
        return None  # it would not be there without settings, were it not there
    others = (lock.replace(name=f"{stem}-{word}{dot}{extension}") for word in _words())
    return next(other for other in others if not _is_foreign(other))


def _words() -> Iterator[str]:
    yield "lock"
    yield from (f"lock{number}" for number in itertools.count(2))


def _left_alone(lock: ManagedLock, kept: ManagedLock | None) -> str:
    instead = f"; the lock is {kept.name}" if kept else ""
    return f"{lock.name} is not a lock, and stays as it is{instead}"


def _options(lock: ManagedLock) -> LockOptions:
    """Return how a lock is made: as it was, and a new one with hashes."""
    text = locks.read_text(lock.path)
    if lock.name.endswith(".toml") or locks.read_stamp(lock.path):
        return lock.options
    return lock.options.replace(hashes=text is None or "--hash=" in text)
