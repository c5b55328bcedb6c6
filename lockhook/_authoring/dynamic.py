"""What ``[project]`` leaves to the build backend, where files say it.

setuptools takes requirements from the files that ``[tool.setuptools.dynamic]`` names, from
``setup.cfg`` or from ``setup.py``; hatchling from those of the hook ``requirements_txt``. They are
read here as these read them. What a program computes nobody knows who does not run it.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from lockhook._runtime.discovery import unreadable
from lockhook._runtime.toml_table import table_at
from lockhook.errors import ProjectError, UnknownInputsError

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterable, Iterator, Mapping

    from lockhook._authoring.project import Project

DEPENDENCIES: Final = "dependencies"
EXTRAS: Final = "optional-dependencies"
PYTHON: Final = "requires-python"
FIELDS: Final = (DEPENDENCIES, EXTRAS, PYTHON)
SETUP_CFG: Final = "setup.cfg"
SETUP_PY: Final = "setup.py"

# A project without a backend is one of setuptools (PEP 517).
_SETUPTOOLS: Final = ("setuptools.build_meta", "setuptools.build_meta:__legacy__")
_HATCHLING: Final = "hatchling.build"
_HOOK: Final = "requirements_txt"
# The hooks that set other fields.
_OTHER_HOOKS: Final = frozenset({"docstring-description", "fancy-pypi-readme", "vcs"})
# How setuptools called the fields of [project] before there was one.
_OLD_NAMES: Final = {
    DEPENDENCIES: "install_requires",
    EXTRAS: "extras_require",
    PYTHON: "python_requires",
}


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
        and any(os.path.isfile(_at(project, name)) for name in (SETUP_CFG, SETUP_PY))
    )


def legacy_metadata(project: Project) -> dict[str, Any]:
    """Return what stands for the ``[project]`` table of a project that has none.

    Raises:
        UnknownInputsError: if only its ``setup.py`` knows.
    """
    name = _setup_py(project, "name").get("name") or _setup_cfg(project, "metadata").get("name")
    return {**({"name": name} if name else {}), "dynamic": list(FIELDS)}


def dependencies(project: Project) -> list[Item]:
    """Return the ``dependencies`` of a project where they are dynamic.

    Raises:
        UnknownInputsError: if only the build backend knows them.
        ProjectError: if a file cannot be read.
    """
    if is_setuptools(project):
        directive = _directives(project).get(DEPENDENCIES)
        if directive is not None:
            return _of_directive(project, DEPENDENCIES, directive)
        return _of_setup(project, DEPENDENCIES, *_old(project, DEPENDENCIES))
    hook = _hook(project, DEPENDENCIES)
    files = [hook["filename"]] if "filename" in hook else hook.get("files", ["requirements.txt"])
    return _of_hook(project, DEPENDENCIES, files)


def extras(project: Project) -> dict[str, list[Item]]:
    """Return the ``optional-dependencies`` of a project where they are dynamic, by their names.

    Raises:
        UnknownInputsError: if only the build backend knows them.
        ProjectError: if a file cannot be read.
    """
    if not is_setuptools(project):
        files = _hook(project, EXTRAS).get(EXTRAS)
        if not isinstance(files, dict):
            raise unknown(project, EXTRAS)
        return {name: _of_hook(project, EXTRAS, each) for name, each in files.items()}
    directives = _directives(project).get(EXTRAS)
    if isinstance(directives, dict):
        return {name: _of_directive(project, EXTRAS, each) for name, each in directives.items()}
    table, path = _old(project, EXTRAS)
    if not isinstance(table, dict) or any(":" in name for name in table):
        raise unknown(project, EXTRAS)
    return {name: _of_setup(project, EXTRAS, value, path) for name, value in table.items()}


def requires_python(project: Project) -> str:
    """Return ``requires-python`` of a project where that is dynamic, "" for none.

    Raises:
        UnknownInputsError: if only the build backend knows it.
    """
    if not is_setuptools(project):
        raise unknown(project, PYTHON)
    value, _ = _old(project, PYTHON)
    if not value and not is_legacy(project):
        raise unknown(project, PYTHON)
    return str(value or "")


def files(project: Project) -> Iterator[str]:
    """Yield the paths of the files that dynamic fields are, or would be, read from."""
    if is_setuptools(project):
        yield from (_at(project, name) for name in (SETUP_CFG, SETUP_PY))
        directives = _directives(project)
        tables: list[Any] = [directives.get(DEPENDENCIES), *_values(directives.get(EXTRAS))]
        named = [table.get("file") for table in tables if isinstance(table, dict)]
        options = _setup_cfg(project, "options").get(_OLD_NAMES[DEPENDENCIES])
        inline = [options, *_setup_cfg(project, "options.extras_require").values()]
        named += [_named(value) for value in inline if value]
    else:
        hook = table_at(project.pyproject, "tool", "hatch", "metadata", "hooks", _HOOK)
        named = [hook.get("filename"), hook.get("files"), *_values(hook.get(EXTRAS))]
    yield from (_at(project, name) for names in named for name in _strings(names))


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


def _at(project: Project, name: str) -> str:
    return os.path.join(project.directory, name)


def _values(table: object) -> list[Any]:
    return list(table.values()) if isinstance(table, dict) else []


def _strings(value: object) -> list[str]:
    found = value if isinstance(value, list) else [value]
    return [each for each in found if isinstance(each, str)]


def _listed(names: object) -> list[str] | None:
    """Return a list of nothing but texts; None for everything else."""
    return names if isinstance(names, list) and len(_strings(names)) == len(names) else None


def _read(path: str, project: Project, field: str) -> str:
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


# --- setuptools ---


def _directives(project: Project) -> Mapping[str, Any]:
    return table_at(project.pyproject, "tool", "setuptools", "dynamic")


def _of_directive(project: Project, field: str, directive: object) -> list[Item]:
    names = directive.get("file") if isinstance(directive, dict) else None
    listed = _listed([names] if isinstance(names, str) else names)
    if listed is None:
        raise unknown(project, field)
    return [item for name in listed for item in _of_file(project, field, name)]


def _of_file(project: Project, field: str, name: str) -> list[Item]:
    path = os.path.abspath(_at(project, name))
    if not path.startswith(os.path.join(project.directory, "")):
        raise ProjectError(
            f"takes its {field} from {name!r}, which setuptools does not read: it lies outside",
            path=project.path,
            hint="name a file of the project",
        )
    lines = _read(path, project, field).splitlines()
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
    key = _OLD_NAMES[field]
    found = _setup_py(project, field).get(key)
    if found:
        return found, _at(project, SETUP_PY)
    path = _at(project, SETUP_CFG)
    if not any(os.path.isfile(each) for each in (path, _at(project, SETUP_PY))):
        raise unknown(project, field)
    if field == EXTRAS:
        return _setup_cfg(project, f"options.{key}"), path
    return _setup_cfg(project, "options").get(key, ""), path


def _of_setup(project: Project, field: str, value: object, path: str) -> list[Item]:
    """Return the requirements of a value of setuptools' own files: a text, a list, or a file."""
    if isinstance(value, list | tuple):
        return list(_joined((str(text), path, None) for text in value))
    text = str(value)
    if path.endswith(SETUP_CFG) and (names := _named(text)):
        found = [item for name in names for item in _of_file(project, field, name)]
        # setuptools splits what has one line only, wherever it comes from.
        if len(names) > 1 or len(found) != 1 or "\n" in _read(found[0].path, project, field):
            return found
        text, path = found[0].text, found[0].path
    parts = text.splitlines() if "\n" in text else text.split(";")
    return list(_joined((part, path, None) for part in parts))


