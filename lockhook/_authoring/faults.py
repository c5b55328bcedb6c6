"""What keeps a lock from being relied on where an environment is held against it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockhook._authoring import freshness, locks, project, stamp
from lockhook._authoring.verdict import EDITED, STALE
from lockhook.errors import LockhookError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockhook._authoring.locks import ManagedLock


def of_lock(path: str) -> Iterator[tuple[str, str]]:
    """Yield what keeps a lock from being relied on: a status, and the reason.

    For whoever holds an environment against the lock: whether git tracks it is no matter there,
    and a lock that belongs to no project, or one that is uv's own, can only be edited.

    Args:
        path: the lock; it can be read.
    """
    if not os.path.isfile(path):
        return  # a pipe was read once, and has no more to give
    try:
        lock = _managed(path)
        if lock is None:
            yield from _edited(path)
            return
        verdict = freshness.judge_content(lock)
    except LockhookError as error:
        yield "unverifiable", f"not known whether the lock is fresh: {error}"
        return
    status = EDITED if freshness.CHANGED in verdict.reasons else verdict.status
    if status in {STALE, EDITED}:
        yield from ((status, f"the lock is {status}: {why}") for why in verdict.reasons)


def _managed(path: str) -> ManagedLock | None:
    """Return a lock as the project beside it knows it, None if that does not."""
    path = os.path.abspath(path)
    directory = os.path.dirname(path)
    if not os.path.isfile(os.path.join(directory, project.FILE)):
        return None
    found = locks.locks_of(project.load(directory))
    return next((lock for lock in found if lock.path == path), None)


def _edited(path: str) -> Iterator[tuple[str, str]]:
    found, body = stamp.extract(locks.read_text(path) or "", path)
    if found and stamp.body_digest(body) != found.body_digest:
        yield EDITED, f"the lock is edited: {freshness.CHANGED}"
