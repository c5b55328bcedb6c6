"""``lockhook verify --project-environment``: what a hook says after git changed the work tree."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from lockhook._authoring import git
from lockhook._cli import changes, screen, verify
from lockhook._cli.view import View, show
from lockhook._runtime import discovery, environment, project_environment, verification
from lockhook._runtime.names import visible
from lockhook.errors import LockfileError, LockhookError, ProjectError, UsageError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Collection, Iterator, Sequence

    from lockhook._authoring.diff import Change
    from lockhook._runtime.report import Report


class Place(NamedTuple):
    """A project, its lock, and the environment to judge; all absolute.

    Attributes:
        project: the directory.
        lock: its first one.
        prefix: the environment.
        shared: whether it does not lie in the project, so that it may be there for another one.
    """

    project: str
    lock: str
    prefix: str
    shared: bool


class Judged(NamedTuple):
    """What was found in one project.

    Attributes:
        place: the project, its lock and environment.
        report: the verdict.
        changes: what became of the lock, if anything is wrong with the environment.
    """

    place: Place
    report: Report
    changes: Sequence[Change] = ()


def run(args: Namespace) -> int:
    """Print what differs on one screen, nothing if all is well, and return 0 or 1.

    Raises:
        UsageError: with an option that names another lock or environment.
        LockhookError: if it cannot be decided.
    """
    _refuse_others(args)
    outcomes = [_tried(place, args) for place in _places(os.getcwd(), args)]
    errors = [outcome for outcome in outcomes if isinstance(outcome, LockhookError)]
    judged = [outcome for outcome in outcomes if isinstance(outcome, Judged)]
    if errors and args.format != "text":
        raise errors[0]
    differing = [one for one in judged if not one.report.ok]
    if differing and "PRE_COMMIT_CHECKOUT_TYPE" in os.environ and git.is_rebasing(os.getcwd()):
        # What is checked out is not what it will be; post-rewrite tells.
        _note(args, "a rebase goes on: nothing to say before its end")
        return 0
    show(_view(judged, differing, errors[1:], verbose=args.verbose), args.format)
    if errors:
        raise errors[0]
    return 1 if differing else 0


def _refuse_others(args: Namespace) -> None:
    for option in ("lockfile", "python", "record"):
        if getattr(args, option):
            reason = f"--project-environment finds them itself: it goes without --{option}"
            raise UsageError(reason, hint=f"lockhook verify --{option} ...")


def _note(args: Namespace, text: str) -> None:
    if args.verbose:
        print(f"lockhook: {visible(text)}", file=sys.stderr)


def _places(here: str, args: Namespace) -> Iterator[Place]:
    """Yield each project of the repository that has a lock and an environment.

    The environment that is active stands for one project only: for that at the root, or for the
    one that has none of its own.
    """
    top = git.toplevel(here)
    locks = dict(_locks(here, top, args))
    without = []
    for project, lock in locks.items():
        if prefix := project_environment.own(project, os.environ):
            yield Place(project, lock, prefix, shared=False)
        else:
            without.append(project)
    if without and (len(without) == 1 or without[0] == top):
        project = without[0]
        prefix = project_environment.active(os.environ)
        if prefix and not _is_of_another(prefix, project):
            yield Place(project, locks[project], prefix, shared=True)
            return
    for project in without:
        _note(args, f"{project}: found no environment of it")


def _locks(here: str, top: str | None, args: Namespace) -> Iterator[tuple[str, str]]:
    nearest = discovery.nearest_project(here)
    found = git.files_named("pyproject.toml", top) if top else []
    projects = sorted(map(os.path.dirname, found), key=lambda path: (path.count(os.sep), path))
    for project in projects if top else filter(None, [nearest]):
        try:
            lock = discovery.lock_of(project)
        except ProjectError:
            if project == nearest:
                raise
            lock = None  # somebody's test data
        if lock and os.path.isfile(lock):
            yield project, lock
        else:
            _note(args, f"{project}: has no lock")


def _is_of_another(prefix: str, project: str) -> bool:
    """Tell whether an environment lies in another project with a lock, such as a worktree."""
    other = discovery.nearest_project(os.path.dirname(prefix))
    if other is None or os.path.realpath(other) == os.path.realpath(project):
        return False
    try:
        return discovery.lock_of(other) is not None
    except ProjectError:
        return True


def _tried(place: Place, args: Namespace) -> Judged | LockhookError | None:
    """Return the verdict on one project, or why there is none: others have theirs all the same."""
    try:
        return _judge(place, args)
    except LockhookError as error:
        return error


def _judge(place: Place, args: Namespace) -> Judged | None:
    """Return the verdict on one project, None if its lock is none, or the environment another's."""
    where = environment.foreign(project_environment.interpreter(place.prefix))
    policy, asked = verify.policy(args).replace(allow_missing=True), verify.asked(args)
    try:
        report = verification.verify(place.lock, where, policy, asked)
    except LockfileError:
        from lockhook._authoring import lock_changes

        if not lock_changes.somebodys_own(place.lock):
            raise
        _note(args, f"{place.lock}: is no lock")
        return None
    missing = {f.package for f in report.findings if f.status == "missing"}
    if report.ok and not missing:
        _note(args, f"{place.prefix}: is what {place.lock} says")
        return Judged(place, report)
    if place.shared and 2 * len(missing) > report.summary["total"]:
        _note(args, f"{place.prefix}: has little of {place.lock}, so it is for something else")
        return None
    found = _changes(place.lock)
    if due := missing & {change.name for change in found}:
        wanted = policy.replace(allow_missing=False)
        report = verification.verify(place.lock, where, wanted, asked)
        report = _only_due(report, due, strict=args.strict)
    return Judged(place, report, found)


