"""The page that the suite writes, and its short form in README."""

from __future__ import annotations

import datetime as dt
import os
import platform
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.benchmarks import commands
from tests.benchmarks.environment import LOCKS
from tests.benchmarks.groups import COUNTS, Group
from tests.benchmarks.limits import code, milliseconds, table

if TYPE_CHECKING:
    from tests.benchmarks.process import Timing

Groups = Mapping[str, Group]

_HEAD = """\
# How fast lockhook is

Made by `python -m tests.benchmarks`, {date}.

Whole processes run in turn (A B C, A B C, ...), {runs} rounds after two that only fill the
caches; a third of the rounds for what takes long. A ratio is one of medians; behind it, in
brackets, stand the quartiles of the ratios within a round. All runs without network, with
bytecode compiled and files in the page cache.

- machine: {machine}
- Python {python}, uv {uv}, {system}
- environment: {installed} packages from the registry, as `data/packages.txt` pins them; its locks,
  with hashes: {locks}
"""
_AGAIN = """\
## Do it again

```sh
.venv/bin/pip install -e '.[bench]'
.venv/bin/python -m tests.benchmarks
```

It needs Linux, and the registry the first time; what it builds is kept in `.benchmark_cache`.
`--only guard` measures one part and prints it, `--quick` takes few rounds, `--help` tells the
rest. The versions in `data/packages.txt` are what
`uv pip compile --universal --no-annotate --no-header` makes of `data/environment.toml` without
lockhook.
"""
_PLOT = """\
## With more packages

![Time of a whole process against the number of installed packages](packages.svg)

Made packages: each has metadata of 4 kB, and twelve hashes in the lock. The lock is a
`requirements.txt`, but where another one is named.

"""
_FLOOR = """
The floor is to read the lock, to list the path and to read the heads of the metadata: {listed} for
the list, {heads} for the heads. *In one process* is the whole guard where everything is imported,
as pytest-benchmark measures it: what it has above the floor is reading, judging and comparing.
"""
_COMMANDS = """
All else is, of a `check`, three runs of git and the judging; of a `generate`, a run of uv.
"""
_SHORT = """\
Whole processes in turn on {installed} real packages with hashed locks, `check` on a project of some
140, medians of {runs} rounds ({machine}; Python {python}, uv {uv}):

"""


class Facts(NamedTuple):
    """On what was measured."""

    machine: str
    python: str
    uv: str
    system: str
    installed: int
    locks: Mapping[str, int]
    runs: int
    date: str

    @classmethod
    def gather(cls, *, uv: str, installed: int, folder: Path, runs: int) -> Facts:
        """Return what this machine says of itself.

        Args:
            uv: its version.
            installed: how many packages the environment holds.
            folder: where the locks lie.
            runs: how many rounds were counted.
        """
        return cls(
            machine=f"{_processor()}, {len(os.sched_getaffinity(0))} cores",
            python=platform.python_version(),
            uv=uv,
            system=f"{platform.system()} {platform.release().partition('-')[0]}",
            installed=installed,
            locks={name: (folder / name).stat().st_size for name in LOCKS},
            runs=runs,
            date=dt.datetime.now(tz=dt.timezone.utc).date().isoformat(),
        )


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.machine()
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1] if found else platform.machine()


def render(groups: Groups, facts: Facts) -> str:
    """Return the page as Markdown."""
    return "\n".join(_sections(groups, facts)).rstrip("\n") + "\n"


def _sections(groups: Groups, facts: Facts) -> Iterator[str]:
    sizes = ", ".join(f"{code(n)} {size / 1e6:.2f} MB" for n, size in facts.locks.items())
    yield _HEAD.format(**{**facts._asdict(), "locks": sizes})
    yield "## The limits\n"
    yield rows(groups)
    for name in ("check", "generate", "integrity", "length"):
        yield from (f"{note}\n" for note in groups[name].notes)
    yield _PLOT + _series(groups["packages"])
    yield "## Where the time goes\n"
    yield _parts(groups)
    yield _of_commands(groups)
    yield "Their own time under `cProfile`, which makes calls dearer than they are, by module:\n"
    yield "".join(f"- {note}\n" for note in groups["where"].notes)
    yield "## Each process\n"
    for name in ("guard", "check", "generate", "integrity"):
        yield f"{processes(groups[name])}"
    yield _AGAIN


