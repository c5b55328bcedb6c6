"""Where the time of a process goes: its imports, and the functions that take the most."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks import limits
from tests.benchmarks.process import Command, run

if TYPE_CHECKING:
    from tests.benchmarks.environment import Place

MAIN = "from lockhook.__main__ import main; main"
_MOST = 6  # modules
# What C does is the caller's work.
_PROFILE = """
import cProfile, collections, contextlib, io, json, pstats
profile = cProfile.Profile()
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    profile.runctx({program!r}, {{}}, {{}})
own = collections.Counter()
for (file, _, _), (_, _, seconds, _, callers) in pstats.Stats(profile).stats.items():
    if file != "~":
        own[file] += seconds
    else:
        for (caller, _, _), (_, _, part, _) in callers.items():
            own[caller] += part
print()
print(json.dumps(own.most_common()))
"""


def modules(place: Place, program: str, folder: Path) -> set[str]:
    """Return the modules that a program adds to an interpreter.

    Args:
        place: whose interpreter.
        program: Python code.
        folder: the working directory.
    """
    # The `.pth` files import things of their own, which would then not be told of.
    path = f"sys.path.append({str(place.site)!r})\n"
    code = (
        f"import os, sys\n{path}known = set(sys.modules)\n{program}\n"
        "found = sorted(set(sys.modules) - known)\nprint()\nprint(' '.join(found))"
    )
    return set(run([place.python, "-S", "-c", code], folder).splitlines()[-1].split())


def imports(label: str, place: Place, folder: Path, program: str, *, without: str = "-") -> Command:
    """Return the command that imports what a program does, and does nothing else.

    Args:
        label: what to call it.
        place: whose interpreter.
        folder: the working directory.
        program: Python code.
        without: the package of which nothing is imported.
    """
    # Before, and not by, what they are part of: the order in which a package imports its modules
    # does not matter here, their number does.
    found = modules(place, program, folder)
    names = sorted(name for name in found if _can_be_imported(name, without))
    code = f"import {', '.join(names)}" if names else "pass"
    return Command(label, [place.python, "-c", code], folder)


def _can_be_imported(name: str, without: str) -> bool:
    parts = name.split(".")
    return all(map(str.isidentifier, parts)) and parts[0] not in {"__main__", without}


def hot(label: str, place: Place, folder: Path, program: str) -> str:
    """Return the modules of a program that take the most time themselves, as a line of text."""
    code = _PROFILE.format(program=program)
    files = json.loads(run([place.python, "-c", code], folder).splitlines()[-1])
    own: Counter[str] = Counter()
    for file, seconds in files:
        own[_module(file)] += seconds
    told = (f"{name} {seconds / own.total():.0%}" for name, seconds in own.most_common(_MOST))
    return f"{limits.code(label)}: {', '.join(told)}"


def _module(file: str) -> str:
    if "importlib" in file:
        return "importing"
    path = Path(file)
    return limits.code(path.parent.name if path.stem == "__init__" else path.stem)
