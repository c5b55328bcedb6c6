from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

import pytest

from lockhook._authoring import lock_source, whole_lock
from lockhook._authoring.diff import Change, diff
from lockhook._authoring.pin import Pin

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

DARWIN, LINUX, WINDOWS = (f"sys_platform == '{name}'" for name in ("darwin", "linux", "win32"))
NOT_DARWIN = "sys_platform != 'darwin'"
CPU, PYPI = "https://download.pytorch.org/whl/cpu", "https://example.org/simple"
COMMITS = ("a" * 40, "b" * 40)


def a(version: str, marker: str = "", index_url: str = "", *files: str) -> Pin:
    return Pin("a", version, marker, index_url, files=files)


class Case(NamedTuple):
    """Two locks of one package, and the lines that tell how they differ."""

    old: Sequence[Pin]
    new: Sequence[Pin]
    lines: Sequence[str] = ()


VERSIONS = {
    "nothing": Case([], []),
    "added": Case([], [a("1")], ["+ a 1"]),
    "removed": Case([a("1")], [], ["- a 1"]),
    "upgraded": Case([a("1.9")], [a("1.10")], ["~ a 1.9 -> 1.10 (upgraded)"]),
    "downgraded": Case([a("1.10")], [a("1.9")], ["~ a 1.10 -> 1.9 (downgraded)"]),
    "to a release": Case([a("2rc1")], [a("2")], ["~ a 2rc1 -> 2 (upgraded)"]),
    "to a development release": Case([a("2")], [a("2.dev1")], ["~ a 2 -> 2.dev1 (downgraded)"]),
    "post": Case([a("2")], [a("2.post1")], ["~ a 2 -> 2.post1 (upgraded)"]),
    "epoch": Case([a("2026.1")], [a("1!1")], ["~ a 2026.1 -> 1!1 (upgraded)"]),
    "spelled otherwise": Case([a("1.0")], [a("1.0.0")]),
    "rc spelled otherwise": Case([a("1.0rc1")], [a("1.0.0.RC.1")]),
    "label": Case([a("1")], [a("1+cpu")], ["~ a 1 -> 1+cpu (rebuilt)"]),
    "label of another spelling": Case([a("1.0")], [a("1+cpu")], ["~ a 1.0 -> 1+cpu (rebuilt)"]),
    "label gone": Case([a("1+cpu")], [a("1")], ["~ a 1+cpu -> 1 (rebuilt)"]),
    "other label": Case([a("1+cu128")], [a("1+cpu")], ["~ a 1+cu128 -> 1+cpu (rebuilt)"]),
    "label and version": Case([a("1+cpu")], [a("2")], ["~ a 1+cpu -> 2 (upgraded)"]),
    "no version": Case([a("x")], [a("1")], ["~ a x -> 1 (changed)"]),
    "the same that is no version": Case([a("x")], [a("x")]),
    "listed twice": Case([a("1")], [a("1"), a("1")]),
    "listed twice, and upgraded": Case(
        [a("1"), a("1")._replace(via=("b",))], [a("2")], ["~ a 1 -> 2 (upgraded)"]
    ),
}

