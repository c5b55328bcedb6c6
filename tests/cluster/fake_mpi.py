"""As much of `mpi4py.MPI` as the guard asks for: ranks are threads, nodes are numbers."""

from __future__ import annotations

import pickle
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

COMM_TYPE_SHARED = 1
COMM_NULL = object()
PATIENCE = 10  # seconds after which a test fails rather than hangs


def Is_initialized() -> bool:  # noqa: N802 - MPI's name, as below
    return True


def Is_finalized() -> bool:  # noqa: N802
    return False


class Aborted(BaseException):
    """What ends a thread once some rank has called Abort."""


class World:
    """What all ranks share.

    Attributes:
        nodes: the node of each rank.
        messages: those under way, pickled.
        freed: how often each communicator was freed.
        sizes: how many bytes each message had.
        code: what Abort was called with, or None.
    """

    def __init__(self, nodes: Sequence[int]) -> None:
        self.nodes = nodes
        self.messages: dict[tuple[Any, int, int, int], deque[bytes]] = defaultdict(deque)
        self.freed: dict[Any, int] = defaultdict(int)
        self.sizes: list[int] = []
        self.code: int | None = None

    def run(self, program: Callable[[Comm], Any]) -> list[Any]:
        """Run a program on all ranks; return for each what it returned or raised."""
        results: list[Any] = [None] * len(self.nodes)

        def rank(number: int) -> None:
            try:
                results[number] = program(Comm(self, "world", range(len(self.nodes)), number))
            except BaseException as error:  # noqa: BLE001 - it is what the test looks at
                results[number] = error

        threads = [threading.Thread(target=rank, args=(n,)) for n in range(len(self.nodes))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        assert not any(thread.is_alive() for thread in threads), "some rank waits for ever"
        return results


class Comm:
    """One rank's end of a communicator."""

    def __init__(self, world: World, context: Any, ranks: Sequence[int], rank: int) -> None:
        self.world, self.context, self.ranks, self.rank = world, context, ranks, rank
        self.derived = 0
        self.used: list[str] = []

    def _child(self, name: str, ranks: Sequence[int]) -> Comm:
        self.derived += 1
        self.used.append(name)
        context = (self.context, name, self.derived, tuple(ranks))
        return Comm(self.world, context, ranks, ranks.index(self.ranks[self.rank]))

    def Get_rank(self) -> int:  # noqa: N802
        return self.rank

    def Get_size(self) -> int:  # noqa: N802
        return len(self.ranks)

    def Is_inter(self) -> bool:  # noqa: N802
        return False

    def Dup(self) -> Comm:  # noqa: N802
        return self._child("Dup", self.ranks)

    def Split_type(self, split_type: int, key: int = 0) -> Comm:  # noqa: N802
        assert (split_type, key) == (COMM_TYPE_SHARED, self.rank)
        node = self.world.nodes[self.ranks[self.rank]]
        return self._child("Split_type", [r for r in self.ranks if self.world.nodes[r] == node])

    def Free(self) -> None:  # noqa: N802
        self.world.freed[self.context] += 1

    def Abort(self, errorcode: int = 0) -> NoReturn:  # noqa: N802
        if self.world.code is None:
            self.world.code = errorcode
        raise Aborted

    def allgather(self, sendobj: Any) -> list[Any]:
        for dest in range(len(self.ranks)):
            self.isend(sendobj, dest, -1)
        return [self.recv(source=source, tag=-1) for source in range(len(self.ranks))]

    def isend(self, obj: Any, dest: int, tag: int = 0) -> Request:
        data = pickle.dumps(obj)
        self.world.sizes.append(len(data))
        self.world.messages[self.context, self.rank, dest, tag].append(data)
        return Request()

    def iprobe(self, source: int, tag: int) -> bool:
        if self.world.code is not None:
            raise Aborted
        return bool(self.world.messages[self.context, source, self.rank, tag])

    def recv(self, *, source: int, tag: int) -> Any:
        deadline = time.monotonic() + PATIENCE
        while not self.iprobe(source, tag):
            assert time.monotonic() < deadline, "no message came"
            time.sleep(0.0005)
        return pickle.loads(self.world.messages[self.context, source, self.rank, tag].popleft())


class Request:
    """A message that has left."""

    def test(self) -> tuple[bool, None]:
        return True, None
