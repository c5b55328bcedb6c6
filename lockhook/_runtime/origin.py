"""Where a package was installed from, by its own record (PEP 610), against where the lock says."""

from __future__ import annotations

import os
from urllib.parse import unquote, urlsplit

from lockhook._runtime.names import without_credentials
from lockhook._runtime.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from lockhook._runtime.model import Origin, Pin

# Proven is the same, and by a hash or a commit.
PROVEN, SAME, DIFFERENT, UNDECIDED = "proven", "same", "different", "undecided"


class Judgement(Record):
    """How an installation's origin stands to the lock's.

    Attributes:
        verdict: `PROVEN`, `SAME`, `DIFFERENT`, or `UNDECIDED` where no record can tell.
        expected: the lock's origin, for people.
        found: the installation's origin, for people.
    """

    verdict: str
    expected: str = ""
    found: str = ""

    @property
    def is_proven(self) -> bool:
        """Whether a hash or a commit shows that it is the locked one."""
        return self.verdict == PROVEN

    @property
    def is_different(self) -> bool:
        """Whether it is another than the locked one."""
        return self.verdict == DIFFERENT

    @property
    def is_undecided(self) -> bool:
        """Whether no record can tell."""
        return self.verdict == UNDECIDED


def judge(pin: Pin, record: dict[str, Any] | None, directory: str) -> Judgement:
    """Compare a pin's origin with the ``direct_url.json`` of what is installed.

    Args:
        pin: the locked package.
        record: the parsed ``direct_url.json``; None if there is none, which by PEP 610 means
            that the package came from an index.
        directory: what relative paths in the lock are relative to.
    """
    expected, found = _describe_pin(pin), _describe_record(record)
    if pin.origin is None:
        verdict = SAME if record is None else _from_index(pin, record)
    elif record is None:
        verdict = DIFFERENT
    elif pin.origin.kind == "vcs":
        verdict = _vcs(pin.origin, record)
    elif pin.origin.kind == "archive":
        verdict = _archive(pin, pin.origin, record)
    else:
        verdict = _directory(pin.origin, record, directory)
    return Judgement(verdict=verdict, expected=expected, found=found)


def _describe_pin(pin: Pin) -> str:
    origin = pin.origin
    if origin is None:
        return f"{pin.wanted} from an index"
    revision = f"@{origin.revision}" if origin.revision else ""
    return f"{'editable ' if origin.editable else ''}{without_credentials(origin.url)}{revision}"


def _describe_record(record: dict[str, Any] | None) -> str:
    if record is None:
        return "one from an index"
    if not record:
        return "a direct_url.json that cannot be read"
    commit = _table(record, "vcs_info").get("commit_id")
    editable = "editable " if _table(record, "dir_info").get("editable") is True else ""
    return (
        f"{editable}{without_credentials(str(record.get('url')))}{f'@{commit}' if commit else ''}"
    )


def _table(record: dict[str, Any], key: str) -> dict[str, Any]:
    value = record.get(key)
    return value if isinstance(value, dict) else {}


def _from_index(pin: Pin, record: dict[str, Any]) -> str:
    """A locked version from an index: a local wheel of it is fine if its hash is."""
    if "archive_info" not in record:
        return DIFFERENT
    hashes = _hashes(record)
    if not hashes or not pin.hashes:
        return SAME
    if hashes & set(pin.hashes):
        return PROVEN
    return DIFFERENT if _comparable(hashes, pin.hashes) else UNDECIDED


def _vcs(origin: Origin, record: dict[str, Any]) -> str:
    if origin.editable and _table(record, "dir_info").get("editable") is True:
        # pip records where it cloned the repository to, and not which commit.
        return UNDECIDED
    info = _table(record, "vcs_info")
    vcs = origin.url.partition("+")[0].lower()
    if info.get("vcs") != vcs or not _same_repository(origin.url, str(record.get("url"))):
        return DIFFERENT
    if not _same_subdirectory(origin, record):
        return DIFFERENT
    commit = str(info.get("commit_id", "")).lower()
    if _is_commit(origin.revision):
        return PROVEN if commit == origin.revision.lower() else DIFFERENT
    # A tag or a branch can move: that it was asked for does not prove what was installed.
    return UNDECIDED


def _same_subdirectory(origin: Origin, record: dict[str, Any]) -> bool:
    return str(record.get("subdirectory") or "").strip("/") == origin.subdirectory.strip("/")


def _is_commit(revision: str) -> bool:
    return len(revision) in {40, 64} and not revision.lower().strip("0123456789abcdef")


def _archive(pin: Pin, origin: Origin, record: dict[str, Any]) -> str:
    if "archive_info" not in record or not _same_subdirectory(origin, record):
        return DIFFERENT
    wanted = {*pin.hashes, *_hashes_of_fragment(origin.url)}
    found = _hashes(record)
    if wanted and found and _comparable(found, wanted):
        return PROVEN if wanted & found else DIFFERENT
    return SAME if _location(origin.url) == _location(str(record.get("url"))) else DIFFERENT


def _hashes(record: dict[str, Any]) -> set[str]:
    info = _table(record, "archive_info")
    hashes = {f"{name}:{value}".lower() for name, value in _table(info, "hashes").items()}
    if isinstance(old := info.get("hash"), str):  # the older spelling, "sha256=<hex>"
        hashes.add(old.replace("=", ":", 1).lower())
    return hashes


def _hashes_of_fragment(url: str) -> set[str]:
    parts = url.partition("#")[2].split("&")
    return {p.replace("=", ":", 1).lower() for p in parts if p.startswith("sha")}


def _comparable(found: set[str], wanted: Any) -> bool:
    return bool({h.partition(":")[0] for h in found} & {h.partition(":")[0] for h in wanted})


def _directory(origin: Origin, record: dict[str, Any], directory: str) -> str:
    if "dir_info" not in record:
        return DIFFERENT
    if (_table(record, "dir_info").get("editable") is True) is not origin.editable:
        return DIFFERENT
    try:
        ours = os.path.join(directory, _path(origin.url.partition("#")[0]))
        theirs = _path(str(record.get("url")))
        return SAME if os.path.realpath(ours) == os.path.realpath(theirs) else DIFFERENT
    except ValueError:  # a NUL, or a URL that is none
        return DIFFERENT


def _path(url: str) -> str:
    return unquote(urlsplit(url).path) if url.lower().startswith("file:") else url


def _same_repository(one: str, other: str) -> bool:
    return _location(one).removesuffix(".git") == _location(other).removesuffix(".git")


def _location(url: str) -> str:
    """Return a URL without credentials, VCS prefix and fragment, its host in lower case."""
    scheme, _, rest = without_credentials(url).partition("#")[0].rpartition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme.rpartition('+')[2].lower()}://{host.lower()}{slash}{path.rstrip('/')}"
