"""What git knows of files. The one module that runs it."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from lockhook.errors import GitError, MissingToolError

if TYPE_CHECKING:
    from collections.abc import Sequence


def toplevel(directory: str) -> str | None:
    """Return the root of the work tree that a directory lies in, None outside of any."""
    answer = _run(["rev-parse", "--show-toplevel"], directory)
    return os.path.normpath(answer.rstrip("\n")) if answer else None


def is_tracked(path: str) -> bool | None:
    """Tell whether a file is in git's index; None if it lies in no work tree, or git is missing."""
    directory, name = os.path.split(path)
    if toplevel(directory) is None:
        return None
    return bool(_run(["ls-files", "-z", "--", f":(literal){name}"], directory))


def files_named(name: str, directory: str) -> list[str]:
    """Return the paths of all files of that name below a directory that git does not ignore."""
    answer = _run(
        ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", f":(glob)**/{name}"],
        directory,
    )
    paths = dict.fromkeys((answer or "").split("\0"))
    return [os.path.join(directory, path) for path in paths if path]


def add(paths: Sequence[str], directory: str) -> None:
    """Stage files, ignored ones too.

    Raises:
        GitError: if git refuses.
        MissingToolError: if there is no git.
    """
    if shutil.which("git") is None:
        raise MissingToolError("git is needed to stage files, and there is none")
    done = _git(["add", "--force", "--", *paths], directory)
    if done.returncode:
        raise GitError(f"git add failed: {done.stderr.strip()}", path=directory)


def _run(arguments: Sequence[str], directory: str) -> str | None:
    """Return what git prints, None if it fails or is missing."""
    try:
        done = _git(arguments, directory)
    except OSError:
        return None
    return None if done.returncode else done.stdout


def _git(arguments: Sequence[str], directory: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", *arguments],
        cwd=directory,
        capture_output=True,
        check=False,
        encoding="utf-8",
        errors="surrogateescape",
        # Reading must not take the index lock that the commit in progress needs.
        env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
    )
