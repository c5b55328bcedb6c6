"""A uv.lock as uv writes it, without a parser: the same document, but for the files of packages.

What is taken here `tomli` would read the same way; all else is left to it. Nearly all of a lock
are lists of files, which are checked and left out, and inline tables of a few shapes, which are
taken apart once for each shape.
"""

from __future__ import annotations

from lockhook._runtime.uv_files import of_uv_lock, together
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
    if not is_plain_text(data):
        return None
    head, *blocks = data.decode().split(_PACKAGE)
    reader = _Reader()
    try:
        top = reader.tables(head, _OF_LOCK)
        packages = [reader.package(block) for block in blocks]
    except _NotPlainError:
        return None
    # `package` in the head would be a second one.
    is_plain = "package" not in top and reader.are_files()
    return {**top, "package": packages} if is_plain else None


class _Reader:
    """What is known of a lock while it is read: the shapes of its tables, and its files."""

    def __init__(self) -> None:
        self.shapes: dict[tuple[str, ...], Shape] = {}
        # Inline tables by their text: an index is named by each package.
        self.inline: dict[str, dict[str, Any]] = {}
        # Lists of files, and what each of their URLs must hold.
        self.files: list[tuple[str, str]] = []

    def package(self, block: str) -> dict[str, Any]:
        """Return what one ``[[package]]`` says, but for its files."""
        # The lists are taken out whole: lines of them are most of a lock.
        start = block.find(_WHEELS)
        if start < 0:
            return self.tables(block, _OF_PACKAGE)
        end = block.find("\n]", start)
        package = self.tables(block[:start] + block[end + 2 :], _OF_PACKAGE)
        # In a table behind the package's own, it would be of that table.
        if end < 0 or "\n[" in block[:start] or block[end - 1] != ",":
            raise _NotPlainError
        text = block[start + len(_WHEELS) : end - 1]
        self._add_files(text, package, f"-{package.get('version')}-")
        return package

    def tables(self, text: str, headers: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
        """Return what stands between two ``[[package]]``, with the tables inside it."""
        top: dict[str, Any] = {}
        table = top
        lines = iter(text.split("\n"))
        for line in lines:
            key, _, value = line.partition(" = ")
            if line[:1] == "[":
                table = _below(top, headers.get(line, ("",)))
            elif line:
                is_odd = key == "wheels" or (key == "sdist" and table is not top)
                if is_odd or key in table or not is_key(key):
                    raise _NotPlainError
                table[key] = value if key == "sdist" else self._value(value, lines)
        if "sdist" in top:
            self._add_files(top.pop("sdist"), top, "")
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

    def _add_files(self, text: str, package: Mapping[str, Any], needle: str) -> None:
        source = package.get("source")
        if not isinstance(source, dict) or "registry" not in source or not package.get("version"):
            raise _NotPlainError
        self.files.append((text, needle))

    def are_files(self) -> bool:
        """Tell whether all are files, and those of wheels of their version, as `uv_pins` does."""
        urls = together([text for text, _ in self.files], of_uv_lock)
        return urls is not None and all(
            all(needle in url for url in each)
            or all(needle in url.replace("%2B", "+") for url in each)
            for (_, needle), each in zip(self.files, urls, strict=True)
        )


_WHEELS = f"\nwheels = [\n{_ITEM}"


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
