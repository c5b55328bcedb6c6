"""Which workspace of uv a project belongs to."""

from __future__ import annotations

import os
from fnmatch import fnmatchcase

from lockhook._runtime.discovery import nearest_project, parse_toml
from lockhook._runtime.toml_table import table_at
from lockhook.errors import ProjectError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any


def document(path: str) -> dict[str, Any]:
    """Return a parsed TOML file, empty if it cannot be read: that is for uv to complain of."""
    try:
        with open(path, "rb") as file:
            return parse_toml(file.read(), path)
    except (OSError, ProjectError):
        return {}


def root_of(
    directory: str,
    pyproject: Mapping[str, Any],
    read: Callable[[str], dict[str, Any]] = document,
) -> tuple[str, Mapping[str, Any]]:
    """Return the directory and the ``pyproject.toml`` of the root of a project's workspace.

    The nearest ``pyproject.toml`` above decides; a project that is no member of a workspace, that
    has one of its own, or that uv does not manage is a root itself.

    Args:
        directory: that of the project.
        pyproject: its ``pyproject.toml``, parsed.
        read: parses a file, and may raise if it cannot be read.
    """
    own = directory, pyproject
    uv = table_at(pyproject, "tool", "uv")
    above = nearest_project(os.path.dirname(directory))
    if above is None or above == directory or "workspace" in uv or uv.get("managed") is False:
        return own
    found = read(os.path.join(above, "pyproject.toml"))
    parts = os.path.relpath(directory, above).split(os.sep)
    return (above, found) if is_member(parts, table_at(found, "tool", "uv", "workspace")) else own


def is_member(parts: Sequence[str], workspace: Mapping[str, Any]) -> bool:
    """Tell whether a directory is a member of a workspace, by its path below the root.

    Args:
        parts: of the path.
        workspace: the ``[tool.uv.workspace]`` of the root.
    """
    path = "/".join(parts)
    # Unlike in `members`, a star in `exclude` stands for slashes too.
    excluded = any(fnmatchcase(path, "/".join(each)) for each in patterns(workspace, "exclude"))
    return not excluded and any(_matches(parts, each) for each in patterns(workspace, "members"))


def patterns(workspace: Mapping[str, Any], key: str) -> Iterator[list[str]]:
    """Yield the parts of each pattern; what leads out of the root matches nothing."""
    listed = workspace.get(key)
    for text in listed if isinstance(listed, list) else ():
        parts = [part for part in str(text).split("/") if part not in {"", "."}]
        if parts and ".." not in parts and not str(text).startswith("/"):
            yield parts


def _matches(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(_matches(parts[n:], pattern[1:]) for n in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _matches(parts[1:], pattern[1:])
