"""Pins that are a URL, a repository or a path, against the record of the installation (PEP 610)."""

from __future__ import annotations

import os
from typing import Any

from tests.cases.kit import (
    METADATA,
    ORIGINS,
    PYLOCK,
    REQUIREMENTS,
    UV_LOCK,
    Case,
    Have,
    Place,
    case,
)

COMMIT, OTHER = "0123456789abcdef0123456789abcdef01234567", "f" * 40
SHA, ELSE = "a1" * 32, "b2" * 32
WHEEL = "https://example.org/w/foo-1.0-py3-none-any.whl"
REPOSITORY = "https://example.org/a/foo"
LIB = {"lib/pyproject.toml": '[project]\nname = "foo"\n'}


def foo(direct_url: object = None, version: str = "1.0") -> list[Have]:
    """Return foo as it was installed from somewhere."""
    return [("foo", version, {"direct_url": direct_url})]


def archive(url: str = WHEEL, sha: str = "", **more: Any) -> dict[str, Any]:
    """Return the record of a wheel or sdist."""
    return {"url": url, "archive_info": {"hashes": {"sha256": sha}} if sha else {}, **more}


def git(
    url: str = REPOSITORY, commit: str = COMMIT, *, asked: str = "", vcs: str = "git", **more: Any
) -> dict[str, Any]:
    """Return the record of a repository."""
    info = {"vcs": vcs, "commit_id": commit, **({"requested_revision": asked} if asked else {})}
    return {"url": url, "vcs_info": info, **more}


def directory(path: str = "@CASE@/lib", **info: object) -> dict[str, Any]:
    """Return the record of a source tree."""
    return {"url": f"file://{path}", "dir_info": info}


def link(place: Place) -> None:
    """Make ``lib`` a link to ``elsewhere``."""
    os.symlink(place.folder / "elsewhere", place.folder / "lib")


def pipe(place: Place) -> None:
    """Put a pipe that nobody writes to where the record should be."""
    os.mkfifo(place.site / "foo-1.0.dist-info/direct_url.json")


def origin(id_: str, title: str, right: str, lock: str, record: object = None, **more: Any) -> Case:
    """Return a case of the one package foo 1.0, installed with a record or from an index."""
    return case(id_, title, right, ORIGINS, f"{lock}\n", foo(record), **more)


STRICT = {"arguments": ("--strict",)}
PYLOCK_HEAD = 'lock-version = "1.0"\ncreated-by = "kit"\n\n[[packages]]\nname = "foo"\n'
UV_HEAD = (
    'version = 1\nrevision = 3\nrequires-python = ">=3.10"\n\n[[package]]\nname = "bench"\n'
    'version = "1"\nsource = { virtual = "." }\ndependencies = [{ name = "foo" }]\n\n'
    '[[package]]\nname = "foo"\nversion = "1.0"\n'
)

