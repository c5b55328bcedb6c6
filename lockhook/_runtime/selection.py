"""Which pins of a lock count in one environment, and whether they can all hold."""

from __future__ import annotations

from lockhook._runtime.markers import InvalidMarkerError, evaluate
from lockhook._runtime.record import Record
from lockhook._runtime.versions import DIFFERENT, compare
from lockhook.errors import LockfileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lockhook._runtime.model import Constraint, Lock, Pin


class Selection(Record):
    """The pins that count here.

    Attributes:
        pins: one for each name, in the order of the lock.
        not_applicable: the names of which no pin's marker is true here.
    """

    pins: tuple[Pin, ...]
    not_applicable: tuple[str, ...]


def select(lock: Lock, markers: Mapping[str, str]) -> Selection:
    """Return the pins of a lock whose marker is true.

    Args:
        lock: the lock.
        markers: the marker variables of the environment.

    Raises:
        LockfileError: if two pins of one package cannot both hold, if a pin contradicts a
            constraint, or if a marker is none.
    """
    truth: dict[str, bool] = {"": True}
    chosen: dict[object, Pin] = {}
    for pin in lock.pins:
        if _applies(pin, markers, truth):
            # A pin that does not tell its name can only be itself.
            key = pin.name or (pin.path, pin.line)
            chosen[key] = _both(chosen[key], pin) if key in chosen else pin
    for constraint in lock.constraints:
        if _applies(constraint, markers, truth):
            _refuse_contradiction(constraint, chosen.get(constraint.name))
    return Selection(
        pins=tuple(chosen.values()), not_applicable=_left_out(lock.pins, chosen.keys())
    )


def _applies(line: Pin | Constraint, markers: Mapping[str, str], truth: dict[str, bool]) -> bool:
    # One lock repeats a handful of markers hundreds of times.
    if line.marker not in truth:
        try:
            truth[line.marker] = evaluate(line.marker, markers)
        except InvalidMarkerError as error:
            raise LockfileError(str(error), path=line.path, line=line.line) from None
    return truth[line.marker]


def _left_out(pins: Iterable[Pin], chosen: Iterable[object]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(pin.name for pin in pins if pin.name and pin.name not in chosen))


def _both(first: Pin, second: Pin) -> Pin:
    """Return the one of two pins of a package whose version satisfies the other too."""
    if first.origin == second.origin:
        if _satisfies(first, second):
            return first
        if _satisfies(second, first):
            return second
    raise LockfileError(
        f"{second.name} is {second.wanted or 'a URL'} here and {first.wanted or 'a URL'} "
        f"in line {first.line}, and both lines apply",
        path=second.path,
        line=second.line,
    )


def _satisfies(one: Pin, other: Pin) -> bool:
    if one.wanted is None or other.wanted is None:
        return one.wanted is other.wanted
    return compare(other.wanted, one.wanted.version) != DIFFERENT


def _refuse_contradiction(constraint: Constraint, pin: Pin | None) -> None:
    if pin is None or pin.wanted is None or not constraint.specifier:
        return
    from packaging.specifiers import SpecifierSet

    if not SpecifierSet(constraint.specifier).contains(pin.wanted.version, prereleases=True):
        raise LockfileError(
            f"{pin.name} is pinned to {pin.wanted}, but {constraint.path}:{constraint.line} "
            f"constrains it to {constraint.specifier}",
            path=pin.path,
            line=pin.line,
        )
