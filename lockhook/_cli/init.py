"""``lockhook init``."""

from __future__ import annotations

import difflib
import os
import sys
from typing import TYPE_CHECKING, Any, Final

from lockhook._authoring import freshness, git, hook_source, init, locks, verdict
from lockhook._authoring.lines import split
from lockhook._authoring.project import FILE
from lockhook._cli.locks import git_add_paths, next_commands, shown_path
from lockhook._cli.making import directory_of
from lockhook._cli.style import Style
from lockhook._cli.view import Annotation, View, harmless, show
from lockhook._runtime.discovery import nearest_project
from lockhook._runtime.fix import quote
from lockhook._runtime.names import visible
from lockhook.errors import LockhookError, ProjectError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator, Sequence

    from lockhook._authoring.init import File, Gap, Plan
    from lockhook._authoring.verdict import Verdict

_COLOURS: Final = {"+": "green", "-": "red", "@": "cyan"}


def run(args: Namespace) -> int:
    """Set the project up, and return 0; 3 if a part of it is left to be done by hand.

    Raises:
        LockhookError: if nothing can be done; nothing is written then.
    """
    directory = directory_of(args.pyproject)
    plan = init.plan(directory, hook_source.entry(args.hook_repo, args.hook_rev))
    if not args.dry_run:
        init.write(plan)
    elif args.format == "text":
        _print_diffs(plan)
    commands = [] if args.dry_run else list(_commands(plan))
    show(_view(plan, commands, dry_run=args.dry_run, quiet=args.quiet), args.format)
    return 0 if plan.is_complete else ProjectError.exit_code


# --- what to run next ---


def _commands(plan: Plan) -> Iterator[str]:
    # From elsewhere they would be about another project.
    is_elsewhere = nearest_project(os.getcwd()) != plan.project.directory
    steps = list(_steps(plan, plan.project.directory if is_elsewhere else os.getcwd()))
    if steps and is_elsewhere:
        yield quote(["cd", plan.project.directory])
    yield from steps


def _steps(plan: Plan, directory: str) -> Iterator[str]:
    pyprojects = [file for file in plan.files if os.path.basename(file.path) == FILE]
    stage = [file.path for file in plan.files if file.is_changed or _is_untracked(file.path)]
    if plan.uv_lock and any(file.is_changed for file in pyprojects):
        yield "uv lock"
        stage.append(plan.uv_lock)
    due = _due(plan)
    if any(not verdict.is_current for verdict in due):
        yield "lockhook generate --all"
    if len(plan.files) > len(pyprojects) and not _is_installed(plan.project.directory):
        yield "pre-commit install"
    yield from git_add_paths([*stage, *(verdict.lock.path for verdict in due)], directory)


def _is_untracked(path: str) -> bool:
    return git.status(path) == git.UNTRACKED


def _due(plan: Plan) -> list[Verdict]:
    """Return the verdicts on the locks that are to be made, or only to be staged."""
    try:
        verdicts = freshness.judge_all(locks.locks_of(plan.project))
    except LockhookError:
        return []  # what keeps the project from being locked is said already
    done = {verdict.FRESH, verdict.FOREIGN, verdict.UNDECIDED}
    return [verdict for verdict in verdicts if verdict.status not in done]


def _is_installed(directory: str) -> bool:
    path = git.hook_path("pre-commit", directory)
    try:
        with open(path or "", encoding="utf-8", errors="replace") as file:
            return "pre-commit" in file.read()
    except OSError:
        return False


# --- what is said ---


def _print_diffs(plan: Plan) -> None:
    style = Style(sys.stdout)
    for line in (line for file in plan.files for line in _diff(file)):
        first, *rest = line.split("\t")
        shown = "\t".join([harmless(first), *map(visible, rest)])
        print(style(shown, *filter(None, [_COLOURS.get(line[:1])])))


def _diff(file: File) -> Iterator[str]:
    """Yield the lines of a unified diff, as ``git apply`` takes it."""
    path = shown_path(file.path)
    old = os.devnull if file.before is None else f"a/{path}"
    before, after = (split(text or "") for text in (file.before, file.after))
    for line in difflib.unified_diff(before, after, old, f"b/{path}"):
        yield line.rstrip("\r\n")
        if not line.endswith("\n"):
            yield "\\ No newline at end of file"


def _view(plan: Plan, commands: Sequence[str], *, dry_run: bool, quiet: bool) -> View:
    files = [_file(file, dry_run=dry_run) for file in plan.files]
    return View(
        document={
            "schema": 1,
            "status": "passed" if plan.is_complete else "failed",
            "dry_run": dry_run,
            "files": files,
            "notes": list(plan.notes),
            "gaps": [
                {"what": g.what, "reason": g.reason, "hint": g.hint, "lines": list(g.lines)}
                for g in plan.gaps
            ],
            "fix": list(commands),
        },
        text=list(_text(plan, files, commands, dry_run=dry_run, quiet=quiet)),
        title=f"lockhook init: {'set up' if plan.is_complete else 'not all set up'}",
        rows=[
            ("part", "status", "what"),
            *((f["path"], f["status"], "; ".join(f["changes"])) for f in files),
            *((gap.what, "to do", f"{gap.reason}; {_hint(gap)}") for gap in plan.gaps),
        ],
        annotations=list(_annotations(plan)),
        commands=commands,
    )


def _file(file: File, *, dry_run: bool) -> dict[str, Any]:
    changed = "changed" if dry_run else "written"
    return {
        "path": shown_path(file.path),
        "status": changed if file.is_changed else "unchanged",
        "changes": list(file.changes),
        "diff": "\n".join(_diff(file)),
    }


def _text(
    plan: Plan,
    files: Sequence[dict[str, Any]],
    commands: Sequence[str],
    *,
    dry_run: bool,
    quiet: bool,
) -> Iterator[str]:
    for file in [] if quiet else files:
        if not (dry_run and file["changes"]):
            yield f"{file['path']}: {file['status']}"
            yield from (f"  - {change}" for change in file["changes"])
    yield from (f"note: {note}" for note in ([] if quiet else plan.notes))
    for gap in plan.gaps:
        if gap.fails or not quiet:
            yield f"not done: {gap.what}: {gap.reason}"
            yield f"  next: {gap.hint}"
            yield from (f"    {line}" for line in gap.lines)
    yield from next_commands([] if quiet else commands)


def _hint(gap: Gap) -> str:
    """Return what to do next in one line, with no lines below it."""
    return f"{gap.hint} see `lockhook init`" if gap.lines else gap.hint


def _annotations(plan: Plan) -> Iterator[Annotation]:
    path = shown_path(plan.files[0].path)
    for note in plan.notes:
        yield Annotation(level="notice", title="lockhook init", message=note, path=path)
    for gap in plan.gaps:
        level = "error" if gap.fails else "warning"
        message = f"not done: {gap.what}: {gap.reason}; next: {_hint(gap)}"
        yield Annotation(level=level, title="lockhook init", message=message, path=path)
