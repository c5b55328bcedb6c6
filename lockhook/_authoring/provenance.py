"""Which indexes the pins of two locks come from, as far as both tell."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from lockhook._runtime import places
from lockhook._runtime.names import without_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockhook._authoring.pin import Pin


def comparable(pins: Sequence[Pin]) -> Mapping[Pin, str]:
    """Return the index of each of some pins, none if they do not all tell it, and in one way.

    A uv.lock names indexes. A pylock.toml that uv wrote names files, of which the server can be
    compared; one that names an index, or a ``# from`` comment, cannot be compared with that.
    """
    found = {pin: (_is_file(pin), _place(pin)) for pin in pins if pin.index_url}
    ways = {is_file for is_file, _ in found.values()}
    if len(found) < len(set(pins)) or len(ways) != 1:
        return {}
    return {pin: place for pin, (_, place) in found.items()}


def _is_file(pin: Pin) -> bool:
    return unquote(pin.index_url.rpartition("/")[2].partition("#")[0]) in map(unquote, pin.files)


def _place(pin: Pin) -> str:
    if not _is_file(pin):
        try:
            return places.canonical(pin.index_url, "")
        except ValueError:  # it is no URL
            return without_credentials(pin.index_url)
    url = without_credentials(pin.index_url)
    scheme, separator, rest = url.partition("://")
    host = rest.partition("/")[0]
    # A folder of wheels has no host.
    return f"{scheme}{separator}{host}" if host else url.rpartition("/")[0]
