"""The lines of a requirements.txt that name a directory of this disk.

uv writes the path of a source as it is given, relative to whatever file gives it, and the path of
a workspace member with all folders above it. In a lock it is to be relative to the lock, and to
begin with a dot: pip takes ``lib`` for a package of that name.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockhook._authoring.members import relative
from lockhook._runtime.places import local_path
from lockhook.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lockhook._authoring.members import Local


def rewrite(text: str, found: Iterable[Local], directory: str) -> str:
    """Return what uv wrote with the paths as a lock in a directory has them.

    Args:
        text: the lock as uv wrote it.
        found: what its project depends on here.
        directory: the one of the lock.

    Raises:
        ProjectError: if one path is given for two places, so that nobody can tell which is meant.
    """
    given: dict[str, set[str]] = {}
    for local in found:
        for path in local.given:
            given.setdefault(path, set()).add(local.path)
    return "".join(_line(line, given, directory) for line in text.splitlines(keepends=True))


def _line(line: str, given: Mapping[str, set[str]], directory: str) -> str:
    bare = line.rstrip("\n")
    option = "-e " if bare.startswith("-e ") else ""
    place, mark, marker = bare.removeprefix(option).partition(" ; ")
    if os.path.isabs(place):
        return line  # as it is given, the same wherever the project lies
    if place in given:
        path, *others = sorted(given[place])
        if others:
            places = " and ".join(relative(each, directory) for each in (path, *others))
            raise ProjectError(
                f"depends on {place!r}, which is {places}: uv does not tell which it means",
                path=os.path.join(directory, "pyproject.toml"),
                hint="give the two sources paths that differ, such as ./lib and ../a/lib",
            )
    elif place.startswith("file:"):
        path = local_path(place)
    else:
        return line
    shown = relative(path, directory)
    dot = "" if shown.startswith(".") or os.path.isabs(shown) else "./"
    return f"{option}{dot}{shown}{mark}{marker}{line[len(bare) :]}"
