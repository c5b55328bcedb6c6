"""pylock.toml, with `packaging.pylock` as oracle for what is valid and what is selected."""

from __future__ import annotations

import copy
import itertools
import subprocess
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import UndefinedEnvironmentName
from packaging.pylock import (
    Pylock,
    PylockSelectError,
    PylockValidationError,
    is_valid_pylock_path,
)
from packaging.tags import compatible_tags, cpython_tags

from lockhook._runtime import pylock_toml
from lockhook.errors import LockfileError
from tests.cases import pylock
from tests.cases.kit import LINUX, Case

if TYPE_CHECKING:
    from collections.abc import Callable

DIGEST = {"sha256": "ab" * 32}
WHEEL = {
    "url": "https://x.example/numpy-2.3.5-py3-none-any.whl",
    "hashes": DIGEST,
    "size": 7,
    "upload-time": datetime(2026, 1, 1),
}
LOCK: dict[str, Any] = {
    "lock-version": "1.0",
    "created-by": "test",
    "requires-python": ">=3.10",
    "environments": ["sys_platform == 'linux'"],
    "extras": ["full"],
    "dependency-groups": ["dev"],
    "default-groups": ["dev"],
    "packages": [
        {
            "name": "numpy",
            "version": "2.3.5",
            "marker": "python_version >= '3.11'",
            "requires-python": ">=3.10",
            "wheels": [WHEEL],
            "sdist": {"path": "files/numpy-2.3.5.tar.gz", "hashes": DIGEST},
            "index": "https://x.example/simple",
            "dependencies": [{"name": "lib"}],
            "attestation-identities": [{"kind": "GitHub"}],
            "tool": {"x": {}},
        },
        {"name": "lib", "directory": {"path": "lib", "editable": True, "subdirectory": "a"}},
        {
            "name": "tool",
            "vcs": {
                "type": "git",
                "url": "https://x.example/tool.git",
                "commit-id": "ab" * 20,
                "requested-revision": "v1",
            },
        },
        {
            "name": "thing",
            "version": "1.0",
            "archive": {"url": "https://x.example/thing-1.0.zip", "hashes": DIGEST},
        },
    ],
}


def refuses(read: Callable[[dict[str, Any]], object], document: dict[str, Any]) -> str:
    """The reason for which a reader refuses a document, "" if it does not."""
    try:
        read(document)
    except (LockfileError, PylockValidationError) as error:
        return str(error)
    return ""


def ours(document: dict[str, Any]) -> object:
    return pylock_toml.read(document, "pylock.toml")


def test_what_it_reads() -> None:
    pins, scope = pylock_toml.read(LOCK, "pylock.toml")
    numpy, lib, tool, thing = pins
    assert (numpy.name, str(numpy.wanted), numpy.place) == ("numpy", "2.3.5", "packages[0]")
    assert (numpy.marker, numpy.requires_python) == ("python_version >= '3.11'", ">=3.10")
    assert set(numpy.hashes) == {f"sha256:{DIGEST['sha256']}"}
    assert numpy.wanted is not None
    assert numpy.wanted.exact
    assert lib.origin is not None
    assert (lib.origin.kind, lib.origin.url, lib.origin.editable) == ("directory", "lib", True)
    assert tool.origin is not None
    assert (tool.origin.url, tool.origin.revision) == (
        "git+https://x.example/tool.git",
        "ab" * 20,
    )
    assert thing.origin is not None
    assert (thing.origin.kind, thing.wanted and thing.wanted.version) == ("archive", "1.0")
    assert (scope.requires_python, scope.extras, scope.default_groups) == (
        ">=3.10",
        ("full",),
        ("dev",),
    )


