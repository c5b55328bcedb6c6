from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from lockhook._runtime import fix
from lockhook._runtime.indexes import Indexes
from lockhook._runtime.model import Lock, Pin
from lockhook._runtime.report import Finding
from lockhook._runtime.requirements_txt import Option, parse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lockhook._runtime.environment import Environment

    Propose = Callable[..., fix.Fix]

CPU = "https://download.pytorch.org/whl/cpu"


def finding(status: str, package: str = "foo", **fields: Any) -> Finding:
    given = {"message": "x", "fails": True, "found": "2"}
    return Finding(status=status, package=package, **{**given, **fields})


@pytest.fixture
def propose(
    tmp_path: Path, env: Callable[..., Environment], monkeypatch: pytest.MonkeyPatch
) -> Propose:
    """Proposes for a lock's text, with uv and pip at hand unless said otherwise."""

    def propose(
        text: str,
        *findings: Finding,
        path: str = "requirements.txt",
        uv: bool = True,
        has_pip: bool = True,
        active: bool = True,
        project: Indexes | None = None,
        **fields: Any,
    ) -> fix.Fix:
        environment = env(**fields)
        if active:
            monkeypatch.setenv("VIRTUAL_ENV", environment.prefix)
        programs = {"uv": "/bin/uv"} if uv else {}
        if active and has_pip:
            programs["pip"] = os.path.join(os.path.dirname(environment.executable), "pip")
        monkeypatch.setattr(shutil, "which", programs.get)
        entries = list(parse(text, path))
        pins = tuple(entry for entry in entries if isinstance(entry, Pin))
        indexes = tuple((e.name, e.value) for e in entries if isinstance(e, Option))
        lock = Lock(path=path, sha256="", pins=pins, indexes=indexes)
        known = project or Indexes()
        here = fix.Situation(
            lock=lock,
            pins=pins,
            environment=environment,
            project=known,
            pip="26.3" if has_pip else "",
        )
        return fix.propose(findings, here)

    return propose


def test_the_plain_case(propose: Propose) -> None:
    assert propose("foo==1\n", finding("mismatched")).commands == (
        "uv pip install -r requirements.txt",
        "pip install -r requirements.txt",
    )


def test_another_environment_than_the_active_one_is_named(propose: Propose, tmp_path: Path) -> None:
    python = shlex.quote(str(tmp_path / "env/bin/python"))
    assert propose("foo==1\n", finding("missing"), active=False).commands == (
        f"uv pip install --python {python} -r requirements.txt",
        f"{python} -m pip install -r requirements.txt",
    )


@pytest.mark.parametrize(
    ("at_hand", "commands"),
    [
        ({"uv": False}, ["pip install -r r.txt"]),
        ({"has_pip": False}, ["uv pip install -r r.txt"]),
        ({"uv": False, "has_pip": False}, ["uv pip install -r r.txt"]),
    ],
)
def test_only_what_is_at_hand(
    at_hand: dict[str, bool], commands: list[str], propose: Propose
) -> None:
    assert [*propose("foo==1\n", finding("missing"), path="r.txt", **at_hand).commands] == commands


@pytest.mark.parametrize(
    ("text", "project", "uv", "pip"),
    [
        (
            "foo==1+cpu\n",
            None,
            f"--index {CPU} --index-strategy unsafe-best-match",
            f"--extra-index-url {CPU}",
        ),
        (
            "foo==1+cu128\n",
            Indexes(cpu="https://h/cpu"),
            "--index https://download.pytorch.org/whl/cu128 --index-strategy unsafe-best-match",
            "--extra-index-url https://download.pytorch.org/whl/cu128",
        ),
        (
            "foo==1+cpu\n",
            Indexes(default="https://u:p@h/simple", cpu="https://h/cpu"),
            (
                "--default-index https://h/simple --index https://h/cpu "
                "--index-strategy unsafe-best-match"
            ),
            "--index-url https://h/simple --extra-index-url https://h/cpu",
        ),
        (f"--extra-index-url {CPU}/\nfoo==1+cpu\n", None, "--index-strategy unsafe-best-match", ""),
        ("-i https://h/simple\nfoo==1\n", Indexes(default="https://other"), "", ""),
        (
            "--extra-index-url https://h/own\nfoo==1+cpu\n",
            None,
            f"--index {CPU} --index-strategy unsafe-best-match",
            f"--extra-index-url {CPU}",
        ),
        ("foo==1+local.build\n", None, "", ""),
    ],
)
def test_index_options(
    text: str, project: Indexes | None, uv: str, pip: str, propose: Propose
) -> None:
    commands = propose(text, finding("missing"), project=project).commands
    assert commands == (
        " ".join(filter(None, ["uv pip install", uv, "-r requirements.txt"])),
        " ".join(filter(None, ["pip install", pip, "-r requirements.txt"])),
    )


