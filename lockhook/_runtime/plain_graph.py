"""The walk over a uv.lock that holds nothing but what nearly all of them hold.

What is answered here is what `uv_lock` and `uv_walk` answer, to which all else is left: conflicts,
requirements of a workspace itself, markers about extras, and every fault.
"""

from __future__ import annotations

from lockhook._runtime.plain import plain
from lockhook._runtime.plain_markers import is_plainly_inside, truth

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping
    from typing import Any

    Package = Mapping[str, Any]
    # The package that an edge leads to, and what of it; None where its marker is not true here.
    Step = tuple[Package, tuple[str, ...]] | None

VERSION = 1
_LOCAL = ("editable", "virtual", "directory")
_KINDS = frozenset({"registry", *_LOCAL})
_OF_WORKSPACE = frozenset({"requirements", "dependency-groups"})


class NotPlainError(ValueError):
    """Something is there that is left to `uv_lock`."""


def choose(
    document: Mapping[str, Any], markers: Mapping[str, str], groups: Container[str] | None
) -> tuple[dict[str, Package], int]:
    """Return the packages of a lock that count in an environment, and how many do not.

    Args:
        document: what `plain_uv_lock` makes of the lock.
        markers: the marker variables of the environment.
        groups: those that the project asks for by default, None for all.

    Returns:
        Normalised names to packages, and the number of other names.

    Raises:
        NotPlainError: unless all of the lock is plain.
    """
    try:
        return _choose(document, markers, groups)
    except (AttributeError, KeyError, TypeError):  # what is not of the type that it has to be
        raise NotPlainError from None


def _choose(
    document: Mapping[str, Any], markers: Mapping[str, str], groups: Container[str] | None
) -> tuple[dict[str, Package], int]:
    _check_head(document, markers["python_full_version"])
    _check_packages(document["package"])
    walk = _Walk(document["package"], markers)
    roots = _roots(document.get("manifest", {}), walk.by_name)
    reached = walk.reached(roots, groups)
    found = {package["name"]: package for package in reached if "virtual" not in package["source"]}
    if len(found) != sum("virtual" not in package["source"] for package in reached):
        raise NotPlainError  # two versions of one
    return found, len(walk.by_name.keys() - found.keys() - {root["name"] for root in roots})


def _check_head(document: Mapping[str, Any], python: str) -> None:
    if document["version"] != VERSION or type(document.get("revision", 0)) is not int:
        raise NotPlainError
    if "conflicts" in document or "supported-markers" in document:
        raise NotPlainError
    if not is_plainly_inside(document["requires-python"], python):
        raise NotPlainError
    if not _OF_WORKSPACE.isdisjoint(document.get("manifest", {}).keys()):
        raise NotPlainError


def _check_packages(packages: list[Package]) -> None:
    """Refuse names and versions that are not plain, and what has no source."""
    names = [package["name"] for package in packages]
    versions = [package["version"] for package in packages if "version" in package]
    # Only what is no release of an index can have no version.
    if sum("version" in p or "registry" not in p["source"] for p in packages) != len(names):
        raise NotPlainError
    for source in {id(package["source"]): package["source"] for package in packages}.values():
        ((kind, place),) = source.items() if len(source) == 1 else [("", "")]
        if kind not in _KINDS or not isinstance(place, str):
            raise NotPlainError
    known = plain(names, versions, [])
    if known is None or known.names != names:
        raise NotPlainError


def _roots(manifest: Mapping[str, Any], by_name: Mapping[str, list[Package]]) -> list[Package]:
    """Return the project itself, or all members of a workspace whose root is none."""
    for entries in by_name.values():
        if any(entries[0]["source"].get(kind) == "." for kind in _LOCAL):
            return entries
    members = manifest["members"]
    _check_texts(members)
    if not members:
        raise NotPlainError
    return [package for member in members for package in by_name[member]]


def _check_root(package: Package) -> None:
    """Refuse what would be asked for by names that are none."""
    metadata = package.get("metadata", {})
    _check_texts(metadata.get("provides-extras", []))
    if not isinstance(metadata.get("requires-dev", {}), dict):
        raise NotPlainError


def _check_texts(texts: object) -> None:
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise NotPlainError


class _Walk:
    """One walk over the graph; where each edge leads is looked up before, for all of them."""

    def __init__(self, packages: list[Package], markers: Mapping[str, str]) -> None:
        self.markers = markers
        self.truth = {"": True}
        self.by_name: dict[str, list[Package]] = {}
        for package in packages:
            self.by_name.setdefault(package["name"], []).append(package)
        # Edges of the same text are the same table.
        self.steps: dict[int, Step] = {}
        for package in packages:
            for edge in _all_edges(package):
                if id(edge) not in self.steps:
                    self.steps[id(edge)] = self._step(edge)

    def _step(self, edge: Mapping[str, Any]) -> Step:
        package, marker, extras = self._target(edge), edge.get("marker", ""), edge.get("extra", [])
        if marker not in self.truth:
            value = truth(marker, self.markers)
            if value is None:
                raise NotPlainError
            self.truth[marker] = value
        _check_texts(extras)
        return (package, ("", *extras)) if self.truth[marker] else None

    def _target(self, edge: Mapping[str, Any]) -> Package:
        """Return the package that an edge leads to: of forks, it names version and source."""
        fitting = self.by_name[edge["name"]]
        version, source = edge.get("version", ""), edge.get("source")
        if version and (source or len(fitting) == 1):
            fitting = [package for package in fitting if package.get("version", "") == version]
        if source and (version or len(fitting) == 1):
            fitting = [package for package in fitting if package["source"] == source]
        if len(fitting) != 1 or not isinstance(version, str):
            raise NotPlainError
        return fitting[0]

    def reached(self, roots: list[Package], groups: Container[str] | None) -> list[Package]:
        """Return what is reached from the roots, and from those of their groups that are wanted."""
        found: dict[int, Package] = {}
        seen: set[tuple[int, str]] = set()
        queue = [(root, "") for root in roots]
        for root in roots:
            _check_root(root)
            for group, edges in root.get("dev-dependencies", {}).items():
                if groups is None or group in groups:
                    queue += self._nodes(edges)
        for package, extra in queue:  # grows while it is walked
            if (id(package), extra) not in seen:
                seen.add((id(package), extra))
                found[id(package)] = package
                queue += self._nodes(_edges(package, extra))
        return list(found.values())

    def _nodes(self, edges: Iterable[object]) -> Iterator[tuple[Package, str]]:
        for edge in edges:
            if step := self.steps[id(edge)]:
                package, extras = step
                for extra in extras:
                    yield package, extra


def _edges(package: Package, extra: str) -> Iterable[Mapping[str, Any]]:
    """Return what a package itself, or one of its extras, requires."""
    found: Iterable[Mapping[str, Any]] = (
        package.get("optional-dependencies", {}).get(extra, ())
        if extra
        else package.get("dependencies", ())
    )
    return found


def _all_edges(package: Package) -> Iterator[Mapping[str, Any]]:
    lists = [package.get("dependencies", [])]
    for key in ("optional-dependencies", "dev-dependencies"):
        lists += package.get(key, {}).values()
    for edges in lists:
        if not isinstance(edges, list):
            raise NotPlainError
        yield from edges
