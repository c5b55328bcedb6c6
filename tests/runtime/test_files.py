from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lockhook._runtime.files import beside, replace_text

if TYPE_CHECKING:
    from pathlib import Path


def test_a_new_file_has_the_mode_of_any_other(tmp_path: Path) -> None:
    replace_text(str(tmp_path / "new"), "a\r\nb\n\u00e9")
    (tmp_path / "plain").write_text("", encoding="utf-8")
    assert (tmp_path / "new").read_bytes() == b"a\r\nb\n\xc3\xa9"
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.skipif(os.name == "nt", reason="modes and links")
def test_modes_and_links_stay(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old", encoding="utf-8")
    target.chmod(0o640)
    link.symlink_to("target")
    replace_text(str(link), "new")
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8") == "new"
    assert target.stat().st_mode & 0o7777 == 0o640
    assert sorted(os.listdir(tmp_path)) == ["link", "target"]


def test_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "target"
    target.write_text("old", encoding="utf-8")

    def no(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", no)
    with pytest.raises(OSError, match=r"^disk full$"):
        replace_text(str(target), "new")
    with pytest.raises(UnicodeEncodeError):
        replace_text(str(target), "\udcff")
    assert target.read_text(encoding="utf-8") == "old"
    assert os.listdir(tmp_path) == ["target"]


def test_beside(tmp_path: Path) -> None:
    name = beside(str(tmp_path / "lock.txt"), prefix=".x-", suffix=".toml")
    assert os.path.dirname(name) == str(tmp_path)
    assert os.path.basename(name).startswith(".x-lock.txt.")
    assert name.endswith(".toml")
    assert name != beside(str(tmp_path / "lock.txt"))
