"""Which version of its format a lock has: one that is newer than uv writes is not downgraded."""

from __future__ import annotations

import re

from lockhook._runtime.encoding import with_line_feeds
from lockhook.errors import LockhookError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from lockhook._authoring.locks import ManagedLock

# They stand at the top level, so before the first table.
_NUMBERS: Final = (
    r'^(?:version|lock-version) *= *"?(\d+)(?:\.(\d+))?"? *$',
    r"^revision *= *(\d+) *$",
)


def refuse_downgrade(lock: ManagedLock, old: str, new: str) -> None:
    """Raise if a lock would be written in an older format than it has.

    Raises:
        LockhookError: with what to do.
    """
    if lock.name.endswith((".toml", ".lock")) and (was := _version(old)) > (now := _version(new)):
        raise LockhookError(
            f"has format version {_shown(was)}, and this uv writes {_shown(now)}; the lock is as "
            "it was",
            path=lock.path,
            hint="pip install 'lockhook[uv]' --upgrade, then run it again",
        )


def _version(text: str) -> tuple[int, ...]:
    head = with_line_feeds(text).partition("\n[")[0]
    found = [re.search(number, head, re.MULTILINE) for number in _NUMBERS]
    return tuple(int(part) for match in found if match for part in match.groups() if part)


def _shown(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version)) or "none"
