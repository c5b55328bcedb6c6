"""Names of many nodes, folded into the few words that schedulers write: ``node[001-016,020]``."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SHOWN = 8  # folded words; more than these nobody reads


def fold(names: Iterable[str]) -> str:
    """Return names, each once, with the last number of each folded into ranges.

    Only the name of the host counts, not its domain: ``node[1-3].example.org``. Numbers that are
    padded with zeros keep their width.
    """
    return ", ".join(_words(names))


def shorten(names: Iterable[str], most: int = _SHOWN) -> str:
    """Return folded names as one line of bounded length, saying how many words it leaves out."""
    words = list(_words(names))
    if sum(map(_parts, words)) <= most:
        return ", ".join(words)
    kept: list[str] = []
    left = most
    for word in words:
        kept.append(word if _parts(word) <= left else _cut(word, left))
        left -= _parts(word)
        if left <= 0:
            break
    return ", ".join(kept if kept[-1].count("...") else [*kept, "..."])


def _parts(word: str) -> int:
    return 1 + word.partition("[")[2].partition("]")[0].count(",")


def _cut(word: str, most: int) -> str:
    """Return the first ranges of a word; one of them is left out at least."""
    head, _, rest = word.partition("[")
    inside, _, tail = rest.partition("]")
    return f"{head}[{','.join(inside.split(',')[:most])},...]{tail}"


def _words(names: Iterable[str]) -> Iterator[str]:
    families: dict[tuple[str, str], dict[int, set[int]]] = {}
    for name in names:
        head, digits, tail = _split(name)
        padded = len(digits) if digits[:1] == "0" and digits != "0" else 0
        number = int(digits) if digits else -1
        families.setdefault((head, tail), {}).setdefault(padded, set()).add(number)
    for (head, tail), by_width in sorted(families.items()):
        yield from (f"{head}{numbers}{tail}" for numbers in _folded(by_width))


def _split(name: str) -> tuple[str, str, str]:
    """Return what stands before, in and after the number that tells a host from its neighbours."""
    host, dot, domain = name.partition(".")
    if name.replace(".", "").isdigit():  # an address
        host, dot, domain = name, "", ""
    end = len(host)
    while end and host[end - 1] not in _DIGITS:
        end -= 1
    start = end
    while start and host[start - 1] in _DIGITS:
        start -= 1
    if end - start > _LONGEST:
        return name, "", ""
    return host[:start], host[start:end], host[end:] + dot + domain


_DIGITS = frozenset("0123456789")
_LONGEST = 18  # digits; what is longer is no number of a node


def _folded(by_width: dict[int, set[int]]) -> Iterator[str]:
    plain = by_width.pop(0, set())
    if -1 in plain:  # the name without a number
        plain.discard(-1)
        yield ""
    for width, numbers in sorted(by_width.items()):
        # 100 is of the family of 099: only by the zeros of others can its width be told.
        same = {number for number in plain if len(str(number)) == width}
        plain -= same
        yield _ranges(numbers | same, width)
    if plain:
        yield _ranges(plain, 0)


def _ranges(numbers: set[int], width: int) -> str:
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    if len(numbers) == 1:
        return f"{runs[0][0]:0{width}}"
    return "[" + ",".join(_run(first, last, width) for first, last in runs) + "]"


def _run(first: int, last: int, width: int) -> str:
    end = "" if first == last else f"-{last:0{width}}"
    return f"{first:0{width}}{end}"
