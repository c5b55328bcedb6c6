"""The projects of one workspace of uv, which have one uv.lock between them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from lockhook._authoring import project
from lockhook._runtime import workspace
from lockhook._runtime.toml_table import table_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from lockhook._authoring.project import Project


def of_root(root: Project) -> tuple[Project, ...]:
    """Return the projects that the uv.lock of a project is about: itself if it is one, first.

    Raises:
        ProjectError: if the ``pyproject.toml`` of a member cannot be read.
    """
    others = map(project.load, _directories(root.directory, root.pyproject))
    own = () if root.is_virtual else (root,)
    return (*own, *(each for each in others if each.tool("uv").get("managed") is not False))


def beside(directory: str) -> tuple[str, ...]:
    """Return the directories of all projects of a project's workspace, its own first."""
    pyproject = workspace.document(os.path.join(directory, project.FILE))
    root, shared = workspace.root_of(directory, pyproject)
    return tuple(dict.fromkeys((directory, root, *_directories(root, shared))))


def _directories(root: str, pyproject: Mapping[str, Any]) -> Iterator[str]:
    table = table_at(pyproject, "tool", "uv", "workspace")
    patterns = map("/".join, workspace.patterns(table, "members"))
    for path in sorted({path for each in patterns for path in Path(root).glob(each)}):
        parts = path.relative_to(root).parts
        if parts and (path / project.FILE).is_file() and workspace.is_member(parts, table):
            yield str(path)
