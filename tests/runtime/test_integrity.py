from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from lockhook._runtime import filecheck, filepool, recorded
from lockhook._runtime.installed import Distribution
from lockhook._runtime.integrity import Damage, Integrity, Unproven, check

from .conftest import as_root, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Literal

    Spoil = Callable[[Path], object]

SITE = "env/lib/python3.11/site-packages"
MODES: tuple[Literal["size", "hash"], ...] = ("size", "hash")
posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX files")


def digest(data: bytes, algorithm: str = "sha256") -> str:
    value = hashlib.new(algorithm, data).digest()
    return f"{algorithm}={base64.urlsafe_b64encode(value).rstrip(b'=').decode()}"


def row(path: str, data: bytes, algorithm: str = "sha256") -> str:
    quoted = '"' + path.replace('"', '""') + '"' if set(path) & {",", '"'} else path
    return f"{quoted},{digest(data, algorithm)},{len(data)}\n"


def install(
    site: Path, name: str, files: dict[str, bytes], more: str | bytes = "", origin: object = None
) -> Distribution:
    """Install files with a RECORD that agrees with them, and further rows."""
    info = f"{name}-1.0.dist-info"
    write(site, dict(files))
    rows = "".join(row(path, data) for path, data in files.items()) + f"{info}/RECORD,,\n"
    text = rows.encode() + (more if isinstance(more, bytes) else more.encode())
    write(site, {f"{info}/RECORD": text})
    if origin is not None:
        write(site, {f"{info}/direct_url.json": json.dumps(origin)})
    return Distribution(
        name=name, version="1.0", location=str(site), metadata=str(site / info), problem=""
    )


def kinds(result: Integrity) -> list[tuple[str, str]]:
    return [(os.path.basename(damage.path), damage.kind) for damage in result.damages]


FOO = {"foo/__init__.py": b"", "foo/a.py": b"a = 1\n", "foo/big.so": bytes(3_000_000)}


@pytest.mark.parametrize("mode", MODES)
def test_what_was_installed_is_found_whole(tmp_path: Path, mode: Literal["size", "hash"]) -> None:
    foo = install(tmp_path / SITE, "foo", FOO)
    assert check([foo], mode=mode) == Integrity(
        checked=3,
        unverifiable=1,
        damages=(),
        unproven=(),
        bytes=3_000_006 if mode == "hash" else 0,
    )


def _replace(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("spoil", "by_size", "by_hash"),
    [
        pytest.param(lambda p: p.write_bytes(b"a = 2\n"), "", "changed", id="same size"),
        pytest.param(lambda p: p.write_bytes(b"a = 11\n"), "changed", "changed", id="longer"),
        pytest.param(lambda p: p.write_bytes(b"a"), "truncated", "truncated", id="shorter"),
        pytest.param(lambda p: p.write_bytes(b""), "truncated", "truncated", id="emptied"),
        pytest.param(lambda p: p.unlink(), "deleted", "deleted", id="deleted"),
        pytest.param(_replace, "replaced", "replaced", id="a directory"),
    ],
)
def test_each_kind_of_damage(tmp_path: Path, spoil: Spoil, by_size: str, by_hash: str) -> None:
    foo = install(tmp_path / SITE, "foo", FOO)
    path = tmp_path / SITE / "foo" / "a.py"
    spoil(path)
    for mode, kind in zip(MODES, (by_size, by_hash), strict=True):
        damage = Damage(distribution="foo", path=str(path), kind=kind)
        assert check([foo], mode=mode).damages == ((damage,) if kind else ())


