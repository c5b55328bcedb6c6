"""Is a lock fresh? Decided offline, from the lock, its project and git's index."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from lockhook._authoring import (
    changes,
    cpu_policy,
    git,
    inputs,
    installable,
    locks,
    lockset,
    members,
    pins,
    project,
    satisfaction,
    stamp,
    uv_metadata,
    uv_options,
)
from lockhook._authoring.lockset import Member
from lockhook.errors import LockfileError, LockhookError, UnknownInputsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockhook._authoring.changes import Change
    from lockhook._authoring.cpu_policy import Leak, Policy
    from lockhook._authoring.inputs import Inputs
    from lockhook._authoring.locks import ManagedLock
    from lockhook._authoring.pin import Pin
    from lockhook._authoring.stamp import Stamp

FRESH: Final = "fresh"
STALE: Final = "stale"
EDITED: Final = "edited"
MISSING: Final = "missing"
UNTRACKED: Final = "untracked"
DAMAGED: Final = "damaged"
FOREIGN: Final = "not a lock"
LEAK: Final = "leak"
DISAGREES: Final = "disagrees"
UNDECIDED: Final = "undecided"

# What to do where lockhook would have to overwrite what somebody wrote.
HANDS_OFF: Final = (
    "move it away, or give the lock another name under [tool.lockhook.locks] in pyproject.toml"
)

# One code for each verdict. Codes never change their meaning.
CODES: Final = {
    STALE: "LH201",
    EDITED: "LH202",
    MISSING: "LH203",
    UNTRACKED: "LH204",
    DAMAGED: "LH205",
    FOREIGN: "LH206",
    LEAK: "LH207",
    DISAGREES: "LH208",
    UNDECIDED: "LH209",
}


_UNTRACKED: Final = {
    git.UNTRACKED: "git does not track it: nobody else has it",
    git.IGNORED: "git ignores it: nobody else has it",
    git.AWAY: "it is a link out of the repository: nobody else has what it leads to",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What became of one lock.

    Attributes:
        lock: the lock.
        status: one of the constants of this module.
        reasons: one line for each input that changed, or what else is wrong.
        pins: those of the lock if it is fresh, as they were read to judge it.
    """

    lock: ManagedLock
    status: str
    reasons: tuple[str, ...] = ()
    pins: tuple[Pin, ...] = ()

    @property
    def is_current(self) -> bool:
        """Whether the file is right, tracked by git or not."""
        return self.status in {FRESH, UNTRACKED}

    @property
    def is_due(self) -> bool:
        """Whether the file is to be made anew."""
        return not self.is_current and self.status != UNDECIDED


def judge_all(
    wanted: Sequence[ManagedLock], known: dict[str, Verdict] | None = None
) -> list[Verdict]:
    """Return the verdicts on the locks of one project, which must also agree with each other.

    Reads only: no network, no uv, no writing.

    Args:
        wanted: the locks.
        known: what is known of the contents of some already, by path; others are added.

    Raises:
        LockfileError: if a file cannot be read.
        ProjectError: if the project does not say what a lock should hold.
        UsageError: if a lock's options name an extra or group that the project has not.
    """
    known = {} if known is None else known
    for lock in wanted:
        if lock.path not in known:
            known[lock.path] = _judge_if_known(lock)
    verdicts = [known[lock.path] for lock in wanted]
    verdicts = list(_judge_agreement(verdicts)) if len(verdicts) > 1 else verdicts
    return [_judge_tracking(one) if one.status == FRESH else one for one in verdicts]


def _judge_if_known(lock: ManagedLock) -> Verdict:
    try:
        return judge_content(lock)
    except UnknownInputsError as error:
        path = members.relative(error.path or "", lock.project.directory)
        reasons = (
            f"{path}: {error.reason}",
            "it is neither judged nor made anew",
            f"to mend it: {error.hint}",
        )
        return Verdict(lock=lock, status=UNDECIDED, reasons=reasons)


def _judge_agreement(verdicts: Sequence[Verdict]) -> Iterator[Verdict]:
    # What is made anew will agree, so only what would stay as it is can disagree.
    fresh = (verdict for verdict in verdicts if verdict.status == FRESH)
    members = [Member(lock=verdict.lock, pins=verdict.pins) for verdict in fresh]
    reasons: dict[str, list[str]] = {}
    for member, reason in lockset.quarrels(members):
        reasons.setdefault(member.lock.name, []).append(reason)
    for verdict in verdicts:
        found = reasons.get(verdict.lock.name)
        yield replace(verdict, status=DISAGREES, reasons=tuple(found)) if found else verdict


