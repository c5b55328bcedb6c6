"""Making locks: each is resolved, and takes the old one's place at once."""

from __future__ import annotations

import os
from contextlib import suppress

from lockhook._authoring import (
    cpu_policy,
    formats,
    installable,
    leftovers,
    locks,
    lockset,
    parts,
    pins,
    resolution,
    stamp,
)
from lockhook._authoring.quarrels import Member
from lockhook._authoring.resolution import Resolver, unwritable
from lockhook._authoring.side_by_side import side_by_side
from lockhook._authoring.verdict import HANDS_OFF
from lockhook._runtime.files import replace_text
from lockhook._runtime.names import normalize
from lockhook._runtime.record import Record
from lockhook.errors import LockfileError, LockhookError, UsageError, UvError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Final

    from packaging.requirements import Requirement

    from lockhook._authoring.diff import Change
    from lockhook._authoring.locks import ManagedLock
    from lockhook._authoring.pin import Pin
    from lockhook._authoring.resolution import Resolution
    from lockhook._authoring.uv import Uv


class Upgrade(Record):
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


_NONE: Final = Upgrade()


def _package(text: str) -> Requirement:
    from packaging.requirements import InvalidRequirement, Requirement

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


class Generated(Record):
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
    wanted: Sequence[ManagedLock], uv: Uv, upgrade: Upgrade = _NONE, *, quiet: bool = False
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
    # The progress of two at once would be none: only that which always runs shows its own.
    shown = [lock.name for lock in sorted(wanted, key=parts.size)][-1:]

    def make(member: Member, preferred: tuple[Pin, ...]) -> Resolution:
        hidden = quiet or member.lock.name not in shown
        return Resolver(
            lock=member.lock,
            uv=uv,
            preferred=preferred,
            limits=upgrade.limits,
            quiet=hidden,
            settled=member.settled,
        ).resolve()

    for lock in wanted:
        leftovers.sweep(lock)
    # All of them are read first, so that one which must not be replaced stops the others too.
    old, others = list(map(_found, wanted)), list(_others(wanted))
    now = lockset.resolve(
        [_member(found, upgrade, _settled(found, upgrade)) for found in old],
        [_member(found, upgrade) for found in others],
        make,
    )
    due = [
        _Due(found=found, now=now[found.lock.name])
        for found in (*old, *others)
        if found.lock.name in now
    ]
    notes = list(_notes(due, uv))
    before = [_refuse_to_overwrite(one) for one in due]
    for one, said, text in zip(due, notes, before, strict=True):
        yield _replace(one, text).replace(notes=said)


def _member(found: _Found, upgrade: Upgrade, settled: Resolution | None = None) -> Member:
    lock, text, old = found.lock, found.text, found.pins
    if lock.is_uvs:
        return Member(lock=lock, pins=old, fixed=True)
    kept = tuple(pin for pin in old if not upgrade.may_change(pin))
    leads = settled is None and not stamp.is_ours(text or "", lock.name)
    return Member(lock=lock, pins=kept, leads=leads, settled=settled)


def _settled(found: _Found, upgrade: Upgrade) -> Resolution | None:
    keeps = upgrade == _NONE and not found.lock.is_uvs
    return resolution.settled(found.lock, found.text or "", found.pins) if keeps else None


def relock(lock: ManagedLock, uv: Uv, *, quiet: bool = False) -> Generated:
    """Have uv make its own lock anew.

    Raises:
        LeakError: if the result brings an accelerator build; the lock is then as it was.
        UvError: if uv fails.
    """
    from lockhook._authoring import relock as relocking

    old = locks.read_text(lock.path) or ""
    new = relocking.relock(lock, uv, old, quiet=quiet)
    now = pins.read(new, lock.path)
    with suppress(LockfileError):
        return _generated(lock, changed=old != new, old=pins.read(old, lock.path), new=now)
    return _generated(lock, changed=True, old=(), new=now)


