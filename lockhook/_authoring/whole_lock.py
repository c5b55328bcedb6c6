"""All that a lock installs, for people to compare: read as verification reads it, whoever wrote it.

`lockhook._authoring.pins` reads what lockhook may write anew; here what was written by hand is a
lock too, with the files that it includes and the folders that it installs.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from packaging.specifiers import SpecifierSet

from lockhook._authoring import comments, graph_pins, pins
from lockhook._authoring.config import UV_LOCK
from lockhook._authoring.diff import diff
from lockhook._runtime import coverage, pylock_toml
from lockhook._runtime.lockfile import MAX_INCLUDES
from lockhook._runtime.model import Pin as LockPin
from lockhook._runtime.names import without_credentials
from lockhook._runtime.requirements_txt import Include, parse
from lockhook._runtime.versions import is_specifier
from lockhook.errors import LockfileError, LockhookError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockhook._authoring.diff import Change
    from lockhook._authoring.lock_source import LockSource
    from lockhook._authoring.pin import Pin

_MAX_DEPTH: Final = 100
_FORMATS: Final = (".toml", ".txt", ".in")
_PYLOCK: Final = re.compile(r"^lock-version = ", re.MULTILINE)
_UVS: Final = re.compile(r"^version = \d+$", re.MULTILINE)


class WholeLock(NamedTuple):
    """What a lock installs.

    Attributes:
        pins: all but the project itself.
        is_uvs: whether it is a ``uv.lock``, whose markers stand on its edges.
        pythons: a specifier of those that it is for, "" if it does not say.
    """

    pins: tuple[Pin, ...]
    is_uvs: bool
    pythons: str = ""


def changes(old: LockSource, new: LockSource) -> tuple[Change, ...]:
    """Return what changed from one lock to another.

    Raises:
        GitError, LockfileError: if one cannot be read, or is no lock.
    """
    was, now = read(old), read(new)
    pythons = SpecifierSet(",".join(filter(None, (was.pythons, now.pythons))))
    return tuple(diff(was.pins, now.pins, pythons=pythons, by_marker=was.is_uvs == now.is_uvs))


def read(source: LockSource) -> WholeLock:
    """Return all that a lock installs.

    Raises:
        GitError, LockfileError: if it or what it includes cannot be read, or is no lock.
    """
    text = source.text()
    path = _path_of_format(source.path, text)
    reading = _Reading(source, path)
    try:
        found = tuple(reading.pins(text))
    except LockfileError as error:
        hint = "name another file" if source.revision is None else "name another revision"
        named = reading.labels.get(error.path or "", source.label)
        raise LockfileError(error.reason, path=named, line=error.line, hint=hint) from None
    itself = os.path.normcase(os.path.realpath(os.path.dirname(path)))
    kept = [pin for pin in found if not (pin.reference and pin.reference.is_directory_at(itself))]
    return WholeLock(tuple(kept), os.path.basename(path) == UV_LOCK, reading.pythons)


def _path_of_format(path: str, text: str) -> str:
    """Return the path of a lock with a name that tells its format, as that of a copy need not."""
    directory, name = os.path.split(path)
    if name == UV_LOCK or name.endswith(_FORMATS):
        return path
    head = text.partition("\n[")[0]
    found = "pylock.toml" if _PYLOCK.search(head) else UV_LOCK if _UVS.search(head) else name
    return os.path.join(directory, found)


def _specifier(text: str) -> str:
    return text if is_specifier(text) else ""


class _Reading:
    """One lock while it is read, with what it includes.

    Attributes:
        source: the lock.
        path: the same with the name that its format has.
        labels: how people name each file that was opened, by its path.
        pythons: a specifier of those that the lock is for, once its pins were read.
    """

    def __init__(self, source: LockSource, path: str) -> None:
        self.source = source
        self.path = path
        self.labels = {path: source.label}
        self.pythons = ""
        self._left = iter(range(MAX_INCLUDES))

    def pins(self, text: str) -> Iterator[Pin]:
        """Yield what the lock installs, the project itself too where it says so."""
        if os.path.basename(self.path) == UV_LOCK:
            graph, _ = pins.graph_of(text, self.path)
            self.pythons = _specifier(graph.scope.requires_python)
            directory = os.path.dirname(os.path.abspath(self.path))
            yield from graph_pins.read(graph, directory, folders=True)
        elif self.path.endswith(".toml"):
            _, scope = pylock_toml.read(pins.parsed(text, self.path), self.path)
            self.pythons = scope.requires_python
            yield from pins.read(text, self.path)
        else:
            lowest = coverage.of_requirements(text.encode("utf-8", "surrogatepass")).python
            self.pythons = _specifier(f">={lowest}" if lowest else "")
            found = tuple(self._lines(self.source, text, ()))
            if not found and not pins.looks_generated(text):
                raise LockfileError("holds no pins: that is no lock", path=self.path)
            yield from found

    def _lines(self, source: LockSource, text: str, above: tuple[str, ...]) -> Iterator[Pin]:
        below = comments.read(text)
        for entry in parse(text, source.path):
            if isinstance(entry, LockPin):
                pin = pins.of_line(entry, below)
                # What tells no name is known by where it is.
                yield pin if pin.name else pin._replace(name=without_credentials(pin.url))
            elif isinstance(entry, Include) and not entry.constrains:
                yield from self._included(entry, source, (*above, source.path))

    def _included(
        self, entry: Include, source: LockSource, above: tuple[str, ...]
    ) -> Iterator[Pin]:
        inner = source.beside(entry.target)
        self.labels[inner.path] = inner.label
        reason = ""
        if inner.path in above:
            reason = f"includes itself through {entry.target!r}"
        elif next(self._left, None) is None or len(above) > _MAX_DEPTH:
            reason = "includes too many files"
        if reason:
            raise LockfileError(reason, path=source.path, line=entry.line)
        try:
            text = inner.text()
        except LockhookError as error:
            reason = f"includes {entry.target!r}: {error.reason}"
            raise LockfileError(reason, path=source.path, line=entry.line) from None
        yield from self._lines(inner, text, above)
