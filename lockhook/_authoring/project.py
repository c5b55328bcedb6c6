"""A project: the directory of a ``pyproject.toml``, and what that says (PEP 621, PEP 735)."""

from __future__ import annotations

import os
from functools import cached_property

from lockhook._authoring import dynamic, fields
from lockhook._authoring.fields import Item
from lockhook._authoring.requirement import canonical, canonical_specifiers, parts
from lockhook._runtime import uv_config
from lockhook._runtime.discovery import parse_toml, unreadable
from lockhook._runtime.names import normalize
from lockhook._runtime.plain import is_plain_version
from lockhook.errors import ProjectError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from lockhook._runtime.uv_config import UvConfig

FILE = "pyproject.toml"


class Project:
    """One project, of which nothing is looked at before it is asked for.

    Attributes:
        directory: absolute.
        pyproject: the parsed ``pyproject.toml``.
    """

    def __init__(self, *, directory: str, pyproject: Mapping[str, Any]) -> None:
        self.directory = directory
        self.pyproject = pyproject

    @property
    def path(self) -> str:
        """The ``pyproject.toml``."""
        return os.path.join(self.directory, FILE)

    @cached_property
    def metadata(self) -> Mapping[str, Any]:
        """The ``[project]`` table.

        Raises:
            ProjectError: if there is none, and no file of setuptools says the same.
        """
        table = self.pyproject.get("project")
        if table is None and "poetry" in self._tools:
            raise ProjectError(
                "declares its dependencies under [tool.poetry], which uv does not read",
                path=self.path,
                hint="move them to [project] (Poetry 2 reads it too)",
            )
        if self.is_virtual:
            return {}
        if dynamic.is_legacy(self):
            return dynamic.legacy_metadata(self)
        if not isinstance(table, dict):
            raise self._no_project()
        return table

    def refuse_virtual(self) -> None:
        """Raise if this is no project itself.

        Raises:
            ProjectError: if it is the root of a workspace and no more.
        """
        if self.is_virtual:
            raise self._no_project()

    def _no_project(self) -> ProjectError:
        return ProjectError(
            "has no [project] table, so it declares no dependencies to lock",
            path=self.path,
            hint="add [project] with name, version and dependencies (PEP 621)",
        )

    @cached_property
    def name(self) -> str:
        """The normalised name."""
        name = self.metadata.get("name")
        if not isinstance(name, str):
            raise ProjectError("[project] has no name", path=self.path, hint='add `name = "..."`')
        return normalize(name)

    @property
    def _tools(self) -> Mapping[str, Any]:
        tools = self.pyproject.get("tool", {})
        if not isinstance(tools, dict):
            raise ProjectError("[tool] is not a table", path=self.path)
        return tools

    @property
    def has_settings(self) -> bool:
        """Whether there is a ``[tool.lockhook]``."""
        return "lockhook" in self._tools

    @property
    def declares_dependencies(self) -> bool:
        """Whether this is a project or a workspace, and not just the settings of some tools."""
        return (
            "project" in self.pyproject
            or "poetry" in self._tools
            or self.is_virtual
            or dynamic.is_legacy(self)
        )

    @property
    def is_virtual(self) -> bool:
        """Whether this is the root of a workspace, and no project itself."""
        return "project" not in self.pyproject and "workspace" in self.tool("uv")

    def tool(self, name: str) -> Mapping[str, Any]:
        """Return the ``[tool.NAME]`` table, empty if there is none."""
        table = self._tools.get(name, {})
        if not isinstance(table, dict):
            raise ProjectError(f"[tool.{name}] is not a table", path=self.path)
        return table

    @cached_property
    def uv(self) -> UvConfig:
        """The settings of uv that hold for it, its own or not.

        Raises:
            ProjectError: if a file of them cannot be read or is not TOML.
        """
        self.tool("uv")  # which is a table
        return uv_config.of_project(self.pyproject, self.directory)

    @cached_property
    def workspace(self) -> Project | None:
        """The root of the uv workspace that it belongs to, itself if it is that; else None."""
        if self.uv.is_member:
            return Project(directory=self.uv.root, pyproject=self.uv.root_pyproject)
        return self if "workspace" in self.uv.own else None

    @cached_property
    def requires_python(self) -> str:
        """``requires-python`` in canonical form, "" if it is not set."""
        text = (
            dynamic.requires_python(self)
            if self.is_dynamic(fields.PYTHON)
            else self.metadata.get("requires-python", "")
        )
        try:
            return canonical_specifiers(text)
        except (ValueError, TypeError, AttributeError):
            raise ProjectError(f"requires-python = {text!r} is not valid", path=self.path) from None

    @cached_property
    def lowest_python(self) -> str | None:
        """The lowest Python that ``requires-python`` admits, None if it sets no lower bound."""
        return lowest_python(self.requires_python)

    @cached_property
    def dependencies(self) -> tuple[str, ...]:
        """``dependencies`` in canonical form, sorted."""
        where = fields.DEPENDENCIES
        if self.is_dynamic(where):
            return self._canonical(dynamic.dependencies(self), where)
        return self._canonical(self.metadata.get(where, []), where)

    def is_dynamic(self, *fields: str) -> bool:
        """Tell whether any of some fields of ``[project]`` is left to the build backend."""
        listed = self.metadata.get("dynamic", [])
        return isinstance(listed, list) and any(field in listed for field in fields)

    def extra(self, name: str) -> tuple[str, ...]:
        """Return an extra's requirements in canonical form, sorted; self-references followed.

        Raises:
            UsageError: if there is no such extra.
        """
        return tuple(sorted(set(self._extra(normalize(name), ()))))

    def _extra(self, name: str, parents: tuple[str, ...]) -> Iterator[str]:
        extras = self.extras
        if name not in extras:
            known = ", ".join(sorted(extras)) or "none"
            raise UsageError(
                f"there is no extra {name!r}; the project has: {known}", path=self.path
            )
        if name in parents:
            return
        for text in extras[name]:
            requirement = parts(text)
            if requirement.name == self.name:
                for other in requirement.extras:
                    yield from self._extra(normalize(other), (*parents, name))
            else:
                yield text

    @cached_property
    def extras(self) -> Mapping[str, tuple[str, ...]]:
        """Normalised name to requirements in canonical form."""
        table = (
            dynamic.extras(self)
            if self.is_dynamic(fields.EXTRAS)
            else self.metadata.get("optional-dependencies", {})
        )
        if not isinstance(table, dict):
            raise ProjectError("optional-dependencies is not a table", path=self.path)
        return {
            normalize(name): self._canonical(value, f"optional-dependencies.{name}")
            for name, value in table.items()
        }

    def group(self, name: str) -> tuple[str, ...]:
        """Return a dependency group in canonical form, sorted; includes followed (PEP 735).

        Raises:
            UsageError: if there is no such group.
            ProjectError: if the group includes itself.
        """
        return tuple(sorted(set(self._group(normalize(name), ()))))

    def _group(self, name: str, parents: tuple[str, ...]) -> Iterator[str]:
        groups = {normalize(key): value for key, value in self._groups().items()}
        if name not in groups:
            known = ", ".join(sorted(groups)) or "none"
            raise UsageError(
                f"there is no dependency group {name!r}; the project has: {known}",
                path=self.path,
            )
        if name in parents:
            raise ProjectError(f"dependency group {name!r} includes itself", path=self.path)
        for item in groups[name]:
            if isinstance(item, dict) and isinstance(included := item.get("include-group"), str):
                yield from self._group(normalize(included), (*parents, name))
            else:
                yield from self._canonical([item], f"dependency-groups.{name}")

    def requirements_of_uv(self, key: str) -> tuple[str, ...]:
        """Return a list of requirements in ``[tool.uv]`` in canonical form, sorted.

        Raises:
            ProjectError: if it is none.
        """
        return self._canonical(self.tool("uv").get(key, []), f"[tool.uv] {key}")

    @property
    def groups(self) -> tuple[str, ...]:
        """The normalised names of the dependency groups."""
        return tuple(map(normalize, self._groups()))

    def _groups(self) -> Mapping[str, Any]:
        groups = self.pyproject.get("dependency-groups", {})
        if not (isinstance(groups, dict) and all(isinstance(g, list) for g in groups.values())):
            raise ProjectError("[dependency-groups] is not a table of lists", path=self.path)
        older = self.tool("uv").get("dev-dependencies")
        if not isinstance(older, list):
            return groups
        # uv adds them to the group of that name.
        name = next((key for key in groups if normalize(key) == "dev"), "dev")
        return {**groups, name: [*groups.get(name, []), *older]}

    def _canonical(self, items: Iterable[object], where: str) -> tuple[str, ...]:
        if not isinstance(items, list):
            raise ProjectError(f"{where} is not a list", path=self.path)
        return tuple(sorted({self._canonical_one(item, where) for item in items}))

    def _canonical_one(self, item: object, where: str) -> str:
        text, path, line = item if isinstance(item, Item) else (item, self.path, None)
        try:
            return canonical(text)
        except ValueError as error:
            raise ProjectError(
                f"{where}: {str(text)!r} is not a requirement: {error}", path=path, line=line
            ) from None


