"""What became of the pins of a lock since a revision of its repository."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockhook._authoring import git, lock_source, pins, whole_lock
from lockhook._authoring.diff import diff
from lockhook.errors import LockhookError

if TYPE_CHECKING:
    from lockhook._authoring.diff import Change


def since(revision: str, path: str) -> tuple[Change, ...]:
    """Return what changed in a lock on disk since a revision, nothing where that cannot be told.

    All pins of a lock that the revision had not yet are new.
    """
    now = lock_source.of_file(path)
    directory, name = os.path.split(path)
    try:
        if git.has_revision(revision, directory) and not git.blob(
            f"{revision}:./{name}", directory
        ):
            return tuple(diff((), whole_lock.read(now).pins))
        return whole_lock.changes(now.at(revision), now)
    except LockhookError:
        return ()  # it is told beside the verdict, which does not depend on it


def somebodys_own(path: str) -> bool:
    """Tell whether a file that is no lock is a list that somebody keeps by hand."""
    with open(path, encoding="utf-8", errors="replace") as file:
        return path.endswith(".txt") and not pins.looks_generated(file.read())