FORKS = {
    "one of two": Case(
        [a("1", DARWIN), a("1+cpu", NOT_DARWIN)],
        [a("2", DARWIN), a("1+cpu", NOT_DARWIN)],
        [f"~ a 1 -> 2 (upgraded) ; {DARWIN}"],
    ),
    "both, in two directions": Case(
        [a("1", DARWIN), a("1+cpu", NOT_DARWIN)],
        [a("2", DARWIN), a("1+cu1", NOT_DARWIN)],
        [f"~ a 1 -> 2 (upgraded) ; {DARWIN}", f"~ a 1+cpu -> 1+cu1 (rebuilt) ; {NOT_DARWIN}"],
    ),
    "in another order": Case(
        [a("1", DARWIN), a("1+cpu", NOT_DARWIN)], [a("1+cpu", NOT_DARWIN), a("1", DARWIN)]
    ),
    "exchanged": Case(
        [a("1", DARWIN), a("2", NOT_DARWIN)],
        [a("2", DARWIN), a("1", NOT_DARWIN)],
        [f"~ a 1 -> 2 (upgraded) ; {DARWIN}", f"~ a 2 -> 1 (downgraded) ; {NOT_DARWIN}"],
    ),
    "markers spelled otherwise": Case(
        [a("1", DARWIN), a("2", NOT_DARWIN)],
        [
            a("1", 'platform_system=="Darwin"'),
            a("3", '(sys_platform != "darwin")'),
        ],
        ['~ a 2 -> 3 (upgraded) ; (sys_platform != "darwin")'],
    ),
    "split": Case(
        [a("1")],
        [a("1", DARWIN), a("2", NOT_DARWIN)],
        [f"~ a 1 -> 1 ({DARWIN}), 2 ({NOT_DARWIN}) (changed)"],
    ),
    "split and upgraded": Case(
        [a("1")],
        [a("2", DARWIN), a("3", NOT_DARWIN)],
        [f"~ a 1 -> 2 ({DARWIN}), 3 ({NOT_DARWIN}) (upgraded)"],
    ),
    "joined": Case(
        [a("1", DARWIN), a("2", NOT_DARWIN)],
        [a("2")],
        [f"~ a 1 ({DARWIN}), 2 ({NOT_DARWIN}) -> 2 (changed)"],
    ),
    "one more": Case(
        [a("1", DARWIN)],
        [a("1", DARWIN), a("2", LINUX)],
        [f"~ a 1 ({DARWIN}) -> 1 ({DARWIN}), 2 ({LINUX}) (changed)"],
    ),
    "one more and one changed": Case(
        [a("1", DARWIN), a("1", WINDOWS)],
        [a("2", DARWIN), a("1", WINDOWS), a("3", LINUX)],
        [f"~ a 1 ({DARWIN}) -> 2 ({DARWIN}), 3 ({LINUX}) (upgraded)"],
    ),
    "one less": Case(
        [a("1", DARWIN), a("2", LINUX)],
        [a("2", LINUX)],
        [f"~ a 1 ({DARWIN}), 2 ({LINUX}) -> 2 ({LINUX}) (changed)"],
    ),
    "all added": Case([], [a("1", DARWIN), a("2", LINUX)], [f"+ a 1 ({DARWIN}), 2 ({LINUX})"]),
    "all removed": Case([a("1", DARWIN), a("2")], [], [f"- a 1 ({DARWIN}), 2"]),
    "a marker alone": Case([a("1")], [a("1", DARWIN)], [f"~ a 1 -> 1 ({DARWIN}) (other marker)"]),
    "a marker and the version": Case(
        [a("1", LINUX)], [a("2")], [f"~ a 1 ({LINUX}) -> 2 (upgraded)"]
    ),
    "a marker that is true everywhere": Case([a("1")], [a("1", "python_version >= '3'")]),
    "bounds of another precision": Case(
        [a("1", "python_full_version < '3.11'")], [a("1", "python_version < '3.11'")]
    ),
    "a micro version": Case(
        [a("1", "python_version < '3'"), a("1", "python_full_version < '3.11.4'")],
        [a("1", "python_version < '3'"), a("2", "python_full_version < '3.11.5'")],
        ["~ a 1 (python_full_version < '3.11.4') -> 2 (python_full_version < '3.11.5') (upgraded)"],
    ),
    "extras": Case(
        [a("1", "extra == 'x'"), a("2", "extra == 'y'")],
        [a("2", "extra == 'x'"), a("2", "extra == 'y'")],
        ["~ a 1 -> 2 (upgraded) ; extra == 'x'"],
    ),
    "systems that are not tried": Case(
        [a("1", "sys_platform == 'cygwin'"), a("2", "sys_platform == 'emscripten'")],
        [a("1", "sys_platform == 'cygwin'"), a("3", "sys_platform == 'emscripten'")],
        ["~ a 2 -> 3 (upgraded) ; sys_platform == 'emscripten'"],
    ),
    "no markers at all": Case(
        [a("1", "x"), a("2", "y")], [a("1", "x"), a("3", "y")], ["~ a 2 -> 3 (upgraded) ; y"]
    ),
    "two of one marker": Case(
        [a("1", "x"), a("2", "x")],
        [a("3", "x"), a("4", "x")],
        ["~ a 1 (x), 2 (x) -> 3 (x), 4 (x) (upgraded)"],
    ),
}

