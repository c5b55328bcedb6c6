"""The verdict on each package of a lock: pure, from data to findings."""

from __future__ import annotations

from lockhook._runtime import versions
from lockhook._runtime.names import normalize
from lockhook._runtime.record import Record
from lockhook._runtime.report import Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any

    from lockhook._runtime.installed import Distribution
    from lockhook._runtime.model import Pin
    from lockhook._runtime.selection import Selection

# What installs packages, and lockhook with what it needs, are part of no lock.
NEVER_EXTRA = frozenset({"pip", "setuptools", "wheel", "uv", "lockhook", "packaging", "tomli"})

_ALWAYS_FAIL = frozenset({"mismatched", "broken", "conflicting", "shadowed", "leak", "modified"})


class Policy(Record):
    """What the caller asked for.

    Attributes:
        skip: names to leave out, as the caller spells them.
        allow_missing: whether a package that is not installed passes.
        strict: whether extra, unverifiable and labelled packages fail, and missing ones always.
        accelerator: ``"cpu"``, ``"any"``, or None for what the project's settings say.
        integrity: ``"size"`` or ``"hash"`` to look at every file of the locked packages too.
    """

    skip: tuple[str, ...] = ("mpi4py",)
    allow_missing: bool = False
    strict: bool = False
    accelerator: str | None = None
    integrity: str | None = None

    def fails(self, status: str) -> bool:
        """Tell whether a finding of that kind fails (the table of verdicts in the README)."""
        if status == "missing":
            return self.strict or not self.allow_missing
        return self.strict or status in _ALWAYS_FAIL


class Evidence(Record):
    """What is known of the environment, for `judge`.

    Attributes:
        installed: normalised name to distributions, first on the path first.
        shadows: normalised name to the file or directory that is imported in its place.
        origin: reads the ``direct_url.json`` of a distribution; None if it has none.
        directory: what relative paths in the lock are relative to.
    """

    installed: Mapping[str, list[Distribution]]
    shadows: Mapping[str, str]
    origin: Callable[[Distribution], dict[str, Any] | None]
    directory: str


def judge(selection: Selection, evidence: Evidence, policy: Policy) -> Judged:
    """Return the findings and counts for every pin that applies here.

    Args:
        selection: the pins that count in this environment.
        evidence: what is installed.
        policy: what the caller lets pass.
    """
    skip = {normalize(name) for name in policy.skip}
    counts = dict.fromkeys(("total", "matched", "mismatched", "missing", "skipped"), 0)
    findings: list[Finding] = []
    for pin in selection.pins:
        finding = None if pin.name in skip else _judge(pin, evidence, policy)
        status = "skipped" if pin.name in skip else finding.status if finding else "matched"
        counts["total"] += 1
        counts[status] = counts.get(status, 0) + 1
        if finding:
            findings.append(finding)
    counts["not_applicable"] = len(selection.not_applicable)
    return Judged(findings=tuple(findings), counts=counts)


class Judged(Record):
    """The findings, in the order of the lock, and the number of packages in each state."""

    findings: tuple[Finding, ...]
    counts: dict[str, int]


def _judge(pin: Pin, evidence: Evidence, policy: Policy) -> Finding | None:
    """Return what is wrong with one package: the gravest thing first; None if nothing is."""
    candidates = evidence.installed.get(pin.name) or _by_origin(pin, evidence)
    if not candidates:
        return _finding(pin, "missing", policy, f"expected {_expected(pin)}, not installed")
    first = candidates[0]
    for status, message in _faults(pin, first, candidates, evidence):
        return _finding(pin, status, policy, message, found=first.version, location=first.location)
    return None


def _by_origin(pin: Pin, evidence: Evidence) -> list[Distribution]:
    """Return what was installed from a pin's URL or path, which need not tell the name."""
    if pin.origin is None:
        return []
    from lockhook._runtime import origin

    for candidates in evidence.installed.values():
        record = evidence.origin(candidates[0])
        if record is not None:
            judgement = origin.judge(pin, record, evidence.directory)
            if judgement.verdict != origin.DIFFERENT:
                return candidates
    return []


def _faults(
    pin: Pin, first: Distribution, candidates: list[Distribution], evidence: Evidence
) -> Iterator[tuple[str, str]]:
    beside = [d.metadata for d in candidates if d.location == first.location]
    if len(beside) > 1:
        names = ", ".join(sorted(path.replace("\\", "/").rpartition("/")[2] for path in beside))
        yield "conflicting", f"two records in one directory: {names}"
    if first.problem:
        yield "broken", f"expected {_expected(pin)}, but {first.problem}"
    yield from _version_faults(pin, first)
    if pin.name in evidence.shadows:
        yield "shadowed", f"{evidence.shadows[pin.name]} is imported in its place"
    yield from _origin_faults(pin, first, evidence)


def _version_faults(pin: Pin, found: Distribution) -> Iterator[tuple[str, str]]:
    if pin.wanted is None:
        return
    outcome = versions.compare(pin.wanted, found.version)
    if outcome == versions.DIFFERENT:
        yield "mismatched", f"expected {_expected(pin)}, found {found.version}"
    elif outcome == versions.LABELLED:
        yield "labelled", f"{found.version} is a build of the locked {pin.wanted}"


def _origin_faults(pin: Pin, found: Distribution, evidence: Evidence) -> Iterator[tuple[str, str]]:
    record = evidence.origin(found)
    if pin.origin is None and record is None:
        return
    from lockhook._runtime import origin

    judgement = origin.judge(pin, record, evidence.directory)
    if judgement.verdict == origin.DIFFERENT:
        yield "mismatched", f"expected {judgement.expected}, found {judgement.found}"
    elif judgement.verdict == origin.UNDECIDED:
        yield "unverifiable", f"no record proves that {judgement.found} is {judgement.expected}"


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


def extras(
    selection: Selection,
    installed: Mapping[str, list[Distribution]],
    never: Iterable[str],
    policy: Policy,
) -> Iterator[Finding]:
    """Yield a finding for each package that is installed and not in the lock.

    Args:
        selection: the pins that count here.
        installed: normalised name to distributions.
        never: further names that are no extras: the project itself.
        policy: what the caller lets pass.
    """
    known = {pin.name for pin in selection.pins} | NEVER_EXTRA | {normalize(n) for n in never}
    known |= {normalize(name) for name in policy.skip}
    for name in sorted(installed.keys() - known):
        found = installed[name][0]
        yield Finding(
            status="extra",
            package=name,
            message=f"{found.version or 'no version'} is installed, but not in the lock",
            fails=policy.fails("extra"),
            found=found.version,
            location=found.location,
        )
