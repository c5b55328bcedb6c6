"""Runs the commands of the demo as they would be typed."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass

from lockhook.errors import LockhookError

__all__ = ["Command", "DemoError", "Finished", "Shell"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_TIMEOUT = 120.0  # seconds; the slowest command takes two or three


class DemoError(LockhookError):
    """A command of the demo did not do what it should have done."""

    exit_code = 1


@dataclass(frozen=True)
class Command:
    """A command that starts now, as it would be typed."""

    line: str


@dataclass(frozen=True)
class Finished:
    """A command that ended.

    Attributes:
        command: as it would be typed.
        code: its exit code.
        output: what it wrote, standard error among it.
    """

    command: str
    code: int
    output: str

    def expect(self, code: int) -> None:
        """Raise `DemoError` unless it ended with this code."""
        if self.code != code:
            raise self.failure(f"it ended with {self.code}, not with {code}")

    def expect_text(self, *texts: str) -> None:
        """Raise `DemoError` unless the output holds each of these texts."""
        for text in texts:
            if text not in self.output:
                raise self.failure(f"its output lacks {text!r}")

    def failure(self, reason: str) -> DemoError:
        """Return the error that ends the demo."""
        return DemoError(f"the demo went wrong at `{self.command}`: {reason}")


@dataclass(frozen=True)
class Shell:
    """Where and how the commands run.

    Attributes:
        folder: the working directory.
        env: the whole environment.
        programs: what the first word of a command stands for.
    """

    folder: Path
    env: Mapping[str, str]
    programs: Mapping[str, Sequence[str]]

    def run(self, line: str) -> Finished:
        """Run a command as it would be typed, and wait for its end.

        No shell runs: the words are parted as a POSIX shell parts them, on Windows as the
        system does.

        Raises:
            DemoError: it cannot be started, or does not end.
        """
        try:
            code, output = _run(self._argv(line), self.folder, self.env)
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            raise DemoError(f"`{line}` cannot be run: {error}") from error
        return Finished(line, code, output)

    def _argv(self, line: str) -> Sequence[str] | str:
        word, _, rest = line.partition(" ")
        program = self.programs.get(word) or (shutil.which(word, path=self.env["PATH"]) or word,)
        if os.name == "nt":
            return f"{subprocess.list2cmdline(program)} {rest}"
        return [*program, *shlex.split(rest)]


def _run(argv: Sequence[str] | str, folder: Path, env: Mapping[str, str]) -> tuple[int, str]:
    process = subprocess.Popen(
        argv,
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        # A group of its own, so that an interrupt ends git, pre-commit and uv alike.
        start_new_session=True,
    )
    with process:
        try:
            output, _ = process.communicate(timeout=_TIMEOUT)
        except BaseException:
            _kill_group(process)
            # The output ends when the last of them has ended, and with it all writing into the
            # folder, which is removed next.
            process.communicate()
            raise
    return process.returncode, output


def _kill_group(process: subprocess.Popen[str]) -> None:
    if os.name == "nt":
        process.kill()
    else:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
