"""Real virtual environments, filled from locks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


class Venv:
    """A virtual environment of its own, with pip, used through subprocesses only."""

    def __init__(self, folder: Path) -> None:
        # virtualenv carries pip with it and is done in a blink; `venv` takes seconds for that.
        command = [sys.executable, "-m", "virtualenv", "--quiet", "--no-download", str(folder)]
        if not (folder / "pyvenv.cfg").exists():
            subprocess.run(command, check=True)
        self.folder = folder
        self.python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def uv_install(self, *arguments: str | Path, cwd: Path) -> None:
        """Install with the real uv, as a developer would."""
        command = ["uv", "pip", "install", "--quiet", "--python", self.python, *arguments]
        subprocess.run(list(map(str, command)), cwd=cwd, check=True)

    def run(self, code: str, *, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
        """Run Python code in it, with lockhook importable the way a `.pth` file makes it."""
        return subprocess.run(
            [str(self.python), "-c", code],
            cwd=cwd,
            env={**os.environ, **env},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def venv(tmp_path: Path) -> Callable[..., Venv]:
    def venv(name: str = "venv") -> Venv:
        return Venv(tmp_path / name)

    return venv


def shell(command: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[Any]:
    """Paste a command into a shell."""
    return subprocess.run(
        command, shell=True, cwd=cwd, env={**os.environ, **env}, capture_output=True, check=False
    )