def judge_content(lock: ManagedLock) -> Verdict:
    """Return the verdict on a lock, tracked by git or not.

    Raises:
        LockfileError: if the file cannot be read.
        ProjectError: if the project does not say what the lock should hold.
        UsageError: if the lock's options name an extra or group that the project has not.
    """
    text = locks.read_text(lock.path)
    if text is None:
        if not lock.is_uvs:
            lock.inputs()  # which may be wrong in a way that has to be said first
        return Verdict(lock=lock, status=MISSING, reasons=("there is no such file",))
    verdict = _judge_text(lock, text)
    return _judge_policy(verdict, text) if verdict.status == FRESH else verdict


def _judge_text(lock: ManagedLock, text: str) -> Verdict:
    if lock.is_uvs:
        return _judge_uv_lock(lock, text)
    wanted = lock.inputs()
    found, body = stamp.extract(text, lock.name)
    if found is None:
        return _judge_unstamped(lock, text, wanted)
    changed = _changed(found, wanted)
    if reasons := tuple(_stale(found, wanted, changed, text, lock.path)):
        return Verdict(lock=lock, status=STALE, reasons=reasons)
    if stamp.body_digest(body) != found.body_digest:
        return _judge_edited(lock, text)
    if (name := stamp.made_as(body)) not in {"", lock.name}:
        return Verdict(lock=lock, status=STALE, reasons=(f"{_RENAMED} {name}",))
    reasons = tuple(f"{change}: its pins hold" for change in changed)
    return Verdict(lock=lock, status=FRESH, reasons=reasons)


def _judge_uv_lock(lock: ManagedLock, text: str) -> Verdict:
    """Judge uv's own lock by what uv wrote into it of the project and of its settings."""
    try:
        graph, document = pins.graph_of(text, lock.path)
        known = graph, document, lock.path, lock.project
        reasons = (*uv_metadata.changes(*known), *uv_options.changes(*known))
    except LockfileError as error:
        return Verdict(lock=lock, status=DAMAGED, reasons=(_place(error),))
    return Verdict(lock=lock, status=STALE if reasons else FRESH, reasons=reasons)


def _judge_policy(fresh: Verdict, text: str) -> Verdict:
    """Judge a lock that follows from its inputs by whether it is CPU-only."""
    policy = cpu_policy.of_lock(fresh.lock)
    found = pins.read(text, fresh.lock.path)
    if leaks := tuple(cpu_policy.leaks(found, policy)):
        reasons = (*map(str, leaks), *_mend(fresh.lock, leaks, policy))
        return replace(fresh, status=LEAK, reasons=reasons)
    notes = (*cpu_policy.accepted(found, policy), *installable.of_lock(fresh.lock, found))
    return replace(fresh, reasons=(*fresh.reasons, *notes), pins=found)


def _mend(lock: ManagedLock, leaks: Sequence[Leak], policy: Policy) -> Iterator[str]:
    from lockhook._authoring import relock  # which runs uv, as no fresh lock needs it

    lines = list(relock.lines_for(leaks, lock.project)) if lock.is_uvs else []
    if lines:
        yield "to mend it, pyproject.toml needs:"
        yield from lines
    else:
        yield f"to mend it: {cpu_policy.mend(leaks, policy)}"


# Whoever runs that command, such as a bot, would write to the old name.
_RENAMED: Final = "it was renamed: its header tells the command that makes"
_EDITED: Final = "it was changed after lockhook wrote it"


def _judge_edited(lock: ManagedLock, text: str) -> Verdict:
    try:
        pins.read(text, lock.path)
    except LockfileError as error:
        return Verdict(lock=lock, status=DAMAGED, reasons=(_EDITED, _place(error)))
    return Verdict(lock=lock, status=EDITED, reasons=(_EDITED,))