INDEXES = {
    "another": Case(
        [a("1", "", PYPI)],
        [a("1", "", CPU)],
        [f"~ a 1 from {PYPI} -> 1 from {CPU} (from elsewhere)"],
    ),
    "another, and another build": Case(
        [a("1", "", PYPI)],
        [a("1+cpu", "", CPU)],
        [f"~ a 1 from {PYPI} -> 1+cpu from {CPU} (rebuilt)"],
    ),
    "the same": Case([a("1", "", PYPI)], [a("2", "", PYPI)], ["~ a 1 -> 2 (upgraded)"]),
    "spelled otherwise": Case([a("1", "", PYPI)], [a("1", "", "HTTPS://Example.org:443/simple/")]),
    "with credentials": Case(
        [a("1", "", PYPI)], [a("1", "", "https://u:secret@example.org/simple")]
    ),
    "another, with credentials": Case(
        [a("1", "", "https://u:secret@x.org")],
        [a("1", "", "https://u:secret@y.org")],
        ["~ a 1 from https://x.org -> 1 from https://y.org (from elsewhere)"],
    ),
    "told by one only": Case([a("1", "", PYPI)], [a("1")]),
    "files of one server": Case(
        [a("1", "", "https://files.x.org/aa/a-1.whl", "a-1.whl")],
        [a("1", "", "https://files.x.org/bb/a-1.whl#x", "a-1.whl")],
    ),
    "files of two servers": Case(
        [a("1", "", "https://u:secret@files.x.org/aa/a-1.whl", "a-1.whl")],
        [a("1", "", "https://mirror.y.org/aa/a-1.whl", "a-1.whl")],
        ["~ a 1 from https://files.x.org -> 1 from https://mirror.y.org (from elsewhere)"],
    ),
    "files of two folders": Case(
        [a("1", "", "one/a-1.whl", "a-1.whl")],
        [a("1", "", "two/a-1.whl", "a-1.whl")],
        ["~ a 1 from one -> 1 from two (from elsewhere)"],
    ),
    "an index and a file": Case(
        [a("1", "", "https://files.x.org/aa/a-1.whl", "a-1.whl")], [a("1", "", PYPI)]
    ),
    "of one fork": Case(
        [a("1", DARWIN, PYPI), a("1+cpu", LINUX, CPU)],
        [a("1", DARWIN, CPU), a("1+cpu", LINUX, CPU)],
        [f"~ a 1 from {PYPI} -> 1 from {CPU} (from elsewhere) ; {DARWIN}"],
    ),
    "no URL": Case([a("1", "", "https://[x")], [a("1", "", "https://[x")]),
    "no URL, then one": Case(
        [a("1", "", "https://[x")],
        [a("1", "", PYPI)],
        [f"~ a 1 from https://[x -> 1 from {PYPI} (from elsewhere)"],
    ),
}


def hashed(*digests: str, version: str = "1", marker: str = "") -> Pin:
    return Pin("a", version, marker, hashes=digests)


FILES = {
    "the same files": Case([hashed("sha256:0", "sha256:1")], [hashed("sha256:1", "sha256:0")]),
    "more files": Case([hashed("sha256:0")], [hashed("sha256:1", "sha256:0")]),
    "other files": Case([hashed("sha256:0")], [hashed("sha256:1")], ["~ a 1 (other files)"]),
    "other hashes of them": Case([hashed("sha256:0")], [hashed("sha512:1")]),
    "hashes of one only": Case([hashed("sha256:0")], [hashed()]),
    "another version": Case(
        [hashed("sha256:0")], [hashed("sha256:1", version="2")], ["~ a 1 -> 2 (upgraded)"]
    ),
    "other files of one fork": Case(
        [hashed("sha256:0", marker=LINUX), hashed("sha256:1", marker=DARWIN, version="2")],
        [hashed("sha256:9", marker=LINUX), hashed("sha256:2", marker=DARWIN, version="3")],
        [f"~ a 1 (other files) ; {LINUX}", f"~ a 2 -> 3 (upgraded) ; {DARWIN}"],
    ),
}


@pytest.mark.parametrize(
    "case",
    [*VERSIONS.values(), *FORKS.values(), *INDEXES.values(), *FILES.values()],
    ids=[*VERSIONS, *FORKS, *INDEXES, *FILES],
)
def test_diff(case: Case) -> None:
    assert list(map(str, diff(case.old, case.new))) == list(case.lines)


def test_many_forks_are_told_at_once() -> None:
    old, new = (
        [a(f"{number}.{version}", f"python_full_version == '3.{number}'") for number in range(3000)]
        for version in (1, 2)
    )
    start = time.monotonic()
    assert {change.kind for change in diff(old, new)} == {"upgraded"}
    assert [change.kind for change in diff(old, new[1:])] == ["changed"]
    assert time.monotonic() - start < 5


def test_by_name() -> None:
    old, new = [Pin("b", "1", ""), Pin("a", "1", "")], [Pin("c", "1", ""), Pin("a", "2", "")]
    assert [change.name for change in diff(old, new)] == ["a", "b", "c"]


