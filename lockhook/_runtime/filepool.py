"""Looking at many files at once, on all cores, in bounded memory.

Threads do it: `hashlib` and the system calls let go of the interpreter while they work.
"""

from __future__ import annotations

import os
import threading
from collections import deque

from lockhook._runtime.filecheck import Checker
from lockhook._runtime.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from lockhook._runtime.recorded import Claim

    Files = dict[str, list[Claim]]
    Job = tuple[str, list[Claim]]

_LARGE = 2**23  # bytes; what takes longer than that is worth starting first
_TICK = 0.1  # seconds


class Fault(Record):
    """A claim that does not hold, of what kind, and more about it if the system says more."""

    path: str
    claim: Claim
    kind: str
    reason: str = ""


class Outcome(Record):
    """The number of files that were looked at, the bytes that were read, and what is wrong."""

    checked: int
    bytes: int
    faults: tuple[Fault, ...]


def check_files(
    files: Files,
    *,
    hashing: bool,
    progress: Callable[[int, int], None] | None = None,
    workers: int | None = None,
) -> Outcome:
    """Look at each file, and return the claims about it that do not hold.

    Args:
        files: absolute path to what is claimed of it.
        hashing: read the files; else only their sizes are compared.
        progress: called in this thread with bytes or files done, and their total.
        workers: how many threads; as many as cores if None.
    """
    queue = _queue(files)
    total = sum(_size(claims) for _, claims in queue) if hashing else len(queue)
    count = max(1, min(workers or _cores(), len(queue)))
    team = [_Worker(queue, Checker(hashing=hashing)) for _ in range(count)]
    try:
        for worker in team:
            worker.start()
        _wait(team, total, hashing=hashing, progress=progress)
    finally:
        # After Ctrl-C, or when the callback raised, nobody waits for gigabytes.
        _stop(queue, team)
    for worker in team:
        if worker.error is not None:
            raise worker.error
    return Outcome(
        checked=sum(worker.checked for worker in team),
        bytes=sum(worker.checker.bytes for worker in team),
        faults=tuple(fault for worker in team for fault in worker.faults),
    )


def _queue(files: Files) -> deque[Job]:
    """Return the jobs: the largest first, so that no core ends with one alone; else as listed."""
    large = [job for job in files.items() if _size(job[1]) >= _LARGE]
    large.sort(key=lambda job: -_size(job[1]))
    return deque([*large, *(job for job in files.items() if _size(job[1]) < _LARGE)])


def _size(claims: list[Claim]) -> int:
    return max(0, claims[0].size)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1  # pragma: no cover - macOS and Windows


def _wait(
    team: list[_Worker],
    total: int,
    *,
    hashing: bool,
    progress: Callable[[int, int], None] | None,
) -> None:
    for worker in team:
        while worker.is_alive():
            worker.join(_TICK)
            if progress is not None:
                done = sum(w.checker.bytes if hashing else w.checked for w in team)
                progress(min(done, total), total)
    if progress is not None:
        progress(total, total)


def _stop(queue: deque[Job], team: list[_Worker]) -> None:
    queue.clear()
    for worker in team:
        worker.checker.stop = True
    for worker in team:
        if worker.ident is not None:  # one that could not be started cannot be waited for
            worker.join()


class _Worker(threading.Thread):
    """Takes files from a queue until none is left."""

    def __init__(self, queue: deque[Job], checker: Checker) -> None:
        super().__init__(name="lockhook-integrity")
        self.queue = queue
        self.checker = checker
        self.checked = 0
        self.faults: list[Fault] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            while job := self._next():
                self._check(*job)
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            self.error = error

    def _next(self) -> Job | None:
        try:
            return self.queue.popleft()
        except IndexError:
            return None

    def _check(self, path: str, claims: list[Claim]) -> None:
        digests: dict[str, str] = {}
        for claim in claims:
            kind, reason = self.checker.fault(path, claim, digests)
            if kind:
                self.faults.append(Fault(path=path, claim=claim, kind=kind, reason=reason))
        self.checked += 1
