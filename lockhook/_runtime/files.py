"""Writing files so that nobody ever sees half of one."""

from __future__ import annotations

import os
from contextlib import suppress


def replace_text(path: str, text: str) -> None:
    """Put a text in the place of a file, in one step.

    A symbolic link is written through and stays a link; the mode of an existing file stays.

    Args:
        path: the file to write; it need not exist.
        text: its new content; written as UTF-8, with line feeds as they are.

    Raises:
        OSError: if the directory cannot be written to, or the disk is full. The old file is then
            as it was.
    """
    target = os.path.realpath(path)
    temporary = beside(target)
    # A new file gets its mode from the umask, as `open` would give it.
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with open(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileNotFoundError):
            os.chmod(temporary, os.stat(target).st_mode & 0o7777)
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def beside(path: str, *, prefix: str = ".", suffix: str = ".tmp") -> str:
    """Return a new name in the directory of a file: only there can a rename be atomic."""
    directory, name = os.path.split(path)
    return os.path.join(directory, f"{prefix}{name}.{token()}{suffix}")


def token() -> str:
    """Return what makes a name new, and tells whose it is should its process be killed."""
    return f"{os.getpid()}-{os.urandom(4).hex()}"
