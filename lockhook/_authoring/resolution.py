"""One lock as uv resolves it now: its text, with header and stamp, free of leaks and secrets."""

from __future__ import annotations

import os
import re
import shlex
import sys
from contextlib import ExitStack, contextmanager, suppress

from lockhook._authoring import (
    comments,
    cpu_policy,
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
from lockhook._runtime.encoding import with_line_feeds
from lockhook._runtime.files import beside, token
from lockhook._runtime.names import without_credentials
from lockhook._runtime.record import Record
from lockhook.errors import LeakError, LockhookError, UvError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Final

    from lockhook._authoring.cpu_policy import Leak, Policy
    from lockhook._authoring.inputs import Inputs
    from lockhook._authoring.locks import ManagedLock
    from lockhook._authoring.members import Local
    from lockhook._authoring.pin import Pin
    from lockhook._authoring.uv import Uv


_LEAKS: Final = "would not be CPU-only, so it is not written:"
# A package that comes from the CPU index can bring another one of the family in.
_ROUNDS: Final = 5


class Resolution(Record):
    """What became of one lock.

    Attributes:
        text: the whole lock.
        pins: its pins.
        steered: what uv was told to take from the CPU index.
        clean: the same as uv wrote it, of a lock that is settled.
    """

    text: str
    pins: tuple[Pin, ...]
    steered: tuple[str, ...] = ()
    clean: str = ""


class Clean(Record):
    """What uv wrote that leaks nothing: without stamp, and with pins that tell their indexes."""

    text: str
    pins: tuple[Pin, ...]
    steered: tuple[str, ...]


class Resolver(Record):
    """One lock, and what uv is told about it each time that it is asked.

    Attributes:
        lock: the lock; its file is not touched.
        uv: the uv to use.
        preferred: pins to keep where they still hold.
        limits: versions that an upgrade must keep to, such as ``numpy<2``.
        quiet: do not show uv's progress.
        offline: take everything from uv's cache.
        settled: what the lock is, if uv need only resolve the same for it to stay so to the byte.
    """

    lock: ManagedLock
    uv: Uv
    preferred: tuple[Pin, ...] = ()
    limits: Sequence[str] = ()
    quiet: bool = False
    offline: bool = False
    settled: Resolution | None = None

    def resolve(self) -> Resolution:
        """Return the lock as uv resolves it now.

        Raises:
            LeakError: if the resolution brings an accelerator build.
            UvError: if uv fails.
        """
        found = self.lock.inputs()
        return self._stays(found) or self._resolution(self.clean(), found)

    def _stays(self, inputs: Inputs) -> Resolution | None:
        """Return the lock if it comes out as it is where uv is told at once what it needs to hear.

        Else uv has to be asked twice: what comes from elsewhere shows what to tell it.
        """
        guess = steering.guess(self.settled.pins, self.lock) if self.settled else ()
        if guess:
            with suppress(UvError):
                clean, found = self._attempt(guess)
                made = None if found else self._resolution(clean, inputs)
                return made if made and made.clean else None
        return None

    def _resolution(self, clean: Clean, inputs: Inputs) -> Resolution:
        lock = self.lock
        resolved = self._with_every_hash(clean)
        if self.settled and resolved == self.settled.clean:
            return self.settled.replace(steered=clean.steered)
        head = _header(_arguments(lock, lock.lowest_python), lock.name)
        body = head + _index_lines(lock, clean.pins) + resolved.removeprefix(head)
        text = _stamped(lock, body, inputs)
        return Resolution(text=text, pins=pins.read(text, lock.path), steered=clean.steered)

    def clean(self, wanted: tuple[str, ...] = (), rounds: int = _ROUNDS) -> Clean:
        """Return what uv writes once transitive torch comes from the CPU index.

        Args:
            wanted: what to take from there, as far as it is known.
            rounds: how often more may turn up.

        Raises:
            LeakError: if the resolution brings an accelerator build all the same.
            UvError: if uv fails.
        """
        clean, found = self._attempt(wanted)
        if not found:
            return clean
        policy = cpu_policy.of_lock(self.lock)
        more = steering.requirements(leak for leak in found if leak.kind == SOURCE)
        if not (policy.cpu_index and rounds and set(more) - set(wanted)):
            raise self._refused(found, wanted, policy)
        return self.clean(tuple(sorted({*wanted, *more})), rounds - 1)

    def _attempt(self, wanted: tuple[str, ...]) -> tuple[Clean, tuple[Leak, ...]]:
        """Return what uv writes that takes some packages from the CPU index, and its leaks."""
        policy = cpu_policy.of_lock(self.lock)
        raw = self.compile(wanted)
        text = self._without_traces(raw, policy)
        if self.settled and text == self.settled.clean:
            known = self.settled.pins
            if not any(cpu_policy.leaks(known, policy)):
                return Clean(text=text, pins=known, steered=wanted), ()
        found = _pins(raw, self.lock)
        leaks = tuple(cpu_policy.leaks(found, policy))
        return Clean(text=text, pins=found, steered=wanted), leaks

    def _without_traces(self, text: str, policy: Policy) -> str:
        if self.lock.name.endswith(".toml"):
            return text  # which has no comments
        return comments.rewrite(
            text,
            without=steering.NAME,
            keep_index=lambda url: cpu_policy.is_cpu_index(url, policy),
        )

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
        return _pins(told.clean().text, told.lock)

    def listed(self, steered: tuple[str, ...] = ()) -> tuple[Pin, ...]:
        """Return the pins that need not install everywhere, with their files; from uv's cache.

        Args:
            steered: what uv was told to take from the CPU index.

        Raises:
            UvError: if uv fails.
        """
        lister = self._lister()
        text = _without_sdists(lister.compile(steered))
        return _pins(text, lister.lock) if text else ()

    def _lister(self) -> Resolver:
        # Of the formats, only this one lists files.
        return self.replace(lock=self.lock.replace(name=PYLOCK), offline=True, quiet=True)

    def _with_every_hash(self, clean: Clean) -> str:
        if not self.lock.options.hashes:
            return clean.text
        from lockhook._authoring import hashes

        if not hashes.are_incomplete(self.lock.project.uv):
            return clean.text
        lister = self._lister().replace(preferred=clean.pins)
        return hashes.complete(clean.text, lister.compile(clean.steered))

    def _told(self) -> Resolver:
        # A pylock.toml tells nothing of who wants its packages.
        options = self.lock.options.replace(hashes=False)
        return self.replace(lock=self.lock.replace(name=BASE, options=options))

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


def settled(lock: ManagedLock, text: str, found: tuple[Pin, ...]) -> Resolution | None:
    """Return a lock as it is, if uv need only resolve the same for it to come out to the byte.

    Args:
        lock: the lock.
        text: what it is.
        found: its pins.
    """
    text = with_line_feeds(text)
    told, body = stamp.extract(text, lock.name)
    head, lines = (
        _header(_arguments(lock, lock.lowest_python), lock.name),
        _index_lines(lock, found),
    )
    rest = body.removeprefix(head + lines)
    if (
        told is None
        or rest == body
        or rest.startswith("--")
        or _stamped(lock, body, lock.inputs()) != text
    ):
        return None
    return Resolution(text=text, pins=found, clean=head + rest)


def _stamped(lock: ManagedLock, body: str, inputs: Inputs) -> str:
    """Return the body of a lock with the stamp that it gets now."""
    return stamp.embed(body, _stamp(lock, inputs, lock.lowest_python, body), lock.name)


def _pins(text: str, lock: ManagedLock) -> tuple[Pin, ...]:
    return pins.read(text, lock.path, is_ours=True)


_PACKAGE: Final = "\n[[packages]]\n"


def _without_sdists(text: str) -> str:
    """Return what uv wrote without the packages that have an sdist: these install everywhere.

    Most have one, and reading what remains takes a fraction of the time.
    """
    head, *packages = text.split(_PACKAGE)
    kept = [package for package in packages if "\nsdist = " not in package]
    return _PACKAGE.join([head, *kept]) if kept else ""


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
    return _USER.sub(_without_secret, text) if "@" in text else text


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


def _index_lines(lock: ManagedLock, found: Iterable[Pin]) -> str:
    """Return the line that lets plain ``pip install -r`` find the pins from the CPU index."""
    if lock.name.endswith(".toml") or not lock.options.emit_index:
        return ""
    entry = indexes.cpu_entry(lock.project.uv)
    labelled = any("+" in pin.version for pin in found)
    if not (entry and labelled):
        return ""
    # A flat index is a page or a folder of files, which pip calls by another name.
    option = "--find-links" if entry.get("format") == "flat" else "--extra-index-url"
    return f"{option} {without_credentials(entry['url'])}\n"


def _stamp(lock: ManagedLock, found: Inputs, python: str, body: str) -> Stamp:
    where = "" if lock.options.universal else _this_platform()
    return Stamp(
        inputs=found,
        inputs_digest=found.digest(),
        body_digest=stamp.body_digest(body),
        python=python,
        platform=where,
    )


def _this_platform() -> str:
    import platform

    return f"{sys.platform}-{platform.machine().lower()}"
