"""The files that a project names for its build backend to read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from lockhook._runtime.discovery import unreadable
from lockhook.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lockhook._authoring.project import Project


def at(project: Project, name: str) -> str:
    """Return the path of a file that a project names."""
    return os.path.join(project.directory, name)


def paths(project: Project, named: Iterable[object]) -> Iterator[str]:
    """Yield the paths of the files that settings name, one or a list each."""
    yield from (at(project, name) for names in named for name in strings(names))


def values(table: object) -> list[Any]:
    """Return the values of a table; none of everything else."""
    return list(table.values()) if isinstance(table, dict) else []


def strings(value: object) -> list[str]:
    """Return the texts in a list, or the one that stands for it."""
    found = value if isinstance(value, list) else [value]
    return [each for each in found if isinstance(each, str)]


def listed(names: object) -> list[str] | None:
    """Return a list of nothing but texts; None for everything else."""
    return names if isinstance(names, list) and len(strings(names)) == len(names) else None


def read(path: str, project: Project, field: str) -> str:
    """Return the text of a file that a project takes a field from.

    Raises:
        ProjectError: if there is none, or it cannot be read.
    """
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        name = os.path.relpath(path, project.directory)
        raise ProjectError(
            f"takes its {field} from {name}, and there is no such file",
            path=project.path,
            hint="add the file, or name another one",
        ) from None
    except OSError as error:
        raise unreadable(error, path) from None
    except UnicodeDecodeError as error:
        raise ProjectError(f"is not UTF-8: {error}", path=path) from None
