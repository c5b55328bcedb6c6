"""What a lock follows from, and what of it changed since."""

from __future__ import annotations

import hashlib
import json

from lockhook._authoring import members
from lockhook._authoring.project import FILE
from lockhook._authoring.requirement import parts
from lockhook._runtime.discovery import unreadable
from lockhook._runtime.names import normalize, without_credentials
from lockhook._runtime.record import Record
from lockhook._runtime.toml_table import table_at
from lockhook._runtime.uv_config import UV_TOML

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any, Final

    from lockhook._authoring.config import LockOptions
    from lockhook._authoring.members import Local
    from lockhook._authoring.project import Project

# Raised when the digest is computed in another way. A lock with an older number is compared by
# what its stamp spells out, so a new scheme makes no lock stale.
SCHEME: Final = 3
# The first ones that know of `uv.toml`; of the root of a workspace, and of what is required here.
_UV_TOML_SCHEME: Final = 2
_MEMBERS_SCHEME: Final = 3
# What stands for the content of an archive.
CONTENT: Final = "sha256"

# The settings of uv that cannot change a resolution. Whatever is not listed counts as an input:
# a setting that uv learns tomorrow must not let a stale lock pass.
_NO_INPUTS: Final = frozenset(
    {
        "add-bounds", "audit", "build-backend", "cache-dir", "cache-keys", "check-url",
        "compile-bytecode", "concurrent-builds", "concurrent-downloads", "concurrent-installs",
        "default-groups", "dev-dependencies", "http-proxy", "https-proxy", "keyring-provider",
        "link-mode", "managed", "native-tls", "no-cache", "no-progress", "no-proxy", "offline",
        "package", "preview", "preview-features", "publish-url", "pypy-install-mirror",
        "python-downloads", "python-downloads-json-url", "python-install-mirror",
        "python-preference", "reinstall", "reinstall-package", "required-version",
        "system-certs", "trusted-publishing", "upgrade", "upgrade-package",
        "allow-insecure-host", "workspace",
    }
)  # fmt: skip

# The same for `[tool.uv.pip]`, which also holds what only `uv pip install` and the output obey.
_NO_PIP_INPUTS: Final = _NO_INPUTS | {
    "annotation-style", "break-system-packages", "custom-compile-command", "emit-build-options",
    "emit-find-links", "emit-index-annotation", "emit-index-url", "emit-marker-expression",
    "no-annotate", "no-header", "output-file", "prefix", "python", "require-hashes", "strict",
    "system", "target", "verify-hashes",
}  # fmt: skip


class Inputs(Record):
    """Everything that decides what a lock holds. Order, spacing and comments do not.

    Attributes:
        requires_python: canonical, "" if not set.
        dependencies: canonical requirements, sorted. A direct reference is replaced by its
            digest, since it may hold a path or a credential.
        extras: the same for each extra that the lock covers.
        groups: the same for each dependency group that the lock covers.
        settings: key of ``[tool.uv]`` to a digest of its value; with a file's name and a blank
            before it, one of that file.
        options: the lock's own, those that are not the default.
        members: the same for each project on this disk that it depends on, by its relative path.
    """

    requires_python: str = ""
    dependencies: tuple[str, ...] = ()
    extras: Mapping[str, tuple[str, ...]] = {}
    groups: Mapping[str, tuple[str, ...]] = {}
    settings: Mapping[str, str] = {}
    options: Mapping[str, Any] = {}
    members: Mapping[str, Inputs] = {}

    def digest(self) -> str:
        """Return ``sha256:<hex>`` over all of it."""
        return digest([SCHEME, _plain(self)])


def _plain(found: Inputs) -> dict[str, Any]:
    return {**found.as_dict(), "members": {k: _plain(each) for k, each in found.members.items()}}


def digest(value: object) -> str:
    """Return ``sha256:<hex>`` of a value, by its canonical JSON."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def of_lock(project: Project, options: LockOptions) -> Inputs:
    """Return the inputs of one lock of a project.

    Raises:
        ProjectError: if the project does not say them.
        UsageError: if it has no such extra or group.
    """
    extras, groups = covered(project, options)
    return Inputs(
        requires_python=project.requires_python,
        dependencies=tuple(map(_stampable, project.dependencies)),
        extras={name: tuple(map(_stampable, project.extra(name))) for name in extras},
        groups={name: tuple(map(_stampable, project.group(name))) for name in groups},
        settings=dict(_all_settings(project, extras, groups)),
        options=options.as_toml(),
        members={each.key: _of_local(each) for each in members.of(project, extras, groups)},
    )


def covered(project: Project, options: LockOptions) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the extras and groups that a lock covers: ``[tool.uv.pip]`` adds to its own.

    Raises:
        ProjectError: if there is no project, only a workspace.
    """
    project.refuse_virtual()
    pip = table_at(project.uv.settings, "pip")
    every = project.extras if pip.get("all-extras") is True else _names(pip.get("extra"))
    return (
        tuple(dict.fromkeys([*options.extras, *every])),
        tuple(dict.fromkeys([*options.groups, *_names(pip.get("group"))])),
    )


