"""``lockhook diff``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockhook._authoring import git, locks, pins
from lockhook._authoring.diff import Change, diff
from lockhook._cli.view import Annotation, View, show
from lockhook._runtime.encoding import decode
from lockhook.errors import LockfileError

if TYPE_CHECKING:
    from argparse import Namespace

    from lockhook._authoring.pin import Pin


def run(args: Namespace) -> int:
    """Print what changed between two locks; as with git, that is no failure unless asked for.

    Raises:
        LockhookError: if one of them cannot be read.
    """
    new = _read(args.new, "")
    changes = list(diff(_read(args.old, args.new.rpartition(":")[2]), new))
    show(_view(changes, args), args.format)
    return 1 if changes and args.exit_code else 0


def _read(named: str, otherwise: str) -> tuple[Pin, ...]:
    """Return the pins of a file, of ``REVISION:PATH``, or of a revision's file of another name."""
    if os.path.isfile(named):
        return pins.read(locks.read_text(named) or "", named)
    revision, colon, path = named.partition(":")
    path = path if colon else otherwise
    if not (revision and path):
        hint = "name a lock, or a lock of a git revision as REVISION:PATH"
        raise LockfileError("there is no such file", path=named, hint=hint)
    return pins.read(decode(git.show(revision, path), f"{revision}:{path}"), f"{revision}:{path}")


def _view(changes: list[Change], args: Namespace) -> View:
    title = f"{args.old} -> {args.new}"
    return View(
        document={
            "schema": 1,
            "status": "changed" if changes else "unchanged",
            "old": args.old,
            "new": args.new,
            "changes": [
                {"package": c.name, "kind": c.kind, "old": c.old, "new": c.new} for c in changes
            ],
        },
        text=list(map(str, changes)) or ([] if args.quiet else ["no pin changed"]),
        title=title if changes else f"{title}: no pin changed",
        rows=[
            ("package", "change", "old", "new"),
            *((c.name, c.kind, c.old, c.new) for c in changes),
        ],
        annotations=[
            Annotation(
                level="notice", title=c.kind, message=str(c), path=args.new.rpartition(":")[2]
            )
            for c in changes
        ],
    )
