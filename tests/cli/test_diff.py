from __future__ import annotations

import json
import os
import re
import subprocess
from typing import TYPE_CHECKING

import jsonschema
import pytest
import yaml

from lockhook._authoring import diff
from tests.cli.schemas import SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Result

    Make = Callable[..., Path]
    Run = Callable[..., Result]

UV = """\
version = 1
requires-python = ">=3.10"
[[package]]
name = "bench"
source = { virtual = "." }
dependencies = [{ name = "a" }]
[[package]]
name = "a"
version = "VERSION"
source = { registry = "https://example.org/simple" }
"""
PYLOCK = """\
lock-version = "1.0"
created-by = "x"
[[packages]]
name = "a"
version = "VERSION"
sdist = { url = "https://x.org/a-VERSION.tar.gz", hashes = { sha256 = "0" } }
"""
LIB = '[tool.uv.sources.lib]\npath = "./lib"\n'
BRANCH = "feature/x{y}"


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, git: Run) -> Path:
    """A repository with two versions of some locks, tagged, and a third in the work tree."""
    top = tmp_path / "repo"
    (top / "sub").mkdir(parents=True)
    monkeypatch.chdir(top)
    git("init", "-q")
    for number in (1, 2, 3):
        (top / "requirements.txt").write_text(f"a=={number}\nb==1\n")
        (top / "sub" / "requirements.txt").write_text(f"c=={number}\n")
        (top / "sub" / "uv.lock").write_text(UV.replace("VERSION", str(number)))
        (top / "pylock.one.toml").write_text(PYLOCK.replace("VERSION", str(number)))
        (top / "-x.txt").write_text(f"d=={number}\n")
        (top / "crlf.txt").write_bytes(f"a=={number}\r\nb==1 \\\r\n  ; os_name == 'x'\r\n".encode())
        (top / "utf16.txt").write_text(f"a=={number}\n", encoding="utf-16")
        (top / "all.txt").write_text("-r sub/requirements.txt\n-c none.txt\n-r requirements.txt\n")
        if number == 1:
            (top / "link.txt").symlink_to("sub/requirements.txt")
            (top / "out.txt").symlink_to("/etc/hostname")
            (top / "loop.txt").write_text("-r loop.txt\n")
            (top / "lost.txt").write_text("-r sub/../lost/r.txt\n")
            (top / "gone.txt").write_text("a==1\n")
            (top / "broken.txt").write_text("<<<<<<< HEAD\na==1\n")
        if number < 3:
            git("add", ".")
            git("commit", "-qm", f"fix: {number}")
            git("tag", f"v{number}")
    (top / "gone.txt").unlink()
    return top


A13, A12 = "~ a 1 -> 3 (upgraded)\n", "~ a 1 -> 2 (upgraded)\n"
A31 = "~ a 3 -> 1 (downgraded)\n"
C13 = "~ c 1 -> 3 (upgraded)\n"
SAME = "no pin changed\n"


@pytest.mark.parametrize(
    ("old", "new", "out"),
    [
        ("HEAD", "requirements.txt", "~ a 2 -> 3 (upgraded)\n"),
        ("HEAD~1", "requirements.txt", A13),
        ("HEAD~1", "./requirements.txt", A13),
        ("requirements.txt", "v1", A31),
        ("v1:requirements.txt", "requirements.txt", A13),
        ("v2:requirements.txt", "v1:requirements.txt", "~ a 2 -> 1 (downgraded)\n"),
        ("v1", "v2:requirements.txt", A12),
        ("v1:requirements.txt", "v2", A12),
        ("v1:./sub/requirements.txt", "HEAD", "~ c 1 -> 2 (upgraded)\n"),
        ("HEAD^{/fix: 1}:requirements.txt", "requirements.txt", A13),
        ("HEAD^{/fix: 1}", "requirements.txt", A13),
        (":requirements.txt", "requirements.txt", "~ a 2 -> 3 (upgraded)\n"),
        (":0:sub/uv.lock", "sub/uv.lock", "~ a 2 -> 3 (upgraded)\n"),
        ("HEAD~1", "sub/uv.lock", A13),
        ("HEAD~1:sub/uv.lock", "sub/uv.lock", A13),
        ("HEAD~1", "pylock.one.toml", A13),
        ("HEAD~1:sub/uv.lock", "pylock.one.toml", A13),
        ("HEAD~1:pylock.one.toml", "sub/uv.lock", A13),
        ("requirements.txt", "sub/uv.lock", "- b 1\n"),
        ("sub/requirements.txt", "requirements.txt", "+ a 3\n+ b 1\n- c 3\n"),
        ("HEAD~1", "crlf.txt", A13),
        ("HEAD~1", "utf16.txt", A13),
        ("HEAD~1", "link.txt", C13),
        ("HEAD~1:link.txt", "link.txt", C13),
        ("HEAD~1", "all.txt", A13 + C13),
        ("HEAD~1:./all.txt", "all.txt", A13 + C13),
        ("HEAD~1", "-x.txt", "~ d 1 -> 3 (upgraded)\n"),
        ("HEAD~1:-x.txt", "-x.txt", "~ d 1 -> 3 (upgraded)\n"),
        ("requirements.txt", "requirements.txt", SAME),
        ("v1", "v1:requirements.txt", SAME),
        ("HEAD", "v2:gone.txt", SAME),
    ],
)
@pytest.mark.usefixtures("repo")
def test_files_and_revisions(run: Run, old: str, new: str, out: str) -> None:
    assert run("diff", "--", old, new) == (0, out, "")


