"""One package twice: in the lock, and in the environment."""

from __future__ import annotations

from tests.cases.kit import (
    DEPENDENCIES,
    METADATA,
    PYLOCK,
    REQUIREMENTS,
    VERSIONS,
    Place,
    case,
    dist,
)

SHA, ELSE = "a1" * 32, "b2" * 32
WHEEL = "https://example.org/foo-1.0-py3-none-any.whl"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPOSITORY = {"url": "https://example.org/foo", "vcs_info": {"vcs": "git", "commit_id": COMMIT}}
CPU = [("torch", "2.9.1+cpu")]
ONE = [("foo", "1.0")]


def local(sha: str) -> list[tuple[object, ...]]:
    """Return foo as it was installed from a local wheel with a hash."""
    url = "file:///w/foo-1.0-py3-none-any.whl"
    record = {"url": url, "archive_info": {"hashes": {"sha256": sha}}}
    return [("foo", "1.0", {"direct_url": record})]


def pylock(*markers: str) -> str:
    """Return a pylock.toml of one package for each marker: versions 1.0, 2.0 and so on."""
    packages = (
        f'[[packages]]\nname = "foo"\nversion = "{i}.0"\nmarker = "{marker}"\n'
        f'wheels = [{{ url = "https://example.org/foo-{i}.0-py3-none-any.whl", '
        f'hashes = {{ sha256 = "{SHA}" }} }}]\n'
        for i, marker in enumerate(markers, 1)
    )
    return "\n".join(['lock-version = "1.0"\ncreated-by = "kit"\n', *packages])


