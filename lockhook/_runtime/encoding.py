"""From the bytes of a lock to its text, as pip reads it, but without asking the locale."""

from __future__ import annotations

from lockhook.errors import LockfileError

_NEXT = "`lockhook generate` writes a new one"

# The order is pip's: the mark of UTF-16-LE is the beginning of that of UTF-32-LE.
_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)


def decode(data: bytes, path: str) -> str:
    """Return the text of a requirements file: by its byte order mark, its ``coding:``, or UTF-8.

    Raises:
        LockfileError: if the bytes are not text in that encoding. pip would then guess by the
            locale, so that two machines could read two locks from one file.
    """
    mark, encoding = next(
        ((mark, name) for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), (b"", "")
    )
    encoding = encoding or _declared_encoding(data) or "utf-8"
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise LockfileError(
            f"byte {error.start} is not {encoding}: {error.reason}",
            path=path,
            line=line,
            hint=_NEXT,
        ) from None
    except UnicodeError:
        raise LockfileError(f"cannot be read as {encoding}", path=path, hint=_NEXT) from None
    except LookupError:
        raise LockfileError(
            f"says it is in {encoding!r}, which is no encoding", path=path
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise LockfileError(
            "holds a NUL byte: the file is damaged", path=path, line=line, hint=_NEXT
        )
    return text


def _declared_encoding(data: bytes) -> str:
    head = data.split(b"\n", 2)[:2]
    if not any(line[:1] == b"#" and b"coding" in line for line in head):
        return ""
    import re

    found = (re.search(rb"coding[:=]\s*([-\w.]+)", line) for line in head if line[:1] == b"#")
    return next((match[1].decode("ascii", "replace") for match in found if match), "")


def with_line_feeds(text: str) -> str:
    """Return a text as it was before git checked it out with CRLF, as on Windows."""
    return text.replace("\r\n", "\n")
