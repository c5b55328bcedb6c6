"""Environment markers (PEP 508): the comparisons that uv writes; all others go to `packaging`.

The structure of a marker (and, or, parentheses) is read here with a stack instead of recursion,
so that two thousand parentheses are no different from two. What stands between them is compared
here if it is of the plain kind, and handed to `packaging` word for word if it is not.
"""

from __future__ import annotations

from lockhook._runtime.plain_markers import STRINGS, VERSIONS, by_release, is_word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Values = Mapping[str, str | frozenset[str]]
    # As written, its variable, its operator, and its value without quotes, None if it has none.
    Comparison = tuple[str, str, str, str | None]
    Part = str | Comparison

_OPERATORS = ("===", "==", "!=", "<=", ">=", "~=", "<", ">")
_SPACE = " \t"


class InvalidMarkerError(ValueError):
    """The text is not a marker; the message says where and why."""


def evaluate(marker: str, environment: Values) -> bool:
    """Tell whether a marker is true in an environment.

    Args:
        marker: what stands behind the semicolon of a requirement.
        environment: the marker variables and their values (PEP 508, "Environment Markers").
            `extras` and `dependency_groups` of a lock file are sets (PEP 751), and so is the
            `extra` of a uv.lock, where ``extra == 'x'`` asks whether x is in it.

    Raises:
        InvalidMarkerError: for a syntax error or an unknown variable, wherever it stands.
    """
    return bool(fold(marker, lambda comparison: compare(comparison, environment)))


def fold(marker: str, truth: Callable[[Comparison], int]) -> int:
    """Return what a marker makes of its comparisons, by ``&`` and ``|``.

    Args:
        marker: what stands behind the semicolon of a requirement.
        truth: what a comparison is: true or false, or a bit for each of many environments.

    Raises:
        InvalidMarkerError: for a syntax error, and what `truth` raises.
    """
    groups: list[_Group] = [_Group()]
    for part in parse(marker):
        if part == "(":
            groups[-1].open(marker)
            groups.append(_Group())
        elif part == ")":
            if len(groups) == 1:
                raise InvalidMarkerError(f"')' closes nothing in {_short(marker)}")
            value = groups.pop().close(marker)
            groups[-1].add(value, marker)
        elif isinstance(part, str):
            groups[-1].join(part, marker)
        else:
            groups[-1].add(truth(part), marker)
    if len(groups) > 1:
        raise InvalidMarkerError(f"'(' is never closed in {_short(marker)}")
    return groups[0].close(marker)


def check(marker: str, *sets: str) -> None:
    """Refuse what is not a marker, without an environment to evaluate it in.

    Args:
        marker: what to look at.
        sets: the variables that are sets where it stands.

    Raises:
        InvalidMarkerError: for a syntax error or an unknown variable, wherever it stands.
    """
    evaluate(marker, {**_SOME, **dict.fromkeys(sets, frozenset[str]())})


# Values of the right kind for each variable: any will do.
_SOME: dict[str, str | frozenset[str]] = {
    **dict.fromkeys(STRINGS | {"platform_release", "platform_version", "extra"}, "x"),
    **dict.fromkeys(VERSIONS | {"implementation_version"}, "3.11"),
}
VARIABLES = frozenset(_SOME)  # of PEP 508


class _Group:
    """What is known of one pair of parentheses: the `or` of the `and`s read so far."""

    __slots__ = ("current", "done", "expects_operand")

    def __init__(self) -> None:
        self.done = 0  # where is one of the finished alternatives true?
        self.current = -1  # where are all operands of the alternative being read true?
        self.expects_operand = True

    def open(self, marker: str) -> None:
        if not self.expects_operand:
            raise InvalidMarkerError(f"'and' or 'or' expected before '(' in {_short(marker)}")

    def add(self, value: int, marker: str) -> None:
        if not self.expects_operand:
            raise InvalidMarkerError(f"'and' or 'or' expected in {_short(marker)}")
        self.current &= value
        self.expects_operand = False

    def join(self, operator: str, marker: str) -> None:
        if self.expects_operand:
            raise InvalidMarkerError(
                f"a comparison expected before {operator!r} in {_short(marker)}"
            )
        if operator == "or":
            self.done, self.current = self.done | self.current, -1
        self.expects_operand = True

    def close(self, marker: str) -> int:
        if self.expects_operand:
            raise InvalidMarkerError(f"a comparison expected at the end of {_short(marker)}")
        return self.done | self.current


