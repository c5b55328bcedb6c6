"""A project that `lockhook init` has set up, from there to its commits, with the real tools."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Result

    Run = Callable[..., Result]
    Make = Callable[..., Path]


class Repositories(NamedTuple):
    """The fixture `shared`."""

    wheels: Path
    hooks: Path
    home: Path


@pytest.mark.parametrize("fetched", [True, False])
def test_from_nothing_to_a_commit_that_is_refused(
    project: Make, run: Run, git: Run, pre_commit: Run, shared: Repositories, fetched: bool
) -> None:
    folder = project("click")
    git("init", "-q")
    source = ["--hook-repo", shared.hooks, "--hook-rev", "v1.0"] if fetched else []
    document = json.loads(run("init", "--format", "json", *source).out)
    for command in document["fix"]:
        subprocess.run(command.split(), check=True, capture_output=True)
    assert git("commit", "-qm", "one").code == 0
    text = (folder / "pyproject.toml").read_text()
    (folder / "pyproject.toml").write_text(text.replace("'click'", "'click', 'tqdm'"))
    refused = git("commit", "-qam", "two")
    assert refused.code == 1
    assert "requirements.txt: stale\n  - dependencies: added tqdm\n" in refused.err
    assert git("commit", "-qam", "two").code == 0
    assert git("status", "--short").out == ""
    assert run("check").code == 0
    assert run("init").out == "pyproject.toml: unchanged\n.pre-commit-config.yaml: unchanged\n"
