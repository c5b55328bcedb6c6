"""What is installed, as ``import`` would find it: in the order of `sys.path`.

It agrees with `importlib.metadata` on name and version, which would take ten times as long to
import and read; and it sees what that hides: two records of one package in one directory, records
without readable metadata, and modules that are imported from elsewhere than the record says.
"""

from __future__ import annotations

import os

from lockhook._runtime.names import normalize
from lockhook._runtime.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_HEAD = 4096  # bytes; name and version stand in the first lines of METADATA


class Distribution(Record):
    """One installed distribution.

    Attributes:
        name: normalised (PEP 503), from its metadata; from the directory's name without them.
        version: as its metadata spell it, or "" if they cannot be read.
        location: the entry of `sys.path` in which it was found.
        metadata: its ``.dist-info`` or ``.egg-info``.
        problem: what is wrong with its metadata, or "".
    """

    name: str
    version: str
    location: str
    metadata: str
    problem: str = ""


class Installed(Record):
    """All distributions of an environment.

    Attributes:
        by_name: normalised name to distributions, the one that ``import`` finds first.
        modules: for each entry of the path, in order, what could be imported from it.
    """

    by_name: dict[str, list[Distribution]]
    modules: dict[str, frozenset[str]]


def scan(path: Iterable[str]) -> Installed:
    """Look at each entry of a `sys.path` once.

    Args:
        path: directories and zip archives. What does not exist is passed over, as ``import`` does.
    """
    by_name: dict[str, list[Distribution]] = {}
    modules: dict[str, frozenset[str]] = {}
    for location in dict.fromkeys(path):
        names = _list(location)
        modules[location] = frozenset(names)
        for distribution in _distributions(location, names):
            by_name.setdefault(distribution.name, []).append(distribution)
    return Installed(by_name=by_name, modules=modules)


def _list(location: str) -> list[str]:
    try:
        return os.listdir(location)
    except NotADirectoryError:
        return _list_archive(location)
    except OSError:
        return []


def _list_archive(location: str) -> list[str]:
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(location) as archive:
            return list(dict.fromkeys(name.partition("/")[0] for name in archive.namelist()))
    except (OSError, BadZipFile):
        return []


def _distributions(location: str, names: list[str]) -> Iterator[Distribution]:
    for name in names:
        # pip renames what it is about to remove to `~name`; an interrupted run leaves it.
        if name[:1] == "~":
            continue
        low = name.lower()
        if low.endswith(".dist-info"):
            yield _read(location, name, ("METADATA",))
        elif low.endswith(".egg-info"):
            yield _read(location, name, ("PKG-INFO", ""))
        elif low == "egg-info" and location.lower().endswith(".egg"):
            yield _read(location, name, ("PKG-INFO",))


def _read(location: str, directory: str, files: tuple[str, ...]) -> Distribution:
    metadata = os.path.join(location, directory)
    head = next((text for file in files if (text := _head(metadata, file))), "")
    name, version = _field(head, "name"), _field(head, "version")
    stem = os.path.basename(location if directory.lower() == "egg-info" else directory)
    guess = stem.rpartition(".")[0].partition("-")[0]
    return Distribution(
        name=normalize(name or guess),
        version=version if name else "",
        location=location,
        metadata=metadata,
        problem="" if name and version else _problem(head, files[0]),
    )


def _problem(head: str, file: str) -> str:
    if not head:
        return f"its {file} is missing, empty or cannot be read"
    return f"its {file} names no {'version' if _field(head, 'name') else 'package'}"


def _head(metadata: str, file: str) -> str:
    """Return the headers of a metadata file (core metadata specification), "" if there are none."""
    try:
        # `open` costs three system calls more, and this is done for every package.
        descriptor = os.open(
            os.path.join(metadata, file) if file else metadata, os.O_RDONLY | _BINARY
        )
    except NotADirectoryError:
        return _head_in_archive(metadata, file)
    except OSError:
        return ""
    try:
        head = chunk = os.read(descriptor, _HEAD)
        while len(chunk) == _HEAD and not (_holds(head, b"name") and _holds(head, b"version")):
            chunk = os.read(descriptor, _HEAD)
            head += chunk
    except OSError:
        return ""
    finally:
        os.close(descriptor)
    return _headers(head)


_BINARY = getattr(os, "O_BINARY", 0)


def _holds(head: bytes, field: bytes) -> bool:
    start = head.lower().find(b"\n" + field + b":")
    return start >= 0 and head.find(b"\n", start + 1) >= 0


def _headers(data: bytes) -> str:
    return data.decode("utf-8", "replace").replace("\r\n", "\n").partition("\n\n")[0]


def _head_in_archive(metadata: str, file: str) -> str:
    from zipfile import BadZipFile, ZipFile

    location, directory = os.path.split(metadata)
    try:
        with ZipFile(location) as archive:
            data = archive.read(f"{directory}/{file}" if file else directory)
    except (OSError, BadZipFile, KeyError):
        return ""
    return _headers(data)


def _field(head: str, wanted: str) -> str:
    """Return the first header of that name; names of headers are not case-sensitive."""
    for line in head.split("\n"):
        name, colon, value = line.partition(":")
        if colon and name.lower() == wanted:
            return value.strip()
    return ""
