"""``lockhook verify --mpi``: the verdict of all ranks of an MPI job, printed by the first."""

from __future__ import annotations

import os
import signal
import sys
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from lockhook import _cluster
from lockhook._cli import verify
from lockhook._cli.view import show
from lockhook._runtime.names import visible
from lockhook.errors import LockhookError, MissingToolError, UsageError

if TYPE_CHECKING:
    from lockhook._runtime.model import Asked
    from lockhook._runtime.policy import Policy
    from lockhook._runtime.report import Report


def run(args: Namespace) -> int:
    """Verify on all ranks, print the report on the first, and return the same code on each.

    Raises:
        UsageError: if the arguments do not go together.
        MissingToolError: if there is no mpi4py, or no MPI library for it.
    """
    if args.project_environment:
        raise UsageError("--mpi and --project-environment do not go together")
    comm = _world()
    failure: list[Exception] = []

    def publish(offers: _cluster.Offers, verdict: _cluster.Verdict) -> _cluster.Verdict:  # noqa: ARG001 - one interface
        verdict = _cluster.recorded(verdict, args.record)
        try:
            _print(verdict, args)
        except (LockhookError, OSError) as error:  # the others leave with its exit code too
            failure.append(error)
            code = getattr(error, "exit_code", LockhookError.exit_code)
            return verdict.replace(code=max(code, verdict.code))
        return verdict

    verdict, interruption = _cluster.decide(comm, _question(args, comm), "enforce", publish)
    if failure:
        raise failure[0]
    if interruption:
        raise interruption
    return verdict.code


def _print(verdict: _cluster.Verdict, args: Namespace) -> None:
    if not args.python and not args.quiet:
        verify.say_if_another_is_active()
    show(verify.view(verdict.report, quiet=args.quiet, verbose=args.verbose), args.format)
    sys.stdout.flush()
    if verdict.unwritten:
        print(f"lockhook: {visible(str(verdict.unwritten))}", file=sys.stderr)


def _question(args: Namespace, comm: Any) -> _cluster.Question:
    # Some launchers give every rank a terminal, but only the first has anything to say on it.
    quiet = args.quiet or comm.Get_rank() != 0

    def judge(policy: Policy, asked: Asked) -> Report:  # noqa: ARG001 - `report` makes them anew
        return verify.report(Namespace(**{**vars(args), "quiet": quiet}))

    return _cluster.Question(
        lockfile=args.lockfile,
        ask=lambda: (verify.policy(args), verify.asked(args)),
        judge=judge,
        python=args.python or "",
    )


def _world() -> Any:
    """Initialize MPI, and return the communicator of all ranks."""
    try:
        from mpi4py import MPI  # type: ignore[import-not-found,unused-ignore]
    except (ImportError, RuntimeError) as error:  # the latter if there is no MPI library
        reason = f"--mpi needs mpi4py and an MPI library: {error} ({sys.executable})"
        missing = MissingToolError(reason, hint="pip install 'lockhook[mpi]'")
    else:
        return MPI.COMM_WORLD
    if os.environ.get("PMI_SIZE", "1") != "1":
        _end_the_job(missing)
    raise missing


def _end_the_job(error: MissingToolError) -> None:
    """End by a signal: MPICH's launcher lets the others wait for a rank that only exits."""
    print(f"lockhook: {visible(str(error))}\n  next: {error.hint}", file=sys.stderr, flush=True)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGTERM)
