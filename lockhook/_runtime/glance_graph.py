"""What a uv.lock asks for in one environment, for who only wants to know whether it is there."""

from __future__ import annotations

import os

from lockhook._runtime import plain_graph, plain_uv_lock
from lockhook._runtime.uv_groups import default_groups

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    # Name to version, "" for none; the number of names that do not apply; and name to what the
    # `direct_url.json` of a local project may be, word for word.
    Found = tuple[dict[str, str], int, dict[str, tuple[bytes, ...]]]


def look(path: str, data: bytes, markers: Mapping[str, str]) -> Found | None:
    """Return what is to be installed, None where that is not plain.

    Args:
        path: the lock.
        data: its bytes.
        markers: the marker variables of the environment.

    Raises:
        LockfileError: if it does not hold together.
        ProjectError: if the ``pyproject.toml`` beside it has to be read, and cannot be.
    """
    document = plain_uv_lock.document(data)
    if document is None:
        return None
    try:
        packages, others = plain_graph.choose(document, markers, default_groups(path))
    except plain_graph.NotPlainError:
        return _look_carefully(path, document, markers)
    projects = {}
    for name, package in packages.items():
        if "registry" not in package["source"]:
            projects[name] = project(package["source"])
    versions = {name: package.get("version", "") for name, package in packages.items()}
    return _found(path, versions, others, projects)


def project(source: Mapping[str, str]) -> tuple[str, bool] | None:
    """Return where a project lies and whether it is editable; None for what is no project."""
    ((kind, place),) = source.items()
    return (place, kind == "editable") if kind in {"directory", "editable"} else None


def _look_carefully(
    path: str, document: dict[str, Any], markers: Mapping[str, str]
) -> Found | None:
    from lockhook._runtime import lockfile, selection

    chosen = selection.select(lockfile.of_graph(document, path, ""), markers)
    projects = {}
    for pin in chosen.pins:
        if origin := pin.origin:
            is_project = origin.kind == "directory" and not origin.subdirectory
            projects[pin.name] = (origin.url, origin.editable) if is_project else None
    versions = {pin.name: pin.wanted.version if pin.wanted else "" for pin in chosen.pins}
    return _found(path, versions, len(chosen.not_applicable), projects)


def _found(
    path: str,
    versions: dict[str, str],
    not_applicable: int,
    projects: Mapping[str, tuple[str, bool] | None],
) -> Found | None:
    records = {name: _records(*one, path) if one else () for name, one in projects.items()}
    if not all(records.values()):
        return None
    return versions, not_applicable, records


def _records(url: str, editable: bool, path: str) -> tuple[bytes, ...]:
    """Return what uv and pip write of a project that lies where a lock says (PEP 610).

    It is empty for a path that would have to be quoted.
    """
    place = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(path)), url))
    if place[0] != "/" or not _PLAIN_PATH.issuperset(place):
        return ()
    uvs, pips = ('{"editable":true}', '{"editable": true}') if editable else ("{}", "{}")
    return (
        f'{{"url":"file://{place}","dir_info":{uvs}}}'.encode(),
        f'{{"dir_info": {pips}, "url": "file://{place}"}}'.encode(),
    )


_PLAIN_PATH = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-")
