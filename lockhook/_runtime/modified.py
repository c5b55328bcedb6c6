"""``--integrity`` as findings: files that are no longer those that were installed."""

from __future__ import annotations

from lockhook._runtime.integrity import check
from lockhook._runtime.record import Record
from lockhook._runtime.report import Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Literal

    from lockhook._runtime.installed import Distribution
    from lockhook._runtime.integrity import Damage, Unproven
    from lockhook._runtime.policy import Policy
    from lockhook._runtime.selection import Selection


class Modified(Record):
    """What looking at every file of the locked packages gave.

    Attributes:
        findings: one for each file that differs, and for each package of which no file can be
            checked.
        proven: the names of the packages of which every file is as it was installed.
        facts: how it was looked, and at how much, for the report.
    """

    findings: tuple[Finding, ...]
    proven: frozenset[str]
    facts: Mapping[str, Any]


def look(
    selection: Selection,
    installed: Mapping[str, list[Distribution]],
    policy: Policy,
    progress: Callable[[int, int], None] | None = None,
) -> Modified:
    """Hold the files of every locked and installed package against its RECORD.

    Args:
        selection: the pins that count here.
        installed: normalised name to distributions, first on the path first.
        policy: its integrity is ``"size"`` or ``"hash"``.
        progress: called with what is done and the total.
    """
    mode: Literal["size", "hash"] = "size" if policy.integrity == "size" else "hash"
    judged = [installed[pin.name][0] for pin in selection.pins if pin.name in installed]
    others = [candidates[0] for candidates in installed.values()]
    found = check(judged, mode=mode, others=others, progress=progress)
    differing = [_modified(damage, policy) for damage in found.damages]
    locations = {one.name: one.location for one in judged}
    unproven = [_unproven(one, locations[one.distribution], policy) for one in found.unproven]
    names = {finding.package for finding in (*differing, *unproven)}
    return Modified(
        findings=(*differing, *unproven),
        proven=frozenset(one.name for one in judged if one.name not in names),
        facts={
            "mode": mode,
            "checked": found.checked,
            "modified": len(differing),
            "unverifiable": found.unverifiable,
        },
    )


def _modified(damage: Damage, policy: Policy) -> Finding:
    by = f" by {damage.by}" if damage.by else ""
    reason = f": {damage.reason}" if damage.reason else ""
    return Finding(
        status="modified",
        package=damage.distribution,
        message=f"{damage.kind}{by}{reason}",
        fails=policy.fails("modified"),
        found=damage.kind,
        location=damage.path,
    )


def _unproven(one: Unproven, location: str, policy: Policy) -> Finding:
    return Finding(
        status="unverifiable",
        package=one.distribution,
        message=f"its files cannot be checked: {one.reason}",
        fails=policy.fails("unverifiable"),
        location=location,
    )
