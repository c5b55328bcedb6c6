"""The throw-away world of the demo: two indexes, a project, and tools that know no other."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import sys
import sysconfig
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import lockhook
from lockhook._authoring import torch_wheels
from lockhook._authoring.demo import files, repack
from lockhook._authoring.demo.shell import Shell
from lockhook._authoring.uv import find as find_uv
from lockhook.errors import MissingToolError

__all__ = ["World", "find_programs", "make_world", "work_folder"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# What of the caller's would change what the tools do, or what they do it to.
_DROPPED = ("GIT_", "UV_", "PIP_", "PRE_COMMIT", "LOCKHOOK_", "VIRTUAL_ENV", "CONDA_", "PYTHONHOME")
_DROPPED_NAMES = {"SKIP", "FORCE_COLOR", "CLICOLOR_FORCE", "PYTHONSTARTUP", "PYTHONSAFEPATH"}
_SCRIPTS = "Scripts" if os.name == "nt" else "bin"


@dataclass(frozen=True)
class World:
    """Everything that the story needs.

    Attributes:
        project: the folder of the project.
        shell: runs commands there.
    """

    project: Path
    shell: Shell

    def activated(self) -> World:
        """Return the same world with the project's environment activated."""
        folder = self.project / ".venv"
        python = folder / _SCRIPTS / ("python.exe" if os.name == "nt" else "python")
        env = {name: text for name, text in self.shell.env.items() if name != "PYTHONPATH"}
        env["VIRTUAL_ENV"] = str(folder)
        # uv comes last: whether the caller has it on the path or not, the report proposes it.
        (uv,) = self.shell.programs["uv"]
        env["PATH"] = os.pathsep.join([str(python.parent), env["PATH"], os.path.dirname(uv)])
        programs = {
            **self.shell.programs,
            "python": (str(python),),
            "lockhook": (str(python), "-m", "lockhook"),
        }
        return replace(self, shell=replace(self.shell, env=env, programs=programs))


@contextlib.contextmanager
def work_folder(*, keep: bool) -> Iterator[Path]:
    """Give a new temporary folder, and remove it at the end unless it shall be kept."""
    # Resolved, because on macOS the temporary folder is a link, and uv and git write paths that
    # are not.
    if keep:
        yield Path(tempfile.mkdtemp(prefix="lockhook-demo-")).resolve()
        return
    with tempfile.TemporaryDirectory(prefix="lockhook-demo-") as folder:
        yield Path(folder).resolve()


def make_world(root: Path, programs: Mapping[str, Sequence[str]]) -> World:
    """Make the indexes and the project inside a folder, for these programs."""
    indexes = torch_wheels.write_indexes(root / "index", repack.lockhook_wheels())
    project = root / "project"
    texts = files.project(indexes, hook=[Path(sys.executable).as_posix(), "-m", "lockhook", "sync"])
    for name, text in texts.items():
        files.write(project / name, text)
    files.write(root / "gitconfig", files.GITCONFIG)
    shell = Shell(project, _environment(os.environ, root), programs)
    return World(project, shell)


def find_programs() -> Mapping[str, Sequence[str]]:
    """Return how to start each program of the story.

    Raises:
        MissingToolError: git, uv or pre-commit is not installed, with how to install it.
    """
    git = shutil.which("git")
    if git is None:
        raise MissingToolError(
            "git is needed for the demo, and there is none",
            hint="install git with the package manager of this system",
        )
    return {
        "git": (git,),
        "pre-commit": _pre_commit(),  # first, since what it says to install has uv too
        "uv": (find_uv().program,),
        "lockhook": (sys.executable, "-m", "lockhook"),
    }


def _pre_commit() -> Sequence[str]:
    if importlib.util.find_spec("pre_commit"):
        return (sys.executable, "-m", "pre_commit")
    program = shutil.which("pre-commit")
    if program is None:
        raise MissingToolError(
            "pre-commit is needed for the demo, and there is none",
            hint="pip install 'lockhook[demo]'",
        )
    return (program,)


def _environment(caller: Mapping[str, str], root: Path) -> dict[str, str]:
    """Return an environment in which the tools see this world only: no settings, no network."""
    kept = {
        name: text
        for name, text in caller.items()
        if not name.startswith(_DROPPED) and name not in _DROPPED_NAMES
    }
    return {
        **kept,
        "PATH": caller.get("PATH", os.defpath),
        "GIT_CONFIG_GLOBAL": str(root / "gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "XDG_CONFIG_HOME": str(root / "config"),
        "XDG_CONFIG_DIRS": str(root / "config"),
        "UV_OFFLINE": "1",
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_CACHE_DIR": str(root / "cache" / "uv"),
        "UV_NO_PROGRESS": "1",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PRE_COMMIT_HOME": str(root / "cache" / "pre-commit"),
        "PRE_COMMIT_COLOR": "never",
        "PYTHONIOENCODING": "utf-8",
        "NO_COLOR": "1",
        **_python_path(caller),
    }


def _python_path(caller: Mapping[str, str]) -> dict[str, str]:
    """Return what `python -m lockhook` needs to be this lockhook in another folder as well."""
    source = str(Path(lockhook.__file__).parents[1])
    if source in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        return {}
    return {"PYTHONPATH": os.pathsep.join(filter(None, [source, caller.get("PYTHONPATH")]))}
