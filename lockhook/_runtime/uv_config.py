"""The settings of uv that hold for a project, in whichever file they stand.

As uv has it: a member of a workspace obeys those of the root; a ``uv.toml`` takes the place of
``[tool.uv]`` beside it; but where a package comes from is said by ``[tool.uv.sources]`` alone, and
the indexes that they name are those of ``pyproject.toml``, a member's own before the root's. What
``uv lock`` reads of the root's ``pyproject.toml`` in any case is in `UvConfig.locking`.
"""

from __future__ import annotations

import os

from lockhook._runtime import workspace
from lockhook._runtime.discovery import parse_toml, unreadable
from lockhook._runtime.names import normalize
from lockhook._runtime.record import Record
from lockhook._runtime.toml_table import table_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

UV_TOML = "uv.toml"


class UvConfig(Record):
    """The settings of uv that hold for a project.

    Attributes:
        directory: of the project.
        pyproject: its parsed ``pyproject.toml``.
        root: the directory of the root of its workspace; its own if it is a member of none.
        root_pyproject: the parsed ``pyproject.toml`` there.
        uv_toml: the parsed ``uv.toml`` there, None if there is none.
    """

    directory: str
    pyproject: Mapping[str, Any]
    root: str
    root_pyproject: Mapping[str, Any]
    uv_toml: Mapping[str, Any] | None = None

    @property
    def is_member(self) -> bool:
        """Whether the project is a member of a workspace, and not its root."""
        return self.root != self.directory

    @property
    def own(self) -> Mapping[str, Any]:
        """The ``[tool.uv]`` of the project."""
        return table_at(self.pyproject, "tool", "uv")

    @property
    def locking(self) -> Mapping[str, Any]:
        """The ``[tool.uv]`` of the root.

        From there alone ``uv lock`` takes constraints, overrides, environments and groups, even
        where it warns that a ``uv.toml`` hides them.
        """
        return table_at(self.root_pyproject, "tool", "uv")

    @property
    def settings(self) -> Mapping[str, Any]:
        """What any command of uv obeys, sources and the indexes that they name aside."""
        return self.locking if self.uv_toml is None else self.uv_toml

    @property
    def sources(self) -> Mapping[str, list[dict[str, Any]]]:
        """Where each package is taken from, by its normalised name.

        A package can have several sources, each with its marker.
        """
        return _sources(self.locking) | _sources(self.own)

    def declared(self) -> Iterator[tuple[dict[str, Any], str]]:
        """Yield each index that counts, and the directory that a relative path in it starts at."""
        yield from self.nameable()
        yield from ((entry, self.root) for entry in _entries(self.uv_toml or {}))

    def nameable(self) -> Iterator[tuple[dict[str, Any], str]]:
        """Yield those of `declared` that sources can name.

        Where no more than that holds for an index, and none does name it, it is left out.
        """
        named = [source.get("index") for found in self.sources.values() for source in found]
        if self.is_member:
            yield from ((each, self.directory) for each in _for_sources(self.own, named))
        is_hidden = self.uv_toml is not None
        shared = _for_sources(self.locking, named) if is_hidden else _entries(self.locking)
        yield from ((entry, self.root) for entry in shared)


def read(directory: str) -> UvConfig:
    """Return the settings for the project in a directory.

    Raises:
        ProjectError: if one of its files cannot be read or is not TOML.
    """
    return of_project(parsed(os.path.join(directory, "pyproject.toml")), directory)


def of_project(pyproject: Mapping[str, Any], directory: str) -> UvConfig:
    """Return the settings for a project whose ``pyproject.toml`` is parsed already.

    Raises:
        ProjectError: if the ``uv.toml`` that holds for it, or the ``pyproject.toml`` above it,
            cannot be read or is not TOML.
    """
    root, root_pyproject = workspace.root_of(directory, pyproject, parsed)
    path = os.path.join(root, UV_TOML)
    return UvConfig(
        directory=directory,
        pyproject=pyproject,
        root=root,
        root_pyproject=root_pyproject,
        uv_toml=parsed(path) if os.path.isfile(path) else None,
    )


def of_document(
    pyproject: Mapping[str, Any], directory: str = "", uv_toml: Mapping[str, Any] | None = None
) -> UvConfig:
    """Return what a ``pyproject.toml`` says, whatever lies above it.

    Args:
        pyproject: parsed.
        directory: where it lies; without it, relative paths stay as they are.
        uv_toml: the ``uv.toml`` beside it, parsed.
    """
    return UvConfig(
        directory=directory,
        pyproject=pyproject,
        root=directory,
        root_pyproject=pyproject,
        uv_toml=uv_toml,
    )


def parsed(path: str) -> dict[str, Any]:
    """Return a parsed TOML file.

    Raises:
        ProjectError: if it cannot be read or is not TOML.
    """
    try:
        with open(path, "rb") as file:
            return parse_toml(file.read(), path)
    except OSError as error:
        raise unreadable(error, path) from None


def _sources(uv: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    return {
        normalize(name): [
            s for s in (value if isinstance(value, list) else [value]) if isinstance(s, dict)
        ]
        for name, value in table_at(uv, "sources").items()
    }


def _entries(table: Mapping[str, Any]) -> list[dict[str, Any]]:
    listed = table.get("index")
    return [e for e in listed if isinstance(e, dict)] if isinstance(listed, list) else []


def _for_sources(uv: Mapping[str, Any], named: list[Any]) -> Iterator[dict[str, Any]]:
    """Yield the indexes that uv does not search, but lets sources name."""
    for entry in _entries(uv):
        if entry.get("explicit") or entry.get("name") in named:
            yield {**entry, "explicit": True}
