from __future__ import annotations

import os
import zipfile
from typing import TYPE_CHECKING

import pytest

from lockhook._runtime.installed import scan
from lockhook._runtime.presence import absent
from lockhook._runtime.shadow import shadows
from lockhook._runtime.verification import read_origin

from .conftest import as_root, dist, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Site = Callable[..., Path]


def one(path: Path) -> tuple[str, str, str]:
    (found,) = [d for distributions in scan([str(path)]).by_name.values() for d in distributions]
    return found.name, found.version, found.problem


@pytest.mark.parametrize(
    ("metadata", "right"),
    [
        ("Name: Foo.Bar\nVersion: 1.0\n", ("foo-bar", "1.0", "")),
        ("Metadata-Version: 2.4\nname:foo\nVERSION:\t1.0 \nX: y\n\nName: no\n", ("foo", "1.0", "")),
        ("Name: foo\r\nVersion: 1\r\n\r\nText", ("foo", "1", "")),
        ("Name:\n foo\nVersion: 1\n  .0\n", ("foo", "1 .0", "")),
        ("Name: foo\nName: bar\n baz\nVersion: 1\nVersion: 2\n", ("foo", "1", "")),
        ("License: " + "x" * 9000 + "\nName: foo\nVersion: 1\n", ("foo", "1", "")),
        ("From x\n: odd\nName: foo\nVersion: 1\n", ("foo", "1", "")),
        (" stray\nName: foo\nVersion: 1\n", ("foo", "1", "")),
        ("Name: foo\n", ("foo", "", "its METADATA names no version")),
        ("Version: 1\n", ("dir", "", "its METADATA names no package")),
        ("\nName: foo\nVersion: 1\n", ("dir", "", "its METADATA names no package")),
        ("garbage\nName: foo\nVersion: 1\n", ("dir", "", "its METADATA names no package")),
        ("\ufeffName: foo\nVersion: 1\n", ("dir", "", "its METADATA names no package")),
        ("", ("dir", "", "its METADATA is missing, empty or cannot be read")),
        (b"Name: f\xff\nVersion: 1\n", ("f\ufffd", "1", "")),
    ],
)
def test_headers(metadata: str | bytes, right: tuple[str, str, str], tmp_path: Path) -> None:
    write(tmp_path, {"Dir-9.dist-info": {"METADATA": metadata}})
    assert one(tmp_path) == right


@pytest.mark.parametrize(
    ("tree", "right"),
    [
        ({"foo-1.egg-info": {"PKG-INFO": "Name: foo\nVersion: 1\n"}}, ("foo", "1", "")),
        ({"foo-1.egg-info": "Name: foo\nVersion: 1\n"}, ("foo", "1", "")),
        ({"Foo.EGG-INFO": {}}, ("foo", "", "its PKG-INFO is missing, empty or cannot be read")),
        ({"foo-1.dist-info": {}}, ("foo", "", "its METADATA is missing, empty or cannot be read")),
        (
            {"foo-1.dist-info": "a file"},
            ("foo", "", "its METADATA is missing, empty or cannot be read"),
        ),
        (
            {"foo-1.dist-info": {"METADATA": {}}},
            ("foo", "", "its METADATA is missing, empty or cannot be read"),
        ),
    ],
)
def test_states(tree: dict[str, object], right: tuple[str, str, str], tmp_path: Path) -> None:
    write(tmp_path, tree)  # type: ignore[arg-type]
    assert one(tmp_path) == right


def test_eggs_and_archives(tmp_path: Path) -> None:
    info = {"PKG-INFO": "Name: foo\nVersion: 1\n"}
    egg = write(tmp_path / "foo-1-py3.11.egg", {"EGG-INFO": info, "foo.py": ""})
    archive = tmp_path / "bar-2-py3.11.egg"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("EGG-INFO/PKG-INFO", "Name: bar\nVersion: 2\n")
        file.writestr("baz-3.dist-info/METADATA", "Name: baz\nVersion: 3\n")
        file.writestr("broken.dist-info/WHEEL", "")
        file.writestr("bar/__init__.py", "")
    damaged = tmp_path / "damaged.zip"
    damaged.write_bytes(b"PK")
    found = scan(map(str, [egg, archive, damaged, tmp_path / "absent"]))
    assert {name: [(d.version, d.location) for d in ds] for name, ds in found.by_name.items()} == {
        "foo": [("1", str(egg))],
        "bar": [("2", str(archive))],
        "baz": [("3", str(archive))],
        "broken": [("", str(archive))],
    }
    assert found.modules[str(archive)] == {"EGG-INFO", "baz-3.dist-info", "broken.dist-info", "bar"}
    assert found.modules[str(damaged)] == frozenset()


