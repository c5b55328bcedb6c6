"""The few forms of TOML in which uv and lockhook write locks: lines that mean what they seem to.

Each function takes a text apart only if it is wholly of its form, and returns None if it is not.
What it takes is valid TOML, and `tomli` would find the same in it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_PRINTABLE = bytes(range(0x20, 0x7F)) + b"\n"
_USUAL = frozenset({"name", "version", "source", "dependencies", "sdist", "marker", "registry"})
_BARE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


def is_plain_text(data: bytes) -> bool:
    """Tell whether bytes are printable ASCII and line feeds."""
    return not data.translate(None, _PRINTABLE)


def string(text: str) -> str | None:
    """Return the value of a basic string without escapes."""
    value = text[1:-1]
    is_whole = len(text) > 1 and text[0] == text[-1] == '"'
    return value if is_whole and '"' not in value and "\\" not in value else None


def strings(lines: Iterable[str], keys: Iterable[str]) -> dict[str, str] | None:
    """Return the values of ``key = "value"`` lines.

    Args:
        lines: without their line feeds.
        keys: those that may be there, in the order in which they must be.
    """
    found: dict[str, str] = {}
    left = iter(keys)
    for line in lines:
        key, _, text = line.partition(" = ")
        value = string(text)
        # `in` takes from the iterator: so no key comes twice, and none in another order.
        if value is None or key not in left:
            return None
        found[key] = value
    return found


def stamp(text: str) -> dict[str, str] | None:
    """Return the strings of the table that lockhook writes at the end of a ``pylock.toml``.

    Args:
        text: what stands behind ``[tool.lockhook]``.
    """
    found: dict[str, str] = {}
    lines = iter(text.split("\n"))
    for line in lines:
        key, _, value = line.partition(" = ")
        if not line:
            continue
        if key in found or not _is_dotted(key) or not (_is_value(value) or _is_list(value, lines)):
            return None
        found[key] = string(value) or ""
    # A key with a dot makes its first part a table, which then is no value.
    tables = {key.partition(".")[0] for key in found if "." in key}
    return None if tables & found.keys() else found


def is_key(key: str) -> bool:
    """Tell whether text is a bare key."""
    return key in _USUAL or (bool(key) and _BARE.issuperset(key))


def _is_dotted(key: str) -> bool:
    return key.count(".") < 2 and all(map(is_key, key.split(".")))


def _is_value(text: str) -> bool:
    if text in {"true", "false", "[]"} or (text.isdigit() and text[0] != "0"):
        return True
    inner = text[1:-1].replace("\\\\", "").replace('\\"', "")
    is_whole = len(text) > 1 and text[0] == text[-1] == '"'
    return is_whole and '"' not in inner and "\\" not in inner


def _is_list(text: str, lines: Iterator[str]) -> bool:
    """Tell whether a list of strings begins, one in each line, and take these lines."""
    if text != "[":
        return False
    for line in lines:
        if line == "]":
            return True
        if line[:2] != "  " or line[-1] != "," or line[2] != '"' or not _is_value(line[2:-1]):
            return False
    return False
