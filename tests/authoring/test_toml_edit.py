from __future__ import annotations

import difflib
from typing import Any

import pytest
import tomli

from lockhook._authoring.toml_edit import put, put_table
from lockhook.errors import ProjectError

SOURCE = ("tool", "uv", "sources", "torch")
INDEX = {"index": "cpu"}

# A document, where a value goes, and the document afterwards.
CASES: dict[str, tuple[str, tuple[str | int, ...], Any, str]] = {
    "empty": ("", SOURCE, INDEX, '[tool.uv.sources]\ntorch = { index = "cpu" }\n'),
    "no kin: at the end": (
        "[project]\nname = 'x'  # c\n# the end",
        SOURCE,
        INDEX,
        "[project]\nname = 'x'  # c\n# the end\n\n[tool.uv.sources]\n"
        'torch = { index = "cpu" }\n',
    ),
    "after its kin, before the comment of the next table": (
        "[tool.uv]\npackage = false\n\n# Ruff\n[tool.ruff]\nx = 1\n",
        SOURCE,
        INDEX,
        '[tool.uv]\npackage = false\n\n[tool.uv.sources]\ntorch = { index = "cpu" }\n\n'
        "# Ruff\n[tool.ruff]\nx = 1\n",
    ),
    "no blank line between tables": (
        "[tool.uv]\npackage = false\n# Ruff\n[tool.ruff]\nx = 1\n",
        SOURCE,
        INDEX,
        '[tool.uv]\npackage = false\n\n[tool.uv.sources]\ntorch = { index = "cpu" }\n\n'
        "# Ruff\n[tool.ruff]\nx = 1\n",
    ),
    "in a table, after its comments": (
        "[tool.uv.sources]\n    a.path = 'a'  # mine\n    # b is gone\n\n# Ruff\n[tool.ruff]\n",
        SOURCE,
        INDEX,
        "[tool.uv.sources]\n    a.path = 'a'  # mine\n    # b is gone\n"
        '    torch = { index = "cpu" }\n\n# Ruff\n[tool.ruff]\n',
    ),
    "in an empty table": (
        "[tool.uv.sources]\n[tool.ruff]\n",
        SOURCE,
        INDEX,
        '[tool.uv.sources]\ntorch = { index = "cpu" }\n[tool.ruff]\n',
    ),
    "beside dotted keys of a table": (
        "[tool]\nuv.sources.a = { path = 'a' }\nuv.package = false\nruff.x = 1\n[project]\n",
        SOURCE,
        INDEX,
        "[tool]\nuv.sources.a = { path = 'a' }\nuv.sources.torch = { index = \"cpu\" }\n"
        "uv.package = false\nruff.x = 1\n[project]\n",
    ),
    "beside dotted keys of the document": (
        "tool.uv.sources.a.path = 'a'\nproject.name = 'x'\n",
        SOURCE,
        INDEX,
        "tool.uv.sources.a.path = 'a'\ntool.uv.sources.torch = { index = \"cpu\" }\n"
        "project.name = 'x'\n",
    ),
    "a table below dotted keys": (
        "[tool]\nuv.package = false\nruff.x = 1\n\n[project]\n",
        SOURCE,
        INDEX,
        "[tool]\nuv.package = false\nruff.x = 1\n\n[tool.uv.sources]\n"
        'torch = { index = "cpu" }\n\n[project]\n',
    ),
    "in an inline table": (
        "[tool.uv]\nsources = { a = { path = 'a' } } # c\nx = 1\n",
        SOURCE,
        INDEX,
        "[tool.uv]\nsources = { a = { path = 'a' }, torch = { index = \"cpu\" }} # c\nx = 1\n",
    ),
    "in an inline table that lacks the way": (
        "[tool]\n  uv = {}\n",
        SOURCE,
        INDEX,
        '[tool]\n  uv = {sources = {torch = { index = "cpu" }}}\n',
    ),
    "tables out of order": (
        "[tool.uv]\nx = 1\n[project]\n[tool.uv.pip]\ny = 2\n[tool.ruff]\n",
        SOURCE,
        INDEX,
        "[tool.uv]\nx = 1\n[project]\n[tool.uv.pip]\ny = 2\n\n[tool.uv.sources]\n"
        'torch = { index = "cpu" }\n\n[tool.ruff]\n',
    ),
    "a header in a string is none": (
        "[tool.uv]\nx = '''\n[tool.uv.sources]\na = 1\n'''\n",
        SOURCE,
        INDEX,
        "[tool.uv]\nx = '''\n[tool.uv.sources]\na = 1\n'''\n\n[tool.uv.sources]\n"
        'torch = { index = "cpu" }\n',
    ),
    "quoted keys": (
        "[ 'tool' . \"uv\".sources ] # c\n\"a=b\".path = 'a'\n",
        SOURCE,
        INDEX,
        "[ 'tool' . \"uv\".sources ] # c\n\"a=b\".path = 'a'\ntorch = { index = \"cpu\" }\n",
    ),
    "a list of lines": (
        "[tool.uv]\nl = [\n    'a',  # [why]\n    # b is gone\n]\n",
        ("tool", "uv", "l", 1),
        "c",
        "[tool.uv]\nl = [\n    'a',  # [why]\n    # b is gone\n    \"c\"\n]\n",
    ),
    "a list of one line": ("l = ['a'] # c\n", ("l", 1), "c", "l = ['a', \"c\"] # c\n"),
    "no list yet": (
        "[tool.uv]\nx = 1\n",
        ("tool", "uv", "l", 0),
        "c",
        '[tool.uv]\nx = 1\nl = ["c"]\n',
    ),
    "an array of tables": (
        "[[tool.uv.index]]\nname = 'a'\n\n[[tool.uv.index]]\nname = 'b'\n[project]\n",
        ("tool", "uv", "index", 2),
        {"name": "c", "explicit": True},
        "[[tool.uv.index]]\nname = 'a'\n\n[[tool.uv.index]]\nname = 'b'\n\n[[tool.uv.index]]\n"
        'name = "c"\nexplicit = true\n\n[project]\n',
    ),
    "one table of an array": (
        "[[tool.uv.index]]\nname = 'a'\n\n[[tool.uv.index]]\nname = 'b'\n",
        ("tool", "uv", "index", 0, "explicit"),
        True,
        "[[tool.uv.index]]\nname = 'a'\nexplicit = true\n\n[[tool.uv.index]]\nname = 'b'\n",
    ),
    "a table below one of an array": (
        "[[a]]\nx = 1\n[a.b]\ny = 1\n[[a]]\n[a.b]\ny = 2\n",
        ("a", 0, "b", "z"),
        3,
        "[[a]]\nx = 1\n[a.b]\ny = 1\nz = 3\n[[a]]\n[a.b]\ny = 2\n",
    ),
    "a list of inline tables": (
        "index = [{ name = 'a' }]\n",
        ("index", 0, "explicit"),
        True,
        "index = [{ name = 'a', explicit = true}]\n",
    ),
    "another value": (
        "[[index]]\nexplicit = false  # why\n",
        ("index", 0, "explicit"),
        True,
        "[[index]]\nexplicit = true  # why\n",
    ),
    "a table above an array of tables": (
        "[[tool.uv.index]]\nname = 'a'\n",
        ("tool", "uv", "x"),
        "y",
        "[[tool.uv.index]]\nname = 'a'\n\n[tool.uv]\nx = \"y\"\n",
    ),
    "what JSON and TOML escape alike": (
        "",
        ("a b", 'c"d'),
        'é\n"\U0001f600',
        '["a b"]\n"c\\"d" = "é\\n\\"\U0001f600"\n',
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_put(name: str) -> None:
    text, path, value, expected = CASES[name]
    assert put(text, path, value) == expected


@pytest.mark.parametrize("name", CASES)
def test_line_ends_stay(name: str) -> None:
    text, path, value, expected = CASES[name]
    if text:  # else there are none
        text, expected = (part.replace("\n", "\r\n") for part in (text, expected))
        assert put(text, path, value) == expected


@pytest.mark.parametrize("name", CASES)
def test_no_line_is_lost_or_moved(name: str) -> None:
    text, path, value, _ = CASES[name]
    before, after = text.splitlines(), put(text, path, value).splitlines()
    kinds = [kind for kind, *_ in difflib.SequenceMatcher(None, before, after).get_opcodes()]
    one_line = {"in an inline table", "in an inline table that lacks the way", "another value"}
    one_line |= {"a list of one line", "a list of inline tables"}
    assert kinds.count("replace") == (name in one_line)
    assert "delete" not in kinds


def test_a_comment_stands_above_a_line_of_its_own() -> None:
    assert put("[a]\n  x = 1\n", ("a", "l", 0), "b", "why") == (
        '[a]\n  x = 1\n  # why\n  l = ["b"]\n'
    )
    assert put("", ("a", "l", 0), "b", "why") == '[a]\n# why\nl = ["b"]\n'
    assert put("l = []\n", ("l", 0), "b", "why") == 'l = ["b"]\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", '[a."b.txt"]\nx = true\n'),
        ("[a]\ny = 1\n\n[c]\n", '[a]\ny = 1\n\n[c]\n\n[a."b.txt"]\nx = true\n'),
        ("a = { y = 1 }\n", 'a = { y = 1, "b.txt" = { x = true }}\n'),
    ],
)
def test_put_table(text: str, expected: str) -> None:
    assert put_table(text, ("a", "b.txt"), {"x": True}) == expected


def test_an_empty_table_has_a_header() -> None:
    assert put_table("", ("a", "b"), {}) == "[a.b]\n"


@pytest.mark.parametrize("text", ["a = 1\n", "a = [1]\n", "[[a]]\n", "a.b.c = 1\n", "a = [[]]\n"])
def test_what_has_no_place_is_refused(text: str) -> None:
    with pytest.raises(ProjectError, match=r"^there is no place for a\.b = \"x\"$"):
        put(text.replace("a.b.c = 1", "a = 'x'"), ("a", "b"), "x")


def test_what_is_no_number_is_no_obstacle() -> None:
    assert tomli.loads(put("x = nan\n", ("a", "b"), "c"))["a"] == {"b": "c"}


def test_a_long_document_takes_no_time() -> None:
    rows = "".join(f"    'package-{number}[extra]',\n" for number in range(1000))
    text = f"x = [\n{rows}]\n" + "".join(f"[t{n}]\nk = 1\n" for n in range(1000))
    assert put(text, ("a", "b"), "c").startswith(text)
