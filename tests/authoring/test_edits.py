"""Edits to a project, each with its verdict; the real uv says whether the pins still are right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lockhook._authoring import changes, freshness, locks, pins, satisfaction
from lockhook._authoring import project as projects
from lockhook._authoring.inputs import Inputs
from lockhook._authoring.pin import Pin
from lockhook._authoring.stamp import Stamp

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lockhook._authoring.torch_wheels import Indexes
    from lockhook._authoring.verdict import Verdict

DEPENDENCIES = ["numpy>=1.26,<2.3", "tqdm", "click>=8; sys_platform == 'win32'"]
MORE = """\
[project.optional-dependencies]
full = ["pandas>=2.2,<3", "bench[io]"]
io = ["filelock>=3.13"]
docs = ["accelerate"]
[dependency-groups]
dev = [{ include-group = "test" }]
test = ["colorama<1"]
[tool.lockhook.locks."requirements.txt"]
extras = ["full"]
groups = ["dev"]
[tool.ruff]
line-length = 100
"""

FRESH = [
    ("numpy>=1.26,<2.3", "numpy<2.3,>=1.26"),
    ("numpy>=1.26,<2.3", "NumPy >= 1.26, < 2.3"),
    ("numpy>=1.26,<2.3", "numpy>=1.25,<2.3"),
    ("numpy>=1.26,<2.3", "numpy<2.3"),
    ("numpy>=1.26,<2.3", "numpy"),
    ("numpy>=1.26,<2.3", "numpy<3"),
    ("numpy>=1.26,<2.3", "numpy>=2"),
    ("numpy>=1.26,<2.3", "numpy>=2.2.6,<2.3"),
    ("numpy>=1.26,<2.3", "numpy==2.2.6"),
    ("numpy>=1.26,<2.3", "numpy==2.2.*"),
    ("numpy>=1.26,<2.3", "numpy~=2.2"),
    ("numpy>=1.26,<2.3", "numpy>=1.26,<2.3,!=2.0"),
    ("'tqdm'", "'tqdm>=4'"),
    ("'tqdm'", "'tqdm==4.67.1'"),
    ("'tqdm'", "'tqdm!=4.66'"),
    ("click>=8;", "click;"),
    ("click>=8;", "click>=8.1;"),
    ("click>=8;", "click<9;"),
    ("pandas>=2.2,<3", "pandas>=2.2"),
    ("pandas>=2.2,<3", "pandas>=2.3,<3"),
    ("filelock>=3.13", "filelock"),
    ("filelock>=3.13", "filelock>=3.20"),
    ("colorama<1", "colorama>=0.4,<1"),
    ("colorama<1", "colorama"),
    ("accelerate", "accelerate>=1"),
    ("'>=3.10'", "'>=3.11'"),
    ("'>=3.10'", "'>=3.10,<4'"),
    ("'>=3.10'", "'~=3.10'"),
    ("version = '1'", "version = '2'"),
    ("line-length = 100", "line-length = 80"),
    ("[tool.ruff]", "# why\n[tool.ruff]"),
    ("[tool.ruff]", "[tool.uv]\nlink-mode = 'copy'\n[tool.ruff]"),
    ("[tool.ruff]", "[tool.black]\n[tool.ruff]"),
    ("docs = ['accelerate']", "docs = []"),
]
STALE = [
    ("numpy>=1.26,<2.3", "numpy<2"),
    ("numpy>=1.26,<2.3", "numpy>=2.3"),
    ("numpy>=1.26,<2.3", "numpy!=2.2.6"),
    ("numpy>=1.26,<2.3", "numpy==1.26.4"),
    ("numpy>=1.26,<2.3", "numpy~=1.26"),
    ("'tqdm'", "'tqdm', 'mpi4py'"),
    ("'tqdm', ", ""),
    ("'tqdm'", "'tqdm; sys_platform == \"linux\"'"),
    (", \"click>=8; sys_platform == 'win32'\"", ""),
    ("click>=8; sys_platform == 'win32'", "click>=8"),
    ("click>=8; sys_platform == 'win32'", "click>=8; sys_platform == 'darwin'"),
    ("pandas>=2.2,<3", "pandas<2.3"),
    ("pandas>=2.2,<3", "pandas==2.2.3"),
    ("'pandas>=2.2,<3', ", ""),
    (", 'bench[io]'", ""),
    ("filelock>=3.13", "filelock<3.20"),
    ("'filelock>=3.13'", "'filelock>=3.13', 'mpi4py'"),
    ("'filelock>=3.13'", ""),
    ("'colorama<1'", "'colorama<1', 'mpi4py'"),
    ("{ include-group = 'test' }", ""),
    ("[tool.ruff]", "[tool.uv]\nconstraint-dependencies = ['numpy<2']\n[tool.ruff]"),
    ("[tool.ruff]", "[tool.uv]\noverride-dependencies = ['numpy<2']\n[tool.ruff]"),
    ("[tool.ruff]", "[tool.uv]\nenvironments = [\"sys_platform == 'linux'\"]\n[tool.ruff]"),
    ("extras = ['full']", "extras = ['full', 'docs']"),
    ("extras = ['full']", ""),
    ("groups = ['dev']", ""),
    ("'>=3.10'", "'>=3.9'"),
]


@pytest.fixture
def locked(project: Callable[..., Path], run: Callable[..., Any]) -> Path:
    """A project with its lock, and with one kind of quotes, so that an edit is easy to read."""
    folder = project(*DEPENDENCIES, more=MORE)
    assert run("generate").code == 0
    return folder


def edit(folder: Path, old: str, new: str, file: str = "pyproject.toml") -> None:
    path = folder / file
    text = path.read_text()
    wanted = [old, old.replace("'", '"')]
    found = next(each for each in wanted if each in text)
    path.write_text(text.replace(found, new, 1))


def judged(folder: Path) -> Verdict:
    (lock,) = locks.locks_of(projects.load(str(folder)))
    return freshness.judge_content(lock)


def pinned(folder: Path) -> set[tuple[str, str]]:
    path = folder / "requirements.txt"
    return {(pin.name, pin.version) for pin in pins.read(path.read_text(), str(path))}


def pinned_with_markers(folder: Path) -> set[tuple[str, ...]]:
    path = folder / "requirements.txt"
    return {pin[:3] for pin in pins.read(path.read_text(), str(path))}


@pytest.mark.parametrize(("old", "new"), FRESH)
def test_fresh_locks_are_what_uv_would_make(
    locked: Path, run: Callable[..., Any], old: str, new: str
) -> None:
    edit(locked, old, new)
    verdict = judged(locked)
    assert verdict.status == "fresh", verdict.reasons
    before = pinned(locked)
    assert run("generate").code == 0
    assert pinned(locked) == before
    assert judged(locked).reasons == ()


@pytest.mark.parametrize(("old", "new"), STALE)
def test_stale_locks_are_not(locked: Path, run: Callable[..., Any], old: str, new: str) -> None:
    edit(locked, old, new)
    assert judged(locked).status == "stale"
    before = pinned_with_markers(locked)
    # Where nothing satisfies the project any more, uv says so.
    assert run("generate").code == 3 or pinned_with_markers(locked) != before


SETTINGS_OF_PIP = "[tool.uv.pip]\nall-extras = true\ngroup = ['lint']\n"
DEV = "[tool.uv]\ndev-dependencies = ['click']\n"


@pytest.mark.parametrize(
    ("settings", "old", "new", "reason"),
    [
        (SETTINGS_OF_PIP, "'filelock>=3.13'", "'mpi4py'", "extra io: added mpi4py"),
        (SETTINGS_OF_PIP, "docs = [", "more = ['mpi4py']\ndocs = [", "extra more: added"),
        (SETTINGS_OF_PIP, "lint = []", "lint = ['mpi4py']", "group lint: added mpi4py"),
        (SETTINGS_OF_PIP, "all-extras = true", "", "[tool.uv] pip.all-extras: removed"),
        (DEV, "'click'", "'click', 'mpi4py'", "group dev: added mpi4py"),
        (DEV, "'click'", "", "group dev: removed click"),
    ],
)
def test_settings_of_uv_that_add_requirements(
    project: Callable[..., Path],
    run: Callable[..., Any],
    settings: str,
    old: str,
    new: str,
    reason: str,
) -> None:
    more = MORE.replace("[tool.ruff]", f"{settings}[tool.ruff]")
    more = more.replace("test = [", "lint = []\ntest = [")
    folder = project("numpy<2.3", more=more)
    assert run("generate").code == 0
    assert judged(folder).reasons == ()
    edit(folder, old, new)
    assert judged(folder).status == "stale"
    assert reason in judged(folder).reasons
    before = pinned_with_markers(folder)
    assert run("generate").code == 0
    assert pinned_with_markers(folder) != before


def test_bounds_that_the_pins_meet_are_told(locked: Path) -> None:
    edit(locked, "numpy>=1.26,<2.3", "numpy>=2")
    edit(locked, "'>=3.10'", "'>=3.12'")
    assert judged(locked).reasons == (
        "requires-python: >=3.10 -> >=3.12: its pins hold",
        "dependencies: numpy<2.3,>=1.26 -> numpy>=2: its pins hold",
    )


def test_every_fork_that_can_be_meant_must_meet_them(
    project: Callable[..., Path], run: Callable[..., Any]
) -> None:
    forked = [
        "numpy<2.3; python_version < '3.12'",
        "numpy>=2.3; python_version >= '3.12'",
    ]
    folder = project(*forked)
    assert run("generate").code == 0
    edit(folder, "numpy>=2.3;", "numpy>=2.2;")
    assert judged(folder).status == "fresh"
    edit(folder, "numpy<2.3;", "numpy>=2.3;")
    assert judged(folder).status == "stale"


UV_TOML = """\
link-mode = "copy"
constraint-dependencies = ["numpy<2.3"]
[[index]]
name = "default"
url = "{url}"
default = true
"""


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        ("uv.toml", "link-mode = 'copy'", "link-mode = 'hardlink'", None),
        ("uv.toml", "link-mode", "# why\nlink-mode", None),
        ("uv.toml", "numpy<2.3", "numpy<2", "uv.toml: constraint-dependencies: changed"),
        ("uv.toml", "link-mode = 'copy'", "prerelease = 'allow'", "uv.toml: prerelease: added"),
        ("uv.toml", "constraint-", "override-", "uv.toml: constraint-dependencies: removed"),
        # uv itself says that it ignores this one.
        (
            "pyproject.toml",
            "[tool.ruff]",
            "[tool.uv]\nconstraint-dependencies = ['numpy<2']\n[tool.ruff]",
            None,
        ),
        (
            "pyproject.toml",
            "torchvision = { index = 'pytorch-cpu' }",
            "",
            "[tool.uv] sources: changed",
        ),
    ],
)
def test_a_uv_toml_takes_the_place_of_the_settings_of_the_project(
    project: Callable[..., Path],
    run: Callable[..., Any],
    world: Indexes,
    file: str,
    old: str,
    new: str,
    reason: str | None,
) -> None:
    folder = project(*DEPENDENCIES, more=MORE)
    (folder / "uv.toml").write_text(UV_TOML.format(url=world.default))
    assert run("generate").code == 0
    edit(folder, old, new, file)
    verdict = judged(folder)
    assert verdict.status == ("stale" if reason else "fresh")
    assert (reason in verdict.reasons) if reason else verdict.reasons == ()
    before = pinned(folder)
    assert run("generate").code == 0
    assert pinned(folder) == before or reason


def test_a_uv_toml_that_comes_and_goes_is_told(locked: Path) -> None:
    (locked / "uv.toml").write_text("prerelease = 'allow'\n")
    assert judged(locked).reasons == (
        # The default index of the project no longer counts either.
        "[tool.uv] index: changed",
        "uv.toml: prerelease: added",
    )
    (locked / "uv.toml").unlink()
    assert judged(locked).status == "fresh"


def test_a_uv_toml_that_is_none_is_named(locked: Path, run: Callable[..., Any]) -> None:
    (locked / "uv.toml").write_text("prerelease =\n")
    found = run("check")
    assert found.code == 3
    assert "uv.toml: is not valid TOML" in found.err


def test_a_stamp_of_a_scheme_that_did_not_know_uv_toml_is_not_stale_for_it(locked: Path) -> None:
    (locked / "uv.toml").write_text("prerelease = 'allow'\n")
    edit(locked, "# scheme = 3", "# scheme = 1", "requirements.txt")
    verdict = judged(locked)
    assert (verdict.status, verdict.reasons) == ("fresh", ())
    edit(locked, "'tqdm'", "'tqdm<4'")
    assert judged(locked).status == "stale"


@pytest.mark.parametrize("index", ["", "[tool.uv]\nindex = 5\n"])
def test_a_uv_toml_that_says_nothing_makes_nothing_stale(tmp_path: Path, index: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[project]\nname = 'bench'\n{index}")
    before = locks.locks_of(projects.load(str(tmp_path)))[0].inputs()
    (tmp_path / "uv.toml").write_text("")
    after = locks.locks_of(projects.load(str(tmp_path)))[0].inputs()
    assert (before.digest() == after.digest()) == (not index)


@pytest.mark.parametrize("line", ["-e ../lib", "./../lib", "../lib ; python_version >= '3.8'"])
def test_a_directory_without_a_name_satisfies_the_name_it_gives_itself(
    project: Callable[..., Path], line: str
) -> None:
    folder = project("Local_Lib>=1", "tqdm")
    header = "# This file was autogenerated by uv via the following command:\n#    uv pip compile\n"
    (folder / "requirements.txt").write_text(f"{header}{line}\ntqdm==4.67.1\n")
    assert judged(folder).reasons == ("no pin for local-lib>=1",)
    (folder.parent / "lib").mkdir()
    (folder.parent / "lib" / "pyproject.toml").write_text("[project]\nname = 'local.lib'\n")
    assert judged(folder).status == "fresh"


@pytest.mark.parametrize(("bound", "left"), [("<2.3", 0), ("<2", 1)])
def test_under_a_marker_that_cannot_be_compared_every_pin_may_be_meant(
    bound: str, left: int
) -> None:
    marker = 'platform_machine ~= "x"'
    old = Inputs(dependencies=(f"numpy<2.4; {marker}",))
    new = Inputs(dependencies=(f"numpy{bound}; {marker}",))
    made = Stamp(inputs=old, inputs_digest="", body_digest="", python="3.10")
    held = [Pin("numpy", "2.2.6", "")]
    found = satisfaction.outgrown(changes.between(old, new), made, new, held)
    assert len(list(found)) == left
