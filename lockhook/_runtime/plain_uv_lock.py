"""A uv.lock as uv writes it, without a parser: the same document, but for the files of packages.

What is taken here `tomli` would read the same way; all else is left to it. Nearly all of a lock
are lists of files, which are checked and left out, and inline tables of a few shapes, which are
taken apart once for each shape.
"""

from __future__ import annotations

from lockhook._runtime.uv_files import of_uv_lock
from lockhook._runtime.uv_layout import is_key, is_plain_text, string

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    # A key to what stands there: None for a string, a number for so many of them in a list.
    Shape = dict[str, "int | Shape | None"]

_PACKAGE = "\n[[package]]\n"
# What tables can stand below which, and where they belong; uv writes each of them once.
_OF_LOCK = {"[options]": ("options",)}
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
    shapes: dict[tuple[str, ...], Shape] = {}
    try:
        top = _tables(head, shapes, _OF_LOCK)
        packages = [_package(block, shapes) for block in blocks]
    except _NotPlainError:
        return None
    # `package` in the head would be a second one.
    return None if "package" in top else {**top, "package": packages}


def _package(block: str, shapes: dict[tuple[str, ...], Shape]) -> dict[str, Any]:
    # The lists are taken out whole: lines of them are most of a lock.
    start = block.find(_WHEELS)
    if start < 0:
        return _tables(block, shapes, _OF_PACKAGE)
    end = block.find("\n]", start)
    package = _tables(block[:start] + block[end + 2 :], shapes, _OF_PACKAGE)
    # In a table behind the package's own, it would be of that table.
    if end < 0 or "\n[" in block[:start]:
        raise _NotPlainError
    text = block[start + len(_WHEELS) : end]
    _check_files(package, text[:-1] if text[-1:] == "," else "", f"-{package.get('version')}-")
    return package


_WHEELS = f"\nwheels = [\n{_ITEM}"


def _tables(
    text: str,
    shapes: dict[tuple[str, ...], Shape],
    headers: Mapping[str, tuple[str, ...]],
) -> dict[str, Any]:
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
            table[key] = _value(value, lines, shapes) if key != "sdist" else value
    if "sdist" in top:
        _check_files(top, top.pop("sdist"), "")
    return top


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


def _value(text: str, lines: Iterator[str], shapes: dict[tuple[str, ...], Shape]) -> Any:
    if (value := string(text)) is not None:
        return value
    if text == "[":
        return list(_items(lines, shapes))
    if text[:1] == "{":
        return _inline(text, shapes)
    if text[:2] == "[{" and text[-2:] == "}]":  # a list of one table
        return [_inline(text[1:-1], shapes)]
    if text[:1] == "[" and text[-1:] == "]":
        return _inline(f"{{ a = {text} }}", shapes)["a"]
    if text.isdigit() and (text == "0" or text[0] != "0"):
        return int(text)
    raise _NotPlainError


def _items(lines: Iterator[str], shapes: dict[tuple[str, ...], Shape]) -> Iterator[Any]:
    """Yield what stands in the lines of a list."""
    for line in lines:
        if line == "]":
            return
        if line[:4] != _ITEM or line[-1] != ",":
            raise _NotPlainError
        text = line[4:-1]
        if text[:1] == "{":
            yield _inline(text, shapes)
        elif (value := string(text)) is not None:
            yield value
        else:
            raise _NotPlainError
    raise _NotPlainError


def _inline(text: str, shapes: dict[tuple[str, ...], Shape]) -> dict[str, Any]:
    """Return an inline table of strings, of lists of strings, and of tables of them."""
    parts = text.split('"')
    values, between = parts[1::2], tuple(parts[::2])
    if "\\" in text or len(values) == len(between):
        raise _NotPlainError
    shape = shapes.get(between)
    if shape is None:
        shape = shapes[between] = _shape("\0".join(between))
    return _filled(shape, iter(values))


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


def _check_files(package: dict[str, Any], text: str, needle: str) -> None:
    """Check files of a package, and that they are of its version, as `uv_pins` does."""
    source = package.get("source")
    if not isinstance(source, dict) or "registry" not in source or not package.get("version"):
        raise _NotPlainError
    urls = of_uv_lock(text)
    quoted = needle.replace("+", "%2B")
    if not urls or not all(needle in url or quoted in url for url in urls):
        raise _NotPlainError
