"""What is not the same on all nodes, whatever the lock says of each."""

from __future__ import annotations

from collections import Counter

from lockhook._runtime.cluster import Difference
from lockhook._runtime.fix import quote
from lockhook._runtime.nodes import shorten
from lockhook._runtime.report import Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from lockhook._runtime.cluster import Group
    from lockhook._runtime.report import Report


def about_the_whole(groups: Sequence[Group]) -> Iterator[tuple[Finding, list[int]]]:
    """Yield what only the whole tells, each with the places of the groups that it is about."""
    # Switched off for all is what somebody wanted; for some it must not pass for well.
    switched_off = all(group.report.guard == "off" for group in groups)
    for place, group in enumerate(groups):
        if not group.is_decided and not switched_off:
            yield _undecided(group.report), [place]
    for what, value in _MUST_AGREE.items():
        yield from _disagreeing(groups, what, value)


def _undecided(report: Report) -> Finding:
    return Finding(
        status="undecided",
        package="",
        message=f"cannot be decided: {report.reason}",
        fails=True,
        path=report.lockfile,
    )


def _lock(group: Group) -> str:
    return group.report.lock_sha256


def _python(group: Group) -> str:
    return group.python if group.report.environment else ""


# What must be the same on all ranks, whatever the lock says. Compared where it is known.
_MUST_AGREE: Mapping[str, Callable[[Group], str]] = {"lock": _lock, "Python": _python}
_TOLD = {
    "lock": "another lock than elsewhere: sha256 {0:.12}..., not {1:.12}...",
    "Python": "another Python than elsewhere: {0}, not {1}",
}
_NEXT = {
    "lock": "make {0} the same as elsewhere: all ranks must read the same bytes",
    "Python": "start these ranks with {1} too",
}


def _disagreeing(
    groups: Sequence[Group], what: str, value: Callable[[Group], str]
) -> Iterator[tuple[Finding, list[int]]]:
    """Yield a finding for every value but that of the most ranks."""
    by_value = _by(value, groups)
    if len(by_value) < 2:
        return
    usual = max(by_value, key=lambda found: sum(groups[i].ranks for i in by_value[found]))
    for found, places in by_value.items():
        if found != usual:
            finding = Finding(
                status="differing",
                package="",
                message=_TOLD[what].format(found, usual),
                fails=True,
                expected=usual,
                found=found,
                path=groups[places[0]].report.lockfile if what == "lock" else "",
            )
            yield finding, places


def _by(value: Callable[[Group], str], groups: Sequence[Group]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for place, group in enumerate(groups):
        if known := value(group):
            found.setdefault(known, []).append(place)
    return found


def advice(groups: Sequence[Group]) -> Iterator[str]:
    """Yield what makes the nodes agree in what they must."""
    mixed = _mixed(groups)
    for what, value in _MUST_AGREE.items():
        for finding, places in _disagreeing(groups, what, value):
            what_to_do = _NEXT[what].format(quote([finding.path]), finding.expected)
            yield f"{_where(groups, places, mixed)}: {what_to_do}"


def differences(groups: Sequence[Group]) -> Iterator[Difference]:
    """Yield what is not the same in all groups of which anything is known."""
    for what, value in _MUST_AGREE.items():
        found = _by(value, groups)
        if len(found) > 1:
            width = 12 if what == "lock" else None  # of a digest that is enough to tell
            places = {cell[:width]: tuple(places) for cell, places in found.items()}
            yield Difference(
                package="", what=what, found=places, elsewhere="", in_lock=False, fails=True
            )
    decided = sum(group.is_decided for group in groups)
    different = [
        difference
        for package, findings in sorted(_by_package(groups).items())
        if (difference := _of_package(package, findings, others=len(findings) < decided))
    ]
    # What fails comes first: nobody reads all of a long list.
    yield from sorted(different, key=lambda difference: not difference.fails)


def _by_package(groups: Sequence[Group]) -> dict[str, dict[int, Finding]]:
    """Return for each package, and each group, its first finding that fails, or else the first."""
    found: dict[str, dict[int, Finding]] = {}
    for place, group in enumerate(groups):
        for finding in sorted(group.report.findings, key=lambda finding: not finding.fails):
            if finding.package:
                found.setdefault(finding.package, {}).setdefault(place, finding)
    return found


def _of_package(
    package: str, findings: Mapping[int, Finding], *, others: bool
) -> Difference | None:
    expected = next((f.expected for f in findings.values() if f.expected), "")
    # No finding about a package of the lock: it is the locked one. Any other is not there.
    elsewhere = (expected or ABSENT) if others else ""
    cells: dict[str, list[int]] = {}
    for place, finding in findings.items():
        cells.setdefault(_cell(finding), []).append(place)
    if len({*cells, elsewhere} - {""}) < 2:
        return None
    return Difference(
        package=package,
        what=package,
        found={cell: tuple(places) for cell, places in cells.items()},
        elsewhere=elsewhere,
        in_lock=bool(expected),
        fails=any(finding.fails for finding in findings.values()),
    )


ABSENT = "-"


def _cell(finding: Finding) -> str:
    if finding.status in {"mismatched", "extra", "labelled"}:
        return finding.found or finding.status
    if finding.status == "missing":
        return ABSENT
    return f"{finding.found} {finding.status}".lstrip()


def uneven(different: Iterable[Difference], groups: Sequence[Group]) -> Iterator[Finding]:
    """Yield a note for each thing in which nodes differ and that the lock lets pass."""
    mixed = _mixed(groups)
    for difference in different:
        if not difference.fails:
            told = [
                f"{_told(cell)} on {_where(groups, places, mixed)}"
                for cell, places in difference.found.items()
            ]
            if difference.elsewhere:
                told.append(f"{_told(difference.elsewhere)} elsewhere")
            yield Finding(
                status="uneven",
                package=difference.package,
                message=f"differs between nodes: {'; '.join(told)}",
                fails=False,
            )


def _told(cell: str) -> str:
    return "not installed" if cell == ABSENT else cell


def _mixed(groups: Sequence[Group]) -> AbstractSet[str]:
    """Return the nodes of which the name does not tell which environment is meant."""
    hosts = Counter(host for group in groups for host in group.hosts)
    return {host for host, count in hosts.items() if count > 1}


def _where(groups: Sequence[Group], places: Sequence[int], mixed: AbstractSet[str]) -> str:
    hosts = _hosts(groups, places)
    if hosts.isdisjoint(mixed):
        return shorten(hosts, 4)
    return f"{shorten(hosts, 4)} in {groups[places[0]].report.environment.get('prefix', '?')}"


def _hosts(groups: Sequence[Group], places: Iterable[int]) -> frozenset[str]:
    return frozenset().union(*(groups[place].hosts for place in places))
