"""Where a marker is true: tried in every environment that is of its kind (PEP 508).

Markers are not solved but evaluated: in each operating system, on each machine, under each Python
that makes a difference to them.
"""

from __future__ import annotations

import itertools
import re

from lockhook._runtime.markers import compare, evaluate, fold

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Final

    from lockhook._runtime.markers import Comparison

LINUX: Final = "linux"
MACOS: Final = "darwin"
WINDOWS: Final = "win32"
SYSTEMS: Final = (LINUX, MACOS, WINDOWS)

_SYSTEM: Final = {
    LINUX: {"os_name": "posix", "platform_system": "Linux"},
    MACOS: {"os_name": "posix", "platform_system": "Darwin"},
    WINDOWS: {"os_name": "nt", "platform_system": "Windows"},
}
_MACHINES: Final = {
    LINUX: {"x86_64", "aarch64"},
    MACOS: {"arm64", "x86_64"},
    WINDOWS: {"AMD64", "ARM64"},
}
_IMPLEMENTATIONS: Final = (("cpython", "CPython"), ("pypy", "PyPy"))
_MINORS: Final = range(8, 16)
_LITERAL: Final = re.compile(r"""(['"])(?P<text>[^'"]*)\1""")
_RELEASE: Final = re.compile(r"3\.(\d{1,2})(?:\.(\d{1,2}))?(?:\.\*)?")


def environments(
    *markers: str,
    systems: tuple[str, ...] = SYSTEMS,
    machine: str = "",
    lowest: Iterable[str] = (),
) -> Iterator[Mapping[str, str]]:
    """Yield every environment that could make a difference to some markers.

    Args:
        markers: those that are asked about; the machines and Pythons they name are tried too.
        systems: the values of ``sys_platform`` to try.
        machine: the one ``platform_machine`` to try, "" for all that there are.
        lowest: Pythons of which none must be higher than one that is tried; "" stands for none.
    """
    literals = {found["text"] for marker in markers for found in _LITERAL.finditer(marker)}
    asked = " ".join(markers)
    # What no marker asks for makes no difference, and one of it stands for all; but for the
    # Pythons, of which the caller may leave some out.
    pythons = [one for one in sorted(set(_pythons(literals))) if _is_served(one, lowest)]
    named = literals if "platform_machine" in asked else set()
    implementations = _IMPLEMENTATIONS if "implementation" in asked else _IMPLEMENTATIONS[:1]
    for system in systems if "os_name" in asked or "platform" in asked else systems[:1]:
        machines = [machine] if machine else sorted(_MACHINES[system] | named)
        machines = machines if "platform_machine" in asked else machines[:1]
        for each, python, names in itertools.product(machines, pythons, implementations):
            yield _environment(system, each, python, names)


def _pythons(literals: set[str]) -> Iterator[tuple[int, int]]:
    yield from ((minor, 99) for minor in _MINORS)
    for found in filter(None, map(_RELEASE.fullmatch, literals)):
        minor, micro = int(found[1]), int(found[2] or 0)
        yield from ((minor, number) for number in (micro - 1, micro, micro + 1) if number >= 0)


def _is_served(python: tuple[int, int], lowest: Iterable[str]) -> bool:
    found = {"python_full_version": _full(python)}
    return all(evaluate(f"python_full_version >= '{each}'", found) for each in lowest if each)


def _full(python: tuple[int, int]) -> str:
    return f"3.{python[0]}.{python[1]}"


def _environment(
    system: str, machine: str, python: tuple[int, int], names: tuple[str, str]
) -> Mapping[str, str]:
    full = _full(python)
    return {
        "sys_platform": system,
        **_SYSTEM[system],
        "platform_machine": machine,
        "python_version": f"3.{python[0]}",
        "python_full_version": full,
        "implementation_name": names[0],
        "platform_python_implementation": names[1],
        "implementation_version": full,
        "platform_release": "",
        "platform_version": "",
        "extra": "",
    }


def applies(marker: str, systems: tuple[str, ...] = SYSTEMS, *, machine: str = "") -> bool:
    """Tell whether a marker is true in any environment of some operating systems.

    Args:
        marker: "" is true everywhere.
        systems: values of ``sys_platform``.
        machine: the one ``platform_machine`` to try, "" for all that there are.

    Raises:
        InvalidMarkerError: if it is no marker.
    """
    if not marker:
        return bool(systems)
    return bool(Where(environments(marker, systems=systems, machine=machine))(marker))


class Where:
    """In which of some environments markers are true: a bit for each, the first one the lowest."""

    def __init__(self, tried: Iterable[Mapping[str, str]]) -> None:
        self._tried = tuple(tried)
        self._known: dict[Comparison, int] = {}

    def __call__(self, marker: str) -> int:
        """Return the bits of the environments in which a marker is true.

        Raises:
            InvalidMarkerError: if it is no marker.
        """
        everywhere = (1 << len(self._tried)) - 1
        return everywhere & fold(marker, self._bits) if marker else everywhere

    def _bits(self, comparison: Comparison) -> int:
        if comparison not in self._known:
            self._known[comparison] = sum(self._each(comparison))
        return self._known[comparison]

    def _each(self, comparison: Comparison) -> Iterator[int]:
        variable = comparison[1]
        # Many environments have the same Python, or the same system.
        truth: dict[str | None, bool] = {}
        for place, environment in enumerate(self._tried):
            value = environment.get(variable) if variable else None
            if value is None or value not in truth:
                truth[value] = compare(comparison, environment)
            yield truth[value] << place