@pytest.mark.parametrize(
    ("old", "new", "out"),
    [
        ("HEAD~1:requirements.txt", "../requirements.txt", A13),
        ("HEAD~1:./requirements.txt", "requirements.txt", C13),
        ("HEAD~1:../requirements.txt", "../requirements.txt", A13),
        ("HEAD~1", "requirements.txt", C13),
        ("HEAD~1", "../requirements.txt", A13),
        ("HEAD~1", "../all.txt", A13 + C13),
        ("HEAD~1:../all.txt", "../all.txt", A13 + C13),
    ],
)
def test_in_a_subdirectory(
    repo: Path, run: Run, monkeypatch: pytest.MonkeyPatch, old: str, new: str, out: str
) -> None:
    monkeypatch.chdir(repo / "sub")
    assert run("diff", old, new) == (0, out, "")


def test_the_repository_is_that_of_the_file(
    repo: Path, run: Run, git: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repo.parent)
    assert run("diff", "HEAD~1", "repo/requirements.txt") == (0, A13, "")
    assert run("diff", "HEAD~1", repo / "requirements.txt") == (0, A13, "")
    git("worktree", "add", "-q", "../tree", "v1", cwd=repo)
    assert run("diff", "v2", "tree/requirements.txt").out == "~ a 2 -> 1 (downgraded)\n"


def test_a_file_comes_before_a_revision_and_a_revision_before_a_directory(
    repo: Path, run: Run, git: Run
) -> None:
    git("branch", "sub", "v1")
    assert run("diff", "sub", "requirements.txt") == (0, A13, "")
    (repo / "v1").write_text("z==1\n")
    assert run("diff", "v1", "requirements.txt").out == "+ a 3\n+ b 1\n- z 1\n"
    (repo / "v1:requirements.txt").write_text("y==1\n")
    assert run("diff", "v1:requirements.txt", "v1").out == "- y 1\n+ z 1\n"


@pytest.mark.parametrize("name", [BRANCH, "@{0}", "HEAD@{0}", "main", "HEAD^0", "v1^{commit}"])
def test_revisions_as_git_has_them(repo: Path, run: Run, git: Run, name: str) -> None:
    git("branch", BRANCH)
    git("branch", "-M", "main")
    assert run("diff", name, "requirements.txt").code == 0
    assert run("diff", f"{name}:requirements.txt", "requirements.txt").code == 0


def test_the_staged_lock_of_a_partly_staged_one(repo: Path, run: Run, git: Run) -> None:
    git("add", "requirements.txt")
    (repo / "requirements.txt").write_text("a==4\nb==1\n")
    assert run("diff", "HEAD", ":requirements.txt").out == "~ a 2 -> 3 (upgraded)\n"
    assert run("diff", ":requirements.txt", "requirements.txt").out == "~ a 3 -> 4 (upgraded)\n"


def test_sides_of_a_conflict(repo: Path, run: Run, git: Run) -> None:
    for branch, version in (("theirs", 3), ("ours", 5)):
        git("checkout", "-qfb", branch, "v2")
        (repo / "requirements.txt").write_text(f"a=={version}\nb==1\n")
        git("commit", "-qam", branch)
    assert git("merge", "-q", "theirs").code == 1
    assert run("diff", ":2:requirements.txt", ":3:requirements.txt").out == (
        "~ a 5 -> 3 (downgraded)\n"
    )
    refused = run("diff", "HEAD", "requirements.txt")
    assert (refused.code, "requirements.txt:1: a merge-conflict mark" in refused.err) == (3, True)


