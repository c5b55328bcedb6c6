"""Reading uv.lock: the set of packages that ``uv export --frozen`` would give.

uv.lock is a graph. Markers stand on its edges, a forked package is named with its version, and
conflicting extras and groups are encoded as extras of their own: ``extra == 'extra-5-bench-cpu'``
is true where the extra ``cpu`` of the package ``bench`` (five letters) is asked for.
"""

from __future__ import annotations

from lockhook._runtime.markers import InvalidMarkerError, check
from lockhook._runtime.model import Scope
from lockhook._runtime.names import normalize
from lockhook._runtime.record import Record
from lockhook._runtime.toml_table import Table
from lockhook._runtime.uv_pins import pins_of
from lockhook._runtime.uv_walk import Walk, encoded, projects, target
from lockhook._runtime.versions import is_version
from lockhook.errors import LockfileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from lockhook._runtime.model import Pin

VERSION = 1
_LOCAL = ("editable", "virtual", "directory")


class Graph(Record):
    """A whole uv.lock.

    Attributes:
        path: what to call it.
        packages: normalised name to its entries, of which forks have several.
        versions: the same by name and version.
        roots: the project itself, or all members of a workspace whose root is none.
        scope: which Pythons and platforms it is for, and the extras and groups of its roots.
        conflicts: sets of encoded extras, groups and projects, of which only one may be active.
        manifest: what a workspace whose root is no project says of itself; None for none.
    """

    path: str
    packages: dict[str, list[Table]]
    versions: dict[tuple[str, str], list[Table]]
    roots: tuple[str, ...]
    scope: Scope
    conflicts: tuple[frozenset[str], ...]
    manifest: Table | None = None

    def requirements(self, groups: Iterable[str]) -> Iterator[Table]:
        """Yield what no project requires, but the workspace itself, in some of its groups."""
        if self.manifest:
            yield from self.manifest.tables("requirements")
            table = self.manifest.table("dependency-groups")
            for group in groups if table else ():
                yield from table.tables(group) if table else ()


def read(
    document: Mapping[str, Any], path: str, default_groups: Iterable[str] | None = ("dev",)
) -> Graph:
    """Return the graph of a lock.

    Args:
        document: the parsed TOML.
        path: what to call the file in messages.
        default_groups: those that its project asks for by default, None for all.

    Raises:
        LockfileError: if the document is not a uv.lock of a version that is known.
    """
    top = Table(document, path)
    _check_version(top)
    packages: dict[str, list[Table]] = {}
    versions: dict[tuple[str, str], list[Table]] = {}
    for package in top.tables("package"):
        name = normalize(package.required("name"))
        packages.setdefault(name, []).append(package)
        versions.setdefault((name, package.text("version")), []).append(package)
    manifest = top.table("manifest")
    roots = _roots(top, packages, manifest)
    graph = Graph(
        path=path,
        packages=packages,
        versions=versions,
        roots=roots,
        scope=_scope(top, [p for root in roots for p in packages[root]], manifest, default_groups),
        conflicts=tuple(_conflicts(top)),
        manifest=manifest,
    )
    _check(graph)
    return graph


def _check_version(top: Table) -> None:
    version = top.number("version")
    if version != VERSION:
        raise top.error(
            f"{version!r} is not a version of uv.lock that is known; {VERSION} is", "version"
        )
    top.number("revision")


def _check(graph: Graph) -> None:
    """Refuse what does not hold together, wherever it stands and whether it counts here or not."""
    markers = {""}
    for entries in graph.packages.values():
        for package in entries:
            _check_package(package)
            for edge in all_edges(package):
                target(graph, edge)
                if (marker := edge.text("marker")) not in markers:
                    _check_marker(edge, marker)
                    markers.add(marker)


def _check_package(package: Table) -> None:
    version, source = package.optional("version"), package.table("source")
    if version is not None and not is_version(version):
        raise package.error(f"{version!r} is not a version", "version")
    if source is None:
        raise package.error("missing", "source")
    if version is None and "registry" in source.values:
        raise package.error("missing", "version")


def all_edges(package: Table) -> Iterator[Table]:
    """Yield what a package requires, with all of its extras and groups."""
    yield from package.tables("dependencies")
    for key in ("optional-dependencies", "dev-dependencies"):
        table = package.table(key)
        for name in table.values if table else ():
            yield from table.tables(name) if table else ()


