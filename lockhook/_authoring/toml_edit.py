"""Putting values into a TOML document so that every other byte of it stays as it is.

What is new goes in as lines of its own. Only where the document writes a table or a list as one
value does that value change, and tomlkit keeps the rest of it. On whole documents tomlkit puts
keys below the comment above the next table, and tables between dotted keys.
"""

from __future__ import annotations

import itertools
import json
import re
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import tomli

from lockhook._authoring.lines import indentation, insert, past_comments, split
from lockhook.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

# Keys, and the numbers of items in lists.
Path = tuple["str | int", ...]

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
# Without one of these in a line, no value that began above it ends there.
_CLOSING: Final = ("]", "}", '"""', "'''")


class _Statement(NamedTuple):
    """A header, or a key with its value.

    Attributes:
        start: its first line, counted from 0.
        end: the line after its last one.
        table: the path of the table that it stands in; that which a header opens.
        path: the path of what it defines.
        is_header: whether it opens a table.
    """

    start: int
    end: int
    table: Path
    path: Path
    is_header: bool


def put(text: str, path: Path, value: Any, comment: str = "") -> str:
    """Return a document with one more value, or with another one.

    Args:
        text: a valid document.
        path: where; a last number that is the length of a list, or 0 for one that is not there
            yet, appends.
        value: a string, a boolean, a list or a table of these.
        comment: for the line above, if the value gets a line of its own.

    Raises:
        ProjectError: if the document is not of a kind that takes it.
    """
    lines = split(text)
    return _checked(text, path, value, _put(lines, path, value, comment))


def put_table(text: str, path: Path, table: Mapping[str, Any]) -> str:
    """Return a document with one more table, under a header of its own where one can stand.

    Raises:
        ProjectError: if the document is not of a kind that takes it.
    """
    lines, found = _scanned(text)
    if _around(found, path):
        return put(text, path, dict(table))
    header = f"[{_dotted(path)}]"
    return _checked(text, path, dict(table), _section(lines, found, path, header, _entries(table)))


def literal(value: Any) -> str:
    """Return a value as TOML on one line."""
    if isinstance(value, dict):
        inner = ", ".join(_entries(value))
        return f"{{ {inner} }}" if inner else "{}"
    # For strings, numbers, booleans and lists of these, JSON is TOML.
    return json.dumps(value, ensure_ascii=False)


def _entries(table: Mapping[str, Any]) -> list[str]:
    return [f"{_dotted((key,))} = {literal(value)}" for key, value in table.items()]


def _dotted(path: Path) -> str:
    keys = [key for key in path if isinstance(key, str)]
    return ".".join(key if _BARE.fullmatch(key) else literal(key) for key in keys)


# --- what a document must say afterwards ---


def _checked(text: str, path: Path, value: Any, lines: Iterable[str]) -> str:
    """Return the text of lines, if it says what it said before and the new value besides."""
    made = "".join(lines)
    expected = tomli.loads(text)
    try:
        _set(expected, path, deepcopy(value), missing=lambda key: [] if key == 0 else {})
        if _canonical(tomli.loads(made)) == _canonical(expected):
            return made
    except (AttributeError, IndexError, KeyError, TypeError, tomli.TOMLDecodeError):
        pass
    raise ProjectError(f"there is no place for {_dotted(path)} = {literal(value)}")


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=repr)


def _set(node: Any, path: Path, value: Any, *, missing: Any) -> None:
    """Put a value into tables and lists; what is missing on the way is made by the key it gets."""
    for key, following in itertools.pairwise(path):
        if isinstance(key, str) and key not in node:
            node[key] = missing(following)
        node = node[key]
    key = path[-1]
    if isinstance(key, int) and key == len(node):
        node.append(value)
    else:
        node[key] = value


# --- where it goes ---


def _scanned(text: str) -> tuple[list[str], list[_Statement]]:
    lines = split(text)
    return lines, list(_statements(lines))


def _statements(lines: Sequence[str]) -> Iterator[_Statement]:
    table: Path = ()
    counts: dict[Path, int] = {}
    at = 0
    while at < len(lines):
        line = lines[at].strip()
        end = at + 1
        if line.startswith("["):
            table = _opened(line, counts)
            yield _Statement(at, end, table, table, is_header=True)
        elif line and not line.startswith("#"):
            end = _end(lines, at)
            path = (*table, *_key("".join(lines[at:end])))
            yield _Statement(at, end, table, path, is_header=False)
        at = end


