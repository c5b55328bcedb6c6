from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.markers import default_environment

from lockhook._runtime import facts, interpreter
from lockhook._runtime.environment import current, foreign
from lockhook.errors import EnvironmentUnreadableError, UsageError

from .conftest import write

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="module")
def venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("a b") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    return folder


def python_of(venv: Path) -> Path:
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def test_the_marker_values_are_those_of_packaging() -> None:
    assert dict(current().markers) == default_environment()


def test_this_process() -> None:
    here = current()
    assert list(here.path) == [os.path.abspath(entry) for entry in sys.path]
    assert (here.prefix, here.base_prefix) == (sys.prefix, sys.base_prefix)
    assert (here.executable, here.hostname) == (sys.executable, platform.node())
    assert here.stdlib[0] in here.path
    assert here.stdlib[1] in here.path


@pytest.mark.skipif(sys.version_info < (3, 11), reason="the flag came with 3.11")
def test_the_directory_of_the_script_can_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    class Flags:
        safe_path = False

    monkeypatch.setattr(sys, "flags", Flags)
    assert current(script_directory=False).path == current().path[1:]
    Flags.safe_path = True
    assert current(script_directory=False).path == current().path


@pytest.mark.parametrize("by_directory", [False, True])
def test_another_interpreter(venv: Path, by_directory: bool) -> None:
    there = foreign(str(venv if by_directory else python_of(venv)))
    assert dict(there.markers) == default_environment()
    assert Path(there.prefix) == venv
    assert there.base_prefix == sys.base_prefix
    assert Path(there.executable) == python_of(venv)
    assert os.getcwd() not in there.path
    assert Path(there.path[-1]).parts[-1] == "site-packages"
    assert venv in Path(there.path[-1]).parents


def test_what_its_startup_prints_is_no_answer(venv: Path) -> None:
    site = next(iter(venv.glob("lib*/**/site-packages")))
    noise = write(site, {"sitecustomize.py": "print('lockhook:', 'noise')\n"})
    try:
        assert Path(foreign(str(venv)).prefix) == venv
    finally:
        (noise / "sitecustomize.py").unlink()


FAKES = {
    "fails": "echo Boom >&2; echo 'cannot start' >&2; exit 3",
    "silent": "exit 0",
    "talks": "echo 'lockhook:{}'",
    "rubbish": "echo 'lockhook:}{'",
    "deep": "printf 'lockhook:'; printf '[%.0s' $(seq 3000)",
    "sleeps": "exec sleep 10",
}


@pytest.mark.skipif(os.name == "nt", reason="shell scripts in the place of interpreters")
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("fails", "did not answer (exit code 3): cannot start"),
        ("silent", "did not answer (exit code 0)"),
        ("talks", "answered something else: 'markers'"),
        ("rubbish", "answered something else: "),
        ("deep", "answered something else: "),
        ("sleeps", "did not answer within 0.2 seconds"),
        ("text", "cannot be run: Exec format error"),
    ],
)
def test_what_is_no_interpreter(
    name: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interpreter, "_TIMEOUT", 0.2 if name == "sleeps" else 60)
    program = (
        write(tmp_path, {name: f"#!/bin/sh\n{FAKES[name]}\n" if name in FAKES else "x"}) / name
    )
    program.chmod(0o755)
    with pytest.raises(EnvironmentUnreadableError) as caught:
        foreign(str(program))
    assert caught.value.path == str(program)
    assert caught.value.reason.startswith(reason)


@pytest.mark.parametrize("name", ["no-such-python", "", "/nowhere/bin/python"])
def test_no_such_program(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        foreign(name)
    assert str(caught.value) == f"{name}: there is no such interpreter"
    assert caught.value.hint == (
        "--python takes a Python 3 interpreter, or the directory of a virtual environment"
    )


def test_a_build_from_a_working_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version", "3.14.0a1+ (heads/main:1234)")
    assert facts.marker_values()["python_full_version"] == "3.14.0a1+local"


def test_a_prerelease_of_the_implementation() -> None:
    assert facts._format((3, 13, 0, "candidate", 2)) == "3.13.0c2"
    assert facts._format((3, 13, 0, "final", 0)) == "3.13.0"


def test_without_uname(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = facts._uname()
    monkeypatch.delattr(os, "uname", raising=False)
    assert tuple(facts._uname()) == expected


def test_user_site(monkeypatch: pytest.MonkeyPatch) -> None:
    import site

    monkeypatch.setattr(site, "ENABLE_USER_SITE", True)
    monkeypatch.setattr(site, "USER_SITE", "/home/u/.local")
    assert facts._user_site() == "/home/u/.local"
    monkeypatch.setattr(site, "ENABLE_USER_SITE", None)
    assert facts._user_site() == ""
    monkeypatch.delitem(sys.modules, "site")
    assert facts._user_site() == ""


def test_it_is_source_that_old_pythons_read(run_old: Callable[[str], None]) -> None:
    run_old(interpreter._source())


@pytest.fixture
def run_old() -> Callable[[str], None]:
    import ast

    return lambda source: [*ast.walk(ast.parse(source, feature_version=(3, 6)))].clear()
