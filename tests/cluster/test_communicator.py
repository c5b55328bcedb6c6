"""The steps of an MPI job, on ranks that are threads: what each does, and what none may."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from lockhook._runtime import communicator
from lockhook._runtime.communicator import Steps
from lockhook.errors import UsageError
from tests.cluster import fake_mpi
from tests.cluster.fake_mpi import Aborted, Comm, World

SIZES = [1, 2, 3, 4, 5, 7, 8, 13, 32]


class Log:
    """Who did what."""

    def __init__(self) -> None:
        self.looked: list[tuple[int, int]] = []
        self.concluded: list[int] = []
        self.lock = threading.Lock()


def steps(log: Log, rank: int, **changes: Any) -> Steps:
    def look(agreed: Any, ranks: int) -> list[int]:
        with log.lock:
            log.looked.append((rank, ranks))
        return [rank]

    def conclude(agreed: Any, found: list[int]) -> tuple[Any, list[int]]:
        log.concluded.append(rank)
        return "told", found

    given = Steps(
        offer=1,
        agree=lambda a, b: a + b,
        key=b"same",
        look=look,
        join=lambda a, b: a + b,
        nothing=[],
        conclude=conclude,
    )
    return given.replace(**changes)


@pytest.mark.parametrize("size", SIZES)
def test_all_ranks_leave_with_the_same(size: int) -> None:
    world, log = World([0] * size), Log()
    results = world.run(lambda comm: communicator.run(comm, steps(log, comm.rank)))
    assert results == [(size, ("told", [0]))] * size
    assert (log.looked, log.concluded) == ([(0, size)], [0])


@pytest.mark.parametrize("size", SIZES)
def test_verdicts_are_joined_in_order(size: int) -> None:
    world, log = World(range(size)), Log()
    results = world.run(lambda comm: communicator.run(comm, steps(log, comm.rank)))
    assert results == [(size, ("told", list(range(size))))] * size


def test_one_look_for_each_node_and_key() -> None:
    # Nodes of three ranks; on the second of them one has another key.
    world, log = World([0, 0, 0, 1, 1, 1, 2, 2, 2]), Log()

    def program(comm: Comm) -> Any:
        key = b"other" if comm.rank == 4 else b"same"
        return communicator.run(comm, steps(log, comm.rank, key=key))

    results = world.run(program)
    assert sorted(log.looked) == [(0, 3), (3, 2), (4, 1), (6, 3)]
    assert results == [(9, ("told", [0, 3, 4, 6]))] * 9


def test_ranks_of_a_node_need_not_follow_each_other() -> None:
    world, log = World([0, 1, 2, 0, 1, 2]), Log()
    world.run(lambda comm: communicator.run(comm, steps(log, comm.rank)))
    assert sorted(log.looked) == [(0, 2), (1, 2), (2, 2)]


def test_the_communicator_is_only_duplicated() -> None:
    world, log = World([0, 0, 1, 1]), Log()
    used: list[list[str]] = []

    def program(comm: Comm) -> Any:
        # A message of the benchmark's own, under way all the time.
        comm.isend("mine", (comm.rank + 1) % 4, communicator._TAG)
        communicator.run(comm, steps(log, comm.rank))
        used.append(comm.used)
        return comm.recv(source=(comm.rank - 1) % 4, tag=communicator._TAG)

    assert world.run(program) == ["mine"] * 4
    assert used == [["Dup"]] * 4
    # The duplicate by four ranks, and each of two nodes by two.
    assert sorted(world.freed.values()) == [2, 2, 4]
    assert "world" not in world.freed
    assert not any(world.messages.values())


@pytest.mark.parametrize(
    ("error", "reason", "code"),
    [
        (RuntimeError("boom"), "RuntimeError: boom", 3),
        (MemoryError(), "MemoryError", 3),
        (KeyboardInterrupt(), "interrupted", 130),
    ],
)
@pytest.mark.parametrize("step", ["agree", "look", "join", "conclude"])
def test_what_cannot_be_told_to_the_others_ends_the_job(
    step: str, error: BaseException, reason: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> Any:
        raise error

    world, log = World([0, 0, 1, 1]), Log()
    results = world.run(lambda comm: communicator.run(comm, steps(log, comm.rank, **{step: fail})))
    assert all(isinstance(result, Aborted) for result in results)
    assert world.code == code
    first = capsys.readouterr().err.split("\n")[0]
    assert first.startswith("lockhook: rank ")
    assert first.endswith(f": the ranks cannot agree, the job ends: {reason}")


def test_no_communicator() -> None:
    with pytest.raises(UsageError, match=r"^comm is a communicator of mpi4py, not str$"):
        communicator.run("MPI.COMM_WORLD", steps(Log(), 0))  # type: ignore[arg-type]


def test_communicators_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    comm = Comm(World([0]), "world", [0], 0)
    monkeypatch.setattr(Comm, "Is_inter", lambda _: True)
    with pytest.raises(UsageError, match=r"^comm is an intercommunicator; merge it first"):
        communicator.run(comm, steps(Log(), 0))
    monkeypatch.setattr(fake_mpi, "COMM_NULL", comm)
    with pytest.raises(UsageError, match=r"COMM_NULL: this process is no rank of it$"):
        communicator.run(comm, steps(Log(), 0))
    monkeypatch.setattr(fake_mpi, "Is_finalized", lambda: True)
    with pytest.raises(UsageError, match=r"MPI is not initialized, or finalized already$"):
        communicator.run(comm, steps(Log(), 0))


def test_who_waits_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(communicator, "sleep", pauses.append)
    answers = iter([False] * 200 + [True])
    communicator._wait(lambda: next(answers))
    assert pauses[0] == 0
    assert max(pauses) == communicator._LONGEST_PAUSE
