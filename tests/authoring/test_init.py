from __future__ import annotations

import difflib
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import tomli

from lockhook._authoring import config, init, project
from lockhook.errors import ConfigError, MissingToolError, ProjectError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lockhook._authoring.init import Plan
    from lockhook._authoring.torch_wheels import Indexes
    from tests.conftest import Result

    Run = Callable[..., Result]

ENTRY: dict[str, Any] = {"repo": "https://host/l", "rev": "v1", "hooks": [{"id": "lockfile-sync"}]}
CPU = {"name": "pytorch-cpu", "url": "https://download.pytorch.org/whl/cpu", "explicit": True}
FROM_CPU = {"index": "pytorch-cpu"}
BARE = '[project]\nname = "x"\nversion = "1"\n'


@pytest.fixture
def make(tmp_path: Path, git: Run) -> Callable[..., Path]:
    """Writes a project in a repository: its ``pyproject.toml``, and files beside it."""

    def make(pyproject: str, *, repository: bool = True, **files: str) -> Path:
        folder = tmp_path / "project"
        folder.mkdir(exist_ok=True)
        (folder / "pyproject.toml").write_bytes(pyproject.encode())
        for name, text in files.items():
            (folder / name.replace("_", ".")).write_bytes(text.encode())
        if repository:
            git("init", "-q", cwd=folder)
        return folder

    return make


def set_up(folder: Path) -> Plan:
    plan = init.plan(str(folder), ENTRY)
    init.write(plan)
    return plan


def tools(folder: Path) -> dict[str, Any]:
    table: dict[str, Any] = tomli.loads((folder / "pyproject.toml").read_text("utf-8-sig"))["tool"]
    return table


# --- the documents of real projects ---

SAMPLES = {
    "a new one": BARE,
    "uv": """\
[project]
name = "bench"
version = "0.1.0"
description = "Add your description here"
readme = "README.md"
requires-python = ">=3.11"
dependencies = [
    "numpy>=2",  # for the arrays
    "torch>=2.5",
]

[dependency-groups]
dev = ["pytest", {include-group = "vision"}]
vision = ["torchvision"]

# where things come from
[tool.uv]
package = false
constraint-dependencies = [
    "numpy<3",  # not yet
]

[tool.uv.sources]
lib = { path = "../lib", editable = true }  # ours

[[tool.uv.index]]
name = "mirror"
url = "https://mirror.example/simple"
default = true

# how it looks
[tool.ruff]
line-length = 100
""",
    "hatch": """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "bench"
dynamic = ["version"]
dependencies = ["accelerate"]
[project.optional-dependencies]
full = ["torchaudio"]
[tool.hatch.version]
path = "bench/__init__.py"
# the end""",
    "dotted": """\
project.name = "bench"
project.version = "1"
project.dependencies = ["torch"]
tool.uv.sources.lib = { path = "lib" }
tool.ruff.line-length = 100
""",
    "dotted in a table": """\
[tool]
uv.sources.lib.path = "lib"
uv.package = false
ruff.line-length = 100

[project]
name = "bench"
version = "1"
""",
    "inline": """\
[tool.uv]
sources = { lib = { path = "lib" } } # mine
index = [
    { name = "mirror", url = "https://mirror.example" },
]

[project]
name = "bench"
version = "1"
""",
    "one line of settings": """\
[tool]
uv = { package = false }
[project]
name = "bench"
version = "1"
""",
    "out of order": """\
[tool.ruff]
line-length = 100

[tool.uv.pip]
strict = true

[project]
name = "bench"
version = "1"

[[tool.uv.index]]
name = "mirror"
url = "https://mirror.example"

[tool.pytest.ini_options]
addopts = '''
[tool.uv.sources]
'''

[tool.uv]
package = false

[dependency-groups]
x = []
""",
    "poetry 2": """\
[project]
name = "bench"
version = "1"
dependencies = ["torch (>=2.5,<3.0)"]

[tool.poetry]
packages = [{ include = "bench" }]
""",
}
# The documents in which a line changes, and how many.
REPLACED = {"uv": 0, "inline": 1, "one line of settings": 1}
UV_LOCK = '[[package]]\nname = "torch"\n[[package]]\nname = "torchvision"\n'


