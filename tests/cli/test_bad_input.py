from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import jsonschema
import pytest

from tests.cli.schemas import SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Result

    Make = Callable[..., Path]
    Run = Callable[..., Result]


class Case(NamedTuple):
    """A command that cannot do what it is asked to.

    Attributes:
        arguments: of lockhook.
        code: its exit code.
        message: what it says, with ``{}`` for the project's folder.
        hint: the next step.
        pyproject: the content of ``pyproject.toml``; None for that of a good project.
        lock: the content of ``requirements.txt`` before, and after.
    """

    arguments: tuple[str, ...]
    code: int
    message: str
    hint: str | None
    pyproject: str | None = None
    lock: str = "click==8.1.8\n"


DECLARE = "declare it in pyproject.toml, or make requirements.txt anew without it"
ANOTHER = (
    "move it away, or give the lock another name under [tool.lockhook.locks] in pyproject.toml"
)
NAMES = "a lock is called NAME.txt, pylock.toml or pylock.NAME.toml, and lies beside pyproject.toml"
POETRY = '[tool.poetry]\nname = "x"\n'
DYNAMIC = '[project]\nname = "x"\nversion = "1"\ndynamic = ["dependencies"]\n'

CASES = {
    "broken TOML": Case(
        ("generate",),
        3,
        "{}/pyproject.toml: is not valid TOML: Expected '=' after a key in a key/value pair "
        "(at line 1, column 3)",
        "mend the file, then run it again",
        "a b\n",
    ),
    "TOML without end": Case(
        ("generate",),
        3,
        "{}/pyproject.toml: is not valid TOML: TOML inline arrays/tables are nested more than the "
        "allowed 400 levels",
        "mend the file, then run it again",
        f"a = {'[' * 999}",
    ),
    "dependencies that are none": Case(
        ("check",),
        3,
        "{}/pyproject.toml: dependencies is not a list",
        "mend the file, then run it again",
        '[project]\nname = "x"\ndependencies = "click"\n',
    ),
    "no [project]": Case(
        ("generate",),
        3,
        "{}/pyproject.toml: has no [project] table, so it declares no dependencies to lock",
        "add [project] with name, version and dependencies (PEP 621)",
        "[tool.ruff]\n",
    ),
    "poetry": Case(
        ("generate",),
        3,
        "{}/pyproject.toml: declares its dependencies under [tool.poetry], which uv does not read",
        "move them to [project] (Poetry 2 reads it too)",
        POETRY,
    ),
    "poetry, check": Case(
        ("check",),
        3,
        "{}/pyproject.toml: declares its dependencies under [tool.poetry], which uv does not read",
        "move them to [project] (Poetry 2 reads it too)",
        POETRY,
    ),
    "dynamic dependencies": Case(
        ("generate",),
        3,
        "{}/pyproject.toml: its dependencies are dynamic: only its build backend knows them",
        'list them under [project] dependencies, and take "dependencies" out of `dynamic`',
        DYNAMIC,
    ),
    "unknown extra": Case(
        ("generate", "--extra", "nope"),
        2,
        "{}/pyproject.toml: there is no extra 'nope'; the project has: none",
        DECLARE,
    ),
    "unknown group": Case(
        ("generate", "--group", "nope"),
        2,
        "{}/pyproject.toml: there is no dependency group 'nope'; the project has: none",
        DECLARE,
    ),
    "unknown setting": Case(
        ("check",),
        2,
        "{}/pyproject.toml: [tool.lockhook] has no key 'acelerator'",
        "did you mean 'accelerator'?",
        '[project]\nname = "x"\n[tool.lockhook]\nacelerator = "cpu"\n',
    ),
    "extra like an option": Case(
        ("generate", "--extra=--index=x"), 2, "--extra '--index=x' is not a name", None
    ),
    "several extras": Case(
        ("generate", "--extra", "a", "--extra", "b c"), 2, "--extra 'a, b c' is not a name", None
    ),
    "group like an option": Case(("generate", "--group=-x"), 2, "--group '-x' is not a name", None),
    "date": Case(
        ("generate", "--exclude-newer", "nonsense"),
        2,
        "--exclude-newer 'nonsense' is not a date such as 2026-01-31, or a span such as 30 days",
        None,
    ),
    "python version": Case(
        ("generate", "--python-version", "banana\x1b"),
        2,
        "--python-version 'banana\\x1b' is not a version such as 3.12",
        None,
    ),
    "upgrade": Case(
        ("generate", "--upgrade-package=-x"),
        2,
        "--upgrade-package '-x' is not a package",
        "give a name such as numpy, or a name with versions such as 'numpy<2.3'",
    ),
    "elsewhere": Case(
        ("generate", "-o", "../requirements.txt"),
        2,
        "../requirements.txt: lies elsewhere than pyproject.toml",
        NAMES,
    ),
    "no name of a lock": Case(
        ("generate", "-o", "lock.yaml"), 2, "lock.yaml: is not the name of a lock", NAMES
    ),
    "options with --all": Case(
        ("generate", "--all", "--hashes"),
        2,
        "--all makes each lock with its own options",
        "leave out --all, or put them under [tool.lockhook.locks] in pyproject.toml",
    ),
    "other options than configured": Case(
        ("generate", "--hashes"),
        2,
        "{}/pyproject.toml: [tool.lockhook.locks] says how requirements.txt is made, the command "
        "line says otherwise",
        "change it there, or write another file with -o",
        '[project]\nname = "x"\n[tool.lockhook.locks."requirements.txt"]\n',
    ),
    "another file than pyproject.toml": Case(
        ("generate", "--pyproject", "setup.cfg"),
        2,
        "setup.cfg: is not called pyproject.toml, which uv reads",
        "--pyproject takes the path of a pyproject.toml",
    ),
    "no pyproject.toml there": Case(
        ("generate", "--pyproject", "no/pyproject.toml"),
        2,
        "{}/no/pyproject.toml: there is no such file",
        "run lockhook in a project, or give --pyproject",
    ),
    "a lock of somebody's own": Case(
        ("generate",),
        3,
        "{}/requirements.txt:1: is no lock, and lockhook does not replace it: 'click>=8' is not an "
        "exact pin",
        ANOTHER,
        lock="click>=8\n",
    ),
    "conflict marks in a list of somebody's own": Case(
        ("sync",),
        3,
        "{}/requirements.txt:2: is no lock, and lockhook does not replace it: 'b>=1' is not an "
        "exact pin",
        ANOTHER,
        lock="<<<<<<< HEAD\na==1\nb>=1\n=======\n>>>>>>> b\n",
    ),
    "not UTF-8": Case(
        ("generate",),
        3,
        "{}/requirements.txt:1: holds a NUL byte: the file is damaged",
        "`lockhook generate` writes a new one",
        lock="\0",
    ),
    "no lock to verify": Case(
        ("verify", "-l", "no.txt"),
        3,
        "no.txt: cannot be read: No such file or directory",
        "`lockhook generate` writes a new one",
    ),
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, project: Make) -> tuple[Path, Case]:
    found = CASES[request.param]
    folder = project("click")
    if found.pyproject is not None:
        (folder / "pyproject.toml").write_text(found.pyproject)
    (folder / "requirements.txt").write_text(found.lock)
    return folder, found


