"""Do the locks of one project pin the same version of every package that they share?

Two locks that were resolved one after the other need not: the same benchmark would then run with
one numpy where its extras are installed, and with another where they are not.
"""

from __future__ import annotations

from lockhook._authoring import platforms
from lockhook._authoring.platforms import Where
from lockhook._runtime.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lockhook._authoring.pin import Pin


class Side(Record):
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
    shared = sorted(ours.keys() & theirs.keys())
    names = [name for name in shared if _may_differ(ours[name], theirs[name])]
    pins = [pin for name in names for pin in (*ours[name], *theirs[name])]
    where = Where(_shared(sorted({pin.marker for pin in pins}), one, other) if pins else ())
    for name in names:
        found = _difference(_versions(ours[name], where), _versions(theirs[name], where))
        if found:
            yield f"{name} {found[0]} here, {found[1]} in {other.name}"


def _by_name(pins: Sequence[Pin]) -> Mapping[str, list[Pin]]:
    found: dict[str, list[Pin]] = {}
    for pin in pins:
        found.setdefault(pin.name, []).append(pin)
    return found


def _may_differ(ours: list[Pin], theirs: list[Pin]) -> bool:
    return len({(pin.version, pin.reference or pin.url) for pin in (*ours, *theirs)}) > 1


def _shared(markers: Sequence[str], one: Side, other: Side) -> Iterator[Mapping[str, str]]:
    """Yield the environments that both locks serve, as far as they make a difference to markers."""
    systems = {side.system for side in (one, other)} - {""}
    if len(systems) < 2:
        tried = tuple(systems) or platforms.SYSTEMS
        yield from platforms.environments(
            *markers, systems=tried, lowest=(one.python, other.python)
        )


def _versions(pins: list[Pin], where: Where) -> list[tuple[str, int]]:
    """Return each version of a package with where it counts: of two that apply, the first does."""
    found, left = [], where("")
    for pin in pins:
        applies = where(pin.marker) & left
        left &= ~applies
        found.append((pin.version or pin.url, applies))
    return found


def _difference(
    ours: list[tuple[str, int]], theirs: list[tuple[str, int]]
) -> tuple[str, str] | None:
    """Return the two versions of a package where they first differ, None if they never do."""
    differing = [
        (both & -both, mine, yours)
        for mine, here in ours
        for yours, there in theirs
        if (both := here & there) and mine != yours
    ]
    return min(differing)[1:] if differing else None
