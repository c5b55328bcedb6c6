"""A requirement (PEP 508) in canonical form: as `packaging` spells it, with a normalised name.

A project is looked at on each commit, and importing `packaging` takes longer than all of that. So
what is plain is spelled here, and `packaging` is asked about all else, what is wrong included.
"""

from __future__ import annotations

from lockhook._runtime.markers import VARIABLES, InvalidMarkerError, parse
from lockhook._runtime.names import is_name, normalize
from lockhook._runtime.plain import is_plain_version
from lockhook._runtime.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lockhook._runtime.markers import Comparison

_OPERATORS = ("==", "!=", "<=", ">=", "~=", "<", ">")
_SPACE = " \t"


class Parts(Record):
    """What a canonical requirement says.

    Attributes:
        name: normalised.
        extras: as written, sorted.
        specifier: a version specifier set, "" for any version.
        marker: where it counts, "" for everywhere.
        url: of a direct reference, "" for none.
    """

    name: str
    extras: tuple[str, ...] = ()
    specifier: str = ""
    marker: str = ""
    url: str = ""


def canonical(text: object) -> str:
    """Return the canonical form of a requirement.

    Raises:
        ValueError: if it is none, with the reason in one line.
    """
    if not isinstance(text, str):
        raise ValueError("it is no string")  # noqa: TRY004 - a file says it, and no caller
    return _plain(text) or _careful(text)


def parts(requirement: str) -> Parts:
    """Return what a canonical requirement says."""
    head, _, marker = requirement.partition("; ")
    if "@" in head:
        return _careful_parts(requirement)
    name, extras, specifier = _split(head)
    return Parts(name=name, extras=extras, specifier=specifier, marker=marker)


def _careful_parts(requirement: str) -> Parts:
    from packaging.requirements import Requirement

    found = Requirement(requirement)
    return Parts(
        name=found.name,
        extras=tuple(sorted(found.extras)),
        marker=str(found.marker or ""),
        url=found.url or "",
    )


def canonical_specifiers(text: str) -> str:
    """Return the canonical form of a version specifier set (PEP 440).

    Raises:
        ValueError: if it is none.
    """
    found = _specifiers(text)
    if found is None:
        from packaging.specifiers import SpecifierSet

        found = str(SpecifierSet(text))
    return found


def canonical_version(text: str) -> str:
    """Return the canonical form of a version (PEP 440).

    Raises:
        ValueError: if it is none.
    """
    if is_plain_version(text) and text == text.lower() and not _has_leading_zero(text):
        return text
    from packaging.version import Version

    return str(Version(text))


def _has_leading_zero(text: str) -> bool:
    return any(
        text[n] == "0" and text[n + 1].isdigit() and not text[n - 1 : n].isdigit()
        for n in range(len(text) - 1)
    )


def _careful(text: str) -> str:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        raise ValueError(str(error).partition("\n")[0]) from None
    requirement.name = normalize(requirement.name)
    return str(requirement)


def _plain(text: str) -> str | None:
    """Return the canonical form of a requirement that is plain, None for any other."""
    head, semicolon, marker = text.partition(";")
    name, extras, rest = _split(head.strip(_SPACE))
    specifiers = _specifiers(rest)
    if not is_name(name) or specifiers is None or not all(map(is_name, extras)):
        return None
    listed = f"[{','.join(extras)}]" if extras else ""
    plain = f"{normalize(name)}{listed}{specifiers}"
    if not semicolon:
        return plain
    condition = _marker(marker)
    return f"{plain}; {condition}" if condition else None


def _split(head: str) -> tuple[str, tuple[str, ...], str]:
    """Return the name, the extras, sorted, and what stands behind both."""
    end = next((n for n, character in enumerate(head) if character in _ENDS), len(head))
    name, rest = head[:end], head[end:].lstrip(_SPACE)
    if rest[:1] != "[":
        return name, (), rest
    inner, closing, rest = rest[1:].partition("]")
    extras = tuple(sorted({extra.strip(_SPACE) for extra in inner.split(",")}))
    return name, extras if closing else ("",), rest.lstrip(_SPACE)


_ENDS = frozenset("[<>=!~ \t")


def _specifiers(text: str) -> str | None:
    """Return the canonical form of plain specifiers, None for any other."""
    clauses = [clause.strip(_SPACE) for clause in text.split(",")] if text else []
    found = {operator: version for operator, version in map(_clause, clauses) if version}
    # Two of one operator can be the same in two spellings.
    if len(found) != len(clauses):
        return None
    return ",".join(sorted(f"{operator}{version}" for operator, version in found.items()))


def _clause(text: str) -> tuple[str, str]:
    """Return the operator and the version of one specifier, no version if it is not plain."""
    operator = next((each for each in _OPERATORS if text.startswith(each)), "")
    version = text[len(operator) :].lstrip(_SPACE)
    exact = operator in {"==", "!="}
    release = version.removesuffix(".*") if exact else version
    is_plain = (
        is_plain_version(release)
        and (exact or "+" not in version)
        and (operator != "~=" or "." in version)
        and (release == version or release.replace(".", "").isdigit())
    )
    return operator, version if operator and is_plain else ""


def _marker(text: str) -> str | None:
    """Return the canonical form of comparisons that are joined without parentheses."""
    try:
        read = list(parse(text))
    except InvalidMarkerError:
        return None
    compared, joined = [part for part in read[::2] if isinstance(part, tuple)], read[1::2]
    is_joined = len(compared) == len(joined) + 1 == len(read) // 2 + 1
    if not (is_joined and {"and", "or"}.issuperset(joined) and all(map(_is_plain, compared))):
        return None
    return " ".join([part if isinstance(part, str) else _spelled(part) for part in read])


def _spelled(comparison: Comparison) -> str:
    _, variable, operator, value = comparison
    return f'{variable} {operator} "{value}"'


def _is_plain(comparison: Comparison) -> bool:
    _, variable, operator, value = comparison
    if value is None or not value.isprintable() or any(odd in value for odd in "\"'\\"):
        return False
    if variable == "extra":
        return operator == "==" and is_name(value) and normalize(value) == value
    return variable in VARIABLES and operator in _OPERATORS and operator != "~="
