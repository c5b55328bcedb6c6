"""Many verdicts as one value that grows with what they say, not with how many they are.

Every verdict is taken apart into facts, and each fact is held once, with the set of the verdicts
that it is true of: bits of a number. Two tallies are joined by putting the verdicts of the second
behind those of the first, so joining is associative and can be done along a tree.
"""

from __future__ import annotations

from lockhook._runtime.record import Record
from lockhook._runtime.report import Finding, Report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any


class Look(Record):
    """Who was looked at in one go.

    Attributes:
        host: the node.
        ranks: how many processes share the verdict.
        code: the exit code that it stands for.
    """

    host: str
    ranks: int = 1
    code: int = 0


class Tally(Record):
    """The verdicts of many looks.

    Attributes:
        looks: in order.
        facts: (what kind of fact, what it says) to the looks of which it is true, as bits.
    """

    looks: tuple[Look, ...] = ()
    facts: Mapping[tuple[str, Any], int] = {}


def of(looks: Iterable[Look], report: Report) -> Tally:
    """Return the tally of one verdict that holds for some looks."""
    looks = tuple(looks)
    return Tally(looks=looks, facts=dict.fromkeys(_facts(report), (1 << len(looks)) - 1))


def join(first: Tally, second: Tally) -> Tally:
    """Return the tally of all looks of two."""
    facts, count = dict(first.facts), len(first.looks)
    for fact, places in second.facts.items():
        facts[fact] = facts.get(fact, 0) | places << count
    return Tally(looks=first.looks + second.looks, facts=facts)


def join_all(tallies: Iterable[Tally]) -> Tally:
    """Return the tally of all looks, in order."""
    level = list(tallies) or [Tally()]
    while len(level) > 1:
        pairs = [level[i : i + 2] for i in range(0, len(level), 2)]
        level = [join(*pair) if len(pair) == 2 else pair[0] for pair in pairs]
    return level[0]


def groups(tally: Tally) -> Iterator[tuple[tuple[Look, ...], Report]]:
    """Yield each different report with the looks that it is the result of, in order."""
    said: list[list[tuple[str, Any]]] = [[] for _ in tally.looks]
    for fact, places in tally.facts.items():
        for place in _places(places):
            said[place].append(fact)
    same: dict[tuple[tuple[str, Any], ...], list[Look]] = {}
    for look, own in zip(tally.looks, said, strict=True):
        same.setdefault(tuple(own), []).append(look)
    for facts, looks in same.items():
        yield tuple(looks), _report(facts, looks[0].host)


def _places(bits: int) -> Iterator[int]:
    shown = bin(bits)[:1:-1]
    place = shown.find("1")
    while place >= 0:
        yield place
        place = shown.find("1", place + 1)


def _facts(report: Report) -> Iterator[tuple[str, Any]]:
    """Yield the fields of a report, each as one fact, and its findings one by one.

    Plain values throughout: they are hashed at every step of the way.
    """
    for field, value in report.as_dict().items():
        if field == "findings":
            yield from (("finding", tuple(f.as_dict().values())) for f in value)
        elif field == "environment":
            yield field, tuple((key, said) for key, said in value.items() if key != "hostname")
        elif field in _MAPPINGS:
            yield field, None if value is None else tuple(value.items())
        elif field != "cluster":
            yield field, value


_MAPPINGS = frozenset({"summary", "proof", "integrity"})


def _report(facts: Iterable[tuple[str, Any]], host: str) -> Report:
    values: dict[str, Any] = {}
    findings: list[Finding] = []
    for kind, value in facts:
        if kind == "finding":
            findings.append(Finding(**dict(zip(Finding._fields, value, strict=True))))
        elif kind == "environment":
            values[kind] = {**dict(value), "hostname": host}
        else:
            values[kind] = dict(value) if kind in _MAPPINGS and value is not None else value
    return Report(**values, findings=tuple(findings))