def _changes(lock: str) -> Sequence[Change]:
    from lockhook._authoring import lock_changes

    revision = _revision()
    return lock_changes.since(revision, lock) if revision else ()


def _revision() -> str | None:
    """Return what was checked out before, as far as pre-commit and git tell."""
    squashed = os.environ.get("PRE_COMMIT_IS_SQUASH_MERGE")
    if squashed == "1":
        return "HEAD"  # the merge is only in the work tree yet
    if squashed or "PRE_COMMIT_REWRITE_COMMAND" in os.environ:
        return "@{1}"
    return os.environ.get("PRE_COMMIT_FROM_REF")


def _only_due(report: Report, due: Collection[str], *, strict: bool) -> Report:
    """Let what is missing pass, but for what the lock has only now.

    People do not install every extra; what a branch brings they have to.
    """
    findings = tuple(
        f.replace(fails=strict or f.package in due) if f.status == "missing" else f
        for f in report.findings
    )
    return report.replace(findings=findings)


def _view(
    judged: Sequence[Judged],
    differing: Sequence[Judged],
    errors: Sequence[LockhookError],
    *,
    verbose: bool,
) -> View:
    views = [verify.view(one.report, verbose=verbose) for one in differing]
    others = [f"lockhook: {error}" for error in errors]
    return View(
        document={
            "schema": 1,
            "status": "failed" if differing else "passed",
            "projects": list(map(_document, judged)),
        },
        text=[*screen.lines(differing, verbose=verbose), *others],
        title=f"environments: {len(differing)} of {len(judged)} not as locked",
        rows=[
            ("lock", "code", "package", "finding", "where"),
            *(
                (visible(screen.shown(one.place.lock)), *row)
                for one, view in zip(differing, views, strict=True)
                for row in view.rows[1:]
            ),
        ],
        annotations=[note for view in views for note in view.annotations],
        commands=[command for view in views for command in view.commands],
    )


def _document(one: Judged) -> dict[str, Any]:
    return {
        "project": one.place.project,
        "changes": changes.documents(one.changes),
        "report": one.report.as_json(),
    }