@pytest.mark.parametrize("locked", [False, True])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("name", SAMPLES)
def test_all_but_the_new_lines_stays(
    make: Callable[..., Path], name: str, end: str, mark: str, locked: bool
) -> None:
    text = mark + SAMPLES[name].replace("\n", end)
    folder = make(text, **({"uv_lock": UV_LOCK} if locked else {}))
    set_up(folder)
    made = (folder / "pyproject.toml").read_bytes().decode()
    kinds = opcodes(text, made, end)
    assert "delete" not in kinds
    assert kinds.count("replace") <= REPLACED.get(name, 0)
    assert made.startswith(mark)
    assert made.count("\ufeff") == len(mark)
    assert (made.count("\r\n") == made.count("\n")) is (end == "\r\n")
    assert made.endswith(end)
    assert not made.endswith(end * 2)


def opcodes(before: str, after: str, end: str) -> list[str]:
    old, new = before.split(end), after.split(end)
    return [kind for kind, *_ in difflib.SequenceMatcher(None, old, new, False).get_opcodes()]


@pytest.mark.parametrize("locked", [False, True])
@pytest.mark.parametrize("name", SAMPLES)
def test_every_document_says_the_same_afterwards(
    make: Callable[..., Path], name: str, locked: bool
) -> None:
    folder = make(SAMPLES[name], **({"uv_lock": UV_LOCK} if locked else {}))
    old = tomli.loads(SAMPLES[name])
    plan = set_up(folder)
    uv = tools(folder)["uv"]
    was = old.get("tool", {}).get("uv", {})
    assert plan.is_complete
    assert uv["index"] == [*was.get("index", []), CPU]
    assert uv["sources"]["torch"] == FROM_CPU
    assert {**uv["sources"], **was.get("sources", {})} == uv["sources"]
    constraints = ["torch>=0", "torchvision>=0"] if locked else []
    assert uv.get("constraint-dependencies", []) == [
        *was.get("constraint-dependencies", []),
        *constraints,
    ]
    config.read(project.load(str(folder)))


@pytest.mark.parametrize("locked", [False, True])
@pytest.mark.parametrize("name", SAMPLES)
def test_a_second_run_changes_nothing(make: Callable[..., Path], name: str, locked: bool) -> None:
    folder = make(SAMPLES[name], **({"uv_lock": UV_LOCK} if locked else {}))
    set_up(folder)
    before = written(folder)
    again = set_up(folder)
    assert [(file.is_changed, file.changes) for file in again.files] == [(False, ()), (False, ())]
    assert written(folder) == before


def written(folder: Path) -> dict[str, tuple[int, int]]:
    """Return what a file that is written anew has anew."""
    stats = {path.name: path.stat() for path in folder.iterdir() if path.is_file()}
    return {name: (stat.st_ino, stat.st_mtime_ns) for name, stat in stats.items()}


