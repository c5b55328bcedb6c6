"""pylock.toml and uv.lock from the file to the verdict, and what each is for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lockhook._runtime import scope, selection, uv_lock, verification
from lockhook._runtime.lockfile import load
from lockhook._runtime.model import Asked, Scope
from lockhook._runtime.policy import Policy
from lockhook.errors import LockfileError, UsageError

from .conftest import LINUX, WINDOWS, dist

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lockhook._runtime.environment import Environment

PYLOCK = """\
lock-version = "1.0"
created-by = "test"
{head}
{packages}
"""
PACKAGE = """\
[[packages]]
name = "{name}"
version = "1.0"
{more}
wheels = [{{ url = "https://x.example/{name}-1.0-py3-none-any.whl", hashes = {{ sha256 = "ab" }} }}]
"""


def pylock(*packages: str, head: str = "") -> str:
    return PYLOCK.format(head=head, packages="\n".join(packages))


def package(name: str, more: str = "") -> str:
    return PACKAGE.format(name=name, more=more)


FULL = pylock(
    package("foo"),
    package("win", "marker = \"sys_platform == 'win32'\""),
    package("more", "marker = \"'full' in extras\""),
    package("dev", "marker = \"'dev' in dependency_groups\""),
    package("lint", "marker = \"'lint' in dependency_groups\""),
    head='extras = ["full"]\ndependency-groups = ["dev", "lint"]\ndefault-groups = ["dev"]',
)
ASKED = [
    (Asked(), ["foo", "dev"]),
    (Asked(extras=("Full",)), ["foo", "more", "dev"]),
    (Asked(groups=("lint",)), ["foo", "lint"]),
    (Asked(extras=("full",), groups=("dev", "lint")), ["foo", "more", "dev", "lint"]),
]


@pytest.mark.parametrize(("asked", "names"), ASKED)
def test_what_is_asked_of_a_pylock(
    asked: Asked, names: list[str], lock: Callable[..., str]
) -> None:
    found = selection.select(load(lock(FULL, "pylock.toml")), LINUX, asked)
    assert [pin.name for pin in found.pins] == names


def test_another_platform_is_another_selection(lock: Callable[..., str]) -> None:
    found = selection.select(load(lock(FULL, "pylock.x.toml")), WINDOWS)
    assert [pin.name for pin in found.pins] == ["foo", "win", "dev"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (pylock(package("foo"), package("foo")), "packages[0] and packages[1] both apply"),
        (
            pylock(package("foo"), head='requires-python = ">=3.12"'),
            "it is for Python >=3.12, this is 3.11.7",
        ),
        (
            pylock(package("foo"), head='requires-python = ">=3.9,<3.11"'),
            "it is for Python >=3.9,<3.11, this is 3.11.7",
        ),
        (
            pylock(package("foo", 'requires-python = "<3.11"')),
            "packages[0]: foo is for Python <3.11, this is 3.11.7",
        ),
        (
            pylock(package("foo"), head="environments = [\"sys_platform == 'win32'\"]"),
            "is not for this platform: only for sys_platform == 'win32'",
        ),
    ],
)
def test_a_pylock_that_is_not_for_here(text: str, reason: str, lock: Callable[..., str]) -> None:
    with pytest.raises(LockfileError) as caught:
        selection.select(load(lock(text, "pylock.toml")), LINUX)
    assert str(caught.value) == f"pylock.toml: {reason}"


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (Asked(extras=("nope",)), "pylock.toml: has no extra 'nope'; it has: full"),
        (Asked(groups=("nope",)), "pylock.toml: has no dependency group 'nope'; it has: dev, lint"),
    ],
)
def test_what_a_lock_has_not(asked: Asked, reason: str, lock: Callable[..., str]) -> None:
    with pytest.raises(UsageError) as caught:
        selection.select(load(lock(FULL, "pylock.toml")), LINUX, asked)
    assert str(caught.value) == reason


def test_a_requirements_txt_has_neither_extras_nor_groups(lock: Callable[..., str]) -> None:
    with pytest.raises(UsageError, match="has no extra 'full'; it has: none"):
        selection.select(load(lock("foo==1\n")), LINUX, Asked(extras=("full",)))


@pytest.mark.parametrize("name", ["poetry.lock", "foo.toml", "Pipfile.lock"])
def test_formats_that_are_not_known(name: str, lock: Callable[..., str]) -> None:
    with pytest.raises(LockfileError, match=r"uv\.lock, pylock\.toml and pylock\.NAME\.toml are"):
        load(lock("", name))


@pytest.mark.parametrize("name", ["pylock.toml", "uv.lock"])
@pytest.mark.parametrize(
    "text", ["<<<<<<< HEAD\n", "a = ", f"a = {'[' * 5000}", f"a = 1{'0' * 5000}", "\ufeffx"]
)
def test_what_is_no_toml(text: str, name: str, lock: Callable[..., str]) -> None:
    with pytest.raises(LockfileError):
        load(lock(text, name))


def test_an_environment_is_judged_by_a_pylock(
    lock: Callable[..., str], site: Callable[..., Path], env: Callable[..., Environment]
) -> None:
    site(dist("foo", "1.0+label"), dist("dev", "1.0"))
    report = verification.verify(lock(FULL, "pylock.toml"), env(), Policy())
    (finding,) = [f for f in report.findings if f.fails]
    # In a TOML lock a version is exact: no label is no label.
    assert (finding.package, finding.message) == ("foo", "expected 1.0, found 1.0+label")


UV = {
    "version": 1,
    "requires-python": ">=3.10",
    "package": [
        {
            "name": "bench",
            "source": {"editable": "."},
            "dependencies": [
                {"name": "tool"},
                {"name": "thing"},
                {"name": "dynamic"},
                {"name": "file"},
            ],
        },
        {
            "name": "tool",
            "version": "1",
            "source": {"git": "https://x.example/tool.git?subdirectory=a&rev=v1#" + "ab" * 20},
        },
        {"name": "thing", "version": "1", "source": {"url": "https://x.example/thing-1.zip"}},
        {"name": "file", "version": "1", "source": {"path": "file-1.whl"}},
        {"name": "dynamic", "source": {"directory": "dynamic"}},
    ],
}


def test_the_sources_of_a_uv_lock() -> None:
    pins = uv_lock.pins(uv_lock.read(UV, "uv.lock"), LINUX, (), ())
    origins = {pin.name: pin.origin for pin in pins}
    assert {name: origin and (origin.kind, origin.url) for name, origin in origins.items()} == {
        "bench": ("directory", "."),
        "tool": ("vcs", "git+https://x.example/tool.git"),
        "thing": ("archive", "https://x.example/thing-1.zip"),
        "file": ("archive", "file-1.whl"),
        "dynamic": ("directory", "dynamic"),
    }
    tool = origins["tool"]
    assert tool is not None
    assert (tool.revision, tool.subdirectory) == ("ab" * 20, "a")
    assert {pin.name for pin in pins if pin.wanted is None} == {"bench", "dynamic"}


def changed(**changes: Any) -> dict[str, Any]:
    return {**UV, **changes}


ROOT = {"name": "bench", "source": {"virtual": "."}}


def root(*edges: dict[str, str]) -> dict[str, Any]:
    return {**ROOT, "dependencies": list(edges)}


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (
            changed(version=2),
            "version: 2 is not a version of uv.lock that is known; 1 is",
        ),
        (changed(package=[]), "names no project: no package lies at '.', and there are no members"),
        (changed(package=[root({"name": "no"})]), "package[0].dependencies[0]: 0 packages fit no"),
        (
            changed(package=[root({"name": "a", "version": "1"})]),
            "package[0].dependencies[0]: 0 packages fit a 1",
        ),
        (
            changed(package=[root({"name": "a"}), {"name": "a", "version": "1"}]),
            "package[1].source: missing",
        ),
        (
            changed(package=[root({"name": "a"}), {"name": "a", "source": {"moon": "x"}}]),
            "package[1].source: 'moon' is not a kind of source",
        ),
        (
            changed(package=[root({"name": "a", "marker": "x"}), {**ROOT, "name": "a"}]),
            "package[0].dependencies[0].marker: 'x' is not a comparison: "
            "Expected a marker variable or quoted string",
        ),
    ],
)
def test_a_uv_lock_that_does_not_hold_together(document: dict[str, Any], reason: str) -> None:
    with pytest.raises(LockfileError) as caught:
        uv_lock.pins(uv_lock.read(document, "uv.lock"), LINUX, (), ())
    assert str(caught.value) == f"uv.lock: {reason}"


def test_a_workspace_without_a_project_at_its_root_is_all_of_its_members() -> None:
    members = [
        {"name": "a", "source": {"editable": "a"}},
        {"name": "b", "source": {"virtual": "b"}},
        {"name": "c", "source": {"editable": "c"}},
    ]
    document = {**UV, "manifest": {"members": ["a", "b"]}, "package": members}
    pins = uv_lock.pins(uv_lock.read(document, "uv.lock"), LINUX, (), ())
    assert [pin.name for pin in pins] == ["a"]


def test_a_specifier_that_is_none() -> None:
    with pytest.raises(LockfileError, match="requires-python = 'x' is not valid"):
        scope.check(Scope(requires_python="x"), LINUX, "uv.lock")


def test_an_environment_that_is_no_marker() -> None:
    with pytest.raises(LockfileError, match="environments: 'x' is not a comparison"):
        scope.check(Scope(environments=("x",)), LINUX, "uv.lock")
