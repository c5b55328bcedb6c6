"""Whether the files of distributions are still those that were installed (``--integrity``)."""

from __future__ import annotations

import os

from lockhook._runtime import recorded
from lockhook._runtime.filecheck import Checker
from lockhook._runtime.filepool import check_files
from lockhook._runtime.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Literal

    from lockhook._runtime.filepool import Fault, Files
    from lockhook._runtime.installed import Distribution

    Progress = Callable[[int, int], None]

ADDED_OVER = "added-over"


class Damage(Record):
    """One file that is not what the RECORD says.

    Attributes:
        distribution: normalised name of the one that installed it.
        path: absolute.
        kind: ``"changed"``, ``"truncated"``, ``"deleted"``, ``"replaced"`` (by something that is
            no regular file), ``"unreadable"``, or ``"added-over"``: it is the file of another
            distribution.
        by: that other distribution, "" for the other kinds.
        reason: more about ``"unreadable"``, or "".
    """

    distribution: str
    path: str
    kind: str
    by: str = ""
    reason: str = ""


class Unproven(Record):
    """A distribution of which no file can be checked, and why."""

    distribution: str
    reason: str


class Integrity(Record):
    """The result of one check.

    Attributes:
        checked: the number of files that were looked at.
        unverifiable: the number of rows that prove nothing: without a hash (bytecode, the RECORD
            itself), with one that can be forged, or of a file outside the environment.
        damages: by distribution, then by path.
        unproven: distributions without RECORD, and editable ones.
        bytes: how many of them were read.
    """

    checked: int
    unverifiable: int
    damages: tuple[Damage, ...]
    unproven: tuple[Unproven, ...]
    bytes: int


def check(
    distributions: Iterable[Distribution],
    *,
    mode: Literal["size", "hash"] = "hash",
    others: Iterable[Distribution] = (),
    progress: Progress | None = None,
    workers: int | None = None,
) -> Integrity:
    """Compare the files of distributions with what was recorded when they were installed.

    Nothing outside the environment is opened, nor anything that is no regular file. Raises
    nothing that the files can cause.

    Args:
        distributions: those to check.
        mode: ``"size"`` reads nothing but the RECORDs.
        others: whatever else is installed, to tell whose file lies over another.
        progress: called in this thread, a few times a second and at the end, with what is done
            and the total: bytes with ``"hash"``, files with ``"size"``.
        workers: how many threads; as many as cores if None.
    """
    distributions = tuple(distributions)
    files: Files = {}
    damages, unproven, unverifiable = [], [], 0
    for distribution in distributions:
        found = recorded.read(distribution)
        unverifiable += found.unverifiable
        if found.fault:
            damages.append(_unreadable(distribution, found.fault))
        elif found.reason:
            unproven.append(Unproven(distribution=distribution.name, reason=found.reason))
        _add(files, found)
    hashing = mode == "hash"
    outcome = check_files(files, hashing=hashing, progress=progress, workers=workers)
    if outcome.faults:
        paths = {fault.path for fault in outcome.faults}
        for other in others:
            if other not in distributions:
                _add(files, recorded.read(other), only=paths)
    damages += [_damage(fault, files, hashing=hashing) for fault in outcome.faults]
    return Integrity(
        checked=outcome.checked,
        unverifiable=unverifiable,
        damages=tuple(sorted(damages, key=lambda damage: (damage.distribution, damage.path))),
        unproven=tuple(unproven),
        bytes=outcome.bytes,
    )


def _add(files: Files, found: recorded.Recorded, only: set[str] | None = None) -> None:
    for path, claim in found.claims:
        if only is None or path in only:
            claims = files.setdefault(path, [])
            if claim not in claims:
                claims.append(claim)


def _unreadable(distribution: Distribution, reason: str) -> Damage:
    path = os.path.join(distribution.metadata, "RECORD")
    return Damage(distribution=distribution.name, path=path, kind="unreadable", reason=reason)


def _damage(fault: Fault, files: Files, *, hashing: bool) -> Damage:
    by = ""
    if fault.kind in {"changed", "truncated"}:
        checker, digests = Checker(hashing=hashing), dict[str, str]()
        others = (claim for claim in files[fault.path] if claim.owner != fault.claim.owner)
        by = next((c.owner for c in others if not checker.fault(fault.path, c, digests)[0]), "")
    return Damage(
        distribution=fault.claim.owner,
        path=fault.path,
        kind=ADDED_OVER if by else fault.kind,
        by=by,
        reason=fault.reason,
    )
