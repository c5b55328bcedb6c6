"""Edits to what a project depends on here; the real uv says which verdict is right."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, NamedTuple

import pytest

from lockhook._authoring import freshness, locks, pins, stamp, survey, uv
from lockhook._authoring import project as projects
from lockhook._authoring.wheelhouse import Wheel
from lockhook.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lockhook._authoring.torch_wheels import Indexes
    from lockhook._authoring.verdict import Verdict
    from tests.conftest import Result

    Run = Callable[..., Result]

FILES = {
    "pyproject.toml": """\
[project]
name = "root"
version = "1"
requires-python = ">=3.10"
dependencies = ["core", "filelock"]
[tool.uv]
link-mode = "copy"
[tool.uv.workspace]
members = ["apps/*", "libs/core"]
exclude = ["apps/old"]
[tool.uv.sources]
core = { workspace = true }
[[tool.uv.index]]
url = "URL"
default = true
[[tool.uv.index]]
name = "other"
url = "URL"
explicit = true
""",
    "apps/bench/pyproject.toml": """\
[project]
name = "bench"
version = "1"
requires-python = ">=3.10"
dependencies = ["core[fast]", "Plain", "tqdm"]
[project.optional-dependencies]
more = ["plain[extra]"]
[tool.uv.sources]
plain = { path = "../../plain" }
[tool.lockhook.locks."requirements.txt"]
""",
    "libs/core/pyproject.toml": """\
[project]
name = "core"
version = "1"
requires-python = ">=3.10"
dependencies = ["numpy>=1.26,<2.3"]
[project.optional-dependencies]
fast = ["pandas>=2.2,<3", "core[io]"]
io = ["filelock>=3.13"]
slow = ["mpi4py>=4"]
[dependency-groups]
dev = ["mpi4py"]
""",
    "plain/pyproject.toml": """\
[project]
name = "plain"
version = "1"
requires-python = ">=3.10"
dependencies = ["deep", "click>=8"]
[project.optional-dependencies]
extra = ["mpi4py<4.1"]
[tool.uv.sources]
deep = { path = "deep" }
""",
    "plain/deep/pyproject.toml": """\
