"""`lockhook.guard` and `lockhook.verify`: the check at the entry point of a benchmark.

It stands above both halves: only the authoring half knows whether a lock is stale, and only
``strict=True`` and `verify` ask for that.
"""

from __future__ import annotations

import os
import sys

import lockhook
from lockhook._runtime import environment as environments
from lockhook._runtime import glance
from lockhook._runtime.names import visible
from lockhook._runtime.policy import Policy
from lockhook._runtime.report import Report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike
    from typing import Literal

    from lockhook._cluster import Question
    from lockhook._runtime.communicator import Comm
    from lockhook._runtime.model import Asked
    from lockhook._runtime.verification import Faults
    from lockhook.errors import LockhookError, UsageError

    Path = str | PathLike[str]
    Integrity = bool | Literal["size", "hash"]
    Accelerator = Literal["cpu", "any"] | None

UNDECIDED = ("raise", "report")
ON_FAILURE = ("exit", "raise", "warn")
VARIABLE = "LOCKHOOK_GUARD"
SWITCHED_OFF = f"{VARIABLE}=off: nothing was checked"


def verify(
    lockfile: Path | None = None,
    *,
    extras: Iterable[str] = (),
    groups: Iterable[str] = (),
    skip: Iterable[str] = ("mpi4py",),
    allow_missing: bool = False,
    strict: bool = False,
    integrity: Integrity = False,
    accelerator: Accelerator = None,
    comm: Comm | None = None,
    record: Path | None = None,
    undecided: Literal["raise", "report"] = "raise",
) -> Report:
    """Compare the installed packages with a lock. Prints nothing and never exits.

    Args:
        lockfile: the lock; found as the README tells if it is None.
        extras: those of a ``pylock.toml`` or ``uv.lock`` to judge too.
        groups: its dependency groups to judge too.
        skip: packages to leave out, by name.
        allow_missing: let a package pass that is in the lock and not installed.
        strict: fail also for extra packages, for what no record can prove, and for another
            build of a locked version.
        integrity: ``"size"`` or ``"hash"`` (or True) to hold every file of the locked packages
            against its RECORD.
        accelerator: ``"cpu"`` or ``"any"``; what the project's settings say if it is None.
        comm: a communicator of mpi4py: its ranks, which all have to call this, look at the disk
            once on each node, and all get the one report.
        record: a file to write the JSON report to, atomically; rank 0 does.
        undecided: ``"report"`` to get a report with the reason, for `Report.merge`, where
            something cannot be decided; ``"raise"`` raises.

    Returns:
        The report; ``report.ok`` tells whether the environment is what the lock says.

    Raises:
        LockfileError: if there is no lock, or it cannot be relied on.
        ClusterError: with ``comm``, on every rank, if something cannot be decided on one.
        UsageError: if an argument makes no sense.
    """
    if comm is None:  # else that is for all ranks to know
        one_of("undecided", undecided, UNDECIDED)
    if comm is not None or undecided == "report":
        from lockhook import _cluster

        options = (skip, allow_missing, strict, accelerator, integrity)
        question = _question(lockfile, options, (extras, groups), faults_of_lock)
        if comm is not None:
            return _cluster.verify(comm, question, record=record, undecided=undecided)
        report = _cluster.report_of(question)
    else:
        policy = _policy(skip, allow_missing, strict, accelerator, integrity)
        asked = _names("extras", extras), _names("groups", groups)
        report = _verify(lockfile, policy, asked, faults_of_lock)
    if record is not None:
        write(report, os.fsdecode(record))
    return report


def _policy(
    skip: Iterable[str],
    allow_missing: bool,
    strict: bool,
    accelerator: Accelerator,
    integrity: Integrity,
) -> Policy:
    return Policy(
        skip=_names("skip", skip),
        allow_missing=allow_missing,
        strict=strict,
        accelerator=one_of("accelerator", accelerator, (None, "cpu", "any")),
        integrity=one_of("integrity", _HASH.get(integrity, integrity), (None, "size", "hash")),
    )


def _question(
    lockfile: Path | None,
    options: tuple[Iterable[str], bool, bool, Accelerator, Integrity],
    more: tuple[Iterable[str], Iterable[str]],
    lock_faults: Faults | None,
) -> Question:
    """Return what a rank is to find out, without a look at it: that may fail on one alone."""
    from lockhook._cluster import Question

    def ask() -> tuple[Policy, Asked]:
        from lockhook._runtime.model import Asked

        extras, groups = more
        asked = Asked(extras=_names("extras", extras), groups=_names("groups", groups))
        return _policy(*options), asked

    def judge(policy: Policy, asked: Asked) -> Report:
        return _verify(lockfile, policy, (asked.extras, asked.groups), lock_faults)

    return Question(lockfile=lockfile, ask=ask, judge=judge)


