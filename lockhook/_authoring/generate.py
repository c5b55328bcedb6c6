"""Making locks: each is resolved, and takes the old one's place at once."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet

from lockhook._authoring import (
    cpu_policy,
    formats,
    installable,
    leftovers,
    locks,
    lockset,
    pins,
    stamp,
)
from lockhook._authoring import relock as relocking
from lockhook._authoring.diff import diff
from lockhook._authoring.quarrels import Member
from lockhook._authoring.resolution import Resolver, unwritable
from lockhook._authoring.side_by_side import side_by_side
from lockhook._authoring.verdict import HANDS_OFF
from lockhook._runtime.files import replace_text
from lockhook._runtime.names import normalize
from lockhook.errors import LeakError, LockfileError, LockhookError, UsageError, UvError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockhook._authoring.diff import Change
    from lockhook._authoring.locks import ManagedLock
    from lockhook._authoring.pin import Pin
    from lockhook._authoring.uv import Uv


@dataclass(frozen=True, kw_only=True, slots=True)
class Upgrade:
    """What may leave the pins that it has.

    Attributes:
        everything: all packages.
        packages: normalised names.
        limits: of those the ones that were given with a version, such as ``numpy<2``.
    """

    everything: bool = False
    packages: frozenset[str] = frozenset()
    limits: tuple[str, ...] = ()

    @classmethod
    def parse(cls, packages: Sequence[str], *, everything: bool = False) -> Upgrade:
        """Return an upgrade of packages as they are given on a command line.

        Raises:
            UsageError: if one is neither a name nor a name with versions.
        """
        found = [_package(text) for text in packages]
        return cls(
            everything=everything,
            packages=frozenset(one.name for one in found),
            limits=tuple(f"{one.name}{one.specifier}" for one in found if one.specifier),
        )

    def may_change(self, pin: Pin) -> bool:
        """Tell whether a pin need not be kept."""
        return self.everything or pin.name in self.packages


def _package(text: str) -> Requirement:
    try:
        found = Requirement(text)
    except InvalidRequirement:
        found = None
    if found is None or found.url or found.marker or found.extras:
        raise UsageError(
            f"--upgrade-package {text!r} is not a package",
            hint="give a name such as numpy, or a name with versions such as 'numpy<2.3'",
        )
    found.name = normalize(found.name)
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Generated:
    """One lock that was made.

    Attributes:
        lock: the lock.
        changed: whether its bytes differ from what was there.
        changes: what became of its pins.
        count: how many packages it pins.
        notes: one line for each exemption that is in force, and for each package of which a
            platform has no file.
    """

    lock: ManagedLock
    changed: bool
    changes: tuple[Change, ...]
    count: int
    notes: tuple[str, ...] = ()


def generate(
    wanted: Sequence[ManagedLock], uv: Uv, upgrade: Upgrade = Upgrade(), *, quiet: bool = False
) -> Iterator[Generated]:
    """Make locks of one project, and yield each when it stands.

    They agree with each other and with the project's other locks, which are made anew too where
    there is no other way. All are resolved before the first is written.

    Raises:
        LeakError, DisagreementError: if what uv resolves is not what a lock may hold.
        UvError: if uv fails. All locks are then as they were.
        LockfileError: if a file would be replaced that is no lock.
        ProjectError, UsageError: if the project does not say what to lock.
    """

    def make(lock: ManagedLock, preferred: tuple[Pin, ...]) -> str:
        # The progress of two at once would be none: only the first shows its own.
        hidden = quiet or lock.name != wanted[0].name
        return Resolver(
            lock=lock, uv=uv, preferred=preferred, limits=upgrade.limits, quiet=hidden
        ).resolve()

    def member(found: _Found) -> Member:
        is_uvs = found.lock.is_uvs
        kept = tuple(pin for pin in found.pins if is_uvs or not upgrade.may_change(pin))
        leads = not is_uvs and not stamp.is_ours(found.text or "", found.lock.name)
        return Member(lock=found.lock, pins=kept, fixed=is_uvs, leads=leads)

    for lock in wanted:
        leftovers.sweep(lock)
    # All of them are read first, so that one which must not be replaced stops the others too.
    old, others = list(map(_found, wanted)), list(_others(wanted))
    texts = lockset.resolve(list(map(member, old)), list(map(member, others)), make)
    due = [found for found in (*old, *others) if found.lock.name in texts]
    for found in due:
        _refuse_to_overwrite(found.lock, found.text, texts[found.lock.name])
    notes = side_by_side(lambda found: tuple(_notes(found, texts[found.lock.name], uv)), due)
    for found, said in zip(due, notes, strict=True):
        yield replace(_replace(found.lock, texts[found.lock.name], found.pins), notes=said)


def relock(lock: ManagedLock, uv: Uv, *, quiet: bool = False) -> Generated:
    """Have uv make its own lock anew.

    Raises:
        LeakError: if the result brings an accelerator build; the lock is then as it was.
        UvError: if uv fails.
    """
    old = locks.read_text(lock.path) or ""
    new = relocking.relock(lock, uv, old, quiet=quiet)
    with suppress(LockfileError):
        return _generated(lock, new, changed=old != new, old=pins.read(old, lock.path))
    return _generated(lock, new, changed=True, old=())


def _notes(old: _Found, text: str, uv: Uv) -> Iterator[str]:
    """Yield what is to be said of a lock besides: what is lacking as far as uv's cache tells."""
    lock, found = old.lock, pins.read(text, old.lock.path)
    yield from cpu_policy.accepted(found, cpu_policy.of_lock(lock))
    if old.text != _with_line_ends_of(old.text, text) and not lock.name.endswith(".toml"):
        # The lock lists no files; uv is asked only where there is something new to say.
        with suppress(UvError, LeakError):
            found = Resolver(lock=lock, uv=uv, preferred=found).listed()
    yield from installable.of_lock(lock, found)


