"""Programs that are waited for together."""

from __future__ import annotations

import threading

import pytest

from lockhook._authoring.side_by_side import side_by_side


def test_calls_wait_together_and_answer_in_order() -> None:
    together = threading.Barrier(3, timeout=30)

    def call(given: int) -> int:
        together.wait()  # would time out if they came one after the other
        return given * 10

    assert side_by_side(call, [3, 1, 2]) == [30, 10, 20]


def test_the_first_failure_is_told_once_all_have_ended() -> None:
    ended = []

    def call(given: int) -> None:
        try:
            if given < 3:
                raise ValueError(str(given))
        finally:
            ended.append(given)

    with pytest.raises(ValueError, match="1"):
        side_by_side(call, [1, 2, 3])
    assert sorted(ended) == [1, 2, 3]


@pytest.mark.parametrize("given", [[], [7]])
def test_one_needs_no_thread(given: list[int]) -> None:
    main = threading.current_thread()
    assert side_by_side(lambda _: threading.current_thread() is main, given) == [True] * len(given)
