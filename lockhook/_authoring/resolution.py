"""One lock as uv resolves it now: its text, with header and stamp, free of leaks and secrets."""

from __future__ import annotations

import os
import platform
import re
import shlex
import sys
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from lockhook._authoring import (
    comments,
    cpu_policy,
    hashes,
    inputs,
    local_lines,
    locks,
    members,
    pins,
    stamp,
    steering,
)
from lockhook._authoring.config import BASE, PYLOCK
from lockhook._authoring.cpu_policy import SOURCE
from lockhook._authoring.stamp import Stamp
from lockhook._authoring.uv import is_offline
from lockhook._runtime import indexes
from lockhook._runtime.files import beside, token
from lockhook._runtime.names import without_credentials
from lockhook.errors import LeakError, LockhookError, UvError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lockhook._authoring.cpu_policy import Leak, Policy
    from lockhook._authoring.locks import ManagedLock
    from lockhook._authoring.members import Local
    from lockhook._authoring.pin import Pin
    from lockhook._authoring.uv import Uv


_LEAKS: Final = "would not be CPU-only, so it is not written:"
# A package that comes from the CPU index can bring another one of the family in.
_ROUNDS: Final = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Resolver:
    """One lock, and what uv is told about it each time that it is asked.

    Attributes:
        lock: the lock; its file is not touched.
        uv: the uv to use.
        preferred: pins to keep where they still hold.
        limits: versions that an upgrade must keep to, such as ``numpy<2``.
        quiet: do not show uv's progress.
        offline: take everything from uv's cache.
    """

    lock: ManagedLock
    uv: Uv
    preferred: tuple[Pin, ...] = ()
    limits: Sequence[str] = ()
    quiet: bool = False
    offline: bool = False

    def resolve(self) -> str:
        """Return the whole text of the lock as uv resolves it now.

        Raises:
            LeakError: if the resolution brings an accelerator build.
            UvError: if uv fails.
        """
        lock = self.lock
        found, python = lock.inputs(), lock.lowest_python
        resolved = self._with_every_hash(self.clean())
        head = _header(_arguments(lock, python), lock.name)
        body = head + _index_lines(lock, resolved) + resolved.removeprefix(head)
        return stamp.embed(body, _stamp(lock, found, python, body), lock.name)

    def clean(self, wanted: tuple[str, ...] = (), rounds: int = _ROUNDS) -> str:
        """Return what uv writes once transitive torch comes from the CPU index.

        Args:
            wanted: what to take from there, as far as it is known.
            rounds: how often more may turn up.

        Raises:
            LeakError: if the resolution brings an accelerator build all the same.
            UvError: if uv fails.
        """
        policy = cpu_policy.of_lock(self.lock)
        text = self.compile(wanted)
        found = tuple(cpu_policy.leaks(_pins(text, self.lock), policy))
        if not found:
            return comments.rewrite(
                text,
                without=steering.NAME,
                keep_index=lambda url: cpu_policy.is_cpu_index(url, policy),
            )
        more = steering.requirements(leak for leak in found if leak.kind == SOURCE)
        if not (policy.cpu_index and rounds and set(more) - set(wanted)):
            raise self._refused(found, wanted, policy)
        return self.clean(tuple(sorted({*wanted, *more})), rounds - 1)

    def _refused(self, found: Sequence[Leak], wanted: Sequence[str], policy: Policy) -> LeakError:
        told = self._told()
        every = [
            pin._replace(via=tuple(who for who in pin.via if not steering.is_ours(who)))
            for pin in _pins(told.compile(wanted), told.lock)
        ]
        lines = [_LEAKS, *cpu_policy.explain(found, every)]
        return LeakError(
            "\n".join(lines),
            path=self.lock.path,
            hint=cpu_policy.mend(found, policy),
        )

    def annotated(self) -> tuple[Pin, ...]:
        """Return the pins of the resolution, each with what wants it.

        Raises:
            LeakError: if the resolution brings an accelerator build.
            UvError: if uv fails.
        """
        told = self._told()
        return _pins(told.clean(), told.lock)

    def listed(self) -> tuple[Pin, ...]:
        """Return the pins of the resolution, each with its files; from uv's cache alone.

        Raises:
            LeakError: if the resolution brings an accelerator build.
            UvError: if uv fails.
        """
        lister = self._lister()
        return _pins(lister.clean(), lister.lock)

    def _lister(self) -> Resolver:
        # Of the formats, only this one lists files.
        return replace(self, lock=self.lock.replace(name=PYLOCK), offline=True, quiet=True)

    def _with_every_hash(self, text: str) -> str:
        if not (self.lock.options.hashes and hashes.are_incomplete(self.lock.project.uv)):
            return text
        preferred = _pins(text, self.lock)
        return hashes.complete(text, replace(self._lister(), preferred=preferred).clean())

    def _told(self) -> Resolver:
        # A pylock.toml tells nothing of who wants its packages.
        options = self.lock.options.replace(hashes=False)
        return replace(self, lock=self.lock.replace(name=BASE, options=options))

    def compile(self, wanted: Sequence[str] = ()) -> str:
        """Return what uv writes, which takes some packages from the CPU index; with its header."""
        arguments = _arguments(self.lock, self.lock.lowest_python)
        head = _header(arguments, self.lock.name)
        directory = self.lock.project.directory
        found = members.of(self.lock.project, *inputs.covered(self.lock.project, self.lock.options))
        with ExitStack() as stack:
            seed = pins.preferences(self.preferred, self.lock.name)
            output = stack.enter_context(_temporary(self.lock, seed))
            if wanted:
                second = stack.enter_context(steering.second_project(wanted, self.lock.project))
                arguments.insert(3, second)
            run = [*arguments, *_upgrades(self.limits), *_running(output)]
            run += ["--offline"] if self.offline else []
            run += self._asking_anew(found)
            try:
                self.uv.run(run, directory=directory, quiet=self.quiet)
            except UvError as error:
                error.path = error.path or self.lock.path
                raise
            with open(output, encoding="utf-8", newline="") as file:
                text = _without_secrets(file.read())
        is_pylock = self.lock.name.endswith(".toml")
        return head + (text if is_pylock else local_lines.rewrite(text, found, self.lock.project))

    def _asking_anew(self, found: Iterable[Local]) -> list[str]:
        if self.offline and not is_offline():
            return []  # uv has asked before, or there is nothing to be had
        here = (local.project for local in found if local.project is not None)
        return members.asking_anew([self.lock.project, *here], offline=is_offline())


