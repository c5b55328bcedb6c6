"""Does a uv.lock follow from its project? Told by the metadata that uv wrote into it.

uv spells markers in its own way, so requirements are not compared as text: two markers are the
same if they are true in the same environments.
"""

from __future__ import annotations

import os
import posixpath

from lockhook._authoring import members, platforms
from lockhook._authoring import project as projects
from lockhook._authoring.requirement import canonical, parts
from lockhook._runtime import indexes
from lockhook._runtime.names import normalize
from lockhook._runtime.toml_table import Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any, Final

    from packaging.specifiers import Specifier

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
    python = _together([one.requires_python for one in everyone])
    was = str(document.get("requires-python", ""))
    # Where no project says anything, uv takes the Python that it runs under.
    if python and was != python and not _same_specifier(was, python):
        yield f"requires-python: {was or 'none'} -> {python}"
    names = [one.name for one in everyone]
    before = manifest.texts("members") if manifest else ()
    known = graph.packages.keys() & set(before or names[:1])
    yield from (f"{name} is not in it" for name in names if name not in known)
    yield from (f"{name} is no member of the workspace" for name in before if name not in names)
    if not project.is_virtual and project.name not in known:
        return
    yield from _project_changes(graph, project)
    if project.is_virtual:
        yield from _group_changes(manifest, "dependency-groups", project)


def projects_of(root: Project) -> tuple[Project, ...]:
    """Return the projects that a uv.lock is about, that beside it first if it is one.

    Raises:
        ProjectError: if the ``pyproject.toml`` of a member cannot be read.
    """
    return tuple(one for one in members.everyone(root) if not one.is_virtual)


def _together(specifiers: Sequence[str]) -> str:
    """Return the Pythons that all of some specifiers admit, without bounds that say nothing."""
    if len(set(specifiers)) == 1:
        return specifiers[0]
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

    found: dict[str, list[Specifier]] = {}
    for each in (each for text in specifiers for each in SpecifierSet(text)):
        found.setdefault(each.operator, []).append(each)
    for operator, choose in ((">=", max), ("<", min)):
        if operator in found:
            found[operator] = [choose(found[operator], key=lambda each: Version(each.version))]
    return ",".join(str(each) for kept in found.values() for each in kept)


def _project_changes(graph: Graph, root: Project) -> Iterator[str]:
    """Yield what changed in each project on this disk that is in a lock."""
    for packages in graph.packages.values():
        for package in packages:
            place = _place(package)
            if place is None or (place == "." and root.is_virtual):
                continue
            directory = os.path.normpath(os.path.join(root.directory, place))
            if not os.path.isdir(directory):
                yield f"{place}: there is nothing there"
                continue
            one = root if place == "." else projects.load_local(directory)
            start = "" if place == "." else f"{place}: "
            yield from (f"{start}{change}" for change in _metadata_changes(package, one))


def _place(package: Table) -> str | None:
    source = package.table("source")
    kinds = (kind for kind in _DIRECTORIES if source and kind in source.values)
    place = next((source.text(kind) for kind in kinds if source), None)
    return None if place is None else posixpath.normpath(place)


_DIRECTORIES: Final = ("editable", "virtual", "directory")


def _metadata_changes(package: Table, one: Project) -> Iterator[str]:
    metadata = package.table("metadata")
    yield from differences("dependencies", listed(metadata, "requires-dist"), _declared(one))
    yield from _group_changes(metadata, "requires-dev", one)
    yield from _moved(metadata, one)


def _declared(project: Project) -> list[str]:
    """Return all requirements of a project, those of its extras with a marker that says so."""
    extras = [
        _with_marker(text, f'extra == "{name}"')
        for name in project.extras
        for text in project.extras[name]
    ]
    return [*map(plain, project.dependencies), *extras]


def plain(text: str) -> str:
    """Return a requirement as they are compared: a direct reference without its URL."""
    return _with_marker(text, "")


def _with_marker(text: str, condition: str) -> str:
    """Return a requirement, a direct reference without its URL, under a further condition."""
    parsed = parts(canonical(text))
    own = parsed.marker
    both = f"({own}) and {condition}" if " or " in own else f"{own} and {condition}"
    marker = both if own and condition else own or condition
    extras = f"[{','.join(sorted(map(normalize, parsed.extras)))}]" if parsed.extras else ""
    head = f"{parsed.name}{extras}{parsed.specifier}"
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
    except ValueError:
        raise entry.error(f"{text!r} is not a requirement") from None


def _group_changes(metadata: Table | None, key: str, project: Project) -> Iterator[str]:
    locked = metadata.table(key) if metadata else None
    names = dict.fromkeys([*(locked.values if locked else ()), *project.groups])
    for name in names:
        before = listed(locked, name)
        now = [plain(text) for text in project.group(name)] if name in project.groups else []
        yield from differences(f"group {name}", before, now)


def _moved(metadata: Table | None, one: Project) -> Iterator[str]:
    """Yield the direct dependencies that are to come from elsewhere than they did."""
    requirements = [*one.dependencies, *(text for texts in one.extras.values() for text in texts)]
    referring = {found.name for found in map(parts, requirements) if found.url}
    for table in metadata.tables("requires-dist") if metadata else ():
        name = normalize(table.required("name"))
        declared = members.sources(one, (name,)).get(name, [])
        # Several sources, each with its marker, are nothing that one entry can be held against.
        if len(declared) > 1 or name in referring:
            continue
        entry, base = declared[0] if declared else ({}, one)
        if _index(entry, base, one) != table.text("index"):
            yield f"[tool.uv.sources] {name}: comes from another index"
        elif not _is_from(entry, table):
            yield f"[tool.uv.sources] {name}: changed"


def _index(entry: Mapping[str, Any], base: Project, one: Project) -> str:
    urls = {**indexes.by_name(one.uv), **indexes.by_name(base.uv)}
    return urls.get(str(entry.get("index", "")), "")


def _is_from(entry: Mapping[str, Any], table: Table) -> bool:
    """Tell whether uv locked a requirement from the kind of place that its source says."""
    local = {kind for kind in (*_DIRECTORIES, "path") if table.text(kind)}
    if entry.get("workspace") or "path" in entry:
        return bool(local)
    git = table.text("git")
    if "git" in entry:
        wanted = [f"{kind}={entry[kind]}" for kind in ("rev", "tag", "branch") if kind in entry]
        return git.startswith(str(entry["git"])) and all(each in git for each in wanted)
    return not local and not git and str(entry.get("url", "")) == table.text("url")


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
    where = platforms.Where(_tried(one, other))
    return where(one) == where(other)


def _tried(one: str, other: str) -> Iterator[Mapping[str, str]]:
    extras = {"", *_extras(one), *_extras(other)}
    for found in platforms.environments(one, other):
        yield from ({**found, "extra": extra} for extra in extras)


def _extras(marker: str) -> Iterator[str]:
    parts = marker.replace('"', "'").split("extra == '")
    yield from (part.partition("'")[0] for part in parts[1:])


def _same_specifier(one: str, other: str) -> bool:
    """Tell whether two specifiers admit the same Pythons: uv writes them as one range."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

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