@pytest.mark.parametrize("name", SAMPLES)
def test_uv_reads_every_document(make: Callable[..., Path], name: str) -> None:
    folder = make(SAMPLES[name])
    set_up(folder)
    # uv parses all of [tool.uv], and warns of what it cannot read.
    command = ["uv", "version", "--offline", "--short", "--dry-run"]
    if 'version = "' not in SAMPLES[name]:
        command = ["uv", "tree", "--offline", "--frozen"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert "parse" not in done.stderr.lower()


def test_what_a_new_project_looks_like(make: Callable[..., Path]) -> None:
    more = 'dependencies = ["torch"]\n[project.optional-dependencies]\nfull = ["torchvision"]\n'
    folder = make(BARE + more, uv_lock=UV_LOCK)
    plan = set_up(folder)
    assert (
        (folder / "pyproject.toml").read_text()
        == f"""\
{BARE}{more}
[tool.uv]
# so that `uv lock` minds the sources below where these are only transitive
constraint-dependencies = ["torch>=0", "torchvision>=0"]

[tool.uv.sources]
torch = {{ index = "pytorch-cpu" }}
torchvision = {{ index = "pytorch-cpu" }}

[[tool.uv.index]]
name = "pytorch-cpu"
url = "https://download.pytorch.org/whl/cpu"
explicit = true

[tool.lockhook]
accelerator = "cpu"

[tool.lockhook.locks."requirements.txt"]
hashes = true

[tool.lockhook.locks."requirements-full.txt"]
extras = ["full"]
hashes = true
"""
    )
    assert plan.files[0].changes == (
        "[tool.uv] constraint-dependencies: torch>=0",
        "[tool.uv] constraint-dependencies: torchvision>=0",
        "[tool.uv.sources] torch, torchvision: from pytorch-cpu",
        (
            "[[tool.uv.index]] pytorch-cpu: https://download.pytorch.org/whl/cpu, for what names "
            "it only"
        ),
        '[tool.lockhook] accelerator = "cpu"; locks: requirements.txt, requirements-full.txt',
    )
    assert plan.files[1].changes == ("hook lockfile-sync, from https://host/l at v1",)
    assert (plan.notes, plan.gaps) == ((), ())


# --- the CPU index ---

INDEX = '[[tool.uv.index]]\nname = "{name}"\nurl = "{url}"\n{more}\n'


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        (
            INDEX.format(name="my-cpu", url="https://m", more=""),
            {"name": "my-cpu", "url": "https://m", "explicit": True},
        ),
        (
            INDEX.format(name="m", url="https://m/whl/cpu", more="explicit = false  # why"),
            {"name": "m", "url": "https://m/whl/cpu", "explicit": True},
        ),
        (
            '[[tool.uv.index]]\nurl = "https://m/whl/cpu"\n',
            {"url": "https://m/whl/cpu", "name": "pytorch-cpu", "explicit": True},
        ),
        (
            f'[tool.lockhook]\nindex = "m"\n{INDEX.format(name="m", url="https://m", more="")}',
            {"name": "m", "url": "https://m", "explicit": True},
        ),
    ],
)
def test_the_index_that_is_there_is_used(
    make: Callable[..., Path], tables: str, expected: dict[str, Any]
) -> None:
    folder = make(f"{BARE}\n{tables}")
    assert set_up(folder).is_complete
    uv = tools(folder)["uv"]
    assert uv["index"] == [expected]
    assert uv["sources"] == {"torch": {"index": expected["name"]}}
    assert not any(file.is_changed for file in set_up(folder).files)


def test_a_default_index_of_cpu_builds_is_enough(make: Callable[..., Path]) -> None:
    index = INDEX.format(name="a", url="https://me:secret@m/cpu", more="default = true")
    folder = make(f"{BARE}\n{index}", uv_lock=UV_LOCK)
    plan = set_up(folder)
    assert tools(folder)["uv"] == {
        "index": [{"name": "a", "url": "https://me:secret@m/cpu", "default": True}]
    }
    assert plan.notes == ("every package comes from https://m/cpu, so torch needs no source",)


@pytest.mark.parametrize("key", ["extra-index-url", "find-links", "index-url"])
def test_a_cpu_index_for_everything_is_told(make: Callable[..., Path], key: str) -> None:
    url = "https://me:secret@download.pytorch.org/whl/cpu"
    value = f'"{url}"' if key == "index-url" else f'["https://m", "{url}"]'
    plan = set_up(make(f"{BARE}\n[tool.uv]\n{key} = {value}\n"))
    told = url.replace("me:secret@", "")
    assert plan.notes == (f"[tool.uv] {key} lets every package come from {told}: take it out",)


