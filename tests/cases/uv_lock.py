"""What a uv.lock says, and for whom: the set that ``uv export --frozen`` gives."""

from __future__ import annotations

import json

from tests.cases.kit import ORIGINS, UV_LOCK, Arrange, Place, case

NAME = "uv.lock"
DIGEST = "ab" * 32
COMMIT = "0123456789abcdef0123456789abcdef01234567"
HEAD = 'version = 1\nrevision = 3\nrequires-python = ">=3.10"\n'
CLICK = [("click", "8.1.7")]
ROOT = '{ virtual = "." }'
INDEX = '{ registry = "https://pypi.org/simple" }'
CPU = '{ registry = "https://download.pytorch.org/whl/cpu" }'


def lock(*packages: str, head: str = HEAD, more: str = "") -> str:
    """Return a whole lock."""
    return "\n".join([head, more, *packages])


def root(*edges: str, more: str = "", source: str = ROOT, name: str = "bench") -> str:
    """Return the project itself."""
    text = f'[[package]]\nname = "{name}"\nversion = "0.1.0"\nsource = {source}\n'
    return text + f"dependencies = [{', '.join(edges)}]\n{more}\n"


def edge(name: str, more: str = "") -> str:
    return f'{{ name = "{name}"{more and ", " + more} }}'


def fork(version: str, source: str, marker: str = "") -> str:
    """Return an edge to one of two torches."""
    text = f'version = "{version}", source = {source}'
    return edge("torch", text + (f', marker = "{marker}"' if marker else ""))


def package(
    name: str = "click",
    version: str = "8.1.7",
    source: str = INDEX,
    more: str = "",
    hash_: str = DIGEST,
) -> str:
    """Return a package with one wheel, as uv writes one of an index."""
    stem = f"{name.replace('-', '_')}-{version.replace('+', '%2B')}-py3-none-any"
    url = f"https://files.example/{stem}.whl"
    text = f'[[package]]\nname = "{name}"\nversion = "{version}"\nsource = {source}\n{more}\n'
    return text + f'wheels = [\n    {{ url = "{url}", hash = "sha256:{hash_}", size = 7 }},\n]\n'


def local(name: str, source: str, more: str = "") -> str:
    """Return a package that lies in a folder."""
    return f'[[package]]\nname = "{name}"\nversion = "0.1.0"\nsource = {source}\n{more}\n'


def optional(**extras: str) -> str:
    return "[package.optional-dependencies]\n" + "".join(
        f"{k} = [{v}]\n" for k, v in extras.items()
    )


def groups(**edges: str) -> str:
    return "[package.dev-dependencies]\n" + "".join(f"{k} = [{v}]\n" for k, v in edges.items())


def from_directory(name: str, folder: str, *, editable: bool) -> Arrange:
    """Let a package be installed from a folder beside the lock."""

    def arrange(place: Place) -> None:
        record = {"url": (place.folder / folder).as_uri(), "dir_info": {"editable": editable}}
        path = place.site / f"{name}-0.1.0.dist-info/direct_url.json"
        path.write_text(json.dumps(record), encoding="utf-8")

    return arrange


def git(commit: str) -> dict[str, object]:
    record = {
        "url": "https://git.example/tool.git",
        "vcs_info": {"vcs": "git", "commit_id": commit},
    }
    return {"direct_url": record}


def archive(digest: str) -> dict[str, object]:
    info = {"hashes": {"sha256": digest}}
    return {"direct_url": {"url": "https://x.example/thing-1.0.zip", "archive_info": info}}


