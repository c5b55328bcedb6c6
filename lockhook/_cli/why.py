"""``lockhook why``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhook._authoring.why import Answer, why
from lockhook._cli.view import View, show
from lockhook._runtime.discovery import find

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator


def run(args: Namespace) -> int:
    """Print what brought a package into a lock, and return 1 if the lock does not have it.

    Raises:
        LockhookError: if it cannot be told.
    """
    lockfile = args.lockfile or find()
    answer = why(args.package, lockfile)
    show(_view(answer, lockfile), args.format)
    return 0 if answer.pins else 1


def _view(answer: Answer, lockfile: str) -> View:
    return View(
        document={
            "schema": 1,
            "status": "passed" if answer.pins else "failed",
            "lockfile": lockfile,
            "package": answer.package,
            "pins": [{"version": pin.version, "marker": pin.marker} for pin in answer.pins],
            "chains": [list(chain) for chain in answer.chains],
        },
        text=list(_text(answer, lockfile)),
        title=f"why {answer.package}",
        rows=[("chain",), *((_arrows(chain),) for chain in answer.chains)],
    )


def _text(answer: Answer, lockfile: str) -> Iterator[str]:
    if not answer.pins:
        nearest = f"; it has {', '.join(answer.nearest)}" if answer.nearest else ""
        yield f"{answer.package} is not in {lockfile}{nearest}"
        return
    for pin in answer.pins:
        yield f"{pin.name} {pin.version or pin.url}{f' ; {pin.marker}' if pin.marker else ''}"
    yield from (f"  {_arrows(chain)}" for chain in answer.chains)


def _arrows(chain: tuple[str, ...]) -> str:
    return " -> ".join(chain)
