"""Which pins of a lock count in one environment, and whether they can all hold."""

from __future__ import annotations

from lockhook._runtime import scope
from lockhook._runtime.markers import InvalidMarkerError, evaluate
from lockhook._runtime.model import Asked
from lockhook._runtime.record import Record
from lockhook._runtime.versions import DIFFERENT, compare
from lockhook.errors import LockfileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from packaging.specifiers import SpecifierSet

    from lockhook._runtime.markers import Values
    from lockhook._runtime.model import Constraint, Lock, Pin
    from lockhook._runtime.uv_lock import Graph
    from lockhook._runtime.versions import Wanted

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
    """Return the pin that is met by just what meets both of two pins of a package."""
    if first.place:
        # PEP 751: an error about the ambiguity must be raised, even if the two are the same.
        raise LockfileError(f"{first.place} and {second.place} both apply", path=second.path)
    if _same_origin(first, second):
        # `===` admits less than `==` does.
        for one, other in sorted([(first, second), (second, first)], key=_is_loose):
            if _satisfies(one, other):
                return one.replace(wanted=_narrowed(one, other), hashes=_shared(first, second))
    raise LockfileError(
        f"{second.name} is {second.wanted or 'a URL'} here and {first.wanted or 'a URL'} "
        f"in {_line(first, second)}, and both lines apply",
        path=second.path,
        line=second.line,
    )


def _line(pin: Pin, other: Pin) -> str:
    return f"line {pin.line}" if pin.path == other.path else f"{pin.path}:{pin.line}"


def _is_loose(pair: tuple[Pin, Pin]) -> bool:
    wanted = pair[0].wanted
    return wanted is None or not wanted.arbitrary


def _satisfies(one: Pin, other: Pin) -> bool:
    if one.wanted is None or other.wanted is None:
        return one.wanted is other.wanted
    return compare(other.wanted, one.wanted.version) != DIFFERENT


def _narrowed(one: Pin, other: Pin) -> Wanted | None:
    if one.wanted is None or other.wanted is None or not other.wanted.bounds:
        return one.wanted
    bounds = filter(None, (one.wanted.bounds, other.wanted.bounds))
    return one.wanted.replace(bounds=",".join(bounds))


def _same_origin(first: Pin, second: Pin) -> bool:
    if first.origin is None or second.origin is None:
        return first.origin is second.origin
    from lockhook._runtime.origin import are_same

    return are_same(first.origin, second.origin)


def _shared(first: Pin, second: Pin) -> tuple[str, ...]:
    """Return the hashes that both of two pins allow, as pip has it; all where one names none."""
    one, other = _hashes(first), _hashes(second)
    if not one or not other or _algorithms(one).isdisjoint(_algorithms(other)):
        return (*one, *other)
    if not (both := tuple(digest for digest in one if digest in other)):
        raise LockfileError(
            f"{second.name} has other hashes here than in {_line(first, second)}, "
            "and both lines apply",
            path=second.path,
            line=second.line,
        )
    return both


def _hashes(pin: Pin) -> tuple[str, ...]:
    if pin.origin is None:
        return pin.hashes
    from lockhook._runtime.origin import hashes_of_fragment

    return (*pin.hashes, *hashes_of_fragment(pin.origin.url))


def _algorithms(hashes: Iterable[str]) -> set[str]:
    return {digest.partition(":")[0] for digest in hashes}


def _constrained(pin: Pin, constraint: Constraint) -> Pin:
    """Return the pin that is met by just what meets a pin and a constraint."""
    wanted = version_of(pin)
    if wanted is None or not constraint.specifier:
        return pin
    from packaging.specifiers import SpecifierSet

    limit = SpecifierSet(constraint.specifier)
    # `==2.9.1` and `==2.9.1+cpu` can both hold, as two pins can.
    builds = (clause.version for clause in limit if "+" in clause.version)
    for version in (wanted.version, *builds):
        if limit.contains(version, prereleases=True) and compare(wanted, version) != DIFFERENT:
            return pin.replace(wanted=pin.wanted and _limited(pin.wanted, version, limit))
    raise LockfileError(
        f"{pin.name} is pinned to {wanted}, but {constraint.path}:{constraint.line} "
        f"constrains it to {constraint.specifier}",
        path=pin.path,
        line=pin.line,
    )


def _limited(wanted: Wanted, version: str, limit: SpecifierSet) -> Wanted:
    # No other limit can tell two builds of one version apart.
    fine = [str(clause) for clause in limit if "+" in clause.version or clause.operator == "==="]
    bounds = filter(None, (wanted.bounds, *fine))
    return wanted.replace(version=version, bounds=",".join(bounds))


def version_of(pin: Pin) -> Wanted | None:
    """Return the version that a pin asks for, if need be by the file name of a wheel."""
    if pin.wanted is not None or pin.origin is None:
        return pin.wanted
    from lockhook._runtime.origin import version_of_wheel

    return version_of_wheel(pin.origin)
