"""Whole processes, timed in turn: A B C, A B C, so that noise of the machine meets all of them."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

# What would change how Python, pip, uv, git or lockhook work. PYTHONDONTWRITEBYTECODE is the worst:
# every process would compile what it imports.
_FOREIGN = ("PYTHON", "PIP_", "UV_", "VIRTUAL_ENV", "CONDA_", "LOCKHOOK_", "GIT_", "PRE_COMMIT")
# But where uv finds packages is the same for everything that runs here.
_WHERE = {
    *("UV_CACHE_DIR", "UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL"),
    *("UV_HTTP_TIMEOUT", "UV_NATIVE_TLS", "UV_SYSTEM_CERTS", "UV_INSECURE_HOST"),
}
OFFLINE = {"UV_OFFLINE": "1"}


class Command(NamedTuple):
    """A command line, where it is run, and what it is called.

    Attributes:
        label: as the page has it.
        words: the program, as an absolute path, and its arguments.
        folder: the working directory.
        more: environment variables on top of the common ones.
        codes: the exit codes that say that the work was done.
    """

    label: str
    words: Sequence[str]
    folder: Path
    more: Mapping[str, str] = OFFLINE
    codes: Sequence[int] = (0,)


class Timing(NamedTuple):
    """What the runs of one command took.

    Attributes:
        label: what the command is called.
        wall: seconds of each run, in the order of the rounds.
        processor: seconds of processor time of each run, on all cores.
        code: the exit code.
    """

    label: str
    wall: Sequence[float]
    processor: Sequence[float]
    code: int = 0

    @property
    def median(self) -> float:
        """Seconds."""
        return statistics.median(self.wall)


class FailedError(RuntimeError):
    """A command did not do what was to be timed."""


def surroundings(more: Mapping[str, str] = OFFLINE) -> dict[str, str]:
    """Return the environment variables of a process: the caller's, but for what changes results."""
    kept = {k: v for k, v in os.environ.items() if k in _WHERE or not k.startswith(_FOREIGN)}
    return {**kept, "NO_COLOR": "1", **more}


def run(words: Iterable[str | Path], folder: Path, more: Mapping[str, str] = OFFLINE) -> str:
    """Run a command that is not timed, and return what it prints.

    Raises:
        FailedError: with its messages, if it fails.
    """
    command = [str(word) for word in words]
    done = subprocess.run(
        command, cwd=folder, env=surroundings(more), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise FailedError(f"{' '.join(command)} exits with {done.returncode}:\n{done.stderr}")
    return done.stdout


def in_turn(commands: Sequence[Command], runs: int, *, warmups: int = 2) -> list[Timing]:
    """Time commands, each once in every round.

    Args:
        commands: what to run.
        runs: how many rounds are counted.
        warmups: how many rounds before that fill the caches.

    Raises:
        FailedError: if one ends with another exit code than it should.
    """
    rounds = [list(_round(commands)) for _ in _counted(range(warmups + runs), commands)][warmups:]
    return [
        Timing(
            label=command.label,
            wall=[wall for wall, _, _ in once],
            processor=[processor for _, processor, _ in once],
            code=once[0][2],
        )
        for command, once in zip(commands, zip(*rounds, strict=True), strict=True)
    ]


def _counted(numbers: range, commands: Sequence[Command]) -> Iterator[int]:
    for number in numbers:
        if sys.stderr.isatty():
            what = f"{commands[0].label} and {len(commands) - 1} more"
            print(f"\r\033[K{what}: {number + 1} of {len(numbers)}", end="", file=sys.stderr)
        yield number
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)


def _round(commands: Sequence[Command]) -> Iterator[tuple[float, float, int]]:
    for command in commands:
        yield _once(command)


def _once(command: Command) -> tuple[float, float, int]:
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            list(command.words),
            cwd=command.folder,
            env=surroundings(command.more),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in command.codes:
            output.seek(0)
            said = output.read().decode(errors="replace")
            raise FailedError(f"{command.label} exits with {process.returncode}:\n{said}")
    return wall, usage.ru_utime + usage.ru_stime, process.returncode
