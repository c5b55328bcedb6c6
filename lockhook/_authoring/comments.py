"""The comments below the pins of a requirements.txt: ``# via`` who wants it, ``# from`` where.

uv writes them as lists or, with ``annotation-style = "line"``, in one line; pip-compile as lists.
"""

from __future__ import annotations

import re

from lockhook._runtime.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Final

_COMMENT: Final = re.compile(r"(?:^|\s)#(?P<text>.*)")
_LIST: Final = re.compile(r"^(?P<indent>[ \t]+)# via\n(?P<items>(?:[ \t]+#   .+\n)+)", re.MULTILINE)
_LINE: Final = re.compile(r"^(?P<pin>.*?)(?P<lead>[ \t]+)# via (?P<items>.+)\n", re.MULTILINE)
_FROM: Final = re.compile(r"^[ \t]+# from (?P<url>\S+)\n", re.MULTILINE)


class Comment(Record):
    """What stands below one pin.

    Attributes:
        via: what wants it: packages, projects such as ``bench (pyproject.toml)``, or files.
        index_url: the URL of the index that it comes from, "" if that is not told.
    """

    via: tuple[str, ...] = ()
    index_url: str = ""


def read(text: str) -> Mapping[int, Comment]:
    """Return the comment of each pin, by the number of the line that the pin begins in."""
    blocks: dict[int, list[str]] = {}
    pin, continues = 0, False
    for number, line in enumerate(text.splitlines(), 1):
        # A directory begins with a dot, or with the option that makes it editable.
        if line[:1].strip("# \t") and not continues:
            pin = number
        continues = line.endswith("\\")
        if pin and (found := _COMMENT.search(line)):
            blocks.setdefault(pin, []).append(found["text"])
    return {number: _annotation(comments) for number, comments in blocks.items()}


def _annotation(comments: list[str]) -> Comment:
    via: list[str] = []
    index = ""
    for comment in comments:
        word, _, rest = comment.strip().partition(" ")
        if word == "from":
            index = rest.strip()
        elif word == "via":
            via += rest.split(", ") if rest else []
        elif comment.startswith("   "):
            via.append(comment.strip())
    return Comment(via=tuple(via), index_url=index)


def rewrite(text: str, *, without: str, keep_index: Callable[[str], bool]) -> str:
    """Return a lock without one of the projects that want its pins, and without some indexes.

    Args:
        text: the lock as uv wrote it.
        without: the name of the project, which no comment names any more then.
        keep_index: tells of a URL whether the comment that names it stays.
    """
    ours = re.compile(rf"{re.escape(without)} \([^()]*\)")

    def shorter_list(found: re.Match[str]) -> str:
        items = [line.strip()[1:].strip() for line in found["items"].splitlines()]
        kept = [item for item in items if not ours.fullmatch(item)]
        if len(kept) > 1:
            listed = "".join(f"{found['indent']}#   {item}\n" for item in kept)
            return f"{found['indent']}# via\n{listed}"
        return f"{found['indent']}# via {kept[0]}\n" if kept else ""

    def shorter_line(found: re.Match[str]) -> str:
        kept = [item for item in found["items"].split(", ") if not ours.fullmatch(item)]
        if kept:
            return f"{found['pin']}{found['lead']}# via {', '.join(kept)}\n"
        return f"{found['pin']}\n" if found["pin"] else ""

    def kept_index(found: re.Match[str]) -> str:
        return found[0] if keep_index(found["url"]) else ""

    return _FROM.sub(kept_index, _LINE.sub(shorter_line, _LIST.sub(shorter_list, text)))
