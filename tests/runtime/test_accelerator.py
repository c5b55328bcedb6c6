from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from lockhook._runtime import accelerator
from lockhook._runtime.accelerator import Leak, build_of, leaks
from lockhook._runtime.accelerator_names import (
    TORCH_FAMILY,
    build_of_label,
    is_accelerator_label,
    is_accelerator_name,
    is_cpu_label,
    is_torch_family,
)
from lockhook._runtime.installed import Distribution

from .conftest import as_root, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX files")

ACCELERATED = """
nvidia-cublas-cu12 nvidia-cublas nvidia-dali-cuda120 nvidia-ml-py nvidia-cudnn-frontend
cuda-python cuda-bindings cuda-pathfinder cuda-toolkit numba-cuda triton triton-rocm triton-xpu
triton-windows pytorch-triton pytorch-triton-rocm pytorch-triton-xpu rocm rocm-sdk-core
rocm-sdk-device-gfx1151 amdsmi jax-cuda12-plugin jax-cuda13-pjrt jax-rocm7-plugin cudf-cu11
cudf-cu12 cuml-cu13 mxnet-cu112 mxnet-cu92 cupy-cuda12x cupy-rocm-5-0 cupy pycuda faiss-gpu
faiss-gpu-cu12 onnxruntime-gpu onnxruntime-rocm onnxruntime-directml tensorflow-gpu
tensorflow-rocm paddlepaddle-gpu tf-nightly-gpu tensorrt tensorrt-cu12-libs torch-tensorrt
tensorrt-llm intel-sycl-rt onemkl-sycl-blas intel-pti hip-python libtpu
"""
ORDINARY = """
torch torchvision torchaudio torchao fbgemm-gpu fbgemm-gpu-genai fbgemm-gpu-cpu numpy jax jaxlib
tensorflow tensorflow-cpu onnxruntime tritonclient triton-model-navigator cupid cu cu1 barracuda
mkl intel-openmp intel-cmplr-lib-rt intel-cmplr-lib-ur intel-opencl-rt tcmlib umf tbb oneccl
openvino gpustat gpu-tracker pynvml accelerate curl-cffi custom-12 docutils chip crocml
"""


@pytest.mark.parametrize(
    "name",
    ACCELERATED.split(),
)
def test_names_of_accelerator_packages(name: str) -> None:
    assert is_accelerator_name(name)
    assert not is_torch_family(name)


@pytest.mark.parametrize(
    "name",
    ORDINARY.split(),
)
def test_names_of_other_packages(name: str) -> None:
    assert not is_accelerator_name(name)


def test_the_torch_family_is_normalised_and_has_no_accelerator_package() -> None:
    assert {"torch", "torchvision", "torchaudio"} <= TORCH_FAMILY.keys()
    assert not any(map(is_accelerator_name, TORCH_FAMILY))
    assert is_torch_family("torchcodec")
    assert not is_torch_family("torchmetrics")


@pytest.mark.parametrize(
    ("version", "build"),
    [
        ("2.9.1", ""),
        ("2.9.1+", ""),
        ("2.9.1+cpu", "cpu"),
        ("2.9.1+CPU", "cpu"),
        ("2.9.1+cpu.cxx11.abi", "cpu"),
        ("2.1.2+pt29cpu", "cpu"),
        ("2.9.1+cu128", "cuda 12.8"),
        ("0.29.2+cu132", "cuda 13.2"),
        ("1.4.0+cu92", "cuda 9.2"),
        ("2.0.0+cu118.with.pypi.cudnn", "cuda 11.8"),
        ("2.1.2+pt29cu128", "cuda 12.8"),
        ("2.7.3+cu12torch2.6cxx11abifalse", "cuda 12"),
        ("0.4.30+cuda12.cudnn91", "cuda 12"),
        ("0.4.30+cuda", "cuda"),
        ("2.9.1+rocm6.4", "rocm 6.4"),
        ("2.9.1+rocm6.4.1.lw", "rocm 6.4.1"),
        ("2.13.0+ROCM_6_4", "rocm 6.4"),
        ("1.7.0+hip", "rocm"),
        ("2.9.1+xpu", "xpu"),
        ("2.3.0a0+40ec155e58.nv24.03", "cuda"),
        ("2.9.0a0+git1234567", ""),
        ("2.9.0a0+gitdeadbee", ""),
        ("1.0+5d4b92a5.d20251029", ""),
        ("1.0+focus1.custom12", ""),
        ("1.0+env1", ""),
    ],
)
def test_labels(version: str, build: str) -> None:
    assert build_of_label(version) == build
    assert is_cpu_label(version) == (build == "cpu")
    assert is_accelerator_label(version) == (build not in {"", "cpu"})


def version_py(version: str = "2.9.1", **facts: str) -> str:
    """Return a ``torch/version.py`` as torch 2.13 writes it."""
    given = {"cuda": "None", "hip": "None", "rocm": "None", "xpu": "None"} | facts
    return (
        "from typing import Optional\n\n"
        "__all__ = ['__version__', 'debug', 'cuda', 'git_version', 'hip', 'rocm', 'xpu']\n"
        f"__version__ = '{version}'\ndebug = False\ncuda: Optional[str] = {given['cuda']}\n"
        "git_version = 'cf30153c4c131c8164ee7798e5022d810682e2cb'\n"
        + "".join(f"{n}: Optional[str] = {given[n]}\n" for n in ("hip", "rocm", "xpu"))
    )


# As the wheel of torchvision 0.29.2 of the default index has it.
TORCHVISION = """\
__version__ = '0.29.2+cu132'
git_version = 'f12281517f1b2f6255904639b027c9436f3e5008'
from torchvision.extension import _check_cuda_version
if _check_cuda_version() > 0:
    cuda = _check_cuda_version()
"""
CPU, CUDA = version_py("2.9.1+cpu"), version_py("2.9.1+cu128", cuda="'12.8'")


@pytest.mark.parametrize(
    ("text", "build"),
    [
        pytest.param(CPU, "cpu", id="the CPU index"),
        pytest.param(version_py("2.9.1"), "cpu", id="macOS"),
        pytest.param(CUDA, "cuda 12.8", id="the default index"),
        pytest.param(version_py("2.9.1", cuda="'12.8'"), "cuda 12.8", id="conda's CUDA"),
        pytest.param(version_py("2.9.0a0+gite67e3d9", cuda='"13.0"'), "cuda 13.0", id="git"),
        pytest.param(version_py("2.13.0+cu130", cuda="'13.0'"), "cuda 13.0", id="aarch64"),
        pytest.param(version_py(hip="'6.4.43484'"), "rocm 6.4.43484", id="hip"),
        pytest.param(version_py(hip="'7.15.2'", rocm="'10.0.0'"), "rocm 10.0.0", id="hip and rocm"),
        pytest.param(version_py(xpu="'20250303'"), "xpu 20250303", id="xpu"),
        pytest.param("__version__ = '1.5.0+cpu'\ncuda = None\nhip = None\n", "cpu", id="old CPU"),
        pytest.param("__version__ = '1.5.0'\ncuda = '10.2'\n", "cuda 10.2", id="old CUDA"),
        pytest.param(CUDA.replace("\n", "\r\n"), "cuda 12.8", id="CRLF"),
        pytest.param(CUDA.replace("\n", "\r"), "cuda 12.8", id="CR"),
        pytest.param("\ufeff" + "cuda = '12.8'\n", "cuda 12.8", id="BOM"),
        pytest.param("cuda = '12.8'  # built here\n", "cuda 12.8", id="comment"),
        pytest.param("cuda = None  # none\n", "cpu", id="comment on None"),
        pytest.param("cuda='12.8'", "cuda 12.8", id="no blanks"),
        pytest.param("cuda = None\ncuda = '12.8'\n", "cuda 12.8", id="the last one holds"),
        pytest.param("cuda = '12.8'\ncuda = None\n", "cpu", id="the last one holds, CPU"),
        pytest.param("# cuda = '12.8'\ncuda = None\n", "cpu", id="commented out"),
        pytest.param("", "", id="empty"),
        pytest.param("__version__ = '2.9.1+cpu'\n", "cpu", id="a label and no facts"),
        pytest.param("__version__ = '2.9.1+cu128'\n", "cuda 12.8", id="CUDA and no facts"),
        pytest.param("__version__ = '2.9.1'\n", "", id="no label and no facts"),
        pytest.param("__version__ = '2.9.1+cpu'\nhip = find()\n", "", id="a label and doubts"),
        pytest.param("hip = None\nxpu = None\n", "", id="no cuda"),
        pytest.param("cuda = _find()\n", "", id="computed"),
        pytest.param("cuda = '12' + '.8'\n", "", id="expression"),
        pytest.param("cuda = None or '12.8'\n", "", id="expression with None"),
        pytest.param("cuda = ''\n", "", id="empty string"),
        pytest.param("cuda = '12.8\n", "", id="open quote"),
        pytest.param("cuda = '12\\x2e8'\n", "", id="escape"),
        pytest.param("cuda = 12.8\n", "", id="number"),
        pytest.param("cuda == None\n", "", id="comparison"),
        pytest.param("cuda: Optional[str]\n", "", id="no value"),
        pytest.param("cuda = None\nif gpu:\n    cuda = '12.8'\n", "", id="conditional"),
        pytest.param("cuda = None\ndebug = False; cuda = '12.8'\n", "", id="semicolon"),
        pytest.param("cuda = None\nhip = find()\n", "", id="another fact computed"),
        pytest.param("<html>cuda</html>", "", id="something else"),
        pytest.param("version https://git-lfs.github.com/spec/v1\n", "", id="LFS pointer"),
    ],
)
def test_torch_is_judged_by_its_version_file(tmp_path: Path, text: str, build: str) -> None:
    write(tmp_path, {"torch/version.py": text})
    assert build_of(str(tmp_path)) == build
    # A label that says CPU makes no CPU build of one whose file is odd, or says otherwise.
    assert build_of(str(tmp_path), "torch", "2.9.1+cpu") == build
    if build in {"", "cpu"}:
        assert build_of(str(tmp_path), "torch", "2.9.1+cu128") == "cuda 12.8"


@pytest.mark.parametrize(
    ("module", "text", "build"),
    [
        (
            "torchvision",
            TORCHVISION,
            "cuda 13.2",
        ),
        ("torchaudio", "__version__ = '2.11.0+cu130'\ngit_version = '34c5'\n", "cuda 13.0"),
        ("torchaudio", "__version__ = '2.11.0+cpu'\ngit_version = '34c5'\n", "cpu"),
        ("torchvision", "__version__ = '0.24.1'\n", ""),
        ("torchvision", "__version__ = get()\n", ""),
        ("torchvision", "", ""),
    ],
)
def test_its_companions_are_judged_by_their_label(
    tmp_path: Path, module: str, text: str, build: str
) -> None:
    write(tmp_path, {f"{module}/version.py": text})
    assert build_of(str(tmp_path), module, "0.24.1") == build
    assert build_of(str(tmp_path), module, "0.24.1+cpu") == (build or "cpu")


@pytest.mark.parametrize(
    ("version", "build"),
    [("2.9.1+cpu", "cpu"), ("2.9.1+cu128", "cuda 12.8"), ("2.9.1", "")],
)
@pytest.mark.parametrize("name", ["torch", "torchao"])
def test_where_no_file_says_the_label_does(
    tmp_path: Path, name: str, version: str, build: str
) -> None:
    assert build_of(str(tmp_path), name, version) == build
    archive = tmp_path / "torch.egg"
    archive.write_bytes(b"zip")
    assert build_of(str(archive), name, version) == build


def _too_long(path: Path) -> None:
    path.write_text(CPU + "#" * 2**20, encoding="utf-8")


def _utf_16(path: Path) -> None:
    path.write_text(CPU, encoding="utf-16")


def _loop(path: Path) -> None:
    path.symlink_to(path)


def _pipe(path: Path) -> None:
    os.mkfifo(path)


@posix
@pytest.mark.parametrize("make", [_too_long, _utf_16, _loop, _pipe, os.mkdir])
def test_a_version_file_that_cannot_be_read_is_no_cpu_build(
    tmp_path: Path, make: Callable[[Path], object]
) -> None:
    write(tmp_path, {"torch": {}})
    make(tmp_path / "torch" / "version.py")
    assert build_of(str(tmp_path), "torch", "2.9.1+cpu") == ""
    (leak,) = leaks([], installed(tmp_path, torch="2.9.1+cpu")).found
    assert leak.kind == "undecidable"


@posix
@pytest.mark.skipif(as_root(), reason="root may read everything")
def test_a_version_file_that_may_not_be_read(tmp_path: Path) -> None:
    write(tmp_path, {"torch/version.py": CPU})
    (tmp_path / "torch" / "version.py").chmod(0)
    assert build_of(str(tmp_path)) == ""


def test_a_version_file_that_fails_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int, _count: int) -> bytes:
        raise OSError(5, "Input/output error")

    write(tmp_path, {"torch/version.py": CPU})
    monkeypatch.setattr("lockhook._runtime.torch_version.os.read", fail)
    assert build_of(str(tmp_path)) == ""


