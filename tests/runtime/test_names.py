from __future__ import annotations

import pytest

from lockhook._runtime.names import is_name, normalize, visible, without_credentials


@pytest.mark.parametrize(
    ("name", "normalized"),
    [
        ("Foo", "foo"),
        ("a-_.b", "a-b"),
        ("zope.interface", "zope-interface"),
        ("a___b", "a-b"),
        ("", ""),
    ],
)
def test_normalize(name: str, normalized: str) -> None:
    assert normalize(name) == normalized


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("foo", True),
        ("Foo.Bar-b_9", True),
        ("1", True),
        ("", False),
        ("-foo", False),
        ("foo-", False),
        ("_foo", False),
        ("fo o", False),
        ("n\u0443mpy", False),
        ("foo\n", False),
        ("a/b", False),
    ],
)
def test_is_name(text: str, right: bool) -> None:
    assert is_name(text) is right


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain \u00e9", "plain \u00e9"),
        ("\x1b[2Jx", "\\x1b[2Jx"),
        ("a\r\nb", "a\\r\\nb"),
        ("\u202egnp", "\\u202egnp"),
        ("\udcff", "\\udcff"),
        ("\u200b\x9b", "\\u200b\\x9b"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    ("url", "right"),
    [
        ("https://user:secret@example.org/x", "https://example.org/x"),
        ("https://token@example.org", "https://example.org"),
        ("https://a@b@example.org/x@y", "https://example.org/x@y"),
        ("https://example.org/x@y", "https://example.org/x@y"),
        ("https://example.org?u=a@b", "https://example.org?u=a@b"),
        ("git+ssh://git@example.org/x.git#a@b", "git+ssh://example.org/x.git#a@b"),
        ("./path@x", "./path@x"),
    ],
)
def test_without_credentials(url: str, right: str) -> None:
    assert without_credentials(url) == right
