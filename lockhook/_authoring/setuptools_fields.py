"""The fields that setuptools fills: from files, from ``setup.cfg`` or from ``setup.py``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from lockhook._authoring import fields, named_files, setup_cfg, setup_py
from lockhook._authoring.fields import Item
from lockhook._runtime.toml_table import table_at
from lockhook.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lockhook._authoring.project import Project


def name(project: Project) -> str | None:
    """Return the name of a project that has no ``[project]`` table, None if it has none.

    Raises:
        UnknownInputsError: if only its ``setup.py`` knows.
    """
    found = setup_py.keywords(project, "name").get("name")
    return found or setup_cfg.section(project, "metadata").get("name")


def dependencies(project: Project) -> list[Item]:
    """Return its ``dependencies``.

    Raises:
        UnknownInputsError: if no file says them.
        ProjectError: if a file cannot be read.
    """
    directive = _directives(project).get(fields.DEPENDENCIES)
    if directive is not None:
        return _of_directive(project, fields.DEPENDENCIES, directive)
    return _of_setup(project, fields.DEPENDENCIES, *_old(project, fields.DEPENDENCIES))


def extras(project: Project) -> dict[str, list[Item]]:
    """Return its ``optional-dependencies``, by their names.

    Raises:
        UnknownInputsError: if no file says them.
        ProjectError: if a file cannot be read.
    """
    where = fields.EXTRAS
    directives = _directives(project).get(where)
    if isinstance(directives, dict):
        return {name: _of_directive(project, where, each) for name, each in directives.items()}
    table, path = _old(project, where)
    if not isinstance(table, dict) or any(":" in name for name in table):
        raise fields.unknown(project, where)
    return {name: _of_setup(project, where, value, path) for name, value in table.items()}


def requires_python(project: Project) -> str:
    """Return its ``requires-python``, "" for none.

    Raises:
        UnknownInputsError: if there is no file that could say it.
    """
    return str(_old(project, fields.PYTHON)[0] or "")


def files(project: Project) -> Iterator[str]:
    """Yield the paths of the files that they are, or would be, read from."""
    yield from (named_files.at(project, name) for name in (setup_cfg.FILE, setup_py.FILE))
    directives = _directives(project)
    of_extras = named_files.values(directives.get(fields.EXTRAS))
    tables: list[Any] = [directives.get(fields.DEPENDENCIES), *of_extras]
    named = [table.get("file") for table in tables if isinstance(table, dict)]
    named += [_named(value) for value in _inline(project) if value]
    yield from named_files.paths(project, named)


def _inline(project: Project) -> Iterator[str | None]:
    key = setup_cfg.OLD_NAMES[fields.DEPENDENCIES]
    yield setup_cfg.section(project, "options").get(key)
    yield from setup_cfg.section(project, "options.extras_require").values()


def _directives(project: Project) -> Mapping[str, Any]:
    return table_at(project.pyproject, "tool", "setuptools", "dynamic")


def _of_directive(project: Project, field: str, directive: object) -> list[Item]:
    names = directive.get("file") if isinstance(directive, dict) else None
    listed = named_files.listed([names] if isinstance(names, str) else names)
    if listed is None:
        raise fields.unknown(project, field)
    return [item for name in listed for item in _of_file(project, field, name)]


def _of_file(project: Project, field: str, name: str) -> list[Item]:
    path = os.path.abspath(named_files.at(project, name))
    if not path.startswith(os.path.join(project.directory, "")):
        raise ProjectError(
            f"takes its {field} from {name!r}, which setuptools does not read: it lies outside",
            path=project.path,
            hint="name a file of the project",
        )
    lines = named_files.read(path, project, field).splitlines()
    return list(_joined((text, path, n) for n, text in enumerate(lines, 1)))


def _joined(lines: Iterable[tuple[str, str, int | None]]) -> Iterator[Item]:
    """Yield requirements as setuptools takes them from lines, which a backslash joins."""
    kept = (
        Item(text.strip().partition(" #")[0], path, line)
        for text, path, line in lines
        if text.strip() and not text.strip().startswith("#")
    )
    for item in kept:
        text = item.text
        while text.endswith("\\"):
            following = next(kept, None)
            if following is None:
                return  # setuptools drops it too
            text = text[:-2].strip() + following.text
        yield item._replace(text=text)


def _old(project: Project, field: str) -> tuple[Any, str]:
    """Return what ``setup.py``, else ``setup.cfg`` says of a field, and which of them.

    Raises:
        UnknownInputsError: if the first computes something, or there is neither.
    """
    key = setup_cfg.OLD_NAMES[field]
    found = setup_py.keywords(project, field).get(key)
    if found:
        return found, named_files.at(project, setup_py.FILE)
    path = named_files.at(project, setup_cfg.FILE)
    if not any(os.path.isfile(each) for each in (path, named_files.at(project, setup_py.FILE))):
        raise fields.unknown(project, field)
    if field == fields.EXTRAS:
        return setup_cfg.section(project, f"options.{key}"), path
    return setup_cfg.section(project, "options").get(key, ""), path


def _of_setup(project: Project, field: str, value: object, path: str) -> list[Item]:
    """Return the requirements of a value of setuptools' own files: a text, a list, or a file."""
    if isinstance(value, list | tuple):
        return list(_joined((str(text), path, None) for text in value))
    text = str(value)
    if path.endswith(setup_cfg.FILE) and (names := _named(text)):
        found = [item for name in names for item in _of_file(project, field, name)]
        # setuptools splits what has one line only, wherever it comes from.
        if (
            len(names) > 1
            or len(found) != 1
            or "\n" in named_files.read(found[0].path, project, field)
        ):
            return found
        text, path = found[0].text, found[0].path
    parts = text.splitlines() if "\n" in text else text.split(";")
    return list(_joined((part, path, None) for part in parts))


def _named(value: str) -> list[str]:
    head, found, names = value.partition("file:")
    return [name.strip() for name in names.split(",")] if found and not head else []
