"""Reading lock files from disk, whatever their format: the one module that does."""

from __future__ import annotations

import os
import stat

from lockhook._runtime import coverage
from lockhook._runtime.discovery import parse_toml
from lockhook._runtime.encoding import decode
from lockhook._runtime.model import Constraint, Lock, Pin
from lockhook._runtime.names import normalize
from lockhook._runtime.record import Record
from lockhook._runtime.requirements_txt import Include, Option, parse
from lockhook.errors import LockfileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO
    from typing import Any

    from lockhook._runtime.requirements_txt import Entry

MAX_BYTES = 256 * 2**20  # ten times the largest lock that anybody has shown
MAX_INCLUDES = 1000
MAX_WAIT = 5  # seconds
_NEXT = "`lockhook generate` writes a new one"


def load(path: str) -> Lock:
    """Read a lock and everything that it includes.

    Args:
        path: the file; its name decides the format, as it does for uv and pip: ``uv.lock``,
            ``pylock.toml`` and ``pylock.NAME.toml``; other TOML files and the locks of other
            tools are refused, and all else are requirements files.

    Raises:
        LockfileError: if the file cannot be read or is not a lock, with file, line and reason.
    """
    name = os.path.basename(path)
    if name == "uv.lock":
        return _load_uv_lock(path)
    if _is_pylock(name):
        return _load_pylock(path)
    if name.endswith(".toml") or name in _OTHER_TOOLS:
        raise LockfileError(_UNKNOWN, path=path, hint=_NEXT)
    return _load_requirements(path)


def _is_pylock(name: str) -> bool:
    """Tell a ``pylock.toml`` or ``pylock.NAME.toml``; a NAME has no dot (PEP 751, "File Name")."""
    parts = name.split(".")
    return parts[0] == "pylock" and parts[-1] == "toml" and len(parts) in {2, 3} and all(parts)


# Rye's requirements.lock is a requirements file.
_OTHER_TOOLS = frozenset({"Pipfile.lock", "pdm.lock", "pixi.lock", "poetry.lock"})
_UNKNOWN = "is of a format that is not known; uv.lock, pylock.toml and pylock.NAME.toml are"


def _load_requirements(path: str) -> Lock:
    data = read_bytes(path)
    collected = _Collected()
    collected.add(data, path)
    if not collected.pins:
        raise LockfileError("holds no pins: that is no lock", path=path, hint=_NEXT)
    return Lock(
        path=path,
        sha256=collected.sha256(data),
        pins=tuple(collected.pins),
        constraints=tuple(collected.constraints),
        indexes=tuple(collected.indexes),
        coverage=coverage.of_requirements(data),
    )


def _load_pylock(path: str) -> Lock:
    from lockhook._runtime import pylock_toml

    data = read_bytes(path)
    document = _parse_toml(data, path)
    pins, scope = pylock_toml.read(document, path)
    return Lock(
        path=path,
        sha256=_sha256(data),
        pins=pins,
        scope=scope,
        coverage=coverage.of_pylock(document),
    )


def _load_uv_lock(path: str) -> Lock:
    from lockhook._runtime import uv_lock

    data = read_bytes(path)
    graph = uv_lock.read(_parse_toml(data, path), path, _default_groups(path))
    return Lock(path=path, sha256=_sha256(data), pins=(), scope=graph.scope, graph=graph)


def _default_groups(path: str) -> tuple[str, ...] | None:
    """Return the groups that a project asks uv for by default, None for all of them.

    That is no part of a uv.lock: ``[tool.uv] default-groups`` of the ``pyproject.toml`` beside it.
    """
    pyproject = os.path.join(os.path.dirname(path), "pyproject.toml")
    try:
        with open(pyproject, "rb") as file:
            data = file.read()
    except OSError:
        data = b""
    if b"default-groups" not in data:
        return ("dev",)
    table: Any = parse_toml(data, pyproject).get("tool")
    for key in ("uv", "default-groups"):
        table = table.get(key) if isinstance(table, dict) else None
    if table == "all":
        return None
    return tuple(normalize(str(name)) for name in table) if isinstance(table, list) else ("dev",)


def _parse_toml(data: bytes, path: str) -> dict[str, Any]:
    import tomli

    text = decode(data, path)
    try:
        return tomli.loads(text)
    except (ValueError, RecursionError) as error:
        # Also what a merge leaves: conflict marks are no TOML.
        raise LockfileError(f"is not valid TOML: {error}", path=path, hint=_NEXT) from None


