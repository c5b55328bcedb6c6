"""The pins of a uv.lock, with where they come from, where they apply and what wants them."""

from __future__ import annotations

import os

from lockhook._authoring.pin import Pin
from lockhook._runtime import indexes, uv_lock
from lockhook._runtime.names import normalize
from lockhook._runtime.uv_pins import origin_of, source_of
from lockhook._runtime.uv_walk import target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from lockhook._runtime.model import Origin
    from lockhook._runtime.toml_table import Table
    from lockhook._runtime.uv_lock import Graph

# What is installed from a folder of the project itself; it is no pin of anything.
_LOCAL = ("editable", "virtual", "directory")

Wanting = tuple[str, str]  # who, and where (a marker)


def read(graph: Graph, directory: str, *, folders: bool = False) -> Iterator[Pin]:
    """Yield the pins of a whole uv.lock, those of all its extras and groups.

    Markers stand on its edges: a pin applies where any of the edges to it does.

    Args:
        graph: the lock.
        directory: what the paths of local indexes are relative to.
        folders: with the packages that are installed from a folder, but the project itself.

    Raises:
        LockfileError: if a source is not as uv writes it.
    """
    tables = [table for entries in graph.packages.values() for table in entries]
    wanted: dict[int, dict[Wanting, None]] = {}
    for table in tables:
        for edge in uv_lock.all_edges(table):
            wanting = (_label(table, graph), edge.text("marker"))
            wanted.setdefault(id(target(graph, edge)), {})[wanting] = None
    for table in tables:
        source, kind = source_of(table)
        if kind not in _LOCAL or (folders and _is_installed(source, kind)):
            yield _pin(table, source, kind, list(wanted.get(id(table), ())), directory)


def _is_installed(source: Table, kind: str) -> bool:
    return kind != "virtual" and source.text(kind) != "."


def _label(table: Table, graph: Graph) -> str:
    """Return the name of a package, of what lies in a folder here with its ``pyproject.toml``."""
    name, source = normalize(table.required("name")), dict(table.values.get("source") or {})
    folder = next((str(source[kind]) for kind in _LOCAL if kind in source), None)
    if folder is None and name not in graph.roots:
        return name
    prefix = "" if folder in {None, "."} else f"{folder}/"
    return f"{name} ({prefix}pyproject.toml)"


def _pin(table: Table, source: Table, kind: str, wanted: list[Wanting], directory: str) -> Pin:
    origin = origin_of(source, kind)
    where = _referring(origin, directory) if origin else {}
    registry = source.text("registry") if origin is None else ""
    files = [*table.tables("wheels"), *filter(None, [table.table("sdist")])]
    return Pin(
        normalize(table.required("name")),
        "" if origin else table.text("version"),
        _both(_any([marker for _, marker in wanted]), _any(table.texts("resolution-markers"))),
        index_url=indexes.absolute(registry, directory) if registry else "",
        via=tuple(dict.fromkeys(who for who, _ in wanted)),
        files=tuple(os.path.basename(file.text("url") or file.text("path")) for file in files),
        hashes=tuple(digest.lower() for file in files if (digest := file.text("hash"))),
        **where,
    )


def _referring(origin: Origin, directory: str) -> dict[str, Any]:
    from lockhook._authoring import reference  # of no use to a lock of which all is from indexes

    return {"url": reference.spelled(origin), "reference": reference.of(origin, directory)}


def _any(markers: Any) -> str:
    """Return the marker that is true where any of some is; "" is true everywhere."""
    distinct = list(dict.fromkeys(markers))
    if not distinct or "" in distinct:
        return ""
    return " or ".join(f"({marker})" for marker in distinct) if distinct[1:] else distinct[0]


def _both(one: str, other: str) -> str:
    return f"({one}) and ({other})" if one and other else one or other
