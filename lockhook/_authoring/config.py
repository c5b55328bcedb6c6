"""``[tool.lockhook]``: which locks a project has, and what they must satisfy."""

from __future__ import annotations

import re

from lockhook._runtime.names import is_name, normalize
from lockhook._runtime.record import Record
from lockhook.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, Final

    from lockhook._authoring.project import Project

BASE: Final = "requirements.txt"
FULL: Final = "requirements-full.txt"
PYLOCK: Final = "pylock.toml"
UV_LOCK: Final = "uv.lock"
FULL_EXTRA: Final = "full"

_LOCK_NAME: Final = re.compile(r"[A-Za-z0-9][\w.-]*\.txt|pylock(\.[^./\\]+)?\.toml")
_PYTHON: Final = re.compile(r"3\.\d+(\.\d+)?")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d(T|$)")
_SPAN: Final = re.compile(r"P(?=[\dT])[\dA-Z.]+|\d+ (second|minute|hour|day|week)s?")


class LockOptions(Record):
    """How one lock is made.

    Attributes:
        extras: normalised names, sorted.
        groups: normalised names of dependency groups, sorted.
        hashes: whether a ``requirements.txt`` carries hashes (a ``pylock.toml`` always does).
        python_version: the lowest Python it must serve; None for that of ``requires-python``.
        universal: one lock for all platforms.
        exclude_newer: ignore what was uploaded later than this date.
        emit_index: whether a ``requirements.txt`` names the CPU index that its pins come from.
    """

    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    hashes: bool = False
    python_version: str | None = None
    universal: bool = True
    exclude_newer: str | None = None
    emit_index: bool = True

    def as_toml(self) -> dict[str, Any]:
        """Return the options that are not the default, by their names in ``pyproject.toml``."""
        default = LockOptions().as_dict()
        return {
            name.replace("_", "-"): list(value) if isinstance(value, tuple) else value
            for name, value in self.as_dict().items()
            if value != default[name]
        }


class Settings(Record):
    """``[tool.lockhook]``.

    Attributes:
        accelerator: ``"cpu"`` or ``"any"``.
        skip: packages that `verify` leaves out.
        index: the name of the ``[[tool.uv.index]]`` that serves the CPU builds, or None.
        accept: package to the reason why its accelerator build is allowed.
        emit_index: the default of the locks' own.
        locks: file name to options, in the order of the file; empty if none are named.
    """

    accelerator: str = "cpu"
    skip: tuple[str, ...] = ("mpi4py",)
    index: str | None = None
    accept: Mapping[str, str] = {}
    emit_index: bool = True
    locks: Mapping[str, LockOptions] = {}


def read(project: Project) -> Settings:
    """Return the settings of a project.

    Raises:
        ConfigError: for an unknown key, with the nearest known one, and for a value of the wrong
            kind.
    """
    table = dict(project.tool("lockhook"))
    reader = _Reader(path=project.path)
    reader.refuse_unknown(
        table, ("accelerator", "skip", "index", "accept", "emit-index", "locks"), ""
    )
    locks = reader.table(table, "locks", "")
    emit_index = reader.boolean(table, "emit-index", "", default=True)
    return Settings(
        accelerator=reader.choice(table, "accelerator", ("cpu", "any")),
        skip=reader.names(table, "skip", "") if "skip" in table else ("mpi4py",),
        index=reader.text(table, "index", ""),
        accept={normalize(k): str(v) for k, v in reader.table(table, "accept", "").items()},
        emit_index=emit_index,
        locks={name: reader.lock(name, locks[name], emit_index=emit_index) for name in locks},
    )