def _named(value: str) -> list[str]:
    head, found, names = value.partition("file:")
    return [name.strip() for name in names.split(",")] if found and not head else []


def _setup_cfg(project: Project, section: str) -> Mapping[str, str]:
    path = _at(project, SETUP_CFG)
    if not os.path.isfile(path):
        return {}
    import configparser

    parser = configparser.RawConfigParser()
    parser.optionxform = str  # type: ignore[method-assign,assignment]  # as its documentation has it
    try:
        parser.read_string(_read(path, project, section))
    except configparser.Error as error:
        reason = str(error).partition("\n")[0]
        raise ProjectError(f"cannot be read: {reason}", path=path) from None
    items = parser.items(section) if parser.has_section(section) else []
    is_extras = section.endswith(_OLD_NAMES[EXTRAS])
    return {key if is_extras else key.replace("-", "_"): value for key, value in items}


def _setup_py(project: Project, field: str) -> Mapping[str, Any]:
    """Return what ``setup.py`` hands to setuptools, as far as it is spelled out.

    Raises:
        UnknownInputsError: if it does more than that.
    """
    path = _at(project, SETUP_PY)
    if not os.path.isfile(path):
        return {}
    import ast

    try:
        found = [_keywords(node) for node in ast.parse(_read(path, project, field)).body]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise unknown(project, field, "its setup.py, a program,") from None
    return {key: value for each in found for key, value in each.items()}


def _keywords(node: ast.stmt) -> dict[str, Any]:
    """Return the keywords of a call of `setup` with nothing but literals.

    Raises:
        ValueError: if a statement is no such call, and not without effect either.
    """
    import ast

    if isinstance(node, ast.Import | ast.ImportFrom):
        names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
        modules = names or [str(getattr(node, "module", ""))]
        if all(module in {"setuptools", "__future__"} for module in modules):
            return {}
    value = node.value if isinstance(node, ast.Expr) else None
    if isinstance(value, ast.Constant):
        return {}
    if (
        isinstance(value, ast.Call)
        and ast.unparse(value.func) in {"setup", "setuptools.setup"}
        and not value.args
        and all(keyword.arg for keyword in value.keywords)
    ):
        return {str(each.arg): ast.literal_eval(each.value) for each in value.keywords}
    raise ValueError(node)


# --- hatchling ---


def _hook(project: Project, field: str) -> Mapping[str, Any]:
    system = table_at(project.pyproject, "build-system")
    hooks = table_at(project.pyproject, "tool", "hatch", "metadata", "hooks")
    if (
        system.get("build-backend") != _HATCHLING
        or "backend-path" in system
        or _HOOK not in hooks
        or hooks.keys() - {_HOOK, *_OTHER_HOOKS}
    ):
        raise unknown(project, field)
    return table_at(hooks, _HOOK)


_CONTINUED: Final = re.compile(r"\\\s*\n")
_COMMENT: Final = re.compile(r"(^|\s+)#.*$")
_OPTION: Final = re.compile(r"\s+(-[A-Za-z]|--[A-Za-z]+)")


def _of_hook(project: Project, field: str, names: object) -> list[Item]:
    """Return the requirements of files as the plugin hatch-requirements-txt reads them."""
    listed = _listed(names)
    if listed is None:
        raise unknown(project, field)
    found = []
    for name in listed:
        path = _at(project, name)
        for line in _CONTINUED.sub(" ", _read(path, project, field)).splitlines():
            if line and not line.lstrip().startswith(("#", "-")):
                text = _OPTION.split(_COMMENT.sub("", line))[0]
                found.append(Item(text, path))
    return found