def parse(marker: str) -> Iterator[Part]:
    """Yield parentheses, ``and``, ``or``, and each comparison between them, taken apart.

    Raises:
        InvalidMarkerError: if a string is never closed.
    """
    start = position = 0
    while position < len(marker):
        char = marker[position]
        if char in "'\"":
            position = _end_of_string(marker, position)
        elif char in "()":
            yield from _comparison(marker[start:position])
            yield char
            position += 1
            start = position
        elif char in _WORD and (word := _word(marker, position)):
            if word in {"and", "or"}:
                yield from _comparison(marker[start:position])
                yield word
                start = position + len(word)
            position += len(word)
        else:
            position += 1
    yield from _comparison(marker[start:])


_WORD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.")


def _word(marker: str, start: int) -> str:
    end = start
    while end < len(marker) and marker[end] in _WORD:
        end += 1
    return marker[start:end]


def _end_of_string(marker: str, start: int) -> int:
    end = marker.find(marker[start], start + 1)
    if end < 0:
        raise InvalidMarkerError(f"a string is never closed in {_short(marker)}")
    return end + 1


def _comparison(text: str) -> Iterator[Comparison]:
    text = text.strip(_SPACE)
    if text:
        variable, operator, quoted = _split(text)
        yield text, variable, operator, _unquoted(quoted)


def compare(part: Comparison, environment: Values) -> bool:
    """Tell whether a comparison is true: here where that is plain, else by `packaging`.

    Raises:
        InvalidMarkerError: if it is none.
    """
    comparison, variable, operator, value = part
    if not variable:
        return _is_member(comparison, environment)
    found = environment.get(variable)
    if value is not None and isinstance(found, frozenset) and variable == "extra":
        if operator not in {"==", "!="}:
            raise InvalidMarkerError(f"{_short(comparison)}: an extra is there or not")
        return (value in found) is (operator == "==")
    if value is not None and isinstance(found, str):
        if variable in STRINGS and operator in {"==", "!="} and is_word(value):
            return (found == value) is (operator == "==")
        if variable in VERSIONS and (answer := by_release(found, operator, value)):
            return answer == "true"
    return _compare_with_packaging(comparison, environment)


def _split(comparison: str) -> tuple[str, str, str]:
    variable = _word(comparison, 0)
    rest = comparison[len(variable) :].lstrip(_SPACE)
    operator = next((o for o in _OPERATORS if rest.startswith(o)), "")
    return variable, operator, rest[len(operator) :].lstrip(_SPACE)


def _unquoted(text: str) -> str | None:
    whole = len(text) >= 2 and text[0] in "'\"" and text.find(text[0], 1) == len(text) - 1
    return text[1:-1] if whole else None


def _is_member(comparison: str, environment: Values) -> bool:
    """Answer ``'name' in extras`` and ``'name' not in dependency_groups`` (PEP 751)."""
    end = comparison.find(comparison[:1], 1) + 1
    value, words = _unquoted(comparison[:end]), comparison[end:].split()
    found = environment.get(words[-1]) if words else None
    if value is not None and isinstance(found, frozenset) and words[:-1] in _MEMBERSHIP:
        return (value in found) is (words[:-1] == ["in"])
    return _compare_with_packaging(comparison, environment)


_MEMBERSHIP = (["in"], ["not", "in"])


def _compare_with_packaging(comparison: str, environment: Values) -> bool:
    if "extras" in environment and (comparison.startswith("extra") or comparison.endswith("extra")):
        raise InvalidMarkerError(f"{_short(comparison)}: in a lock it is '...' in extras")
    from packaging.markers import Marker

    try:
        return Marker(comparison).evaluate(_plain(environment))
    except (ValueError, KeyError) as error:
        # The errors of `packaging.markers` are these, and older ones let theirs through bare.
        reason = str(error).partition("\n")[0]
        raise InvalidMarkerError(f"{_short(comparison)} is not a comparison: {reason}") from None


def _plain(environment: Values) -> dict[str, str]:
    # Older versions of `packaging` know no sets; whoever asks for one here has misspelt something.
    return {name: value for name, value in environment.items() if isinstance(value, str)}


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")
