"""Projects that nobody wrote, locked by the real uv, which also says what is right.

Each is drawn from a seed: forks, extras that name each other and those of dependencies, groups
that include groups, workspaces with and without a project at the root, path sources, conflicts
between extras, groups and projects, default groups, and projects that are no packages.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from packaging.markers import default_environment

from lockhook._authoring.wheelhouse import Wheel, write_index
from lockhook._runtime import (
    glance_graph,
    lockfile,
    plain_graph,
    plain_uv_lock,
    requirements_txt,
    selection,
)
from lockhook._runtime.markers import evaluate
from lockhook._runtime.model import Asked, Pin
from lockhook._runtime.uv_groups import default_groups
from lockhook.errors import LockfileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HERE = {key: str(value) for key, value in default_environment().items()}
PACKAGES = [f"pkg-{letter}" for letter in "abcdefgh"]
MARKERS = [
    "sys_platform == 'linux'",
    "sys_platform != 'linux'",
    "python_full_version >= '3.11'",
    "python_full_version < '3.11'",
    "os_name == 'nt' or python_version >= '3.12'",
    "implementation_name == 'cpython' and sys_platform == 'linux'",
    "python_version < '3.9'",
]
PYTHONS = [">=3.10", ">=3.9", ">=3.9,<4"]
SEEDS = 40  # of which uv finds a resolution for half


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Eight packages in three versions, which require each other in the order of their names."""
    draw = random.Random(7)
    return write_index(tmp_path_factory.mktemp("drawn"), list(_wheels(draw)))


def _wheels(draw: random.Random) -> Iterator[Wheel]:
    for i, name in enumerate(PACKAGES):
        for version in ("1.0", "2.0", "3.0"):
            later = PACKAGES[i + 1 :]
            others = [other for other in PACKAGES if other != name]
            yield Wheel(
                name=name,
                version=version,
                requires=[
                    _with_marker(draw, other + draw.choice(["", "", "[x]", ">=1", ">=2"]))
                    for other in draw.sample(later, min(len(later), draw.choice([0, 1, 1, 2])))
                ],
                extras={
                    extra: [other + draw.choice(["", "[y]", "<3"])]
                    for extra in ("x", "y")
                    for other in draw.sample(others, 1)
                },
            )


def _with_marker(draw: random.Random, requirement: str) -> str:
    return f"{requirement} ; {draw.choice(MARKERS)}" if draw.random() < 0.4 else requirement


