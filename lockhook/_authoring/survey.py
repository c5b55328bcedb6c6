"""Which projects and locks a run is about, and the verdict on each."""

from __future__ import annotations

import os
from contextlib import suppress

from lockhook._authoring import freshness, git, locks, project, workspace
from lockhook._authoring.config import UV_LOCK
from lockhook._runtime import workspace as in_workspace
from lockhook._runtime.discovery import nearest_project
from lockhook.errors import LockhookError, ProjectError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lockhook._authoring.locks import ManagedLock
    from lockhook._authoring.project import Project
    from lockhook._authoring.verdict import Verdict


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
        others = {*every, *(each for path in nearest if path for each in _beside(path))}
        found = [*nearest, *_dependent(changed, sorted(others.difference(nearest)))]
    else:
        found = [home, *every]
    touched = dict.fromkeys(path for path in found if path)
    # Where they have one uv.lock, what one member of a workspace says can count for all.
    paths = dict.fromkeys(
        each for path in touched for each in _beside(path, only_locked=bool(files))
    )
    wanted = [
        one
        for path in paths
        if (one := _wanted(path, is_home=path == home and path in touched)) is not None
    ]
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


def _beside(path: str, *, only_locked: bool = False) -> tuple[str, ...]:
    """Return the directories of all projects of the workspace that one is in, its own first.

    Args:
        path: the directory of one.
        only_locked: leave out the others unless there is a uv.lock, which is that of all.
    """
    pyproject = in_workspace.document(os.path.join(path, project.FILE))
    root, shared = in_workspace.root_of(path, pyproject)
    if only_locked and not os.path.isfile(os.path.join(root, UV_LOCK)):
        return (path,)
    return (path, root, *workspace.directories(root, shared))


def _nearest(directory: str, top: str | None) -> str | None:
    """Return the nearest project above a directory, but none outside of its repository."""
    found = nearest_project(os.path.realpath(directory))
    inside = found is None or top is None or os.path.commonpath([found, top]) == top
    return found if inside else None


def check(files: Sequence[str], directory: str) -> Iterator[Verdict]:
    """Yield the verdict on each lock of each project. Reads only."""
    yield from judged(map(locks.locks_of, projects(files, directory)))


def judged(wanted: Iterable[Sequence[ManagedLock]]) -> Iterator[Verdict]:
    """Yield the verdict on each lock once: projects of one workspace have one in common."""
    told: set[str] = set()
    known: dict[str, Verdict] = {}
    for of_one in wanted:
        for verdict in freshness.judge_all(of_one, known):
            if verdict.lock.path not in told:
                told.add(verdict.lock.path)
                yield verdict
