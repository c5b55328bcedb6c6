"""Does a uv.lock follow from its project? Told by the metadata that uv wrote into it.

uv spells markers in its own way, so requirements are not compared as text: two markers are the
same if they are true in the same environments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from lockhook._authoring import platforms, workspace
from lockhook._authoring.project import load
from lockhook._runtime import indexes
from lockhook._runtime.markers import evaluate
from lockhook._runtime.names import normalize
from lockhook._runtime.toml_table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from lockhook._authoring.project import Project
    from lockhook._runtime.uv_lock import Graph


def changes(
    graph: Graph, document: Mapping[str, Any], path: str, project: Project
) -> Iterator[str]:
    """Yield one line for each input that is not what it was when uv made the lock.

    Args:
        graph: the lock.
        document: the same lock, parsed.
        path: what to call it in messages.
        project: the project beside it.

    Raises:
        LockfileError: if what uv wrote into the lock cannot be read.
        ProjectError: if the project does not say what it depends on.
    """
    manifest = Table(document, path).table("manifest")
    everyone = projects_of(project)
    declared = ", ".join(dict.fromkeys(filter(None, (one.requires_python for one in everyone))))
    was = str(document.get("requires-python", ""))
    if declared and not _same_specifier(was, declared):
        yield f"requires-python: {was or 'none'} -> {declared}"
    yield from _membership(manifest, everyone)
    for one in everyone:
        root = next(iter(graph.packages.get(one.name, ())), None)
        if root is None:
            yield f"{one.name} is not in it"
            continue
        prefix = "" if one is project else f"{one.name}: "
        yield from (f"{prefix}{change}" for change in _of_member(root, one))
    if project.is_virtual:
        yield from _group_changes(
            manifest.table("dependency-groups") if manifest else None, project
        )


def projects_of(root: Project) -> tuple[Project, ...]:
    """Return the projects that a uv.lock is about, that beside it first if it is one.

    Raises:
        ProjectError: if the ``pyproject.toml`` of a member cannot be read.
    """
    found = map(load, workspace.directories(root.directory, root.pyproject))
    others = (one for one in found if one.tool("uv").get("managed") is not False)
    return (*(() if root.is_virtual else (root,)), *others)


def _membership(manifest: Table | None, everyone: Sequence[Project]) -> Iterator[str]:
    names = {one.name for one in everyone}
    for name in manifest.texts("members") if manifest else ():
        if normalize(name) not in names:
            yield f"{name} is no member of the workspace"


def _of_member(root: Table, project: Project) -> Iterator[str]:
    """Yield what changed in one project of those that a lock is about."""
    metadata = root.table("metadata")
    yield from differences("dependencies", listed(metadata, "requires-dist"), _declared(project))
    locked = metadata.table("requires-dev") if metadata else None
    yield from _group_changes(locked, project)
    yield from _moved(metadata, project)


def _declared(project: Project) -> list[str]:
    """Return all requirements of a project, those of its extras with a marker that says so."""
    extras = [
        _with_marker(text, f"extra == '{name}'")
        for name in project.extras
        for text in project.extras[name]
    ]
    return [*map(plain, project.dependencies), *extras]


def plain(text: str) -> str:
    """Return a requirement as they are compared: a direct reference without its URL."""
    return _with_marker(text, "")


def _with_marker(text: str, condition: str) -> str:
    """Return a requirement, a direct reference without its URL, under a further condition."""
    parsed = Requirement(text)
    own = str(parsed.marker or "")
    marker = f"({own}) and {condition}" if own and condition else own or condition
    extras = f"[{','.join(sorted(map(normalize, parsed.extras)))}]" if parsed.extras else ""
    head = f"{normalize(parsed.name)}{extras}{parsed.specifier}"
    return f"{head} ; {marker}" if marker else head


def listed(metadata: Table | None, key: str) -> list[str]:
    """Return the requirements that uv wrote under a key.

    Raises:
        LockfileError: if they are none.
    """
    return [_text(table) for table in metadata.tables(key)] if metadata else []


def _text(entry: Table) -> str:
    extras = f"[{','.join(entry.texts('extras'))}]" if entry.texts("extras") else ""
    marker = f" ; {entry.text('marker')}" if entry.text("marker") else ""
    text = f"{entry.required('name')}{extras}{entry.text('specifier')}{marker}"
    try:
        return plain(text)
    except InvalidRequirement:
        raise entry.error(f"{text!r} is not a requirement") from None


def _group_changes(locked: Table | None, project: Project) -> Iterator[str]:
    names = dict.fromkeys([*(locked.values if locked else ()), *project.groups])
    for name in names:
        before = listed(locked, name)
        now = [plain(text) for text in project.group(name)] if name in project.groups else []
        yield from differences(f"group {name}", before, now)


def _moved(metadata: Table | None, project: Project) -> Iterator[str]:
    """Yield the direct dependencies that are to come from another index than they did."""
    sources, urls = project.uv.sources, indexes.by_name(project.uv)
    for table in metadata.tables("requires-dist") if metadata else ():
        name = normalize(table.required("name"))
        declared = sources.get(name, [])
        # Several sources, each with its marker, are nothing that one entry can be held against.
        wanted = str(declared[0].get("index", "")) if declared else ""
        if len(declared) < 2 and urls.get(wanted, "") != table.text("index"):
            yield f"[tool.uv.sources] {name}: comes from another index"


def differences(where: str, locked: Sequence[str], declared: Sequence[str]) -> Iterator[str]:
    """Yield one line for each requirement that was added or removed."""
    for text in _without(declared, locked):
        yield f"{where}: added {text}"
    for text in _without(locked, declared):
        yield f"{where}: removed {text}"


def _without(some: Iterable[str], others: Sequence[str]) -> Iterator[str]:
    known = set(others)
    for text in dict.fromkeys(some):
        if text not in known and not any(_same(text, other) for other in others):
            yield text


def _same(one: str, other: str) -> bool:
    head, _, marker = one.partition(" ; ")
    other_head, _, other_marker = other.partition(" ; ")
    return head == other_head and same_marker(marker, other_marker)


def same_marker(one: str, other: str) -> bool:
    """Tell whether two markers are true in the same environments."""
    return all(_holds(one, found) == _holds(other, found) for found in _tried(one, other))


def _tried(one: str, other: str) -> Iterator[Mapping[str, str]]:
    extras = {"", *_extras(one), *_extras(other)}
    for found in platforms.environments(one, other):
        yield from ({**found, "extra": extra} for extra in extras)


def _extras(marker: str) -> Iterator[str]:
    parts = marker.replace('"', "'").split("extra == '")
    yield from (part.partition("'")[0] for part in parts[1:])


def _holds(marker: str, environment: Mapping[str, str]) -> bool:
    return not marker or evaluate(marker, environment)


def _same_specifier(one: str, other: str) -> bool:
    """Tell whether two specifiers admit the same Pythons: uv writes them as one range."""
    try:
        first, second = SpecifierSet(one), SpecifierSet(other)
    except InvalidSpecifier:
        return False
    tried = [version for each in (*first, *second) for version in _around(each.version)]
    return first == second or all((v in first) == (v in second) for v in tried)


def _around(version: str) -> Iterator[str]:
    """Yield a version, and those next to it on each level."""
    parts = [int(part) for part in version.removesuffix(".*").split(".") if part.isdigit()]
    for n, last in enumerate(parts):
        for near in (max(last - 1, 0), last, last + 1):
            for rest in ((), (0,), (1,), (999,), (999, 999)):
                yield ".".join(map(str, (*parts[:n], near, *rest)))
