"""What a pylock.toml says, and for whom (PEP 751 and its specification)."""

from __future__ import annotations

import json

from tests.cases.kit import ORIGINS, PYLOCK, Arrange, Place, case

NAME = "pylock.toml"
DIGEST = "ab" * 32
COMMIT = "0123456789abcdef0123456789abcdef01234567"
CLICK = [("click", "8.1.7")]


def lock(
    *packages: str, head: str = "", version: str = '"1.0"', by: str = 'created-by = "hand"'
) -> str:
    """Return a whole lock."""
    top = f"lock-version = {version}\n" if version else ""
    return top + f"{by}\n{head}\n" + "\n".join(packages)


def package(name: str = "click", version: str = "8.1.7", more: str = "", tag: str = "") -> str:
    """Return a package with one wheel."""
    stem = f"{name.replace('-', '_').replace('.', '_')}-{version}-{tag or 'py3-none-any'}"
    wheel = f'{{ url = "https://x.example/{stem}.whl", hashes = {{ sha256 = "{DIGEST}" }} }}'
    return f"{entry(name, version)}{more}\nwheels = [{wheel}]\n"


def entry(name: str = "click", version: str = "8.1.7", more: str = "") -> str:
    """Return a package without any source, unless more gives it one."""
    return f'[[packages]]\nname = "{name}"\n' + f'version = "{version}"\n' * bool(version) + more


def marker(text: str) -> str:
    return f'marker = "{text}"'


def wheel(filename: str, hashes: str = f"sha256 = '{DIGEST}'") -> str:
    """Return a click 8.1.7 with one wheel of any name."""
    return lock(
        entry(
            more=f"wheels = [{{ url = 'https://x.example/{filename}', hashes = {{ {hashes} }} }}]"
        )
    )


WINDOWS = marker("sys_platform == 'win32'")
VCS = f"""vcs = {{ type = "git", url = "https://git.example/tool.git", commit-id = "{COMMIT}" }}"""
DIRECTORY = 'directory = { path = "lib", editable = true }'
ARCHIVE = (
    f'archive = {{ url = "https://x.example/thing-1.0.zip", hashes = {{ sha256 = "{DIGEST}" }} }}'
)
GROUPS = lock(
    package(),
    package("rich", "14.0.0", marker("'full' in extras")),
    package("pytest", "8.3.0", marker("'dev' in dependency_groups")),
    package("ruff", "0.9.0", marker("'lint' in dependency_groups")),
    head='extras = ["full"]\ndependency-groups = ["dev", "lint"]\ndefault-groups = ["dev"]',
)


def git(url: str = "https://git.example/tool.git", commit: str = COMMIT) -> dict[str, object]:
    return {"direct_url": {"url": url, "vcs_info": {"vcs": "git", "commit_id": commit}}}


def archive(digest: str) -> dict[str, object]:
    info = {"hashes": {"sha256": digest}}
    return {"direct_url": {"url": "https://x.example/thing-1.0.zip", "archive_info": info}}


def from_directory(*, editable: bool) -> Arrange:
    """Let lib be installed from the folder beside the lock."""

    def arrange(place: Place) -> None:
        record = {"url": (place.folder / "lib").as_uri(), "dir_info": {"editable": editable}}
        text = json.dumps(record)
        (place.site / "lib-3.dev0.dist-info/direct_url.json").write_text(text, encoding="utf-8")

    return arrange


