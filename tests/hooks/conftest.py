"""The real pre-commit, which builds the hook's environment as it does everywhere, but offline."""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from filelock import FileLock
from packaging.requirements import Requirement

from lockhook._authoring.wheelhouse import Wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Result

SOURCE = Path(__file__).parents[2]
# What pip needs to build lockhook and to install it with its extra `uv`.
NEEDED = ("hatchling", "packaging", "tomli", "uv")
TAG = "v1.0"


def distributions(names: tuple[str, ...]) -> Iterator[importlib.metadata.Distribution]:
    """Yield installed distributions and what they require, each once."""
    seen: set[str] = set()
    waiting = list(names)
    while waiting:
        if (name := waiting.pop().lower()) not in seen:
            seen.add(name)
            found = importlib.metadata.distribution(name)
            yield found
            required = map(Requirement, found.requires or ())
            waiting += [
                r.name for r in required if not r.marker or r.marker.evaluate({"extra": ""})
            ]


def repack(found: importlib.metadata.Distribution, folder: Path) -> None:
    """Write an installed distribution as a wheel again."""
    scripts = {e.name: e.value for e in found.entry_points if e.group == "console_scripts"}
    name, data = found.metadata["Name"], f"{found.metadata['Name']}-{found.version}.data"
    files: dict[str, bytes] = {}
    for path in found.files or ():
        file = Path(str(found.locate_file(path)))
        if path.parts[0] == ".." and path.name not in scripts:
            files[f"{data}/scripts/{path.name}"] = file.read_bytes()
        elif path.parts[0] != ".." and ".dist-info" not in path.parts[0] and path.suffix != ".pyc":
            files[path.as_posix()] = file.read_bytes()
    requires = [text for text in found.requires or () if "extra ==" not in text]
    wheel = Wheel(name=name, version=found.version, requires=requires, scripts=scripts, files=files)
    with zipfile.ZipFile(folder / wheel.file_name, "w") as archive:
        for path_, content in wheel.contents().items():
            entry = zipfile.ZipInfo(path_)
            entry.external_attr = (0o100755 if "/scripts/" in path_ else 0o100644) << 16
            archive.writestr(entry, content)


def hook_repository(folder: Path) -> None:
    """Make a repository of this very lockhook, as pre-commit clones it."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(SOURCE / "lockhook", folder / "lockhook", ignore=ignored)
    for name in (".pre-commit-hooks.yaml", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(SOURCE / name, folder)
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", TAG], ["tag", TAG]):
        subprocess.run(["git", *command], cwd=folder, check=True)


class Shared(NamedTuple):
    """What all tests and all workers share."""

    wheels: Path
    hooks: Path
    home: Path


@pytest.fixture
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str, hermetic: None) -> Shared:
    """One hook repository and one home of pre-commit, so that its environment is built once."""
    base = tmp_path_factory.getbasetemp()
    root = (base if worker_id == "master" else base.parent) / "pre-commit"
    found = Shared(root / "wheels", root / "hooks", root / "home")
    with FileLock(f"{root}.lock"):
        if not root.exists():
            found.wheels.mkdir(parents=True)
            for distribution in distributions(NEEDED):
                repack(distribution, found.wheels)
            hook_repository(found.hooks)
    return found


@pytest.fixture
def pre_commit(
    shared: Shared,
    monkeypatch: pytest.MonkeyPatch,
    project: Callable[..., Path],
    git: Callable[..., Result],
) -> Callable[..., Result]:
    """Runs the real pre-commit."""
    monkeypatch.setenv("PRE_COMMIT_HOME", str(shared.home))
    monkeypatch.setenv("PIP_FIND_LINKS", str(shared.wheels))
    monkeypatch.setenv("PRE_COMMIT_COLOR", "never")

    def pre_commit(*arguments: str) -> Result:
        from tests.conftest import Result as Made

        done = subprocess.run(
            ["pre-commit", *arguments], capture_output=True, text=True, check=False
        )
        return Made(done.returncode, done.stdout, done.stderr)

    return pre_commit


CONFIG = """\
repos:
- repo: {hooks}
  rev: {tag}
  hooks:
  - id: {hook}
"""


@pytest.fixture
def repo(
    pre_commit: Callable[..., Result],
    project: Callable[..., Path],
    shared: Shared,
    git: Callable[..., Result],
) -> Callable[..., Path]:
    """Makes a project in a repository with a hook installed, and with a lock that is committed."""

    def repo(
        hook: str = "lockfile-sync",
        more: str = "",
        depends: tuple[str, ...] = ("click",),
        tables: str = "",
        files: tuple[tuple[str, str], ...] = (),
    ) -> Path:
        from lockhook._cli.main import main

        folder = project(*depends, more=tables)
        for name, text in files:
            (folder / name).write_text(text)
        assert main(["generate", "--quiet", "--all"]) == 0
        config = CONFIG.format(hooks=shared.hooks, tag=TAG, hook=hook) + more
        (folder / ".pre-commit-config.yaml").write_text(config)
        git("init", "-q")
        git("add", ".")
        git("commit", "-qm", "one")
        assert pre_commit("install").code == 0
        return folder

    return repo
