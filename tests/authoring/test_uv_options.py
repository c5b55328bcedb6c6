"""The settings that a uv.lock was made under: each verdict is that of ``uv lock --check``."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lockhook._authoring.torch_wheels import Indexes
    from tests.conftest import Result

    Run = Callable[..., Result]

PYPROJECT = """\
[project]
name = "bench"
version = "1"
requires-python = ">=3.10"
dependencies = ["numpy", "click; sys_platform == 'win32'"]
[project.optional-dependencies]
x = []
y = []
[tool.lockhook.locks."uv.lock"]
"""
DEFAULT = '[[index]]\nname = "default"\nurl = "{}"\ndefault = true\n'
TIME = '"2030-01-01T00:00:00Z"'


@pytest.fixture
def write(
    tmp_path: Path, world: Indexes, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, str | None], None]:
    """Writes a project with settings in its ``pyproject.toml``, and in a ``uv.toml`` if any."""
    monkeypatch.chdir(tmp_path)

    def write(own: str, beside: str | None) -> None:
        index = DEFAULT.format(world.default)
        text = f"{PYPROJECT}[tool.uv]\n{own}\n"
        if beside is None:
            text += index.replace("[[", "[[tool.uv.")
            (tmp_path / "uv.toml").unlink(missing_ok=True)
        else:
            (tmp_path / "uv.toml").write_text(f"{beside}\n{index}")
        (tmp_path / "pyproject.toml").write_text(text)

    return write


def uv_lock(*arguments: str) -> bool:
    command = ["uv", "lock", "-q", *arguments]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


# What counts wherever it stands, and what only a pyproject.toml can say.
RESOLVER: dict[str, str | None] = {
    'prerelease = "allow"': "prerelease: default -> allow",
    'resolution = "lowest-direct"': "resolution: default -> lowest-direct",
    'fork-strategy = "fewest"': "fork-strategy: default -> fewest",
    'resolution = "highest"': None,
    'fork-strategy = "requires-python"': None,
    'link-mode = "copy"': None,
}
PROJECTS: dict[str, str | None] = {
    'constraint-dependencies = ["numpy<2.3"]': "constraints: added numpy<2.3",
    'constraint-dependencies = ["torch>=0"]': None,
    'override-dependencies = ["numpy<2.3"]': "overrides: added numpy<2.3",
    'override-dependencies = ["torch>=0"]': None,
    'build-constraint-dependencies = ["setuptools<99"]': "build-constraints: added setuptools<99",
    'exclude-dependencies = ["click"]': "excludes: added click",
    'exclude-dependencies = ["torch"]': None,
    "environments = [\"sys_platform == 'linux'\"]": "environments: added sys_platform == 'linux'",
    "environments = \"sys_platform == 'linux'\"": "environments: added sys_platform == 'linux'",
    "required-environments = [\"sys_platform == 'win32'\"]": (
        "required-environments: added sys_platform == 'win32'"
    ),
    'conflicts = [[{ extra = "x" }, { extra = "y" }]]': "conflicts: added",
}


def expect(
    write: Callable[[str, str | None], None],
    run: Run,
    before: tuple[str, str | None],
    after: tuple[str, str | None],
    reason: str | None,
) -> None:
    write(*before)
    assert uv_lock()
    assert run("check") == (0, "uv.lock: fresh\n", "")
    write(*after)
    assert uv_lock("--check") is (reason is None)
    found = run("check")
    assert found.out.splitlines()[:2] == (
        ["uv.lock: fresh"] if reason is None else ["uv.lock: stale", f"  - {reason}"]
    )
    assert run("sync").code == (reason is not None)
    assert run("check").code == 0
    # And back again.
    write(*before)
    assert run("check").code == (reason is not None)
    assert uv_lock("--check") is (reason is None)


@pytest.mark.parametrize("setting", [*RESOLVER, *PROJECTS])
def test_in_pyproject(write: Callable[[str, str | None], None], run: Run, setting: str) -> None:
    reason = (RESOLVER | PROJECTS)[setting]
    expect(write, run, ("", None), (setting, None), reason and f"[tool.uv] {reason}")


@pytest.mark.parametrize("setting", RESOLVER)
def test_in_uv_toml(write: Callable[[str, str | None], None], run: Run, setting: str) -> None:
    reason = RESOLVER[setting]
    expect(write, run, ("", ""), ("", setting), reason and f"uv.toml: {reason}")


@pytest.mark.parametrize("setting", [*RESOLVER, *PROJECTS])
def test_in_pyproject_beside_a_uv_toml(
    write: Callable[[str, str | None], None], run: Run, setting: str
) -> None:
    reason = PROJECTS.get(setting)
    expect(write, run, ("", ""), (setting, ""), reason and f"[tool.uv] {reason}")


@pytest.mark.parametrize("setting", [s for s in PROJECTS if "-dependencies" in s])
def test_in_uv_toml_nothing_of_versions_counts(
    write: Callable[[str, str | None], None], run: Run, setting: str
) -> None:
    expect(write, run, ("", ""), ("", setting), None)


@pytest.mark.parametrize(
    ("old", "new", "stale"),
    [
        ("", TIME, True),
        (TIME, "", True),
        (TIME, TIME.replace("2030", "2031"), False),
        (TIME, TIME.replace("2030", "2029"), True),
        (TIME, '"2030-01-01T01:00:00+01:00"', False),
        ('"2030-01-01"', '"2030-01-01"', False),
        ('"2030-01-01"', "", True),
        ('"3 days"', '"3 days"', False),
    ],
)
def test_exclude_newer(
    write: Callable[[str, str | None], None],
    run: Run,
    world: Indexes,
    old: str,
    new: str,
    stale: bool,
) -> None:
    # The packages here have no dates, so none is asked for.
    def asked(value: str) -> str:
        return f"exclude-newer = {value}\nexclude-newer-package = {OFF}" if value else ""

    write(asked(old), None)
    assert uv_lock()
    assert run("check").code == 0
    write(asked(new), None)
    assert uv_lock("--check") is not stale
    assert run("check").code == stale


OFF = "{ numpy = false, click = false, colorama = false }"


@pytest.mark.parametrize(
    "setting",
    [
        "resolution = [5]",
        "environments = 5",
        'environments = ["a b"]',
        "exclude-newer = 5",
        "conflicts = 5",
    ],
)
def test_settings_that_are_none_are_no_tracebacks(
    write: Callable[[str, str | None], None], run: Run, setting: str
) -> None:
    write("", None)
    assert uv_lock()
    write(setting, None)
    assert run("check").code in {1, 3}
    assert run("sync").code in {1, 3}


@pytest.mark.parametrize("pythons", ["", "~=3.10", "==3.11.*", ">=3.10,<4,!=3.12.1", ">3.10"])
def test_the_pythons_are_compared_as_what_they_admit(
    write: Callable[[str, str | None], None], run: Run, tmp_path: Path, pythons: str
) -> None:
    write("", None)
    pyproject = tmp_path / "pyproject.toml"
    line = f'requires-python = "{pythons}"\n' if pythons else ""
    pyproject.write_text(pyproject.read_text().replace('requires-python = ">=3.10"\n', line))
    assert uv_lock()
    assert run("check").code == 0
    assert run("sync").code == 0
