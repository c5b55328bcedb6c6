from __future__ import annotations

import time

import pytest

from lockhook._runtime.markers import InvalidMarkerError, evaluate

from .conftest import LINUX, MACOS, WINDOWS


@pytest.mark.parametrize(
    ("marker", "linux", "macos", "windows"),
    [
        ("sys_platform == 'darwin'", False, True, False),
        ("sys_platform != 'darwin'", True, False, True),
        ("os_name == 'nt' or sys_platform == 'darwin'", False, True, True),
        (
            "(os_name == 'nt' or sys_platform == 'darwin') and python_version < '3'",
            False,
            False,
            False,
        ),
        ("os_name == 'nt' or sys_platform == 'linux' and python_version < '3'", False, False, True),
        ("platform_machine == 'x86_64' and sys_platform == 'linux'", True, False, False),
        ("python_full_version >= '3.11'", True, True, True),
        ("python_full_version < '3.11'", False, False, False),
        ("python_version == '3.11.*'", True, True, True),
        ("python_version != '3.11.*'", False, False, False),
        ("python_version == '3.1.*'", False, False, False),
        ("python_full_version <= '3.11.7'", True, True, True),
        ("python_full_version > '3.11.7.0'", False, False, False),
        ("python_full_version ~= '3.11.0'", True, True, True),
        ("'win' in sys_platform", False, True, True),
        ("platform_release == '10'", False, False, True),
        ("extra == 'dev'", False, False, False),
        ('(((sys_platform=="linux")))', True, False, False),
        ("sys_platform=='linux'and os_name=='posix'", True, False, False),
    ],
)
def test_on_three_platforms(marker: str, linux: bool, macos: bool, windows: bool) -> None:
    truths = [evaluate(marker, environment) for environment in (LINUX, MACOS, WINDOWS)]
    assert truths == [linux, macos, windows]


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        ("", "a comparison expected at the end of ''"),
        ("sys_platform == 'linux", 'a string is never closed in "sys_platform == \'linux"'),
        ("(os_name == 'a'", "'(' is never closed in \"(os_name == 'a'\""),
        ("os_name == 'a')", "')' closes nothing in \"os_name == 'a')\""),
        ("os_name == 'a' (", "'and' or 'or' expected before '(' in \"os_name == 'a' (\""),
        (
            "(os_name == 'a') os_name == 'b'",
            "'and' or 'or' expected in \"(os_name == 'a') os_name == 'b'\"",
        ),
        ("and os_name == 'a'", "a comparison expected before 'and' in \"and os_name == 'a'\""),
        ("os_name == 'a' or", "a comparison expected at the end of \"os_name == 'a' or\""),
        ("()", "a comparison expected at the end of '()'"),
        (
            "sys_platfrm == 'linux'",
            (
                "\"sys_platfrm == 'linux'\" is not a comparison: "
                "Expected a marker variable or quoted string"
            ),
        ),
        (
            "python_version ~= 'x'",
            (
                "\"python_version ~= 'x'\" is not a comparison: "
                "Undefined <Op('~=')> on '3.11' and 'x'."
            ),
        ),
        ("'x' in extras", "\"'x' in extras\" is not a comparison: 'extras'"),
        (
            "x" * 100 + " == 'a'",
            repr("x" * 77 + "...") + " is not a comparison: "
            "Expected a marker variable or quoted string",
        ),
    ],
)
def test_refused(marker: str, message: str) -> None:
    with pytest.raises(InvalidMarkerError) as caught:
        evaluate(marker, LINUX)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "grow",
    [
        lambda n: "(" * n + "os_name == 'posix'" + ")" * n,
        lambda n: " and ".join(["os_name == 'posix'"] * n),
        lambda n: "os_name == 'posix' or os_name == '" + "x" * n + "'",
    ],
)
def test_depth_and_length_are_linear(grow: object) -> None:
    assert callable(grow)
    started = time.perf_counter()
    assert evaluate(grow(20_000), LINUX)
    assert time.perf_counter() - started < 5
