"""Which package indexes a project uses, by its settings of uv."""

from __future__ import annotations

import os

from lockhook._runtime.names import without_credentials
from lockhook._runtime.record import Record
from lockhook._runtime.toml_table import table_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from lockhook._runtime.uv_config import UvConfig

PYTORCH = "https://download.pytorch.org/whl/"
# What its index of CPU builds is called where a project has no name for it yet.
CPU_NAME, CPU_URL = "pytorch-cpu", f"{PYTORCH}cpu"
_BUILDS = ("cpu", "cu", "rocm", "xpu")


class Indexes(Record):
    """The indexes of a project.

    Attributes:
        default: what stands in for the public index, "" if nothing does.
        cpu: the index of the CPU builds of PyTorch, "" if the project names none.
    """

    default: str = ""
    cpu: str = ""


def of_project(config: UvConfig) -> Indexes:
    """Return the indexes of a project; relative paths become absolute URLs.

    The CPU index is the one that ``[tool.lockhook] index`` names, else the one that the sources
    of torch name, else the first whose name or URL says ``cpu``.
    """
    defaults = [
        *(entry["url"] for entry in _entries(config) if _is_default(entry)),
        config.settings.get("index-url"),
    ]
    default = defaults[0]
    return Indexes(
        default=absolute(default, config.root) if isinstance(default, str) else "",
        cpu=cpu_entry(config).get("url", ""),
    )


def by_name(config: UvConfig) -> Mapping[str, str]:
    """Return the URL of each index that has a name, without credentials."""
    return {
        entry["name"]: without_credentials(entry["url"])
        for entry in reversed(_entries(config))
        if isinstance(entry.get("name"), str)
    }


def cpu_entry(config: UvConfig) -> Mapping[str, Any]:
    """Return the ``[[index]]`` of the CPU builds, empty if there is none."""
    return next(_cpu_candidates(config, _entries(config)), {})


def _entries(config: UvConfig) -> list[dict[str, Any]]:
    return [
        {**entry, "url": absolute(entry["url"], directory)}
        for entry, directory in config.declared()
        if isinstance(entry.get("url"), str)
    ]


def _is_default(entry: Mapping[str, Any]) -> bool:
    return entry.get("default") is True and not entry.get("explicit")


def _cpu_candidates(config: UvConfig, entries: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    # Of two with one name the first counts.
    by_name = {e["name"]: e for e in reversed(entries) if isinstance(e.get("name"), str)}
    named = table_at(config.pyproject, "tool", "lockhook").get("index")
    chosen = [source.get("index") for source in config.sources.get("torch", ())]
    names = (name for name in (named, *chosen) if isinstance(name, str))
    yield from (by_name[name] for name in names if name in by_name)
    for entry in entries:
        words = (
            f"{entry.get('name', '')} {entry['url']}".lower().replace("/", " ").replace("-", " ")
        )
        if "cpu" in words.split():
            yield entry


def of_label(label: str) -> str:
    """Return PyTorch's own index for a local version label such as ``cpu``; "" for any other."""
    return PYTORCH + label if label.startswith(_BUILDS) and label.isalnum() else ""


def absolute(url: str, directory: str) -> str:
    """Return the URL of an index, which may be given as a path relative to a directory.

    Without a directory it stays as it is.
    """
    if "://" in url or not directory:
        return url
    from pathlib import Path

    return Path(os.path.abspath(os.path.join(directory, url))).as_uri()
