"""``lockhook diff``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhook._authoring.comparison import Comparison, compare
from lockhook._cli import changes
from lockhook._cli.view import Annotation, View, show

if TYPE_CHECKING:
    from argparse import Namespace


def run(args: Namespace) -> int:
    """Print what changed between two locks; as with git, that is no failure unless asked for.

    Raises:
        LockhookError: if one of them cannot be found or read.
    """
    found = compare(args.old, args.new)
    show(_view(found, quiet=args.quiet), args.format)
    return 1 if found.changes and args.exit_code else 0


def _view(found: Comparison, *, quiet: bool) -> View:
    title = f"{found.old} -> {found.new}"
    return View(
        document={
            "schema": 1,
            "status": "changed" if found.changes else "unchanged",
            "old": found.old,
            "new": found.new,
            "changes": changes.documents(found.changes),
        },
        text=list(map(str, found.changes)) or ([] if quiet else ["no pin changed"]),
        title=title if found.changes else f"{title}: no pin changed",
        rows=changes.rows(found.changes),
        annotations=[
            Annotation(level="notice", title=change.kind, message=str(change), path=found.path)
            for change in found.changes
        ],
    )
