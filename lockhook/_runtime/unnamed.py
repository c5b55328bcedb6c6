"""The names of pins that are only a URL or a path: by what was installed from there."""

from __future__ import annotations

import os.path

from lockhook._runtime import origin, places
from lockhook._runtime.discovery import project_name
from lockhook._runtime.names import normalize
from lockhook._runtime.selection import Selection, merge

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any

    from lockhook._runtime.installed import Distribution
    from lockhook._runtime.model import Pin

    ReadOrigin = Callable[[Distribution], dict[str, Any] | None]


def name(
    selection: Selection,
    installed: Mapping[str, list[Distribution]],
    read_origin: ReadOrigin,
    directories: tuple[str, ...],
) -> Selection:
    """Return the selection with a name for each pin of which it can be told.

    Args:
        selection: the pins that count here.
        installed: normalised name to distributions, first on the path first.
        read_origin: reads the ``direct_url.json`` of a distribution; None if it has none.
        directories: what relative paths in the lock may be relative to.

    Raises:
        LockfileError: if two pins turn out to be of one package, and cannot both hold.
    """
    records = {known: read_origin(found[0]) for known, found in installed.items()}
    origins = {known: record for known, record in records.items() if record}
    pins = (
        pin if pin.name else pin.replace(name=_name(pin, origins, directories))
        for pin in selection.pins
    )
    return selection.replace(pins=merge(pins))


def _name(pin: Pin, origins: Mapping[str, dict[str, Any]], directories: tuple[str, ...]) -> str:
    candidates = (*_by_origin(pin, origins, directories), *_by_project(pin, directories), "")
    return next(iter(candidates))


def _by_origin(
    pin: Pin, origins: Mapping[str, dict[str, Any]], directories: tuple[str, ...]
) -> Iterator[str]:
    """Yield what was installed from a pin's place: first what is the same, then what is not."""
    judgements = {
        known: origin.judge(pin, record, directories) for known, record in origins.items()
    }
    yield from (known for known, judgement in judgements.items() if judgement.is_proven)
    yield from (known for known, judgement in judgements.items() if not judgement.is_different)
    for known, record in origins.items():
        if origin.is_same_place(pin, record, directories):
            yield known


def _by_project(pin: Pin, directories: Iterable[str]) -> Iterator[str]:
    """Yield the name that a directory gives to itself in its ``pyproject.toml``."""
    if pin.origin is not None and pin.origin.kind == "directory":
        path = places.local_path(pin.origin.url.partition("#")[0])
        for directory in directories:
            if found := project_name(os.path.join(directory, path, pin.origin.subdirectory)):
                yield normalize(found)
