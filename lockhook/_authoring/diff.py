"""What changed between the pins of two locks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockhook._authoring.pin import Pin


@dataclass(frozen=True, slots=True)
class Change:
    """One package of which the pins differ.

    Attributes:
        name: normalised.
        old: what it was, for people: versions, with markers where it is forked; "" if absent.
        new: what it is.
    """

    name: str
    old: str
    new: str

    def __str__(self) -> str:
        if not self.old:
            return f"+ {self.name} {self.new}"
        if not self.new:
            return f"- {self.name} {self.old}"
        return f"~ {self.name} {self.old} -> {self.new}"


def diff(old: Sequence[Pin], new: Sequence[Pin]) -> Iterator[Change]:
    """Yield the packages whose versions differ, by name. Markers alone are no change."""
    before, after = _by_name(old), _by_name(new)
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name, []), after.get(name, [])
        if sorted(pin.version for pin in was) != sorted(pin.version for pin in now):
            yield Change(name, _describe(was), _describe(now))


def _by_name(pins: Sequence[Pin]) -> dict[str, list[Pin]]:
    found: dict[str, list[Pin]] = {}
    for pin in pins:
        found.setdefault(pin.name, []).append(pin)
    return found


def _describe(pins: list[Pin]) -> str:
    if len(pins) == 1:
        return pins[0].version or "(direct reference)"
    return ", ".join(f"{pin.version} ({pin.marker})" if pin.marker else pin.version for pin in pins)
