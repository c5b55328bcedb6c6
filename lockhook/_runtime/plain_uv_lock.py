"""A uv.lock as uv writes it, without a parser: the same document, but for the files of packages.

What is taken here `tomli` would read the same way; all else is left to it. Nearly all of a lock
are lists of files, which are checked and left out, and inline tables of a few shapes, which are
taken apart once for each shape.
"""

from __future__ import annotations

from lockhook._runtime.uv_files import AND, of_uv_lock
from lockhook._runtime.uv_layout import is_key, is_plain_text, string

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    # A key to what stands there: None for a string, a number for so many of them in a list.
    Shape = dict[str, "int | Shape | None"]

_PACKAGE = "\n[[package]]\n"
# What tables can stand below which, and where they belong; uv writes each of them once.
_OF_LOCK = {"[options]": ("options",), "[manifest]": ("manifest",)}
_OF_PACKAGE = {
    "[package.optional-dependencies]": ("optional-dependencies",),
    "[package.dev-dependencies]": ("dev-dependencies",),
    "[package.metadata]": ("metadata",),
    "[package.metadata.requires-dev]": ("metadata", "requires-dev"),
}
_ITEM = "    "


class _NotPlainError(ValueError):
    """Something is there that is left to the parser."""


def document(data: bytes) -> dict[str, Any] | None:
    """Return what `tomli` would, without ``sdist`` and ``wheels``; None unless all is plain.

    Args:
        data: the bytes of the file.
    """
    if not data.isascii():
        return None
    reader = _Reader()
    blocks = _blocks(data)
    try:
        top = reader.tables(*next(blocks), _OF_LOCK)
        packages = [reader.tables(*block, _OF_PACKAGE) for block in blocks]
    except _NotPlainError:
        return None
    # `package` in the head would be a second one.
    return None if "package" in top else {**top, "package": packages}


