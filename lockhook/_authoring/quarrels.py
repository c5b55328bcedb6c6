"""Which locks of one project do not agree, though nothing says that they are to differ."""

from __future__ import annotations

import itertools
import sys

from lockhook._authoring.agreement import Side, disagreements
from lockhook._runtime.names import normalize
from lockhook._runtime.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from lockhook._authoring.locks import ManagedLock
    from lockhook._authoring.pin import Pin
    from lockhook._authoring.project import Project
    from lockhook._authoring.resolution import Resolution


class Member(Record):
    """One lock of a project.

    Attributes:
        lock: the lock.
        pins: those of its file that are to be kept where they hold.
        fixed: whether the others have to agree with it, as with uv's own lock.
        leads: whether a bot, a hand or uv wrote its pins after lockhook did, so that the others
            take them up rather than undo that.
        settled: what the lock is, if uv need only resolve the same for it to stay so to the byte.
    """

    lock: ManagedLock
    pins: tuple[Pin, ...] = ()
    fixed: bool = False
    leads: bool = False
    settled: Resolution | None = None


def coverage(member: Member) -> tuple[bool, int]:
    """Return what orders locks by how much they cover, that which is fixed last."""
    return member.fixed, len(member.lock.options.extras + member.lock.options.groups)


def quarrels(members: Sequence[Member]) -> Iterator[tuple[Member, str]]:
    """Yield each lock that does not agree with one that covers more, and a line that tells how."""
    ordered = sorted(members, key=coverage, reverse=True)
    for larger, member in itertools.combinations(ordered, 2):
        if not _are_meant_to_differ(larger.lock, member.lock):
            for reason in disagreements(_side(member), _side(larger)):
                yield member, reason


def _side(member: Member) -> Side:
    lock = member.lock
    return Side(
        name=lock.name,
        pins=member.pins,
        # Without a project, each of those that the lock is about has its own.
        python="" if lock.project.is_virtual else lock.lowest_python,
        system="" if lock.options.universal else sys.platform,
    )


def _are_meant_to_differ(one: ManagedLock, other: ManagedLock) -> bool:
    """Tell whether ``[tool.uv] conflicts`` says that what two locks cover cannot be together."""
    ours, theirs = covered(one), covered(other)
    return any(
        mine != yours
        for conflict in _conflicts(one.project)
        for mine in conflict & ours
        for yours in conflict & theirs
    )


def _conflicts(project: Project) -> Iterator[frozenset[tuple[str, str]]]:
    """Yield what of a project cannot be together, as it or the root of its workspace says."""
    for table in (project.uv.own, project.uv.locking):
        declared: Any = table.get("conflicts")
        for conflict in declared if isinstance(declared, list) else ():
            items = conflict if isinstance(conflict, list) else ()
            # Without a package, what the file that says it belongs to is meant.
            owner = project.name if table is project.uv.own else None
            yield frozenset(
                (str(kind), normalize(str(name)))
                for item in items
                if isinstance(item, dict) and _package(item, owner) == project.name
                for kind, name in item.items()
            )


def _package(item: Mapping[str, Any], owner: str | None) -> str | None:
    named = item.get("package", owner)
    return normalize(named) if isinstance(named, str) else None


def covered(lock: ManagedLock) -> frozenset[tuple[str, str]]:
    """Return the extras and groups that a lock names, each with its kind."""
    extras = (("extra", name) for name in lock.options.extras)
    return frozenset((*extras, *(("group", name) for name in lock.options.groups)))
