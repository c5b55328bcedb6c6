"""The commands under "To fix": each works when pasted as it is, and leaves `verify` passing.

What plain ``pip install -r`` does not do: it finds no ``+cpu`` build without the CPU index, it
installs into whatever environment is active rather than the one that was judged, and it takes
``2.9.1+cu128`` for ``2.9.1``. Imported only after a verification failed.
"""

from __future__ import annotations

import os
import shlex
import shutil

from lockhook._runtime import versions
from lockhook._runtime.accelerator_names import is_cpu_label
from lockhook._runtime.indexes import of_label
from lockhook._runtime.model import Asked
from lockhook._runtime.names import is_name, without_credentials
from lockhook._runtime.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from lockhook._runtime.environment import Environment
    from lockhook._runtime.indexes import Indexes
    from lockhook._runtime.model import Lock, Pin
    from lockhook._runtime.report import Finding

_INSTALL = frozenset({"missing", "mismatched"})
_REINSTALL = frozenset({"broken", "conflicting", "labelled", "modified"})


class Fix(Record):
    """What mends a report's findings.

    Attributes:
        commands: any one of them, run in a shell.
        advice: what no installation can do, in words.
    """

    commands: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()


class Situation(Record):
    """What is known where something has to be mended.

    Attributes:
        lock: the lock that was judged by.
        pins: those of it that count here.
        asked: the extras and groups that were asked for.
        environment: the interpreter that was judged.
        project: the indexes of the project that the lock belongs to.
        pip: the version of the pip that is installed in the environment, "" if none is.
    """

    lock: Lock
    pins: tuple[Pin, ...]
    environment: Environment
    project: Indexes
    pip: str
    asked: Asked = Asked()


def propose(findings: Iterable[Finding], here: Situation) -> Fix:
    """Return what mends the failing findings of one verification."""
    lock, environment = here.lock, here.environment
    failing = [finding for finding in findings if finding.fails]
    inside = [finding for finding in failing if not _outside(finding, environment)]
    by_name = {pin.name: pin for pin in here.pins if pin.name}
    steps = _Steps(
        # What begins with a dash would be taken for an option.
        lock=os.path.join(".", lock.path) if lock.path.startswith("-") else lock.path,
        asked=here.asked,
        environment=environment,
        indexes=tuple(_indexes(lock, here.project, _labels(by_name.values()))),
        several=any(option == "--extra-index-url" for option, _ in lock.indexes),
        install=any(finding.status in _INSTALL for finding in failing),
        reinstall=tuple(f.package for f in inside if _needs_force(f, by_name.get(f.package))),
        twice=tuple(f.package for f in inside if f.status == "conflicting"),
        remove=tuple(f.package for f in inside if f.status == "extra" and is_name(f.package)),
    )
    by_uv, by_pip = steps.uv(), steps.pip()
    commands = [by_uv] if by_uv and shutil.which("uv") else []
    commands += [by_pip] if by_pip and _can_read(here) else []
    return Fix(
        # With neither at hand, the command that does not need an installed pip is the better one.
        commands=tuple(commands or [command for command in (by_uv,) if command]),
        advice=tuple(dict.fromkeys([*_advice(failing, environment), *_unlock(inside, by_name)])),
    )


def _can_read(here: Situation) -> bool:
    """Tell whether the pip at hand can install from a lock: it knows ``pylock.toml`` since 26."""
    if not here.lock.scope.is_known:
        return bool(here.pip)
    major = here.pip.partition(".")[0]
    is_new = major.isdigit() and int(major) >= 26
    return is_new and here.lock.graph is None and here.asked == Asked()


def _needs_force(finding: Finding, pin: Pin | None) -> bool:
    """Tell whether an installer would call the package satisfied and leave it as it is."""
    if pin is None:
        return False
    if finding.status == "mismatched":
        # The version is right, and it came from elsewhere.
        return (
            pin.wanted is None or versions.compare(pin.wanted, finding.found) != versions.DIFFERENT
        )
    return finding.status in _REINSTALL or (finding.status == "leak" and _is_cpu(pin))


def _is_cpu(pin: Pin) -> bool:
    """Tell whether a pin can only be met by a CPU build, so that installing it anew helps."""
    return pin.wanted is not None and is_cpu_label(pin.wanted.version)


def _labels(pins: Iterable[Pin]) -> set[str]:
    """Return the local version labels of some pins, such as ``cpu``."""
    wanted = [pin.wanted.version for pin in pins if pin.wanted]
    return {version.partition("+")[2].lower() for version in wanted if "+" in version}


def _outside(finding: Finding, environment: Environment) -> bool:
    """Tell whether a finding is about a place that an installation does not write to."""
    if finding.status == "shadowed":
        return True
    roots = (environment.prefix, environment.base_prefix)
    return bool(finding.location) and not any(_within(finding.location, root) for root in roots)


def _within(path: str, root: str) -> bool:
    return os.path.normpath(path).startswith(os.path.join(os.path.normpath(root), ""))


def _advice(findings: Iterable[Finding], environment: Environment) -> Iterator[str]:
    user = environment.user_site
    for finding in findings:
        if finding.status == "shadowed":
            yield f"{finding.package}: {finding.message}; rename it, or take it off the path"
        elif finding.status in _OF_THE_LOCK:
            yield f"{quote([finding.path])}: {_OF_THE_LOCK[finding.status]}"
        elif finding.status == "extra" and not is_name(finding.package):
            yield f"delete what calls itself {finding.package} in {finding.location}"
        elif not _outside(finding, environment):
            continue
        elif user and _within(finding.location, os.path.dirname(user)):
            yield f"{user} comes before the environment: set PYTHONNOUSERSITE=1"
        else:
            yield f"take {finding.location} out of PYTHONPATH"


