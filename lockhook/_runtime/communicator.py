"""Ranks of an MPI job that come to one verdict, and none of which waits for another in vain.

Every rank goes through the same steps, whatever happens to it: what fails on one, before or while
it looks at the disk, is a verdict like others. What fails while the ranks talk to each other cannot
be told to them any more, so it ends the job by MPI's own abort.

MPI is never initialised here, and mpi4py never imported: the communicator comes from whoever did.
All talk goes through a duplicate of it, so that no message of the benchmark's can be mistaken.
"""

from __future__ import annotations

import os
import sys
from time import sleep

from lockhook._runtime.record import Record
from lockhook.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, NoReturn, Protocol

    class Comm(Protocol):
        """What is asked of a communicator: a part of mpi4py's `Intracomm`."""

        def Get_rank(self) -> int: ...  # noqa: N802 - the names are MPI's
        def Get_size(self) -> int: ...  # noqa: N802
        def Is_inter(self) -> bool: ...  # noqa: N802
        def Dup(self) -> Comm: ...  # noqa: N802
        def Split_type(self, split_type: int, key: int = 0) -> Comm: ...  # noqa: N802
        def Free(self) -> None: ...  # noqa: N802
        def Abort(self, errorcode: int = 0) -> NoReturn: ...  # noqa: N802
        def allgather(self, sendobj: Any) -> list[Any]: ...
        def isend(self, obj: Any, dest: int, tag: int = 0) -> Any: ...
        def iprobe(self, source: int, tag: int) -> bool: ...
        def recv(self, *, source: int, tag: int) -> Any: ...


_TAG = 1
_LONGEST_PAUSE = 0.01  # seconds


class Steps(Record):
    """What the ranks do together.

    Attributes:
        offer: what this rank wants all to agree on, before anything is looked at.
        agree: makes one offer of two.
        key: ranks of one node with the same key share one look at its disk.
        look: takes what was agreed on, and for how many ranks it looks; returns a verdict, and
            raises nothing.
        join: makes one verdict of two; `nothing` is the verdict of a rank that did not look.
        nothing: the verdict of no rank.
        conclude: takes what was agreed on and the verdict of all; runs on rank 0 alone, before any
            other rank goes on; raises nothing.
    """

    offer: Any
    agree: Callable[[Any, Any], Any]
    key: bytes
    look: Callable[[Any, int], Any]
    join: Callable[[Any, Any], Any]
    nothing: Any
    conclude: Callable[[Any, Any], Any]


def run(comm: Comm, steps: Steps) -> tuple[Any, Any]:
    """Go through the steps with all other ranks of a communicator.

    Returns:
        What was agreed on and the conclusion, the same on every rank.

    Raises:
        UsageError: if that is no communicator to talk through.
    """
    module = _check(comm)
    try:
        own = comm.Dup()
        agreed = _spread(own, _gather(own, steps.offer, steps.agree))
        sharing = _sharing(own, steps.key, module.COMM_TYPE_SHARED)
        found = steps.look(agreed, sharing) if sharing else steps.nothing
        found = _gather(own, found, steps.join)
        concluded = steps.conclude(agreed, found) if own.Get_rank() == 0 else None
        concluded = _spread(own, concluded)
        own.Free()
    except BaseException as error:  # noqa: BLE001 - all others wait for this rank
        _abort(comm, error)
    return agreed, concluded


def _check(comm: Comm) -> Any:
    """Return the module that a communicator is of.

    Raises:
        UsageError: if it is none, or not one that all its ranks can talk through.
    """
    module = _module(comm)
    if module is None:
        raise UsageError(f"comm is a communicator of mpi4py, not {type(comm).__name__}")
    if not module.Is_initialized() or module.Is_finalized():
        raise UsageError("comm cannot be used: MPI is not initialized, or finalized already")
    if comm == module.COMM_NULL:
        raise UsageError("comm is MPI.COMM_NULL: this process is no rank of it")
    if comm.Is_inter():
        raise UsageError("comm is an intercommunicator; merge it first: comm.Merge()")
    return module


def _module(comm: Comm) -> Any:
    for cls in type(comm).__mro__:
        module = sys.modules.get(cls.__module__)
        if hasattr(module, "COMM_TYPE_SHARED"):
            return module
    return None


def _sharing(own: Comm, key: bytes, shared: int) -> int:
    """Return for how many ranks of its node this rank is to look at the disk: 0 if another is."""
    node = own.Split_type(shared, own.Get_rank())
    keys = node.allgather(key)
    rank = node.Get_rank()
    node.Free()
    return keys.count(key) if keys.index(key) == rank else 0


def _gather(own: Comm, value: Any, join: Callable[[Any, Any], Any]) -> Any:
    """Return on rank 0 what all values join to, in order of rank: along a binomial tree."""
    rank, size = own.Get_rank(), own.Get_size()
    for step in _doubling(size):
        if rank & step:
            _send(own, value, rank - step)
            return None
        if rank + step < size:
            value = join(value, _receive(own, rank + step))
    return value


def _spread(own: Comm, value: Any) -> Any:
    """Return on every rank what rank 0 has: down the same tree."""
    rank, size = own.Get_rank(), own.Get_size()
    steps = list(_doubling(size))
    lowest = rank & -rank or 2 * steps[-1] if steps else 0
    if rank:
        value = _receive(own, rank - lowest)
    for step in reversed(steps):
        if step < lowest and rank + step < size:
            _send(own, value, rank + step)
    return value


def _doubling(size: int) -> Iterator[int]:
    step = 1
    while step < size:
        yield step
        step *= 2


# MPI waits by asking again and again, as fast as it can. Here some wait while one reads the disk,
# perhaps with all cores (`integrity`), so they sleep between.


def _send(own: Comm, value: Any, to: int) -> None:
    request = own.isend(value, to, _TAG)
    _wait(lambda: request.test()[0])


def _receive(own: Comm, source: int) -> Any:
    _wait(lambda: own.iprobe(source, _TAG))
    return own.recv(source=source, tag=_TAG)


def _wait(is_done: Callable[[], bool]) -> None:
    pause = 0.0
    while not is_done():
        sleep(pause)
        pause = min(pause + 0.0001, _LONGEST_PAUSE)


def _abort(comm: Comm, error: BaseException) -> NoReturn:
    """End the job: the others cannot be told, and must not wait."""
    interrupted = isinstance(error, KeyboardInterrupt)
    reason = "interrupted" if interrupted else f"{type(error).__name__}: {error}".rstrip(": ")
    said = f"lockhook: rank {comm.Get_rank()}: the ranks cannot agree, the job ends: {reason}\n"
    code = 130 if interrupted else 3
    try:
        sys.stderr.write(said)
        sys.stderr.flush()
    finally:
        comm.Abort(code)
        # MPICH returns from it while its launcher goes about killing the ranks.
        os._exit(code)
