"""Looking at one file: is it what a row of a RECORD says?"""

from __future__ import annotations

import hashlib
import os
import stat
from base64 import urlsafe_b64encode

from lockhook._runtime.recorded import ALGORITHMS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lockhook._runtime.recorded import Claim

_CHUNK = 2**20  # bytes; the one buffer of a checker, and all that it reads at once
# A copy is made in a tenth of the time that OpenSSL takes to look an algorithm up.
_EMPTY = {name: hashlib.new(name) for name in sorted(ALGORITHMS)}


class Checker:
    """Compares files with claims, one after the other, in one buffer.

    Attributes:
        bytes: how many were read up to now.
        stop: set from another thread, it ends what is being read.
    """

    def __init__(self, *, hashing: bool) -> None:
        self.hashing = hashing
        self.bytes = 0
        self.stop = False
        self._buffer = memoryview(bytearray(_CHUNK if hashing else 0))

    def fault(self, path: str, claim: Claim, digests: dict[str, str]) -> tuple[str, str]:
        """Return what is wrong with a file and why, "" for what is not.

        Args:
            path: absolute.
            claim: what is said of it.
            digests: of this file, by algorithm; what had to be computed is added.
        """
        try:
            kind, size = compare_size(path, claim)
            if kind or not self.hashing:
                return kind, ""
            if claim.algorithm not in digests:
                digests[claim.algorithm] = self._digest(path, claim.algorithm, size)
        except (FileNotFoundError, NotADirectoryError):
            return "deleted", ""
        except OSError as error:
            return "unreadable", error.strerror or "it cannot be read"
        except ValueError:
            return "unreadable", "its name has a NUL byte"
        return ("" if digests[claim.algorithm] == claim.digest else "changed"), ""

    def _digest(self, path: str, algorithm: str, size: int) -> str:
        digest, left = _EMPTY[algorithm].copy(), size
        # No further than the size that was seen: a file that grows meanwhile would never end.
        with open(path, "rb", buffering=0, opener=_open) as file:
            while left > 0 and not self.stop and (count := file.readinto(self._buffer)):
                digest.update(self._buffer[:count])
                self.bytes += count
                left -= count
        return urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()


def compare_size(path: str, claim: Claim) -> tuple[str, int]:
    """Return the fault that can be seen without reading a file, "" if there is none; and its size.

    Opening a device can have effects, and opening a pipe never ends: so first look what it is.

    Raises:
        OSError: if it is not there, or may not be looked at.
        ValueError: if its name has a NUL byte.
    """
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):
        return "replaced", 0
    if claim.size in {-1, status.st_size}:
        return "", status.st_size
    return "truncated" if status.st_size < claim.size else "changed", status.st_size


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
