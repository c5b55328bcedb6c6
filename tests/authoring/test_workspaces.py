"""Workspaces of uv: one uv.lock at the root, locks of the members, settings where uv reads them."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import tomlkit

from lockhook._authoring import init, workspace
from lockhook._authoring import project as projects
from lockhook._runtime import indexes, uv_config
from lockhook._runtime import workspace as in_workspace

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockhook._authoring.torch_wheels import Indexes
    from tests.conftest import Result

    Run = Callable[..., Result]
    Make = Callable[..., Path]

ENTRY: dict[str, Any] = {"repo": "https://host/l", "rev": "v1", "hooks": [{"id": "lockfile-sync"}]}
MEMBERS = '[tool.uv.workspace]\nmembers = ["a", "b"]\n'
DEFAULT = '[[tool.uv.index]]\nname = "default"\nurl = "DEFAULT"\ndefault = true\n'
CPU = '[[tool.uv.index]]\nname = "pytorch-cpu"\nurl = "CPU"\nexplicit = true\n'
SOURCES = '[tool.uv.sources]\ntorch = { index = "pytorch-cpu" }\n'
CONSTRAINT = '[tool.uv]\nconstraint-dependencies = ["torch>=0"]\n'
ALL = SOURCES + DEFAULT + CPU
OURS = '[tool.lockhook.locks."requirements.txt"]\n'
NUMPY, CLICK = (CONSTRAINT.replace("torch>=0", text) for text in ("numpy<2", "click<9"))
CLICK_ADDED = "[tool.uv] constraints: added click<9"
GROUP = '[dependency-groups]\nx = ["numpy"]\n'
RIGHT = {"2.9.1", "2.9.1+cpu"}


def named(name: str, *dependencies: str) -> str:
    return (
        f'[project]\nname = "{name}"\nversion = "1"\nrequires-python = ">=3.10"\n'
        f"dependencies = {json.dumps(dependencies)}\n"
    )


@pytest.fixture
def make(tmp_path: Path, world: Indexes, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Writes a workspace of a root, which is a project only if it is to be, and two members."""

    def make(root: str, a: str = "", b: str = "", *, head: str = "", **files: str) -> Path:
        folder = tmp_path / "repository"
        texts = {
            "pyproject.toml": head + MEMBERS + root,
            "a/pyproject.toml": a,
            "b/pyproject.toml": b or named("b", "tqdm"),
            **{name.replace("__", "/").replace("_", "."): text for name, text in files.items()},
        }
        for name, text in texts.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            placed = text.replace("DEFAULT", world.default).replace("CPU", world.cpu)
            (folder / name).write_text(placed)
        monkeypatch.chdir(folder)
        return folder

    return make


def versions(path: Path, name: str = "torch") -> set[str]:
    """Return the versions of a package in a lock of any format."""
    pattern = rf'\bname = "{name}"\nversion = "(.*)"|^{name}==(\S+)'
    return {each[1] or each[2] for each in re.finditer(pattern, path.read_text(), re.MULTILINE)}


def uv(*arguments: str, cwd: Path) -> int:
    done = subprocess.run(["uv", *arguments, "-q"], cwd=cwd, check=False, capture_output=True)
    return done.returncode


# --- which projects uv counts in ---

TREE = ("a", "b", "packages/a", "packages/Ab", "packages/.c", "packages/a/deep", "x/y/z")


@pytest.mark.parametrize("directory", TREE)
@pytest.mark.parametrize(
    "table",
    [
        'members = ["packages/*"]',
        'members = ["a", "./b/", "packages/[Aa]*"]',
        'members = ["x/**", "?"]\nexclude = ["x", "x/y", "b"]',
        'members = ["packages/*", "a"]\nexclude = ["packages/A*"]',
        'members = ["x/y/z", "a"]\nexclude = ["x/*"]',
        'members = ["../repository/a", "{a,b}"]',
        "members = []",
    ],
)
def test_membership_is_as_uv_has_it(tmp_path: Path, table: str, directory: str) -> None:
    folder = tmp_path / "repository"
    for each in ("", *TREE):
        text = f"[tool.uv.workspace]\n{table}\n" if not each else named(each.replace("/", "-"))
        (folder / each).mkdir(parents=True, exist_ok=True)
        (folder / each / "pyproject.toml").write_text(text)
    one = folder / directory
    done = subprocess.run(
        ["uv", "workspace", "dir"], cwd=one, check=True, capture_output=True, text=True
    )
    found = uv_config.read(str(one)).root
    assert found == done.stdout.strip()
    if directory != "packages/a/deep":  # which has a project above it that is none of its own
        listed = workspace.directories(str(folder), projects.load(str(folder)).pyproject)
        assert (str(one) in listed) is (found == str(folder))


