"""The locks of a project: which there are, how each is made, and what lies on disk."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lockhook._authoring import config, stamp
from lockhook._authoring.config import BASE, FULL, LockOptions
from lockhook._runtime.lockfile import decode, read_bytes
from lockhook.errors import ConfigError, LockfileError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockhook._authoring.config import Settings
    from lockhook._authoring.project import Project
    from lockhook._authoring.stamp import Stamp

_PREFIXES: Final = ("requirements", "pylock")


@dataclass(frozen=True, kw_only=True)
class ManagedLock:
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
    def path(self) -> str:
        """Where it lies."""
        return os.path.join(self.project.directory, self.name)


def locks_of(project: Project) -> tuple[ManagedLock, ...]:
    """Return every lock of a project, those that are still to be made too.

    Raises:
        ConfigError: if ``[tool.lockhook]`` is not right.
    """
    settings = config.read(project)
    if settings.locks:
        return tuple(
            ManagedLock(project=project, name=name, options=options, configured=True)
            for name, options in settings.locks.items()
        )
    names = [BASE, *([FULL] if "full" in project.extras else []), *_on_disk(project.directory)]
    return tuple(named(project, settings, name) for name in dict.fromkeys(names))


def named(project: Project, settings: Settings, name: str) -> ManagedLock:
    """Return one lock by its name: as configured, as its stamp says, or as its name implies."""
    if name in settings.locks:
        return ManagedLock(
            project=project, name=name, options=settings.locks[name], configured=True
        )
    found = read_stamp(os.path.join(project.directory, name))
    implied = LockOptions(extras=("full",)) if name == FULL else LockOptions()
    options = _options(found.inputs.options) if found else None
    return ManagedLock(project=project, name=name, options=options or implied)


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
        if name.startswith(_PREFIXES)
        and config.is_lock_name(name)
        and (name.startswith("pylock.") or read_stamp(os.path.join(directory, name)))
    )


def is_managed(project: Project) -> bool:
    """Tell whether a project asks for locks: by settings, or by a stamped lock beside it.

    Others are left alone: a repository has ``pyproject.toml`` files that are no projects, such
    as those of tests and examples.
    """
    return bool(project.tool("lockhook")) or bool(_on_disk(project.directory))


def read_text(path: str) -> str | None:
    """Return the text of a lock, None if there is no such file.

    Raises:
        LockfileError: if it cannot be read.
    """
    return decode(read_bytes(path), path) if os.path.lexists(path) else None


def read_stamp(path: str) -> Stamp | None:
    """Return the stamp of a lock on disk, None if there is no lock or no stamp."""
    try:
        text = read_text(path)
    except LockfileError:
        return None
    return stamp.extract(text, path)[0] if text is not None else None
