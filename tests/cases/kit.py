"""A hard case: a lock, an environment, and the right answer, as data; and how to build one.

A family of cases is a module of rows. The same rows are tests (`tests/test_cases.py`), and the
table that compares tools on them (`tests/cases/__main__.py`).
"""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

# The right answers are those of this platform and Python.
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

# What a case is about: the page of the specifications that decides it.
REQUIREMENTS = "requirements file format"
DEPENDENCIES = "dependency specifiers"
VERSIONS = "version specifiers"
NAMES = "names and normalization"
ORIGINS = "direct URL"
METADATA = "recording installed projects"
IMPORT = "import system"
SITE = "site module"
PYLOCK = "pylock.toml"
UV_LOCK = "uv.lock"
DESIGN = "README"

# The exit code of each right answer.
CODES = {"ok": 0, "differs": 1, "refuse": 3}

Arrange = Callable[["Place"], None]
Have = tuple[Any, ...]


@dataclass(frozen=True)
class Case:
    """One lock in one environment.

    Attributes:
        id: of its family's letter and a number; never used for another case.
        title: what is hard about it.
        right: ``ok``, ``differs`` or ``refuse``; two, with a slash, where either is defensible.
        rule: which specification decides.
        lock: the lock's text; None for none. ``@CASE@`` becomes the folder of the case.
        have: the arguments of `dist` for each installed distribution.
        name: the lock's file name.
        why: why the answer is the right one.
        says: a part of what must be printed, so that it is right for the right reason.
        files: further files, relative to the folder.
        arrange: what is done when all else is there.
        env: environment variables of the interpreter that is looked at.
        venv: options of ``python -m venv``. With these, or `env`, or `real`, the case is built
            around a real interpreter.
        real: whether the interpreter's own start-up matters (``.pth`` files and the like).
        arguments: further arguments of ``lockhook verify``.
    """

    id: str
    title: str
    right: str
    rule: str
    lock: str | bytes | None
    have: tuple[Have, ...] = ()
    name: str = "requirements.txt"
    why: str = ""
    says: str = ""
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    arrange: Arrange | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    venv: tuple[str, ...] = ()
    real: bool = False
    arguments: tuple[str, ...] = ()

    @property
    def codes(self) -> set[int]:
        """The exit codes that are right."""
        return {CODES[answer] for answer in self.right.split("/")}

    @property
    def needs_an_interpreter(self) -> bool:
        """Whether only a real interpreter knows the path that `import` goes through."""
        return bool(self.real or self.env or self.venv)


@dataclass(frozen=True)
class Place:
    """Where a case was built."""

    folder: Path
    python: Path
    site: Path


def case(
    id_: str,
    title: str,
    right: str,
    rule: str,
    lock: str | bytes | None,
    have: tuple[Have, ...] | list[Have] = (),
    **more: Any,
) -> Case:
    """Return one row of a family."""
    return Case(id_, title, right, rule, lock, tuple(have), **more)


def build(case: Case, folder: Path, *, real: bool = False) -> Place:
    """Build a case in an empty folder, around a real interpreter if it or the caller needs one."""
    folder.mkdir(parents=True, exist_ok=True)
    place = _venv(case, folder) if real or case.needs_an_interpreter else _fake(folder)
    for installed in case.have:
        more = installed[2] if len(installed) > 2 else {}
        dist(place.site, *installed[:2], **{"folder": folder, **more})
    written = {} if case.lock is None else {case.name: case.lock}
    for name, content in {**case.files, **written}.items():
        _put(folder / name, content, folder)
    if case.arrange:
        case.arrange(place)
    return place


def _fake(folder: Path) -> Place:
    site = folder / "venv/lib/python3.11/site-packages"
    site.mkdir(parents=True)
    return Place(folder, folder / "venv/bin/python", site)


def _venv(case: Case, folder: Path) -> Place:
    where = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", *case.venv, where], check=True)
    site = next(where.glob("lib/python3*/site-packages"))
    return Place(folder, where / "bin/python", site)


def _put(path: Path, content: str | bytes, folder: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = content.replace("@CASE@", str(folder)) if isinstance(content, str) else content
    path.write_bytes(text.encode() if isinstance(text, str) else text)


def dist(
    site: Path,
    name: str,
    version: str,
    *,
    top: str | None = None,
    meta: str | bytes | None = None,
    no_meta: bool = False,
    direct_url: object = None,
    dirname: str = "",
    files: Mapping[str, str] | None = None,
    body: str | None = None,
    record: bool = True,
    folder: Path | None = None,
) -> Path:
    """Write one installed distribution as pip leaves it, and return its ``.dist-info``.

    With ``top=""`` it has no package of its own, but what `files` says. ``@CASE@`` in what is
    written becomes ``folder``.
    """
    stem = canonicalize_name(name).replace("-", "_")
    info = site / (dirname or f"{stem}-{version}.dist-info")
    body = f"__version__ = {version!r}\n" if body is None else body
    package = {} if top == "" else {f"{top or stem}/__init__.py": body}
    modules = {**package, **(files or {})}
    for path, text in modules.items():
        _put(site / path, text, site)
    if meta is None:
        meta = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    written = {} if no_meta else {"METADATA": meta}
    if direct_url is not None:
        written["direct_url.json"] = (
            direct_url if isinstance(direct_url, (str, bytes)) else json.dumps(direct_url)
        )
    if record:
        written["RECORD"] = _record(modules, info.name)
    for path, content in {"INSTALLER": "pip\n", **written}.items():
        _put(info / path, content, folder or site)
    return info


def _record(modules: Mapping[str, str], info: str) -> str:
    rows = []
    for path, text in modules.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
        rows.append(f"{path},sha256={digest.rstrip(b'=').decode()},{len(text.encode())}")
    return "\n".join([*rows, f"{info}/METADATA,,", f"{info}/RECORD,,", ""])
