"""The README's examples for torchrun, Dask and Ray, run with the real packages as they stand."""

from __future__ import annotations

import json
import os
import signal
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
NEEDS = {"torchrun": "torch==2.13.0", "dask": "distributed", "ray": "ray"}
# Where the developer's pip finds torch for the CPU, which PyPI does not have for Linux; read
# here, since the fixture `hermetic` takes it out of the environment.
PLACES = ("PIP_FIND_LINKS", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL")
INDEXES = {name: os.environ[name] for name in PLACES if name in os.environ}
LIMIT = 60  # seconds in which a job has to end, on a busy machine too

# Runs when any Python of the environment starts: a worker of Ray, one rank of torchrun, and the
# worker of Dask that claims the fault.
FAULTY = """\
import os, sys
def claimed():
    try:
        os.close(os.open(os.environ["CLAIM"], os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True
if "FAULT" in os.environ and (
    any(part.endswith("default_worker.py") for part in sys.orig_argv)
    or os.environ.get("RANK") == "2"
    or ("--multiprocessing-fork" in sys.orig_argv and claimed())
):
    exec(os.environ["FAULT"])
"""
RAISES = """\
from lockhook._runtime import installed
def boom(*_): raise RuntimeError("boom")
installed.scan = boom
"""
NO_LOCK = """\
from lockhook._runtime import lock_bytes
def gone(path): raise FileNotFoundError(2, "gone", path)
lock_bytes.open = gone
"""
# Another folder is first on the path; `spawn`, which Dask starts its workers by, sets the path.
ANOTHER_VERSION = """\
from multiprocessing import spawn
shadow, prepare = {shadow!r}, spawn.prepare
def prepared(data):
    prepare(data)
    sys.path.insert(0, shadow)
spawn.prepare = prepared
sys.path.insert(0, shadow)
"""


def pip(venv: Venv, *arguments: str) -> str:
    command = [str(venv.python), "-m", "pip", "install", "-q", *arguments]
    done = subprocess.run(
        command, env={**os.environ, **INDEXES}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def skip_unless_for_the_cpu(venv: Venv, torch: str) -> None:
    report = json.loads(pip(venv, "--dry-run", "--report", "-", torch))
    found = {item["metadata"]["name"]: item["metadata"]["version"] for item in report["install"]}
    if "+cpu" not in found["torch"] and any(name.startswith("nvidia-") for name in found):
        pytest.skip("pip's index has torch for CUDA only, with gigabytes of libraries")


def build(folder: Path, name: str) -> None:
    venv = Venv(folder)
    if name == "torchrun":
        skip_unless_for_the_cpu(venv, NEEDS[name])
    pip(venv, "numpy", "packaging", "tomli", NEEDS[name])
    (site,) = folder.glob("lib/python3.*/site-packages")
    (site / "lockhook.pth").write_text(f"{ROOT}\n")
    (site / "sitecustomize.py").write_text(FAULTY)


@pytest.fixture
def venvs(built: Callable[[str, Callable[[Path], None]], Path]) -> Callable[[str], Venv]:
    return lambda name: Venv(built(name, lambda folder: build(folder, name)))


def program(name: str, folder: Path) -> Path:
    """Write the README's example, and what it is about: a lock, and two versions of a package."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = readme.partition(f"<!-- {name} -->\n```python\n")[2].partition("```\n")[0]
    (folder / "bench.py").write_text(block)
    dist = folder / "shadow" / "foo-3.dist-info"
    for info, version in ((dist, "3"), (folder / "base" / "foo-1.dist-info", "1")):
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Name: foo\nVersion: {version}\n")
        (info.parent / "foo.py").write_text("")
    (folder / "requirements.txt").write_text("foo==1\n")
    return folder / "bench.py"


def launch(venv: Venv, name: str, folder: Path, **env: str) -> tuple[int, str]:
    command = [str(venv.python), str(program(name, folder))]
    if name == "torchrun":
        # `torchrun`, with a free port
        command[1:1] = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "4"]
    paths = {"PYTHONPATH": str(folder / "base"), "CLAIM": str(folder / "claim")}
    with subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **paths, **env},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as job:
        try:
            said = job.communicate(timeout=LIMIT)[1]
        except subprocess.TimeoutExpired:
            os.killpg(job.pid, signal.SIGKILL)
            raise
    return job.returncode, said


@pytest.mark.parametrize("name", NEEDS)
def test_all_is_well(venvs: Callable[[str], Venv], name: str, tmp_path: Path) -> None:
    code, said = launch(venvs(name), name, tmp_path)
    assert code == 0, said
    assert "Lockfile Validation Report" not in said


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (ANOTHER_VERSION, "- foo: expected 1, found 3 ("),
        (NO_LOCK, "- cannot be decided: "),
        (RAISES, "- cannot be decided: RuntimeError: boom ("),
    ],
    ids=["another version", "no lock", "raises"],
)
@pytest.mark.parametrize("name", NEEDS)
def test_one_is_faulty(
    venvs: Callable[[str], Venv], name: str, fault: str, told: str, tmp_path: Path
) -> None:
    fault = fault.format(shadow=str(tmp_path / "shadow")) if "{" in fault else fault
    code, said = launch(venvs(name), name, tmp_path, FAULT=fault)
    assert code == 1, said
    assert said.count("Lockfile Validation Report") == 1, said
    assert said.count(told) == 1, said
    assert (name == "ray") or ("(1 of " in said), said