MINIMAL = lock(root(edge("click")), package())
TORCH = lock(
    root(
        fork("2.9.1", INDEX, "sys_platform == 'darwin'"),
        fork("2.9.1+cpu", CPU, "sys_platform != 'darwin'"),
    ),
    package("torch", "2.9.1", more="resolution-markers = [\"sys_platform == 'darwin'\"]"),
    package("torch", "2.9.1+cpu", CPU, more="resolution-markers = [\"sys_platform != 'darwin'\"]"),
    more="resolution-markers = [\"sys_platform == 'darwin'\", \"sys_platform != 'darwin'\"]",
)
ASKED = lock(
    root(
        edge("click"),
        more=optional(full=edge("rich"), plot=f"{edge('tqdm')}, {edge('rich')}")
        + groups(dev=edge("pytest"), lint=edge("ruff"))
        + '[package.metadata]\nprovides-extras = ["full", "plot", "none"]\n'
        + "[package.metadata.requires-dev]\ndev = []\nlint = []\nempty = []\n",
    ),
    package(), package("rich", "14.0.0"), package("tqdm", "4.67.1"),
    package("pytest", "8.3.0"), package("ruff", "0.9.0"),
)  # fmt: skip
DEV = [*CLICK, ("pytest", "8.3.0")]
CONFLICT = """\
conflicts = [[
    { package = "bench", extra = "cpu" },
    { package = "bench", extra = "gpu" },
]]
"""
TWO_TORCHES = lock(
    root(
        edge("accelerate"),
        more=optional(cpu=fork("2.9.1+cpu", CPU), gpu=fork("2.9.1", INDEX)),
    ),
    package(
        "accelerate", "1.0",
        more="dependencies = ["
        + fork("2.9.1+cpu", CPU, "extra == 'extra-5-bench-cpu'") + ", "
        + fork("2.9.1", INDEX, "extra == 'extra-5-bench-gpu' or extra != 'extra-5-bench-cpu'")
        + "]",
    ),
    package("torch", "2.9.1"), package("torch", "2.9.1+cpu", CPU),
    more=CONFLICT,
)  # fmt: skip
WORKSPACE = '[manifest]\nmembers = ["bench", "member"]\n'
NO_MARKER = 'marker = "foo"'
MEMBER = '{ editable = "member" }'

