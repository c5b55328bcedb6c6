"""`lockhook verify --project-environment`, without pre-commit."""

from __future__ import annotations

import json
import os
import sys
import venv
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest

from tests.cli.schemas import SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Result

    Run = Callable[..., Result]

SITE = Path("lib", f"python{sys.version_info[0]}.{sys.version_info[1]}", "site-packages")
OPTION = "--project-environment"


def place(folder: Path, lock: str, environment: str | None = ".venv", **packages: str) -> Path:
    """Make a project with a lock and an environment."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text(f"[project]\nname = '{folder.name}'\n")
    (folder / "requirements.txt").write_text(lock)
    if environment:
        venv.create(folder / environment, with_pip=False, symlinks=True)
    for name, version in packages.items():
        info = folder / (environment or "") / SITE / f"{name}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    return folder


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, git: Run) -> Path:
    """A repository in which no environment is active."""
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path / "bin"), os.environ["PATH"]]))
    folder = tmp_path / "root"
    folder.mkdir()
    monkeypatch.chdir(folder)
    git("init", "-q")
    (folder / ".gitignore").write_text(".venv/\n")
    return folder


def many(version: int, count: int = 30) -> str:
    return "".join(f"package{number:02}=={version}\n" for number in range(count))


def test_one_screen_however_much_differs(
    root: Path, run: Run, git: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    place(root, many(1), ".venv", **{f"package{n:02}": "1" for n in range(30)})
    git("add", ".")
    git("commit", "-qm", "one")
    (root / "requirements.txt").write_text(many(2))
    monkeypatch.setenv("PRE_COMMIT_FROM_REF", "HEAD")
    told = run("verify", OPTION)
    assert told.code == 1
    assert len(told.out.splitlines()) <= 18
    assert told.out.startswith(".venv is not what requirements.txt says: 30 findings\n")
    assert told.out.count("  and 25 more\n") == 2
    assert "requirements.txt changed: 30 changed\n  ~ package00 1 -> 2 (upgraded)\n" in told.out
    assert len(run("verify", OPTION, "--verbose").out.splitlines()) > 60


@pytest.mark.parametrize("count", [2, 3, 8])
def test_several_projects_each_with_its_environment(root: Path, run: Run, count: int) -> None:
    for number in range(count):
        place(root / f"p{number}", "a==2\nb==2\nc==1\n", ".venv", a="1", b="1", c="1")
    place(root / "right", "a==1\n", ".venv", a="1")
    told = run("verify", OPTION)
    assert told.code == 1
    assert "p0/.venv is not what p0/requirements.txt says: 2 findings\n" in told.out
    assert "right" not in told.out
    assert len(told.out.splitlines()) <= 18
    assert ("and 5 more projects" in told.out) == (count == 8)


def test_the_active_environment_is_for_one_project(
    root: Path, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    place(tmp_path / "elsewhere", "", "env", a="1")
    (tmp_path / "elsewhere" / "pyproject.toml").unlink()
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "elsewhere" / "env"))
    place(root / "one", "a==2\n", None)
    assert run("verify", OPTION).code == 1
    place(root / "two", "a==2\n", None)
    assert run("verify", OPTION) == (0, "", "")
    place(root, "a==2\n", None)
    told = run("verify", OPTION)
    assert (told.code, "not what requirements.txt says" in told.out) == (1, True)


def test_an_environment_of_another_project_or_purpose_is_let_alone(
    root: Path, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = place(tmp_path / "other", "a==1\n", "env", a="1")
    monkeypatch.setenv("VIRTUAL_ENV", str(other / "env"))
    place(root, "a==2\n", None)
    assert run("verify", OPTION) == (0, "", "")
    assert "found no environment of it" in run("verify", OPTION, "-v").err
    (other / "requirements.txt").unlink()
    assert run("verify", OPTION).code == 1
    place(root, "a==2\nb==1\nc==1\n", None)
    assert run("verify", OPTION) == (0, "", "")
    assert "it is for something else" in run("verify", OPTION, "-v").err


@pytest.mark.parametrize(
    ("lock", "why"), [("numpy>=1\n", "is no lock"), (None, "has no lock")], ids=str
)
def test_a_project_without_a_lock_is_no_concern(
    root: Path, run: Run, lock: str | None, why: str
) -> None:
    place(root, lock or "")
    if lock is None:
        (root / "requirements.txt").unlink()
    assert run("verify", OPTION) == (0, "", "")
    assert why in run("verify", OPTION, "-v").err


def test_what_cannot_be_told_of_one_project_hides_no_other(root: Path, run: Run) -> None:
    place(root, "a==2\n", ".venv", a="1")
    broken = place(root / "broken", "a==1\n")
    (broken / ".venv" / "bin" / "python").unlink()
    place(root / "bad", "# autogenerated by pip-compile\n<<<<<<< ours\na==1\n")
    told = run("verify", OPTION)
    assert told.code == 3
    assert "not what requirements.txt says: 1 finding\n" in told.out
    assert "broken/.venv: has no interpreter any more" in told.out + told.err
    assert "bad/requirements.txt" in told.out + told.err
    assert run("verify", OPTION, "--format", "json").code == 3


def test_settings_that_cannot_be_read_are_said_of_the_own_project_only(
    root: Path, run: Run
) -> None:
    place(root, "a==1\n", ".venv", a="1")
    (root / "data").mkdir()
    (root / "data" / "pyproject.toml").write_text("[tool.lockhook\n")
    assert run("verify", OPTION) == (0, "", "")
    (root / "pyproject.toml").write_text("[tool.lockhook\n")
    assert run("verify", OPTION).code == 3


def test_outside_of_a_repository(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = place(tmp_path / "plain", "a==2\n", ".venv", a="1")
    (folder / "sub").mkdir()
    monkeypatch.chdir(folder / "sub")
    told = run("verify", OPTION)
    assert (told.code, "/requirements.txt says: 1 finding" in told.out) == (1, True)
    monkeypatch.chdir(tmp_path)
    assert run("verify", OPTION) == (0, "", "")


def test_as_json_and_as_markdown(root: Path, run: Run) -> None:
    place(root, "a==2\n", ".venv", a="1")
    document = json.loads(run("verify", OPTION, "--format", "json").out)
    jsonschema.validate(document, SCHEMAS["environments"])
    jsonschema.validate(document["projects"][0]["report"], SCHEMAS["report"])
    assert document["status"] == "failed"
    assert "| requirements.txt | LH101 | a |" in run("verify", OPTION, "--format", "markdown").out


def test_a_lock_that_is_new_or_was_none(
    root: Path, run: Run, git: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    place(root, "a==2\n", ".venv", a="1")
    git("commit", "-q", "--allow-empty", "-m", "one")
    monkeypatch.setenv("PRE_COMMIT_FROM_REF", "HEAD")
    assert "changed: 1 added\n  + a 2\n" in run("verify", OPTION).out
    for revision in ("0" * 40, "--help"):
        monkeypatch.setenv("PRE_COMMIT_FROM_REF", revision)
        assert "changed" not in run("verify", OPTION).out


def test_what_a_lock_says_reaches_no_terminal(root: Path, run: Run) -> None:
    place(root, "a==2\n", ".venv")
    info = root / ".venv" / SITE / "a-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: a\nVersion: 1\x1b[31m\n")
    assert "\x1b" not in run("verify", OPTION).out


@pytest.mark.parametrize("option", ["--lockfile", "--python", "--record"])
def test_it_finds_lock_and_environment_itself(root: Path, run: Run, option: str) -> None:
    refused = run("verify", OPTION, option, "x")
    assert (refused.code, f"it goes without {option}" in refused.err) == (2, True)


def test_what_shadows_is_told_with_its_place(
    root: Path, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    place(root, "a==2\n", ".venv", a="2")
    assert run("verify", OPTION, "-v").err.endswith(
        f"/.venv: is what {root / 'requirements.txt'} says\n"
    )
    info = tmp_path / "before" / "a-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: a\nVersion: 1\n")
    monkeypatch.setenv("PYTHONPATH", str(info.parent))
    told = run("verify", OPTION).out
    assert told.startswith(".venv is not what requirements.txt says: 1 finding\n")
    assert told.endswith(f"\n  take {info.parent} out of PYTHONPATH\n")


@pytest.mark.parametrize("pins", ["a==2\n", "b==1\n"])
def test_strict_and_its_like_hold_here_too(root: Path, run: Run, pins: str) -> None:
    place(root, pins, ".venv", a="1")
    assert run("verify", OPTION, "--strict").code == 1
    assert run("verify", OPTION, "--skip", "a").code == 0


@pytest.mark.parametrize(
    ("variable", "value", "old"),
    [
        ("PRE_COMMIT_IS_SQUASH_MERGE", "0", "1"),
        ("PRE_COMMIT_IS_SQUASH_MERGE", "1", "3"),
        ("PRE_COMMIT_REWRITE_COMMAND", "rebase", "1"),
        ("PRE_COMMIT_FROM_REF", "HEAD~1", "1"),
    ],
)
def test_what_was_checked_out_before(
    root: Path,
    run: Run,
    git: Run,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    value: str,
    old: str,
) -> None:
    for version in ("1", "3"):
        place(root, f"a=={version}\nb==1\n", None)
        git("add", ".")
        git("commit", "-qm", version)
    place(root, "a==2\nb==1\n", ".venv", b="1")
    monkeypatch.setenv(variable, value)
    told = run("verify", OPTION)
    assert (told.code, f"~ a {old} -> 2 (" in told.out) == (1, True)


@pytest.mark.parametrize(("todo", "code"), [("pick 1\n", 0), ("noop\n# text\n\n", 1), (None, 1)])
def test_nothing_is_said_while_a_rebase_goes_on(
    root: Path, run: Run, monkeypatch: pytest.MonkeyPatch, todo: str | None, code: int
) -> None:
    place(root, "a==2\n", ".venv", a="1")
    monkeypatch.setenv("PRE_COMMIT_CHECKOUT_TYPE", "1")
    if todo is not None:
        (root / ".git" / "rebase-merge").mkdir()
        (root / ".git" / "rebase-merge" / "git-rebase-todo").write_text(todo)
    assert run("verify", OPTION).code == code


def test_an_old_lock_that_is_none_is_no_change(
    root: Path, run: Run, git: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    place(root, "a>=1\n", None)
    git("add", ".")
    git("commit", "-qm", "one")
    place(root, "a==2\n", ".venv", a="1")
    monkeypatch.setenv("PRE_COMMIT_FROM_REF", "HEAD")
    told = run("verify", OPTION)
    assert (told.code, "changed" in told.out) == (1, False)
