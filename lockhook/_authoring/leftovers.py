"""What killed runs left behind: temporary files beside a lock, which the next run takes away."""

from __future__ import annotations

import os
import re
import time
from contextlib import suppress

from lockhook._authoring.locks import TEMPORARY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from lockhook._authoring.locks import ManagedLock

# No run takes as long; so a process that only has the number of one that is gone does not matter.
_OLD: Final = 3600


def sweep(lock: ManagedLock) -> None:
    """Remove the temporary files of a lock whose process is gone, or that are an hour old."""
    pattern = re.compile(
        rf"(?:\.{re.escape(lock.name)}\.|{re.escape(TEMPORARY)})"
        r"(?:(?P<process>[0-9]+)-)?[0-9a-f]{8}\.(?:tmp|txt|toml)"
    )
    target = os.path.realpath(lock.path)
    for directory in {lock.project.directory, os.path.dirname(target)}:
        with suppress(OSError):
            for name in os.listdir(directory):
                if found := pattern.fullmatch(name):
                    _remove(os.path.join(directory, name), found["process"])


def _remove(path: str, process: str | None) -> None:
    with suppress(OSError):
        is_old = time.time() - os.lstat(path).st_mtime > _OLD
        if is_old or (process and _is_gone(int(process))):
            os.unlink(path)


def _is_gone(process: int) -> bool:
    if os.name == "nt":  # there, signal 0 ends a process
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False
