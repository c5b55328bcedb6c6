"""What became of the pins of a lock, for every command that tells it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Final

    from lockhook._authoring.diff import Change

_HEADING: Final = ("package", "change", "old", "new", "where")


def documents(changes: Iterable[Change]) -> list[dict[str, str]]:
    """Return changes for JSON."""
    return [
        {"package": c.name, "kind": c.kind, "old": c.old, "new": c.new, "marker": c.marker}
        for c in changes
    ]


def rows(changes: Iterable[Change]) -> list[tuple[str, ...]]:
    """Return changes as a table, its heading first; where nothing is forked, without markers."""
    table: list[tuple[str, ...]] = [
        _HEADING,
        *((c.name, c.kind, c.old, c.new, c.marker) for c in changes),
    ]
    if any(row[4] for row in table[1:]):
        return table
    return [row[:4] for row in table]
