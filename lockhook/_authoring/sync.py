"""Which projects and locks a run is about, and bringing what is not fresh up to date."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockhook._authoring import freshness, generate, git, leftovers, locks, project, uv, workspace
from lockhook._runtime import workspace as in_workspace
from lockhook._runtime.discovery import nearest_project
from lockhook.errors import ProjectError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

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
            above it.
        directory: the working directory.

    Raises:
        UsageError: if there is no project, or a file lies in none that lockhook could lock.
        ProjectError: if the ``pyproject.toml`` of one cannot be read.
        GitError: if git refuses to read the repository.
    """
    top = git.toplevel(directory)
    home = _nearest(directory, top)
    if files:
        found = [_nearest(os.path.dirname(os.path.join(directory, file)), top) for file in files]
    else:
        found = [home, *map(os.path.dirname, git.files_named(project.FILE, top) if top else [])]
    touched = dict.fromkeys(path for path in found if path)
    # What one member of a workspace says can count for the others, and for their uv.lock.
    paths = dict.fromkeys(each for path in touched for each in _beside(path))
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


def _wanted(path: str, *, is_home: bool) -> Project | None:
    """Return a project if its locks are lockhook's concern."""
    try:
        one = project.load(path)
    except ProjectError:
        if is_home or locks.has_stamped(path):
            raise
        return None
    return one if (is_home and one.declares_dependencies) or locks.is_managed(one) else None


def _beside(path: str) -> tuple[str, ...]:
    """Return the directories of all projects of the workspace that one is in, its own first."""
    pyproject = in_workspace.document(os.path.join(path, project.FILE))
    root, shared = in_workspace.root_of(path, pyproject)
    return (path, root, *workspace.directories(root, shared))


def _nearest(directory: str, top: str | None) -> str | None:
    """Return the nearest project above a directory, but none outside of its repository."""
    found = nearest_project(os.path.realpath(directory))
    inside = found is None or top is None or os.path.commonpath([found, top]) == top
    return found if inside else None


def check(files: Sequence[str], directory: str) -> Iterator[Verdict]:
    """Yield the verdict on each lock of each project. Reads only."""
    yield from _judged(map(locks.locks_of, projects(files, directory)))


def _judged(wanted: Iterable[Sequence[ManagedLock]]) -> Iterator[Verdict]:
    """Yield the verdict on each lock once: projects of one workspace have one in common."""
    told: set[str] = set()
    known: dict[str, Verdict] = {}
    for of_one in wanted:
        for verdict in freshness.judge_all(of_one, known):
            if verdict.lock.path not in told:
                told.add(verdict.lock.path)
                yield verdict


def bring_up_to_date(verdicts: Sequence[Verdict], *, quiet: bool = False) -> Iterator[Generated]:
    """Make the locks that are not current anew, and yield each."""
    for verdict in verdicts:
        leftovers.sweep(verdict.lock)
    program = None if all(verdict.is_current for verdict in verdicts) else uv.find()
    if program is not None:
        for of_one in _by(lambda verdict: verdict.lock.project.uv.root, verdicts):
            yield from _of_one_workspace(of_one, program, quiet=quiet)


def _of_one_workspace(
    verdicts: Sequence[Verdict], program: Uv, *, quiet: bool
) -> Iterator[Generated]:
    for lock in (v.lock for v in verdicts if v.lock.is_uvs and not v.is_current):
        yield generate.relock(lock, program, quiet=quiet)
        # What agreed with it need not any more.
        verdicts = list(_judged(_same_again(verdicts)))
    ours = [v for v in verdicts if not (v.is_current or v.lock.is_uvs)]
    for of_one in _by(lambda verdict: verdict.lock.project.directory, ours):
        yield from generate.generate([v.lock for v in of_one], program, quiet=quiet)


def _by(key: Callable[[Verdict], str], verdicts: Iterable[Verdict]) -> Iterator[list[Verdict]]:
    found: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        found.setdefault(key(verdict), []).append(verdict)
    yield from found.values()


def _same_again(verdicts: Sequence[Verdict]) -> Iterator[Sequence[ManagedLock]]:
    paths = {verdict.lock.path for verdict in verdicts}
    found = {verdict.lock.project.directory: verdict.lock.project for verdict in verdicts}
    for one in found.values():
        yield [lock for lock in locks.locks_of(one) if lock.path in paths]
