"""Dynamic fields, as the real build backends read them; and what no file tells."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from packaging.metadata import parse_email
from packaging.requirements import Requirement

from lockhook._authoring import project as projects

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lockhook._authoring.project import Project

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