@pytest.mark.parametrize(
    ("text", "found", "uv", "pip"),
    [
        (
            "foo==1\n",
            finding("broken"),
            "uv pip install --reinstall-package foo -r r",
            "pip install --force-reinstall --no-deps -r r",
        ),
        (
            "foo==1\n",
            finding("labelled", found="1+cu128"),
            "uv pip install --reinstall-package foo -r r",
            "pip install --force-reinstall --no-deps -r r",
        ),
        (
            "foo==1\n",
            finding("mismatched", found="1.0"),
            "uv pip install --reinstall-package foo -r r",
            "pip install --force-reinstall --no-deps -r r",
        ),
        (
            "foo @ https://h/foo.zip\n",
            finding("mismatched"),
            "uv pip install --reinstall-package foo -r r",
            "pip install --force-reinstall --no-deps -r r",
        ),
        (
            "foo==1\n",
            finding("conflicting"),
            "uv pip install --reinstall-package foo -r r",
            (
                "pip uninstall --yes foo && pip uninstall --yes foo && "
                "pip install --force-reinstall --no-deps -r r"
            ),
        ),
        ("foo==1\n", finding("extra", "bar"), "uv pip uninstall bar", "pip uninstall --yes bar"),
    ],
)
def test_what_an_installer_would_leave_as_it_is(
    text: str, found: Finding, uv: str, pip: str, propose: Propose
) -> None:
    assert propose(text, found, path="r").commands == (uv, pip)


def test_all_at_once(propose: Propose) -> None:
    found = [finding("missing"), finding("broken", "bar"), finding("extra", "baz")]
    assert propose("foo==1\nbar==1\n", *found, path="r").commands == (
        "uv pip install --reinstall-package bar -r r && uv pip uninstall baz",
        "pip install --force-reinstall --no-deps -r r && pip uninstall --yes baz",
    )


@pytest.mark.parametrize(
    ("path", "shown"),
    [("my lock.txt", "'my lock.txt'"), ("-x.txt", "./-x.txt"), ("$(id).txt", "'$(id).txt'")],
)
def test_paths_are_quoted(path: str, shown: str, propose: Propose) -> None:
    commands = propose("foo==1\n", finding("missing"), path=path).commands
    assert commands == (f"uv pip install -r {shown}", f"pip install -r {shown}")


def test_a_hostile_name_reaches_no_command(propose: Propose) -> None:
    proposed = propose("foo==1\n", finding("extra", "--index-url=evil", location="/x"))
    assert proposed.commands == ()
    inside = finding("extra", "-r\x1b", location="")
    assert propose("foo==1\n", inside).commands == ()


def test_what_no_installation_mends(propose: Propose, tmp_path: Path) -> None:
    home = str(tmp_path / "home/.local/lib/python3.11/site-packages")
    proposed = propose(
        "foo==1\n",
        finding("shadowed", message="/x/foo.py is imported in its place"),
        finding("mismatched", "bar", location="/elsewhere"),
        finding("mismatched", "baz", location=home),
        finding("mismatched", "qux", location=home),
        finding("extra", "-evil", location=str(tmp_path / "env/lib")),
        finding("unverifiable", location="/elsewhere", fails=False),
        user_site=home,
    )
    assert proposed.advice == (
        "foo: /x/foo.py is imported in its place; rename it, or take it off the path",
        "take /elsewhere out of PYTHONPATH",
        f"{home} comes before the environment: set PYTHONNOUSERSITE=1",
        f"delete what calls itself -evil in {tmp_path / 'env/lib'}",
    )


def test_nothing_to_run_for_a_shadow(propose: Propose) -> None:
    assert propose("foo==1\n", finding("shadowed")).commands == ()


@pytest.mark.parametrize(
    "path",
    ["two\nlines", "red\x1b[31m", "it's \\ \x07", "\udcff\udcfe", "\u00e9\u202e", "\x071"],
)
def test_quoting_what_a_terminal_obeys(path: str) -> None:
    word = fix.quote([path])
    assert word.isprintable()
    done = subprocess.run(["bash", "-c", f"printf %s {word}"], check=True, capture_output=True)
    assert done.stdout == os.fsencode(path)


def test_quoting_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "name", "nt")
    assert (
        fix.quote(["pip", "install", "-r", "C:\\my lock.txt"]) == 'pip install -r "C:\\my lock.txt"'
    )
