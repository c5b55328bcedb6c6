from __future__ import annotations

from typing import Any

import pytest

from lockhook._runtime.model import Constraint, Pin
from lockhook._runtime.requirements_txt import (
    Include,
    Option,
    logical_lines,
    parse,
    plain_pin,
    without_comment,
)
from lockhook._runtime.versions import Wanted
from lockhook.errors import LockfileError

A, B = "sha256:" + "a1" * 32, "sha256:" + "b2" * 32


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("a\n\n  \nb", [(1, "a"), (4, "b")]),
        ("a \\\n  b\nc", [(1, "a   b"), (3, "c")]),
        ("a \\\r\n  b\r\nc\r", [(1, "a   b"), (3, "c")]),
        ("a\\\nb", [(1, "ab")]),
        ("a \\\n# comment\nb", [(1, "a"), (3, "b")]),
        ("# comment \\\na", [(2, "a")]),
        ("a # comment \\\nb", [(1, "a")]),
        ("a\\", [(1, "a")]),
        ("a \\\n\nb", [(1, "a"), (3, "b")]),
        ("a#b # c", [(1, "a#b")]),
        ("a\fb\u2028c\x85d", [(1, "a"), (2, "b"), (3, "c"), (4, "d")]),
        ("\\\n\\\n", []),
        ("  # indented\n", []),
    ],
)
def test_logical_lines(text: str, lines: list[tuple[int, str]]) -> None:
    assert list(logical_lines(text)) == lines


@pytest.mark.parametrize(
    ("line", "right"),
    [("# x", ""), ("a #", "a"), ("a\t# x", "a"), ("a#x", "a#x"), ("a#x #y", "a#x"), ("a", "a")],
)
def test_without_comment(line: str, right: str) -> None:
    assert without_comment(line) == right


def pin(**fields: Any) -> Pin:
    given: dict[str, Any] = {"name": "foo", "wanted": Wanted(version="1.0"), "path": "r", "line": 7}
    return Pin(**{**given, **fields})


@pytest.mark.parametrize(
    ("line", "right"),
    [
        ("foo==1.0", pin()),
        ("Foo.Bar == 1.0", pin(name="foo-bar")),
        ("foo[A,b_c]==1.0", pin(extras=("A", "b_c"))),
        ("foo [ a ] ==1.0", pin(extras=("a",))),
        ("foo==2.9.1+cpu", pin(wanted=Wanted(version="2.9.1+cpu"))),
        ("foo==1.0 ; os_name == 'nt'", pin(marker="os_name == 'nt'")),
        ("foo==1.0;os_name=='nt'", pin(marker="os_name=='nt'")),
        (f"foo==1.0 --hash={A}", pin(hashes=(A,))),
        (f"foo==1.0     --hash={A}     --hash={B}", pin(hashes=(A, B))),
        (f"foo==1.0 ; os_name == 'nt' --hash={A}", pin(marker="os_name == 'nt'", hashes=(A,))),
    ],
)
def test_plain_pins(line: str, right: Pin) -> None:
    assert plain_pin(line, "r", 7) == right


@pytest.mark.parametrize(
    "line",
    [
        "foo",
        "foo>=1",
        "foo==",
        "==1.0",
        "foo==1.*",
        "foo==1.0,<2",
        "foo===1.0",
        "foo==v1.0",
        "foo==1..0",
        "foo==.1",
        "foo==1.0+",
        "foo==1.0+a.b",
        "foo==1.0 -C x",
        "foo==${V}",
        "-r x",
        "foo[]==1.0",
        "foo[a,]==1.0",
        "foo]==1.0",
        f"foo==1.0 --hash={A[:-1]}",
        "foo==1.0 --hash=md5:0",
        f"foo==1.0 --hash={A.upper()}",
        "foo\xa0==1.0",
        "f\xe9==1.0",
        "foo==\u0661",
        "_foo==1.0",
    ],
)
def test_what_is_left_to_the_careful_reader(line: str) -> None:
    assert plain_pin(line, "r", 1) is None


def test_a_whole_file() -> None:
    text = f"""\
# made by uv
-i https://example.org/simple
--extra-index-url=https://download.example.org/cpu
foo==1.0 \\
    --hash={A} \\
    --hash={B}
    # via bar
-r more.txt
-c limits.txt
--no-binary=foo --pre
"""
    assert list(parse(text, "r")) == [
        Option(name="--index-url", value="https://example.org/simple"),
        Option(name="--extra-index-url", value="https://download.example.org/cpu"),
        pin(line=4, hashes=(A, B)),
        Include(target="more.txt", constrains=False, line=8),
        Include(target="limits.txt", constrains=True, line=9),
    ]


def test_a_constraints_file() -> None:
    text = "Foo==1.0\nbar>=2,<3 ; os_name == 'nt'\nbaz\n"
    assert list(parse(text, "c", constrains=True)) == [
        Constraint(name="foo", specifier="==1.0", marker="", path="c", line=1),
        Constraint(name="bar", specifier="<3,>=2", marker="os_name == 'nt'", path="c", line=2),
        Constraint(name="baz", specifier="", marker="", path="c", line=3),
    ]


def test_a_refusal_names_file_and_line() -> None:
    with pytest.raises(LockfileError) as caught:
        list(parse("foo==1.0\n\nbar>=2\n", "dir/requirements.txt"))
    assert str(caught.value) == "dir/requirements.txt:3: 'bar>=2' is not an exact pin"
    assert caught.value.hint == "a lock holds exact pins only; `lockhook generate` writes one"
