"""Was a uv.lock made under the settings of uv that hold now? Told by what uv wrote into it."""

from __future__ import annotations

from datetime import datetime

from lockhook._authoring.requirement import parts
from lockhook._authoring.uv_metadata import differences, listed, plain, projects_of, same_marker
from lockhook._runtime.markers import InvalidMarkerError, check
from lockhook._runtime.names import normalize
from lockhook._runtime.toml_table import Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any, Final

    from lockhook._authoring.project import Project
    from lockhook._runtime.uv_config import UvConfig
    from lockhook._runtime.uv_lock import Graph

# What uv calls a setting in its lock, and the values that are none, in one release or another.
_OPTIONS: Final = (
    ("resolution", "resolution-mode", {"highest"}),
    ("prerelease", "prerelease-mode", {"if-necessary", "if-necessary-or-explicit"}),
    ("fork-strategy", "fork-strategy", {"requires-python"}),
)


def changes(
    graph: Graph, document: Mapping[str, Any], path: str, project: Project
) -> Iterator[str]:
    """Yield one line for each setting that is not what it was when uv made the lock.

    Args:
        graph: the lock.
        document: the same lock, parsed.
        path: what to call it in messages.
        project: the project beside it.

    Raises:
        LockfileError: if what uv wrote into the lock cannot be read.
        ProjectError: if the settings cannot be read.
    """
    top = Table(document, path)
    manifest = top.table("manifest")
    yield from _of_versions(graph, manifest, project)
    yield from _excluded(graph, manifest, project)
    for key, name in (
        ("environments", "supported-markers"),
        ("required-environments", "required-markers"),
    ):
        yield from _of_places(key, top.texts(name), project.uv.locking.get(key, []))
    said = any(one.tool("uv").get("conflicts") for one in (project, *projects_of(project)))
    if said != bool(top.items("conflicts")):
        yield f"[tool.uv] conflicts: {'added' if said else 'removed'}"
    yield from _of_resolver(top.table("options") or Table({}, path), project.uv)


def _of_versions(graph: Graph, manifest: Table | None, project: Project) -> Iterator[str]:
    for key in ("constraints", "overrides", "build-constraints"):
        found = listed(manifest, key)
        wanted = list(map(plain, project.requirements_of_uv(f"{key[:-1]}-dependencies")))
        if key != "build-constraints":
            # uv leaves out those of packages that the lock does not have.
            found, wanted = ([t for t in texts if _is_in(graph, t)] for texts in (found, wanted))
        yield from differences(f"[tool.uv] {key}", found, wanted)


def _is_in(graph: Graph, requirement: str) -> bool:
    return parts(requirement).name in graph.packages


def _excluded(graph: Graph, manifest: Table | None, project: Project) -> Iterator[str]:
    before = set(map(normalize, manifest.texts("excludes") if manifest else ()))
    named = project.requirements_of_uv("exclude-dependencies")
    now = {parts(text).name for text in named}
    # uv leaves out those that nothing requires.
    for name in sorted((now - before) & graph.packages.keys()):
        yield f"[tool.uv] excludes: added {name}"
    for name in sorted(before - now):
        yield f"[tool.uv] excludes: removed {name}"


def _of_places(key: str, before: Iterable[str], value: object) -> Iterator[str]:
    now = [value] if isinstance(value, str) else value
    if isinstance(now, list) and all(map(_is_marker, now)):
        where = f"[tool.uv] {key}"
        yield from (f"{where}: added {each}" for each in now if not _any_same(each, before))
        yield from (f"{where}: removed {each}" for each in before if not _any_same(each, now))


def _is_marker(text: object) -> bool:
    try:
        check(text)  # type: ignore[arg-type]
    except (InvalidMarkerError, TypeError, AttributeError):
        return False  # which is said where the environments are needed, and by uv
    return True


def _any_same(marker: str, others: Iterable[str]) -> bool:
    return any(same_marker(marker, other) for other in others)


def _of_resolver(options: Table, uv: UvConfig) -> Iterator[str]:
    where = "[tool.uv]" if uv.uv_toml is None else "uv.toml:"
    for key, name, defaults in _OPTIONS:
        before, now = options.text(name), str(uv.settings.get(key) or "")
        if before != now and not {before, now} <= {"", *defaults}:
            yield f"{where} {key}: {before or 'default'} -> {now or 'default'}"
    before, now = options.text("exclude-newer"), str(uv.settings.get("exclude-newer") or "")
    if bool(before) != bool(now) or _is_later(before, now):
        yield f"{where} exclude-newer: {before or 'none'} -> {now or 'none'}"


def _is_later(one: str, other: str) -> bool:
    """Tell whether a point in time is after another one, as far as they are written as such.

    With a later one than it had, a lock is as good as before.
    """
    try:
        times = [datetime.fromisoformat(each.replace("Z", "+00:00")) for each in (one, other)]
        is_later = times[0] > times[1]
    except (ValueError, TypeError):
        return False  # a span, or a day, of which uv makes a time
    return is_later and "T" in other
