"""Which projects and locks a run is about, and bringing what is not fresh up to date."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockhook._authoring import freshness, generate, git, locks, project, uv
from lockhook.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockhook._authoring.freshness import Verdict
    from lockhook._authoring.generate import Generated
    from lockhook._authoring.project import Project


def projects(files: Sequence[str], directory: str) -> list[Project]:
    """Return the projects that files touch, or all of the repository without files.

    Args:
        files: paths, relative to the directory or absolute; each stands for the project nearest
            above it.
        directory: the working directory.

    Raises:
        UsageError: if there is no project.
    """
    home = _nearest(directory) or git.toplevel(directory) or directory
    if files:
        found = [_nearest(os.path.dirname(os.path.join(directory, file))) for file in files]
    else:
        listed = git.files_named(project.FILE, git.toplevel(directory) or home)
        found = [home, *map(os.path.dirname, listed)]
    paths = dict.fromkeys(os.path.normpath(path) for path in found if path)
    loaded = [project.load(path) for path in paths]
    wanted = [one for one in loaded if one.directory == home or locks.is_managed(one)]
    if not loaded:
        raise UsageError("no pyproject.toml above any of the files", path=directory)
    return wanted


def _nearest(directory: str) -> str | None:
    from lockhook._runtime.discovery import nearest_project

    return nearest_project(os.path.abspath(directory))


def check(files: Sequence[str], directory: str) -> Iterator[Verdict]:
    """Yield the verdict on each lock of each project. Reads only."""
    for one in projects(files, directory):
        yield from map(freshness.judge, locks.locks_of(one))


def bring_up_to_date(verdicts: Sequence[Verdict], *, quiet: bool = False) -> Iterator[Generated]:
    """Make the locks that are not current anew, and yield each."""
    stale: dict[str, list[locks.ManagedLock]] = {}
    for verdict in verdicts:
        if not verdict.is_current:
            stale.setdefault(verdict.lock.project.directory, []).append(verdict.lock)
    program = uv.find() if stale else None
    for wanted in stale.values():
        if program is not None:
            yield from generate.generate(wanted, program, quiet=quiet)