def _notes(due: Sequence[_Due], uv: Uv) -> Iterator[tuple[str, ...]]:
    """Yield what is to be said of each lock besides: what is lacking as far as uv's cache tells."""
    listed = _listed([one for one in due if one.is_untold()], uv)
    for one in due:
        lock, found = one.found.lock, one.now.pins
        accepted = cpu_policy.accepted(found, cpu_policy.of_lock(lock))
        lacking = installable.of_lock(lock, listed.get(lock.name, found))
        yield (*accepted, *lacking)


def _listed(untold: Sequence[_Due], uv: Uv) -> dict[str, tuple[Pin, ...]]:
    """Return the pins of locks with their files; uv is asked for one of several that share them."""
    among = parts.among([Member(lock=one.found.lock, pins=one.now.pins) for one in untold])

    def ask(one: _Due) -> tuple[Pin, ...]:
        resolver = Resolver(lock=one.found.lock, uv=uv, preferred=one.now.pins)
        with suppress(UvError):
            return resolver.listed(one.now.steered)
        return ()

    asked = [one for one in untold if one.found.lock.name not in among]
    names = [one.found.lock.name for one in asked]
    found = dict(zip(names, side_by_side(ask, asked), strict=True))
    for name, (small, large) in among.items():
        own = {(pin.name, pin.version) for pin in small.pins}
        found[name] = tuple(p for p in found[large.lock.name] if (p.name, p.version) in own)
    return found


class _Found(Record):
    """A lock as it lies on disk before uv runs: its text, None if there is none, and its pins."""

    lock: ManagedLock
    text: str | None
    pins: tuple[Pin, ...]


class _Due(Record):
    """A lock that was resolved, and waits to be written."""

    found: _Found
    now: Resolution

    def is_untold(self) -> bool:
        """Tell whether there is something new to say, and the lock lists no files to tell it."""
        text, lock = self.found.text, self.found.lock
        return text != _with_line_ends_of(text, self.now.text) and not lock.name.endswith(".toml")


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
                    yield _Found(lock=lock, text=text, pins=found)


def _found(lock: ManagedLock) -> _Found:
    text = locks.read_text(lock.path)
    return _Found(lock=lock, text=text, pins=_old_pins(lock, text))


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


def _refuse_to_overwrite(one: _Due) -> str | None:
    """Return what a lock is; raise if that is not what it was before uv ran.

    Raise too if it has a newer format than uv writes.
    """
    lock, read, text = one.found.lock, one.found.text, one.now.text
    # What was not there and is not there need not be looked for where git may have it.
    found = locks.read_text(lock.path) if read is not None or os.path.lexists(lock.path) else None
    # Another run may have come first, and kept the line ends that the file has.
    if found not in {read, text, _with_line_ends_of(read, text)}:
        raise LockhookError(
            "changed while uv ran, and is left as it is now", path=lock.path, hint="run it again"
        )
    formats.refuse_downgrade(lock, read or "", text)
    return found


def _replace(one: _Due, before: str | None) -> Generated:
    lock, text = one.found.lock, _with_line_ends_of(before, one.now.text)
    changed = before != text
    if changed:
        try:
            replace_text(lock.path, text)
        except OSError as error:
            raise unwritable(lock, error) from None
    return _generated(lock, changed=changed, old=one.found.pins, new=one.now.pins)


def _with_line_ends_of(old: str | None, text: str) -> str:
    """Return a text with the line ends of a file that has CRLF alone, as git may check it out."""
    lines = (old or "").count("\n")
    is_crlf = lines and (old or "").count("\r\n") == lines
    return text.replace("\n", "\r\n") if is_crlf else text


def _generated(
    lock: ManagedLock, *, changed: bool, old: tuple[Pin, ...], new: tuple[Pin, ...]
) -> Generated:
    return Generated(
        lock=lock,
        changed=changed,
        changes=tuple(_changes(lock, old, new)) if old != new else (),
        count=len({p.name for p in new}),
    )


def _changes(lock: ManagedLock, old: tuple[Pin, ...], new: tuple[Pin, ...]) -> Iterator[Change]:
    from packaging.specifiers import SpecifierSet

    from lockhook._authoring.diff import diff

    # Pins of a uv.lock have no markers of their own, and its root need not be a project.
    served = SpecifierSet("" if lock.is_uvs else f">={lock.lowest_python}")
    yield from diff(old, new, pythons=served)
