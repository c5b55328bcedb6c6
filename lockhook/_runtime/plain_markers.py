"""Environment markers (PEP 508) as uv writes nearly all of them, without a reader of markers.

What is answered here is what `markers` answers; all else is left to it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

STRINGS = frozenset(
    {
        "os_name",
        "sys_platform",
        "platform_machine",
        "platform_python_implementation",
        "platform_system",
        "implementation_name",
    }
)
VERSIONS = frozenset({"python_version", "python_full_version"})
_LONGEST = 2**12  # characters; the time that parentheses take grows with the square of that
# What stands for a pair of parentheses whose value is known. No marker that is ASCII has it.
_WORDS = {True: "\u22a4", False: "\u22a5"}
_VALUES = {word: value for value, word in _WORDS.items()}


def truth(marker: str, environment: Mapping[str, str]) -> bool | None:
    """Tell whether a marker is true in an environment, None unless every part of it is plain.

    Plain are comparisons of a variable with a quoted value, with one blank between two words.

    Args:
        marker: what stands behind the semicolon of a requirement.
        environment: the marker variables and their values.
    """
    if not marker.isascii() or len(marker) > _LONGEST:
        return None
    while ")" in marker:
        before, _, after = marker.partition(")")
        outside, opened, inside = before.rpartition("(")
        value = _alternatives(inside, environment) if opened else None
        if value is None:
            return None
        marker = f"{outside}{_WORDS[value]}{after}"
    return _alternatives(marker, environment)


def _alternatives(text: str, environment: Mapping[str, str]) -> bool | None:
    """Return the value of what has no parentheses, None if a part is not plain: true or not."""
    found = False
    for alternative in text.split(" or "):
        values = [_value(part, environment) for part in alternative.split(" and ")]
        if None in values:
            return None
        found = found or False not in values
    return found


def _value(part: str, environment: Mapping[str, str]) -> bool | None:
    words = part.split(" ")
    if len(words) != 3:
        return _VALUES.get(part)
    variable, operator, quoted = words
    quote, value = quoted[:1], quoted[1:-1]
    # What has a quote of the same kind inside is no string, or more than one.
    if quote not in _QUOTES or len(quoted) < 2 or quoted[-1] != quote or quote in value:
        return None
    if variable in STRINGS and operator in {"==", "!="} and is_word(value):
        return (environment[variable] == value) is (operator == "==")
    answer = by_release(environment[variable], operator, value) if variable in VERSIONS else ""
    return answer == "true" if answer else None


_QUOTES = frozenset("'\"")


def is_word(value: str) -> bool:
    """Tell whether text is no version, and can be compared as it is."""
    # `packaging` compares as versions whatever is one, for any variable; no version begins
    # with a letter other than the `v` that PEP 440 lets stand before it. It also reads escapes.
    return value[:1].isalpha() and value[0] not in "vV" and "\\" not in value


def is_plainly_inside(wanted: str, found: str) -> bool:
    """Tell whether a Python satisfies the ``>=3.10`` of most locks; no other is looked at.

    Args:
        wanted: a version specifier set (PEP 440), of which only one lower bound is plain.
        found: the Python's full version.
    """
    bound = wanted.removeprefix(">=").strip()
    return bound != wanted and by_release(found, ">=", bound) == "true"


def by_release(found: str, operator: str, value: str) -> str:
    """Compare ``3.11.7`` with ``3.10`` or ``3.11.*``; return "" for anything less plain."""
    prefix = value.endswith(".*") and operator in {"==", "!="}
    ours, theirs = _numbers(found), _numbers(value[:-2] if prefix else value)
    if ours is None or theirs is None:
        return ""
    width = len(theirs) if prefix else max(len(ours), len(theirs))
    ours, theirs = _padded(ours, width), _padded(theirs, width)
    answers = {
        "==": ours == theirs,
        "!=": ours != theirs,
        "<": ours < theirs,
        "<=": ours <= theirs,
        ">": ours > theirs,
        ">=": ours >= theirs,
    }
    return "" if operator not in answers else "true" if answers[operator] else "false"


def _numbers(version: str) -> list[int] | None:
    parts = version.split(".")
    if not (version.isascii() and all(part.isdigit() and len(part) < 10 for part in parts)):
        return None
    return [int(part) for part in parts]


def _padded(numbers: list[int], width: int) -> list[int]:
    return (numbers + [0] * width)[:width]
