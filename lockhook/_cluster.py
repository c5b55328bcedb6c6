"""`lockhook.guard` and `lockhook.verify` on all ranks of an MPI job at once.

Imported only where a communicator was given.
"""

from __future__ import annotations

import os
import sys
from functools import partial

from lockhook import __version__
from lockhook._guard import (
    ON_FAILURE,
    SWITCHED_OFF,
    UNDECIDED,
    VARIABLE,
    one_of,
    refuse,
    say,
    say_that_it_is_misspelt,
    say_what_is_not_enforced,
    unchecked,
    write,
)
from lockhook._runtime import communicator, environment, nodes, tally
from lockhook._runtime.names import visible
from lockhook._runtime.record import Record
from lockhook.errors import ClusterError, LockhookError, LockMismatch, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lockhook._guard import Path
    from lockhook._runtime.communicator import Comm
    from lockhook._runtime.model import Asked
    from lockhook._runtime.policy import Policy
    from lockhook._runtime.report import Report
    from lockhook._runtime.tally import Tally

    # How many ranks have which version of lockhook, and which mode: plain, since another version
    # has to understand it.
    Offers = Mapping[tuple[str, str], int]

_MODES = ("off", "warn", "enforce")  # the strictest last
INTERRUPTED = 130


class Question(Record):
    """What one rank was called with.

    Attributes:
        lockfile: the lock, None if it is to be found.
        ask: makes of the arguments what to let pass and what to judge.
        judge: looks at the disk.
        python: another interpreter to look at, "" for this one.
    """

    lockfile: Path | None
    ask: Callable[[], tuple[Policy, Asked]]
    judge: Callable[[Policy, Asked], Report]
    python: str = ""


class Verdict(Record):
    """What all ranks leave with.

    Attributes:
        report: of all of them.
        code: the exit code: the gravest of theirs.
        unwritten: why the report is not where it was to be written, or None.
    """

    report: Report
    code: int
    unwritten: UsageError | None = None


def guard(comm: Comm, question: Question, *, record: Path | None, on_failure: str) -> Report:
    """Refuse to go on, on every rank, unless the packages of all are what the lock says.

    Args:
        comm: the ranks.
        question: what this one was called with.
        record: a file to write the JSON report to; rank 0 does.
        on_failure: as `lockhook.guard` has it.
    """
    question, on_failure = _checked(question, "on_failure", on_failure, ON_FAILURE)

    def publish(offers: Offers, verdict: Verdict) -> Verdict:
        verdict = recorded(verdict, record)
        _say_how_modes_differ(offers)
        say_what_is_not_enforced(verdict.report)
        _tell(verdict, on_failure)
        return verdict

    # What the operator wants on this rank; the strictest holds for all.
    mode = os.environ.get(VARIABLE) or "enforce"
    try:
        verdict, interruption = decide(comm, question, mode, publish)
    except UsageError as error:  # the ranks have no communicator, so each says it for itself
        refuse(error, on_failure)
        return unchecked(question.lockfile, str(error))
    if on_failure == "exit" and verdict.code and verdict.report.guard == "enforce":
        raise SystemExit(verdict.code)
    if interruption:
        raise interruption
    if on_failure == "raise" and verdict.code and verdict.report.guard == "enforce":
        raise error_of(verdict)
    return verdict.report


def verify(comm: Comm, question: Question, *, record: Path | None, undecided: str) -> Report:
    """Return the report of all ranks, on every one of them.

    Raises:
        ClusterError: on every rank, if something cannot be decided on one, and `undecided` is not
            ``"report"``.
        UsageError: on every rank, if the report cannot be written.
    """
    question, undecided = _checked(question, "undecided", undecided, UNDECIDED)
    verdict, interruption = decide(
        comm, question, "enforce", lambda _, verdict: recorded(verdict, record)
    )
    if interruption:
        raise interruption
    if verdict.code > LockMismatch.exit_code and undecided == "raise":
        raise error_of(verdict)
    if verdict.unwritten:
        raise verdict.unwritten
    return verdict.report


def report_of(question: Question) -> Report:
    """Return what one process finds; whatever keeps it from deciding is the report's reason."""
    own = _Own(question)
    report = own.report("enforce")[0]
    if own.interruption:
        raise own.interruption
    return report


