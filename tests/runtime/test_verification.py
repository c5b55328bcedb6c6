"""The right answer for a lock and an environment, from the file to the verdict."""

from __future__ import annotations

import hashlib
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from lockhook._runtime import verification
from lockhook._runtime.installed import scan
from lockhook._runtime.policy import Policy
from lockhook.errors import EnvironmentUnreadableError, LockfileError

from .conftest import LINUX, MACOS, WINDOWS, as_root, dist

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lockhook._runtime.environment import Environment

    Env = Callable[..., Environment]
    Site = Callable[..., Path]
    Write = Callable[..., str]

OK, DIFFERS, REFUSE = "passed", "failed", "refused"


def answer(path: str, environment: Environment, **policy: Any) -> str:
    try:
        return verification.verify(path, environment, Policy(**policy)).status
    except LockfileError:
        return REFUSE


FORK = "torch==2.9.1 ; sys_platform == 'darwin'\ntorch==2.9.1+cpu ; sys_platform != 'darwin'\n"
KROF = "torch==2.9.1+cpu ; sys_platform != 'darwin'\ntorch==2.9.1 ; sys_platform == 'darwin'\n"
OLD_FIRST = (
    "numpy==2.2.6 ; python_full_version < '3.11'\nnumpy==2.3.5 ; python_full_version >= '3.11'\n"
)
NEW_FIRST = (
    "numpy==2.3.5 ; python_full_version >= '3.11'\nnumpy==2.2.6 ; python_full_version < '3.11'\n"
)
UV = """\
networkx==3.6.1 ; python_full_version < '3.12'
    # via bench (pyproject.toml)
networkx==3.7 ; python_full_version >= '3.12'
    # via bench (pyproject.toml)
numpy==2.4.6 ; python_full_version < '3.12'
    # via bench (pyproject.toml)
numpy==2.5.5 ; python_full_version >= '3.12'
    # via bench (pyproject.toml)
"""
TORCH = """\
torch==2.9.1 ; sys_platform == 'darwin'
    # via bench
torch==2.9.1+cpu ; sys_platform != 'darwin'
    # via bench
typing-extensions==4.15.0
    # via torch
"""
CLICK = {"click": "8.1.7"}