def test_one_message_with_the_next_step(case: tuple[Path, Case], run: Run) -> None:
    folder, expected = case
    hint = f"  next: {expected.hint}\n" if expected.hint else ""
    message = expected.message.format(folder)
    assert run(*expected.arguments) == (expected.code, "", f"lockhook: {message}\n{hint}")
    assert (folder / "requirements.txt").read_text() == expected.lock
    assert sorted(path.name for path in folder.iterdir()) == ["pyproject.toml", "requirements.txt"]


def test_the_same_as_json(case: tuple[Path, Case], run: Run) -> None:
    folder, expected = case
    result = run(*expected.arguments, "--format", "json")
    document = json.loads(result.out)
    jsonschema.validate(document, SCHEMAS["error"])
    error = document["error"]
    place = f"{error['path']}:{error['line']}: " if error["line"] else f"{error['path']}: "
    place = place if error["path"] else ""
    said = place + error["message"]
    assert (result.code, error["exit_code"]) == (expected.code, expected.code)
    assert said == expected.message.format(folder)
    assert error["hint"] == expected.hint


UNSATISFIABLE = (
    "lockhook: {}/requirements.txt: uv failed (exit code 1); the lock is as it was",
    "error: No solution found when resolving dependencies",
    "cause: Because only click==8.1.8 is available and bench depends on click>=9,",
    "we can conclude that your requirements are unsatisfiable.",
    "next: change the requirements in pyproject.toml that uv names above",
)


def test_requirements_that_cannot_be_met(
    project: Make, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")  # to which uv breaks its lines
    folder = project("click")
    run("generate")
    before = (folder / "requirements.txt").read_bytes()
    project("click>=9")
    for command in ("generate", "sync"):
        result = run(command)
        assert (result.code, result.out) == (3, "")
        said = tuple(line.strip().replace(str(folder), "{}") for line in result.err.splitlines())
        assert said == UNSATISFIABLE
    assert (folder / "requirements.txt").read_bytes() == before


@pytest.mark.parametrize("offline", [True, False])
def test_no_network_and_an_empty_cache(
    project: Make, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, offline: bool
) -> None:
    folder = project("click")
    run("generate")
    before = (folder / "requirements.txt").read_bytes()
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "empty"))
    if not offline:
        monkeypatch.delenv("UV_OFFLINE")
        monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    text = '[project]\nname = "x"\nversion = "1"\ndependencies = ["click"]\n'
    # Nothing listens on the discard port; the user and password must not be shown.
    index = '[[tool.uv.index]]\nurl = "http://me:secret@127.0.0.1:9/simple"\ndefault = true\n'
    (folder / "pyproject.toml").write_text(text + index)
    result = run("generate")
    assert (result.code, result.out) == (3, "")
    assert result.err.startswith(f"lockhook: {folder}/requirements.txt: uv failed (exit code ")
    assert "secret" not in result.err
    assert result.err.splitlines()[-1] == (
        "  next: run it once with network, so that uv's cache has these packages"
        if offline
        else "  next: check the network and the index URLs, then run it again"
    )
    assert (folder / "requirements.txt").read_bytes() == before


def test_no_pyproject_anywhere(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("generate") == (
        2,
        "",
        (
            f"lockhook: {tmp_path}/pyproject.toml: there is no such file\n"
            "  next: run lockhook in a project, or give --pyproject\n"
        ),
    )


def test_a_working_directory_that_is_gone(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert run("check") == (3, "", "lockhook: No such file or directory\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "the following arguments are required: COMMAND"),
        (("nope",), "argument COMMAND: invalid choice: 'nope'"),
        (("check", "--nope"), "unrecognized arguments: --nope"),
        (("generate", "--hash"), "unrecognized arguments: --hash"),
        (("generate", "extra"), "unrecognized arguments: extra"),
        (("check", "--format", "xml"), "argument --format: invalid choice: 'xml'"),
        (("generate", "-o"), "argument -o/--output: expected one argument"),
        (("--print-completion", "tcsh"), "argument --print-completion: invalid choice: 'tcsh'"),
    ],
)
def test_wrong_arguments(run: Run, arguments: tuple[str, ...], message: str) -> None:
    result = run(*arguments)
    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert result.err.startswith("usage: lockhook")