@pytest.mark.parametrize("text", ["", "a b", "[tool.uv]\nworkspace = 5\n", "[project]\n"])
def test_what_is_no_workspace(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    one = str(tmp_path / "a")
    assert in_workspace.root_of(one, {}) == (one, {})


@pytest.mark.parametrize("own", ["managed = false", "workspace = { members = [] }"])
def test_a_project_that_stays_out(make: Make, own: str) -> None:
    folder = make(ALL, named("a") + f"[tool.uv]\n{own}\n")
    assert uv_config.read(str(folder / "a")).root == str(folder / "a")


def test_settings_above_a_project_that_is_no_member_do_not_reach_it(
    make: Make, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make(
        f'[tool.uv]\noverride-dependencies = ["numpy<2"]\n{DEFAULT}',
        named("a", "numpy"),
        outside__pyproject_toml=named("outside", "numpy"),
    )
    for name, right in (("a", {"1.26.4"}), ("outside", {"2.2.6", "2.3.5"})):
        monkeypatch.chdir(folder / name)
        assert run("generate").code == 0
        assert versions(folder / name / "requirements.txt", "numpy") == right


# --- the lock of a member ---

# Where the settings stand, in the root and in the member: uv finds them all.
PLACES = {
    "in the root": (ALL, "", {}),
    "sources in the member": (DEFAULT + CPU, SOURCES, {}),
    "sources and index in the member": (DEFAULT, SOURCES + CPU, {}),
    "index in the member": (DEFAULT + SOURCES, CPU, {}),
    "both have one of that name": (ALL.replace("CPU", "https://host.invalid/cpu"), CPU, {}),
    "a uv.toml in the root": (
        SOURCES + CPU + DEFAULT.replace("DEFAULT", "https://host.invalid"),
        "",
        {"uv_toml": DEFAULT.replace("tool.uv.", "")},
    ),
    "what uv does not read in the member": (
        ALL,
        DEFAULT.replace("DEFAULT", "https://host.invalid"),
        {"a__uv_toml": "index-url = 'https://host.invalid'\n", "a__uv_lock": "x"},
    ),
    # Where a source names it, uv would look for it below the member.
    "a relative path in the root": ((DEFAULT + CPU).replace("CPU", "../cpu"), "", {}),
}


@pytest.mark.parametrize("head", ["", named("root")])
@pytest.mark.parametrize("dependency", ["torch", "accelerate"])
@pytest.mark.parametrize("place", PLACES)
def test_a_member_is_locked_with_the_settings_that_uv_finds(
    make: Make,
    run: Run,
    world: Indexes,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    dependency: str,
    head: str,
) -> None:
    root, own, files = PLACES[place]
    folder = make(root, named("a", dependency) + own, head=head, **files)
    monkeypatch.chdir(folder / "a")
    if "relative" in place:
        (folder.parent / "cpu").symlink_to(world.cpu.removeprefix("file://"))
    assert run("generate").code == 0
    lock = folder / "a" / "requirements.txt"
    assert versions(lock) == RIGHT
    assert f"--extra-index-url {indexes.of_project(uv_config.read(str(folder / 'a'))).cpu}\n" in (
        lock.read_text()
    )
    assert run("check").code == 0
    monkeypatch.chdir(folder)
    assert run("sync", "a/pyproject.toml") == (0, "a/requirements.txt: fresh\n", "")


@pytest.mark.parametrize(
    ("file", "old", "new", "is_stale"),
    [
        ("pyproject.toml", "[tool.uv.sources]", '[tool.uv]\nprerelease = "allow"\n', True),
        ("pyproject.toml", "[tool.uv.sources]", NUMPY, True),
        ("a/pyproject.toml", "[tool.lockhook", NUMPY, False),
        ("pyproject.toml", "[tool.uv.sources]", '[tool.uv]\nlink-mode = "copy"\n', False),
        ("b/pyproject.toml", "[project]", '[dependency-groups]\nx = ["click"]\n', False),
    ],
)
def test_what_makes_the_lock_of_a_member_stale(
    make: Make, run: Run, file: str, old: str, new: str, is_stale: bool
) -> None:
    folder = make(ALL, named("a", "numpy") + OURS)
    lock = folder / "a" / "requirements.txt"
    assert run("sync").code == 1
    before = versions(lock, "numpy")
    path = folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new + old, 1))
    # Whichever file of the workspace is touched, its members are looked at.
    found = run("check", file)
    assert (found.code, "stale" in found.out) == (int(is_stale), is_stale)
    assert run("generate", "--pyproject", folder / "a" / "pyproject.toml").code == 0
    assert is_stale or versions(lock, "numpy") == before