def _stale(
    found: Stamp, wanted: Inputs, changed: Sequence[Change], text: str, path: str
) -> Iterator[str]:
    if found.inputs_digest != found.inputs.digest() and found.scheme == inputs.SCHEME:
        yield "its stamp was changed after lockhook wrote it"
    if changed:
        try:
            held = pins.read(text, path)
        except LockfileError:
            held = ()
        if any(satisfaction.outgrown(changed, found, wanted, held)):
            yield from map(str, changed)


def _changed(found: Stamp, wanted: Inputs) -> tuple[Change, ...]:
    if found.inputs_digest == wanted.digest():
        return ()
    known = inputs.as_known(wanted, found.inputs, found.scheme)
    return tuple(changes.between(found.inputs, known))


def _judge_tracking(fresh: Verdict) -> Verdict:
    known = git.status(fresh.lock.path)
    if known in _UNTRACKED:
        return replace(fresh, status=UNTRACKED, reasons=(_UNTRACKED[known],))
    if known == git.UNKNOWN:
        return replace(fresh, reasons=(*fresh.reasons, _NO_GIT))
    return fresh


_NO_GIT: Final = "not known whether git tracks it: there is no git to ask"


def _judge_unstamped(lock: ManagedLock, text: str, wanted: Inputs) -> Verdict:
    """Judge a lock that uv, a bot or a hand wrote by whether its pins satisfy the inputs."""
    try:
        found = pins.read(text, lock.path)
    except LockfileError as error:
        status = _unreadable(text, lock)
        reasons = (
            _place(error),
            *([f"lockhook does not replace it: {HANDS_OFF}"] * (status == FOREIGN)),
        )
        return Verdict(lock=lock, status=status, reasons=reasons)
    claimed = installable.environments(lock)
    unsatisfied = satisfaction.unsatisfied(wanted, found, claimed)
    if reasons := (*unsatisfied, *_lacking(lock, text)):
        return Verdict(lock=lock, status=STALE, reasons=reasons)
    reasons = ("lockhook did not write it; its pins satisfy the project",)
    return Verdict(lock=lock, status=FRESH, reasons=reasons)


def _lacking(lock: ManagedLock, text: str) -> Iterator[str]:
    """Yield what a lock's options ask for, and who wrote it last left out."""
    if lock.options.hashes and not lock.name.endswith(".toml"):
        bare = pins.without_hashes(text, lock.path)
        if bare:
            yield f"hashes = true, and {len(bare)} packages have none: {', '.join(bare[:3])}"


def _unreadable(text: str, lock: ManagedLock) -> str:
    """Tell a lock that a merge or an accident damaged from a file that never was one."""
    try:
        pins.read_ours(text, lock.path)
    except LockfileError:
        return DAMAGED if pins.looks_generated(text) else FOREIGN
    return DAMAGED


def _place(error: LockfileError) -> str:
    # The report names the file already.
    return f"line {error.line}: {error.reason}" if error.line else error.reason


def faults(path: str) -> Iterator[tuple[str, str]]:
    """Yield what keeps a lock from being relied on: a status, and the reason.

    For whoever holds an environment against the lock: whether git tracks it is no matter there,
    and a lock that belongs to no project, or one that is uv's own, can only be edited.

    Args:
        path: the lock; it can be read.
    """
    if not os.path.isfile(path):
        return  # a pipe was read once, and has no more to give
    try:
        lock = _managed(path)
        if lock is None:
            yield from _edited(path)
            return
        verdict = judge_content(lock)
    except LockhookError as error:
        yield "unverifiable", f"not known whether the lock is fresh: {error}"
        return
    status = EDITED if _EDITED in verdict.reasons else verdict.status
    if status in {STALE, EDITED}:
        yield from ((status, f"the lock is {status}: {why}") for why in verdict.reasons)


def _managed(path: str) -> ManagedLock | None:
    """Return a lock as the project beside it knows it, None if that does not."""
    path = os.path.abspath(path)
    directory = os.path.dirname(path)
    if not os.path.isfile(os.path.join(directory, project.FILE)):
        return None
    found = locks.locks_of(project.load(directory))
    return next((lock for lock in found if lock.path == path), None)


def _edited(path: str) -> Iterator[tuple[str, str]]:
    found, body = stamp.extract(locks.read_text(path) or "", path)
    if found and stamp.body_digest(body) != found.body_digest:
        yield EDITED, f"the lock is edited: {_EDITED}"