def test_no_cpu_index_for_who_wants_accelerators(make: Callable[..., Path]) -> None:
    folder = make(f'{BARE}\n[tool.lockhook]\naccelerator = "any"\n')
    plan = set_up(folder)
    assert not plan.files[0].is_changed
    assert plan.notes == ('[tool.lockhook] accelerator = "any": no CPU index is needed',)


CUDA = INDEX.format(
    name="pytorch-cu128", url="https://download.pytorch.org/whl/cu128", more="explicit = true"
)
ALONE = (
    "[tool.uv.sources] torch is left as it is: it does not come from pytorch-cpu alone; for CPU "
    'builds make it { index = "pytorch-cpu" }'
)
PARTLY = ALONE.replace(
    "does not come from pytorch-cpu alone", "comes from pytorch-cpu only in some places"
)


@pytest.mark.parametrize(
    ("source", "notes"),
    [
        ('{ index = "pytorch-cpu" }', ()),
        ('[{ index = "pytorch-cpu" }]', ()),
        ("""{ index = "pytorch-cpu", marker = "sys_platform != 'darwin'" }""", ()),
        (
            """[{ index = "pytorch-cpu", marker = "sys_platform == 'linux'" },
            { index = "pytorch-cpu", marker = "sys_platform == 'win32'" }]""",
            (),
        ),
        ("""{ index = "pytorch-cpu", marker = "sys_platform == 'linux'" }""", (PARTLY,)),
        ('{ index = "pytorch-cpu", marker = "no marker" }', (PARTLY,)),
        ('{ index = "pytorch-cpu", extra = "cpu" }', (PARTLY,)),
        ('{ index = "pytorch-cpu", group = "cpu" }', (PARTLY,)),
        ('{ index = "pytorch-cu128" }', (ALONE,)),
        ('{ path = "torch" }', (ALONE,)),
        (
            """[{ index = "pytorch-cpu", extra = "cpu" },
            { index = "pytorch-cu128", extra = "cu128" }]""",
            (ALONE,),
        ),
    ],
)
def test_sources_are_never_overwritten(
    make: Callable[..., Path], source: str, notes: tuple[str, ...]
) -> None:
    cpu = INDEX.format(name="pytorch-cpu", url=CPU["url"], more="explicit = true")
    text = f"{BARE}\n[tool.uv.sources]\nTorch = {source}\n\n{cpu}{CUDA}"
    folder = make(text)
    plan = set_up(folder)
    assert plan.notes == notes
    assert (folder / "pyproject.toml").read_text().startswith(text)


def test_an_index_for_accelerators_is_none_for_cpu(make: Callable[..., Path]) -> None:
    folder = make(f'{BARE}\n[tool.uv.sources]\ntorch.index = "pytorch-cu128"\n\n{CUDA}')
    plan = set_up(folder)
    assert plan.notes == (ALONE,)
    assert [index["name"] for index in tools(folder)["uv"]["index"]] == [
        "pytorch-cu128",
        "pytorch-cpu",
    ]
    assert not set_up(folder).files[0].is_changed


@pytest.mark.parametrize(
    ("settings", "added"),
    [
        ('constraint-dependencies = ["torch<2.9", "numpy<3"]', []),
        ('override-dependencies = ["Torch>=2"]', []),
        ('constraint-dependencies = ["torch"]', ["torch>=0"]),
        ('constraint-dependencies = ["= broken", "numpy<3"]', ["torch>=0"]),
        ("constraint-dependencies = []", ["torch>=0"]),
    ],
)
def test_constraints_are_kept(make: Callable[..., Path], settings: str, added: list[str]) -> None:
    folder = make(f"{BARE}\n[tool.uv]\n{settings}\n", uv_lock="version = 1\n")
    set_up(folder)
    old = tomli.loads(settings).get("constraint-dependencies", [])
    assert tools(folder)["uv"].get("constraint-dependencies", []) == [*old, *added]


def test_a_uv_lock_that_cannot_be_read(make: Callable[..., Path]) -> None:
    folder = make(BARE, uv_lock="<<<<<<< HEAD\n")
    assert set_up(folder).is_complete
    assert tools(folder)["uv"]["constraint-dependencies"] == ["torch>=0"]