CASES = [
    case(
        "K01",
        "minimal lock, virtual root, right version",
        "ok",
        UV_LOCK,
        MINIMAL,
        CLICK,
        name=NAME,
        says="1 package",
    ),
    case(
        "K02",
        "another version",
        "differs",
        UV_LOCK,
        MINIMAL,
        [("click", "8.1.6")],
        name=NAME,
        says="click: expected 8.1.7, found 8.1.6",
    ),
    case("K03", "not installed", "differs", UV_LOCK, MINIMAL, name=NAME),
    case(
        "K04",
        "editable root, installed",
        "ok",
        UV_LOCK,
        lock(root(edge("click"), source='{ editable = "." }'), package()),
        [*CLICK, ("bench", "0.1.0")],
        name=NAME,
        arrange=from_directory("bench", ".", editable=True),
    ),
    case(
        "K05",
        "editable root, not installed",
        "differs",
        UV_LOCK,
        lock(root(edge("click"), source='{ editable = "." }'), package()),
        CLICK,
        name=NAME,
        says="bench",
        why="uv export writes -e .",
    ),
    case(
        "K06", "torch fork by platform", "ok", UV_LOCK, TORCH, [("torch", "2.9.1+cpu")], name=NAME
    ),
    case(
        "K07",
        "torch fork by platform, the plain one installed",
        "differs",
        UV_LOCK,
        TORCH,
        [("torch", "2.9.1")],
        name=NAME,
        says="expected 2.9.1+cpu, found 2.9.1",
    ),
    case(
        "K08",
        "a version is exact: no label is no label",
        "differs",
        UV_LOCK,
        lock(root(edge("torch")), package("torch", "2.9.1")),
        [("torch", "2.9.1+cpu")],
        name=NAME,
    ),
    case(
        "K09",
        "markers stand on edges, all edges to a package count",
        "differs",
        UV_LOCK,
        lock(
            root(edge("click", "marker = \"sys_platform == 'win32'\""), edge("rich")),
            package("rich", "14.0.0", more=f"dependencies = [{edge('click')}]"),
            package(),
        ),
        [("rich", "14.0.0")],
        name=NAME,
        says="click",
    ),
    case(
        "K10",
        "what only another platform reaches",
        "ok",
        UV_LOCK,
        lock(
            root(edge("click"), edge("pywin", "marker = \"sys_platform == 'win32'\"")),
            package(),
            package("pywin", "306", more=f"dependencies = [{edge('rich')}]"),
            package("rich", "14.0.0"),
        ),
        CLICK,
        name=NAME,
        says="Not applicable: 2",
    ),
    case("K11", "default group dev, no extra asked for", "ok", UV_LOCK, ASKED, DEV, name=NAME),
    case(
        "K12",
        "default group dev not installed",
        "differs",
        UV_LOCK,
        ASKED,
        CLICK,
        name=NAME,
        says="pytest",
    ),
    case(
        "K13",
        "an extra, in another spelling",
        "differs",
        UV_LOCK,
        ASKED,
        DEV,
        name=NAME,
        arguments=("--extra", "FULL"),
        says="rich",
    ),
    case(
        "K14",
        "a group adds to the default one",
        "ok",
        UV_LOCK,
        ASKED,
        [*DEV, ("ruff", "0.9.0")],
        name=NAME,
        arguments=("--group", "lint"),
    ),
    case(
        "K15",
        "an extra and a group that are declared and empty",
        "ok",
        UV_LOCK,
        ASKED,
        DEV,
        name=NAME,
        arguments=("--extra", "none", "--group", "empty"),
    ),
    case(
        "K16",
        "default-groups of the project",
        "ok",
        UV_LOCK,
        ASKED,
        [*CLICK, ("ruff", "0.9.0")],
        name=NAME,
        files={
            "pyproject.toml": '[project]\nname = "bench"\n[tool.uv]\ndefault-groups = ["lint"]\n'
        },
    ),
    case(
        "K17",
        "default-groups = all",
        "differs",
        UV_LOCK,
        ASKED,
        DEV,
        name=NAME,
        says="ruff",
        files={"pyproject.toml": '[project]\nname = "bench"\n[tool.uv]\ndefault-groups = "all"\n'},
    ),
    case(
        "K18",
        "conflicting extras, one asked for",
        "ok",
        UV_LOCK,
        TWO_TORCHES,
        [("accelerate", "1.0"), ("torch", "2.9.1+cpu")],
        name=NAME,
        arguments=("--extra", "cpu"),
    ),
    case(
        "K19",
        "conflicting extras, none asked for",
        "differs",
        UV_LOCK,
        TWO_TORCHES,
        [("accelerate", "1.0"), ("torch", "2.9.1+cpu")],
        name=NAME,
        says="expected 2.9.1, found 2.9.1+cpu",
    ),
    case(
        "K20",
        "conflicting extras, both asked for",
        "refuse",
        UV_LOCK,
        TWO_TORCHES,
        [("accelerate", "1.0"), ("torch", "2.9.1+cpu")],
        name=NAME,
        arguments=("--extra", "cpu", "--extra", "gpu"),
        says="conflict",
    ),
    case(
        "K21",
        "a member's extra that an edge activates",
        "ok",
        UV_LOCK,
        lock(
            root(edge("member", 'extra = ["cpu"]')),
            local(
                "member",
                '{ virtual = "member" }',
                f"dependencies = [{edge('accelerate')}]\n"
                + optional(cpu=fork("2.9.1+cpu", CPU), gpu=fork("2.9.1", INDEX)),
            ),
            package(
                "accelerate",
                "1.0",
                more="dependencies = ["
                + fork("2.9.1+cpu", CPU, "extra == 'extra-6-member-cpu'")
                + ", "
                + fork("2.9.1", INDEX, "extra != 'extra-6-member-cpu'")
                + "]",
            ),
            package("torch", "2.9.1"),
            package("torch", "2.9.1+cpu", CPU),
            more=CONFLICT.replace("bench", "member") + WORKSPACE,
        ),
        [("accelerate", "1.0"), ("torch", "2.9.1+cpu")],
        name=NAME,
    ),
    case(
        "K22",
        "workspace: a member that the project does not need",
        "ok",
        UV_LOCK,
        lock(
            root(edge("click")),
            local("member", MEMBER, f"dependencies = [{edge('rich')}]"),
            package(),
            package("rich", "14.0.0"),
            more=WORKSPACE,
        ),
        CLICK,
        name=NAME,
        why="uv sync installs the project at the root and what it needs",
    ),
    case(
        "K23",
        "workspace: a member that the project needs",
        "ok",
        UV_LOCK,
        lock(
            root(edge("member")),
            local("member", MEMBER, f"dependencies = [{edge('click')}]"),
            package(),
            more=WORKSPACE,
        ),
        [*CLICK, ("member", "0.1.0")],
        name=NAME,
        arrange=from_directory("member", "member", editable=True),
    ),
    case(
        "K24",
        "workspace without a project at its root: all members",
        "differs",
        UV_LOCK,
        lock(
            root(edge("click"), source='{ virtual = "a" }', name="a"),
            root(edge("rich"), source='{ virtual = "b" }', name="b"),
            package(),
            package("rich", "14.0.0"),
            more='[manifest]\nmembers = ["a", "b"]\n',
        ),
        CLICK,
        name=NAME,
        says="rich",
    ),
    case(
        "K25",
        "workspace without a project at its root: groups of its own",
        "differs",
        UV_LOCK,
        lock(
            root(edge("click"), source='{ virtual = "a" }', name="a"),
            package(),
            package("rich", "14.0.0"),
            more='[manifest]\nmembers = ["a"]\n[manifest.dependency-groups]\n'
            'dev = [{ name = "rich", specifier = ">=13" }]\n',
        ),
        CLICK,
        name=NAME,
        says="rich",
    ),
    case(
        "K26",
        "extra of a dependency",
        "differs",
        UV_LOCK,
        lock(
            root(edge("click", 'extra = ["color"]')),
            package() + optional(color=edge("rich")),
            package("rich", "14.0.0"),
        ),
        CLICK,
        name=NAME,
        says="rich",
    ),
    case(
        "K27",
        "dependencies that form a ring",
        "ok",
        UV_LOCK,
        lock(
            root(edge("click")),
            package(more=f"dependencies = [{edge('rich')}]"),
            package("rich", "14.0.0", more=f"dependencies = [{edge('click')}]"),
        ),
        [*CLICK, ("rich", "14.0.0")],
        name=NAME,
    ),
    case(
        "K28",
        "git: the commit",
        "ok",
        ORIGINS,
        lock(
            root(edge("tool")),
            local("tool", f'{{ git = "https://git.example/tool?rev=v1#{COMMIT}" }}'),
        ),
        [("tool", "0.1.0", git(COMMIT))],
        name=NAME,
    ),
    case(
        "K29",
        "git: another commit",
        "differs",
        ORIGINS,
        lock(
            root(edge("tool")),
            local("tool", f'{{ git = "https://git.example/tool?rev=v1#{COMMIT}" }}'),
        ),
        [("tool", "0.1.0", git("f" * 40))],
        name=NAME,
        says="f" * 40,
    ),
    case(
        "K30",
        "git: no commit",
        "refuse",
        UV_LOCK,
        lock(root(edge("tool")), local("tool", '{ git = "https://git.example/tool?rev=v1" }')),
        [("tool", "0.1.0", git(COMMIT))],
        name=NAME,
        says="names no commit",
    ),
    case(
        "K31",
        "url: another archive",
        "differs",
        ORIGINS,
        lock(
            root(edge("thing")),
            local(
                "thing",
                '{ url = "https://x.example/thing-1.0.zip" }',
                f'sdist = {{ hash = "sha256:{DIGEST}" }}',
            ),
        ),
        [("thing", "0.1.0", archive("cd" * 32))],
        name=NAME,
    ),
    case(
        "K32",
        "url: an archive without hash",
        "refuse",
        UV_LOCK,
        lock(
            root(edge("thing")),
            local("thing", '{ url = "https://x.example/thing-1.0.zip" }', "sdist = { }"),
        ),
        [("thing", "0.1.0", archive("cd" * 32))],
        name=NAME,
        says="hash: missing",
    ),
    case(
        "K33",
        "directory, not editable, installed editable",
        "differs",
        ORIGINS,
        lock(root(edge("lib")), local("lib", '{ directory = "lib" }')),
        [("lib", "0.1.0")],
        name=NAME,
        arrange=from_directory("lib", "lib", editable=True),
        says="editable",
    ),
    case(
        "K34",
        "index pin, installed from git",
        "differs",
        ORIGINS,
        MINIMAL,
        [("click", "8.1.7", git(COMMIT))],
        name=NAME,
    ),
    case(
        "K35",
        "version = 2",
        "refuse",
        UV_LOCK,
        MINIMAL.replace("version = 1\n", "version = 2\n"),
        CLICK,
        name=NAME,
        says="2 is not a version of uv.lock that is known",
    ),
    case(
        "K36",
        "a newer revision",
        "ok",
        UV_LOCK,
        MINIMAL.replace("revision = 3", "revision = 99"),
        CLICK,
        name=NAME,
        why="revisions are compatible by definition",
    ),
    case(
        "K37",
        "no version",
        "refuse",
        UV_LOCK,
        MINIMAL.replace("version = 1\n", ""),
        CLICK,
        name=NAME,
    ),
    case(
        "K38",
        "version = true",
        "refuse",
        UV_LOCK,
        MINIMAL.replace("version = 1\n", "version = true\n"),
        CLICK,
        name=NAME,
    ),
    case(
        "K39",
        "no requires-python",
        "refuse",
        UV_LOCK,
        MINIMAL.replace('requires-python = ">=3.10"\n', ""),
        CLICK,
        name=NAME,
    ),
    case(
        "K40",
        "requires-python excludes this Python",
        "refuse",
        UV_LOCK,
        MINIMAL.replace(">=3.10", ">=3.12"),
        CLICK,
        name=NAME,
        says="this is 3.11.7",
    ),
    case(
        "K41",
        "an edge to nowhere, in an extra that is not asked for",
        "refuse",
        UV_LOCK,
        lock(root(edge("click"), more=optional(full=edge("nowhere"))), package()),
        CLICK,
        name=NAME,
        says="nowhere",
    ),
    case(
        "K42",
        "a package without source",
        "refuse",
        UV_LOCK,
        lock(root(edge("click")), '[[package]]\nname = "click"\nversion = "8.1.7"\n'),
        CLICK,
        name=NAME,
        says="source: missing",
    ),
    case(
        "K43",
        "an edge to a forked package without its version",
        "refuse",
        UV_LOCK,
        lock(root(edge("click")), package(), package("click", "8.1.8")),
        CLICK,
        name=NAME,
        says="2 packages fit click",
    ),
    case(
        "K44",
        "supported-markers without this platform",
        "refuse",
        UV_LOCK,
        lock(
            root(edge("click")), package(), more="supported-markers = [\"sys_platform == 'win32'\"]"
        ),
        CLICK,
        name=NAME,
        says="not for this platform",
    ),
    case(
        "K45",
        "required-markers without this platform",
        "ok",
        UV_LOCK,
        lock(
            root(edge("click")), package(), more="required-markers = [\"sys_platform == 'win32'\"]"
        ),
        CLICK,
        name=NAME,
        why="they ask for wheels there too; they exclude nothing",
    ),
    case(
        "K46",
        "overrides, constraints, options, unknown keys",
        "ok",
        UV_LOCK,
        lock(
            root(edge("click")),
            package(more='mood = "good"'),
            more='[options]\nexclude-newer = "2026-01-01T00:00:00Z"\n[manifest]\n'
            'constraints = [{ name = "click", specifier = "<9" }]\n'
            'overrides = [{ name = "click", specifier = "==8.1.7" }]\n',
        ),
        CLICK,
        name=NAME,
    ),
    case(
        "K47",
        "a hash of zeros",
        "ok",
        UV_LOCK,
        lock(root(edge("click")), package(hash_="0" * 64)),
        CLICK,
        name=NAME,
        why="an index install leaves no hash to compare",
    ),
    case(
        "K48",
        "a damaged hash",
        "refuse",
        UV_LOCK,
        lock(root(edge("click")), package(hash_="zz" * 32)),
        CLICK,
        name=NAME,
        says="damaged",
    ),
    case(
        "K49",
        "a dynamic version",
        "ok",
        UV_LOCK,
        lock(
            '[[package]]\nname = "bench"\nsource = { editable = "." }\n'
            f"dependencies = [{edge('click')}]\n",
            package(),
        ),
        [*CLICK, ("bench", "0.1.0")],
        name=NAME,
        arrange=from_directory("bench", ".", editable=True),
    ),
    case(
        "K50",
        "no project and no members",
        "refuse",
        UV_LOCK,
        lock(package()),
        CLICK,
        name=NAME,
        says="names no project",
    ),
    case(
        "K51",
        "merge-conflict marks",
        "refuse",
        UV_LOCK,
        f"<<<<<<< HEAD\n{MINIMAL}=======\n>>>>>>> x\n",
        CLICK,
        name=NAME,
        says="TOML",
    ),
    case("K52", "cut off", "refuse", UV_LOCK, MINIMAL[:-20], CLICK, name=NAME, says="TOML"),
    case(
        "K53",
        "byte order mark and CRLF",
        "ok",
        UV_LOCK,
        b"\xef\xbb\xbf" + MINIMAL.replace("\n", "\r\n").encode(),
        CLICK,
        name=NAME,
    ),
    case(
        "K54",
        "a version that is none",
        "refuse",
        UV_LOCK,
        lock(root(edge("click")), package(version="banana")),
        CLICK,
        name=NAME,
        says="banana",
    ),
    case(
        "K55",
        "unknown variable in a marker that no edge here follows",
        "refuse",
        UV_LOCK,
        lock(
            root(edge("click")),
            package(),
            package("rich", "14.0.0", more=f"dependencies = [{edge('click', NO_MARKER)}]"),
        ),
        CLICK,
        name=NAME,
        says="marker",
    ),
    case(
        "K56",
        "a version edited by hand, its wheel is another",
        "refuse",
        UV_LOCK,
        MINIMAL.replace('version = "8.1.7"', 'version = "8.1.8"'),
        [("click", "8.1.8")],
        name=NAME,
        says="is a file of version 8.1.7, not of 8.1.8",
    ),
    case(
        "K57",
        "a wheel that spells the version in another way",
        "ok",
        UV_LOCK,
        MINIMAL.replace('version = "8.1.7"', 'version = "8.1.7.0"'),
        CLICK,
        name=NAME,
    ),
    case(
        "K58",
        "a group of the project conflicts with an extra, both asked for",
        "refuse",
        UV_LOCK,
        TWO_TORCHES.replace('extra = "gpu" }', 'group = "dev" }').replace(
            '[[package]]\nname = "accelerate"',
            f'{groups(dev=fork("2.9.1", INDEX))}\n[[package]]\nname = "accelerate"',
        ),
        [("accelerate", "1.0"), ("torch", "2.9.1+cpu")],
        name=NAME,
        arguments=("--extra", "cpu"),
        says="extra-5-bench-cpu and group-5-bench-dev conflict",
        why="dev is asked for by default",
    ),
]
