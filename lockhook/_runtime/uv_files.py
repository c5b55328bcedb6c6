"""The files of a package, in the layout in which uv writes them into its TOML locks.

They are most of such a lock, and a parser takes longest over them. Here a whole list is taken
apart at its quotes at once. What is accepted is valid TOML, because every string is a basic one
without an escape, and because what stands between two strings is one of a few known texts.
"""

from __future__ import annotations

AND = ",\n    "
_OPEN = "{ url = "
_TIME = ", upload-time = "
_SIZE = ", size = "
_HASH = ", hash = "
_SHA256 = ", hashes = { sha256 = "
_HEX = b"0123456789abcdef"
# What stands in the strings: printable ASCII, and nothing that escapes.
_PLAIN = bytes(set(range(0x20, 0x7F)) - set(b'"\\'))


class PylockFiles:
    """The files of a ``pylock.toml``.

    What they have in common is looked at once: most files of a package are of one hour.
    """

    def __init__(self) -> None:
        self._hours: set[str] = set()

    def urls(self, text: str) -> list[str] | None:
        """Return the URL of each file of a package, None if they are not plainly files.

        Args:
            text: ``{ url = "...", upload-time = 2026-01-31T12:00:00Z, size = 1, hashes = { sha256
                = "..." } }``, and further lines of that kind behind commas. The time or the size
                can be missing.
        """
        parts = text.split('"')
        count, rest = divmod(len(parts), 4)
        if rest != 1 or parts[0] != _OPEN or parts[-1] != " } }":
            return None
        if parts[4:-1:4] != [f" }} }}{AND}{_OPEN}"] * (count - 1) or not _are_plain(parts[1::2]):
            return None
        middles = parts[2::4]
        is_plain = self._are_attributes(middles) or self._are_of_shapes(middles)
        return parts[1::4] if is_plain else None

    def are_plain(self) -> bool:
        """Tell whether each hour until now is one of a day that every year has."""
        return all(hour[:5] in _DAYS and hour[6:] in _HOURS for hour in self._hours)

    def _are_of_shapes(self, middles: list[str]) -> bool:
        """Tell it where some have a time or a size, and others have none."""
        shapes: dict[object, list[str]] = {}
        for middle in middles:
            shapes.setdefault((_TIME in middle, _SIZE in middle), []).append(middle)
        return len(shapes) > 1 and all(map(self._are_attributes, shapes.values()))

    def _are_attributes(self, middles: list[str]) -> bool:
        """Tell it of what stands between the URL and the digest of each file."""
        first = middles[0]
        timed = len(_ANY_TIME) if first.startswith(_TIME) else 0
        if timed and not self._are_times([middle[:timed] for middle in middles]):
            return False
        if not first.startswith(_SIZE, timed):
            return {middle[timed:] for middle in middles} == {_SHA256}
        return _are_numbers([middle[timed:] for middle in middles], _SIZE, _SHA256)

    def _are_times(self, texts: list[str]) -> bool:
        """Tell it of ``, upload-time = 2026-01-31T12:00:00Z``; `are_plain` tells the rest."""
        joined, width = "".join(texts).encode(), len(_ANY_TIME)
        if joined.translate(_AS_ZERO) != _ANY_TIME.encode() * len(texts):
            return False
        self._hours.update([text[_MONTH:_MINUTE] for text in texts])
        sixtieths = joined[_MINUTE + 1 :: width] + joined[_MINUTE + 4 :: width]
        return b"0" not in joined[len(_TIME) :: width] and not sixtieths.translate(None, b"012345")


_ANY_TIME = f"{_TIME}0000-00-00T00:00:00Z"
_MONTH, _MINUTE = len(_TIME) + 5, len(_TIME) + 13
_AS_ZERO = bytes.maketrans(b"0123456789", b"0" * 10)
_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DAYS = {
    f"{month:02}-{day:02}"
    for month, length in enumerate(_LENGTHS, 1)
    for day in range(1, length + 1)
}
_HOURS = {f"{hour:02}" for hour in range(24)}


def _are_plain(strings: list[str]) -> bool:
    """Tell it of strings: one with a line break in it would be none."""
    return not "".join(strings).encode().translate(None, _PLAIN)


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


def of_uv_lock(text: str) -> list[str] | None:
    """Return the URL of each file of a ``uv.lock``, None if they are not plainly files.

    Args:
        text: ``{ url = "...", hash = "sha256:...", size = 1, upload-time = "..." }``, and further
            lines of that kind behind commas. The size, or all behind the hash, can be missing,
            of all of them.
    """
    parts = text.split('"')
    width = 6 if len(parts) > 6 and parts[4].endswith(_TIME) else 4
    count, rest = divmod(len(parts), width)
    if rest != 1 or parts[0] != _OPEN or parts[-1] != " }":
        return None
    if parts[width:-1:width] != [f" }}{AND}{_OPEN}"] * (count - 1):
        return None
    if parts[2::width] != [_HASH] * count or not _are_digests(parts[3::width]):
        return None
    others = parts[5::6] if width == 6 else []
    urls = parts[1::width]
    is_plain = _are_plain(urls + others) and (width == 4 or _are_uploads(parts[4::width]))
    return urls if is_plain else None


def _are_uploads(texts: list[str]) -> bool:
    return _are_numbers(texts, _SIZE, _TIME) or texts == [_TIME] * len(texts)


def _are_digests(texts: list[str]) -> bool:
    """Tell whether each is as long as ``sha256:`` and 64 digits, and of digits behind the colon."""
    joined, count = "".join(texts).encode(), len(texts)
    return (
        set(map(len, texts)) == {71}
        and joined.translate(None, _HEX) == b"sh:" * count
        and joined[6::71] == b":" * count
    )