def test_members_and_paths_are_locked_by_relative_paths(
    make: Make, run: Run, world: Indexes, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = '[build-system]\nrequires = []\nbuild-backend = "none"\n'
    sources = (
        "[tool.uv.sources]\nb = { workspace = true }\nc = { workspace = true, editable = false }\n"
        'lib = { path = "lib" }\n'
    )
    folder = make(
        ALL,
        named("a", "b", "c; sys_platform == 'linux'", "lib") + sources + OURS,
        named("b", "accelerate") + build,
        c__pyproject_toml=named("c", "click") + build,
        a__lib__pyproject_toml=named("lib", "numpy") + build,
    )
    root = folder / "pyproject.toml"
    root.write_text(root.read_text().replace('"b"]', '"b", "c"]'))
    monkeypatch.chdir(folder / "a")
    assert run("generate").code == 0
    text = (folder / "a" / "requirements.txt").read_text()
    assert "\n-e ../b\n" in text
    assert "\n../c ; sys_platform == 'linux'\n" in text
    assert "\n./lib\n" in text
    assert str(folder) not in text
    assert versions(folder / "a" / "requirements.txt") == RIGHT
    assert run("check").code == 0
    assert run("why", "torch").out.endswith("  a (pyproject.toml) -> b -> accelerate -> torch\n")
    # The other format says the same.
    assert run("generate", "-o", "pylock.toml").code == 0
    assert run("check").code == 0
    assert str(folder) not in (folder / "a" / "pylock.toml").read_text()
    # uv reads the lines as they stand, from where they are.
    index = ("--default-index", world.default, "--index-strategy", "unsafe-best-match")
    assert uv("pip", "compile", "requirements.txt", *index, cwd=folder / "a") == 0


# --- the uv.lock of all ---


@pytest.mark.parametrize("head", ["", named("root", "filelock")])
@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        ("a/pyproject.toml", '"click"', '"click", "filelock"', "a: dependencies: added filelock"),
        ("b/pyproject.toml", '"tqdm"', "", "b: dependencies: removed tqdm"),
        ("pyproject.toml", '["a", "b"]', '["a"]', "b is no member of the workspace"),
        ("pyproject.toml", '["a", "b"]', '["?"]', "c is not in it"),
        ("a/pyproject.toml", ">=3.10", ">=3.11", "requires-python: >=3.10 -> "),
        ("a/pyproject.toml", ">=3.10", ">=3.9", None),
        ("a/pyproject.toml", '["click"]', '[ "click" ] # a comment', None),
        ("a/pyproject.toml", "[project]", f"{GROUP}[project]", "a: group x: added numpy"),
        # uv writes down no constraint of what the lock does not have.
        ("pyproject.toml", "[tool.uv.s", CONSTRAINT + "[tool.uv.s", None),
        ("pyproject.toml", "[tool.uv.s", f"{CLICK}[tool.uv.s", CLICK_ADDED),
        ("a/pyproject.toml", "[project]", CONSTRAINT + "[project]", None),
    ],
)  # fmt: skip
def test_what_makes_the_uv_lock_stale(
    make: Make, run: Run, head: str, file: str, old: str, new: str, reason: str | None
) -> None:
    folder = make(ALL, named("a", "click"), head=head, c__pyproject_toml=named("c", "click"))
    assert uv("lock", cwd=folder) == 0
    only = '[tool.lockhook.locks."uv.lock"]\n'
    (folder / "pyproject.toml").write_text((folder / "pyproject.toml").read_text() + only)
    assert run("check") == (0, "uv.lock: fresh\n", "")
    path = folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    found = run("check", file)
    assert found.code == bool(reason)
    assert reason is None or f"  - {reason}" in found.out
    assert bool(uv("lock", "--check", cwd=folder)) is bool(reason)
    assert run("sync", file).code == bool(reason)
    assert run("sync").code == 0
    assert uv("lock", "--check", cwd=folder) == 0


