"""The verdict on a lock that uv, a bot or a hand wrote: do its pins satisfy the inputs?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhook._authoring import installable, pins, satisfaction
from lockhook._authoring.verdict import (
    DAMAGED,
    FOREIGN,
    FRESH,
    HANDS_OFF,
    STALE,
    Verdict,
    place,
)
from lockhook.errors import LockfileError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockhook._authoring.inputs import Inputs
    from lockhook._authoring.locks import ManagedLock


def judge(lock: ManagedLock, text: str, wanted: Inputs) -> Verdict:
    """Judge a lock that uv, a bot or a hand wrote by whether its pins satisfy the inputs."""
    try:
        found = pins.read(text, lock.path)
    except LockfileError as error:
        status = _unreadable(text, lock)
        reasons = (
            place(error),
            *([f"lockhook does not replace it: {HANDS_OFF}"] * (status == FOREIGN)),
        )
        return Verdict(lock=lock, status=status, reasons=reasons)
    claimed = installable.environments(lock)
    unsatisfied = satisfaction.unsatisfied(wanted, found, claimed)
    if reasons := (*unsatisfied, *_lacking(lock, text)):
        return Verdict(lock=lock, status=STALE, reasons=reasons)
    reasons = ("lockhook did not write it; its pins satisfy the project",)
    return Verdict(lock=lock, status=FRESH, reasons=reasons)


def _lacking(lock: ManagedLock, text: str) -> Iterator[str]:
    """Yield what a lock's options ask for, and who wrote it last left out."""
    if lock.options.hashes and not lock.name.endswith(".toml"):
        bare = pins.without_hashes(text, lock.path)
        if bare:
            yield f"hashes = true, and {len(bare)} packages have none: {', '.join(bare[:3])}"


def _unreadable(text: str, lock: ManagedLock) -> str:
    """Tell a lock that a merge or an accident damaged from a file that never was one."""
    try:
        pins.read_ours(text, lock.path)
    except LockfileError:
        return DAMAGED if pins.looks_generated(text) else FOREIGN
    return DAMAGED
