"""Which wheels may be for an environment, with `packaging.tags` as oracle for those that are."""

from __future__ import annotations

import itertools

import pytest
from packaging.tags import compatible_tags, cpython_tags, mac_platforms

from lockhook._runtime.wheel_tags import may_fit

from .conftest import LINUX

SYSTEMS = {
    ("linux", "x86_64"): ["manylinux_2_39_x86_64", "musllinux_1_2_x86_64", "linux_i686"],
    ("linux", "aarch64"): ["manylinux_2_17_aarch64", "linux_armv7l"],
    ("darwin", "arm64"): list(mac_platforms((14, 0), "arm64")),
    ("win32", "AMD64"): ["win_amd64", "win32"],
}


@pytest.mark.parametrize("minor", [10, 11, 14])
@pytest.mark.parametrize("system", SYSTEMS)
def test_no_wheel_that_can_be_installed_is_ruled_out(system: tuple[str, str], minor: int) -> None:
    markers = {**LINUX, "python_version": f"3.{minor}"}
    markers |= {"sys_platform": system[0], "platform_machine": system[1]}
    tags = itertools.chain(
        cpython_tags((3, minor), platforms=SYSTEMS[system]),
        compatible_tags((3, minor), f"cp3{minor}", SYSTEMS[system]),
    )
    assert [tag for tag in tags if not may_fit(f"x-1-{tag}.whl", markers)] == []


@pytest.mark.parametrize(
    ("tags", "fits"),
    [
        ("py2.py3-none-any", True),
        ("py2-none-any", False),
        ("py312-none-any", False),
        ("cp310-cp310-manylinux_2_17_x86_64", False),
        ("cp38-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64", True),
        ("cp312-abi3-linux_x86_64", False),
        ("pp311-pypy311_pp73-linux_x86_64", False),
        ("py3-none-manylinux_2_28_aarch64", False),
        ("py3-none-win_amd64", False),
        ("py3-none-macosx_11_0_arm64.linux_x86_64", True),
    ],
)
def test_what_is_certain(tags: str, *, fits: bool) -> None:
    assert may_fit(f"x-1-{tags}.whl", LINUX) is fits


def test_what_is_not_known_is_not_ruled_out() -> None:
    assert may_fit("x-1-cp39-cp39-linux_x86_64.whl", {**LINUX, "implementation_name": "pypy"})
    assert may_fit("x-1-py3-none-any.whl", {**LINUX, "sys_platform": "freebsd14"})
    assert may_fit("x-1-py3-none-foo.whl", {**LINUX, "sys_platform": "freebsd14"})