def test_a_leak_is_told_with_the_member_that_brings_it(make: Make, run: Run) -> None:
    folder = make(ALL, named("a", "click") + OURS, named("b", "accelerate"))
    assert uv("lock", cwd=folder) == 0
    assert run("generate", "--pyproject", folder / "a" / "pyproject.toml").code == 0
    before = (folder / "uv.lock").read_bytes()
    found = run("check", "a/pyproject.toml")
    assert found.code == 1
    assert found.out.startswith("uv.lock: leak\n")
    told = "\n".join(re.findall(r"(?m)^  -     (.*)$", found.out))
    found = run("sync")
    assert found.code == 1
    assert "    b (b/pyproject.toml) -> accelerate -> torch\n" in found.err
    assert (folder / "uv.lock").read_bytes() == before
    document = tomlkit.parse((folder / "pyproject.toml").read_text())
    for key, value in tomlkit.parse(told)["tool"]["uv"].items():
        document["tool"]["uv"][key] = value
    (folder / "pyproject.toml").write_text(tomlkit.dumps(document))
    assert run("sync").code == 1
    assert versions(folder / "uv.lock") == RIGHT
    assert run("check").code == 0


def test_the_locks_of_members_agree_with_it_and_each_is_judged_once(make: Make, run: Run) -> None:
    folder = make(ALL, named("a", "pandas<2.3") + OURS, named("b", "pandas", "click") + OURS)
    assert uv("lock", cwd=folder) == 0
    assert run("sync").code == 1
    lock = folder / "b" / "requirements.txt"
    assert versions(lock, "pandas") == {"2.2.3"}
    assert run("check").out.count("uv.lock: fresh") == 1
    (folder / "a" / "pyproject.toml").write_text(named("a", "pandas") + OURS)
    assert uv("lock", "--upgrade", cwd=folder) == 0
    found = run("check")
    assert "b/requirements.txt: disagrees\n  - pandas 2.2.3 here, 2.3.3 in uv.lock\n" in found.out
    assert run("sync").code == 1
    assert (
        versions(lock, "pandas")
        == versions(folder / "a" / "requirements.txt", "pandas")
        == {"2.3.3"}
    )
    assert run("sync").code == 0
    # What `sync` does to uv.lock, the locks of the members follow in the same run.
    (folder / "a" / "pyproject.toml").write_text(named("a", "pandas<2.3") + OURS)
    assert run("sync").code == 1
    assert versions(lock, "pandas") == {"2.2.3"}
    assert run("check").code == 0


def test_a_root_that_is_no_project_and_asks_for_nothing(make: Make, run: Run) -> None:
    make(ALL, named("a", "click"))
    found = run("check")
    assert (found.code, found.err) == (0, "")
    found = run("generate")
    assert found.code == 3
    assert "has no [project] table" in found.err


def test_conflicts_of_a_member_may_be_said_by_the_root(make: Make, run: Run) -> None:
    more = (
        '[project.optional-dependencies]\nx = ["numpy<2"]\ny = ["numpy>=2"]\n'
        f'{OURS}extras = ["x"]\n[tool.lockhook.locks."other.txt"]\nextras = ["y"]\n'
    )
    items = '[[{ package = "PACKAGE", extra = "x" }, { package = "PACKAGE", extra = "y" }]]'
    for package, code in (("b", 1), ("a", 0)):
        conflicts = f"[tool.uv]\nconflicts = {items.replace('PACKAGE', package)}\n"
        folder = make(conflicts + ALL, named("a") + more)
        pyproject = folder / "a" / "pyproject.toml"
        assert run("generate", "--all", "--pyproject", pyproject).code == code


# --- init in a member ---


def set_up(folder: Path) -> init.Plan:
    plan = init.plan(str(folder), ENTRY)
    init.write(plan)
    return plan


@pytest.mark.parametrize("head", ["", named("root")])
@pytest.mark.parametrize("locked", [True, False])
@pytest.mark.parametrize(("root", "own"), [(DEFAULT + CPU, ""), (DEFAULT, CPU)])
def test_init_in_a_member_writes_where_uv_reads(
    make: Make, run: Run, git: Run, root: str, own: str, locked: bool, head: str
) -> None:
    folder = make(root, named("a", "accelerate") + own, head=head)
    git("init", "-q", cwd=folder)
    if locked:
        assert uv("lock", cwd=folder) == 0
    plan = set_up(folder / "a")
    assert (plan.is_complete, plan.notes) == (True, ())
    here, there = ((folder / n / "pyproject.toml").read_text() for n in ("a", "."))
    assert "[tool.lockhook" in here
    assert "[tool.lockhook" not in there
    assert ("constraint-dependencies" in there) is locked
    # One that has its own index needs none in the root, but for the uv.lock there.
    assert ("[tool.uv.sources]" in here) is (bool(own) and not locked)
    assert ("[tool.uv.sources]" in there) is not (bool(own) and not locked)
    assert not any(file.is_changed for file in set_up(folder / "a").files)
    if locked:
        assert plan.uv_lock == str(folder / "uv.lock")
        assert uv("lock", cwd=folder) == 0
        assert versions(folder / "uv.lock") == RIGHT
    assert run("sync").code == 1
    assert versions(folder / "a" / "requirements.txt") == RIGHT


