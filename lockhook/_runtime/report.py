"""What a verification found, as data and as the text that people read."""

from __future__ import annotations

from lockhook._runtime.names import visible
from lockhook._runtime.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from lockhook._runtime.cluster import Cluster

SCHEMA = 1

# One code for each kind of finding. Codes never change their meaning.
CODES = {
    "mismatched": "LH101",
    "missing": "LH102",
    "broken": "LH103",
    "conflicting": "LH104",
    "shadowed": "LH105",
    "extra": "LH106",
    "unverifiable": "LH107",
    "labelled": "LH108",
    "inapplicable": "LH109",
    "leak": "LH110",
    "accepted": "LH111",
    "modified": "LH112",
    "uncovered": "LH113",
    "stale": "LH114",
    "edited": "LH115",
    "differing": "LH116",
    "undecided": "LH117",
    "uneven": "LH118",
}

# What the summary always shows, and what it shows when it is not zero.
ALWAYS = ("matched", "mismatched", "missing", "skipped")
SOMETIMES = (
    "broken",
    "conflicting",
    "shadowed",
    "leak",
    "accepted",
    "modified",
    "labelled",
    "unverifiable",
    "extra",
    "not_applicable",
)


class Finding(Record):
    """One thing that a report says of one package.

    Attributes:
        code: ``LH101`` and so on, by `CODES`.
        package: normalised name; "" where the finding is about the lock as a whole.
        status: a key of `CODES`.
        expected: what the lock says, for people; "" where it says nothing.
        found: what is there, for people; "" where nothing is.
        location: the directory in which it was found, or "".
        message: one line, without the package's name.
        fails: whether it makes the verification fail, with the options that were given.
        path: the lock file of the pin, or "".
        line: its line there, or 0.
    """

    status: str
    package: str
    message: str
    fails: bool
    expected: str = ""
    found: str = ""
    location: str = ""
    path: str = ""
    line: int = 0

    @property
    def code(self) -> str:
        """The stable code of this kind of finding."""
        return CODES[self.status]

    def as_json(self) -> dict[str, Any]:
        """Return what the JSON report holds of this finding."""
        return {"code": self.code, **self.as_dict()}