@dataclass
class Project:
    """One ``pyproject.toml``, as it is drawn."""

    name: str
    draw: random.Random
    near: list[str]  # other projects of the workspace, and of path sources
    extras: dict[str, list[str]] = field(default_factory=dict)
    groups: dict[str, list[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        draw = self.draw
        self.extras = {x: self.requirements() for x in ("x", "y", "z")[: draw.choice([0, 2, 3])]}
        self.groups = {g: self.requirements() for g in ("dev", "g", "h")[: draw.choice([0, 1, 3])]}
        if "z" in self.extras:
            self.extras["z"].append(f"{self.name}[x]")
        if "h" in self.groups:
            self.groups["h"].append({"include-group": "g"})
            self.groups["h"] += [f"{self.name}[x]"] if self.extras and draw.random() < 0.5 else []

    def requirements(self) -> list[str]:
        return [self.requirement() for _ in range(self.draw.choice([0, 1, 2]))]

    def requirement(self) -> str:
        draw = self.draw
        extras = draw.choice(["", "", "", "[x]", "[x,y]"])
        if self.near and draw.random() < 0.25:
            return draw.choice(self.near) + extras
        bound = draw.choice(["", "", "<2", "<3", ">=2", "==1.0", "==3.0"])
        return _with_marker(draw, draw.choice(PACKAGES) + extras + bound)

    def head(self) -> str:
        lines = ["[project]", f'name = "{self.name}"', 'version = "0.1"']
        lines += [f'requires-python = "{self.draw.choice(PYTHONS)}"']
        lines += [f"dependencies = {json.dumps(self.requirements())}"]
        lines += ["[project.optional-dependencies]", *_table(self.extras)]
        if self.draw.random() < 0.5:
            lines += ["[build-system]", 'requires = ["hatchling"]']
            lines += ['build-backend = "hatchling.build"']
        return "\n".join(lines + self.groups_table())

    def groups_table(self) -> list[str]:
        return ["[dependency-groups]", *_table(self.groups)]

    def items(self) -> list[str]:
        """What can be part of a set of conflicts."""
        extras = [f'{{ package = "{self.name}", extra = "{extra}" }}' for extra in self.extras]
        groups = [f'{{ package = "{self.name}", group = "{group}" }}' for group in self.groups]
        return [f'{{ package = "{self.name}" }}', *extras, *groups]


def _table(values: dict[str, list[Any]]) -> list[str]:
    return [f"{key} = {_array(value)}" for key, value in values.items()]


def _array(values: list[Any]) -> str:
    return f"[{', '.join(map(_toml, values))}]"


def _toml(value: str | dict[str, str]) -> str:
    if isinstance(value, str):
        return json.dumps(value)
    return f"{{ include-group = {json.dumps(value['include-group'])} }}"


def write(seed: int, index: str, folder: Path) -> tuple[list[str], list[str]]:
    """Write a project, and return the extras and groups that it can be asked for."""
    draw = random.Random(seed)
    members = ["mem-a", "mem-b"][: draw.choice([0, 0, 1, 2])]
    paths = ["lib-p", "lib-e"][: draw.choice([0, 1, 2])]
    own = f'\n[[tool.uv.index]]\nname = "drawn"\nurl = "{index}"\ndefault = true\n'
    near = [Project(name, draw, []) for name in (*members, *paths)]
    for project in near:
        (folder / project.name).mkdir()
        text = project.head() + (own if project.name in paths else "")
        (folder / project.name / "pyproject.toml").write_text(text)
    root = Project("root", draw, [*members, *paths])
    has_project = not (members and draw.random() < 0.3)
    shared = [project for project in near if project.name in members]
    top = root.head() if has_project else "\n".join(Project("no", draw, []).groups_table())
    top += "\n[tool.uv]\n" + _settings(draw, [root, *shared] if has_project else shared)
    if members:
        top += f"[tool.uv.workspace]\nmembers = {json.dumps(members)}\n"
    sources = [f"{name} = {{ workspace = true }}" for name in members]
    editable = {"lib-p": "false", "lib-e": "true"}
    sources += [f'{name} = {{ path = "{name}", editable = {editable[name]} }}' for name in paths]
    if has_project:
        top += "[tool.uv.sources]\n" + "\n".join(sources)
    (folder / "pyproject.toml").write_text(top + own)
    named = [root] if has_project else shared
    return [x for p in named for x in p.extras], [g for p in named for g in p.groups]


def _settings(draw: random.Random, projects: list[Project]) -> str:
    text = ""
    items = [item for project in projects for item in project.items()]
    if len(items) > 1 and draw.random() < 0.6:
        sets = [f"[{', '.join(draw.sample(items, 2))}]" for _ in range(draw.choice([1, 1, 2]))]
        text += f"conflicts = [{', '.join(sets)}]\n"
    if "g" in projects[0].groups and draw.random() < 0.3:
        text += 'default-groups = ["g"]\n'
    if draw.random() < 0.2:
        text += "environments = [\"sys_platform == 'linux'\", \"sys_platform != 'linux'\"]\n"
    return text


def run(*command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def theirs(folder: Path, extras: list[str], groups: list[str]) -> set[str] | None:
    """What uv would install here, None if it refuses."""
    asked = [*(f"--extra={x}" for x in extras), *(f"--group={group}" for group in groups)]
    plain = ["--no-hashes", "--no-annotate", "--no-header", "--quiet"]
    done = run("uv", "export", "--frozen", *plain, *asked, folder=folder)
    return None if done.returncode else set(_exported(done.stdout, folder))


def _exported(text: str, folder: Path) -> Iterator[str]:
    for line in text.splitlines():
        # uv writes markers behind `-e PATH` too, where pip knows none.
        requirement, _, marker = line.partition(" ; ")
        if not marker or evaluate(marker, HERE):
            pins = requirements_txt.parse(requirement, "exported")
            yield from (shown(pin, folder) for pin in pins if isinstance(pin, Pin))


def ours(folder: Path, extras: list[str], groups: list[str]) -> set[str] | None:
    asked = Asked(extras=tuple(extras), groups=tuple(groups))
    try:
        found = selection.select(lockfile.load(str(folder / "uv.lock")), HERE, asked)
    except LockfileError:
        return None
    return {shown(pin, folder) for pin in found.pins}


def at_a_glance(folder: Path) -> set[str] | None:
    """What the guard looks for, None where it looks with more care."""
    path = folder / "uv.lock"
    document = plain_uv_lock.document(path.read_bytes())
    try:
        found, _ = plain_graph.choose(document or {}, HERE, default_groups(str(path)))
    except plain_graph.NotPlainError:
        return None
    return {_shown(name, package, folder) for name, package in found.items()}


def _shown(name: str, package: Mapping[str, Any], folder: Path) -> str:
    place = glance_graph.project(package["source"])
    if place is None:
        return f"{name}=={package['version']}"
    path = os.path.relpath((folder / place[0]).resolve(), folder.resolve())
    return f"{'-e ' if place[1] else ''}{path}"


def shown(pin: Pin, folder: Path) -> str:
    if pin.origin:
        path = os.path.relpath((folder / pin.origin.url).resolve(), folder.resolve())
        return f"{'-e ' if pin.origin.editable else ''}{path}"
    assert pin.wanted
    return f"{pin.name}=={pin.wanted.version}"


def is_sound(found: set[str] | None) -> bool:
    """Tell a set that can be installed: some conflicts lead uv to two versions of a package."""
    names = [entry.partition("==")[0] for entry in found or ()]
    return len(names) == len(set(names))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_project_that_nobody_wrote(seed: int, index: str, tmp_path: Path) -> None:
    extras, groups = write(seed, index, tmp_path)
    if run("uv", "lock", "--quiet", folder=tmp_path).returncode:
        return  # it has no resolution
    draw = random.Random(seed)
    for _ in range(4):
        some = draw.sample(sorted(set(extras)), draw.randint(0, min(2, len(set(extras)))))
        more = draw.sample(sorted(set(groups)), draw.randint(0, min(2, len(set(groups)))))
        expected = theirs(tmp_path, some, more)
        assert ours(tmp_path, some, more) == (expected if is_sound(expected) else None)
    assert at_a_glance(tmp_path) in (None, ours(tmp_path, [], []))


def test_uv_resolves_enough_of_them(index: str, tmp_path: Path) -> None:
    resolved = 0
    for seed in range(SEEDS):
        folder = tmp_path / str(seed)
        folder.mkdir()
        write(seed, index, folder)
        resolved += not run("uv", "lock", "--quiet", folder=folder).returncode
    assert resolved >= 15
