"""What changed between two locks, as they are named on the command line."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockhook._authoring import lock_source, locks, project, whole_lock
from lockhook._runtime.discovery import NAMES, nearest_project
from lockhook._runtime.fix import quote
from lockhook.errors import UsageError

if TYPE_CHECKING:
    from lockhook._authoring.diff import Change
    from lockhook._authoring.lock_source import LockSource


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """What changed from one lock to another.

    Attributes:
        old: how the one is named.
        new: how the other is named.
        path: where the other one lies in the work tree, as it is named from here.
        changes: by package.
    """

    old: str
    new: str
    path: str
    changes: tuple[Change, ...]


def compare(old: str, new: str) -> Comparison:
    """Return what changed between two locks.

    Args:
        old: a file, ``REVISION:PATH``, or a revision alone: then the file is that of the other.
        new: likewise.

    Raises:
        GitError: if git finds no such revision or file.
        LockfileError: if one of them is no lock.
        UsageError: for two revisions alone, where more than one lock can be meant.
    """
    one, other = lock_source.named(old), lock_source.named(new)
    meant = one or other or _only_lock(old, new)
    one, other = one or meant.at(old), other or meant.at(new)
    return Comparison(
        old=one.label,
        new=other.label,
        path=os.path.relpath(other.path),
        changes=whole_lock.changes(one, other),
    )


def _only_lock(old: str, new: str) -> LockSource:
    """Return the one lock of the project, to compare two revisions of."""
    for revision in (old, new):
        lock_source.must_be_revision(revision, os.getcwd())
    directory, names = _lock_names()
    paths = [os.path.relpath(os.path.join(directory, name)) for name in names]
    found = list(filter(os.path.isfile, paths))
    if len(found) == 1:
        return lock_source.of_file(found[0])
    which = f"any of {', '.join(found)}" if found else f"no lock: none lies in {directory}"
    path = f"./{found[0]}" if found else "PATH"
    blobs = [f"{revision}:{path}" for revision in (old, new)]
    raise UsageError(
        f"{old} and {new} are revisions, and can mean {which}",
        hint=quote(["lockhook", "diff", *blobs]),
    )


def _lock_names() -> tuple[str, tuple[str, ...]]:
    """Return where the locks of the project here lie, and how they are called."""
    here = os.getcwd()
    directory = nearest_project(here)
    if directory is None:
        return here, NAMES
    managed = locks.locks_of(project.load(directory))
    return directory, tuple(dict.fromkeys([*(lock.name for lock in managed), *NAMES]))
