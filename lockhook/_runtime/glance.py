"""Whether everything is plainly as locked: the fast path of the guard.

A lock as uv writes it, and an environment in which each package has the very version that is
locked: that is what nearly every run finds, and a few operations for each package show it. All
else is for `verification`, which says what is wrong. Where a glance decides, both give the same
report: a property test holds them together.
"""

from __future__ import annotations

import gc
import os

from lockhook._runtime import installed, presence, shadow
from lockhook._runtime.environment import describe
from lockhook._runtime.lock_bytes import kind_of, read_bytes
from lockhook._runtime.plain import applicable
from lockhook._runtime.record import Record
from lockhook._runtime.report import Report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lockhook._runtime.environment import Environment
    from lockhook._runtime.installed import Distribution, Installed
    from lockhook._runtime.plain import Plain
    from lockhook._runtime.policy import Policy
    from lockhook._runtime.report import Finding


def look(path: str, environment: Environment, policy: Policy) -> Report | None:
    """Return the report of an environment that is plainly as locked, None for any other.

    Args:
        path: the lock.
        environment: the interpreter to look at.
        policy: what to skip. Where it is strict or wants every file looked at, a glance is none.
    """
    # Nothing may be taken out of a pipe that somebody else has to read.
    if policy.strict or policy.integrity or not os.path.isfile(path):
        return None
    # Thousands of objects come and go, none of them in a circle: to look for circles is in vain.
    collects = gc.isenabled()
    gc.disable()
    try:
        return _look(path, environment, policy)
    except (OSError, ValueError):
        return None
    finally:
        if collects:
            gc.enable()


def _look(path: str, environment: Environment, policy: Policy) -> Report | None:
    data = read_bytes(path)
    wanted = _wanted(path, data, environment.markers)
    if wanted is None or not wanted.pins:
        return None
    found = installed.scan(environment.path)
    skipped = wanted.pins.keys() & policy.skipped()
    judged = {name: version for name, version in wanted.pins.items() if name not in skipped}
    as_locked = _are_as_locked(judged, wanted.records, found, environment)
    if not as_locked or _leaks(wanted.pins, found.by_name, policy):
        return None
    extras = tuple(_extras(path, wanted.pins, found.by_name, policy))
    return Report.of(
        data,
        lockfile=path,
        status="passed",
        summary={
            **_NO_FINDINGS,
            "total": len(wanted.pins),
            "matched": len(judged),
            "skipped": len(skipped),
            "not_applicable": wanted.not_applicable,
            "extra": len(extras),
        },
        findings=extras,
        fix=(),
        environment=describe(environment),
        proof={"version": len(judged), "archive": 0},
    )


_NO_FINDINGS = dict.fromkeys(
    [
        *("total", "matched", "mismatched", "missing", "skipped", "not_applicable"),
        *("extra", "leak", "accepted", "modified"),
    ],
    0,
)


class _Wanted(Record):
    """What a lock asks for here.

    Attributes:
        pins: normalised name to version, "" where the lock has none.
        not_applicable: the number of names of which no pin applies.
        records: name to what the ``direct_url.json`` of a local project may be, word for word.
    """

    pins: dict[str, str]
    not_applicable: int
    records: Mapping[str, tuple[bytes, ...]] = {}


def _wanted(path: str, data: bytes, markers: Mapping[str, str]) -> _Wanted | None:
    kind = kind_of(path)
    if kind == "requirements.txt":
        from lockhook._runtime import plain_requirements

        return _applicable(plain_requirements.read(data), markers)
    if kind == "pylock.toml":
        from lockhook._runtime import plain_pylock

        return _applicable(plain_pylock.read(data), markers)
    return _of_graph(path, data, markers) if kind == "uv.lock" else None


def _of_graph(path: str, data: bytes, markers: Mapping[str, str]) -> _Wanted | None:
    from lockhook._runtime import glance_graph

    found = glance_graph.look(path, data, markers)
    if found is None:
        return None
    versions, not_applicable, records = found
    return _Wanted(pins=versions, not_applicable=not_applicable, records=records)


