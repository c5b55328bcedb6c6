"""What a project's ``[tool.uv]`` needs, so that uv takes torch from an index of CPU builds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import tomli
from packaging.requirements import InvalidRequirement, Requirement

from lockhook._authoring import platforms, toml_edit
from lockhook._runtime import indexes
from lockhook._runtime.accelerator_names import TORCH_FAMILY, is_accelerator_label
from lockhook._runtime.indexes import CPU_NAME, CPU_URL
from lockhook._runtime.markers import InvalidMarkerError
from lockhook._runtime.names import normalize, without_credentials
from lockhook._runtime.toml_table import table_at
from lockhook.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lockhook._authoring.toml_edit import Path

TORCH: Final = "torch"

_UV: Final = ("tool", "uv")
_WHY: Final = "so that `uv lock` minds the sources below where these are only transitive"


@dataclass(frozen=True, kw_only=True, slots=True)
class Edited:
    """A ``pyproject.toml`` on its way to what it shall be.

    Attributes:
        text: the document so far.
        changes: what was done to it, one line each.
        notes: what was left as it is, and why.
    """

    text: str
    changes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def table(self) -> Mapping[str, Any]:
        """The parsed document."""
        return tomli.loads(self.text)

    def put(self, path: Path, value: Any, comment: str = "") -> Edited:
        """Return it with one more value."""
        return replace(self, text=toml_edit.put(self.text, path, value, comment))

    def saying(self, *changes: str) -> Edited:
        """Return it with more lines on what was done."""
        return replace(self, changes=(*self.changes, *changes))

    def noting(self, *notes: str) -> Edited:
        """Return it with more lines on what was not done."""
        return replace(self, notes=(*self.notes, *notes))


def set_up(edited: Edited, locked: Iterable[str] | None) -> Edited:
    """Return the document with a CPU index, sources that name it, and what makes them count.

    Args:
        edited: the document so far.
        locked: the packages in the project's ``uv.lock``; None if it has none.

    Raises:
        ProjectError: if the document is not of a kind that takes them.
    """
    entry = _entry(edited.table)
    edited = edited.noting(*_for_everything(table_at(edited.table, *_UV)))
    if entry.get("default") is True:
        place = without_credentials(entry["url"])
        return edited.noting(f"every package comes from {place}, so torch needs no source")
    name = str(entry.get("name", CPU_NAME))
    family = _family(edited.table, locked or ())
    if locked is not None:
        held = {TORCH, *(set(locked) & TORCH_FAMILY.keys())}
        edited = _constrain(edited, [package for package in family if package in held])
    return _with_index(_with_sources(edited, family, name), entry)


def _entry(pyproject: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the ``[[tool.uv.index]]`` of the CPU builds, empty if there is none."""
    found = indexes.cpu_entry(pyproject)
    if found and _is_for_accelerators(found["url"]):
        # The one that torch comes from now; there may be another one beside it.
        uv = {"index": table_at(pyproject, *_UV).get("index")}
        found = indexes.cpu_entry({"tool": {"uv": uv}})
    return found


def _is_for_accelerators(url: str) -> bool:
    return any(is_accelerator_label(f"+{part}") for part in url.split("/"))


def _for_everything(uv: Mapping[str, Any]) -> Iterator[str]:
    """Yield what to say of an index of CPU builds that every package may come from."""
    for key in ("index-url", "extra-index-url", "find-links"):
        urls = uv.get(key)
        for url in [urls] if isinstance(urls, str) else _list(uv, key):
            if "cpu" in str(url).split("/"):
                shown = without_credentials(str(url))
                yield f"[tool.uv] {key} lets every package come from {shown}: take it out"


def _family(pyproject: Mapping[str, Any], locked: Iterable[str]) -> list[str]:
    """Return torch, and what else of its family the project names or has locked."""
    wanted = {*named(pyproject), *locked} & TORCH_FAMILY.keys()
    return [TORCH, *sorted(wanted - {TORCH})]


