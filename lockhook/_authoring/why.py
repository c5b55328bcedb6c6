"""Why a package is in a lock, whatever the lock's format tells of it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from lockhook._authoring import config, locks, pins, project, uv
from lockhook._authoring.chains import chains
from lockhook._authoring.resolution import Resolver
from lockhook._runtime.names import normalize
from lockhook.errors import LockfileError, UsageError

if TYPE_CHECKING:
    from lockhook._authoring.chains import Chain
    from lockhook._authoring.pin import Pin


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a lock says of one package.

    Attributes:
        package: normalised name.
        pins: those of the lock; none if it has no such package.
        chains: from the project to the package, the shortest first.
        nearest: the names in the lock that are most like it, if it is not there.
    """

    package: str
    pins: tuple[Pin, ...] = ()
    chains: tuple[Chain, ...] = ()
    nearest: tuple[str, ...] = ()


def why(package: str, path: str) -> Answer:
    """Return why a package is in a lock.

    Args:
        package: its name, in any spelling.
        path: the lock.

    Raises:
        LockfileError: if the lock cannot be read, or nothing tells who wants its packages.
        LockhookError: if uv has to be asked, and fails.
    """
    name = normalize(package)
    text = locks.read_text(path)
    if text is None:
        raise LockfileError("there is no such file", path=path, hint="name a lock with -l")
    every = pins.read(text, path)
    own = tuple(pin for pin in every if pin.name == name)
    if not own:
        names = sorted({pin.name for pin in every})
        return Answer(package=name, nearest=tuple(get_close_matches(name, names)))
    told = every if any(pin.via for pin in every) else _ask_uv(path, every)
    return Answer(package=name, pins=own, chains=tuple(chains(told, name)))


def _ask_uv(path: str, every: tuple[Pin, ...]) -> tuple[Pin, ...]:
    """Return the pins of a lock that does not tell who wants them, as uv tells it now.

    A ``pylock.toml`` that uv wrote tells nothing of it, nor does what ``--no-annotate`` left out.
    """
    directory, name = os.path.split(os.path.abspath(path))
    try:
        one = project.load(directory)
        lock = locks.named(one, config.read(one), name)
        return Resolver(lock=lock, uv=uv.find(), preferred=every, quiet=True).annotated()
    except UsageError:
        raise LockfileError(
            "does not tell who wants its packages, and no pyproject.toml beside it does",
            path=path,
            hint="ask a requirements.txt or a uv.lock of the project",
        ) from None
