from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lockhook._runtime.lockfile import load
from lockhook._runtime.model import Origin, Pin
from lockhook._runtime.selection import select
from lockhook._runtime.versions import Wanted
from lockhook.errors import LockfileError

from .conftest import LINUX, MACOS, write

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

URL = "https://h/a.zip"
A, B = "sha256:" + "a1" * 32, "sha256:" + "b2" * 32
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


def pin(url: str = "", **fields: Any) -> Pin:
    origin = Origin(url=url, kind="archive") if url else None
    given: dict[str, Any] = {"name": "a", "wanted": Wanted(version="1"), "origin": origin}
    return Pin(**{**given, "path": "requirements.txt", "line": 1, **fields})


def bounded(bounds: str, **fields: Any) -> Pin:
    return pin(wanted=Wanted(**{"version": "1", "bounds": bounds, **fields}))


@pytest.mark.parametrize(
    ("text", "limits", "right"),
    [
        ("a==1", "a==1+cpu", bounded("", version="1+cpu")),
        ("a==1", "a!=1+cpu", bounded("!=1+cpu")),
        ("a===1", "a==1.0,===1", bounded("", arbitrary=True)),
        ("a==1,!=1+x\na==1,<2", "", bounded("!=1+x")),
        ("a==1,<2\na==1,!=1+x", "", bounded("!=1+x")),
        ("a==1\na===1", "", bounded("", arbitrary=True)),
        ("a==1\na @ https://h/a.zip", "", pin(URL)),
        ("a @ https://h/a.zip\na==1", "", pin(URL)),
        ("a==1", "a @ https://h/a.zip", pin(URL)),
        ("a @ https://h/a.zip", "a<2", pin(URL, wanted=None)),
        ("a @ https://h/a-1-py3-none-any.whl", "a<1", None),
        ("a @ https://h/a-1.tar.gz", "a<1", None),
        ("a @ https://h/a.zip", "a @ https://h/b.zip", None),
        ("a===1", "a==1+cpu", None),
        (f"a==1 --hash={A} --hash={B}", f"a --hash={B}", pin(hashes=(B,))),
        (f"a==1 --hash={A}", f"a --hash={B}", pin(hashes=(A,))),
        (f"a==1\na==1 --hash={A}", "", pin(hashes=(A,))),
        ("a==1", f"a --hash={B}", pin(hashes=(B,))),
    ],
)
def test_what_several_lines_say_of_a_package(
    text: str, limits: str, right: Pin | None, lock: Callable[..., str], tmp_path: Path
) -> None:
    write(tmp_path / "project", {"limits.txt": limits})
    read = load(lock(f"{text}\n-c limits.txt\n"))
    if right is None:
        with pytest.raises(LockfileError, match=r"limits\.txt:1 constrains it to"):
            select(read, LINUX)
    else:
        assert select(read, LINUX).pins == (right,)


@pytest.mark.parametrize("limit", ["a<3", "a", "a<2 ; os_name == 'nt'", "a==2.0.0", "b==7"])
def test_constraints_that_hold(limit: str, lock: Callable[..., str], tmp_path: Path) -> None:
    write(tmp_path / "project", {"limits.txt": limit})
    assert len(select(load(lock("a==2+cpu\n-c limits.txt\n")), LINUX).pins) == 1