def _checked(
    question: Question, argument: str, value: str, choices: tuple[str, ...]
) -> tuple[Question, str]:
    """Return a question, and an argument; if that makes no sense, this is for all ranks to know."""
    try:
        one_of(argument, value, choices)
    except UsageError as error:
        return question.replace(ask=partial(_refuse, error)), "raise"
    return question, value


def _refuse(error: UsageError) -> tuple[Policy, Asked]:
    raise error


def decide(
    comm: Comm, question: Question, mode: str, publish: Callable[[Offers, Verdict], Verdict]
) -> tuple[Verdict, BaseException | None]:
    """Come to one verdict with all other ranks.

    Args:
        comm: the ranks.
        question: what this one was called with.
        mode: ``enforce``, ``warn`` or ``off``, as the operator of this rank spells it.
        publish: runs on rank 0 before any other rank goes on; takes what the ranks offered and the
            verdict, and may make it graver.

    Returns:
        The verdict, and what interrupted this rank.

    Raises:
        UsageError: if that is no communicator.
    """
    own = _Own(question)

    def conclude(offers: Offers, found: Tally | None) -> Verdict | None:
        if found is not None:
            return publish(offers, _verdict(found))
        # Nothing is passed around that another version of lockhook might not understand.
        publish(offers, _of_several_versions(offers))
        return None

    steps = communicator.Steps(
        offer={(__version__, mode): 1},
        agree=_added,
        key=own.key,
        look=own.look,
        join=_joined,
        nothing=None,
        conclude=conclude,
    )
    offers, verdict = communicator.run(comm, steps)
    return verdict if _is_one_version(offers) else _of_several_versions(offers), own.interruption


