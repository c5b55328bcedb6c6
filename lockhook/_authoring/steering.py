"""Making uv take torch from the project's CPU index where it is only transitive.

uv applies ``[tool.uv.sources]`` to direct dependencies only. A second project on its command line
that names torch as its own dependency, with that source, makes the index hold for all of them.
It asks for each package just where the lock has it already, so it adds none.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from functools import reduce
from operator import or_

from lockhook._authoring import cpu_policy, inputs, members, platforms
from lockhook._authoring.requirement import parts
from lockhook._runtime import indexes
from lockhook._runtime.accelerator_names import is_cpu_label, is_torch_family

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Final

    from lockhook._authoring.cpu_policy import Leak, Policy
    from lockhook._authoring.locks import ManagedLock
    from lockhook._authoring.pin import Pin
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


def guess(pins: Iterable[Pin], lock: ManagedLock) -> tuple[str, ...]:
    """Return what uv was told to take from the CPU index when a lock was made, as it seems.

    Args:
        pins: those of the lock.
        lock: the lock.
    """
    policy = cpu_policy.of_lock(lock)
    if not policy.cpu_index:
        return ()
    known: set[str] = set()
    markers: dict[str, list[str]] = {}
    for pin in pins:
        if is_torch_family(pin.name) and not pin.url:
            markers.setdefault(pin.name, []).append(pin.marker)
            known |= {pin.name} if _is_from_there(pin, policy) else set()
    # A source holds for what the project itself names.
    known -= members.sources(lock.project, known).keys() & _named(lock)
    found = (each for name in known for each in _wanting(name, markers[name], lock.lowest_python))
    return tuple(sorted(found))


def _is_from_there(pin: Pin, policy: Policy) -> bool:
    return is_cpu_label(pin.version) or cpu_policy.is_cpu_index(pin.index_url, policy)


def _named(lock: ManagedLock) -> set[str]:
    covered = inputs.covered(lock.project, lock.options)
    return {parts(text).name for text in members.required(lock.project, *covered)}


def _wanting(name: str, markers: list[str], lowest: str) -> list[str]:
    """Return requirements of a package wherever one of its forks applies."""
    where = platforms.Where(platforms.environments(*markers, lowest=(lowest,)))
    if reduce(or_, map(where, markers)) == where(""):
        return [name]
    return [f"{name} ; {marker}" for marker in markers]


@contextmanager
def second_project(wanted: Iterable[str], project: Project) -> Iterator[str]:
    """Yield the path of a ``pyproject.toml`` that takes packages from a project's CPU index.

    Args:
        wanted: requirements.
        project: whose index it is; it has one.
    """
    import tempfile  # which imports a lot, and is rarely needed

    # Readable for nobody else: the index may have a password in its URL.
    with tempfile.TemporaryDirectory(prefix="lockhook-") as folder:
        path = os.path.join(folder, "pyproject.toml")
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.write(_text(tuple(wanted), project))
        yield path


def _text(wanted: tuple[str, ...], project: Project) -> str:
    from lockhook._authoring.toml_edit import literal

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
