"""Torch that comes in through other packages, on the real uv and with the real installers."""

from __future__ import annotations

import base64
import functools
import os
import re
import shutil
import subprocess
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import tomli

from lockhook._authoring.torch_wheels import write_indexes
from lockhook._authoring.wheelhouse import Wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lockhook._authoring.torch_wheels import Indexes
    from tests.conftest import Result

    Run = Callable[..., Result]

FAMILY = {"torch", "torchvision"}


@pytest.fixture(scope="session")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Indexes:
    """The package world, with more packages that want torch, and one that wants an accelerator."""
    more = (
        Wheel(name="vision-tools", version="1.0", requires=["torchvision"]),
        Wheel(name="linux-tools", version="1.0", requires=["torch ; sys_platform == 'linux'"]),
        Wheel(name="ranged", version="1.0", requires=["torch>=2,<3"]),
        Wheel(name="deep", version="1.0", requires=["ranged", "vision-tools"]),
        Wheel(name="loader", version="1.0", requires=["nvidia-dali-cuda120"]),
        Wheel(name="nvidia-dali-cuda120", version="1.50.0"),
    )
    return write_indexes(tmp_path_factory.mktemp("wide"), more)


PYPROJECT = """\
[project]
name = "bench"
version = "1"
requires-python = ">=3.10"
dependencies = {dependencies}

[[tool.uv.index]]
name = "default"
url = "{world.default}"
default = true

[[tool.uv.index]]
name = "pytorch-cpu"
url = "{world.cpu}"
explicit = true

{more}
"""


