"""Which pins of a lock count in one environment, and whether they can all hold."""

from __future__ import annotations

from lockhook._runtime import scope
from lockhook._runtime.markers import InvalidMarkerError, evaluate
from lockhook._runtime.model import Asked
from lockhook._runtime.record import Record
from lockhook._runtime.versions import Wanted
from lockhook.errors import LockfileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lockhook._runtime.markers import Values
    from lockhook._runtime.model import Constraint, Lock, Origin, Pin
    from lockhook._runtime.uv_lock import Graph

NOTHING = Asked()


class Selection(Record):
    """The pins that count here.

    Attributes:
        pins: one for each name, in the order of the lock.
        not_applicable: the names of which no pin's marker is true here.
    """

    pins: tuple[Pin, ...]
    not_applicable: tuple[str, ...]


def select(lock: Lock, markers: Mapping[str, str], asked: Asked = NOTHING) -> Selection:
    """Return the pins of a lock that count in an environment.

    Args:
        lock: the lock.
        markers: the marker variables of the environment.
        asked: the extras and groups that somebody wants.

    Raises:
        LockfileError: if two pins of one package cannot both hold, if a pin contradicts a
            constraint, if a marker is none, or if the lock is not for this environment.
        UsageError: if the lock has no such extra or group.
    """
    extras = scope.asked_for(asked.extras, lock.scope.extras, "extra", lock.path)
    groups = scope.asked_for(asked.groups, lock.scope.groups, "dependency group", lock.path)
    scope.check(lock.scope, markers, lock.path)
    if lock.graph is not None:
        return _select_from_graph(lock.graph, markers, extras, groups)
    sets = {
        "extras": frozenset(extras),
        "dependency_groups": frozenset(groups or lock.scope.default_groups),
    }
    return _select(lock, {**markers, **sets} if lock.scope.is_known else markers)


def _select_from_graph(
    graph: Graph, markers: Mapping[str, str], extras: tuple[str, ...], groups: tuple[str, ...]
) -> Selection:
    from lockhook._runtime import uv_lock

    wanted = (*graph.scope.default_groups, *groups)
    pins = merge(uv_lock.pins(graph, markers, extras, wanted))
    names = {pin.name for pin in pins}
    return Selection(
        pins=tuple(sorted(pins, key=lambda pin: pin.name)),
        not_applicable=tuple(sorted(graph.packages.keys() - names - set(graph.roots))),
    )


def _select(lock: Lock, markers: Values) -> Selection:
    truth: dict[str, bool] = {"": True}
    applicable = [pin for pin in lock.pins if _applies(pin, markers, truth)]
    for pin in applicable:
        scope.check_pin(pin, markers)
    chosen = _merged(applicable)
    for constraint in lock.constraints:
        if _applies(constraint, markers, truth) and constraint.name in chosen:
            chosen[constraint.name] = _constrained(chosen[constraint.name], constraint)
    return Selection(
        pins=tuple(chosen.values()), not_applicable=_left_out(lock.pins, chosen.keys())
    )


def merge(pins: Iterable[Pin]) -> tuple[Pin, ...]:
    """Return one pin for each name, which all pins of that name agree to.

    Raises:
        LockfileError: if two pins of one package cannot both hold.
    """
    return tuple(_merged(pins).values())


def _merged(pins: Iterable[Pin]) -> dict[object, Pin]:
    chosen: dict[object, Pin] = {}
    for pin in pins:
        # A pin that does not tell its name can only be itself.
        key = pin.name or (pin.path, pin.line)
        chosen[key] = _both(chosen[key], pin) if key in chosen else pin
    return chosen


def _applies(line: Pin | Constraint, markers: Values, truth: dict[str, bool]) -> bool:
    # One lock repeats a handful of markers hundreds of times.
    if line.marker not in truth:
        try:
            truth[line.marker] = evaluate(line.marker, markers)
        except InvalidMarkerError as error:
            raise LockfileError(str(error), path=line.path, line=line.line or None) from None
    return truth[line.marker]


