"""What an installer wrote down: the rows of a RECORD (PEP 376; "Recording installed projects").

A RECORD may be damaged or hostile. Its paths are judged as text, before anything is opened: what
lies outside the environment is nothing that an installer puts there, and is never looked at.
"""

from __future__ import annotations

import csv
import io
import os
import stat
from typing import NamedTuple

from lockhook._runtime.installed import opener
from lockhook._runtime.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lockhook._runtime.installed import Distribution

# What the specification allows besides is no proof: md5 and sha1 can be forged.
ALGORITHMS = frozenset({"sha256", "sha384", "sha512"})

_LONGEST = 2**25  # bytes; the RECORD of torch, one of the longest, has 2 MB


class Claim(NamedTuple):
    """What one row says of one file. There may be a million: a `Record` takes ten times as long.

    Attributes:
        owner: normalised name of the distribution whose RECORD it is.
        algorithm: of `ALGORITHMS`.
        digest: URL-safe base64 without padding, as the row has it; it need not be well-formed.
        size: in bytes, -1 if the row does not say.
    """

    owner: str
    algorithm: str
    digest: str
    size: int


class Recorded(Record):
    """The RECORD of one distribution.

    Attributes:
        claims: ``(path, claim)`` of each row that can be checked, the path absolute.
        unverifiable: the number of rows that cannot.
        reason: why there is nothing to check, "" if there is.
        fault: why the RECORD cannot be relied on, "" if it can.
    """

    claims: tuple[tuple[str, Claim], ...] = ()
    unverifiable: int = 0
    reason: str = ""
    fault: str = ""


def read(distribution: Distribution) -> Recorded:
    """Return what a distribution recorded of its files. Raises nothing that a file can cause."""
    if is_editable(distribution.metadata):
        return Recorded(reason="it is installed editable")
    try:
        text = _text(os.path.join(distribution.metadata, "RECORD"))
        return _parse(text, distribution)
    except (FileNotFoundError, NotADirectoryError):
        return Recorded(reason="it has no RECORD")
    except OSError as error:
        return Recorded(fault=error.strerror or "it cannot be read")
    except csv.Error as error:
        return Recorded(fault=f"it is no table: {error}")


def is_editable(metadata: str) -> bool:
    """Tell whether a distribution is a link to its source tree (PEP 610, ``dir_info``)."""
    try:
        with open(os.path.join(metadata, "direct_url.json"), "rb", opener=opener) as file:
            data = file.read(2**20)
    except OSError:
        return False
    import json

    try:
        return bool(json.loads(data)["dir_info"]["editable"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return False


def _text(path: str) -> str:
    with open(path, "rb", opener=opener) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OSError(0, "it is not a regular file")
        if status.st_size > _LONGEST:
            raise OSError(0, f"it is longer than {_LONGEST} bytes")
        data = file.read(_LONGEST)
    # Names that are not UTF-8 come back as the bytes they are when the file is opened.
    return data.decode("utf-8", "surrogateescape").removeprefix("\ufeff")


def _parse(text: str, distribution: Distribution) -> Recorded:
    root, claims, unverifiable = root_of(distribution.location), [], 0
    # Without `strict`, one open quote would hide all the rows behind it.
    for row in filter(None, csv.reader(io.StringIO(text, newline=""), strict=True)):
        claim = _claim(row, distribution.name)
        path = _absolute(row[0], distribution.location, root) if claim else ""
        if claim and path:
            claims.append((path, claim))
        else:
            unverifiable += 1
    reason = "" if claims else "its RECORD has no hash that can be checked"
    return Recorded(claims=tuple(claims), unverifiable=unverifiable, reason=reason)


def _claim(row: list[str], owner: str) -> Claim | None:
    """Return what a row says, None if that cannot be checked."""
    path, hash_, size = (*row, "", "")[:3]
    algorithm, _, digest = hash_.partition("=")
    # Bytecode is made anew by whoever imports the module.
    if len(row) > 3 or algorithm not in ALGORITHMS or path.endswith(".pyc"):
        return None
    return Claim(
        owner=owner,
        algorithm=algorithm,
        digest=digest.rstrip("="),
        size=int(size) if size.isdecimal() and len(size) < 20 else -1,
    )


def _absolute(path: str, location: str, root: str) -> str:
    """Return where a file lies, "" if that is outside the environment."""
    plain = ".." not in path and "//" not in path and "\\" not in path and ":" not in path
    if plain and path[:1] not in {"", "/", "."}:
        return f"{location}{os.sep}{path}"
    path = os.path.normpath(os.path.join(location, path))
    inside = os.path.normcase(path).startswith(os.path.normcase(os.path.join(root, "")))
    return path if inside else ""


def root_of(location: str) -> str:
    """Return the directory under which an installer puts a distribution's scripts and data.

    Args:
        location: where its modules lie: ``ROOT/lib/python3.11/site-packages``, or on Windows
            ``ROOT/Lib/site-packages``. Any other directory (``pip install --target``) is its own.
    """
    location = os.path.normpath(location)
    above, name = os.path.split(location)
    if name.lower() not in {"site-packages", "dist-packages"}:
        return location
    python_above, python = os.path.split(above)
    if python.lower() == "lib":
        above = python_above
    elif python.lower().startswith(("python", "pypy")):
        root, lib = os.path.split(python_above)
        # The user site of Windows is .../Python311/site-packages, beside .../Python311/Scripts.
        above = root if lib.lower() in {"lib", "lib64"} else above
    # A root that is the file system's own would allow everything.
    return above if os.path.dirname(above) != above else location