REFUSED: list[tuple[tuple[str | int, ...], object, str]] = [
    (("lock-version",), None, "lock-version: missing"),
    (("lock-version",), "2.0", "lock-version: version 2.0 of the format is not known; 1.0 is"),
    (("lock-version",), "one", "lock-version: 'one' is no version"),
    (("created-by",), 3, "created-by: expected a string, found 3"),
    (("packages",), None, "packages: missing"),
    (("packages", 0), "numpy", "packages[0]: expected a table, found 'numpy'"),
    (("packages", 0, "name"), "Num.Py", "packages[0].name: 'Num.Py' is not a normalised name"),
    (("packages", 0, "version"), "banana", "packages[0].version: 'banana' is not a version"),
    (
        ("packages", 0, "wheels", 0, "hashes"),
        {},
        "packages[0].wheels[0].hashes: at least one hash is needed",
    ),
    (("packages", 0, "wheels", 0, "url"), None, "packages[0].wheels[0]: path or url is needed"),
    (
        ("packages", 0, "wheels", 0, "name"),
        "numpy-2.3.4-py3-none-any.whl",
        "packages[0].wheels[0]: 'numpy-2.3.4-py3-none-any.whl' is a file of version 2.3.4, "
        "not of 2.3.5",
    ),
    (
        ("packages", 0, "wheels", 0, "name"),
        "scipy-2.3.5-py3-none-any.whl",
        "packages[0].wheels[0]: 'scipy-2.3.5-py3-none-any.whl' is a file of scipy, not of numpy",
    ),
    (("packages", 1, "directory", "path"), None, "packages[1].directory.path: missing"),
    (
        ("packages", 1, "directory", "editable"),
        "yes",
        "packages[1].directory.editable: expected true or false, found 'yes'",
    ),
    (("packages", 2, "vcs", "commit-id"), None, "packages[2].vcs.commit-id: missing"),
    (
        ("packages", 2, "wheels"),
        [WHEEL],
        "packages[2]: vcs, directory, archive, and wheels or sdist exclude each other",
    ),
    (
        ("packages", 3, "archive"),
        None,
        "packages[3]: has no source: one of vcs, directory, archive, wheels, sdist is needed",
    ),
    (("extras",), "full", "extras: expected a list, found 'full'"),
    (("extras",), ["Full"], "extras[0]: 'Full' is not a normalised name"),
    (("environments",), [1], "environments[0]: expected a string, found 1"),
]  # fmt: skip


def changed(place: tuple[str | int, ...], value: object) -> dict[str, Any]:
    document = copy.deepcopy(LOCK)
    parent: Any = document
    for key in place[:-1]:
        parent = parent[key]
    if value is None:
        del parent[place[-1]]
    else:
        parent[place[-1]] = value
    return document


@pytest.mark.parametrize(("place", "value", "reason"), REFUSED)
def test_what_it_refuses(place: tuple[str | int, ...], value: object, reason: str) -> None:
    document = changed(place, value)
    assert refuses(ours, document) == f"pylock.toml: {reason}"
    assert refuses(Pylock.from_dict, document)


def places(value: object, here: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [here] if here else []
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, inner in items:
        found += places(inner, (*here, key))
    return found


@given(
    place=st.sampled_from(places(LOCK)),
    value=st.sampled_from(
        [
            *(None, "", "x", "1.0", "v1.0.0", " 1.1 ", 1, True, 1.5),
            *([], {}, ["a"], [{}], {"a": "b"}, {"a": 1}),
            *(date(2026, 1, 1), datetime(2026, 1, 1)),
        ]
    ),
)
def test_valid_means_what_packaging_says(place: tuple[str | int, ...], value: object) -> None:
    document = changed(place, value)
    theirs, our = refuses(Pylock.from_dict, document), refuses(ours, document)
    assert bool(our) == bool(theirs), (our, theirs)


def selected(case: Case) -> bool:
    """Whether `packaging` finds something to install in a case, nothing at all included."""
    text = case.lock if isinstance(case.lock, str) else (case.lock or b"").decode("utf-8")
    words = case.arguments
    asked = {name: {w.lower() for f, w in itertools.pairwise(words) if f == name}
             for name in ("--extra", "--group")}  # fmt: skip
    try:
        lock = Pylock.from_dict(tomli.loads(text))
        tuple(
            lock.select(
                environment=cast("Any", LINUX),
                tags=[*cpython_tags((3, 11), platforms=["linux_x86_64"]),
                      *compatible_tags((3, 11), "cp311", ["linux_x86_64"])],
                extras=asked["--extra"],
                dependency_groups=asked["--group"] or None,
            )
        )  # fmt: skip
    except (ValueError, PylockValidationError, PylockSelectError, UndefinedEnvironmentName):
        return False
    return is_valid_pylock_path(Path(case.name))


@pytest.mark.parametrize("case", pylock.CASES, ids=lambda case: case.id)
def test_the_hard_cases_are_refused_where_packaging_refuses_them(case: Case) -> None:
    assert ("refuse" in case.right.split("/")) is not selected(case)


@pytest.mark.parametrize(
    "command", ["uv pip compile pyproject.toml --universal -q", "uv export -q --format pylock.toml"]
)
def test_what_uv_writes_is_read(command: str, project: Callable[..., Path]) -> None:
    folder = project("torch", "pandas", "click")
    output = [*command.split(), "-o", "pylock.toml"]
    subprocess.run(output, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    document = tomli.loads((folder / "pylock.toml").read_text())
    pins, scope = pylock_toml.read(document, "pylock.toml")
    assert [pin.name for pin in pins] == [package["name"] for package in document["packages"]]
    assert scope.requires_python == document["requires-python"]
