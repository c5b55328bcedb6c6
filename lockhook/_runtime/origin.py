"""Where a package was installed from, by its own record (PEP 610), against where the lock says."""

from __future__ import annotations

import posixpath

from lockhook._runtime import places
from lockhook._runtime.names import without_credentials
from lockhook._runtime.record import Record
from lockhook._runtime.versions import Wanted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
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


def judge(pin: Pin, record: dict[str, Any] | None, directories: Iterable[str]) -> Judgement:
    """Compare a pin's origin with the ``direct_url.json`` of what is installed.

    Args:
        pin: the locked package.
        record: the parsed ``direct_url.json``, empty if it is damaged; None if there is none,
            which by PEP 610 means that the package came from an index.
        directories: what relative paths in the lock may be relative to.
    """
    return Judgement(
        verdict=_verdict(pin, record, directories),
        expected=_describe_pin(pin),
        found=_describe_record(record),
    )


def is_same_place(pin: Pin, record: dict[str, Any], directories: Iterable[str]) -> bool:
    """Tell whether a package came from a pin's URL or path, be it another state of it."""
    if pin.origin is None or not record:
        return False
    same = _same_place(pin.origin, record, directories)
    return same and _same_subdirectory(pin.origin, record)


def are_same(one: Origin, other: Origin) -> bool:
    """Tell whether two URLs or paths of a lock are the same, however they are spelled."""
    plain = [origin.replace(url="", subdirectory="") for origin in (one, other)]
    record = {"url": other.url, "subdirectory": other.subdirectory}
    same = plain[0] == plain[1] and _same_subdirectory(one, record)
    return same and _same_place(one, record, ("",))


def version_of_wheel(origin: Origin) -> Wanted | None:
    """Return the version that a URL or path tells by being that of a wheel."""
    if origin.kind != "archive" or ".whl" not in origin.url:
        return None
    from lockhook._runtime import direct_reference

    version = direct_reference.version_of_wheel(origin.url)
    return Wanted(version=version, exact=True) if version else None


def _verdict(pin: Pin, record: dict[str, Any] | None, directories: Iterable[str]) -> str:
    if pin.origin is None:
        return SAME if record is None else _from_index(pin, record)
    if not record:
        return DIFFERENT
    if pin.origin.kind == "archive":
        return _archive(pin, pin.origin, record, directories)
    if pin.origin.editable and pin.origin.kind == "vcs" and _is_editable(record):
        # pip records where it cloned the repository to, and not which commit.
        return UNDECIDED
    if not is_same_place(pin, record, directories):
        return DIFFERENT
    return (_vcs if pin.origin.kind == "vcs" else _directory)(pin.origin, record)


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
    editable = "editable " if _is_editable(record) else ""
    return f"{editable}{without_credentials(record['url'])}{f'@{commit}' if commit else ''}"


def _table(record: dict[str, Any], key: str) -> dict[str, Any]:
    value: dict[str, Any] = record.get(key) or {}
    return value


def _is_editable(record: dict[str, Any]) -> bool:
    return bool(_table(record, "dir_info").get("editable"))


def _same_place(origin: Origin, record: dict[str, Any], directories: Iterable[str]) -> bool:
    is_repository = origin.kind == "vcs"
    try:
        found = places.canonical(record["url"], "", is_repository=is_repository)
        return any(
            places.canonical(origin.url, directory, is_repository=is_repository) == found
            for directory in directories
        )
    except ValueError:  # a NUL, or a URL that is none
        return False


def _same_subdirectory(origin: Origin, record: dict[str, Any]) -> bool:
    one, other = origin.subdirectory, record.get("subdirectory") or ""
    return posixpath.normpath(one or ".") == posixpath.normpath(other or ".")


def _from_index(pin: Pin, record: dict[str, Any]) -> str:
    """A locked version from an index: a local wheel of it is fine if its hash is."""
    if "archive_info" not in record:
        return DIFFERENT
    return _by_hash(pin.hashes, _hashes(record), otherwise=SAME)


