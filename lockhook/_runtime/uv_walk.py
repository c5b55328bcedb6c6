"""The walk over the graph of a uv.lock: the one that ``uv sync`` takes, in the same order.

Where extras or groups conflict, an edge can ask which extras are active, and those that other
edges activate count too. So uv goes twice, and so does this: once to learn which extras become
active, and once, with those, to learn what is installed.
"""

from __future__ import annotations

from lockhook._runtime.markers import InvalidMarkerError, evaluate
from lockhook._runtime.names import normalize

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from lockhook._runtime.toml_table import Table
    from lockhook._runtime.uv_lock import Graph

    # A package, and one of its extras or "" for the package itself.
    Node = tuple[Table, str]
    # Ways to reach a node: for each, the markers about extras that must all be true.
    Ways = list[frozenset[str]]

_MAX_WAYS = 64  # more of them than any project has shown; the rest changes no verdict of theirs


def encoded(kind: str, package: str, name: str = "") -> str:
    """Return how uv writes an extra or group of a package as an extra in edge markers."""
    parts = [kind, str(len(package)), package, *([name] if name else [])]
    return "-".join(parts)


def target(graph: Graph, edge: Table) -> Table:
    """Return the package that an edge leads to.

    Raises:
        LockfileError: if it is none, or more than one. Where a package has forks, an edge must
            name both version and source.
    """
    name, version, source = edge.required("name"), edge.text("version"), edge.values.get("source")
    fitting = graph.packages.get(normalize(name), [])
    if version and (source or len(fitting) == 1):
        fitting = graph.versions.get((normalize(name), version), [])
    if source and (version or len(fitting) == 1):
        fitting = [package for package in fitting if package.values.get("source") == source]
    if len(fitting) != 1:
        raise edge.error(f"{len(fitting)} packages fit {name} {version}".rstrip())
    return fitting[0]


def edges(package: Table, extra: str) -> Iterator[Table]:
    """Yield what a package itself, or one of its extras, requires."""
    if not extra:
        return package.tables("dependencies")
    table = package.table("optional-dependencies")
    return table.tables(extra) if table else iter(())


def projects(graph: Graph, extras: Iterable[str], groups: Iterable[str]) -> set[str]:
    """Return the roots and the members of their workspace that they can need on any platform.

    uv lets conflicts of all of these count, whichever of them an extra or group was meant for.
    """
    members = graph.manifest.texts("members") if graph.manifest else ()
    queue = [(root, extra) for root in graph.roots for extra in ("", *extras)]
    for root in graph.roots:
        for package in graph.packages[root]:
            table = package.table("dev-dependencies")
            for group in groups if table else ():
                queue += _nodes(table.tables(group) if table else ())
    seen = set(queue)
    for name, extra in queue:  # grows while it is walked
        for package in graph.packages.get(name, ()):
            new = [node for node in _nodes(edges(package, extra)) if node not in seen]
            seen.update(new)
            queue += new
    return {*graph.roots, *({name for name, _ in queue} & set(map(normalize, members)))}


def _nodes(found: Iterable[Table]) -> list[tuple[str, str]]:
    return [
        (normalize(edge.required("name")), extra)
        for edge in found
        for extra in ("", *edge.texts("extra"))
    ]


