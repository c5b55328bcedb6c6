"""Calls that wait for programs, several of them at once."""

from __future__ import annotations

import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Final, TypeVar

    _Given = TypeVar("_Given")
    _Made = TypeVar("_Made")

_MOST: Final = 4  # programs at once; uv itself works on all cores


def side_by_side(call: Callable[[_Given], _Made], given: Sequence[_Given]) -> list[_Made]:
    """Return what a call makes of each thing, in their order.

    Raises:
        Exception: what the call raised for the first of them that it failed for, once all of the
            others have ended.
    """
    made: dict[int, _Made] = {}
    failed: dict[int, Exception] = {}
    waiting = iter(enumerate(given))

    def one(number: int, each: _Given) -> None:
        try:
            made[number] = call(each)
        except Exception as error:  # noqa: BLE001 - it is raised below
            failed[number] = error

    def work() -> None:
        for number, each in waiting:
            one(number, each)

    # `concurrent.futures` would do the same, and imports `logging`.
    helpers = [threading.Thread(target=work) for _ in range(min(len(given), _MOST) - 1)]
    for helper in helpers:
        helper.start()
    try:
        work()
    finally:
        for helper in helpers:
            helper.join()
    if failed:
        raise failed[min(failed)]
    return [made[number] for number in range(len(given))]