def installed(site: Path, **versions: str) -> dict[str, list[Distribution]]:
    return {
        (name := key.replace("_", "-")): [
            Distribution(
                name=name,
                version=version,
                location=str(site),
                metadata=str(site / f"{key}-{version}.dist-info"),
            )
        ]
        for key, version in versions.items()
    }


def test_a_cpu_environment_has_no_leak(tmp_path: Path) -> None:
    write(tmp_path, {"torch/version.py": CPU, "torchvision/version.py": "__version__ = '0.24.1'\n"})
    found = installed(tmp_path, torch="2.9.1+cpu", torchvision="0.24.1", numpy="2.0")
    assert leaks(found, found).as_dict() == {"found": (), "accepted": ()}


def test_the_wheel_of_the_default_index_is_a_leak(tmp_path: Path) -> None:
    write(tmp_path, {"torch/version.py": CUDA})
    assert leaks([], installed(tmp_path, torch="2.9.1")).found == (
        Leak(
            package="torch",
            kind="build",
            build="cuda 12.8",
            version="2.9.1",
            location=str(tmp_path),
            message="2.9.1 is a build for cuda 12.8",
            accept='torch = "why it is needed"',
        ),
    )


def test_packages_for_accelerators_are_leaks_where_a_lock_pins_them(tmp_path: Path) -> None:
    found = installed(
        tmp_path, nvidia_cublas_cu12="12.8.4.1", triton="3.5.1", jaxlib="0.4.1+cuda12", numpy="2.0"
    )
    assert leaks([], found).found == ()
    every = leaks(["triton", "nvidia-cublas-cu12", "jaxlib", "cuda-python", "numpy"], found)
    assert [(leak.package, leak.kind, leak.message) for leak in every.found] == [
        # jaxlib is neither of the torch family nor of use with an accelerator only.
        ("nvidia-cublas-cu12", "package", "12.8.4.1 is for accelerators only"),
        ("triton", "package", "3.5.1 is for accelerators only"),
    ]


def test_what_the_project_accepts_is_told_apart(tmp_path: Path) -> None:
    write(tmp_path, {"torch/version.py": CUDA})
    found = installed(tmp_path, torch="2.9.1", nvidia_dali_cuda120="1.50", triton="3.5.1")
    every = leaks(found, found, accept=["torch", "nvidia-dali-cuda120", "absent"])
    assert [leak.package for leak in every.found] == ["triton"]
    assert [leak.package for leak in every.accepted] == ["nvidia-dali-cuda120", "torch"]


@pytest.mark.parametrize(
    ("text", "kind", "says"),
    [
        (None, "unknown", "is missing: nothing says what it is for"),
        ("odd", "undecidable", "does not say what it was built for"),
    ],
)
def test_a_torch_that_does_not_say(tmp_path: Path, text: str | None, kind: str, says: str) -> None:
    write(tmp_path, {"torch/version.py": text} if text else {})
    (leak,) = leaks([], installed(tmp_path, torch="2.9.1")).found
    path = os.path.join(tmp_path, "torch", "version.py")
    assert (leak.kind, leak.build, leak.message) == (kind, "", f"{path} {says}")


def test_the_companions_may_be_silent(tmp_path: Path) -> None:
    assert leaks([], installed(tmp_path, torchvision="0.24.1", torchao="0.14.1")).found == ()


def test_the_first_on_the_path_is_judged(tmp_path: Path) -> None:
    write(tmp_path, {"a/torch/version.py": CPU, "b/torch/version.py": CUDA})
    first = installed(tmp_path / "a", torch="2.9.1+cpu")["torch"]
    second = installed(tmp_path / "b", torch="2.9.1")["torch"]
    assert leaks([], {"torch": first + second}).found == ()
    assert len(leaks([], {"torch": second + first}).found) == 1


def test_it_imports_nothing_heavy() -> None:
    program = "import sys, lockhook._runtime.accelerator; print(*sys.modules)"
    root = os.path.dirname(os.path.dirname(os.path.dirname(accelerator.__file__)))
    done = subprocess.run(
        [sys.executable, "-S", "-c", program], capture_output=True, text=True, check=True, cwd=root
    )
    heavy = {"re", "typing", "json", "email", "pathlib", "dataclasses", "packaging", "tomli"}
    assert not heavy & set(done.stdout.split())