def _link_to_itself(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


def _dangle(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _device(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def _parent_is_a_file(path: Path) -> None:
    for child in path.parent.iterdir():
        child.unlink()
    path.parent.rmdir()
    path.parent.write_bytes(b"")


@posix
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        (_link_to_itself, "unreadable"),
        (_dangle, "deleted"),
        (_pipe, "replaced"),
        (_device, "replaced"),
        (_parent_is_a_file, "deleted"),
    ],
)
def test_nothing_but_a_regular_file_is_opened(
    tmp_path: Path, mode: Literal["size", "hash"], spoil: Spoil, kind: str
) -> None:
    foo = install(tmp_path / SITE, "foo", {"foo/a.py": b"a = 1\n"})
    spoil(tmp_path / SITE / "foo" / "a.py")
    assert kinds(check([foo], mode=mode)) == [("a.py", kind)]


@posix
@pytest.mark.skipif(as_root(), reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    foo = install(tmp_path / SITE, "foo", {"foo/a.py": b"a = 1\n"})
    (tmp_path / SITE / "foo" / "a.py").chmod(0)
    (damage,) = check([foo]).damages
    assert (damage.kind, damage.reason) == ("unreadable", "Permission denied")


@posix
def test_a_link_to_the_same_bytes_is_whole(tmp_path: Path) -> None:
    # uv installs so with `--link-mode symlink`: the files themselves lie in its cache.
    foo = install(tmp_path / SITE, "foo", {"foo/a.py": b"a = 1\n"})
    path = tmp_path / SITE / "foo" / "a.py"
    path.rename(tmp_path / "cached")
    path.symlink_to(tmp_path / "cached")
    assert check([foo]).damages == ()


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("foo/with, comma.txt", b"x"),
        ('foo/with "quotes".txt', b"x"),
        ("foo/ünïcode.txt", b"x"),
        ("./foo/./dotted.txt", b"x"),
        ("../../../bin/foo", b"#!python\n"),
        ("../../../share/man/foo.1", b"x"),
        ("foo/../../../python3.11/site-packages/foo/x.txt", b"x"),
    ],
)
def test_paths_that_installers_write(tmp_path: Path, path: str, data: bytes) -> None:
    if os.name == "nt" and '"' in path:
        pytest.skip("no such file name on Windows")
    write(tmp_path / SITE, {"foo": {"__init__.py": ""}})
    foo = install(tmp_path / SITE, "foo", {path: data})
    assert check([foo]) == Integrity(
        checked=1, unverifiable=1, damages=(), unproven=(), bytes=len(data)
    )
    (tmp_path / SITE / path).write_bytes(data + b".")
    (damage,) = check([foo]).damages
    assert damage.path == os.path.normpath(tmp_path / SITE / path)


def test_an_absolute_path_counts_if_it_is_inside(tmp_path: Path) -> None:
    inside, outside = tmp_path / "env" / "share" / "x", tmp_path / "x"
    write(tmp_path, {"env/share/x": b"x", "x": b"y"})
    more = row(str(inside), b"x") + row(str(outside), b"other")
    result = check([install(tmp_path / SITE, "foo", {"foo.py": b""}, more)])
    assert (result.checked, result.unverifiable, result.damages) == (2, 2, ())


@pytest.mark.parametrize(
    "path",
    [
        "../../../../etc/passwd",
        "../../../../../../../../../../../etc/passwd",
        "/etc/passwd",
        "/dev/zero",
        "foo/../../../../../outside",
        "../../..",
    ],
)
def test_nothing_outside_the_environment_is_looked_at(
    tmp_path: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"outside": b"secret"})
    foo = install(tmp_path / SITE, "foo", {"foo.py": b"f"}, row(path, b"claimed"))
    seen: list[str] = []
    look = filecheck.compare_size

    def spy(target: str, claim: recorded.Claim) -> tuple[str, int]:
        seen.append(target)
        return look(target, claim)

    monkeypatch.setattr(filecheck, "compare_size", spy)
    result = check([foo])
    assert (result.checked, result.unverifiable, result.damages) == (1, 2, ())
    assert seen == [str(tmp_path / SITE / "foo.py")]


@pytest.mark.parametrize(
    "more",
    [
        "foo/__pycache__/a.cpython-311.pyc,,\n",
        row("foo/__pycache__/a.cpython-311.pyc", b"old"),
        "foo/a.py,md5=1B2M2Y8AsgTpgAmY7PhCfg,6\n",
        row("foo/a.py", b"other", "sha1"),
        "foo/a.py,blake3=xyz,6\n",
        "foo/a.py,garbage\n",
        "foo/a.py\n",
        "foo/a.py,sha256=x,6,more\n",
    ],
)
def test_rows_that_prove_nothing_are_counted(tmp_path: Path, more: str) -> None:
    foo = install(tmp_path / SITE, "foo", {"foo/a.py": b"a = 1\n"}, "\n" + more)
    result = check([foo])
    assert (result.checked, result.unverifiable, result.damages) == (1, 2, ())


