"""Texts as lines, for edits that leave every other byte as it is."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def split(text: str) -> list[str]:
    """Return the lines of a text with their ends; only a line feed ends one."""
    return list(io.StringIO(text, newline="\n"))


def insert(lines: Sequence[str], at: int, new: Iterable[str]) -> list[str]:
    """Return lines with some more, which end as the others do.

    Args:
        lines: with their ends; the last one may lack it.
        at: the number of the line before which they go.
        new: without their ends.
    """
    crlf = sum(line.endswith("\r\n") for line in lines)
    end = "\r\n" if crlf * 2 > len(lines) else "\n"
    before = [line if line.endswith("\n") else line + end for line in lines[:at]]
    return [*before, *(line + end for line in new), *lines[at:]]


def past_comments(lines: Sequence[str], at: int, column: int | None = None) -> int:
    """Return the number of the line after the comments that belong to what ends before a line.

    Those that follow at once and are not the heading of what comes next: a blank line, or
    nothing, comes after them.

    Args:
        lines: of the text.
        at: where to begin.
        column: comments further right belong to it in any case.
    """
    while column is not None and _is_comment(lines, at) and _indent(lines[at]) > column:
        at += 1
    end = at
    while _is_comment(lines, end):
        end += 1
    return at if end < len(lines) and lines[end].strip() else end


def indentation(line: str) -> str:
    """Return the blanks that a line begins with."""
    return line[: _indent(line)]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _is_comment(lines: Sequence[str], at: int) -> bool:
    return at < len(lines) and lines[at].lstrip(" \t").startswith("#")