def _check_marker(edge: Table, marker: str) -> None:
    try:
        check(marker, "extra")
    except InvalidMarkerError as error:
        raise edge.error(str(error), "marker") from None


def _roots(
    top: Table, packages: Mapping[str, list[Table]], manifest: Table | None
) -> tuple[str, ...]:
    for name, entries in packages.items():
        source = entries[0].table("source")
        if source and any(source.values.get(kind) == "." for kind in _LOCAL):
            return (name,)
    members = tuple(map(normalize, manifest.texts("members") if manifest else ()))
    if not members and not (manifest and "dependency-groups" in manifest.values):
        raise top.error("names no project: no package lies at '.', and there are no members")
    for member in members:
        if member not in packages:
            raise top.error(f"there is no package {member!r}", "manifest.members")
    return members


def _scope(
    top: Table, roots: list[Table], manifest: Table | None, default_groups: Iterable[str] | None
) -> Scope:
    groups = tuple(dict.fromkeys(_groups(roots, manifest)))
    default = groups if default_groups is None else tuple(default_groups)
    return Scope(
        requires_python=top.required("requires-python"),
        environments=top.texts("supported-markers"),
        extras=tuple(dict.fromkeys(_extras(roots))),
        groups=groups,
        default_groups=tuple(group for group in groups if group in default),
        is_known=True,
    )


def _extras(roots: Iterable[Table]) -> Iterator[str]:
    for root in roots:
        yield from _keys(root, "optional-dependencies")
        if metadata := root.table("metadata"):  # which also knows those that are empty
            yield from metadata.texts("provides-extras")


def _groups(roots: Iterable[Table], manifest: Table | None) -> Iterator[str]:
    for root in roots:
        yield from _keys(root, "dev-dependencies")
        if metadata := root.table("metadata"):
            yield from _keys(metadata, "requires-dev")
    if manifest:
        yield from _keys(manifest, "dependency-groups")


def _keys(table: Table, key: str) -> Iterable[str]:
    inner = table.table(key)
    return inner.values if inner else ()


def _conflicts(top: Table) -> Iterator[frozenset[str]]:
    for i, items in enumerate(top.items("conflicts")):
        table = Table({"items": items}, top.path, f"conflicts[{i}]")
        yield frozenset(_encoded_conflict(item) for item in table.tables("items"))


def _encoded_conflict(item: Table) -> str:
    package = item.required("package")
    kind = "extra" if "extra" in item.values else "group" if "group" in item.values else "project"
    return encoded(kind, package, item.text(kind) if kind != "project" else "")


def pins(
    graph: Graph, markers: Mapping[str, Any], extras: Iterable[str], groups: Iterable[str]
) -> tuple[Pin, ...]:
    """Return what is to be installed in one environment.

    Args:
        graph: the lock.
        markers: the marker variables of the environment.
        extras: those of the project that are asked for, normalised.
        groups: dependency groups that are asked for, normalised.

    Raises:
        LockfileError: if the graph does not hold together, or what is asked for conflicts.
    """
    walk = Walk(graph, markers, _asked(graph.roots, extras, groups))
    if graph.conflicts:
        concerned = projects(graph, extras, groups)
        _refuse_conflict(graph, set(_asked(concerned, extras, groups)))
    walk.start(extras, groups)
    if graph.conflicts:
        walk.activate()
        # Extras alone, as uv has it: which groups count was settled before.
        _refuse_conflict(graph, {item for item in walk.active if item.startswith("extra-")})
    found = [pin for package in walk.finish() for pin in pins_of(package)]
    _refuse_two_versions(found)
    return tuple(found)


def _refuse_two_versions(found: Iterable[Pin]) -> None:
    first: dict[str, Pin] = {}
    for pin in found:
        if (other := first.setdefault(pin.name, pin)) is not pin:
            places = " and ".join(sorted((other.place, pin.place)))
            raise LockfileError(f"{places}: two of {pin.name} apply", path=pin.path)


def _asked(roots: Iterable[str], extras: Iterable[str], groups: Iterable[str]) -> Iterator[str]:
    for root in roots:
        yield encoded("project", root)
        yield from (encoded("extra", root, extra) for extra in extras)
        yield from (encoded("group", root, group) for group in groups)


def _refuse_conflict(graph: Graph, active: set[str]) -> None:
    for conflict in graph.conflicts:
        if len(both := sorted(conflict & active)) > 1:
            reason = f"{' and '.join(both)} conflict: ask for one of them"
            raise LockfileError(reason, path=graph.path)
