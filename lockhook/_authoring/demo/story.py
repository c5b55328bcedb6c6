"""The story that the demo tells: each command is really run, and each outcome is checked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockhook._authoring.demo import files
from lockhook._authoring.demo.shell import Command, Finished
from lockhook._authoring.torch_wheels import TORCH
from lockhook._runtime.fix import quote

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from typing import TypeAlias

    from lockhook._authoring.demo.world import World

__all__ = ["Chapter", "Event", "File", "Note", "tell"]

_ADDED = "pandas"
_OTHER_NUMPY = "1.26.4"
_INSTALL = "uv pip install --index-strategy unsafe-best-match -r requirements.txt"
_FIX = re.compile(r"^To fix, run one of:\n {2}(?P<command>.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Chapter:
    """A new part of the story begins."""

    title: str


@dataclass(frozen=True)
class Note:
    """A sentence about what comes, or about what was seen."""

    text: str


@dataclass(frozen=True)
class File:
    """What a file of the project says."""

    name: str
    text: str


Event: TypeAlias = "Chapter | Note | File | Command | Finished"


def tell(world: World) -> Iterator[Event]:
    """Yield what happens, while it happens.

    Raises:
        DemoError: a command did not do what it should have done.
    """
    yield from _first_commit(world)
    yield from _stale_lock(world)
    world = yield from _environment(world)
    report = yield from _broken_environment(world)
    yield from _mended_environment(world, report)


def _first_commit(world: World) -> Iterator[Event]:
    yield Chapter("A project, its CPU-only lock, and the hook that keeps it fresh")
    yield File("pyproject.toml", _read(world, "pyproject.toml"))
    yield from _run(world, "git init --quiet --template= .")
    yield from _run(world, "pre-commit install")
    generated = yield from _run(world, "lockhook generate")
    generated.expect_text(f"torch {TORCH}", "+cpu")
    if "nvidia" in _read(world, "requirements.txt"):
        raise generated.failure("the lock is not CPU-only")
    yield Note(
        "The CPU build for each platform, and none of the nvidia-* packages of the other one."
    )
    yield from _run(world, "git add .")
    yield from _run(world, _commit("A benchmark and its lock"))


def _stale_lock(world: World) -> Iterator[Event]:
    yield Chapter("pyproject.toml changes and the lock does not: the commit is refused")
    changed = files.with_dependency(_read(world, "pyproject.toml"), _ADDED)
    files.write(world.project / "pyproject.toml", changed)
    yield from _run(world, "git diff --unified=1 pyproject.toml")
    yield from _run(world, "git add pyproject.toml")
    refused = yield from _run(world, _commit(f"Read with {_ADDED}"), code=1)
    refused.expect_text("requirements.txt", _ADDED)
    yield Note("The hook has written the lock that this change needs, to be looked at and added:")
    diff = yield from _run(world, "git diff --unified=0 requirements.txt")
    diff.expect_text(f"\n+{_ADDED}==")
    yield from _run(world, "git add requirements.txt")
    yield from _run(world, _commit(f"Read with {_ADDED}"))


def _environment(world: World) -> Generator[Event, None, World]:
    yield Chapter("An environment made from the lock: the guard has nothing to say")
    (python, *_) = world.shell.programs["lockhook"]
    yield from _run(world, "uv venv --quiet " + quote(["--python", python, ".venv"]))
    yield Note("From here on, .venv is the active environment.")
    world = world.activated()
    yield from _run(world, _INSTALL)
    yield from _benchmark(world)
    return world


def _broken_environment(world: World) -> Generator[Event, None, Finished]:
    yield Chapter("Somebody installs another numpy: the guard refuses to measure")
    yield from _run(world, f"uv pip install numpy=={_OTHER_NUMPY}")
    refused = yield from _run(world, "python benchmark.py", code=1)
    refused.expect_text("Status: FAILED", "- numpy: expected ", f", found {_OTHER_NUMPY} ")
    return refused


def _mended_environment(world: World, report: Finished) -> Iterator[Event]:
    yield Chapter("The first command of the report, pasted as it is, mends that")
    fix = _FIX.search(report.output)
    if fix is None:
        raise report.failure("the report names no command that mends the environment")
    yield from _run(world, fix["command"])
    yield from _benchmark(world)


def _benchmark(world: World) -> Iterator[Event]:
    passed = yield from _run(world, "python benchmark.py")
    if not re.fullmatch(r"torch .+ blocks per second\n", passed.output):
        raise passed.failure("the guard passed, and yet more was written than the result")


def _run(world: World, line: str, code: int = 0) -> Generator[Event, None, Finished]:
    yield Command(line)
    finished = world.shell.run(line)
    yield finished
    finished.expect(code)
    return finished


def _commit(message: str) -> str:
    return quote(["git", "commit", "-m", message])


def _read(world: World, name: str) -> str:
    return (world.project / name).read_text(encoding="utf-8")