class Walk:
    """One walk over the graph, from the roots along the edges whose markers are true."""

    def __init__(self, graph: Graph, markers: Mapping[str, Any], active: Iterable[str]) -> None:
        self.graph = graph
        self.markers = markers
        self.active = set(active)
        self.truth: dict[str, bool] = {"": True}
        self.about_extras: dict[tuple[str, tuple[str, ...]], bool] = {}
        self.reached: dict[int, Table] = {}
        self.queue: list[Node] = []
        self.seen: set[tuple[int, str]] = set()
        self.ways: dict[tuple[int, str], Ways] = {}

    def start(self, extras: Iterable[str], groups: Iterable[str]) -> None:
        """Take the first steps: the roots, their extras, and the groups that are asked for."""
        roots = [package for root in self.graph.roots for package in self.graph.packages[root]]
        for package in roots:
            self._enter(package, ("", *extras), frozenset())
        for package in roots:
            table = package.table("dev-dependencies")
            for group in groups if table else ():
                for edge in table.tables(group) if table else ():
                    self._follow_group(edge)
        for requirement in self.graph.requirements(groups):
            if self._holds(requirement.text("marker"), (), requirement):
                self._require(requirement)

    def _follow_group(self, edge: Table) -> None:
        marker, package = edge.text("marker"), target(self.graph, edge)
        added = self._added(edge, package)
        if self._holds(marker, added, edge):
            self._activate(added)
            about = frozenset({marker} if _is_about_extras(marker) else ())
            self._enter(package, ("", *edge.texts("extra")), about)

    def _require(self, requirement: Table) -> None:
        """Take a requirement of a workspace whose root is no project: it names no version."""
        name, extras = requirement.required("name"), requirement.texts("extras")
        fitting = [
            package
            for package in self.graph.packages.get(normalize(name), ())
            if self._is_of_this_fork(package)
        ]
        if len(fitting) != 1:
            raise requirement.error(f"{len(fitting)} packages fit {name} here")
        self._activate(encoded("extra", normalize(name), extra) for extra in extras)
        self._enter(fitting[0], ("", *extras), frozenset())

    def _is_of_this_fork(self, package: Table) -> bool:
        forks = package.texts("resolution-markers")
        return not forks or any(self._holds(marker, (), package) for marker in forks)

    def _enter(self, package: Table, extras: Iterable[str], way: frozenset[str]) -> None:
        self.reached[id(package)] = package
        for extra in extras:
            self._widen((package, extra), [way])
            if (id(package), extra) not in self.seen:
                self.seen.add((id(package), extra))
                self.queue.append((package, extra))

    def _widen(self, node: Node, ways: Iterable[frozenset[str]]) -> bool:
        """Add ways to reach a node, and tell whether that makes it easier to reach."""
        known = self.ways.setdefault((id(node[0]), node[1]), [])
        before = len(known)
        for way in ways:
            if len(known) < _MAX_WAYS and not any(other <= way for other in known):
                known.append(way)
        return len(known) > before

    def activate(self) -> None:
        """Learn which extras become active (the first traversal of uv's ``to_resolution``)."""
        queue = list(self.queue)
        for package, extra in queue:  # grows while it is walked
            ways = list(self.ways[id(package), extra])
            for edge in edges(package, extra):
                queue += self._activated(edge, ways)

    def _activated(self, edge: Table, ways: Ways) -> Iterator[Node]:
        marker, package = edge.text("marker"), target(self.graph, edge)
        added = self._added(edge, package)
        if not self._holds(marker, added, edge):
            return
        if not any(all(self._holds(m, added, edge) for m in way) for way in ways):
            return
        self._activate(added)
        if _is_about_extras(marker):
            ways = [way | {marker} for way in ways]
        for extra in ("", *edge.texts("extra")):
            if self._widen((package, extra), ways):
                yield package, extra

    def _added(self, edge: Table, package: Table) -> tuple[str, ...]:
        """Return the extras that an edge would activate, which its own marker may ask for."""
        if not self.graph.conflicts:
            return ()
        name = package.required("name")
        added = (encoded("extra", name, extra) for extra in edge.texts("extra"))
        return tuple(extra for extra in added if extra not in self.active)

    def _activate(self, extras: Iterable[str]) -> None:
        before = len(self.active)
        self.active.update(extras)
        if len(self.active) > before:
            self.about_extras.clear()

    def finish(self) -> Iterable[Table]:
        """Return the packages that are reached with the extras that are active now."""
        while self.queue:
            package, extra = self.queue.pop()
            for edge in edges(package, extra):
                if self._holds(edge.text("marker"), (), edge):
                    found = target(self.graph, edge)
                    self._enter(found, ("", *edge.texts("extra")), frozenset())
        return self.reached.values()

    def _holds(self, marker: str, added: tuple[str, ...], table: Table) -> bool:
        if _is_about_extras(marker):
            key = (marker, added)
            if key not in self.about_extras:
                self.about_extras[key] = self._evaluate(marker, added, table)
            return self.about_extras[key]
        if marker not in self.truth:
            self.truth[marker] = self._evaluate(marker, (), table)
        return self.truth[marker]

    def _evaluate(self, marker: str, added: tuple[str, ...], table: Table) -> bool:
        try:
            return evaluate(marker, {**self.markers, "extra": frozenset({*self.active, *added})})
        except InvalidMarkerError as error:
            raise table.error(str(error), "marker") from None


def _is_about_extras(marker: str) -> bool:
    return "extra" in marker
