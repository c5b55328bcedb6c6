"""uv.lock, with the real uv as oracle: the set that ``uv export --frozen`` gives."""

from __future__ import annotations

import itertools
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import tomli
from packaging.markers import default_environment
from packaging.utils import canonicalize_name

from lockhook._runtime import requirements_txt, uv_lock
from lockhook._runtime.markers import evaluate
from lockhook._runtime.model import Pin
from lockhook.errors import LockfileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MEMBER = """\
[project]
name = "{name}"
version = "0.1"
requires-python = ">=3.10"
dependencies = {dependencies}
[project.optional-dependencies]
fast = ["tqdm"]
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
"""

# What the project declares besides its dependencies; its local packages; its extras and groups.
PROJECTS: dict[str, dict[str, Any]] = {
    "plain": {"dependencies": ["click", "numpy"]},
    "forked torch": {"dependencies": ["torch", "accelerate"]},
    "markers": {
        "dependencies": [
            "numpy<2 ; sys_platform == 'win32'",
            "numpy ; sys_platform != 'win32'",
            "tqdm ; python_version < '3.9'",
            "pandas ; python_full_version >= '3.10.1' and implementation_name != 'pypy'",
        ]
    },
    "extras": {
        "dependencies": ["click"],
        "more": """
[project.optional-dependencies]
full = ["pandas", "bench[more]"]
more = ["tqdm ; sys_platform != 'win32'"]
""",
        "extras": ["full", "more"],
    },
    "groups": {
        "dependencies": ["click"],
        "more": """
[dependency-groups]
dev = ["mpi4py", {include-group = "lint"}]
lint = ["colorama"]
""",
        "groups": ["dev", "lint"],
    },
    "conflicting extras": {
        "dependencies": ["click", "pandas"],
        "more": """
[project.optional-dependencies]
old = ["numpy==1.26.4"]
new = ["numpy==2.2.6"]
[tool.uv]
conflicts = [[{extra = "old"}, {extra = "new"}]]
""",
        "extras": ["old", "new"],
    },
    "conflicting groups": {
        "dependencies": ["click", "pandas"],
        "more": """
[dependency-groups]
old = ["numpy==1.26.4"]
new = ["numpy==2.2.6"]
[tool.uv]
conflicts = [[{group = "old"}, {group = "new"}]]
""",
        "groups": ["old", "new"],
    },
    "workspace and paths": {
        "dependencies": ["member[fast]", "lib", "thing"],
        "more": """
[tool.uv.workspace]
members = ["member"]
""",
        "sources": """
member = { workspace = true }
lib = { path = "lib" }
thing = { path = "thing", editable = true }
""",
        "local": {"member": ["click"], "lib": ["filelock"], "thing": []},
    },
    "an editable root": {
        "dependencies": ["click"],
        "more": """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
""",
    },
}


def lock(name: str, project: Callable[..., Path]) -> Path:
    wanted = PROJECTS[name]
    folder = project(*wanted["dependencies"], more=wanted.get("more", ""))
    for local, dependencies in wanted.get("local", {}).items():
        (folder / local).mkdir(exist_ok=True)
        text = MEMBER.format(name=local, dependencies=dependencies)
        (folder / local / "pyproject.toml").write_text(text)
    pyproject = folder / "pyproject.toml"
    sources = "[tool.uv.sources]\n" + wanted.get("sources", "")
    pyproject.write_text(pyproject.read_text().replace("[tool.uv.sources]\n", sources))
    subprocess.run(["uv", "lock", "--quiet"], cwd=folder, check=True)
    return folder


def exported(folder: Path, extras: list[str], groups: list[str]) -> set[str] | None:
    """What uv would install here, as ``name==version`` or as the path; None if it refuses."""
    command = ["uv", "export", "--frozen", "--no-hashes", "--no-annotate", "--no-header", "--quiet"]
    command += ["--no-default-groups", *(f"--extra={x}" for x in extras)]
    command += [f"--group={group}" for group in groups]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        return None
    entries = requirements_txt.parse(done.stdout, "exported")
    markers = {key: str(value) for key, value in default_environment().items()}
    here = [
        pin
        for pin in entries
        if isinstance(pin, Pin) and (not pin.marker or evaluate(pin.marker, markers))
    ]
    return {shown(pin, folder) for pin in here}


def shown(pin: Pin, folder: Path) -> str:
    if pin.origin:
        path = (folder / pin.origin.url.removeprefix("file://")).resolve()
        return f"{'-e ' if pin.origin.editable else ''}{path.relative_to(folder.resolve())}"
    assert pin.wanted
    return f"{canonicalize_name(pin.name)}=={pin.wanted.version}"


def subsets(names: list[str]) -> Iterator[list[str]]:
    for size in range(len(names) + 1):
        yield from map(list, itertools.combinations(names, size))


@pytest.mark.parametrize("name", PROJECTS)
def test_the_set_is_that_of_uv_export(name: str, project: Callable[..., Path]) -> None:
    folder = lock(name, project)
    graph = uv_lock.read(tomli.loads((folder / "uv.lock").read_text()), "uv.lock")
    markers = default_environment()
    tried = 0
    for extras in subsets(PROJECTS[name].get("extras", [])):
        for groups in subsets(PROJECTS[name].get("groups", [])):
            expected = exported(folder, extras, groups)
            if expected is None:
                with pytest.raises(LockfileError, match="conflict: ask for one of them"):
                    uv_lock.pins(graph, markers, extras, groups)
            else:
                pins = uv_lock.pins(graph, markers, extras, groups)
                assert {shown(pin, folder) for pin in pins} == expected
                tried += 1
    assert tried
