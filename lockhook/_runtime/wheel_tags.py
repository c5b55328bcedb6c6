"""Whether a wheel can be for an environment, by its file name (platform compatibility tags).

No is said only where it is certain: what decides the rest, such as the version of the C library,
no marker tells.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# What the interpreters of other machines can run besides the wheels of their own.
_ALSO = {"x86_64": ("i686",), "aarch64": ("armv7l", "armv8l")}
_SYSTEMS = {"linux": ("linux", "manylinux", "musllinux"), "darwin": ("macosx",), "win32": ("win",)}


def may_fit(filename: str, markers: Mapping[str, object]) -> bool:
    """Tell whether a wheel may be installed where the marker variables are these."""
    python, abi, platform = filename.removesuffix(".whl").rsplit("-", 3)[-3:]
    return any(_python_may_fit(tag, abi, markers) for tag in python.split(".")) and any(
        _platform_may_fit(tag, markers) for tag in platform.split(".")
    )


def _python_may_fit(tag: str, abi: str, markers: Mapping[str, object]) -> bool:
    if markers["implementation_name"] != "cpython":
        return True
    implementation = tag.rstrip("0123456789")
    major, minor = tag[len(implementation) :][:1], tag[len(implementation) + 1 :]
    ours = str(markers["python_version"]).partition(".")
    if implementation in {"pp", "graalpy"} or major not in {"", ours[0]}:
        return False
    if implementation == "cp" and abi.startswith("cp"):
        return minor == ours[2]
    return not minor or int(minor) <= int(ours[2])


def _platform_may_fit(tag: str, markers: Mapping[str, object]) -> bool:
    system, machine = str(markers["sys_platform"]), str(markers["platform_machine"])
    if tag == "any" or system not in _SYSTEMS:
        return True
    if not tag.startswith(_SYSTEMS[system]):
        return False
    return system != "linux" or tag.endswith((machine, *_ALSO.get(machine, ())))
