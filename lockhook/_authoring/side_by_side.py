"""Calls that wait for programs, several of them at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_Given = TypeVar("_Given")
_Made = TypeVar("_Made")

_MOST: Final = 4  # programs at once; uv itself works on all cores


def side_by_side(call: Callable[[_Given], _Made], given: Sequence[_Given]) -> list[_Made]:
    """Return what a call makes of each thing, in their order.

    Raises:
        Exception: what the call raised for the first of them that it failed for, once all of the
            others have ended.
    """
    if len(given) < 2:
        return [call(each) for each in given]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(min(len(given), _MOST)) as pool:
        return list(pool.map(call, given))
