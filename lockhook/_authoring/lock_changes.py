"""What became of the pins of a lock since a revision of its repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhook._authoring import git, pins
from lockhook._authoring.diff import diff
from lockhook.errors import LockhookError

if TYPE_CHECKING:
    from lockhook._authoring.diff import Change


def since(revision: str, path: str) -> tuple[Change, ...]:
    """Return what changed in a lock on disk since a revision, nothing where that cannot be told.

    All pins of a lock that the revision had not yet are new.
    """
    try:
        before = git.text_at(revision, path)
        if before is None:
            return ()
        with open(path, encoding="utf-8-sig") as file:
            now = file.read()
        was = pins.read(before, path) if before else ()
        return tuple(diff(was, pins.read(now, path)))
    except (LockhookError, OSError, ValueError):
        return ()  # it is told beside the verdict, which does not depend on it


def somebodys_own(path: str) -> bool:
    """Tell whether a file that is no lock is a list that somebody keeps by hand."""
    with open(path, encoding="utf-8", errors="replace") as file:
        return path.endswith(".txt") and not pins.looks_generated(file.read())
