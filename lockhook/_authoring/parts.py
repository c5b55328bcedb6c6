"""Locks that are part of a larger one: what is known of that need not be asked again for them."""

from __future__ import annotations

import itertools

from lockhook._authoring.members import sources
from lockhook._authoring.quarrels import covered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from lockhook._authoring.config import LockOptions
    from lockhook._authoring.locks import ManagedLock
    from lockhook._authoring.pin import Pin
    from lockhook._authoring.quarrels import Member


def size(lock: ManagedLock) -> int:
    """Return how much a lock covers."""
    return len(covered(lock))


def among(members: Sequence[Member]) -> dict[str, tuple[Member, Member]]:
    """Return by its name each lock that is part of a larger one, with the largest of those."""
    ordered = sorted(members, key=lambda member: size(member.lock))
    return {
        small.lock.name: (small, large)
        for small, large in itertools.combinations(ordered, 2)
        if _is_part_of(small, large)
    }


def _is_part_of(small: Member, large: Member) -> bool:
    """Tell whether a lock is made like one that covers as much or more, which has all its pins."""
    ours, theirs = _by_name(small.pins), _by_name(large.pins)
    return (
        _way(small.lock) == _way(large.lock)
        and covered(small.lock) <= covered(large.lock)
        and all(theirs.get(name) == pins for name, pins in ours.items())
        # One extra may take a package from elsewhere than another one does.
        and not any({"extra", "group"} & entry.keys() for entry in _sources(small))
    )


def _way(lock: ManagedLock) -> tuple[LockOptions, bool]:
    """Return how a lock is made, whatever it covers."""
    return lock.options.replace(extras=(), groups=()), lock.name.endswith(".toml")


def _by_name(pins: Sequence[Pin]) -> dict[str, list[Pin]]:
    found: dict[str, list[Pin]] = {}
    for pin in pins:
        found.setdefault(pin.name, []).append(pin._replace(via=()))
    return found


def _sources(member: Member) -> Iterator[Mapping[str, Any]]:
    named = {pin.name for pin in member.pins}
    for entries in sources(member.lock.project, named).values():
        yield from (entry for entry, _ in entries)
