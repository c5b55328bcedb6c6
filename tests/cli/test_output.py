from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

from lockhook._authoring import verdict
from lockhook._cli import view
from lockhook._runtime import report
from tests.cli.schemas import SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Result

    Make = Callable[..., Path]
    Run = Callable[..., Result]

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture
def stale(project: Make, run: Run, git: Run) -> Path:
    """A project with a stale lock and a missing one."""
    project("click")
    run("generate")
    git("init", "-q")
    git("add", ".")
    return project("click", "tqdm", more='[project.optional-dependencies]\nfull = ["numpy<2"]\n')


CHECK = {
    "text": """\
requirements.txt: stale
  - dependencies: added tqdm
requirements-full.txt: missing
  - there is no such file

Next, run:
  lockhook sync
  git add requirements.txt requirements-full.txt
""",
    "markdown": """\
### locks: 2 not fresh

| lock | status | why |
| --- | --- | --- |
| requirements.txt | stale | dependencies: added tqdm |
| requirements-full.txt | missing | there is no such file |

```sh
lockhook sync
git add requirements.txt requirements-full.txt
```
""",
    "github": """\
::error file=requirements.txt,title=LH201 stale::dependencies: added tqdm
::error file=requirements-full.txt,title=LH203 missing::there is no such file
""",
}
DOCUMENT: dict[str, Any] = {
    "schema": 1,
    "status": "failed",
    "locks": [
        {
            "lockfile": "requirements.txt",
            "status": "stale",
            "code": "LH201",
            "reasons": ["dependencies: added tqdm"],
            "regenerated": False,
            "changes": [],
            "notes": [],
        },
        {
            "lockfile": "requirements-full.txt",
            "status": "missing",
            "code": "LH203",
            "reasons": ["there is no such file"],
            "regenerated": False,
            "changes": [],
            "notes": [],
        },
    ],
    "fix": ["lockhook sync", "git add requirements.txt requirements-full.txt"],
}


@pytest.mark.parametrize("form", CHECK)
def test_check(stale: Path, run: Run, form: str) -> None:
    assert run("check", "--format", form) == (1, CHECK[form], "")


@pytest.mark.parametrize(("form", "parse"), [("json", json.loads), ("yaml", yaml.safe_load)])
def test_check_as_data(stale: Path, run: Run, form: str, parse: Callable[[str], Any]) -> None:
    result = run("check", "--format", form)
    assert (result.code, parse(result.out), result.err) == (1, DOCUMENT, "")


ADDED = {"package": "tqdm", "kind": "added", "old": "", "new": "4.67.1", "marker": ""}


def test_sync_as_data(stale: Path, run: Run) -> None:
    result = run("sync", "--format", "json")
    document = json.loads(result.out)
    jsonschema.validate(document, SCHEMAS["locks"])
    one, full = document["locks"]
    assert (result.code, result.err, document["status"]) == (1, "", "failed")
    assert document["fix"] == ["git add requirements.txt requirements-full.txt"]
    assert (one["status"], one["regenerated"]) == ("stale", True)
    assert one["changes"] == [ADDED]
    assert [change["package"] for change in full["changes"]] == [
        "click",
        "colorama",
        "numpy",
        "tqdm",
    ]


def test_generate_as_data(stale: Path, run: Run) -> None:
    document = json.loads(run("generate", "--format", "json").out)
    assert document == {
        "schema": 1,
        "status": "passed",
        "locks": [
            {
                "lockfile": "requirements.txt",
                "status": "written",
                "code": None,
                "reasons": [],
                "regenerated": True,
                "changes": [ADDED],
                "notes": [],
            }
        ],
        "fix": [],
    }