CASES = [
    case("P01", "minimal lock, right version", "ok", PYLOCK, lock(package()), CLICK, name=NAME),
    case(
        "P02",
        "another version",
        "differs",
        PYLOCK,
        lock(package()),
        [("click", "8.1.6")],
        name=NAME,
        says="click: expected 8.1.7, found 8.1.6",
    ),
    case("P03", "not installed", "differs", PYLOCK, lock(package()), name=NAME),
    case(
        "P04",
        "forks with markers that exclude each other, the last applies",
        "ok",
        PYLOCK,
        lock(
            package("torch", "2.9.1", marker("sys_platform == 'darwin'")),
            package("torch", "2.9.1+cpu", marker("sys_platform != 'darwin'")),
        ),
        [("torch", "2.9.1+cpu")],
        name=NAME,
    ),
    case(
        "P05",
        "the fork of another platform installed",
        "differs",
        PYLOCK,
        lock(
            package("torch", "2.9.1", marker("sys_platform == 'darwin'")),
            package("torch", "2.9.1+cpu", marker("sys_platform != 'darwin'")),
        ),
        [("torch", "2.9.1")],
        name=NAME,
        says="expected 2.9.1+cpu, found 2.9.1",
    ),
    case(
        "P06",
        "a version is exact: no label is no label",
        "differs",
        PYLOCK,
        lock(package("torch", "2.9.1")),
        [("torch", "2.9.1+cpu")],
        name=NAME,
        why="a pylock.toml names the very file; it is no specifier that a label satisfies",
    ),
    case(
        "P07",
        "versions compare by PEP 440 all the same",
        "ok",
        PYLOCK,
        lock(package("click", "8.1")),
        [("click", "8.1.0")],
        name=NAME,
    ),
    case(
        "P08",
        "two entries of one package both apply, with one version",
        "refuse",
        PYLOCK,
        lock(package(), package()),
        CLICK,
        name=NAME,
        says="packages[0] and packages[1] both apply",
        why="an error about the ambiguity MUST be raised",
    ),
    case(
        "P09",
        "requires-python excludes this Python",
        "refuse",
        PYLOCK,
        lock(package(), head='requires-python = ">=3.12"'),
        CLICK,
        name=NAME,
        says="this is 3.11.7",
    ),
    case(
        "P10",
        "requires-python of a package excludes this Python",
        "refuse",
        PYLOCK,
        lock(package(more='requires-python = "<3.11"')),
        CLICK,
        name=NAME,
        says="click",
    ),
    case(
        "P11",
        "requires-python of a package that does not apply",
        "ok",
        PYLOCK,
        lock(
            package(),
            package("tqdm", "4.67.1", WINDOWS + '\nrequires-python = "<3.11"'),
        ),
        CLICK,
        name=NAME,
        why="the marker is looked at first",
    ),
    case(
        "P12",
        "no environment of the lock is this one",
        "refuse",
        PYLOCK,
        lock(package(), head="environments = [\"sys_platform == 'win32'\", \"os_name == 'java'\"]"),
        CLICK,
        name=NAME,
        says="sys_platform == 'win32' or os_name == 'java'",
    ),
    case(
        "P13",
        "one environment of the lock is this one",
        "ok",
        PYLOCK,
        lock(
            package(), head="environments = [\"sys_platform == 'win32'\", \"os_name == 'posix'\"]"
        ),
        CLICK,
        name=NAME,
    ),
    case(
        "P14",
        "lock-version 1.1",
        "ok",
        PYLOCK,
        lock(package(), version='"1.1"'),
        CLICK,
        name=NAME,
        why="an unknown minor version: a warning, no error",
    ),
    case(
        "P15",
        "lock-version 2.0",
        "refuse",
        PYLOCK,
        lock(package(), version='"2.0"'),
        CLICK,
        name=NAME,
        says="2.0",
    ),
    case(
        "P16",
        "lock-version absent",
        "refuse",
        PYLOCK,
        lock(package(), version=""),
        CLICK,
        name=NAME,
        says="lock-version",
    ),
    case(
        "P17",
        "lock-version a number",
        "refuse",
        PYLOCK,
        lock(package(), version="1.0"),
        CLICK,
        name=NAME,
        says="expected a string",
    ),
    case(
        "P18",
        "created-by absent",
        "refuse",
        PYLOCK,
        lock(package(), by=""),
        CLICK,
        name=NAME,
        says="created-by: missing",
    ),
    case(
        "P19",
        "packages absent",
        "refuse",
        PYLOCK,
        lock(),
        CLICK,
        name=NAME,
        says="packages: missing",
    ),
    case(
        "P20",
        "packages empty",
        "ok",
        PYLOCK,
        lock(head="packages = []"),
        CLICK,
        name=NAME,
        says="nothing was checked",
        why="valid, and nothing is asked for; said loudly",
    ),
    case(
        "P21",
        "packages a table",
        "refuse",
        PYLOCK,
        lock(head='[packages]\nname = "click"'),
        CLICK,
        name=NAME,
        says="expected a list",
    ),
    case(
        "P22",
        "a package without source",
        "refuse",
        PYLOCK,
        lock(entry()),
        CLICK,
        name=NAME,
        says="no source",
    ),
    case(
        "P23",
        "wheels and vcs in one package",
        "refuse",
        PYLOCK,
        lock(package(more=VCS)),
        CLICK,
        name=NAME,
        says="exclude each other",
    ),
    case(
        "P24",
        "wheel with an empty table of hashes",
        "refuse",
        PYLOCK,
        wheel("click-8.1.7-py3-none-any.whl", ""),
        CLICK,
        name=NAME,
        says="hash",
    ),
    case(
        "P25",
        "wheel of another version",
        "refuse",
        PYLOCK,
        wheel("click-8.1.6-py3-none-any.whl"),
        CLICK,
        name=NAME,
        says="8.1.6",
    ),
    case(
        "P26",
        "wheel of another package",
        "refuse",
        PYLOCK,
        wheel("clack-8.1.7-py3-none-any.whl"),
        CLICK,
        name=NAME,
        says="clack",
    ),
    case(
        "P27",
        "wheels for another platform only, no sdist",
        "refuse",
        PYLOCK,
        wheel("click-8.1.7-cp311-cp311-win_amd64.whl"),
        CLICK,
        name=NAME,
        says="no wheel",
        why="an error MUST be raised about a lack of source for the project",
    ),
    case(
        "P28",
        "wheels for another platform, and an sdist",
        "ok",
        PYLOCK,
        lock(
            package(
                tag="cp310-cp310-win_amd64",
                more=f'sdist = {{ url = "https://x.example/click-8.1.7.tar.gz", hashes = {{ sha256 = "{DIGEST}" }} }}',
            )
        ),
        CLICK,
        name=NAME,
    ),
    case(
        "P29",
        "default group only, extra and other group not asked for",
        "ok",
        PYLOCK,
        GROUPS,
        [*CLICK, ("pytest", "8.3.0")],
        name=NAME,
    ),
    case(
        "P30", "default group missing", "differs", PYLOCK, GROUPS, CLICK, name=NAME, says="pytest"
    ),
    case(
        "P31",
        "extra asked for, in another spelling",
        "differs",
        PYLOCK,
        GROUPS,
        [*CLICK, ("pytest", "8.3.0")],
        name=NAME,
        arguments=("--extra", "Full"),
        says="rich",
    ),
    case(
        "P32",
        "a group asked for takes the place of the default",
        "ok",
        PYLOCK,
        GROUPS,
        [*CLICK, ("ruff", "0.9.0")],
        name=NAME,
        arguments=("--group", "lint"),
    ),
    case(
        "P33",
        "extra == in a marker",
        "refuse",
        PYLOCK,
        lock(
            package(),
            package("rich", "14.0.0", marker("extra == 'full'")),
            head='extras = ["full"]',
        ),
        CLICK,
        name=NAME,
        says="in extras",
        why="`extra` has no value in a lock file",
    ),
    case(
        "P34",
        "unknown marker variable",
        "refuse",
        PYLOCK,
        lock(package(more=marker("sys_platfrm == 'linux'"))),
        CLICK,
        name=NAME,
        says="packages[0].marker",
    ),
    case(
        "P35",
        "vcs: right commit, credentials and case differ",
        "ok",
        ORIGINS,
        lock(entry("tool", "", VCS)),
        [("tool", "1.0", git("https://me:secret@GIT.example/tool"))],
        name=NAME,
    ),
    case(
        "P36",
        "vcs: another commit",
        "differs",
        ORIGINS,
        lock(entry("tool", "", VCS)),
        [("tool", "1.0", git(commit="f" * 40))],
        name=NAME,
        says="f" * 40,
    ),
    case(
        "P37",
        "vcs pin, installed from an index",
        "differs",
        ORIGINS,
        lock(entry("tool", "", VCS)),
        [("tool", "1.0")],
        name=NAME,
        says="an index",
    ),
    case(
        "P38",
        "directory, editable, no version",
        "ok",
        ORIGINS,
        lock(entry("lib", "", DIRECTORY)),
        [("lib", "3.dev0")],
        name=NAME,
        arrange=from_directory(editable=True),
    ),
    case(
        "P39",
        "directory, locked editable, installed as a copy",
        "differs",
        ORIGINS,
        lock(entry("lib", "", DIRECTORY)),
        [("lib", "3.dev0")],
        name=NAME,
        arrange=from_directory(editable=False),
        says="editable",
    ),
    case(
        "P40",
        "archive with another hash",
        "differs",
        ORIGINS,
        lock(entry("thing", "1.0", ARCHIVE)),
        [("thing", "1.0", archive("cd" * 32))],
        name=NAME,
    ),
    case(
        "P41",
        "archive, the lock's hash in capitals",
        "ok",
        ORIGINS,
        lock(entry("thing", "1.0", ARCHIVE.replace(DIGEST, DIGEST.upper()))),
        [("thing", "1.0", archive(DIGEST))],
        name=NAME,
    ),
    case(
        "P42",
        "tool tables, unknown keys, dependencies, attestations",
        "ok",
        PYLOCK,
        lock(
            package(
                more=(
                    'index = "https://pypi.org/simple"\nmood = "good"\ndependencies = [{ name = "colorama" }]\n'
                    'attestation-identities = [{ kind = "GitHub", repository = "x/y" }]\ntool = { x = 1 }'
                )
            ),
            "[tool.x]\ny = 1\n",
        ),
        CLICK,
        name=NAME,
        why="`dependencies` is for people; [tool] is for tools",
    ),
    case(
        "P43",
        "index not a string",
        "refuse",
        PYLOCK,
        lock(package(more="index = 1")),
        CLICK,
        name=NAME,
        says="packages[0].index",
    ),
    case(
        "P44",
        "version not a string",
        "refuse",
        PYLOCK,
        lock('[[packages]]\nname = "click"\nversion = 8.1\n' + VCS),
        CLICK,
        name=NAME,
        says="packages[0].version",
    ),
    case(
        "P45",
        "marker not a string",
        "refuse",
        PYLOCK,
        lock(package(more="marker = true")),
        CLICK,
        name=NAME,
        says="packages[0].marker",
    ),
    case(
        "P46",
        "name not normalised",
        "refuse",
        PYLOCK,
        lock(package("ruamel.yaml", "0.18.6")),
        [("ruamel.yaml", "0.18.6")],
        name=NAME,
        says="'ruamel.yaml' is not a normalised name",
    ),
    case(
        "P47",
        "installed under a dotted name",
        "ok",
        PYLOCK,
        lock(package("ruamel-yaml", "0.18.6")),
        [("ruamel.yaml", "0.18.6")],
        name=NAME,
    ),
    case("P48", "named lock", "ok", PYLOCK, lock(package()), CLICK, name="pylock.bench.toml"),
    case(
        "P49",
        "a name with a dot in it",
        "refuse",
        PYLOCK,
        lock(package()),
        CLICK,
        name="pylock.foo.bar.toml",
        says="not known",
        why=r"^pylock\.([^.]+)\.toml$",
    ),
    case(
        "P50",
        "another file name",
        "refuse",
        PYLOCK,
        lock(package()),
        CLICK,
        name="mylock.toml",
        says="not known",
    ),
    case(
        "P51",
        "duplicate key",
        "refuse",
        PYLOCK,
        lock(package(more='version = "8.1.6"')),
        CLICK,
        name=NAME,
        says="TOML",
    ),
    case(
        "P52",
        "merge-conflict marks",
        "refuse",
        PYLOCK,
        f"<<<<<<< HEAD\n{lock(package())}=======\n>>>>>>> x\n",
        CLICK,
        name=NAME,
        says="TOML",
    ),
    case("P53", "CRLF", "ok", PYLOCK, lock(package()).replace("\n", "\r\n"), CLICK, name=NAME),
    case(
        "P55",
        "byte order mark",
        "ok/refuse",
        PYLOCK,
        b"\xef\xbb\xbf" + lock(package()).encode(),
        CLICK,
        name=NAME,
        why="the specification of TOML is silent about it, and pip refuses it",
    ),
    case(
        "P54",
        "credentials in a URL",
        "differs",
        PYLOCK,
        lock(entry("thing", "1.0", ARCHIVE.replace("x.example", "me:secret@x.example"))),
        [("thing", "1.0")],
        name=NAME,
        says="expected https://x.example/thing-1.0.zip",
    ),
]
