"""What ``[tool.lockhook]`` tells `verify`: read only when something would fail without it."""

from __future__ import annotations

import os

from lockhook._runtime.discovery import parse_toml
from lockhook._runtime.names import normalize
from lockhook._runtime.record import Record
from lockhook.errors import ProjectError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class Settings(Record):
    """What a project exempts.

    Attributes:
        accelerator: ``"cpu"`` or ``"any"``.
        skip: packages to leave out, normalised.
        accept: package, normalised, to the reason why its accelerator build is allowed.
    """

    accelerator: str = "cpu"
    skip: tuple[str, ...] = ()
    accept: Mapping[str, str] = {}


def read(project: str | None) -> Settings:
    """Return the settings of a project.

    An exemption that cannot be read exempts nothing: what is wrong with the file is for ``lockhook
    check`` to say.

    Args:
        project: the directory of its ``pyproject.toml``, or None.
    """
    if project is None:
        return Settings()
    path = os.path.join(project, "pyproject.toml")
    try:
        with open(path, "rb") as file:
            data = file.read()
        table = parse_toml(data, path).get("tool") if b"lockhook" in data else None
    except (OSError, ProjectError):
        return Settings()
    own = table.get("lockhook") if isinstance(table, dict) else None
    return _of_table(own) if isinstance(own, dict) else Settings()


def _of_table(table: Mapping[str, Any]) -> Settings:
    skip, accept = table.get("skip"), table.get("accept")
    return Settings(
        accelerator="any" if table.get("accelerator") == "any" else "cpu",
        skip=tuple(normalize(str(name)) for name in skip) if isinstance(skip, list) else (),
        accept={normalize(name): str(reason) for name, reason in accept.items()}
        if isinstance(accept, dict)
        else {},
    )
