"""The guard in one process beside the least that it has to do; pytest-benchmark measures it.

`python -m tests.benchmarks` runs it on the environment that it builds; pytest alone never does.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

import pytest

import lockhook
from tests.benchmarks.environment import LOCKS

FOLDER, PATH = os.environ["FLOOR_FOLDER"], json.loads(os.environ["FLOOR_PATH"])
HEAD = 512  # bytes, where the name and the version stand
Benchmark = Callable[..., Any]
each_format = pytest.mark.parametrize("lock", LOCKS)


def read_the_lock(lock: str) -> None:
    with open(os.path.join(FOLDER, lock), "rb") as file:
        file.read()


def list_the_path() -> list[str]:
    found = []
    for entry in PATH:
        if os.path.isdir(entry):
            infos = [name for name in os.listdir(entry) if name.endswith(".dist-info")]
            found += [f"{entry}/{name}/METADATA" for name in infos]
    return found


def read_the_heads(paths: list[str]) -> None:
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.read(descriptor, HEAD)
        finally:
            os.close(descriptor)


@each_format
def test_read_the_lock(benchmark: Benchmark, lock: str) -> None:
    benchmark(read_the_lock, lock)


def test_list_the_path(benchmark: Benchmark) -> None:
    assert len(benchmark(list_the_path)) > 100


def test_read_the_heads(benchmark: Benchmark) -> None:
    benchmark(read_the_heads, list_the_path())


@each_format
def test_guard(benchmark: Benchmark, lock: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lockhook.guard(os.path.join(FOLDER, lock), on_failure="warn")  # imports what it needs
    with monkeypatch.context() as patch:
        patch.setattr(sys, "path", PATH)
        report = benchmark(lockhook.guard, os.path.join(FOLDER, lock))
    assert report.summary["matched"] == report.summary["total"] > 100
