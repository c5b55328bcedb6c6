"""What `generate`, `sync` and `check` say of locks."""

from __future__ import annotations

import os

from lockhook._authoring import git
from lockhook._authoring.verdict import CODES, FRESH, Verdict
from lockhook._cli import changes
from lockhook._cli.view import Annotation, View

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any, Final

    from lockhook._authoring.generate import Generated
    from lockhook._authoring.locks import ManagedLock


_NOTHING: Final = "no lock concerns these files"


def shown(lock: ManagedLock) -> str:
    """Return a lock's path as people name it from here."""
    return shown_path(lock.path)


def shown_path(path: str, directory: str | None = None) -> str:
    """Return an absolute path as people name it from a directory, by default from here."""
    relative = os.path.relpath(path, directory)
    return path if relative.startswith("..") else relative


def git_add(locks: Sequence[ManagedLock]) -> list[str]:
    """Return the commands that stage locks, none if no repository holds them."""
    return git_add_paths([lock.path for lock in locks])


def git_add_paths(paths: Sequence[str], directory: str | None = None) -> list[str]:
    """Return the commands that stage files, one for each repository that holds some.

    Args:
        paths: absolute.
        directory: where they are to be run, by default here.
    """
    if not paths:
        return []
    from lockhook._runtime.fix import quote  # of no use where all is well

    here = directory or os.getcwd()
    own = git.toplevel(here)
    return [
        quote(_git_add(files, top, here, is_own=top == own))
        for top, files in git.by_repository(paths).items()
    ]


def _git_add(files: Sequence[str], top: str, here: str, *, is_own: bool) -> list[str]:
    names = [shown_path(f, here) if is_own else os.path.relpath(f, top) for f in files]
    # Without it, git refuses what `.gitignore` names.
    force = ["--force"] if git.IGNORED in map(git.status, files) else []
    return [
        *("git", *([] if is_own else ["-C", shown_path(top, here)])),
        *("add", *force, *git.add_options(top)),
        *(f"./{name}" if name.startswith("-") else name for name in dict.fromkeys(names)),
    ]


def view(
    verdicts: Sequence[Verdict],
    made: Sequence[Generated],
    commands: Sequence[str],
    *,
    ok: bool,
    nothing: bool = False,
) -> View:
    """Return verdicts, and what was made anew, for every format.

    Args:
        verdicts: those to show.
        made: the locks that were made anew.
        commands: what to run next.
        ok: whether the command passes.
        nothing: whether there was no lock to look at, which silence would hide.
    """
    bad = [verdict for verdict in verdicts if verdict.status != FRESH]
    documents = [_document(verdict, _of(verdict, made)) for verdict in verdicts]
    return View(
        document={
            "schema": 1,
            "status": "passed" if ok else "failed",
            "locks": documents,
            "fix": list(commands),
        },
        text=[_NOTHING] if nothing else [*_text(verdicts, made), *next_commands(commands)],
        title=f"locks: {'all fresh' if not bad else f'{len(bad)} not fresh'}",
        rows=[("lock", "status", "why"), *map(_row, verdicts)],
        sections=sections(made),
        annotations=[_annotation(verdict) for verdict in bad],
        commands=commands,
    )


def _of(verdict: Verdict, made: Sequence[Generated]) -> Generated | None:
    return next((one for one in made if one.lock.path == verdict.lock.path), None)


def _document(verdict: Verdict, made: Generated | None) -> dict[str, Any]:
    return {
        "lockfile": shown(verdict.lock),
        "status": verdict.status,
        "code": CODES.get(verdict.status),
        "reasons": list(verdict.reasons),
        "regenerated": made is not None,
        "changes": changes.documents(made.changes) if made else [],
        "notes": list(made.notes) if made else [],
    }


def sections(made: Iterable[Generated]) -> list[tuple[str, list[tuple[str, ...]]]]:
    """Return what became of the pins of locks as tables, those of which a pin changed."""
    return [(shown(one.lock), changes.rows(one.changes)) for one in made if one.changes]


def _text(verdicts: Sequence[Verdict], made: Sequence[Generated]) -> Iterator[str]:
    for verdict in verdicts:
        yield f"{shown(verdict.lock)}: {verdict.status}"
        yield from (f"  - {reason}" for reason in verdict.reasons)
        if again := _of(verdict, made):
            yield from outcome(again)


def outcome(made: Generated) -> Iterator[str]:
    """Yield the lines that tell what became of a lock's pins."""
    yield "  regenerated:" if made.changes else "  regenerated: no pin changed"
    yield from (f"    {change}" for change in made.changes)
    yield from (f"  note: {line}" for line in made.notes)


def next_commands(commands: Sequence[str]) -> Iterator[str]:
    """Yield the lines that say what to run next, none if there is nothing."""
    if commands:
        yield ""
        yield "Next, run:"
        yield from (f"  {command}" for command in commands)


def _row(verdict: Verdict) -> tuple[str, ...]:
    return shown(verdict.lock), verdict.status, "; ".join(verdict.reasons)


def _annotation(verdict: Verdict) -> Annotation:
    return Annotation(
        level="error",
        title=f"{CODES[verdict.status]} {verdict.status}",
        message="; ".join(verdict.reasons),
        path=shown(verdict.lock),
    )
