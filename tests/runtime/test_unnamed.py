"""Pins that are only a URL or a path get the name of what was installed from there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lockhook._runtime import unnamed
from lockhook._runtime.installed import Distribution
from lockhook._runtime.model import Pin
from lockhook._runtime.requirements_txt import parse
from lockhook._runtime.selection import Selection
from lockhook.errors import LockfileError

from .conftest import write

if TYPE_CHECKING:
    from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def names(text: str, origins: dict[str, dict[str, Any] | None], folder: str = "/p") -> list[str]:
    installed = {
        name: [Distribution(name=name, version="1", location="/site", metadata="/site/m")]
        for name in origins
    }
    pins = tuple(entry for entry in parse(text, "r.txt") if isinstance(entry, Pin))
    selection = Selection(pins=pins, not_applicable=())
    named = unnamed.name(selection, installed, lambda found: origins[found.name], (folder,))
    return [pin.name for pin in named.pins]


def archive(url: str, **hashes: str) -> dict[str, Any]:
    return {"url": url, "archive_info": {"hashes": hashes}}


def vcs(url: str, commit: str) -> dict[str, Any]:
    return {"url": url, "vcs_info": {"vcs": "git", "commit_id": commit}}


@pytest.mark.parametrize(
    ("text", "origins", "expected"),
    [
        (
            "https://h/v1.zip",
            {"bar": archive("https://h/v2.zip"), "foo": archive("https://h/v1.zip")},
            ["foo"],
        ),
        ("https://h/v1.zip", {"bar": None, "foo": {}}, [""]),
        # The same place in another state is a mismatch, not a missing package.
        (f"git+https://h/r@{COMMIT}", {"foo": vcs("https://h/r", "f" * 40)}, ["foo"]),
        ("https://h/v1.zip#sha256=ab", {"foo": archive("https://h/v1.zip", sha256="cd")}, ["foo"]),
        ("-e ./lib", {"foo": {"url": "file:///p/lib", "dir_info": {}}}, ["foo"]),
        # What is the same comes before what only came from there, and what is proven before all.
        (
            f"git+https://h/r@{COMMIT}",
            {"a": vcs("https://h/r", "f" * 40), "b": vcs("https://h/r", COMMIT)},
            ["b"],
        ),
        ("./lib\nfoo==1\n", {"foo": None}, ["", "foo"]),
        ("./lib\n./lib/\n", {"foo": {"url": "file:///p/lib", "dir_info": {}}}, ["foo"]),
    ],
)  # fmt: skip
def test_names(text: str, origins: dict[str, dict[str, Any] | None], expected: list[str]) -> None:
    assert names(text, origins) == expected


def test_a_directory_tells_its_name(tmp_path: Path) -> None:
    write(tmp_path, {"lib/pyproject.toml": '[project]\nname = "My.Lib"\n'})
    assert names("-e ./lib\n", {"my-lib": None}, str(tmp_path)) == ["my-lib"]


def test_two_pins_of_one_package() -> None:
    origins: dict[str, dict[str, Any] | None] = {"foo": {"url": "file:///p/lib", "dir_info": {}}}
    assert names("./lib\nfoo==1\n", origins) == ["foo"]
    with pytest.raises(LockfileError, match="both lines apply"):
        names("./lib\nfoo @ file:///p/other\n", origins)