# --- [tool.lockhook] ---

DEFAULT: dict[str, Any] = {"requirements.txt": {"hashes": True}}
COMPILED = "# This file was autogenerated by uv via the following command:\n#    uv\nclick==8.1.8\n"
LOOSE = "click>=8\n"


@pytest.mark.parametrize(
    ("files", "locks", "notes"),
    [
        ({}, DEFAULT, ()),
        ({"uv.lock": UV_LOCK}, DEFAULT, ()),
        ({"requirements.txt": COMPILED}, {"requirements.txt": {}}, ()),
        (
            {"requirements.txt": COMPILED.replace("8\n", "8 --hash=sha256:" + "0" * 64 + "\n")},
            DEFAULT,
            (),
        ),
        ({"requirements.txt": ""}, {"requirements.txt": {}}, ()),
        (
            {"requirements.txt": LOOSE},
            {"requirements-lock.txt": {"hashes": True}},
            (
                "requirements.txt is not a lock, and stays as it is; the lock is "
                "requirements-lock.txt",
            ),
        ),
        (
            {"requirements.txt": LOOSE, "requirements-lock.txt": COMPILED},
            {"requirements-lock.txt": {}},
            (
                "requirements.txt is not a lock, and stays as it is; the lock is "
                "requirements-lock.txt",
            ),
        ),
        (
            {"requirements.txt": LOOSE, "requirements-lock.txt": LOOSE},
            {"requirements-lock2.txt": {"hashes": True}},
            (
                "requirements.txt is not a lock, and stays as it is; the lock is "
                "requirements-lock2.txt",
            ),
        ),
        (
            {"requirements.txt": "\0"},
            {"requirements-lock.txt": {"hashes": True}},
            (
                "requirements.txt is not a lock, and stays as it is; the lock is "
                "requirements-lock.txt",
            ),
        ),
        (
            {"pylock.dev.toml": 'lock-version = "1.0"\npackages = []\n'},
            {**DEFAULT, "pylock.dev.toml": {}},
            (),
        ),
        ({"pylock.toml": "a = 1\n"}, DEFAULT, ("pylock.toml is not a lock, and stays as it is",)),
    ],
)
def test_the_locks_that_it_has_or_gets(
    make: Callable[..., Path], files: dict[str, str], locks: dict[str, Any], notes: tuple[str, ...]
) -> None:
    folder = make(BARE)
    for name, text in files.items():
        (folder / name).write_text(text)
    plan = set_up(folder)
    assert tools(folder)["lockhook"] == {"accelerator": "cpu", "locks": locks}
    assert plan.notes == notes
    assert {name: (folder / name).read_text() for name in files} == files


def test_a_lock_of_ours_is_made_as_it_was(project: Callable[..., Path], run: Run, git: Run) -> None:
    folder = project("click", more='[dependency-groups]\ndev = ["tqdm"]\n')
    git("init", "-q")
    assert run("generate", "-o", "requirements-dev.txt", "--group", "dev").code == 0
    assert run("generate", "--hashes", "--no-universal").code == 0
    git("add", ".")
    set_up(folder)
    assert tools(folder)["lockhook"]["locks"] == {
        "requirements.txt": {"hashes": True, "universal": False},
        "requirements-dev.txt": {"groups": ["dev"]},
    }
    assert run("check").out == "requirements.txt: fresh\nrequirements-dev.txt: fresh\n"


def test_settings_that_are_there_stay(make: Callable[..., Path]) -> None:
    folder = make(f'{BARE}\n[tool.lockhook]\nskip = ["a"]\n')
    set_up(folder)
    assert tools(folder)["lockhook"] == {"skip": ["a"]}


# --- the hook ---


def test_the_hook_goes_to_the_top_of_the_repository(make: Callable[..., Path], git: Run) -> None:
    folder = make(BARE, repository=False)
    git("init", "-q", cwd=folder.parent)
    set_up(folder)
    assert (folder.parent / ".pre-commit-config.yaml").is_file()
    assert not (folder / ".pre-commit-config.yaml").exists()


