"""A requirements.txt as uv writes it, read at a glance: by a few operations on the whole text.

What is taken here means the same to `requirements_txt`, to which all else is left. Nine lines of
ten are hashes: no Python code looks at one of them alone.
"""

from __future__ import annotations

from lockhook._runtime.plain import plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lockhook._runtime.plain import Plain

_HASH = b" \\\n    --hash=sha256:"
_HEX = b"0123456789abcdef"
_UNIT = len(_HASH) + 64  # bytes that one hash takes, with the end of the line before it
_NEAR = 2**12  # bytes; more than nearly every pin takes without its hashes
_HASHED = "\0"  # ends a line, once its hashes are taken away
_ENDS = ("\r", "\v", "\f", "\x1c", "\x1d", "\x1e")
_INDEX = frozenset({"--index-url", "--extra-index-url", "--find-links"})


def read(data: bytes) -> Plain | None:
    r"""Return the pins of a file, None unless every line is plain.

    Sound, because the only character that ends a line for pip is ``\n``; because the only
    backslashes outside of comments are those before a hash, which are taken away together with
    it; and because what is left of each line is checked.

    Args:
        data: the bytes of the file.
    """
    text = _without_hashes(data)
    if text is None or any("coding" in line for line in text.split("\n", 2)[:2]):
        return None  # an encoding can be declared in the first two lines
    lines = text.split("\n")
    # A comment joins no line behind it, so a hash there would belong to nothing.
    others = [
        line
        for line in lines
        if line[:1] in _NO_PIN and (line[:5] != _COMMENT or line[-1:] == _HASHED)
    ]
    pins = [line.removesuffix(_HASHED) for line in lines if line[:1] not in _NO_PIN]
    if not _is_plain_text(text) or not all(map(_pins_nothing, others)):
        return None
    found = _plain(pins)
    if found is None or _STAMP not in data:
        return found
    from lockhook._runtime import coverage

    return found.replace(coverage=coverage.of_requirements(data))


_STAMP = b"# /// lockhook"  # without it, `coverage` has nothing to find
_COMMENT = "    #"  # as uv indents what brought a package in
_NO_PIN = frozenset({"", "#", " ", "-"})


def _without_hashes(data: bytes) -> str | None:
    """Return the text of a file without its hashes, None if they are not plainly hashes."""
    if b"\0" in data:
        return None
    texts: list[bytes] = []
    blocks: list[tuple[int, int]] = []
    start = 0
    while (found := _find_hashes(data, start)) >= 0:
        texts.append(data[start:found])
        start = _end_of_hashes(data, found)
        blocks.append((found, start))
    texts.append(data[start:])
    # Behind its hashes a line ends; `_HASHED` stands where they were.
    if any(text[:1] not in _LINE_END for text in texts[1:]) or not _are_all_hashes(data, blocks):
        return None
    return _HASHED.encode().join(texts).decode()


def _find_hashes(data: bytes, start: int) -> int:
    # A search in little is faster than one in much, even where both end at the same place.
    found = data.find(_HASH, start, start + _NEAR)
    return found if found >= 0 else data.find(_HASH, start)


def _end_of_hashes(data: bytes, start: int) -> int:
    """Return where the hashes of one line end: all are equally long."""
    # Nearly always a comment follows, and it is found faster than the end of each line is. No
    # further than some hashes away: else a lock without comments would be searched for each pin.
    end = data.find(b"\n    #", start, start + _UNIT * 64)
    # Other pins may lie between, and be as long as some hashes are.
    if end >= 0 and data.count(b"\n", start, end) * _UNIT == end - start:
        return end
    end = start + _UNIT
    while data.startswith(_HASH, end):
        end += _UNIT
    return end


def _are_all_hashes(data: bytes, blocks: list[tuple[int, int]]) -> bool:
    """Tell whether what lies between some places is nothing but hashes."""
    # A few at once: one by one takes longer, and so does to copy all of them.
    return all(
        _are_hashes(b"".join([data[start:end] for start, end in blocks[first : first + _SOME]]))
        for first in range(0, len(blocks), _SOME)
    )


def _are_hashes(block: bytes) -> bool:
    """Tell whether bytes are nothing but hashes.

    What is no digit is what stands before a hash, so many times. Of that, the only backslash and
    what it follows are where they must be, and so is the colon. Between these two there is room
    for the rest and a few digits, which are where they must be too.
    """
    count, rest = divmod(len(block), _UNIT)
    return (
        not rest
        and block.translate(None, _HEX) == _BEFORE_HEX * count
        and all(block[place::_UNIT] == _HASH[place : place + 1] * count for place in _PLACES)
    )


_SOME = 16  # pins
# Of the backslash and what it follows, of the colon, and of the digits before a hash.
_PLACES = (0, 1, len(_HASH) - 1, *[n for n, character in enumerate(_HASH) if character in _HEX])
_BEFORE_HEX = _HASH.translate(None, _HEX)
_LINE_END = frozenset({b"", b"\n"})


def _is_plain_text(text: str) -> bool:
    return text.isascii() and not any(end in text for end in _ENDS)


def _pins_nothing(line: str) -> bool:
    """Tell whether a line is empty, a comment, or says where an index is; with no hash behind."""
    if line[-1:] == _HASHED:
        return False
    if line[:1] == "-":
        return _is_index(line)
    return not line or line.lstrip(" ")[:1] == "#"


def _is_index(line: str) -> bool:
    option, _, url = line.partition(" ")
    return option in _INDEX and "://" in url and not any(c in url for c in " \t'\"\\#$")


def _plain(heads: list[str]) -> Plain | None:
    names, versions, markers = [], [], []
    for head in heads:
        requirement, _, marker = head.partition(" ; ")
        name, _, version = requirement.partition("==")
        names.append(name)
        versions.append(version)
        markers.append(marker.strip())
    together = "\n".join(["", *markers])
    if " -" in together or "\n-" in together or any(character in together for character in "\\#$"):
        return None
    return plain(names, versions, markers)
