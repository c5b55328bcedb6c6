"""The PyTorch world in small: two indexes whose wheels are shaped like the real ones.

Tags, labels, dependencies and ``version.py`` are those of torch 2.9.1; the code is a stand-in.
"""

from __future__ import annotations

import os
import sysconfig
from dataclasses import dataclass

from lockhook._authoring.wheelhouse import Wheel, write_index

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["TORCH", "TORCHVISION", "Indexes", "cpu_wheels", "default_wheels", "write_indexes"]

TORCH = "2.9.1"
TORCHVISION = "0.24.1"
LINUX, LINUX_ARM = "manylinux_2_28_x86_64", "manylinux_2_28_aarch64"
MACOS, WINDOWS = "macosx_11_0_arm64", "win_amd64"
_GLIBC = (2, 28)
_CUDA = "12.8"
_ON_CUDA = 'platform_system == "Linux" and platform_machine == "x86_64"'


@dataclass(frozen=True)
class Indexes:
    """The URLs of the two indexes."""

    default: str
    cpu: str


def write_indexes(folder: Path, extra: tuple[Wheel, ...] = ()) -> Indexes:
    """Write both indexes into a folder; extra wheels go into the default one."""
    return Indexes(
        default=write_index(folder / "default", [*default_wheels(), *extra]),
        cpu=write_index(folder / "cpu", cpu_wheels()),
    )


def default_wheels() -> Iterator[Wheel]:
    """Yield what the default index has: no label in any version, CUDA on Linux x86_64."""
    for platform in _platforms():
        label, cuda = ("+cu128", _CUDA) if platform == LINUX else (_cpu_label(platform), None)
        yield _torch(TORCH, platform, build=TORCH + label, cuda=cuda)
        yield _torchvision(TORCHVISION, platform)
    yield Wheel(name="nvidia-cublas-cu12", version="12.8.4.1", tag=f"py3-none-{LINUX}")
    yield Wheel(name="triton", version="3.5.1", tag=f"py3-none-{LINUX}")
    yield from _ordinary()


def cpu_wheels() -> Iterator[Wheel]:
    """Yield what the CPU index has: labelled builds, and old copies of ordinary packages."""
    for platform in _platforms():
        label = _cpu_label(platform)
        yield _torch(TORCH + label, platform, build=TORCH + label, cuda=None)
        yield _torchvision(TORCHVISION + label, platform)
    yield Wheel(name="filelock", version="3.13.1")
    yield Wheel(name="numpy", version="1.26.3")


def _ordinary() -> Iterator[Wheel]:
    yield from (Wheel(name="filelock", version=version) for version in ("3.13.1", "3.20.0"))
    for version, python in (("1.26.4", ">=3.9"), ("2.2.6", ">=3.10"), ("2.3.5", ">=3.11")):
        yield Wheel(name="numpy", version=version, requires_python=python)
    for version in ("2.2.3", "2.3.3"):
        yield Wheel(name="pandas", version=version, requires=["numpy>=1.22.4"])
    yield Wheel(name="accelerate", version="1.12.0", requires=["numpy>=1.17", "torch>=2.0.0"])
    yield Wheel(name="click", version="8.1.8", requires=["colorama ; platform_system == 'Windows'"])
    yield Wheel(name="colorama", version="0.4.6")
    yield Wheel(name="tqdm", version="4.67.1", requires=["colorama ; platform_system == 'Windows'"])
    yield from (Wheel(name="mpi4py", version=version) for version in ("4.0.3", "4.1.1"))


def _cpu_label(platform: str) -> str:
    return "" if platform.startswith("macosx") else "+cpu"


def _torch(version: str, platform: str, *, build: str, cuda: str | None) -> Wheel:
    requires = ["filelock"]
    if "+" not in version:
        requires += [f"{name} ; {_ON_CUDA}" for name in ("nvidia-cublas-cu12", "triton")]
    return Wheel(
        name="torch",
        version=version,
        requires=requires,
        requires_python=">=3.10",
        tag=f"py3-none-{platform}",
        files={
            "torch/__init__.py": "from torch.version import __version__\n",
            "torch/version.py": _version_py(build, cuda),
            "torch/utils/__init__.py": "",
            "torch/utils/data.py": _DATA_LOADER,
        },
    )


def _torchvision(version: str, platform: str) -> Wheel:
    return Wheel(
        name="torchvision",
        version=version,
        requires=["numpy", f"torch=={TORCH}"],
        requires_python=">=3.10",
        tag=f"py3-none-{platform}",
        files={"torchvision/version.py": f"__version__ = {version!r}\n"},
    )


def _version_py(build: str, cuda: str | None) -> str:
    return (
        "from typing import Optional\n\n"
        f"__version__ = {build!r}\ndebug = False\ncuda: Optional[str] = {cuda!r}\n"
        "git_version = '5811a8d7da873dd699ff6687092c225caffcf1bb'\n"
        "hip: Optional[str] = None\nxpu: Optional[str] = None\n"
    )


_DATA_LOADER = '''\
class DataLoader:
    """Gives the items of a data set in batches."""

    def __init__(self, dataset, batch_size=1):
        self.dataset, self.batch_size = dataset, batch_size

    def __iter__(self):
        for start in range(0, len(self.dataset), self.batch_size):
            stop = min(start + self.batch_size, len(self.dataset))
            yield [self.dataset[i] for i in range(start, stop)]
'''


def _platforms() -> tuple[str, ...]:
    real = (LINUX, LINUX_ARM, MACOS, WINDOWS)
    return real if _runs_real_wheels() else (*real, _this_platform())


def _this_platform() -> str:
    """Return the platform tag of this very machine, such as ``linux_ppc64le``."""
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")


def _runs_real_wheels() -> bool:
    """Tell whether this machine installs one of the wheels above; one with musl does not."""
    system, _, rest = sysconfig.get_platform().partition("-")
    if system == "linux":
        return rest in {"x86_64", "aarch64"} and _glibc() >= _GLIBC
    if system == "macosx":
        return rest.endswith("-arm64")
    return (system, rest) == ("win", "amd64")


def _glibc() -> tuple[int, ...]:
    """Return the version of the C library, empty where it is not glibc."""
    try:
        name, _, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
    except (AttributeError, OSError, ValueError):
        return ()
    return tuple(map(int, version.split("."))) if name == "glibc" else ()