def test_init_tells_of_a_source_of_the_member_that_counts_more(make: Make, git: Run) -> None:
    folder = make(DEFAULT + CPU, named("a", "torch") + SOURCES.replace("pytorch-cpu", "default"))
    git("init", "-q", cwd=folder)
    (note,) = set_up(folder / "a").notes
    assert note.startswith(
        "[tool.uv.sources] torch is left as it is: it does not come from pytorch"
    )


def test_init_names_a_relative_index_of_a_member_from_the_root(make: Make, git: Run) -> None:
    folder = make(DEFAULT, named("a", "torch") + CPU.replace("CPU", "wheels/cpu"), uv_lock="")
    git("init", "-q", cwd=folder)
    set_up(folder / "a")
    assert 'url = "a/wheels/cpu"' in (folder / "pyproject.toml").read_text()


@pytest.mark.parametrize("directory", [".", "a"])
def test_init_sets_up_the_root_for_what_every_member_names(
    make: Make, run: Run, git: Run, directory: str
) -> None:
    folder = make(DEFAULT + CPU, named("a", "click"), named("b", "torchvision"))
    git("init", "-q", cwd=folder)
    assert uv("lock", cwd=folder) == 0
    before = (folder / "a" / "pyproject.toml").read_text()
    plan = set_up(folder / directory)
    assert plan.is_complete
    assert "torchvision = {" in (folder / "pyproject.toml").read_text()
    assert ((folder / "a" / "pyproject.toml").read_text() == before) is (directory == ".")
    assert uv("lock", cwd=folder) == 0
    assert versions(folder / "uv.lock") == RIGHT
    git("add", ".", cwd=folder)
    assert run("check", "uv.lock").out.startswith("uv.lock: fresh\n")


def test_init_says_in_which_file_it_cannot_write(make: Make, run: Run, git: Run) -> None:
    folder = make(f"{DEFAULT}[tool.uv]\nsources = 1\n", named("a", "torch"))
    git("init", "-q", cwd=folder)
    found = run("init", "--pyproject", folder / "a" / "pyproject.toml")
    assert found.code == 3
    assert f"{folder / 'pyproject.toml'}: there is no place for tool.uv.sources.torch" in found.err


def test_the_commands_of_init_name_both_files(make: Make, run: Run, git: Run) -> None:
    folder = make(DEFAULT + CPU, named("a", "accelerate"))
    git("init", "-q", cwd=folder)
    assert uv("lock", cwd=folder) == 0
    found = run("init", "--pyproject", folder / "a" / "pyproject.toml", "--format", "json")
    document = json.loads(found.out)
    assert [each["path"] for each in document["files"]][:2] == [
        "a/pyproject.toml",
        "pyproject.toml",
    ]
    assert "uv lock" in document["fix"]
    assert (
        "pyproject.toml a/pyproject.toml" in document["fix"][-1] or "uv.lock" in document["fix"][-1]
    )


def test_the_commands_that_mend_name_the_index_of_the_root(
    make: Make, run: Run, tmp_path: Path, world: Indexes
) -> None:
    folder = make(ALL, named("a", "torch") + "[tool.lockhook]\nemit-index = false\n")
    assert run("generate", "--pyproject", folder / "a" / "pyproject.toml").code == 0
    assert uv("venv", str(tmp_path / "venv"), cwd=folder) == 0
    python, lock = next((tmp_path / "venv").glob("*/python")), "a/requirements.txt"
    found = run("verify", "--python", python, "-l", lock, "--format", "json")
    (fix,) = [line for line in json.loads(found.out)["fix"] if line.startswith("uv ")]
    assert f"--default-index {world.default} --index {world.cpu}" in fix
    assert subprocess.run(fix, shell=True, cwd=folder, check=False).returncode == 0
    assert run("verify", "--python", python, "-l", lock).code == 0


@pytest.mark.parametrize("dependency", ["torch", "accelerate"])
def test_the_uv_lock_of_an_index_at_the_root_is_no_leak_in_a_member(
    make: Make, run: Run, dependency: str
) -> None:
    folder = make(CONSTRAINT + ALL, named("a", dependency) + OURS)
    assert uv("lock", cwd=folder) == 0
    assert run("sync").code == 1
    assert versions(folder / "a" / "requirements.txt") == RIGHT
    found = run("check")
    assert (found.code, "leak" in found.out) == (0, False)
