"""How much a passing guard does for each package: counted, whatever the machine."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from lockhook._runtime import glance
from lockhook._runtime.policy import Policy
from tests.benchmarks import made
from tests.cases import sizes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lockhook._runtime.environment import Environment

FEW, MANY = 50, 100
LOCKS = {
    "requirements.txt": made.requirements,
    "pylock.toml": made.pylock,
    "uv.lock": made.uv_lock,
}


def calls(path: str, environment: Environment) -> tuple[int, int]:
    """Return how many functions a guard calls: those of Python, and those of C."""
    found = {"call": 0, "c_call": 0}

    def profile(frame: object, event: str, argument: object) -> None:
        if event in found:
            found[event] += 1

    previous = sys.getprofile()
    sys.setprofile(profile)
    try:
        report = glance.look(path, environment, Policy())
    finally:
        sys.setprofile(previous)
    assert report is not None
    assert report.summary["matched"] == report.summary["total"] > 0
    return found["call"], found["c_call"]


# In Python, and in C: a little more than they are, with twelve files of each package in the lock.
# Whoever needs more of them makes every benchmark start later.
@pytest.mark.parametrize(
    ("name", "python", "c"),
    [("requirements.txt", 14, 45), ("pylock.toml", 105, 240), ("uv.lock", 53, 112)],
)
def test_the_work_for_each_package(
    name: str, python: int, c: int, tmp_path: Path, env: Callable[..., Environment]
) -> None:
    found = []
    for count in (FEW, FEW, MANY):  # the first one imports what it needs
        site, packages = tmp_path / str(count), sorted(sizes.names(count))
        site.mkdir(exist_ok=True)
        for package, version in packages:
            made.write_package(site, package, version, "")
        (site / name).write_text(LOCKS[name](packages), encoding="utf-8")
        (site / "pyproject.toml").write_text('[project]\nname = "made"\n', encoding="utf-8")
        found.append(calls(os.path.join(site, name), env(site)))
    _, few, many = found
    grown = [(large - small) / (MANY - FEW) for small, large in zip(few, many, strict=True)]
    assert grown[0] <= python, grown
    assert grown[1] <= c, grown
