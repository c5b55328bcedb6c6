"""Reading lock files from disk, whatever their format: the one module that does."""

from __future__ import annotations

import os

from lockhook._runtime import coverage
from lockhook._runtime.discovery import parse_toml
from lockhook._runtime.model import Constraint, Lock, Pin
from lockhook._runtime.names import normalize
from lockhook._runtime.requirements_txt import Include, Option, parse
from lockhook.errors import LockfileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO
    from typing import Any

MAX_BYTES = 256 * 2**20  # ten times the largest lock that anybody has shown
MAX_INCLUDES = 1000
_NEXT = "`lockhook generate` writes a new one"

# The order is pip's: the mark of UTF-16-LE is the beginning of that of UTF-32-LE.
_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)


def load(path: str) -> Lock:
    """Read a lock and everything that it includes.

    Args:
        path: the file; its name decides the format, as it does for uv and pip: ``uv.lock``,
            ``pylock.toml`` and ``pylock.NAME.toml``, and all others are requirements files.

    Raises:
        LockfileError: if the file cannot be read or is not a lock, with file, line and reason.
    """
    name = os.path.basename(path)
    if name == "uv.lock":
        return _load_uv_lock(path)
    if _is_pylock(name):
        return _load_pylock(path)
    if name.endswith((".toml", ".lock")):
        raise LockfileError(_UNKNOWN, path=path, hint=_NEXT)
    return _load_requirements(path)


def _is_pylock(name: str) -> bool:
    """Tell a ``pylock.toml`` or ``pylock.NAME.toml``; a NAME has no dot (PEP 751, "File Name")."""
    parts = name.split(".")
    return parts[0] == "pylock" and parts[-1] == "toml" and len(parts) in {2, 3} and all(parts)


_UNKNOWN = "is of a format that is not known; uv.lock, pylock.toml and pylock.NAME.toml are"


def _load_requirements(path: str) -> Lock:
    data = read_bytes(path)
    collected = _Collected()
    collected.add(data, path, constrains=False, parents=())
    if not collected.pins:
        raise LockfileError("holds no pins: that is no lock", path=path, hint=_NEXT)
    return Lock(
        path=path,
        sha256=_sha256(data),
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
        LockfileError: if it is no file, cannot be read, or is larger than `MAX_BYTES`.
    """
    try:
        with open(path, "rb", buffering=0) as file:
            if os.fstat(file.fileno()).st_size > MAX_BYTES:
                raise LockfileError(_TOO_LONG, path=path)
            data = b"".join(_chunks(file))
    except IsADirectoryError:
        raise LockfileError("is a directory, not a lock", path=path) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise LockfileError(f"cannot be read: {reason}", path=path, hint=_hint(error)) from None

    if len(data) > MAX_BYTES:
        raise LockfileError(_TOO_LONG, path=path)
    return data


_TOO_LONG = f"is longer than {MAX_BYTES >> 20} MB: that is no lock"


def _chunks(file: FileIO) -> Iterator[bytes]:
    # A device or a pipe has no size to tell, and may never end.
    left = MAX_BYTES + 1
    while left > 0 and (chunk := file.read(min(left, 2**24))):
        left -= len(chunk)
        yield chunk


def _hint(error: Exception) -> str | None:
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


class _Collected:
    """What has been read so far, file by file."""

    def __init__(self) -> None:
        self.pins: list[Pin] = []
        self.constraints: list[Constraint] = []
        self.indexes: list[tuple[str, str]] = []
        self.files = 0

    def add(self, data: bytes, path: str, *, constrains: bool, parents: tuple[str, ...]) -> None:
        """Take in one file, then what it includes, where it includes it."""
        parents = (*parents, os.path.abspath(path))
        for entry in parse(decode(data, path), path, constrains=constrains):
            if isinstance(entry, Pin):
                self.pins.append(entry)
            elif isinstance(entry, Constraint):
                self.constraints.append(entry)
            elif isinstance(entry, Option):
                self.indexes.append((entry.name, entry.value))
            else:
                self._include(entry, path, constrains=constrains, parents=parents)

    def _include(
        self, entry: Include, path: str, *, constrains: bool, parents: tuple[str, ...]
    ) -> None:
        target = os.path.join(os.path.dirname(path), entry.target)
        if os.path.abspath(target) in parents:
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
        self.add(data, target, constrains=constrains or entry.constrains, parents=parents)


def decode(data: bytes, path: str) -> str:
    """Return the text of a requirements file: by its byte order mark, its ``coding:``, or UTF-8.

    Raises:
        LockfileError: if the bytes are not text in that encoding. pip would then guess by the
            locale, so that two machines could read two locks from one file.
    """
    mark, encoding = next(
        ((mark, name) for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), (b"", "")
    )
    encoding = encoding or _declared_encoding(data) or "utf-8"
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise LockfileError(
            f"byte {error.start} is not {encoding}: {error.reason}",
            path=path,
            line=line,
            hint=_NEXT,
        ) from None
    except LookupError:
        raise LockfileError(
            f"says it is in {encoding!r}, which is no encoding", path=path
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise LockfileError(
            "holds a NUL byte: the file is damaged", path=path, line=line, hint=_NEXT
        )
    return text


def _declared_encoding(data: bytes) -> str:
    head = data[:4096].split(b"\n")[:2]
    if not any(line[:1] == b"#" and b"coding" in line for line in head):
        return ""
    import re

    found = (re.search(rb"coding[:=]\s*([-\w.]+)", line) for line in head if line[:1] == b"#")
    return next((match[1].decode("ascii", "replace") for match in found if match), "")
