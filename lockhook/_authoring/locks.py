"""The locks of a project: which there are, how each is made, and what lies on disk."""

from __future__ import annotations

import os
import sys

from lockhook._authoring import config, git, inputs, members, stamp
from lockhook._authoring.config import BASE, FULL, FULL_EXTRA, UV_LOCK, LockOptions
from lockhook._authoring.project import load
from lockhook._runtime.encoding import decode, with_line_feeds
from lockhook._runtime.lock_bytes import read_bytes
from lockhook._runtime.record import Record
from lockhook.errors import ConfigError, LockfileError, UnknownInputsError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any, Final

    from lockhook._authoring.config import Settings
    from lockhook._authoring.inputs import Inputs
    from lockhook._authoring.project import Project
    from lockhook._authoring.stamp import Stamp

_STAMPS: Final = ("\n# /// lockhook\n", "\n[tool.lockhook]\n")
_MARK: Final = b"# /// lockhook"
_HEAD: Final = 4096

# What the name of a file begins with that uv is writing. If lockhook is killed it stays, and is
# no lock of the project.
TEMPORARY: Final = "pylock.lockhook-temporary-"


class ManagedLock(Record):
    """One lock that lockhook keeps for a project.

    Attributes:
        project: whose it is.
        name: its file name, beside ``pyproject.toml``.
        options: how it is made.
        configured: whether ``[tool.lockhook.locks]`` names it.
    """

    project: Project
    name: str
    options: LockOptions
    configured: bool = False

    @property
    def is_uvs(self) -> bool:
        """Whether it is a ``uv.lock``, which uv alone writes, for all extras and groups."""
        return self.name == UV_LOCK

    @property
    def path(self) -> str:
        """Where it lies."""
        return os.path.join(self.project.directory, self.name)

    @property
    def lowest_python(self) -> str:
        """The lowest Python that it serves.

        Without a lower bound in the project, an existing lock keeps the one it has, so that
        another machine makes the same lock.
        """
        declared = self.options.python_version or self.project.lowest_python
        if declared:
            return declared
        old = read_stamp(self.path)
        return old.python if old else "{}.{}".format(*sys.version_info[:2])

    def files(self) -> Iterator[str]:
        """Yield the paths of the files that say what it follows from."""
        if not self.is_uvs:
            yield from members.files(self.project, *inputs.covered(self.project, self.options))
            return
        yield from members.files_of_all(self.project)

    def inputs(self) -> Inputs:
        """Return what it follows from.

        Raises:
            ProjectError: if the project does not say.
            UsageError: if the project has not the extras and groups that it covers.
        """
        try:
            return inputs.of_lock(self.project, self.options)
        except UsageError as error:
            otherwise = (
                f'take it out of [tool.lockhook.locks."{self.name}"]'
                if self.configured
                else f"make {self.name} anew without it"
            )
            error.hint = f"declare it in pyproject.toml, or {otherwise}"
            raise


def locks_of(project: Project) -> tuple[ManagedLock, ...]:
    """Return every lock of a project, those that are still to be made too.

    The uv.lock of a workspace is one of each of its members.

    Raises:
        ConfigError: if ``[tool.lockhook]`` is not right.
    """
    settings = config.read(project)
    ours = list(settings.locks) or list(_implied(project))
    uvs = [UV_LOCK] if os.path.isfile(os.path.join(project.uv.root, UV_LOCK)) else []
    return tuple(named(project, settings, name) for name in dict.fromkeys([*uvs, *ours]))


def _implied(project: Project) -> Iterator[str]:
    """Yield the names of the locks of a project whose settings name none."""
    if not project.is_virtual:
        yield BASE
        yield from [FULL] if _has_extra(project, FULL_EXTRA) else []
        yield from _on_disk(project.directory)


def _has_extra(project: Project, name: str) -> bool:
    try:
        return name in project.extras
    except UnknownInputsError:
        return False  # a lock without extras can be judged all the same


def named(project: Project, settings: Settings, name: str) -> ManagedLock:
    """Return one lock by its name: as configured, as its stamp says, or as its name implies."""
    if name == UV_LOCK:
        root = load(project.uv.root) if project.uv.is_member else project
        return ManagedLock(project=root, name=name, options=LockOptions(), configured=True)
    if name in settings.locks:
        return ManagedLock(
            project=project, name=name, options=settings.locks[name], configured=True
        )
    found = read_stamp(os.path.join(project.directory, name))
    options = (_options(found.inputs.options) if found else None) or LockOptions(
        extras=implied_extras(name)
    )
    options = options.replace(emit_index=settings.emit_index)
    return ManagedLock(project=project, name=name, options=options)


def implied_extras(name: str) -> tuple[str, ...]:
    """Return the extras of a lock of which nothing is known but its name."""
    return (FULL_EXTRA,) if name == FULL else ()


def _options(table: Mapping[str, Any]) -> LockOptions | None:
    try:
        return config.options(**table)
    except ConfigError:
        return None


def _on_disk(directory: str) -> list[str]:
    """Return the names of the locks that lockhook wrote here, whatever their options."""
    return sorted(
        name
        for name in os.listdir(directory)
        if config.is_lock_name(name)
        and not name.startswith(TEMPORARY)
        and (name.startswith("pylock.") or _is_stamped(os.path.join(directory, name)))
    )


def _is_stamped(path: str) -> bool:
    """Tell whether lockhook wrote a file, even if its stamp can no longer be read."""
    if path.endswith(".txt") and not _head_is_stamped(path):
        return False
    try:
        text = read_text(path)
    except LockfileError:
        return False
    if text is None:
        return False
    lines = "\n" + with_line_feeds(text)
    return any(mark in lines for mark in _STAMPS)


def _head_is_stamped(path: str) -> bool:
    """Tell whether a stamp may begin in a text file: any may lie here, data of any size too."""
    if not os.path.isfile(path):
        return False
    try:
        with open(path, "rb") as file:
            return _MARK in file.read(_HEAD)
    except OSError:
        return False


def is_managed(project: Project) -> bool:
    """Tell whether a project asks for locks: by settings, or by a stamped lock beside it.

    Others are left alone: a repository has ``pyproject.toml`` files that are no projects, such
    as those of tests and examples.
    """
    return project.has_settings or has_stamped(project.directory)


def has_stamped(directory: str) -> bool:
    """Tell whether a directory holds a lock that lockhook wrote."""
    return any(_is_stamped(os.path.join(directory, name)) for name in _on_disk(directory))


def read_text(path: str) -> str | None:
    """Return the text of a lock, None if there is no such file.

    Raises:
        LockfileError: if it cannot be read.
    """
    if os.path.islink(os.path.realpath(path)):
        raise LockfileError(
            "is a link that leads back to itself",
            path=path,
            hint="put a file in its place, or delete it, then run it again",
        )
    # A link that leads nowhere is no file yet, and is written through.
    return decode(read_bytes(path), path) if os.path.exists(path) else git.left_out(path)


def read_stamp(path: str) -> Stamp | None:
    """Return the stamp of a lock on disk, None if there is no lock or no stamp."""
    try:
        text = read_text(path)
    except LockfileError:
        return None
    return stamp.extract(text, path)[0] if text is not None else None