# What to do where the lock itself is at fault.
_OF_THE_LOCK = {
    "stale": "run `lockhook sync`, then install from the new lock",
    "edited": "run `lockhook sync`, then install from the new lock",
    "uncovered": "use a Python and platform that it covers, or `lockhook generate` one that does",
}


def _unlock(findings: Iterable[Finding], pins: Mapping[str, Pin]) -> Iterator[str]:
    """Yield what to do where the lock itself lets an accelerator build in."""
    for finding in findings:
        pin = pins.get(finding.package)
        if finding.status == "leak" and not (pin and _is_cpu(pin)):
            yield f"{finding.package}: lock a build for the CPU, or accept this one"


class _Steps(Record):
    """The parts of a command line, before uv or pip puts them in its own words."""

    lock: str
    asked: Asked
    environment: Environment
    indexes: tuple[tuple[str, str], ...]
    several: bool
    install: bool
    reinstall: tuple[str, ...]
    twice: tuple[str, ...]
    remove: tuple[str, ...]

    def uv(self) -> str:
        """Return the command line for uv, "" if there is nothing to do."""
        python = [] if self._is_active() else ["--python", self.environment.executable]
        install = ["uv", "pip", "install", *python, *self._uv_indexes()]
        install += [part for name in self.reinstall for part in ("--reinstall-package", name)]
        remove = ["uv", "pip", "uninstall", *python, *self.remove]
        if os.path.basename(self.lock) == "uv.lock":
            return self._join([*install, "-r", "-"], remove, export=self._export())
        return self._join([*install, "-r", self.lock, *self._asked()], remove)

    def _export(self) -> str:
        directory = os.path.dirname(self.lock)
        project = ["--project", directory] if directory else []
        return quote(["uv", "export", "--quiet", "--frozen", *project, *self._asked()]) + " | "

    def _asked(self) -> Iterator[str]:
        for extra in self.asked.extras:
            yield from ("--extra", extra)
        for group in self.asked.groups:
            yield from ("--group", group)

    def pip(self) -> str:
        """Return the command line for pip, "" if there is nothing to do."""
        pip = ["pip"] if self._is_first_pip() else [self.environment.executable, "-m", "pip"]
        indexes = [part for option in self.indexes for part in option]
        force = ["--force-reinstall", "--no-deps"] if self.reinstall else []
        remove = [*pip, "uninstall", "--yes", *self.remove]
        # pip removes one of two records only, and is content when there is none left.
        first = [[*pip, "uninstall", "--yes", *self.twice]] * (2 * bool(self.twice))
        return self._join([*pip, "install", *force, *indexes, "-r", self.lock], remove, first)

    def _join(
        self,
        install: Sequence[str],
        remove: Sequence[str],
        first: Iterable[Sequence[str]] = (),
        export: str = "",
    ) -> str:
        wanted = [*map(quote, first)]
        wanted += [export + quote(install)] * (self.install or bool(self.reinstall))
        wanted += [quote(remove)] * bool(self.remove)
        return " && ".join(wanted)

    def _uv_indexes(self) -> Iterator[str]:
        for option, url in self.indexes:
            yield from ("--default-index" if option == "--index-url" else "--index", url)
        if self.several or any(option == "--extra-index-url" for option, _ in self.indexes):
            # The CPU index mirrors old copies of ordinary packages, and uv would take the first
            # index that has a name for the only one.
            yield from ("--index-strategy", "unsafe-best-match")

    def _is_active(self) -> bool:
        active = os.environ.get("VIRTUAL_ENV")
        return bool(active) and _same(active or "", self.environment.prefix)

    def _is_first_pip(self) -> bool:
        pip = shutil.which("pip")
        return bool(pip) and _same(
            os.path.dirname(pip or ""), os.path.dirname(self.environment.executable)
        )


def _same(one: str, other: str) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def quote(arguments: Iterable[str]) -> str:
    """Return a command line for the shell of this platform (POSIX shell, or `cmd`)."""
    if os.name == "nt":
        from subprocess import list2cmdline

        return list2cmdline(list(arguments))
    return " ".join(map(_word, arguments))


def _word(argument: str) -> str:
    """Quote a word so that it survives a terminal: what that would obey or hide stands in octal.

    ``$'...'`` is POSIX of 2024; bash, zsh and ksh have long had it.
    """
    if argument.isprintable():
        return shlex.quote(argument)
    kept = frozenset(range(32, 127)) - frozenset(b"'\\")
    data = argument.encode("utf-8", "surrogateescape")
    return "$'" + "".join(chr(byte) if byte in kept else f"\\{byte:03o}" for byte in data) + "'"


def _indexes(lock: Lock, project: Indexes, labels: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the index options that a command line needs besides those that the lock holds."""
    if lock.scope.is_known and lock.graph is None:
        return  # a pylock.toml holds the URL of each file
    given = {url.rstrip("/") for _, url in lock.indexes}
    has_default = any(option == "--index-url" for option, _ in lock.indexes)
    if project.default and not has_default:
        yield "--index-url", without_credentials(project.default)
    needed = [(label == "cpu" and project.cpu) or of_label(label) for label in sorted(labels)]
    for url in dict.fromkeys(filter(None, needed)):
        if url.rstrip("/") not in given:
            yield "--extra-index-url", without_credentials(url)
