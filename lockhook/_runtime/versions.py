"""When two version strings are the same (PEP 440)."""

from __future__ import annotations

from lockhook._runtime.record import Record


class Wanted(Record):
    """One locked version: how it is compared, and what else must hold.

    Attributes:
        version: as the lock spells it.
        arbitrary: ``===``: compared as a string (PEP 440, "Arbitrary equality").
        exact: a version without a local label admits no label either, as in TOML locks.
        bounds: further specifiers of the same line, ``<3``, that must hold too.
    """

    version: str
    arbitrary: bool = False
    exact: bool = False
    bounds: str = ""

    def __str__(self) -> str:
        return self.version + (f",{self.bounds}" if self.bounds else "")


SAME, LABELLED, DIFFERENT = "same", "labelled", "different"


def compare(wanted: Wanted, found: str) -> str:
    """Return how an installed version stands to the locked one.

    Returns:
        `SAME`; `DIFFERENT`; or `LABELLED` where ``==2.9.1`` met ``2.9.1+cu128``: the same by
        PEP 440 ("the local version label of the candidate is ignored"), yet another build.
    """
    if wanted.arbitrary:
        return SAME if wanted.version.lower() == found.lower() else DIFFERENT
    if wanted.bounds:
        return _compare_carefully(wanted, found)
    if wanted.version == found:
        return SAME
    ours, theirs = _release(wanted.version), _release(found)
    if ours and theirs:
        return SAME if ours == theirs else DIFFERENT
    return _compare_carefully(wanted, found)


def _release(version: str) -> list[str] | None:
    """Return ``1.02.0`` as ``["1", "2"]``, and None for whatever is not digits and dots."""
    parts = version.split(".")
    if not (version.isascii() and all(part.isdigit() for part in parts)):
        return None
    numbers = [part.lstrip("0") for part in parts]
    while numbers and not numbers[-1]:
        numbers.pop()
    return numbers or [""]


def _compare_carefully(wanted: Wanted, found: str) -> str:
    from packaging.specifiers import SpecifierSet
    from packaging.version import InvalidVersion, Version

    try:
        installed = Version(found)
    except InvalidVersion:
        return DIFFERENT
    locked = Version(wanted.version)
    if not SpecifierSet(wanted.bounds).contains(installed, prereleases=True):
        return DIFFERENT
    if locked == installed:
        return SAME
    if locked.local or locked != Version(installed.public):
        return DIFFERENT
    return DIFFERENT if wanted.exact else LABELLED
