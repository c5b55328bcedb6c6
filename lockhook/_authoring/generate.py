"""Making a lock: uv resolves, lockhook stamps, and the result takes the old one's place at once."""

from __future__ import annotations

import os
import platform
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockhook._authoring import freshness, inputs, locks, pins, stamp
from lockhook._authoring.diff import diff
from lockhook._authoring.stamp import Stamp
from lockhook._runtime import indexes
from lockhook._runtime.files import beside, replace_text
from lockhook._runtime.names import without_credentials
from lockhook.errors import LockfileError, LockhookError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockhook._authoring.diff import Change
    from lockhook._authoring.locks import ManagedLock
    from lockhook._authoring.pins import Pin
    from lockhook._authoring.uv import Uv


@dataclass(frozen=True, kw_only=True, slots=True)
class Upgrade:
    """What may leave the pins that it has.

    Attributes:
        everything: all packages.
        packages: these, as the caller spells them.
    """

    everything: bool = False
    packages: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Generated:
    """One lock that was made.

    Attributes:
        lock: the lock.
        changed: whether its bytes differ from what was there.
        changes: what became of its pins.
        count: how many packages it pins.
    """

    lock: ManagedLock
    changed: bool
    changes: tuple[Change, ...]
    count: int


def generate(
    wanted: Sequence[ManagedLock], uv: Uv, upgrade: Upgrade = Upgrade(), *, quiet: bool = False
) -> Iterator[Generated]:
    """Make locks of one project, and yield each when it stands.

    The one that covers most comes first, and the others prefer its pins: so they agree with it
    on every package they share.

    Raises:
        UvError: if uv fails; the lock in question is then as it was.
        LockfileError: if a file would be replaced that is no lock.
        ProjectError, UsageError: if the project does not say what to lock.
    """
    made: tuple[Pin, ...] = ()
    for lock in sorted(wanted, key=lambda lock: -len(lock.options.extras + lock.options.groups)):
        old = _old_pins(lock)
        preferred = _merged(made, () if upgrade.everything else old)
        text = resolve(lock, uv, preferred, upgrade, quiet=quiet)
        yield _replace(lock, text, old)
        made = _merged(made, pins.read(text, lock.path))


def _merged(first: tuple[Pin, ...], second: tuple[Pin, ...]) -> tuple[Pin, ...]:
    taken = {pin.name for pin in first}
    return (*first, *(pin for pin in second if pin.name not in taken))


def _old_pins(lock: ManagedLock) -> tuple[Pin, ...]:
    """Return the pins to keep.

    Raises:
        LockfileError: if the file is there and no lock, nor ever was one.
    """
    text = locks.read_text(lock.path)
    if text is None:
        return ()
    try:
        return pins.read(text, lock.path)
    except LockfileError as error:
        if freshness.looks_generated(text):
            return ()
        raise LockfileError(
            f"is no lock, and lockhook would not replace it: {error.reason}",
            path=error.path,
            line=error.line,
            hint='move it away, or name the locks to keep: [tool.lockhook.locks."cpu.txt"]',
        ) from None


def _replace(lock: ManagedLock, text: str, old: tuple[Pin, ...]) -> Generated:
    new = pins.read(text, lock.path)
    changed = locks.read_text(lock.path) != text
    if changed:
        try:
            replace_text(lock.path, text)
        except OSError as error:
            raise LockfileError(f"cannot be written: {error.strerror}", path=lock.path) from None
    return Generated(
        lock=lock, changed=changed, changes=tuple(diff(old, new)), count=len({p.name for p in new})
    )


