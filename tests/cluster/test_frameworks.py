"""The README's examples for Dask and Ray, run with the real packages as they stand."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import lockhook
from tests.e2e.conftest import Venv

pytestmark = [
    pytest.mark.registry,
    pytest.mark.skipif(sys.platform == "win32", reason="gloo and Ray want other set-ups there"),
]

ROOT = Path(lockhook.__file__).parent.parent
NEEDS = {"dask": "distributed", "ray": "ray"}
LIMIT = 60

# Runs when any Python of the environment starts; one process claims the fault.
FAULTY = """\
import os, sys
ours = "--multiprocessing-fork" in sys.orig_argv or any(
    part.endswith("default_worker.py") for part in sys.orig_argv)
if ours and "FAULT" in os.environ:
    try:
        os.close(os.open(os.environ["CLAIM"], os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        pass
    else:
        exec(os.environ["FAULT"])
"""
RAISES = """\
from lockhook._runtime import installed
def boom(path): raise RuntimeError("boom")
installed.scan = boom
"""


@pytest.fixture(scope="module")
def venvs(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Venv]:
    known: dict[str, Venv] = {}

    def venvs(name: str) -> Venv:
        if name not in known:
            venv = Venv(tmp_path_factory.mktemp(name))
            pip = [str(venv.python), "-m", "pip", "install", "-q", "numpy", "packaging", "tomli"]
            done = subprocess.run([*pip, NEEDS[name]], capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            (site,) = venv.folder.glob("lib/python3.*/site-packages")
            (site / "lockhook.pth").write_text(f"{ROOT}\n")
            (site / "sitecustomize.py").write_text(FAULTY)
            known[name] = venv
        return known[name]

    return venvs


def launch(venv: Venv, name: str, folder: Path, **env: str) -> tuple[int, str]:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = readme.partition(f"<!-- {name} -->\n```python\n")[2].partition("```\n")[0]
    (folder / "bench.py").write_text(block)
    dist = folder / "shadow" / "foo-3.dist-info"
    for info, version in ((dist, "3"), (folder / "base" / "foo-1.dist-info", "1")):
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Name: foo\nVersion: {version}\n")
        (info.parent / "foo.py").write_text("")
    (folder / "requirements.txt").write_text("foo==1\n")
    command = [str(venv.python), "bench.py"]
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": "base", "CLAIM": str(folder / "claim"), **env},
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("name", NEEDS)
def test_all_is_well(venvs: Callable[[str], Venv], name: str, tmp_path: Path) -> None:
    code, said = launch(venvs(name), name, tmp_path)
    assert code == 0, said
    assert "Lockfile Validation Report" not in said


def test_a_worker_that_raises(venvs: Callable[[str], Venv], tmp_path: Path) -> None:
    code, said = launch(venvs("dask"), "dask", tmp_path, FAULT=RAISES)
    assert code == 1
    assert said.count("Lockfile Validation Report") == 1, said
    assert "RuntimeError: boom" in said
