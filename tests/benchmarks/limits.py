"""The rows of the table: what was measured, held against what it may take. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tests.benchmarks.process import Timing


class Row(NamedTuple):
    """One line of the table.

    Attributes:
        work: what is done.
        limit: what it may take, in words.
        measured: what it took, in words.
        met: None where nothing was measured.
    """

    work: str
    limit: str
    measured: str
    met: bool | None

    @property
    def verdict(self) -> str:
        """Return whether the limit is met, in one word or two."""
        if self.met is None:
            return "not measured"
        return "met" if self.met else "**missed**"


class Share(NamedTuple):
    """How long one thing takes, as a share of another one that ran beside it.

    Attributes:
        ratio: of the medians.
        low: the lower quartile of the ratios within a round.
        high: the upper one.
    """

    ratio: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.ratio:.2f} ({self.low:.2f} to {self.high:.2f})"


def share(one: Timing, other: Timing) -> Share:
    """Return how long one command takes, as a share of another's time."""
    pairs = [a / b for a, b in zip(one.wall, other.wall, strict=True)]
    low, _, high = statistics.quantiles(pairs, n=4) if len(pairs) > 1 else pairs * 3
    return Share(one.median / other.median, low, high)


def at_most(work: str, one: Timing, factor: float, other: Timing) -> Row:
    """Return the row of what may take so many times as long as something else."""
    found = share(one, other)
    limit = f"≤ {factor:g} × {code(other.label)}"
    measured = f"{found}: {milliseconds(one.median)} of {milliseconds(other.median)}"
    return Row(work, limit, measured, found.ratio <= factor)


def as_fast(work: str, one: Timing, factor: float, other: Timing) -> Row:
    """Return the row of what must reach so much of the speed of something else."""
    found = share(other, one)
    limit = f"≥ {factor:g} × the speed of {code(other.label)}"
    measured = f"{found}: {milliseconds(other.median)} of {milliseconds(one.median)}"
    return Row(work, limit, measured, found.ratio >= factor)


def growth(work: str, factor: float, small: Sequence[Timing], large: Sequence[Timing]) -> Row:
    """Return the row of what may grow so many times, above a bare interpreter.

    Args:
        work: what is done.
        factor: the limit.
        small: what it takes on a small environment, and the bare interpreter of that.
        large: the same on a large one.
    """
    few, many = above(*small), above(*large)
    measured = f"{many / few:.1f}: {milliseconds(few)} to {milliseconds(many)}"
    limit = f"≤ {factor:g} × the time above a bare interpreter"
    return Row(work, limit, measured, many <= factor * few)


def above(one: Timing, bare: Timing) -> float:
    """Return the seconds that a command takes above another one."""
    return one.median - bare.median


def milliseconds(seconds: float) -> str:
    """Return a duration with three digits at most where they mean anything."""
    value = 1000 * seconds
    return f"{value:,.1f} ms" if value < 100 else f"{value:,.0f} ms"


def code(text: str) -> str:
    """Return text as Markdown has code."""
    return f"`{text}`"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], right: int = 0) -> str:
    """Return a Markdown table.

    Args:
        heads: of the columns.
        rows: the cells.
        right: how many columns at the end hold numbers.
    """
    rule = ["---"] * (len(heads) - right) + ["---:"] * right
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (heads, rule, *rows))
