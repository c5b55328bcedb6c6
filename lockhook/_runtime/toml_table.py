"""Taking values out of a parsed TOML lock, with the place of a wrong one in the message."""

from __future__ import annotations

from lockhook.errors import LockfileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

_KINDS = {str: "a string", bool: "true or false", int: "a number", list: "a list", dict: "a table"}


def table_at(document: Any, *keys: str) -> dict[str, Any]:
    """Return the table under some keys of a parsed document, empty where there is none.

    For settings of which others say what is wrong with them.
    """
    for key in keys:
        document = document.get(key) if isinstance(document, dict) else None
    return document if isinstance(document, dict) else {}


class Table:
    """One table of a lock, and where it stands.

    Attributes:
        values: what it holds.
        path: the lock file.
        place: ``packages[3].vcs``, "" for the document itself.
    """

    __slots__ = ("path", "place", "values")

    def __init__(self, values: Mapping[str, Any], path: str, place: str = "") -> None:
        self.values = values
        self.path = path
        self.place = place

    def error(self, reason: str, key: str = "") -> LockfileError:
        """Return the error for a value of this table."""
        place = ".".join(part for part in (self.place, key) if part)
        return LockfileError(f"{place}: {reason}" if place else reason, path=self.path)

    def _get(self, key: str, kind: type) -> Any:
        value = self.values.get(key)
        # TOML tells booleans from numbers; Python does not.
        if value is not None and (
            not isinstance(value, kind) or (kind is int and isinstance(value, bool))
        ):
            raise self.error(f"expected {_KINDS[kind]}, found {value!r:.60}", key)
        return value

    def text(self, key: str) -> str:
        """Return a string, "" if there is none."""
        return self._get(key, str) or ""

    def optional(self, key: str) -> str | None:
        """Return a string, None if there is none: where "" is not the same."""
        value = self._get(key, str)
        return None if value is None else str(value)

    def required(self, key: str) -> str:
        """Return a string that must be there.

        Raises:
            LockfileError: if it is not, or is something else.
        """
        value = self._get(key, str)
        if value is None:
            raise self.error("missing", key)
        return str(value)

    def flag(self, key: str) -> bool:
        """Return a boolean, False if there is none."""
        return bool(self._get(key, bool))

    def number(self, key: str) -> int | None:
        """Return a whole number, None if there is none."""
        value = self._get(key, int)
        return None if value is None else int(value)

    def items(self, key: str) -> tuple[Any, ...]:
        """Return a list of anything, empty if there is none."""
        return tuple(self._get(key, list) or ())

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of strings, empty if there is none."""
        values = self.items(key)
        for i, value in enumerate(values):
            if not isinstance(value, str):
                raise self.error(f"expected a string, found {value!r:.60}", f"{key}[{i}]")
        return values

    def table(self, key: str) -> Table | None:
        """Return a table inside this one, None if there is none."""
        value = self._get(key, dict)
        return None if value is None else Table(value, self.path, self._below(key))

    def tables(self, key: str) -> Iterator[Table]:
        """Yield the tables of an array."""
        for i, value in enumerate(self.items(key)):
            if not isinstance(value, dict):
                raise self.error(f"expected a table, found {value!r:.60}", f"{key}[{i}]")
            yield Table(value, self.path, self._below(f"{key}[{i}]"))

    def _below(self, key: str) -> str:
        return f"{self.place}.{key}" if self.place else key
