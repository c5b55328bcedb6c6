"""A merged report as text: one screen, however many nodes there are."""

from __future__ import annotations

from lockhook._runtime.names import visible
from lockhook._runtime.nodes import shorten
from lockhook._runtime.report import counts, head, line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from lockhook._runtime.cluster import Cluster, Difference, Group
    from lockhook._runtime.report import Finding, Report

_GROUPS = 6  # headings under one title
_LINES = 8  # findings under one heading
_ROWS = 10
_COLUMNS = 6
_WIDEST = 24  # characters of a column


def lines(
    report: Report, cluster: Cluster, *, quiet: bool = False, verbose: bool = False
) -> Iterator[str]:
    """Yield the text of a merged report, line by line; the arguments are those of its `lines`."""
    failing = list(_by_nodes(report, cluster, lambda finding: finding.fails, verbose=verbose))
    if quiet:
        yield from failing
        return
    yield from head(report)
    yield f"Nodes: {_size(cluster)}"
    if any(group.report.status != "unchecked" for group in cluster.groups):
        yield from counts(report)
    yield from _section("Issues:", failing)
    yield from _section("Notes:", list(_notes(report, cluster, verbose=verbose)))
    yield from _table(cluster, verbose=verbose)
    yield from _fixes(cluster, verbose=verbose)
    yield from _advice(report, cluster, verbose=verbose)


def _section(title: str, shown: list[str]) -> Iterator[str]:
    if shown:
        yield ""
        yield title
        yield from shown


def _size(cluster: Cluster) -> str:
    """Return how many nodes and ranks there are, and their names."""
    hosts = cluster.hosts
    return f"{len(hosts):,} ({_many(cluster.ranks, 'rank')}): {visible(shorten(hosts))}"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count != 1)}"


def where(places: Sequence[int], cluster: Cluster) -> str:
    """Return which nodes some groups are: ``node[017-018] (2 of 64)``."""
    groups = [cluster.groups[place] for place in places]
    hosts = frozenset().union(*(group.hosts for group in groups))
    if cluster.is_mixed:
        ranks = sum(group.ranks for group in groups)
        share = f"{ranks:,} of {_many(cluster.ranks, 'rank')}"
    else:
        share = f"{len(hosts):,} of {len(cluster.hosts):,}"
    return f"{visible(shorten(hosts))} ({share})"


def heading(places: Sequence[int], cluster: Cluster) -> str:
    """Return which nodes some groups are, and the interpreters there."""
    pythons = dict.fromkeys(_interpreter(cluster.groups[place]) for place in places)
    first, *others = pythons
    more = f" and {len(others):,} more" if others else ""
    return f"{where(places, cluster)}, {first}{more}"


def _interpreter(group: Group) -> str:
    return visible(f"{group.python} in {group.report.environment.get('prefix', '?')}")


def places_of(cluster: Cluster) -> dict[int, tuple[int, ...]]:
    """Return for each finding, by its place in the report, the groups that have it."""
    found: dict[int, list[int]] = {}
    for place, group in enumerate(cluster.groups):
        for number in group.findings:
            found.setdefault(number, []).append(place)
    return {number: tuple(places) for number, places in found.items()}


def _notes(report: Report, cluster: Cluster, *, verbose: bool) -> Iterator[str]:
    """Yield under its nodes what passes and is told. What is uneven stands in the table."""

    def is_told(finding: Finding) -> bool:
        return not finding.fails and (verbose or finding.status != "extra")

    yield from _by_nodes(report, cluster, is_told, verbose=verbose)


def _by_nodes(
    report: Report, cluster: Cluster, wanted: Callable[[Finding], bool], *, verbose: bool
) -> Iterator[str]:
    together: dict[tuple[int, ...], list[Finding]] = {}
    places = places_of(cluster)
    for number, finding in enumerate(report.findings):
        if number in places and wanted(finding):
            together.setdefault(places[number], []).append(finding)
    told = list(together.items())
    for groups, findings in told if verbose else told[:_GROUPS]:
        yield f"  {heading(groups, cluster)}:"
        shown = [f"    {line(finding)}" for finding in findings]
        yield from _few(shown, _LINES, "findings", verbose=verbose, indent="    ")
    if not verbose and len(told) > _GROUPS:
        left = dict.fromkeys(place for groups, _ in told[_GROUPS:] for place in groups)
        yield f"  ... and more on {where(list(left), cluster)}"


def _few(
    shown: Sequence[str], most: int, what: str, *, verbose: bool, indent: str = "  "
) -> Iterator[str]:
    # One that is left out takes as much room as one that is told.
    if verbose or len(shown) <= most + 1:
        yield from shown
        return
    yield from shown[:most]
    yield f"{indent}... and {len(shown) - most:,} more {what}"


