"""The TOML locks against real environments: verified, broken, and mended as the report says."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import Venv, shell

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lockhook._authoring.torch_wheels import Indexes
    from tests.conftest import Result

MORE = """\
[project.optional-dependencies]
full = ["pandas"]
[dependency-groups]
dev = ["tqdm"]
"""
LOCKS = {
    "pylock.toml": ["uv", "export", "-q", "--frozen", "--all-extras", "-o", "pylock.toml"],
    "uv.lock": ["uv", "lock", "-q"],
}


@pytest.mark.parametrize("name", LOCKS)
def test_a_toml_lock(
    name: str,
    project: Callable[..., Path],
    venv: Callable[..., Venv],
    run: Callable[..., Result],
    world: Indexes,
) -> None:
    folder = project("torch", "numpy", more=MORE)
    subprocess.run(LOCKS["uv.lock"], cwd=folder, check=True)
    subprocess.run(LOCKS[name], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    environment = venv()
    asked = [] if name == "pylock.toml" else ["--extra", "full"]
    verify = ["verify", "-l", name, "--python", environment.python, "--format", "json", *asked]

    empty = run(*verify)
    report = json.loads(empty.out)
    assert (empty.code, report["summary"]["missing"]) == (1, report["summary"]["total"])
    assert report["summary"]["total"] >= 5
    assert shell(report["fix"][0], folder).returncode == 0
    assert run(*verify).code == 0

    environment.uv_install("--default-index", world.default, "numpy==1.26.4", cwd=folder.parent)
    broken = run(*verify)
    assert broken.code == 1
    assert [f["package"] for f in json.loads(broken.out)["findings"]] == ["numpy"]
    done = shell(json.loads(broken.out)["fix"][0], folder)
    assert done.returncode == 0, done.stderr.decode()
    assert run(*verify).code == 0


def test_the_build_for_another_accelerator_is_mended(
    project: Callable[..., Path],
    venv: Callable[..., Venv],
    run: Callable[..., Result],
    world: Indexes,
) -> None:
    """A torch of the default index, under the version that the lock has: only its files tell."""
    folder = project("torch")
    lock = folder / "requirements.txt"
    lock.write_text("torch==2.9.1\nfilelock==3.20.0\n")
    environment = venv()
    environment.uv_install("--default-index", world.default, "torch==2.9.1", cwd=folder.parent)
    refused = run("verify", "--python", environment.python)
    assert refused.code == 1
    assert "- torch: 2.9.1 is a build for cuda 12.8; " in refused.out
    assert "  torch: lock a build for the CPU, or accept this one\n" in refused.out
    assert "To fix" not in refused.out
    accepted = folder / "pyproject.toml"
    accepted.write_text(accepted.read_text() + '[tool.lockhook.accept]\ntorch = "why not"\n')
    allowed = run("verify", "--python", environment.python, "--format", "json")
    assert allowed.code == 0
    assert [f["code"] for f in json.loads(allowed.out)["findings"] if f["code"] != "LH106"] == [
        "LH111"
    ]


INSTALLS = {
    "uv.lock": [["uv", "sync", "-q", "--frozen", "--active", "--extra", "full"]],
    "pylock.toml": [
        ["uv", "pip", "compile", "-q", "pyproject.toml", "--all-extras", "-o", "pylock.toml"],
        ["uv", "pip", "sync", "-q", "pylock.toml"],
    ],
    "pylock.pip.toml": [
        ["uv", "export", "-q", "--frozen", "--all-extras", "-o", "pylock.pip.toml"],
        ["python", "-m", "pip", "install", "-q", "-r", "pylock.pip.toml"],
    ],
}


@pytest.mark.parametrize("name", INSTALLS)
def test_what_a_tool_installs_from_a_lock_is_what_the_lock_says(
    name: str, project: Callable[..., Path], venv: Callable[..., Venv], run: Callable[..., Result]
) -> None:
    folder = project("torch", "numpy<2 ; sys_platform == 'win32'", "numpy", more=MORE)
    subprocess.run(LOCKS["uv.lock"], cwd=folder, check=True)
    environment = venv()
    path = os.pathsep.join([str(environment.python.parent), os.environ["PATH"]])
    active = {**os.environ, "VIRTUAL_ENV": str(environment.folder), "PATH": path}
    for command in INSTALLS[name]:
        subprocess.run(command, cwd=folder, env=active, check=True, stdout=subprocess.DEVNULL)

    asked = ["--extra", "full"] if name == "uv.lock" else []
    done = run("verify", "-l", name, "--python", environment.python, "--format", "json", *asked)

    report = json.loads(done.out)
    assert (done.code, report["summary"]["missing"]) == (0, 0)
    assert report["summary"]["matched"] >= 4
    assert {finding["code"] for finding in report["findings"] if finding["fails"]} == set()
