"""The projects of one workspace of uv, which have one uv.lock between them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lockhook._runtime import workspace
from lockhook._runtime.toml_table import table_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def directories(root: str, pyproject: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the directories of the members of a workspace besides its root, sorted.

    Args:
        root: the directory of its root.
        pyproject: that of the root, parsed.
    """
    return tuple(sorted(_directories(Path(root), table_at(pyproject, "tool", "uv", "workspace"))))


def _directories(root: Path, table: Mapping[str, Any]) -> Iterator[str]:
    patterns = map("/".join, workspace.patterns(table, "members"))
    for path in {path for each in patterns for path in root.glob(each)}:
        parts = path.relative_to(root).parts
        if parts and (path / "pyproject.toml").is_file() and workspace.is_member(parts, table):
            yield str(path)
