from __future__ import annotations

import json
import os
from argparse import Namespace
from typing import TYPE_CHECKING

import pytest

from lockhook._authoring.demo import story
from lockhook._authoring.demo.shell import Command, Finished
from lockhook._authoring.demo.story import Chapter, File, Note
from lockhook._cli import demo
from lockhook.errors import MissingToolError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

EVENTS = (
    Chapter("A lock"),
    File("pyproject.toml", "[project]\n\nname = 'bench'\n"),
    Note("And now:"),
    Command("git add ."),
    Finished("git add .", 0, ""),
    Command("git commit"),
    Finished("git commit", 1, "\n+ numpy 2\n- numpy 1\n\x1b[2J\n"),
    Chapter("Another"),
)
TEXT = """\

A throw-away project in {folder}, and small stand-ins for the real packages.

1. A lock

  pyproject.toml
    [project]

    name = 'bench'

And now:

  $ git add .

  $ git commit
    + numpy 2
    - numpy 1
    \\x1b[2J
    [exit code 1]

2. Another

All of this was really run, and each command did what it should.
"""


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A story in which nothing is run, told in a known temporary folder."""

    def tell(world: object) -> Iterator[story.Event]:
        yield from EVENTS

    monkeypatch.setattr(story, "tell", tell)
    monkeypatch.setattr("tempfile.mkdtemp", lambda **_: os.fspath(tmp_path))


def arguments(form: str = "text", *, quiet: bool = False) -> Namespace:
    return Namespace(keep=True, format=form, quiet=quiet)


def test_story_is_printed_event_by_event(
    told: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.run(arguments()) == 0
    out, err = capsys.readouterr()
    assert out == TEXT.format(folder=tmp_path)
    assert err == f"lockhook: kept {tmp_path}\n"


def test_story_is_painted_where_colour_is_wanted(
    told: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    demo.run(arguments())
    out, _ = capsys.readouterr()
    for painted in (
        "\x1b[1m1. A lock\x1b[0m",
        "\x1b[36m  $ git commit\x1b[0m",
        "\x1b[32m    + numpy 2\x1b[0m",
        "\x1b[31m    - numpy 1\x1b[0m",
        "\x1b[33m    [exit code 1]\x1b[0m",
    ):
        assert painted in out


def test_quiet_story_is_not_told(told: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.run(arguments(quiet=True)) == 0
    assert capsys.readouterr().out == ""


def test_story_as_one_json_document(
    told: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.run(arguments("json")) == 0
    assert json.loads(capsys.readouterr().out) == {
        "schema": 1,
        "status": "passed",
        "folder": str(tmp_path),
        "commands": [
            {"command": "git add .", "exit_code": 0, "output": ""},
            {"command": "git commit", "exit_code": 1, "output": EVENTS[6].output},
        ],
    }


def test_missing_tool_is_said_before_anything_is_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with pytest.raises(MissingToolError):
        demo.run(arguments())
    assert not list(tmp_path.iterdir())


def test_real_story_in_this_process(run: Callable[..., tuple[int, str, str]]) -> None:
    code, out, err = run("demo", "--format", "markdown")
    assert (code, err) == (0, "")
    assert "| lockhook generate | 0 |" in out
    assert out.count("| python benchmark.py | 1 |") == 1
    assert out.count("| python benchmark.py | 0 |") == 2
