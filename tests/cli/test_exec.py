from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import jsonschema
import pytest
import yaml

from lockhook._cli.exec import python_of
from lockhook._runtime.installed import scan
from tests.cli.schemas import SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Result

PYTEST = scan(sys.path).by_name["pytest"][0].version


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    def lock(version: str = PYTEST) -> Path:
        path = tmp_path / "requirements.txt"
        path.write_text(f"pytest=={version}\n")
        monkeypatch.chdir(tmp_path)
        return path

    return lock


def test_it_becomes_the_command(lock: Callable[..., Path], spawn: Callable[..., Result]) -> None:
    lock()
    code = "import sys; print(sys.argv[1:]); raise SystemExit(7)"
    command = ["exec", "-l", "requirements.txt", "--", sys.executable, "-c", code, "--", "-q"]
    assert spawn(*command) == (7, "['--', '-q']\n", "")


@pytest.mark.parametrize(
    ("mode", "text", "code", "status"),
    [
        ("off", "pytest==0.1\n", 7, "unchecked"),
        ("warn", "pytest==0.1\n", 7, "failed"),
        ("warn", "no lock\n", 7, "unchecked"),
        ("warn", f"pytest=={PYTEST}\n", 7, "passed"),
        ("enforce", "pytest==0.1\n", 1, "failed"),
        ("of", "pytest==0.1\n", 1, "failed"),
    ],
)
def test_an_operator_overrides_it_and_no_result_hides_that(
    mode: str,
    text: str,
    code: int,
    status: str,
    lock: Callable[..., Path],
    spawn: Callable[..., Result],
) -> None:
    path = lock()
    path.write_text(text)
    command = [sys.executable, "-c", "raise SystemExit(7)"]
    record = path.parent / "record.json"
    arguments = ["exec", "-l", path, "--record", record, "--", *command]
    done = spawn(*arguments, LOCKHOOK_GUARD=mode)
    assert done.code == code
    report = json.loads(record.read_text())
    enforced = mode not in {"off", "warn"}
    assert (report["status"], report["guard"]) == (status, "enforce" if enforced else mode)
    assert (f"the guard is not enforced (LOCKHOOK_GUARD={mode})" in done.err) is not enforced
    assert ("pytest: expected 0.1" in done.err) is (status == "failed")


def test_it_refuses(lock: Callable[..., Path], spawn: Callable[..., Result]) -> None:
    lock("0.1")
    done = spawn("exec", "-l", "requirements.txt", sys.executable, "-c", "print(1)")
    assert (done.code, done.out) == (1, "")
    assert f"  - pytest: expected 0.1, found {PYTEST} (" in done.err


def test_it_refuses_in_every_format(lock: Callable[..., Path], run: Callable[..., Result]) -> None:
    lock("0.1")
    command = ("-l", "requirements.txt", sys.executable)
    for form in ("json", "yaml"):
        done = run("exec", "--format", form, *command)
        assert (done.code, done.err) == (1, "")
        jsonschema.validate(yaml.safe_load(done.out), SCHEMAS["report"])
    assert run("exec", "--format", "github", *command).out.startswith("::error file=requirements")
    quiet = run("exec", "--quiet", *command)
    assert (quiet.code, quiet.out) == (1, "")
    assert quiet.err.startswith(f"- pytest: expected 0.1, found {PYTEST} (")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "exec needs a command"),
        (["--"], "exec needs a command"),
        (["--", "no-such\x1bcommand"], r"there is no command 'no-such\\x1bcommand'"),
    ],
)
def test_without_a_command(
    arguments: list[str], reason: str, lock: Callable[..., Path], run: Callable[..., Result]
) -> None:
    lock()
    done = run("exec", *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        f"lockhook: {reason}\n  next: lockhook exec -l requirements.txt -- python benchmark.py\n"
    )


def test_what_cannot_be_decided(tmp_path: Path, run: Callable[..., Result]) -> None:
    done = run("exec", "-l", tmp_path / "none.txt", "--", sys.executable)
    assert (done.code, done.out) == (3, "")


def test_whose_environment_is_judged(tmp_path: Path) -> None:
    own = os.path.join(sys.prefix, "bin", "anything")
    assert python_of(own) is None
    scripts = tmp_path / "venv" / "bin"
    assert python_of(str(scripts / "python3")) == str(scripts / "python3")
    assert python_of(str(scripts / "tool")) is None
    scripts.mkdir(parents=True)
    (tmp_path / "venv" / "pyvenv.cfg").touch()
    assert python_of(str(scripts / "tool")) == str(tmp_path / "venv")
