"""The fields that the hook ``requirements_txt`` of hatchling fills (hatch-requirements-txt)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from lockhook._authoring import fields, named_files
from lockhook._authoring.fields import Item
from lockhook._runtime.toml_table import table_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lockhook._authoring.project import Project

_HATCHLING: Final = "hatchling.build"
_HOOK: Final = "requirements_txt"
# The hooks that set other fields.
_OTHER_HOOKS: Final = frozenset({"docstring-description", "fancy-pypi-readme", "vcs"})

_CONTINUED: Final = re.compile(r"\\\s*\n")
_COMMENT: Final = re.compile(r"(^|\s+)#.*$")
_OPTION: Final = re.compile(r"\s+(-[A-Za-z]|--[A-Za-z]+)")


def dependencies(project: Project) -> list[Item]:
    """Return its ``dependencies``.

    Raises:
        UnknownInputsError: if it has no such hook, or more than that.
        ProjectError: if a file cannot be read.
    """
    hook = _hook(project, fields.DEPENDENCIES)
    names = [hook["filename"]] if "filename" in hook else hook.get("files", ["requirements.txt"])
    return _of_hook(project, fields.DEPENDENCIES, names)


def extras(project: Project) -> dict[str, list[Item]]:
    """Return its ``optional-dependencies``, by their names.

    Raises:
        UnknownInputsError: if it has no such hook, more than that, or the hook says none.
        ProjectError: if a file cannot be read.
    """
    found = _hook(project, fields.EXTRAS).get(fields.EXTRAS)
    if not isinstance(found, dict):
        raise fields.unknown(project, fields.EXTRAS)
    return {name: _of_hook(project, fields.EXTRAS, each) for name, each in found.items()}


def files(project: Project) -> Iterator[str]:
    """Yield the paths of the files that they are, or would be, read from."""
    hook: Mapping[str, Any] = table_at(
        project.pyproject, "tool", "hatch", "metadata", "hooks", _HOOK
    )
    of_extras = named_files.values(hook.get(fields.EXTRAS))
    yield from named_files.paths(project, [hook.get("filename"), hook.get("files"), *of_extras])


def _hook(project: Project, field: str) -> Mapping[str, Any]:
    system = table_at(project.pyproject, "build-system")
    hooks = table_at(project.pyproject, "tool", "hatch", "metadata", "hooks")
    if (
        system.get("build-backend") != _HATCHLING
        or "backend-path" in system
        or _HOOK not in hooks
        or hooks.keys() - {_HOOK, *_OTHER_HOOKS}
    ):
        raise fields.unknown(project, field)
    return table_at(hooks, _HOOK)


def _of_hook(project: Project, field: str, names: object) -> list[Item]:
    """Return the requirements of files as the plugin hatch-requirements-txt reads them."""
    listed = named_files.listed(names)
    if listed is None:
        raise fields.unknown(project, field)
    found = []
    for name in listed:
        path = named_files.at(project, name)
        for line in _CONTINUED.sub(" ", named_files.read(path, project, field)).splitlines():
            if line and not line.lstrip().startswith(("#", "-")):
                text = _OPTION.split(_COMMENT.sub("", line))[0]
                found.append(Item(text, path))
    return found
