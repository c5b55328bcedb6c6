"""Several verdicts on one screen: what a hook may say without being in the way."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from lockhook._runtime.names import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lockhook._authoring.diff import Change
    from lockhook._cli.project_environment import Judged
    from lockhook._runtime.report import Finding

LINES: Final = 24
WIDTH: Final = 80
_FRAME: Final = 6  # what pre-commit prints around it
_SHORTEST: Final = 5  # the headings, the command and the blank line of one project
_MORE: Final = 2  # its lines that say how many more there are


def lines(differing: Sequence[Judged], *, verbose: bool = False) -> Iterator[str]:
    """Yield what is wrong in each project and what to run.

    Args:
        differing: the projects of which the environment is not what the lock says.
        verbose: everything, however long.
    """
    room = LINES - _FRAME
    fixed = _SHORTEST + any(one.report.advice for one in differing)
    shown = len(differing) if verbose else min(len(differing), (room - _MORE) // fixed)
    share = max(0, (room // max(shown, 1) - fixed - _MORE) // 2)
    for number, one in enumerate(differing[:shown]):
        if number:
            yield ""
        yield from _project(one, None if verbose else share)
    if shown < len(differing):
        yield f"and {len(differing) - shown} more projects: see `lockhook verify "
        yield "  --project-environment --verbose`"


def _project(one: Judged, share: int | None) -> Iterator[str]:
    failing = [finding for finding in one.report.findings if finding.fails]
    lock, prefix = (visible(shown(path)) for path in (one.place.lock, one.place.prefix))
    count = f"{len(failing)} finding{'' if len(failing) == 1 else 's'}"
    yield f"{prefix} is not what {lock} says: {count}"
    yield from _some([_finding(f, one.place.prefix) for f in failing], share)
    if one.changes:
        yield f"{lock} changed: {_counts(one.changes)}"
        yield from _some(list(map(str, one.changes)), share)
    if one.report.fix:
        yield "To fix, run:"
        yield f"  {visible(one.report.fix[0])}"
    # Not cut short: it names what to take away.
    told = one.report.advice if share is None else one.report.advice[:1]
    yield from (f"  {visible(text)}" for text in told)


def _some(items: Sequence[str], share: int | None) -> Iterator[str]:
    kept = items if share is None or len(items) <= share else items[:share]
    for item in kept:
        text = visible(item)
        yield f"  {text}" if share is None or len(text) < WIDTH else f"  {text[: WIDTH - 5]}..."
    if kept and len(kept) < len(items):
        yield f"  and {len(items) - len(kept)} more"


def _finding(finding: Finding, prefix: str) -> str:
    inside = finding.location.startswith(os.path.join(prefix, ""))
    place = f" ({finding.location})" if finding.location and not inside else ""
    subject = f"{finding.package}: " if finding.package else ""
    return f"- {subject}{finding.message}{place}"


def _counts(changes: Iterable[Change]) -> str:
    found = dict.fromkeys(("added", "removed", "changed"), 0)
    for change in changes:
        found["added" if not change.old else "changed" if change.new else "removed"] += 1
    return ", ".join(f"{number} {kind}" for kind, number in found.items() if number)


def shown(path: str) -> str:
    """Return an absolute path as people name it from here."""
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative
