from __future__ import annotations

import base64
import csv
import hashlib
import importlib.metadata
import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from packaging.tags import parse_tag
from packaging.utils import parse_wheel_filename

from lockhook._authoring import torch_wheels
from lockhook._authoring.wheelhouse import Wheel, write_index

BIN = Path(sys.executable).parent
UV = shutil.which("uv", path=f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}")
PYPROJECT = """\
[project]
name = "bench"
version = "1"
requires-python = ">=3.10"
dependencies = {dependencies}
[tool.uv.sources]
torch = {{ index = "pytorch-cpu" }}
torchvision = {{ index = "pytorch-cpu" }}
[[tool.uv.index]]
name = "default"
url = "{indexes.default}"
default = true
[[tool.uv.index]]
name = "pytorch-cpu"
url = "{indexes.cpu}"
explicit = true
"""


@pytest.fixture(scope="module")
def indexes(tmp_path_factory: pytest.TempPathFactory) -> torch_wheels.Indexes:
    # A blank and a percent sign, since both must be quoted in the URL of a local index.
    return torch_wheels.write_indexes(tmp_path_factory.mktemp("local 100% index"))


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    dropped = ("UV_", "PIP_", "PYTHON", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    return {
        **kept,
        "UV_OFFLINE": "1",
        "UV_CACHE_DIR": str(tmp_path / "cache"),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_CACHE_DIR": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "XDG_CONFIG_HOME": str(tmp_path),
    }


def run(*command: str | Path, cwd: Path, env: dict[str, str]) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def uv(*arguments: str | Path, cwd: Path, env: dict[str, str]) -> str:
    assert UV, "uv belongs to the development environment"
    return run(UV, *arguments, cwd=cwd, env=env)


def read(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


# --- one wheel ---


@pytest.mark.parametrize(
    ("name", "version", "tag", "file_name"),
    [
        ("numpy", "2.2.6", "py3-none-any", "numpy-2.2.6-py3-none-any.whl"),
        ("torch", "2.9.1+cpu", "py3-none-win_amd64", "torch-2.9.1+cpu-py3-none-win_amd64.whl"),
        ("Ruamel.yaml--C", "1!0.2rc1", "py3-none-any", "ruamel_yaml_c-1!0.2rc1-py3-none-any.whl"),
        ("six", "1.17", "py2.py3-none-any", "six-1.17-py2.py3-none-any.whl"),
    ],
)
def test_file_name_is_what_packaging_reads_back(
    name: str, version: str, tag: str, file_name: str
) -> None:
    wheel = Wheel(name=name, version=version, tag=tag)
    assert wheel.file_name == file_name
    project, parsed, _, tags = parse_wheel_filename(file_name)
    assert (project, str(parsed), tags) == (wheel.project, version, parse_tag(tag))


def test_record_lists_every_file_with_its_hash_and_size(tmp_path: Path) -> None:
    wheel = Wheel(name="a-b", version="1", files={"a_b/x,y.txt": "x", "a_b/data.bin": b"\xff\0"})
    files = read(wheel.build(tmp_path))
    rows = list(csv.reader(io.StringIO(files["a_b-1.dist-info/RECORD"].decode())))
    assert [row[0] for row in rows] == list(files)
    assert rows[-1] == ["a_b-1.dist-info/RECORD", "", ""]
    for path, digest, size in rows[:-1]:
        expected = base64.urlsafe_b64encode(hashlib.sha256(files[path]).digest()).rstrip(b"=")
        assert (digest, size) == (f"sha256={expected.decode()}", str(len(files[path])))


def test_metadata_has_requirements_extras_and_python() -> None:
    wheel = Wheel(
        name="bench",
        version="1.0",
        requires=["numpy>=1 ; os_name == 'posix'"],
        extras={"full": ["pandas", "tqdm>4 ; os_name == 'nt' or os_name == 'posix'"]},
        requires_python=">=3.10",
    )
    meta = Parser().parsestr(wheel.contents()["bench-1.0.dist-info/METADATA"].decode())
    assert (meta["Name"], meta["Version"], meta["Requires-Python"]) == ("bench", "1.0", ">=3.10")
    assert meta.get_all("Provides-Extra") == ["full"]
    assert meta.get_all("Requires-Dist") == [
        "numpy>=1 ; os_name == 'posix'",
        "pandas ; extra == 'full'",
        "tqdm>4 ; (os_name == 'nt' or os_name == 'posix') and extra == 'full'",
    ]


def test_wheel_file_expands_compressed_tags_and_knows_what_is_pure() -> None:
    any_wheel = Wheel(name="a", version="1", tag="py2.py3-none-any").contents()
    assert any_wheel["a-1.dist-info/WHEEL"].decode().splitlines()[2:] == [
        "Root-Is-Purelib: true",
        "Tag: py2-none-any",
        "Tag: py3-none-any",
    ]
    linux = Wheel(name="a", version="1", tag="cp311-cp311-linux_x86_64").contents()
    assert b"Root-Is-Purelib: false\n" in linux["a-1.dist-info/WHEEL"]


def test_same_wheel_same_bytes_over_an_older_file(tmp_path: Path) -> None:
    wheel = Wheel(name="a", version="1", files={"a/b.py": "x = 1\n"})
    first = wheel.build(tmp_path / "one").read_bytes()
    (tmp_path / wheel.file_name).write_bytes(b"left over " * 1000)
    assert wheel.build(tmp_path).read_bytes() == first


def test_unpacked_contents_are_an_installed_distribution(tmp_path: Path) -> None:
    wheel = Wheel(name="Zope.Thing", version="1.0", scripts={"thing": "zope_thing:main"})
    for name, data in wheel.contents().items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    (found,) = importlib.metadata.distributions(path=[str(tmp_path)])
    assert (found.metadata["Name"], found.version) == ("Zope.Thing", "1.0")
    (script,) = found.entry_points
    assert (script.group, script.name, script.value) == (
        "console_scripts",
        "thing",
        "zope_thing:main",
    )


# --- an index ---


def test_index_pages_follow_the_simple_repository_api(tmp_path: Path) -> None:
    wheel = Wheel(name="Ruamel.Yaml", version="1.0+cpu", requires_python=">=3.10")
    url = write_index(tmp_path / "index", [wheel, Wheel(name="a", version="1")])
    assert url == (tmp_path / "index").as_uri()
    root = (tmp_path / "index/index.html").read_text()
    assert re.findall(r'href="([^"]+)"', root) == ["a/", "ruamel-yaml/"]
    page = (tmp_path / "index/ruamel-yaml/index.html").read_text()
    data = (tmp_path / "index/ruamel-yaml" / wheel.file_name).read_bytes()
    assert (
        '<a href="ruamel_yaml-1.0%2Bcpu-py3-none-any.whl'
        f'#sha256={hashlib.sha256(data).hexdigest()}" data-requires-python="&gt;=3.10">'
        "ruamel_yaml-1.0+cpu-py3-none-any.whl</a>"
    ) in page


# --- the PyTorch world, under the real tools ---


def compile_lock(
    folder: Path, env: dict[str, str], indexes: torch_wheels.Indexes, dependencies: list[str]
) -> dict[str, str]:
    """Return the lock's lines by pin, each with the hashes that follow it."""
    text = PYPROJECT.format(dependencies=dependencies, indexes=indexes)
    (folder / "pyproject.toml").write_text(text)
    options = ("--universal", "--python-version=3.10", "--generate-hashes", "--no-annotate")
    command = ("pip", "compile", "pyproject.toml", "--no-header", "-q", *options)
    uv(*command, "--python", sys.executable, "-o", "requirements.txt", cwd=folder, env=env)
    lock = (folder / "requirements.txt").read_text()
    return {line.split(" \\", 1)[0]: line for line in re.sub(r"\n    ", "", lock).splitlines()}


def test_universal_lock_forks_by_platform_and_by_python(
    tmp_path: Path, env: dict[str, str], indexes: torch_wheels.Indexes
) -> None:
    pins = compile_lock(tmp_path, env, indexes, ["torch", "torchvision", "pandas"])
    assert list(pins) == [
        "filelock==3.20.0",
        "numpy==2.2.6 ; python_full_version < '3.11'",
        "numpy==2.3.5 ; python_full_version >= '3.11'",
        "pandas==2.3.3",
        "torch==2.9.1 ; sys_platform == 'darwin'",
        "torch==2.9.1+cpu ; sys_platform != 'darwin'",
        "torchvision==0.24.1 ; sys_platform == 'darwin'",
        "torchvision==0.24.1+cpu ; sys_platform != 'darwin'",
    ]
    labelled = pins["torch==2.9.1+cpu ; sys_platform != 'darwin'"]
    platforms = len([p for p in torch_wheels._platforms() if not p.startswith("macosx")])
    assert labelled.count("--hash=sha256:") == platforms


def test_transitive_torch_comes_from_the_default_index_with_cuda(
    tmp_path: Path, env: dict[str, str], indexes: torch_wheels.Indexes
) -> None:
    pins = compile_lock(tmp_path, env, indexes, ["accelerate"])
    assert "torch==2.9.1" in pins
    assert {pin.split("==")[0] for pin in pins} >= {"nvidia-cublas-cu12", "triton"}


@pytest.mark.parametrize("machine", ["linux_ppc64le", "musllinux_1_2_x86_64"])
def test_lock_is_the_same_on_a_machine_that_pytorch_does_not_know(
    tmp_path: Path,
    env: dict[str, str],
    indexes: torch_wheels.Indexes,
    monkeypatch: pytest.MonkeyPatch,
    machine: str,
) -> None:
    expected = list(compile_lock(tmp_path, env, indexes, ["torch", "torchvision"]))
    assert "torch==2.9.1+cpu ; sys_platform != 'darwin'" in expected
    monkeypatch.setattr(torch_wheels, "_runs_real_wheels", lambda: False)
    monkeypatch.setattr(torch_wheels, "_this_platform", lambda: machine)
    exotic = torch_wheels.write_indexes(tmp_path / "exotic")
    (tmp_path / "requirements.txt").unlink()
    assert list(compile_lock(tmp_path, env, exotic, ["torch", "torchvision"])) == expected
    assert (tmp_path / f"exotic/cpu/torch/torch-2.9.1+cpu-py3-none-{machine}.whl").exists()


@pytest.mark.parametrize(
    ("platform", "libc", "added"),
    [
        ("linux-x86_64", "glibc 2.36", None),
        ("linux-aarch64", "glibc 2.28", None),
        ("linux-x86_64", "glibc 2.17", "linux_x86_64"),
        ("linux-x86_64", "", "linux_x86_64"),
        ("linux-ppc64le", "glibc 2.36", "linux_ppc64le"),
        ("macosx-14.0-arm64", "", None),
        ("macosx-10.13-universal2", "", "macosx_10_13_universal2"),
        ("win-amd64", "", None),
        ("win-arm64", "", "win_arm64"),
    ],
)
def test_machine_that_pytorch_does_not_know_gets_wheels_of_its_own(
    monkeypatch: pytest.MonkeyPatch, platform: str, libc: str, added: str | None
) -> None:
    monkeypatch.setattr("sysconfig.get_platform", lambda: platform)
    monkeypatch.setattr("os.confstr", lambda _name: libc, raising=False)
    assert (*torch_wheels._platforms(), None)[4] == added


def test_system_without_confstr_has_no_glibc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("os.confstr", raising=False)
    assert torch_wheels._glibc() == ()


@pytest.mark.parametrize(
    ("platform", "build"),
    [
        ("x86_64-manylinux_2_28", "2.9.1+cpu"),
        ("aarch64-manylinux_2_28", "2.9.1+cpu"),
        ("x86_64-pc-windows-msvc", "2.9.1+cpu"),
        ("aarch64-apple-darwin", "2.9.1"),
    ],
)
def test_uv_installs_the_hashed_lock_for_each_platform(
    tmp_path: Path,
    env: dict[str, str],
    indexes: torch_wheels.Indexes,
    platform: str,
    build: str,
) -> None:
    compile_lock(tmp_path, env, indexes, ["torch", "torchvision", "numpy"])
    where = ("--python", sys.executable, "--target", "site", "--python-platform", platform)
    index = ("--extra-index-url", indexes.cpu, "--index-strategy", "unsafe-best-match")
    install = ("pip", "install", "--require-hashes", "-r", "requirements.txt")
    uv(*install, *where, *index, cwd=tmp_path, env=env)
    (torch,) = importlib.metadata.distributions(name="torch", path=[str(tmp_path / "site")])
    assert torch.version == build
    assert version_py(tmp_path / "site") == (build, None)


def test_default_index_has_cuda_on_linux_x86_64_without_saying_so_in_its_version(
    tmp_path: Path, env: dict[str, str], indexes: torch_wheels.Indexes
) -> None:
    where = ("--python", sys.executable, "--target", "site")
    platform = ("--python-platform", "x86_64-manylinux_2_28")
    index = ("--default-index", indexes.default)
    uv("pip", "install", "torch", *where, *platform, *index, cwd=tmp_path, env=env)
    found = importlib.metadata.distributions(path=[str(tmp_path / "site")])
    versions = {dist.metadata["Name"]: dist.version for dist in found}
    assert versions["torch"] == "2.9.1"
    assert {"nvidia-cublas-cu12", "triton"} <= set(versions)
    assert version_py(tmp_path / "site") == ("2.9.1+cu128", "12.8")


def test_pip_installs_the_hashed_lock(
    tmp_path: Path, env: dict[str, str], indexes: torch_wheels.Indexes
) -> None:
    compile_lock(tmp_path, env, indexes, ["torch", "torchvision", "numpy"])
    index = ("--index-url", indexes.default, "--extra-index-url", indexes.cpu)
    pip = (sys.executable, "-m", "pip", "install", "--require-hashes", "--target", "site")
    run(*pip, *index, "-r", "requirements.txt", cwd=tmp_path, env=env)
    (torch,) = importlib.metadata.distributions(name="torch", path=[str(tmp_path / "site")])
    assert torch.version == ("2.9.1" if sys.platform == "darwin" else "2.9.1+cpu")


def version_py(site: Path) -> tuple[object, object]:
    values: dict[str, object] = {}
    exec((site / "torch/version.py").read_text(), values)
    return values["__version__"], values["cuda"]