[project]
name = "deep"
version = "1"
dependencies = ["colorama<1", "plain[extra]; sys_platform == 'never'"]
[tool.uv.sources]
plain = { path = ".." }
""",
}
ROOT, BENCH, CORE, PLAIN, DEEP = FILES
# As the project sees them.
C, P = "../../libs/core", "../../plain"
CONSTRAINED = "[tool.uv]\nconstraint-dependencies = ['numpy<2']\n"


class Edit(NamedTuple):
    file: str
    old: str
    new: str
    reason: str = ""


FRESH = [
    Edit(CORE, "numpy>=1.26,<2.3", "NumPy <2.3"),
    Edit(CORE, "numpy>=1.26,<2.3", "numpy>=2,<2.3"),
    Edit(CORE, "numpy>=1.26,<2.3", "numpy==2.2.6"),
    Edit(CORE, "filelock>=3.13", "filelock"),
    Edit(CORE, "pandas>=2.2,<3", "pandas>=2.3"),
    Edit(CORE, '["mpi4py>=4"]', '["mpi4py", "accelerate<1"]'),
    Edit(CORE, '["mpi4py>=4"]', "[]"),
    Edit(CORE, 'dev = ["mpi4py"]', "dev = []"),
    Edit(CORE, 'version = "1"', 'version = "2"'),
    Edit(CORE, 'version = "1"', 'version = "1"\ndescription = "x"'),
    Edit(CORE, '">=3.10"', '">=3.9"'),
    Edit(CORE, "[dependency-groups]", "# why\n[tool.ruff]\n[dependency-groups]"),
    Edit(CORE, "[dependency-groups]", CONSTRAINED + "[dependency-groups]"),
    Edit(PLAIN, "click>=8", "click>=8,<9"),
    Edit(PLAIN, "[tool.uv.sources]", "[tool.uv]\nprerelease = 'allow'\n[tool.uv.sources]"),
    Edit(PLAIN, "[tool.uv.sources]", "[tool.uv.sources]\nunknown = { path = 'nowhere' }"),
    Edit(DEEP, "colorama<1", "colorama"),
    Edit(DEEP, 'version = "1"', 'version = "1"\nrequires-python = ">=3.8"'),
    Edit(ROOT, '"filelock"]', '"mpi4py", "accelerate"]'),
    Edit(ROOT, '"filelock"]', "]"),
    Edit(ROOT, 'link-mode = "copy"', 'link-mode = "hardlink"'),
    Edit(ROOT, "core = {", 'mpi4py = { index = "other" }\ncore = {'),
    Edit(ROOT, 'exclude = ["apps/old"]', ""),
    Edit(BENCH, "[tool.uv.sources]", CONSTRAINED + "[tool.uv.sources]"),
    Edit(BENCH, "[tool.uv.sources]", "[tool.uv.sources]\nmpi4py = { path = 'nowhere' }"),
    Edit(BENCH, '"tqdm"]', '"tqdm>=4"]'),
]  # fmt: skip
STALE = [
    Edit(CORE, "numpy>=1.26,<2.3", "numpy<2", f"{C}: dependencies: numpy<2.3,>=1.26 -> numpy<2"),
    Edit(CORE, '<2.3"]', '<2.3", "mpi4py"]', f"{C}: dependencies: added mpi4py"),
    Edit(DEEP, '"colorama<1", ', '"colorama<1; os_name == \'nt\'", "tqdm<4", ', ""),
    Edit(CORE, "pandas>=2.2,<3", "pandas<2.3", f"{C}: extra fast: pandas<3,>=2.2 -> pandas<2.3"),
    Edit(CORE, '"core[io]"', '"core[io,slow]"', f"{C}: extra fast: added mpi4py>=4"),
    Edit(CORE, "filelock>=3.13", "filelock<3.20",
         f"{C}: extra fast: filelock>=3.13 -> filelock<3.20"),
    Edit(CORE, '">=3.10"', '">=3.12"', f"{C}: requires-python: >=3.10 -> >=3.12"),
    Edit(PLAIN, '"click>=8"', '"click>=9"', f"{P}: dependencies: click>=8 -> click>=9"),
    Edit(PLAIN, 'deep = { path = "deep" }', "", f"{P}: [tool.uv] sources: removed"),
    Edit(PLAIN, '"deep", ', "", "../../plain/deep: removed"),
    Edit(DEEP, '"colorama<1", ', '"colorama<1", "mpi4py", ',
         f"{P}/deep: dependencies: added mpi4py"),
    Edit(DEEP, "sys_platform == 'never'", "os_name != 'never'", ""),
    Edit(ROOT, "[tool.uv]", "[tool.uv]\nconstraint-dependencies = ['numpy<2']",
         "../../pyproject.toml: constraint-dependencies: added"),
    Edit(ROOT, "[tool.uv]", "[tool.uv]\noverride-dependencies = ['numpy<2']",
         "../../pyproject.toml: override-dependencies: added"),
    Edit(ROOT, "[tool.uv]", "[tool.uv]\nenvironments = [\"sys_platform == 'linux'\"]",
         "../../pyproject.toml: environments: added"),
    Edit(ROOT, "[tool.uv]", "[tool.uv.pip]\nextra = ['more']\n[tool.uv]",
         "../../pyproject.toml: pip.extra: added"),
    Edit(ROOT, "[tool.uv]", "[tool.uv.pip]\nall-extras = true\n[tool.uv]",
         "../../pyproject.toml: pip.all-extras: added"),
    Edit(BENCH, "core[fast]", "core", "dependencies: removed core[fast]"),
    Edit(BENCH, "core[fast]", "core[fast,slow]", "dependencies: added core[fast,slow]"),
    Edit(BENCH, '"Plain", ', "", f"{P}: removed"),
]  # fmt: skip


@pytest.fixture
def tree(tmp_path: Path, world: Indexes, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with a project in it that has a lock, and two packages beside it."""
    top = tmp_path / "tree"
    for name, text in FILES.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("URL", world.default))
    monkeypatch.chdir(top / "apps/bench")
    return top


@pytest.fixture
def locked(tree: Path, run: Run) -> Path:
    assert run("generate").code == 0
    return tree