def _applicable(lock: Plain | None, markers: Mapping[str, str]) -> _Wanted | None:
    """Return what of a list of pins applies, None where that is not plain."""
    if lock is None or not _is_for(lock, markers):
        return None
    places = applicable(lock, markers)
    if not places or not _have_wheels(lock, places, markers):
        return None
    pins = {lock.names[place]: lock.versions[place] for place in places}
    return _Wanted(pins=pins, not_applicable=len(set(lock.names).difference(pins)))


def _is_for(lock: Plain, markers: Mapping[str, str]) -> bool:
    """Tell whether a lock is plainly for an environment."""
    if lock.coverage:
        from lockhook._runtime.coverage import outside

        if outside(lock.coverage, markers):
            return False
    if not lock.requires:
        return True
    from lockhook._runtime.plain_markers import is_plainly_inside

    python = markers["python_full_version"]
    return all(is_plainly_inside(wanted, python) for wanted in lock.requires)


def _have_wheels(lock: Plain, places: list[int], markers: Mapping[str, str]) -> bool:
    wheels = [lock.wheels[place] for place in places if lock.wheels[place]] if lock.wheels else ()
    if not wheels:
        return True
    from lockhook._runtime.wheel_tags import may_fit

    return all(any(may_fit(wheel, markers) for wheel in files) for files in wheels)


def _are_as_locked(
    pins: Mapping[str, str],
    records: Mapping[str, tuple[bytes, ...]],
    found: Installed,
    environment: Environment,
) -> bool:
    first = []
    for name, version in pins.items():
        candidates = found.by_name.get(name)
        if not candidates or not _is_as_locked(version, candidates):
            return False
        first.append(candidates[0])
    return (
        _are_recorded(first, records)
        and not presence.absent(found, pins)
        and not shadow.shadows(found, environment.stdlib, pins)
    )


def _is_as_locked(version: str, candidates: list[Distribution]) -> bool:
    first = candidates[0]
    if (version and first.version != version) or first.problem:
        return False
    # Two records in one directory are the traces of an interrupted upgrade.
    return len(candidates) == 1 or all(d.location != first.location for d in candidates[1:])


def _are_recorded(
    distributions: Iterable[Distribution], records: Mapping[str, tuple[bytes, ...]]
) -> bool:
    """Tell whether each says of its origin what a lock says, nothing for one from an index."""
    infos: dict[str, list[str]] = {}
    for one in distributions:
        if one.name not in records:
            infos.setdefault(one.location, []).append(one.metadata[len(one.location) :])
        elif installed.beginning(one.metadata + _DIRECT_URL, _LONGEST) not in records[one.name]:
            return False
    return not any(_is_any_recorded(location, names) for location, names in infos.items())


def _is_any_recorded(location: str, infos: Iterable[str]) -> bool:
    with installed.Folder(location) as folder:
        return any(folder.has(info.strip(os.sep) + _DIRECT_URL) for info in infos)


_DIRECT_URL = f"{os.sep}direct_url.json"
_LONGEST = 4096  # bytes


def _leaks(
    pins: Iterable[str], installed: Mapping[str, list[Distribution]], policy: Policy
) -> bool:
    """Tell whether anything is there that the policy ``cpu`` forbids, or might."""
    if policy.accelerator == "any":
        return False
    names = "\n".join(installed)
    if not any(word in names for word in _WORDS):
        return False
    from lockhook._runtime.accelerator import leaks

    return bool(leaks(pins, installed).found)


# Every name that `accelerator_names` has a rule for holds one of these; a test sees to it.
_WORDS = (
    *("torch", "xformers", "fbgemm", "triton", "nvidia", "gpu", "cuda", "cupy", "pynv", "amdsmi"),
    *("intel-pti", "libtpu", "xpu", "sycl", "directml", "tensorrt", "hip", "rocm"),
    *(f"cu{digit}" for digit in range(10)),
)


def _extras(
    path: str, pins: Iterable[str], installed: Mapping[str, list[Distribution]], policy: Policy
) -> Iterable[Finding]:
    names = policy.beside(pins, installed)
    if not names:
        return ()
    from lockhook._runtime.discovery import nearest_project, project_name
    from lockhook._runtime.extra import findings

    project = nearest_project(os.path.dirname(os.path.abspath(path)))
    return findings(names, installed, project_name(project or ""), policy)
