"""Environments as data: a site directory from a nested dict, a platform from a few words."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from lockhook._runtime.environment import Environment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Tree = Mapping[str, "str | bytes | Tree"]

LINUX = {
    "implementation_name": "cpython",
    "implementation_version": "3.11.7",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_release": "6.18.44-fc-v657",
    "platform_system": "Linux",
    "platform_version": "#1 SMP",
    "python_full_version": "3.11.7",
    "python_version": "3.11",
    "sys_platform": "linux",
}
MACOS = LINUX | {
    "platform_machine": "arm64",
    "platform_release": "23.1.0",
    "platform_system": "Darwin",
    "sys_platform": "darwin",
}
WINDOWS = LINUX | {
    "os_name": "nt",
    "platform_machine": "AMD64",
    "platform_release": "10",
    "platform_system": "Windows",
    "sys_platform": "win32",
}


def write(folder: Path, tree: Tree) -> Path:
    """Write a nested dict as directories and files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in tree.items():
        target = folder / name
        if isinstance(content, (str, bytes)):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.encode() if isinstance(content, str) else content)
        else:
            write(target, content)
    return folder


def dist(
    name: str,
    version: str,
    *,
    directory: str = "",
    metadata: str | None = None,
    origin: object = None,
    modules: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return one installed distribution, as `write` takes it."""
    stem = name.lower().replace("-", "_").replace(".", "_")
    modules = {f"{stem}/__init__.py": ""} if modules is None else modules
    info: dict[str, Any] = {
        "METADATA": metadata
        if metadata is not None
        else f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nText\n",
        "RECORD": "".join(f"{path},,\n" for path in modules),
    }
    if origin is not None:
        info["direct_url.json"] = origin if isinstance(origin, str) else json.dumps(origin)
    return {directory or f"{stem}-{version}.dist-info": info, **modules}


@pytest.fixture
def site(tmp_path: Path) -> Callable[..., Path]:
    """Writes distributions and files into ``site-packages`` (or another directory)."""

    def site(*trees: Tree, name: str = "env/site-packages") -> Path:
        for tree in trees or ({},):
            write(tmp_path / name, tree)
        return tmp_path / name

    return site


@pytest.fixture
def env(tmp_path: Path) -> Callable[..., Environment]:
    """Makes the environment of an interpreter that only these tests know."""

    def env(*path: Path, markers: Mapping[str, str] = LINUX, **fields: Any) -> Environment:
        given = {
            "markers": markers,
            "path": tuple(map(str, path or (tmp_path / "env/site-packages",))),
            "prefix": str(tmp_path / "env"),
            "base_prefix": str(tmp_path / "base"),
            "executable": str(tmp_path / "env/bin/python"),
            "stdlib": (),
            "user_site": "",
            "hostname": "node001",
        }
        return Environment(**{**given, **fields})

    return env


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Writes a lock into the working directory, and returns its name."""
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)

    def lock(text: str | bytes, name: str = "requirements.txt") -> str:
        write(project, {name: text})
        return name

    return lock


def as_root() -> bool:
    return os.name == "posix" and os.geteuid() == 0
