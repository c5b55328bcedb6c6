from __future__ import annotations

import os
import zipfile
from typing import TYPE_CHECKING

import pytest

from lockhook._runtime.installed import scan
from lockhook._runtime.shadow import shadows, top_level

from .conftest import as_root, dist, write

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("early", "culprit"),
    [
        ({"foo.py": ""}, "foo.py"),
        ({"foo": {"__init__.py": ""}}, "foo"),
        ({"foo": {"__init__.pyc": b""}}, "foo"),
        ({"foo.cpython-311-x86_64-linux-gnu.so": b""}, "foo.cpython-311-x86_64-linux-gnu.so"),
        ({"foo": {"bar.py": ""}}, None),
        ({"foo": {}}, None),
        ({"foo.txt": ""}, None),
        ({"foo": "#!/bin/sh"}, None),
        ({"foo-bar.py": ""}, None),
        ({"other.py": ""}, None),
        (
            {"foo": {"__init__.py": "__path__ = extend_path(__path__, __name__)"}},
            None,
        ),
        ({"foo": {"__init__.py": "__import__('pkg_resources').declare_namespace(__name__)"}}, None),
    ],
)
def test_what_shadows_a_package(
    early: dict[str, object], culprit: str | None, tmp_path: Path
) -> None:
    first = write(tmp_path / "first", early)  # type: ignore[arg-type]
    second = write(tmp_path / "second", dist("foo", "1"))
    found = scan([str(first), str(second)])
    right = {"foo": os.path.join(first, culprit)} if culprit else {}
    assert shadows(found, (), ["foo", "bar"]) == right
    assert shadows(found, [str(first)], ["foo"]) == {}
    assert shadows(scan([str(second), str(first)]), (), ["foo"]) == {}


def test_a_package_is_known_by_its_modules_and_not_by_its_name(tmp_path: Path) -> None:
    first = write(tmp_path / "first", {"yaml.py": "", "pyyaml.py": ""})
    second = write(tmp_path / "second", dist("PyYAML", "1", modules={"yaml/__init__.py": ""}))
    found = scan([str(first), str(second)])
    assert shadows(found, (), ["pyyaml"]) == {"pyyaml": str(first / "yaml.py")}


def test_what_every_project_has_of_its_own_shadows_nothing(tmp_path: Path) -> None:
    first = write(tmp_path / "first", {"tests": {"__init__.py": ""}, "docs.py": ""})
    modules = {"foo/__init__.py": "", "tests/__init__.py": "", "docs.py": ""}
    second = write(tmp_path / "second", dist("foo", "1", modules=modules))
    assert shadows(scan([str(first), str(second)]), (), ["foo"]) == {}


@pytest.mark.parametrize(
    ("info", "modules"),
    [
        (
            {"RECORD": '"a/b,c.py",,\nmod.py,,\nx-1.dist-info/RECORD,,\n../../bin/x,,\n'},
            {"a", "mod", ""},
        ),
        ({"top_level.txt": "a\nb\n"}, {"a", "b"}),
        ({"RECORD": b"\xff\n", "top_level.txt": "a\n"}, {"a"}),
        ({}, {"foo_bar"}),
    ],
)
def test_top_level(info: dict[str, str | bytes], modules: set[str], tmp_path: Path) -> None:
    write(tmp_path, {"foo_bar-1.dist-info": {"METADATA": "Name: foo-bar\nVersion: 1\n", **info}})
    (found,) = scan([str(tmp_path)]).by_name["foo-bar"]
    assert top_level(found) == modules


@pytest.mark.skipif(as_root(), reason="root may read everything")
def test_a_package_that_may_not_be_read_shadows(tmp_path: Path) -> None:
    first = write(tmp_path / "first", {"foo": {"__init__.py": ""}})
    second = write(tmp_path / "second", dist("foo", "1"))
    (first / "foo" / "__init__.py").chmod(0)
    assert shadows(scan([str(first), str(second)]), (), ["foo"]) == {"foo": str(first / "foo")}


@pytest.mark.parametrize(
    ("names", "shadowed"),
    [
        (["foo/__init__.py"], True),
        (["foo/__init__.pyc"], True),
        (["foo/x.py"], False),
        (["foo.py"], True),
    ],
)
def test_archives(names: list[str], shadowed: bool, tmp_path: Path) -> None:
    archive = tmp_path / "lib.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for name in names:
            file.writestr(name, "")
    second = write(tmp_path / "second", dist("foo", "1"))
    found = scan([str(archive), str(second)])
    assert bool(shadows(found, (), ["foo"])) is shadowed
    archive.write_bytes(b"replaced meanwhile")
    assert bool(shadows(found, (), ["foo"])) is (names == ["foo.py"])