@pytest.mark.parametrize(
    ("more", "by_size", "by_hash"),
    [
        ("foo/b.py,sha256=abc,1\n", "", "changed"),  # a hash that was cut off
        ("foo/b.py,sha256=,1\n", "", "changed"),
        ("foo/b.py,sha256,1\n", "", "changed"),
        ("foo/b.py,sha256=\udcff\udcfe,1\n", "", "changed"),
        (row("foo/b.py", b"c"), "", "changed"),
        (row("foo/b.py", b"b", "sha384"), "", ""),
        (row("foo/b.py", b"b", "sha512"), "", ""),
        (row("foo/b.py", b"c", "sha512"), "", "changed"),
        (f"foo/b.py,{digest(b'b')}=,1\n", "", ""),  # padded, as old tools wrote it
        (f"foo/b.py,{digest(b'b')},\n", "", ""),
        (f"foo/b.py,{digest(b'b')},big\n", "", ""),
        (f"foo/b.py,{digest(b'b')},{'9' * 5000}\n", "", ""),
        (f"foo/b.py,{digest(b'b')},{'9' * 18}\n", "truncated", "truncated"),
        (row("foo/b.py", b"b") + row("foo/b.py", b"b"), "", ""),
        (row("foo/b.py", b"b") + row("foo/b.py", b"c"), "", "changed"),
    ],
)
def test_odd_hashes_and_sizes(tmp_path: Path, more: str, by_size: str, by_hash: str) -> None:
    write(tmp_path / SITE, {"foo/b.py": b"b"})
    rows = more.encode("utf-8", "surrogateescape")
    foo = install(tmp_path / SITE, "foo", {"foo/a.py": b"a"}, rows)
    for mode, kind in zip(MODES, (by_size, by_hash), strict=True):
        assert kinds(check([foo], mode=mode)) == ([("b.py", kind)] if kind else [])


@posix
@pytest.mark.skipif(sys.platform == "darwin", reason="file names are UTF-8 there")
def test_a_name_that_is_not_utf_8(tmp_path: Path) -> None:
    folder = tmp_path / SITE
    write(folder, {"foo.py": b""})
    with open(os.fsencode(folder) + b"/caf\xe9.py", "wb") as file:
        file.write(b"x")
    foo = install(
        folder,
        "foo",
        {"foo.py": b""},
        f"caf\udce9.py,{digest(b'x')},1\n".encode(errors="surrogateescape"),
    )
    assert check([foo]).damages == ()
    assert check([foo]).checked == 2


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b'"foo/a.py,sha256=x,1\nfoo/b.py,,\n', "it is no table: unexpected end of data"),
        (b'"foo"/a.py,sha256=x,1\n', "it is no table: ',' expected after '\"'"),
        (b"x" * 200_000 + b",,\n", "it is no table: field larger than field limit (131072)"),
    ],
)
def test_a_record_that_is_no_table(tmp_path: Path, text: bytes, reason: str) -> None:
    foo = install(tmp_path / SITE, "foo", {"foo.py": b""}, text)
    path = os.path.join(foo.metadata, "RECORD")
    assert check([foo]).damages == (
        Damage(distribution="foo", path=path, kind="unreadable", reason=reason),
    )


def test_nul_bytes_in_a_record(tmp_path: Path) -> None:
    # Python 3.10 refuses the table, later ones the name.
    foo = install(tmp_path / SITE, "foo", {"foo.py": b""}, f"foo\0.py,{digest(b'')},0\n")
    (damage,) = check([foo]).damages
    assert damage.kind == "unreadable"


def test_a_record_that_is_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorded, "_LONGEST", 100)
    foo = install(tmp_path / SITE, "foo", {"foo.py": b""}, "x,,\n" * 50)
    (damage,) = check([foo]).damages
    assert (damage.kind, damage.reason) == ("unreadable", "it is longer than 100 bytes")