def _names(value: object) -> list[str]:
    found = value if isinstance(value, list) else []
    return [normalize(name) for name in found if isinstance(name, str)]


def _of_local(local: Local) -> Inputs:
    """Return what a lock follows from in a project that its own depends on."""
    if local.project is None:
        return Inputs(settings={CONTENT: _digest_of_file(local.path)})
    one, extras = local.project, members.known_extras(local)
    return Inputs(
        requires_python=one.requires_python,
        dependencies=tuple(map(_stampable, one.dependencies)),
        extras={name: tuple(map(_stampable, one.extra(name))) for name in extras},
        settings=dict(_sources(one, extras, ())),
    )


def _digest_of_file(path: str) -> str:
    found = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            while data := file.read(1 << 20):
                found.update(data)
    except OSError as error:
        raise unreadable(error, path) from None
    return found.hexdigest()


def as_known(wanted: Inputs, old: Inputs, scheme: int) -> Inputs:
    """Return inputs without what a stamp of an older scheme cannot know: that makes none stale."""
    files = {key.rpartition(" ")[0] for key in wanted.settings} - {""}
    if scheme < _MEMBERS_SCHEME:
        wanted = wanted.replace(
            members=old.members,
            extras=_known(wanted.extras, old.extras, wanted.options.get("extras", ())),
            groups=_known(wanted.groups, old.groups, wanted.options.get("groups", ())),
        )
        known = {UV_TOML} if scheme >= _UV_TOML_SCHEME else set()
        return wanted.replace(settings=old.settings) if files - known else wanted
    return wanted


def _known(
    table: Mapping[str, tuple[str, ...]], old: Iterable[str], named: Iterable[str]
) -> dict[str, tuple[str, ...]]:
    """Return what a lock covers without what only settings of uv add, unless it was known."""
    return {key: table[key] for key in table if key in {*old, *named}}


def _stampable(requirement: str) -> str:
    if not parts(requirement).url:
        return requirement
    from packaging.requirements import Requirement

    parsed = Requirement(requirement)
    parsed.url = digest(parsed.url)
    return str(parsed)


def _all_settings(
    project: Project, extras: Sequence[str], groups: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Yield the settings that uv obeys: those of the root of a workspace, if it is in one.

    A ``uv.toml`` takes the place of ``[tool.uv]``. Only where packages come from, which a
    ``uv.toml`` cannot say, is still read there.
    """
    home = project.workspace or project
    if home is not project:
        yield from _sources(project, extras, groups)
        folder = f"{members.relative(home.directory, project.directory)}/"
        for key, value in _own_settings(home):
            if key != "sources":  # which count only for what the project itself requires
                file = "" if key.startswith(UV_TOML) else f"{FILE} "
                yield f"{folder}{file}{key}", value
    else:
        yield from _own_settings(project)


def _own_settings(project: Project) -> Iterator[tuple[str, str]]:
    uv, table = project.uv, project.tool("uv")
    if uv.uv_toml is not None:
        named = [entry for entry, _ in uv.nameable()]
        left = {"sources": table.get("sources"), "index": named}
        table = {key: value for key, value in left.items() if value}
    yield from _settings(table)
    for key, value in _settings(uv.uv_toml or {}):
        yield f"{UV_TOML} {key}", value


def _sources(
    project: Project, extras: Sequence[str], groups: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Yield where a project takes from what it requires itself, and the indexes that this names."""
    texts = members.required(project, extras, groups)
    names = sorted({parts(text).name for text in texts})
    found = members.sources(project, names)
    if found:
        entries = {name: [entry for entry, _ in found[name]] for name in found}
        yield "sources", _short_digest(entries)
    named = {
        str(entry["index"]): members.index(str(entry["index"]), base, project)
        for each in found.values()
        for entry, base in each
        if "index" in entry
    }
    if named:
        yield "index", _short_digest(named)


def _settings(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if key == "pip" and isinstance(value, dict):
            for inner, setting in value.items():
                if inner not in _NO_PIP_INPUTS:
                    yield f"pip.{inner}", _short_digest(setting)
        elif key not in _NO_INPUTS:
            yield key, _short_digest(value)


def _short_digest(value: object) -> str:
    # Only told apart, never trusted: twelve digits keep the stamp readable.
    return digest(_without_credentials(value)).removeprefix("sha256:")[:12]


def _without_credentials(value: object) -> object:
    """Return a setting without the passwords in its URLs: who may fetch changes no lock."""
    if isinstance(value, str):
        return without_credentials(value)
    if isinstance(value, list):
        return [_without_credentials(item) for item in value]
    if isinstance(value, dict):
        return {key: _without_credentials(item) for key, item in value.items()}
    return value
