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

    from typing_extensions import Self

_HEAD = 512  # bytes; name and version stand in the first lines of METADATA
_MOST = 2**20  # bytes; further than this nobody has put them


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

    def __init__(
        self, *, name: str, version: str, location: str, metadata: str, problem: str = ""
    ) -> None:
        # There is one for each package, and the general way takes twice as long.
        write = object.__setattr__
        write(self, "name", name)
        write(self, "version", version)
        write(self, "location", location)
        write(self, "metadata", metadata)
        write(self, "problem", problem)


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
    for name, found in by_name.items():
        if len(found) > 1:
            by_name[name] = [one for one in found if not _is_told_twice(one, found)]
    return Installed(by_name=by_name, modules=modules)


def _is_told_twice(one: Distribution, all_: Iterable[Distribution]) -> bool:
    """Tell whether an ``.egg-info`` says what a ``.dist-info`` beside it says too.

    Debian ships some packages with both. They contradict each other in nothing.
    """
    return one.metadata.lower().endswith(".egg-info") and any(
        other.metadata.lower().endswith(".dist-info")
        and (other.location, other.version) == (one.location, one.version)
        for other in all_
    )


def _list(location: str) -> list[str]:
    try:
        return os.listdir(location)
    except NotADirectoryError:
        from lockhook._runtime import archives

        return archives.names(location)
    except (OSError, ValueError):  # a NUL in it
        return []


def _distributions(location: str, names: list[str]) -> Iterator[Distribution]:
    # pip renames what it is about to remove to `~name`; an interrupted run leaves it.
    infos = [name for name in names if name[-5:].lower() == "-info" and name[:1] != "~"]
    plain = _read_plainly(location, infos) if infos else {}
    for name in infos:
        low = name.lower()
        if name in plain:
            yield plain[name]
        elif low.endswith(".dist-info"):
            yield _read(location, name, ("METADATA",))
        elif low.endswith(".egg-info") or (low == "egg-info" and location.lower().endswith(".egg")):
            yield _read(location, name, ("METADATA", "PKG-INFO", ""))


def _read_plainly(location: str, infos: list[str]) -> dict[str, Distribution]:
    """Return what those say whose METADATA is as nearly every tool writes it.

    Name and version are its second and third line, printable ASCII without a blank.
    """
    found, names, versions = [], [], []
    for info, head in _heads(location, [info for info in infos if info[-10:] == ".dist-info"]):
        lines = head.split(b"\n", 3)
        if len(lines) == 4 and _are_plain(*lines):
            found.append(info)
            names.append(lines[1])
            versions.append(lines[2])
    return dict(zip(found, _made(location, found, names, versions), strict=True))


_BLANKS = frozenset({b"", b" ", b"\t"})
_PRINTABLE = bytes(range(0x21, 0x7F))


def _are_plain(first: bytes, name: bytes, version: bytes, rest: bytes) -> bool:
    """Tell whether two headers have one word each, and end where their lines do."""
    return (
        first[:18] == b"Metadata-Version: "
        and name[:6] == b"Name: "
        and version[:9] == b"Version: "
        and min(len(name) - 6, len(version) - 9) > 0
        and not (name[6:] + version[9:]).translate(None, _PRINTABLE)
        # A line that begins with a blank continues the one before it.
        and rest[:1] not in _BLANKS
    )


def _made(
    location: str, infos: list[str], names: list[bytes], versions: list[bytes]
) -> Iterator[Distribution]:
    """Yield the distributions of some plain headers, which are decoded together."""
    known = normalize(b"\n".join(names).decode()).split("\n")
    told = b"\n".join(versions).decode().split("\n")
    prefix = os.path.join(location, "")
    for info, name, version in zip(infos, known, told, strict=False):
        yield Distribution(
            name=name[6:], version=version[9:], location=location, metadata=prefix + info
        )


