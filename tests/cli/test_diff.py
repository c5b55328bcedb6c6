from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jsonschema
import pytest

from tests.cli.schemas import SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Result

    Run = Callable[..., Result]


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, git: Run) -> Path:
    """A repository with two versions of a lock, tagged, and a third in the work tree."""
    monkeypatch.chdir(tmp_path)
    lock = tmp_path / "requirements.txt"
    git("init", "-q", cwd=tmp_path)
    for number in (1, 2, 3):
        lock.write_text(f"a=={number}\nb==1\n")
        if number < 3:
            git("add", ".", cwd=tmp_path)
            git("commit", "-qm", "x", cwd=tmp_path)
            git("tag", f"v{number}", cwd=tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("old", "new", "out"),
    [
        ("HEAD", "requirements.txt", "~ a 2 -> 3 (upgraded)\n"),
        ("HEAD~1:requirements.txt", "requirements.txt", "~ a 1 -> 3 (upgraded)\n"),
        ("v2:requirements.txt", "v1:requirements.txt", "~ a 2 -> 1 (downgraded)\n"),
        ("v1", "v2:requirements.txt", "~ a 1 -> 2 (upgraded)\n"),
        ("requirements.txt", "requirements.txt", "no pin changed\n"),
    ],
)
@pytest.mark.usefixtures("repo")
def test_revisions(run: Run, old: str, new: str, out: str) -> None:
    assert run("diff", old, new) == (0, out, "")


@pytest.mark.usefixtures("repo")
def test_as_data(run: Run) -> None:
    result = run("diff", "--exit-code", "--format", "json", "HEAD", "requirements.txt")
    document = json.loads(result.out)
    jsonschema.validate(document, SCHEMAS["diff"])
    change = {"package": "a", "kind": "upgraded", "old": "2", "new": "3"}
    assert (result.code, document["changes"]) == (1, [change])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("nowhere", "requirements.txt", "nowhere: is neither a file nor a revision"),
        ("--all:x", "requirements.txt", "--all: is neither a file nor a revision"),
        ("HEAD:gone.txt", "requirements.txt", "HEAD:gone.txt: is no file of that revision"),
        ("requirements.txt", "gone.txt", "gone.txt: there is no such file"),
    ],
)
@pytest.mark.usefixtures("repo")
def test_what_is_not_there_is_said(run: Run, old: str, new: str, message: str) -> None:
    result = run("diff", "--", old, new)
    assert result.code == 3
    assert message in result.err
