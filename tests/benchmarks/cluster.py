"""What one report of many nodes costs: ``python -m tests.benchmarks.cluster``."""

from __future__ import annotations

import pickle
import time

from lockhook._runtime import merge, tally
from tests.runtime.test_merge import many

BESIDE = 200  # packages that are installed beside the lock, on every node
COUNTS = (256, 1024, 4096, 16384)


def measure(count: int) -> tuple[float, float, int, int, int]:
    """Return seconds to join and to report, bytes of a first and the last message, and lines."""
    tallies = [merge.of_one(report) for report in many(count, beside=BESIDE)]
    start = time.perf_counter()
    whole = tally.join_all(tallies)
    joined = time.perf_counter()
    text = str(merge.of_tally(whole))
    told = time.perf_counter()
    first, last = (len(pickle.dumps(one)) for one in (tallies[0], whole))
    return joined - start, told - joined, first, last, text.count("\n") + 1


def main() -> None:
    """Print the table."""
    print("| nodes | join all | report | first message | last message | lines |")
    print("|---:|---:|---:|---:|---:|---:|")
    for count in COUNTS:
        join, report, first, last, lines = measure(count)
        kilobytes = f"{first / 1000:.0f} kB | {last / 1000:.0f} kB"
        print(f"| {count:,} | {join:.2f} s | {report:.2f} s | {kilobytes} | {lines} |")


if __name__ == "__main__":
    main()