def test_without_git_the_lines_are_said(make: Callable[..., Path]) -> None:
    plan = set_up(make(BARE, repository=False))
    (gap,) = plan.gaps
    assert plan.is_complete
    assert gap.reason == "there is no git repository"
    assert gap.lines[0] == "  - repo: https://host/l"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"repos: [{repo: a}]\n", "its `repos` are written in a way that cannot be edited line by"),
        (b"\na: b: c\n", "is not valid YAML: mapping values are not allowed here"),
        (b"\xff", "is not UTF-8: 'utf-8' codec can't decode byte 0xff in position 0: invalid"),
        (None, "cannot be read: Is a directory"),
    ],
)
def test_a_configuration_that_cannot_be_edited(
    make: Callable[..., Path], content: bytes | None, reason: str
) -> None:
    folder = make(BARE)
    path = folder / ".pre-commit-config.yaml"
    path.mkdir() if content is None else path.write_bytes(content)
    plan = set_up(folder)
    (gap,) = plan.gaps
    assert not plan.is_complete
    place = ".pre-commit-config.yaml" + (":2" if "mapping" in reason else "")
    assert gap.reason.startswith(f"{place}: {reason}")
    assert gap.lines[-1] == "      - id: lockfile-sync"
    assert "lockhook" in tools(folder)
    assert content is None or path.read_bytes() == content


def test_marks_and_line_ends_of_the_configuration_stay(make: Callable[..., Path]) -> None:
    text = "\ufeffrepos:\r\n- repo: a\r\n  hooks:\r\n  - id: b"
    folder = make(BARE, **{"_pre-commit-config_yaml": text})
    set_up(folder)
    made = (folder / ".pre-commit-config.yaml").read_bytes().decode()
    assert made.startswith(text + "\r\n- repo: https://host/l\r\n")
    assert made.count("\n") == made.count("\r\n")


# --- projects that cannot be locked ---

POETRY = """\
[tool.poetry]
name = "x"
[tool.poetry.dependencies]
python = "^3.10"
torchvision = "*"
[tool.poetry.group.dev.dependencies]
torchaudio = "*"
"""
DYNAMIC = '[project]\nname = "x"\nversion = "1"\ndynamic = ["{}"]\n'
BROKEN = '[project]\nname = "x"\nversion = "1"\ndependencies = ["torchvision", "= 1"]\n'


@pytest.mark.parametrize(
    ("text", "reason", "family"),
    [
        (
            POETRY,
            "declares its dependencies under [tool.poetry], which uv does not read",
            ["torch", "torchaudio", "torchvision"],
        ),
        (
            DYNAMIC.format("dependencies"),
            "its dependencies are dynamic: only its build backend knows them",
            ["torch"],
        ),
        (
            "[tool.ruff]\n",
            "has no [project] table, so it declares no dependencies to lock",
            ["torch"],
        ),
        (BROKEN, "dependencies: '= 1' is not a requirement", ["torch", "torchvision"]),
    ],
)
def test_what_can_be_done_is_done(
    make: Callable[..., Path], text: str, reason: str, family: list[str]
) -> None:
    folder = make(text)
    for _ in range(2):
        plan = set_up(folder)
        settings, hook = plan.gaps
        assert not plan.is_complete
        assert settings.what == "[tool.lockhook]"
        assert settings.reason.startswith(f"pyproject.toml: {reason}")
        assert settings.hint.endswith("then run `lockhook init` again")
        assert hook.what == "the hook lockfile-sync"
        assert (folder / "pyproject.toml").read_text().startswith(text)
        assert list(tools(folder)["uv"]["sources"]) == family
        assert "lockhook" not in tools(folder)
        assert [path.name for path in folder.iterdir() if path.name != ".git"] == ["pyproject.toml"]


