"""Where a lock is read from that is named to be compared: a file, or a file of a git revision."""

from __future__ import annotations

import os
import posixpath
import re
from dataclasses import dataclass
from typing import Final

from lockhook._authoring import git
from lockhook._runtime.encoding import decode
from lockhook._runtime.lock_bytes import read_bytes
from lockhook.errors import GitError, LockhookError

# At the first colon that is not in braces, as in `HEAD^{/fix: this}:uv.lock`.
_BLOB: Final = re.compile(r"((?:[^:{]|\{[^}]*\}|\{(?![^}]*\}))*):(.*)", re.DOTALL)
_STAGE: Final = re.compile("^[0-3]:")
_HINT: Final = "name a file, REVISION:PATH, or a revision that `git log` shows"
_PATHS: Final = "REVISION:PATH counts from the top of the repository, REVISION:./PATH from here"


@dataclass(frozen=True, kw_only=True, slots=True)
class LockSource:
    """Where a lock is read from.

    Attributes:
        label: how people name it.
        path: where it lies, or would lie if its revision were checked out.
        revision: "" for the file on disk.
        blob: its path as git takes it, from the top of the work tree or with ``./`` before it.
        directory: where git runs.
    """

    label: str
    path: str
    revision: str | None = None
    blob: str = ""
    directory: str = ""

    def text(self) -> str:
        """Return what the file holds.

        Raises:
            GitError: if git does not find it.
            LockfileError: if it cannot be read.
        """
        return decode(read_bytes(self.path) if self.revision is None else self._data(), self.label)

    def _data(self) -> bytes:
        name = f"{self.revision}:{self.blob}"
        try:
            data = git.blob(name, self.directory)
        except GitError as error:
            raise GitError(error.reason, path=self.label, hint=error.hint or _PATHS) from None
        if data is None:
            reason = git.why_no_blob(name, self.directory)
            raise GitError(reason, path=self.label, hint=_PATHS)
        return data

    def beside(self, path: str) -> LockSource:
        """Return another file, by its path from the directory of this one."""
        joined = os.path.normpath(os.path.join(os.path.dirname(self.path), path))
        if self.revision is None:
            return of_file(joined)
        blob = posixpath.normpath(posixpath.join(posixpath.dirname(self.blob), path))
        is_relative = self.blob.startswith("./") and not blob.startswith("../")
        blob = f"./{blob}" if is_relative else blob
        return LockSource(
            label=f"{self.revision}:{blob}",
            path=joined,
            revision=self.revision,
            blob=blob,
            directory=self.directory,
        )

    def at(self, revision: str) -> LockSource:
        """Return the same file in another revision.

        Raises:
            GitError: if git knows no such revision.
        """
        directory, name = os.path.split(os.path.abspath(self.path))
        must_be_revision(revision, self.directory or directory)
        if self.revision is not None:
            return _of_revision(revision, self.blob)
        return LockSource(
            label=f"{revision}:{self.label}",
            path=self.path,
            revision=revision,
            blob=f"./{name}",
            directory=directory,
        )


def named(text: str) -> LockSource | None:
    """Return where a lock is read from by its name, None for what can only be a revision."""
    if os.path.lexists(text) and not os.path.isdir(text):
        return of_file(text)
    found = _BLOB.fullmatch(text)
    # A drive of Windows has a colon too.
    return _of_revision(found[1], found[2]) if found and not os.path.splitdrive(text)[0] else None


def of_file(path: str) -> LockSource:
    """Return the source that is a file on disk."""
    return LockSource(label=path, path=path)


def _of_revision(revision: str, path: str) -> LockSource:
    here = os.getcwd()
    # As in git: a path counts from the top of the work tree unless it says otherwise.
    top = here if path.startswith(("./", "../")) else git.toplevel(here) or here
    return LockSource(
        label=f"{revision}:{path}",
        # `:2:PATH` is our side of a conflict in the index.
        path=os.path.join(top, path if revision else _STAGE.sub("", path)),
        revision=revision,
        blob=path,
        directory=here,
    )


def must_be_revision(text: str, directory: str) -> None:
    """Raise if git knows no revision of that name.

    Raises:
        GitError: if so.
    """
    try:
        if git.has_revision(text, directory):
            return
    except LockhookError as error:
        reason = f"is no file, and no revision can be read: {error}"
        raise GitError(reason, path=text or '""', hint=_HINT) from None
    what = "is a directory, and no" if os.path.isdir(text) else "is neither a file nor a"
    raise GitError(f"{what} revision that git knows", path=text or '""', hint=_HINT)