def resolve(
    lock: ManagedLock,
    uv: Uv,
    preferred: tuple[Pin, ...] = (),
    upgrade: Upgrade = Upgrade(),
    *,
    quiet: bool = False,
) -> str:
    """Return the whole text of a lock as uv resolves it now.

    Args:
        lock: the lock; its file is not touched.
        uv: the uv to use.
        preferred: pins to keep where they still hold.
        upgrade: which of them not to keep.
        quiet: do not show uv's progress.
    """
    found = inputs.of_lock(lock.project, lock.options)
    python = lowest_python(lock)
    arguments = _arguments(lock, python)
    with _temporary(lock, pins.as_requirements(preferred)) as output:
        uv.run(
            [*arguments, *_upgrades(upgrade), *_running(output)],
            directory=lock.project.directory,
            quiet=quiet,
        )
        with open(output, encoding="utf-8", newline="") as file:
            resolved = file.read()
    body = _header(arguments, lock.name) + _index_lines(lock, resolved) + resolved
    return stamp.embed(body, _stamp(lock, found, python, body), lock.name)


def _arguments(lock: ManagedLock, python: str) -> list[str]:
    """Return the command that makes the lock, as its header tells it: relative names only."""
    options = lock.options
    return [
        *("pip", "compile", "pyproject.toml"),
        *(["--universal"] if options.universal else []),
        *("--python-version", python),
        *(part for extra in options.extras for part in ("--extra", extra)),
        *(part for group in options.groups for part in ("--group", group)),
        *(["--generate-hashes"] if options.hashes and not lock.name.endswith(".toml") else []),
        *(["--exclude-newer", options.exclude_newer] if options.exclude_newer else []),
    ]


def _upgrades(upgrade: Upgrade) -> list[str]:
    # `--upgrade` is not needed: without preferred pins there is nothing to keep.
    return [f"--upgrade-package={package}" for package in upgrade.packages]


def _running(output: str) -> list[str]:
    """Return what the command needs here and the header must not tell."""
    return [
        # Any interpreter will do, since the lowest version is given; without this, uv would try
        # to download the one of that version.
        *("--python", sys.executable),
        *("--no-header", "--output-file", os.path.basename(output)),
    ]


@contextmanager
def _temporary(lock: ManagedLock, seed: str) -> Iterator[str]:
    """Yield a new file beside the lock, for uv to read its preferences from and to write to.

    Beside it, because a ``pylock.toml`` holds paths relative to itself; with a name that tells
    uv the format.
    """
    is_pylock = lock.name.endswith(".toml")
    path = (
        beside(os.path.join(lock.project.directory, "pylock"), prefix="", suffix=".toml")
        if is_pylock
        else beside(lock.path, suffix=".txt")
    )
    try:
        with open(path, "x", encoding="utf-8") as file:
            file.write("" if is_pylock else seed)
        yield path
    except OSError as error:
        raise LockhookError(f"cannot be written: {error.strerror}", path=lock.path) from None
    finally:
        with suppress(OSError):
            os.unlink(path)


def lowest_python(lock: ManagedLock) -> str:
    """Return the lowest Python that a lock serves.

    Without a lower bound in the project, an existing lock keeps the one it has, so that another
    machine makes the same lock.
    """
    declared = lock.options.python_version or lock.project.lowest_python
    if declared:
        return declared
    old = locks.read_stamp(lock.path)
    return old.python if old else "{}.{}".format(*sys.version_info[:2])


def _header(arguments: Sequence[str], name: str) -> str:
    # In uv's own words, which Renovate and Dependabot look for.
    command = " ".join(["uv", *arguments, f"--output-file={name}"])
    return f"# This file was autogenerated by uv via the following command:\n#    {command}\n"


def _index_lines(lock: ManagedLock, resolved: str) -> str:
    """Return the line that lets plain ``pip install -r`` find the pins from the CPU index."""
    if lock.name.endswith(".toml") or not lock.options.emit_index:
        return ""
    cpu = indexes.of_project(lock.project.pyproject, lock.project.directory).cpu
    labelled = any("+" in pin.version for pin in pins.read(resolved, lock.path))
    return f"--extra-index-url {without_credentials(cpu)}\n" if cpu and labelled else ""


def _stamp(lock: ManagedLock, found: inputs.Inputs, python: str, body: str) -> Stamp:
    where = "" if lock.options.universal else f"{sys.platform}-{platform.machine().lower()}"
    return Stamp(
        inputs=found,
        inputs_digest=found.digest(),
        body_digest=stamp.body_digest(body),
        python=python,
        platform=where,
    )
