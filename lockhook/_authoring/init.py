"""Setting a project up: all of it is planned before anything is written."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from lockhook._authoring import (
    config,
    cpu_setup,
    git,
    hook_entry,
    lock_settings,
    locks,
    project,
    workspace,
)
from lockhook._authoring.cpu_setup import Around, Edited
from lockhook._authoring.project import Project
from lockhook._runtime import indexes, uv_config
from lockhook._runtime.discovery import parse_toml
from lockhook._runtime.files import replace_text
from lockhook._runtime.names import normalize
from lockhook.errors import MissingToolError, ProjectError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_BOM: Final = "\ufeff"


@dataclass(frozen=True, kw_only=True, slots=True)
class File:
    """A file of the set-up, before and after.

    Attributes:
        path: absolute.
        before: its text; None if there is no such file yet.
        after: what it shall be.
        changes: what differs, one line each.
    """

    path: str
    before: str | None
    after: str
    changes: tuple[str, ...] = ()

    @property
    def is_changed(self) -> bool:
        """Whether there is something to write."""
        return self.after != self.before


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """A part of the set-up that is left to be done by hand.

    Attributes:
        what: the part.
        reason: why it is not done.
        hint: what to do next.
        lines: those to add, if the hint speaks of some.
        fails: whether the project counts as not set up without it.
    """

    what: str
    reason: str
    hint: str
    lines: tuple[str, ...] = ()
    fails: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What setting a project up comes to.

    Attributes:
        project: as it will be.
        files: each that belongs to the set-up, whether it changes or not; the project's
            ``pyproject.toml`` first, then that of the root of its workspace if uv reads it there.
        notes: what is left as it is on purpose, one line each.
        gaps: what cannot be done.
        uv_lock: the path of the ``uv.lock`` that it is in, None if there is none.
    """

    project: Project
    files: tuple[File, ...]
    uv_lock: str | None = None
    notes: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether the project is set up once this is done."""
        return not any(gap.fails for gap in self.gaps)


def plan(directory: str, entry: Mapping[str, Any]) -> Plan:
    """Return what there is to do. Reads only.

    Args:
        directory: of the project.
        entry: the hook's, as an item of ``repos`` in pre-commit's configuration.

    Raises:
        MissingToolError: without tomlkit or PyYAML.
        UsageError: if there is no ``pyproject.toml``, or its settings are not right.
        ProjectError: if it cannot be read or edited.
        GitError: if git refuses to read the repository.
    """
    _require_libraries()
    old = project.load(directory)
    home = _home(old)
    texts = {path: _read(path) for path in (old.path, home.path)}
    edits = {path: Edited(text=text.removeprefix(_BOM)) for path, text in texts.items()}
    with _placed(home):
        edits[home.path] = _steered(old, home, edits[home.path])
    with _placed(old):
        edits[old.path], blocked = _configured_for_locks(old, edits[old.path])
    hook = _hook(old.directory, entry)
    if blocked:
        hook = _blocked(blocked, old, hook)
    parts = (*(_pyproject(path, texts[path], edits[path]) for path in edits), *hook)
    return Plan(
        project=Project(directory=old.directory, pyproject=edits[old.path].table),
        files=tuple(part for part in parts if isinstance(part, File)),
        uv_lock=_uv_lock(home.directory),
        notes=tuple(note for edited in edits.values() for note in edited.notes),
        gaps=tuple(part for part in parts if isinstance(part, Gap)),
    )


def write(wanted: Plan) -> None:
    """Write the files that a plan changes.

    Raises:
        OSError: if one cannot be written. Those before it stand; another run does the rest.
    """
    for file in wanted.files:
        if file.is_changed:
            replace_text(file.path, file.after)


def _require_libraries() -> None:
    try:
        import_module("tomlkit")
        import_module("yaml")
    except ImportError as error:
        name = "PyYAML" if error.name == "yaml" else error.name
        raise MissingToolError(
            f"init needs {name}, and there is none", hint="pip install 'lockhook[cli]'"
        ) from None


def _read(path: str) -> str:
    """Return the text of a file, its line ends and byte order mark as they are.

    Raises:
        ProjectError: if it cannot be read, or is not UTF-8.
    """
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except UnicodeDecodeError as error:
        raise ProjectError(f"is not UTF-8: {error}", path=path) from None
    except OSError as error:
        raise ProjectError(f"cannot be read: {error.strerror}", path=path) from None


# --- pyproject.toml ---


def _home(old: Project) -> Project:
    """Return the project in whose ``pyproject.toml`` uv is told of the CPU index.

    For a member of a workspace that is its root, whose sources count for the root's ``uv.lock``
    and for every member; unless there is no such lock, and the member has an index of its own.
    """
    uv = old.uv
    own = indexes.cpu_entry(uv_config.of_document(old.pyproject))
    if not uv.is_member or (own and _uv_lock(uv.root) is None):
        return old
    return project.load(uv.root)


@contextmanager
def _placed(one: Project) -> Iterator[None]:
    """Name the file in an error that does not."""
    try:
        yield
    except ProjectError as error:
        error.path = error.path or one.path
        error.hint = error.hint or "write it there by hand, then run `lockhook init` again"
        raise


def _steered(old: Project, home: Project, edited: Edited) -> Edited:
    """Return the document of `home` as it makes uv take what the project needs from a CPU index."""
    if config.read(old).accelerator == "any":
        return edited.noting('[tool.lockhook] accelerator = "any": no CPU index is needed')
    is_member = old.path != home.path
    around = Around(
        locked=_locked(home.directory),
        uv_toml=home.uv.uv_toml,
        member=old.pyproject if is_member else {},
        named=frozenset(_named_in(home)),
        entry=_moved(old, home) if is_member else {},
    )
    return cpu_setup.set_up(edited, around)


def _named_in(home: Project) -> Iterator[str]:
    for directory in workspace.directories(home.directory, home.pyproject):
        yield from cpu_setup.named(project.load(directory).pyproject)


def _moved(old: Project, home: Project) -> Mapping[str, Any]:
    """Return a member's own index of CPU builds, as the root is to write it."""
    entry = indexes.cpu_entry(uv_config.of_document(old.pyproject))
    if not entry or "://" in entry["url"]:
        return entry
    path = os.path.relpath(os.path.join(old.directory, entry["url"]), home.directory)
    return {**entry, "url": path.replace(os.sep, "/")}


