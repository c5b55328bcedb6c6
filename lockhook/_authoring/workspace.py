"""The uv workspace that a project belongs to, found as uv finds it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from lockhook._runtime.discovery import parse_toml, unreadable
from lockhook._runtime.names import normalize
from lockhook._runtime.toml_table import table_at
from lockhook.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FILE: Final = "pyproject.toml"
_TABLE: Final = ("tool", "uv", "workspace")


def root_of(directory: str, pyproject: Mapping[str, Any]) -> str | None:
    """Return the directory of the root of a project's workspace, None if it is in none.

    Args:
        directory: that of the project, absolute.
        pyproject: its ``pyproject.toml``, parsed.

    Raises:
        ProjectError: if the ``pyproject.toml`` of a folder above cannot be read.
    """
    uv = table_at(pyproject, "tool", "uv")
    if "workspace" in uv:
        return directory
    if uv.get("managed") is False:
        return None
    for above in _above(directory):
        document = _document(above)
        if document is not None and (table := _workspace(document)) is not None:
            return above if directory in _directories(above, table) else None
        if document is not None and "project" in document:
            return None  # a project of its own, with this one in it as a test or an example
    return None


def _document(directory: str) -> dict[str, Any] | None:
    path = os.path.join(directory, FILE)
    try:
        with open(path, "rb") as file:
            return parse_toml(file.read(), path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise unreadable(error, path) from None


def _above(directory: str) -> Iterator[str]:
    above = os.path.dirname(directory)
    if above != directory:
        yield above
        yield from _above(above)


def _workspace(document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    uv = table_at(document, *_TABLE[:-1])
    return table_at(document, *_TABLE) if _TABLE[-1] in uv else None


def directories(root: str, pyproject: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the directories of the members of a workspace besides its root, sorted.

    Args:
        root: the directory of its root.
        pyproject: that of the root, parsed.
    """
    table = _workspace(pyproject)
    return tuple(sorted(_directories(root, table) - {root})) if table is not None else ()


def _directories(root: str, table: Mapping[str, Any]) -> set[str]:
    excluded = set(_matching(root, table.get("exclude")))
    return {
        path
        for path in _matching(root, table.get("members"))
        if path not in excluded and os.path.isfile(os.path.join(path, FILE))
    }


def _matching(root: str, patterns: object) -> Iterator[str]:
    import glob

    for pattern in patterns if isinstance(patterns, list) else ():
        if isinstance(pattern, str):
            found = glob.iglob(os.path.join(glob.escape(root), pattern), recursive=True)
            yield from (os.path.normpath(path) for path in found)


def member(root: str, pyproject: Mapping[str, Any], name: str) -> str:
    """Return the directory of the member of a workspace that has a name.

    Raises:
        ProjectError: if there is none.
    """
    for directory in (root, *directories(root, pyproject)):
        document = _document(directory) or {}
        found = table_at(document, "project").get("name")
        if isinstance(found, str) and normalize(found) == name:
            return directory
    raise ProjectError(
        f"[tool.uv.sources] {name} is to be a member of the workspace, and there is none",
        path=os.path.join(root, FILE),
        hint="add its directory to [tool.uv.workspace] members, or give its source a path",
    )
