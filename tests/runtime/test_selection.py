from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhook._runtime.lockfile import load
from lockhook._runtime.selection import select
from lockhook.errors import LockfileError

from .conftest import LINUX, MACOS, write

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

FORK = "torch==2.9.1 ; sys_platform == 'darwin'\ntorch==2.9.1+cpu ; sys_platform != 'darwin'\n"


@pytest.mark.parametrize(
    ("text", "markers", "pins", "left_out"),
    [
        (FORK, LINUX, ["2.9.1+cpu"], ()),
        (FORK, MACOS, ["2.9.1"], ()),
        ("a==1 ; os_name == 'nt'\nb==2\n", LINUX, ["2"], ("a",)),
        ("a==1\na==1.0\n", LINUX, ["1"], ()),
        ("a==2.9.1\na==2.9.1+cpu\n", LINUX, ["2.9.1+cpu"], ()),
        ("a==2.9.1+cpu\na==2.9.1\n", LINUX, ["2.9.1+cpu"], ()),
        ("a @ https://h/a.zip\na @ https://h/a.zip\n", LINUX, [""], ()),
        ("https://h/v1.zip\nhttps://h/v2.zip\n", LINUX, ["", ""], ()),
    ],
)
def test_select(
    text: str,
    markers: Mapping[str, str],
    pins: list[str],
    left_out: tuple[str, ...],
    lock: Callable[..., str],
) -> None:
    selection = select(load(lock(text)), markers)
    assert [str(pin.wanted or "") for pin in selection.pins] == pins
    assert selection.not_applicable == left_out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a==1\nA==2\n", "requirements.txt:2: a is 2 here and 1 in line 1, and both lines apply"),
        ("a==1\na @ https://h/a.zip\n",
         "requirements.txt:2: a is a URL here and 1 in line 1, and both lines apply"),
        ("a @ https://h/a.zip\na @ https://h/b.zip\n",
         "requirements.txt:2: a is a URL here and a URL in line 1, and both lines apply"),
        ("a==1 ; nonsense == 'x'\n",
         ("requirements.txt:1: \"nonsense == 'x'\" is not a comparison: "
         "Expected a marker variable or quoted string")),
        ("a==2\n-c limits.txt\n",
         "requirements.txt:1: a is pinned to 2, but limits.txt:1 constrains it to <2"),
    ],
)  # fmt: skip
def test_contradictions(text: str, message: str, lock: Callable[..., str], tmp_path: Path) -> None:
    write(tmp_path / "project", {"limits.txt": "a<2\nb>5\n"})
    with pytest.raises(LockfileError) as caught:
        select(load(lock(text)), LINUX)
    assert str(caught.value) == message


@pytest.mark.parametrize("limit", ["a<3", "a", "a<2 ; os_name == 'nt'", "a==2.0.0", "b==7"])
def test_constraints_that_hold(limit: str, lock: Callable[..., str], tmp_path: Path) -> None:
    write(tmp_path / "project", {"limits.txt": limit})
    assert len(select(load(lock("a==2+cpu\n-c limits.txt\n")), LINUX).pins) == 1
