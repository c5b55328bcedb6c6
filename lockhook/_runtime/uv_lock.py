"""Reading uv.lock: the set of packages that ``uv export --frozen`` would give.

uv.lock is a graph. Markers stand on its edges, a forked package is named with its version, and
conflicting extras and groups are encoded as extras of their own: ``extra == 'extra-5-bench-cpu'``
is true where the extra ``cpu`` of the package ``bench`` (five letters) is asked for.
"""

from __future__ import annotations

from lockhook._runtime.markers import InvalidMarkerError, evaluate
from lockhook._runtime.model import Origin, Pin, Scope
from lockhook._runtime.names import normalize
from lockhook._runtime.record import Record
from lockhook._runtime.toml_table import Table
from lockhook._runtime.versions import Wanted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

VERSION = 1
_LOCAL = ("editable", "virtual", "directory")


class Graph(Record):
    """A whole uv.lock.

    Attributes:
        packages: normalised name to its entries, of which forks have several.
        roots: the project itself, or all members of a workspace whose root is none.
        scope: which Pythons and platforms it is for, and the extras and groups of its roots.
        conflicts: sets of encoded extras and groups, of which only one may be asked for.
    """

    packages: dict[str, list[Table]]
    roots: tuple[str, ...]
    scope: Scope
    conflicts: tuple[frozenset[str], ...]


def read(document: Mapping[str, Any], path: str) -> Graph:
    """Return the graph of a lock.

    Raises:
        LockfileError: if the document is not a uv.lock of a version that is known.
    """
    top = Table(document, path)
    if document.get("version") != VERSION:
        found = document.get("version")
        raise top.error(
            f"{found!r} is not a version of uv.lock that is known; {VERSION} is", "version"
        )
    packages: dict[str, list[Table]] = {}
    for package in top.tables("package"):
        packages.setdefault(normalize(package.required("name")), []).append(package)
    roots = _roots(top, packages)
    groups = tuple(dict.fromkeys(_names(packages, roots, "dev-dependencies")))
    return Graph(
        packages=packages,
        roots=roots,
        scope=Scope(
            requires_python=top.text("requires-python"),
            environments=top.texts("supported-markers"),
            extras=tuple(_names(packages, roots, "optional-dependencies")),
            groups=groups,
            # uv's own default; a project that sets another asks for its groups by name.
            default_groups=tuple(group for group in groups if group == "dev"),
            is_known=True,
        ),
        conflicts=tuple(_conflicts(document, top)),
    )


def _roots(top: Table, packages: Mapping[str, list[Table]]) -> tuple[str, ...]:
    for name, entries in packages.items():
        source = entries[0].table("source")
        if source and any(source.values.get(kind) == "." for kind in _LOCAL):
            return (name,)
    manifest = top.table("manifest")
    members = manifest.texts("members") if manifest else ()
    if not members:
        raise top.error("names no project: no package lies at '.', and there are no members")
    return tuple(map(normalize, members))


def _names(packages: Mapping[str, list[Table]], roots: Iterable[str], key: str) -> Iterator[str]:
    for root in roots:
        for package in packages.get(root, ()):
            table = package.table(key)
            yield from (table.values if table else ())


def _conflicts(document: Mapping[str, Any], top: Table) -> Iterator[frozenset[str]]:
    for i, group in enumerate(document.get("conflicts") or ()):
        items = Table({"items": group}, top.path, f"conflicts[{i}]").tables("items")
        yield frozenset(_encoded_conflict(item) for item in items)


def _encoded_conflict(item: Table) -> str:
    package = item.required("package")
    kind = "extra" if "extra" in item.values else "group" if "group" in item.values else "project"
    return encoded(kind, package, item.text(kind) if kind != "project" else "")


def encoded(kind: str, package: str, name: str) -> str:
    """Return how uv writes an extra or group of a package as an extra in edge markers."""
    parts = [kind, str(len(package)), package, *([name] if name else [])]
    return "-".join(parts)


