"""What ``[project]`` leaves to the build backend, where files say it.

setuptools takes requirements from the files that ``[tool.setuptools.dynamic]`` names, from
``setup.cfg`` or from ``setup.py``; hatchling from those of the hook ``requirements_txt``. They are
read here as these read them. What a program computes nobody knows who does not run it.
"""

from __future__ import annotations

import os

from lockhook._authoring import fields
from lockhook._runtime.toml_table import table_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Final, Protocol

    from lockhook._authoring.fields import Item
    from lockhook._authoring.project import Project

    class _Backend(Protocol):
        """A module that reads what a build backend reads; only what is needed is imported."""

        def dependencies(self, project: Project) -> list[Item]: ...
        def extras(self, project: Project) -> dict[str, list[Item]]: ...
        def files(self, project: Project) -> Iterator[str]: ...


# A project without a backend is one of setuptools (PEP 517).
_SETUPTOOLS: Final = ("setuptools.build_meta", "setuptools.build_meta:__legacy__")
_OLD_FILES: Final = ("setup.cfg", "setup.py")


def _backend(project: Project) -> _Backend:
    if is_setuptools(project):
        from lockhook._authoring import setuptools_fields

        return setuptools_fields
    from lockhook._authoring import hatch_hook

    return hatch_hook


def is_setuptools(project: Project) -> bool:
    """Tell whether setuptools builds a project, and setuptools alone."""
    system = table_at(project.pyproject, "build-system")
    backend = system.get("build-backend", _SETUPTOOLS[0])
    return backend in _SETUPTOOLS and "backend-path" not in system


def is_legacy(project: Project) -> bool:
    """Tell whether a project says in setuptools' own files what it is, and not in ``[project]``."""
    return (
        "project" not in project.pyproject
        and is_setuptools(project)
        and any(os.path.isfile(os.path.join(project.directory, name)) for name in _OLD_FILES)
    )


def legacy_metadata(project: Project) -> dict[str, Any]:
    """Return what stands for the ``[project]`` table of a project that has none.

    Raises:
        UnknownInputsError: if only its ``setup.py`` knows.
    """
    from lockhook._authoring import setuptools_fields

    name = setuptools_fields.name(project)
    return {**({"name": name} if name else {}), "dynamic": list(fields.FIELDS)}


def dependencies(project: Project) -> list[Item]:
    """Return the ``dependencies`` of a project where they are dynamic.

    Raises:
        UnknownInputsError: if only the build backend knows them.
        ProjectError: if a file cannot be read.
    """
    return _backend(project).dependencies(project)


def extras(project: Project) -> dict[str, list[Item]]:
    """Return the ``optional-dependencies`` of a project where they are dynamic, by their names.

    Raises:
        UnknownInputsError: if only the build backend knows them.
        ProjectError: if a file cannot be read.
    """
    return _backend(project).extras(project)


def requires_python(project: Project) -> str:
    """Return ``requires-python`` of a project where that is dynamic, "" for none.

    Raises:
        UnknownInputsError: if only the build backend knows it.
    """
    found = ""
    if is_setuptools(project):
        from lockhook._authoring import setuptools_fields

        found = setuptools_fields.requires_python(project)
    if not found and not is_legacy(project):
        raise fields.unknown(project, fields.PYTHON)
    return found


def files(project: Project) -> Iterator[str]:
    """Yield the paths of the files that dynamic fields are, or would be, read from."""
    return _backend(project).files(project)
