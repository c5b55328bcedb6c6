from __future__ import annotations

import time
from typing import Any

import pytest

from lockhook._runtime.model import Constraint, Origin, Pin
from lockhook._runtime.requirement_line import read
from lockhook._runtime.requirements_txt import Include, Option
from lockhook._runtime.versions import Wanted
from lockhook.errors import LockfileError

A = "sha256:" + "a1" * 32
SHA512 = "sha512:" + "c3" * 64


def pin(**fields: Any) -> Pin:
    given: dict[str, Any] = {"name": "foo", "wanted": Wanted(version="1.0"), "path": "r", "line": 7}
    return Pin(**{**given, **fields})


def reference(url: str, kind: str = "archive", **fields: Any) -> Pin:
    return pin(wanted=None, origin=Origin(url=url, kind=kind), **fields)


def constraint(url: str = "", **fields: Any) -> Constraint:
    given = {"name": "foo", "specifier": "", "marker": "", "path": "r", "line": 7}
    origin = Origin(url=url, kind="archive") if url else None
    return Constraint(**{**given, "origin": origin, **fields})


@pytest.mark.parametrize(
    ("line", "right"),
    [
        ("foo (==1.0)", pin()),
        ("foo==v1.0", pin(wanted=Wanted(version="v1.0"))),
        ("foo===1.0", pin(wanted=Wanted(version="1.0", arbitrary=True))),
        ("foo===weird,<3", None),
        ("foo==1.0,<3,!=0.9", pin(wanted=Wanted(version="1.0", bounds="!=0.9,<3"))),
        ("foo==1.0,==1.0+a", pin(wanted=Wanted(version="1.0+a", bounds="==1.0"))),
        ("foo==1.0.0,===1.0", pin(wanted=Wanted(version="1.0", arbitrary=True, bounds="==1.0.0"))),
        ("foo[b,a]==1.0", pin(extras=("a", "b"))),
        (f"foo==1.0 --hash '{A}' --has={SHA512}", pin(hashes=(A, SHA512))),
        (f"foo==1.0 --hash={A.upper().replace('SHA', 'sha')}", pin(hashes=(A,))),
        ("foo==1.0 -C a=b --global-option=x", pin()),
        ("foo==1.0 --index-url https://example.org", pin()),
        ("foo==1.0 ; os_name == 'a -b'", None),
        ("foo @ https://example.org/foo.zip", reference("https://example.org/foo.zip")),
        (
            "foo[x] @ https://h/foo.zip ; os_name == 'nt'",
            reference("https://h/foo.zip", marker="os_name == 'nt'", extras=("x",)),
        ),
        (
            "https://h/Foo_Bar-1.0-py3-none-any.whl; os_name == 'nt'",
            reference(
                "https://h/Foo_Bar-1.0-py3-none-any.whl", name="foo-bar", marker="os_name == 'nt'"
            ),
        ),
        (
            "https://h/foo-1.0%2Bcpu-py3-none-any.whl?x=y/z",
            reference("https://h/foo-1.0%2Bcpu-py3-none-any.whl?x=y/z"),
        ),
        ("https://h/foo-1.0.tar.gz", reference("https://h/foo-1.0.tar.gz")),
        ("https://h/v1.0.tar.gz", reference("https://h/v1.0.tar.gz", name="")),
        ("https://h/v1.tar.gz#egg=Foo", reference("https://h/v1.tar.gz#egg=Foo")),
        ("https://h/v1.tar.gz#egg=Foo[x]&y=z", reference("https://h/v1.tar.gz#egg=Foo[x]&y=z")),
        ("./wheels/foo-1.0-py3-none-any.whl", reference("./wheels/foo-1.0-py3-none-any.whl")),
        ("foo-1.0.zip", reference("foo-1.0.zip")),
        ("foo @ ./lib", reference("./lib", "directory")),
        ("./lib[x, y]", reference("./lib", "directory", name="", extras=("x", "y"))),
        (".", reference(".", "directory", name="")),
        ("file:///src/lib", reference("file:///src/lib", "directory", name="")),
    ],
)
def test_requirements(line: str, right: Pin | None) -> None:
    if right is None:
        with pytest.raises(LockfileError):
            list(read(line, "r", 7))
    else:
        assert list(read(line, "r", 7)) == [right]


