"""The verdict on each package of a lock: pure, from data to findings."""

from __future__ import annotations

from lockhook._runtime import versions
from lockhook._runtime.record import Record
from lockhook._runtime.report import Finding
from lockhook._runtime.selection import version_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from typing import Any

    from lockhook._runtime.installed import Distribution
    from lockhook._runtime.model import Pin
    from lockhook._runtime.origin import Judgement
    from lockhook._runtime.policy import Policy
    from lockhook._runtime.selection import Selection


class Evidence(Record):
    """What is known of the environment, for `judge`.

    Attributes:
        installed: normalised name to distributions, first on the path first.
        shadows: normalised name to the file or directory that is imported in its place.
        absent: normalised name to a module that was installed and is gone.
        origin: reads the ``direct_url.json`` of a distribution; None if it has none.
        directories: what relative paths in the lock may be relative to.
    """

    installed: Mapping[str, list[Distribution]]
    shadows: Mapping[str, str]
    origin: Callable[[Distribution], dict[str, Any] | None]
    directories: tuple[str, ...]
    absent: Mapping[str, str] = {}


def judge(selection: Selection, evidence: Evidence, policy: Policy) -> Judged:
    """Return the findings and counts for every pin that applies here.

    Args:
        selection: the pins that count in this environment.
        evidence: what is installed.
        policy: what the caller lets pass.
    """
    skip = policy.skipped()
    findings: list[Finding] = []
    matched: dict[str, bool] = {}
    for pin in selection.pins:
        if pin.name not in skip:
            outcome = _judge(pin, evidence, policy)
            if isinstance(outcome, Finding):
                findings.append(outcome)
            if not isinstance(outcome, Finding) or _is_a_note(outcome):
                matched[pin.name or _expected(pin)] = outcome is True
    return Judged(
        findings=tuple(findings),
        matched=frozenset(matched),
        archived=sum(matched.values()),
        counts=_counts(selection, findings, matched, skip),
    )


def _is_a_note(finding: Finding) -> bool:
    """Tell whether a package is the locked one all the same: PEP 440 ignores its label."""
    return finding.status == "labelled" and not finding.fails


class Judged(Record):
    """The verdict on the packages of a lock.

    Attributes:
        findings: in the order of the lock.
        matched: the names of the packages that are what the lock says.
        archived: how many of them recorded the hash or commit that the lock has.
        counts: the number of packages in each state; those of which it is noted that they are
            labelled have matched too.
    """

    findings: tuple[Finding, ...]
    matched: frozenset[str]
    archived: int
    counts: dict[str, int]


def _counts(
    selection: Selection, findings: list[Finding], matched: Collection[str], skip: set[str]
) -> dict[str, int]:
    counts = {"total": len(selection.pins), "matched": len(matched), "mismatched": 0, "missing": 0}
    counts["skipped"] = sum(pin.name in skip for pin in selection.pins)
    for finding in findings:
        counts[finding.status] = counts.get(finding.status, 0) + 1
    counts["not_applicable"] = len(selection.not_applicable)
    return counts


def _judge(pin: Pin, evidence: Evidence, policy: Policy) -> Finding | bool:
    """Return the gravest thing that is wrong with one package.

    If nothing is: whether its installation recorded the hash or commit that the lock has.
    """
    candidates = evidence.installed.get(pin.name)
    if not candidates:
        return _finding(pin, "missing", policy, f"expected {_expected(pin)}, not installed")
    first = candidates[0]
    judgement = _origin(pin, first, evidence)
    for status, message in _faults(pin, first, candidates, evidence, judgement):
        return _finding(pin, status, policy, message, found=first.version, location=first.location)
    return judgement is not None and judgement.is_proven


def _origin(pin: Pin, found: Distribution, evidence: Evidence) -> Judgement | None:
    record = evidence.origin(found)
    if pin.origin is None and record is None:
        return None
    from lockhook._runtime import origin

    return origin.judge(pin, record, evidence.directories)


def _faults(
    pin: Pin,
    first: Distribution,
    candidates: list[Distribution],
    evidence: Evidence,
    judgement: Judgement | None,
) -> Iterator[tuple[str, str]]:
    beside = [d.metadata for d in candidates if d.location == first.location]
    if len(beside) > 1:
        names = ", ".join(sorted(path.replace("\\", "/").rpartition("/")[2] for path in beside))
        yield "conflicting", f"two records in one directory: {names}"
    if first.problem:
        yield "broken", f"expected {_expected(pin)}, but {first.problem}"
    if pin.name in evidence.absent:
        yield "broken", f"expected {_expected(pin)}, but its {evidence.absent[pin.name]} is missing"
    wanted = version_of(pin)
    outcome = versions.compare(wanted, first.version) if wanted else versions.SAME
    if outcome == versions.DIFFERENT:
        yield "mismatched", f"expected {wanted}, found {first.version}"
    if pin.name in evidence.shadows:
        yield "shadowed", f"{evidence.shadows[pin.name]} is imported in its place"
    if judgement and judgement.is_different:
        yield "mismatched", f"expected {judgement.expected}, found {judgement.found}"
    # What need not fail comes last, so that it hides nothing that does.
    if judgement and judgement.is_undecided:
        yield "unverifiable", f"no record proves that {judgement.found} is {judgement.expected}"
    if outcome == versions.LABELLED:
        yield "labelled", f"{first.version} is a build of the locked {pin.wanted}"


def _expected(pin: Pin) -> str:
    from lockhook._runtime.names import without_credentials

    if pin.wanted is not None:
        return str(pin.wanted)
    return without_credentials(pin.origin.url) if pin.origin else ""


def _finding(
    pin: Pin, status: str, policy: Policy, message: str, *, found: str = "", location: str = ""
) -> Finding:
    return Finding(
        status=status,
        package=pin.name or _expected(pin),
        message=message,
        fails=policy.fails(status),
        expected=_expected(pin),
        found=found,
        location=location,
        path=pin.path,
        line=pin.line,
    )
