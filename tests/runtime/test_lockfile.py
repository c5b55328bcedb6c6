from __future__ import annotations

import hashlib
import os
import threading
from typing import TYPE_CHECKING

import pytest

from lockhook._runtime import lock_bytes, lockfile
from lockhook._runtime.encoding import decode
from lockhook._runtime.lock_bytes import read_bytes
from lockhook._runtime.lockfile import load
from lockhook.errors import LockfileError

from .conftest import as_root, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Write = Callable[..., str]


def refusal(path: str) -> str:
    with pytest.raises(LockfileError) as caught:
        load(path)
    return str(caught.value)


@pytest.mark.parametrize(
    "data",
    [
        b"foo==1.0\nbar==2\n",
        b"\xef\xbb\xbffoo==1.0\nbar==2\n",
        b"foo==1.0\r\nbar==2\r\n",
        "\ufefffoo==1.0\nbar==2".encode("utf-16-le"),
        "\ufefffoo==1.0\nbar==2".encode("utf-16-be"),
        "\ufefffoo==1.0\nbar==2".encode("utf-32-le"),
        "\ufefffoo==1.0\nbar==2".encode("utf-32-be"),
        b"# -*- coding: latin-1 -*-\nfoo==1.0 # \xe9\nbar==2\n",
        b"# coding of this is plain\nfoo==1.0\nbar==2\n",
    ],
)
def test_encodings(data: bytes, lock: Write) -> None:
    loaded = load(lock(data))
    assert [pin.name for pin in loaded.pins] == ["foo", "bar"]
    assert loaded.sha256 == hashlib.sha256(data).hexdigest()


def test_the_digest_covers_what_is_included(lock: Write) -> None:
    lock("foo==1\n", "more.txt")
    path = lock("-r more.txt\n")
    before = load(path).sha256
    digests = [hashlib.sha256(data).hexdigest() for data in (b"-r more.txt\n", b"foo==1\n")]
    assert before == hashlib.sha256(" ".join(digests).encode()).hexdigest()
    lock("foo==2\n", "more.txt")
    assert load(path).sha256 != before


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "requirements.txt: holds no pins: that is no lock"),
        (b"# nothing\n\n", "requirements.txt: holds no pins: that is no lock"),
        (b"--pre\n", "requirements.txt: holds no pins: that is no lock"),
        (b"foo==1.0\nbar\0==1\n", "requirements.txt:2: holds a NUL byte: the file is damaged"),
        (b"foo==1.0\n\xff\n", "requirements.txt:2: byte 9 is not utf-8: invalid start byte"),
        (b"# coding: klingon\n", "requirements.txt: says it is in 'klingon', which is no encoding"),
        (b"# coding: hex\n00", "requirements.txt: says it is in 'hex', which is no encoding"),
        (b"# coding: undefined\n", "requirements.txt: cannot be read as undefined"),
        (b"<<<<<<< HEAD\nfoo==1.0\n", "requirements.txt:1: a merge-conflict mark"),
        (
            b"-r requirements.txt\n",
            "requirements.txt:1: includes itself through 'requirements.txt'",
        ),
        (
            b"-r nowhere.txt\n",
            (
                "requirements.txt:1: includes 'nowhere.txt', which cannot be read: "
                "No such file or directory"
            ),
        ),
        (b"-r .\n", "requirements.txt:1: includes '.', which is a directory, not a lock"),
    ],
)
def test_refused(data: bytes, message: str, lock: Write) -> None:
    assert refusal(lock(data)) == message


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nowhere.txt", "nowhere.txt: cannot be read: No such file or directory"),
        ("", "cannot be read: No such file or directory"),
        (".", ".: is a directory, not a lock"),
        ("a\0b", "a\0b: cannot be read: embedded null byte"),
    ],
)
def test_no_file(path: str, message: str, lock: Write) -> None:
    assert refusal(path).removeprefix(": ") == message


@pytest.mark.skipif(as_root(), reason="root may read everything")
def test_a_file_that_may_not_be_read(lock: Write) -> None:
    path = lock("foo==1.0\n")
    os.chmod(path, 0)
    assert refusal(path) == "requirements.txt: cannot be read: Permission denied"