# (lock, installed, answer); the answers are for CPython 3.11.7 on Linux x86_64.
MARKERS = [
    (FORK, {"torch": "2.9.1+cpu"}, OK),
    (KROF, {"torch": "2.9.1+cpu"}, OK),
    (KROF, {"torch": "2.9.1"}, DIFFERS),
    ("click==8.1.7\ncolorama==0.4.6 ; sys_platform == 'win32'\n", CLICK, OK),
    ("click==8.1.7\ncolorama==0.4.6 ; sys_platform == 'win32'\n", CLICK | {"colorama": "0.4"}, OK),
    (
        (
            "click==8.1.7\nasync-timeout==5.0.1 ; python_full_version < '3.11.3'\n"
            "exceptiongroup==1.3.0 ; python_full_version < '3.11'\n"
        ),
        CLICK,
        OK,
    ),
    (OLD_FIRST, {"numpy": "2.3.5"}, OK),
    (NEW_FIRST, {"numpy": "2.2.6"}, DIFFERS),
    (
        (
            "click==8.1.7\nnvidia-nccl-cu12==2.27.5 ; platform_machine == 'x86_64' "
            "and sys_platform == 'linux'\n"
        ),
        CLICK,
        DIFFERS,
    ),
    ("click==8.1.7\npywin32==306 ; platform_machine == 'aarch64'\n", CLICK, OK),
    (
        (
            "click==8.1.7\ntriton==3.5.1 ; (python_full_version < '3.11' and "
            "sys_platform == 'linux') or "
            "(platform_machine == 'aarch64' and sys_platform == 'linux')\n"
        ),
        CLICK,
        OK,
    ),
    (
        (
            "click==8.1.7\ntriton==3.5.1 ; sys_platform == 'linux' or sys_platform == 'win32' "
            "and python_version < '3'\n"
        ),
        CLICK,
        DIFFERS,
    ),
    ("click==8.1.7\ncolorama==0.4.6;sys_platform=='win32'\n", CLICK, OK),
    ("click==8.1.7;python_version>='3.8'\n", CLICK, OK),
    (
        (
            "click==8.1.7 ; 'linux' in sys_platform\ncolorama==0.4.6 ; 'win32' == sys_platform\n"
            "uvloop==0.21.0 ; sys_platform not in 'linux darwin'\n"
        ),
        CLICK,
        OK,
    ),
    ("click==8.1.7\npytest==8.3.0 ; extra == 'dev'\n", CLICK, OK),
    (
        (
            "click==8.1.7\ncffi==1.17.1 ; implementation_name == 'pypy'\n"
            "greenlet==3.0.0 ; platform_python_implementation == 'PyPy'\n"
        ),
        CLICK,
        OK,
    ),
    ("click==8.1.7 ; python_version >= '3.9'\n", {}, DIFFERS),
    ("click==8.1.7\npexpect==4.9.0 ; platform_release == 'no-such-kernel'\n", CLICK, OK),
    (
        "numpy==2.3.5 ; sys_platform == 'linux'\nnumpy==2.3.4 ; python_version >= '3.8'\n",
        {"numpy": "2.3.4"},
        REFUSE,
    ),
    (
        "numpy==2.3.5 ; sys_platform == 'linux'\nnumpy==2.3.5 ; python_version >= '3.8'\n",
        {"numpy": "2.3.5"},
        OK,
    ),
    (
        "torch==2.9.1 ; sys_platform == 'darwin'\ntorch==2.9.1+cpu ; sys_platform == 'win32'\n",
        {"torch": "2.9.1"},
        OK,
    ),
    ("click==8.1.7 ; sys_platfrm == 'linux'\n", CLICK, REFUSE),
    ("click==8.1.7 ; sys_platform == 'linux\n", CLICK, REFUSE),
    ("click==8.1.7 ; python_version == '3.11.*'\n", {"click": "8.1.6"}, DIFFERS),
    ("click==8.1.7 ; python_full_version ~= '3.11.0'\n", {"click": "8.1.6"}, DIFFERS),
    (TORCH, {"torch": "2.9.1+cpu", "typing_extensions": "4.15.0"}, OK),
    (UV, {"networkx": "3.6.1", "numpy": "2.4.6"}, OK),
]
NAMES = [
    ("click==8.1.7\nzope.interface==6.0\n", CLICK, DIFFERS),
    ("click==8.1.7\nruamel.yaml==0.18.6\n", CLICK | {"ruamel.yaml": "0.17.0"}, DIFFERS),
    ("ruamel.yaml==0.18.6\n", {"ruamel.yaml": "0.18.6"}, OK),
    ("typing-extensions==4.15.0\n", {"typing_extensions": "4.15.0"}, OK),
    ("PyYAML==6.0.2\n", {"PyYAML": "6.0.2"}, OK),
    ("Foo__Bar.-baz==1.0\n", {"foo-bar-baz": "1.0"}, OK),
    ("click==8.1.7\ndask[complete]==2024.1.0\n", CLICK, DIFFERS),
    ("dask[array,dataframe]==2024.1.0\n", {"dask": "2023.1.0"}, DIFFERS),
    ("dask [ complete ] == 2024.1.0\n", {"dask": "2024.1.0"}, OK),
    ("click==8.1.7\nnumpy == 2.3.5\n", CLICK, DIFFERS),
    ("numpy (==2.3.5)\n", {"numpy": "2.3.4"}, DIFFERS),
    ("numpy>=2.0\n", {"numpy": "2.3.5"}, REFUSE),
    ("numpy\n", {"numpy": "2.3.5"}, REFUSE),
    ("numpy==2.3.*\n", {"numpy": "2.3.5"}, REFUSE),
    ("numpy==2.3.5,<3\n", {"numpy": "2.3.5"}, OK),
    ("numpy~=2.3\n", {"numpy": "2.3.5"}, REFUSE),
    ("numpy==2.3.5 \t \n\tclick==8.1.7\n", CLICK | {"numpy": "2.3.5"}, OK),
    ("-numpy==2.3.5\n", {"numpy": "2.3.5"}, REFUSE),
    ("n\u0443mpy==2.3.5\nclick==8.1.7\n", CLICK | {"numpy": "2.3.5"}, REFUSE),
    ("click==8.1.7\nnumpy=2.3.5\n", CLICK | {"numpy": "2.3.4"}, REFUSE),
    ("zope.interface==6.0\nruamel.yaml==0.18.6\ndask[complete]==2024.1.0\n", {}, DIFFERS),
    ("mpi4py==4.1.1\nclick==8.1.7\n", CLICK | {"mpi4py": "3.1.6"}, OK),
]