class _Walk:
    """One walk over the graph, from the roots along the edges whose markers are true."""

    def __init__(self, graph: Graph, markers: Mapping[str, Any], active: set[str]) -> None:
        self.graph = graph
        self.markers = {**markers, "extra": frozenset(active)}
        self.active = set(active)
        self.truth: dict[str, bool] = {"": True}
        self.reached: dict[int, Table] = {}
        self.seen: set[tuple[int, str]] = set()

    def start(self, extras: Iterable[str], groups: Iterable[str]) -> None:
        """Walk from the roots, with some of their extras and groups."""
        for root in self.graph.roots:
            for package in self.graph.packages.get(root, ()):
                self.reached[id(package)] = package
                edges = [*self._edges(package, "dependencies", "")]
                for extra in extras:
                    edges += self._edges(package, "optional-dependencies", extra)
                for group in groups:
                    edges += self._edges(package, "dev-dependencies", group)
                self._follow(edges)

    def _edges(self, package: Table, key: str, name: str) -> Iterator[Table]:
        if not name:
            return package.tables(key)
        table = package.table(key)
        return table.tables(name) if table else iter(())

    def _follow(self, edges: list[Table]) -> None:
        while edges:
            edge = edges.pop()
            if not self._applies(edge):
                continue
            package = self._target(edge)
            self.reached[id(package)] = package
            for extra in ("", *edge.texts("extra")):
                if (id(package), extra) not in self.seen:
                    self.seen.add((id(package), extra))
                    if extra:
                        self.active.add(encoded("extra", package.required("name"), extra))
                    key = "optional-dependencies" if extra else "dependencies"
                    edges.extend(self._edges(package, key, extra))

    def _applies(self, edge: Table) -> bool:
        marker = edge.text("marker")
        if marker not in self.truth:
            try:
                self.truth[marker] = evaluate(marker, self.markers)
            except InvalidMarkerError as error:
                raise edge.error(str(error), "marker") from None
        return self.truth[marker]

    def _target(self, edge: Table) -> Table:
        name, version, source = (
            edge.required("name"),
            edge.text("version"),
            edge.values.get("source"),
        )
        fitting = [
            package
            for package in self.graph.packages.get(normalize(name), ())
            if (not version or package.text("version") == version)
            and (source is None or package.values.get("source") == source)
        ]
        if len(fitting) != 1:
            raise edge.error(f"{len(fitting)} packages fit {name} {version}".rstrip())
        return fitting[0]


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
    active = {encoded("extra", root, extra) for root in graph.roots for extra in extras}
    active |= {encoded("group", root, group) for root in graph.roots for group in groups}
    for conflict in graph.conflicts:
        if len(both := sorted(conflict & active)) > 1:
            raise _any_table(graph).error(f"{' and '.join(both)} conflict: ask for one of them")
    while True:
        walk = _Walk(graph, markers, active)
        walk.start(extras, groups)
        # An extra that an edge activates can make further edges true.
        if walk.active == active:
            return tuple(pin for package in walk.reached.values() for pin in _pin(package))
        active = walk.active


def _any_table(graph: Graph) -> Table:
    table = next(iter(graph.packages.values()))[0]
    return Table({}, table.path)


def _pin(package: Table) -> Iterator[Pin]:
    source = package.table("source")
    if source is None:
        raise package.error("missing", "source")
    if "virtual" in source.values:  # a project that is not a package: never installed
        return
    version = package.text("version")
    files = [*package.tables("wheels"), *filter(None, [package.table("sdist")])]
    yield Pin(
        name=normalize(package.required("name")),
        wanted=Wanted(version=version, exact=True) if version else None,
        origin=_origin(source),
        hashes=tuple(file.text("hash") for file in files if file.text("hash")),
        path=package.path,
        line=0,
        place=package.place,
    )


def _origin(source: Table) -> Origin | None:
    kind, value = next(iter(source.values.items()), ("", ""))
    if kind == "registry":
        return None
    value = source.required(kind)
    if kind == "git":
        return _git(value)
    if kind in {"url", "path"}:
        return Origin(url=value, kind="archive", subdirectory=source.text("subdirectory"))
    if kind in {"directory", "editable"}:
        return Origin(url=value, kind="directory", editable=kind == "editable")
    raise source.error(f"{kind!r} is not a kind of source that is known")


def _git(url: str) -> Origin:
    """Take ``https://host/repo.git?subdirectory=x&rev=v1#<commit>`` apart."""
    location, _, commit = url.partition("#")
    location, _, query = location.partition("?")
    fields = dict(part.partition("=")[::2] for part in query.split("&"))
    return Origin(
        url=f"git+{location}",
        kind="vcs",
        revision=commit,
        subdirectory=fields.get("subdirectory", ""),
    )