def test_a_change_as_data() -> None:
    (change,) = diff(FORKS["one of two"].old, FORKS["one of two"].new)
    assert change == Change("a", "1", "2", "upgraded", DARWIN)


def test_markers_that_mean_something_else() -> None:
    # Those of a uv.lock stand on its edges: only what is pinned can be compared.
    old, new = [a("1", DARWIN), a("2", LINUX)], [a("1", "x"), a("2", "y")]
    assert list(diff(old, new, by_marker=False)) == []
    (change,) = diff([a("1", DARWIN)], [a("2", "x")], by_marker=False)
    assert str(change) == "~ a 1 -> 2 (upgraded)"
    assert [str(c) for c in diff(old, [a("1", "x"), a("3", "y")], by_marker=False)] == [
        f"~ a 2 ({LINUX}) -> 3 (y) (upgraded)"
    ]


# --- direct references, in every format ---

UV = """\
version = 1
requires-python = ">=3.10"
[[package]]
name = "bench"
source = {{ editable = "." }}
dependencies = [{{ name = "a" }}]
[[package]]
name = "a"
version = "1"
source = {{ {} }}
{}
"""
WHEEL = "a-1-py3-none-any.whl"
HASH = "sha256:" + "0" * 64


def requirements(line: str) -> tuple[str, str]:
    return f"{line}\n", "requirements.txt"


def pylock(source: str) -> tuple[str, str]:
    head = 'lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\nname = "a"\n'
    return f"{head}{source}\n", "pylock.toml"


def uvs(source: str, more: str = "") -> tuple[str, str]:
    return UV.format(source, more), "uv.lock"


def git_pins(commit: str, url: str = "https://example.org/r") -> list[tuple[str, str]]:
    table = f'type = "git", url = "{url}.git", commit-id = "{commit}"'
    return [
        requirements(f"a @ git+{url}@{commit}"),
        requirements(f"a @ git+{url.replace('://', '://me:secret@')}.git@{commit.upper()}"),
        pylock(f"vcs = {{ {table} }}"),
        pylock(f'vcs = {{ {table}, requested-revision = "v1", subdirectory = "." }}'),
        uvs(f'git = "{url}?rev=v1#{commit}"'),
        uvs(f'git = "{url.replace("example", "EXAMPLE")}?branch=x#{commit}"'),
    ]


def same(name: str) -> list[list[tuple[str, str]]]:
    """Each a list of locks that say the same."""
    url = f"https://example.org/{name}"
    folder = f"file://{{here}}/{name}"
    return [
        git_pins(COMMITS[0], url),
        [
            requirements(f"a @ {url}/{WHEEL}"),
            requirements(f"a @ {url}/{WHEEL}#{HASH.replace(':', '=')}"),
            pylock(f'archive = {{ url = "{url}/{WHEEL}", hashes = {{ sha256 = "{"0" * 64}" }} }}'),
            uvs(
                f'url = "{url}/{WHEEL}"', f'wheels = [{{ url = "{url}/{WHEEL}", hash = "{HASH}" }}]'
            ),
        ],
        [
            requirements(f"a @ {folder}"),
            requirements(f"a @ file:{name}"),
            pylock(f'directory = {{ path = "{name}" }}'),
            pylock(f'directory = {{ path = "./{name}/" }}'),
            uvs(f'directory = "{name}"'),
        ],
        [
            requirements(f"-e {folder}#egg=a"),
            requirements(f"-e ./{name}#egg=a"),
            pylock(f'directory = {{ path = "{name}", editable = true }}'),
            uvs(f'editable = "{name}"'),
        ],
        [
            requirements("a==1"),
            pylock(f'version = "1.0"\nwheels = [{{ path = "{WHEEL}", hashes = {{ x = "0" }} }}]'),
            uvs('registry = "https://example.org/simple"'),
        ],
    ]


def parsed(lock: tuple[str, str], here: Path) -> tuple[Pin, ...]:
    text, name = lock
    path = here / name
    path.write_text(text.replace("{here}", str(here)))
    return whole_lock.read(lock_source.of_file(str(path))).pins


def test_references_are_the_same_in_every_format(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "pyproject.toml").write_text('[project]\nname = "a"\n')
    read = [[parsed(lock, tmp_path) for lock in locks] for locks in same("x")]
    for i, locks in enumerate(read):
        for old in locks:
            for j, others in enumerate(read):
                found = [list(diff(old, new, by_marker=False)) for new in others]
                assert [bool(changes) for changes in found] == [i != j] * len(others)