@pytest.mark.parametrize(("text", "have", "right"), [*MARKERS, *NAMES])
def test_the_right_answer(
    text: str, have: dict[str, str], right: str, lock: Write, site: Site, env: Env
) -> None:
    site(*(dist(name, version) for name, version in have.items()))
    assert answer(lock(text), env()) == right


# (behind the name in the lock, installed, answer), by PEP 440.
VERSIONS = [
    ("===1.0", "1.0", OK),
    ("===1.0", "1.0.0", DIFFERS),
    ("==2.0", "2.0.0", OK),
    ("==1.0.0", "1.0", OK),
    ("==1.0.0RC1", "1.0.0rc1", OK),
    ("==1.0-1", "1.0.post1", OK),
    ("==1.0.dev", "1.0.dev0", OK),
    ("==v1.0", "1.0", OK),
    ("==2.9.1+cpu", "2.9.1", DIFFERS),
    ("==2.9.1", "2.9.1+cpu", OK),
    ("==2.9.1+cpu", "2.9.1+cu128", DIFFERS),
    ("==2.9.1", "2.9.1+cu128", OK),
    ("==1!2.0", "2.0", DIFFERS),
    ("==1!2.0", "1!2.0.0", OK),
    ("==0!1.0", "1.0", OK),
    ("==1.0+ubuntu-1", "1.0+ubuntu.1", OK),
    ("==2024.01.05", "2024.1.5", OK),
    ("==1.0", "1.0.post1", DIFFERS),
    ("==1.0alpha1", "1.0a1", OK),
    ("==2.9.1+CPU", "2.9.1+cpu", OK),
    ("==2.9+cpu", "2.9.0+cpu", OK),
    ("===0.1-bulbasaur", "0.1-bulbasaur", OK),
    ("==1.0rc1", "1.0.0-RC1", OK),
    ("==banana", "1.0", REFUSE),
    ("==2.9.1+cpu", "2.9.1+cpu.cxx11.abi", DIFFERS),
    ("==2.9.1+cpu", "2.9.0a0+git1234567", DIFFERS),
    ("==1.0", "banana", DIFFERS),
]


@pytest.mark.parametrize(("pin", "found", "right"), VERSIONS)
def test_versions(pin: str, found: str, right: str, lock: Write, site: Site, env: Env) -> None:
    site(dist("foo", found))
    assert answer(lock(f"foo{pin}\n"), env()) == right


@pytest.mark.parametrize(("pin", "right"), [("==1.0", DIFFERS), ("==2.0", OK)])
def test_the_metadata_tell_the_version_and_not_the_directory(
    pin: str, right: str, lock: Write, site: Site, env: Env
) -> None:
    site(dist("foo", "1.0", metadata="Metadata-Version: 2.1\nName: foo\nVersion: 2.0\n"))
    assert answer(lock(f"foo{pin}\n"), env()) == right


@pytest.mark.parametrize(
    ("markers", "installed", "right"),
    [
        (LINUX, "2.9.1+cpu", OK),
        (WINDOWS, "2.9.1+cpu", OK),
        (MACOS, "2.9.1", OK),
        (WINDOWS, "2.9.1", DIFFERS),
    ],
)
def test_the_platform_is_data(
    markers: dict[str, str], installed: str, right: str, lock: Write, site: Site, env: Env
) -> None:
    site(dist("torch", installed))
    assert answer(lock(FORK), env(markers=markers)) == right


@pytest.mark.parametrize(
    ("policy", "right"),
    [
        ({}, DIFFERS),
        ({"allow_missing": True}, OK),
        ({"allow_missing": True, "strict": True}, DIFFERS),
    ],
)
def test_missing(policy: dict[str, bool], right: str, lock: Write, site: Site, env: Env) -> None:
    site()
    assert answer(lock("foo==1.0\n"), env(), **policy) == right


