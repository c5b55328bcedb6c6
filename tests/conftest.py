"""Fixtures that every test may use: a hermetic process, a small package world, the program."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest

from lockhook._authoring.torch_wheels import write_indexes
from lockhook._cli.main import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lockhook._authoring.torch_wheels import Indexes

_FOREIGN = ("GIT_", "UV_", "PIP_", "PRE_COMMIT", "LOCKHOOK_", "VIRTUAL_ENV", "CONDA_", "PYTHONPATH")
_BIN = os.path.dirname(sys.executable)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--registry", action="store_true", help="run what needs the package registry")
    parser.addoption("--kills", type=int, default=5, help="how often to kill a run at random")
    parser.addoption("--jobs", type=int, default=2, help="how often to run an MPI job that differs")
    parser.addoption("--pairs", type=int, default=2, help="how many pairs of runs at once")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--registry"):
        away = [item for item in items if "registry" in item.keywords]
        items[:] = [item for item in items if "registry" not in item.keywords]
        config.hook.pytest_deselected(items=away)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Indexes:
    """Two local indexes, shaped like the real ones (`lockhook._authoring.torch_wheels`)."""
    return write_indexes(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="session")
def uv_cache(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("uv-cache"))


@pytest.fixture(autouse=True)
def hermetic(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
    uv_cache: str,
) -> None:
    """Nothing of this machine's git, uv, pip and pre-commit reaches a test, nor the network."""
    registry = "registry" in request.keywords
    for name in [name for name in os.environ if name.startswith(_FOREIGN)]:
        if not (registry and name == "PIP_CERT"):
            monkeypatch.delenv(name)
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    settings = {
        "HOME": str(tmp_path_factory.mktemp("home")),
        "PATH": os.pathsep.join([_BIN, os.environ.get("PATH", os.defpath)]),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "A",
        "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "A",
        "GIT_COMMITTER_EMAIL": "a@example.org",
        "UV_CACHE_DIR": uv_cache,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    if not registry:
        settings |= {"UV_OFFLINE": "1", "PIP_NO_INDEX": "1"}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)


class Result(NamedTuple):
    """How a run of the program ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Runs the program in this process, and returns all three of its results."""

    def run(*arguments: str | Path) -> Result:
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as exit_:
            code = int(exit_.code or 0)
        out, err = capsys.readouterr()
        return Result(code, out, err)

    return run


@pytest.fixture
def spawn() -> Callable[..., Result]:
    """Runs the program in a process of its own."""

    def spawn(*arguments: str | Path, cwd: Path | None = None, **env: str) -> Result:
        done = subprocess.run(
            [sys.executable, "-m", "lockhook", *map(str, arguments)],
            cwd=cwd,
            env={**os.environ, **env},
            capture_output=True,
            text=True,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    return spawn


@pytest.fixture
def git() -> Callable[..., Result]:
    """Runs the real git."""

    def git(*arguments: str | Path, cwd: Path | None = None) -> Result:
        done = subprocess.run(
            ["git", *map(str, arguments)], cwd=cwd, capture_output=True, text=True, check=False
        )
        return Result(done.returncode, done.stdout, done.stderr)

    return git


PYPROJECT = """\
[project]
name = "bench"
version = "1"
requires-python = ">=3.10"
dependencies = {dependencies}

{more}

[tool.uv.sources]
torch = {{ index = "pytorch-cpu" }}
torchvision = {{ index = "pytorch-cpu" }}

[[tool.uv.index]]
name = "default"
url = "{world.default}"
default = true

[[tool.uv.index]]
name = "pytorch-cpu"
url = "{world.cpu}"
explicit = true
"""


@pytest.fixture
def project(tmp_path: Path, world: Indexes, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Writes a ``pyproject.toml`` over the local indexes, and makes its folder the working one."""

    def project(*dependencies: str, more: str = "", name: str = "bench") -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        text = PYPROJECT.format(dependencies=list(dependencies), more=more, world=world)
        (folder / "pyproject.toml").write_text(text, encoding="utf-8")
        monkeypatch.chdir(folder)
        return folder

    return project