@pytest.fixture
def project(tmp_path: Path, wide: Indexes, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    def project(*dependencies: str, more: str = "") -> Path:
        folder = tmp_path / "bench"
        folder.mkdir(exist_ok=True)
        text = PYPROJECT.format(dependencies=list(dependencies), more=more, world=wide)
        (folder / "pyproject.toml").write_text(text)
        monkeypatch.chdir(folder)
        return folder

    return project


def pinned(lock: Path) -> list[tuple[str, str, str]]:
    """Read a lock with nothing of lockhook's: name, version and marker of each line or package."""
    text = lock.read_text()
    if lock.suffix == ".toml":
        packages = tomli.loads(text)["packages"]
        return [(p["name"], p["version"], p.get("marker", "")) for p in packages]
    lines = re.findall(r"(?m)^([a-z0-9-]+)==(\S+)(?: ; (.*?))?(?: \\)?$", text)
    return [(name, version, marker) for name, version, marker in lines]


def assert_cpu_only(lock: Path) -> None:
    for name, version, marker in pinned(lock):
        assert not name.startswith(("nvidia", "triton", "cuda"))
        if name in FAMILY:
            assert version.endswith("+cpu") or "sys_platform == 'darwin'" in marker


SOURCE = '[tool.uv.sources]\ntorch = {index = "pytorch-cpu"}\n'
ON_LINUX = """\
[tool.uv.sources]
torch = {index = "pytorch-cpu", marker = "sys_platform == 'linux'"}
"""
EXTRA = '[project.optional-dependencies]\nfull = ["{}"]\n'
GROUP = '[dependency-groups]\ndev = ["{}"]\n'
PROJECTS = [
    pytest.param(["torch"], SOURCE, [], FAMILY - {"torchvision"}, id="direct"),
    pytest.param(["torch"], "", [], {"torch"}, id="direct without source"),
    pytest.param(["torch"], ON_LINUX, [], {"torch"}, id="source on one platform"),
    pytest.param(["torch==2.9.1"], SOURCE, [], {"torch"}, id="pinned"),
    pytest.param(["torch==2.9.1", "deep"], "", [], FAMILY, id="pinned and transitive"),
    pytest.param(["torch>=2,<3"], SOURCE, [], {"torch"}, id="ranged"),
    pytest.param(["accelerate"], "", [], {"torch"}, id="transitive"),
    pytest.param(["accelerate"], SOURCE, [], {"torch"}, id="transitive with source"),
    pytest.param(["ranged"], SOURCE, [], {"torch"}, id="transitive ranged"),
    pytest.param(["vision-tools"], "", [], FAMILY, id="torchvision is transitive"),
    pytest.param(["vision-tools", "torch"], SOURCE, [], FAMILY, id="one direct, one transitive"),
    pytest.param(["deep"], "", [], FAMILY, id="two steps away"),
    pytest.param(["linux-tools"], "", [], {"torch"}, id="on one platform"),
    pytest.param(["linux-tools", "deep"], "", [], FAMILY, id="on one and on all"),
    pytest.param(["accelerate ; sys_platform == 'linux'"], "", [], {"torch"}, id="by marker"),
    pytest.param(["accelerate ; python_version < '3.12'"], "", [], {"torch"}, id="on some Pythons"),
    pytest.param(["click"], EXTRA.format("deep"), ["--extra", "full"], FAMILY, id="by extra"),
    pytest.param(["click"], EXTRA.format("deep"), [], set(), id="by an extra that is not asked"),
    pytest.param(["click"], GROUP.format("torch"), ["--group", "dev"], {"torch"}, id="by group"),
    pytest.param(["pandas"], SOURCE, [], set(), id="absent"),
]


@pytest.mark.parametrize("name", ["requirements.txt", "pylock.toml"])
@pytest.mark.parametrize(("dependencies", "more", "flags", "family"), PROJECTS)
def test_the_lock_is_cpu_only_installs_and_stays(
    project: Callable[..., Path],
    run: Run,
    wide: Indexes,
    tmp_path: Path,
    dependencies: list[str],
    more: str,
    flags: list[str],
    family: set[str],
    name: str,
) -> None:
    folder = project(*dependencies, more=more)
    hashes = ["--hashes"] if name == "requirements.txt" else []
    code, _, err = run("generate", "-o", name, *flags, *hashes)
    assert code == 0, err
    lock = folder / name
    assert {pin[0] for pin in pinned(lock)} & FAMILY == family
    assert_cpu_only(lock)
    first = lock.read_bytes()
    assert b"lockhook-" not in first
    assert run("generate", "-o", name, *flags, *hashes).code == 0
    assert lock.read_bytes() == first
    assert os.listdir(folder).count(name) == 1
    assert sorted(os.listdir(folder)) == sorted([name, "pyproject.toml"])
    install(lock, tmp_path / "env", wide)
    verified = run("verify", "-l", name, "--python", tmp_path / "env")
    assert verified.code == 0, verified.out


def install(lock: Path, venv: Path, world: Indexes) -> None:
    """Install a lock with uv, which knows nothing but the default index and what the lock says."""
    strategy = ["--index-strategy", "unsafe-best-match", "--default-index", world.default]
    for command in (["venv", "-q", venv], ["pip", "sync", "-q", *strategy, lock.name]):
        subprocess.run(
            ["uv", *map(str, command)],
            cwd=lock.parent,
            env={**os.environ, "VIRTUAL_ENV": str(venv)},
            check=True,
        )


@pytest.mark.parametrize("name", ["requirements.txt", "pylock.toml"])
def test_plain_pip_installs_it(
    project: Callable[..., Path],
    run: Run,
    wide: Indexes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    project("deep", "accelerate")
    required = [] if name == "pylock.toml" else ["--require-hashes"]
    assert run("generate", "-o", name, *(["--hashes"] if required else [])).code == 0
    subprocess.run(["uv", "venv", "-q", str(tmp_path / "env")], check=True)
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", wide.default)
    pip = [sys.executable, "-m", "pip", "--python", str(tmp_path / "env"), "install", "--quiet"]
    command = [*pip, *required, "-r", name]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert run("verify", "-l", name, "--python", tmp_path / "env").code == 0


def test_a_folder_of_wheels_is_an_index_too(
    project: Callable[..., Path], run: Run, wide: Indexes, tmp_path: Path
) -> None:
    folder, flat = project("deep"), tmp_path / "flat"
    flat.mkdir()
    for wheel in Path(wide.cpu.removeprefix("file://")).glob("torch*/*.whl"):
        shutil.copy(wheel, flat)
    pyproject = folder / "pyproject.toml"
    entry = 'format = "flat"\nurl = "../flat"'
    pyproject.write_text(pyproject.read_text().replace(f'url = "{wide.cpu}"', entry))
    assert run("generate", "--hashes").code == 0
    lock = folder / "requirements.txt"
    assert_cpu_only(lock)
    assert f"\n--find-links {flat.as_uri()}\n" in lock.read_text()
    install(lock, tmp_path / "env", wide)
    assert run("verify", "--python", tmp_path / "env").code == 0


# --- an index that wants to know who asks ---

SECRET = "hush-hush"


class Guarded(SimpleHTTPRequestHandler):
    def send_head(self) -> Any:
        given = self.headers.get("Authorization", "").removeprefix("Basic ")
        if base64.b64decode(given) == f"somebody:{SECRET}".encode():
            return super().send_head()
        self.send_response(401)
        self.send_header("WWW-Authenticate", "Basic")
        self.send_header("Content-Length", "0")
        self.end_headers()
        return None

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        pass


@pytest.fixture
def guarded(wide: Indexes, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where the CPU index is served to those who have the password."""
    monkeypatch.delenv("UV_OFFLINE")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    handler = functools.partial(Guarded, directory=wide.cpu.removeprefix("file://"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("where", ["url", "environment"])
@pytest.mark.parametrize("name", ["requirements.txt", "pylock.toml"])
def test_credentials_of_the_index(
    project: Callable[..., Path],
    run: Run,
    wide: Indexes,
    guarded: str,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    where: str,
) -> None:
    folder = project("accelerate", "vision-tools")
    who = f"somebody:{SECRET}@" if where == "url" else ""
    if not who:
        monkeypatch.setenv("UV_INDEX_PYTORCH_CPU_USERNAME", "somebody")
        monkeypatch.setenv("UV_INDEX_PYTORCH_CPU_PASSWORD", SECRET)
    pyproject = folder / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace(wide.cpu, f"http://{who}{guarded}"))
    code, out, err = run("generate", "-o", name)
    assert code == 0, err
    assert_cpu_only(folder / name)
    text = (folder / name).read_text()
    assert f"http://{guarded}" in text
    assert SECRET not in text + out + err
    assert run("generate", "-o", name).code == 0
    assert (folder / name).read_text() == text
    assert "leak" not in run("check").out


# --- what still leaks is not written ---


def test_a_leak_names_its_chain_and_what_mends_it(project: Callable[..., Path], run: Run) -> None:
    folder = project("click", "loader")
    for name in ("requirements.txt", "pylock.toml"):
        code, out, err = run("generate", "-o", name)
        assert (code, out) == (1, "")
        assert err == (
            f"lockhook: {folder / name}: would not be CPU-only, so it is not written:\n"
            "  nvidia-dali-cuda120 1.50.0 is for accelerators only\n"
            "    bench (pyproject.toml) -> loader -> nvidia-dali-cuda120\n"
            "  next: do without it, or allow it in pyproject.toml: [tool.lockhook.accept] "
            'nvidia-dali-cuda120 = "why it is needed"\n'
        )
        assert not (folder / name).exists()


def test_an_accepted_accelerator_package_is_written_and_listed(
    project: Callable[..., Path], run: Run
) -> None:
    accept = '[tool.lockhook.accept]\nnvidia-dali-cuda120 = "the loader needs it"\n'
    folder = project("loader", "accelerate", more=accept)
    code, out, _ = run("generate")
    assert code == 0
    assert "  note: accepted: nvidia-dali-cuda120 1.50.0: the loader needs it\n" in out
    assert {"nvidia-dali-cuda120", "torch"} <= {
        pin[0] for pin in pinned(folder / "requirements.txt")
    }
    code, out, _ = run("check")
    assert code == 0
    assert "accepted: nvidia-dali-cuda120 1.50.0: the loader needs it" in out


def test_without_a_cpu_index_the_lock_is_not_written(
    project: Callable[..., Path], run: Run, wide: Indexes
) -> None:
    folder = project("accelerate")
    (folder / "requirements.txt").write_text("click==8.1.8\n")
    pyproject = folder / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace(wide.cpu, f"{wide.default}#"))
    text = pyproject.read_text().replace('name = "pytorch-cpu"', 'name = "other"')
    pyproject.write_text(text)
    code, _, err = run("generate")
    assert code == 1
    assert "torch 2.9.1 comes from" in err
    assert "bench (pyproject.toml) -> accelerate -> torch -> triton" in err
    assert "next: name the CPU index in pyproject.toml" in err
    assert (folder / "requirements.txt").read_text() == "click==8.1.8\n"


def test_what_else_the_cpu_index_carries_is_refused(
    project: Callable[..., Path], run: Run, tmp_path: Path
) -> None:
    folder = project("accelerate")
    pyproject = folder / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace("explicit = true", "explicit = false"))
    for name in ("requirements.txt", "pylock.toml"):
        code, _, err = run("generate", "-o", name)
        assert code == 1
        assert "filelock 3.13.1 comes from the CPU index, which is for torch alone" in err
        assert "next: set `explicit = true` for the CPU index" in err


def test_any_accelerator(project: Callable[..., Path], run: Run) -> None:
    folder = project("accelerate", more='[tool.lockhook]\naccelerator = "any"\n')
    assert run("generate").code == 0
    assert "triton" in (folder / "requirements.txt").read_text()
    assert run("check").code == 0


# --- check and sync ---


def test_check_finds_the_leak_in_a_lock_of_uv_and_sync_mends_it(
    project: Callable[..., Path], run: Run
) -> None:
    folder = project("accelerate", more=SOURCE)
    compile_ = ["uv", "pip", "compile", "-q", "--universal", "pyproject.toml"]
    subprocess.run([*compile_, "-o", "requirements.txt"], check=True, stdout=subprocess.DEVNULL)
    lock = folder / "requirements.txt"
    assert "triton" in lock.read_text()
    code, out, _ = run("check")
    assert code == 1
    assert out.startswith("requirements.txt: leak\n")
    assert "  - torch 2.9.1 comes from an index that the lock does not name" in out
    assert "  - triton 3.5.1 is for accelerators only" in out
    assert "lockhook sync" in out
    assert run("sync").code == 1
    assert_cpu_only(lock)
    assert run("sync").code == 0


def test_sync_does_not_leave_a_leak_it_cannot_mend_unsaid(
    project: Callable[..., Path], run: Run
) -> None:
    folder = project("click")
    assert run("generate").code == 0
    before = (folder / "requirements.txt").read_bytes()
    project("click", "loader")
    code, _, err = run("sync")
    assert code == 1
    assert "nvidia-dali-cuda120 1.50.0 is for accelerators only" in err
    assert (folder / "requirements.txt").read_bytes() == before