@pytest.mark.parametrize(
    ("form", "out"),
    [
        ("text", "requirements.txt: written\n  3 packages\n    + tqdm 4.67.1\n"),
        ("github", ""),
        (
            "markdown",
            (
                "### locks generated\n\n| lock | status | packages |\n| --- | --- | --- |\n"
                "| requirements.txt | written | 3 |\n\n#### requirements.txt\n\n"
                "| package | change | old | new |\n| --- | --- | --- | --- |\n"
                "| tqdm | added |  | 4.67.1 |\n"
            ),
        ),
    ],
)
def test_generate(stale: Path, run: Run, form: str, out: str) -> None:
    assert run("generate", "--format", form) == (0, out, "")


@pytest.mark.parametrize("command", ["generate", "sync", "check", "verify"])
@pytest.mark.parametrize("form", view.FORMATS)
def test_every_command_has_every_format(stale: Path, run: Run, command: str, form: str) -> None:
    schema = "report" if command == "verify" else "locks"
    result = run(command, "--format", form)
    assert result.err == ""
    assert result.code == (0 if command == "generate" else 1)
    if form in {"json", "yaml"}:
        jsonschema.validate(yaml.safe_load(result.out), SCHEMAS[schema])


@pytest.mark.parametrize(
    ("arguments", "out"),
    [
        (["generate"], ""),
        (["check"], CHECK["text"]),
        (["check", "--format", "github"], CHECK["github"]),
    ],
)
def test_quiet(stale: Path, run: Run, arguments: list[str], out: str) -> None:
    assert run(*arguments, "--quiet").out == out


def test_quiet_says_nothing_where_all_is_well(stale: Path, run: Run, git: Run) -> None:
    run("sync", "--stage")
    for command in ("check", "sync", "generate"):
        assert run(command, "--quiet") == (0, "", "")


# --- the schemas ---


@pytest.mark.parametrize("name", ["diff", "environments", "error", "init", "locks", "report"])
def test_schemas_are_schemas(name: str) -> None:
    schema = SCHEMAS[name]
    jsonschema.Draft202012Validator.check_schema(schema)
    for table in objects(schema):
        assert table["additionalProperties"] is False
        for key, value in table["properties"].items():
            assert value.get("description"), key


def objects(schema: Any) -> list[dict[str, Any]]:
    """Return every schema of an object within a schema."""
    if isinstance(schema, list):
        return [found for item in schema for found in objects(item)]
    if not isinstance(schema, dict):
        return []
    inner = [found for item in schema.values() for found in objects(item)]
    return [schema, *inner] if schema.get("type") == "object" else inner


def test_schemas_know_every_code() -> None:
    finding = SCHEMAS["report"]["properties"]["findings"]["items"]["properties"]
    assert finding["code"]["enum"] == sorted(report.CODES.values())
    assert sorted(finding["status"]["enum"]) == sorted(report.CODES)
    lock = SCHEMAS["locks"]["properties"]["locks"]["items"]["properties"]
    assert lock["code"]["enum"] == [None, *sorted(verdict.CODES.values())]
    assert set(lock["status"]["enum"]) == {"fresh", *verdict.CODES, "written", "unchanged"}
    summary = SCHEMAS["report"]["properties"]["summary"]["properties"]
    assert set(summary) == {"total", *report.ALWAYS, *report.SOMETIMES}


# --- the wrong environment ---


