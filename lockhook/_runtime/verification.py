"""One verification from beginning to end: read the lock, look at the environment, compare."""

from __future__ import annotations

import os

from lockhook._runtime import compare, cpu_only, extra, installed, lockfile
from lockhook._runtime.coverage import outside
from lockhook._runtime.discovery import nearest_project, project_name
from lockhook._runtime.environment import describe
from lockhook._runtime.presence import absent
from lockhook._runtime.report import Finding, Report
from lockhook._runtime.selection import NOTHING, select
from lockhook._runtime.shadow import shadows
from lockhook.errors import EnvironmentUnreadableError, ProjectError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any

    from lockhook._runtime.compare import Judged
    from lockhook._runtime.environment import Environment
    from lockhook._runtime.fix import Fix
    from lockhook._runtime.indexes import Indexes
    from lockhook._runtime.installed import Distribution, Installed
    from lockhook._runtime.model import Asked, Lock
    from lockhook._runtime.modified import Modified
    from lockhook._runtime.policy import Policy
    from lockhook._runtime.selection import Selection
    from lockhook._runtime.settings import Settings

    Progress = Callable[[int, int], None]
    Faults = Callable[[str], Iterable[tuple[str, str]]]


def verify(
    path: str,
    environment: Environment,
    policy: Policy,
    asked: Asked = NOTHING,
    *,
    progress: Progress | None = None,
    lock_faults: Faults | None = None,
) -> Report:
    """Judge the packages of an environment by a lock.

    Args:
        path: the lock.
        environment: the interpreter to look at.
        policy: what to skip and what to let pass.
        asked: the extras and dependency groups to judge too, where the lock has them.
        progress: called with what is done and the total while files are looked at.
        lock_faults: tells what keeps the lock itself from being relied on, as a status and a
            reason: that it is stale, or that somebody edited it.

    Raises:
        LockfileError: if the lock cannot be relied on.
        UsageError: if the lock has no such extra or group.
        EnvironmentUnreadableError: if the disk refuses what it must not.
    """
    try:
        lock = lockfile.load(path)
        faults = tuple(lock_faults(path)) if lock_faults else ()
        return _verify(lock, environment, policy, asked, progress=progress, faults=faults)
    except OSError as error:
        raise EnvironmentUnreadableError(
            f"cannot be looked at: {error.strerror}", path=os.fsdecode(error.filename or path)
        ) from None


def _verify(
    lock: Lock,
    environment: Environment,
    policy: Policy,
    asked: Asked,
    *,
    progress: Progress | None,
    faults: Iterable[tuple[str, str]],
) -> Report:
    selection = select(lock, environment.markers, asked)
    found = installed.scan(environment.path)
    directory = os.path.dirname(os.path.abspath(lock.path))
    # pip and uv take the paths of a requirements file from where they are run.
    directories = (directory,) if lock.scope.is_known else (directory, os.curdir)
    if not all(pin.name for pin in selection.pins):
        from lockhook._runtime import unnamed

        selection = unnamed.name(selection, found.by_name, read_origin, directories)
    names = [pin.name for pin in selection.pins]
    evidence = compare.Evidence(
        installed=found.by_name,
        shadows=shadows(found, environment.stdlib, names),
        absent=absent(found, names),
        origin=read_origin,
        directories=directories,
    )
    project = nearest_project(directory)
    settings = _Settings(project)
    judged = compare.judge(selection, evidence, policy)
    if any(finding.fails for finding in judged.findings) and settings().skip:
        policy = policy.replace(skip=(*policy.skip, *settings().skip))
        judged = compare.judge(selection, evidence, policy)
    files = _look_at_files(selection, found, policy, progress) if policy.integrity else None
    beside = policy.beside(names, found.by_name)
    findings = (
        *_about_the_lock(selection, lock, environment, policy, faults),
        *judged.findings,
        *(files.findings if files else ()),
        *cpu_only.findings(selection, found.by_name, policy, settings),
        *extra.findings(beside, found.by_name, project_name(project or ""), policy),
    )

    def propose() -> Fix:
        from lockhook._runtime import fix

        pip = found.by_name.get("pip")
        here = fix.Situation(
            lock=lock,
            pins=selection.pins,
            asked=asked,
            environment=environment,
            project=_indexes(project),
            pip=pip[0].version if pip else "",
        )
        return fix.propose(findings, here)

    if judged.counts["missing"] and not any(finding.fails for finding in findings):
        _look_again(found)
    report = _report(lock, environment, judged, findings, propose).replace(
        proof=_proof(judged, files)
    )
    return report.replace(integrity=files.facts) if files else report


