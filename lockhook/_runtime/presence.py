"""Distributions whose modules are gone while the record of their installation is still there.

No file is looked at for most of them: the listing of the directory has the module that is named
like the package. Where it has none, the beginning of the RECORD tells what the modules are called.
What is missing deeper inside, only ``--integrity`` finds.
"""

from __future__ import annotations

import os

from lockhook._runtime.installed import READ
from lockhook._runtime.shadow import EVERYBODYS, module_of, top_level

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lockhook._runtime.installed import Distribution, Installed

_HEAD = 2**12  # bytes in which some module of nearly every package is named
_PAGE = 2**16  # bytes
_FEW = 4  # pages, in which a module is looked for where others are found
_MOST = 2**22  # bytes; the RECORD of torch, one of the longest, has 2 MB
_MODULES = (b".py", b".so", b".pyd")


def absent(installed: Installed, names: Iterable[str]) -> dict[str, str]:
    """Return which of some distributions lack a module, and its path in their directory.

    Args:
        installed: what is installed, and what could be imported from each entry of the path.
        names: normalised names of the distributions that matter.
    """
    found: dict[str, str] = {}
    for name in names:
        if not (candidates := installed.by_name.get(name)):
            continue
        first = candidates[0]
        children = installed.modules[first.location]
        module = name.replace("-", "_")
        if module in children or f"{module}.py" in children:
            continue
        part = name.replace("-", "/")  # of a namespace package: zope/interface
        if name.partition("-")[0] in children and os.path.lexists(f"{first.location}/{part}"):
            continue
        if path := _first_absent(first, children) or _elsewhere(module, candidates, installed):
            found[name] = path
    return found


def _elsewhere(module: str, candidates: list[Distribution], installed: Installed) -> str:
    """Return the module of a package that is not where its first record is, but at the second.

    As where a stale ``.egg-info`` lies in a source tree on ``PYTHONPATH``, without a RECORD.
    """
    first, *others = candidates
    children = installed.modules[first.location]
    if others and (top_level(first) & set(map(module_of, children))) - {""}:
        return ""
    for other in others:
        children = installed.modules[other.location]
        if found := {module, f"{module}.py"} & children:
            return found.pop()
    return ""


def _first_absent(distribution: Distribution, children: frozenset[str]) -> str:
    modules, inside = _named(distribution)
    for path in modules:
        top, _, rest = path.partition("/")
        if top not in children and not _is_there(distribution.location, top, children):
            return top
        inside = inside or (rest and path.rpartition("/")[0])
    # Others may have a part in the same namespace package: so its own part is looked at too.
    if "/" not in inside or os.path.lexists(os.path.join(distribution.location, inside)):
        return ""
    return _outermost(distribution.location, inside)


def _first_package(rows: bytes) -> str:
    """Return the path of the first package that rows name, "" if it is nobody's own."""
    end = rows.find(_PACKAGE)
    text = rows[rows.rfind(b"\n", 0, end) + 1 : end].decode("utf-8", "surrogateescape")
    parts = text.split("/")
    return text if parts[0].isidentifier() and EVERYBODYS.isdisjoint(parts) else ""


def _is_there(location: str, top: str, children: frozenset[str]) -> bool:
    """Tell whether a module is there under another ending, or another spelling of its name."""
    module = module_of(top)
    return any(module_of(child) == module for child in children) or os.path.lexists(
        os.path.join(location, top)
    )


def _outermost(location: str, path: str) -> str:
    while not os.path.lexists(os.path.join(location, os.path.dirname(path))):
        path = os.path.dirname(path)
    return path


def _named(distribution: Distribution) -> tuple[list[str], str]:
    """Return a path of each importable file or directory that a RECORD begins with.

    And the one that is named like the package, wherever it stands, behind a hundred licences: rows
    are sorted, so only thousands of others of an earlier name would hide it. With them, the
    directory of the first package of all.
    """
    module = distribution.name.replace("-", "_")
    found: list[str] = []
    inside = None
    for place, rows in enumerate(_pages(os.path.join(distribution.metadata, "RECORD"))):
        if found and place > _FEW:
            break
        if inside is None and _PACKAGE in rows:
            inside = _first_package(rows)
        new = _named_like(module, rows) if place else []
        found += new or ([] if found else _modules_of(rows))
    return found, inside or ""


_PACKAGE = b"/__init__.py,"


def _named_like(module: str, rows: bytes) -> list[str]:
    """Return the paths of a module, with one search in the place of a look at each row."""
    own, begin = (f"{module}/__init__.py", f"{module}.py"), f"\n{module}".encode()
    found, start = [], rows.find(begin)
    while start >= 0:
        found += [path for path in own if rows.startswith(f"{path},".encode(), start + 1)]
        start = rows.find(begin, start + 1)
    return found


def _modules_of(rows: bytes) -> Iterator[str]:
    last = b"."  # what lies outside the directory, scripts above all, is no module
    for row in rows.split(b"\n")[:-1]:
        if row.startswith((last, b".")):
            continue
        path = row.partition(b",")[0]
        if not path.endswith(_MODULES):
            continue
        top, slash, _ = path.partition(b"/")
        name = (top if slash else top.partition(b".")[0]).decode("utf-8", "surrogateescape")
        text = path.decode("utf-8", "surrogateescape")
        if name.isidentifier() and EVERYBODYS.isdisjoint(text.split("/")):
            last = top + slash
            yield text


def _pages(path: str) -> Iterator[bytes]:
    """Yield the rows of a RECORD, in parts that begin with a line feed, none if it is unreadable.

    Some have megabytes: to take them in at once would cost more than to search them.
    """
    try:
        descriptor = os.open(path, READ)
    except OSError:
        return
    try:
        size, left, kept = _HEAD, _MOST, b"\n"
        while left > 0 and (page := os.read(descriptor, size)):
            rows = kept + page
            end = rows.rfind(b"\n")
            kept = rows[end:]  # of a row that goes on in the next part
            yield rows[: end + 1]
            size, left = _PAGE, left - len(page)
    except OSError:
        return
    finally:
        os.close(descriptor)
