"""What an interpreter knows of itself, as plain data.

This file runs in two places: imported in this process, and, as source text, in the interpreter
that ``--python`` names. So it imports nothing but `os` and `sys` (`platform` alone would take as
long as all the rest), and keeps to what Python 3.6 can read.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


def facts() -> "dict[str, Any]":
    """Return the fields of `lockhook._runtime.environment.Environment`."""
    stdlib = os.path.dirname(os.path.abspath(os.__file__))
    archive = "python%d%d.zip" % sys.version_info[:2]
    return {
        "markers": marker_values(),
        "path": tuple(_path()),
        "prefix": sys.prefix,
        "base_prefix": sys.base_prefix,
        "executable": sys.executable or "python",
        "stdlib": (
            stdlib,
            os.path.join(stdlib, "lib-dynload"),
            os.path.join(os.path.dirname(stdlib), archive),
        ),
        "user_site": _user_site(),
        "hostname": _uname()[1],
    }


def _path() -> "Iterator[str]":
    for entry in sys.path:
        # What is no string `import` passes over.
        if isinstance(entry, str):
            try:
                yield os.path.abspath(entry)
            except OSError:  # the current directory is gone
                yield entry


def marker_values() -> "dict[str, str]":
    """Return the marker variables and their values (PEP 508, "Environment Markers")."""
    name = sys.implementation.name
    system, _, release, build, machine = _uname()
    full = sys.version.partition(" ")[0]
    return {
        "implementation_name": name,
        "implementation_version": _format(sys.implementation.version),
        "os_name": os.name,
        "platform_machine": machine,
        "platform_python_implementation": {"cpython": "CPython", "pypy": "PyPy"}.get(name, name),
        "platform_release": release,
        "platform_system": system,
        "platform_version": build,
        # A build from a working tree ends in "+", which is no version; pip adds the same word.
        "python_full_version": full + "local" if full.endswith("+") else full,
        "python_version": "%d.%d" % sys.version_info[:2],
        "sys_platform": sys.platform,
    }


def _uname() -> "tuple[str, ...]":
    if hasattr(os, "uname"):
        return tuple(os.uname())
    import platform

    return tuple(platform.uname())[:5]


def _format(version: "Any") -> str:
    text = "%d.%d.%d" % version[:3]
    return text if version[3] == "final" else text + version[3][0] + str(version[4])


def _user_site() -> str:
    site = sys.modules.get("site")
    return (getattr(site, "ENABLE_USER_SITE", None) and getattr(site, "USER_SITE", None)) or ""