@pytest.mark.parametrize(
    ("line", "name", "origin"),
    [
        (
            "git+https://h/a/b.git@v1#egg=b",
            "b",
            Origin(url="git+https://h/a/b.git", kind="vcs", revision="v1"),
        ),
        (
            "b @ git+ssh://git@h/a/b@0123&x",
            "b",
            Origin(url="git+ssh://git@h/a/b", kind="vcs", revision="0123&x"),
        ),
        (
            "hg+static-http://h/b#subdirectory=x&egg=b",
            "b",
            Origin(url="hg+static-http://h/b", kind="vcs", subdirectory="x"),
        ),
        (
            "-e git+https://h/a@b/c@main#egg=b",
            "b",
            Origin(url="git+https://h/a@b/c", kind="vcs", revision="main", editable=True),
        ),
        ("-e .", "", Origin(url=".", kind="directory", editable=True)),
        ("--editable=./lib[x]", "", Origin(url="./lib", kind="directory", editable=True)),
        (
            "-e 'b @ file:///src/b'",
            "b",
            Origin(url="file:///src/b", kind="directory", editable=True),
        ),
        ("-e lib", "", Origin(url="lib", kind="directory", editable=True)),
    ],
)
def test_origins(line: str, name: str, origin: Origin) -> None:
    (found,) = read(line, "r", 1)
    assert isinstance(found, Pin)
    assert (found.name, found.origin) == (name, origin)


def test_an_editable_may_have_a_marker_behind_a_named_url() -> None:
    (found,) = read("-e \"b @ file:///b ; os_name == 'nt'\"", "r", 1)
    assert isinstance(found, Pin)
    assert found.marker == 'os_name == "nt"'


@pytest.mark.parametrize(
    ("line", "entries"),
    [
        ("-rother.txt", [Include(target="other.txt", constrains=False, line=1)]),
        ("--requirem 'o t.txt'", [Include(target="o t.txt", constrains=False, line=1)]),
        ("--constraint=c.txt", [Include(target="c.txt", constrains=True, line=1)]),
        (
            "-f links -i https://h",
            [
                Option(name="--index-url", value="https://h"),
                Option(name="--find-links", value="links"),
            ],
        ),
        (
            "--extra-index-url https://${TOKEN}@h",
            [Option(name="--extra-index-url", value="https://${TOKEN}@h")],
        ),
        ("--no-index --trusted-host h --only-binary :all:", []),
    ],
)
def test_options(line: str, entries: list[object]) -> None:
    assert list(read(line, "r", 1)) == entries


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("<<<<<<< HEAD", "a merge-conflict mark"),
        ("=======", "a merge-conflict mark"),
        (">>>>>>> main", "a merge-conflict mark"),
        ("||||||| base", "a merge-conflict mark"),
        ("<!DOCTYPE html>", "an HTML page, not a lock"),
        ("<html>", "an HTML page, not a lock"),
        ("version https://git-lfs.github.com/spec/v1", "a Git LFS pointer, not the file itself"),
        ("numpy>=2", "'numpy>=2' is not an exact pin"),
        ("numpy", "'numpy' is not an exact pin"),
        ("numpy==1.*", "'numpy==1.*' is not an exact pin"),
        (
            "num\u0440y==2",
            (
                "'num\u0440y==2' is not a requirement: Expected package name at the start of "
                "dependency specifier; it holds U+0440"
            ),
        ),
        ("foo==1.0 <<<<<<< HEAD", "a merge-conflict mark"),
        ("numpy=1.0", "'numpy=1.0': '=' is no operator; a pin has '=='"),
        ("foo==1.0,>2", "'foo==1.0,>2' contradicts itself"),
        (
            "foo bar",
            (
                "'foo bar' is not a requirement: Expected semicolon (after name with no version "
                "specifier) or end"
            ),
        ),
        ("foo==1.0 --no-such", "no such option: --no-such"),
        ("foo==1.0 --hash", "--hash option requires 1 argument"),
        ("foo==1.0 -C '", '"foo==1.0 -C \'": No closing quotation'),
        ("foo==1.0 --pre bar", "what is 'bar' in 'foo==1.0 --pre bar'?"),
        (
            "foo==1.0 --hash=md5:00",
            "'md5:00' is not a hash that pip accepts (sha256, sha384, sha512)",
        ),
        (
            "foo==1.0 --hash=sha256:00",
            "'sha256:00' is cut off or damaged: sha256 has 64 hexadecimal digits",
        ),
        (
            f"foo==1.0 --hash={A[:-1]}g",
            f"'{A[:-1]}g' is cut off or damaged: sha256 has 64 hexadecimal digits",
        ),
        (f"--hash={A}", f"'--hash={A}' belongs to no requirement"),
        ("-C a=b", "'-C a=b' belongs to no requirement"),
        ("-e foo==1.0", "'foo==1.0' cannot be editable: it is no directory and no URL"),
        (
            "-e https://h/foo.zip",
            "'https://h/foo.zip': only a directory or a repository can be editable",
        ),
        (
            "-e git+https://h/foo.git",
            "'git+https://h/foo.git' tells no name: pip wants NAME @ URL behind -e",
        ),
        ("-r a -r b", "more than one thing on a line: '-r a -r b'"),
        ("foo==1.0 -r b", "more than one thing on a line: 'foo==1.0 -r b'"),
        ("-e . -e .", "more than one thing on a line: '-e . -e .'"),
        ("foo==1.0 -e .", "more than one thing on a line: 'foo==1.0 -e .'"),
        (
            "-r https://u:p@h/x.txt",
            "https://h/x.txt is a remote include: it can change without the lock",
        ),
        ("-r ${HOME}/x.txt", "'-r ${HOME}/x.txt' depends on an environment variable"),
        ("foo==${V}", "'foo==${V}' depends on an environment variable"),
        ("-e ${SRC}/x", "'-e ${SRC}/x' depends on an environment variable"),
        ("file://lib/x", "'file://lib/x' is on another machine: pip wants three slashes"),
        ("foo==1.0 -C a", "'foo==1.0 -C a': --config-settings is of the form KEY=VALUE"),
        ("--no-binary -r", "'--no-binary -r': --no-binary requires 1 argument"),
        ("numpy==2/.3", "'numpy==2/.3' is neither a requirement nor a path"),
        ("ssh://h/x", "'ssh://h/x' is no kind of URL that pip knows"),
        (
            "https://h/foo.whl",
            "'https://h/foo.whl': Invalid wheel filename (wrong number of parts): 'foo'",
        ),
        ("https://h/x#egg=-", "'https://h/x#egg=-': #egg= is followed by what is no name"),
        (
            "foo==1.0\x1b[2J>",
            (
                "'foo==1.0\\\\x1b[2J>' is not a requirement: Expected comma (within version "
                "specifier), semicolon (after version specifier) or end"
            ),
        ),
    ],
)
def test_refused(line: str, reason: str) -> None:
    with pytest.raises(LockfileError) as caught:
        list(read(line, "r", 7))
    assert (caught.value.reason, caught.value.path, caught.value.line) == (reason, "r", 7)