def _verify(
    lockfile: Path | None,
    policy: Policy,
    asked: tuple[tuple[str, ...], tuple[str, ...]],
    lock_faults: Faults | None,
) -> Report:
    path = _find() if lockfile is None else os.fsdecode(lockfile)
    here = environments.current()
    if not (any(asked) or lock_faults) and (report := glance.look(path, here, policy)):
        return report
    # What a glance could not decide. It is imported here, since a passing guard never needs it.
    from lockhook._runtime import verification
    from lockhook._runtime.model import Asked

    extras, groups = asked
    wanted = Asked(extras=extras, groups=groups)
    return verification.verify(path, here, policy, wanted, lock_faults=lock_faults)


def _find() -> str:
    from lockhook._runtime import discovery

    return discovery.find()


def faults_of_lock(path: str) -> Iterable[tuple[str, str]]:
    """Return what keeps a lock from being relied on, as a status of a finding and a reason."""
    from lockhook._authoring import faults

    return faults.of_lock(path)


def guard(
    lockfile: Path | None = None,
    *,
    extras: Iterable[str] = (),
    groups: Iterable[str] = (),
    skip: Iterable[str] = ("mpi4py",),
    allow_missing: bool = True,
    strict: bool = False,
    integrity: Integrity = False,
    accelerator: Accelerator = None,
    comm: Comm | None = None,
    record: Path | None = None,
    on_failure: Literal["exit", "raise", "warn"] = "exit",
) -> Report:
    """Refuse to go on unless the installed packages are what the lock says.

    Call it first in a benchmark, before anything heavy is imported. It prints nothing if all is
    well. An operator can override it with ``LOCKHOOK_GUARD=warn`` or ``off``, which is said on
    stderr and in the report.

    Args:
        lockfile: the lock; found as the README tells if it is None.
        extras: those of a ``pylock.toml`` or ``uv.lock`` to judge too.
        groups: its dependency groups to judge too.
        skip: packages to leave out, by name. mpi4py follows the machine's MPI.
        allow_missing: let a package pass that is in the lock and not installed.
        strict: fail also for extra packages, for what no record can prove, and for another
            build of a locked version.
        integrity: ``"size"`` or ``"hash"`` (or True) to hold every file of the locked packages
            against its RECORD.
        accelerator: ``"cpu"`` or ``"any"``; what the project's settings say if it is None.
        comm: a communicator of mpi4py: its ranks, which all have to call this, look at the disk
            once on each node and come to one verdict, which rank 0 prints.
        record: a file to write the JSON report to, atomically, whatever the outcome; rank 0 does.
        on_failure: ``"exit"`` prints the report on stderr and exits; ``"raise"`` raises;
            ``"warn"`` logs the report as a warning and returns.

    Returns:
        The report.

    Raises:
        SystemExit: 1 if the environment differs, 2 or 3 if that cannot be decided.
        LockMismatch: with ``on_failure="raise"``, if the environment differs.
        LockhookError: with ``on_failure="raise"``, if that cannot be decided.
    """
    if comm is not None:
        from lockhook import _cluster

        options = (skip, allow_missing, strict, accelerator, integrity)
        faults = faults_of_lock if strict else None
        question = _question(lockfile, options, (extras, groups), faults)
        return _cluster.guard(comm, question, record=record, on_failure=on_failure)
    one_of("on_failure", on_failure, ON_FAILURE)
    mode = operators_mode()
    refused: LockhookError | None = None
    try:
        if mode == "off":
            report = unchecked(lockfile, SWITCHED_OFF)
        else:
            policy = _policy(skip, allow_missing, strict, accelerator, integrity)
            asked = _names("extras", extras), _names("groups", groups)
            report = _verify(lockfile, policy, asked, faults_of_lock if strict else None)
    except lockhook.LockhookError as error:
        refused, report = error, unchecked(lockfile, str(error))
    if mode != "enforce":
        report = report.replace(guard=mode)
    unwritten = None if record is None else _try_to_write(report, os.fsdecode(record))
    refused = refused or (unwritten if report.ok else None)
    if refused and mode == "enforce":
        refuse(refused, on_failure)
        return report
    if unwritten:
        say(f"lockhook: {visible(str(unwritten))}")
    return _act(report, mode, on_failure)


