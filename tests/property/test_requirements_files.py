"""pip is the oracle for whole locks: files that include and constrain each other."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name
from pip._internal.exceptions import PipError
from pip._internal.network.session import PipSession
from pip._internal.req.constructors import install_req_from_parsed_requirement
from pip._internal.req.req_file import parse_requirements
from pip._internal.req.req_install import check_invalid_constraint_type
from pip._internal.utils.deprecation import PipDeprecationWarning

from lockhook._runtime.lockfile import load
from lockhook._runtime.selection import select
from lockhook._runtime.versions import DIFFERENT, compare
from lockhook.errors import LockfileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from pip._internal.req.req_install import InstallRequirement

    from lockhook._runtime.model import Pin

# What is there to be installed: a lock means those of it that it admits.
RELEASES = ("1.0", "1.0+cpu", "1.0+cu128", "1.0.post1", "1.1", "2.0rc1", "2.0")
WHEEL = "https://example.org/foo-1.0-py3-none-any.whl"
LINUX = {
    "os_name": "posix",
    "python_full_version": "3.11.7",
    "python_version": "3.11",
    "sys_platform": "linux",
}
FILES = ("requirements.txt", "base.txt", "deep/base.txt", "deep/limits.txt", "limits.txt")

exact = st.sampled_from(
    [
        "==1.0",
        "==1.0",
        "==1.0+cpu",
        "==1",
        "==1.1",
        "===1.0",
        "===1.0+cpu",
        "==2.0rc1",
        "==1.0.post1",
    ]
)
bounds = st.sampled_from(
    [
        "<2", "<1.0", "<=1.0", ">=1.0", ">1.0", "!=1.0", "!=1.0+cpu", "!=1.0+cu128", "==1.*",
        "!=1.*", "~=1.0", "===1.0", "==1.0+cpu", "==1.0",
    ]
)  # fmt: skip
names = st.sampled_from(["foo", "foo", "Foo", "bar", "b_a.r"])
markers = st.sampled_from(["", "", "", " ; os_name == 'nt'", "; os_name == 'posix'"])
pins = st.one_of(
    st.builds("{}{}{}".format, names, exact, markers),
    st.builds("{}{},{}{}".format, names, exact, bounds, markers),
    st.sampled_from([f"foo @ {WHEEL}", WHEEL, "bar[a]==1.0"]),
)
limits = st.one_of(
    st.builds("{}{}{}".format, names, bounds, markers),
    st.builds("{}{},{}{}".format, names, bounds, exact, markers),
    st.sampled_from([f"foo @ {WHEEL}", WHEEL, "foo", "bar[a]"]),
)
paths = st.sampled_from([*FILES, "../base.txt", "../limits.txt", "./base.txt", "nowhere.txt"])
includes = st.builds(
    "{}{}".format, st.sampled_from(["-r ", "-r", "-c ", "-c ", "--constraint="]), paths
)
contents = st.tuples(
    st.lists(st.one_of(pins, pins, includes), min_size=1, max_size=4),
    st.lists(st.one_of(pins, pins, includes), max_size=3),
    st.lists(st.one_of(pins, includes), max_size=2),
    st.lists(st.one_of(limits, limits, includes), max_size=3),
    st.lists(st.one_of(limits, limits, includes), max_size=3),
).map(lambda lists: dict(zip(FILES, map("\n".join, lists), strict=True)))


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("project")
    (folder / "deep").mkdir()
    before = os.getcwd()
    os.chdir(folder)
    yield folder
    os.chdir(before)


@given(contents)
@example({"requirements.txt": "foo==1.0\n-c limits.txt", "limits.txt": "-r base.txt"})
@example({"requirements.txt": "foo==1.0\n-c limits.txt", "limits.txt": "foo==1.0+cpu"})
def test_a_lock_admits_what_it_admits_to_pip(files: dict[str, str]) -> None:
    for path in FILES:
        with open(path, "w", encoding="utf-8") as file:
            file.write(files.get(path, ""))
    theirs, ours = pip_admits(), we_admit()
    if isinstance(ours, LockfileError):
        assert OURS.search(ours.reason) or not theirs or not all(theirs.values()), ours
    else:
        assert theirs == ours


# What lockhook refuses on purpose although pip takes it, whether or not its marker is true here.
OURS = re.compile("is not an exact pin|contradicts itself|holds no pins")
Admitted = dict[str, frozenset[tuple[str, str]]]


def pip_admits() -> Admitted | None:
    """The versions, and where from, that pip would take of each package; None if it refuses."""
    lines: list[InstallRequirement] = []
    try:
        for parsed in parse_requirements("requirements.txt", PipSession()):
            line = install_req_from_parsed_requirement(parsed)
            if parsed.constraint and check_invalid_constraint_type(line):
                return None
            if line.markers is None or line.markers.evaluate({**LINUX, "extra": ""}):
                lines.append(line)
    except (PipError, PipDeprecationWarning, ValueError):
        return None
    required = {canonicalize_name(line.name or "") for line in lines if not line.constraint}
    return {name: _admitted(name, lines) for name in required}


def _admitted(name: str, lines: Iterable[InstallRequirement]) -> frozenset[tuple[str, str]]:
    about = [line for line in lines if canonicalize_name(line.name or "") == name]
    urls = {line.link.url for line in about if line.link} or {""}
    releases = RELEASES if urls == {""} else ("1.0",)
    return frozenset(
        (release, url)
        for url in urls
        for release in releases
        if len(urls) == 1 and all(_takes(line, release) for line in about)
    )


def _takes(line: InstallRequirement, release: str) -> bool:
    return bool(line.link) or line.specifier.contains(release, prereleases=True)


def we_admit() -> Admitted | LockfileError:
    try:
        chosen = select(load("requirements.txt"), LINUX).pins
    except LockfileError as refused:
        return refused
    return {pin.name: _of_pin(pin) for pin in chosen}


def _of_pin(pin: Pin) -> frozenset[tuple[str, str]]:
    url = pin.origin.url if pin.origin else ""
    releases = ("1.0",) if url else RELEASES
    return frozenset(
        (release, url)
        for release in releases
        if pin.wanted is None or compare(pin.wanted, release) != DIFFERENT
    )