@pytest.mark.parametrize(
    "line",
    ["./lib", "-e .", "-e git+https://h/x#egg=x", "https://h/x.zip", "foo[a]<2", "foo[a] @ ./x"],
)
def test_what_cannot_constrain(line: str) -> None:
    with pytest.raises(LockfileError) as caught:
        list(read(line, "c", 1, constrains=True))
    assert caught.value.reason == f"{line!r} cannot be a constraint"
    assert caught.value.hint is None


@pytest.mark.parametrize(
    ("line", "right"),
    [
        (f"Foo<2 --hash={A}", constraint(specifier="<2", hashes=(A,))),
        ("foo ; os_name == 'nt'", constraint(marker="os_name == 'nt'")),
        ("foo @ https://h/foo.zip", constraint("https://h/foo.zip")),
        ("https://h/foo-1.0-py3-none-any.whl", constraint("https://h/foo-1.0-py3-none-any.whl")),
        ("https://h/x.zip#egg=foo", constraint("https://h/x.zip#egg=foo")),
    ],
)
def test_constraints(line: str, right: Constraint) -> None:
    assert list(read(line, "r", 7, constrains=True)) == [right]


@pytest.mark.parametrize(
    "line",
    [
        "foo==1.0" + f" --hash={SHA512}" * 20_000,
        "foo==1.0 " + "-C a=b " * 200_000,
        "x" * 3_000_000,
        "foo==" + "1." * 1_000_000,
        "foo==1.0 ; " + "(" * 2_000_000,
        "foo==1.0" + ",<3" * 1_000_000,
        "foo==1.0 " + "-C a=b " * 10_000,
        "foo==1.0," + ",".join(f"==1.{n}" for n in range(20_000)),
        "./" + "[" * 200_000,
        "./x #egg=" + "[a" * 100_000,
        "git+https://h/" + "@" * 100_000 + "#egg=" + "&egg=" * 30_000,
    ],
    ids=[
        "hashes",
        "options",
        "name",
        "version",
        "marker",
        "specifiers",
        "few options",
        "versions",
        "brackets",
        "eggs",
        "revisions",
    ],
)
def test_huge_lines_take_linear_time(line: str) -> None:
    started = time.perf_counter()
    try:
        list(read(line, "r", 1))
    except LockfileError as refused:
        assert len(refused.reason) < 400  # noqa: PT017 - either answer will do, but a short one
    assert time.perf_counter() - started < 10