# --- two revisions alone ---


def test_of_the_only_lock(repo: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("diff", "v1", "v2") == (0, A12, "")
    document = json.loads(run("diff", "v1", "v2", "--format", "json").out)
    assert (document["old"], document["new"]) == ("v1:requirements.txt", "v2:requirements.txt")


def test_of_the_lock_of_the_project_above(
    repo: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repo / "pyproject.toml").write_text('[project]\nname = "x"\nversion = "1"\n')
    (repo / "pylock.one.toml").unlink()
    (repo / "folder").mkdir()
    monkeypatch.chdir(repo / "folder")
    assert run("diff", "v1", "v2") == (0, A12, "")


@pytest.mark.parametrize("folder", [".", "sub", "none"])
def test_of_a_lock_that_is_not_known(
    repo: Path, run: Run, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    (repo / "none").mkdir()
    (repo / "pylock.toml").write_text("")
    monkeypatch.chdir(repo / folder)
    result = run("diff", "v1", "v2")
    found = {
        ".": "any of pylock.toml, requirements.txt",
        "sub": "any of requirements.txt, uv.lock",
        "none": f"no lock: none lies in {repo / 'none'}",
    }
    path = {".": "./pylock.toml", "sub": "./requirements.txt", "none": "PATH"}[folder]
    assert result == (
        2,
        "",
        f"lockhook: v1 and v2 are revisions, and can mean {found[folder]}\n"
        f"  next: lockhook diff v1:{path} v2:{path}\n",
    )


# --- formats ---

FORKED = ("torch==2.9.1 ; sys_platform == 'darwin'\ntorch==2.9.1+cpu ; sys_platform != 'darwin'\n"
          "numpy==1\nold==1\n",
          "torch==2.9.2 ; sys_platform == 'darwin'\ntorch==2.9.1+cpu ; sys_platform != 'darwin'\n"
          "numpy==2\nnew==1\n")  # fmt: skip
TEXT = """\
+ new 1
~ numpy 1 -> 2 (upgraded)
- old 1
~ torch 2.9.1 -> 2.9.2 (upgraded) ; sys_platform == 'darwin'
"""
MARKDOWN = """\
### one.txt -\\> two.txt

| package | change | old | new | where |
| --- | --- | --- | --- | --- |
| new | added |  | 1 |  |
| numpy | upgraded | 1 | 2 |  |
| old | removed | 1 |  |  |
| torch | upgraded | 2.9.1 | 2.9.2 | sys\\_platform == 'darwin' |
"""
GITHUB = """\
::notice file=two.txt,title=added::+ new 1
::notice file=two.txt,title=upgraded::~ numpy 1 -> 2 (upgraded)
::notice file=two.txt,title=removed::- old 1
::notice file=two.txt,title=upgraded::~ torch 2.9.1 -> 2.9.2 (upgraded) ; sys_platform == 'darwin'
"""


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in zip(("one.txt", "two.txt"), FORKED, strict=True):
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("form", "out"), [("text", TEXT), ("markdown", MARKDOWN), ("github", GITHUB)]
)
@pytest.mark.parametrize(("options", "code"), [((), 0), (("--exit-code",), 1)])
def test_formats(two: Path, run: Run, form: str, out: str, options: tuple[str], code: int) -> None:
    assert run("diff", *options, "--format", form, "one.txt", "two.txt") == (code, out, "")


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_as_data(two: Path, run: Run, form: str) -> None:
    result = run("diff", "--format", form, "one.txt", "two.txt")
    document = yaml.safe_load(result.out)
    jsonschema.validate(document, SCHEMAS["diff"])
    darwin = "sys_platform == 'darwin'"
    keys = ("package", "kind", "old", "new", "marker")
    assert document == {
        "schema": 1,
        "status": "changed",
        "old": "one.txt",
        "new": "two.txt",
        "changes": [
            dict(zip(keys, values, strict=True))
            for values in (
                ("new", "added", "", "1", ""),
                ("numpy", "upgraded", "1", "2", ""),
                ("old", "removed", "1", "", ""),
                ("torch", "upgraded", "2.9.1", "2.9.2", darwin),
            )
        ],
    }


def test_the_schemas_know_the_same_changes() -> None:
    def kinds(node: object) -> list[list[object]]:
        if isinstance(node, list):
            return [found for one in node for found in kinds(one)]
        if not isinstance(node, dict):
            return []
        if "rebuilt" in (node.get("enum") or ()):
            return [node["enum"]]
        return [found for one in node.values() for found in kinds(one)]

    constants = ((n, v) for n, v in vars(diff).items() if n.isupper() and isinstance(v, str))
    known = {value for name, value in constants if not name.startswith("_")}
    assert [set(map(str, enum)) for enum in kinds(list(SCHEMAS.values()))] == [known] * 3


@pytest.mark.parametrize("options", [(), ("--exit-code",)])
def test_of_two_that_are_the_same(two: Path, run: Run, options: tuple[str]) -> None:
    def out(*more: str) -> str:
        result = run("diff", "one.txt", "one.txt", *options, *more)
        assert (result.code, result.err) == (0, "")
        return result.out

    assert out() == SAME
    assert out("--quiet") == ""
    assert out("--format", "markdown") == "### one.txt -\\> one.txt: no pin changed\n"
    assert out("--format", "github") == ""
    document = json.loads(out("--format", "json"))
    jsonschema.validate(document, SCHEMAS["diff"])
    assert (document["status"], document["changes"]) == ("unchanged", [])


def test_quiet_still_tells_what_changed(two: Path, run: Run) -> None:
    assert run("diff", "-q", "one.txt", "two.txt").out == TEXT


def test_copies_under_other_names(two: Path, run: Run) -> None:
    (two / "uv.lock.orig").write_text(UV.replace("VERSION", "1"))
    (two / "saved").write_text(PYLOCK.replace("VERSION", "2"))
    (two / "uv.lock").write_text(UV.replace("VERSION", "3"))
    assert run("diff", "uv.lock.orig", "uv.lock").out == A13
    assert run("diff", "uv.lock.orig", "saved").out == A12


def test_from_pipes(two: Path, spawn: Run) -> None:
    os.mkfifo(two / "pipe")
    pid = os.fork()
    if pid == 0:
        (two / "pipe").write_text("numpy==0\n")
        os._exit(0)
    assert "~ numpy 0 -> 1 (upgraded)\n" in spawn("diff", "pipe", "one.txt", cwd=two).out
    os.waitpid(pid, 0)


def test_nothing_in_a_lock_is_obeyed(two: Path, run: Run) -> None:
    evil = "\x1b[31m\u202e::error::x"
    (two / "pylock.toml").write_text(
        'lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\nname = "a"\n'
        'directory = { path = "\\u001b[31m\\u202e::error::|x" }\n'
    )
    (two / f"{evil}.txt").write_text("b==1\n")
    for form in ("text", "markdown", "github", "json", "yaml"):
        result = run("diff", "--format", form, f"{evil}.txt", "pylock.toml")
        assert result.code == 0
        assert not re.search("[\x1b\u202e]", result.out)
        assert not re.search(r"^(?!::notice )\s*::", result.out, re.MULTILINE)
    refused = run("diff", f"{evil}:x", "pylock.toml")
    assert refused.code == 3
    assert not re.search("[\x1b\u202e]", refused.err)


def test_credentials_are_told_to_nobody(two: Path, run: Run) -> None:
    for name in ("one.txt", "two.txt"):
        (two / name).write_text(
            f"a @ git+https://me:secret@x.org/{name}@v1\nb==1\n    # from https://me:secret@{name}/\n"
        )
    for form in ("text", "markdown", "github", "json", "yaml"):
        result = run("diff", "--format", form, "one.txt", "two.txt")
        assert "x.org" in result.out
        assert "secret" not in result.out


# --- what cannot be compared ---

PATHS = "  next: REVISION:PATH counts from the top of the repository, REVISION:./PATH from here\n"
NAMES = "  next: name a file, REVISION:PATH, or a revision that `git log` shows\n"
FILE, REVISION = "  next: name another file\n", "  next: name another revision\n"


@pytest.mark.parametrize(
    ("old", "message", "hint"),
    [
        ("nowhere", "nowhere: is neither a file nor a revision that git knows", NAMES),
        ("gone.txt", "gone.txt: is neither a file nor a revision that git knows", NAMES),
        ("sub", "sub: is a directory, and no revision that git knows", NAMES),
        ("", '"": is neither a file nor a revision that git knows', NAMES),
        ("v1^{tree}", "v1^{{tree}}: is neither a file nor a revision that git knows", NAMES),
        ("--output=x", "--output=x: is neither a file nor a revision that git knows", NAMES),
        ("--output=x:a.txt", "--output=x:a.txt: no revision begins with a dash", PATHS),
        ("nowhere:a.txt", "nowhere:a.txt: invalid object name 'nowhere'.", PATHS),
        ("HEAD~9:a.txt", "HEAD~9:a.txt: invalid object name 'HEAD~9'.", PATHS),
        ("HEAD:a.txt", "HEAD:a.txt: path 'a.txt' does not exist in 'HEAD'", PATHS),
        ("HEAD:new.txt", "HEAD:new.txt: path 'new.txt' exists on disk, but not in 'HEAD'", PATHS),
        ("HEAD:../a", "HEAD:../a: '../a' is outside repository at '{}'", PATHS),
        ("HEAD:sub", "HEAD:sub: is a directory there, not a file", PATHS),
        ("HEAD:", "HEAD:: is a directory there, not a file", PATHS),
        ("HEAD:module", "HEAD:module: is a submodule, or a link that leads to no file of", PATHS),
        ("HEAD:out.txt", "HEAD:out.txt: is a submodule, or a link that leads to no file of", PATHS),
        ("HEAD^{/fix}:", "HEAD^{{/fix}}:: is a directory there, not a file", PATHS),
        (":/fix", ":/fix: is a commit, not a file", PATHS),
        ("HEAD:broken.txt", "HEAD:broken.txt:1: a merge-conflict mark", REVISION),
        ("broken.txt", "broken.txt:1: a merge-conflict mark", FILE),
        ("loose.txt", "loose.txt:1: 'a>=1' is not an exact pin", FILE),
        ("empty.txt", "empty.txt: holds no pins: that is no lock", FILE),
        ("nul.txt", "nul.txt:1: holds a NUL byte: the file is damaged", None),
        ("loop.txt", "loop.txt:1: includes itself through 'loop.txt'", FILE),
        ("HEAD:loop.txt", "HEAD:loop.txt:1: includes itself through 'loop.txt'", REVISION),
        ("lost.txt", "lost.txt:1: includes 'sub/../lost/r.txt': cannot be read: No such", FILE),
        ("HEAD:lost.txt", "HEAD:lost.txt:1: includes 'sub/../lost/r.txt': path 'lost", REVISION),
        ("bad-include.txt", "loose.txt:1: 'a>=1' is not an exact pin", FILE),
        ("uv.lock", "uv.lock: is not valid TOML: ", FILE),
        ("pylock.toml", "pylock.toml: lock-version: version 2.0 of the format is not", FILE),
        ("pylock.two.toml", "pylock.two.toml: lock-version: missing", FILE),
        ("pyproject.toml", "pyproject.toml: lock-version: missing", FILE),
        ("uv2", "uv2: version: 2 is not a version of uv.lock that is known; 1 is", FILE),
        ("dangling.txt", "dangling.txt: cannot be read: No such file or directory", None),
    ],
)  # fmt: skip
def test_what_is_no_lock_is_refused(
    repo: Path, run: Run, git: Run, old: str, message: str, hint: str | None
) -> None:
    git("clone", "-q", repo, "module")
    git("add", "module")
    git("commit", "-qm", "module")
    for name, text in {
        "new.txt": "a==1\n",
        "loose.txt": "a>=1\n",
        "bad-include.txt": "-r loose.txt\n",
        "empty.txt": "# nothing\n",
        "nul.txt": "a==1\0\n",
        "uv.lock": "<<<<<<< HEAD\nversion = 1\n",
        "uv2": "version = 2\n[[package]]\n",
        "pylock.toml": PYLOCK.replace("1.0", "2.0", 1),
        "pylock.two.toml": "packages = []\n",
        "pyproject.toml": "[project]\n",
    }.items():
        (repo / name).write_text(text)
    (repo / "dangling.txt").symlink_to("nowhere")
    for arguments in ((old, "requirements.txt"), ("requirements.txt", old)):
        result = run("diff", "--", *arguments)
        assert (result.code, result.out) == (3, "")
        first, rest = result.err.split("\n", 1)
        assert first.startswith(f"lockhook: {message.format(repo)}")
        assert hint is None or rest == hint


def test_outside_of_any_repository(two: Path, run: Run) -> None:
    assert run("diff", "HEAD", "one.txt") == (
        3,
        "",
        f"lockhook: HEAD: is no file, and no revision can be read: {two}: lies in no git "
        f"repository\n{NAMES}",
    )
    refused = run("diff", "HEAD:one.txt", "one.txt")
    assert (refused.code, refused.err.split("\n")[0]) == (
        3,
        "lockhook: HEAD:one.txt: lies in no git repository",
    )


def test_without_git(repo: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repo))
    assert run("diff", "requirements.txt", "requirements.txt").code == 0
    for old in ("HEAD", "HEAD:requirements.txt"):
        refused = run("diff", old, "requirements.txt")
        assert refused.code == 3
        assert "git is needed to read a revision, and there is none" in refused.err


