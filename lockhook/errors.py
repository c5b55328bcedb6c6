"""Every error that lockhook raises on purpose, each with the exit code it ends a command with.

The codes are the same everywhere: 1 a finding, 2 wrong usage or bad settings, 3 cannot decide.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lockhook._runtime.report import Report

__all__ = [
    "ClusterError",
    "ConfigError",
    "DisagreementError",
    "EnvironmentUnreadableError",
    "GitError",
    "LeakError",
    "LockMismatch",
    "LockfileError",
    "LockhookError",
    "MissingToolError",
    "ProjectError",
    "UnknownInputsError",
    "UsageError",
    "UvError",
]


class LockhookError(Exception):
    """The root of the tree: what went wrong, where, and what to do next.

    Attributes:
        reason: what is wrong, in one sentence, without the place.
        path: the file it is about, or None.
        line: the line of that file, counted from 1, or None.
        hint: the next thing to do or to run, or None; by default that of its class.
    """

    exit_code = 3
    next_step: str | None = None

    def __init__(
        self,
        reason: str,
        *,
        path: str | None = None,
        line: int | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.path = path
        self.line = line
        self.hint = hint or self.next_step

    def __str__(self) -> str:
        place = [str(part) for part in (self.path, self.line) if part is not None]
        return ": ".join([":".join(place), self.reason] if place else [self.reason])

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions pickle through their args, which would lose the keywords.
        return (_restore, (type(self), self.__dict__))


def _restore(cls: type[LockhookError], state: dict[str, object]) -> LockhookError:
    error = cls.__new__(cls, state["reason"])
    error.__dict__.update(state)
    return error


class UsageError(LockhookError):
    """The command line or the call asks for something that does not make sense."""

    exit_code = 2


class ConfigError(UsageError):
    """``[tool.lockhook]`` holds something that lockhook does not know."""


class ProjectError(LockhookError):
    """``pyproject.toml`` cannot be read, or is not the kind that can be locked."""

    next_step = "mend the file, then run it again"


class UnknownInputsError(ProjectError):
    """Only a build backend, which is a program, knows what a project depends on."""


class LockfileError(LockhookError):
    """The lock cannot be found, cannot be read, or is not a lock: nothing can be decided."""


class EnvironmentUnreadableError(LockhookError):
    """An interpreter or its packages cannot be looked at."""


class MissingToolError(LockhookError):
    """uv, git or another program that is needed is missing or too old."""


class UvError(LockhookError):
    """uv ran and failed."""


class LeakError(LockhookError):
    """A resolution brings builds for accelerators into a lock that is to be CPU-only."""

    exit_code = 1


class DisagreementError(LockhookError):
    """No resolution makes the locks of a project pin the same versions."""

    exit_code = 1


class GitError(LockhookError):
    """git ran and failed."""


class LockMismatch(LockhookError):  # noqa: N818 - the name is the sentence: a lock mismatch
    """The installed packages are not what the lock says.

    Attributes:
        report: the whole report.
    """

    exit_code = 1

    def __init__(self, report: Report) -> None:
        super().__init__(
            f"the installed packages differ from the lock in {report.failures} place(s)",
            path=report.lockfile,
        )
        self.report = report


class ClusterError(LockhookError):
    """Nothing can be decided on some nodes of a cluster.

    Attributes:
        report: the whole report; it has what was found on the other nodes.
        exit_code: the gravest of all ranks.
    """

    def __init__(self, reason: str, report: Report, *, exit_code: int = 3) -> None:
        super().__init__(reason)
        self.report = report
        self.exit_code = exit_code
