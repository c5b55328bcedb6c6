"""The locks of one project, resolved so that they agree with each other."""

from __future__ import annotations

from functools import reduce

from lockhook._authoring import pins
from lockhook._authoring.config import BASE
from lockhook._authoring.quarrels import coverage, quarrels
from lockhook._authoring.side_by_side import side_by_side
from lockhook.errors import DisagreementError, UvError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Final

    from lockhook._authoring.locks import ManagedLock
    from lockhook._authoring.pin import Pin
    from lockhook._authoring.quarrels import Member

    Resolve = Callable[[ManagedLock, tuple[Pin, ...]], str]


def resolve(wanted: Sequence[Member], others: Sequence[Member], make: Resolve) -> Mapping[str, str]:
    """Return the texts of some locks of a project, by their names.

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
    texts = _at_once(wanted, others, make, lead)
    found = _first_disagreement(everyone, texts)
    if found and len(wanted) > 1:
        texts = _in_turn(wanted, others, make, lead)
        found = _first_disagreement(everyone, texts)
    if len(everyone) > 1 and (held := _held(everyone, texts)) != lead:
        return resolve([_with_only(member, held) for member in wanted], others, make)
    if found and len(free) > len(wanted):
        texts = _in_turn(free, fixed, make, lead)
        found = _first_disagreement(everyone, texts)
    if found and lead:
        return resolve(_equal(wanted), _equal(others), make)
    if found:
        texts = _in_turn(free, fixed, make, _union(free, make))
        found = _first_disagreement(everyone, texts)
    if found:
        member, reason = found
        raise DisagreementError(
            f"cannot agree with the project's other locks: {reason}",
            path=member.lock.path,
            hint=_CONFLICT,
        )
    return texts


_CONFLICT: Final = (
    "loosen the requirements that keep them apart, or declare the extras and groups under "
    "[tool.uv] conflicts in pyproject.toml"
)


def _equal(members: Sequence[Member]) -> list[Member]:
    return [member.replace(leads=False) for member in members]


def _leading(everyone: Sequence[Member]) -> tuple[Pin, ...]:
    return tuple(pin for member in everyone if member.leads for pin in member.pins)


def _held(everyone: Sequence[Member], texts: Mapping[str, str]) -> tuple[Pin, ...]:
    """Return the leading pins that still hold: others must not keep a lock from its neighbours'."""
    made = _leading(_current(everyone, texts))
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
) -> dict[str, str]:
    """Return the texts of locks that know nothing of each other but the pins that they had.

    Mostly they agree all the same, and then it took no longer than one of them.
    """
    fixed = _pins_of([member for member in others if member.fixed])
    known = _pins_of(sorted([*wanted, *others], key=coverage, reverse=True))

    def text(member: Member) -> str:
        return make(member.lock, reduce(merged, (first, fixed, member.pins, known)))

    names = [member.lock.name for member in wanted]
    return dict(zip(names, side_by_side(text, wanted), strict=True))


def _in_turn(
    wanted: Sequence[Member],
    others: Sequence[Member],
    make: Resolve,
    first: tuple[Pin, ...] = (),
) -> dict[str, str]:
    made, texts = first, dict[str, str]()
    names = {member.lock.name for member in wanted}
    ordered = sorted([*wanted, *others], key=coverage, reverse=True)
    # What a lock does not have yet, another one may: a new lock upgrades none of those that stand.
    known = _pins_of(ordered)
    for member in ordered:
        lock, found = member.lock, member.pins
        if lock.name in names:
            texts[lock.name] = make(lock, merged(merged(made, found), known))
            found = pins.read(texts[lock.name], lock.path)
        made = merged(made, found)
    return texts


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
        return pins.read(make(lock, _pins_of(members)), lock.path)
    except UvError:
        return ()


def _first_disagreement(
    members: Sequence[Member], texts: Mapping[str, str]
) -> tuple[Member, str] | None:
    return next(quarrels(_current(members, texts)), None)


def _current(members: Sequence[Member], texts: Mapping[str, str]) -> list[Member]:
    """Return locks with the pins that they have now."""
    return [
        member.replace(pins=pins.read(texts[name], member.lock.path)) if name in texts else member
        for member in members
        for name in [member.lock.name]
    ]
