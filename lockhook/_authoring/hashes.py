"""The hashes of every file of a pin, where uv writes those of one file only.

For an index that is a folder of wheels, ``uv pip compile --generate-hashes`` takes the hash of the
file that it read, the one for this machine; the lock would install nowhere else. Its
``pylock.toml`` lists them all.
"""

from __future__ import annotations

import re

import tomli

from lockhook._runtime.names import normalize
from lockhook._runtime.toml_table import table_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Final

    from lockhook._runtime.uv_config import UvConfig

_PIN: Final = re.compile(
    r"^(?P<head>(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;]+)[^\n]*) \\\n"
    r"(?P<hashes>(?:    --hash=\S+(?: \\)?\n)+)",
    re.MULTILINE,
)


def complete(text: str, pylock: str) -> str:
    """Return a requirements.txt with the hashes of all files that another lock lists.

    Args:
        text: as uv wrote it.
        pylock: the text of a ``pylock.toml`` of the same resolution.
    """
    known = _by_pin(pylock)

    def with_all(found: re.Match[str]) -> str:
        own = re.findall(r"--hash=(\S+)", found["hashes"])
        every = sorted({*own, *known.get((normalize(found["name"]), found["version"]), ())})
        return found["head"] + "".join(f" \\\n    --hash={each}" for each in every) + "\n"

    return _PIN.sub(with_all, text)


def _by_pin(pylock: str) -> Mapping[tuple[str, str], set[str]]:
    hashes: dict[tuple[str, str], set[str]] = {}
    for package in tomli.loads(pylock).get("packages", []):
        key = package["name"], package.get("version", "")
        hashes.setdefault(key, set()).update(_of_package(package))
    return hashes


def _of_package(package: Mapping[str, Any]) -> set[str]:
    files = [*package.get("wheels", []), *filter(None, [package.get("sdist")])]
    return {f"{name}:{digest}" for file in files for name, digest in file["hashes"].items()}


def are_incomplete(uv: UvConfig) -> bool:
    """Tell whether a project's settings of uv name a folder of wheels."""
    flat = any(entry.get("format") == "flat" for entry, _ in uv.declared())
    pip = table_at(uv.settings, "pip")
    return flat or bool(uv.settings.get("find-links") or pip.get("find-links"))
