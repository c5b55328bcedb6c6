"""The fields of ``[project]`` that a build backend may be left to fill, and what fills them."""

from __future__ import annotations

from lockhook._runtime.named_tuple import NamedTuple
from lockhook._runtime.toml_table import table_at
from lockhook.errors import UnknownInputsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from lockhook._authoring.project import Project

DEPENDENCIES: Final = "dependencies"
EXTRAS: Final = "optional-dependencies"
PYTHON: Final = "requires-python"
FIELDS: Final = (DEPENDENCIES, EXTRAS, PYTHON)


class Item(NamedTuple):
    """One requirement, as it is written.

    Attributes:
        text: it.
        path: the file it stands in.
        line: the line there, None if it is not known.
    """

    text: str
    path: str
    line: int | None = None


def unknown(project: Project, field: str, who: str | None = None) -> UnknownInputsError:
    """Return the error of a field that no file says.

    Args:
        project: whose it is.
        field: its name in ``[project]``.
        who: the one who knows it, if that is not the build backend.
    """
    backend = table_at(project.pyproject, "build-system").get("build-backend")
    who = who or f"its build backend{f', {backend},' if isinstance(backend, str) else ''}"
    are, them = ("is", "it") if field == PYTHON else ("are", "them")
    return UnknownInputsError(
        f"its {field} {are} dynamic: only {who} knows {them}",
        path=project.path,
        hint=f'list {them} under [project] {field}, and take "{field}" out of `dynamic`',
    )
