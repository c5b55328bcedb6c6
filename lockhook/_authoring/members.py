"""The projects on this disk that a project depends on: by path, or as members of its workspace.

What they require in their turn is resolved into a lock as if the project itself required it.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress

from lockhook._authoring import dynamic, fields, project, workspace
from lockhook._authoring.requirement import parts
from lockhook._runtime import uv_config
from lockhook._runtime.named_tuple import NamedTuple
from lockhook._runtime.names import normalize
from lockhook._runtime.places import local_path
from lockhook.errors import LockhookError, ProjectError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any, Final

    from lockhook._authoring.project import Project

# Where uv puts the directory of a project into the URL of a requirement.
_ROOT: Final = "${PROJECT_ROOT}"


class Local(NamedTuple):
    """Something on this disk that a project depends on.

    Attributes:
        key: its path as the project has it, with forward slashes; its name where that is absolute.
        path: its absolute path.
        project: what it says; None for an archive.
        extras: those of its extras that count, normalised and sorted.
        given: its path as the sources spell it that lead to it.
    """

    key: str
    path: str
    project: Project | None
    extras: tuple[str, ...] = ()
    given: frozenset[str] = frozenset()


class _Reference(NamedTuple):
    name: str
    path: str
    extras: frozenset[str]
    is_absolute: bool
    declared: str  # the file that refers to it
    given: str = ""


def of(one: Project, extras: Sequence[str], groups: Sequence[str]) -> tuple[Local, ...]:
    """Return what a project depends on here, directly or not, sorted by key.

    Args:
        one: the project.
        extras: those that count, normalised.
        groups: dependency groups that count, normalised.

    Raises:
        ProjectError: if there is nothing where a source leads, or no project.
        UnknownInputsError: if only its build backend knows what one of them requires.
    """
    found: dict[str, Local] = {}
    waiting = list(_references(one, extras, groups))
    while waiting:
        reference = waiting.pop()
        known = found.get(reference.path)
        wanted = reference.extras.union(known.extras if known else ())
        given = (known.given if known else frozenset()) | {reference.given} - {""}
        local = known or _local(reference, one)
        found[reference.path] = local._replace(extras=tuple(sorted(wanted)), given=given)
        if known and wanted == set(known.extras):
            continue
        local = found[reference.path]
        if local.project is not None:
            waiting += _references(local.project, known_extras(local), ())
    return tuple(sorted(found.values(), key=lambda local: local.key))


def known_extras(local: Local) -> tuple[str, ...]:
    """Return the extras that count and that there are: uv warns of another one, and goes on."""
    if not local.extras or local.project is None:
        return ()
    return tuple(name for name in local.extras if name in local.project.extras)


def _local(reference: _Reference, one: Project) -> Local:
    path = reference.path
    key = reference.name if reference.is_absolute else relative(path, one.directory)
    if os.path.isfile(path):
        return Local(key, path, None)
    if not os.path.isdir(path):
        raise ProjectError(
            f"takes {reference.name} from {key}, and there is nothing there",
            path=reference.declared,
            hint="bring the directory back, or name another source",
        )
    return Local(key, path, project.load_local(path))


def relative(path: str, directory: str) -> str:
    """Return a path as seen from a directory, with forward slashes."""
    try:
        return os.path.relpath(path, directory).replace(os.sep, "/")
    except ValueError:  # another drive
        return os.path.basename(path)


# --- where requirements lead ---


def _references(one: Project, extras: Sequence[str], groups: Sequence[str]) -> Iterator[_Reference]:
    for text in required(one, extras, groups):
        requirement = parts(text)
        name, wanted = requirement.name, frozenset(map(normalize, requirement.extras))
        if not requirement.url:
            for entry, base in sources(one, (name,)).get(name, ()):
                if _counts(entry, extras, groups) and (path := _path(entry, base, name)):
                    given = str(entry.get("path", ""))
                    is_absolute = os.path.isabs(given)
                    yield _Reference(name, path, wanted, is_absolute, base.path, given)
        elif requirement.url.lower().startswith("file:"):
            is_absolute = _ROOT not in requirement.url
            url = requirement.url.replace(_ROOT, one.directory)
            path = os.path.normpath(local_path(url))
            yield _Reference(name, path, wanted, is_absolute, one.path)


def required(one: Project, extras: Iterable[str], groups: Iterable[str]) -> Iterator[str]:
    """Yield every direct requirement of a project with some of its extras and groups."""
    yield from one.dependencies
    for name in extras:
        yield from one.extra(name)
    for name in groups:
        yield from one.group(name)


def sources(
    one: Project, names: Iterable[str]
) -> Mapping[str, list[tuple[dict[str, Any], Project]]]:
    """Return the sources of some packages, each with the project whose file has it.

    What a project does not say itself, the root of its workspace says.
    """
    found: dict[str, list[tuple[dict[str, Any], Project]]] = {}
    for base in filter(None, (one.workspace, one)):
        declared = uv_config.of_document(base.pyproject).sources
        for name in names:
            if name in declared:
                found[name] = [(entry, base) for entry in declared[name]]
    return found


def index(name: str, *projects: Project) -> Mapping[str, Any] | None:
    """Return the ``[[tool.uv.index]]`` of a name, from the first of some projects that has it.

    After those of each count those of the root of its workspace.
    """
    entries = (entry for one in projects for entry, _ in one.uv.nameable())
    return next((entry for entry in entries if entry.get("name") == name), None)


def _counts(entry: Mapping[str, Any], extras: Sequence[str], groups: Sequence[str]) -> bool:
    """Tell whether a source counts, which may be one for an extra or a group only."""
    wanted = {"extra": extras, "group": groups}
    return all(
        normalize(str(entry[kind])) in names for kind, names in wanted.items() if kind in entry
    )


def _path(entry: Mapping[str, Any], base: Project, name: str) -> str | None:
    path = entry.get("path")
    if isinstance(path, str):
        return os.path.normpath(os.path.join(base.directory, path))
    if entry.get("workspace") is True and (root := base.workspace):
        return workspace.member(root.directory, root.pyproject, name)
    return None


def asking_anew(found: Iterable[Project], *, offline: bool) -> list[str]:
    """Return how to make uv ask build backends anew for what some projects leave to them.

    uv keeps what a backend said until a file changes, and looks at a few files only. Without
    network it refuses to forget that; another setting for the backend has the same effect.
    """
    computed = [one for one in found if one.is_dynamic(*fields.FIELDS)]
    if offline and computed:
        return [f"--config-setting=lockhook={_digest(computed)}"]
    return [f"--refresh-package={name}" for name in sorted({one.name for one in computed})]


def _digest(found: Iterable[Project]) -> str:
    digest = hashlib.sha256()
    for path in sorted({path for one in found for path in _own_files(one)}):
        with suppress(OSError), open(path, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


# --- the files that all of it is read from ---


def files(one: Project, extras: Sequence[str], groups: Sequence[str]) -> Iterator[str]:
    """Yield the absolute paths of the files that say what a lock of a project follows from.

    What cannot be read ends it, behind its own path: whoever changes that file is to hear of it.
    """
    try:
        yield from _own_files(one)
        if one.workspace:
            yield from _own_files(one.workspace)
        for local in of(one, extras, groups):
            yield from [local.path] if local.project is None else _own_files(local.project)
    except LockhookError as error:
        if error.path:
            yield error.path


def files_of_all(root: Project) -> Iterator[str]:
    """Yield the same for the lock of a workspace, or of a project, with all extras and groups."""
    yield root.path
    for directory in workspace.directories(root.directory, root.pyproject):
        yield os.path.join(directory, project.FILE)
    try:
        for one in everyone(root):
            yield from files(one, tuple(one.extras), one.groups)
    except LockhookError as error:
        if error.path:
            yield error.path


def everyone(root: Project) -> Iterator[Project]:
    """Yield a project, and the other members of the workspace of which it is the root."""
    yield root
    found = map(project.load_local, workspace.directories(root.directory, root.pyproject))
    yield from (one for one in found if one.tool("uv").get("managed") is not False)


def _own_files(one: Project) -> Iterator[str]:
    yield one.path
    yield os.path.join(one.directory, uv_config.UV_TOML)
    if dynamic.is_legacy(one) or "project" in one.pyproject:
        yield from dynamic.files(one) if one.is_dynamic(*fields.FIELDS) else ()
