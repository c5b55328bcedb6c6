"""The fast path of the guard: what it decides, and how little it does for that."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import lockhook
from lockhook._runtime import glance, verification
from lockhook._runtime.policy import Policy

from .conftest import dist

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lockhook._runtime.environment import Environment

    Env = Callable[..., Environment]
    Write = Callable[..., str]

A = "a" * 64
REQUIREMENTS = f"""\
# /// lockhook
# python = "3.10"
# ///
--extra-index-url https://x.org/cpu
bar==2.0 ; sys_platform == 'linux' \\
    --hash=sha256:{A} \\
    --hash=sha256:{A}
    # via foo
colorama==0.4.6 ; sys_platform == 'win32'
foo==1.0
"""
PYLOCK = f"""\
lock-version = "1.0"
created-by = "uv"
requires-python = ">=3.10"

[[packages]]
name = "bar"
version = "2.0"
marker = "sys_platform == 'linux'"
wheels = [{{ url = "https://x.org/bar-2.0-py3-none-any.whl", hashes = {{ sha256 = "{A}" }} }}]

[[packages]]
name = "colorama"
version = "0.4.6"
marker = "sys_platform == 'win32'"
wheels = [{{ url = "https://x.co/colorama-0.4.6-py3-none-any.whl", hashes = {{ sha256 = "{A}" }} }}]

[[packages]]
name = "foo"
version = "1.0"
sdist = {{ url = "https://x.org/foo-1.0.tar.gz", hashes = {{ sha256 = "{A}" }} }}

[tool.lockhook]
python = "3.10"
"""
UV_LOCK = f"""\
version = 1
revision = 5
requires-python = ">=3.10"

[[package]]
name = "bar"
version = "2.0"
source = {{ registry = "https://x.org/simple" }}
wheels = [
    {{ url = "https://x.org/bar-2.0-py3-none-any.whl", hash = "sha256:{A}" }},
]

[[package]]
name = "bench"
version = "1"
source = {{ virtual = "." }}
dependencies = [
    {{ name = "bar", marker = "sys_platform == 'linux'" }},
    {{ name = "colorama", marker = "sys_platform == 'win32'" }},
    {{ name = "foo" }},
]

[[package]]
name = "colorama"
version = "0.4.6"
source = {{ registry = "https://x.org/simple" }}

[[package]]
name = "foo"
version = "1.0"
source = {{ registry = "https://x.org/simple" }}
sdist = {{ url = "https://x.org/foo-1.0.tar.gz", hash = "sha256:{A}" }}
"""
LOCKS = {"requirements.txt": REQUIREMENTS, "pylock.toml": PYLOCK, "uv.lock": UV_LOCK}
PRESENT = {**dist("foo", "1.0"), **dist("bar", "2.0"), "foo": {"__init__.py": ""}, "bar.py": ""}
each_format = pytest.mark.parametrize("name", LOCKS)


@each_format
def test_what_is_plainly_as_locked_is_seen_at_a_glance(
    name: str, lock: Write, env: Env, site: Callable[..., Path]
) -> None:
    site({**PRESENT, **dist("extra", "3")})
    path = lock(LOCKS[name], name)
    seen = glance.look(path, env(), Policy())
    assert seen is not None
    assert seen == verification.verify(path, env(), Policy())
    assert (seen.summary["matched"], seen.summary["extra"]) == (2, 1)
    assert seen.summary["not_applicable"] == 1


@each_format
@pytest.mark.parametrize(
    "odd",
    [
        {"foo-1.0.dist-info": {"METADATA": "Metadata-Version: 2.1\nName: foo\nVersion: 1.1\n\n"}},
        {"foo-1.0.dist-info": {"METADATA": ""}},
        {"foo-1.0.dist-info": {"direct_url.json": "{}"}},
        {"foo-2.0.dist-info": {"METADATA": "Metadata-Version: 2.1\nName: foo\nVersion: 2.0\n\n"}},
    ],
)
def test_what_differs_is_not_for_a_glance(
    name: str, odd: dict[str, dict[str, str]], lock: Write, env: Env, site: Callable[..., Path]
) -> None:
    site(PRESENT)
    site(odd)
    assert glance.look(lock(LOCKS[name], name), env(), Policy()) is None
    assert not verification.verify(lock(LOCKS[name], name), env(), Policy()).ok


def test_a_pipe_is_left_to_the_careful_reader(tmp_path: Path, env: Env) -> None:
    os.mkfifo(path := str(tmp_path / "requirements.txt"))
    assert glance.look(path, env(), Policy()) is None


@pytest.mark.parametrize("collects", [True, False])
@pytest.mark.parametrize("text", [REQUIREMENTS, "foo==9\n", "\0"])
def test_garbage_is_collected_as_before(
    collects: bool, text: str, lock: Write, env: Env, site: Callable[..., Path]
) -> None:
    site(PRESENT)
    path, before = lock(text), gc.isenabled()
    try:
        (gc.enable if collects else gc.disable)()
        glance.look(path, env(), Policy())
        assert gc.isenabled() is collects
    finally:
        (gc.enable if before else gc.disable)()


def test_the_digest_of_the_lock_is_that_of_the_bytes_that_were_read(
    lock: Write, env: Env, site: Callable[..., Path]
) -> None:
    site(PRESENT)
    path = lock(REQUIREMENTS)
    seen = glance.look(path, env(), Policy())
    careful = verification.verify(path, env(), Policy())
    lock("foo==9\n")
    assert seen is not None
    assert seen.as_json()["lock_sha256"] == careful.lock_sha256


COUNTING = """\
import json, os, sys
sys.path[:] = [{site!r}, {root!r}, *sys.path]
import lockhook
lockhook.guard({lock!r})  # imports what it needs
looked, accessed = [], []
def hook(event, arguments):
    if event in ("open", "os.listdir", "os.scandir"):
        looked.append(os.fspath(arguments[0]))
access = os.access
def counted(path, mode, **options):
    accessed.append(path)
    return access(path, mode, **options)
os.supports_dir_fd.add(counted)
os.access = counted
sys.path[:] = [{site!r}]
sys.addaudithook(hook)
report = lockhook.guard({lock!r})
print(json.dumps([looked, len(accessed), report.summary["matched"]]))
"""


@each_format
def test_a_guard_looks_at_each_thing_once(
    name: str, lock: Write, site: Callable[..., Path]
) -> None:
    place, path = site(PRESENT), lock(LOCKS[name], name)
    root = os.path.dirname(os.path.dirname(lockhook.__file__))
    program = COUNTING.format(root=root, site=str(place), lock=path)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False
    )
    assert not done.stderr
    looked, accessed, matched = json.loads(done.stdout)
    # What lies in a directory is looked up from there, and not from the root each time.
    at, folders = (place, []) if os.name == "nt" else ("", [str(place)] * 2)
    infos = [os.path.join(at, f"{info}.dist-info", "METADATA") for info in ("bar-2.0", "foo-1.0")]
    # The default groups of a uv.lock stand in the project's own file.
    beside = ["pyproject.toml"] if name == "uv.lock" else []
    # Python tells of an `open` with an opener twice.
    assert sorted(looked) == sorted([path, path, str(place), *folders, *infos, *beside])
    assert (accessed, matched) == (2, 2)
