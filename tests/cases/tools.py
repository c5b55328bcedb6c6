"""The tools that people use today, each asked of a case what lockhook is asked."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pip_lock

if TYPE_CHECKING:
    from tests.cases.kit import Case, Place

_TIMEOUT = 20  # seconds
_BESIDE = Path(sys.executable).parent

# pip-lock looks at the environment that it runs in, so it is run in that of the case, without
# being installed there. Behind `-c`, the first entry of the path is the working directory.
_PIP_LOCK = f"{inspect.getsource(pip_lock)}\ndel sys.path[0]\n"


@dataclass(frozen=True)
class Tool:
    """One way to hold an environment against a lock.

    Attributes:
        name: as one would type it.
        command: the command line for a case, None for a format that the tool does not read.
    """

    name: str
    command: Callable[[Case, Place], list[str] | None]

    def answer(self, case: Case, place: Place, environment: Mapping[str, str]) -> str:
        """Return ``ok``, ``no`` (exit code 1), ``error`` (another), ``crash``, ``hangs``, or "-"."""
        command = self.command(case, place)
        if command is None:
            return "-"
        own = {name: value.replace("@CASE@", str(place.folder)) for name, value in case.env.items()}
        try:
            done = subprocess.run(
                command,
                cwd=place.folder,
                env={**environment, **own},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return "hangs"
        if b"Traceback (most recent call last)" in done.stderr:
            return "crash"
        return _WORDS.get(done.returncode, "error")


_WORDS = {0: "ok", 1: "no"}


def _lockhook(case: Case, place: Place) -> list[str]:
    arguments = [word.replace("@CASE@", str(place.folder)) for word in case.arguments]
    # Not `python -m`, which would import from the folder of the case first.
    program = [str(_BESIDE / "lockhook"), "verify", "-l", case.name]
    return [*program, "--python", str(place.python), *arguments]


def _pip_lock(case: Case, place: Place) -> list[str] | None:
    if case.name.endswith((".toml", ".lock")):
        return None
    return [str(place.python), "-c", f"{_PIP_LOCK}check_requirements({case.name!r})"]


def _uv_pip_sync(case: Case, place: Place) -> list[str] | None:
    if case.name.endswith(".lock"):
        return None
    where = ["--offline", "--python", str(place.python)]
    return [str(_BESIDE / "uv"), "pip", "sync", "--check", *where, case.name]


def _uv_sync(case: Case, place: Place) -> list[str] | None:
    if not case.name.endswith(".lock"):
        return None
    wanted = [word for word in case.arguments if word not in {"--strict", "--allow-missing"}]
    return [str(_BESIDE / "uv"), "sync", "--check", "--frozen", "--offline", *wanted]


def _pip_check(_case: Case, place: Place) -> list[str]:
    return [sys.executable, "-m", "pip", "--python", str(place.python), "check"]


TOOLS = (
    Tool("lockhook verify", _lockhook),
    Tool("pip-lock", _pip_lock),
    Tool("uv pip sync --check", _uv_pip_sync),
    Tool("uv sync --check", _uv_sync),
    Tool("pip check", _pip_check),
)


def environment(place: Place, cache: Path) -> dict[str, str]:
    """Return the environment variables that all tools are given: no network, nothing cached."""
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    return {
        **kept,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PIP_NO_INDEX": "1",
        "UV_CACHE_DIR": str(cache),
        "UV_OFFLINE": "1",
        "UV_PROJECT_ENVIRONMENT": str(place.python.parent.parent),
        "VIRTUAL_ENV": str(place.python.parent.parent),
    }


def is_right(case: Case, answer: str) -> bool:
    """Tell whether an answer is one of the right ones: passing, or not passing."""
    return (answer == "ok") in {right == "ok" for right in case.right.split("/")}
