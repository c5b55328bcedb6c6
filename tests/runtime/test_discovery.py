from __future__ import annotations

import errno
import os
import sys
import types
from typing import TYPE_CHECKING, Any

import pytest

import lockhook
from lockhook._runtime.discovery import find, nearest_project, parse_toml, project_name
from lockhook._runtime.facts import facts
from lockhook.errors import ConfigError, LockfileError, ProjectError

from .conftest import write

if TYPE_CHECKING:
    from pathlib import Path

LOCKS = '[tool.lockhook.locks."deep/my.txt"]\n[tool.lockhook.locks."other.txt"]\n'


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A main script and a working directory in two different projects, which have no locks."""
    write(tmp_path, {"work": {"pyproject.toml": "", "sub": {}}, "main": {"pyproject.toml": ""}})
    monkeypatch.chdir(tmp_path / "work")
    main = types.ModuleType("__main__")
    main.__file__ = str(tmp_path / "main" / "bench.py")
    monkeypatch.setitem(sys.modules, "__main__", main)


@pytest.mark.parametrize(
    ("tree", "found"),
    [
        ({"work": {"requirements.txt": ""}}, "requirements.txt"),
        ({"work": {"requirements.txt": "", "uv.lock": ""}}, "requirements.txt"),
        ({"work": {"requirements.txt": "", "pylock.toml": ""}}, "pylock.toml"),
        ({"work": {"uv.lock": ""}}, "uv.lock"),
        ({"work": {"requirements.txt": ""}, "main": {"uv.lock": ""}}, "{}/main/uv.lock"),
        ({"work": {"requirements.txt": "", "pyproject.toml": LOCKS}}, "deep/my.txt"),
        ({"work": {"requirements.txt": "", "pyproject.toml": "# lockhook\n"}}, "requirements.txt"),
        ({"main": {"pyproject.toml": "[tool.lockhook]\n"}, "work": {"uv.lock": ""}}, "uv.lock"),
    ],
)
def test_find(tree: dict[str, Any], found: str, tmp_path: Path) -> None:
    write(tmp_path, tree)
    assert find().replace(os.sep, "/") == found.format(tmp_path.as_posix())


def test_find_above_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"work": {"requirements.txt": ""}})
    monkeypatch.chdir(tmp_path / "work" / "sub")
    assert find() == str(tmp_path / "work" / "requirements.txt")


def test_the_variable_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKHOOK_LOCKFILE", "any.txt")
    assert find() == "any.txt"


def test_none_found_says_where_it_looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LockfileError) as caught:
        find()
    assert caught.value.reason == (
        "no lock found: looked for [tool.lockhook], pylock.toml, requirements.txt, uv.lock in "
        f"{tmp_path / 'main'}, {tmp_path / 'work'}"
    )
    assert caught.value.hint == "name the lock, set LOCKHOOK_LOCKFILE, or run `lockhook generate`"
    monkeypatch.delitem(sys.modules, "__main__")
    (tmp_path / "work" / "pyproject.toml").unlink()
    with pytest.raises(LockfileError) as caught:
        find()
    assert caught.value.reason.endswith(f"uv.lock in above {tmp_path / 'work'}")


@pytest.mark.parametrize(
    ("text", "error", "reason"),
    [
        (
            "[tool]\nlockhook = 1\n",
            ConfigError,
            "'lockhook' of [tool.lockhook.locks] is not a table",
        ),
        ("tool = 1 # lockhook\n", ConfigError, "'tool' of [tool.lockhook.locks] is not a table"),
        (
            "[tool.lockhook]\nlocks = []\n",
            ConfigError,
            "'locks' of [tool.lockhook.locks] is not a table",
        ),
        (
            "[tool.lockhook\n",
            ProjectError,
            (
                "is not valid TOML: Expected ']' at the end of a table "
                "declaration (at line 1, column 15)"
            ),
        ),
        (
            b"# lockhook \xff\n",
            ProjectError,
            (
                "is not UTF-8: 'utf-8' codec can't decode byte 0xff in "
                "position 11: invalid start byte"
            ),
        ),
        (
            f"lockhook = {'[' * 999}",
            ProjectError,
            "is not valid TOML: TOML inline arrays/tables are nested more than the allowed 400 "
            "levels",
        ),
        (
            f"lockhook = {'9' * 9999}",
            ProjectError,
            "is not valid TOML: Exceeds the limit (4300",  # each Python goes on in its own words
        ),
    ],
    ids=range(7),
)
def test_broken_settings(
    text: str | bytes, error: type[Exception], reason: str, tmp_path: Path
) -> None:
    write(tmp_path, {"main": {"pyproject.toml": text}})
    with pytest.raises(error) as caught:
        find()
    place = tmp_path / "main" / "pyproject.toml"
    assert str(caught.value).startswith(f"{place}: {reason}")


def test_settings_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    write(tmp_path, {"main": {"pyproject.toml": ""}})
    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(ProjectError) as caught:
        find()
    monkeypatch.undo()
    place = tmp_path / "main" / "pyproject.toml"
    assert str(caught.value) == f"{place}: cannot be read: Permission denied"
    assert caught.value.hint == "make it readable, then run it again"


def test_parse_toml_with_a_byte_order_mark() -> None:
    assert parse_toml(b"\xef\xbb\xbfa = 1", "x") == {"a": 1}


def test_nearest_project(tmp_path: Path) -> None:
    assert nearest_project(str(tmp_path / "work" / "sub")) == str(tmp_path / "work")
    assert nearest_project(os.path.abspath(os.sep)) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('[project]\nname = "my.bench"\n', "my.bench"),
        ("[project]\nversion = '1'\nname='x' # y 'z'\n", "x"),
        ('[tool.x]\nname = "no"\n[project]\n', ""),
        ('[project]\nscripts = {}\n[project.urls]\nname = "no"\n', ""),
        ("[project]\nname = 1\n", ""),
        ("name = 'no'\n", ""),
        (b"\xff", ""),
    ],
)
def test_project_name(text: str | bytes, name: str, tmp_path: Path) -> None:
    write(tmp_path, {"work": {"pyproject.toml": text}})
    assert project_name(str(tmp_path / "work")) == name
    assert project_name(str(tmp_path / "nowhere")) == ""


def test_resource(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(
        tmp_path, {"mybench": {"__init__.py": "1 / 0", "locks": {"cpu.txt": ""}}, "single.py": ""}
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert lockhook.resource("mybench", "locks/cpu.txt") == str(tmp_path / "mybench/locks/cpu.txt")
    for package, name in (("mybench", "no.txt"), ("nowhere", "x"), ("single", "x"), ("", "x")):
        with pytest.raises(LockfileError) as caught:
            lockhook.resource(package, name)
        assert str(caught.value) == f"package {package!r} ships no {name!r}"


@pytest.mark.skipif(os.name == "nt", reason="a working directory cannot be removed there")
def test_a_working_directory_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work" / "sub").rename(tmp_path / "gone")
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    write(tmp_path, {"main": {"uv.lock": ""}})
    assert find() == str(tmp_path / "main" / "uv.lock")
    monkeypatch.setattr(sys.modules["__main__"], "__file__", "bench.py")
    with pytest.raises(LockfileError, match="in a working directory that is gone"):
        find()
    monkeypatch.setattr(sys, "path", ["", None, "/lib"])
    assert facts()["path"] == ("", "/lib")


def test_a_project_file_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("builtins.open", fail)
    with pytest.raises(ProjectError, match=r"pyproject.toml: cannot be read: Input/output error"):
        find()
