"""The policy ``accelerator = "cpu"`` on what is installed, as findings."""

from __future__ import annotations

from lockhook._runtime.accelerator import leaks
from lockhook._runtime.report import Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lockhook._runtime.accelerator import Leak
    from lockhook._runtime.installed import Distribution
    from lockhook._runtime.policy import Policy
    from lockhook._runtime.selection import Selection
    from lockhook._runtime.settings import Settings


def findings(
    selection: Selection,
    installed: Mapping[str, list[Distribution]],
    policy: Policy,
    settings: Callable[[], Settings],
) -> Iterator[Finding]:
    """Yield a finding for each accelerator build, and for each exemption that is in force.

    Args:
        selection: the pins that count here.
        installed: normalised name to distributions, first on the path first.
        policy: what the caller wants; its accelerator is None where the project decides.
        settings: reads those of the project; not called if there is nothing to exempt.
    """
    if policy.accelerator == "any":
        return
    every = leaks((pin.name for pin in selection.pins), installed).found
    known = settings() if every else None
    if known is None or (policy.accelerator is None and known.accelerator == "any"):
        return
    # What is left out of the comparison passes here too, but no report hides that.
    skipped = policy.skipped().union(known.skip)
    reasons = dict.fromkeys(skipped, "it is skipped") | dict(known.accept)
    for leak in every:
        reason = reasons.get(leak.package)
        yield _finding(leak, policy) if reason is None else _accepted(leak, reason)


def _finding(leak: Leak, policy: Policy) -> Finding:
    status = "unverifiable" if leak.kind == "unknown" else "leak"
    return Finding(
        status=status,
        package=leak.package,
        message=f"{leak.message}; [tool.lockhook.accept] {leak.accept} allows it",
        fails=policy.fails(status),
        expected="a build for the CPU",
        found=leak.build or leak.version,
        location=leak.location,
    )


def _accepted(leak: Leak, reason: str) -> Finding:
    return Finding(
        status="accepted",
        package=leak.package,
        message=f"{leak.message}; accepted: {reason}",
        fails=False,
        found=leak.build or leak.version,
        location=leak.location,
    )