@posix
@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (os.mkfifo, "it is not a regular file"),
        (lambda path: os.symlink(path, path), "Too many levels of symbolic links"),
    ],
)
def test_a_record_that_cannot_be_read(
    tmp_path: Path, make: Callable[[str], None], reason: str
) -> None:
    foo = install(tmp_path / SITE, "foo", {"foo.py": b""})
    path = os.path.join(foo.metadata, "RECORD")
    os.unlink(path)
    make(path)
    (damage,) = check([foo]).damages
    assert (damage.path, damage.kind, damage.reason) == (path, "unreadable", reason)


def test_distributions_without_proof(tmp_path: Path) -> None:
    site = tmp_path / SITE
    bare = install(site, "bare", {})
    (site / "bare-1.0.dist-info" / "RECORD").unlink()
    empty = install(site, "empty", {})
    editable = install(
        site, "ed", {"ed.pth": b"x"}, "", {"url": "", "dir_info": {"editable": True}}
    )
    (site / "ed.pth").write_bytes(b"anything")
    write(site, {"old.egg-info": b"Name: old\n", "a.egg": b"zip"})
    egg = bare.replace(name="egg", metadata=str(site / "a.egg" / "EGG-INFO"))
    old = bare.replace(name="old", metadata=str(site / "old.egg-info"))
    assert check([bare, empty, editable, egg, old]) == Integrity(
        checked=0,
        unverifiable=1,
        damages=(),
        bytes=0,
        unproven=(
            Unproven(distribution="bare", reason="it has no RECORD"),
            Unproven(distribution="empty", reason="its RECORD has no hash that can be checked"),
            Unproven(distribution="ed", reason="it is installed editable"),
            Unproven(distribution="egg", reason="it has no RECORD"),
            Unproven(distribution="old", reason="it has no RECORD"),
        ),
    )


@pytest.mark.parametrize("origin", ["x", [], {"dir_info": 1}, {"dir_info": {}}, {"dir_info": None}])
def test_any_other_origin_is_checked(tmp_path: Path, origin: object) -> None:
    foo = install(tmp_path / SITE, "foo", {"foo.py": b"f"}, "", origin)
    assert check([foo]).checked == 1


def test_an_origin_that_is_no_json(tmp_path: Path) -> None:
    foo = install(tmp_path / SITE, "foo", {"foo.py": b"f"})
    write(tmp_path / SITE, {"foo-1.0.dist-info/direct_url.json": b"\xff{"})
    assert check([foo]).checked == 1


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("known", [True, False], ids=["both checked", "one only installed"])
def test_a_file_of_another_distribution_lies_over_it(
    tmp_path: Path, mode: Literal["size", "hash"], *, known: bool
) -> None:
    foo = install(tmp_path / SITE, "foo", {"shared/__init__.py": b"foo", "foo.py": b"same"})
    bar = install(tmp_path / SITE, "bar", {"shared/__init__.py": b"bar's", "foo.py": b"same"})
    path = tmp_path / SITE / "shared" / "__init__.py"
    result = check([foo, bar] if known else [foo], mode=mode, others=[foo, bar])
    assert result.damages == (
        Damage(distribution="foo", path=str(path), kind="added-over", by="bar"),
    )
    path.write_bytes(b"neither of them")
    result = check([foo, bar], mode=mode, others=[foo, bar])
    assert [(d.distribution, d.kind) for d in result.damages] == [
        ("bar", "changed"),
        ("foo", "changed"),
    ]


def test_damages_are_sorted(tmp_path: Path) -> None:
    foo = install(tmp_path / SITE, "foo", {f"foo/{n}.py": b"" for n in "cab"})
    for path in (tmp_path / SITE / "foo").iterdir():
        path.unlink()
    assert [name for name, _ in kinds(check([foo]))] == ["a.py", "b.py", "c.py"]


@pytest.mark.parametrize(("mode", "total"), [("size", 40), ("hash", 40 * 50_000)])
def test_progress(tmp_path: Path, mode: Literal["size", "hash"], total: int) -> None:
    foo = install(tmp_path / SITE, "foo", {f"foo/{n}.py": bytes(50_000) for n in range(40)})
    seen: list[tuple[int, int, str]] = []

    def progress(done: int, total: int) -> None:
        seen.append((done, total, threading.current_thread().name))

    check([foo], mode=mode, progress=progress, workers=3)
    assert seen[-1] == (total, total, "MainThread")
    assert [done for done, *_ in seen] == sorted(done for done, *_ in seen)
    assert check([], mode=mode, progress=progress).checked == 0
    assert seen[-1] == (0, 0, "MainThread")


