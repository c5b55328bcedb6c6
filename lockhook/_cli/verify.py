"""``lockhook verify``."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from lockhook import _guard
from lockhook._cli import progress
from lockhook._cli.view import Annotation, View, show
from lockhook._runtime import cluster_text, environment, verification
from lockhook._runtime.discovery import find
from lockhook._runtime.fix import quote
from lockhook._runtime.model import Asked
from lockhook._runtime.names import visible
from lockhook._runtime.policy import Policy
from lockhook._runtime.report import lines

if TYPE_CHECKING:
    from argparse import Namespace

    from lockhook._runtime.report import Finding, Report


def run(args: Namespace) -> int:
    """Verify, print the report, and return 0 or 1.

    Raises:
        LockhookError: if it cannot be decided.
    """
    if args.mpi:
        from lockhook._cli import mpi

        return mpi.run(args)
    if args.project_environment:
        from lockhook._cli import project_environment

        return project_environment.run(args)
    found = report(args)
    if not args.python and not args.quiet:
        say_if_another_is_active()
    if args.record:
        _guard.write(found, args.record)
    show(view(found, quiet=args.quiet, verbose=args.verbose), args.format)
    return 0 if found.ok else 1


def say_if_another_is_active() -> None:
    """Warn of the wrong environment: lockhook installed for all, and a virtual one active."""
    active = os.environ.get("VIRTUAL_ENV")
    if active and os.path.realpath(active) != os.path.realpath(sys.prefix):
        own, option = visible(sys.prefix), quote(["--python", active])
        print(f"lockhook: this is about {own}; {option} looks into the active one", file=sys.stderr)


def report(args: Namespace) -> Report:
    """Return the report that the arguments ask for.

    Raises:
        LockhookError: if it cannot be decided.
    """
    where = (
        environment.foreign(args.python)
        if args.python
        else environment.current(script_directory=False)
    )
    with progress.bar(sys.stderr, wanted=bool(args.integrity) and not args.quiet) as advance:
        return verification.verify(
            args.lockfile or find(),
            where,
            policy(args),
            asked(args),
            progress=advance,
            lock_faults=_guard.faults_of_lock,
        )


def policy(args: Namespace) -> Policy:
    """Return what the arguments say is to be skipped and let pass."""
    return Policy(
        skip=tuple(args.skip) if args.skip is not None else ("mpi4py",),
        allow_missing=args.allow_missing,
        strict=args.strict,
        accelerator=args.accelerator,
        integrity=args.integrity,
    )


def asked(args: Namespace) -> Asked:
    """Return the extras and groups that the arguments name."""
    return Asked(extras=tuple(args.extra), groups=tuple(args.group))


def view(found: Report, *, quiet: bool = False, verbose: bool = False) -> View:
    """Return a report for every format."""
    findings = [
        (number, finding)
        for number, finding in enumerate(found.findings)
        if finding.fails or finding.status != "extra" or verbose
    ]
    where = _nodes(found)
    nodes = ("nodes",) if found.cluster else ()
    rows = [_row(finding, where.get(number)) for number, finding in findings]
    return View(
        document=found.as_json(),
        text=list(lines(found, quiet=quiet, verbose=verbose)),
        title=f"{found.lockfile}: {found.status}",
        rows=[("code", "package", "finding", "where", *nodes), *rows],
        sections=_differences(found, verbose=verbose),
        annotations=[_annotation(finding, where.get(number)) for number, finding in findings],
        commands=list(cluster_text.commands(found.cluster)) if found.cluster else found.fix,
    )


def _differences(found: Report, *, verbose: bool) -> list[tuple[str, list[tuple[str, ...]]]]:
    rows = cluster_text.matrix(found.cluster, verbose=verbose) if found.cluster else []
    return [("Where the nodes differ", rows)] if rows else []


def _nodes(found: Report) -> dict[int, str]:
    """Return on which nodes each finding of a merged report holds."""
    if not found.cluster:
        return {}
    told = dict.fromkeys(range(len(found.findings)), "")
    places = cluster_text.places_of(found.cluster)
    return told | {n: cluster_text.where(p, found.cluster) for n, p in places.items()}


def _row(finding: Finding, nodes: str | None) -> tuple[str, ...]:
    row = finding.code, finding.package, finding.message, finding.location
    return row if nodes is None else (*row, nodes)


def _annotation(finding: Finding, nodes: str | None) -> Annotation:
    message = f"{finding.message} ({finding.location})" if finding.location else finding.message
    return Annotation(
        level="error" if finding.fails else "notice",
        title=f"{finding.code} {finding.package}".rstrip(),
        message=f"{nodes}: {message}" if nodes else message,
        path=finding.path,
        line=finding.line,
    )
