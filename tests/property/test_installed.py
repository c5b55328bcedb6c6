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
    ]
)
files = st.sampled_from(["METADATA", "METADATA", "PKG-INFO", "PKG-INFO", "metadata", "WHEEL", ""])
sites = st.dictionaries(directories, st.tuples(files, metadata), max_size=4)
names = st.sampled_from(["site-packages", "foo-1.0-py3.11.egg", "Bar.EGG", "site.zip", "absent"])


def build(path: Path, site: dict[str, tuple[str, str]]) -> None:
    """Write a site directory, or a zip archive of one if the name says so."""
    if path.name == "absent":
        return
    entries = [(directory, file, text.encode()) for directory, (file, text) in site.items()]
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for directory, file, data in entries:
                archive.writestr(f"{directory}/{file}" if file else directory, data)
        return
    path.mkdir()
    for directory, file, data in entries:
        target = path / directory / file if file else path / directory
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(data)


def documented_difference(distribution: importlib.metadata.Distribution) -> bool:
    """Tell whether lockhook calls a distribution broken though its name and version can be read.

    A `.dist-info` must be a directory with a file METADATA; `importlib.metadata` takes PKG-INFO,
    or a plain file, for one too.
    """
    record = str(distribution._path).rstrip("/")  # type: ignore[attr-defined]
    return record.lower().endswith(".dist-info") and not distribution.read_text("METADATA")


def expected(path: list[str]) -> list[tuple[str, str, str]]:
    found = []
    for location in dict.fromkeys(path):
        for distribution in importlib.metadata.distributions(path=[location]):
            text = next(filter(None, map(distribution.read_text, ("METADATA", "PKG-INFO", ""))), "")
            headers = email.message_from_string(text)
            name, version = headers["Name"], headers["Version"]
            if name and version and not documented_difference(distribution):
                found.append((location, normalize(fold(name)), fold(version)))
    return sorted(found)


def fold(value: str) -> str:
    return " ".join(line.strip() for line in value.splitlines()).strip()


@given(st.dictionaries(names, sites, min_size=1, max_size=3))
@example({"site-packages": {"foo-1.0.dist-info": ("METADATA", "\nName: foo\nVersion: 1\n")}})
def test_the_same_distributions_as_importlib_metadata(
    world: dict[str, dict[str, tuple[str, str]]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, site in world.items():
            build(Path(folder, name), site)
        path = [os.path.join(folder, name) for name in world]
        ours = sorted(
            (distribution.location, distribution.name, distribution.version)
            for distributions in scan(path).by_name.values()
            for distribution in distributions
            if not distribution.problem
        )
        assert ours == expected(path)
