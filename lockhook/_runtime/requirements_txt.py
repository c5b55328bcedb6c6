"""Reading requirements.txt as pip reads it: text in, pins out; nothing is dropped in silence.

The lines that uv and pip-compile write are taken apart here with plain string operations. Every
other line goes, whole, to `requirement_line`, which knows all of pip's grammar.
"""

from __future__ import annotations

from lockhook._runtime.model import Constraint, Pin
from lockhook._runtime.names import is_name, normalize
from lockhook._runtime.plain import is_plain_version
from lockhook._runtime.record import Record
from lockhook._runtime.versions import Wanted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


class Include(Record):
    """A ``-r`` or ``-c`` line.

    Attributes:
        target: the path as written.
        constrains: ``-c``: the file names no pins, it only limits them.
        line: its number, counted from 1.
    """

    target: str
    constrains: bool
    line: int


class Option(Record):
    """A line that says where and how to install, such as ``--extra-index-url``."""

    name: str
    value: str


if TYPE_CHECKING:
    Entry = Pin | Constraint | Include | Option


def parse(text: str, path: str, *, constrains: bool = False) -> Iterator[Entry]:
    """Yield what each line of a requirements file says, in order.

    Args:
        text: the whole file.
        path: what to call the file in messages.
        constrains: read it as a ``-c`` file, which may hold any specifier and no extras.

    Raises:
        LockfileError: for a line that is not an exact pin, an include, a comment or an option
            that pip knows, with its number and the reason.
    """
    for number, line in logical_lines(text):
        pin = None if constrains else plain_pin(line, path, number)
        if pin is not None:
            yield pin
        else:
            # Imports `packaging`, `optparse` and `re`: only for what the fast reader leaves.
            from lockhook._runtime.requirement_line import read

            yield from read(line, path, number, constrains=constrains)


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    r"""Yield the number and text of each line, after joining at ``\`` and removing comments.

    This is pip's own order (`pip._internal.req.req_file.preprocess`): a line that is a comment
    ends a continuation, and a backslash inside a comment joins nothing.
    """
    parts: list[str] = []
    first = 0
    # Like pip, and unlike `split("\n")`: form feeds, U+2028 and their like end a line too.
    for number, line in enumerate(text.splitlines(), 1):
        if parts and line[:11] == "    --hash=" and line[-1:] == "\\":
            parts.append(line.rstrip("\\"))  # nine lines of ten, and nothing else to them
            continue
        is_comment = "#" in line and line.lstrip()[:1] == "#"
        first = first if parts else number
        if line[-1:] == "\\" and not is_comment:
            parts.append(line.strip("\\"))
            continue
        if is_comment:
            line = " " + line  # noqa: PLW2901 - so that it stays a comment after joining
        if parts:
            parts.append(line)
            line, parts = "".join(parts), []  # noqa: PLW2901
        if stripped := without_comment(line):
            yield first, stripped
    if parts and (stripped := without_comment("".join(parts))):
        yield first, stripped


def without_comment(line: str) -> str:
    """Return a line without its comment: a ``#`` at its start or behind a blank, and the rest."""
    start = line.find("#")
    while start > 0 and not line[start - 1].isspace():
        start = line.find("#", start + 1)
    return (line if start < 0 else line[:start]).strip()


def plain_pin(line: str, path: str, number: int) -> Pin | None:
    """Return the pin of a line as uv writes it, None for a line of any other kind.

    ``name[extra]==version ; marker --hash=sha256:<64 hex digits>...``, and nothing else: no
    quoting, no other option, no wildcard. What this function takes, pip takes the same way.
    """
    head, *hashes = line.split(" --hash=")
    if " -" in head or "$" in head:
        return None
    requirement, _, marker = head.partition(";")
    name, equals, version = requirement.partition("==")
    name, extras = _extras(name.strip(_BLANKS))
    version = version.strip(_BLANKS)
    if not (equals and is_name(name) and is_plain_version(version)):
        return None
    digests = tuple(digest.strip(" ") for digest in hashes)
    if extras is None or (digests and not _are_sha256(digests)):
        return None
    return Pin(
        name=normalize(name),
        wanted=Wanted(version=version),
        marker=marker.strip(),
        extras=extras,
        hashes=digests,
        path=path,
        line=number,
    )


# The blanks of PEP 508; `strip()` alone would take a no-break space too, which pip refuses.
_BLANKS = " \t"


def _extras(name: str) -> tuple[str, tuple[str, ...] | None]:
    if name[-1:] != "]":
        return name, ()
    name, _, inside = name[:-1].partition("[")
    extras = tuple(extra.strip(_BLANKS) for extra in inside.split(","))
    return name.rstrip(_BLANKS), extras if all(map(is_name, extras)) else None


def _are_sha256(digests: tuple[str, ...]) -> bool:
    for digest in digests:
        if len(digest) != 71 or digest[:7] != "sha256:":
            return False
    digits = "".join([digest[7:] for digest in digests])
    try:
        bytes.fromhex(digits)  # which also takes blanks and capitals
    except ValueError:
        return False
    return digits.isalnum() and digits == digits.lower()