def _try_to_write(report: Report, path: str) -> UsageError | None:
    try:
        write(report, path)
    except lockhook.UsageError as error:
        return error
    return None


def operators_mode() -> str:
    """Return ``enforce``, ``warn`` or ``off``, as the operator wants it (``LOCKHOOK_GUARD``)."""
    mode = os.environ.get(VARIABLE, "")
    if mode in {"warn", "off"}:
        return mode
    if mode not in {"", "enforce"}:
        say_that_it_is_misspelt(mode)
    return "enforce"


def say_that_it_is_misspelt(mode: str) -> None:
    """Say on stderr that a mode is none: one that was to be "off" must not be passed over."""
    say(f"lockhook: {VARIABLE}={mode!r} is none of enforce, warn, off: the guard stays on")


def _act(report: Report, mode: str, on_failure: str) -> Report:
    say_what_is_not_enforced(report)
    if report.ok:
        _say_if_nothing_applied(report)
    elif mode == "enforce":
        _refuse_mismatch(report, on_failure)
    return report


def say_what_is_not_enforced(report: Report) -> None:
    """Say on stderr that the operator overrides a verdict, and the verdict itself."""
    if report.guard != "enforce":
        say(f"lockhook: the guard is not enforced ({VARIABLE}={report.guard})")
    if report.guard == "warn" and not report.ok:
        say(str(report))


def _say_if_nothing_applied(report: Report) -> None:
    for finding in report.findings:
        if finding.status == "inapplicable":
            say(f"lockhook: {visible(report.lockfile)}: {finding.message}")


def _refuse_mismatch(report: Report, on_failure: str) -> None:
    if on_failure == "raise":
        raise lockhook.LockMismatch(report)
    if on_failure == "exit":
        say(str(report))
        raise SystemExit(lockhook.LockMismatch.exit_code)
    import logging

    logging.getLogger("lockhook").warning("%s", report)


def refuse(error: LockhookError, on_failure: str) -> None:
    """Say what cannot be decided, in the way that the caller of the guard wants it said."""
    if on_failure == "raise":
        raise error
    text = f"lockhook: {visible(str(error))}"
    if error.hint:
        text += f"\n  next: {visible(error.hint)}"
    if on_failure == "exit":
        say(text)
        raise SystemExit(error.exit_code) from None
    import logging

    logging.getLogger("lockhook").warning("%s", text)


def unchecked(lockfile: Path | None, reason: str) -> Report:
    """Return the report of a verification that did not take place, and why."""
    return Report(
        lockfile="" if lockfile is None else os.fsdecode(lockfile),
        lock_sha256="",
        status="unchecked",
        summary={"total": 0, "matched": 0, "mismatched": 0, "missing": 0, "skipped": 0},
        findings=(),
        fix=(),
        environment=environments.describe(environments.current()),
        reason=reason,
    )


# What `integrity` may be besides the name of a way to look.
_HASH: dict[object, str | None] = {True: "hash", False: None}


def one_of(argument: str, value: object, choices: tuple[str | None, ...]) -> str | None:
    """Return the value of an argument.

    Raises:
        UsageError: if it is none of those that it can have.
    """
    for choice in choices:
        if value == choice:
            return choice
    raise lockhook.UsageError(
        f"{argument} is one of {', '.join(map(repr, choices))}, not {value!r}"
    )


def _names(argument: str, names: Iterable[str]) -> tuple[str, ...]:
    if isinstance(names, str):
        raise lockhook.UsageError(
            f"{argument} takes a sequence of names, not the one string {names!r}"
        )
    return tuple(names)


def say(text: str) -> None:
    """Write a line on stderr, if it takes one."""
    try:
        if sys.stderr is not None:
            sys.stderr.write(f"{text}\n")
    except (OSError, ValueError):
        pass  # it is closed, or its disk is full: the verdict holds all the same


def write(report: Report, path: str) -> None:
    """Write the JSON report, atomically: a reader sees the old file, or the whole new one.

    Raises:
        UsageError: if it cannot be written there.
    """
    import json

    from lockhook._runtime.files import replace_text

    try:
        replace_text(path, json.dumps(report.as_json(), indent=2) + "\n")
    except OSError as error:
        raise lockhook.UsageError(
            f"the report cannot be written: {error.strerror}", path=path
        ) from None
    except ValueError:  # a NUL, or what no file system can name
        raise lockhook.UsageError(
            "the report cannot be written: that is no path", path=path
        ) from None