class _Reader(Record):
    """Takes values out of tables, and says where a wrong one stands."""

    path: str

    def refuse(self, reason: str, where: str, hint: str | None = None) -> ConfigError:
        return ConfigError(f"[tool.lockhook{where}] {reason}", path=self.path, hint=hint)

    def refuse_unknown(self, table: Mapping[str, Any], known: Iterable[str], where: str) -> None:
        known = tuple(known)
        for key in table:
            if key not in known:
                from difflib import get_close_matches  # which no right table needs

                near = get_close_matches(key, known, n=1, cutoff=0.5)
                hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
                raise self.refuse(f"has no key {key!r}", where, hint)

    def table(self, parent: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
        value = parent.get(key, {})
        if not isinstance(value, dict):
            raise self.refuse(f"{key} is not a table", where)
        return value

    def boolean(self, table: Mapping[str, Any], key: str, where: str, *, default: bool) -> bool:
        value = table.get(key, default)
        if not isinstance(value, bool):
            raise self.refuse(f"{key} = {value!r} is not true or false", where)
        return value

    def text(self, table: Mapping[str, Any], key: str, where: str) -> str | None:
        value = table.get(key)
        if value is not None and not isinstance(value, str):
            raise self.refuse(f"{key} = {value!r} is not a string", where)
        return value

    def choice(self, table: Mapping[str, Any], key: str, choices: tuple[str, ...]) -> str:
        value = table.get(key, choices[0])
        if value not in choices:
            raise self.refuse(f"{key} = {value!r} is none of {', '.join(map(repr, choices))}", "")
        return str(value)

    def names(self, table: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
        value = table.get(key, [])
        if not (isinstance(value, list) and all(isinstance(n, str) and is_name(n) for n in value)):
            raise self.refuse(f"{key} = {value!r} is not a list of names", where)
        return tuple(sorted({normalize(name) for name in value}))

    def checked(
        self, table: Mapping[str, Any], key: str, where: str, check: Callable[[str], bool]
    ) -> str | None:
        value = self.text(table, key, where)
        if value is not None and not check(value):
            raise self.refuse(f"{key} = {value!r} is not {EXPECTED[key]}", where)
        return value

    def lock(self, name: str, table: Any, *, emit_index: bool) -> LockOptions:
        where = f'.locks."{name}"'
        if name == UV_LOCK:
            self.refuse_unknown(self.table({name: table}, name, where), (), where)
            return LockOptions()
        if not is_lock_name(name):
            raise self.refuse("is not the name of a lock", where, NAME_HINT)
        if not isinstance(table, dict):
            raise self.refuse("is not a table", where)
        known = (name.replace("_", "-") for name in LockOptions().as_dict())
        self.refuse_unknown(table, known, where)
        return LockOptions(
            extras=self.names(table, "extras", where),
            groups=self.names(table, "groups", where),
            hashes=self.boolean(table, "hashes", where, default=False),
            python_version=self.checked(table, "python-version", where, _is_python),
            universal=self.boolean(table, "universal", where, default=True),
            exclude_newer=self.checked(table, "exclude-newer", where, _is_date),
            emit_index=self.boolean(table, "emit-index", where, default=emit_index),
        )


# What the values are that have a form of their own.
EXPECTED: Final = {
    "python-version": "a version such as 3.12",
    "exclude-newer": "a date such as 2026-01-31, or a span such as 30 days",
}


def _is_python(text: str) -> bool:
    return _PYTHON.fullmatch(text) is not None


def _is_date(text: str) -> bool:
    if _SPAN.fullmatch(text):
        return True
    if not _DAY.match(text):  # from Python 3.11 on, `fromisoformat` takes forms that uv does not
        return False
    from datetime import datetime

    try:
        # Python 3.10 does not know the Z of RFC 3339.
        datetime.fromisoformat(text.removesuffix("Z"))
    except ValueError:
        return False
    return True


NAME_HINT: Final = (
    "a lock is called NAME.txt, pylock.toml or pylock.NAME.toml, and lies beside pyproject.toml"
)


def is_lock_name(name: str) -> bool:
    """Tell whether lockhook can write a lock of that name (PEP 751 for ``pylock``)."""
    return _LOCK_NAME.fullmatch(name) is not None


def options(**values: Any) -> LockOptions:
    """Return options from elsewhere, checked like those of ``pyproject.toml``.

    Raises:
        ConfigError: for a value of the wrong kind.
    """
    table = {key.replace("_", "-"): value for key, value in values.items()}
    return _Reader(path="").lock(BASE, table, emit_index=True)
