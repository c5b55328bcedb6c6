from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lockhook._runtime import project_environment as environments
from lockhook.errors import EnvironmentUnreadableError

if TYPE_CHECKING:
    from pathlib import Path


def make(prefix: Path, *files: str) -> str:
    """Write the files of an environment."""
    for name in files or ("pyvenv.cfg", "bin/python"):
        (prefix / name).parent.mkdir(parents=True, exist_ok=True)
        (prefix / name).touch()
    return str(prefix)


def test_the_environment_in_a_project(tmp_path: Path) -> None:
    assert environments.own(str(tmp_path), {}) is None
    (tmp_path / ".venv").mkdir()  # of something else
    assert environments.own(str(tmp_path), {}) is None
    usual = make(tmp_path / ".venv")
    assert environments.own(str(tmp_path), {}) == usual
    assert environments.own(str(tmp_path), {"UV_PROJECT_ENVIRONMENT": "gone"}) == usual
    named = make(tmp_path / "envs" / "a")
    assert environments.own(str(tmp_path), {"UV_PROJECT_ENVIRONMENT": "envs/a"}) == named
    # An absolute one does not lie in the project.
    assert environments.own(str(tmp_path), {"UV_PROJECT_ENVIRONMENT": named}) == usual


def test_the_active_environment(tmp_path: Path) -> None:
    a, b, conda = (make(tmp_path / name) for name in "abc")
    (tmp_path / "c" / "pyvenv.cfg").unlink()
    path = os.path.join(b, "bin")
    assert environments.active({}) is None
    assert environments.active({"VIRTUAL_ENV": a, "PATH": path, "CONDA_PREFIX": conda}) == a
    assert environments.active({"PATH": path, "CONDA_PREFIX": conda}) == b
    assert environments.active({"PATH": "/usr/bin", "CONDA_PREFIX": conda}) == conda
    assert environments.active({"VIRTUAL_ENV": str(tmp_path / "gone")}) is None
    assert environments.active({"UV_PROJECT_ENVIRONMENT": conda, "VIRTUAL_ENV": a}) == conda


@pytest.mark.parametrize("name", ["base", "root"])
def test_condas_base_is_no_projects(tmp_path: Path, name: str) -> None:
    conda = make(tmp_path, "bin/python")
    assert environments.active({"CONDA_PREFIX": conda, "CONDA_DEFAULT_ENV": "x"}) == conda
    assert environments.active({"CONDA_PREFIX": conda, "CONDA_DEFAULT_ENV": name}) is None


@pytest.mark.parametrize("mark", [".install_state_v1", ".install_state_v2", ".prek-hook.json"])
def test_the_environment_of_a_hook_is_looked_through(tmp_path: Path, mark: str) -> None:
    hook = make(tmp_path / "py_env-python3", "pyvenv.cfg", "bin/python", mark)
    behind = make(tmp_path / "behind")
    first = [os.path.join(hook, "bin"), "/usr/lib/git-core"]
    path = os.pathsep.join([*first, os.path.join(behind, "bin"), "/usr/bin"])
    assert environments.active({"VIRTUAL_ENV": hook, "PATH": path}) == behind
    # One that is not the first is not active: somebody keeps tools in it.
    path = os.pathsep.join([*first, "/usr/bin", os.path.join(behind, "bin")])
    assert environments.active({"VIRTUAL_ENV": hook, "PATH": path}) is None
    assert environments.active({"VIRTUAL_ENV": hook, "PATH": os.pathsep.join(first)}) is None


@pytest.mark.parametrize("name", ["bin/python", "Scripts/python.exe", "python.exe"])
def test_the_interpreter(tmp_path: Path, name: str) -> None:
    assert environments.interpreter(make(tmp_path, name)) == str(tmp_path / name)


def test_an_interpreter_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentUnreadableError, match=r"has no interpreter any more"):
        environments.interpreter(make(tmp_path, "pyvenv.cfg"))
