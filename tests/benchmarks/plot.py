"""Time against packages, as a picture that can be read in the light and in the dark."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.benchmarks import commands
from tests.benchmarks.environment import LOCKS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH, _HEIGHT = 9.0, 5.0  # inches
_GAP = 0.058  # of the height: two labels must not be nearer


class Palette(NamedTuple):
    """The colours of what is not a line."""

    paper: str
    ink: str
    quiet: str
    grid: str


LIGHT = Palette("#fffffe", "#1f2329", "#59636f", "#d8dee5")
DARK = Palette("#0d1118", "#e6edf4", "#9198a2", "#2b323b")


class Line(NamedTuple):
    """One line, and how it is drawn: its colour is seen on both kinds of paper."""

    process: str
    label: str
    colour: str
    width: float = 1.7
    style: str = "solid"


LINES = (
    Line("pip check", "pip check (reads no lock)", "#a371d7"),
    Line("pip-lock", "pip-lock", "#c2850c"),
    Line(commands.PIP_SYNC.format(LOCKS[0]), "uv pip sync --check", "#d6409f"),
    Line(commands.PIP_CHECK, "uv pip check (reads no lock)", "#3b82d6"),
    Line(commands.GUARD.format(LOCKS[0]), "lockhook guard", "#12a150", 3.2),
    Line(commands.BARE, "bare Python", "#808994", style="dashed"),
)


def svg(counts: Sequence[int], series: Mapping[str, Sequence[float]]) -> str:
    """Return the picture in both colours: that of the reader's system is shown.

    Args:
        counts: of packages.
        series: label of a process to seconds, for each count.
    """
    drawn = draw(counts, series, LIGHT, "svg").decode()
    # A date and a run's random names would make each picture another file.
    return _with_darkness(re.sub(r"\s*<metadata>.*?</metadata>", "", drawn, flags=re.DOTALL))


def _with_darkness(text: str) -> str:
    rules = "".join(
        f'[style*="{what}: {light}"]{{{what}:{dark}!important}}'
        for light, dark in zip(LIGHT, DARK, strict=True)
        for what in ("fill", "stroke")
    )
    style = f"<style>@media (prefers-color-scheme: dark){{{rules}}}</style>"
    return re.sub(r"(<svg [^>]*>)", rf"\1\n {style}", text, count=1)


def draw(
    counts: Sequence[int], series: Mapping[str, Sequence[float]], palette: Palette, kind: str
) -> bytes:
    """Return the picture in one set of colours, in a format that matplotlib knows."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    settings = {
        "svg.fonttype": "none",
        "svg.hashsalt": "lockhook",
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial", "sans-serif"],
        "font.size": 10.5,
    }
    with mpl.rc_context(settings):
        figure, axes = plt.subplots(figsize=(_WIDTH, _HEIGHT), facecolor=palette.paper)
        _axes(axes, counts, palette)
        for line in LINES:
            _line(axes, line, counts, series[line.process])
        values = [1000 * seconds for line in LINES for seconds in series[line.process]]
        axes.set_ylim(min(values) * 0.75, max(values) * 1.35)
        _labels(axes, {line: series[line.process][-1] for line in LINES})
        figure.subplots_adjust(left=0.09, right=0.672, top=0.86, bottom=0.125)
        figure.text(0.018, 0.95, _TITLE, color=palette.ink, size=13, weight="bold", va="center")
        figure.text(0.018, 0.90, _SUBTITLE, color=palette.quiet, va="center")
        file = io.BytesIO()
        figure.savefig(file, format=kind, facecolor=palette.paper, dpi=150)
        plt.close(figure)
    return file.getvalue()


_TITLE = "Is this environment what the lock says?"
_SUBTITLE = "Time of the whole process; both axes logarithmic, lower is better"


def _axes(axes: Axes, counts: Sequence[int], palette: Palette) -> None:
    axes.set(xscale="log", yscale="log", facecolor=palette.paper)
    axes.set_xlabel("installed packages", color=palette.ink)
    axes.set_ylabel("time (ms)", color=palette.ink)
    axes.set_xticks(counts, [f"{count:,}" for count in counts])
    axes.set_xlim(counts[0] * 0.9, counts[-1] * 1.08)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.minorticks_off()
    axes.set_yticks([5, 10, 20, 50, 100, 200, 500, 1000, 2000])
    axes.tick_params(colors=palette.quiet, length=0, pad=6)
    axes.grid(color=palette.grid, linewidth=0.8)
    axes.set_axisbelow(True)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(palette.quiet)


def _line(axes: Axes, line: Line, counts: Sequence[int], seconds: Sequence[float]) -> None:
    milliseconds = [1000 * value for value in seconds]
    axes.plot(
        counts,
        milliseconds,
        color=line.colour,
        linewidth=line.width,
        linestyle=line.style,
        marker="o",
        markersize=line.width + 2.3,
        markeredgewidth=0,
        zorder=2 + line.width,
        solid_capstyle="round",
    )


def _labels(axes: Axes, ends: Mapping[Line, float]) -> None:
    """Write beside its end what a line is, in its colour: nobody has to look up a legend."""
    values = [1000 * value for value in ends.values()]
    low, high = map(math.log, axes.get_ylim())
    heights = apart([(math.log(value) - low) / (high - low) for value in values], _GAP)
    for line, value, height in zip(ends, values, heights, strict=True):
        axes.annotate(
            f"{line.label}  {value:,.0f} ms",
            xy=(1, height),
            xycoords="axes fraction",
            xytext=(7, 0),
            textcoords="offset points",
            color=line.colour,
            weight="bold" if line.width > 2 else "normal",
            va="center",
            annotation_clip=False,
        )


def apart(heights: Sequence[float], gap: float) -> list[float]:
    """Move heights up as little as it takes for none to be nearer to another than a gap."""
    moved = list(heights)
    order = sorted(range(len(moved)), key=lambda place: moved[place])
    for below, above in pairwise(order):
        moved[above] = max(moved[above], moved[below] + gap)
    return moved


def write(path: Path, counts: Sequence[int], series: Mapping[str, Sequence[float]]) -> None:
    """Write the picture beside the page."""
    path.write_text(svg(counts, series), encoding="utf-8")