def _fixes(cluster: Cluster, *, verbose: bool) -> Iterator[str]:
    """Yield what to run, under the nodes on which to run it."""
    told = list(_by_fix(cluster).items())
    for fix, places in told if verbose else told[:_GROUPS]:
        yield ""
        everywhere = len(places) == len(cluster.groups)
        there = "" if everywhere else f" these on {where(places, cluster)}"
        yield f"To fix, run one of{there}:"
        yield from (f"  {visible(command)}" for command in fix)
    if not verbose and len(told) > _GROUPS:
        left = [place for _, places in told[_GROUPS:] for place in places]
        yield f"  ... and others on {where(left, cluster)}"


def _by_fix(cluster: Cluster) -> dict[tuple[str, ...], list[int]]:
    together: dict[tuple[str, ...], list[int]] = {}
    for place, group in enumerate(cluster.groups):
        if group.report.fix:
            together.setdefault(group.report.fix, []).append(place)
    return together


def commands(cluster: Cluster) -> Iterator[str]:
    """Yield what to run as lines for a shell, with comments that say where."""
    for fix, places in _by_fix(cluster).items():
        if len(places) < len(cluster.groups):
            yield f"# one of these on {where(places, cluster)}"
        yield from fix


def _advice(report: Report, cluster: Cluster, *, verbose: bool) -> Iterator[str]:
    """Yield what no installation can mend, with the nodes that it is about."""
    together: dict[str, list[int]] = {}
    for place, group in enumerate(cluster.groups):
        for advised in group.report.advice:
            together.setdefault(advised, []).append(place)
    told = [f"  {visible(a)}" for a in report.advice if a not in together]
    for advised, places in together.items():
        everywhere = len(places) == len(cluster.groups)
        there = "" if everywhere else f"{where(places, cluster)}: "
        told.append(f"  {there}{visible(advised)}")
    if told:
        yield ""
        yield "What an installation cannot mend:"
        yield from _few(told, _LINES, "of these", verbose=verbose)


def matrix(cluster: Cluster, *, verbose: bool = False) -> list[tuple[str, ...]]:
    """Return a table of what differs, by nodes: a heading, then one row for each thing."""
    different = cluster.differences if verbose else cluster.differences[:_ROWS]
    if not different:
        return []
    columns = _columns(different, cluster)
    most = len(columns) if verbose or len(columns) == _COLUMNS + 1 else _COLUMNS
    shown, hidden = columns[:most], columns[most:]
    name = heading if cluster.is_mixed else where
    nodes = ["", *(name(places, cluster) for _, places in shown)]
    rows = [[_row(d), *(cells[i] for cells, _ in shown)] for i, d in enumerate(different)]
    if hidden:
        nodes.append(f"{where([place for _, places in hidden for place in places], cluster)}")
        rows = [[*row, "..."] for row in rows]
    return [tuple(row) for row in (nodes, *rows)]


def _row(difference: Difference) -> str:
    outside = difference.package and not difference.in_lock
    return f"{difference.what} (not in the lock)" if outside else difference.what


def _columns(
    different: Iterable[Difference], cluster: Cluster
) -> list[tuple[tuple[str, ...], list[int]]]:
    """Return the different columns, and the groups of each."""
    cells = [
        [d.elsewhere if group.is_decided else "?" for d in different] for group in cluster.groups
    ]
    for row, difference in enumerate(different):
        for cell, places in difference.found.items():
            for place in places:
                cells[place][row] = cell
    together: dict[tuple[str, ...], list[int]] = {}
    for place, column in enumerate(cells):
        together.setdefault(tuple(cell or "?" for cell in column), []).append(place)
    return list(together.items())


def _table(cluster: Cluster, *, verbose: bool) -> Iterator[str]:
    """Yield the matrix as text: a letter for each column, and what the letters stand for."""
    nodes, *rows = matrix(cluster, verbose=verbose) or [()]
    if not rows:
        return
    yield ""
    yield "Nodes differ:"
    letters = [_letter(column) for column in range(len(nodes) - 1)]
    yield from (f"  {letter}: {who}" for letter, who in zip(letters, nodes[1:], strict=True))
    shown = [("", *letters), *rows]
    shown = [(visible(row[0]), *map(_cut, row[1:])) for row in shown]
    widths = [max(len(row[column]) for row in shown) for column in range(len(nodes))]
    for row in shown:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield f"  {'  '.join(cells)}".rstrip()
    if len(rows) < len(cluster.differences):
        yield f"  ... and {len(cluster.differences) - len(rows):,} more"


def _letter(column: int) -> str:
    rounds, place = divmod(column, 26)
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[place] + (str(rounds + 1) if rounds else "")


def _cut(cell: str) -> str:
    shown = visible(cell)
    return shown if len(shown) <= _WIDEST else f"{shown[: _WIDEST - 3]}..."
