from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lockhook._authoring import project
from lockhook._authoring.project import Project
from lockhook.errors import ProjectError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def make(**table: Any) -> Project:
    return Project(directory="/p", pyproject={"project": {"name": "My.App", **table}})


def test_names_and_requirements_are_canonical() -> None:
    one = make(
        dependencies=["NumPy >=1,<2", "A[c,B]; python_version<'3.11'", "numpy<2,>=1"],
        **{"requires-python": " <4, >=3.10", "optional-dependencies": {"Full.X": ["Tqdm"]}},
    )
    assert one.name == "my-app"
    assert one.dependencies == ('a[B,c]; python_version < "3.11"', "numpy<2,>=1")
    assert one.requires_python == "<4,>=3.10"
    assert one.extras == {"full-x": ("tqdm",)}


@pytest.mark.parametrize(
    ("requires", "lowest"),
    [
        (">=3.10", "3.10"),
        (">=3.9,<3.13", "3.9"),
        (">=3.9,>=3.10", "3.10"),
        ("~=3.11.2", "3.11.2"),
        ("==3.12.*", "3.12"),
        (">3.10", "3.10"),
        ("<4", None),
        ("", None),
    ],
)
def test_lowest_python(requires: str, lowest: str | None) -> None:
    assert make(**{"requires-python": requires}).lowest_python == lowest


def test_extras_follow_references_to_the_project_itself() -> None:
    one = make(
        **{
            "optional-dependencies": {
                "all": ["my_app[a,b]", "tqdm"],
                "a": ["click"],
                "b": ["my-app[all]", "numpy"],
            }
        }
    )
    assert one.extra("ALL") == ("click", "numpy", "tqdm")


def test_groups_follow_includes() -> None:
    groups = {"Dev": ["click", {"include-group": "te_st"}], "te-st": ["numpy"]}
    one = Project(directory="/p", pyproject={"dependency-groups": groups})
    assert one.group("dev") == ("click", "numpy")


BAD_GROUPS = "[dependency-groups] is not a table of lists"


@pytest.mark.parametrize(
    ("pyproject", "call", "message"),
    [
        (
            {},
            lambda p: p.metadata,
            "has no [project] table, so it declares no dependencies to lock",
        ),
        ({"project": []}, lambda p: p.name, "has no [project] table, so it declares no"),
        (
            {"tool": {"poetry": {"dependencies": {}}}},
            lambda p: p.dependencies,
            "declares its dependencies under [tool.poetry], which uv does not read",
        ),
        ({"project": {}}, lambda p: p.name, "[project] has no name"),
        ({"tool": 5}, lambda p: p.tool("uv"), "[tool] is not a table"),
        ({"tool": {"uv": 5}}, lambda p: p.tool("uv"), "[tool.uv] is not a table"),
        (
            {"project": {"dynamic": ["dependencies"]}},
            lambda p: p.dependencies,
            "its dependencies are dynamic: only its build backend knows them",
        ),
        (
            {"project": {"dynamic": ["optional-dependencies"]}},
            lambda p: p.extras,
            "its optional-dependencies are dynamic: only its build backend knows them",
        ),
        ({"project": {"dependencies": "numpy"}}, lambda p: p.dependencies, "dependencies is not a"),
        (
            {"project": {"dependencies": ["a b"]}},
            lambda p: p.dependencies,
            "dependencies: 'a b' is not a requirement: Expected semicolon",
        ),
        (
            {"project": {"dependencies": ["\x1b[31m"]}},
            lambda p: p.dependencies,
            "dependencies: '\\x1b[31m' is not a requirement: ",
        ),
        (
            {"project": {"dependencies": [5]}},
            lambda p: p.dependencies,
            "dependencies: '5' is not a requirement: it is no string",
        ),
        (
            {"project": {"optional-dependencies": []}},
            lambda p: p.extras,
            "optional-dependencies is",
        ),
        (
            {"project": {"requires-python": "3.10"}},
            lambda p: p.requires_python,
            "requires-python =",
        ),
        (
            {"project": {"requires-python": 3}},
            lambda p: p.requires_python,
            "requires-python = 3 is",
        ),
        ({"dependency-groups": []}, lambda p: p.group("a"), BAD_GROUPS),
        ({"dependency-groups": {"a": "b"}}, lambda p: p.group("a"), BAD_GROUPS),
        (
            {"dependency-groups": {"a": [{"include-group": "A"}]}},
            lambda p: p.group("a"),
            "dependency group 'a' includes itself",
        ),
        (
            {"dependency-groups": {"a": [{"include": "b"}]}},
            lambda p: p.group("a"),
            "dependency-groups.a: \"{'include': 'b'}\" is not a requirement: it is no string",
        ),
    ],
)
def test_what_cannot_be_locked_is_refused(
    pyproject: dict[str, Any], call: Callable[[Project], object], message: str
) -> None:
    with pytest.raises(ProjectError) as caught:
        call(Project(directory="/p", pyproject=pyproject))
    assert caught.value.reason.startswith(message)
    assert (caught.value.path, caught.value.exit_code) == ("/p/pyproject.toml", 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p: p.extra("x\x1b"), r"there is no extra 'x\x1b'; the project has: a, b"),
        (lambda p: p.group("x"), "there is no dependency group 'x'; the project has: none"),
    ],
)
def test_unknown_names_are_refused(call: Callable[[Project], object], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        call(make(**{"optional-dependencies": {"b": [], "a": []}}))
    assert caught.value.reason == message


def test_load_reads_utf8_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes('\ufeff[project]\nname = "é"'.encode())
    assert project.load(str(tmp_path)).name == "é"


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (None, UsageError, "there is no such file"),
        (b"[project\n", ProjectError, "is not valid TOML: "),
        (b"\xff", ProjectError, "is not UTF-8: "),
    ],
)
def test_load_refuses(
    tmp_path: Path, content: bytes | None, error: type[Exception], message: str
) -> None:
    if content is not None:
        (tmp_path / "pyproject.toml").write_bytes(content)
    with pytest.raises(error, match=message):
        project.load(str(tmp_path))


def test_load_refuses_a_folder_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").mkdir()
    with pytest.raises(ProjectError, match="cannot be read: Is a directory"):
        project.load(str(tmp_path))
