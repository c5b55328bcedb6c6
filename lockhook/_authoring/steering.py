"""Making uv take torch from the project's CPU index where it is only transitive.

uv applies ``[tool.uv.sources]`` to direct dependencies only. A second project on its command line
that names torch as its own dependency, with that source, makes the index hold for all of them.
It asks for each package just where the lock has it already, so it adds none.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from lockhook._authoring.toml_edit import literal
from lockhook._runtime import indexes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lockhook._authoring.cpu_policy import Leak
    from lockhook._authoring.project import Project

# No package of this name can be meant by anybody else; the lock never tells it.
NAME: Final = "lockhook-takes-torch-from-the-cpu-index"
_INDEX: Final = "lockhook-cpu"


def is_ours(wanting: str) -> bool:
    """Tell whether it is the second project that wants a package, as uv's annotations name it."""
    return wanting.startswith(f"{NAME} ")


def requirements(leaks: Iterable[Leak]) -> tuple[str, ...]:
    """Return what to ask the CPU index for: each package, where the lock has it."""
    pins = [leak.pin for leak in leaks if not leak.pin.url]
    wanted = (f"{pin.name} ; {pin.marker}" if pin.marker else pin.name for pin in pins)
    return tuple(sorted(set(wanted)))


@contextmanager
def second_project(wanted: Iterable[str], project: Project) -> Iterator[str]:
    """Yield the path of a ``pyproject.toml`` that takes packages from a project's CPU index.

    Args:
        wanted: requirements.
        project: whose index it is; it has one.
    """
    # Readable for nobody else: the index may have a password in its URL.
    with tempfile.TemporaryDirectory(prefix="lockhook-") as folder:
        path = os.path.join(folder, "pyproject.toml")
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.write(_text(tuple(wanted), project))
        yield path


def _text(wanted: tuple[str, ...], project: Project) -> str:
    entry = {**indexes.cpu_entry(project.uv), "explicit": True}
    name = entry.setdefault("name", _INDEX)
    entry.pop("default", None)
    names = dict.fromkeys(requirement.partition(" ")[0] for requirement in wanted)
    sources = "".join(f"{literal(each)} = {{ index = {literal(name)} }}\n" for each in names)
    return (
        f'[project]\nname = "{NAME}"\nversion = "0"\ndependencies = {literal(list(wanted))}\n'
        f"[tool.uv.sources]\n{sources}"
        "[[tool.uv.index]]\n" + "".join(f"{literal(k)} = {literal(v)}\n" for k, v in entry.items())
    )