def edit(top: Path, change: Edit) -> None:
    path = top / change.file
    text = path.read_text()
    assert change.old in text
    path.write_text(text.replace(change.old, change.new, 1))


def judged(top: Path, folder: str = "apps/bench") -> Verdict:
    (lock,) = locks.locks_of(projects.load(str(top / folder)))
    return freshness.judge_content(lock)


def pinned(top: Path) -> set[tuple[str, ...]]:
    path = top / "apps/bench/requirements.txt"
    return {pin[:3] for pin in pins.read(path.read_text(), str(path))}


def test_what_is_stamped_has_no_absolute_path(locked: Path) -> None:
    text = (locked / "apps/bench/requirements.txt").read_text()
    found, _ = stamp.extract(text, "requirements.txt")
    assert found is not None
    assert list(found.inputs.members) == ["../../libs/core", "../../plain", "../../plain/deep"]
    assert found.inputs.members["../../libs/core"].extras == {
        "fast": ("filelock>=3.13", "pandas<3,>=2.2")
    }
    assert str(locked) not in text.partition("# ///\n")[0].partition("# /// lockhook\n")[2]
    assert judged(locked).status == "fresh"
    assert judged(locked).reasons == ()


@pytest.mark.parametrize("change", FRESH, ids=lambda each: f"{each.file}: {each.new}"[:70])
def test_fresh_locks_are_what_uv_would_make(locked: Path, run: Run, change: Edit) -> None:
    edit(locked, change)
    verdict = judged(locked)
    assert verdict.status == "fresh", verdict.reasons
    before = pinned(locked)
    made = run("generate")
    assert made.code == 0, made.err
    assert pinned(locked) == before
    assert judged(locked).reasons == ()


@pytest.mark.parametrize("change", STALE, ids=lambda each: f"{each.file}: {each.new}"[:70])
def test_stale_locks_are_not(locked: Path, run: Run, change: Edit) -> None:
    edit(locked, change)
    verdict = judged(locked)
    assert verdict.status == "stale"
    assert not change.reason or change.reason in verdict.reasons
    before = pinned(locked)
    # Where nothing satisfies the project any more, uv says so.
    assert run("generate").code == 3 or pinned(locked) != before


@pytest.mark.parametrize(
    "change",
    [
        Edit(PLAIN, "[project]\n", "[tool.poetry]\n"),
        Edit(PLAIN, "dependencies", "dynamic = ['dependencies']\n#"),
    ],
)
def test_what_only_a_build_backend_knows_is_said(locked: Path, run: Run, change: Edit) -> None:
    edit(locked, change)
    edit(locked, Edit(PLAIN, "[project.optional", "[build-system]\n[tool.x.optional"))
    before = (locked / "apps/bench/requirements.txt").read_bytes()
    for command in ("check", "sync"):
        found = run(command)
        assert found.code == 3
        assert found.out.startswith(
            "requirements.txt: undecided\n"
            "  - ../../plain/pyproject.toml: its dependencies are dynamic: only its build backend"
        )
        assert "  - it is neither judged nor made anew\n" in found.out
        assert "  - to mend it: list them under [project] dependencies, and take" in found.out
        assert "Next, run" not in found.out
    assert (locked / "apps/bench/requirements.txt").read_bytes() == before
    assert run("check", "--format", "json").code == 3


def test_a_directory_that_is_gone_is_named(locked: Path) -> None:
    (locked / "plain").rename(locked / "elsewhere")
    with pytest.raises(ProjectError) as caught:
        judged(locked)
    assert caught.value.reason == "takes plain from ../../plain, and there is nothing there"
    assert caught.value.path == str(locked / BENCH)
    (locked / "plain").mkdir()
    with pytest.raises(ProjectError, match="is no project: it has neither a"):
        judged(locked)


def test_a_member_that_is_gone_is_named(locked: Path) -> None:
    edit(locked, Edit(ROOT, ', "libs/core"', ""))
    with pytest.raises(ProjectError, match=r"core is to be a member of the workspace, and there"):
        judged(locked)