def _heads(location: str, infos: list[str]) -> Iterator[tuple[str, bytes]]:
    """Yield the beginning of each METADATA that can be read."""
    with Folder(location) as folder:
        for info in infos:
            try:
                head = folder.beginning(info + _METADATA, _HEAD)
            except OSError:
                continue
            yield info, head


_METADATA = f"{os.sep}METADATA"


def _read(location: str, directory: str, files: tuple[str, ...]) -> Distribution:
    metadata = os.path.join(location, directory)
    head = next((data for file in files if (data := _head(metadata, file))), b"")
    name, version = _name_and_version(head)
    stem = os.path.basename(location if directory.lower() == "egg-info" else directory)
    guess = stem.rpartition(".")[0].partition("-")[0]
    return Distribution(
        name=normalize(name or guess),
        version=version if name else "",
        location=location,
        metadata=metadata,
        problem="" if name and version else _problem(head, name, files[-1] or "PKG-INFO"),
    )


def _problem(head: bytes, name: str, file: str) -> str:
    if not head:
        return f"its {file} is missing, empty or cannot be read"
    return f"its {file} names no {'version' if name else 'package'}"


def _head(metadata: str, file: str) -> bytes:
    """Return the beginning of a metadata file, with the name and version if it has them."""
    path = os.path.join(metadata, file) if file else metadata
    try:
        head = beginning(path, _HEAD)
        if len(head) == _HEAD and not (_holds(head, b"name") and _holds(head, b"version")):
            head = beginning(path, _MOST)
    except NotADirectoryError:
        from lockhook._runtime import archives

        return archives.beginning(metadata, file, _MOST)
    except OSError:
        return b""
    return head


def beginning(path: str, size: int, folder: int | None = None) -> bytes:
    """Return the first bytes of a file of an environment, whose path begins in a folder."""
    # `open` costs three system calls more, and this is done for every package.
    descriptor = os.open(path, READ, dir_fd=folder)
    try:
        return os.read(descriptor, size)
    finally:
        os.close(descriptor)


class Folder:
    """A directory that is kept open, so that each look below it takes less time."""

    def __init__(self, location: str) -> None:
        self._prefix = os.path.join(location, "")
        self._descriptor = None
        if os.open in os.supports_dir_fd and os.access in os.supports_dir_fd:
            self._descriptor = os.open(location, READ)
            self._prefix = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)

    def beginning(self, name: str, size: int) -> bytes:
        """Return the first bytes of a file in it."""
        return beginning(self._prefix + name, size, self._descriptor)

    def has(self, name: str) -> bool:
        """Tell whether something of that name is in it."""
        return os.access(self._prefix + name, os.F_OK, dir_fd=self._descriptor)


# A pipe that somebody put there would keep a plain `open` waiting for ever.
READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)


def opener(path: str, _flags: int) -> int:
    """Open what somebody put into an environment, for `open`."""
    return os.open(path, READ)


def _holds(head: bytes, field: bytes) -> bool:
    start = head.lower().find(b"\n" + field + b":")
    return start >= 0 and head.find(b"\n", start + 1) >= 0


def _name_and_version(head: bytes) -> tuple[str, str]:
    """Return the first ``Name`` and ``Version`` header, "" for one that is not there.

    As the `email` package reads them: names of headers are not case-sensitive, a line that is no
    header ends them all, and one that begins with a blank continues the line before it.
    """
    found: dict[str, str] = {}
    last = ""
    for line in _lines(head):
        key, colon, value = line.partition(":")
        if line[:1] in {" ", "\t"}:
            found[last] = f"{found.get(last, '')} {line.strip()}".strip()
        elif line.startswith("From "):
            last = ""
        elif (
            not (colon and key.isascii() and key.isprintable() and " " not in key)
            or len(found.keys() & {"name", "version"}) == 2
        ):
            break
        else:
            last = key.lower()
            last = "" if last in found else last
            found[last] = value.strip()
    return found.get("name", ""), found.get("version", "")


def _lines(head: bytes) -> list[str]:
    # What stands behind an empty line is the description, and may be long.
    return head.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
