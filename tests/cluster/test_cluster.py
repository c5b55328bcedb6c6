"""`lockhook._cluster` on ranks that are threads: verdicts, exit codes, and who prints."""

from __future__ import annotations

import json
import logging
import pickle
from typing import TYPE_CHECKING, Any

import pytest

import lockhook
from lockhook import _cluster, _guard
from lockhook._cluster import Question
from lockhook._runtime import communicator
from lockhook._runtime.model import Asked
from lockhook._runtime.policy import Policy
from lockhook.errors import ClusterError
from tests.cluster.fake_mpi import Comm, World
from tests.runtime.test_merge import NUMPY, extra, report

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from lockhook import Report

    Judge = Callable[[int], Report]

HOSTS = [f"node{i:03}" for i in range(1, 5)]


def well(rank: int) -> Report:
    return report(HOSTS[rank // 2])


def question(rank: int, judge: Judge, **changes: Any) -> Question:
    given = Question(
        lockfile="requirements.txt",
        ask=lambda: (Policy(), Asked()),
        judge=lambda *_: judge(rank),
    )
    return given.replace(**changes)


def guard(
    judge: Judge,
    *,
    on_failure: str = "exit",
    record: Path | None = None,
    nodes: Sequence[int] = (0, 0, 1, 1, 2, 2, 3, 3),
    **changes: Any,
) -> list[Any]:
    """Run the guard on four nodes of two ranks each; return how each rank left it."""

    def program(comm: Comm) -> Any:
        own = question(comm.rank, judge, **changes)
        try:
            return _cluster.guard(comm, own, record=record, on_failure=on_failure)
        except SystemExit as exit_:
            return exit_.code

    return World(nodes).run(program)


def test_all_is_well(capfd: pytest.CaptureFixture[str]) -> None:
    reports = guard(well)
    assert reports == [reports[0]] * 8
    assert (reports[0].ok, reports[0].cluster.ranks) == (True, 8)
    assert capfd.readouterr() == ("", "")


def test_nodes_that_pass_and_differ_are_told(capfd: pytest.CaptureFixture[str]) -> None:
    reports = guard(lambda rank: report(HOSTS[rank // 2], *[extra("rich", "1")] * (rank < 2)))
    assert reports[0].ok
    assert capfd.readouterr().err == (
        "lockhook: rich: differs between nodes: 1 on node001; not installed elsewhere\n"
    )


def differs_on_one(rank: int) -> Report:
    return report(HOSTS[rank // 2], *[NUMPY] * (rank == 4))


def test_one_node_differs(capfd: pytest.CaptureFixture[str]) -> None:
    assert guard(differs_on_one) == [1] * 8
    out, err = capfd.readouterr()
    assert (out, err.count("Lockfile Validation Report")) == ("", 1)
    assert "  node003 (1 of 4), CPython 3.11.7 in /opt/env:\n    - numpy: " in err
    assert "To fix, run one of these on node003 (1 of 4):\n" in err


def test_all_ranks_raise_the_same(capfd: pytest.CaptureFixture[str]) -> None:
    errors = guard(differs_on_one, on_failure="raise")
    assert [type(error) for error in errors] == [lockhook.LockMismatch] * 8
    assert len({str(error.report) for error in errors}) == 1
    assert capfd.readouterr() == ("", "")


def test_the_first_rank_warns(caplog: pytest.LogCaptureFixture) -> None:
    reports = guard(differs_on_one, on_failure="warn")
    assert [r.ok for r in reports] == [False] * 8
    assert caplog.record_tuples == [("lockhook", logging.WARNING, str(reports[0]))]


def failing(error: BaseException, *ranks: int) -> Judge:
    def judge(rank: int) -> Report:
        if rank in ranks:
            raise error
        return well(rank)

    return judge


NO_LOCK = lockhook.LockfileError("cannot be read: gone", path="a.txt", hint="make one")


@pytest.mark.parametrize("ranks", [(0,), (4,), (0, 6), (0, 2, 4, 6)])
@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (NO_LOCK, 3, "a.txt: cannot be read: gone"),
        (lockhook.UsageError("no such extra"), 2, "no such extra"),
        (RuntimeError("boom"), 3, "RuntimeError: boom (test_cluster.py:"),
        (RecursionError(), 3, "RecursionError"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (SystemExit(7), 130, "interrupted"),
    ],
)
def test_one_rank_fails_to_look(
    ranks: tuple[int, ...],
    error: BaseException,
    code: int,
    said: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert guard(failing(error, *ranks)) == [code] * 8
    err = capfd.readouterr().err
    assert err.count("Lockfile Validation Report") == 1
    assert f"    - cannot be decided: {said}" in err
    assert "make one" in err or error is not NO_LOCK

    left = guard(failing(error, *ranks), on_failure="raise")
    others = [left[rank] for rank in range(8) if rank not in ranks]
    assert [(type(e), e.exit_code) for e in others] == [(ClusterError, code)] * len(others)
    assert len({str(e) for e in others}) == 1
    # What interrupts a rank goes on doing so.
    if not isinstance(error, Exception):
        assert [left[rank] for rank in ranks] == [getattr(error, "code", error)] * len(ranks)


def test_what_is_wrong_with_the_arguments_is_a_verdict_too(
    capfd: pytest.CaptureFixture[str],
) -> None:
    def wrong() -> Any:
        raise lockhook.UsageError("skip takes a sequence of names")

    assert guard(well, ask=wrong) == [2] * 8
    assert "cannot be decided: skip takes a sequence of names\n" in capfd.readouterr().err
    for mode in ("explode", ["exit"]):
        errors = guard(well, on_failure=mode)  # type: ignore[arg-type]
        assert {str(error).partition(": ")[2] for error in errors} == {
            f"on_failure is one of 'exit', 'raise', 'warn', not {mode!r}"
        }


def test_errors_pickle() -> None:
    error = guard(failing(NO_LOCK, 4), on_failure="raise")[0]
    again = pickle.loads(pickle.dumps(error))
    assert str(again).startswith("cannot be decided on ")
    assert (str(again), again.exit_code, again.report) == (str(error), 3, error.report)


def test_the_gravest_code_holds() -> None:
    def judge(rank: int) -> Report:
        if rank == 6:
            raise NO_LOCK
        return differs_on_one(rank)

    assert guard(judge) == [3] * 8


def test_another_lock(capfd: pytest.CaptureFixture[str]) -> None:
    def judge(rank: int) -> Report:
        return report(HOSTS[rank // 2], lock_sha256=("b" if rank == 2 else "a") * 64)

    assert guard(judge) == [1] * 8
    assert "another lock than elsewhere" in capfd.readouterr().err


# --- the operator ---


@pytest.fixture
def modes(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[int, str]], None]:
    """Sets ``LOCKHOOK_GUARD`` on some ranks, all of which are one process here."""

    def modes(by_rank: dict[int, str]) -> None:
        decide = _cluster.decide

        def with_mode(comm: Any, own: Question, mode: str, publish: Any) -> Any:
            return decide(comm, own, by_rank.get(comm.rank, mode), publish)

        monkeypatch.setattr(_cluster, "decide", with_mode)

    return modes


def test_off_on_some_ranks(
    modes: Callable[[dict[int, str]], None], capfd: pytest.CaptureFixture[str]
) -> None:
    modes({3: "off", 4: "off", 5: "warn"})
    assert guard(differs_on_one) == [1] * 8
    assert capfd.readouterr().err.startswith(
        "lockhook: LOCKHOOK_GUARD differs between ranks (enforce on 5, off on 2, warn on 1): "
        "enforce holds for all\n"
    )


def test_warn_on_all_ranks(
    modes: Callable[[dict[int, str]], None], capfd: pytest.CaptureFixture[str]
) -> None:
    modes(dict.fromkeys(range(8), "warn"))
    reports = guard(failing(NO_LOCK, 4))
    assert [(r.ok, r.guard) for r in reports] == [(False, "warn")] * 8
    err = capfd.readouterr().err
    assert err.startswith("lockhook: the guard is not enforced (LOCKHOOK_GUARD=warn)\n")
    assert err.count("Lockfile Validation Report") == 1


def test_off_on_all_ranks(
    modes: Callable[[dict[int, str]], None], capfd: pytest.CaptureFixture[str]
) -> None:
    modes(dict.fromkeys(range(8), "off"))
    reports = guard(failing(AssertionError("looked"), *range(8)))
    assert [(r.status, r.guard) for r in reports] == [("unchecked", "off")] * 8
    assert reports[0].reason == _guard.SWITCHED_OFF
    assert capfd.readouterr().err == ("lockhook: the guard is not enforced (LOCKHOOK_GUARD=off)\n")


def test_a_misspelt_mode_is_told_once(
    modes: Callable[[dict[int, str]], None], capfd: pytest.CaptureFixture[str]
) -> None:
    modes(dict.fromkeys(range(8), "of"))
    assert guard(differs_on_one) == [1] * 8
    assert capfd.readouterr().err.count("LOCKHOOK_GUARD='of' is none of enforce, warn, off") == 1


# --- the record, and other versions ---


def test_the_first_rank_writes_the_record(tmp_path: Path) -> None:
    path = tmp_path / "environment.json"
    assert guard(differs_on_one, record=path) == [1] * 8
    assert json.loads(path.read_text())["cluster"]["nodes"] == "node[001-004]"
    assert list(tmp_path.iterdir()) == [path]


def test_a_record_that_cannot_be_written(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "no" / "where.json"
    assert guard(well, record=path) == [2] * 8
    said = "the report cannot be written: No such file or directory"
    assert capfd.readouterr().err == f"lockhook: {path}: {said}\n"
    errors = guard(well, record=path, on_failure="raise")
    assert {(type(e), e.reason) for e in errors} == {(lockhook.UsageError, said)}
    assert capfd.readouterr().err == ""
    assert guard(differs_on_one, record=path) == [1] * 8


def test_ranks_with_another_lockhook(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    run = communicator.run

    def with_version(comm: Any, steps: Any) -> Any:
        offer = {("9.9", "enforce"): 1} if comm.rank == 5 else steps.offer
        return run(comm, steps.replace(offer=offer))

    monkeypatch.setattr(communicator, "run", with_version)
    assert guard(failing(AssertionError("looked"), *range(8))) == [3] * 8
    told = f"the ranks have different versions of lockhook ({lockhook.__version__} on 7, 9.9 on 1)"
    assert told in capfd.readouterr().err


# --- the whole way ---


def test_verify(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text("no-such-package==1\n")

    def program(comm: Comm) -> Any:
        return lockhook.verify(lock, comm=comm, record=tmp_path / "report.json")

    reports = World([0, 0, 1]).run(program)
    assert reports == [reports[0]] * 3
    assert (reports[0].status, reports[0].summary["missing"]) == ("failed", 1)
    assert reports[0].cluster.ranks == 3

    errors = World([0, 0]).run(
        lambda comm: lockhook.verify(lock, comm=comm, record=tmp_path / "no" / "where.json")
    )
    assert [type(e) for e in errors] == [lockhook.UsageError] * 2

    lock.write_text("no-such-package>=1\n")
    errors = World([0, 0, 1]).run(program)
    assert [(type(e), e.exit_code) for e in errors] == [(ClusterError, 3)] * 3


def test_undecided_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock, record = tmp_path / "requirements.txt", tmp_path / "report.json"
    lock.write_text("no-such-package>=1\n")
    with pytest.raises(lockhook.LockfileError):
        lockhook.verify(lock, undecided="raise")
    found = lockhook.verify(lock, undecided="report", record=record)
    assert (found.ok, found.status, found.cluster) == (False, "unchecked", None)
    assert "not an exact pin" in found.reason
    assert json.loads(record.read_text())["reason"] == found.reason
    # Arguments that make no sense to one process are told to the others too.
    assert lockhook.verify(lock, skip="a", undecided="report").reason.startswith("skip takes a")

    lock.write_text("no-such-package==1\n")
    assert lockhook.verify(lock, undecided="report") == lockhook.verify(lock)
    monkeypatch.setattr(_guard, "_verify", raises(RuntimeError("boom")))
    reason = lockhook.verify(lock, undecided="report").reason
    assert reason.startswith("RuntimeError: boom (test_cluster.py:")
    monkeypatch.setattr(_guard, "_verify", raises(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        lockhook.verify(lock, undecided="report")


def raises(error: BaseException) -> Callable[..., Report]:
    def fail(*_: object) -> Report:
        raise error

    return fail


def test_undecided_with_a_communicator(tmp_path: Path) -> None:
    lock, none = tmp_path / "requirements.txt", tmp_path / "none.txt"
    lock.write_text("no-such-package==1\n")

    def program(comm: Comm) -> Any:
        own = none if comm.rank == 1 else lock
        return lockhook.verify(own, comm=comm, undecided="report", allow_missing=True)

    reports = World([0, 0, 1]).run(program)
    assert reports == [reports[0]] * 3
    assert (reports[0].status, reports[0].cluster.ranks) == ("failed", 3)
    assert [f.status for f in reports[0].findings if f.fails] == ["undecided"]


def test_an_interrupted_rank_reports_and_goes_on_being_interrupted() -> None:
    def program(comm: Comm) -> Any:
        own = question(comm.rank, failing(KeyboardInterrupt(), 2))
        return _cluster.verify(comm, own, record=None, undecided="report")

    left = World([0, 0, 1]).run(program)
    assert [type(each) for each in left] == [lockhook.Report, lockhook.Report, KeyboardInterrupt]
    assert "interrupted" in str(left[0])


@pytest.mark.parametrize("value", ["explode", None, True, ["report"]])
def test_undecided_is_raise_or_report(tmp_path: Path, value: Any) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text("no-such-package==1\n")
    with pytest.raises(lockhook.UsageError, match=r"^undecided is one of 'raise', 'report', not "):
        lockhook.verify(lock, undecided=value)

    # With a bad value on one rank alone, no other waits for it.
    def program(comm: Comm) -> Any:
        return lockhook.verify(lock, comm=comm, undecided=value if comm.rank == 1 else "raise")

    errors = World([0, 0, 1]).run(program)
    assert [(type(e), e.exit_code) for e in errors] == [(ClusterError, 2)] * 3
    assert f"undecided is one of 'raise', 'report', not {value!r}" in str(errors[0])


def test_guard_and_its_arguments(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text("no-such-package==1\n")
    left = World([0, 0, 1]).run(lambda comm: lockhook.guard(lock, comm=comm, strict=True))
    assert [getattr(exit_, "code", exit_) for exit_ in left] == [1] * 3
    assert World([0, 0, 1]).run(lambda comm: lockhook.guard(lock, comm=comm).ok) == [True] * 3
    assert capfd.readouterr().err.count("Lockfile Validation Report") == 1


def test_ranks_that_would_see_something_else_look_for_themselves(tmp_path: Path) -> None:
    one, other = tmp_path / "a.txt", tmp_path / "b.txt"
    one.write_text("no-such-package==1\n")
    other.write_text("no-such-package==1 # the same\n")
    left = World([0, 0, 0]).run(
        lambda comm: lockhook.verify(other if comm.rank == 2 else one, comm=comm)
    )
    cluster = left[0].cluster
    assert [(group.ranks, group.report.lockfile) for group in cluster.groups] == [
        (2, str(one)),
        (1, str(other)),
    ]
    told = [finding.status for finding in left[0].findings if finding.status != "extra"]
    assert told == ["differing", "missing", "missing"]