def _blocks(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield what stands before, between and behind all ``[[package]]``.

    Lists of wheels, which are most of a lock, are taken out, and `_MARK` is put in their place. So
    the rest is looked at line by line, and a list as a whole; nothing is copied that is not needed.
    """
    text = wheels = ""
    place, size = 0, len(data)
    while place < size:
        start, end = _place_of_wheels(data, place)
        if not is_plain_text(part := data[place:start]):
            raise _NotPlainError
        first, *others = part.decode().split(_PACKAGE)
        text += first
        for other in others:
            yield text, wheels
            text, wheels = other, ""
        if start < size:
            wheels, text = data[start + len(_WHEELS) : end].decode(), f"{text}\n{_MARK}"
        place = end + len(_END_OF_WHEELS)
    yield text, wheels


def _place_of_wheels(data: bytes, start: int) -> tuple[int, int]:
    """Return where the next list of wheels begins and ends: behind the data where there is none."""
    start = data.find(_WHEELS, start)
    if start < 0:
        return len(data), len(data)
    # What nearly always follows is found in two thirds of the time than the end of the list alone.
    found = data.find(_END_BEFORE_HEADER, start)
    end = found + len(" }") if found >= 0 else data.find(_END_OF_WHEELS, start)
    if end < 0:
        raise _NotPlainError
    return start, end


_WHEELS = b"\nwheels = [\n    "
_END_OF_WHEELS = b",\n]"
_END_BEFORE_HEADER = b" },\n]\n\n["
_MARK = "\0"
_SDIST = "sdist = "


class _Reader:
    """What is known of a lock while it is read: the shapes of its tables."""

    def __init__(self) -> None:
        self.shapes: dict[tuple[str, ...], Shape] = {}
        # Inline tables by their text: an index is named by each package.
        self.inline: dict[str, dict[str, Any]] = {}

    def tables(
        self, text: str, wheels: str, headers: Mapping[str, tuple[str, ...]]
    ) -> dict[str, Any]:
        """Return what stands between two ``[[package]]``, with the tables inside it.

        Its files are looked at, and left out.
        """
        top: dict[str, Any] = {}
        files: dict[str, str] = {}
        table = top
        lines = iter(text.split("\n"))
        for line in lines:
            if line[:1] == "[":
                table = _below(top, headers.get(line, ("",)))
            elif line[:8] == _SDIST or line == _MARK:
                # In a table behind the package's own, they would be of that table.
                if table is not top or line[:1] in files:
                    raise _NotPlainError
                files[line[:1]] = line[8:]
            elif line:
                key, _, value = line.partition(" = ")
                if key == "wheels" or key in table or not is_key(key):
                    raise _NotPlainError
                table[key] = self._value(value, lines)
        if files:
            _check_files(top, files.get(_SDIST[0], ""), wheels)
        return top

    def _value(self, text: str, lines: Iterator[str]) -> Any:
        if text[:1] == '"' and (value := string(text)) is not None:
            return value
        if text == "[":
            return list(self._items(lines))
        if text[:1] == "{":
            return self._inline(text)
        if text[:2] == "[{" and text[-2:] == "}]":  # a list of one table
            return [self._inline(text[1:-1])]
        if text[:1] == "[" and text[-1:] == "]":
            return self._inline(f"{{ a = {text} }}")["a"]
        if text.isdigit() and (text == "0" or text[0] != "0"):
            return int(text)
        raise _NotPlainError

    def _items(self, lines: Iterator[str]) -> Iterator[Any]:
        """Yield what stands in the lines of a list."""
        for line in lines:
            if line == "]":
                return
            text = line[4:-1]
            if line[:4] != _ITEM or line[-1] != ",":
                raise _NotPlainError
            if text[:1] == "{":
                yield self._inline(text)
            elif (value := string(text)) is not None:
                yield value
            else:
                raise _NotPlainError
        raise _NotPlainError

    def _inline(self, text: str) -> dict[str, Any]:
        """Return an inline table of strings, of lists of strings, and of tables of them."""
        known = self.inline.get(text)
        if known is not None:
            return known
        parts = text.split('"')
        values, between = parts[1::2], tuple(parts[::2])
        if "\\" in text or len(values) == len(between):
            raise _NotPlainError
        shape = self.shapes.get(between)
        if shape is None:
            shape = self.shapes[between] = _shape("\0".join(between))
        table = self.inline[text] = _filled(shape, iter(values))
        return table


def _check_files(package: Mapping[str, Any], sdist: str, wheels: str) -> None:
    """Refuse what are not files, or not wheels of their version, as `uv_pins` does."""
    source, version = package.get("source"), package.get("version")
    if not isinstance(source, dict) or "registry" not in source or not version:
        raise _NotPlainError
    urls, needle = _urls_of_wheels(sdist, wheels), f"-{version}-"
    if [url for url in urls if needle not in url and needle not in url.replace("%2B", "+")]:
        raise _NotPlainError


def _urls_of_wheels(sdist: str, wheels: str) -> list[str]:
    # Nearly always all files of a package are told of in the same way.
    if sdist and wheels and (urls := of_uv_lock(sdist + AND + wheels)):
        return urls[1:]
    found = [of_uv_lock(text) for text in (sdist, wheels) if text]
    if None in found:
        raise _NotPlainError
    return (wheels and found[-1]) or []


def _below(top: dict[str, Any], place: tuple[str, ...]) -> dict[str, Any]:
    """Return the new table that a header begins."""
    *above, last = place
    table = top
    for key in above:
        table = table.get(key, {})
    if not last or last in table or (above and above[0] not in top):
        raise _NotPlainError
    table[last] = {}
    below: dict[str, Any] = table[last]
    return below


def _filled(shape: Shape, values: Iterator[str]) -> dict[str, Any]:
    return {
        key: next(values)
        if kind is None
        else [next(values) for _ in range(kind)]
        if isinstance(kind, int)
        else _filled(kind, values)
        for key, kind in shape.items()
    }


def _shape(text: str) -> Shape:
    r"""Return the shape of ``{ name = \0, extra = [\0, \0], source = { registry = \0 } }``."""
    if text[:2] != "{ " or text[-2:] != " }":
        raise _NotPlainError
    shape: Shape = {}
    rest = f"{text[2:-2]}, "
    while rest:
        key, _, rest = rest.partition(" = ")
        if key in shape or not is_key(key):
            raise _NotPlainError
        end = _end_of_value(rest)
        shape[key] = _kind(rest[:end])
        if rest[end : end + 2] != ", ":
            raise _NotPlainError
        rest = rest[end + 2 :]
    return shape


def _end_of_value(text: str) -> int:
    closing = {"[": "]", "{": " }"}.get(text[:1], "\0")
    end = text.find(closing)
    if end < 0:
        raise _NotPlainError
    return end + len(closing)


def _kind(text: str) -> int | Shape | None:
    if text == "\0":
        return None
    if text[:1] == "{":
        return _shape(text)
    items = text[1:-1].split(", ")
    if text[:1] != "[" or set(items) != {"\0"}:
        raise _NotPlainError
    return len(items)
