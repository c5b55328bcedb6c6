"""What git knows of files. The one module that runs it."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
from contextlib import suppress
from functools import lru_cache

from lockhook.errors import GitError, MissingToolError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Final

TRACKED: Final = "tracked"
UNTRACKED: Final = "untracked"
IGNORED: Final = "ignored"
OUTSIDE: Final = "outside"  # of any work tree
UNKNOWN: Final = "unknown"  # there is a repository, and no git to read it
AWAY: Final = "away"  # a link that git tracks, to a file outside of any work tree

# What git sets for a hook, and what would make a command about one repository read another one
# (`git rev-parse --local-env-vars`). With GIT_DIR alone, git even takes the working directory for
# the top of the work tree.
_LOCAL: Final = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_CONFIG", "GIT_DIR",
        "GIT_GRAFT_FILE", "GIT_IMPLICIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_INTERNAL_SUPER_PREFIX",
        "GIT_NO_REPLACE_OBJECTS", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_REPLACE_REF_BASE",
        "GIT_SHALLOW_FILE", "GIT_WORK_TREE",
    }
)  # fmt: skip
# Reading must not take the index lock that the commit in progress needs, and what git says must
# be in the words that are looked for.
_ALWAYS: Final = {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C", "LANGUAGE": "C"}
# The first line about an object: its hash (SHA-1 or SHA-256), kind and size.
_OBJECT: Final = re.compile(rb"[0-9a-f]{40,64} (?P<kind>[a-z]+) (?P<size>\d+)")
_OUTSIDE: Final = ("not a git repository (or any", "must be run in a work tree")


def toplevel(directory: str) -> str | None:
    """Return the root of the work tree that a directory lies in, None outside of any.

    Raises:
        GitError: if git refuses to read the repository.
    """
    answer = _run(["rev-parse", "--show-toplevel"], directory)
    return os.path.normpath(answer.removesuffix("\n")) if answer else None


def status(path: str) -> str:
    """Tell what git knows of a file: one of the constants of this module.

    Of a link it tracks where that leads and no more, so the file there counts too.

    Raises:
        GitError: if git refuses to read the repository.
    """
    return statuses([path])[path]


def statuses(paths: Iterable[str]) -> dict[str, str]:
    """Tell the same of several files, which takes hardly longer if they lie in one directory."""
    found: dict[str, str] = {}
    for directory, beside in itertools.groupby(sorted(set(paths)), os.path.dirname):
        together = list(beside)
        asked = [f":(literal){os.path.basename(path)}" for path in together]
        listed = _run(["ls-files", "-z", "--", *asked], directory)
        known = None if listed is None else listed.split("\0")[:-1]
        # macOS can spell a name otherwise, but then it spells as many.
        if known is not None and len(known) == len(together):
            known = list(map(os.path.basename, together))
        found |= {path: _status(path, known) for path in together}
    return found


def _status(path: str, listed: Sequence[str] | None) -> str:
    directory, name = os.path.split(path)
    if listed is None:
        return UNKNOWN if not is_there() and _in_repository(directory) else OUTSIDE
    if name in listed:
        return _status_behind(path) if os.path.islink(path) else TRACKED
    ignored = _run(["check-ignore", "--quiet", "--", name], directory, accepted=(0, 1))
    return UNTRACKED if ignored is None else IGNORED


def _status_behind(link: str) -> str:
    target = os.path.realpath(link)
    found = status(target) if os.path.isdir(os.path.dirname(target)) else OUTSIDE
    return AWAY if found == OUTSIDE else found


def _in_repository(directory: str) -> bool:
    above = os.path.dirname(directory)
    if os.path.lexists(os.path.join(directory, ".git")):
        return True
    return above != directory and _in_repository(above)


def files_named(name: str, directory: str) -> list[str]:
    """Return the paths of all files of that name below a directory that git does not ignore."""
    answer = _run(
        ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", f":(glob)**/{name}"],
        directory,
    )
    paths = (os.path.join(directory, path) for path in dict.fromkeys((answer or "").split("\0")))
    # One that was deleted and not yet staged is listed too.
    return [path for path in paths if os.path.isfile(path)]


def has_revision(revision: str, directory: str) -> bool:
    """Tell whether a name is that of a commit, as git knows it in a directory.

    Raises:
        GitError: if git refuses to read the repository.
    """
    return _object(f"{revision}^{{commit}}", directory) is not None


def blob(name: str, directory: str) -> bytes | None:
    """Return a file of a revision as git stores it, None if there is none of that name.

    Links inside of the revision are followed, and nothing is converted.

    Args:
        name: ``REVISION:PATH`` as git takes it: the path counts from the top of the work tree,
            but for ``./PATH``, which counts from the directory.
        directory: where git runs.

    Raises:
        GitError: if git refuses to read the repository, or it is something else than a file.
        MissingToolError: if there is no git.
    """
    found = _object(name, directory)
    if found is None:
        return None
    kind, data = found
    if kind != b"blob":
        what = "directory there" if kind == b"tree" else kind.decode()
        raise GitError(f"is a {what}, not a file", path=name)
    return data


def why_no_blob(name: str, directory: str) -> str:
    """Return what git says of the name of a file that it does not find."""
    if name.startswith("-"):  # nor must it become an option
        return "no revision begins with a dash"
    done = _git(["cat-file", "-t", name], directory, environment(directory))
    if done.returncode and "could not get object info" not in done.stderr:
        return _said(done)
    return "is a submodule, or a link that leads to no file of the revision"


def _object(name: str, directory: str) -> tuple[bytes, bytes] | None:
    """Return the kind of an object and what it holds, None if there is none of that name.

    The name goes through standard input, where none is an option.
    """
    if not is_there():
        raise MissingToolError("git is needed to read a revision, and there is none")
    if "\n" in name or "\0" in name:
        return None
    done = subprocess.run(
        ["git", "cat-file", "--batch", "--follow-symlinks"],
        cwd=directory,
        input=os.fsencode(f"{name}\n"),
        capture_output=True,
        check=False,
        env=environment(directory),
    )
    # What is wrong with the name only is found out by whoever asks why.
    if done.returncode and _run(["rev-parse", "--git-dir"], directory) is None:
        raise GitError("lies in no git repository", path=directory, hint="name two files")
    head, _, rest = done.stdout.partition(b"\n")
    found = _OBJECT.fullmatch(head)
    return (found["kind"], rest[: int(found["size"])]) if found else None


def left_out(path: str) -> str | None:
    """Return the text that git has of a file that a sparse checkout leaves out, None for others."""
    directory, name = os.path.split(path)
    if os.path.lexists(path) or not os.path.isdir(directory):
        return None
    with suppress(GitError):  # whoever asks about the repository is told
        listed = _run(["ls-files", "-z", "-t", "--", f":(literal){name}"], directory) or ""
        if listed.startswith("S "):
            return _run(["cat-file", "blob", f":./{name}"], directory)
    return None


def is_rebasing(directory: str) -> bool:
    """Tell whether a rebase still has commits to put on what is checked out."""
    answer = _run(["rev-parse", "--git-path", "rebase-merge/git-rebase-todo"], directory)
    try:
        with open(os.path.join(directory, (answer or "").removesuffix("\n")), "rb") as file:
            return any(line.strip() and line[:1] != b"#" for line in file if line != b"noop\n")
    except OSError:
        return False


def hook_path(name: str, directory: str) -> str | None:
    """Return where a hook of a repository lies or would lie, None outside of any.

    Raises:
        GitError: if git refuses to read the repository.
    """
    answer = _run(["rev-parse", "--git-path", f"hooks/{name}"], directory)
    return os.path.join(directory, answer.removesuffix("\n")) if answer else None


def by_repository(paths: Sequence[str]) -> dict[str, list[str]]:
    """Return files by the root of the work tree that each lies in; those in none are left out.

    With a link comes the file that it leads to, which git tracks by itself.

    Raises:
        GitError: if git refuses to read a repository.
    """
    found: dict[str, list[str]] = {}
    for path in paths:
        for file in [path, *([os.path.realpath(path)] if os.path.islink(path) else [])]:
            directory = os.path.dirname(os.path.abspath(file))
            if os.path.isdir(directory) and (top := toplevel(directory)):
                found.setdefault(top, []).append(file)
    return found


def add_options(directory: str) -> list[str]:
    """Return what ``git add`` needs in a work tree of which a part may not be checked out."""
    asked = ["config", "--type=bool", "--get", "core.sparseCheckout"]
    answer = _run(asked, directory, accepted=(0, 1))
    return ["--sparse"] if (answer or "").strip() == "true" else []


def add(paths: Sequence[str], directory: str) -> None:
    """Stage files, ignored ones too.

    Raises:
        GitError: if git refuses.
        MissingToolError: if there is no git.
    """
    if not is_there():
        raise MissingToolError("git is needed to stage files, and there is none")
    options = ["--force", *add_options(directory)]
    done = _git(["add", *options, "--", *paths], directory, environment(directory))
    if done.returncode:
        raise GitError(f"git add failed: {_said(done)}", path=directory)


def is_there() -> bool:
    """Tell whether there is a git to run."""
    from shutil import which  # which takes as long to import as git to answer

    return which("git") is not None


def environment(directory: str) -> dict[str, str]:
    """Return the environment for a command about the repository of a directory.

    In a hook it keeps the index of the commit in progress, which with ``git commit -a`` is not the
    usual one; unless that commit is one of another repository.
    """
    local = {k: v for k, v in os.environ.items() if k in _LOCAL}
    kept = _kept(directory, os.getcwd(), tuple(local.items())) if local.keys() & _ASKED else {}
    return {**_without_local(), **kept}


_ASKED: Final = frozenset({"GIT_DIR", "GIT_INDEX_FILE"})


def _without_local() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if k not in _LOCAL} | _ALWAYS


@lru_cache
def _kept(directory: str, here: str, local: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    """Return those of git's own variables that hold for the repository of a directory."""
    asked = ["--absolute-git-dir", "--is-inside-work-tree", "--show-toplevel"]
    found = _answer(_git(["rev-parse", *asked], directory, _without_local()))
    if found is None:
        # A repository that lies elsewhere than its work tree is only found by these variables.
        return dict(local) if "GIT_WORK_TREE" in os.environ else {}
    meant = _answer(_git(["rev-parse", "--absolute-git-dir"], here, {**os.environ, **_ALWAYS}))
    # The name of a folder may have a line break.
    repository, _, top = found.removesuffix("\n").partition("\ntrue\n")
    index = os.environ.get("GIT_INDEX_FILE")
    is_meant = index and meant and os.path.samefile(repository, meant.removesuffix("\n"))
    return {"GIT_INDEX_FILE": os.path.join(top, index)} if index and is_meant else {}