def lowest_python(specifiers: str) -> str | None:
    """Return the lowest Python that a specifier set admits, None if it sets no lower bound."""
    bound = specifiers.removeprefix(">=")
    if bound != specifiers and is_plain_version(bound):
        return bound
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

    lowest = [
        specifier.version.removesuffix(".*")
        for specifier in SpecifierSet(specifiers)
        if specifier.operator in {">=", "==", "~=", ">"}
    ]
    return max(lowest, key=Version, default=None)


def load(directory: str) -> Project:
    """Read the project in a directory.

    Raises:
        UsageError: if there is no ``pyproject.toml``.
        ProjectError: if it cannot be read or is not TOML.
    """
    path = os.path.join(directory, FILE)
    data = _read(path)
    return Project(directory=os.path.abspath(directory), pyproject=parse_toml(data, path))


def load_local(directory: str) -> Project:
    """Read a project that another one depends on, which may be one of setuptools' old files only.

    Raises:
        ProjectError: if it is none, or cannot be read.
        UnknownInputsError: if only its build backend knows what it requires.
    """
    if os.path.isfile(os.path.join(directory, FILE)):
        found = load(directory)
    else:
        found = Project(directory=os.path.abspath(directory), pyproject={})
    if "project" in found.pyproject or dynamic.is_legacy(found):
        return found
    if "build-system" in found.pyproject:
        raise fields.unknown(found, fields.DEPENDENCIES)
    raise ProjectError(
        "is no project: it has neither a [project] table nor a setup.cfg or setup.py",
        path=directory,
        hint="add [project] with name, version and dependencies to its pyproject.toml (PEP 621)",
    )


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        raise UsageError(
            "there is no such file",
            path=path,
            hint="run lockhook in a project, or give --pyproject",
        ) from None
    except OSError as error:
        raise unreadable(error, path) from None
