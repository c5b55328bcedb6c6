"""What changed between the pins of two locks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from lockhook._authoring import platforms, provenance
from lockhook._runtime.markers import InvalidMarkerError
from lockhook._runtime.names import without_credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from lockhook._authoring.pin import Pin
    from lockhook._authoring.reference import Reference

ADDED: Final = "added"
REMOVED: Final = "removed"
UPGRADED: Final = "upgraded"
DOWNGRADED: Final = "downgraded"
REBUILT: Final = "rebuilt"  # the same version with another local label
MOVED: Final = "from elsewhere"
OTHER_COMMIT: Final = "other commit"
OTHER_MARKER: Final = "other marker"
OTHER_FILES: Final = "other files"  # the same version, and not one hash is the same
CHANGED: Final = "changed"  # forks that came, went or moved in different directions

_ANY: Final = SpecifierSet()
# With more forks of one package, comparing each with all others takes longer than anybody waits.
_MANY: Final = 32
# What no list of environments is about.
_UNTRIED: Final = ("extra", "groups", "platform_release", "platform_version")


@dataclass(frozen=True, slots=True)
class Change:
    """One package of which the pins differ, or one fork of it.

    Attributes:
        name: normalised.
        old: what it was, for people: versions, with markers if there are several; "" if absent.
        new: what it is.
        kind: one of the constants of this module.
        marker: where one fork of several changed, where that applies; "" for the whole package.
    """

    name: str
    old: str
    new: str
    kind: str
    marker: str = ""

    def __str__(self) -> str:
        where = f" ; {self.marker}" if self.marker else ""
        if not self.old:
            return f"+ {self.name} {self.new}{where}"
        if not self.new:
            return f"- {self.name} {self.old}{where}"
        what = self.new if self.old == self.new else f"{self.old} -> {self.new}"
        return f"~ {self.name} {what} ({self.kind}){where}"


def diff(
    old: Sequence[Pin],
    new: Sequence[Pin],
    *,
    pythons: SpecifierSet = _ANY,
    by_marker: bool = True,
) -> Iterator[Change]:
    """Yield what differs, by name; of a forked package each fork that changed.

    Another spelling is no change: of a version (PEP 440), of a URL or path, or of a marker that is
    true in the same environments. Where a pin comes from is compared if both locks tell it, and
    so are hashes: that a version has more files than before is no change, but all others are one.

    Args:
        old: the pins of one lock.
        new: those of the other.
        pythons: what both are for; markers are not compared under others.
        by_marker: whether their markers mean the same. Those of a uv.lock stand on its edges, and
            tell less than those of the other formats.
    """
    before, after = _by_name(old), _by_name(new)
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name, []), after.get(name, [])
        if set(map(_spelling, was)) == set(map(_spelling, now)):
            continue  # most are the same, and need no closer look
        if was and now:
            places = _places(frozenset(pin.marker for pin in (*was, *now)), pythons)
            yield from _changes(name, was, now, _Package([*was, *now], places, by_marker=by_marker))
        else:
            forks = _forks(was or now, _shown, marked=len(was or now) > 1)
            yield Change(name, "", forks, ADDED) if now else Change(name, forks, "", REMOVED)


def _by_name(pins: Iterable[Pin]) -> dict[str, list[Pin]]:
    found: dict[str, dict[object, Pin]] = {}
    for pin in pins:
        found.setdefault(pin.name, {})[_spelling(pin)] = pin  # once, however often it is listed
    return {name: list(each.values()) for name, each in found.items()}


def _changes(name: str, was: list[Pin], now: list[Pin], package: _Package) -> Iterator[Change]:
    """Yield what differs between the pins of one package, which both locks have."""
    gone, come = package.without(was, now), package.without(now, was)
    forked = len(was) > 1 or len(now) > 1
    for one, other in package.refilled(was, now):
        marker = other.marker if forked else ""
        yield Change(name, package.shown(one), package.shown(other), OTHER_FILES, marker)
    if forked and (pairs := package.pairs(gone, come)):
        for one, other in pairs:
            old, new = package.shown(one), package.shown(other)
            yield Change(name, old, new, package.direction(one, other), other.marker)
    elif gone or come:
        # A fork that came beside one that stays is only understood with the other.
        was, now = (gone, come) if gone and come else (was, now)
        few = len(was) + len(now) <= _MANY
        kinds = {package.direction(one, other) for one in was for other in now if few}
        marked = forked or kinds == {OTHER_MARKER} or package.are_moved(was, now)
        old, new = (_forks(pins, package.shown, marked=marked) for pins in (was, now))
        yield Change(name, old, new, kinds.pop() if len(kinds) == 1 else CHANGED)


def _spelling(pin: Pin) -> tuple[object, ...]:
    return pin.version, pin.marker, pin.index_url, pin.url, pin.reference, frozenset(pin.hashes)


class _Package:
    """The pins of one package in two locks, and how each stands to another one.

    Attributes:
        indexes: where each comes from, as far as that can be compared.
        places: what stands for each marker: where it is true.
        by_marker: whether the markers of both locks mean the same.
    """

    def __init__(
        self, pins: Sequence[Pin], places: Mapping[str, object], *, by_marker: bool
    ) -> None:
        self.indexes = provenance.comparable(pins)
        self.places = places
        self.by_marker = by_marker

    def without(self, pins: Iterable[Pin], others: Iterable[Pin]) -> list[Pin]:
        """Return the pins of one lock that the other one has not."""
        same = set(map(self._key, others))
        return [pin for pin in pins if self._key(pin) not in same]

    def refilled(self, was: Iterable[Pin], now: Iterable[Pin]) -> Iterator[tuple[Pin, Pin]]:
        """Yield the pins that are in both locks, and share no hash."""
        before = {self._key(pin): pin for pin in was}
        for key, other in {self._key(pin): pin for pin in now}.items():
            one = before.get(key)
            if one and _are_disjoint(one.hashes, other.hashes):
                yield one, other

    def pairs(self, gone: Sequence[Pin], come: Sequence[Pin]) -> list[tuple[Pin, Pin]]:
        """Return which pin became which: none if the forks are not the same."""
        by_place = {self.places[pin.marker]: pin for pin in come}
        where = [self.places[pin.marker] for pin in gone]
        if not len(by_place) == len(come) == len(gone) or set(where) != by_place.keys():
            return []
        return [(pin, by_place[place]) for pin, place in zip(gone, where, strict=True)]

    def are_moved(self, was: Sequence[Pin], now: Sequence[Pin]) -> bool:
        """Tell whether pins apply elsewhere than others."""
        where, there = ({self.places[pin.marker] for pin in pins} for pins in (was, now))
        return self.by_marker and where != there

    def direction(self, one: Pin, other: Pin) -> str:
        """Return how a pin became another one: a constant of this module."""
        if _what(one) == _what(other):
            same_index = self.indexes.get(one) == self.indexes.get(other)
            return OTHER_MARKER if same_index else MOVED
        if one.url or other.url:
            return _between_references(one.reference, other.reference)
        return _between_versions(one.version, other.version)

    def shown(self, pin: Pin) -> str:
        """Return a pin for people, with its index if that is not the same for all."""
        if len(set(self.indexes.values())) > 1:
            return f"{_shown(pin)} from {self.indexes[pin]}"
        return _shown(pin)

    def _key(self, pin: Pin) -> object:
        where = self.places[pin.marker] if self.by_marker else None
        return _what(pin), self.indexes.get(pin), where


@lru_cache(maxsize=256)  # many packages have the same two
def _places(markers: frozenset[str], pythons: SpecifierSet) -> Mapping[str, object]:
    """Return for each marker what is equal for those that are true in the same environments."""
    itself = {marker: marker for marker in markers}
    if not 1 < len(markers) <= _MANY or any(word in m for word in _UNTRIED for m in markers):
        return itself
    try:
        where = platforms.Where(
            one
            for one in platforms.environments(*markers)
            if pythons.contains(one["python_full_version"], prereleases=True)
        )
        # What is true nowhere is about systems that are not tried.
        return {marker: where(marker) or marker for marker in markers}
    except InvalidMarkerError:
        return itself


def _what(pin: Pin) -> object:
    return pin.reference or pin.url or _version(pin.version) or pin.version


def _are_disjoint(hashes: Sequence[str], others: Sequence[str]) -> bool:
    algorithms, known = ({h.partition(":")[0] for h in each} for each in (hashes, others))
    return bool(algorithms & known) and not set(hashes) & set(others)


def _between_references(one: Reference | None, other: Reference | None) -> str:
    if one is None or other is None:
        return MOVED
    if one.version and other.version and one.version != other.version:
        return _between_versions(one.version, other.version)
    if one[:3] != other[:3]:
        return MOVED
    return OTHER_COMMIT if one.revision != other.revision else CHANGED


def _between_versions(one: str, other: str) -> str:
    old, new = _version(one), _version(other)
    if old is None or new is None:
        return CHANGED if one and other else MOVED
    if Version(old.public) == Version(new.public):
        return REBUILT
    return UPGRADED if old < new else DOWNGRADED


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def _forks(pins: Sequence[Pin], shown: Callable[[Pin], str], *, marked: bool) -> str:
    return ", ".join(f"{shown(p)} ({p.marker})" if p.marker and marked else shown(p) for p in pins)


def _shown(pin: Pin) -> str:
    if not pin.url:
        return pin.version or "(direct reference)"
    editable = "editable " if pin.reference and pin.reference.editable else ""
    return f"{editable}{without_credentials(pin.url)}"
