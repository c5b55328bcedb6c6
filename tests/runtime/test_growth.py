"""Time grows with the length of a lock, and no faster: what is read is longer, never slower."""

from __future__ import annotations

import contextlib
import gc
import time
from typing import TYPE_CHECKING

import pytest

from lockhook._runtime import selection
from lockhook._runtime.lockfile import load
from lockhook.errors import LockfileError
from tests.cases import pylock, sizes, uv_lock

from .conftest import LINUX

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CONFLICT = """\
conflicts = [[{ package = "p", extra = "a" }, { package = "p", extra = "b" }]]
"""


def in_marker(count: int) -> str:
    return " or ".join(f"'w{i}' in sys_platform" for i in range(count))


def awaited_extras(count: int) -> str:
    """Return a lock in which each edge activates the extra that the edge before it waits for."""
    edges = [
        uv_lock.edge("p", f'extra = ["e{i}"], marker = "extra == \'extra-1-p-e{i + 1}\'"')
        for i in range(count)
    ]
    extras = uv_lock.optional(**{f"e{i}": "" for i in range(count + 1)})
    root = uv_lock.root(*edges, uv_lock.edge("p", f'extra = ["e{count}"]'))
    return uv_lock.lock(root, uv_lock.package("p", "1") + extras, more=CONFLICT)


def forks(count: int) -> str:
    """Return a lock with many versions of one package, each with an edge of its own."""
    edges = [
        uv_lock.edge(
            "p", f'version = "1.{i}", source = {uv_lock.INDEX}, marker = "os_name == \'x{i}\'"'
        )
        for i in range(count)
    ]
    packages = [uv_lock.package("p", f"1.{i}") for i in range(count)]
    return uv_lock.lock(uv_lock.root(*edges), *packages)


def marked(marker: Callable[[int], str]) -> dict[str, Callable[[int], str]]:
    return {
        "requirements.txt": lambda n: f"click==8.1.7 ; {marker(n)}\n",
        "pylock.toml": lambda n: pylock.lock(pylock.package(more=pylock.marker(marker(n)))),
        "uv.lock": lambda n: uv_lock.lock(
            uv_lock.root(uv_lock.edge("click", f'marker = "{marker(n)}"')), uv_lock.package()
        ),
    }


def hashes(count: int) -> str:
    return "click==8.1.7 \\\n" + " \\\n".join([sizes.HASH] * count) + "\n"


# name of the file, what it holds at a size, and the size to begin with
GROWING: list[tuple[str, str, Callable[[int], str], int]] = [
    ("hash lines", "requirements.txt", hashes, 30_000),
    ("hashes on one line", "requirements.txt", lambda n: hashes(n).replace(" \\\n", " "), 20_000),
    ("a comment", "requirements.txt", lambda n: f"a==1 # {'x' * n}\n", 2_000_000),
    ("blanks", "requirements.txt", lambda n: f"a==1{' ' * n}; os_name == 'x'\n", 1_000_000),
    ("a name", "requirements.txt", lambda n: f"{'a' * n}==1\n", 1_000_000),
    ("dashes", "requirements.txt", lambda n: f"a{'-_.' * n}b==1\n", 300_000),
    ("a version", "requirements.txt", lambda n: f"a==1{'.1' * n}\n", 300_000),
    ("no pin", "requirements.txt", lambda n: f"{'x ' * n}\n", 200_000),
    ("continuations", "requirements.txt", lambda n: "\\\n" * n + "a==1\n", 200_000),
    ("extras", "requirements.txt", lambda n: f"a[{','.join(['x'] * n)}]==1\n", 100_000),
    ("pins", "requirements.txt", sizes.requirements, 1_000),
    ("packages", "pylock.toml", sizes.pylock_of, 750),
    ("packages", "uv.lock", sizes.uv_lock_of, 750),
    ("forks", "uv.lock", forks, 300),
    ("awaited extras", "uv.lock", awaited_extras, 100),
    *(("parentheses", name, text, 5_000) for name, text in marked(sizes.parentheses).items()),
    *(("odd comparisons", name, text, 500) for name, text in marked(in_marker).items()),
]


def seconds(path: str) -> float:
    """Return how long it takes to read a lock, at best of three."""
    best = float("inf")
    for _ in range(3):
        gc.collect()
        start = time.process_time()
        with contextlib.suppress(LockfileError):
            selection.select(load(path), LINUX)
        best = min(best, time.process_time() - start)
    return best


@pytest.mark.parametrize(
    ("what", "name", "text", "size"), GROWING, ids=[f"{row[0]} {row[1]}" for row in GROWING]
)
def test_time_grows_with_the_length(
    what: str, name: str, text: Callable[[int], str], size: int, tmp_path: Path
) -> None:
    times = []
    for factor in (1, 4):
        path = tmp_path / str(factor) / name
        path.parent.mkdir()
        path.write_text(text(size * factor), encoding="utf-8")
        times.append(seconds(str(path)))
    # The square would be sixteen; imports and noise are allowed for.
    assert times[1] <= 9 * times[0] + 0.02, times