def rows(groups: Groups) -> str:
    """Return the table of all that has a limit."""
    found = [row for group in groups.values() for row in group.rows]
    cells = [[row.work, row.limit, row.measured, row.verdict] for row in found]
    return table(["work", "limit", "measured", "verdict"], cells)


def processes(group: Group) -> str:
    """Return the table of what was timed."""
    cells = [
        [
            code(one.label) + (f" (exit {one.code})" if one.code else ""),
            *(milliseconds(s) for s in (one.median, min(one.wall), max(one.wall))),
            milliseconds(sum(one.processor) / len(one.processor)),
        ]
        for one in group.timings
    ]
    return table(["process", "median", "least", "most", "processor time"], cells, right=4)


def _series(group: Group) -> str:
    heads = ["packages", *(f"{count:,}" for count in COUNTS)]
    cells = [[code(n), *map(milliseconds, seconds)] for n, seconds in group.series.items()]
    return table(heads, cells, right=len(COUNTS))


def _parts(groups: Groups) -> str:
    """Return what the time of a guard consists of, down to what no guard could do without."""
    guard, where, floor = (_by_label(groups[name].timings) for name in ("guard", "where", "floor"))
    bare = guard[commands.BARE]
    listed, heads = floor["test_list_the_path"], floor["test_read_the_heads"]
    cells = []
    for lock in LOCKS:
        label = commands.GUARD.format(lock)
        imports = max(0.0, where[commands.IMPORTS.format(label)] - where[commands.BARE])
        read = floor[f"test_read_the_lock[{lock}]"]
        least = read + listed + heads
        rest = guard[label] - bare - imports - least
        parts = [guard[label], bare, imports, least, rest, floor[f"test_guard[{lock}]"]]
        cells.append([code(lock), *map(milliseconds, parts), f"{bare / guard[label]:.0%}"])
    names = ["the guard", "bare Python", "imports", "the floor", "all else"]
    heading = ["lock", *names, "in one process", "share of bare Python"]
    told = _FLOOR.format(listed=milliseconds(listed), heads=milliseconds(heads))
    return table(heading, cells, right=7) + told


def _of_commands(groups: Groups) -> str:
    """Return the same of what people type, down to what no program in Python could do without."""
    where = {one.label: one.median for one in groups["where"].timings}
    bare = where[commands.BARE]
    cells = []
    for one in (*groups["check"].timings, *groups["generate"].timings):
        if commands.IMPORTS.format(one.label) in where:
            every = max(bare, where[commands.IMPORTS.format(one.label)])
            others = max(bare, where[commands.OTHERS.format(one.label)])
            parts = [one.median, bare, others - bare, every - others, one.median - every]
            cells.append([code(one.label), *map(milliseconds, parts)])
    names = ["bare Python", "imports of Python's and tomli", "of lockhook's own", "all else"]
    return table(["command", "it takes", *names], cells, right=5) + _COMMANDS


def _by_label(timings: Sequence[Timing]) -> dict[str, float]:
    # The first of two bare interpreters is that of the environment.
    return {one.label: one.median for one in reversed(timings)}


_START, _END = "<!-- speed -->\n", "<!-- /speed -->\n"


def short(groups: Groups, facts: Facts) -> str:
    """Return what README says of it."""
    by = {one.label: one for one in groups["guard"].timings}
    checks = {one.label: one for one in groups["check"].timings}
    bare = by[commands.BARE]
    shown = [
        bare,
        *(by[commands.GUARD.format(lock)] for lock in LOCKS),
        by[commands.PIP_CHECK],
        by[commands.PIP_SYNC.format(LOCKS[0])],
        by[commands.PIP_SYNC.format(LOCKS[1])],
        by[commands.SYNC],
        by["pip-lock"],
        by["pip check"],
        *(checks[commands.CHECK.format(lock)] for lock in LOCKS),
        checks[commands.UV_CHECK],
        checks[commands.UV_CHECK_TOLD],
    ]
    cells = [
        [code(one.label), milliseconds(one.median), f"{one.median / bare.median:.1f}"]
        for one in shown
    ]
    heads = ["process", "time", "bare interpreters"]
    return _SHORT.format(**facts._asdict()) + table(heads, cells, right=2)


def put(readme: str, text: str) -> str:
    """Return README with its part about speed replaced.

    Raises:
        ValueError: if README has no place for it.
    """
    before, start, rest = readme.partition(_START)
    _, end, after = rest.partition(_END)
    if not (start and end):
        raise ValueError(f"README.md has no {_START.strip()} and {_END.strip()}")
    return f"{before}{start}\n{text}\n{end}{after}"