def _opened(header: str, counts: dict[Path, int]) -> Path:
    """Return the path of the table that a header opens; counts are of the arrays so far."""
    *outer, last = _chain(tomli.loads(header))
    path: Path = ()
    for key in outer:
        path = _counted((*path, key), counts)
    path = (*path, last)
    if header.startswith("[["):
        counts[path] = counts.get(path, 0) + 1
    return _counted(path, counts)


def _counted(path: Path, counts: Mapping[Path, int]) -> Path:
    return (*path, counts[path] - 1) if path in counts else path


def _chain(node: Any) -> Iterator[str]:
    """Yield the keys of tables that hold one table each."""
    while isinstance(node, dict) and node:
        ((key, node),) = node.items()
        yield key


def _end(lines: Sequence[str], at: int) -> int:
    """Return the line after a statement: the first one that makes it whole."""
    for end in range(at + 1, len(lines)):
        may_end = end == at + 1 or any(mark in lines[end - 1] for mark in _CLOSING)
        if may_end and _parsed("".join(lines[at:end])) is not None:
            return end
    return len(lines)


def _key(statement: str) -> Iterator[str]:
    """Return the keys before the equals sign; quoted ones may hold one too."""
    marks = (at for at, char in enumerate(statement) if char == "=")
    return _chain(next(filter(None, (_parsed(f"{statement[:at]}= 0") for at in marks))))


def _parsed(text: str) -> dict[str, Any] | None:
    """Return a parsed document, None if it is none."""
    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError:
        return None


def _put(lines: list[str], path: Path, value: Any, comment: str) -> list[str]:
    found = list(_statements(lines))
    if around := _around(found, path):
        return _inside(lines, around, path, value)
    parent, last = path[:-1], path[-1]
    if isinstance(last, int) and isinstance(value, dict):
        return _section(lines, found, path, f"[[{_dotted(path)}]]", _entries(value))
    if isinstance(last, int):
        return _put(lines, parent, [value], comment)
    said = [f"# {comment}"] if comment else []
    if beside := _beside(found, parent):
        key = _dotted(path[len(beside.table) :])
        at = past_comments(lines, beside.end)
        blanks = indentation(lines[beside.start])
        new = (blanks + line for line in (*said, f"{key} = {literal(value)}"))
        return insert(lines, at, new)
    entry = f"{_dotted((last,))} = {literal(value)}"
    return _section(lines, found, parent, f"[{_dotted(parent)}]", [*said, entry])


def _around(found: Iterable[_Statement], path: Path) -> _Statement | None:
    """Return the statement of which the value is, or holds, what lies at a path."""
    return next((s for s in found if not s.is_header and path[: len(s.path)] == s.path), None)


def _beside(found: Sequence[_Statement], parent: Path) -> _Statement | None:
    """Return the last statement of a table that has a header, or consists of dotted keys."""
    opened = next((s for s in found if s.is_header and s.path == parent), None)
    if opened:
        return _last(found, opened)
    dotted = (s for s in found if not s.is_header and len(s.table) < len(parent))
    return next((s for s in reversed(list(dotted)) if s.path[: len(parent)] == parent), None)


def _last(found: Sequence[_Statement], opened: _Statement) -> _Statement:
    """Return the last statement below a header, or the header itself."""
    last = opened
    for statement in found[found.index(opened) + 1 :]:
        if statement.is_header:
            break
        last = statement
    return last


def _section(
    lines: Sequence[str], found: Sequence[_Statement], path: Path, header: str, body: Iterable[str]
) -> list[str]:
    """Insert a header and what stands below it, after its nearest kin."""
    at = len(lines)
    if kin := _kin(found, path):
        at = past_comments(lines, _last(found, kin).end)
    before = [""] if at and lines[at - 1].strip() else []
    after = [""] if at < len(lines) and lines[at].strip() else []
    return insert(lines, at, [*before, header, *body, *after])


def _kin(found: Sequence[_Statement], path: Path) -> _Statement | None:
    """Return the last header or dotted key that shares most of a path: two keys at least."""
    for length in range(len(path), 1, -1):
        for statement in reversed(found):
            if statement.path[:length] == path[:length]:
                return statement
    return None


def _inside(lines: list[str], around: _Statement, path: Path, value: Any) -> list[str]:
    """Change the one value that a statement has."""
    import tomlkit

    def item(value: Any) -> Any:
        return tomlkit.parse(f"x = {literal(value)}")["x"]

    blanks = indentation(lines[around.start])
    document = tomlkit.parse("".join(lines[around.start : around.end]).removeprefix(blanks))
    try:
        _set(
            document,
            path[len(around.table) :],
            item(value),
            missing=lambda key: item([] if key == 0 else {}),
        )
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return lines  # which will not do
    made = split(blanks + document.as_string())
    return [*lines[: around.start], *made, *lines[around.end :]]
