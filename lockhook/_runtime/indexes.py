"""Which package indexes a project uses, read from its ``[tool.uv]``."""

from __future__ import annotations

import os

from lockhook._runtime.names import normalize, without_credentials
from lockhook._runtime.record import Record
from lockhook._runtime.toml_table import table_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

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


def of_project(pyproject: Mapping[str, Any], directory: str) -> Indexes:
    """Return the indexes that ``[tool.uv]`` names; relative paths become absolute URLs.

    The CPU index is the one that ``[tool.lockhook] index`` names, else the one that the sources
    of torch name, else the first whose name or URL says ``cpu``.

    Args:
        pyproject: the parsed ``pyproject.toml``.
        directory: where it lies.
    """
    uv = table_at(pyproject, "tool", "uv")
    entries = _entries(pyproject)
    default = next((e["url"] for e in entries if e.get("default") is True), uv.get("index-url"))
    cpu = cpu_entry(pyproject)
    return Indexes(
        default=absolute(default, directory) if isinstance(default, str) else "",
        cpu=absolute(cpu["url"], directory) if cpu else "",
    )


def by_name(pyproject: Mapping[str, Any], directory: str) -> Mapping[str, str]:
    """Return the URL of each ``[[tool.uv.index]]`` that has a name, without credentials."""
    return {
        entry["name"]: without_credentials(absolute(entry["url"], directory))
        for entry in _entries(pyproject)
        if isinstance(entry.get("name"), str)
    }


def sources(pyproject: Mapping[str, Any]) -> Mapping[str, list[dict[str, Any]]]:
    """Return where ``[tool.uv.sources]`` takes each package from, by its normalised name.

    A package can have several sources, each with its marker.
    """
    declared = table_at(pyproject, "tool", "uv", "sources")
    return {
        normalize(name): [
            s for s in (value if isinstance(value, list) else [value]) if isinstance(s, dict)
        ]
        for name, value in declared.items()
    }


def cpu_entry(pyproject: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the ``[[tool.uv.index]]`` of the CPU builds, empty if there is none."""
    return next(_cpu_candidates(pyproject, _entries(pyproject)), {})


def _entries(pyproject: Mapping[str, Any]) -> list[dict[str, Any]]:
    uv = table_at(pyproject, "tool", "uv")
    return [entry for entry in _list(uv, "index") if isinstance(entry.get("url"), str)]


def _cpu_candidates(
    pyproject: Mapping[str, Any], entries: list[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    by_name = {e["name"]: e for e in entries if isinstance(e.get("name"), str)}
    named = table_at(pyproject, "tool", "lockhook").get("index")
    chosen = [source.get("index") for source in sources(pyproject).get("torch", ())]
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
    """Return the URL of an index, which may be given as a path relative to a directory."""
    if "://" in url:
        return url
    from pathlib import Path

    return Path(os.path.abspath(os.path.join(directory, url))).as_uri()


def _list(parent: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    value = parent.get(key)
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
