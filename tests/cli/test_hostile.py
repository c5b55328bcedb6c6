from __future__ import annotations

import json
import unicodedata
from typing import TYPE_CHECKING

import pytest
import yaml

from lockhook._cli.view import FORMATS, Annotation, View, show

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Result

    Make = Callable[..., Path]
    Run = Callable[..., Result]

HOSTILE = {
    "escape": "\x1b[31mred\x1b]0;title\x07",
    "carriage return": "good\rbad",
    "line feed": "one\n::error::two\n```\n# three",
    "workflow command": "::error::x",
    "workflow command 2": " ##[error]x",
    "percent": "%0A::error::x",
    "table": "a | b `c` <img src=x> [d](e) *f*",
    "bidi": "abc\u202edef",
    "c1": "a\x9b31mb",
    "surrogate": "a\udcffb",
    "separator": "a\u2028b",
}


def hostile_view(text: str) -> View:
    return View(
        document={"text": text},
        text=[text, f"  - {text}", f"{text}: fresh"],
        title=text,
        rows=[("one", "two"), (text, text)],
        annotations=[Annotation(level="error", title=text, message=text, path=text, line=1)],
        commands=[text],
    )


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("kind", HOSTILE)
def test_nothing_is_obeyed(capsys: pytest.CaptureFixture[str], form: str, kind: str) -> None:
    show(hostile_view(HOSTILE[kind]), form)
    out = capsys.readouterr().out
    bad = [
        c for c in out if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
    ]
    assert bad == []
    starts = tuple(line.lstrip()[:3] for line in out.splitlines())
    if form == "github":
        assert len(starts) == 1
    else:
        assert not [start for start in starts if start.startswith(("::", "##["))]
    if form == "markdown":
        lines = out.splitlines()
        assert [line for line in lines if line.startswith("```")] == ["```sh", "```"]
        assert lines[4].replace("\\|", "").count("|") == 3
        assert "<img" not in lines[4].replace("\\<", "")


@pytest.mark.parametrize("kind", HOSTILE)
def test_data_round_trips(capsys: pytest.CaptureFixture[str], kind: str) -> None:
    show(hostile_view(HOSTILE[kind]), "json")
    assert json.loads(capsys.readouterr().out) == {"text": HOSTILE[kind]}
    if kind != "surrogate":  # YAML has no way to write one
        show(hostile_view(HOSTILE[kind]), "yaml")
        assert yaml.safe_load(capsys.readouterr().out) == {"text": HOSTILE[kind]}


def test_properties_of_an_annotation_end_where_they_should(
    capsys: pytest.CaptureFixture[str],
) -> None:
    note = Annotation(level="error", title="a,line=9::x", message="m\r\nn%", path="p:q", line=3)
    show(View(document={}, text=(), title="", annotations=[note]), "github")
    assert capsys.readouterr().out == (
        "::error file=p%3Aq,line=3,title=a%2Cline=9%3A%3Ax::m%0D%0An%25\n"
    )


PYPROJECT = """\
[project]
name = "x"
dependencies = ["click ; os_name == '\\u001b[31m\\u202e'"]
[tool.uv]
"\\u001b[31m::error::" = 1
"""


@pytest.mark.parametrize("form", FORMATS)
def test_a_hostile_project(project: Make, run: Run, form: str) -> None:
    folder = project("click")
    run("generate")
    (folder / "pyproject.toml").write_text(PYPROJECT)
    result = run("check", "--format", form)
    assert result.code == 1
    assert "\x1b" not in result.out
    assert "\u202e" not in result.out


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    "lock", ["\x1b[31m::error::\n", "a==1 ; os_name == '\x1b'\n-r \x1b.txt\n", "\x1b==1\n"]
)
def test_a_hostile_lock(project: Make, run: Run, form: str, lock: str) -> None:
    folder = project("click")
    (folder / "requirements.txt").write_text(lock)
    for command in (["check"], ["sync"], ["verify", "-l", "requirements.txt"]):
        result = run(*command, "--format", form)
        assert result.code in {1, 3}
        assert "\x1b" not in result.out + result.err


def test_a_hostile_folder(project: Make, run: Run, git: Run) -> None:
    project("click", name="-x; touch $HOME\x1b\n::error::")
    git("init", "-q")
    result = run("check")
    assert "\x1b" not in result.out
    assert result.code == 1
