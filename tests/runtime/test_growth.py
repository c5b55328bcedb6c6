"""Work grows with the length of a lock, and no faster: counted in calls, whatever the machine."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.benchmarks.growth import GROWING, Row, judge, write

if TYPE_CHECKING:
    from pathlib import Path

_SMALLER = 20


def calls(path: str) -> int:
    """Return how many functions are called while a lock is judged, those of C among them."""
    count = 0

    def profile(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    previous = sys.getprofile()
    sys.setprofile(profile)
    try:
        judge(path)
    finally:
        sys.setprofile(previous)
    return count


@pytest.mark.parametrize("row", GROWING, ids=[f"{row.what} {row.name}" for row in GROWING])
def test_work_grows_with_the_length(row: Row, tmp_path: Path) -> None:
    row = row._replace(size=row.size // _SMALLER)
    paths = [write(row, factor, tmp_path) for factor in (1, 4)]
    judge(paths[0])  # imports what it needs
    small, large = map(calls, paths)
    # The square would be sixteen.
    assert large <= 5 * small, (small, large)
