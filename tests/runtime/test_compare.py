from __future__ import annotations

import pytest

from lockhook._runtime.compare import Evidence, Judged, judge
from lockhook._runtime.installed import Distribution
from lockhook._runtime.model import Pin
from lockhook._runtime.policy import Policy
from lockhook._runtime.requirements_txt import parse
from lockhook._runtime.selection import Selection

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def installed(name: str, version: str, location: str = "/site", **fields: str) -> Distribution:
    given = {"metadata": f"{location}/{name}-{version}.dist-info", **fields}
    return Distribution(name=name, version=version, location=location, **given)


def judged(
    text: str,
    *distributions: Distribution,
    shadows: dict[str, str] | None = None,
    origins: dict[str, object] | None = None,
    **policy: object,
) -> Judged:
    by_name: dict[str, list[Distribution]] = {}
    for distribution in distributions:
        by_name.setdefault(distribution.name, []).append(distribution)
    pins = tuple(entry for entry in parse(text, "r.txt") if isinstance(entry, Pin))
    return judge(
        Selection(pins=pins, not_applicable=("gone",)),
        Evidence(
            installed=by_name,
            shadows=shadows or {},
            origin=lambda found: (origins or {}).get(found.name),  # type: ignore[arg-type, return-value]
            directories=("/project",),
        ),
        Policy(**policy),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("text", "found", "more", "status", "message"),
    [
        ("foo==1", [], {}, "missing", "expected 1, not installed"),
        ("foo==1", [installed("foo", "2")], {}, "mismatched", "expected 1, found 2"),
        ("foo==1", [installed("foo", "1+cpu")], {}, "labelled", "1+cpu is a build of the locked 1"),
        (
            "foo==1",
            [installed("foo", "", problem="its METADATA is missing")],
            {},
            "broken",
            "expected 1, but its METADATA is missing",
        ),
        (
            "foo==1",
            [installed("foo", "1"), installed("foo", "2")],
            {},
            "conflicting",
            "two records in one directory: foo-1.dist-info, foo-2.dist-info",
        ),
        (
            "foo==1",
            [installed("foo", "1")],
            {"shadows": {"foo": "/x/foo.py"}},
            "shadowed",
            "/x/foo.py is imported in its place",
        ),
        (
            "foo==1",
            [installed("foo", "1")],
            {"origins": {"foo": {"url": "file:///x", "dir_info": {}}}},
            "mismatched",
            "expected 1 from an index, found file:///x",
        ),
        (
            "foo @ https://u:p@h/foo.zip",
            [installed("foo", "1")],
            {},
            "mismatched",
            "expected https://h/foo.zip, found one from an index",
        ),
        (
            "foo @ https://u:p@h/foo.zip",
            [],
            {},
            "missing",
            "expected https://h/foo.zip, not installed",
        ),
        (
            "foo @ git+https://h/foo@v1",
            [installed("foo", "1")],
            {
                "origins": {
                    "foo": {"url": "https://h/foo", "vcs_info": {"vcs": "git", "commit_id": COMMIT}}
                }
            },
            "unverifiable",
            f"no record proves that https://h/foo@{COMMIT} is git+https://h/foo@v1",
        ),
    ],
)
def test_findings(
    text: str, found: list[Distribution], more: dict[str, object], status: str, message: str
) -> None:
    result = judged(text, *found, **more)  # type: ignore[arg-type]
    (finding,) = result.findings
    assert (finding.status, finding.message) == (status, message)
    assert (finding.path, finding.line) == ("r.txt", 1)
    assert finding.location == ("/site" if found else "")
    assert (result.counts["total"], result.counts[status]) == (1, 1)


def test_what_matches_and_what_is_skipped() -> None:
    result = judged("foo==1.0\nmpi4py==4\nBar==2\n", installed("foo", "1"), skip=("MPI4py", "bar"))
    assert result.findings == ()
    assert result.counts == {
        "total": 3,
        "matched": 1,
        "mismatched": 0,
        "missing": 0,
        "skipped": 2,
        "not_applicable": 1,
    }


def test_how_much_is_proven() -> None:
    sha = "a1" * 32
    result = judged(
        f"foo==1 --hash=sha256:{sha}\nbar==1\nskipped==1\nbaz @ https://h/v1.zip\n",
        installed("foo", "1"),
        installed("bar", "1"),
        installed("baz", "1"),
        origins={
            "foo": {"url": "file:///w", "archive_info": {"hashes": {"sha256": sha}}},
            "baz": {"url": "https://h/v1.zip", "archive_info": {}},
        },
        skip=("skipped",),
    )
    assert result.matched == {"foo", "bar", "baz"}
    assert result.archived == 1


def test_what_need_not_fail_hides_nothing_that_does() -> None:
    (finding,) = judged("foo==1", installed("foo", "1+cpu"), shadows={"foo": "/x/foo.py"}).findings
    assert finding.status == "shadowed"


def test_two_records_in_two_directories_are_no_conflict() -> None:
    assert judged("foo==1", installed("foo", "1"), installed("foo", "2", "/late")).findings == ()


@pytest.mark.parametrize(
    ("status", "verify", "guard", "strict"),
    [
        ("mismatched", True, True, True),
        ("broken", True, True, True),
        ("conflicting", True, True, True),
        ("shadowed", True, True, True),
        ("missing", True, False, True),
        ("extra", False, False, True),
        ("unverifiable", False, False, True),
        ("labelled", False, False, True),
        ("inapplicable", False, False, True),
        ("leak", True, True, True),
        ("modified", True, True, True),
        ("uncovered", True, True, True),
        ("stale", False, False, True),
        ("edited", False, False, True),
    ],
)
def test_the_table_of_verdicts(status: str, verify: bool, guard: bool, strict: bool) -> None:
    assert Policy().fails(status) is verify
    assert Policy(allow_missing=True).fails(status) is guard
    assert Policy(allow_missing=True, strict=True).fails(status) is strict


def test_a_labelled_build_has_matched_unless_that_fails() -> None:
    found = judged("foo==1\nbar==1\nmpi4py==1\n", installed("foo", "1+cpu"))
    assert found.counts | {"labelled": 1, "matched": 1, "missing": 1, "skipped": 1} == found.counts
    assert found.matched == {"foo"}
    strict = judged("foo==1\n", installed("foo", "1+cpu"), strict=True)
    assert (strict.counts["matched"], strict.matched) == (0, frozenset())
