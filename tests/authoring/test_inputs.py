from __future__ import annotations

from typing import Any

import pytest
import tomli

from lockhook._authoring import changes as changed
from lockhook._authoring import inputs
from lockhook._authoring.config import LockOptions
from lockhook._authoring.inputs import Inputs
from lockhook._authoring.project import Project

BASE = """
[project]
name = "bench"
requires-python = ">=3.10"
dependencies = ["numpy>=1.26", "torch"]
[project.optional-dependencies]
full = ["pandas"]
docs = ["sphinx"]
[dependency-groups]
dev = ["pytest"]
[tool.uv]
prerelease = "disallow"
constraint-dependencies = ["click<9"]
[tool.uv.pip]
extra-index-url = ["https://example.org/simple"]
[tool.ruff]
line-length = 100
"""
OPTIONS = LockOptions(extras=("full",), groups=("dev",))


def of(text: str, options: LockOptions = OPTIONS) -> Inputs:
    return inputs.of_lock(Project(directory="/p", pyproject=tomli.loads(text)), options)


def edited(old: str, new: str) -> str:
    assert BASE.count(old) == 1
    return BASE.replace(old, new)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(edited('["numpy>=1.26", "torch"]', '["torch","numpy>=1.26"]'), id="order"),
        pytest.param(edited('"numpy>=1.26"', '" NumPy >= 1.26 "'), id="spacing and spelling"),
        pytest.param(edited("[tool.ruff]", "# why\n[tool.ruff]"), id="comment"),
        pytest.param(edited("line-length = 100", "line-length = 88"), id="another tool"),
        pytest.param(edited('["sphinx"]', '["sphinx", "furo"]'), id="extra that is not covered"),
        pytest.param(edited("[tool.uv]", '[tool.uv]\nlink-mode = "copy"'), id="uv: no input"),
        pytest.param(edited("[tool.uv.pip]", "[tool.uv.pip]\nno-header = true"), id="uv.pip"),
        pytest.param(edited("https://ex", "https://me:secret@ex"), id="credentials"),
        pytest.param(edited('name = "bench"', 'name = "bench"\nversion = "2"'), id="version"),
    ],
)
def test_what_does_not_count(text: str) -> None:
    assert of(text).digest() == of(BASE).digest()


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        (edited('"numpy>=1.26"', '"numpy>=2"'), ["dependencies: numpy>=1.26 -> numpy>=2"]),
        (edited('"torch"]', '"torch", "tqdm"]'), ["dependencies: added tqdm"]),
        (edited(', "torch"]', "]"), ["dependencies: removed torch"]),
        (edited('["pandas"]', '["pandas>2"]'), ["extra full: pandas -> pandas>2"]),
        (edited('["pytest"]', "[]"), ["group dev: removed pytest"]),
        (edited(">=3.10", ">=3.11"), ["requires-python: >=3.10 -> >=3.11"]),
        (edited('requires-python = ">=3.10"', ""), ["requires-python: >=3.10 -> none"]),
        (edited('"disallow"', '"allow"'), ["[tool.uv] prerelease: changed"]),
        (edited('prerelease = "disallow"', ""), ["[tool.uv] prerelease: removed"]),
        (edited("[tool.uv]", "[tool.uv]\nnew-thing = 1"), ["[tool.uv] new-thing: added"]),
        (edited("example.org", "example.com"), ["[tool.uv] pip.extra-index-url: changed"]),
    ],
)
def test_each_changed_input_is_named(text: str, changes: list[str]) -> None:
    assert list(map(str, changed.between(of(BASE), of(text)))) == changes
    assert of(BASE).digest() != of(text).digest()


@pytest.mark.parametrize(
    ("options", "changes"),
    [
        (LockOptions(extras=("full",)), ["option groups: ['dev'] -> default"]),
        (
            LockOptions(extras=("docs", "full"), groups=("dev",), hashes=True),
            ["option extras: ['full'] -> ['docs', 'full']", "option hashes: default -> True"],
        ),
    ],
)
def test_changed_options_are_named(options: LockOptions, changes: list[str]) -> None:
    assert list(map(str, changed.between(of(BASE), of(BASE, options)))) == changes


def test_one_requirement_for_each_marker_is_told_apart() -> None:
    old = Inputs(dependencies=('a<1; os_name == "nt"', 'a<2; os_name == "posix"'))
    new = Inputs(dependencies=('a<1; os_name == "nt"', 'a<3; os_name == "posix"'))
    (change,) = map(str, changed.between(old, new))
    assert change == 'dependencies: a<2; os_name == "posix" -> a<3; os_name == "posix"'


def test_direct_references_are_not_spelled_out() -> None:
    secret = "lib @ https://me:secret@example.org/home/lib.whl"
    found: dict[str, Any] = of(edited('"torch"', f'"{secret}"')).as_dict()
    assert "secret" not in str(found)
    assert "/home" not in str(found)
    assert str(found).count("lib @ sha256:") == 1


def test_values_that_json_does_not_know_have_a_digest() -> None:
    date = edited("[tool.uv]", "[tool.uv]\nexclude-newer = 2026-01-01")
    assert list(map(str, changed.between(of(BASE), of(date)))) == ["[tool.uv] exclude-newer: added"]
