"""Time grows with the length of a lock, and no faster: ``python -m tests.benchmarks.growth``."""

from __future__ import annotations

import contextlib
import gc
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from lockhook._runtime import selection
from lockhook._runtime.lockfile import load
from lockhook.errors import LockfileError
from tests.cases import pylock, sizes, uv_lock
from tests.cases.kit import LINUX

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


class Row(NamedTuple):
    """What grows, in a lock of what name, its text at a size, and the size to begin with."""

    what: str
    name: str
    text: Callable[[int], str]
    size: int


_ROWS: list[tuple[str, str, Callable[[int], str], int]] = [
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
GROWING = [Row(*row) for row in _ROWS]


def write(row: Row, factor: int, folder: Path) -> str:
    """Write the lock of a row, at a multiple of its size, and return its path."""
    path = folder / str(factor) / row.name
    path.parent.mkdir(parents=True)
    path.write_text(row.text(row.size * factor), encoding="utf-8")
    return str(path)


def judge(path: str) -> None:
    """Do what `verify` does with a lock before it looks at what is installed."""
    with contextlib.suppress(LockfileError):
        selection.select(load(path), LINUX)


def main() -> int:
    """Print how long each lock takes at one, two and four times its size, at best of three."""
    print("| lock | what grows | n | n | 2 n | 4 n |\n| --- | --- | ---: | ---: | ---: | ---: |")
    for row in GROWING:
        with tempfile.TemporaryDirectory() as folder:
            paths = [write(row, factor, Path(folder)) for factor in (1, 2, 4)]
            times = " | ".join(f"{1000 * seconds(path):.0f} ms" for path in paths)
        print(f"| {row.name} | {row.what} | {row.size} | {times} |")
    return 0


def seconds(path: str) -> float:
    """Return how long it takes to judge a lock, at best of three."""
    times = []
    for _ in range(3):
        gc.collect()
        start = time.process_time()
        judge(path)
        times.append(time.process_time() - start)
    return min(times)


if __name__ == "__main__":
    raise SystemExit(main())