def named(pyproject: Mapping[str, Any]) -> Iterator[str]:
    """Yield the packages that a project names, wherever it does; what is no name is left out."""
    project, poetry = table_at(pyproject, "project"), table_at(pyproject, "tool", "poetry")
    poetry_groups = [table_at(poetry, "group", name) for name in table_at(poetry, "group")]
    lists = [
        project.get("dependencies"),
        *table_at(project, "optional-dependencies").values(),
        *table_at(pyproject, "dependency-groups").values(),
        *(list(table_at(table, "dependencies")) for table in (poetry, *poetry_groups)),
    ]
    for items in lists:
        yield from (found.name for found in _requirements(items))


def _requirements(items: object) -> Iterator[Requirement]:
    for item in items if isinstance(items, list) else ():
        try:
            found = Requirement(item)
        except (InvalidRequirement, TypeError):
            continue
        found.name = normalize(found.name)
        yield found


# --- the index ---


def _with_index(edited: Edited, entry: Mapping[str, Any]) -> Edited:
    listed = table_at(edited.table, *_UV).get("index", [])
    if not isinstance(listed, list):
        raise ProjectError(
            "[tool.uv] index is not a list of tables", hint="mend it, then run it again"
        )
    if not entry:
        new = {"name": CPU_NAME, "url": CPU_URL, "explicit": True}
        said = f"[[tool.uv.index]] {CPU_NAME}: {CPU_URL}, for what names it only"
        return edited.put((*_UV, "index", len(listed)), new).saying(said)
    missing = {"name": entry.get("name", CPU_NAME), "explicit": True}
    for key, value in missing.items():
        if entry.get(key) != value:
            edited = edited.put((*_UV, "index", listed.index(entry), key), value)
            shown = toml_edit.literal(value)
            edited = edited.saying(f"[[tool.uv.index]] {missing['name']}: {key} = {shown}")
            entry = {**entry, key: value}
            listed = table_at(edited.table, *_UV)["index"]
    return edited


# --- the sources ---


def _with_sources(edited: Edited, family: Iterable[str], index: str) -> Edited:
    sources = {normalize(k): v for k, v in table_at(edited.table, *_UV, "sources").items()}
    added = []
    for package in family:
        if package in sources:
            edited = edited.noting(*_elsewhere(package, sources[package], index))
        else:
            edited = edited.put((*_UV, "sources", package), {"index": index})
            added.append(package)
    return edited.saying(f"[tool.uv.sources] {', '.join(added)}: from {index}") if added else edited


def _elsewhere(package: str, source: Any, index: str) -> Iterator[str]:
    """Yield what to say of a source that is somebody's own, if it does not do."""
    items = [item for item in (source if isinstance(source, list) else [source]) if item]
    ours = [item for item in items if isinstance(item, dict) and item.get("index") == index]
    mend = f"for CPU builds make it {{ index = {toml_edit.literal(index)} }}"
    kept = f"[tool.uv.sources] {package} is left as it is"
    if len(ours) < len(items):
        yield f"{kept}: it does not come from {index} alone; {mend}"
    elif not all(any(_holds(item, system) for item in ours) for system in _SYSTEMS):
        yield f"{kept}: it comes from {index} only in some places; {mend}"


# Elsewhere there are no other builds.
_SYSTEMS: Final = (platforms.LINUX, platforms.WINDOWS)


def _holds(item: Mapping[str, Any], system: str) -> bool:
    """Tell whether a source counts on an operating system, without an extra or a group."""
    if "extra" in item or "group" in item:
        return False
    try:
        return platforms.applies(str(item.get("marker", "")), (system,))
    except InvalidMarkerError:
        return False


# --- the constraints ---


def _constrain(edited: Edited, packages: Iterable[str]) -> Edited:
    """Add a constraint for each package: with one, uv's resolver minds a source always.

    Any version will do, but there has to be one: ``torch`` alone does nothing.
    """
    uv = table_at(edited.table, *_UV)
    listed = [*_list(uv, "constraint-dependencies"), *_list(uv, "override-dependencies")]
    bound = {found.name for found in _requirements(listed) if found.specifier}
    for package in packages:
        if package not in bound:
            number = len(_list(table_at(edited.table, *_UV), "constraint-dependencies"))
            path = (*_UV, "constraint-dependencies", number)
            edited = edited.put(path, f"{package}>=0", _WHY)
            edited = edited.saying(f"[tool.uv] constraint-dependencies: {package}>=0")
    return edited


def _list(table: Mapping[str, Any], key: str) -> list[Any]:
    value = table.get(key)
    return value if isinstance(value, list) else []
