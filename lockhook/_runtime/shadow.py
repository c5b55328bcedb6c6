"""Modules that are imported from elsewhere than the installed distribution that has them."""

from __future__ import annotations

import os

from lockhook._runtime.installed import opener

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lockhook._runtime.installed import Distribution, Installed

# What packages install beside their own module by mistake, and every project has of its own:
# nobody imports these from elsewhere.
EVERYBODYS = frozenset({"tests", "test", "docs", "doc", "examples", "benchmarks", "scripts"})

_MODULES = (".py", ".pyc", ".so", ".pyd")
_FEW = 32


def shadows(installed: Installed, stdlib: Iterable[str], names: Iterable[str]) -> dict[str, str]:
    """Return which of some distributions are shadowed, and by what file or directory.

    A directory without ``__init__.py`` shadows nothing: the import system remembers it as part
    of a namespace package, and goes on to the next entry of the path (PEP 420).

    Args:
        installed: what is installed, and what could be imported from each entry of the path.
        stdlib: entries of the path that belong to Python itself; they shadow nothing, or every
            backport would be shadowed.
        names: normalised names of the distributions that matter.
    """
    earlier: dict[str, str] = {}
    suspects: dict[str, dict[str, str]] = {}
    standard = set(stdlib)
    homes = {found[0].location for found in installed.by_name.values()}
    locations = [each for each in installed.modules if each not in standard or each in homes]
    for location in locations:
        children: Iterable[str] = installed.modules[location]
        if location == locations[-1] and len(earlier) <= _FEW:
            # Nothing comes behind it, so it matters only where it meets what came before.
            begins = tuple(earlier)
            children = [child for child in children if child.startswith(begins)]
        here = {stem: child for child in children if (stem := module_of(child))}
        if clash := here.keys() & earlier.keys():
            suspects[location] = {stem: earlier[stem] for stem in clash}
        if location not in standard:
            earlier |= {s: os.path.join(location, c) for s, c in here.items() if s not in earlier}
    return _owners(installed.by_name, suspects, names) if suspects else {}


def module_of(child: str) -> str:
    """Return the module name that a directory entry could be imported as, or ""."""
    stem, dot, _ = child.partition(".")
    return stem if stem.isidentifier() and (not dot or child.endswith(_MODULES)) else ""


def _owners(
    by_name: Mapping[str, list[Distribution]],
    suspects: Mapping[str, Mapping[str, str]],
    names: Iterable[str],
) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in names:
        distribution = next(iter(by_name.get(name, ())), None)
        here = suspects.get(distribution.location, {}) if distribution else {}
        if distribution is None or not here:
            continue
        for stem in (here.keys() & top_level(distribution)) - EVERYBODYS:
            if _is_importable(here[stem]):
                found[name] = here[stem]
    return found


def _is_importable(path: str) -> bool:
    location, child = os.path.split(path)
    if "." in child:
        return True
    if os.path.isfile(location):
        return _is_in_archive(location, child)
    # A script without an ending is no directory, and nothing to import either.
    for ending in _MODULES:
        if os.path.exists(init := os.path.join(path, "__init__" + ending)):
            return not _shares_its_name(init)
    return False


def _is_in_archive(location: str, package: str) -> bool:
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(location) as archive:
            names = archive.namelist()
    except (OSError, BadZipFile):
        return False
    return any(f"{package}/__init__{ending}" in names for ending in (".py", ".pyc"))


def _shares_its_name(init: str) -> bool:
    """Tell whether a package lets others of its name be imported too, the way of before PEP 420."""
    if not init.endswith(".py"):
        return False
    try:
        with open(init, "rb", opener=opener) as file:
            head = file.read(4096)
    except OSError:
        return False
    return b"extend_path" in head or b"declare_namespace" in head


def top_level(distribution: Distribution) -> set[str]:
    """Return the modules that a distribution installed, by its RECORD or ``top_level.txt``."""
    for file in ("RECORD", "top_level.txt"):
        try:
            return set(_top_level(os.path.join(distribution.metadata, file)))
        except (OSError, UnicodeDecodeError):  # noqa: PERF203 - `suppress` is an import more
            continue
    return {distribution.name.replace("-", "_")}


def _top_level(path: str) -> Iterator[str]:
    with open(path, encoding="utf-8", opener=opener) as lines:
        for line in lines:
            yield module_of(line.strip().partition(",")[0].strip('"').partition("/")[0])
