from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lockhook._runtime import presence
from lockhook._runtime.installed import scan

from .conftest import dist, write

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LICENCES = "".join(f"py_foo-1.dist-info/licenses/{number:03},,\n" for number in range(400))


def absent(folder: Path, *names: str) -> dict[str, str]:
    return presence.absent(scan([str(folder)]), names)


def record(folder: Path, name: str, text: str | bytes, files: Mapping[str, str]) -> None:
    info = {"METADATA": f"Name: {name}\nVersion: 1\n", "RECORD": text}
    write(folder, {f"{name}-1.dist-info": info, **files})


@pytest.mark.parametrize(
    ("rows", "files", "right"),
    [
        # What is there, however it is spelled.
        ("yaml/__init__.py,,\n", {"yaml/__init__.py": ""}, ""),
        ("yaml.py,,\n", {"yaml.py": ""}, ""),
        ("yaml.py,,\n", {"yaml.pyc": ""}, ""),
        ("yaml.cpython-311-x86_64-linux-gnu.so,,\n", {"yaml.abi3.so": ""}, ""),
        ("a/b/c/__init__.py,,\na/b/c/x.py,,\n", {"a/b/c/x.py": ""}, ""),
        # What is not.
        ("yaml/__init__.py,,\n", {"yam/__init__.py": ""}, "yaml"),
        ("yaml.py,,\n", {}, "yaml.py"),
        ("_yaml.abi3.so,,\nyaml/__init__.py,,\n", {"yaml/__init__.py": ""}, "_yaml.abi3.so"),
        ("../../bin/x.py,,\nb/x.py,,\nb/y.py,,\nc/x.py,,\n", {"b/x.py": ""}, "c"),
        ("a/b/c/__init__.py,,\n", {"a/__init__.py": ""}, "a/b"),
        ("a/b/c/__init__.py,,\n", {"a/b/__init__.py": ""}, "a/b/c"),
        ("a/_b.so,,\na/c/__init__.py,,\na/c/x.py,,\n", {"a/_b.so": ""}, "a/c"),
        # What nobody would miss.
        ("a/_b.so,,\na/tests/__init__.py,,\n", {"a/_b.so": ""}, ""),
        ("../x/__init__.py,,\n", {}, ""),
        ("/y/z/__init__.py,,\n", {}, ""),
        ("tests/__init__.py,,\ndocs/conf.py,,\nexamples/x.py,,\n", {}, ""),
        ("foo-stubs/__init__.pyi,,\nfoo.libs/libfoo.so,,\nfoo.pth,,\n", {}, ""),
        ("/abs/x.py,,\n..\\x.py,,\nfoo\\x.py,,\n", {}, ""),
        ("__pycache__/yaml.cpython-311.pyc,,\ndata/x.json,,\n", {}, ""),
        # Behind many other files.
        (f"a/x.py,,\n{LICENCES}py_foo/__init__.py,,\n", {"a/x.py": ""}, "py_foo"),
        (f"{LICENCES}yaml/__init__.py,,\n", {}, "yaml"),
        ("a/x.py,,\n" + LICENCES * 9 + "py_foo.py,,\n", {"a/x.py": ""}, "py_foo.py"),
        # What is no table.
        ("", {}, ""),
        ("yaml/__init__.py", {}, ""),
        (b"\xff\x00\n\xfe/x.py,,\n\n,,\n", {}, ""),
    ],
)
def test_what_a_record_names(
    rows: str | bytes, files: Mapping[str, str], right: str, tmp_path: Path
) -> None:
    record(tmp_path, "py_foo", rows, files)
    assert absent(tmp_path, "py-foo", "bar") == ({"py-foo": right} if right else {})


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("foo", "foo/__init__.py"),
        ("Foo_Bar", "foo_bar/__init__.py"),
        ("foo-bar", "foo_bar.py"),
        ("zope.interface", "zope/interface/__init__.py"),
    ],
)
def test_a_module_that_is_named_like_the_package_costs_no_look(
    name: str, module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, dist(name, "1", modules={module: ""}))
    monkeypatch.setattr(presence, "_pages", None)
    assert absent(tmp_path, *scan([str(tmp_path)]).by_name) == {}


def test_no_record_proves_nothing(tmp_path: Path) -> None:
    egg = {"PKG-INFO": "Name: py-bar\nVersion: 1\n", "top_level.txt": "bar\n"}
    info = {"METADATA": "Name: py-foo\nVersion: 1\n"}
    write(tmp_path, {"py_foo-1.dist-info": info, "py_bar.egg-info": egg})
    assert absent(tmp_path, "py-foo", "py-bar") == {}


@pytest.mark.skipif(os.name == "nt", reason="a directory cannot be opened there")
def test_a_record_that_cannot_be_read_proves_nothing(tmp_path: Path) -> None:
    record(tmp_path, "py_foo", "", {})
    (tmp_path / "py_foo-1.dist-info/RECORD").unlink()
    (tmp_path / "py_foo-1.dist-info/RECORD").mkdir()
    assert absent(tmp_path, "py-foo") == {}


def test_the_first_on_the_path_is_looked_at(tmp_path: Path) -> None:
    record(tmp_path / "a", "py_foo", "yaml.py,,\n", {"yaml.py": ""})
    record(tmp_path / "b", "py_foo", "yaml.py,,\n", {})
    a, b = str(tmp_path / "a"), str(tmp_path / "b")
    assert presence.absent(scan([a, b]), ["py-foo"]) == {}
    assert presence.absent(scan([b, a]), ["py-foo"]) == {"py-foo": "yaml.py"}


@pytest.mark.parametrize(
    ("early", "right"),
    [
        ({}, {"py-foo": "py_foo"}),
        ({"old.py": ""}, {}),  # a version that had its module under another name
    ],
)
def test_modules_that_lie_where_the_second_record_is(
    early: Mapping[str, str], right: Mapping[str, str], tmp_path: Path
) -> None:
    egg = {"PKG-INFO": "Name: py-foo\nVersion: 1\n", "top_level.txt": "old\n"}
    first = write(tmp_path / "a", {"py_foo.egg-info": egg, **early})
    second = write(tmp_path / "b", dist("py-foo", "2"))
    assert presence.absent(scan([str(first), str(second)]), ["py-foo"]) == right
    assert presence.absent(scan([str(second), str(first)]), ["py-foo"]) == {}
