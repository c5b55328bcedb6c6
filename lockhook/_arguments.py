"""Lock verification as flags of a benchmark's own command line."""

from __future__ import annotations

from lockhook._guard import guard

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from lockhook._runtime.communicator import Comm
    from lockhook._runtime.report import Report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--verify-lockfile PATH`` and its companions to a parser or subparser.

    Args:
        parser: the benchmark's own; the flags come in a group of their own.
    """
    group = parser.add_argument_group("lock verification")
    group.add_argument(
        "--verify-lockfile",
        metavar="PATH",
        help="before anything else, check the installed packages against this lock",
    )
    group.add_argument(
        "--skip-lockfile-package",
        metavar="PACKAGE",
        action="append",
        default=[],
        help="leave this package out of the check (may be repeated); mpi4py always is",
    )
    group.add_argument(
        "--strict-lockfile",
        action="store_true",
        help="fail also for packages that are missing, or installed and not locked",
    )


def guard_args(args: argparse.Namespace, *, comm: Comm | None = None) -> Report | None:
    """Run the guard if ``--verify-lockfile`` was given; call it before the benchmark is built.

    Args:
        args: what the parser of `add_arguments` returned.
        comm: as `lockhook.guard` has it.

    Returns:
        The report, or None if the flag was not given.
    """
    if args.verify_lockfile is None:
        return None
    return guard(
        args.verify_lockfile,
        skip=("mpi4py", *args.skip_lockfile_package),
        strict=args.strict_lockfile,
        comm=comm,
    )
