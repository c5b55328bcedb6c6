"""Reading lock files from disk, whatever their format: the one module that does."""

from __future__ import annotations

import os

from lockhook._runtime import coverage
from lockhook._runtime.encoding import decode
from lockhook._runtime.lock_bytes import kind_of, read_bytes, sha256
from lockhook._runtime.model import Constraint, Lock, Pin
from lockhook._runtime.record import Record
from lockhook._runtime.requirements_txt import Include, Option, parse
from lockhook.errors import LockfileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from lockhook._runtime.requirements_txt import Entry

MAX_INCLUDES = 1000
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
    kind = kind_of(path)
    if kind == "uv.lock":
        return _load_uv_lock(path)
    if kind == "pylock.toml":
        return _load_pylock(path)
    if not kind:
        raise LockfileError(_UNKNOWN, path=path, hint=_NEXT)
    return _load_requirements(path)


_UNKNOWN = "is of a format that is not known; uv.lock, pylock.toml and pylock.NAME.toml are"


def _load_requirements(path: str) -> Lock:
    data = read_bytes(path)
    collected = _Collected()
    collected.add(data, path)
    if not collected.pins:
        raise LockfileError("holds no pins: that is no lock", path=path, hint=_NEXT)
    return Lock(
        path=path,
        sha256=collected.digest(data),
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
        sha256=sha256(data),
        pins=pins,
        scope=scope,
        coverage=coverage.of_pylock(document),
    )


def _load_uv_lock(path: str) -> Lock:
    data = read_bytes(path)
    return of_graph(_parse_toml(data, path), path, sha256(data))


def of_graph(document: dict[str, Any], path: str, digest: str) -> Lock:
    """Return the lock of a parsed uv.lock, and of the settings of its project.

    Raises:
        LockfileError: if the document is not a uv.lock of a version that is known.
        ProjectError: if the ``pyproject.toml`` beside it has to be read, and cannot be.
    """
    from lockhook._runtime import uv_lock
    from lockhook._runtime.uv_groups import default_groups

    graph = uv_lock.read(document, path, default_groups(path))
    return Lock(path=path, sha256=digest, pins=(), scope=graph.scope, graph=graph)


def _parse_toml(data: bytes, path: str) -> dict[str, Any]:
    import tomli

    text = decode(data, path)
    try:
        return tomli.loads(text)
    except (ValueError, RecursionError) as error:
        # Also what a merge leaves: conflict marks are no TOML.
        raise LockfileError(f"is not valid TOML: {error}", path=path, hint=_NEXT) from None


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

    def digest(self, data: bytes) -> str:
        """Return the digest of the first file, or of the digests of all if it includes others."""
        own = sha256(data)
        return sha256(" ".join([own, *self.digests]).encode()) if self.digests else own

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
        self.digests.append(sha256(data))
        # Like pip, and unlike uv: what a constraints file includes by -r is to be installed.
        return _file(data, target, constrains=entry.constrains)


def _file(data: bytes, path: str, *, constrains: bool) -> _File:
    entries = parse(decode(data, path), path, constrains=constrains)
    return _File(path=path, absolute=os.path.abspath(path), entries=entries)
