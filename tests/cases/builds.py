"""Builds of torch: what the files say, whatever the version does (README, "Builds for accelerators")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.cases.environments import install
from tests.cases.kit import DESIGN, PYLOCK, UV_LOCK, VERSIONS, Case, Have, case

PLAIN = "torch==2.9.1\n"
CPU = "torch==2.9.1+cpu\n"
DALI = "torch==2.9.1\nnvidia-dali-cuda120==1.50\n"
FORK = """\
torch==2.9.1 ; sys_platform == 'darwin'
torch==2.9.1+cpu ; sys_platform != 'darwin'
"""


def version_py(version: str, **facts: str) -> str:
    """Return a ``torch/version.py`` as its build writes it."""
    given = {"cuda": "None", "hip": "None", "rocm": "None", "xpu": "None"} | facts
    return (
        "from typing import Optional\n\n"
        "__all__ = ['__version__', 'debug', 'cuda', 'git_version', 'hip', 'rocm', 'xpu']\n"
        f"__version__ = '{version}'\n"
        "debug = False\n"
        f"cuda: Optional[str] = {given['cuda']}\n"
        "git_version = 'cf30153c4c131c8164ee7798e5022d810682e2cb'\n"
        f"hip: Optional[str] = {given['hip']}\n"
        f"rocm: Optional[str] = {given['rocm']}\n"
        f"xpu: Optional[str] = {given['xpu']}\n"
    )


CUDA_FILE = version_py("2.9.1+cu128", cuda="'12.8'")
CPU_FILE = version_py("2.9.1+cpu")


def torch(version: str, file: str | None, **more: Any) -> Have:
    """Return an installed torch, with the text of its ``version.py``."""
    files = {} if file is None else {"torch/version.py": file}
    return "torch", version, {"files": files, **more}


def companion(name: str, version: str, label: str) -> Have:
    """Return an installed torchvision or torchaudio."""
    file = f"__version__ = '{label}'\ngit_version = 'f12281517f1b2f6255904639b027c9436f3e5008'\n"
    return name, version, {"files": {f"{name}/version.py": file}}


def build(id_: str, title: str, right: str, lock: str, *have: Have, **more: Any) -> Case:
    """Return a case of the policy: CPU builds, unless somebody says otherwise."""
    return case(id_, title, right, DESIGN, lock, have, **more)


def project(settings: str) -> Mapping[str, str]:
    """Return the project beside the lock."""
    return {"pyproject.toml": f"[project]\nname = 'bench'\nversion = '1'\n\n{settings}"}


def pylock(version: str) -> str:
    """Return a lock of one torch (PEP 751)."""
    return (
        'lock-version = "1.0"\ncreated-by = "uv"\n\n'
        f'[[packages]]\nname = "torch"\nversion = "{version}"\n'
        'index = "https://download.pytorch.org/whl/cpu"\n'
        f'wheels = [{{ name = "torch-{version}-py3-none-any.whl", path = "torch.whl", '
        f'hashes = {{ sha256 = "{"0" * 64}" }} }}]\n'
    )


def uv_lock(version: str) -> str:
    """Return a lock of a project that wants torch."""
    return (
        'version = 1\nrevision = 3\nrequires-python = ">=3.10"\n\n'
        '[[package]]\nname = "bench"\nversion = "1"\nsource = { virtual = "." }\n'
        'dependencies = [{ name = "torch" }]\n\n'
        '[package.metadata]\nrequires-dist = [{ name = "torch" }]\n\n'
        f'[[package]]\nname = "torch"\nversion = "{version}"\n'
        'source = { registry = "https://download.pytorch.org/whl/cpu" }\n'
    )


NVIDIA = ("nvidia-cublas-cu12", "12.8.4.1", {"top": "nvidia/cublas"})
TRITON = ("triton", "3.5.1")
PYLOCK_FILE, UV_FILE = {"name": "pylock.toml"}, {"name": "uv.lock"}

CASES = [
    # torch itself.
    build(
        "T01",
        "the wheel of the default index for Linux",
        "differs",
        PLAIN,
        torch("2.9.1", CUDA_FILE),
        says="cuda 12.8",
        why="a plain version says nothing about CUDA; version.py does",
    ),
    build(
        "T02",
        "the same, where the lock wants +cpu",
        "differs",
        CPU,
        torch("2.9.1", CUDA_FILE),
        says="expected 2.9.1+cpu, found 2.9.1",
    ),
    build(
        "T03",
        "plain, and built for CPUs: macOS, or from source",
        "ok",
        PLAIN,
        torch("2.9.1", version_py("2.9.1")),
    ),
    build("T04", "the wheel of the CPU index", "ok", CPU, torch("2.9.1+cpu", CPU_FILE)),
    build(
        "T05",
        "+cpu in METADATA, CUDA in version.py",
        "differs",
        CPU,
        torch("2.9.1+cpu", CUDA_FILE),
        says="cuda 12.8",
        why="an interrupted install of one wheel over another",
    ),
    build(
        "T06",
        "CUDA in METADATA, CPU in version.py",
        "differs",
        "torch==2.9.1+cu128\n",
        torch("2.9.1+cu128", CPU_FILE),
        says="cuda 12.8",
    ),
    build(
        "T07",
        "HIP",
        "differs",
        PLAIN,
        torch("2.9.1", version_py("2.9.1+rocm6.4", hip="'6.4.43484-123eb5128'")),
        says="rocm 6.4",
    ),
    build(
        "T08",
        "ROCm of the newer kind",
        "differs",
        PLAIN,
        torch("2.9.1", version_py("2.9.1+rocm7.1", hip="'7.1.2'", rocm="'7.1.0'")),
        says="rocm 7.1.0",
    ),
    build(
        "T09",
        "XPU",
        "differs",
        PLAIN,
        torch("2.9.1", version_py("2.9.1+xpu", xpu="'20250303'")),
        says="xpu 20250303",
    ),
    build(
        "T10",
        "no version.py, plain",
        "ok",
        PLAIN,
        torch("2.9.1", None),
        says="version.py is missing",
        why="nothing says what it is for: reported, as all that no record can decide",
    ),
    build(
        "T11",
        "no version.py, plain, strictly",
        "differs",
        PLAIN,
        torch("2.9.1", None),
        arguments=("--strict",),
        says="version.py is missing",
    ),
    build("T12", "no version.py, +cpu", "ok", CPU, torch("2.9.1+cpu", None)),
    build(
        "T13",
        "no version.py, CUDA by its label",
        "differs",
        "torch==2.9.1+cu128\n",
        torch("2.9.1+cu128", None),
        says="cuda 12.8",
    ),
    build(
        "T14",
        "a version.py that computes",
        "differs",
        PLAIN,
        torch("2.9.1", "__version__ = '2.9.1'\ncuda = _find_cuda()\n"),
        says="does not say",
    ),
    build(
        "T15",
        "an empty version.py",
        "differs",
        CPU,
        torch("2.9.1+cpu", ""),
        says="does not say",
        why="a file that was cut off proves nothing",
    ),
    build(
        "T16",
        "a version.py of nothing but a version for CPUs",
        "ok",
        CPU,
        torch("2.9.1+cpu", "__version__ = '2.9.1+cpu'\n"),
    ),
    build(
        "T17",
        "a version.py of nothing but a version for CUDA",
        "differs",
        PLAIN,
        torch("2.9.1", "__version__ = '2.9.1+cu128'\n"),
        says="cuda 12.8",
    ),
    build(
        "T18",
        "a version.py of nothing but a plain version",
        "differs",
        PLAIN,
        torch("2.9.1", "__version__ = '2.9.1'\n"),
        says="does not say",
    ),
    build(
        "T19",
        "a version.py with CRLF, comments and double quotes",
        "differs",
        PLAIN,
        torch(
            "2.9.1", '# built\r\n__version__ = "2.9.1"\r\ncuda = "12.8"  # here\r\nhip = None\r\n'
        ),
        says="cuda 12.8",
    ),
    build(
        "T20",
        "a comment and a string that speak of CUDA",
        "ok",
        PLAIN,
        torch(
            "2.9.1",
            "# cuda = '12.8'\n__version__ = '2.9.1'\ndebug = 'cuda = 12'\ncuda = None\nhip = None\n",
        ),
    ),
    build(
        "T21",
        "CUDA of aarch64, from 2.13 on",
        "differs",
        "torch==2.13.0\n",
        torch("2.13.0", version_py("2.13.0+cu130", cuda="'13.0'")),
        says="cuda 13.0",
    ),
    build(
        "T22",
        "conda's CUDA build, without a label anywhere",
        "differs",
        "torch==2.5.1\n",
        torch("2.5.1", version_py("2.5.1", cuda="'12.4'")),
        says="cuda 12.4",
    ),
    build(
        "T23",
        "conda's CPU build",
        "ok",
        "torch==2.5.1\n",
        torch("2.5.1", version_py("2.5.1.post108").replace(": Optional[str]", "")),
    ),
    build(
        "T24",
        "nightly for CPUs",
        "ok",
        "torch==2.10.0.dev20251101+cpu\n",
        torch("2.10.0.dev20251101+cpu", version_py("2.10.0.dev20251101+cpu")),
    ),
    build(
        "T25",
        "another night",
        "differs",
        "torch==2.10.0.dev20251101+cpu\n",
        torch("2.10.0.dev20251102+cpu", version_py("2.10.0.dev20251102+cpu")),
        says="found 2.10.0.dev20251102+cpu",
    ),
    build(
        "T26",
        "built from source for CPUs, as locked",
        "ok",
        "torch==2.9.0a0+git1234567\n",
        torch("2.9.0a0+git1234567", version_py("2.9.0a0+git1234567")),
    ),
    build(
        "T27",
        "built from source for CUDA, as locked",
        "differs",
        "torch==2.9.0a0+git1234567\n",
        torch("2.9.0a0+git1234567", version_py("2.9.0a0+git1234567", cuda="'12.8'")),
        says="cuda 12.8",
    ),
    build(
        "T28",
        "built in NVIDIA's container, as locked",
        "differs",
        "torch==2.3.0a0+40ec155e58.nv24.3\n",
        torch("2.3.0a0+40ec155e58.nv24.03", None),
        says="a build for cuda",
    ),
    build("T29", "not installed", "differs", CPU, says="not installed"),
    build("T30", "not installed, and it may be missing", "ok", CPU, arguments=("--allow-missing",)),
    build(
        "T31",
        "CUDA build that the lock does not name",
        "differs",
        "numpy==2.0\n",
        ("numpy", "2.0"),
        torch("2.9.1", CUDA_FILE),
        says="torch: 2.9.1 is a build for cuda 12.8",
        why="of the torch family every build counts, locked or not",
    ),
    build(
        "T32",
        "CPU build that the lock does not name",
        "ok",
        "numpy==2.0\n",
        ("numpy", "2.0"),
        torch("2.9.1+cpu", CPU_FILE),
    ),
    build("T33", "a fork, +cpu installed", "ok", FORK, torch("2.9.1+cpu", CPU_FILE)),
    build(
        "T34",
        "a fork, the wheel of the default index installed",
        "differs",
        FORK,
        torch("2.9.1", CUDA_FILE),
        says="expected 2.9.1+cpu",
    ),
    # Its companions.
    build(
        "T35",
        "torchvision for CUDA",
        "differs",
        "torchvision==0.24.1\n",
        companion("torchvision", "0.24.1", "0.24.1+cu128"),
        says="torchvision: 0.24.1 is a build for cuda 12.8",
    ),
    build(
        "T36",
        "torchaudio for CUDA beside torch for CPUs",
        "differs",
        CPU + "torchaudio==2.9.1\n",
        torch("2.9.1+cpu", CPU_FILE),
        companion("torchaudio", "2.9.1", "2.9.1+cu128"),
        says="torchaudio: 2.9.1 is a build",
    ),
    build(
        "T37",
        "companions for CPUs",
        "ok",
        "torchvision==0.24.1+cpu\ntorchaudio==2.9.1+cpu\n",
        companion("torchvision", "0.24.1+cpu", "0.24.1+cpu"),
        companion("torchaudio", "2.9.1+cpu", "2.9.1+cpu"),
    ),
    build(
        "T38",
        "a companion that does not say",
        "ok",
        "torchvision==0.24.1\n",
        companion("torchvision", "0.24.1", "0.24.1"),
        why="torchvision of conda and from source carries no label",
    ),
    # Packages for accelerators.
    build(
        "T39",
        "nvidia-* pinned and installed",
        "differs",
        "nvidia-cublas-cu12==12.8.4.1\n",
        NVIDIA,
        says="LH110",
        arguments=("--format", "github"),
    ),
    build(
        "T40",
        "nvidia-* installed, and not locked",
        "ok",
        "numpy==2.0\n",
        ("numpy", "2.0"),
        NVIDIA,
        says="Extra",
    ),
    build(
        "T41",
        "nvidia-* installed, and not locked, strictly",
        "differs",
        "numpy==2.0\n",
        ("numpy", "2.0"),
        NVIDIA,
        arguments=("--strict",),
        says="nvidia-cublas-cu12: 12.8.4.1 is installed",
    ),
    build(
        "T42",
        "triton pinned and installed",
        "differs",
        "triton==3.5.1\n",
        TRITON,
        says="accelerators only",
    ),
    build(
        "T43",
        "triton pinned for another platform, and installed",
        "ok",
        "numpy==2.0\ntriton==3.5.1 ; sys_platform == 'win32'\n",
        ("numpy", "2.0"),
        TRITON,
        why="the line does not count here",
    ),
    build(
        "T44",
        "nvidia-* pinned, and missing",
        "ok",
        "numpy==2.0\nnvidia-cublas-cu12==12.8.4.1\n",
        ("numpy", "2.0"),
        arguments=("--allow-missing",),
        why="verify judges what is installed",
    ),
    build("T45", "Triton of another kind", "ok", "tritonclient==2.60\n", ("tritonclient", "2.60")),
    # Who means it says so.
    build(
        "T46",
        "--accelerator any",
        "ok",
        PLAIN,
        torch("2.9.1", CUDA_FILE),
        arguments=("--accelerator", "any"),
    ),
    build(
        "T47",
        'accelerator = "any"',
        "ok",
        PLAIN,
        torch("2.9.1", CUDA_FILE),
        files=project('[tool.lockhook]\naccelerator = "any"\n'),
    ),
    build(
        "T48",
        "the caller overrides the project",
        "differs",
        PLAIN,
        torch("2.9.1", CUDA_FILE),
        files=project('[tool.lockhook]\naccelerator = "any"\n'),
        arguments=("--accelerator", "cpu"),
        says="cuda 12.8",
    ),
    build(
        "T49",
        "torch accepted, with a reason that is told",
        "ok",
        PLAIN,
        torch("2.9.1", CUDA_FILE),
        files=project('[tool.lockhook.accept]\ntorch = "the vendor builds it"\n'),
        says="accepted: the vendor builds it",
    ),
    build(
        "T50",
        "a package accepted under another spelling",
        "ok",
        DALI,
        torch("2.9.1", CPU_FILE),
        ("nvidia-dali-cuda120", "1.50", {"top": "nvidia/dali"}),
        files=project('[tool.lockhook.accept]\nnVIDIA_Dali-cuda120 = "DLIO needs it"\n'),
        says="DLIO needs it",
    ),
    build(
        "T51",
        "one accepted, another not",
        "differs",
        DALI,
        torch("2.9.1", CUDA_FILE),
        ("nvidia-dali-cuda120", "1.50", {"top": "nvidia/dali"}),
        files=project('[tool.lockhook.accept]\nnvidia-dali-cuda120 = "DLIO needs it"\n'),
        says="torch: 2.9.1 is a build for cuda 12.8",
    ),
    build(
        "T52",
        "accepting a build accepts no other version",
        "differs",
        "torch==2.9.0\n",
        torch("2.9.1", CUDA_FILE),
        files=project('[tool.lockhook.accept]\ntorch = "the vendor builds it"\n'),
        says="expected 2.9.0, found 2.9.1",
    ),
    build(
        "T53",
        "a policy that is none",
        "differs",
        PLAIN,
        torch("2.9.1", CUDA_FILE),
        files=project('[tool.lockhook]\naccelerator = "anything"\n'),
        why="what cannot be read exempts nothing",
    ),
    build(
        "T54",
        "a misspelt table",
        "differs",
        PLAIN,
        torch("2.9.1", CUDA_FILE),
        files=project('[tool.lockhook.accepts]\ntorch = "the vendor builds it"\n'),
    ),
    build(
        "T55",
        "a project file that cannot be read",
        "differs",
        PLAIN,
        torch("2.9.1", CUDA_FILE),
        files={"pyproject.toml": "[tool.lockhook\naccelerator = 'any'\n"},
    ),
    build(
        "T56",
        "skipped on the command line: left out, and said",
        "ok",
        PLAIN + "numpy==2.0\n",
        torch("2.9.1", CUDA_FILE),
        ("numpy", "2.0"),
        arguments=("--skip", "torch"),
        says="cuda 12.8",
        why="skipped packages pass, and no report hides an exemption",
    ),
    build(
        "T57",
        "skipped by the project",
        "ok",
        PLAIN + "numpy==2.0\n",
        torch("2.9.1", CUDA_FILE),
        ("numpy", "2.0"),
        files=project('[tool.lockhook]\nskip = ["Torch"]\n'),
        says="cuda 12.8",
    ),
    build(
        "T58",
        "another one skipped",
        "differs",
        PLAIN + "numpy==2.0\n",
        torch("2.9.1", CUDA_FILE),
        ("numpy", "1.0"),
        arguments=("--skip", "numpy"),
        says="cuda 12.8",
    ),
    # Labels.
    case(
        "T59",
        "plain locked, +cpu installed",
        "ok",
        VERSIONS,
        PLAIN,
        [torch("2.9.1+cpu", CPU_FILE)],
        says="2.9.1+cpu is a build of the locked",
    ),
    case(
        "T60",
        "plain locked, +cpu installed, strictly",
        "differs",
        VERSIONS,
        PLAIN,
        [torch("2.9.1+cpu", CPU_FILE)],
        arguments=("--strict",),
        says="is a build of the locked",
    ),
    case(
        "T61",
        "plain locked, +cu128 installed",
        "differs",
        VERSIONS,
        PLAIN,
        [torch("2.9.1+cu128", CUDA_FILE)],
        says="cuda 12.8",
    ),
    # The path.
    build(
        "T62",
        "CUDA first on the path, CPU behind",
        "differs",
        PLAIN,
        torch("2.9.1", CPU_FILE),
        env={"PYTHONPATH": "@CASE@/other"},
        arrange=install("other", "torch", "2.9.1", files={"torch/version.py": CUDA_FILE}),
        says="/other",
    ),
    build(
        "T63",
        "CPU first on the path, CUDA behind",
        "ok",
        PLAIN,
        torch("2.9.1", CUDA_FILE),
        env={"PYTHONPATH": "@CASE@/other"},
        arrange=install("other", "torch", "2.9.1", files={"torch/version.py": CPU_FILE}),
    ),
    build(
        "T64",
        "a source tree of torch shadows the build",
        "differs",
        CPU,
        torch("2.9.1+cpu", CPU_FILE),
        env={"PYTHONPATH": "@CASE@/src"},
        files={"src/torch/__init__.py": "", "src/torch/version.py": CUDA_FILE},
        says="/src/torch is imported",
    ),
    # Other locks.
    case(
        "T65",
        "the CPU build",
        "ok",
        PYLOCK,
        pylock("2.9.1+cpu"),
        [torch("2.9.1+cpu", CPU_FILE)],
        **PYLOCK_FILE,
    ),
    case(
        "T66",
        "the wheel of the default index",
        "differs",
        PYLOCK,
        pylock("2.9.1+cpu"),
        [torch("2.9.1", CUDA_FILE)],
        **PYLOCK_FILE,
        says="cuda 12.8",
    ),
    case(
        "T67",
        "plain locked, +cpu installed: exact here",
        "differs",
        PYLOCK,
        pylock("2.9.1"),
        [torch("2.9.1+cpu", CPU_FILE)],
        **PYLOCK_FILE,
        says="expected 2.9.1, found 2.9.1+cpu",
    ),
    case(
        "T68",
        "the CPU build",
        "ok",
        UV_LOCK,
        uv_lock("2.9.1+cpu"),
        [torch("2.9.1+cpu", CPU_FILE)],
        **UV_FILE,
    ),
    case(
        "T69",
        "plain locked, the wheel of the default index",
        "differs",
        UV_LOCK,
        uv_lock("2.9.1"),
        [torch("2.9.1", CUDA_FILE)],
        **UV_FILE,
        says="cuda 12.8",
    ),
    case(
        "T70",
        "plain locked, +cpu installed: exact here",
        "differs",
        UV_LOCK,
        uv_lock("2.9.1"),
        [torch("2.9.1+cpu", CPU_FILE)],
        **UV_FILE,
        says="expected 2.9.1, found 2.9.1+cpu",
    ),
]