def _archive(pin: Pin, origin: Origin, record: dict[str, Any], directories: Iterable[str]) -> str:
    if "archive_info" not in record or not _same_subdirectory(origin, record):
        return DIFFERENT
    wanted = (*pin.hashes, *hashes_of_fragment(origin.url))
    verdict = _by_hash(wanted, _hashes(record), otherwise="")
    if verdict in {PROVEN, DIFFERENT}:
        return verdict
    return SAME if _same_place(origin, record, directories) else DIFFERENT


def _by_hash(locked: Iterable[str], found: set[str], *, otherwise: str) -> str:
    """Compare hashes; what is not known on both sides is decided by something else."""
    wanted = {digest.lower() for digest in locked}
    if not wanted or not found:
        return otherwise
    if wanted & found:
        return PROVEN
    shared = {h.partition(":")[0] for h in wanted} & {h.partition(":")[0] for h in found}
    return DIFFERENT if shared else UNDECIDED


def _hashes(record: dict[str, Any]) -> set[str]:
    info = _table(record, "archive_info")
    hashes = {f"{name}:{value}".lower() for name, value in _table(info, "hashes").items()}
    if old := info.get("hash"):  # the older spelling, "sha256=<hex>"
        hashes.add(old.replace("=", ":", 1).lower())
    # uv records the URL as it was given, and no hash of its own.
    return hashes or set(hashes_of_fragment(record["url"]))


def hashes_of_fragment(url: str) -> tuple[str, ...]:
    """Return the hashes in the fragment of a URL, ``#sha256=<hex>``, as `Pin.hashes` has them."""
    parts = url.partition("#")[2].split("&")
    return tuple(p.replace("=", ":", 1).lower() for p in parts if p.startswith(_HASHES))


# `pip._internal.models.link`
_HASHES = ("sha512=", "sha384=", "sha256=", "sha224=", "sha1=", "md5=")


def _vcs(origin: Origin, record: dict[str, Any]) -> str:
    info = _table(record, "vcs_info")
    if info.get("vcs") != origin.url.partition("+")[0].lower():
        return DIFFERENT
    wanted, commit = origin.revision.lower(), info["commit_id"].lower()
    if _is_commit(wanted):
        return PROVEN if commit == wanted else DIFFERENT
    asked = info.get("requested_revision") or ""
    if _are_two_revisions(origin.revision, asked, commit):
        return DIFFERENT
    # A tag or a branch can move: that it was asked for does not prove what was installed.
    return UNDECIDED


def _are_two_revisions(wanted: str, asked: str, commit: str) -> bool:
    """Tell whether a revision that is no full commit cannot be the one that was installed."""
    if wanted.isdigit() and commit.isdigit():  # the numbers of Subversion and Bazaar
        return wanted != commit
    if not wanted or _short(wanted) == _short(asked) or commit.startswith(wanted.lower()):
        return False
    if _is_abbreviated(wanted):
        return True
    # One tag was locked, and another one installed; a commit may well be that of the tag.
    return bool(asked) and not commit.startswith(asked.lower())


def _short(revision: str) -> str:
    for prefix in ("refs/", "remotes/", "origin/", "heads/", "tags/"):
        revision = revision.removeprefix(prefix)
    return revision


def _is_commit(revision: str) -> bool:
    return len(revision) in {40, 64} and _is_hex(revision)


def _is_abbreviated(revision: str) -> bool:
    # Digits alone are rather a date, as a tag.
    return len(revision) >= 7 and _is_hex(revision) and not revision.isdigit()


def _is_hex(revision: str) -> bool:
    return not revision.lower().strip("0123456789abcdef")


def _directory(origin: Origin, record: dict[str, Any]) -> str:
    is_same = "dir_info" in record and _is_editable(record) is origin.editable
    return SAME if is_same else DIFFERENT
