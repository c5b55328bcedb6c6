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
_DIGEST = 64  # characters
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
    others = [line for line in lines if line[:1] in _NO_PIN]
    pins = [line.removesuffix(_HASHED) for line in lines if line[:1] not in _NO_PIN]
    if not _is_plain_text(text) or not all(map(_pins_nothing, others)):
        return None
    found = _plain(pins)
    if found is None or b"lockhook" not in data:
        return found
    from lockhook._runtime import coverage

    return found.replace(coverage=coverage.of_requirements(data))


_NO_PIN = frozenset({"", "#", " ", "-"})


def _without_hashes(data: bytes) -> str | None:
    """Return the text of a file without its hashes, None if they are not plainly hashes."""
    head, *pieces = data.split(_HASH)
    if not pieces:
        return data.decode() if b"\0" not in data else None
    digests = [piece for piece in pieces[:-1] if len(piece) == _DIGEST]
    # Behind the last hash of a pin, the rest of the file up to the first of the next.
    ends = [piece for piece in pieces[:-1] if len(piece) != _DIGEST]
    ends.append(pieces[-1])
    rests = [piece[_DIGEST:] for piece in ends]
    joined = b"".join(digests + [piece[:_DIGEST] for piece in ends])
    if len(joined) != _DIGEST * len(pieces) or joined.translate(None, _HEX) or b"\0" in head:
        return None
    if any(rest[:1] not in _LINE_END or b"\0" in rest for rest in rests):
        return None
    return b"\0".join([head, *rests]).decode()


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
    together = "\n".join(markers)
    if " -" in together or any(character in together for character in "\\#$"):
        return None
    return plain(names, versions, markers)
