"""When two version strings are the same (PEP 440)."""

from __future__ import annotations

from lockhook._runtime.plain import is_plain_version
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

    @property
    def specifier(self) -> str:
        """The same as a specifier set (PEP 440)."""
        return f"{'===' if self.arbitrary else '=='}{self}"


def only(specifiers: str) -> Wanted:
    """Return the one version that a specifier set leaves, by ``===`` or ``==`` without wildcard.

    Raises:
        ValueError: if more than one satisfies it, or none.
    """
    from packaging.specifiers import SpecifierSet

    one_by_one = sorted(SpecifierSet(specifiers), key=str)
    exact = [s for s in one_by_one if s.operator in {"==", "==="} and s.version[-2:] != ".*"]
    if not exact:
        raise ValueError("is not an exact pin")
    # Of ==2.9.1,==2.9.1+cpu the labelled one satisfies the other, and a string only itself.
    best = max(exact, key=lambda s: (s.operator == "===", "+" in s.version))
    bounds = ",".join(str(s) for s in one_by_one if str(s) != str(best))
    if bounds and not holds(bounds, best.version):
        raise ValueError("contradicts itself")
    return Wanted(version=best.version, arbitrary=best.operator == "===", bounds=bounds)


def holds(specifiers: str, version: str) -> bool:
    """Tell whether a version satisfies a specifier set (PEP 440), pre-releases too."""
    from packaging.specifiers import SpecifierSet
    from packaging.version import InvalidVersion

    try:
        return SpecifierSet(specifiers).contains(version, prereleases=True)
    except InvalidVersion:  # of `===`, with a `packaging` of before 26
        return False


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


def is_specifier(text: str) -> bool:
    """Tell whether text is a version specifier set (PEP 440), such as ``>=3.10,<4``."""
    if all(_is_plain_clause(clause.strip()) for clause in text.split(",")):
        return True
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        return False
    return True


def _is_plain_clause(clause: str) -> bool:
    version = clause.lstrip("<>=!")
    return clause[: len(clause) - len(version)] in _PLAIN_OPERATORS and is_plain_version(
        version.lstrip()
    )


_PLAIN_OPERATORS = frozenset({"<", "<=", ">", ">=", "==", "!="})


def is_version(text: str) -> bool:
    """Tell whether text is a version (PEP 440)."""
    if is_plain_version(text):
        return True
    from packaging.version import InvalidVersion, Version

    try:
        Version(text)
    except InvalidVersion:
        return False
    return True
