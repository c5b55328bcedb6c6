"""The policy ``accelerator = "cpu"`` on a lock of any format: pure, from pins to leaks.

Settings do not decide it: uv applies a source to direct dependencies only, so a project whose
``[tool.uv]`` names the CPU index can well have a lock full of CUDA.
"""

from __future__ import annotations

import sys

from lockhook._authoring import config, platforms
from lockhook._authoring.chains import chains
from lockhook._runtime import indexes
from lockhook._runtime.accelerator_names import (
    build_of_label,
    is_accelerator_label,
    is_accelerator_name,
    is_cpu_label,
    is_torch_family,
)
from lockhook._runtime.names import without_credentials
from lockhook._runtime.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Final

    from lockhook._authoring.locks import ManagedLock
    from lockhook._authoring.pin import Pin

# Why a pin is a leak. The first kind is mended by the CPU index; the others never are.
SOURCE: Final = "source"
LABEL: Final = "label"
NAME: Final = "name"
INDEX: Final = "index"


class Policy(Record):
    """What a project allows.

    Attributes:
        accelerator: ``"cpu"`` or ``"any"``.
        accept: package to the reason why it may be there all the same.
        cpu_index: the URL of the index that serves CPU builds and nothing else, "" if the project
            names none.
        system: the ``sys_platform`` that a lock is for, "" for all.
    """

    accelerator: str = "cpu"
    accept: Mapping[str, str] = {}
    cpu_index: str = ""
    system: str = ""


class Leak(Record):
    """A pin that the policy does not allow.

    Attributes:
        pin: the pin.
        kind: one of the constants of this module.
        message: one line for people, without the package's name.
    """

    pin: Pin
    kind: str
    message: str

    def __str__(self) -> str:
        return f"{self.pin.name} {self.message}"


def leaks(pins: Iterable[Pin], policy: Policy) -> Iterator[Leak]:
    """Yield the pins that bring an accelerator build, or come from where only torch should.

    A pin of the torch family is right if it comes from a CPU index, is labelled ``+cpu``, or is
    for macOS only, where there are no other builds.
    """
    if policy.accelerator == "any":
        return
    for pin in pins:
        if pin.name not in policy.accept and (found := _judge(pin, policy)):
            kind, message = found
            yield Leak(pin=pin, kind=kind, message=message)


def accepted(pins: Iterable[Pin], policy: Policy) -> Iterator[str]:
    """Yield one line for each exemption that is in force: what would be a leak without it."""
    bare = Policy(cpu_index=policy.cpu_index, system=policy.system)
    for pin in pins if policy.accelerator != "any" else ():
        if pin.name in policy.accept and _judge(pin, bare):
            yield f"accepted: {pin.name} {pin.version}: {policy.accept[pin.name]}"


def _judge(pin: Pin, policy: Policy) -> tuple[str, str] | None:
    """Return the kind of a leak and what to say of it, None if it is none."""
    suspicion = _suspect(pin, policy)
    if suspicion is None:
        return None
    # Markers are looked at last: most pins are above suspicion, and this takes a while.
    systems: tuple[str, ...] = (policy.system,) if policy.system else platforms.SYSTEMS
    if suspicion[0] == SOURCE:
        systems = tuple(system for system in systems if system != platforms.MACOS)
    return suspicion if platforms.applies(pin.marker, systems) else None


def _suspect(pin: Pin, policy: Policy) -> tuple[str, str] | None:
    version = _version(pin)
    if is_accelerator_label(version):
        return LABEL, f"{version} is a build for {build_of_label(version)}"
    if is_torch_family(pin.name):
        if is_cpu_label(version) or is_cpu_index(_origin(pin), policy):
            return None
        return SOURCE, f"{version} comes from {_place(pin)}, not from the CPU index"
    if is_accelerator_name(pin.name):
        return NAME, f"{version} is for accelerators only"
    if policy.cpu_index and pin.index_url and is_cpu_index(pin.index_url, policy):
        return INDEX, f"{version} comes from the CPU index, which is for torch alone"
    return None


def _version(pin: Pin) -> str:
    """Return the version; of a direct reference that of its file, ``torch-2.9.1%2Bcpu-...``."""
    if pin.version or not pin.url:
        return pin.version
    from urllib.parse import unquote

    return unquote(pin.url.rpartition("/")[2]).partition("-")[2].partition("-")[0]


def _origin(pin: Pin) -> str:
    return pin.index_url or pin.url.rpartition("/")[0]


def _place(pin: Pin) -> str:
    return without_credentials(_origin(pin)) or "an index that the lock does not name"


def is_cpu_index(url: str, policy: Policy) -> bool:
    """Tell whether a URL is that of the project's CPU index, or of one called ``cpu``."""
    if policy.cpu_index and _same(url, policy.cpu_index):
        return True
    path = without_credentials(url).partition("://")[2].partition("/")[2]
    return "cpu" in path.lower().split("/")


def _same(url: str, index: str) -> bool:
    """Tell whether a URL is that of an index, or of a file that it serves."""
    url, index = (without_credentials(text).rstrip("/") + "/" for text in (url, index))
    return url.startswith(index)


def explain(leaks: Iterable[Leak], pins: Sequence[Pin]) -> Iterator[str]:
    """Yield indented lines that name each leaking package, and the chains that brought it in.

    Args:
        leaks: some leaks of one lock.
        pins: all of that lock, which tell what wants them.
    """
    for name, leak in {leak.pin.name: leak for leak in leaks}.items():
        yield f"  {leak}"
        yield from (f"    {' -> '.join(chain)}" for chain in chains(pins, name))


def of_lock(lock: ManagedLock) -> Policy:
    """Return the policy that a lock must keep to, as its project's settings have it.

    Raises:
        ConfigError: if ``[tool.lockhook]`` is not right.
    """
    project = lock.project
    settings = config.read(project)
    known = indexes.of_project(project.uv)
    return Policy(
        accelerator=settings.accelerator,
        accept=settings.accept,
        # An index that everything comes from proves nothing of a build.
        cpu_index=known.cpu if known.cpu != known.default else "",
        system="" if lock.options.universal else sys.platform,
    )


def mend(leaks: Iterable[Leak], policy: Policy) -> str:
    """Return the one change that mends the gravest of some leaks, in words."""
    by_kind = {leak.kind: leak.pin.name for leak in reversed(list(leaks))}
    if SOURCE in by_kind and not policy.cpu_index:
        return "name the CPU index in pyproject.toml: `lockhook init` does, or the README says how"
    if INDEX in by_kind:
        return "set `explicit = true` for the CPU index under [[tool.uv.index]] in pyproject.toml"
    if LABEL in by_kind:
        return f"change the source of {by_kind[LABEL]} under [tool.uv.sources] to the CPU index"
    name = by_kind.get(NAME) or by_kind[SOURCE]
    line = f'{name} = "why it is needed"'
    return f"do without it, or allow it in pyproject.toml: [tool.lockhook.accept] {line}"