def test_a_lock_of_which_nothing_applies_says_so(lock: Write, site: Site, env: Env) -> None:
    site()
    path = lock("foo==1.0 ; sys_platform == 'win32'\n")
    report = verification.verify(path, env(), Policy())
    (finding,) = report.findings
    assert finding.message == (
        "no line of the lock applies to this platform and Python: nothing was checked"
    )
    assert (report.ok, report.summary["not_applicable"]) == (True, 1)
    assert not verification.verify(path, env(), Policy(strict=True)).ok


def test_the_project_itself_is_no_extra(lock: Write, site: Site, env: Env) -> None:
    lock('[project]\nname = "my.bench" # ours\n', "pyproject.toml")
    site(dist("foo", "1.0"), dist("my-bench", "3"), dist("pip", "1"))
    assert answer(lock("foo==1.0\n"), env(), strict=True) == OK


def test_extras_are_named(lock: Write, site: Site, env: Env) -> None:
    site(dist("foo", "1.0"), dist("bar", "2"), dist("broken", "1", metadata=""))
    report = verification.verify(lock("foo==1.0\n"), env(), Policy())
    assert [(f.package, f.message, f.fails) for f in report.findings] == [
        ("bar", "2 is installed, but not in the lock", False),
        ("broken", "no version is installed, but not in the lock", False),
    ]
    assert report.summary["extra"] == 2


def test_the_report_describes_the_machine(
    lock: Write, site: Site, env: Env, tmp_path: Path
) -> None:
    site(dist("foo", "1.0"))
    report = verification.verify(lock("foo==1.0\n"), env(), Policy())
    assert report.environment == {
        "python": "3.11.7",
        "implementation": "CPython",
        "platform": "linux-x86_64",
        "prefix": str(tmp_path / "env"),
        "hostname": "node001",
    }
    assert report.lock_sha256 == hashlib.sha256(b"foo==1.0\n").hexdigest()


def test_a_broken_pyproject_does_not_hide_what_was_found(lock: Write, site: Site, env: Env) -> None:
    lock("[project\n", "pyproject.toml")
    site(dist("foo", "2.0"))
    assert answer(lock("foo==1.0\n"), env()) == DIFFERS


@pytest.mark.parametrize(
    ("content", "read"),
    [
        (None, None),
        ('{"url": "file:///x", "dir_info": {}}', {"url": "file:///x", "dir_info": {}}),
        ("{", {}),
        ("[1]", {}),
        ("\udcff".encode("utf-8", "surrogateescape"), {}),
        ("[" * 100_000, {}),
    ],
)
def test_reading_the_origin(content: str | bytes | None, read: object, site: Site) -> None:
    tree = dist("foo", "1.0")
    if content is not None:
        tree["foo-1.0.dist-info"]["direct_url.json"] = content
    (found,) = scan([str(site(tree))]).by_name["foo"]
    assert verification.read_origin(found) == read


def test_an_origin_that_may_not_be_read_agrees_with_nothing(
    lock: Write, site: Site, env: Env
) -> None:
    site(dist("foo", "1.0"), {"foo-1.0.dist-info": {"direct_url.json": {}}})
    (finding,) = verification.verify(lock("foo==1.0\n"), env(), Policy()).findings
    assert finding.message == (
        "expected 1.0 from an index, found a direct_url.json that cannot be read"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="a directory in use cannot be removed there")