def _look_again(found: Installed) -> None:
    """Raise the error of a directory that only seems empty: what is missing may be in it.

    Where something fails in any case, the verdict stands without.
    """
    for location, names in found.modules.items():
        error = None if names else _why_unreadable(location)
        if error:
            raise error


def _why_unreadable(location: str) -> OSError | None:
    try:
        os.listdir(location)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None  # what is not there, or no directory, `import` passes over too
    except OSError as error:
        return error
    return None


def _proof(judged: Judged, files: Modified | None) -> Mapping[str, int]:
    proof = {"version": len(judged.matched), "archive": judged.archived}
    # Equal sizes prove nothing.
    hashed = files is not None and files.facts["mode"] == "hash"
    return proof | ({"files": len(judged.matched & files.proven)} if files and hashed else {})


def _look_at_files(
    selection: Selection, found: Installed, policy: Policy, progress: Progress | None
) -> Modified:
    from lockhook._runtime import modified

    return modified.look(selection, found.by_name, policy, progress)


class _Settings:
    """The project's settings, read once, and only if they are asked for."""

    def __init__(self, project: str | None) -> None:
        self.project = project
        self.known: Settings | None = None

    def __call__(self) -> Settings:
        if self.known is None:
            from lockhook._runtime import settings

            self.known = settings.read(self.project)
        return self.known


def _about_the_lock(
    selection: Selection,
    lock: Lock,
    environment: Environment,
    policy: Policy,
    faults: Iterable[tuple[str, str]],
) -> Iterator[Finding]:
    faults = list(faults)
    if reason := outside(lock.coverage, environment.markers):
        faults.append(("uncovered", reason))
    if not selection.pins:
        faults.append(("inapplicable", _NOTHING_APPLIES))
    for status, message in faults:
        fails = policy.fails(status)
        yield Finding(status=status, package="", message=message, fails=fails, path=lock.path)


_NOTHING_APPLIES = "no line of the lock applies to this platform and Python: nothing was checked"


def _report(
    lock: Lock,
    environment: Environment,
    judged: Judged,
    findings: tuple[Finding, ...],
    propose: Callable[[], Fix],
) -> Report:
    failed = any(finding.fails for finding in findings)
    fix = propose() if failed else None
    beside = ("extra", "leak", "accepted", "modified")
    counts = {status: sum(f.status == status for f in findings) for status in beside}
    return Report(
        lockfile=lock.path,
        lock_sha256=lock.sha256,
        status="failed" if failed else "passed",
        summary={**judged.counts, **counts},
        findings=findings,
        fix=fix.commands if fix else (),
        advice=fix.advice if fix else (),
        environment=describe(environment),
    )


def _indexes(project: str | None) -> Indexes:
    from lockhook._runtime import indexes, uv_config

    try:
        return indexes.of_project(uv_config.read(project)) if project else indexes.Indexes()
    except ProjectError:
        # What was found is told in any case, if with fewer options to mend it.
        return indexes.Indexes()


_LONGEST_RECORD = 2**20  # bytes


def read_origin(distribution: Distribution) -> dict[str, Any] | None:
    """Return the ``direct_url.json`` of a distribution, None if it has none (PEP 610).

    One that cannot be read or is not as specified is an empty table, which agrees with nothing.
    """
    path = os.path.join(distribution.metadata, "direct_url.json")
    # Few packages have one, and to ask takes half the time of an `open` that fails.
    if not os.access(path, os.F_OK):
        return None
    try:
        with open(path, "rb", opener=installed.opener) as file:
            data = file.read(_LONGEST_RECORD) or b""
    except OSError:
        return {}
    from lockhook._runtime import direct_url

    return direct_url.parse(data)
