"""The program: parse, call, render, and end with the right code."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress

from lockhook._cli import parser as parsers
from lockhook._cli.style import Style
from lockhook._cli.view import Annotation, View, harmless, show
from lockhook._runtime.names import visible
from lockhook.errors import LockhookError, MissingToolError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence
    from types import FrameType
    from typing import IO

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run lockhook.

    Args:
        argv: the arguments without the program's name; those of the process if None.

    Returns:
        0 all is well, 1 a finding, 2 wrong usage or bad settings, 3 cannot decide,
        130 interrupted.
    """
    _prepare()
    try:
        return _run(argv)
    except KeyboardInterrupt:
        _complain("lockhook: interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has read enough.
        return _without_stdout()
    except OSError as error:
        # A disk that is full, a working directory that is gone: what was decided is not told.
        place = f"{error.filename}: " if error.filename else ""
        _complain(f"lockhook: {visible(place)}{error.strerror or error}")
        return _without_stdout()


def _run(argv: Sequence[str] | None) -> int:
    argv = sys.argv[1:] if argv is None else argv
    args = parsers.build(argv).parse_args(argv)
    try:
        code: int = args.run(args)
    except LockhookError as error:
        code = _fail(error, args)
    sys.stdout.flush()
    return code


def _complain(text: str) -> None:
    try:
        print(text, file=sys.stderr)
    except OSError:  # where stderr takes nothing, the exit code says it
        _discard(sys.stderr)


def _without_stdout() -> int:
    _discard(sys.stdout)
    return LockhookError.exit_code  # of what is not told


def _discard(stream: IO[str]) -> None:
    """Let nothing more be written to a stream, not even at exit: that would change the code."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _prepare() -> None:
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us: what is said goes nowhere
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - until the end
    # Paths that are no UTF-8, and terminals that are not, must not end in a traceback.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    # So that an ended hook removes its temporary files, as an interrupted one does. What `nohup`
    # has set to be ignored stays so.
    for number in filter(None, (signal.SIGTERM, getattr(signal, "SIGHUP", None))):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signal module's call
    raise KeyboardInterrupt


def _fail(error: LockhookError, args: Namespace) -> int:
    _say(error)
    view = View(
        document={"schema": 1, "status": "error", "error": _document(error)},
        text=(),
        title=f"lockhook: {error}",
        annotations=[
            Annotation(
                level="error",
                title="lockhook",
                message=error.reason,
                path=error.path or "",
                line=error.line or 0,
            )
        ],
        commands=(),
    )
    if args.format != "text":
        with suppress(MissingToolError):  # of PyYAML, which has just been said
            show(view, args.format)
    return error.exit_code


def _document(error: LockhookError) -> dict[str, object]:
    return {
        "exit_code": error.exit_code,
        "message": error.reason,
        "path": error.path,
        "line": error.line,
        "hint": error.hint,
    }


def _say(error: LockhookError) -> None:
    style = Style(sys.stderr)
    first, *rest = str(error).split("\n")
    _complain(f"{style('lockhook:', 'bold', 'red')} {visible(first)}")
    for line in rest:
        _complain(harmless(line))
    if error.hint:
        _complain(f"  {style('next:', 'bold')} {visible(error.hint)}")