def test_the_first_on_the_path_comes_first(site: Site) -> None:
    early, late = site(dist("foo", "1"), name="a"), site(dist("foo", "2"), name="b")
    found = scan([str(early), str(late), str(early)]).by_name["foo"]
    assert [d.version for d in found] == ["1", "2"]
    assert [d.version for d in scan([str(late), str(early)]).by_name["foo"]] == ["2", "1"]


def test_what_pip_left_behind_is_ignored(site: Site) -> None:
    folder = site({"~oo-1.dist-info": {"METADATA": "Name: foo\nVersion: 1\n"}, "~umpy": {}})
    assert scan([str(folder)]).by_name == {}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_in_the_place_of_metadata_does_not_hang(site: Site) -> None:
    folder = site({"foo-1.dist-info": {}})
    os.mkfifo(folder / "foo-1.dist-info" / "METADATA")
    assert one(folder)[2] == "its METADATA is missing, empty or cannot be read"


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no links here")
def test_a_dangling_link(site: Site) -> None:
    folder = site()
    (folder / "foo-1.dist-info").symlink_to(folder / "nowhere")
    assert one(folder) == ("foo", "", "its METADATA is missing, empty or cannot be read")


@pytest.mark.skipif(as_root(), reason="root may read everything")
def test_metadata_that_may_not_be_read(site: Site) -> None:
    folder = site(dist("foo", "1"))
    (folder / "foo-1.dist-info" / "METADATA").chmod(0)
    assert one(folder)[2] == "its METADATA is missing, empty or cannot be read"


def test_hostile_names_are_only_data(site: Site) -> None:
    folder = site({"x.dist-info": {"METADATA": "Name: \x1b[2J\u202e\nVersion: 1\x07\n"}})
    assert one(folder) == ("\x1b[2j\u202e", "1\x07", "")


@pytest.mark.parametrize(
    ("version", "directory", "kept"),
    [
        ("1", "a", ["a/foo-1.dist-info"]),
        ("2", "a", ["a/foo-1.dist-info", "a/foo.egg-info"]),
        ("1", "b", ["a/foo-1.dist-info", "b/foo.egg-info"]),
    ],
)
def test_a_record_that_repeats_another(
    version: str, directory: str, kept: list[str], tmp_path: Path
) -> None:
    write(tmp_path / "a", dist("foo", "1"))
    info = {"PKG-INFO": f"Name: foo\nVersion: {version}\n"}
    write(tmp_path / directory, {"foo.egg-info": info})
    found = scan([str(tmp_path / "a"), str(tmp_path / "b")]).by_name["foo"]
    assert sorted(d.metadata for d in found) == [os.path.join(tmp_path, name) for name in kept]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
@pytest.mark.parametrize("name", ["RECORD", "direct_url.json"])
def test_a_pipe_in_the_place_of_a_record_does_not_hang(name: str, site: Site) -> None:
    folder = site(dist("py-foo", "1", modules={"bar.py": ""}))
    early = site({"bar.py": ""}, name="early")
    path = folder / "py_foo-1.dist-info" / name
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    found = scan([str(early), str(folder)])
    assert absent(found, ["py-foo"]) == {}
    assert shadows(found, (), ["py-foo"]) == (
        {} if name == "RECORD" else {"py-foo": str(early / "bar.py")}
    )
    assert read_origin(found.by_name["py-foo"][0]) == ({} if name == "direct_url.json" else None)


def test_an_entry_that_is_no_path_is_passed_over() -> None:
    assert scan(["\0", "", "nowhere"]).by_name == {}
