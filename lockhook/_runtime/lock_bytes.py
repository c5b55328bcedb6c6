"""The bytes of a lock, and what its name says of its format."""

from __future__ import annotations

import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO

    from lockhook.errors import LockfileError

MAX_BYTES = 256 * 2**20  # ten times the largest lock that anybody has shown
MAX_WAIT = 5  # seconds
_NEXT = "`lockhook generate` writes a new one"


def kind_of(path: str) -> str:
    """Return ``"requirements.txt"``, ``"pylock.toml"`` or ``"uv.lock"``; "" for what is none.

    The name decides, as it does for uv and pip. A NAME in ``pylock.NAME.toml`` has no dot (PEP
    751, "File Name"). Rye's requirements.lock is a requirements file, as are all other names.
    """
    name = os.path.basename(path)
    if name == "uv.lock":
        return name
    parts = name.split(".")
    if parts[0] == "pylock" and parts[-1] == "toml" and len(parts) in {2, 3} and all(parts):
        return "pylock.toml"
    return "" if name.endswith(".toml") or name in _OTHER_TOOLS else "requirements.txt"


_OTHER_TOOLS = frozenset({"Pipfile.lock", "pdm.lock", "pixi.lock", "poetry.lock"})


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
                raise _refused(path, _TOO_LONG)
            data = b"".join(_chunks(file, may_wait=not stat.S_ISREG(status.st_mode)))
    except IsADirectoryError:
        raise _refused(path, "is a directory, not a lock") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _refused(path, f"cannot be read: {reason}", _hint(error)) from None

    if len(data) > MAX_BYTES:
        raise _refused(path, _TOO_LONG)
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


def _refused(path: str, reason: str, hint: str | None = None) -> LockfileError:
    from lockhook.errors import LockfileError

    return LockfileError(reason, path=path, hint=hint)


def sha256(data: bytes) -> str:
    """Return the digest of a lock, in hex."""
    # `hashlib` would bring in OpenSSL, which takes a third as long as starting Python.
    try:
        from _sha2 import sha256 as hashed  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        try:
            from _sha256 import sha256 as hashed  # type: ignore[import-not-found,unused-ignore]
        except ImportError:
            from hashlib import sha256 as hashed
    digest: str = hashed(data).hexdigest()
    return digest
