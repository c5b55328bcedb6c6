"""What a project's ``[tool.uv]`` needs, so that uv takes torch from an index of CPU builds."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import tomli
from packaging.requirements import InvalidRequirement, Requirement

from lockhook._authoring import platforms, toml_edit
from lockhook._runtime import indexes, uv_config
from lockhook._runtime.accelerator_names import TORCH_FAMILY, is_accelerator_label
from lockhook._runtime.indexes import CPU_NAME, CPU_URL
from lockhook._runtime.markers import InvalidMarkerError
from lockhook._runtime.names import normalize, without_credentials
from lockhook._runtime.toml_table import table_at
from lockhook._runtime.uv_config import UV_TOML
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Around:
    """What counts for the settings of a ``pyproject.toml`` and stands elsewhere.

    Attributes:
        locked: the packages in the ``uv.lock`` beside it; None if there is none.
        uv_toml: the ``uv.toml`` beside it, None if there is none.
        member: the ``pyproject.toml`` of the workspace's member that it is all for, if it is.
        named: the packages that the members of its workspace name.
        entry: the index of CPU builds that it is to have, if it has none.
    """

    locked: frozenset[str] | None = None
    uv_toml: Mapping[str, Any] | None = None
    member: Mapping[str, Any] = field(default_factory=dict)
    named: frozenset[str] = frozenset()
    entry: Mapping[str, Any] = field(default_factory=dict)


def set_up(edited: Edited, around: Around) -> Edited:
    """Return the document with a CPU index, sources that name it, and what makes them count.

    Raises:
        ProjectError: if the document is not of a kind that takes them.
    """
    uv_toml, locked = around.uv_toml, around.locked
    edited = edited.noting(*_for_everything(edited.table, uv_toml))
    entry = _entry(edited.table, around)
    is_there = place_of(entry, edited.table) is not None
    if entry.get("default") is True and not (is_there and uv_toml is not None):
        place = without_credentials(entry["url"])
        return edited.noting(f"every package comes from {place}, so torch needs no source")
    name = str(entry.get("name", CPU_NAME)) if is_there else new_name(entry, edited.table)
    family = _family([*named(edited.table), *around.named, *(locked or ())])
    if locked is not None:
        held = {TORCH, *(locked & TORCH_FAMILY.keys())}
        edited = _constrain(edited, [package for package in family if package in held])
    edited = _with_index(_with_sources(edited, family, name, around.member), entry, name)
    return edited if uv_toml is None else edited.noting(_WARNS)


_WARNS: Final = (
    "uv will warn that uv.toml hides settings of pyproject.toml; it does not hide from a source "
    "the index that it names, nor from `uv lock` the constraints"
)


def cpu_entry(
    pyproject: Mapping[str, Any], uv_toml: Mapping[str, Any] | None = None
) -> Mapping[str, Any]:
    """Return the ``[[index]]`` of the CPU builds as it is written, empty if there is none.

    One that a ``uv.toml`` hides counts last: a source that names it brings it back.
    """
    both = uv_config.of_document(pyproject, uv_toml=uv_toml)
    return indexes.cpu_entry(both) or indexes.cpu_entry(uv_config.of_document(pyproject))


def place_of(entry: Mapping[str, Any], pyproject: Mapping[str, Any]) -> int | None:
    """Return where an index stands in ``[[tool.uv.index]]``, None if it does not."""
    listed = _list(table_at(pyproject, *_UV), "index")
    same = (n for n, each in enumerate(listed) if _is_same(each, entry))
    return next(same, None)


def _is_same(one: Any, other: Mapping[str, Any]) -> bool:
    return isinstance(one, dict) and all(one.get(k) == other.get(k) for k in ("name", "url"))


def new_name(entry: Mapping[str, Any], pyproject: Mapping[str, Any]) -> str:
    """Return what to call an index that is to be added: uv takes no name twice."""
    listed = _list(table_at(pyproject, *_UV), "index")
    taken = {each.get("name") for each in listed if isinstance(each, dict)}
    name = str(entry.get("name", CPU_NAME))
    numbered = (f"{CPU_NAME}-{number}" for number in itertools.count(2))
    return next(each for each in itertools.chain([name, CPU_NAME], numbered) if each not in taken)


def _entry(pyproject: Mapping[str, Any], around: Around) -> Mapping[str, Any]:
    """Return the ``[[index]]`` of the CPU builds, empty if there is none."""
    lockhook = table_at(around.member or pyproject, "tool", "lockhook")
    tools = {"uv": table_at(pyproject, *_UV), "lockhook": lockhook}
    found = cpu_entry({"tool": tools}, around.uv_toml)
    if found and _is_for_accelerators(found["url"]):
        # The one that torch comes from now; there may be another one beside it.
        tools = {"uv": {"index": tools["uv"].get("index")}}
        found = cpu_entry({"tool": tools}, around.uv_toml)
    return found or around.entry


def _is_for_accelerators(url: str) -> bool:
    return any(is_accelerator_label(f"+{part}") for part in url.split("/"))


def _for_everything(
    pyproject: Mapping[str, Any], uv_toml: Mapping[str, Any] | None
) -> Iterator[str]:
    """Yield what to say of an index of CPU builds that every package may come from."""
    where = "[tool.uv]" if uv_toml is None else f"{UV_TOML}:"
    uv = uv_config.of_document(pyproject, uv_toml=uv_toml).settings
    for key in ("index-url", "extra-index-url", "find-links"):
        urls = uv.get(key)
        for url in [urls] if isinstance(urls, str) else _list(uv, key):
            if "cpu" in str(url).split("/"):
                shown = without_credentials(str(url))
                yield f"{where} {key} lets every package come from {shown}: take it out"


def _family(wanted: Iterable[str]) -> list[str]:
    """Return torch, and what else of its family is wanted."""
    return [TORCH, *sorted({*wanted} & TORCH_FAMILY.keys() - {TORCH})]


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


def _with_index(edited: Edited, entry: Mapping[str, Any], name: str) -> Edited:
    listed = table_at(edited.table, *_UV).get("index", [])
    if not isinstance(listed, list):
        raise ProjectError(
            "[tool.uv] index is not a list of tables", hint="mend it, then run it again"
        )
    place = place_of(entry, edited.table)
    if place is None:
        new = {"name": name, "url": CPU_URL, **_copied(entry), "explicit": True}
        said = f"[[tool.uv.index]] {name}: {new['url']}, for what names it only"
        return edited.put((*_UV, "index", len(listed)), new).saying(said)
    missing = {"name": name, "explicit": True}
    if listed[place].get("default") is True:
        del missing["explicit"]  # hidden by a uv.toml, and whatever it is then for what names it
    for key, value in missing.items():
        if listed[place].get(key) != value:
            edited = edited.put((*_UV, "index", place, key), value)
            shown = toml_edit.literal(value)
            edited = edited.saying(f"[[tool.uv.index]] {name}: {key} = {shown}")
    return edited


def _copied(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an index is in another file, as a source can name it here."""
    left = {k: v for k, v in entry.items() if k not in {"name", "default", "explicit"}}
    return {**left, **({"url": without_credentials(left["url"])} if left else {})}


# --- the sources ---


def _with_sources(
    edited: Edited, family: Iterable[str], index: str, member: Mapping[str, Any]
) -> Edited:
    sources = {normalize(k): v for k, v in table_at(edited.table, *_UV, "sources").items()}
    own = {normalize(k): v for k, v in table_at(member, *_UV, "sources").items()}
    added = []
    for package in family:
        # A member's own source counts more than that of the root.
        edited = edited.noting(
            *(_elsewhere(package, own[package], index) if package in own else ())
        )
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
