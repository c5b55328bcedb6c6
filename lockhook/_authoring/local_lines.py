"""The lines of a requirements.txt that name a directory of this disk.

uv writes the path of a source as it is given, relative to whatever file gives it, and the path of
a workspace member with all folders above it. In a lock it is to be relative to the lock, and to
begin with a dot: pip takes ``lib`` for a package of that name.
"""

from __future__ import annotations

import os
import re

from lockhook._authoring.members import relative
from lockhook._runtime.places import local_path
from lockhook.errors import ProjectError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Final

    from lockhook._authoring.members import Local
    from lockhook._authoring.project import Project

_LINE: Final = r"(?P<option>-e )?(?P<name>[\w.-]+ @ )?(?P<place>.*?)(?P<rest> ;.*)?"
# What a path may hold and be read the same by pip and uv.
_PLAIN: Final = r"[\w./+-]+"


def rewrite(text: str, found: Iterable[Local], project: Project) -> str:
    """Return what uv wrote with the paths as a lock beside a project has them.

    Args:
        text: the lock as uv wrote it.
        found: what its project depends on here.
        project: it.

    Raises:
        ProjectError: if one path is given for two places, so that nobody can tell which is meant.
    """
    given: dict[str, set[str]] = {}
    for local in found:
        for path in local.given:
            given.setdefault(path, set()).add(local.path)
    if not given and "file:" not in text:
        return text
    return "".join(_line(line, given, project) for line in text.splitlines(keepends=True))


def _line(line: str, given: Mapping[str, set[str]], project: Project) -> str:
    bare = line.rstrip("\n")
    parts = re.fullmatch(_LINE, bare)
    path = _path(parts["name"] or "", parts["place"], given, project) if parts else None
    if parts is None or path is None:
        return line
    shown = relative(path, project.directory)
    dot = "" if shown.startswith(".") or os.path.isabs(shown) else "./"
    return f"{parts['option'] or ''}{dot}{shown}{parts['rest'] or ''}{line[len(bare) :]}"


def _path(name: str, place: str, given: Mapping[str, set[str]], project: Project) -> str | None:
    """Return the path that a line names; None if it is to stay as it is."""
    if os.path.isabs(place):
        return None  # as it is given, the same wherever the project lies
    if place in given and not name:
        path, *others = sorted(given[place])
        if others:
            raise _ambiguous(place, (path, *others), project)
        return path
    path = os.path.normpath(local_path(place)) if place.startswith("file:") else ""
    # What lies elsewhere was given as an absolute path.
    is_here = path.startswith(os.path.join(project.uv.root, "")) and os.path.isdir(path)
    return path if is_here and re.fullmatch(_PLAIN, relative(path, project.directory)) else None


def _ambiguous(place: str, paths: Iterable[str], project: Project) -> ProjectError:
    places = " and ".join(relative(each, project.directory) for each in paths)
    return ProjectError(
        f"depends on {place!r}, which is {places}: uv does not tell which it means",
        path=project.path,
        hint="give the two sources paths that differ, such as ./lib and ../a/lib",
    )