class _Own:
    """The part of one rank: nothing that happens in it leaves it but as a verdict."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.failure: BaseException | None = None
        self.interruption: BaseException | None = None
        try:
            self.policy, self.asked = question.ask()
            self.key = _key(question, self.policy, self.asked)
        except BaseException as error:  # noqa: BLE001 - the others wait for this rank
            self.failure, self.key = error, repr(error).encode("utf-8", "backslashreplace")

    def look(self, offers: Offers, ranks: int) -> Tally | None:
        if not _is_one_version(offers):
            return None
        report, code = self.report(_strictest(offers))
        host = report.environment["hostname"]
        return tally.of([tally.Look(host=host, ranks=ranks, code=code)], report)

    def report(self, mode: str) -> tuple[Report, int]:
        """Return the verdict of this rank alone, and the exit code that it stands for."""
        if self.failure:
            return self._failed(self.failure, mode)
        try:
            if mode == "off":
                return unchecked(self.question.lockfile, SWITCHED_OFF).replace(guard=mode), 0
            report = self.question.judge(self.policy, self.asked).replace(guard=mode)
        except BaseException as error:  # noqa: BLE001 - the others wait for this rank
            return self._failed(error, mode)
        return report, 0 if report.ok else LockMismatch.exit_code

    def _failed(self, error: BaseException, mode: str) -> tuple[Report, int]:
        reason, hint, code = str(error), None, LockhookError.exit_code
        if isinstance(error, LockhookError):
            hint, code = error.hint, error.exit_code
        elif isinstance(error, Exception):
            reason = f"{type(error).__name__}: {reason} ({_place(error)})"
        else:  # Ctrl-C, or somebody's handler of a signal
            self.interruption = error
            reason, code = "interrupted", INTERRUPTED
        report = unchecked(_named(self.question.lockfile), reason)
        return report.replace(guard=mode, advice=(hint,) if hint else ()), code


def _place(error: BaseException) -> str:
    traceback = error.__traceback__
    while traceback and traceback.tb_next:
        traceback = traceback.tb_next
    if traceback is None:
        return "nowhere"
    return f"{os.path.basename(traceback.tb_frame.f_code.co_filename)}:{traceback.tb_lineno}"


def _named(lockfile: object) -> Path | None:
    """Return the lock as it was named, None if that is no path."""
    return lockfile if isinstance(lockfile, (str, bytes, os.PathLike)) else None  # type: ignore[return-value]


def _key(question: Question, policy: Policy, asked: Asked) -> bytes:
    """Return what tells ranks of one node apart that would not see the same."""
    from hashlib import sha256

    here = environment.current()
    lock = (
        (os.path.abspath(os.fsdecode(question.lockfile)),)
        if question.lockfile is not None
        else (os.getcwd(), getattr(sys.modules.get("__main__"), "__file__", None))
    )
    parts = (
        here.replace(hostname=""),
        lock,
        os.environ.get("LOCKHOOK_LOCKFILE"),
        policy,
        asked,
        question.python,
        getattr(os, "geteuid", int)(),
        _mounts(),
    )
    return sha256(repr(parts).encode("utf-8", "backslashreplace")).digest()


def _mounts() -> str:
    """Return what two containers on one node differ in, "" where nothing tells."""
    try:
        return os.readlink("/proc/self/ns/mnt")
    except OSError:
        return ""


def _added(one: Offers, other: Offers) -> Offers:
    return {offer: one.get(offer, 0) + other.get(offer, 0) for offer in {**one, **other}}


def _joined(one: Tally | None, other: Tally | None) -> Tally | None:
    return tally.join(one, other) if one and other else one or other


def _is_one_version(offers: Offers) -> bool:
    return len({version for version, _ in offers}) == 1


def _strictest(offers: Offers) -> str:
    return max((mode if mode in _MODES else "enforce" for _, mode in offers), key=_MODES.index)


def _verdict(found: Tally) -> Verdict:
    # Only where the verdicts come together.
    from lockhook._runtime import merge

    report = merge.of_tally(found)
    gravest = max(look.code for look in found.looks)
    passes = report.ok or report.guard == "off"
    return Verdict(report=report, code=gravest if passes else max(gravest, LockMismatch.exit_code))


def _of_several_versions(offers: Offers) -> Verdict:
    told = _counted(offers, 0)
    reason = f"the ranks have different versions of lockhook ({told})"
    report = unchecked(None, reason).replace(
        guard=_strictest(offers), advice=("install one version of lockhook for all ranks",)
    )
    return Verdict(report=type(report).merge([report]), code=LockhookError.exit_code)


def _counted(offers: Offers, which: int) -> str:
    ranks: dict[str, int] = {}
    for offer, count in offers.items():
        ranks[offer[which]] = ranks.get(offer[which], 0) + count
    return ", ".join(f"{what} on {count:,}" for what, count in sorted(ranks.items()))


def recorded(verdict: Verdict, path: Path | None) -> Verdict:
    """Write the report, if it is to be written, and return the verdict with how that went."""
    if path is None:
        return verdict
    try:
        write(verdict.report, os.fsdecode(path))
    except UsageError as error:
        return verdict.replace(code=verdict.code or error.exit_code, unwritten=error)
    return verdict


def _tell(verdict: Verdict, on_failure: str) -> None:
    report = verdict.report
    if report.ok:
        for finding in report.findings:
            if finding.status in {"uneven", "inapplicable"}:
                subject = finding.package or report.lockfile
                say(f"lockhook: {visible(subject)}: {visible(finding.message)}")
    elif report.guard == "enforce" and on_failure == "exit":
        say(str(report))
    elif report.guard == "enforce" and on_failure == "warn":
        import logging

        logging.getLogger("lockhook").warning("%s", report)
    if verdict.unwritten and on_failure != "raise":
        say(f"lockhook: {visible(str(verdict.unwritten))}")


def _say_how_modes_differ(offers: Offers) -> None:
    for mode in sorted({mode for _, mode in offers} - set(_MODES)):
        say_that_it_is_misspelt(mode)
    if len({mode for _, mode in offers}) > 1:
        told, holds = _counted(offers, 1), _strictest(offers)
        say(f"lockhook: {VARIABLE} differs between ranks ({told}): {holds} holds for all")


def error_of(verdict: Verdict) -> LockhookError:
    """Return what to raise for a verdict with another exit code than 0."""
    if verdict.code == LockMismatch.exit_code:
        return LockMismatch(verdict.report)
    cluster = verdict.report.cluster
    undecided = [group for group in cluster.groups if not group.is_decided] if cluster else []
    if verdict.unwritten and not undecided:
        return verdict.unwritten
    hosts = frozenset().union(*(group.hosts for group in undecided))
    where = f"{nodes.shorten(hosts)} ({len(hosts):,} of {len(cluster.hosts if cluster else ()):,})"
    reasons = "; ".join(dict.fromkeys(group.report.reason for group in undecided[:3]))
    return ClusterError(
        f"cannot be decided on {where}: {reasons}", verdict.report, exit_code=verdict.code
    )
