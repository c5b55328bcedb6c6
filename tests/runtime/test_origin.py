from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lockhook._runtime.model import Pin
from lockhook._runtime.origin import (
    DIFFERENT,
    PROVEN,
    SAME,
    UNDECIDED,
    is_same_place,
    judge,
    version_of_wheel,
)
from lockhook._runtime.requirement_line import read

if TYPE_CHECKING:
    from pathlib import Path

SHA, OTHER = "a1" * 32, "b2" * 32
COMMIT, ELSE = "0123456789abcdef0123456789abcdef01234567", "f" * 40
WHEEL = "https://h/foo-1-py3-none-any.whl"


def pin(line: str) -> Pin:
    (found,) = read(line, "r", 1)
    assert isinstance(found, Pin)
    return found


def archive(url: str = WHEEL, sha: str = "", **more: object) -> dict[str, Any]:
    return {"url": url, "archive_info": {"hashes": {"sha256": sha}} if sha else {}, **more}


def vcs(url: str, commit: str, **more: object) -> dict[str, Any]:
    return {"url": url, "vcs_info": {"vcs": "git", "commit_id": commit}, **more}


@pytest.mark.parametrize(
    ("line", "record", "verdict"),
    [
        # From an index: no record, or a local file whose hash nobody contradicts.
        ("foo==1", None, SAME),
        ("foo==1", archive("file:///w/foo.whl"), SAME),
        (f"foo==1 --hash=sha256:{SHA}", archive(sha=SHA), PROVEN),
        (f"foo==1 --hash=sha256:{SHA}", archive(sha=OTHER), DIFFERENT),
        (f"foo==1 --hash=sha512:{SHA * 2}", archive(sha=OTHER), UNDECIDED),
        ("foo==1", {"url": "file:///x", "dir_info": {"editable": True}}, DIFFERENT),
        ("foo==1", vcs("https://h/foo", COMMIT), DIFFERENT),
        ("foo==1", {}, DIFFERENT),
        # An archive: by hash where both sides have one, else by URL.
        (f"foo @ {WHEEL}", None, DIFFERENT),
        (f"foo @ {WHEEL}", archive(), SAME),
        (f"foo @ {WHEEL}", archive("https://u:p@H/foo-1-py3-none-any.whl"), SAME),
        (f"foo @ {WHEEL}", archive("https://h/other.whl"), DIFFERENT),
        (f"foo @ {WHEEL}#sha256={SHA}", archive("https://mirror/foo.whl", SHA), PROVEN),
        (f"foo @ {WHEEL}#sha256={SHA}", archive(sha=OTHER), DIFFERENT),
        (
            f"foo @ {WHEEL} --hash=sha256:{SHA}",
            {"url": WHEEL, "archive_info": {"hash": f"sha256={SHA}"}},
            PROVEN,
        ),
        (f"foo @ {WHEEL}", vcs("https://h/foo", COMMIT), DIFFERENT),
        (
            "foo @ https://h/a.zip#subdirectory=x",
            archive("https://h/a.zip", subdirectory="x"),
            SAME,
        ),
        ("foo @ https://h/a.zip#subdirectory=x", archive("https://h/a.zip"), DIFFERENT),
        # A repository: URL and commit.
        (f"foo @ git+https://h/a/foo.git@{COMMIT}", vcs("https://H/a/foo", COMMIT), PROVEN),
        (
            f"foo @ git+ssh://git@h/a/foo@{COMMIT}",
            vcs("ssh://git@h/a/foo.git/", COMMIT.upper()),
            PROVEN,
        ),
        (f"foo @ git+https://h/a/foo@{COMMIT}", vcs("https://h/a/foo", ELSE), DIFFERENT),
        (f"foo @ git+https://h/a/foo@{COMMIT}", vcs("https://h/b/foo", COMMIT), DIFFERENT),
        (f"foo @ hg+https://h/a/foo@{COMMIT}", vcs("https://h/a/foo", COMMIT), DIFFERENT),
        ("foo @ git+https://h/a/foo@v1", vcs("https://h/a/foo", COMMIT), UNDECIDED),
        ("foo @ git+https://h/a/foo", vcs("https://h/a/foo", COMMIT), UNDECIDED),
        (
            f"foo @ git+https://h/foo@{COMMIT}#subdirectory=x/",
            vcs("https://h/foo", COMMIT, subdirectory="x"),
            PROVEN,
        ),
        (
            f"foo @ git+https://h/foo@{COMMIT}#subdirectory=x",
            vcs("https://h/foo", COMMIT),
            DIFFERENT,
        ),
        (
            f"-e git+https://h/foo@{COMMIT}#egg=foo",
            {"url": "file:///src/foo", "dir_info": {"editable": True}},
            UNDECIDED,
        ),
        # A directory: the same one, and as editable as the lock has it.
        ("foo @ file:///src/foo", {"url": "file:///src/foo", "dir_info": {}}, SAME),
        ("foo @ file:///src/foo", {"url": "file:///src/../src/foo", "dir_info": {}}, SAME),
        ("-e file:///src/foo", {"url": "file:///src/foo", "dir_info": {"editable": True}}, SAME),
        ("-e file:///src/foo", {"url": "file:///src/foo", "dir_info": {}}, DIFFERENT),
        ("file:///src/a%20b", {"url": "file:///src/a%20b", "dir_info": {}}, SAME),
        ("file:///src/foo", {"url": "file:///src/bar", "dir_info": {}}, DIFFERENT),
        ("file:///src/foo", archive("file:///src/foo"), DIFFERENT),
        ("file:///src/foo", {"url": "file:///a%00b", "dir_info": {}}, DIFFERENT),
        ("file:///src/foo", {"url": "file://[", "dir_info": {}}, DIFFERENT),
    ],
)
def test_verdicts(line: str, record: dict[str, Any] | None, verdict: str) -> None:
    assert judge(pin(line), record, ("/project",)).verdict == verdict