def test_another_environment_is_active(
    stale: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    active = tmp_path / "my env"
    monkeypatch.setenv("VIRTUAL_ENV", str(active))
    said = f"lockhook: this is about {sys.prefix}; --python '{active}' looks into the active one\n"
    assert run("verify").err == run("verify", "--format", "json").err == said
    assert run("verify", "--quiet").err == ""
    assert run("verify", "--python", sys.executable).err == ""
    monkeypatch.setenv("VIRTUAL_ENV", sys.prefix)
    assert run("verify").err == ""


# --- yaml that is not installed ---


def test_yaml_without_its_library(stale: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    message = (
        "lockhook: --format yaml needs PyYAML, and there is none\n"
        "  next: pip install 'lockhook[cli]'\n"
    )
    assert run("check", "--format", "yaml") == (3, "", message)


# --- colour ---


@pytest.mark.parametrize(
    ("env", "coloured"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ({"FORCE_COLOR": ""}, False),
    ],
)
def test_colour_of_a_pipe(
    stale: Path, run: Run, monkeypatch: pytest.MonkeyPatch, env: dict[str, str], coloured: bool
) -> None:
    for key, value in env.items():
        monkeypatch.setenv(key, value)
    out = run("check").out
    assert ("\x1b" in out) is coloured
    assert ESCAPE.sub("", out) == CHECK["text"]
    assert ("\x1b" in run("generate", "--extra", "nope").err) is coloured
    assert "\x1b" not in run("check", "--format", "json").out


def on_terminal(*arguments: str, **env: str) -> tuple[int, str]:
    """Run lockhook in a terminal of its own, and return its exit code and all that it shows."""
    try:
        main, other = pty.openpty()
    except OSError as error:
        pytest.skip(f"no terminal can be had here: {error}")  # a bare chroot has no /dev/pts
    process = subprocess.Popen(
        [sys.executable, "-m", "lockhook", *arguments],
        stdin=other,
        stdout=other,
        stderr=other,
        env={**os.environ, "TERM": "xterm", **env},
    )
    os.close(other)
    shown = bytearray()
    while True:
        try:
            chunk = os.read(main, 65536)
        except OSError:  # Linux's way to say that nobody has the other end any more
            break
        if not chunk:
            break
        shown += chunk
    os.close(main)
    return process.wait(), shown.decode().replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("env", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_colour_of_a_terminal(stale: Path, env: dict[str, str], coloured: bool) -> None:
    code, shown = on_terminal("check", **env)
    assert (code, "\x1b" in shown) == (1, coloured)
    assert ESCAPE.sub("", shown) == CHECK["text"]


def test_uv_shows_its_progress_on_a_terminal(stale: Path) -> None:
    _, shown = on_terminal("generate")
    assert re.search(r"Resolved .*3 packages", ESCAPE.sub("", shown))
    _, shown = on_terminal("generate", "--upgrade", "--quiet")
    assert "Resolved" not in shown


def test_what_uv_says_on_a_terminal_is_not_said_twice(project: Make) -> None:
    folder = project("click>=9")
    code, shown = on_terminal("generate", NO_COLOR="1")
    assert code == 3
    assert shown.count("No solution found") == 1
    assert shown.endswith(
        f"lockhook: {folder}/requirements.txt: uv failed (exit code 1); the lock is as it was\n"
        "  next: mend what uv says, then run it again\n"
    )


# --- pipes and disks ---


def test_a_reader_that_has_read_enough(stale: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "lockhook", "check"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    process.stdout.close()
    assert process.stderr
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait() == 3


FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("check >&-", 1),
        ("check --format json >&-", 1),
        ("check --format xml 2>&-", 2),
        ("verify -l none.txt >&-", 3),
        ("verify -l none.txt 2>&-", 3),
        ("verify -l none.txt --format yaml >&- 2>&-", 3),
        ("generate >&- <&-", 0),
        ("--print-completion zsh >&-", 0),
        pytest.param("verify -l none.txt 2>/dev/full", 3, marks=FULL),
        pytest.param("verify -l none.txt --format json >/dev/full", 3, marks=FULL),
        pytest.param("check >/dev/full 2>&1", 3, marks=FULL),
        pytest.param("--print-completion bash >/dev/full", 3, marks=FULL),
    ],
)
def test_streams_that_take_nothing(stale: Path, command: str, code: int) -> None:
    program = f"'{sys.executable}' -m lockhook {command}"
    done = subprocess.run(program, shell=True, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert "Traceback" not in done.stderr


@FULL
def test_a_disk_that_is_full(stale: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "lockhook", "check"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (3, "lockhook: No space left on device\n")