def read_bytes(path: str) -> bytes:
    """Return the bytes of a lock.

    Raises:
        LockfileError: if it is no file, cannot be read, or is larger than `MAX_BYTES`; or if it
            is a pipe or a terminal, and nothing comes out of it for `MAX_WAIT`.
    """
    try:
        with open(path, "rb", buffering=0, opener=_open) as file:
            status = os.fstat(file.fileno())
            if status.st_size > MAX_BYTES:
                raise LockfileError(_TOO_LONG, path=path)
            data = b"".join(_chunks(file, may_wait=not stat.S_ISREG(status.st_mode)))
    except IsADirectoryError:
        raise LockfileError("is a directory, not a lock", path=path) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise LockfileError(f"cannot be read: {reason}", path=path, hint=_hint(error)) from None

    if len(data) > MAX_BYTES:
        raise LockfileError(_TOO_LONG, path=path)
    return data


_TOO_LONG = f"is longer than {MAX_BYTES >> 20} MB: that is no lock"


def _open(path: str, flags: int) -> int:
    # Else opening a pipe would wait until somebody writes to it.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _chunks(file: FileIO, *, may_wait: bool) -> Iterator[bytes]:
    # A device or a pipe has no size to tell, and may never end.
    left = MAX_BYTES + 1
    while left > 0:
        if may_wait:
            _wait(file)
        if not (chunk := file.read(min(left, 2**24))):
            return
        left -= len(chunk)
        yield chunk


def _wait(file: FileIO) -> None:
    from select import select

    if not select([file], [], [], MAX_WAIT)[0]:
        raise ValueError(f"it is a pipe or a terminal, and silent for {MAX_WAIT} seconds")


def _hint(error: Exception) -> str | None:
    if isinstance(error, PermissionError):
        return "make it readable, then run it again"
    return _NEXT if isinstance(error, FileNotFoundError) else None


def _sha256(data: bytes) -> str:
    # `hashlib` would bring in OpenSSL, which takes a third as long as starting Python.
    try:
        from _sha2 import sha256  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        try:
            from _sha256 import sha256  # type: ignore[import-not-found,unused-ignore]
        except ImportError:
            from hashlib import sha256
    digest: str = sha256(data).hexdigest()
    return digest


class _File(Record):
    """A requirements file that is being read, and how far.

    Attributes:
        path: as it is named in messages.
        absolute: by which it is known again.
        entries: what its lines say, from here on.
    """

    path: str
    absolute: str
    entries: Iterator[Entry]


class _Collected:
    """What has been read so far, file by file."""

    def __init__(self) -> None:
        self.pins: list[Pin] = []
        self.constraints: list[Constraint] = []
        self.indexes: list[tuple[str, str]] = []
        self.files = 0
        self.digests: list[str] = []

    def sha256(self, data: bytes) -> str:
        """Return the digest of the first file, or of the digests of all if it includes others."""
        own = _sha256(data)
        return _sha256(" ".join([own, *self.digests]).encode()) if self.digests else own

    def add(self, data: bytes, path: str) -> None:
        """Take in one file, and what it includes where it includes it."""
        # No recursion: files may include each other more deeply than functions may call.
        opened = [_file(data, path, constrains=False)]
        while opened:
            entry = next(opened[-1].entries, None)
            if entry is None:
                opened.pop()
            elif isinstance(entry, Include):
                opened.append(self._included(entry, opened))
            else:
                self._take(entry)

    def _take(self, entry: Pin | Constraint | Option) -> None:
        if isinstance(entry, Pin):
            self.pins.append(entry)
        elif isinstance(entry, Constraint):
            self.constraints.append(entry)
        else:
            self.indexes.append((entry.name, entry.value))

    def _included(self, entry: Include, opened: list[_File]) -> _File:
        path = opened[-1].path
        target = os.path.join(os.path.dirname(path), entry.target)
        absolute = os.path.abspath(target)
        if any(file.absolute == absolute for file in opened):
            raise LockfileError(
                f"includes itself through {entry.target!r}", path=path, line=entry.line
            )
        self.files += 1
        if self.files > MAX_INCLUDES:
            raise LockfileError("includes too many files", path=path, line=entry.line)
        try:
            data = read_bytes(target)
        except LockfileError as error:
            reason = f"includes {entry.target!r}, which {error.reason}"
            raise LockfileError(reason, path=path, line=entry.line) from None
        self.digests.append(_sha256(data))
        # Like pip, and unlike uv: what a constraints file includes by -r is to be installed.
        return _file(data, target, constrains=entry.constrains)


def _file(data: bytes, path: str, *, constrains: bool) -> _File:
    entries = parse(decode(data, path), path, constrains=constrains)
    return _File(path=path, absolute=os.path.abspath(path), entries=entries)
