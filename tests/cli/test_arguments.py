from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import lockhook
from lockhook._cli import main as program
from lockhook._cli import parser

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Result

    Make = Callable[..., Path]
    Run = Callable[..., Result]

COMMON = {"format": "text", "quiet": False, "verbose": False}
GENERATE = {
    **COMMON,
    "output": None,
    "all": False,
    "extras": None,
    "groups": None,
    "hashes": None,
    "python_version": None,
    "pyproject": None,
    "upgrade": False,
    "upgrade_package": [],
    "exclude_newer": None,
    "universal": None,
}


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        ("generate", GENERATE),
        ("generate -o a.txt --hashes", GENERATE | {"output": "a.txt", "hashes": True}),
        ("generate --extra a --extra b", GENERATE | {"extras": ["a", "b"]}),
        ("generate --group a --all", GENERATE | {"groups": ["a"], "all": True}),
        ("generate --no-universal --upgrade", GENERATE | {"universal": False, "upgrade": True}),
        ("generate --upgrade-package a", GENERATE | {"upgrade_package": ["a"]}),
        ("generate --python-version 3.12", GENERATE | {"python_version": "3.12"}),
        ("generate --exclude-newer 2026-01-01", GENERATE | {"exclude_newer": "2026-01-01"}),
        ("generate --pyproject a/pyproject.toml", GENERATE | {"pyproject": "a/pyproject.toml"}),
        ("sync", {**COMMON, "stage": False, "files": []}),
        ("sync --stage a b -q", {**COMMON, "stage": True, "files": ["a", "b"], "quiet": True}),
        ("check --format json -v", {**COMMON, "files": [], "format": "json", "verbose": True}),
        ("check -- -x", {**COMMON, "files": ["-x"]}),
    ],
)
def test_arguments(argv: str, expected: dict[str, Any]) -> None:
    found = vars(parser.build().parse_args(argv.split()))
    assert {
        key: value for key, value in found.items() if key not in {"run", "print_completion"}
    } == expected


def test_version(run: Run) -> None:
    assert run("--version") == (0, f"lockhook {lockhook.__version__}\n", "")


@pytest.mark.parametrize("command", ["init", "generate", "sync", "check", "verify", "demo"])
def test_help(run: Run, command: str) -> None:
    result = run(command, "--help")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(f"usage: lockhook {command} ")
    assert command in run("--help").out


def test_as_a_module_and_as_a_command(project: Make, spawn: Run) -> None:
    folder = project("click")
    assert spawn("generate", "-q", cwd=folder) == (0, "", "")
    assert spawn("check", cwd=folder) == (0, "requirements.txt: fresh\n", "")
    command = Path(sys.executable).parent / "lockhook"
    done = subprocess.run([command, "check"], cwd=folder, check=True, capture_output=True)
    assert done.stdout == b"requirements.txt: fresh\n"


def test_a_path_that_is_no_utf8(tmp_path: Path, spawn: Run, world: Any) -> None:
    folder = tmp_path / os.fsdecode(b"a\xff")
    folder.mkdir()
    (folder / "pyproject.toml").write_text('[project]\nname = "x"\n[tool.lockhook]\n')
    result = spawn("check", folder / "pyproject.toml", cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert result.out.startswith("a\\udcff/requirements.txt: missing\n")


# --- interruption ---


def test_a_keyboard_interrupt(run: Run, monkeypatch: pytest.MonkeyPatch, project: Make) -> None:
    def interrupt(args: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("lockhook._cli.check.run", interrupt)
    assert run("check") == (130, "", "lockhook: interrupted\n")


def test_a_signal_that_was_ignored_stays_so(project: Make) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        program._prepare()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


# --- completion ---


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_scripts(run: Run, tmp_path: Path, shell: str) -> None:
    result = run("--print-completion", shell)
    assert (result.code, result.err) == (0, "")
    for word in ("generate", "--upgrade-package", "--lockfile", "markdown"):
        assert word.removeprefix("--" if shell == "fish" else "") in result.out
    (tmp_path / "script").write_text(result.out)
    # Where a shell is not installed, what its script says is all that can be looked at.
    if program := shutil.which(shell):
        subprocess.run([program, "-n", tmp_path / "script"], check=True)


COMPLETE = """
source {script}
complete -p lockhook >/dev/null || exit 3
COMP_WORDS=({words}) COMP_CWORD={last} COMP_LINE='{words}' COMP_POINT=${{#COMP_LINE}}
$(complete -p lockhook | sed 's/.*-F \\([^ ]*\\).*/\\1/') lockhook '{word}' ''
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.mark.skipif(
    not os.path.exists("/dev/fd/0"), reason="bash completes through /dev/fd, which needs /proc"
)
@pytest.mark.parametrize(
    ("words", "replies"),
    [
        ("lockhook ch", {"check"}),
        ("lockhook verify -l req", {"requirements.txt", "requirements-full.txt"}),
        ("lockhook check pyl", {"pylock.toml"}),
        ("lockhook generate -o pyl", {"pylock.toml"}),
        ("lockhook diff req", {"requirements.txt", "requirements-full.txt"}),
        ("lockhook diff HEAD~1 pyl", {"pylock.toml"}),
        ("lockhook diff --ex", {"--exit-code"}),
        ("lockhook generate --upg", {"--upgrade", "--upgrade-package"}),
        ("lockhook check --format js", {"json"}),
    ],
)
def test_bash_completes(tmp_path: Path, run: Run, words: str, replies: set[str]) -> None:
    for name in ("requirements.txt", "requirements-full.txt", "pylock.toml"):
        (tmp_path / name).touch()
    (tmp_path / "script").write_text(run("--print-completion", "bash").out)
    last = len(words.split()) - 1
    text = COMPLETE.format(
        script="./script", words=words, last=last, word=words.rsplit(maxsplit=1)[-1]
    )
    done = subprocess.run(
        ["bash", "-c", text], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()) == replies


def test_completion_without_its_library(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert run("--print-completion", "bash") == (
        3,
        "",
        (
            "lockhook: completion needs shtab, and there is none\n"
            "  next: pip install 'lockhook[cli]'\n"
        ),
    )
