"""What the guard may import: a benchmark must not feel it."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import lockhook

if TYPE_CHECKING:
    from pathlib import Path

ROOT = os.path.dirname(os.path.dirname(lockhook.__file__))
LOCK = f"""\
torch==2.9.1 ; sys_platform == 'darwin'
torch==2.9.1+cpu ; sys_platform != 'darwin' and python_full_version >= '3.10' \\
    --hash=sha256:{"a" * 64} \\
    --hash=sha256:{"b" * 64}
    # via bench (pyproject.toml)
colorama==0.4.6 ; (os_name == 'nt' and python_full_version < '3.12') or sys_platform == 'win32'
zope.interface[test]==6.0.0rc1
pip==1.0
"""

# The guard itself, where everything is plainly as locked.
GLANCE = {
    "gc",  # part of the interpreter
    "lockhook",
    "lockhook._guard",
    "lockhook._runtime",
    *(
        f"lockhook._runtime.{name}"
        for name in (
            "environment",
            "facts",
            "glance",
            "installed",
            "lock_bytes",
            "names",
            "plain",
            "plain_requirements",
            "policy",
            "presence",
            "record",
            "report",
            "shadow",
        )
    ),
}
# What a lock asks for that has markers, and pins torch.
WITH_TORCH = GLANCE | {
    f"lockhook._runtime.{name}"
    for name in ("accelerator", "accelerator_names", "plain_markers", "torch_version")
}
# The same with a lock in TOML.
OF_TOML = {
    "pylock.toml": {"plain_pylock", "plain_markers", "uv_files", "uv_layout"},
    "uv.lock": {
        *("glance_graph", "plain_graph", "plain_markers", "plain_uv_lock"),
        *("uv_files", "uv_groups", "uv_layout"),
    },
}
TOML = {
    "pylock.toml": f"""\
lock-version = "1.0"
created-by = "uv"
requires-python = ">=3.10"

[[packages]]
name = "pip"
version = "1"
marker = "sys_platform != 'win32'"
sdist = {{ url = "https://example.org/pip-1.tar.gz", hashes = {{ sha256 = "{"a" * 64}" }} }}
""",
    "uv.lock": f"""\
version = 1
revision = 3
requires-python = ">=3.10"

[[package]]
name = "bench"
version = "1"
source = {{ virtual = "." }}
dependencies = [
    {{ name = "pip", marker = "sys_platform != 'win32'" }},
]

[[package]]
name = "pip"
version = "1"
source = {{ registry = "https://example.org/simple" }}
sdist = {{ url = "https://example.org/pip-1.tar.gz", hash = "sha256:{"a" * 64}" }}
""",
}
# What passes, and is not plain.
CAREFUL = WITH_TORCH | {
    "lockhook.errors",
    *(
        f"lockhook._runtime.{name}"
        for name in (
            "compare",
            "coverage",
            "cpu_only",
            "discovery",
            "encoding",
            "extra",
            "lockfile",
            "markers",
            "model",
            "requirements_txt",
            "scope",
            "selection",
            "verification",
            "versions",
        )
    ),
}
SHA256 = {"_sha2", "_sha256", "hashlib", "_hashlib"}


def new_modules(code: str, cwd: Path, *flags: str) -> set[str]:
    """Run code in a bare interpreter, and return the modules that it added to it.

    Bare is ``-S``: the ``.pth`` files of an environment import things of their own. `os` is then
    the one module missing that every other Python has.
    """
    program = (
        f"import sys, os\nsys.path.append({ROOT!r})\nknown = set(sys.modules)\n{code}\n"
        "print(sorted(set(sys.modules) - known))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-E", *flags, "-c", program],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    modules: list[str] = ast.literal_eval(done.stdout)
    return set(modules)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A lock as uv writes it, and an environment that holds all of it but colorama."""
    (tmp_path / "requirements.txt").write_text(LOCK, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "bench"\n', encoding="utf-8")
    for name, version in (("torch", "2.9.1+cpu"), ("zope.interface", "6.0.0rc1"), ("pip", "1")):
        info = tmp_path / "site" / f"{name}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\n", encoding="utf-8"
        )
    return tmp_path


def test_importing_lockhook_imports_nothing_else(tmp_path: Path) -> None:
    assert new_modules("import lockhook", tmp_path) <= {"lockhook", "__future__"}


GUARD = "import lockhook; sys.path.append('site'); lockhook.guard({})"


def test_a_guard_of_a_plain_lock_imports_next_to_nothing(project: Path) -> None:
    (project / "requirements.txt").write_text("pip==1\n", encoding="utf-8")
    for other in ("torch-2.9.1+cpu", "zope.interface-6.0.0rc1"):
        shutil.rmtree(project / "site" / f"{other}.dist-info")
    assert new_modules(GUARD.format("'requirements.txt'"), project) <= GLANCE | {"__future__"}


@pytest.mark.parametrize("name", TOML)
def test_a_guard_of_a_plain_lock_in_toml_imports_little_more(project: Path, name: str) -> None:
    (project / name).write_text(TOML[name], encoding="utf-8")
    for other in ("torch-2.9.1+cpu", "zope.interface-6.0.0rc1"):
        shutil.rmtree(project / "site" / f"{other}.dist-info")
    more = {f"lockhook._runtime.{module}" for module in OF_TOML[name]}
    assert new_modules(GUARD.format(f"'{name}'"), project) <= GLANCE | more | {"__future__"}


@pytest.mark.parametrize("arguments", ["'requirements.txt'", ""])
def test_a_passing_guard_imports_nothing_it_does_not_need(project: Path, arguments: str) -> None:
    if sys.platform == "darwin":
        pytest.skip("the lock is for other platforms")
    lock = project / "requirements.txt"
    found = new_modules(GUARD.format(arguments), project)
    assert found <= CAREFUL | SHA256 | {"__future__"}
    lock.write_text(LOCK.replace("[test]", "").replace("pip==1.0", "pip==1"), encoding="utf-8")
    found = new_modules(GUARD.format(arguments), project)
    needed = set() if arguments else {"lockhook.errors", "lockhook._runtime.discovery"}
    assert found <= WITH_TORCH | needed | {"__future__"}


def test_the_guard_changes_nothing_in_the_process(project: Path) -> None:
    code = """
import logging, os, signal, sys, warnings, threading, atexit
sys.path.append('site')
def state():
    handlers = [signal.getsignal(number) for number in signal.valid_signals()]
    known = logging.root.manager.loggerDict
    loggers = {name: vars(log).get('handlers') for name, log in known.items()}
    return [handlers, loggers, list(logging.root.handlers), list(warnings.filters), os.getcwd(),
            dict(os.environ), sys.path[:], sys.meta_path[:], sys.path_hooks[:],
            threading.enumerate(), sys.excepthook, atexit._ncallbacks(), sorted(os.listdir('.')),
            os.umask(18), sys.argv]
os.umask(18)
before = state()
import lockhook
lockhook.guard()
assert state() == before, state()
"""
    new_modules(code, project, "-B")
