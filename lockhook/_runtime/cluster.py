"""Of which nodes a merged report is, and what they differ in."""

from __future__ import annotations

from lockhook._runtime.nodes import fold
from lockhook._runtime.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from lockhook._runtime.report import Report
    from lockhook._runtime.tally import Look


class Group(Record):
    """Nodes with the same verdict, word for word.

    Attributes:
        looks: each node that was looked at, and for how many ranks.
        report: the verdict; its `hostname` is the first of the nodes.
        findings: where its findings stand in the findings of the whole.
    """

    looks: tuple[Look, ...]
    report: Report
    findings: tuple[int, ...] = ()

    @property
    def hosts(self) -> frozenset[str]:
        """The names of the nodes."""
        return frozenset(look.host for look in self.looks)

    @property
    def ranks(self) -> int:
        """How many processes the verdict is about."""
        return sum(look.ranks for look in self.looks)

    @property
    def python(self) -> str:
        """The interpreter, for people."""
        return "{implementation} {python}".format_map(_Known(self.report.environment))

    @property
    def is_decided(self) -> bool:
        """Whether anything was judged."""
        return self.report.status != "unchecked"

    def as_json(self) -> dict[str, Any]:
        """Return what the JSON report holds of these nodes."""
        report = self.report
        environment = {k: v for k, v in report.environment.items() if k != "hostname"}
        return {
            "nodes": fold(self.hosts),
            "count": len(self.hosts),
            "ranks": self.ranks,
            "status": report.status,
            "lockfile": report.lockfile,
            "lock_sha256": report.lock_sha256,
            "findings": list(self.findings),
            "fix": list(report.fix),
            "advice": list(report.advice),
            "environment": environment,
            "reason": report.reason,
        }


class _Known(dict[str, str]):
    """An environment of which something may not be known."""

    def __missing__(self, key: str) -> str:
        return "?"


class Difference(Record):
    """What is not the same on all nodes.

    Attributes:
        package: normalised name; "" if it is about the interpreter or the lock.
        what: the name of the package, or ``Python`` or ``lock``.
        found: what is there, for people, to the places of the groups that have it.
        elsewhere: what the other groups have, those aside that decided nothing; "" if there are
            no others.
        fails: whether it makes some node fail.
    """

    package: str
    what: str
    found: Mapping[str, tuple[int, ...]]
    elsewhere: str
    in_lock: bool
    fails: bool

    def as_json(self) -> dict[str, Any]:
        """Return what the JSON report holds of it."""
        found = [{"what": what, "groups": list(places)} for what, places in self.found.items()]
        return {**self.as_dict(), "found": found}


class Cluster(Record):
    """Where the parts of a merged report come from.

    Attributes:
        groups: in order of their first rank.
        differences: what the groups differ in.
        hosts: the names of all nodes.
        ranks: how many processes the verdict is about.
        is_mixed: whether some node has several environments, so that its name is not enough.
    """

    groups: tuple[Group, ...]
    differences: tuple[Difference, ...]
    hosts: frozenset[str]
    ranks: int
    is_mixed: bool

    def as_json(self) -> dict[str, Any]:
        """Return what the JSON report holds of it."""
        return {
            "nodes": fold(self.hosts),
            "count": len(self.hosts),
            "ranks": self.ranks,
            "groups": [group.as_json() for group in self.groups],
            "differences": [difference.as_json() for difference in self.differences],
        }