class _Found(NamedTuple):
    """A lock as it lies on disk before uv runs: its text, None if there is none, and its pins."""

    lock: ManagedLock
    text: str | None
    pins: tuple[Pin, ...]


def _others(wanted: Sequence[ManagedLock]) -> Iterator[_Found]:
    """Yield the further locks of a project, whoever wrote them, with their pins."""
    names = {lock.name for lock in wanted}
    for lock in locks.locks_of(wanted[0].project) if wanted else ():
        if lock.name not in names and os.path.exists(lock.path):
            with suppress(LockfileError):
                text = locks.read_text(lock.path)
                found = pins.read(text or "", lock.path)
                # With a lock of uv that leaks, no lock can agree.
                if not (lock.is_uvs and any(cpu_policy.leaks(found, cpu_policy.of_lock(lock)))):
                    yield _Found(lock, text, found)


def _found(lock: ManagedLock) -> _Found:
    text = locks.read_text(lock.path)
    return _Found(lock, text, _old_pins(lock, text))


def _old_pins(lock: ManagedLock, text: str | None) -> tuple[Pin, ...]:
    """Return the pins to keep.

    Raises:
        LockfileError: if the file is there and no lock, nor ever was one.
    """
    if text is None:
        return ()
    try:
        return pins.read_ours(text, lock.path)
    except LockfileError as error:
        if pins.looks_generated(text):
            return ()
        raise LockfileError(
            f"is no lock, and lockhook does not replace it: {error.reason}",
            path=error.path,
            line=error.line,
            hint=HANDS_OFF,
        ) from None


def _refuse_to_overwrite(lock: ManagedLock, read: str | None, text: str) -> None:
    """Raise if a lock is not what it was before uv ran, or has a newer format than uv writes."""
    found = locks.read_text(lock.path)
    # Another run may have come first, and kept the line ends that the file has.
    if found not in {read, text, _with_line_ends_of(read, text)}:
        raise LockhookError(
            "changed while uv ran, and is left as it is now", path=lock.path, hint="run it again"
        )
    formats.refuse_downgrade(lock, read or "", text)


def _replace(lock: ManagedLock, text: str, old: tuple[Pin, ...]) -> Generated:
    before = locks.read_text(lock.path)
    text = _with_line_ends_of(before, text)
    changed = before != text
    if changed:
        try:
            replace_text(lock.path, text)
        except OSError as error:
            raise unwritable(lock, error) from None
    return _generated(lock, text, changed=changed, old=old)


def _with_line_ends_of(old: str | None, text: str) -> str:
    """Return a text with the line ends of a file that has CRLF alone, as git may check it out."""
    lines = (old or "").count("\n")
    is_crlf = lines and (old or "").count("\r\n") == lines
    return text.replace("\n", "\r\n") if is_crlf else text


def _generated(lock: ManagedLock, text: str, *, changed: bool, old: tuple[Pin, ...]) -> Generated:
    new = pins.read(text, lock.path)
    # Pins of a uv.lock have no markers of their own, and its root need not be a project.
    served = SpecifierSet("" if lock.is_uvs else f">={lock.lowest_python}")
    return Generated(
        lock=lock,
        changed=changed,
        changes=tuple(diff(old, new, pythons=served)),
        count=len({p.name for p in new}),
    )
