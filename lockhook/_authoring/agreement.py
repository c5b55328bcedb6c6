"""Do the locks of one project pin the same version of every package that they share?

Two locks that were resolved one after the other need not: the same benchmark would then run with
one numpy where its extras are installed, and with another where they are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.version import Version

from lockhook._authoring import platforms

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lockhook._authoring.pin import Pin


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """One lock of two that are compared.

    Attributes:
        name: its file name.
        pins: its pins.
        python: the lowest Python that it serves, "" for any.
        system: the ``sys_platform`` that it is for, "" for all.
    """

    name: str
    pins: Sequence[Pin]
    python: str = ""
    system: str = ""


def disagreements(one: Side, other: Side) -> Iterator[str]:
    """Yield one line for each package of which two locks pin different versions somewhere.

    Where a package is forked, it is compared in each environment that both locks serve.
    """
    ours, theirs = _by_name(one.pins), _by_name(other.pins)
    for name in sorted(ours.keys() & theirs.keys()):
        found = _difference(ours[name], theirs[name], one, other)
        if found:
            yield f"{name} {found[0]} here, {found[1]} in {other.name}"


def _by_name(pins: Sequence[Pin]) -> Mapping[str, list[Pin]]:
    found: dict[str, list[Pin]] = {}
    for pin in pins:
        found.setdefault(pin.name, []).append(pin)
    return found


def _difference(
    ours: list[Pin], theirs: list[Pin], one: Side, other: Side
) -> tuple[str, str] | None:
    """Return the two versions of a package where they first differ, None if they never do."""
    if len({(pin.version, pin.reference or pin.url) for pin in (*ours, *theirs)}) == 1:
        return None
    for environment in _shared(ours, theirs, one, other):
        mine = _version(ours, environment)
        # The pin that is hoped for first: long markers take longest here.
        hoped = sorted(theirs, key=lambda pin: _what(pin) != mine)
        if mine and (yours := _version(hoped, environment)) and yours != mine:
            return mine, yours
    return None


def _shared(
    ours: list[Pin], theirs: list[Pin], one: Side, other: Side
) -> Iterator[Mapping[str, str]]:
    systems = {side.system for side in (one, other)} - {""}
    lowest = max(Version(side.python or "0") for side in (one, other))
    if len(systems) < 2:
        markers = sorted({pin.marker for pin in (*ours, *theirs)})
        for found in platforms.environments(*markers, systems=tuple(systems) or platforms.SYSTEMS):
            if Version(found["python_full_version"]) >= lowest:
                yield found


def _version(pins: list[Pin], environment: Mapping[str, str]) -> str:
    applying = (pin for pin in pins if not pin.marker or platforms.is_true(pin.marker, environment))
    return next(map(_what, applying), "")


def _what(pin: Pin) -> str:
    return pin.version or pin.url