@pytest.mark.parametrize("number", range(5))
def test_another_place(tmp_path: Path, number: int) -> None:
    old, new = same("x")[number][0], same("y")[number][0]
    lines = list(map(str, diff(parsed(old, tmp_path), parsed(new, tmp_path))))
    assert [line.endswith(" (from elsewhere)") for line in lines] == [True] * (number < 4)
    assert "secret" not in "".join(lines)


@pytest.mark.parametrize("old", git_pins(COMMITS[0]))
@pytest.mark.parametrize("new", git_pins(COMMITS[1]))
def test_another_commit(tmp_path: Path, old: tuple[str, str], new: tuple[str, str]) -> None:
    (line,) = map(str, diff(parsed(old, tmp_path), parsed(new, tmp_path), by_marker=False))
    assert line.endswith(" (other commit)")
    assert line.lower().count("@aaaaaaa") == line.lower().count("@bbbbbbb") == 1
    assert "secret" not in line


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("a==1", "a @ https://x.org/a-1.zip", "~ a 1 -> https://x.org/a-1.zip (from elsewhere)"),
        (
            "a @ https://x.org/a-1.zip",
            "a @ https://x.org/a-2.zip",
            "~ a https://x.org/a-1.zip -> https://x.org/a-2.zip (upgraded)",
        ),
        (
            "a @ https://x.org/a-1.zip",
            "a @ https://y.org/a-1.zip",
            "~ a https://x.org/a-1.zip -> https://y.org/a-1.zip (from elsewhere)",
        ),
        (
            "a @ git+https://x.org/a@v1",
            "a @ git+https://x.org/a@v1#subdirectory=b",
            "~ a git+https://x.org/a@v1 -> git+https://x.org/a@v1#subdirectory=b (from elsewhere)",
        ),
        (
            "a @ git+https://x.org/a@v1",
            "a @ hg+https://x.org/a@v1",
            "~ a git+https://x.org/a@v1 -> hg+https://x.org/a@v1 (from elsewhere)",
        ),
        (
            "a @ git+https://x.org/a",
            "a @ git+https://x.org/a@v1",
            "~ a git+https://x.org/a -> git+https://x.org/a@v1 (other commit)",
        ),
        (
            "a @ file:///x",
            "-e file:///x#egg=a",
            "~ a file:///x -> editable file:///x#egg=a (changed)",
        ),
        ("a @ git+https://[x/a", "a @ git+https://[x/a", ""),
    ],
)
def test_references(tmp_path: Path, old: str, new: str, line: str) -> None:
    was, now = (parsed(requirements(text), tmp_path) for text in (old, new))
    assert list(map(str, diff(was, now))) == ([line] if line else [])


@pytest.mark.parametrize(
    "lock",
    [
        requirements("-e .\na==1"),
        requirements("-e file://{here}\na==1"),
        pylock('version = "1"\nwheels = [{ path = "a-1-py3-none-any.whl", hashes = { x = "0" } }]\n'
               '[[packages]]\nname = "bench"\ndirectory = { path = ".", editable = true }'),
        uvs('registry = "https://example.org/simple"'),
        uvs('registry = "https://x.org"', '[[package]]\nname = "v"\nsource.virtual = "v"'),
    ],
)  # fmt: skip
def test_the_project_itself_is_no_pin(tmp_path: Path, lock: tuple[str, str]) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "bench"\n')
    assert [pin.name for pin in parsed(lock, tmp_path)] == ["a"]


def test_hashes_are_read_from_every_format(tmp_path: Path) -> None:
    def locks(digit: str) -> list[tuple[str, str]]:
        digest = digit * 64
        url = f"https://x.org/{WHEEL}"
        wheel = f'wheels = [{{ url = "{url}", hashes = {{ sha256 = "{digest}" }} }}]'
        uvs_wheel = f'wheels = [{{ url = "{url}", hash = "sha256:{digest}" }}]'
        return [
            requirements(f"a==1 --hash=sha256:{digest}"),
            pylock(f'version = "1"\n{wheel}'),
            uvs('registry = "https://example.org/simple"', uvs_wheel),
            requirements(f"a @ {url}#sha256={digest}"),
            pylock(f'archive = {{ url = "{url}", hashes = {{ sha256 = "{digest}" }} }}'),
            uvs(f'url = "{url}"', uvs_wheel),
        ]

    one, other = ([parsed(lock, tmp_path) for lock in locks(digit)] for digit in "ab")
    for number in range(6):
        beside = range(3) if number < 3 else range(3, 6)
        for another in beside:
            assert list(diff(one[number], one[another])) == []
            (change,) = diff(one[number], other[another])
            assert change.kind == "other files"
