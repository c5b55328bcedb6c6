"""Is a lock fresh? Decided offline, from the lock, its project and git's index."""

from __future__ import annotations

from lockhook._authoring import cpu_policy, git, installable, locks, members, plain_pins, stamp
from lockhook._authoring.verdict import (
    DAMAGED,
    DISAGREES,
    EDITED,
    FRESH,
    LEAK,
    MISSING,
    STALE,
    UNDECIDED,
    UNTRACKED,
    Verdict,
    place,
)
from lockhook.errors import LockfileError, UnknownInputsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Final

    from lockhook._authoring.changes import Change
    from lockhook._authoring.cpu_policy import Leak, Policy
    from lockhook._authoring.locks import ManagedLock

_UNTRACKED: Final = {
    git.UNTRACKED: "git does not track it: nobody else has it",
    git.IGNORED: "git ignores it: nobody else has it",
    git.AWAY: "it is a link out of the repository: nobody else has what it leads to",
}


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
    tracking = git.statuses(one.lock.path for one in verdicts if one.status == FRESH)
    return [_judge_tracking(one, tracking.get(one.lock.path, git.TRACKED)) for one in verdicts]


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
    from lockhook._authoring.quarrels import Member, quarrels

    # What is made anew will agree, so only what would stay as it is can disagree.
    fresh = (verdict for verdict in verdicts if verdict.status == FRESH)
    held = [Member(lock=verdict.lock, pins=verdict.pins) for verdict in fresh]
    reasons: dict[str, list[str]] = {}
    for member, reason in quarrels(held):
        reasons.setdefault(member.lock.name, []).append(reason)
    for verdict in verdicts:
        found = reasons.get(verdict.lock.name)
        yield verdict.replace(status=DISAGREES, reasons=tuple(found)) if found else verdict


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
        from lockhook._authoring import unstamped  # what judges requirements one by one

        return unstamped.judge(lock, text, wanted)
    changed: tuple[Change, ...] = ()
    if not found.inputs_digest == found.inputs.digest() == wanted.digest():
        from lockhook._authoring import drift

        changed = drift.changes_of(found, wanted)
        if reasons := tuple(drift.outgrown(found, wanted, changed, text, lock.path)):
            return Verdict(lock=lock, status=STALE, reasons=reasons)
    if stamp.body_digest(body) != found.body_digest:
        return _judge_edited(lock, text)
    if (name := stamp.made_as(body)) not in {"", lock.name}:
        return Verdict(lock=lock, status=STALE, reasons=(f"{_RENAMED} {name}",))
    reasons = tuple(f"{change}: its pins hold" for change in changed)
    return Verdict(lock=lock, status=FRESH, reasons=reasons)


def _judge_uv_lock(lock: ManagedLock, text: str) -> Verdict:
    """Judge uv's own lock by what uv wrote into it of the project and of its settings."""
    from lockhook._authoring import uv_metadata, uv_options

    try:
        graph, document = plain_pins.graph_of(text, lock.path)
        known = graph, document, lock.path, lock.project
        reasons = (*uv_metadata.changes(*known), *uv_options.changes(*known))
    except LockfileError as error:
        return Verdict(lock=lock, status=DAMAGED, reasons=(place(error),))
    return Verdict(lock=lock, status=STALE if reasons else FRESH, reasons=reasons)


def _judge_policy(fresh: Verdict, text: str) -> Verdict:
    """Judge a lock that follows from its inputs by whether it is CPU-only."""
    policy = cpu_policy.of_lock(fresh.lock)
    found = plain_pins.read(text, fresh.lock.path)
    if leaks := tuple(cpu_policy.leaks(found, policy)):
        reasons = (*map(str, leaks), *_mend(fresh.lock, leaks, policy))
        return fresh.replace(status=LEAK, reasons=reasons)
    notes = (*cpu_policy.accepted(found, policy), *installable.of_lock(fresh.lock, found))
    return fresh.replace(reasons=(*fresh.reasons, *notes), pins=found)


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
CHANGED: Final = "it was changed after lockhook wrote it"


def _judge_edited(lock: ManagedLock, text: str) -> Verdict:
    try:
        plain_pins.read(text, lock.path)
    except LockfileError as error:
        return Verdict(lock=lock, status=DAMAGED, reasons=(CHANGED, place(error)))
    return Verdict(lock=lock, status=EDITED, reasons=(CHANGED,))


def _judge_tracking(verdict: Verdict, known: str) -> Verdict:
    if known in _UNTRACKED:
        return verdict.replace(status=UNTRACKED, reasons=(_UNTRACKED[known],))
    if known == git.UNKNOWN:
        return verdict.replace(reasons=(*verdict.reasons, _NO_GIT))
    return verdict


_NO_GIT: Final = "not known whether git tracks it: there is no git to ask"
