from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

from lockhook._cli.view import FORMATS
from tests.cli.schemas import SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Result

    Make = Callable[..., Path]
    Run = Callable[..., Result]

PYPROJECT = '[project]\nname = "bench"\nversion = "1"\ndependencies = ["torch"]\n'
HOOK = ("--hook-repo", "https://host/l", "--hook-rev", "v1")
POETRY = '[tool.poetry]\nname = "x"\n'


@pytest.fixture
def folder(tmp_path: Path, git: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that knows nothing of lockhook, in a repository."""
    folder = tmp_path / "bench"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "pyproject.toml").write_text(PYPROJECT)
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "one")
    return folder


TEXT = """\
pyproject.toml: written
  - [tool.uv.sources] torch: from pytorch-cpu
  - [[tool.uv.index]] pytorch-cpu: https://download.pytorch.org/whl/cpu, for what names it only
  - [tool.lockhook] accelerator = "cpu"; locks: requirements.txt
.pre-commit-config.yaml: written
  - hook lockfile-sync, from https://host/l at v1

Next, run:
  lockhook generate --all
  pre-commit install
  git add pyproject.toml .pre-commit-config.yaml requirements.txt
"""
AGAIN = """\
pyproject.toml: unchanged
.pre-commit-config.yaml: unchanged

Next, run:
  lockhook generate --all
  pre-commit install
  git add .pre-commit-config.yaml requirements.txt
"""
MARKDOWN = """\
### lockhook init: set up

| part | status | what |
| --- | --- | --- |
| pyproject.toml | unchanged |  |
| .pre-commit-config.yaml | unchanged |  |

```sh
lockhook generate --all
pre-commit install
git add .pre-commit-config.yaml requirements.txt
```
"""


def test_init_twice(folder: Path, run: Run) -> None:
    assert run("init", *HOOK) == (0, TEXT, "")
    assert run("init", *HOOK) == (0, AGAIN, "")
    assert run("init", *HOOK, "--format", "markdown") == (0, MARKDOWN, "")
    assert run("init", *HOOK, "--format", "github") == (0, "", "")
    assert run("init", "--quiet") == (0, "", "")


DIFF = """\
--- a/pyproject.toml
+++ b/pyproject.toml
@@ -2,3 +2,17 @@
 name = "bench"
 version = "1"
 dependencies = ["torch"]
+
+[tool.uv.sources]
+torch = { index = "pytorch-cpu" }
+
+[[tool.uv.index]]
+name = "pytorch-cpu"
+url = "https://download.pytorch.org/whl/cpu"
+explicit = true
+
+[tool.lockhook]
+accelerator = "cpu"
+
+[tool.lockhook.locks."requirements.txt"]
+hashes = true
--- /dev/null
+++ b/.pre-commit-config.yaml
@@ -0,0 +1,5 @@
+repos:
+  - repo: https://host/l
+    rev: v1
+    hooks:
+      - id: lockfile-sync
"""


def test_a_dry_run_prints_the_diff_and_writes_nothing(folder: Path, run: Run) -> None:
    assert run("init", *HOOK, "--dry-run") == (0, DIFF, "")
    assert [path.name for path in folder.iterdir() if path.name != ".git"] == ["pyproject.toml"]
    assert (folder / "pyproject.toml").read_text() == PYPROJECT
    run("init", *HOOK)
    assert run("init", "--dry-run").out == (
        "pyproject.toml: unchanged\n.pre-commit-config.yaml: unchanged\n"
    )


@pytest.mark.parametrize("text", [PYPROJECT, PYPROJECT.rstrip("\n"), PYPROJECT + "\t# tab\n"])
def test_git_applies_the_diff(folder: Path, run: Run, git: Run, text: str) -> None:
    (folder / "pyproject.toml").write_text(text)
    (folder / ".pre-commit-config.yaml").write_text("repos:\n- repo: a\n  hooks: []")
    diff = run("init", *HOOK, "--dry-run").out
    subprocess.run(["git", "apply"], input=diff, text=True, check=True)
    made = (folder / "pyproject.toml").read_text()
    assert made.startswith(text)
    result = run("init", *HOOK)
    assert result.out.startswith("pyproject.toml: unchanged\n.pre-commit-config.yaml: unchanged\n")
    assert (folder / "pyproject.toml").read_text() == made


def test_the_diff_is_coloured_where_colour_is_wanted(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    out = run("init", *HOOK, "--dry-run").out
    assert "\x1b[36m@@ -2,3 +2,17 @@\x1b[0m\n" in out
    assert "\x1b[32m+repos:\x1b[0m\n" in out
    assert '\n dependencies = ["torch"]\n' in out


@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
@pytest.mark.parametrize("pyproject", [PYPROJECT, POETRY])
@pytest.mark.parametrize(("form", "parse"), [("json", json.loads), ("yaml", yaml.safe_load)])
def test_init_as_data(
    folder: Path,
    run: Run,
    form: str,
    parse: Callable[[str], Any],
    pyproject: str,
    dry: list[str],
) -> None:
    (folder / "pyproject.toml").write_text(pyproject)
    result = run("init", *HOOK, *dry, "--format", form)
    document = parse(result.out)
    jsonschema.validate(document, SCHEMAS["init"])
    poetry = pyproject == POETRY
    assert (result.code, result.err) == (3 if poetry else 0, "")
    assert document["status"] == ("failed" if poetry else "passed")
    assert document["dry_run"] is bool(dry)
    assert document["files"][0]["status"] == ("changed" if dry else "written")
    if not poetry:
        assert "".join(file["diff"] + "\n" for file in document["files"]) == DIFF
    assert bool(document["fix"]) is not bool(dry)
    assert [gap["what"] for gap in document["gaps"]] == (
        ["[tool.lockhook]", "the hook lockfile-sync"] if poetry else []
    )


NOT_DONE = """\
pyproject.toml: written
  - [tool.uv.sources] torch: from pytorch-cpu
  - [[tool.uv.index]] pytorch-cpu: https://download.pytorch.org/whl/cpu, for what names it only
not done: [tool.lockhook]: pyproject.toml: declares its dependencies under [tool.poetry], which \
uv does not read
  next: move them to [project] (Poetry 2 reads it too); then run `lockhook init` again
not done: the hook lockfile-sync: it would refuse every commit that changes pyproject.toml until \
then
  next: move them to [project] (Poetry 2 reads it too); then run `lockhook init` again

Next, run:
  git add pyproject.toml
"""


def test_what_is_not_done_is_said(folder: Path, run: Run) -> None:
    (folder / "pyproject.toml").write_text(POETRY)
    assert run("init", *HOOK) == (3, NOT_DONE, "")
    quiet = run("init", *HOOK, "--quiet")
    assert (quiet.code, quiet.err) == (3, "")
    assert quiet.out == "".join(NOT_DONE.partition("not done")[1:]).partition("\nNext")[0]
    github = run("init", *HOOK, "--format", "github").out.splitlines()
    assert [line.split("::")[1] for line in github] == [
        "error file=pyproject.toml,title=lockhook init"
    ] * 2
    markdown = run("init", *HOOK, "--format", "markdown").out
    assert markdown.startswith("### lockhook init: not all set up\n")
    assert "| the hook lockfile-sync | to do | it would refuse every commit" in markdown


def test_lines_to_add_by_hand(folder: Path, run: Run) -> None:
    (folder / ".pre-commit-config.yaml").write_text("repos: [{repo: a}]\n")
    result = run("init", *HOOK)
    assert result.code == 3
    assert (
        "not done: the hook lockfile-sync: .pre-commit-config.yaml: its `repos` are written in a "
        "way that cannot be edited line by line\n"
        "  next: add to its `repos`:\n"
        "      - repo: https://host/l\n"
        "        rev: v1\n"
        "        hooks:\n"
        "          - id: lockfile-sync\n"
    ) in result.out
    assert "pre-commit install" not in result.out


def test_notes(folder: Path, run: Run) -> None:
    (folder / "requirements.txt").write_text("torch>=2\n")
    note = "requirements.txt is not a lock, and stays as it is; the lock is requirements-lock.txt"
    assert f"note: {note}\n" in run("init", *HOOK, "--dry-run").out
    assert run("init", *HOOK, "--dry-run", "--format", "github").out == (
        f"::notice file=pyproject.toml,title=lockhook init::{note}\n"
    )
    assert run("init", *HOOK, "--format", "json").out.count(note) == 1


# --- what to run next ---


def fix(run: Run, *arguments: str | Path) -> list[str]:
    commands: list[str] = json.loads(run("init", "--format", "json", *arguments).out)["fix"]
    return commands


def test_nothing_is_left_to_run(project: Make, run: Run, git: Run) -> None:
    folder = project("click")
    git("init", "-q")
    assert fix(run) == [
        "lockhook generate --all",
        "pre-commit install",
        "git add pyproject.toml .pre-commit-config.yaml requirements.txt",
    ]
    run("generate", "--all")
    assert fix(run)[0] == "pre-commit install"
    (folder / ".git" / "hooks").mkdir(exist_ok=True)
    (folder / ".git" / "hooks" / "pre-commit").write_text("# made by pre-commit\n")
    git("add", "pyproject.toml", ".pre-commit-config.yaml")
    assert fix(run) == ["git add requirements.txt"]
    git("add", ".")
    assert fix(run) == []
    assert run("init").out == "pyproject.toml: unchanged\n.pre-commit-config.yaml: unchanged\n"


def test_from_a_folder_below(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "sub").mkdir()
    monkeypatch.chdir(folder / "sub")
    assert fix(run, *HOOK)[0] == "lockhook generate --all"
    assert (folder / ".pre-commit-config.yaml").is_file()


def test_from_elsewhere(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    commands = fix(run, "--pyproject", "bench/pyproject.toml", *HOOK)
    assert commands[:2] == [f"cd {folder}", "lockhook generate --all"]
    # Where the first of them leads.
    assert commands[-1] == "git add pyproject.toml .pre-commit-config.yaml requirements.txt"


def test_without_git(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    result = run("init", *HOOK)
    assert result.code == 0
    assert result.out.partition("not done")[2] == (
        ": the hook lockfile-sync: there is no git repository\n"
        "  next: run `lockhook init` again after `git init`, or have in .pre-commit-config.yaml:\n"
        "      - repo: https://host/l\n"
        "        rev: v1\n"
        "        hooks:\n"
        "          - id: lockfile-sync\n"
        "\nNext, run:\n  lockhook generate --all\n"
    )


# --- what goes wrong ---


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ["--hook-rev", "v1"],
            2,
            "--hook-rev needs --hook-repo\n  next: name the repository too\n",
        ),
        (
            ["--pyproject", "setup.cfg"],
            2,
            "setup.cfg: is not called pyproject.toml, which uv reads\n"
            "  next: --pyproject takes the path of a pyproject.toml\n",
        ),
        (
            ["--pyproject", "no/pyproject.toml"],
            2,
            "{}/no/pyproject.toml: there is no such file\n"
            "  next: run lockhook in a project, or give --pyproject\n",
        ),
    ],
)
def test_wrong_usage(folder: Path, run: Run, arguments: list[str], code: int, message: str) -> None:
    assert run("init", *arguments) == (code, "", f"lockhook: {message.format(folder)}")
    assert (folder / "pyproject.toml").read_text() == PYPROJECT


@pytest.mark.parametrize("form", FORMATS)
def test_a_library_that_is_missing(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setitem(sys.modules, "tomlkit", None)
    result = run("init", "--format", form)
    assert (result.code, result.err) == (
        3,
        "lockhook: init needs tomlkit, and there is none\n  next: pip install 'lockhook[cli]'\n",
    )


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
def test_a_hostile_project(folder: Path, run: Run, form: str, dry: list[str]) -> None:
    text = (
        f"# \u202e\n{PYPROJECT}[tool.uv.sources]\ntorch = 'x'\n# ::error::x\n"
        '[[tool.uv.index]]\nname = "\\u001b[31m"\nurl = "https://m/cpu\\u202e/cpu"\n'
        "[tool.poetry]\n"
    )
    (folder / "pyproject.toml").write_text(text)
    result = run("init", *HOOK, *dry, "--format", form)
    assert result.code == 0
    assert "\x1b" not in result.out
    assert "\u202e" not in result.out
    if form != "github":
        assert not [line for line in result.out.splitlines() if line.lstrip().startswith("::")]
