"""One report of many: each finding once, and on which nodes it holds."""

from __future__ import annotations

from lockhook._runtime import tally as tallies
from lockhook._runtime.cluster import Cluster, Group
from lockhook._runtime.differences import about_the_whole, advice, differences, uneven
from lockhook._runtime.report import ALWAYS, Finding, Report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from lockhook._runtime.cluster import Difference
    from lockhook._runtime.tally import Tally


def merge(reports: Iterable[Report]) -> Report:
    """Return one report of many. Merged ones may be among them.

    Raises:
        ValueError: if there are none.
    """
    return of_tally(tallies.join_all(map(of_one, reports)))


def of_one(report: Report) -> Tally:
    """Return the tally of one report, which may be a merged one."""
    if report.cluster is None:
        host = report.environment.get("hostname", "")
        return tallies.of([tallies.Look(host=host)], report)
    return tallies.join_all(tallies.of(g.looks, g.report) for g in report.cluster.groups)


def of_tally(tally: Tally) -> Report:
    """Return the report of all that a tally holds.

    Raises:
        ValueError: if it holds nothing.
    """
    if not tally.looks:
        raise ValueError("there is no report to merge")
    groups = [Group(looks=looks, report=report) for looks, report in tallies.groups(tally)]
    different = tuple(differences(groups))
    findings, places = _findings(groups, different)
    groups = [group.replace(findings=tuple(p)) for group, p in zip(groups, places, strict=True)]
    hosts = frozenset(look.host for look in tally.looks)
    cluster = Cluster(
        groups=tuple(groups),
        differences=different,
        hosts=hosts,
        ranks=sum(look.ranks for look in tally.looks),
        is_mixed=len(tally.looks) > len(hosts),
    )
    reports = [group.report for group in groups]
    failing = [report for report in reports if not report.ok]
    return Report(
        lockfile=reports[0].lockfile,
        lock_sha256=_common((r.lock_sha256 for r in reports if r.lock_sha256), ""),
        status=_status(reports, findings),
        summary=_summary(reports),
        findings=findings,
        fix=_common((r.fix for r in failing), ()),
        advice=(*advice(groups), *_common((r.advice for r in failing), ())),
        environment=reports[0].environment,
        proof=_least([r.proof for r in reports if r.status != "unchecked"]),
        integrity=_integrity(groups),
        guard=_common((r.guard for r in reports), "enforce"),
        reason=_common((r.reason for r in reports), ""),
        cluster=cluster,
    )


def _common(values: Iterable[Any], otherwise: Any) -> Any:
    """Return what all values are, or something else if they are not one."""
    different = dict.fromkeys(values)
    return next(iter(different)) if len(different) == 1 else otherwise


def _status(reports: Sequence[Report], findings: Iterable[Finding]) -> str:
    statuses = {report.status for report in reports}
    if len(statuses) == 1 and statuses != {"passed"}:
        return statuses.pop()
    return "failed" if any(finding.fails for finding in findings) else "passed"


# What is not as the lock has it; a package that is labelled may have matched all the same.
_UNMATCHED = frozenset(
    {"mismatched", "missing", "broken", "conflicting", "shadowed", "unverifiable"}
)


def _summary(reports: Sequence[Report]) -> Mapping[str, int]:
    """Count packages, each once however many nodes it is wrong on; `matched` is everywhere."""
    first, *others = [report for report in reports if report.status != "unchecked"] or reports
    if all(report.summary == first.summary for report in others):
        return first.summary
    keys = dict.fromkeys([*ALWAYS, *(key for report in reports for key in report.summary)])
    summary = {key: max(r.summary.get(key, 0) for r in reports) for key in ("total", *keys)}
    wrong = {status: _packages(reports, status) for status in _UNMATCHED}
    summary |= {status: len(names) for status, names in wrong.items() if status in summary}
    best = max((first, *others), key=lambda report: report.summary.get("matched", 0))
    here = {f.package for f in best.findings if f.status in _UNMATCHED}
    elsewhere = set().union(*wrong.values()) - here
    return summary | {"matched": max(0, summary["matched"] - len(elsewhere))}


def _packages(reports: Iterable[Report], status: str) -> set[str]:
    return {f.package for report in reports for f in report.findings if f.status == status}


def _least(proofs: Sequence[Mapping[str, int]]) -> Mapping[str, int]:
    """Return how much is proven on every node."""
    keys = [key for key in (proofs[0] if proofs else ()) if all(key in proof for proof in proofs)]
    return {key: min(proof[key] for proof in proofs) for key in keys}


def _integrity(groups: Iterable[Group]) -> Mapping[str, Any] | None:
    """Return how many files were looked at on all nodes together."""
    total: dict[str, Any] = {}
    for group in groups:
        for key, value in (group.report.integrity or {}).items():
            counted = isinstance(value, int)
            total[key] = total.get(key, 0) + value * len(group.looks) if counted else value
    return total or None


def _findings(
    groups: Sequence[Group], different: Iterable[Difference]
) -> tuple[tuple[Finding, ...], list[list[int]]]:
    """Return each finding once, and for each group which of them are its own."""
    number: dict[Finding, int] = {}
    places: list[list[int]] = [[] for _ in groups]

    def add(finding: Finding, wherever: Iterable[int]) -> None:
        known = number.setdefault(finding, len(number))
        for index in wherever:
            places[index].append(known)

    for finding, wherever in about_the_whole(groups):
        add(finding, wherever)
    for index, group in enumerate(groups):
        for finding in group.report.findings:
            add(finding, [index])
    for note in uneven(different, groups):
        add(note, ())
    return tuple(number), places