def test_of_a_bare_repository(
    repo: Path, run: Run, git: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    git("clone", "-q", "--bare", repo, repo.parent / "bare")
    monkeypatch.chdir(repo.parent / "bare")
    assert run("diff", "v1:requirements.txt", "v2:requirements.txt") == (0, A12, "")
    assert run("diff", "v1:./requirements.txt", "v2:requirements.txt").code == 3


def test_many_includes(two: Path, run: Run) -> None:
    for number in range(200):
        line = f"-r {number + 1}.txt\n"
        (two / f"{number}.txt").write_text(line * 2)
    (two / "200.txt").write_text("a==1\n")
    assert run("diff", "195.txt", "one.txt").code == 0  # each of them 32 times
    for name in ("0.txt", "190.txt"):
        refused = run("diff", name, "one.txt")
        assert (refused.code, "includes too many files" in refused.err) == (3, True)


# --- the same in what others print ---


@pytest.mark.parametrize("command", ["generate", "sync"])
def test_what_makes_a_lock_tells_the_same(project: Make, run: Run, git: Run, command: str) -> None:
    folder = project("pandas", "click", "torch")
    git("init", "-q")
    run("generate")
    lock = folder / "requirements.txt"
    made = lock.read_text()
    old = re.sub(r"^torch==(\S+)\+cpu", r"torch==\1", made, flags=re.MULTILINE)
    old = re.sub(r"^click==\S+", "click==8.1.7", old, flags=re.MULTILINE)
    lock.write_text(old + "tqdm==4.67.1\n")
    before = folder.parent / "before.txt"
    before.write_text(lock.read_text())
    git("add", ".")
    options = ("--upgrade-package", "click") if command == "generate" else ()
    if command == "sync":
        project("pandas", "click>8.1.7", "torch")
    document = json.loads(run(command, *options, "--format", "json").out)
    jsonschema.validate(document, SCHEMAS["locks"])
    changes = document["locks"][0]["changes"]
    told = run("diff", before, "requirements.txt", "--format", "json").out
    assert changes == json.loads(told)["changes"]
    assert {change["package"]: change["kind"] for change in changes} == {
        "click": "upgraded",
        "torch": "rebuilt",
        "tqdm": "removed",
    }
    lock.write_text(before.read_text())
    markdown = run(command, *options, "--format", "markdown").out
    table = run("diff", before, lock, "--format", "markdown").out.partition("\n\n")[2]
    assert f"\n\n#### requirements.txt\n\n{table}" in markdown


MADE = {
    "uv.lock": ("uv", "lock", "-q"),
    "exported.txt": ("uv", "export", "-qo", "exported.txt"),
    "pylock.exported.toml": ("uv", "export", "-qo", "pylock.exported.toml"),
    "pylock.toml": ("lockhook", "generate", "-o", "pylock.toml"),
    "requirements.txt": ("lockhook", "generate"),
}


@pytest.mark.parametrize("without", ["lib", "requirements.txt"])
def test_the_locks_of_one_project_say_the_same(project: Make, run: Run, without: str) -> None:
    # In each format, as lockhook and uv write it; lockhook writes no requirements.txt with paths.
    wanted = [name for name in ("pandas", "click", "torch", "lib") if name != without]
    folder = project(*wanted, more=LIB if "lib" in wanted else "")
    (folder / "lib").mkdir()
    (folder / "lib" / "pyproject.toml").write_text('[project]\nname = "lib"\nversion = "1"\n')
    names = [name for name in MADE if name != without]
    for name in names:
        subprocess.run(MADE[name], cwd=folder, check=True, capture_output=True)
    for old in names:
        for new in names:
            assert (old, new, run("diff", old, new)) == (old, new, (0, SAME, ""))


def test_usage(run: Run) -> None:
    for arguments in ((), ("one",), ("one", "two", "three"), ("--output=x", "one", "two")):
        assert run("diff", *arguments).code == 2
