"""The pins of a lock of which every one is plain: a name, a version in normal form, a marker."""

from __future__ import annotations

from lockhook._runtime.names import normalize
from lockhook._runtime.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockhook._runtime.coverage import Coverage


class Plain(Record):
    """The pins of a lock, in its order.

    Attributes:
        names: normalised (PEP 503).
        versions: `is_plain_version` holds for each.
        markers: as written, "" where there is none.
        wheels: the names of its files where it has wheels only, of which one must fit.
        requires: version specifier sets (PEP 440) that the interpreter must satisfy.
        coverage: what lockhook wrote into it of the Pythons and the platform; None for nothing.
    """

    names: list[str]
    versions: list[str]
    markers: list[str]
    wheels: list[tuple[str, ...]] | None = None
    requires: frozenset[str] = frozenset()
    coverage: Coverage | None = None


def plain(names: list[str], versions: list[str], markers: list[str]) -> Plain | None:
    """Return the pins, None if a name or version is not plain.

    Args:
        names: as written, one for each pin.
        versions: as written, of the same pins.
        markers: of the same pins.
    """
    if not names or not _are_names(joined := normalize("\n".join(names))):
        return None
    if not _are_versions(versions):
        return None
    return Plain(names=joined.split("\n"), versions=versions, markers=markers)


def _are_names(joined: str) -> bool:
    """Tell it of normalised names, all at once: letters and digits at both ends (PEP 508)."""
    ends = f"\n{joined}\n"
    odd = any(two in ends for two in ("\n\n", "\n-", "-\n"))
    return not odd and joined.isascii() and joined.replace("-", "").replace("\n", "").isalnum()


def _are_versions(versions: list[str]) -> bool:
    joined = "\n".join(versions)
    ends = f"\n{joined}\n"
    if any(two in ends for two in ("\n\n", "\n.", ".\n", "..")) or not joined.isascii():
        return False
    odd = [version for version in versions if not version.replace(".", "").isdigit()]
    return all(map(is_plain_version, odd))


def is_plain_version(version: str) -> bool:
    """Tell whether text is a version in normal form (PEP 440), such as ``2.9.0.post0+cpu``.

    Epochs and local labels of more than one part are left to `packaging`.
    """
    public, plus, local = version.partition("+")
    prerelease = next((letters for letters in ("rc", "b", "a") if letters in public), "rc")
    for mark in (".dev", ".post", prerelease):
        public, found, number = public.partition(mark)
        if found and not number.isdigit():
            return False
    return (
        version.isascii()
        and all(part.isdigit() for part in public.split("."))
        and (not plus or local.isalnum())
    )


def applicable(plain: Plain, markers: Mapping[str, str]) -> list[int] | None:
    """Return the places of the pins that apply, None if two of one name do.

    Raises:
        InvalidMarkerError: if one of the markers is none.
    """
    found: dict[str, int] = {}
    truth = {marker: holds(marker, markers) for marker in set(plain.markers)}
    for place, (name, marker) in enumerate(zip(plain.names, plain.markers, strict=True)):
        if truth[marker]:
            if name in found:
                return None
            found[name] = place
    return list(found.values())


def holds(marker: str, markers: Mapping[str, str]) -> bool:
    """Tell whether a marker is true in an environment; where there is none, it is.

    Raises:
        InvalidMarkerError: if it is none.
    """
    if not marker:
        return True
    from lockhook._runtime.plain_markers import truth

    value = truth(marker, markers)
    if value is not None:
        return value
    from lockhook._runtime.markers import evaluate

    return evaluate(marker, markers)
