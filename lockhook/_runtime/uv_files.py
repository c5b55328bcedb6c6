"""The files of a package, in the layout in which uv writes them into its TOML locks.

They are most of such a lock, and a parser takes longest over them. Here a whole list is taken
apart at its quotes at once. What is accepted is valid TOML, because every string is a basic one
without an escape, and because what stands between two strings is one of a few known texts.
"""

from __future__ import annotations

from itertools import islice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Reader = Callable[[str], list[str] | None]

_OPEN = "{ url = "
_AND = ",\n    "
_NEXT = _AND + _OPEN
_TIME = ", upload-time = "
_SIZE = ", size = "
_SHA256 = ", hashes = { sha256 = "
_HEX = b"0123456789abcdef"


def together(texts: list[str], read: Reader) -> list[list[str]] | None:
    """Return the URLs of each of some lists of files, None if one is not plain.

    All lists of one shape are looked at as one: that takes a third as long.

    Args:
        texts: lists of files, each as `read` takes them.
        read: `of_pylock` or `of_uv_lock`.
    """
    shapes: dict[object, list[int]] = {}
    for place, text in enumerate(texts):
        line = text.partition("\n")[0]
        shape = line.count('"'), _SIZE in line, _TIME in line
        shapes.setdefault(shape, []).append(place)
    found: list[list[str]] = [[]] * len(texts)
    for places in shapes.values():
        urls = read(_AND.join([texts[place] for place in places]))
        if urls is None:
            return None
        left = iter(urls)
        for place in places:
            found[place] = list(islice(left, texts[place].count("\n") + 1))
    return found


def of_pylock(text: str) -> list[str] | None:
    """Return the URL of each file of a ``pylock.toml``, None if they are not plainly files.

    Args:
        text: ``{ url = "...", upload-time = 2026-01-31T12:00:00Z, size = 1, hashes = { sha256 =
            "..." } }``, and further lines of that kind behind commas. The time or the size can be
            missing, of all of them.
    """
    parts = text.split('"')
    if len(parts) % 4 != 1 or parts[0] != _OPEN or parts[-1] != " } }" or "\\" in text:
        return None
    if "" in parts or not set(parts[4:-1:4]) <= {" } }" + _NEXT}:
        return None
    urls = parts[1::4]
    return urls if _are_lines(text, urls) and _are_attributes(parts[2::4]) else None


def _are_lines(text: str, urls: list[str]) -> bool:
    """Tell whether no string goes over a line: then there is one line for each file."""
    return text.count("\n") == len(urls) - 1


def _are_attributes(middles: list[str]) -> bool:
    """Tell it of what stands between the URL and the digest of each file."""
    first = middles[0]
    timed = len(_TIME) + 20 if first.startswith(_TIME) else 0
    sized = timed + len(_SIZE) if first.startswith(_SIZE, timed) else timed
    if {middle[-len(_SHA256) :] for middle in middles} != {_SHA256}:
        return False
    if timed and not _are_times([middle[:timed] for middle in middles]):
        return False
    sizes = [middle[timed : -len(_SHA256)] for middle in middles]
    return _are_numbers(sizes, _SIZE, "") if sized > timed else set(sizes) == {""}


def _are_numbers(texts: list[str], before: str, after: str) -> bool:
    """Tell whether each text is a decimal number, without a zero in front, between two others."""
    joined = "\n".join(texts)
    # Whatever else stands somewhere is still there, and is no digit.
    numbers = joined[len(before) : len(joined) - len(after)].replace(f"{after}\n{before}", "\n")
    ends = f"\n{numbers}\n"
    return (
        joined.startswith(before)
        and joined.endswith(after)
        and numbers.count("\n") == len(texts) - 1
        and numbers.replace("\n", "").isdigit()
        and "\n0" not in ends
        and "\n\n" not in ends
    )


def _are_times(texts: list[str]) -> bool:
    """Tell it of ``, upload-time = 2026-01-31T12:00:00Z``, a day that every year has.

    Column by column, for all of them at once: a look at each one takes three times as long.
    """
    joined, count, width = "".join(texts), len(texts), len(_ANY_TIME)
    if len(joined) != count * width:
        return False
    columns = [joined[column::width] for column in range(width)]
    for column, sample in zip(columns, _ANY_TIME, strict=True):
        if not column.isdigit() if sample == "0" else column != sample * count:
            return False
    digits = [column for column, sample in zip(columns, _ANY_TIME, strict=True) if sample == "0"]
    days, hours = set(zip(*digits[4:8], strict=True)), set(zip(*digits[8:10], strict=True))
    sixtieths = set(digits[10] + digits[12])
    return "0" not in digits[0] and days <= _DAYS and hours <= _HOURS and sixtieths <= _TENS


_ANY_TIME = f"{_TIME}0000-00-00T00:00:00Z"
_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DAYS = {
    tuple(f"{month:02}{day:02}")
    for month, length in enumerate(_LENGTHS, 1)
    for day in range(1, length + 1)
}
_HOURS = {tuple(f"{hour:02}") for hour in range(24)}
_TENS = set("012345")


def of_uv_lock(text: str) -> list[str] | None:
    """Return the URL of each file of a ``uv.lock``, None if they are not plainly files.

    Args:
        text: ``{ url = "...", hash = "sha256:...", size = 1, upload-time = "..." }``, and further
            lines of that kind behind commas. The size, or all behind the hash, can be missing,
            of all of them.
    """
    parts = text.split('"')
    width = text.partition("\n")[0].count('"')
    if width not in {4, 6} or len(parts) % width != 1 or "\\" in text or "" in parts:
        return None
    if parts[0] != _OPEN or parts[-1] != " }" or not set(parts[width:-1:width]) <= {" }" + _NEXT}:
        return None
    if set(parts[2::width]) != {", hash = "} or not _are_digests(parts[3::width]):
        return None
    urls = parts[1::width]
    is_plain = _are_lines(text, urls) and (width == 4 or _are_uploads(parts[4::width]))
    return urls if is_plain else None


def _are_uploads(texts: list[str]) -> bool:
    end = ", upload-time = "
    return set(texts) == {end} or _are_numbers(texts, _SIZE, end)


def _are_digests(texts: list[str]) -> bool:
    digits = "".join([text[7:] for text in texts])
    return {text[:7] for text in texts} == {"sha256:"} and not digits.encode().translate(None, _HEX)