def test_paths_are_relative_to_the_lock(tmp_path: Path) -> None:
    record = {"url": (tmp_path / "lib").as_uri(), "dir_info": {"editable": True}}
    assert judge(pin("-e ./lib"), record, (str(tmp_path),)).verdict == SAME
    assert judge(pin("-e ./lib"), record, (str(tmp_path / "x"),)).verdict == DIFFERENT


@pytest.mark.parametrize(
    ("line", "record", "expected", "found"),
    [
        ("foo==1", vcs("https://u:p@h/foo", COMMIT), "1 from an index", f"https://h/foo@{COMMIT}"),
        ("-e ./lib", None, "editable ./lib", "one from an index"),
        (
            "foo @ git+https://u:p@h/foo@v1",
            {"url": "file:///x", "dir_info": {"editable": True}},
            "git+https://h/foo@v1",
            "editable file:///x",
        ),
        ("foo==1", {}, "1 from an index", "a direct_url.json that cannot be read"),
    ],
)
def test_words(line: str, record: dict[str, Any] | None, expected: str, found: str) -> None:
    judgement = judge(pin(line), record, ("/project",))
    assert (judgement.expected, judgement.found) == (expected, found)


def test_a_pin_from_an_index_has_no_place() -> None:
    assert not is_same_place(pin("foo==1"), archive(), ("",))


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ("foo @ https://h/foo-1.0%2Bcpu-py3-none-any.whl?x#sha256=00", "1.0+cpu"),
        ("./foo-1.0-1-py3-none-any.whl", "1.0"),
        ("foo @ https://h/foo.whl", None),
        ("foo @ https://h/foo-1.0.tar.gz", None),
        ("-e ./foo", None),
    ],
)
def test_version_of_a_wheel(line: str, version: str | None) -> None:
    origin = pin(line).origin
    assert origin is not None
    wanted = version_of_wheel(origin)
    assert (wanted and wanted.version) == version
