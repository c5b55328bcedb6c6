"""The projects of one workspace of uv, which have one uv.lock between them."""

from __future__ import annotations

import os

from lockhook._authoring.project import FILE
from lockhook._runtime import uv_config, workspace
from lockhook._runtime.names import normalize
from lockhook._runtime.toml_table import table_at
from lockhook.errors import ProjectError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any


def directories(root: str, pyproject: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the directories of the members of a workspace besides its root, sorted.

    Args:
        root: the directory of its root.
        pyproject: that of the root, parsed.
    """
    table = table_at(pyproject, "tool", "uv", "workspace")
    return tuple(sorted(_directories(root, table))) if table else ()


def _directories(directory: str, table: Mapping[str, Any]) -> Iterator[str]:
    from pathlib import Path  # of no use to a project on its own

    root = Path(directory)
    patterns = map("/".join, workspace.patterns(table, "members"))
    for path in {path for each in patterns for path in root.glob(each)}:
        parts = path.relative_to(root).parts
        if parts and (path / FILE).is_file() and workspace.is_member(parts, table):
            yield str(path)


def member(root: str, pyproject: Mapping[str, Any], name: str) -> str:
    """Return the directory of the member of a workspace that has a name.

    Raises:
        ProjectError: if there is none, or a file cannot be read.
    """
    for directory in (root, *directories(root, pyproject)):
        document = uv_config.parsed(os.path.join(directory, FILE))
        found = table_at(document, "project").get("name")
        if isinstance(found, str) and normalize(found) == name:
            return directory
    raise ProjectError(
        f"[tool.uv.sources] {name} is to be a member of the workspace, and there is none",
        path=os.path.join(root, FILE),
        hint="add its directory to [tool.uv.workspace] members, or give its source a path",
    )
