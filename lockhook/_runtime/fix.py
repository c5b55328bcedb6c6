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
from lockhook._runtime.indexes import of_label
from lockhook._runtime.names import is_name, without_credentials
from lockhook._runtime.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lockhook._runtime.environment import Environment
    from lockhook._runtime.indexes import Indexes
    from lockhook._runtime.model import Lock, Pin
    from lockhook._runtime.report import Finding

_INSTALL = frozenset({"missing", "mismatched"})
_REINSTALL = frozenset({"broken", "conflicting", "labelled"})


class Fix(Record):
    """What mends a report's findings.

    Attributes:
        commands: any one of them, run in a shell.
        advice: what no installation can do, in words.
    """

    commands: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()


def propose(
    findings: Iterable[Finding],
    lock: Lock,
    pins: Iterable[Pin],
    environment: Environment,
    project: Indexes,
    *,
    has_pip: bool,
) -> Fix:
    """Return what mends the failing findings.

    Args:
        findings: of one verification.
        lock: the lock they were judged by.
        pins: those of the lock that count here.
        environment: the interpreter that was judged.
        project: the indexes of the project that the lock belongs to.
        has_pip: whether pip is installed in it.
    """
    failing = [finding for finding in findings if finding.fails]
    here = [finding for finding in failing if not _outside(finding, environment)]
    by_name = {pin.name: pin for pin in pins if pin.name}
    steps = _Steps(
        # What begins with a dash would be taken for an option.
        lock=os.path.join(".", lock.path) if lock.path.startswith("-") else lock.path,
        environment=environment,
        indexes=tuple(_indexes(lock, project, _labels(by_name.values()))),
        several=any(option == "--extra-index-url" for option, _ in lock.indexes),
        install=any(finding.status in _INSTALL for finding in failing),
        reinstall=tuple(f.package for f in here if _needs_force(f, by_name.get(f.package))),
        twice=tuple(f.package for f in here if f.status == "conflicting"),
        remove=tuple(f.package for f in here if f.status == "extra" and is_name(f.package)),
    )
    uv, pip = steps.uv(), steps.pip()
    commands = [uv] if uv and shutil.which("uv") else []
    commands += [pip] if pip and has_pip else []
    return Fix(
        # With neither at hand, the command that does not need an installed pip is the better one.
        commands=tuple(commands or [command for command in (uv,) if command]),
        advice=tuple(dict.fromkeys(_advice(failing, environment))),
    )


def _needs_force(finding: Finding, pin: Pin | None) -> bool:
    """Tell whether an installer would call the package satisfied and leave it as it is."""
    if pin is None:
        return False
    if finding.status == "mismatched":
        # The version is right, and it came from elsewhere.
        return (
            pin.wanted is None or versions.compare(pin.wanted, finding.found) != versions.DIFFERENT
        )
    return finding.status in _REINSTALL


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
        elif finding.status == "extra" and not is_name(finding.package):
            yield f"delete what calls itself {finding.package} in {finding.location}"
        elif not _outside(finding, environment):
            continue
        elif user and _within(finding.location, os.path.dirname(user)):
            yield f"{user} comes before the environment: set PYTHONNOUSERSITE=1"
        else:
            yield f"take {finding.location} out of PYTHONPATH"


class _Steps(Record):
    """The parts of a command line, before uv or pip puts them in its own words."""

    lock: str
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
        return self._join([*install, "-r", self.lock], remove)

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
    ) -> str:
        wanted = [*first]
        wanted += [install] * (self.install or bool(self.reinstall)) + [remove] * bool(self.remove)
        return " && ".join(map(quote, wanted))

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
    return shlex.join(arguments)


def _indexes(lock: Lock, project: Indexes, labels: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the index options that a command line needs besides those that the lock holds."""
    given = {url.rstrip("/") for _, url in lock.indexes}
    has_default = any(option == "--index-url" for option, _ in lock.indexes)
    if project.default and not has_default:
        yield "--index-url", without_credentials(project.default)
    needed = [(label == "cpu" and project.cpu) or of_label(label) for label in sorted(labels)]
    for url in dict.fromkeys(filter(None, needed)):
        if url.rstrip("/") not in given:
            yield "--extra-index-url", without_credentials(url)
