"""The dependency groups that a project asks uv for by default."""

from __future__ import annotations

import os

from lockhook._runtime.names import normalize

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def default_groups(path: str) -> tuple[str, ...] | None:
    """Return the groups that a project asks uv for by default, None for all of them.

    That is no part of a uv.lock: ``[tool.uv] default-groups`` of the ``pyproject.toml`` beside it.

    Args:
        path: of the lock.

    Raises:
        ProjectError: if that file has to be parsed, and is no TOML.
    """
    pyproject = os.path.join(os.path.dirname(path), "pyproject.toml")
    try:
        with open(pyproject, "rb") as file:
            data = file.read()
    except OSError:
        data = b""
    return _named(data, pyproject) if b"default-groups" in data else ("dev",)


def _named(data: bytes, pyproject: str) -> tuple[str, ...] | None:
    from lockhook._runtime.discovery import parse_toml

    table: Any = parse_toml(data, pyproject).get("tool")
    for key in ("uv", "default-groups"):
        table = table.get(key) if isinstance(table, dict) else None
    if table == "all":
        return None
    return tuple(normalize(str(name)) for name in table) if isinstance(table, list) else ("dev",)