def _left_out(pins: Iterable[Pin], chosen: Iterable[object]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(pin.name for pin in pins if pin.name and pin.name not in chosen))


def _both(first: Pin, second: Pin) -> Pin:
    """Return what two pins of one package leave together."""
    if first.place:
        # PEP 751: an error about the ambiguity must be raised, even if the two are the same.
        raise LockfileError(f"{first.place} and {second.place} both apply", path=second.path)
    try:
        return _narrowed(first, second.wanted, second.origin, second.hashes)
    except ValueError:
        there = f"{first.path}:" if first.path != second.path else "line "
        raise LockfileError(
            f"{second.name} is {second.wanted or 'a URL'} here and {first.wanted or 'a URL'} "
            f"in {there}{first.line}, and both lines apply",
            path=second.path,
            line=second.line,
        ) from None


def _constrained(pin: Pin, constraint: Constraint) -> Pin:
    try:
        return _narrowed(pin, constraint.specifier, constraint.origin, constraint.hashes)
    except ValueError:
        raise LockfileError(
            f"{pin.name} is pinned to {pin.wanted or 'a URL'}, but {constraint.path}:"
            f"{constraint.line} constrains it to {constraint.specifier or 'something else'}",
            path=pin.path,
            line=pin.line,
        ) from None


def _narrowed(
    pin: Pin, by: Wanted | str | None, origin: Origin | None, hashes: tuple[str, ...]
) -> Pin:
    """Return a pin with what another line about its package adds: a label, an origin.

    Raises:
        ValueError: if the two cannot both hold.
    """
    if pin.origin and origin and not _are_same(pin.origin, origin):
        raise ValueError
    wanted = pin.wanted
    if pin.wanted is None and isinstance(by, Wanted):
        if pin.origin:
            _check_archive(pin.origin, by)
        wanted = by
    elif by and by != wanted:
        wanted = _both_versions(pin, by.specifier if isinstance(by, Wanted) else by)
    if pin.wanted and origin and not pin.origin:
        _check_archive(origin, pin.wanted)
    # Like pip, which takes the hashes of the first line if the two have none in common.
    common = tuple(hash_ for hash_ in pin.hashes if hash_ in hashes)
    return pin.replace(
        wanted=wanted, origin=pin.origin or origin, hashes=common or pin.hashes or hashes
    )


def _check_archive(origin: Origin, wanted: Wanted) -> None:
    from lockhook._runtime.direct_reference import version_of
    from lockhook._runtime.versions import holds

    version = version_of(origin.url)
    if version and not holds(wanted.specifier, version):
        raise ValueError


def _both_versions(pin: Pin, specifier: str) -> Wanted | None:
    from lockhook._runtime.versions import holds, only

    version = pin.wanted.version if pin.wanted else _version_of_archive(pin)
    # Only what names a label tells one build of a version from another.
    if pin.wanted and _names_a_label(specifier):
        wanted = only(f"{pin.wanted.specifier},{specifier}")
        return wanted.replace(bounds=",".join(filter(_names_a_label, wanted.bounds.split(","))))
    if version and not holds(specifier, version):
        raise ValueError
    return pin.wanted


def _names_a_label(specifier: str) -> bool:
    return "+" in specifier or "===" in specifier


def _version_of_archive(pin: Pin) -> str:
    from lockhook._runtime.direct_reference import version_of

    return version_of(pin.origin.url) if pin.origin else ""


def _are_same(one: Origin, other: Origin) -> bool:
    from lockhook._runtime.origin import are_same

    return are_same(one, other)


def version_of(pin: Pin) -> Wanted | None:
    """Return the version that a pin asks for, if need be by the file name of a wheel."""
    if pin.wanted is not None or pin.origin is None:
        return pin.wanted
    from lockhook._runtime.origin import version_of_wheel

    return version_of_wheel(pin.origin)
