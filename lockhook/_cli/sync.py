"""``lockhook sync``: what the hook runs."""

from __future__ import annotations

import os

from lockhook._authoring import git, survey, sync
from lockhook._authoring.verdict import FRESH, UNDECIDED
from lockhook._cli import locks
from lockhook._cli.view import show

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence


def run(args: Namespace) -> int:
    """Regenerate what is not fresh, print what changed, and return 1 if anything was not.

    Where one is left as it is, since nobody knows what it follows from, return 3.

    Raises:
        LockhookError: if a lock cannot be judged or made; those before it stand.
    """
    directory = os.getcwd()
    verdicts = list(survey.check(args.files, directory))
    made = list(sync.bring_up_to_date(verdicts, quiet=args.quiet))
    bad = [verdict for verdict in verdicts if verdict.status != FRESH]
    undecided = [verdict for verdict in bad if verdict.status == UNDECIDED]
    # A lock that was fresh is made anew where another one could not agree with it.
    again = {one.lock.path for one in made if one.changed}
    done = {FRESH, UNDECIDED}
    due = [v.lock for v in verdicts if v.status not in done or v.lock.path in again]
    if due and args.stage:
        _stage([lock.path for lock in due])
    ok = not undecided and (not bad or args.stage)
    commands = [] if args.stage else locks.git_add(due)
    shown = bad if args.quiet and args.format == "text" else verdicts
    show(locks.view(shown, made, commands, ok=ok, nothing=not verdicts), args.format)
    return 3 if undecided else 0 if ok else 1


def _stage(paths: Sequence[str]) -> None:
    # Outside of any repository, git says so.
    found = git.by_repository(paths) or {os.path.dirname(paths[0]): list(paths)}
    for top, files in found.items():
        git.add(files, top)
