"""``lockhook exec``: verify, then become another program."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from lockhook import _guard
from lockhook._cli import verify
from lockhook._cli.view import harmless, show
from lockhook._runtime.names import visible
from lockhook._runtime.report import lines
from lockhook.errors import LockhookError, LockMismatch, UsageError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from lockhook._runtime.report import Report

_NEXT = "lockhook exec -l requirements.txt -- python benchmark.py"


def run(args: Namespace) -> int:
    """Verify the environment that a command runs in, and become that command if it is right.

    Nothing is printed when all is well: the output is the command's, and so is the exit code.
    ``LOCKHOOK_GUARD`` overrides the verdict, as it does for `lockhook.guard`.

    Raises:
        UsageError: if there is no such command.
        LockhookError: if it cannot be decided.
    """
    command = args.command[1:] if args.command[:1] == ["--"] else args.command
    program = shutil.which(command[0]) if command else None
    if program is None:
        reason = (
            f"there is no command {visible(command[0])!r}" if command else "exec needs a command"
        )
        raise UsageError(reason, hint=_NEXT)
    args.python = args.python or python_of(program)
    report = _report(args)
    if args.record:
        _guard.write(report, args.record)
    _guard.say_what_is_not_enforced(report)
    if report.guard == "enforce" and not report.ok:
        _refuse(report, args)
        return LockMismatch.exit_code
    return _become(program, command)


def _refuse(report: Report, args: Namespace) -> None:
    """Say why the command does not run: the text on stderr, where its own errors would go."""
    if args.format != "text":
        show(verify.view(report, verbose=args.verbose), args.format)
        return
    for line in lines(report, quiet=args.quiet, verbose=args.verbose):
        print(harmless(line), file=sys.stderr)


def _report(args: Namespace) -> Report:
    mode = _guard.operators_mode()
    if mode == "off":
        return _guard.unchecked(args.lockfile, _guard.SWITCHED_OFF).replace(guard=mode)
    try:
        return verify.report(args).replace(guard=mode)
    except LockhookError as error:
        if mode == "enforce":
            raise
        return _guard.unchecked(args.lockfile, str(error)).replace(guard=mode)


def python_of(program: str) -> str | None:
    """Return the interpreter that a program runs in, or the environment that has it.

    What lies in the ``bin`` of a virtual environment, an interpreter or a script, imports from
    that environment, whichever one lockhook itself is installed in.

    Returns:
        None if that is lockhook's own, or the program belongs to no Python.
    """
    directory = os.path.dirname(os.path.abspath(program))
    environment = os.path.dirname(directory)
    if os.path.realpath(environment) == os.path.realpath(sys.prefix):
        return None
    if os.path.basename(program).lower().startswith(("python", "pypy")):
        return program
    is_environment = os.path.isfile(os.path.join(environment, "pyvenv.cfg"))
    return environment if is_environment else None


def _become(program: str, command: Sequence[str]) -> int:
    sys.stdout.flush()
    if os.name != "nt":
        os.execv(program, list(command))  # noqa: S606 - without a shell is what is wanted
    # On Windows a process cannot become another one.
    return subprocess.run([program, *command[1:]], check=False).returncode
