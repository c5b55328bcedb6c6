"""Has a lock a file that installs, on each platform that it claims?

A universal lock promises Linux, macOS and Windows; a package of which there are only wheels for
Linux breaks that promise unless a marker says so, and nobody notices until somebody tries.
"""

from __future__ import annotations

import os
import re
import sys

from lockhook._authoring import platforms
from lockhook._authoring.project import FILE
from lockhook._runtime.markers import InvalidMarkerError, check
from lockhook._runtime.named_tuple import NamedTuple
from lockhook.errors import ProjectError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Final

    from lockhook._authoring.locks import ManagedLock
    from lockhook._authoring.pin import Pin


class Platform(NamedTuple):
    """One kind of machine.

    Attributes:
        name: for people.
        system: its ``sys_platform``.
        machine: its ``platform_machine``.
        tag: a pattern of the tags of wheels that install there ("Platform compatibility tags").
    """

    name: str
    system: str
    machine: str
    tag: str


PLATFORMS: Final = (
    Platform("linux-x86_64", platforms.LINUX, "x86_64", r"(many)?linux.*_x86_64"),
    Platform("linux-aarch64", platforms.LINUX, "aarch64", r"(many)?linux.*_aarch64"),
    Platform("macos-arm64", platforms.MACOS, "arm64", r"macosx_.*_(arm64|universal2)"),
    Platform("windows-amd64", platforms.WINDOWS, "AMD64", r"win_amd64"),
)


def of_lock(lock: ManagedLock, pins: Sequence[Pin]) -> Iterator[str]:
    """Yield what `missing` says of the pins of a lock, on the platforms that its project names.

    Raises:
        ProjectError: if ``[tool.uv] environments`` is not a list of markers.
    """
    system = "" if lock.options.universal else sys.platform
    return missing(pins, environments(lock), system)


def environments(lock: ManagedLock) -> Sequence[str]:
    """Return the markers of the environments that a lock is for, none for all.

    Raises:
        ProjectError: if ``[tool.uv] environments`` is not a list of markers.
    """
    uv = lock.project.uv
    # Where a uv.toml, which cannot name any, hides them, uv minds them for its own lock only.
    declared = (uv.locking if lock.is_uvs else uv.settings).get("environments", [])
    claimed = [declared] if isinstance(declared, str) else declared
    try:
        for marker in claimed:
            check(marker)
    except (InvalidMarkerError, TypeError, AttributeError):
        raise ProjectError(
            f"[tool.uv] environments = {declared!r} is not a list of markers",
            path=os.path.join(uv.root, FILE),
            hint="write markers such as \"sys_platform == 'linux'\"",
        ) from None
    return tuple(claimed)


def missing(pins: Sequence[Pin], claimed: Sequence[str] = (), system: str = "") -> Iterator[str]:
    """Yield one line for each package that some claimed platforms have no file of.

    Pins of which the lock lists no files are passed over: nothing is known of them.

    Args:
        pins: those of one lock.
        claimed: markers of the environments that the lock is for; none for all.
        system: the one ``sys_platform`` that it is for, "" for all.
    """
    wanted = [one for one in PLATFORMS if _is_claimed(one, claimed, system)]
    for pin in pins:
        lacking = [one.name for one in wanted if pin.files and not _installs(pin, one)]
        if lacking:
            yield f"{pin.name} {pin.version}: no file for {', '.join(lacking)}"


def _is_claimed(platform: Platform, claimed: Sequence[str], system: str) -> bool:
    if system:
        return platform.system == system
    return not claimed or any(_applies(marker, platform) for marker in claimed)


def _applies(marker: str, platform: Platform) -> bool:
    return platforms.applies(marker, (platform.system,), machine=platform.machine)


def _installs(pin: Pin, platform: Platform) -> bool:
    if any(_fits(file, platform) for file in pin.files):
        return True
    return not _applies(pin.marker, platform)


def _fits(file: str, platform: Platform) -> bool:
    """Tell whether a file can be installed on a platform, under a Python that it is for."""
    stem, _, ending = file.rpartition(".")
    if ending != "whl":
        return True  # an sdist, which is built there
    tags = stem.rpartition("-")[2].split(".")
    return any(tag == "any" or re.fullmatch(platform.tag, tag) for tag in tags)