def _pins(text: str, lock: ManagedLock) -> tuple[Pin, ...]:
    return pins.read(text, lock.path, is_ours=True)


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
        # A pylock.toml takes none, and uv says so each time.
        *([] if output.endswith(".toml") else ["--emit-index-annotation"]),
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
        os.path.join(lock.project.directory, f"{locks.TEMPORARY}{token()}.toml")
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
        raise unwritable(lock, error) from None


def unwritable(lock: ManagedLock, error: OSError) -> LockhookError:
    """Return the error of a lock that cannot be written, with what to do."""
    return LockhookError(
        f"cannot be written: {error.strerror}; the lock is as it was",
        path=lock.path,
        hint="make the folder writable and free some space, then run it again",
    )


def _header(arguments: Sequence[str], name: str) -> str:
    # In uv's own words, which Renovate and Dependabot look for.
    command = shlex.join(["uv", *arguments, f"--output-file={name}"])
    return f"# This file was autogenerated by uv via the following command:\n#    {command}\n"


def _index_lines(lock: ManagedLock, resolved: str) -> str:
    """Return the line that lets plain ``pip install -r`` find the pins from the CPU index."""
    if lock.name.endswith(".toml") or not lock.options.emit_index:
        return ""
    entry = indexes.cpu_entry(lock.project.uv)
    labelled = any("+" in pin.version for pin in _pins(resolved, lock))
    if not (entry and labelled):
        return ""
    # A flat index is a page or a folder of files, which pip calls by another name.
    option = "--find-links" if entry.get("format") == "flat" else "--extra-index-url"
    return f"{option} {without_credentials(entry['url'])}\n"


def _stamp(lock: ManagedLock, found: inputs.Inputs, python: str, body: str) -> Stamp:
    where = "" if lock.options.universal else f"{sys.platform}-{platform.machine().lower()}"
    return Stamp(
        inputs=found,
        inputs_digest=found.digest(),
        body_digest=stamp.body_digest(body),
        python=python,
        platform=where,
    )