def egg_info(place: Place) -> None:
    """Put the ``.egg-info`` of an older version beside the ``.dist-info``."""
    info = place.site / "foo-0.9-py3.11.egg-info"
    info.mkdir()
    (info / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: foo\nVersion: 0.9\n")


def later(place: Place) -> None:
    """Put an older version into a directory that comes later on the path."""
    dist(place.folder / "later", "foo", "0.9")
    (place.site / "later.pth").write_text(f"{place.folder / 'later'}\n")


def earlier(place: Place) -> None:
    """Put an older version into a directory that comes first on the path."""
    dist(place.folder / "first", "foo", "0.9")


CASES = [
    case(
        "D01",
        "the same pin twice",
        "ok",
        REQUIREMENTS,
        "foo==1.0\nfoo==1.0\n",
        ONE,
        says="Summary: 1 ",
    ),
    case("D02", "padding tells the two apart", "ok", VERSIONS, "foo==1.0\nfoo==1.0.0\n", ONE),
    case("D03", "two versions", "refuse", REQUIREMENTS, "foo==1.0\nfoo==1.1\n", ONE),
    case(
        "D04",
        "two spellings of one name, two versions",
        "refuse",
        REQUIREMENTS,
        "foo-bar==1.0\nFoo._Bar==1.1\n",
        [("foo-bar", "1.0")],
    ),
    case(
        "D05",
        "two spellings of one name, one version",
        "ok",
        REQUIREMENTS,
        "foo-bar==1.0\nFoo._Bar==1.0\n",
        [("foo-bar", "1.0")],
    ),
    case(
        "D06", "extras on one of two lines", "ok", DEPENDENCIES, "foo[a]==1.0\nfoo[b,c]==1.0\n", ONE
    ),
    case(
        "D07",
        "the same once more through -r",
        "ok",
        REQUIREMENTS,
        "-r base.txt\nfoo==1.0\n",
        ONE,
        files={"base.txt": "foo==1.0\n"},
    ),
    case(
        "D08",
        "another version through -r",
        "refuse",
        REQUIREMENTS,
        "foo==1.0\n-r base.txt\n",
        ONE,
        files={"base.txt": "foo==1.1\n"},
    ),
    case(
        "D09",
        "two lists of hashes, and a wheel of the second only",
        "differs",
        REQUIREMENTS,
        f"foo==1.0 --hash=sha256:{SHA}\nfoo==1.0 --hash=sha256:{SHA} --hash=sha256:{ELSE}\n",
        local(ELSE),
        why="pip allows what stands in both",
    ),
    case(
        "D10",
        "two lists of hashes with nothing in common",
        "ok/refuse",
        REQUIREMENTS,
        f"foo==1.0 --hash=sha256:{SHA}\nfoo==1.0 --hash=sha256:{ELSE}\n",
        local(SHA),
        why="pip takes those of the first line",
    ),
    case(
        "D11",
        "hashes on the second of two lines",
        "differs",
        REQUIREMENTS,
        f"foo==1.0\nfoo==1.0 --hash=sha256:{SHA}\n",
        local(ELSE),
    ),
    case(
        "D12",
        "== and ===, met by the first only",
        "differs",
        VERSIONS,
        "foo==1.0\nfoo===1.0\n",
        [("foo", "1.0.0")],
        why="`===` compares strings",
    ),
    case("D13", "== and ===", "ok", VERSIONS, "foo==1.0.0\nfoo===1.0\n", ONE),
    case(
        "D14",
        "with and without a label",
        "ok",
        VERSIONS,
        "torch==2.9.1\ntorch==2.9.1+cpu\n",
        CPU,
        why="2.9.1+cpu satisfies both",
        arguments=("--strict",),
    ),
    case(
        "D15",
        "with and without a label, another label installed",
        "differs",
        VERSIONS,
        "torch==2.9.1+cpu\ntorch==2.9.1\n",
        [("torch", "2.9.1+cu128")],
    ),
    case("D16", "two labels", "refuse", VERSIONS, "torch==2.9.1+cpu\ntorch==2.9.1+cu128\n", CPU),
    case(
        "D17",
        "a pin and a URL of another version",
        "refuse",
        REQUIREMENTS,
        f"foo==2.0\nfoo @ {WHEEL}\n",
        ONE,
    ),
    case(
        "D18",
        "two URLs",
        "refuse",
        REQUIREMENTS,
        f"foo @ {WHEEL}\nfoo @ https://example.org/b/foo-1.0-py3-none-any.whl\n",
        ONE,
    ),
    case(
        "D19",
        "two spellings of one repository",
        "ok",
        REQUIREMENTS,
        f"foo @ git+https://example.org/foo@{COMMIT}\nfoo @ git+https://u@EXAMPLE.org/foo.git@{COMMIT}#egg=foo\n",
        [("foo", "1.0", {"direct_url": REPOSITORY})],
    ),
    case(
        "D20",
        "two commits",
        "refuse",
        REQUIREMENTS,
        f"foo @ git+https://example.org/foo@{COMMIT}\nfoo @ git+https://example.org/foo@{'f' * 40}\n",
        [("foo", "1.0", {"direct_url": REPOSITORY})],
    ),
    case(
        "D21",
        "editable and not",
        "refuse",
        REQUIREMENTS,
        "foo @ file:///src/foo\n-e foo@file:///src/foo\n",
        ONE,
    ),
    case(
        "D22",
        "a pin and its constraint, twice",
        "ok",
        REQUIREMENTS,
        "-c limits.txt\nfoo==1.0\n-c limits.txt\n",
        ONE,
        files={"limits.txt": "foo==1.0\nfoo<2\nbar==7\n"},
    ),
    case(
        "D23",
        "a constraint to another version",
        "refuse",
        REQUIREMENTS,
        "foo==1.0\n-c limits.txt\n",
        ONE,
        files={"limits.txt": "foo!=1.0\n"},
    ),
    case(
        "D24",
        "a constraint to a build of the pinned version",
        "ok",
        VERSIONS,
        "torch==2.9.1\n-c limits.txt\n",
        CPU,
        files={"limits.txt": "torch==2.9.1+cpu\n"},
        why="2.9.1+cpu satisfies both",
    ),
    case(
        "D25",
        "a constraint to a build of the pinned version, another one installed",
        "differs",
        VERSIONS,
        "torch==2.9.1\n-c limits.txt\n",
        [("torch", "2.9.1+xpu")],
        files={"limits.txt": "torch==2.9.1+cpu\n"},
    ),
    case(
        "D26",
        "markers that overlap here",
        "refuse",
        DEPENDENCIES,
        "foo==1.0 ; python_version >= '3.10'\nfoo==1.1 ; python_version < '3.12'\n",
        ONE,
    ),
    case(
        "D27",
        "markers that exclude each other",
        "ok",
        DEPENDENCIES,
        "foo==1.1 ; python_version >= '3.12'\nfoo==1.0 ; python_version < '3.12'\n",
        ONE,
    ),
    case(
        "D28",
        "a contradiction whose marker is false",
        "ok",
        DEPENDENCIES,
        "foo==1.0\nfoo==1.1 ; sys_platform == 'win32'\n",
        ONE,
    ),
    case(
        "D29",
        "a pin, and a bound on a line of its own",
        "refuse",
        REQUIREMENTS,
        "foo==1.0\nfoo>=1\n",
        ONE,
        why="the second line is no pin",
    ),
    case(
        "D30",
        "a bound on the second of two pins",
        "differs",
        VERSIONS,
        "torch==2.9.1\ntorch==2.9.1,!=2.9.1+cu128\n",
        [("torch", "2.9.1+cu128")],
    ),
    case(
        "D31",
        "pylock.toml: two packages of one name apply",
        "refuse",
        PYLOCK,
        pylock("os_name == 'posix'", "sys_platform == 'linux'"),
        ONE,
        name="pylock.toml",
    ),
    case(
        "D32",
        "pylock.toml: one of two packages applies",
        "ok",
        PYLOCK,
        pylock("os_name == 'posix'", "os_name == 'nt'"),
        ONE,
        name="pylock.toml",
    ),
    case(
        "D33",
        "two records of one package in one directory",
        "differs",
        METADATA,
        "foo==1.1\n",
        [*ONE, ("foo", "1.1")],
        says="two records in one directory",
    ),
    case(
        "D34",
        "two records of one version",
        "differs",
        METADATA,
        "foo==1.0\n",
        [*ONE, ("foo", "1.0.0")],
        says="two records in one directory",
    ),
    case(
        "D35",
        "two records whose directories spell the name differently",
        "differs",
        METADATA,
        "foo-bar==1.0\n",
        [
            ("foo-bar", "1.0"),
            ("Foo.Bar", "1.0", {"dirname": "Foo.Bar-1.0.dist-info", "top": "foo_bar"}),
        ],
        says="two records in one directory",
    ),
    case(
        "D36",
        "a dist-info and an egg-info",
        "differs",
        METADATA,
        "foo==1.0\n",
        ONE,
        arrange=egg_info,
        says="two records in one directory",
    ),
    case(
        "D37",
        "an older one later on the path",
        "ok",
        METADATA,
        "foo==1.0\n",
        ONE,
        real=True,
        arrange=later,
    ),
    case(
        "D38",
        "an older one first on the path",
        "differs",
        METADATA,
        "foo==1.0\n",
        ONE,
        env={"PYTHONPATH": "@CASE@/first"},
        arrange=earlier,
        says="found 0.9",
    ),
    case(
        "D39",
        "a name that only begins alike",
        "ok",
        METADATA,
        "foo==1.0\n",
        [*ONE, ("foo-bar", "2.0", {"dirname": "foo-bar-2.0.dist-info"})],
    ),
    case(
        "D40",
        "a constraint that the wheel of a URL does not meet",
        "refuse",
        REQUIREMENTS,
        f"foo @ {WHEEL}\n-c limits.txt\n",
        ONE,
        files={"limits.txt": "foo>=2\n"},
    ),
    case(
        "D41",
        "a constraint that the wheel of a URL meets",
        "ok",
        REQUIREMENTS,
        f"foo @ {WHEEL}\n-c limits.txt\n",
        [("foo", "1.0", {"direct_url": {"url": WHEEL, "archive_info": {}}})],
        files={"limits.txt": "foo<2\n"},
    ),
]
