from __future__ import annotations

import os
import sys
import types
from typing import TYPE_CHECKING

import pytest

from lockhook._authoring import uv
from lockhook._authoring.uv import Uv
from lockhook.errors import MissingToolError, UvError

if TYPE_CHECKING:
    from pathlib import Path

INSTALL = "pip install 'lockhook[uv]'"


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def unpackaged(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the package `uv` were not installed."""
    monkeypatch.setitem(sys.modules, "uv", None)


def test_the_packaged_one_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from uv import find_uv_bin

    program(tmp_path / "uv", "echo uv 99.0")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert uv.find().program == find_uv_bin()


@pytest.mark.parametrize(
    ("row", "version"),
    [
        ("bin/uv,sha256=abc,{size}", "0.9.1"),
        ("../site/bin/uv,sha256=abc,{size}", "0.9.1"),
        ("bin/uv,sha256=abc,1{size}", "0.9.2"),
        ("bin/uvx,sha256=abc,{size}", "0.9.2"),
        ("bin/uv,,", "0.9.2"),
        (None, "0.9.2"),
    ],
)
def test_a_package_tells_the_version_of_its_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row: str | None, version: str
) -> None:
    site = tmp_path / "site"
    site.mkdir()
    made = program(site / "bin" / "uv", "echo uv 0.9.2")
    (site / "uv-0.9.1.dist-info").mkdir()
    if row:
        record = site / "uv-0.9.1.dist-info" / "RECORD"
        record.write_text(f"uv/__init__.py,,\n{row.format(size=made.stat().st_size)}\n")
    package = types.ModuleType("uv")
    package.__file__ = str(site / "uv" / "__init__.py")
    package.find_uv_bin = lambda: str(made)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "uv", package)
    assert uv.find() == Uv(program=str(made), version=version)


@pytest.mark.usefixtures("unpackaged")
def test_else_the_one_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "uv", "echo 'uv 0.8.0 (abc 2025-07-01)'")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert uv.find() == Uv(program=str(tmp_path / "uv"), version="0.8.0")


def test_a_package_without_its_program_counts_for_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find_uv_bin() -> str:
        raise FileNotFoundError

    broken = types.ModuleType("uv")
    broken.find_uv_bin = find_uv_bin  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "uv", broken)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingToolError):
        uv.find()


@pytest.mark.usefixtures("unpackaged")
@pytest.mark.parametrize(
    ("script", "message", "hint"),
    [
        (None, "uv is needed to make locks, and there is none", INSTALL),
        (
            "echo uv 0.7.22",
            "{}: is uv 0.7.22; lockhook needs 0.8.0 or newer",
            f"{INSTALL} --upgrade",
        ),
        (
            "echo uv 0.8.0rc1",
            "{}: is uv 0.8.0rc1; lockhook needs 0.8.0 or newer",
            f"{INSTALL} --upgrade",
        ),
        ("echo hello", "{}: does not answer as uv does", INSTALL),
        ("echo hello world", "{}: does not answer as uv does", INSTALL),
        ("exit 1", "{}: does not answer as uv does", INSTALL),
    ],
)
def test_none_that_will_do(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    script: str | None,
    message: str,
    hint: str,
) -> None:
    if script:
        program(tmp_path / "uv", script)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingToolError) as caught:
        uv.find()
    assert str(caught.value) == message.format(tmp_path / "uv")
    assert (caught.value.hint, caught.value.exit_code) == (hint, 3)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("HOME", True),
        ("HTTPS_PROXY", True),
        ("SSL_CERT_FILE", True),
        ("UV_CACHE_DIR", True),
        ("UV_DEFAULT_INDEX", True),
        ("UV_HTTP_TIMEOUT", True),
        ("UV_INDEX_CORP_PASSWORD", True),
        ("UV_INDEX_CORP_USERNAME", True),
        ("UV_KEYRING_PROVIDER", True),
        ("UV_OFFLINE", True),
        ("CONDA_PREFIX", False),
        ("UV_CONSTRAINT", False),
        ("UV_EXCLUDE_NEWER", False),
        ("UV_EXTRA_INDEX_URL", False),
        ("UV_FIND_LINKS", False),
        ("UV_FROZEN", False),
        ("UV_INDEX", False),
        ("UV_INDEX_STRATEGY", False),
        ("UV_OVERRIDE", False),
        ("UV_PRERELEASE", False),
        ("UV_PYTHON", False),
        ("UV_RESOLUTION", False),
        ("UV_TORCH_BACKEND", False),
        ("UV_WHATEVER_COMES_NEXT", False),
        ("VIRTUAL_ENV", False),
    ],
)
def test_only_what_says_where_to_fetch_reaches_uv(name: str, kept: bool) -> None:
    assert (name in uv.clean_environment({name: "x"})) is kept


def test_printable_masks_credentials_and_escapes() -> None:
    text = "error: \x1b[31mhttps://me:se@cret@example.org/x?a=b\r\n  http://t@h \n\n"
    assert uv.printable(text) == "error: \\x1b[31mhttps://example.org/x?a=b\n  http://h"


@pytest.mark.parametrize(
    ("script", "message", "hint"),
    [
        (
            "echo 'error: no https://u:p@x/ here' >&2; exit 2",
            "uv failed (exit code 2); the lock is as it was\n  error: no https://x/ here",
            "mend what uv says, then run it again",
        ),
        (
            "kill -9 $$",
            "uv was ended by signal 9; the lock is as it was",
            "run it again",
        ),
        (
            "echo 'No space left on device' >&2; exit 2",
            "uv failed (exit code 2); the lock is as it was\n  No space left on device",
            "make room on the disk, then run it again",
        ),
        (
            "echo 'Permission denied' >&2; exit 2",
            "uv failed (exit code 2); the lock is as it was\n  Permission denied",
            "make the project's folder and uv's cache folder writable, then run it again",
        ),
    ],
)
def test_failures(tmp_path: Path, script: str, message: str, hint: str) -> None:
    fake = Uv(program=str(program(tmp_path / "uv", script)), version=uv.OLDEST)
    with pytest.raises(UvError) as caught:
        fake.run([], directory=str(tmp_path))
    assert (str(caught.value), caught.value.hint) == (message, hint)


def test_one_that_cannot_be_run(tmp_path: Path) -> None:
    with pytest.raises(UvError, match="uv cannot be run: No such file or directory"):
        Uv(program=os.path.join(tmp_path, "uv"), version=uv.OLDEST).run([], directory=str(tmp_path))
