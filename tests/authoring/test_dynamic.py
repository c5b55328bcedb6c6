"""Dynamic fields, as the real build backends read them; and what no file tells."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.metadata import parse_email
from packaging.requirements import Requirement

from lockhook._authoring import freshness, locks, pins, survey, uv
from lockhook._authoring import project as projects
from lockhook._authoring.torch_wheels import write_indexes
from lockhook._authoring.wheelhouse import Wheel
from lockhook.errors import ProjectError, UnknownInputsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockhook._authoring.project import Project
    from lockhook._authoring.verdict import Verdict
    from tests.conftest import Result

PROJECT = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "bench"
version = "1"
dynamic = ["dependencies", "optional-dependencies"]
[tool.setuptools]
packages = []
"""
FILE = '[tool.setuptools.dynamic]\ndependencies = { file = ["base.in"] }\n'
BOTH = """\
[tool.setuptools.dynamic]
dependencies = { file = ["base.in", "more.in"] }
optional-dependencies.full = { file = "full.in" }
optional-dependencies.Docs_x = { file = ["docs/all.in"] }
"""
CFG = "[metadata]\nname = Old_Name\nversion = 1\n[options]\npackages =\n"
STUB = "from setuptools import setup\nsetup()\n"

READ = [
    pytest.param({"pyproject.toml": PROJECT + FILE, "base.in": text, "setup.py": STUB}, id=name)
    for name, text in {
        "one line": "click",
        "a line each": "click>=8\n\n  tqdm  \n",
        "no requirement": "# nothing\n\n",
        "comments": "# first\nclick # why\n  # indented\ntqdm\t\n",
        "carriage returns": "click\r\ntqdm\r\n",
        "a marker": "click; python_version < '3.11'\n",
        "a marker in the only line": "click; python_version < '3.11'",
        "a backslash": "click>=8, \\\n  <9\ntqdm\n",
        "a backslash at the end": "click\ntqdm \\\n",
        "a backslash before a comment": "click \\\n# no\n>=8\n",
        "a reference": "click @ https://example.org/click.whl#sha256=00 ; os_name == 'nt'\n",
        "extras": "Zope.Interface[b,A] >= 5\n",
        "twice": "click\nclick\n",
    }.items()
] + [
    pytest.param(
        {
            "pyproject.toml": PROJECT.replace('["dep', '["requires-python", "dep') + BOTH,
            "base.in": "click",
            "more.in": "tqdm",
            "full.in": "numpy\n",
            "docs/all.in": "sphinx\n# x\n",
            "setup.cfg": "[options]\npackages =\npython_requires = >=3.9\n",
        },
        id="extras and several files",
    ),
    pytest.param(
        {
            "pyproject.toml": PROJECT,
            "setup.cfg": "[options]\npackages =\ninstall_requires =\n    click>=8 # why\n"
            "    # no\n    tqdm; os_name == 'nt'\n[options.extras_require]\nfull = numpy; h5py\n"
            "docs =\n    sphinx\n",
        },
        id="setup.cfg",
    ),
    pytest.param(
        {
            "pyproject.toml": PROJECT,
            "setup.cfg": "[options]\npackages =\ninstall_requires = file: a.in, b.in\n"
            "[options.extras_require]\nfull = file: a.in\n",
            "a.in": "click\n# no\n",
            "b.in": "tqdm; os_name == 'nt'\n",
        },
        id="setup.cfg that names files",
    ),
    pytest.param(
        {"pyproject.toml": PROJECT, "setup.cfg": "[metadata]\nurl = x\n"}, id="setup.cfg without"
    ),
    pytest.param(
        {
            "pyproject.toml": PROJECT,
            "setup.cfg": "[options]\npackages =\ninstall_requires = file: a.in\n",
            "a.in": "click;tqdm",
        },
        id="setup.cfg that names a file of one line without end",
    ),
    pytest.param(
        {
            "pyproject.toml": "[tool.black]\n",
            "setup.cfg": CFG + "install_requires = click; tqdm\npython_requires = >=3.9, <4\n",
        },
        id="no [project]: setup.cfg",
    ),
    pytest.param(
        {
            "pyproject.toml": "",
            "setup.py": '"""Why."""\nimport setuptools\nsetuptools.setup(name="bench", '
            "packages=[], "
            'install_requires=["click>=8", "tqdm"], extras_require={"full": "numpy"})\n',
            "setup.cfg": CFG + "install_requires = colorama\npython_requires = >=3.9\n",
        },
        id="no [project]: setup.py goes before setup.cfg",
    ),
    pytest.param(
        {
            "pyproject.toml": PROJECT,
            "setup.py": "from setuptools import setup\nsetup(install_requires='click\\ntqdm')\n",
        },
        id="setup.py that spells them out",
    ),
]


