"""``lockhook check``."""

from __future__ import annotations

import os

from lockhook._authoring import survey
from lockhook._authoring.verdict import FOREIGN, FRESH, UNDECIDED, UNTRACKED
from lockhook._cli import locks
from lockhook._cli.view import show

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from lockhook._authoring.verdict import Verdict


def run(args: Namespace) -> int:
    """Print the verdict on each lock, and return 0, 1, or 3 if one cannot be judged.

    Raises:
        LockhookError: if it cannot be decided.
    """
    verdicts = list(survey.check(args.files, os.getcwd()))
    bad = [verdict for verdict in verdicts if verdict.status != FRESH]
    shown = bad if args.quiet and args.format == "text" else verdicts
    show(locks.view(shown, (), _next(bad), ok=not bad, nothing=not verdicts), args.format)
    if any(verdict.status in _NOT_OURS for verdict in bad):
        return 3
    return 1 if bad else 0


# What `sync` does not mend.
_NOT_OURS = (FOREIGN, UNDECIDED)


def _next(bad: Sequence[Verdict]) -> list[str]:
    mendable = [verdict for verdict in bad if verdict.status not in _NOT_OURS]
    stale = any(verdict.status != UNTRACKED for verdict in mendable)
    commands = ["lockhook sync"] if stale else []
    return [*commands, *locks.git_add([verdict.lock for verdict in mendable])]
