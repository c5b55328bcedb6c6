"""Locks that lockhook did not write: satisfied by the pins that hold where a requirement does."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from lockhook._authoring import satisfaction
from lockhook._authoring.inputs import Inputs
from lockhook._authoring.pin import Pin

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Result

LINUX, WINDOWS = "sys_platform == 'linux'", "sys_platform == 'win32'"
OLD, NEW = "python_full_version < '3.12'", "python_full_version >= '3.12'"


@pytest.mark.parametrize(
    ("requirement", "pins", "pythons", "claimed", "reason"),
    [
        ("a", {}, ">=3.10", [], "no pin for a"),
        ("a<2", {"": "1"}, ">=3.10", [], None),
        ("a<2", {"": "2"}, ">=3.10", [], "a 2 does not satisfy a<2"),
        ("a<2", {OLD: "1", NEW: "1.5"}, ">=3.10", [], None),
        ("a<2", {OLD: "1", NEW: "2"}, ">=3.10", [], "a 1, 2 does not satisfy a<2"),
        # A pin that does not hold everywhere leaves a hole.
        ("a", {OLD: "1"}, ">=3.10", [], "no pin for a on linux with Python 3.12"),
        ("a", {OLD: "1"}, ">=3.10,<3.12", [], None),
        ("a", {NEW: "1"}, ">=3.12", [], None),
        ("a", {NEW: "1"}, "==3.12.4", [], None),
        ("a", {OLD: "1"}, "==3.12.4", [], "no pin for a on linux with Python 3.12"),
        ("a", {LINUX: "1"}, ">=3.10", [], "no pin for a on darwin with Python 3.10"),
        ("a", {LINUX: "1"}, ">=3.10", [LINUX], None),
        ("a", {LINUX: "1"}, ">=3.10", [WINDOWS], "no pin for a on win32 with Python 3.10"),
        (f"a; {LINUX}", {LINUX: "1"}, ">=3.10", [], None),
        (f"a; {LINUX}", {"": "1"}, ">=3.10", [], None),
        (f"a; {LINUX}", {WINDOWS: "1"}, ">=3.10", [], f"no pin for a; {LINUX}".replace("'", '"')),
        (f"a<2; {LINUX}", {LINUX: "1", WINDOWS: "2"}, ">=3.10", [], None),
        ("a", {"implementation_name == 'cpython'": "1"}, ">=3.10", [], None),
        # Of which Pythons it is for, nobody tells.
        ("a", {OLD: "1"}, "", [], None),
        ("a", {"platform_machine ~= 'x'": "1"}, ">=3.10", [], None),
        # What the lock does not tell, it does not contradict.
        ("a<2", {"": ""}, ">=3.10", [], None),
        ("a[more]", {"": "1"}, ">=3.10", [], None),
        ("a>=2", {"": "2.1rc1"}, ">=3.10", [], None),
    ],
)
def test_what_pins_satisfy(
    requirement: str, pins: dict[str, str], pythons: str, claimed: list[str], reason: str | None
) -> None:
    wanted = Inputs(requires_python=pythons, dependencies=(requirement.replace("'", '"'),))
    found = [Pin("a", version, marker) for marker, version in pins.items()]
    reasons = list(satisfaction.unsatisfied(wanted, [*found, Pin("b", "1", "")], claimed))
    assert reasons == ([reason] if reason else [])


@pytest.mark.parametrize(
    "dependencies",
    [
        ["numpy"],
        ["numpy>=1.26,<2.3", "click; sys_platform == 'win32'"],
        ["numpy<2.3; python_version < '3.12'", "numpy>=2.3; python_version >= '3.12'"],
        ["torch", "accelerate"],
        ["pandas", "tqdm; platform_machine == 'x86_64'"],
    ],
)
def test_what_uv_makes_of_a_project_satisfies_it_and_no_line_less_does(
    project: Callable[..., Path], run: Callable[..., Result], dependencies: list[str]
) -> None:
    folder = project(*dependencies)
    lock = folder / "requirements.txt"
    command = ["uv", "pip", "compile", "-q", "pyproject.toml", "-o", lock.name, "--universal"]
    command += ["--python-version", "3.10", "--emit-index-annotation"]
    subprocess.run(command, check=True)
    assert run("check").out.startswith("requirements.txt: fresh\n")
    lines = lock.read_text().splitlines(keepends=True)
    names = {re.split("[^a-z]", each)[0] for each in dependencies}
    direct = [line for line in lines if line.partition("==")[0] in names]
    assert len(direct) >= len(names)
    for line in direct:
        lock.write_text("".join(each for each in lines if each != line))
        assert run("check").out.startswith("requirements.txt: stale\n  - no pin for ")
