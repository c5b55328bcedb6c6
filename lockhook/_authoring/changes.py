"""What changed in the inputs of a lock, and whether its pins hold all the same."""

from __future__ import annotations

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from lockhook._authoring.inputs import CONTENT
from lockhook._runtime.named_tuple import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from lockhook._authoring.inputs import Inputs


class Change(NamedTuple):
    """One input that is not what it was.

    Attributes:
        text: which, and how.
        bounds: where nothing but the bounds of one requirement changed: it as it was and as it
            is; else none.
        pythons: the same for ``requires-python``.
        is_members: whether it is an input of a project that the lock's own depends on.
    """

    text: str
    bounds: tuple[Requirement, Requirement] | None = None
    pythons: tuple[SpecifierSet, SpecifierSet] | None = None
    is_members: bool = False

    def __str__(self) -> str:
        return self.text


def between(old: Inputs, new: Inputs) -> Iterator[Change]:
    """Yield each input that differs."""
    if old.requires_python != new.requires_python:
        was, now = old.requires_python, new.requires_python
        yield Change(
            f"requires-python: {was or 'none'} -> {now or 'none'}",
            pythons=(SpecifierSet(was), SpecifierSet(now)),
        )
    yield from _list_changes("dependencies", old.dependencies, new.dependencies)
    for kind, before, after in (
        ("extra", old.extras, new.extras),
        ("group", old.groups, new.groups),
    ):
        for name in sorted(before.keys() & after.keys()):
            yield from _list_changes(f"{kind} {name}", before[name], after[name])
        # Others come and go with an option of the lock, which says it, or with settings of uv.
        named = {*old.options.get(f"{kind}s", ()), *new.options.get(f"{kind}s", ())}
        for name in sorted((before.keys() ^ after.keys()) - named):
            yield Change(f"{kind} {name}: {_verb(name, before, after)}")
    for key in _differing(old.settings, new.settings):
        yield Change(f"{_setting(key)}: {_verb(key, old.settings, new.settings)}")
    for key in _differing(old.options, new.options):
        was, now = (options.get(key, "default") for options in (old.options, new.options))
        yield Change(f"option {key}: {was} -> {now}")
    for key in sorted(old.members.keys() & new.members.keys()):
        for change in between(old.members[key], new.members[key]):
            yield change._replace(text=f"{key}: {change.text}", is_members=True)
    # One that comes or goes does so with a requirement or a source, which say it, or with those
    # of another one.
    for key in sorted(old.members.keys() ^ new.members.keys()):
        yield Change(f"{key}: {_verb(key, old.members, new.members)}", is_members=True)


def _setting(key: str) -> str:
    if key == CONTENT:
        return "the archive"
    file, _, name = key.rpartition(" ")
    return f"{file}: {name}" if file else f"[tool.uv] {key}"


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    return sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))


def _verb(key: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    return "added" if key not in old else "removed" if key not in new else "changed"


def _list_changes(where: str, old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[Change]:
    before, after = _by_identity(old), _by_identity(new)
    for identity, was in before.items():
        if identity not in after:
            yield Change(f"{where}: removed {_spelled(was)}")
    for identity, now in after.items():
        was = before.get(identity, [])
        if not was:
            yield Change(f"{where}: added {_spelled(now)}")
        elif was != now:
            text = f"{where}: {_spelled(was)} -> {_spelled(now)}"
            yield Change(text, bounds=(_all_of(was), _all_of(now)))


def _by_identity(requirements: Iterable[str]) -> dict[tuple[object, ...], list[str]]:
    found: dict[tuple[object, ...], list[str]] = {}
    for text in sorted(requirements):
        parsed = Requirement(text)
        key = (parsed.name, frozenset(parsed.extras), parsed.url, str(parsed.marker or ""))
        found.setdefault(key, []).append(text)
    return found


def _spelled(requirements: Iterable[str]) -> str:
    return ", ".join(requirements)


def _all_of(requirements: Iterable[str]) -> Requirement:
    """Return one requirement for several that differ in nothing but their bounds."""
    first, *others = map(Requirement, requirements)
    for other in others:
        first.specifier &= other.specifier
    return first
