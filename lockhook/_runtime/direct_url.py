"""Reading ``direct_url.json``: where an installer says it took a package from (PEP 610).

`packaging.direct_url` knows the same rules from packaging 26.1 on; it is the oracle of the tests.
"""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_INFOS = ("vcs_info", "archive_info", "dir_info")


def parse(data: bytes) -> dict[str, Any]:
    """Return a record as the specification wants it; any other is an empty table.

    Nothing can be told from a damaged record, so an empty one agrees with no lock.
    """
    try:
        record = json.loads(data)
        return _without_nulls(record) if _is_valid(record) else {}
    except (ValueError, RecursionError):
        return {}


def _without_nulls(record: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if value is not None}


def _is_valid(record: object) -> bool:
    if not isinstance(record, dict) or not isinstance(record.get("url"), str):
        return False
    infos = [key for key in _INFOS if record.get(key) is not None]
    if len(infos) != 1 or not _is_text(record.get("subdirectory")):
        return False
    info = record[infos[0]]
    return isinstance(info, dict) and _CHECKS[infos[0]](info, record["url"])


def _is_text(value: object) -> bool:
    return value is None or isinstance(value, str)


def _is_vcs(info: dict[str, Any], _: str) -> bool:
    required = isinstance(info.get("vcs"), str) and isinstance(info.get("commit_id"), str)
    return required and _is_text(info.get("requested_revision"))


def _is_archive(info: dict[str, Any], _: str) -> bool:
    hashes, old = info.get("hashes"), info.get("hash")
    if hashes is not None and not (
        isinstance(hashes, dict) and all(isinstance(digest, str) for digest in hashes.values())
    ):
        return False
    if old is None:
        return True
    # The older spelling of one hash, "sha256=<hex>", which must not contradict the newer.
    name, equals, digest = old.partition("=") if isinstance(old, str) else ("", "", "")
    return bool(equals) and (hashes is None or hashes.get(name) == digest)


def _is_directory(info: dict[str, Any], url: str) -> bool:
    from urllib.parse import urlsplit

    editable = info.get("editable")
    parts = urlsplit(url)
    is_local = parts.scheme == "file" and parts.path.startswith("/")
    return is_local and (editable is None or isinstance(editable, bool))


_CHECKS = {"vcs_info": _is_vcs, "archive_info": _is_archive, "dir_info": _is_directory}
