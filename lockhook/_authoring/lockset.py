"""The locks of one project, resolved so that they agree with each other."""

from __future__ import annotations

from functools import reduce

from lockhook._authoring import parts
from lockhook._authoring.config import BASE
from lockhook._authoring.quarrels import Member, coverage, quarrels
from lockhook._authoring.side_by_side import side_by_side
from lockhook.errors import DisagreementError, UvError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Final

    from lockhook._authoring.pin import Pin
    from lockhook._authoring.resolution import Resolution

    Resolve = Callable[[Member, tuple[Pin, ...]], Resolution]


def resolve(
    wanted: Sequence[Member], others: Sequence[Member], make: Resolve
) -> Mapping[str, Resolution]:
    """Return some locks of a project as they are resolved now, by their names.

    The lock that covers most comes first, and the others prefer its pins; those of a lock that
    leads come before all. Where that is not enough, the locks that need not have changed are made
    anew too; then all prefer the pins of one resolution of everything that any of them covers.

    Args:
        wanted: the locks to resolve.
        others: those that stay as they are if they agree with the result.
        make: resolves one lock, given the pins to prefer.

    Raises:
        DisagreementError: if no resolution makes them agree.
        UvError: if uv fails.
    """
    everyone = [*wanted, *others]
    fixed = [member for member in others if member.fixed]
    free = [member for member in everyone if not member.fixed]
    lead = _leading(everyone)
    now = _at_once(wanted, others, make, lead)
    found = _first_disagreement(everyone, now)
    if found and len(wanted) > 1:
        now = _in_turn(wanted, others, make, lead)
        found = _first_disagreement(everyone, now)
    if len(everyone) > 1 and (held := _held(everyone, now)) != lead:
        return resolve([_with_only(member, held) for member in wanted], others, make)
    if found and len(free) > len(wanted):
        now = _in_turn(free, fixed, make, lead)
        found = _first_disagreement(everyone, now)
    if found and lead:
        return resolve(_equal(wanted), _equal(others), make)
    if found:
        now = _in_turn(free, fixed, make, _union(free, make))
        found = _first_disagreement(everyone, now)
    if found:
        member, reason = found
        raise DisagreementError(
            f"cannot agree with the project's other locks: {reason}",
            path=member.lock.path,
            hint=_CONFLICT,
        )
    return now


_CONFLICT: Final = (
    "loosen the requirements that keep them apart, or declare the extras and groups under "
    "[tool.uv] conflicts in pyproject.toml"
)


def _equal(members: Sequence[Member]) -> list[Member]:
    return [member.replace(leads=False) for member in members]


def _leading(everyone: Sequence[Member]) -> tuple[Pin, ...]:
    return tuple(pin for member in everyone if member.leads for pin in member.pins)


def _held(everyone: Sequence[Member], now: Mapping[str, Resolution]) -> tuple[Pin, ...]:
    """Return the leading pins that still hold: others must not keep a lock from its neighbours'."""
    made = _leading(_current(everyone, now))
    known = {(pin.name, pin.version) for pin in made}
    return tuple(pin for pin in _leading(everyone) if (pin.name, pin.version) in known)


def _with_only(member: Member, held: tuple[Pin, ...]) -> Member:
    kept = held if member.leads else member.pins
    return member.replace(pins=tuple(pin for pin in member.pins if pin in kept))


def _at_once(
    wanted: Sequence[Member],
    others: Sequence[Member],
    make: Resolve,
    first: tuple[Pin, ...] = (),
) -> dict[str, Resolution]:
    """Return locks that know nothing of each other but the pins that they had.

    Mostly they agree all the same, and then it took no longer than one of them.
    """
    fixed = _pins_of([member for member in others if member.fixed])
    known = _pins_of(sorted([*wanted, *others], key=coverage, reverse=True))
    # With pins that come before its own, a smaller lock may go another way than a larger one.
    among = {} if first or fixed else parts.among([each for each in wanted if each.settled])

    def one(member: Member) -> Resolution:
        return make(member, reduce(merged, (first, fixed, member.pins, known)))

    def made(members: Sequence[Member]) -> dict[str, Resolution]:
        found = side_by_side(one, members)
        return {member.lock.name: each for member, each in zip(members, found, strict=True)}

    now = made([member for member in wanted if member.lock.name not in among])
    now |= {small.lock.name: kept for small, kept in _vouched(among.values(), now)}
    return now | made([member for member in wanted if member.lock.name not in now])


def _vouched(
    among: Iterable[tuple[Member, Member]], now: Mapping[str, Resolution]
) -> Iterator[tuple[Member, Resolution]]:
    """Yield the locks that stay as they are since a larger one does.

    All that uv looks at for the smaller one, it looks at for the larger one too. Nothing of that
    is new if the larger one comes out as it was, and the pins that are there still hold.
    """
    for small, large in among:
        if small.settled and large.settled and now[large.lock.name].text == large.settled.text:
            yield small, small.settled


def _in_turn(
    wanted: Sequence[Member],
    others: Sequence[Member],
    make: Resolve,
    first: tuple[Pin, ...] = (),
) -> dict[str, Resolution]:
    made = first
    now: dict[str, Resolution] = {}
    names = {member.lock.name for member in wanted}
    ordered = sorted([*wanted, *others], key=coverage, reverse=True)
    # What a lock does not have yet, another one may: a new lock upgrades none of those that stand.
    known = _pins_of(ordered)
    for member in ordered:
        lock, found = member.lock, member.pins
        if lock.name in names:
            now[lock.name] = make(member, merged(merged(made, found), known))
            found = now[lock.name].pins
        made = merged(made, found)
    return now


def merged(first: tuple[Pin, ...], second: tuple[Pin, ...]) -> tuple[Pin, ...]:
    """Return the pins of both, those of the first for the packages that both have."""
    taken = {pin.name for pin in first}
    return (*first, *(pin for pin in second if pin.name not in taken))


def _pins_of(members: Sequence[Member]) -> tuple[Pin, ...]:
    return reduce(merged, (member.pins for member in members), ())


def _union(members: Sequence[Member], make: Resolve) -> tuple[Pin, ...]:
    """Return the pins of a lock that covers what any of some locks does; none if there is none."""
    every = [member.lock for member in members]
    options = every[0].options.replace(
        extras=tuple(sorted({extra for lock in every for extra in lock.options.extras})),
        groups=tuple(sorted({group for lock in every for group in lock.options.groups})),
    )
    lock = every[0].replace(name=BASE, options=options)
    try:
        return make(Member(lock=lock), _pins_of(members)).pins
    except UvError:
        return ()


def _first_disagreement(
    members: Sequence[Member], now: Mapping[str, Resolution]
) -> tuple[Member, str] | None:
    return next(quarrels(_current(members, now)), None)


def _current(members: Sequence[Member], now: Mapping[str, Resolution]) -> list[Member]:
    """Return locks with the pins that they have now."""
    return [
        member.replace(pins=now[member.lock.name].pins) if member.lock.name in now else member
        for member in members
    ]
