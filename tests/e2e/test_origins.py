"""What pip and uv really record, for each kind of origin: their own freeze is a lock that holds."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Result
    from tests.e2e.conftest import Venv

BACKEND = """
import os, zipfile

NAME = os.path.basename(os.getcwd()).replace(" ", "_")


def _write(folder, files):
    info = f"{NAME}-1.0.dist-info"
    metadata = f"Metadata-Version: 2.1\\nName: {NAME}\\nVersion: 1.0\\n"
    wheel = "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    files = {**files, f"{info}/METADATA": metadata, f"{info}/WHEEL": wheel}
    files[f"{info}/RECORD"] = "".join(f"{name},,\\n" for name in [*files, f"{info}/RECORD"])
    name = f"{NAME}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as archive:
        for path, text in files.items():
            archive.writestr(zipfile.ZipInfo(path, (2020, 1, 1, 0, 0, 0)), text)
    return name


def build_wheel(folder, config_settings=None, metadata_directory=None):
    return _write(folder, {f"{NAME}.py": ""})


def build_editable(folder, config_settings=None, metadata_directory=None):
    return _write(folder, {f"{NAME}.pth": os.getcwd() + "\\n"})
"""
PYPROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "{name}"
version = "1.0"
"""

# Each kind of line, of a package with the name of its directory.
LINES = """\
./dist/wheel_path-1.0-py3-none-any.whl
wheel_url @ {uri}/dist/wheel_url-1.0-py3-none-any.whl
./a directory
-e ./editable
in_commit @ git+{uri}/repository@{commit}#subdirectory=in_commit
git+{uri}/repository@{commit}#subdirectory=unnamed
in_tag @ git+{uri}/repository@v1#subdirectory=in_tag
"""
ONLY_PIP = "-e git+{uri}/repository@{commit}#egg=in_place&subdirectory=in_place\n"
WHEELS = ["wheel_path", "wheel_url"]
DIRECTORIES = ["a directory", "editable"]
IN_REPOSITORY = ["in_commit", "unnamed", "in_tag", "in_place"]


def write_project(folder: Path) -> None:
    folder.mkdir(parents=True)
    text = PYPROJECT.format(name=folder.name.replace(" ", "_"))
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    (folder / "backend.py").write_text(BACKEND, encoding="utf-8")


@pytest.fixture
def commit(tmp_path: Path, git: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> str:
    """Write what the lines name, and return the commit of the repository."""
    repository = tmp_path / "repository"
    for name in [*WHEELS, *DIRECTORIES]:
        write_project(tmp_path / name)
    for name in IN_REPOSITORY:
        write_project(repository / name)
    (tmp_path / "dist").mkdir()
    code = "import backend; backend.build_wheel('../dist')"
    for name in WHEELS:
        subprocess.run([sys.executable, "-c", code], cwd=tmp_path / name, check=True)
    for command in ("init -q -b main", "add -A", "commit -qm one", "tag v1"):
        assert git(*command.split(), cwd=repository).code == 0
    monkeypatch.chdir(tmp_path)
    return git("rev-parse", "HEAD", cwd=repository).out.strip()


def install(tool: str, environment: Venv, lock: Path) -> str:
    """Install a lock with pip or uv, and return what the same tool then freezes."""
    python = str(environment.python)
    pip = {"pip": [python, "-m", "pip"], "uv": ["uv", "pip"]}[tool]
    where = ["--python", python] if tool == "uv" else []
    command = [*pip, "install", "-q", *where, "--no-build-isolation", "-r", str(lock)]
    subprocess.run(command, check=True, capture_output=True)
    frozen = subprocess.run([*pip, "freeze", *where], check=True, capture_output=True, text=True)
    return frozen.stdout


@pytest.mark.parametrize(
    ("tool", "lines", "unverifiable"),
    [
        ("pip", LINES + ONLY_PIP, {"lock.txt": ["in-tag", "in-place"], "frozen.txt": ["in-place"]}),
        ("uv", LINES, {"lock.txt": ["in-tag"], "frozen.txt": []}),
    ],
)
def test_what_was_installed_and_what_is_frozen(
    tool: str,
    lines: str,
    unverifiable: dict[str, list[str]],
    commit: str,
    tmp_path: Path,
    venv: Callable[..., Venv],
    run: Callable[..., Result],
) -> None:
    environment = venv()
    lock = tmp_path / "lock.txt"
    lock.write_text(lines.format(uri=tmp_path.as_uri(), commit=commit), encoding="utf-8")
    frozen = install(tool, environment, lock)
    (tmp_path / "frozen.txt").write_text(frozen, encoding="utf-8")

    for name, expected in unverifiable.items():
        options = ("--format", "json", "--python", environment.python, "-l", name)
        code, out, err = run("verify", *options)
        assert code == 0, out + err
        found = [(f["package"], f["status"]) for f in json.loads(out)["findings"]]
        # Nothing is extra either: a line without a name is known by what it installed.
        assert sorted(found) == sorted((package, "unverifiable") for package in expected)
