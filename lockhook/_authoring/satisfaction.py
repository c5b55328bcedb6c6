"""Do the pins of a lock satisfy what a project asks for now?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.version import InvalidVersion, Version

from lockhook._authoring import platforms
from lockhook._authoring.project import lowest_python
from lockhook._runtime.markers import InvalidMarkerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from packaging.specifiers import SpecifierSet

    from lockhook._authoring.changes import Change
    from lockhook._authoring.inputs import Inputs
    from lockhook._authoring.pin import Pin
    from lockhook._authoring.stamp import Stamp


def unsatisfied(wanted: Inputs, found: Iterable[Pin]) -> Iterator[str]:
    """Yield one line for each direct requirement that the pins do not satisfy."""
    versions: dict[str, list[str]] = {}
    for pin in found:
        versions.setdefault(pin.name, []).append(pin.version)
    tables = [
        table
        for each in (wanted, *wanted.members.values())
        for table in (each.dependencies, *each.extras.values(), *each.groups.values())
    ]
    for text in sorted({requirement for table in tables for requirement in table}):
        requirement = Requirement(text)
        pinned = versions.get(requirement.name)
        if pinned is None:
            yield f"no pin for {text}"
        elif not _any_satisfies(requirement, pinned):
            yield f"{requirement.name} {', '.join(pinned)} does not satisfy {text}"


def _any_satisfies(requirement: Requirement, versions: list[str]) -> bool:
    # With a marker, only one of several forks need satisfy it.
    good = [not v or requirement.specifier.contains(v, prereleases=True) for v in versions]
    return any(good) if requirement.marker else all(good)


def outgrown(
    changes: Iterable[Change], stamp: Stamp, wanted: Inputs, pins: Sequence[Pin]
) -> Iterator[Change]:
    """Yield the changes under which a lock is no longer right."""
    for change in changes:
        if change.bounds:
            if not _still_satisfied(*change.bounds, pins):
                yield change
        elif not (change.pythons and _still_served(change, stamp, wanted)):
            yield change


def _still_satisfied(was: Requirement, now: Requirement, pins: Iterable[Pin]) -> bool:
    """Tell whether every pin that can be meant satisfies a requirement with its new bounds."""
    meant = [pin for pin in pins if pin.name == now.name and _meet(pin.marker, now)]
    return bool(meant) and all(_allows(now.specifier, was.specifier, pin) for pin in meant)


def _meet(marker: str, requirement: Requirement) -> bool:
    """Tell whether the markers of a pin and of a requirement can be true at the same time."""
    both = [f"({part})" for part in (marker, str(requirement.marker or "")) if part]
    try:
        return platforms.applies(" and ".join(both))
    except InvalidMarkerError:
        return True  # nobody can tell where it holds, uv included: every pin may be meant


def _allows(now: SpecifierSet, was: SpecifierSet, pin: Pin) -> bool:
    try:
        version = Version(pin.version)
    except InvalidVersion:
        return False  # a direct reference: what it is, the lock does not tell
    # uv takes a pre-release where a bound names one, and the bound that did may be gone.
    named = bool(was.prereleases) <= bool(now.prereleases)
    return now.contains(version, prereleases=True) and (named or not version.is_prerelease)


def _still_served(change: Change, stamp: Stamp, wanted: Inputs) -> bool:
    """Tell whether a lock serves the Pythons of another ``requires-python`` as well.

    uv is told the lowest of them and nothing else, and a universal lock serves all from there on.
    """
    was, now = map(lowest_python, change.pythons or ())
    if change.is_members:
        # What is depended on must serve all that the lock does.
        return now is None or Version(now) <= Version(stamp.python)
    if "python-version" in wanted.options:
        return True
    if now is None:
        return was is None
    new, old = Version(now), Version(stamp.python)
    return new >= old if wanted.options.get("universal", True) else new == old
