"""What the built wheel and sdist contain: everything they should, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOP = {".gitignore", ".pre-commit-hooks.yaml", "LICENSE", "README.md", "pyproject.toml"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def sources(folder: str) -> set[str]:
    """The files of the project that belong into a distribution, as they lie on disk."""
    paths = (path for path in (ROOT / folder).rglob("*") if path.is_file())
    return {p.relative_to(ROOT).as_posix() for p in paths if p.suffix not in {".pyc", ".pyo"}}


def test_the_wheel_is_the_package(built: Path) -> None:
    (path,) = built.glob("*.whl")
    with zipfile.ZipFile(path) as wheel:
        names = set(wheel.namelist())
    info = f"{'-'.join(path.name.split('-')[:2])}.dist-info"
    metadata = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}
    assert names == sources("lockhook") | {f"{info}/{name}" for name in metadata}
    assert {"lockhook/py.typed", "lockhook/__init__.py"} <= names


def test_the_sdist_is_the_project(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert names == sources("lockhook") | sources("tests") | TOP | {"PKG-INFO"}


def test_the_base_has_two_dependencies(built: Path) -> None:
    (path,) = built.glob("*.whl")
    with zipfile.ZipFile(path) as wheel:
        name = next(name for name in wheel.namelist() if name.endswith("METADATA"))
        metadata = Parser().parsestr(wheel.read(name).decode())
    requires = metadata.get_all("Requires-Dist", [])
    assert [r for r in requires if "extra" not in r] == ["packaging>=24.0", "tomli>=2.0.1"]
    assert set(metadata.get_all("Provides-Extra", [])) == {
        "bench",
        "cli",
        "demo",
        "dev",
        "mpi",
        "uv",
    }
    assert metadata["Requires-Python"] == ">=3.10"
