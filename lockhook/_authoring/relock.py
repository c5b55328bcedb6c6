"""uv.lock is uv's file: it is made by ``uv lock``, and put back if what that makes leaks."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet

from lockhook._authoring import cpu_policy, cpu_setup, formats, members, pins, uv_metadata
from lockhook._authoring.cpu_policy import SOURCE
from lockhook._authoring.resolution import unwritable
from lockhook._authoring.uv import is_offline
from lockhook._runtime import indexes, uv_config
from lockhook._runtime.files import replace_text
from lockhook._runtime.names import without_credentials
from lockhook.errors import LeakError, LockfileError, LockhookError, UvError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockhook._authoring.cpu_policy import Leak
    from lockhook._authoring.locks import ManagedLock
    from lockhook._authoring.project import Project
    from lockhook._authoring.uv import Uv


def relock(lock: ManagedLock, uv: Uv, old: str, *, quiet: bool = False) -> str:
    """Run ``uv lock``, and return the text of what it made.

    Args:
        lock: the uv.lock of a project.
        uv: the uv to use.
        old: what is there now, and will be again if the result leaks.
        quiet: do not show uv's progress.

    Raises:
        LeakError: if the result brings an accelerator build.
        UvError: if uv fails.
    """
    existed = os.path.exists(lock.path)
    try:
        if existed:
            _heal(lock, old)
        run = [
            "lock",
            *_python(lock),
            *members.asking_anew(_everyone(lock.project), offline=is_offline()),
        ]
        uv.run(run, directory=lock.project.directory, quiet=quiet)
        with open(lock.path, encoding="utf-8", newline="") as file:
            new = file.read()
        formats.refuse_downgrade(lock, old, new)
        refuse_leaks(lock, new)
    except BaseException as error:
        _put_back(lock, old, existed=existed)
        if isinstance(error, UvError):
            error.path = error.path or lock.path
        raise
    return new


def _everyone(project: Project) -> Iterator[Project]:
    """Yield the projects on this disk that are in the lock of one of them."""
    for one in members.everyone(project):
        yield one
        found = members.of(one, tuple(one.extras), one.groups)
        yield from (local.project for local in found if local.project)


def _put_back(lock: ManagedLock, old: str, *, existed: bool) -> None:
    if not existed:
        with suppress(FileNotFoundError):
            _unlink(lock)
        return
    try:
        _write(lock, old)
    except OSError as error:
        raise LockhookError(
            f"uv changed it, and it cannot be put back as it was: {error.strerror}",
            path=lock.path,
            hint="mend that, restore the file with git, then run it again",
        ) from None


def _write(lock: ManagedLock, text: str) -> None:
    """Give a lock a text, unless it has it: where nothing can be written, nothing may be needed."""
    with suppress(OSError, ValueError), open(lock.path, encoding="utf-8", newline="") as file:
        if file.read() == text:
            return
    replace_text(lock.path, text)


def _python(lock: ManagedLock) -> list[str]:
    """Return how to tell uv to use the running interpreter, unless the project excludes it.

    uv locks with none that ``requires-python`` excludes; then it looks for another one.
    """
    everyone = uv_metadata.projects_of(lock.project)
    admitted = SpecifierSet(",".join(one.requires_python for one in everyone))
    running = "{}.{}.{}".format(*sys.version_info[:3])
    return ["--python", sys.executable] if admitted.contains(running, prereleases=True) else []


def _heal(lock: ManagedLock, old: str) -> None:
    """Take away what uv could not read: a merge's conflict marks, or the whole of a wreck."""
    for text in (old, pins.our_side(old)):
        try:
            pins.read(text, lock.path)
        except LockfileError:
            continue
        try:
            _write(lock, text)
        except OSError as error:
            raise unwritable(lock, error) from None
        return
    _unlink(lock)


def _unlink(lock: ManagedLock) -> None:
    # uv writes through a link, to a file that is not there too.
    os.unlink(os.path.realpath(lock.path))


def refuse_leaks(lock: ManagedLock, text: str) -> None:
    """Raise if the text of a uv.lock brings an accelerator build.

    Raises:
        LeakError: with the chains that brought it in, and the lines that mend it.
    """
    policy = cpu_policy.of_lock(lock)
    every = pins.read(text, lock.path)
    found = tuple(cpu_policy.leaks(every, policy))
    if found:
        lines = [
            "would not be CPU-only, so it is put back as it was:",
            *cpu_policy.explain(found, every),
        ]
        mending = list(lines_for(found, lock.project))
        lines += ["  to mend it, pyproject.toml needs:" * bool(mending), *mending]
        hint = "add these lines to pyproject.toml, or let `lockhook init` do it, and run `uv lock`"
        raise LeakError(
            "\n".join(filter(None, lines)),
            path=lock.path,
            hint=hint if mending else cpu_policy.mend(found, policy),
        )


def lines_for(leaks: Sequence[Leak], project: Project) -> Iterator[str]:
    """Yield the lines of a pyproject.toml that make ``uv lock`` take packages from the CPU index.

    A constraint makes a source hold for what is only transitive, if it has a specifier.

    Args:
        leaks: what is wrong with the lock.
        project: what its pyproject.toml has already is not repeated.
    """
    names = sorted({leak.pin.name for leak in leaks if leak.kind == SOURCE})
    if not names:
        return
    pyproject = project.pyproject
    entry = cpu_setup.cpu_entry(pyproject, project.uv.uv_toml)
    is_there = cpu_setup.place_of(entry, pyproject) is not None
    constraints = [
        *project.requirements_of_uv("constraint-dependencies"),
        *(f"{name}>=0" for name in names),
    ]
    sourced = uv_config.of_document(pyproject).sources.keys()
    index = entry.get("name", "") if is_there else cpu_setup.new_name(entry, pyproject)
    yield "    [tool.uv]"
    yield f"    constraint-dependencies = [{', '.join(map(_quoted, constraints))}]"
    if missing := [name for name in names if name not in sourced]:
        yield "    [tool.uv.sources]"
        yield from (f"    {name} = {{ index = {_quoted(index)} }}" for name in missing)
    if not is_there:
        # Sources can name none of a uv.toml.
        yield "    [[tool.uv.index]]"
        yield f"    name = {_quoted(index)}"
        yield f"    url = {_quoted(entry.get('url', indexes.CPU_URL))}"
        yield "    explicit = true"


def _quoted(text: str) -> str:
    return f'"{without_credentials(text)}"'