def test_what_has_hook_and_settings_and_cannot_be_locked(make: Callable[..., Path]) -> None:
    folder = make(BARE)
    set_up(folder)
    text = (folder / "pyproject.toml").read_text()
    (folder / "pyproject.toml").write_text(text.replace(BARE, DYNAMIC.format("dependencies")))
    (gap,) = set_up(folder).gaps
    assert (gap.what, gap.fails) == ("the locks", True)


# --- what stops it ---


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("a b\n", ProjectError, "is not valid TOML"),
        ("[tool.lockhook]\nx = 1\n", ConfigError, "has no key 'x'"),
        (
            f'{BARE}[tool.lockhook.locks."a.txt"]\nextras = ["b"]\n',
            UsageError,
            "there is no extra 'b'",
        ),
        (
            f"{BARE}[tool.uv]\nsources = 1\n",
            ProjectError,
            'there is no place for tool.uv.sources.torch = { index = "pytorch-cpu" }',
        ),
        ("[tool]\nuv = 1\n", ProjectError, "[tool.uv] is not a table"),
    ],
)
def test_nothing_is_written_where_nothing_can_be_done(
    make: Callable[..., Path], text: str, error: type[Exception], message: str
) -> None:
    folder = make(text)
    with pytest.raises(error) as caught:
        set_up(folder)
    assert message in str(caught.value)
    assert str(folder / "pyproject.toml") in str(caught.value)
    assert (folder / "pyproject.toml").read_text() == text
    assert not (folder / ".pre-commit-config.yaml").exists()


@pytest.mark.parametrize(("module", "name"), [("tomlkit", "tomlkit"), ("yaml", "PyYAML")])
def test_libraries_that_are_missing(
    make: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, module: str, name: str
) -> None:
    folder = make(BARE)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingToolError, match=f"^init needs {name}, and there is none$") as caught:
        set_up(folder)
    assert caught.value.hint == "pip install 'lockhook[cli]'"


def test_a_link_is_written_through(make: Callable[..., Path]) -> None:
    folder = make(BARE)
    (folder / "pyproject.toml").rename(folder / "real.toml")
    (folder / "real.toml").chmod(0o640)
    (folder / "pyproject.toml").symlink_to("real.toml")
    set_up(folder)
    assert os.readlink(folder / "pyproject.toml") == "real.toml"
    assert (folder / "real.toml").stat().st_mode & 0o777 == 0o640
    assert "lockhook" in tools(folder)


def test_planning_writes_nothing(make: Callable[..., Path]) -> None:
    folder = make(BARE)
    init.plan(str(folder), ENTRY)
    assert (folder / "pyproject.toml").read_text() == BARE
    assert not (folder / ".pre-commit-config.yaml").exists()


# --- with the real uv ---


def test_transitive_torch_is_locked_for_cpu(
    tmp_path: Path, world: Indexes, monkeypatch: pytest.MonkeyPatch, run: Run, git: Run
) -> None:
    monkeypatch.chdir(tmp_path)
    indexes = INDEX.format(name="a", url=world.default, more="default = true")
    indexes += INDEX.format(name="my-cpu", url=world.cpu, more="explicit = true")
    text = f'{BARE}requires-python = ">=3.10"\ndependencies = ["accelerate"]\n\n{indexes}'
    (tmp_path / "pyproject.toml").write_text(text)
    git("init", "-q")
    subprocess.run(["uv", "lock", "-q"], check=True)
    assert "nvidia" in (tmp_path / "uv.lock").read_text()
    result = run("init", "--format", "json")
    document = json.loads(result.out)
    assert (result.code, document["fix"][0]) == (0, "uv lock")
    for command in document["fix"]:
        if not command.startswith("pre-commit"):
            subprocess.run(command.split(), check=True, capture_output=True)
    for name in ("uv.lock", "requirements.txt"):
        lock = (tmp_path / name).read_text()
        assert "2.9.1+cpu" in lock
        assert "nvidia" not in lock
    assert run("check").code == 0
