"""`importlib.metadata` is the oracle: the same names and versions in the same directories."""

from __future__ import annotations

import email
import importlib.metadata
import os
import tempfile
import zipfile
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from lockhook._runtime.installed import scan
from lockhook._runtime.names import normalize

header = st.sampled_from(
    [
        "Name: foo",
        "Name: Foo.Bar",
        "name:foo",
        "NAME : foo",
        "Name:\tfoo ",
        "Name: b\xe4r",
        "Name:",
        "Version: 1.0",
        "version:2",
        "Version: 1.0+cpu ",
        "Version:",
        "Metadata-Version: 2.1",
        " folded",
        "Summary: x\n  y",
        "\tName: foo",
        "From me",
        "no header",
        ":",
        "Name",
        "",
        "\ufeffName: foo",
        "X\xe9: 1",
        "Description: a\n        Name: evil\n        Version: 9",
        "License: " + "x" * 5000,
        "License: " + "x\n        " * 9000,
    ]
)
newline = st.sampled_from(["\n", "\n", "\r\n", "\r"])
plain = st.builds(
    "Metadata-Version: 2.1\nName: {}\nVersion: {}\n\nName: evil\n".format,
    st.sampled_from(["foo", "Foo_Bar", "zope.interface"]),
    st.sampled_from(["1.0", "2!1.0rc1+cpu"]),
)
metadata = st.one_of(
    plain,
    st.builds(lambda lines, end: end.join(lines) + end, st.lists(header, max_size=6), newline),
)
directories = st.sampled_from(
    [
        "foo-1.0.dist-info",
        "Foo_Bar-1.0.DIST-INFO",
        "bar.dist-info",
        "zope.interface-6.0.dist-info",
        "foo-1.0-py3.11.egg-info",
        "foo.egg-info",
        "foo-1.0.egg-info",
        "EGG-INFO",
        "foo",
        ".dist-info",
        "foo-1.0.dist-info.bak",
        "a.b.dist-info",
        "foo-1.0.egg-link",
        "~oo-1.0.dist-info",
    ]
)
files = st.sampled_from(
    ["METADATA", "PKG-INFO", "metadata", "WHEEL", "METADATA/sub", "PKG-INFO/sub"]
)
# What a record holds; under the name "", that it is a file itself.
records = st.one_of(
    st.dictionaries(files, metadata, max_size=2).filter(
        lambda record: len({name.partition("/")[0] for name in record}) == len(record)
    ),
    st.builds(lambda text: {"METADATA": text}, metadata),
    st.builds(lambda text: {"": text}, metadata),
)
sites = st.dictionaries(directories, records, max_size=4)
names = st.sampled_from(["site-packages", "foo-1.0-py3.11.egg", "Bar.EGG", "site.zip", "absent"])


def build(path: Path, site: dict[str, dict[str, str]]) -> None:
    """Write a site directory, or a zip archive of one if the name says so."""
    if path.name == "absent":
        return
    entries = {
        f"{directory}/{file}".rstrip("/"): text.encode()
        for directory, record in site.items()
        for file, text in record.items()
    }
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in entries.items():
                archive.writestr(name, data)
        return
    for directory in (path, *(path / name for name, record in site.items() if "" not in record)):
        directory.mkdir()
    for name, data in entries.items():
        (path / name).parent.mkdir(exist_ok=True)
        (path / name).write_bytes(data)


def documented_difference(distribution: importlib.metadata.Distribution) -> bool:
    """Tell whether lockhook calls a distribution broken though its name and version can be read.

    A `.dist-info` must be a directory with a file METADATA; `importlib.metadata` takes PKG-INFO,
    or a plain file, for one too. And it takes what pip leaves of a package it removed for one.
    """
    record = str(distribution._path).rstrip("/")  # type: ignore[attr-defined]
    if os.path.basename(record).startswith("~"):
        return True
    return record.lower().endswith(".dist-info") and not distribution.read_text("METADATA")


def expected(path: list[str]) -> set[tuple[str, str, str]]:
    found = set()
    for location in dict.fromkeys(path):
        for distribution in importlib.metadata.distributions(path=[location]):
            text = next(filter(None, map(distribution.read_text, ("METADATA", "PKG-INFO", ""))), "")
            headers = email.message_from_string(text)
            name, version = headers["Name"], headers["Version"]
            if name and version and not documented_difference(distribution):
                found.add((location, normalize(fold(name)), fold(version)))
    return found


def fold(value: str) -> str:
    return " ".join(line.strip() for line in value.splitlines()).strip()


@given(st.dictionaries(names, sites, min_size=1, max_size=3))
@example({"site-packages": {"foo-1.0.dist-info": {"METADATA": "\nName: foo\nVersion: 1\n"}}})
@example({"site-packages": {"a.dist-info": {"METADATA": "Name: a\nVersion: 1\nFrom me\n 0\n"}}})
def test_the_same_distributions_as_importlib_metadata(
    world: dict[str, dict[str, dict[str, str]]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, site in world.items():
            build(Path(folder, name), site)
        path = [os.path.join(folder, name) for name in world]
        ours = {
            (distribution.location, distribution.name, distribution.version)
            for distributions in scan(path).by_name.values()
            for distribution in distributions
            if not distribution.problem
        }
        assert ours == expected(path)