def test_an_archive_counts_by_its_content(tree: Path, run: Run) -> None:
    wheel = Wheel(name="plain", version="1", requires=["tqdm"])
    wheel.build(tree / "wheels")
    edit(tree, Edit(BENCH, "../../plain", f"../../wheels/{wheel.file_name}"))
    assert run("generate").code == 0
    assert judged(tree).status == "fresh"
    Wheel(name="plain", version="1", requires=["click"]).build(tree / "wheels")
    assert judged(tree).reasons == (f"../../wheels/{wheel.file_name}: the archive: changed",)


def test_an_absolute_path_reaches_no_stamp(tree: Path, run: Run) -> None:
    edit(tree, Edit(BENCH, '"../../plain"', f'"{tree}/plain"'))
    edit(tree, Edit(PLAIN, '{ path = "deep" }', f'{{ path = "{tree}/plain/deep" }}'))
    assert run("generate").code == 0
    text = (tree / "apps/bench/requirements.txt").read_text()
    assert str(tree) not in text.partition("\n# ///\n")[0]
    assert "members.plain.dependencies = [" in text
    assert f"\n{tree}/plain\n" in text


def test_a_stamp_of_a_scheme_that_did_not_know_them_is_not_stale_for_them(locked: Path) -> None:
    path = locked / "apps/bench/requirements.txt"
    lines = path.read_text().splitlines(keepends=True)
    old = [line.replace("scheme = 3", "scheme = 2") for line in lines]
    start = next(i for i, line in enumerate(old) if line.startswith("# members."))
    body, _ = "".join(old[:start]), old.index("# ///\n")
    path.write_text(body + "".join(old[old.index("# ///\n") :]))
    edit(locked, Edit(CORE, "numpy>=1.26,<2.3", "numpy<2"))
    assert (judged(locked).status, judged(locked).reasons) == ("fresh", ())
    edit(locked, Edit(BENCH, '"tqdm"', '"tqdm<4"'))
    assert judged(locked).status == "stale"


def test_two_places_of_one_spelling_are_told_apart_or_refused(tree: Path, run: Run) -> None:
    other = tree / "apps/bench/deep"
    other.mkdir()
    (other / "pyproject.toml").write_text("[project]\nname = 'other'\nversion = '1'\n")
    edit(tree, Edit(BENCH, '"tqdm"]', '"tqdm", "other"]'))
    edit(tree, Edit(BENCH, "[tool.uv.sources]", "[tool.uv.sources]\nother = { path = 'deep' }"))
    found = run("generate")
    assert found.code == 3
    assert "depends on 'deep', which is deep and ../../plain/deep: uv does not" in found.err
    edit(tree, Edit(BENCH, "'deep'", "'./deep'"))
    assert run("generate").code == 0
    lines = (tree / "apps/bench/requirements.txt").read_text().splitlines()
    assert {"-e ../../libs/core", "../../plain", "../../plain/deep", "./deep"} < set(lines)


# --- which projects a changed file concerns ---


