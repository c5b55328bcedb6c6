"""One verification from beginning to end: read the lock, look at the environment, compare."""

from __future__ import annotations

import os

from lockhook._runtime import compare, installed, lockfile
from lockhook._runtime.discovery import nearest_project, project_name
from lockhook._runtime.report import Finding, Report
from lockhook._runtime.selection import select
from lockhook._runtime.shadow import shadows
from lockhook.errors import EnvironmentUnreadableError, ProjectError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from lockhook._runtime.compare import Judged, Policy
    from lockhook._runtime.environment import Environment
    from lockhook._runtime.fix import Fix
    from lockhook._runtime.installed import Distribution, Installed
    from lockhook._runtime.model import Lock
    from lockhook._runtime.selection import Selection


def verify(path: str, environment: Environment, policy: Policy) -> Report:
    """Judge the packages of an environment by a lock.

    Args:
        path: the lock.
        environment: the interpreter to look at.
        policy: what to skip and what to let pass.

    Raises:
        LockfileError: if the lock cannot be relied on.
        EnvironmentUnreadableError: if the disk refuses what it must not.
    """
    try:
        return _verify(path, environment, policy)
    except OSError as error:
        raise EnvironmentUnreadableError(
            f"cannot be looked at: {error.strerror}", path=os.fsdecode(error.filename or path)
        ) from None


def _verify(path: str, environment: Environment, policy: Policy) -> Report:
    lock = lockfile.load(path)
    selection = select(lock, environment.markers)
    found = installed.scan(environment.path)
    directory = os.path.dirname(os.path.abspath(path))
    evidence = compare.Evidence(
        installed=found.by_name,
        shadows=shadows(found, environment.stdlib, [pin.name for pin in selection.pins]),
        origin=read_origin,
        directory=directory,
    )
    judged = compare.judge(selection, evidence, policy)
    project = nearest_project(directory)
    extra = list(compare.extras(selection, found.by_name, [project_name(project or "")], policy))
    findings = (*_about_the_lock(selection, lock, policy), *judged.findings, *extra)
    return _report(
        lock,
        environment,
        judged,
        findings,
        lambda: _fix(lock, selection, found, environment, findings),
    )


def _about_the_lock(selection: Selection, lock: Lock, policy: Policy) -> list[Finding]:
    if selection.pins:
        return []
    return [
        Finding(
            status="inapplicable",
            package="",
            message="no line of the lock applies to this platform and Python: nothing was checked",
            fails=policy.strict,
            path=lock.path,
        )
    ]


def _report(
    lock: Lock,
    environment: Environment,
    judged: Judged,
    findings: tuple[Finding, ...],
    propose: Callable[[], Fix],
) -> Report:
    failed = any(finding.fails for finding in findings)
    fix = propose() if failed else None
    extra = sum(finding.status == "extra" for finding in findings)
    return Report(
        lockfile=lock.path,
        lock_sha256=lock.sha256,
        status="failed" if failed else "passed",
        summary={**judged.counts, "extra": extra},
        findings=findings,
        fix=fix.commands if fix else (),
        advice=fix.advice if fix else (),
        environment=describe(environment),
    )


def describe(environment: Environment) -> Mapping[str, str]:
    """Return what a report says of the machine."""
    markers = environment.markers
    return {
        "python": markers["python_full_version"],
        "implementation": markers["platform_python_implementation"],
        "platform": f"{markers['sys_platform']}-{markers['platform_machine']}",
        "prefix": environment.prefix,
        "hostname": environment.hostname,
    }


def _fix(
    lock: Lock,
    selection: Selection,
    found: Installed,
    environment: Environment,
    findings: tuple[Finding, ...],
) -> Fix:
    from lockhook._runtime import fix, indexes
    from lockhook._runtime.discovery import parse_toml

    project = nearest_project(os.path.dirname(os.path.abspath(lock.path)))
    known = indexes.Indexes()
    if project:
        pyproject = os.path.join(project, "pyproject.toml")
        try:
            with open(pyproject, "rb") as file:
                known = indexes.of_project(parse_toml(file.read(), pyproject), project)
        except (OSError, ProjectError):
            pass  # what was found is told in any case, if with fewer options to mend it
    return fix.propose(
        findings,
        lock,
        selection.pins,
        environment,
        known,
        has_pip="pip" in found.by_name,
    )


_LONGEST_RECORD = 2**20  # bytes


def read_origin(distribution: Distribution) -> dict[str, Any] | None:
    """Return the ``direct_url.json`` of a distribution, None if it has none (PEP 610).

    One that cannot be read or is no JSON object is an empty table, which agrees with nothing.
    """
    try:
        with open(os.path.join(distribution.metadata, "direct_url.json"), "rb") as file:
            data = file.read(_LONGEST_RECORD)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        return {}
    import json

    try:
        record = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}
