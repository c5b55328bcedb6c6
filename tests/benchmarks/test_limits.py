"""What the table of the benchmarks says of what was measured."""

from __future__ import annotations

import pytest

from tests.benchmarks import limits
from tests.benchmarks.limits import Row
from tests.benchmarks.process import Timing


def timing(*milliseconds: float, label: str = "tool") -> Timing:
    seconds = [value / 1000 for value in milliseconds]
    return Timing(label=label, wall=seconds, processor=seconds)


def test_the_ratio_is_that_of_the_medians() -> None:
    found = limits.share(timing(10, 20, 90), timing(40, 40, 30))
    assert found.ratio == pytest.approx(0.5)


def test_the_quartiles_are_those_of_the_rounds() -> None:
    # One round was slow for both: it says nothing of the ratio.
    found = limits.share(timing(10, 10, 10, 100), timing(20, 20, 20, 200))
    assert (found.low, found.high) == pytest.approx((0.5, 0.5))
    assert str(found) == "0.50 (0.50 to 0.50)"


def test_a_single_run_has_no_quartiles() -> None:
    assert str(limits.share(timing(10), timing(20))) == "0.50 (0.50 to 0.50)"


@pytest.mark.parametrize(("factor", "met"), [(0.5, True), (0.49, False)])
def test_at_most(factor: float, met: bool) -> None:
    row = limits.at_most("work", timing(10, 10), factor, timing(20, 20))
    measured = "0.50 (0.50 to 0.50): 10.0 ms of 20.0 ms"
    assert row == Row("work", f"≤ {factor} × `tool`", measured, met)


@pytest.mark.parametrize(("ours", "met"), [(125, True), (126, False)])
def test_as_fast(ours: float, met: bool) -> None:
    row = limits.as_fast("work", timing(ours), 0.8, timing(100))
    assert (row.limit, row.met) == ("≥ 0.8 × the speed of `tool`", met)
    assert row.measured.endswith(f": 100 ms of {ours} ms")


@pytest.mark.parametrize(("large", "met"), [(120, True), (121, False)])
def test_growth_is_above_a_bare_interpreter(large: float, met: bool) -> None:
    bare = timing(10)
    row = limits.growth("work", 11, [timing(20), bare], [timing(large), bare])
    assert (row.measured.partition(":")[0], row.met) == (f"{(large - 10) / 10:.1f}", met)


@pytest.mark.parametrize(
    ("met", "verdict"), [(True, "met"), (False, "**missed**"), (None, "not measured")]
)
def test_verdicts(met: bool | None, verdict: str) -> None:
    assert Row("", "", "", met).verdict == verdict


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.00004, "0.0 ms"), (0.0123, "12.3 ms"), (1.2345, "1,234 ms")]
)
def test_durations(seconds: float, text: str) -> None:
    assert limits.milliseconds(seconds) == text


def test_a_table() -> None:
    rows = [["a", "1"], ["b", "2"]]
    assert limits.table(["x", "y"], rows, right=1) == (
        "| x | y |\n| --- | ---: |\n| a | 1 |\n| b | 2 |\n"
    )
