"""Which projects and locks a run is about, and bringing what is not fresh up to date."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from lockhook._authoring import freshness, generate, git, leftovers, locks, project, uv
from lockhook._authoring.freshness import UNDECIDED
from lockhook._runtime.discovery import nearest_project
from lockhook.errors import LockhookError, ProjectError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockhook._authoring.freshness import Verdict
    from lockhook._authoring.generate import Generated
    from lockhook._authoring.locks import ManagedLock
    from lockhook._authoring.project import Project
    from lockhook._authoring.uv import Uv


def projects(files: Sequence[str], directory: str) -> list[Project]:
    """Return the projects that files touch, or all of the repository without files.

    A ``pyproject.toml`` elsewhere than above the working directory counts only if it asks for
    locks: others belong to tests, examples and tools.

    Args:
        files: paths, relative to the directory or absolute; each stands for the project nearest
            above it, and for those whose locks follow from it.
        directory: the working directory.

    Raises:
        UsageError: if there is no project, or a file lies in none that lockhook could lock.
        ProjectError: if the ``pyproject.toml`` of one cannot be read.
        GitError: if git refuses to read the repository.
    """
    top = git.toplevel(directory)
    home = _nearest(directory, top)
    every = map(os.path.dirname, git.files_named(project.FILE, top) if top else [])
    if files:
        changed = [os.path.join(directory, file) for file in files]
        nearest = [_nearest(os.path.dirname(file), top) for file in changed]
        found = [*nearest, *_dependent(changed, [path for path in every if path not in nearest])]
    else:
        found = [home, *every]
    paths = dict.fromkeys(path for path in found if path)
    wanted = [one for path in paths if (one := _wanted(path, is_home=path == home)) is not None]
    if wanted or files:
        return wanted
    if home:
        return [project.load(home)]
    raise UsageError(
        "there is no pyproject.toml here, and none below that asks for locks",
        path=directory,
        hint="run lockhook in a project",
    )


def _dependent(changed: Sequence[str], directories: Sequence[str]) -> Iterator[str]:
    """Yield the directories of projects whose locks follow from files that lie elsewhere."""
    real = set(map(os.path.realpath, changed))
    for directory in directories:
        with suppress(ProjectError):  # of a file that nobody changed
            one = _wanted(directory, is_home=False)
            if one is not None and any(os.path.realpath(path) in real for path in _followed(one)):
                yield directory


def _followed(one: Project) -> Iterator[str]:
    """Yield the files that the locks of a project follow from."""
    try:
        for lock in locks.locks_of(one):
            yield from lock.files()
    except LockhookError as error:
        yield from filter(None, [error.path])


def _wanted(path: str, *, is_home: bool) -> Project | None:
    """Return a project if its locks are lockhook's concern."""
    try:
        one = project.load(path)
    except ProjectError:
        if is_home or locks.has_stamped(path):
            raise
        return None
    return one if (is_home and one.declares_dependencies) or locks.is_managed(one) else None


def _nearest(directory: str, top: str | None) -> str | None:
    """Return the nearest project above a directory, but none outside of its repository."""
    found = nearest_project(os.path.realpath(directory))
    inside = found is None or top is None or os.path.commonpath([found, top]) == top
    return found if inside else None


def check(files: Sequence[str], directory: str) -> Iterator[Verdict]:
    """Yield the verdict on each lock of each project. Reads only."""
    for one in projects(files, directory):
        yield from freshness.judge_all(locks.locks_of(one))


def bring_up_to_date(verdicts: Sequence[Verdict], *, quiet: bool = False) -> Iterator[Generated]:
    """Make the locks that are not current anew, and yield each."""
    stale: dict[str, list[ManagedLock]] = {}
    for verdict in verdicts:
        leftovers.sweep(verdict.lock)
        if not verdict.is_current and verdict.status != UNDECIDED:
            stale.setdefault(verdict.lock.project.directory, []).append(verdict.lock)
    program = uv.find() if stale else None
    for wanted in stale.values():
        if program is not None:
            yield from _of_one_project(wanted, program, quiet=quiet)


def _of_one_project(
    wanted: Sequence[ManagedLock], program: Uv, *, quiet: bool
) -> Iterator[Generated]:
    for lock in wanted:
        if lock.is_uvs:
            yield generate.relock(lock, program, quiet=quiet)
            # What agreed with it need not any more.
            verdicts = freshness.judge_all(locks.locks_of(lock.project))
            wanted = [v.lock for v in verdicts if not v.is_current and v.status != UNDECIDED]
    ours = [lock for lock in wanted if not lock.is_uvs]
    if ours:
        yield from generate.generate(ours, program, quiet=quiet)