ARCHIVES = [
    origin("U01", "URL of a wheel, installed from it", "ok", f"foo @ {WHEEL}", archive()),
    origin(
        "U02",
        "URL of a wheel, installed from an index",
        "differs",
        f"foo @ {WHEEL}",
        why="no direct_url.json means that it came from an index",
        says="one from an index",
    ),
    origin(
        "U03",
        "URL with a hash, the same in the record",
        "ok",
        f"foo @ {WHEEL}#sha256={SHA}",
        archive(sha=SHA),
        says="1 by archive",
    ),
    origin(
        "U04", "same URL, other hash", "differs", f"foo @ {WHEEL}#sha256={SHA}", archive(sha=ELSE)
    ),
    origin(
        "U05",
        "hash as an option of the line, other hash",
        "differs",
        f"foo @ {WHEEL} --hash=sha256:{SHA}",
        archive(sha=ELSE),
    ),
    origin(
        "U06",
        "hash in capitals",
        "ok",
        f"foo @ {WHEEL}#sha256={SHA.upper()}",
        archive(sha=SHA),
        says="1 by archive",
    ),
    origin(
        "U07",
        "older spelling of the hash in the record, other hash",
        "differs",
        f"foo @ {WHEEL}#sha256={SHA}",
        {"url": WHEEL, "archive_info": {"hash": f"sha256={ELSE}"}},
    ),
    origin(
        "U08",
        "a mirror, same hash",
        "ok",
        f"foo @ {WHEEL}#sha256={SHA}",
        archive("https://mirror.example/foo.whl", SHA),
    ),
    origin(
        "U09",
        "a mirror, and no hash in the record",
        "differs",
        f"foo @ {WHEEL}#sha256={SHA}",
        archive("https://mirror.example/w/foo-1.0-py3-none-any.whl"),
        why="nothing shows that it is the same file",
    ),
    origin(
        "U10",
        "hash in the record's URL, as uv writes it, and another",
        "differs",
        f"foo @ {WHEEL}#sha256={SHA}",
        archive(f"{WHEEL}#sha256={ELSE}"),
        why="uv records the URL as it was given, and no hash beside it",
    ),
    case(
        "U11",
        "host case, credentials, default port, a plus that pip quotes",
        "ok",
        ORIGINS,
        "foo @ https://u:p@EXAMPLE.org:443/w/foo-1.0+cpu-py3-none-any.whl\n",
        foo(archive("https://example.org/w/foo-1.0%2Bcpu-py3-none-any.whl"), "1.0+cpu"),
    ),
    origin(
        "U12",
        "another port",
        "differs",
        "foo @ https://example.org:8443/x.zip",
        archive("https://example.org/x.zip"),
    ),
    origin(
        "U13",
        "another query",
        "differs",
        "foo @ https://example.org/x.zip?v=1",
        archive("https://example.org/x.zip?v=2"),
    ),
    case(
        "U14",
        "file name of the wheel tells another version than is installed",
        "differs",
        ORIGINS,
        f"foo @ {WHEEL}\n",
        foo(archive(), "2.0"),
        says="expected 1.0, found 2.0",
    ),
    origin(
        "U15",
        "wheel by a relative path",
        "ok",
        "./dist/foo-1.0-py3-none-any.whl",
        archive("file://@CASE@/dist/foo-1.0-py3-none-any.whl"),
    ),
    origin(
        "U16",
        "wheel by a relative path, same path, other hash",
        "differs",
        f"./dist/foo-1.0-py3-none-any.whl --hash=sha256:{SHA}",
        archive("file://@CASE@/dist/foo-1.0-py3-none-any.whl", ELSE),
    ),
    origin(
        "U17",
        "URL of a wheel without a name, installed from an index",
        "differs",
        WHEEL,
        says="foo: expected",
    ),
    origin(
        "U18",
        "URL of a wheel without a name, with a query",
        "ok",
        f"{WHEEL}?token=x",
        archive(f"{WHEEL}?token=x"),
        **STRICT,
    ),
    case(
        "U19",
        "URL pin whose marker is false",
        "ok",
        ORIGINS,
        f"bar==1\nfoo @ {WHEEL} ; sys_platform == 'win32'\n",
        [("bar", "1"), *foo()],
    ),
    origin(
        "U20",
        "URL of an archive that names nothing, found by its record",
        "ok",
        "https://example.org/v1.0.zip",
        archive("https://example.org/v1.0.zip"),
        why="and so it is no extra",
        **STRICT,
    ),
    origin(
        "U21",
        "subdirectory of an archive, another one installed",
        "differs",
        "foo @ https://example.org/x.zip#subdirectory=a",
        archive("https://example.org/x.zip", subdirectory="b"),
    ),
]
INDEX = [
    origin(
        "U22",
        "pin from an index, installed from a local wheel",
        "ok",
        "foo==1.0",
        archive("file:///w/foo-1.0-py3-none-any.whl", SHA),
    ),
    origin(
        "U23",
        "pin from an index with hashes, a local wheel with none of them",
        "differs",
        f"foo==1.0 --hash=sha256:{SHA}",
        archive("file:///w/foo-1.0-py3-none-any.whl", ELSE),
    ),
    origin(
        "U24",
        "pin from an index with hashes, a local wheel with the second of them",
        "ok",
        f"foo==1.0 --hash=sha256:{SHA} --hash=sha256:{ELSE}",
        archive("file:///w/foo-1.0-py3-none-any.whl", ELSE),
        says="1 by archive",
    ),
    origin(
        "U25",
        "pin from an index, installed editable",
        "differs",
        "foo==1.0",
        directory(editable=True),
    ),
    origin("U26", "pin from an index, installed from a repository", "differs", "foo==1.0", git()),
]
REPOSITORIES = [
    origin(
        "U27",
        "same commit, `.git`, host case, credentials, trailing slash",
        "ok",
        f"foo @ git+https://token@EXAMPLE.org/a/foo.git@{COMMIT}",
        git(f"{REPOSITORY}/"),
        says="1 by archive",
    ),
    origin("U28", "other commit", "differs", f"foo @ git+{REPOSITORY}@{COMMIT}", git(commit=OTHER)),
    origin(
        "U29",
        "same commit of another repository",
        "differs",
        f"foo @ git+{REPOSITORY}@{COMMIT}",
        git("https://example.org/b/foo"),
    ),
    origin(
        "U30",
        "a tag: no record proves it",
        "ok",
        f"foo @ git+{REPOSITORY}@v1.0",
        git(asked="v1.0"),
        says="no record proves",
    ),
    origin(
        "U31",
        "a tag, under --strict",
        "differs",
        f"foo @ git+{REPOSITORY}@v1.0",
        git(asked="v1.0"),
        says="no record proves",
        **STRICT,
    ),
    origin(
        "U32",
        "a tag, and another one was installed",
        "differs",
        f"foo @ git+{REPOSITORY}@v1.0",
        git(asked="v2.0"),
        why="the record says what was asked for",
    ),
    origin(
        "U33",
        "a tag, and a commit was asked for",
        "ok",
        f"foo @ git+{REPOSITORY}@v1.0",
        git(asked=COMMIT),
        why="it may be that of the tag",
    ),
    origin(
        "U34",
        "abbreviated commit, another one installed",
        "differs",
        f"foo @ git+{REPOSITORY}@deadbeef",
        git(),
    ),
    origin(
        "U35",
        "other subdirectory",
        "differs",
        f"foo @ git+{REPOSITORY}@{COMMIT}#subdirectory=a",
        git(subdirectory="b"),
    ),
    origin(
        "U36",
        "subdirectory with a slash behind it, and an egg",
        "ok",
        f"git+{REPOSITORY}@{COMMIT}#egg=foo&subdirectory=a/",
        git(subdirectory="a"),
    ),
    origin(
        "U37",
        "no name and no egg, other commit",
        "differs",
        f"git+{REPOSITORY}@{COMMIT}",
        git(commit=OTHER),
        why="the repository tells that it is foo",
        says="foo: expected",
        arguments=("--allow-missing",),
    ),
    origin(
        "U38",
        "query behind the commit, other commit",
        "differs",
        f"foo @ git+{REPOSITORY}@{COMMIT}?x=y",
        git(f"{REPOSITORY}?x=y", OTHER),
    ),
    case(
        "U39",
        "nothing behind the @",
        "refuse",
        REQUIREMENTS,
        f"foo @ git+{REPOSITORY}@\n",
        foo(git()),
    ),
    origin(
        "U40",
        "editable from a repository, which pip does not record",
        "ok",
        f"-e git+{REPOSITORY}@{COMMIT}#egg=foo",
        directory("/src/foo", editable=True),
        says="no record proves",
    ),
    case(
        "U41",
        "editable from a repository, without a name",
        "refuse",
        REQUIREMENTS,
        f"-e git+{REPOSITORY}@{COMMIT}\n",
        foo(git()),
    ),
    origin(
        "U42",
        "another revision of Subversion",
        "differs",
        "foo @ svn+https://example.org/r/trunk@1234",
        git("https://example.org/r/trunk", "1200", vcs="svn"),
    ),
    origin(
        "U43",
        "same commit, but of Mercurial",
        "differs",
        f"foo @ git+{REPOSITORY}@{COMMIT}",
        git(vcs="hg"),
    ),
]
DIRECTORIES = [
    origin(
        "U44",
        "editable, the same directory",
        "ok",
        "-e ./lib",
        directory(editable=True),
        files=LIB,
        **STRICT,
    ),
    origin(
        "U45",
        "editable, another directory",
        "differs",
        "-e ./lib",
        directory("@CASE@/other", editable=True),
        files=LIB,
        says="foo: expected",
    ),
    origin(
        "U46",
        "editable in the lock, not in the environment",
        "differs",
        "-e ./lib",
        directory(),
        files=LIB,
    ),
    origin(
        "U47",
        "editable in the environment, not in the lock",
        "differs",
        "./lib",
        directory(editable=True),
        files=LIB,
    ),
    origin("U48", "`editable: false` is none", "ok", "./lib", directory(editable=False), files=LIB),
    origin(
        "U49",
        "through a link",
        "ok",
        "-e ./lib",
        directory("@CASE@/elsewhere", editable=True),
        files={"elsewhere/pyproject.toml": ""},
        arrange=link,
    ),
    origin(
        "U50",
        "`..`, a blank, and a slash at the end",
        "ok",
        "./x/../my lib/",
        directory("@CASE@/my%20lib"),
        files={"my lib/pyproject.toml": "", "x/y": ""},
    ),
    origin(
        "U51",
        "file URL with a quoted blank",
        "ok",
        "foo @ file://@CASE@/my%20lib",
        directory("@CASE@/my%20lib/"),
    ),
    origin(
        "U52",
        "from an index, where the lock has a directory",
        "differs",
        "-e ./lib",
        files=LIB,
        says="one from an index",
        arguments=("--allow-missing",),
    ),
    origin("U53", "bare name, as uv writes a path source", "refuse", "foo", directory(), files=LIB),
    origin(
        "U54",
        "relative to the working directory, as pip has it",
        "ok",
        "-e ./lib",
        directory(editable=True),
        name="locks/requirements.txt",
        files=LIB,
    ),
]
RECORDS = [
    origin(
        "U55",
        "both vcs_info and archive_info",
        "differs",
        f"foo @ {WHEEL}",
        {**archive(), **git(WHEEL)},
        says="cannot be read",
    ),
    origin("U56", "record that is no JSON", "differs", f"foo @ {WHEEL}", "{"),
    origin(
        "U57",
        "record that is a list, pin from an index",
        "differs",
        "foo==1.0",
        [],
        why="what cannot be read is not passed",
    ),
    origin("U58", "record without any kind of origin", "differs", "foo==1.0", {"url": WHEEL}),
    origin(
        "U59",
        "hashes that are no table",
        "differs",
        f"foo @ {WHEEL}",
        {"url": WHEEL, "archive_info": {"hashes": [SHA]}},
    ),
    origin("U60", "record of 2 MB", "differs", f"foo @ {WHEEL}", {**archive(), "x": "x" * 2**21}),
    case(
        "U61", "record that is a pipe", "differs", METADATA, f"foo @ {WHEEL}\n", foo(), arrange=pipe
    ),
    case(
        "U68",
        "an archive that is editable",
        "refuse",
        REQUIREMENTS,
        "-e ./foo-1.0-py3-none-any.whl\n",
        foo(),
    ),
    case(
        "U69",
        "URL of a kind that pip does not know",
        "refuse",
        REQUIREMENTS,
        "foo @ s3://bucket/foo-1.0-py3-none-any.whl\n",
        foo(),
    ),
    case(
        "U70",
        "prose with a slash in it",
        "refuse",
        REQUIREMENTS,
        "foo==1.0\nUsing Python 3.11.7 environment at: envs/x\n",
        foo(),
        why="what a tool says beside the lock is no path",
    ),
]
TOML = [
    case(
        "U62",
        "pylock.toml: other commit",
        "differs",
        PYLOCK,
        PYLOCK_HEAD
        + f'vcs = {{ type = "git", url = "{REPOSITORY}.git", commit-id = "{COMMIT}" }}\n',
        foo(git(commit=OTHER)),
        name="pylock.toml",
    ),
    case(
        "U63",
        "pylock.toml: archive by a path, no hash in the record",
        "ok",
        PYLOCK,
        PYLOCK_HEAD
        + f'archive = {{ path = "dist/foo-1.0.tar.gz", hashes = {{ sha256 = "{SHA}" }} }}\n',
        foo(archive("file://@CASE@/dist/foo-1.0.tar.gz")),
        name="pylock.toml",
    ),
    case(
        "U64",
        "pylock.toml: directory with a subdirectory",
        "ok",
        PYLOCK,
        PYLOCK_HEAD + 'directory = { path = "mono", subdirectory = "foo" }\n',
        foo({**directory("@CASE@/mono"), "subdirectory": "foo"}),
        name="pylock.toml",
    ),
    case(
        "U65",
        "pylock.toml: editable in the lock, not in the environment",
        "differs",
        PYLOCK,
        PYLOCK_HEAD + 'directory = { path = "lib", editable = true }\n',
        foo(directory()),
        name="pylock.toml",
    ),
    case(
        "U66",
        "uv.lock: a tag that uv resolved, same commit",
        "ok",
        UV_LOCK,
        UV_HEAD + f'source = {{ git = "{REPOSITORY}.git?tag=v1#{COMMIT}" }}\n',
        foo(git(asked="v1")),
        name="uv.lock",
        says="1 by archive",
    ),
    case(
        "U67",
        "uv.lock: wheel by a path, as uv records it",
        "ok",
        UV_LOCK,
        UV_HEAD
        + f'source = {{ path = "../dist/foo-1.0-py3-none-any.whl" }}\nwheels = [{{ filename = "foo-1.0-py3-none-any.whl", hash = "sha256:{SHA}" }}]\n',
        foo(archive("file://@CASE@/dist/foo-1.0-py3-none-any.whl")),
        name="bench/uv.lock",
    ),
]
CASES = [*ARCHIVES, *INDEX, *REPOSITORIES, *DIRECTORIES, *RECORDS, *TOML]
