"""Making a lock: uv resolves, lockhook stamps, and the result takes the old one's place at once."""

from __future__ import annotations

import os
import platform
import re
import shlex
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from packaging.requirements import InvalidRequirement, Requirement

from lockhook._authoring import inputs, locks, pins, stamp
from lockhook._authoring.diff import diff
from lockhook._authoring.freshness import HANDS_OFF
from lockhook._authoring.stamp import Stamp
from lockhook._runtime import indexes
from lockhook._runtime.files import beside, replace_text
from lockhook._runtime.names import normalize, without_credentials
from lockhook.errors import LockfileError, LockhookError, UsageError, UvError

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
        packages: normalised names.
        limits: of those the ones that were given with a version, such as ``numpy<2``.
    """

    everything: bool = False
    packages: frozenset[str] = frozenset()
    limits: tuple[str, ...] = ()

    @classmethod
    def parse(cls, packages: Sequence[str], *, everything: bool = False) -> Upgrade:
        """Return an upgrade of packages as they are given on a command line.

        Raises:
            UsageError: if one is neither a name nor a name with versions.
        """
        found = [_package(text) for text in packages]
        return cls(
            everything=everything,
            packages=frozenset(one.name for one in found),
            limits=tuple(f"{one.name}{one.specifier}" for one in found if one.specifier),
        )

    def may_change(self, pin: Pin) -> bool:
        """Tell whether a pin need not be kept."""
        return self.everything or pin.name in self.packages


def _package(text: str) -> Requirement:
    try:
        found = Requirement(text)
    except InvalidRequirement:
        found = None
    if found is None or found.url or found.marker or found.extras:
        raise UsageError(
            f"--upgrade-package {text!r} is not a package",
            hint="give a name such as numpy, or a name with versions such as 'numpy<2.3'",
        )
    found.name = normalize(found.name)
    return found


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
    # All of them are read first, so that one which must not be replaced stops the others too.
    ordered = sorted(wanted, key=lambda lock: -len(lock.options.extras + lock.options.groups))
    made: tuple[Pin, ...] = ()
    for lock, old in [(lock, _old_pins(lock)) for lock in ordered]:
        kept = tuple(pin for pin in old if not upgrade.may_change(pin))
        text = resolve(lock, uv, _merged(made, kept), upgrade.limits, quiet=quiet)
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
        return pins.read_ours(text, lock.path)
    except LockfileError as error:
        if pins.looks_generated(text):
            return ()
        raise LockfileError(
            f"is no lock, and lockhook does not replace it: {error.reason}",
            path=error.path,
            line=error.line,
            hint=HANDS_OFF,
        ) from None


def _replace(lock: ManagedLock, text: str, old: tuple[Pin, ...]) -> Generated:
    new = pins.read(text, lock.path)
    changed = locks.read_text(lock.path) != text
    if changed:
        try:
            replace_text(lock.path, text)
        except OSError as error:
            raise _unwritable(lock, error) from None
    return Generated(
        lock=lock, changed=changed, changes=tuple(diff(old, new)), count=len({p.name for p in new})
    )


def resolve(
    lock: ManagedLock,
    uv: Uv,
    preferred: tuple[Pin, ...] = (),
    limits: Sequence[str] = (),
    *,
    quiet: bool = False,
) -> str:
    """Return the whole text of a lock as uv resolves it now.

    Args:
        lock: the lock; its file is not touched.
        uv: the uv to use.
        preferred: pins to keep where they still hold.
        limits: versions that an upgrade must keep to, such as ``numpy<2``.
        quiet: do not show uv's progress.
    """
    found = lock.inputs()
    python = lowest_python(lock)
    arguments = _arguments(lock, python)
    with _temporary(lock, pins.preferences(preferred, lock.name)) as output:
        try:
            uv.run(
                [*arguments, *_upgrades(limits), *_running(output)],
                directory=lock.project.directory,
                quiet=quiet,
            )
        except UvError as error:
            error.path = error.path or lock.path
            raise
        with open(output, encoding="utf-8", newline="") as file:
            resolved = _without_secrets(file.read())
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


def _upgrades(limits: Sequence[str]) -> list[str]:
    # What may be upgraded without a limit is not among the preferred pins, so uv need not be told:
    # then a lock that comes second still takes the pins of the first.
    return [f"--upgrade-package={limit}" for limit in limits]


# The part of a URL that says who asks. Over HTTP all of it may be a secret: tokens are given as
# user names. The user of `ssh://git@host` is none, and the URL is wrong without it.
_USER: Final = re.compile(r"(\w://)([^\s/?#:]*)(:[^\s/?#]*)?@")


def _without_secrets(text: str) -> str:
    """Return a lock without the credentials that uv copies from direct references."""
    return _USER.sub(_without_secret, text)


def _without_secret(found: re.Match[str]) -> str:
    is_ssh = found[1] == "h://"
    return f"{found[1]}{found[2]}@" if is_ssh else found[1]


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
        os.path.join(lock.project.directory, f"{locks.TEMPORARY}{os.urandom(4).hex()}.toml")
        if is_pylock
        else beside(lock.path, suffix=".txt")
    )
    try:
        _write_new(path, seed, lock)
        yield path
    finally:
        with suppress(OSError):
            os.unlink(path)


def _write_new(path: str, text: str, lock: ManagedLock) -> None:
    try:
        with open(path, "x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise _unwritable(lock, error) from None


def _unwritable(lock: ManagedLock, error: OSError) -> LockhookError:
    return LockhookError(
        f"cannot be written: {error.strerror}; the lock is as it was",
        path=lock.path,
        hint="make the folder writable and free some space, then run it again",
    )


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
    command = shlex.join(["uv", *arguments, f"--output-file={name}"])
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
