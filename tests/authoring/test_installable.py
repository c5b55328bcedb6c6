from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from lockhook._authoring.installable import missing
from lockhook._authoring.pin import Pin
from lockhook._authoring.torch_wheels import write_indexes
from lockhook._authoring.wheelhouse import Wheel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Result

ALL = "linux-x86_64, linux-aarch64, macos-arm64, windows-amd64"


def pin(*tags: str, marker: str = "", sdist: bool = False) -> Pin:
    files = [*(f"p-1-{tag}.whl" for tag in tags), *(["p-1.tar.gz"] if sdist else [])]
    return Pin("p", "1", marker, files=tuple(files))


@pytest.mark.parametrize(
    ("found", "lacking"),
    [
        (pin("py3-none-any"), ""),
        (pin("py2.py3-none-any"), ""),
        (pin(sdist=True), ""),
        (pin("cp311-cp311-manylinux_2_28_x86_64", sdist=True), ""),
        (pin(), ""),  # the lock lists no files
        (
            pin("cp311-cp311-manylinux_2_28_x86_64"),
            "linux-aarch64, macos-arm64, windows-amd64",
        ),
        (
            pin(
                "cp311-cp311-manylinux2014_x86_64.manylinux_2_17_x86_64",
                "cp311-cp311-manylinux_2_28_aarch64",
                "cp311-cp311-macosx_11_0_universal2",
                "cp311-cp311-win_amd64",
            ),
            "",
        ),
        (pin("cp311-abi3-win_amd64"), "linux-x86_64, linux-aarch64, macos-arm64"),
        (pin("cp311-cp311-musllinux_1_2_x86_64"), ALL),
        (pin("cp311-cp311-win32", "cp311-cp311-win_arm64"), ALL),
        (pin("cp311-cp311-macosx_10_9_x86_64"), ALL),
        (pin("py3-none-linux_x86_64", marker="sys_platform == 'linux'"), "linux-aarch64"),
        (
            pin(
                "py3-none-linux_x86_64",
                marker="sys_platform == 'linux' and platform_machine == 'x86_64'",
            ),
            "",
        ),
        (pin("py3-none-win_amd64", marker="os_name == 'nt'"), ""),
        (pin("py3-none-macosx_11_0_arm64", marker="sys_platform == 'darwin'"), ""),
    ],
)
def test_each_platform_needs_a_file_or_a_marker(found: Pin, lacking: str) -> None:
    expected = [f"p 1: no file for {lacking}"] if lacking else []
    assert list(missing([found])) == expected


def test_only_what_is_claimed() -> None:
    only_linux = pin("cp311-cp311-manylinux_2_28_x86_64")
    assert list(missing([only_linux], ["sys_platform == 'linux'"])) == [
        "p 1: no file for linux-aarch64"
    ]
    x86 = "sys_platform == 'linux' and platform_machine == 'x86_64'"
    assert list(missing([only_linux], [x86])) == []
    assert list(missing([only_linux], system="win32")) == ["p 1: no file for windows-amd64"]


@pytest.mark.parametrize("name", ["requirements.txt", "pylock.toml"])
def test_what_is_missing_is_said(
    project: Callable[..., Path], run: Callable[..., Result], tmp_path: Path, name: str
) -> None:
    only_linux = Wheel(name="only-linux", version="1", tag="py3-none-manylinux_2_28_x86_64")
    everywhere = Wheel(name="everywhere", version="1")
    world = write_indexes(tmp_path / "world", (only_linux, everywhere))
    folder = project("everywhere", "only-linux")
    pyproject = folder / "pyproject.toml"
    text = re.sub('url = "[^"]*default"', f'url = "{world.default}"', pyproject.read_text())
    pyproject.write_text(text)
    note = "only-linux 1: no file for linux-aarch64, macos-arm64, windows-amd64"

    code, out, _ = run("generate", "-o", name)

    assert code == 0
    assert f"  note: {note}\n" in out
    assert "everywhere 1:" not in out
    code, out, _ = run("check")
    assert (note in out) is (name == "pylock.toml")  # the other format lists no files

    pyproject.write_text(
        text.replace('"only-linux"', "\"only-linux ; sys_platform == 'linux'\"").replace(
            "[tool.uv.sources]",
            "[tool.uv]\nenvironments = [\"platform_machine == 'x86_64'\"]\n[tool.uv.sources]",
        )
    )
    code, out, _ = run("generate", "-o", name)
    assert code == 0
    assert "note:" not in out


@pytest.mark.parametrize("wrong", ["bogus == 1", 5, [5], ["sys_platform = 'x'"]])
def test_environments_that_are_none(
    project: Callable[..., Path], run: Callable[..., Result], wrong: object
) -> None:
    folder = project("click")
    assert run("generate", "-o", "pylock.toml").code == 0
    pyproject = folder / "pyproject.toml"
    text = pyproject.read_text()
    pyproject.write_text(
        text.replace("[tool.uv.sources]", f"[tool.uv]\nenvironments = {wrong!r}\n[tool.uv.sources]")
    )
    stamp = (folder / "pylock.toml").read_text()
    (folder / "pylock.toml").write_text(stamp.partition("\n[tool.lockhook]")[0])
    code, _, err = run("check")
    assert code == 3
    assert (
        f"[tool.uv] environments = {wrong!r} is not a list of markers\n  next: write markers" in err
    )
