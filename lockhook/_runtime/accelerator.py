"""Builds for accelerators in an environment, where the policy is CPU only.

Versions do not tell: the wheel that the default index has for Linux calls itself plain 2.9.1,
and brings CUDA. What the build was made for stands in its ``version.py``, which is read as text
here: importing torch would take seconds, and run what is to be judged.
"""

from __future__ import annotations

import os

from lockhook._runtime.accelerator_names import (
    TORCH_FAMILY,
    build_of_label,
    is_accelerator_label,
    is_accelerator_name,
    is_torch_family,
)
from lockhook._runtime.record import Record
from lockhook._runtime.torch_version import facts, read, torch_build

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lockhook._runtime.installed import Distribution


class Leak(Record):
    """One installed distribution that the policy ``cpu`` does not allow.

    Attributes:
        package: normalised name.
        kind: ``"build"``: of the torch family, for an accelerator. ``"package"``: of use with
            an accelerator only, and pinned. ``"undecidable"``: a torch whose ``version.py`` does
            not say. ``"unknown"``: a torch without label that has no ``version.py`` at all.
        build: ``"cuda 12.8"`` and the like, "" where nothing says.
        version: as installed.
        location: the directory in which it was found.
        message: one line for people, without the package's name.
        accept: the line for ``[tool.lockhook.accept]`` that allows it; its reason is still to
            be written.
    """

    package: str
    kind: str
    build: str
    version: str
    location: str
    message: str
    accept: str


class Leaks(Record):
    """What the policy forbids, and what it would forbid but for an exemption."""

    found: tuple[Leak, ...]
    accepted: tuple[Leak, ...]


def leaks(
    locked: Iterable[str],
    installed: Mapping[str, list[Distribution]],
    accept: Iterable[str] = (),
) -> Leaks:
    """Return the installed distributions that bring an accelerator build.

    Builds of the torch family count whether a lock pins them or not; accelerator packages only
    when it does, since what no lock pins is an extra.

    Args:
        locked: normalised names of the pins that apply in the environment.
        installed: normalised name to distributions, first on the path first.
        accept: normalised names that the project allows.
    """
    names = sorted(installed.keys() & {*TORCH_FAMILY, *locked})
    every = [leak for name in names for leak in _judge(installed[name][0])]
    allowed = frozenset(accept)
    return Leaks(
        found=tuple(leak for leak in every if leak.package not in allowed),
        accepted=tuple(leak for leak in every if leak.package in allowed),
    )


def _judge(distribution: Distribution) -> Iterator[Leak]:
    name, version = distribution.name, distribution.version
    if is_torch_family(name):
        build = build_of(distribution.location, name, version)
        if build not in {"", "cpu"}:
            yield _leak(distribution, "build", build, f"{version} is a build for {build}")
        elif not build and name == "torch":
            yield _undecided(distribution)
    elif is_accelerator_name(name):
        build = build_of_label(version)
        yield _leak(distribution, "package", build, f"{version} is for accelerators only")


def _undecided(distribution: Distribution) -> Leak:
    file = os.path.join(distribution.location, "torch", "version.py")
    if os.path.lexists(file):
        return _leak(distribution, "undecidable", "", f"{file} does not say what it was built for")
    return _leak(distribution, "unknown", "", f"{file} is missing: nothing says what it is for")


def _leak(distribution: Distribution, kind: str, build: str, message: str) -> Leak:
    return Leak(
        package=distribution.name,
        kind=kind,
        build=build,
        version=distribution.version,
        location=distribution.location,
        message=message,
        accept=f'{distribution.name} = "why it is needed"',
    )


def build_of(location: str, name: str = "torch", version: str = "") -> str:
    """Return what a distribution of the torch family was built for.

    Its files decide. Its version does only where they say nothing, or where it names an
    accelerator: an environment of which two parts disagree is not CPU only.

    Args:
        location: the directory in which the distribution is installed.
        name: normalised name, a key of `TORCH_FAMILY`.
        version: as its metadata spell it.

    Returns:
        ``"cpu"``, ``"cuda 12.8"``, ``"rocm 6.4"``, ``"xpu 20250303"``; "" if nothing says: then
        it must not be taken for a CPU build.
    """
    label = build_of_label(version)
    module = TORCH_FAMILY[name]
    text = read(os.path.join(location, module, "version.py")) if module else None
    if text is None:
        return label
    found = _build_in_file(name, text)
    if found in {"", "cpu"} and is_accelerator_label(version):
        return label
    # A torch whose file is there and odd is no CPU build because its name says so.
    return found or (label if name != "torch" else "")


def _build_in_file(name: str, text: str) -> str:
    if name == "torch" and any(word in text for word in ("cuda", "hip", "rocm", "xpu")):
        return torch_build(text)
    return build_of_label(facts(text).get("__version__", ""))
