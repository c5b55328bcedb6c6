"""What became of one lock: fresh, or what is wrong with it."""

from __future__ import annotations

from lockhook._runtime.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from lockhook._authoring.locks import ManagedLock
    from lockhook._authoring.pin import Pin
    from lockhook.errors import LockfileError

FRESH: Final = "fresh"
STALE: Final = "stale"
EDITED: Final = "edited"
MISSING: Final = "missing"
UNTRACKED: Final = "untracked"
DAMAGED: Final = "damaged"
FOREIGN: Final = "not a lock"
LEAK: Final = "leak"
DISAGREES: Final = "disagrees"
UNDECIDED: Final = "undecided"

# What to do where lockhook would have to overwrite what somebody wrote.
HANDS_OFF: Final = (
    "move it away, or give the lock another name under [tool.lockhook.locks] in pyproject.toml"
)

# One code for each verdict. Codes never change their meaning.
CODES: Final = {
    STALE: "LH201",
    EDITED: "LH202",
    MISSING: "LH203",
    UNTRACKED: "LH204",
    DAMAGED: "LH205",
    FOREIGN: "LH206",
    LEAK: "LH207",
    DISAGREES: "LH208",
    UNDECIDED: "LH209",
}


class Verdict(Record):
    """What became of one lock.

    Attributes:
        lock: the lock.
        status: one of the constants of this module.
        reasons: one line for each input that changed, or what else is wrong.
        pins: those of the lock if it is fresh, as they were read to judge it.
    """

    lock: ManagedLock
    status: str
    reasons: tuple[str, ...] = ()
    pins: tuple[Pin, ...] = ()

    @property
    def is_current(self) -> bool:
        """Whether the file is right, tracked by git or not."""
        return self.status in {FRESH, UNTRACKED}

    @property
    def is_due(self) -> bool:
        """Whether the file is to be made anew."""
        return not self.is_current and self.status != UNDECIDED


def place(error: LockfileError) -> str:
    """Return what is wrong with a lock, and the line; a report names the file already."""
    return f"line {error.line}: {error.reason}" if error.line else error.reason
