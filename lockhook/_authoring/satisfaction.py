"""Do the pins of a lock satisfy what a project asks for now?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from lockhook._authoring import platforms
from lockhook._authoring.project import lowest_python
from lockhook._runtime.markers import InvalidMarkerError, evaluate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lockhook._authoring.changes import Change
    from lockhook._authoring.inputs import Inputs
    from lockhook._authoring.pin import Pin
    from lockhook._authoring.stamp import Stamp


def unsatisfied(wanted: Inputs, found: Iterable[Pin], claimed: Sequence[str] = ()) -> Iterator[str]:
    """Yield one line for each direct requirement that the pins do not satisfy.

    What an extra of a package requires in its turn, a requirements.txt does not tell.

    Args:
        wanted: what the lock is to follow from.
        found: its pins.
        claimed: markers of the environments that it is for; none for all.
    """
    pins = list(found)
    tables = [
        table
        for each in (wanted, *wanted.members.values())
        for table in (each.dependencies, *each.extras.values(), *each.groups.values())
    ]
    for text in sorted({requirement for table in tables for requirement in table}):
        requirement = Requirement(text)
        meant = _meant(requirement, pins)
        if not meant:
            yield f"no pin for {text}"
        elif not all(not pin.version or _admits(requirement.specifier, pin) for pin in meant):
            versions = ", ".join(pin.version for pin in meant)
            yield f"{requirement.name} {versions} does not satisfy {text}"
        elif place := _lacking(requirement, meant, wanted.requires_python, claimed):
            yield f"no pin for {text} on {place}"


def _meant(requirement: Requirement, pins: Iterable[Pin]) -> list[Pin]:
    """Return the pins of a requirement's package that can be meant by it."""
    return [pin for pin in pins if pin.name == requirement.name and _meet(pin.marker, requirement)]


def _lacking(
    requirement: Requirement, meant: Sequence[Pin], pythons: str, claimed: Sequence[str]
) -> str:
    """Return where a requirement holds and none of its pins does, "" if that is nowhere."""
    own = str(requirement.marker or "")
    markers = [pin.marker for pin in meant]
    if "" in markers or not pythons:
        return ""  # a lock of unknown Pythons may be right for those that it was made for
    served = SpecifierSet(pythons)
    bounds = [f"'{each.version}'" for each in served]
    try:
        for found in platforms.environments(own, *markers, *claimed, *bounds):
            if (
                found["implementation_name"] == "cpython"
                and served.contains(found["python_full_version"])
                and (not own or evaluate(own, found))
                and (not claimed or any(evaluate(each, found) for each in claimed))
                and not any(evaluate(marker, found) for marker in markers)
            ):
                return f"{found['sys_platform']} with Python {found['python_version']}"
    except InvalidMarkerError:
        return ""  # nobody can tell where it holds
    return ""


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
    meant = _meant(now, pins)
    return bool(meant) and all(_allows(now.specifier, was.specifier, pin) for pin in meant)


def _meet(marker: str, requirement: Requirement) -> bool:
    """Tell whether the markers of a pin and of a requirement can be true at the same time."""
    both = [f"({part})" for part in (marker, str(requirement.marker or "")) if part]
    try:
        return platforms.applies(" and ".join(both))
    except InvalidMarkerError:
        return True  # nobody can tell where it holds, uv included: every pin may be meant


def _admits(specifier: SpecifierSet, pin: Pin) -> bool:
    try:
        return specifier.contains(Version(pin.version), prereleases=True)
    except InvalidVersion:
        return False  # a direct reference: what it is, the lock does not tell


def _allows(now: SpecifierSet, was: SpecifierSet, pin: Pin) -> bool:
    # uv takes a pre-release where a bound names one, and the bound that did may be gone.
    named = bool(was.prereleases) <= bool(now.prereleases)
    return _admits(now, pin) and (named or not Version(pin.version).is_prerelease)


def _still_served(change: Change, stamp: Stamp, wanted: Inputs) -> bool:
    """Tell whether a lock serves the Pythons of another ``requires-python`` as well.

    uv is told the lowest of them and nothing else, and a universal lock serves all from there on.
    """
    was, now = map(lowest_python, map(str, change.pythons or ()))
    if change.is_members:
        # What is depended on must serve all that the lock does.
        return now is None or Version(now) <= Version(stamp.python)
    if "python-version" in wanted.options:
        return True
    if now is None:
        return was is None
    new, old = Version(now), Version(stamp.python)
    return new >= old if wanted.options.get("universal", True) else new == old
