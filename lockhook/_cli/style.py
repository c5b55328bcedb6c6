"""Colour: only on a terminal, and as ``NO_COLOR`` and ``FORCE_COLOR`` want it."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Final

_CODES: Final = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


class Style:
    """Paints words, or leaves them as they are.

    ``NO_COLOR`` and ``FORCE_COLOR`` count when they are set and not empty; ``NO_COLOR`` wins.
    """

    def __init__(self, stream: IO[str]) -> None:
        if os.environ.get("NO_COLOR"):
            self.enabled = False
        elif os.environ.get("FORCE_COLOR"):
            self.enabled = True
        else:
            self.enabled = stream.isatty() and os.environ.get("TERM") != "dumb"

    def __call__(self, text: str, *names: str) -> str:
        """Return text in the colours and weights of these names."""
        if not (self.enabled and text and names):
            return text
        return f"\x1b[{';'.join(_CODES[name] for name in names)}m{text}\x1b[0m"
