"""What lockhook wrote into a lock about the Pythons and the platform that it covers.

A requirements.txt cannot say that, and one that was resolved for Python 3.12 is well-formed under
3.10: with the pins of 3.12, and without what only 3.10 needs.
"""

from __future__ import annotations

from lockhook._runtime.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

_OPEN = b"# /// lockhook"
_CLOSE = b"\n# ///"
_KEYS = ("python", "platform")


class Coverage(Record):
    """Where a lock holds.

    Attributes:
        python: the lowest Python, such as ``3.10``; "" if the lock does not say.
        platform: the one platform that it was resolved for, such as ``linux-x86_64``, together
            with that Python; "" if it is universal.
    """

    python: str = ""
    platform: str = ""


def of_requirements(data: bytes) -> Coverage:
    """Return what the stamp in a requirements.txt says.

    Args:
        data: the bytes of the file.
    """
    start = data.find(_OPEN)
    if start < 0 or data[start - 1 : start] not in {b"", b"\n"}:
        return Coverage()
    block, closed, _ = data[start:].partition(_CLOSE)
    if not closed:
        return Coverage()
    return _coverage(dict(_assignments(block.decode("utf-8", "replace"))))


def _assignments(block: str) -> Iterator[tuple[str, str]]:
    for line in block.split("\n"):
        key, equals, value = line.rstrip("\r").removeprefix("# ").partition(' = "')
        if equals and value.endswith('"'):
            yield key, value[:-1]


def of_pylock(document: Mapping[str, Any]) -> Coverage:
    """Return what the stamp in a ``pylock.toml`` says, its table ``[tool.lockhook]``."""
    tool = document.get("tool")
    stamp = tool.get("lockhook") if isinstance(tool, dict) else None
    return _coverage(stamp) if isinstance(stamp, dict) else Coverage()


def _coverage(stamp: Mapping[str, Any]) -> Coverage:
    return Coverage(**{key: stamp[key] for key in _KEYS if isinstance(stamp.get(key), str)})


def outside(coverage: Coverage, markers: Mapping[str, Any]) -> str:
    """Return why an environment is outside of what a lock covers, "" if it is inside.

    Args:
        coverage: of the lock.
        markers: the marker variables of the environment.
    """
    python, platform = markers["python_full_version"], _platform(markers)
    if coverage.platform and coverage.platform != platform:
        return f"the lock covers {coverage.platform} only, this is {platform}"
    wanted, found = _numbers(coverage.python), _numbers(python)
    if not wanted:
        return ""
    if coverage.platform and wanted[:2] != found[:2]:
        return f"the lock covers Python {coverage.python} only, this is {python}"
    if found < wanted:
        return f"the lock covers Python {coverage.python} and later, this is {python}"
    return ""


def _platform(markers: Mapping[str, Any]) -> str:
    return f"{markers['sys_platform']}-{markers['platform_machine'].lower()}"


def _numbers(version: str) -> tuple[int, ...]:
    """Return ``(3, 11, 0)`` for ``3.11`` and for ``3.11.0rc1``: a pre-release is of its release."""
    numbers = []
    for part in version.split(".")[:3]:
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        numbers.append(int(digits[:9]))
    return (*numbers, 0, 0, 0)[:3] if numbers else ()
