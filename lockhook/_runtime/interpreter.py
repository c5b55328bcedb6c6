"""Asking another interpreter for its facts, in a process of its own."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
from typing import Any

from lockhook._runtime import facts
from lockhook.errors import EnvironmentUnreadableError, UsageError

_TIMEOUT = 60  # seconds; a cold interpreter on a loaded network file system takes a few
_MARK = "lockhook:"


def ask(python: str) -> dict[str, Any]:
    """Run `facts` in another interpreter, with that interpreter's own path and user site.

    Raises:
        UsageError: if there is no such program.
        EnvironmentUnreadableError: if it fails, hangs, or answers something else.
    """
    program = _program(python)
    try:
        done = subprocess.run(
            [program, "-c", _source()],
            capture_output=True,
            timeout=_TIMEOUT,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except subprocess.TimeoutExpired:
        reason = f"did not answer within {_TIMEOUT} seconds"
        raise EnvironmentUnreadableError(reason, path=program) from None
    except OSError as error:
        raise EnvironmentUnreadableError(f"cannot be run: {error.strerror}", path=program) from None
    # Whatever a sitecustomize of that interpreter prints comes before the mark, and what it
    # prints at exit in lines of its own behind.
    _, mark, answer = done.stdout.decode("utf-8", "replace").rpartition(_MARK)
    answer = answer.partition("\n")[0]
    if done.returncode or not mark:
        raise EnvironmentUnreadableError(_complaint(done), path=program, hint=_HINT)
    return _checked(answer, program)


_HINT = "--python takes a Python 3 interpreter, or the directory of a virtual environment"


def _program(python: str) -> str:
    for inside in ("bin/python", "Scripts/python.exe"):
        if python and os.path.isfile(candidate := os.path.join(python, inside)):
            return candidate
    found = shutil.which(python)
    if found is None:
        raise UsageError("there is no such interpreter", path=python, hint=_HINT)
    return found


def _source() -> str:
    with open(facts.__file__, encoding="utf-8") as file:
        text = file.read()
    # With -c, the first entry of the path is the current directory, from which nothing must be
    # imported, and which no script of that interpreter would see.
    drop = "import sys\nif sys.path[:1] == ['']: del sys.path[0]\n"
    return f"{drop}{text}\nsys.stdout.write({_MARK!r} + ascii(facts()) + '\\n')\n"


def _complaint(done: subprocess.CompletedProcess[bytes]) -> str:
    said = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
    return f"did not answer (exit code {done.returncode}){': ' if said else ''}{said}"


def _checked(answer: str, program: str) -> dict[str, Any]:
    try:
        values = ast.literal_eval(answer)
        return {field: values[field] for field in facts.facts()}
    except (ValueError, SyntaxError, TypeError, KeyError, RecursionError) as error:
        raise EnvironmentUnreadableError(
            f"answered something else: {error}", path=program, hint=_HINT
        ) from None
