"""The pins of a lock as its text has them, for people to compare and for uv to keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import tomli

from lockhook._runtime.model import Pin as LockPin
from lockhook._runtime.names import normalize
from lockhook._runtime.requirements_txt import parse
from lockhook.errors import LockfileError

if TYPE_CHECKING:
    from collections.abc import Iterator

_HINT: Final = "mend or delete the file, then run `lockhook sync`"


class Pin(NamedTuple):
    """One package of a lock: normalised name, version ("" for a direct reference), marker."""

    name: str
    version: str
    marker: str


def read(text: str, path: str) -> tuple[Pin, ...]:
    """Return the pins of a lock.

    Args:
        text: the whole file.
        path: what to call it in messages; its name decides the format.

    Raises:
        LockfileError: if it is not a lock.
    """
    pins = _of_pylock(text, path) if path.endswith(".toml") else _of_requirements(text, path)
    return tuple(dict.fromkeys(pins))


def _of_requirements(text: str, path: str) -> Iterator[Pin]:
    for entry in parse(text, path):
        if isinstance(entry, LockPin) and entry.name:
            yield Pin(entry.name, entry.wanted.version if entry.wanted else "", entry.marker)


def _of_pylock(text: str, path: str) -> Iterator[Pin]:
    try:
        packages = tomli.loads(text)["packages"]
        yield from map(_of_package, packages)
    except tomli.TOMLDecodeError as error:
        raise LockfileError(f"is not valid TOML: {error}", path=path, hint=_HINT) from None
    except (KeyError, TypeError, AttributeError):
        raise LockfileError("is not a pylock.toml (PEP 751)", path=path, hint=_HINT) from None


def _of_package(package: dict[str, Any]) -> Pin:
    return Pin(normalize(package["name"]), package.get("version", ""), package.get("marker", ""))


def as_requirements(pins: tuple[Pin, ...]) -> str:
    """Return pins as the lines of a requirements.txt, without hashes.

    uv takes the pins of its output file for preferences, and keeps that file's hashes without
    checking them: so it is given the pins only, and computes the hashes anew.
    """
    return "".join(
        f"{pin.name}=={pin.version}{f' ; {pin.marker}' if pin.marker else ''}\n"
        for pin in pins
        if pin.version
    )
