"""The pins of a lock as far as a verdict needs them: without a parser, if the lock is plain.

What wants them and their hashes are left out, and so are the files of what installs everywhere.
What is taken here means the same to `pins`, to which all else is left.
"""

from __future__ import annotations

import os
from functools import lru_cache

from lockhook._authoring.pin import Pin
from lockhook._runtime import markers
from lockhook._runtime.encoding import with_line_feeds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from lockhook._runtime.plain import Plain
    from lockhook._runtime.uv_lock import Graph


def read(text: str, path: str) -> tuple[Pin, ...]:
    """Return the pins of a lock.

    Args:
        text: the whole file.
        path: what to call it in messages; its name decides the format.

    Raises:
        LockfileError: if it is not a lock.
    """
    found = plain(text, path)
    if found is None:
        from lockhook._authoring import pins  # which takes longer to import than most take to read

        found = pins.read(text, path)
    return found


def graph_of(text: str, path: str) -> tuple[Graph, dict[str, Any]]:
    """Return the graph of a uv.lock, and its document.

    Raises:
        LockfileError: if it is none, or of a version that is not known.
    """
    found = _graph_of(with_line_feeds(text), path)
    if found is None:
        from lockhook._authoring import pins

        found = pins.graph_of(text, path)
    return found


def plain(text: str, path: str) -> tuple[Pin, ...] | None:
    """Return the pins of a lock, None unless all of it is plain.

    Raises:
        LockfileError: if it is a uv.lock that does not hold together.
    """
    name, text = os.path.basename(path), with_line_feeds(text)
    if name == "uv.lock":
        return _of_uv_lock(text, path)
    found = tuple(dict.fromkeys((_of_pylock if name.endswith(".toml") else _of_requirements)(text)))
    try:
        for marker in {pin.marker for pin in found}:
            if marker:
                markers.check(marker)
    except markers.InvalidMarkerError:
        return None
    return found or None


def _of_requirements(text: str) -> Iterator[Pin]:
    from lockhook._runtime import plain_requirements

    found = plain_requirements.read(text.encode())
    if found is not None:
        yield from _pins(found, _told_indexes(text) if "from" in text else {})


def _pins(found: Plain, indexes: dict[int, str]) -> Iterator[Pin]:
    wheels = found.wheels or [()] * len(found.names)
    for place, pin in enumerate(
        zip(found.names, found.versions, found.markers, wheels, strict=True)
    ):
        name, version, marker, files = pin
        yield Pin(name, version, marker, index_url=indexes.get(place, ""), files=files)


def _told_indexes(text: str) -> dict[int, str]:
    """Return the indexes that comments name (``# from URL``), by the place of the pin above."""
    found: dict[int, str] = {}
    place, is_below_pin = -1, False
    for line in text.split("\n"):
        if line[:1] not in _NO_PIN:
            place, is_below_pin = place + 1, True
        elif line[:1] == "-":
            is_below_pin = False
        elif is_below_pin and "from" in line:
            word, _, url = line.partition("#")[2].strip().partition(" ")
            if word == "from":
                found[place] = url.strip()
    return found


_NO_PIN = frozenset({"", "#", " ", "-"})


def _of_pylock(text: str) -> Iterator[Pin]:
    from lockhook._runtime import plain_pylock

    found = plain_pylock.read(text.encode())
    if found is not None:
        blocks = text.split("\n[[packages]]\n")[1:]
        yield from _pins(found, dict(enumerate(map(_place, blocks))))


def _place(block: str) -> str:
    """Return the index of a package, else the URL of its first wheel or of its sdist."""
    start = max(block.find("\nwheels = ["), 0) or block.find("\nsdist = {")
    index = block[:start].partition('\nindex = "')[2].partition('"')[0]
    return index or block[start:].partition('url = "')[2].partition('"')[0]


def _of_uv_lock(text: str, path: str) -> tuple[Pin, ...] | None:
    known = _graph_of(text, path)
    if known is None:
        return None
    from lockhook._authoring import graph_pins

    return tuple(graph_pins.read(known[0], os.path.dirname(os.path.abspath(path))))


@lru_cache(maxsize=2)  # a check judges the pins of a lock after its metadata
def _graph_of(text: str, path: str) -> tuple[Graph, dict[str, Any]] | None:
    from lockhook._runtime import plain_uv_lock, uv_lock

    document = plain_uv_lock.document(text.encode())
    if document is None:
        return None
    for package, block in zip(document["package"], text.split("\n[[package]]\n")[1:], strict=True):
        urls = _wheels(block)
        if urls:
            package["wheels"] = [{"url": url} for url in urls]
    return uv_lock.read(document, path), document


def _wheels(block: str) -> list[str]:
    """Return the URLs of the wheels of a package of which some platform may have no file."""
    if "\nsdist = {" in block or "-any.whl" in block:
        return []
    listed = block.partition("\nwheels = [\n")[2].partition("\n]")[0]
    return [line.partition('url = "')[2].partition('"')[0] for line in listed.split("\n")]