@pytest.fixture
def repository(locked: Path, git: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(locked)
    git("init", "-q", cwd=locked)
    git("add", ".", cwd=locked)
    return locked


@pytest.mark.parametrize(
    ("file", "concerned"),
    [
        (CORE, True),
        (PLAIN, True),
        (DEEP, True),
        (ROOT, True),
        ("uv.toml", True),
        ("apps/bench/requirements.txt", True),
        ("apps/other/pyproject.toml", False),
        ("libs/core/README.md", False),
    ],
)
def test_a_file_concerns_the_projects_whose_locks_follow_from_it(
    repository: Path, file: str, concerned: bool
) -> None:
    other = repository / "apps/other/pyproject.toml"
    other.parent.mkdir()
    other.write_text("[project]\nname = 'other'\nversion = '1'\n")
    found = [one.name for one in survey.projects([file], str(repository)) if one.name != "root"]
    assert found == (["bench"] if concerned else [])


def test_a_broken_project_that_nobody_touched_is_left_alone(repository: Path, run: Run) -> None:
    broken = repository / "broken"
    broken.mkdir()
    lock = (repository / "apps/bench/requirements.txt").read_bytes()
    (broken / "requirements.txt").write_bytes(lock)
    (broken / "pyproject.toml").write_text("[project\n")
    assert run("check", CORE).code == 0
    edit(repository, Edit(CORE, "[project]", "[project"))
    found = run("check", CORE)
    assert (found.code, "libs/core/pyproject.toml: is not valid TOML" in found.err) == (3, True)


# --- uv's own lock ---

UV_FRESH = [
    Edit(CORE, "numpy>=1.26,<2.3", "NumPy <2.3,>=1.26"),
    Edit(CORE, "[dependency-groups]", "# why\n[tool.ruff]\n[dependency-groups]"),
    Edit(PLAIN, '">=3.10"', '">=3.9"'),
    Edit(DEEP, 'version = "1"', 'version = "1"\ndescription = "x"'),
    Edit(ROOT, 'exclude = ["apps/old"]', ""),
    Edit(CORE, '">=3.10"', '">=3.9"'),
    Edit(ROOT, 'link-mode = "copy"', 'link-mode = "hardlink"'),
]
UV_STALE = [
    Edit(CORE, "numpy>=1.26,<2.3", "numpy<2.3", "libs/core: dependencies: added numpy<2.3"),
    Edit(CORE, '["mpi4py>=4"]', "[]",
         'libs/core: dependencies: removed mpi4py>=4 ; extra == "slow"'),
    Edit(CORE, 'dev = ["mpi4py"]', "dev = []", "libs/core: group dev: removed mpi4py"),
    Edit(CORE, '">=3.10"', '">=3.11"', "requires-python: >=3.10 -> >=3.11"),
    Edit(CORE, '">=3.10"', '">=3.10,<3.14"', "requires-python: >=3.10 -> >=3.10,<3.14"),
    Edit(CORE, 'name = "core"', 'name = "core2"', "core2 is not in it"),
    Edit(BENCH, '"tqdm"]', "]", "apps/bench: dependencies: removed tqdm"),
    Edit(BENCH, "plain = { path", "tqdm = { index = 'other' }\nplain = { path",
         "apps/bench: [tool.uv.sources] tqdm: comes from another index"),
    Edit(BENCH, 'plain = { path = "../../plain" }', "",
         "apps/bench: [tool.uv.sources] plain: changed"),
    Edit(PLAIN, "click>=8", "click>=8,<9", "plain: dependencies: added click<9,>=8"),
    Edit(DEEP, "colorama<1", "colorama", "plain/deep: dependencies: added colorama"),
    Edit(ROOT, "[tool.uv]", "[tool.uv]\nconstraint-dependencies = ['numpy<2']",
         "[tool.uv] constraints: added numpy<2"),
    Edit(ROOT, '"filelock"]', "]", "dependencies: removed filelock"),
    Edit(ROOT, "core = {", 'filelock = { path = "plain" }\ncore = {',
         "[tool.uv.sources] filelock: changed"),
    Edit(ROOT, '"apps/*", ', "", "bench is no member of the workspace"),
    Edit(ROOT, '"apps/*", ', '"apps/*", "plain", ', "plain is not in it"),
]  # fmt: skip


@pytest.fixture
def uv_locked(tree: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tree)
    edit(tree, Edit(ROOT, "[tool.uv]", '[tool.lockhook.locks."uv.lock"]\n[tool.uv]'))
    assert uv_check(tree, "lock")
    return tree


def uv_check(top: Path, *command: str) -> bool:
    done = subprocess.run(
        [uv.find().program, *(command or ("lock", "--check"))],
        cwd=top, capture_output=True, check=False,
    )  # fmt: skip
    return done.returncode == 0


@pytest.mark.parametrize("change", UV_FRESH, ids=lambda each: f"{each.file}: {each.new}"[:70])
def test_a_fresh_lock_of_a_workspace_is_that_for_uv_too(uv_locked: Path, change: Edit) -> None:
    edit(uv_locked, change)
    verdict = judged(uv_locked, ".")
    assert verdict.status == "fresh", verdict.reasons
    assert uv_check(uv_locked)


@pytest.mark.parametrize("change", UV_STALE, ids=lambda each: f"{each.file}: {each.new}"[:70])
def test_a_stale_lock_of_a_workspace_is_that_for_uv_too(uv_locked: Path, change: Edit) -> None:
    edit(uv_locked, change)
    verdict = judged(uv_locked, ".")
    assert verdict.status == "stale"
    assert change.reason in verdict.reasons
    assert not uv_check(uv_locked)


def test_a_workspace_whose_root_is_no_project(uv_locked: Path, run: Run) -> None:
    text = (uv_locked / ROOT).read_text()
    virtual = text[text.index("[tool.uv]") :] + "[dependency-groups]\ndev = ['click']\n"
    (uv_locked / ROOT).write_text(virtual)
    assert "root is no member of the workspace" in judged(uv_locked, ".").reasons
    assert uv_check(uv_locked, "lock")
    assert judged(uv_locked, ".").status == "fresh"
    edit(uv_locked, Edit(ROOT, "'click'", "'click<9'"))
    assert judged(uv_locked, ".").reasons == (
        "group dev: added click<9",
        "group dev: removed click",
    )
    assert run("sync").code == 1
    assert judged(uv_locked, ".").status == "fresh"


def test_a_member_concerns_the_lock_of_the_workspace(uv_locked: Path, git: Run) -> None:
    git("init", "-q", cwd=uv_locked)
    edit(uv_locked, Edit(BENCH, '"Plain", ', ""))
    edit(uv_locked, Edit(BENCH, '["plain[extra]"]', '["plain[extra]", "click"]'))
    for file in (CORE, PLAIN, DEEP, BENCH):
        found = survey.projects([str(uv_locked / file)], str(uv_locked / "apps"))
        assert str(uv_locked) in [one.directory for one in found], file


# --- the settings of a workspace ---


@pytest.mark.parametrize(
    ("file", "verdict"), [("uv.toml", "stale"), ("apps/bench/uv.toml", "fresh")]
)
def test_a_uv_toml_counts_at_the_root_of_a_workspace(
    locked: Path, run: Run, world: Indexes, file: str, verdict: str
) -> None:
    settings = f"[[index]]\nurl = '{world.default}'\ndefault = true\n"
    constraint = "constraint-dependencies = ['numpy<2']\n"
    (locked / file).write_text(constraint + settings)
    found = judged(locked)
    assert found.status == verdict
    reason = "../../uv.toml: constraint-dependencies: added"
    assert (reason in found.reasons) == (verdict == "stale")
    before = pinned(locked)
    assert run("generate").code == 0
    assert (pinned(locked) == before) == (verdict == "fresh")


@pytest.mark.parametrize("folder", ["apps/old", "plain/tests"])
def test_the_settings_of_a_workspace_are_for_its_members_alone(
    tree: Path, run: Run, world: Indexes, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    edit(tree, Edit(ROOT, "[tool.uv]", CONSTRAINED))
    old = tree / folder
    old.mkdir()
    (old / "pyproject.toml").write_text(
        "[project]\nname = 'old'\nversion = '1'\nrequires-python = '>=3.10'\n"
        "dependencies = ['numpy<2.3']\n"
    )
    monkeypatch.setenv("UV_DEFAULT_INDEX", world.default)
    monkeypatch.chdir(old)
    assert run("generate").code == 0
    assert "numpy==2.2.6\n" in (old / "requirements.txt").read_text()
    assert judged(tree, folder).status == "fresh"
    edit(tree, Edit(ROOT, "numpy<2", "numpy<1.27"))
    assert judged(tree, folder).reasons == ()


def test_a_project_that_uv_is_not_to_manage_is_no_member(tree: Path) -> None:
    edit(tree, Edit(BENCH, "[tool.uv.sources]", "[tool.uv]\nmanaged = false\n[tool.uv.sources]"))
    assert projects.load(str(tree / "apps/bench")).workspace is None


def test_a_root_that_cannot_be_read_is_named(tree: Path, run: Run) -> None:
    (tree / ROOT).write_text("[project\n")
    found = run("check")
    assert found.code == 3
    assert f"{tree / ROOT}: is not valid TOML" in found.err


def test_why_goes_through_what_lies_here(locked: Path, run: Run) -> None:
    for package, chain in (
        ("click", ("bench", "plain", "click")),
        ("numpy", ("bench", "core", "numpy")),
    ):
        found = run("why", package)
        assert found.code == 0
        assert all(name in found.out for name in chain), found.out
    assert "deep" not in run("why", "numpy").out