READ.append(
    pytest.param(
        {
            "pyproject.toml": PROJECT.replace(', "optional-dependencies"', "") + FILE,
            "base.in": "click",
            "setup.py": "from setuptools import setup\nx = ['tqdm']\nsetup(install_requires=x)\n",
            "setup.cfg": "[options]\ninstall_requires = colorama\n",
        },
        id="a file goes before setup.py and setup.cfg",
    )
)


@pytest.fixture
def written(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    def write(files: dict[str, str]) -> Path:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(text.encode())
        return tmp_path

    return write


METADATA = """\
import os, setuptools.build_meta as backend
print(backend.prepare_metadata_for_build_wheel(os.environ["INTO"]))
"""


def backend_says(folder: Path, into: Path) -> tuple[str, set[str], str]:
    """Return the name, the requirements and the Pythons that the real setuptools finds."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", METADATA],
        cwd=folder,
        env={**os.environ, "INTO": str(into)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (found,) = into.glob("*.dist-info/METADATA")
    raw, _ = parse_email(found.read_bytes())
    requirements = {canonical(text) for text in raw.get("requires_dist", [])}
    return raw["name"].lower().replace("_", "-"), requirements, raw.get("requires_python", "")


def canonical(text: str) -> str:
    requirement = Requirement(text)
    requirement.name = requirement.name.lower().replace(".", "-")
    marker = str(requirement.marker or "").replace("(", "").replace(")", "")
    return f"{requirement.name}{sorted(requirement.extras)}{requirement.specifier}" + (
        f"{requirement.url or ''};{marker}".lower().replace("_", "-")
    )


def found_in(one: Project) -> set[str]:
    return {canonical(text) for text in one.dependencies} | {
        canonical(f"{head} ; {marker.strip()}{' and' * bool(marker)} extra == '{name}'")
        for name, texts in one.extras.items()
        for text in texts
        for head, _, marker in [text.partition(";")]
    }


@pytest.mark.parametrize("files", READ)
def test_files_are_read_as_setuptools_reads_them(
    written: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory, files: dict[str, str]
) -> None:
    folder = written(files)
    name, requirements, python = backend_says(folder, tmp_path_factory.mktemp("into"))
    one = projects.load(str(folder))
    assert found_in(one) == requirements
    assert (one.name, one.requires_python) == (name, python)


HATCH = """\
[build-system]
requires = ["hatchling", "hatch-requirements-txt"]
build-backend = "hatchling.build"
[project]
name = "bench"
version = "1"
dynamic = ["dependencies", "optional-dependencies"]
[tool.hatch.metadata.hooks.requirements_txt]
files = ["a.in", "b.in"]
[tool.hatch.metadata.hooks.requirements_txt.optional-dependencies]
full = ["full.in"]
"""


def test_files_are_read_as_the_hook_of_hatchling_reads_them(written: Callable[..., Path]) -> None:
    folder = written(
        {
            "pyproject.toml": HATCH,
            "a.in": "# no\n-r other.in\nclick>=8 \\\n  --hash=sha256:00\n",
            "b.in": "tqdm  # why\nNum_Py<2; os_name == 'nt' # why\n\n",
            "full.in": "pandas",
        }
    )
    one = projects.load(str(folder))
    assert one.dependencies == ("click>=8", 'num-py<2; os_name == "nt"', "tqdm")
    assert one.extras == {"full": ("pandas",)}


SETUP = "from setuptools import setup\n"
FULL = "[tool.setuptools.dynamic]\noptional-dependencies.full = { file = ['x.in'] }\n"
POETRY = """\
[build-system]
build-backend = "poetry.core.masonry.api"
[project]
name = "bench"
dynamic = ["dependencies", "requires-python"]
"""


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"pyproject.toml": POETRY}, "its build backend, poetry.core.masonry.api, knows them"),
        ({"pyproject.toml": PROJECT}, "its build backend, setuptools.build_meta, knows them"),
        (
            {"pyproject.toml": PROJECT, "setup.py": SETUP + "x = ['click']\nsetup()\n"},
            "its setup.py, a program, knows them",
        ),
        (
            {"pyproject.toml": PROJECT, "setup.py": SETUP + "setup(**{})\n"},
            "its setup.py, a program, knows them",
        ),
        (
            {"pyproject.toml": PROJECT, "setup.py": SETUP + "setup(install_requires=read())\n"},
            "its setup.py, a program, knows them",
        ),
        (
            {"pyproject.toml": PROJECT, "setup.py": "from mine import setup\nsetup()\n"},
            "its setup.py, a program, knows them",
        ),
        (
            {"pyproject.toml": PROJECT, "setup.py": "print 1\n"},
            "its setup.py, a program, knows them",
        ),
        (
            {"pyproject.toml": PROJECT + FILE.replace('file = ["base.in"]', 'attr = "x.y"')},
            "its build backend, setuptools.build_meta, knows them",
        ),
        (
            {"pyproject.toml": PROJECT + FILE.replace('["base.in"]', "[1]")},
            "its build backend, setuptools.build_meta, knows them",
        ),
        (
            {"pyproject.toml": PROJECT.replace("[project]", "backend-path = ['.']\n[project]")},
            "its build backend, setuptools.build_meta, knows them",
        ),
        (
            {"pyproject.toml": HATCH.replace("requirements_txt", "custom")},
            "its build backend, hatchling.build, knows them",
        ),
        (
            {"pyproject.toml": HATCH + "[tool.hatch.metadata.hooks.custom]\n"},
            "its build backend, hatchling.build, knows them",
        ),
        (
            {"pyproject.toml": HATCH.replace('["a.in", "b.in"]', "'a.in'")},
            "its build backend, hatchling.build, knows them",
        ),
        (
            {"pyproject.toml": "", "setup.py": "import setup\n"},
            "its setup.py, a program, knows them",
        ),
    ],
)
def test_what_no_file_tells_is_not_guessed(
    written: Callable[..., Path], files: dict[str, str], reason: str
) -> None:
    folder = written(files)
    with pytest.raises(UnknownInputsError) as caught:
        _ = projects.load(str(folder)).dependencies
    assert caught.value.reason.endswith(reason)
    assert (caught.value.path, caught.value.exit_code) == (str(folder / "pyproject.toml"), 3)


@pytest.mark.parametrize(
    ("files", "field", "reason"),
    [
        ({"pyproject.toml": POETRY}, "requires_python", "poetry.core.masonry.api, knows it"),
        (
            {
                "pyproject.toml": PROJECT.replace('["dep', '["requires-python", "dep'),
                "setup.cfg": "",
            },
            "requires_python",
            "setuptools.build_meta, knows it",
        ),
        ({"pyproject.toml": PROJECT}, "extras", "setuptools.build_meta, knows them"),
        (
            {"pyproject.toml": PROJECT, "setup.py": SETUP + "setup(extras_require={'a:b': 'x'})"},
            "extras",
            "setuptools.build_meta, knows them",
        ),
        (
            {"pyproject.toml": HATCH.replace("optional-dependencies]\nfull", "x]\nfull")},
            "extras",
            "hatchling.build, knows them",
        ),
    ],
)
def test_other_fields_are_not_guessed_either(
    written: Callable[..., Path], files: dict[str, str], field: str, reason: str
) -> None:
    with pytest.raises(UnknownInputsError) as caught:
        getattr(projects.load(str(written(files))), field)
    assert caught.value.reason.endswith(reason)


@pytest.mark.parametrize(
    ("files", "place", "reason"),
    [
        ({}, "pyproject.toml", "takes its dependencies from base.in, and there is no such file"),
        (
            {"base.in": "click\n-r more.in\n"},
            "base.in:2",
            "dependencies: '-r more.in' is not a requirement: Expected package name",
        ),
        ({"base.in": "click\n-e .\n"}, "base.in:2", "dependencies: '-e .' is not a requirement"),
        ({"base.in": "\ufeffclick\n"}, "base.in:1", "dependencies: '\\ufeffclick' is not a req"),
        (
            {"pyproject.toml": PROJECT + FILE.replace("base", "../base")},
            "pyproject.toml",
            "takes its dependencies from '../base.in', which setuptools does not read: it lies",
        ),
        (
            {"pyproject.toml": PROJECT, "setup.cfg": "install_requires = x\n"},
            "setup.cfg",
            "cannot be read: File contains no section headers.",
        ),
        (
            {"pyproject.toml": PROJECT, "setup.cfg": "[options]\ninstall_requires = file: x.in\n"},
            "pyproject.toml",
            "takes its dependencies from x.in, and there is no such file",
        ),
        (
            {"pyproject.toml": PROJECT, "setup.cfg": "[options]\ninstall_requires = a b\n"},
            "setup.cfg",
            "dependencies: 'a b' is not a requirement: Expected",
        ),
    ],
)
def test_what_cannot_be_read_is_named(
    written: Callable[..., Path], files: dict[str, str], place: str, reason: str
) -> None:
    folder = written({"pyproject.toml": PROJECT + FILE, **files})
    with pytest.raises(ProjectError) as caught:
        _ = projects.load(str(folder)).dependencies
    assert not isinstance(caught.value, UnknownInputsError)
    text = str(caught.value)
    assert text.startswith(f"{folder / place}: ")
    assert reason in text.replace("\ufeff", "\\ufeff")


def test_what_is_not_utf8_is_named(written: Callable[..., Path]) -> None:
    folder = written({"pyproject.toml": PROJECT + FILE})
    (folder / "base.in").write_bytes(b"\xff")
    with pytest.raises(ProjectError, match=r"base.in: is not UTF-8: "):
        _ = projects.load(str(folder)).dependencies
    (folder / "base.in").unlink()
    (folder / "base.in").mkdir()
    with pytest.raises(ProjectError, match=r"base.in: cannot be read: Is a directory"):
        _ = projects.load(str(folder)).dependencies


# --- through the real uv, which runs the real setuptools ---

LOCKED = {
    "pyproject.toml": """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "bench"
version = "1"
requires-python = ">=3.10"
dynamic = ["dependencies", "optional-dependencies"]
[tool.setuptools]
packages = []
[tool.setuptools.dynamic]
dependencies = { file = ["deps/base.in"] }
optional-dependencies.full = { file = ["deps/full.in"] }
optional-dependencies.docs = { file = ["deps/docs.in"] }
[tool.lockhook.locks."requirements.txt"]
extras = ["full"]
[[tool.uv.index]]
url = "URL"
default = true
""",
    "deps/base.in": "# what it needs\nnumpy>=1.26,<2.3\ntqdm  # progress\n",
    "deps/full.in": "pandas>=2.2,<3\nfilelock\n",
    "deps/docs.in": "click\n",
}
BASE = "deps/base.in"


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The default index, which has the setuptools of this environment besides."""
    found = distribution("setuptools")
    files = {
        path.as_posix(): Path(str(found.locate_file(path))).read_bytes()
        for path in found.files or ()
        if path.parts[0] in {"setuptools", "_distutils_hack", "pkg_resources"}
        and path.suffix != ".pyc"
    }
    entries = found.read_text("entry_points.txt") or ""
    wheel = Wheel(name="setuptools", version=found.version)
    named: dict[str, str | bytes] = {f"{wheel.dist_info}/entry_points.txt": entries, **files}
    again = Wheel(name="setuptools", version=found.version, files=named)
    return write_indexes(tmp_path_factory.mktemp("dynamic"), (again,)).default


@pytest.fixture
def locked(
    written: Callable[..., Path],
    index: str,
    monkeypatch: pytest.MonkeyPatch,
    run: Callable[..., Result],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A project with its lock, which each worker makes only once."""
    folder = written({name: text.replace("URL", index) for name, text in LOCKED.items()})
    monkeypatch.chdir(folder)
    kept = tmp_path_factory.getbasetemp() / "dynamic-lock.txt"
    if kept.exists():
        shutil.copy(kept, folder / "requirements.txt")
    else:
        made = run("generate", "--all")
        assert made.code == 0, made.err
        shutil.copy(folder / "requirements.txt", kept)
    return folder


def judged(folder: Path) -> Verdict:
    (lock,) = locks.locks_of(projects.load(str(folder)))
    return freshness.judge_content(lock)


def pinned(folder: Path) -> set[tuple[str, ...]]:
    path = folder / "requirements.txt"
    return {pin[:3] for pin in pins.read(path.read_text(), str(path))}


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (BASE, "# what it needs", "# what it really needs"),
        (BASE, "numpy>=1.26,<2.3", "  NumPy >=1.26, <2.3"),
        (BASE, "numpy>=1.26,<2.3", "numpy>=2,<2.3"),
        (BASE, "tqdm  # progress", "tqdm>=4"),
        (BASE, "numpy>=1.26,<2.3\n", "numpy>=1.26, \\\n  <2.3\n"),
        ("deps/docs.in", "click", "mpi4py\n"),
        ("deps/full.in", "filelock", "filelock>=3.13"),
        ("pyproject.toml", '["deps/base.in"]', '"deps/base.in"'),
        ("pyproject.toml", "[tool.setuptools]\n", "[tool.setuptools]\nzip-safe = false\n"),
    ],
)
def test_fresh_locks_are_what_uv_would_make(
    locked: Path, run: Callable[..., Result], file: str, old: str, new: str
) -> None:
    replace(locked / file, old, new)
    assert judged(locked).status == "fresh", judged(locked).reasons
    before = pinned(locked)
    assert run("generate", "--all").code == 0
    assert pinned(locked) == before


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        (BASE, "numpy>=1.26,<2.3", "numpy<2", "dependencies: numpy<2.3,>=1.26 -> numpy<2"),
        (BASE, "tqdm", "tqdm\nmpi4py", "dependencies: added mpi4py"),
        (BASE, "tqdm", "# tqdm", "dependencies: removed tqdm"),
        (BASE, "tqdm", "click", "dependencies: added click"),
        ("deps/full.in", "filelock", "", "extra full: removed filelock"),
        ("deps/full.in", "pandas>=2.2,<3", "pandas<2.3",
         "extra full: pandas<3,>=2.2 -> pandas<2.3"),
        ("pyproject.toml", "deps/full.in", "deps/docs.in", "extra full: added click"),
        ("pyproject.toml", '["deps/base.in"]', '["deps/base.in", "deps/docs.in"]',
         "dependencies: added click"),
    ],
)  # fmt: skip
def test_stale_locks_are_not(
    locked: Path, run: Callable[..., Result], file: str, old: str, new: str, reason: str
) -> None:
    replace(locked / file, old, new)
    verdict = judged(locked)
    assert verdict.status == "stale"
    assert reason in verdict.reasons
    before = pinned(locked)
    assert run("sync").code == 1
    assert pinned(locked) != before
    assert judged(locked).status == "fresh"


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_a_project_of_setup_cfg_alone(
    written: Callable[..., Path],
    index: str,
    monkeypatch: pytest.MonkeyPatch,
    run: Callable[..., Result],
) -> None:
    cfg = CFG + "install_requires =\n    numpy<2.3\npython_requires = >=3.10\n"
    pyproject = f"[[tool.uv.index]]\nurl = '{index}'\ndefault = true\n"
    folder = written({"pyproject.toml": pyproject, "setup.cfg": cfg, "setup.py": STUB})
    monkeypatch.chdir(folder)
    assert run("generate").code == 0
    assert pinned(folder) == {("numpy", "2.2.6", "")}
    assert judged(folder).status == "fresh"
    replace(folder / "setup.cfg", "numpy<2.3", "numpy<2.3\n    tqdm")
    assert judged(folder).reasons == ("dependencies: added tqdm",)
    assert run("sync").code == 1
    assert len(pinned(folder)) > 1
    (folder / "setup.py").write_text("import os\n" + STUB)
    assert run("check").code == 3


def test_files_of_dynamic_fields_concern_their_project(
    locked: Path, git: Callable[..., Result]
) -> None:
    other = locked.parent / "away"
    other.mkdir()
    git("init", "-q", cwd=locked)
    for file in (BASE, "deps/full.in", "setup.cfg"):
        assert [one.name for one in survey.projects([file], str(locked))] == ["bench"]


def test_dynamic_dependencies_of_a_member_are_not_taken_from_uvs_cache(
    locked: Path, run: Callable[..., Result], index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    top = locked / "top"
    top.mkdir()
    text = PROJECT.replace('dynamic = ["dependencies", "optional-dependencies"]', "")
    text = text.partition("[tool.setuptools]")[0] + 'dependencies = ["bench"]\n'
    text += "[tool.uv.sources]\nbench = { path = '..' }\n" + "[[tool.uv.index]]\n"
    (top / "pyproject.toml").write_text(
        text.replace('"bench"\nv', '"top"\nv') + f"url = '{index}'\ndefault = true\n"
    )
    monkeypatch.chdir(top)
    assert run("generate").code == 0
    replace(locked / BASE, "tqdm", "tqdm\nmpi4py")
    assert judged(top).reasons == ("..: dependencies: added mpi4py",)
    assert run("sync").code == 1
    assert "mpi4py" in {name for name, *_ in pinned(top)}
    subprocess.run([uv.find().program, "lock"], cwd=top, check=True, capture_output=True)
    replace(locked / BASE, "mpi4py", "click")
    lock = next(each for each in locks.locks_of(projects.load(str(top))) if each.is_uvs)
    assert "..: dependencies: added click" in freshness.judge_content(lock).reasons
    assert run("sync").code == 1
    assert freshness.judge_content(lock).status == "fresh"
    assert 'name = "click"' in (top / "uv.lock").read_text()