def _configured_for_locks(old: Project, edited: Edited) -> tuple[Edited, ProjectError | None]:
    """Return the document as it shall be, and what keeps the project from being locked."""
    new = Project(directory=old.directory, pyproject=edited.table)
    blocked = _unlockable(new)
    if not (blocked or old.has_settings):
        edited = lock_settings.add(edited, new)
    return edited, blocked


def _pyproject(path: str, before: str, edited: Edited) -> File:
    mark = _BOM if before.startswith(_BOM) else ""
    return File(path=path, before=before, after=mark + edited.text, changes=edited.changes)


def _uv_lock(directory: str) -> str | None:
    path = os.path.join(directory, "uv.lock")
    return path if os.path.isfile(path) else None


def _locked(directory: str) -> frozenset[str] | None:
    """Return the packages in a project's ``uv.lock``, None if it has none."""
    path = _uv_lock(directory)
    if path is None:
        return None
    try:
        packages = parse_toml(_read(path).encode(), path).get("package")
    except ProjectError:
        return frozenset()  # uv makes it anew; what it says of torch is not known
    listed = packages if isinstance(packages, list) else []
    names = (package.get("name") for package in listed if isinstance(package, dict))
    return frozenset(normalize(name) for name in names if isinstance(name, str))


def _unlockable(new: Project) -> ProjectError | None:
    """Return why the dependencies of a project cannot be told, None if they can."""
    try:
        for lock in locks.locks_of(new):
            if not lock.is_uvs:
                lock.inputs()
    except ProjectError as error:
        return error
    return None


def _blocked(why: ProjectError, old: Project, hook: Iterable[File | Gap]) -> Iterator[File | Gap]:
    """Yield what has to wait until the project can be locked, in place of the hook's file."""
    hint = f"{why.hint or 'mend the file'}; then run `lockhook init` again"
    what = "the locks" if old.has_settings else "[tool.lockhook]"
    yield Gap(what=what, reason=f"{project.FILE}: {why.reason}", hint=hint)
    there = tuple(part for part in hook if isinstance(part, File) and not part.is_changed)
    yield from there or (_too_early(hint),)


def _too_early(hint: str) -> Gap:
    return Gap(
        what=f"the hook {hook_entry.HOOK}",
        reason="it would refuse every commit that changes pyproject.toml until then",
        hint=hint,
    )


# --- the hook ---


def _hook(directory: str, entry: Mapping[str, Any]) -> Iterator[File | Gap]:
    what = f"the hook {hook_entry.HOOK}"
    top = git.toplevel(directory)
    if top is None:
        yield Gap(
            what=what,
            reason="there is no git repository",
            hint=f"run `lockhook init` again after `git init`, or have in {hook_entry.FILE}:",
            lines=hook_entry.lines(entry),
            fails=False,
        )
        return
    path = os.path.join(top, hook_entry.FILE)
    try:
        before = _read(path) if os.path.exists(path) else None
        yield _configured(path, before, entry)
    except ProjectError as error:
        yield Gap(
            what=what,
            reason=f"{hook_entry.FILE}{f':{error.line}' if error.line else ''}: {error.reason}",
            hint="add to its `repos`:",
            lines=hook_entry.lines(entry),
        )


def _configured(path: str, before: str | None, entry: Mapping[str, Any]) -> File:
    text = before or ""
    mark = _BOM if text.startswith(_BOM) else ""
    after = mark + hook_entry.add(text.removeprefix(_BOM), entry)
    change = f"hook {hook_entry.HOOK}, {_from(entry)}"
    return File(path=path, before=before, after=after, changes=(change,) * (after != before))


def _from(entry: Mapping[str, Any]) -> str:
    if entry["repo"] == "local":
        return "run by the lockhook that is installed where you commit"
    return f"from {entry['repo']} at {entry['rev']}"
