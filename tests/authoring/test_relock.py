"""Projects that lock with uv.lock: judged by uv's own metadata, and never left leaking."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest
import tomlkit

from lockhook._authoring.torch_wheels import write_indexes
from lockhook._authoring.wheelhouse import Wheel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lockhook._authoring.torch_wheels import Indexes
    from tests.conftest import Result

    Run = Callable[..., Result]
    Make = Callable[..., Path]

ONLY_UVS = '[tool.lockhook.locks."uv.lock"]\n'
BARE = """\
[project]
name = "bench"
version = "1"
requires-python = ">=3.10"
dependencies = {dependencies}

{more}

[[tool.uv.index]]
name = "default"
url = "{world.default}"
default = true
"""
CPU = '[[tool.uv.index]]\nname = "pytorch-cpu"\nurl = "{}"\nexplicit = true\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, world: Indexes, *dependencies: str, more: str = ONLY_UVS) -> None:
    text = BARE.format(dependencies=list(dependencies), more=more, world=world)
    (folder / "pyproject.toml").write_text(text + CPU.format(world.cpu))


def lock() -> None:
    subprocess.run(["uv", "lock", "-q"], check=True)


def names(folder: Path) -> set[str]:
    return set(re.findall(r'(?m)^name = "(.*)"$', (folder / "uv.lock").read_text()))


@pytest.mark.parametrize("dependencies", [["accelerate"], ["accelerate", "deep"]])
def test_the_lines_that_are_told_make_uv_lock_right(
    folder: Path, run: Run, tmp_path_factory: pytest.TempPathFactory, dependencies: list[str]
) -> None:
    deep = Wheel(name="deep", version="1", requires=["torchvision"])
    world = write_indexes(tmp_path_factory.mktemp("world"), (deep,))
    write(folder, world, *dependencies)
    lock()
    assert "triton" in names(folder)

    code, out, _ = run("check")
    assert code == 1
    assert out.startswith("uv.lock: leak\n")
    lines = [line[4:] for line in out.splitlines() if line.startswith("  -     ")]
    told = "\n".join(line.removeprefix("    ") for line in lines)
    assert "[tool.uv.sources]" in told
    before = (folder / "uv.lock").read_bytes()
    code, _, err = run("sync")
    assert code == 1
    assert "    bench (pyproject.toml) -> accelerate -> torch\n" in err
    assert all(line in err for line in lines)
    assert (folder / "uv.lock").read_bytes() == before

    add(folder / "pyproject.toml", told)
    assert run("sync").code == 1  # it was stale, and is made anew
    assert not {"triton", "nvidia-cublas-cu12"} & names(folder)
    assert run("sync").code == 0
    assert run("check").code == 0


def add(pyproject: Path, told: str) -> None:
    """Do as the message says: put its lines where they belong."""
    document = tomlkit.parse(pyproject.read_text())
    uv = document["tool"]["uv"]
    for key, value in tomlkit.parse(told)["tool"]["uv"].items():
        uv[key] = value
    pyproject.write_text(tomlkit.dumps(document))


def test_without_an_index_the_official_one_is_told(folder: Path, run: Run, world: Indexes) -> None:
    write(folder, world, "accelerate")
    pyproject = folder / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().partition('[[tool.uv.index]]\nname = "pytorch')[0])
    lock()
    out = run("check").out
    assert 'url = "https://download.pytorch.org/whl/cpu"' in out
    assert 'torch = { index = "pytorch-cpu" }' in out
    assert 'constraint-dependencies = ["torch>=0"]' in out


MORE = """\
[project.optional-dependencies]
full = ["pandas>=2", "bench[more]"]
more = ["tqdm ; sys_platform == 'linux'"]
[dependency-groups]
dev = ["mpi4py", {include-group = "test"}]
test = ["colorama"]
[tool.uv]
constraint-dependencies = ["numpy>=1.26"]
"""


@pytest.mark.parametrize(
    ("old", "new", "reasons"),
    [
        ("", "", []),
        ('"click"]', '"click", ]  # a comment', []),
        ('"click"', '"Click"', []),
        ("sys_platform == 'linux'", "platform_system == 'Linux'", []),
        ('"click"', '"click", "filelock"', ["dependencies: added filelock"]),
        ('["click"]', "[]", ["dependencies: removed click"]),
        (
            '"click"',
            '"click>=8"',
            ["dependencies: added click>=8", "dependencies: removed click"],
        ),
        (
            "sys_platform == 'linux'",
            "sys_platform == 'win32'",
            [
                'dependencies: added tqdm ; sys_platform == "win32" and extra == "more"',
                'dependencies: removed tqdm ; sys_platform == "linux" and extra == "more"',
            ],
        ),
        ('"mpi4py"', '"mpi4py", "numpy"', ["group dev: added numpy"]),
        ("test = [", 'more = ["numpy"]\ntest = [', ["group more: added numpy"]),
        (">=3.10", ">=3.11", ["requires-python: >=3.10 -> >=3.11"]),
        (
            "numpy>=1.26",
            "numpy>=2",
            [
                "[tool.uv] constraints: added numpy>=2",
                "[tool.uv] constraints: removed numpy>=1.26",
            ],
        ),
    ],
)
def test_what_makes_it_stale(
    folder: Path, run: Run, world: Indexes, old: str, new: str, reasons: list[str]
) -> None:
    write(folder, world, "click", more=MORE + ONLY_UVS)
    pyproject = folder / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace("'click'", '"click"'))
    lock()
    assert run("check").code == 0
    text = pyproject.read_text()
    assert old in text
    pyproject.write_text(text.replace(old, new))

    code, out, _ = run("check")

    status = "stale" if reasons else "fresh"
    assert out.splitlines()[: 1 + len(reasons)] == [
        f"uv.lock: {status}",
        *(f"  - {reason}" for reason in reasons),
    ]
    by_uv = subprocess.run(["uv", "lock", "--check", "-q"], check=False, capture_output=True)
    assert bool(reasons) is bool(by_uv.returncode)
    assert code == bool(reasons)
    assert run("sync").code == bool(reasons)
    assert run("sync").code == 0


def test_the_version_of_the_project_is_no_input(folder: Path, run: Run, world: Indexes) -> None:
    # `uv lock --check` differs here: it would have every release commit a lock.
    write(folder, world, "click")
    lock()
    pyproject = folder / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace('version = "1"', 'version = "2"'))
    assert run("check").code == 0


def test_another_index_of_a_direct_dependency(folder: Path, run: Run, world: Indexes) -> None:
    source = '[tool.uv.sources]\ntorch = { index = "pytorch-cpu" }\n'
    write(folder, world, "torch", more=ONLY_UVS)
    lock()
    write(folder, world, "torch", more=ONLY_UVS + source)
    assert "[tool.uv.sources] torch: comes from another index" in run("check").out
    assert run("sync").code == 1
    assert "triton" not in names(folder)
    assert run("sync").code == 0


def test_the_other_locks_agree_with_it(folder: Path, run: Run, world: Indexes) -> None:
    write(folder, world, "pandas<2.3", more="")
    lock()
    write(folder, world, "pandas", more="")
    lock()  # keeps the pin
    assert 'version = "2.2.3"' in (folder / "uv.lock").read_text()
    assert run("generate").code == 0
    assert "pandas==2.2.3" in (folder / "requirements.txt").read_text()
    subprocess.run(["uv", "lock", "-q", "--upgrade"], check=True)
    code, out, _ = run("check")
    assert code == 1
    assert "requirements.txt: disagrees\n  - pandas 2.2.3 here, 2.3.3 in uv.lock\n" in out
    assert run("sync").code == 1
    assert "pandas==2.3.3" in (folder / "requirements.txt").read_text()
    assert run("sync").code == 0


def test_a_damaged_one_is_made_anew(folder: Path, run: Run, world: Indexes) -> None:
    write(folder, world, "click")
    lock()
    text = (folder / "uv.lock").read_text()
    (folder / "uv.lock").write_text(text.replace("[[package]]", "<<<<<<< ours\n[[package]]", 1))
    code, out, _ = run("check")
    assert (code, out.split("\n")[0]) == (1, "uv.lock: damaged")
    assert run("sync").code == 1
    assert (folder / "uv.lock").read_text() == text


def test_conflict_marks_are_healed_with_the_pins_of_our_side(
    folder: Path, run: Run, world: Indexes
) -> None:
    write(folder, world, "pandas<2.3")
    lock()
    write(folder, world, "pandas")
    lock()
    ours = (folder / "uv.lock").read_text()
    assert 'version = "2.2.3"' in ours
    marked = ours.replace(
        'version = "2.2.3"',
        '<<<<<<< ours\nversion = "2.2.3"\n=======\nversion = "2.3.3"\n>>>>>>> b',
    )
    (folder / "uv.lock").write_text(marked)
    assert run("sync").code == 1
    assert (folder / "uv.lock").read_text() == ours
    (folder / "uv.lock").write_text("nothing of the kind")
    assert run("sync").code == 1
    assert 'version = "2.3.3"' in (folder / "uv.lock").read_text()


def test_why_asks_uv_lock_too(folder: Path, run: Run, world: Indexes) -> None:
    write(folder, world, "accelerate")
    lock()
    code, out, _ = run("why", "filelock", "-l", "uv.lock")
    assert code == 0
    assert "  bench (pyproject.toml) -> accelerate -> torch -> filelock\n" in out


@pytest.mark.parametrize(
    "settings",
    [
        "sources = 5",
        "sources = [1]",
        'sources = { accelerate = "x" }',
        "sources = { torch = 5, accelerate = [5] }",
        "constraint-dependencies = 5",
        "constraint-dependencies = [5]",
        'constraint-dependencies = ["a b c"]',
        "conflicts = [5, [{ extra = 5 }], [6]]",
    ],
)
@pytest.mark.parametrize("command", [["check"], ["sync"], ["verify", "-l", "uv.lock", "--strict"]])
def test_settings_that_are_none_are_no_tracebacks(
    folder: Path, run: Run, world: Indexes, settings: str, command: list[str]
) -> None:
    write(folder, world, "accelerate")
    lock()
    write(folder, world, "accelerate", more=f"{ONLY_UVS}[tool.uv]\n{settings}\n")
    code, out, err = run(*command)
    assert code in {1, 3}
    assert out or "next: " in err


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("constraints = [", "constraints = [5,"),
        ("[manifest]", "[manifest]\noverrides = 5"),
        ('{ name = "numpy", specifier', '{ name = "num py", specifier'),
        ("requires-dist = [", "requires-dist = 5\nx = ["),
    ],
)
def test_metadata_that_is_none_is_damage(
    folder: Path, run: Run, world: Indexes, old: str, new: str
) -> None:
    more = '[tool.uv]\nconstraint-dependencies = ["numpy>=1.26"]\n'
    write(folder, world, "numpy", more=ONLY_UVS + more)
    lock()
    text = (folder / "uv.lock").read_text()
    assert old in text
    (folder / "uv.lock").write_text(text.replace(old, new, 1))
    code, out, _ = run("check")
    assert (code, out.split("\n")[0]) == (1, "uv.lock: damaged")
