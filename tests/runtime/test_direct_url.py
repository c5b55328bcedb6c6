"""`packaging.direct_url` is the oracle: what it refuses is no record."""

from __future__ import annotations

import json
from typing import Any

import pytest
from packaging.direct_url import DirectUrl, DirectUrlValidationError

from lockhook._runtime.direct_url import parse

URL, FILE = "https://h/x.zip", "file:///src/x"
GIT = {"vcs": "git", "commit_id": "ab"}


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"url": URL},
        {"url": 1, "archive_info": {}},
        {"archive_info": {}},
        {"url": URL, "archive_info": {}},
        {"url": URL, "archive_info": {}, "dir_info": None, "unknown": 1},
        {"url": URL, "archive_info": []},
        {"url": URL, "archive_info": "x"},
        {"url": URL, "archive_info": {}, "vcs_info": GIT},
        {"url": URL, "archive_info": {"hash": "sha256=ab"}},
        {"url": URL, "archive_info": {"hash": "sha256:ab"}},
        {"url": URL, "archive_info": {"hash": 1}},
        {"url": URL, "archive_info": {"hashes": {"sha256": "ab"}}},
        {"url": URL, "archive_info": {"hashes": {"sha256": 1}}},
        {"url": URL, "archive_info": {"hashes": ["ab"]}},
        {"url": URL, "archive_info": {"hash": "sha256=ab", "hashes": {"sha256": "ab"}}},
        {"url": URL, "archive_info": {"hash": "sha256=ab", "hashes": {"sha256": "cd"}}},
        {"url": URL, "archive_info": {"hash": "sha256=ab", "hashes": {"sha1": "cd"}}},
        {"url": URL, "archive_info": {}, "subdirectory": "x"},
        {"url": URL, "archive_info": {}, "subdirectory": 1},
        {"url": URL, "vcs_info": GIT},
        {"url": URL, "vcs_info": {"vcs": "git"}},
        {"url": URL, "vcs_info": {"commit_id": "ab"}},
        {"url": URL, "vcs_info": {**GIT, "requested_revision": "v1"}},
        {"url": URL, "vcs_info": {**GIT, "requested_revision": 1}},
        {"url": FILE, "dir_info": {}},
        {"url": FILE, "dir_info": {"editable": True}},
        {"url": FILE, "dir_info": {"editable": None}},
        {"url": FILE, "dir_info": {"editable": "yes"}},
        {"url": URL, "dir_info": {}},
        {"url": "file:x", "dir_info": {}},
        {"url": "/src/x", "dir_info": {}},
        {"url": "file://localhost/src/x", "dir_info": {}},
    ],
)
def test_a_record_is_what_packaging_takes(record: dict[str, Any]) -> None:
    expected = {key: value for key, value in record.items() if value is not None}
    try:
        DirectUrl.from_dict(record)
    except DirectUrlValidationError:
        expected = {}
    assert parse(json.dumps(record).encode()) == expected


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"null", b"\xff", b"[" * 10**5, b'{"url": "file://[", "dir_info": {}}'],
)
def test_what_is_no_record(data: bytes) -> None:
    assert parse(data) == {}