def test_includes_are_relative_to_the_including_file(lock: Write, tmp_path: Path) -> None:
    write(
        tmp_path / "project",
        {
            "deep": {
                "more.txt": "bar==2\n-r ../last.txt\n-c limits.txt\n",
                "limits.txt": "foo<2\n",
            },
            "last.txt": "baz==3\n",
        },
    )
    loaded = load(lock("-i https://example.org\n-r deep/more.txt\nfoo==1.0\n"))
    assert [(pin.name, pin.path, pin.line) for pin in loaded.pins] == [
        ("bar", os.path.join("deep/more.txt"), 1),
        ("baz", os.path.join("deep/../last.txt"), 1),
        ("foo", "requirements.txt", 3),
    ]
    (constraint,) = loaded.constraints
    assert (constraint.name, constraint.specifier, constraint.path) == (
        "foo",
        "<2",
        "deep/limits.txt",
    )
    assert loaded.indexes == (("--index-url", "https://example.org"),)


def test_what_a_constraints_file_includes(lock: Write, tmp_path: Path) -> None:
    files = {"c.txt": "-c d.txt\n-r e.txt\n", "d.txt": "bar==1\n", "e.txt": "baz==1\n"}
    write(tmp_path / "project", files)
    loaded = load(lock("-c c.txt\nfoo==1.0\n"))
    assert [pin.name for pin in loaded.pins] == ["baz", "foo"]
    assert [constraint.name for constraint in loaded.constraints] == ["bar"]


def test_includes_may_nest_deeply(lock: Write, tmp_path: Path) -> None:
    files = {f"{n}.txt": f"-r {n + 1}.txt\n" for n in range(lockfile.MAX_INCLUDES - 1)}
    write(tmp_path / "project", {**files, f"{lockfile.MAX_INCLUDES - 1}.txt": "bar==1\n"})
    assert [pin.name for pin in load(lock("-r 0.txt\n")).pins] == ["bar"]


def test_a_cycle_of_two_and_a_file_included_twice(lock: Write, tmp_path: Path) -> None:
    write(tmp_path / "project", {"a.txt": "-r b.txt\n", "b.txt": "-r a.txt\n", "c.txt": "bar==1\n"})
    assert refusal("a.txt") == "b.txt:1: includes itself through 'a.txt'"
    assert [pin.name for pin in load(lock("-r c.txt\n-r c.txt\n")).pins] == ["bar", "bar"]


def test_the_number_of_includes_is_bounded(
    lock: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lockfile, "MAX_INCLUDES", 3)
    write(tmp_path / "project", {"c.txt": "bar==1\n"})
    assert refusal(lock("-r c.txt\n" * 4)) == "requirements.txt:4: includes too many files"


def test_the_size_is_bounded(lock: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock_bytes, "MAX_BYTES", 8)
    assert refusal(lock("foo==1.0\n")) == "requirements.txt: is longer than 256 MB: that is no lock"
    assert read_bytes(lock("foo==1.0")) == b"foo==1.0"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_read_and_bounded(lock: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo("pipe")
    monkeypatch.setattr(lock_bytes, "MAX_BYTES", 20)
    for text, right in (("foo==1.0\n", b"foo==1.0\n"), ("foo==1.0\n" * 9, None)):
        writer = threading.Thread(target=_write, args=("pipe", text))
        writer.start()
        if right is None:
            assert refusal("pipe") == "pipe: is longer than 256 MB: that is no lock"
        else:
            assert read_bytes("pipe") == right
        writer.join()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_that_nobody_writes_to(lock: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo("pipe")
    monkeypatch.setattr(lock_bytes, "MAX_WAIT", 0.01)
    silent = "it is a pipe or a terminal, and silent for 0.01 seconds"
    assert refusal("pipe") == f"pipe: cannot be read: {silent}"
    included = f"includes 'pipe', which cannot be read: {silent}"
    assert refusal(lock("-r pipe\n")) == f"requirements.txt:1: {included}"


def _write(path: str, text: str) -> None:
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    except BrokenPipeError:
        pass


def test_decode_counts_lines() -> None:
    with pytest.raises(LockfileError) as caught:
        decode("a\nb\n\0".encode("utf-16"), "r.txt")
    assert str(caught.value) == "r.txt:3: holds a NUL byte: the file is damaged"