def test_an_interrupted_check_leaves_no_thread(tmp_path: Path) -> None:
    foo = install(tmp_path / SITE, "foo", {f"foo/{n}.py": bytes(100) for n in range(300)})

    def interrupt(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        check([foo], progress=interrupt)
    assert threading.active_count() == before


def test_what_fails_in_a_thread_is_raised_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_worker: object, _path: str, _claims: object) -> None:
        raise MemoryError

    monkeypatch.setattr(filepool._Worker, "_check", fail)
    with pytest.raises(MemoryError):
        check([install(tmp_path / SITE, "foo", {"foo.py": b""})])


def test_a_file_that_grows_meanwhile_ends(tmp_path: Path) -> None:
    checker = filecheck.Checker(hashing=True)
    path = tmp_path / "x"
    path.write_bytes(bytes(5_000_000))
    checker._digest(str(path), "sha256", 1_000_000)
    assert checker.bytes == 2**20
    checker.stop = True
    checker._digest(str(path), "sha256", 1_000_000)
    assert checker.bytes == 2**20


def test_a_system_without_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_worker: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(filepool._Worker, "start", fail)
    with pytest.raises(RuntimeError, match="can't start"):
        check([install(tmp_path / SITE, "foo", {"foo.py": b""})])


def test_a_row_that_names_the_environment_itself(tmp_path: Path) -> None:
    foo = install(tmp_path / SITE, "foo", {"foo.py": b""}, row("", b"x"))
    assert kinds(check([foo])) == [("site-packages", "replaced")]


def test_the_largest_files_come_first() -> None:
    def claim(size: int) -> recorded.Claim:
        return recorded.Claim(owner="foo", algorithm="sha256", digest="", size=size)

    sizes = {"a": 1, "b": 2**23, "c": -1, "d": 2**24, "e": 5}
    queue = filepool._queue({name: [claim(size)] for name, size in sizes.items()})
    assert "".join(name for name, _ in queue) == "dbace"


@pytest.mark.parametrize(
    ("location", "root"),
    [
        ("/env/lib/python3.11/site-packages", "/env"),
        ("/env/lib64/python3.11/site-packages/", "/env"),
        ("/env/lib/pypy3.10/site-packages", "/env"),
        ("/usr/lib/python3/dist-packages", "/usr"),
        ("/usr/local/lib/python3.11/dist-packages", "/usr/local"),
        ("/home/a/.local/lib/python3.11/site-packages", "/home/a/.local"),
        ("/Users/a/Library/Python/3.11/lib/python/site-packages", "/Users/a/Library/Python/3.11"),
        ("/env/Lib/site-packages", "/env"),
        ("/AppData/Python/Python311/site-packages", "/AppData/Python/Python311"),
        ("/srv/site-packages", "/srv"),
        ("/srv/target", "/srv/target"),
        ("/lib/python3/site-packages", "/lib/python3/site-packages"),
        ("/site-packages", "/site-packages"),
    ],
)
def test_the_root_of_an_environment(location: str, root: str) -> None:
    assert recorded.root_of(location) == os.path.normpath(root)


def test_a_target_directory_is_its_own_root(tmp_path: Path) -> None:
    # `pip install --target` moves scripts into TARGET/bin, and still records `../../bin/x`.
    write(tmp_path, {"bin/x": b"another's"})
    foo = install(tmp_path / "a/b", "foo", {"foo.py": b""}, row("../../bin/x", b"x"))
    result = check([foo])
    assert (result.checked, result.unverifiable, result.damages) == (1, 2, ())


def test_many_rows_take_little_memory_and_time(tmp_path: Path) -> None:
    rows = "".join(f"foo/{n}.py,,\n" for n in range(200_000))
    foo = install(tmp_path / SITE, "foo", {"foo.py": b"f"}, rows)
    assert check([foo]).unverifiable == 200_001


def test_a_guard_without_integrity_imports_nothing_of_it() -> None:
    program = "import lockhook, lockhook._guard, sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    ours = {"integrity", "filecheck", "filepool", "recorded"}
    assert not ours & {name.rpartition(".")[2] for name in done.stdout.split()}
