"""How processes are timed."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from tests.benchmarks.process import Command, FailedError, in_turn, run, surroundings

if TYPE_CHECKING:
    from pathlib import Path

APPEND = "open('order', 'a').write('{}')"


def command(folder: Path, label: str, program: str, *codes: int) -> Command:
    return Command(label, [sys.executable, "-S", "-c", program], folder, codes=codes or (0,))


def test_each_is_run_once_in_every_round(tmp_path: Path) -> None:
    commands = [command(tmp_path, name, APPEND.format(name)) for name in "AB"]
    one, other = in_turn(commands, 2, warmups=1)
    assert (tmp_path / "order").read_text() == "ABABAB"
    assert (one.label, other.label) == ("A", "B")
    assert len(one.wall) == len(one.processor) == 2
    assert 0 < one.median < 60


def test_what_did_not_do_its_work_is_no_measurement(tmp_path: Path) -> None:
    failing = command(tmp_path, "A", "raise SystemExit('no lock')")
    with pytest.raises(FailedError, match="A exits with 1:\nno lock"):
        in_turn([failing], 1)


def test_a_code_may_be_expected(tmp_path: Path) -> None:
    (timing,) = in_turn([command(tmp_path, "A", "raise SystemExit(1)", 0, 1)], 1, warmups=0)
    assert timing.code == 1


def test_what_changes_results_is_kept_out(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYTHONDONTWRITEBYTECODE", "PIP_INDEX_URL", "UV_FROZEN", "VIRTUAL_ENV"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("UV_CACHE_DIR", "cache")
    found = surroundings()
    assert not {"PYTHONDONTWRITEBYTECODE", "PIP_INDEX_URL", "UV_FROZEN", "VIRTUAL_ENV"} & set(found)
    assert (found["UV_CACHE_DIR"], found["UV_OFFLINE"]) == ("cache", "1")
    assert found["PATH"] == os.environ["PATH"]


def test_what_is_not_timed_fails_with_its_messages(tmp_path: Path) -> None:
    assert run([sys.executable, "-c", "print(1)"], tmp_path) == "1\n"
    with pytest.raises(FailedError, match="no such thing"):
        run([sys.executable, "-c", "raise SystemExit('no such thing')"], tmp_path)