def test_a_working_directory_that_is_gone(
    lock: Write, env: Env, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = os.path.abspath(lock("foo==1.0\n"))
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert answer(path, env()) == DIFFERS
    with pytest.raises(EnvironmentUnreadableError) as caught:
        verification.verify("../project/requirements.txt", env(), Policy())
    assert caught.value.reason == "cannot be looked at: No such file or directory"


@pytest.mark.skipif(as_root(), reason="root may read everything")
def test_a_directory_that_may_not_be_read(lock: Write, site: Site, env: Env) -> None:
    folder = site(dist("foo", "1.0"))
    folder.chmod(0)
    try:
        assert answer(lock("foo==1.0\n"), env()) == DIFFERS
    finally:
        folder.chmod(0o755)


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no links here")
def test_what_is_missing_may_be_in_a_directory_that_cannot_be_read(
    lock: Write, site: Site, env: Env, tmp_path: Path
) -> None:
    folder, loop = site(dist("foo", "1.0")), tmp_path / "loop"
    loop.symlink_to(loop)
    here = env(folder, loop, tmp_path / "nowhere", tmp_path / "a\0b")
    path = lock("foo==1.0\nbar==1.0\n")
    assert verification.verify(path, here, Policy()).status == "failed"
    with pytest.raises(EnvironmentUnreadableError, match="loop: cannot be looked at: Too many"):
        verification.verify(path, here, Policy(allow_missing=True))
    assert verification.verify(lock("foo==1.0\n"), here, Policy(allow_missing=True)).ok


STAMP = """\
# This file was autogenerated by uv via the following command:
# /// lockhook
# scheme = 1
# python = "{python}"
# dependencies = []
{platform}# ///
foo==1.0
"""


@pytest.mark.parametrize(
    ("python", "platform", "reason"),
    [
        ("3.10", "", ""),
        ("3.11", "", ""),
        ("3.11.7", "", ""),
        ("3.11.8", "", "the lock covers Python 3.11.8 and later, this is 3.11.7"),
        ("3.12", "", "the lock covers Python 3.12 and later, this is 3.11.7"),
        ("3.11", "linux-x86_64", ""),
        ("3.10", "linux-x86_64", "the lock covers Python 3.10 only, this is 3.11.7"),
        ("3.11", "darwin-arm64", "the lock covers darwin-arm64 only, this is linux-x86_64"),
        ("garbage", "", ""),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_a_lock_says_that_it_covers(
    python: str, platform: str, reason: str, end: str, lock: Write, site: Site, env: Env
) -> None:
    site(dist("foo", "1.0"))
    line = f'# platform = "{platform}"\n' if platform else ""
    text = STAMP.format(python=python, platform=line).replace("\n", end)
    report = verification.verify(lock(text.encode()), env(), Policy(allow_missing=True))
    assert [f.message for f in report.findings] == ([reason] if reason else [])
    assert report.ok is not bool(reason)


@pytest.mark.parametrize(
    "text",
    [
        STAMP.format(python="3.12", platform="").replace("# ///\n", ""),
        STAMP.format(python="3.12", platform="").replace("# /// lock", "## /// lock"),
        "foo==1.0\n",
    ],
)
def test_a_stamp_that_is_none(text: str, lock: Write, site: Site, env: Env) -> None:
    site(dist("foo", "1.0"))
    assert answer(lock(text), env()) == OK


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ('[tool.lockhook]\npython = "3.12"\n', DIFFERS),
        ('[tool.lockhook]\npython = "3.11"\n', OK),
        ("[tool]\nlockhook = 1\n", OK),
        ("[tool.lockhook]\npython = 3\n", OK),
    ],
)
def test_what_a_pylock_says_that_it_covers(
    table: str, expected: str, lock: Write, site: Site, env: Env
) -> None:
    site(dist("foo", "1.0"))
    package = '[[packages]]\nname = "foo"\nversion = "1.0"\n'
    package += 'sdist = {url = "https://h/foo-1.0.tar.gz", hashes = {sha256 = "00"}}\n'
    text = f'lock-version = "1.0"\ncreated-by = "me"\n{package}{table}'
    assert answer(lock(text, "pylock.toml"), env()) == expected


def test_what_is_wrong_with_the_lock_itself(lock: Write, site: Site, env: Env) -> None:
    site(dist("foo", "1.0"))
    path = lock("foo==1.0\n")

    def verified(**policy: Any) -> Any:
        return verification.verify(
            path, env(), Policy(**policy), lock_faults=lambda _: [("stale", "the lock is stale")]
        )

    assert [(f.code, f.fails) for f in verified().findings] == [("LH114", False)]
    strict = verified(strict=True)
    assert [(f.code, f.fails) for f in strict.findings] == [("LH114", True)]
    assert strict.advice == (
        "requirements.txt: run `lockhook sync`, then install from the new lock",
    )
