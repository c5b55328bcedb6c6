"""What changed between the pins of two locks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from packaging.version import InvalidVersion, Version

from lockhook._runtime.names import without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockhook._authoring.pin import Pin

ADDED: Final = "added"
REMOVED: Final = "removed"
UPGRADED: Final = "upgraded"
DOWNGRADED: Final = "downgraded"
REBUILT: Final = "other build"
MOVED: Final = "from elsewhere"
CHANGED: Final = "changed"  # forks that came, went or moved in different directions


@dataclass(frozen=True, slots=True)
class Change:
    """One package of which the pins differ.

    Attributes:
        name: normalised.
        old: what it was, for people: versions, with markers where it is forked; "" if absent.
        new: what it is.
        kind: one of the constants of this module.
    """

    name: str
    old: str
    new: str
    kind: str

    def __str__(self) -> str:
        if not self.old:
            return f"+ {self.name} {self.new}"
        if not self.new:
            return f"- {self.name} {self.old}"
        return f"~ {self.name} {self.old} -> {self.new} ({self.kind})"


def diff(old: Sequence[Pin], new: Sequence[Pin]) -> Iterator[Change]:
    """Yield the packages that differ, by name; of a forked one only the forks that changed.

    Markers alone are no change, nor is another spelling of a version (PEP 440).
    """
    before, after = _by_name(old), _by_name(new)
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name, []), after.get(name, [])
        if sorted(map(_what, was)) != sorted(map(_what, now)):
            gone, come = _without(was, now), _without(now, was)
            # A fork that came beside one that stays is only understood with the other.
            was, now = (gone, come) if gone and come else (was, now)
            yield Change(name, _describe(was), _describe(now), _kind(was, now))


def _by_name(pins: Sequence[Pin]) -> dict[str, list[Pin]]:
    found: dict[str, list[Pin]] = {}
    for pin in pins:
        found.setdefault(pin.name, []).append(pin)
    return found


def _what(pin: Pin) -> str:
    if pin.url:
        return without_credentials(pin.url)
    version = _version(pin)
    # `1.0` is `1.0.0`, and both have one hash; as text they sort with what is no version.
    return pin.version if version is None else _shortest(version)


def _shortest(version: Version) -> str:
    public, plus, label = str(version).partition("+")
    if version.is_prerelease or version.is_postrelease:
        return f"{public}{plus}{label}"
    while public.endswith(".0"):
        public = public.removesuffix(".0")
    return f"{public}{plus}{label}"


def _without(pins: list[Pin], others: list[Pin]) -> list[Pin]:
    same = {(_what(pin), pin.marker) for pin in others}
    return [pin for pin in pins if (_what(pin), pin.marker) not in same]


def _describe(pins: list[Pin]) -> str:
    if len(pins) == 1 and not pins[0].marker:
        return _shown(pins[0])
    return ", ".join(
        f"{_shown(pin)} ({pin.marker})" if pin.marker and pins[1:] else _shown(pin) for pin in pins
    )


def _shown(pin: Pin) -> str:
    return pin.version or without_credentials(pin.url) or "(direct reference)"


def _kind(was: list[Pin], now: list[Pin]) -> str:
    if not was or not now:
        return ADDED if now else REMOVED
    kinds = {_direction(one, other) for one, other in _pairs(was, now)}
    return kinds.pop() if len(kinds) == 1 else CHANGED


def _pairs(was: list[Pin], now: list[Pin]) -> list[tuple[Pin, Pin]]:
    """Return which pin became which: none if the forks are not the same."""
    if len(was) == len(now) == 1:
        return [(was[0], now[0])]
    by_marker = {pin.marker: pin for pin in now}
    if [pin.marker for pin in was if pin.marker not in by_marker] or len(was) != len(now):
        return []
    return [(pin, by_marker[pin.marker]) for pin in was]


def _direction(one: Pin, other: Pin) -> str:
    if one.url or other.url or not (one.version and other.version):
        return MOVED
    old, new = _version(one), _version(other)
    if old is None or new is None:
        return CHANGED
    if old.public == new.public or Version(old.public) == Version(new.public):
        return REBUILT
    return UPGRADED if old < new else DOWNGRADED


def _version(pin: Pin) -> Version | None:
    try:
        return Version(pin.version)
    except InvalidVersion:
        return None
