"""Bringing locks up to date that are not fresh."""

from __future__ import annotations

from lockhook._authoring import leftovers, locks
from lockhook._authoring.survey import judged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from lockhook._authoring.generate import Generated
    from lockhook._authoring.locks import ManagedLock
    from lockhook._authoring.uv import Uv
    from lockhook._authoring.verdict import Verdict


def bring_up_to_date(verdicts: Sequence[Verdict], *, quiet: bool = False) -> Iterator[Generated]:
    """Make the locks that are not current anew, and yield each."""
    for verdict in verdicts:
        leftovers.sweep(verdict.lock)
    if any(verdict.is_due for verdict in verdicts):
        from lockhook._authoring import uv  # which no fresh lock needs

        program = uv.find()
        for of_one in _by(lambda verdict: verdict.lock.project.uv.root, verdicts):
            yield from _of_one_workspace(of_one, program, quiet=quiet)


def _of_one_workspace(
    verdicts: Sequence[Verdict], program: Uv, *, quiet: bool
) -> Iterator[Generated]:
    from lockhook._authoring import generate

    for lock in (v.lock for v in verdicts if v.lock.is_uvs and v.is_due):
        yield generate.relock(lock, program, quiet=quiet)
        # What agreed with it need not any more.
        verdicts = list(judged(_same_again(verdicts)))
    ours = [v for v in verdicts if v.is_due and not v.lock.is_uvs]
    for of_one in _by(lambda verdict: verdict.lock.project.directory, ours):
        yield from generate.generate([v.lock for v in of_one], program, quiet=quiet)


def _by(key: Callable[[Verdict], str], verdicts: Iterable[Verdict]) -> Iterator[list[Verdict]]:
    found: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        found.setdefault(key(verdict), []).append(verdict)
    yield from found.values()


def _same_again(verdicts: Sequence[Verdict]) -> Iterator[Sequence[ManagedLock]]:
    paths = {verdict.lock.path for verdict in verdicts}
    found = {verdict.lock.project.directory: verdict.lock.project for verdict in verdicts}
    for one in found.values():
        yield [lock for lock in locks.locks_of(one) if lock.path in paths]
