"""What a stamped lock was made from, held against what it would be made from now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhook._authoring import changes, inputs, pins, satisfaction
from lockhook.errors import LockfileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockhook._authoring.changes import Change
    from lockhook._authoring.inputs import Inputs
    from lockhook._authoring.stamp import Stamp


def changes_of(found: Stamp, wanted: Inputs) -> tuple[Change, ...]:
    """Return the inputs that changed since a lock was stamped."""
    if found.inputs_digest == wanted.digest():
        return ()
    known = inputs.as_known(wanted, found.inputs, found.scheme)
    return tuple(changes.between(found.inputs, known))


def outgrown(
    found: Stamp, wanted: Inputs, changed: Sequence[Change], text: str, path: str
) -> Iterator[str]:
    """Yield why a lock is stale; nothing if its pins hold under all that changed.

    Args:
        found: its stamp.
        wanted: what it would be made from now.
        changed: what `changes_of` says of both.
        text: the lock.
        path: what to call it.
    """
    if found.inputs_digest != found.inputs.digest() and found.scheme == inputs.SCHEME:
        yield "its stamp was changed after lockhook wrote it"
    if changed:
        try:
            held = pins.read(text, path)
        except LockfileError:
            held = ()
        if any(satisfaction.outgrown(changed, found, wanted, held)):
            yield from map(str, changed)