def _run(
    arguments: Sequence[str], directory: str, *, accepted: tuple[int, ...] = (0,)
) -> str | None:
    """Return what git prints; None if it fails as accepted, is missing, or finds no work tree.

    Raises:
        GitError: if it fails otherwise: a repository that cannot be read must not pass for none.
    """
    try:
        done = _git(arguments, directory, environment(directory))
    except OSError as error:
        if error.filename not in {None, "git"}:  # the directory is gone
            raise
        return None
    if done.returncode in accepted or any(words in done.stderr for words in _OUTSIDE):
        return _answer(done)
    raise GitError(
        f"git cannot read the repository: {_said(done)}", path=directory, hint=_hint(done.stderr)
    )


def _answer(done: subprocess.CompletedProcess[str]) -> str | None:
    return None if done.returncode else done.stdout


def _said(done: subprocess.CompletedProcess[str]) -> str:
    lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
    return next((line for line in lines if line.startswith("fatal: ")), lines[0]).removeprefix(
        "fatal: "
    )


def _hint(stderr: str) -> str:
    command = next((line for line in stderr.splitlines() if "git config --global" in line), "")
    return command.strip() or "mend what git says, then run it again"


def _git(
    arguments: Sequence[str], directory: str, env: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", *arguments],
        cwd=directory,
        capture_output=True,
        check=False,
        encoding="utf-8",
        errors="surrogateescape",
        env=env,
    )
