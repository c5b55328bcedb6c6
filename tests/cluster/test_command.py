"""``lockhook verify --mpi`` where the world is one rank, and mpi4py a fake."""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

import lockhook
from lockhook._cli import mpi, verify, view
from lockhook._runtime import installed
from tests.cli.schemas import SCHEMAS
from tests.cluster import fake_mpi
from tests.cluster.fake_mpi import Comm, World

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Result

    Run = Callable[..., Result]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World([0])
    module = SimpleNamespace(**vars(fake_mpi), COMM_WORLD=Comm(world, "world", [0], 0))
    monkeypatch.setitem(sys.modules, "mpi4py", SimpleNamespace(MPI=module))
    return world


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    (tmp_path / "requirements.txt").write_text("no-such-package==1\n")
    return tmp_path / "requirements.txt"


def test_it_fails(world: World, run: Run, lock: Path) -> None:
    result = run("verify", "--mpi", "-l", lock, "--skip", "pip")
    assert (result.code, result.err) == (1, "")
    assert f"Nodes: 1 (1 rank): {os.uname().nodename}\n" in result.out
    assert "    - no-such-package: expected 1, not installed\n" in result.out
    assert run("verify", "--mpi", "-l", lock, "--allow-missing").code == 0


def test_it_is_data(world: World, run: Run, lock: Path) -> None:
    record = lock.with_name("report.json")
    result = run("verify", "--mpi", "-l", lock, "--format", "json", "--record", record)
    document = json.loads(result.out)
    jsonschema.validate(document, SCHEMAS["report"])
    assert document["cluster"]["ranks"] == 1
    assert document == json.loads(record.read_text())


def test_what_cannot_be_decided(world: World, run: Run, lock: Path) -> None:
    result = run("verify", "--mpi", "-l", "nowhere.txt")
    assert result.code == 3
    assert "    - cannot be decided: nowhere.txt: cannot be read: " in result.out
    result = run("verify", "--mpi", "--project-environment")
    said = "lockhook: --mpi and --project-environment do not go together\n"
    assert result == (2, "", said)
    result = run("verify", "--mpi", "-l", lock, "--allow-missing", "--record", "no/where.json")
    assert result.code == 2
    assert "no/where.json: the report cannot be written: No such file" in result.err


def test_only_the_first_rank_draws(
    world: World, run: Run, lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet: list[bool] = []

    def report(args: Any) -> Any:
        quiet.append(args.quiet)
        raise lockhook.UsageError("seen")

    monkeypatch.setattr(verify, "report", report)
    args = _arguments(lock)
    for rank in range(2):
        question = mpi._question(args, Comm(world, "world", [0, 1], rank))
        with pytest.raises(lockhook.UsageError):
            question.judge(*question.ask())
    assert quiet == [False, True]


def test_a_report_that_cannot_be_printed(
    world: World, run: Run, lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(mpi, "show", full)
    with pytest.raises(OSError, match="No space left"):
        mpi.run(_arguments(lock))
    monkeypatch.setattr(mpi, "show", view.show)
    monkeypatch.setitem(sys.modules, "yaml", None)
    assert run("verify", "--mpi", "-l", lock, "--format", "yaml").code == 3


def _arguments(lock: Path) -> Any:
    from lockhook._cli import parser

    return parser.build().parse_args(["verify", "--mpi", "-l", str(lock)])


def test_an_interruption(
    world: World, run: Run, lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(path: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(installed, "scan", interrupt)
    result = run("verify", "--mpi", "-l", lock)
    assert (result.code, result.err) == (130, "lockhook: interrupted\n")


def test_no_mpi4py(run: Run, lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    result = run("verify", "--mpi", "-l", lock)
    assert result.code == 3
    assert result.err.startswith("lockhook: --mpi needs mpi4py and an MPI library: ")
    assert result.err.endswith("  next: pip install 'lockhook[mpi]'\n")


def test_no_mpi4py_where_others_would_wait(
    run: Run, lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[tuple[int, int]] = []
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    monkeypatch.setenv("PMI_SIZE", "8")
    monkeypatch.setattr(os, "kill", lambda *arguments: killed.append(arguments))
    before = signal.getsignal(signal.SIGTERM)
    try:
        result = run("verify", "--mpi", "-l", lock)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert (result.code, killed) == (3, [(os.getpid(), signal.SIGTERM)])


def test_the_flags_of_a_benchmark(lock: Path) -> None:
    import argparse

    parser = argparse.ArgumentParser()
    lockhook.add_arguments(parser)
    given = parser.parse_args(["--verify-lockfile", str(lock)])
    reports = World([0, 0]).run(lambda comm: lockhook.guard_args(given, comm=comm))
    assert [report.cluster.ranks for report in reports] == [2, 2]