class Report(Record):
    """The result of one verification.

    Attributes:
        lockfile: the lock's path, as it was named.
        lock_sha256: of its bytes, in hex; of the digests of all files if it includes others; "" if
            it was not read.
        status: ``"passed"``, ``"failed"``, or ``"unchecked"`` if the guard was switched off.
        summary: how many packages in each state; ``total`` does not count `extra` and
            `not_applicable`.
        findings: all of them, in the order of the lock.
        fix: shell commands, any one of which mends what an installation can mend.
        advice: what to do, in words, about the rest: an installation does not remove a
            directory from ``PYTHONPATH``.
        environment: python, implementation, platform, prefix and hostname.
        proof: how many packages are proven to be the locked ones, and how: by ``version``
            (name and version agree: all that matched), by ``archive`` (the installation recorded
            the hash or commit that the lock has), by ``files`` (every file agrees with its
            RECORD; only if they were looked at).
        integrity: how files were looked at, and at how many; None if they were not.
        guard: ``"enforce"``, or what ``LOCKHOOK_GUARD`` made of it: ``"warn"`` or ``"off"``.
        reason: why nothing could be checked, or "".
        cluster: the nodes that it is of, if it was merged.
    """

    lockfile: str
    lock_sha256: str
    status: str
    summary: Mapping[str, int]
    findings: tuple[Finding, ...]
    fix: tuple[str, ...]
    environment: Mapping[str, str]
    advice: tuple[str, ...] = ()
    proof: Mapping[str, int] = {}
    integrity: Mapping[str, Any] | None = None
    guard: str = "enforce"
    reason: str = ""
    cluster: Cluster | None = None
    _hidden = ("_lock",)

    @classmethod
    def of(cls, lock: bytes, **values: Any) -> Report:
        """Return a report whose `lock_sha256` is computed when it is first asked for.

        Few runs of a guard ask, and it would take longer than to read the lock.
        """
        report = cls(lock_sha256="", **values)
        object.__delattr__(report, "lock_sha256")
        object.__setattr__(report, "_lock", lock)
        return report

    if not TYPE_CHECKING:

        def __getattr__(self, field):  # only of what is not there
            if field != "lock_sha256":
                raise AttributeError(f"a Report has no {field!r}")
            from lockhook._runtime.lock_bytes import sha256

            object.__setattr__(self, field, sha256(self._lock))
            return self.lock_sha256

    @staticmethod
    def merge(reports: Iterable[Report]) -> Report:
        """Return one report of many, such as each worker of a job made.

        Args:
            reports: of any environments, by the same lock; merged ones may be among them.

        Raises:
            ValueError: if there are none.
        """
        from lockhook._runtime.merge import merge

        return merge(reports)

    @property
    def ok(self) -> bool:
        """Whether the environment is what the lock says."""
        return self.status == "passed"

    @property
    def failures(self) -> int:
        """How many findings fail."""
        return sum(finding.fails for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        """Return the document that ``--format json`` prints and ``record=`` writes."""
        return {
            "schema": SCHEMA,
            **self.as_dict(),
            "summary": dict(self.summary),
            "findings": [finding.as_json() for finding in self.findings],
            "fix": list(self.fix),
            "advice": list(self.advice),
            "environment": dict(self.environment),
            "proof": dict(self.proof),
            "cluster": self.cluster and self.cluster.as_json(),
        }

    def __str__(self) -> str:
        return "\n".join(lines(self))


def lines(report: Report, *, quiet: bool = False, verbose: bool = False) -> Iterator[str]:
    """Yield the text report, line by line.

    Args:
        report: the report.
        quiet: only the findings that fail.
        verbose: name the packages beside the lock too, which are otherwise only counted.
    """
    if report.cluster:
        from lockhook._runtime import cluster_text

        yield from cluster_text.lines(report, report.cluster, quiet=quiet, verbose=verbose)
        return
    failing = [finding for finding in report.findings if finding.fails]
    if quiet:
        yield from map(line, failing)
        return
    yield from head(report)
    if report.reason:
        return
    yield from counts(report)
    yield from _section("Issues:", failing)
    yield from _section("Notes:", _notes(report, verbose=verbose))
    yield from _commands("To fix, run one of:", report.fix)
    yield from _commands("What an installation cannot mend:", report.advice)


def head(report: Report) -> Iterator[str]:
    """Yield the first lines of a text report: what was judged by, and the verdict."""
    yield "Lockfile Validation Report"
    yield "=========================="
    yield f"Lockfile: {visible(report.lockfile)}"
    yield f"Status: {report.status.upper()}"
    if report.guard != "enforce":
        yield f"Guard: {report.guard} (LOCKHOOK_GUARD)"
    if report.reason:
        yield f"Reason: {visible(report.reason)}"


def counts(report: Report) -> Iterator[str]:
    """Yield how many packages are in which state, and how much is proven."""
    yield ""
    yield from _summary(report.summary)
    yield from _proof(report.proof)
    if report.integrity:
        yield "Files: {checked} checked by {mode}, {modified} modified".format(**report.integrity)


def _summary(summary: Mapping[str, int]) -> Iterator[str]:
    yield f"Summary: {summary['total']} packages"
    shown = [key for key in SOMETIMES if summary.get(key)]
    for key in (*ALWAYS, *shown):
        label = key.replace("_", " ").capitalize() + ":"
        yield f"  {label:<11} {summary[key]}" if len(label) <= 11 else f"  {label} {summary[key]}"


def _proof(proof: Mapping[str, int]) -> Iterator[str]:
    shown = ", ".join(f"{count} by {level}" for level, count in proof.items() if count)
    if shown:
        yield f"Proven: {shown}"


def _commands(title: str, commands: tuple[str, ...]) -> Iterator[str]:
    if commands:
        yield ""
        yield title
        yield from (f"  {visible(command)}" for command in commands)


def _section(title: str, findings: list[Finding]) -> Iterator[str]:
    if findings:
        yield ""
        yield title
        yield from (f"  {line(finding)}" for finding in findings)


def _notes(report: Report, *, verbose: bool) -> list[Finding]:
    # Packages beside the lock are usually many and no concern of it.
    return [f for f in report.findings if not f.fails and (verbose or f.status != "extra")]


def line(finding: Finding) -> str:
    """Return a finding as one line, with everything that came from a file made visible."""
    place = f" ({visible(finding.location)})" if finding.location else ""
    subject = f"{visible(finding.package)}: " if finding.package else ""
    return f"- {subject}{visible(finding.message)}{place}"
