"""The commands under "To fix", pasted exactly as printed into a real shell."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.conftest import Venv, shell

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lockhook._authoring.torch_wheels import Indexes
    from tests.conftest import Result

LOCKED = ("torch", "numpy", "click")

# How the lock is made: what stands in [tool.lockhook], and the name of the project's folder.
LOCKS = {
    "plain": ("", "bench"),
    "hashes": ('[tool.lockhook.locks."requirements.txt"]\nhashes = true', "bench"),
    "no index line": ("[tool.lockhook]\nemit-index = false", "bench"),
    "a folder to quote": ("", "bench $HOME 'mark' #1"),
}

# How the environment is broken: the arguments of an installation into it.
BREAKS = {
    "another numpy": ["numpy==1.26.4"],
    "the build of the default index": [
        "--reinstall-package",
        "torch",
        "--no-sources",
        "torch==2.9.1",
    ],
}


def verify(run: Callable[..., Result], venv: Venv, *options: str) -> tuple[int, dict[str, Any]]:
    code, out, _ = run("verify", "--python", venv.python, "--format", "json", *options)
    return code, json.loads(out)


@pytest.mark.parametrize("broken", BREAKS)
@pytest.mark.parametrize("kind", LOCKS)
def test_each_command_mends(
    kind: str,
    broken: str,
    project: Callable[..., Path],
    venv: Callable[..., Venv],
    run: Callable[..., Result],
    world: Indexes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    more, name = LOCKS[kind]
    folder = project(*LOCKED, more=more, name=name)
    assert run("generate").code == 0
    lock = folder / "requirements.txt"
    environment = venv()
    indexes = ["--default-index", world.default, "--index", world.cpu]
    best = ["--index-strategy", "unsafe-best-match"]
    environment.uv_install(*indexes, *best, "-r", lock, cwd=folder)
    assert verify(run, environment)[0] == 0

    for i in range(2):
        environment.uv_install("--default-index", world.default, *BREAKS[broken], cwd=folder.parent)
        code, report = verify(run, environment)
        assert code == 1
        assert len(report["fix"]) == 2
        done = shell(report["fix"][i], folder)
        assert done.returncode == 0, done.stderr.decode()
        code, report = verify(run, environment)
        assert (code, report["findings"]) == (0, [f for f in report["findings"] if not f["fails"]])


def test_a_missing_package(
    project: Callable[..., Path],
    venv: Callable[..., Venv],
    run: Callable[..., Result],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    folder = project(*LOCKED)
    run("generate")
    for i in range(2):
        environment = venv(f"venv{i}")
        code, report = verify(run, environment)
        assert (code, report["summary"]["missing"]) == (1, 4)
        assert shell(report["fix"][i], folder).returncode == 0
        assert verify(run, environment)[0] == 0


def test_strict_extras_are_removed_and_the_project_stays(
    project: Callable[..., Path],
    venv: Callable[..., Venv],
    run: Callable[..., Result],
    world: Indexes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    folder = project("click")
    run("generate")
    environment = venv()
    for i in range(2):
        environment.uv_install("-r", "requirements.txt", "tqdm", "mpi4py", cwd=folder)
        code, report = verify(run, environment, "--strict")
        assert (code, report["summary"]["extra"]) == (1, 1)
        assert shell(report["fix"][i], folder).returncode == 0
        assert verify(run, environment, "--strict")[0] == 0
        assert environment.run("import click, mpi4py", cwd=folder).returncode == 0


def test_shadowing_is_not_mended_by_installing(
    project: Callable[..., Path],
    venv: Callable[..., Venv],
    run: Callable[..., Result],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = project("click")
    run("generate")
    environment = venv()
    environment.uv_install("-r", "requirements.txt", cwd=folder)
    shadow = tmp_path / "elsewhere" / "click"
    shadow.mkdir(parents=True)
    (shadow / "__init__.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(shadow.parent))
    code, report = verify(run, environment)
    assert code == 1
    assert report["fix"] == []
    assert report["advice"] == [
        f"click: {shadow} is imported in its place; rename it, or take it off the path"
    ]
