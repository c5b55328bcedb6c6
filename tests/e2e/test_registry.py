"""The whole way against the real package registry, with the CPU index on loopback."""

from __future__ import annotations

import functools
import re
import subprocess
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from lockhook._authoring.torch_wheels import cpu_wheels
from lockhook._authoring.wheelhouse import write_index
from tests.e2e.conftest import Venv, shell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Result

pytestmark = pytest.mark.registry

PYPROJECT = """\
[project]
name = "bench"
version = "1"
requires-python = ">=3.10"
dependencies = ["accelerate", "torch"{more}]

[project.optional-dependencies]
full = ["pandas"]

[tool.uv.sources]
torch = {{ index = "pytorch-cpu" }}

[[tool.uv.index]]
name = "pytorch-cpu"
url = "{url}"
explicit = true
"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        pass


@pytest.fixture(scope="module")
def cpu_index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("cpu")
    write_index(folder, cpu_wheels())
    handler = functools.partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_generate_check_sync_verify(
    tmp_path: Path,
    cpu_index: str,
    spawn: Callable[..., Result],
    venv: Callable[..., Venv],
) -> None:
    pyproject = tmp_path / "pyproject.toml"
    pyproject.write_text(PYPROJECT.format(more="", url=cpu_index))
    made = spawn("generate", "--all", cwd=tmp_path)
    assert made.code == 0, made.err
    base, full = tmp_path / "requirements.txt", tmp_path / "requirements-full.txt"
    assert "torch==2.9.1+cpu ; " in base.read_text()
    assert "pandas==" in full.read_text()
    assert not re.search("^(nvidia|triton|cuda)", base.read_text() + full.read_text(), re.MULTILINE)
    assert spawn("check", cwd=tmp_path).code == 0

    pyproject.write_text(PYPROJECT.format(more=', "tqdm>=4"', url=cpu_index))
    stale = spawn("check", cwd=tmp_path)
    assert stale.code == 1
    assert "  - dependencies: added tqdm>=4\n" in stale.out
    assert spawn("sync", cwd=tmp_path).code == 1
    assert spawn("sync", cwd=tmp_path).code == 0

    environment = venv()
    environment.uv_install(
        "--index-strategy", "unsafe-best-match", "-r", "requirements.txt", cwd=tmp_path
    )
    verified = spawn("verify", "--python", environment.python, cwd=tmp_path)
    assert (verified.code, verified.err) == (0, "")

    pip = [str(environment.python), "-m", "pip", "install", "--quiet", "numpy==2.2.5"]
    subprocess.run(pip, check=True, cwd=tmp_path)
    for i in range(2):
        differs = spawn("verify", "--python", environment.python, cwd=tmp_path)
        assert differs.code == 1
        assert re.search(r"^  - numpy: expected \S+, found 2\.2\.5 \(", differs.out, re.MULTILINE)
        commands = differs.out.partition("To fix, run one of:\n")[2].strip().split("\n")
        assert len(commands) == 2
        done = shell(commands[i].strip(), tmp_path)
        assert done.returncode == 0, done.stderr.decode()
        assert spawn("verify", "--python", environment.python, cwd=tmp_path).code == 0
        subprocess.run(pip, check=True, cwd=tmp_path)


SUITE = """\
[project]
name = "storage-suite"
version = "1"
requires-python = ">=3.10"
dependencies = ["accelerate", "pynvml", "psutil", "pyarrow"]

[project.optional-dependencies]
full = ["sentence-transformers", "pandas"]

[tool.uv.sources]
torch = {{ index = "pytorch-cpu" }}

[[tool.uv.index]]
name = "pytorch-cpu"
url = "{url}"
explicit = true
"""
ACCEPT = '[tool.lockhook.accept]\nnvidia-ml-py = "reads the power meter"\n'
ACCELERATORS = re.compile(r'^(?:name = ")?((?:nvidia|cuda|triton)[a-z0-9-]*)', re.MULTILINE)


def test_a_suite_that_pulls_torch_in(
    tmp_path: Path, cpu_index: str, spawn: Callable[..., Result]
) -> None:
    # Counted: in uv's own lock, though the project names the CPU index; and in ours.
    pyproject = tmp_path / "pyproject.toml"
    pyproject.write_text(SUITE.format(url=cpu_index))
    subprocess.run(["uv", "lock", "--quiet"], cwd=tmp_path, check=True)
    by_uv = set(ACCELERATORS.findall((tmp_path / "uv.lock").read_text()))
    assert len(by_uv) > 10
    leak = spawn("check", cwd=tmp_path)
    assert leak.code == 1
    assert "uv.lock: leak\n" in leak.out

    refused = spawn("generate", "--all", cwd=tmp_path)
    assert refused.code == 1
    assert "    storage-suite (pyproject.toml) -> pynvml -> nvidia-ml-py\n" in refused.err
    pyproject.write_text(SUITE.format(url=cpu_index) + ACCEPT)
    made = spawn("generate", "--all", cwd=tmp_path)
    assert made.code == 0, made.err
    for name in ("requirements.txt", "requirements-full.txt"):
        text = (tmp_path / name).read_text()
        assert set(ACCELERATORS.findall(text)) == {"nvidia-ml-py"}
        assert "torch==2.9.1+cpu ; sys_platform != 'darwin'" in text
    why = spawn("why", "torch", "-l", "requirements-full.txt", cwd=tmp_path)
    assert "  storage-suite (pyproject.toml) -> sentence-transformers -> torch\n" in why.out
