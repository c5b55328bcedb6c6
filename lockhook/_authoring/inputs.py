"""What a lock follows from, and what of it changed since."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from packaging.requirements import Requirement

from lockhook._runtime.names import without_credentials
from lockhook._runtime.toml_table import table_at
from lockhook._runtime.uv_config import UV_TOML

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lockhook._authoring.config import LockOptions
    from lockhook._authoring.project import Project

# Raised when the digest is computed in another way. A lock with an older number is compared by
# what its stamp spells out, so a new scheme makes no lock stale.
SCHEME: Final = 2
# The first one that knows of `uv.toml`.
_UV_TOML_SCHEME: Final = 2

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


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """Everything that decides what a lock holds. Order, spacing and comments do not.

    Attributes:
        requires_python: canonical, "" if not set.
        dependencies: canonical requirements, sorted. A direct reference is replaced by its
            digest, since it may hold a path or a credential.
        extras: the same for each extra that the lock covers.
        groups: the same for each dependency group that the lock covers.
        settings: key of ``[tool.uv]`` to a digest of its value; with its name before it, one of
            ``uv.toml``.
        options: the lock's own, those that are not the default.
    """

    requires_python: str = ""
    dependencies: tuple[str, ...] = ()
    extras: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)

    def digest(self) -> str:
        """Return ``sha256:<hex>`` over all of it."""
        return digest([SCHEME, self.__dict__])


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
    return Inputs(
        requires_python=project.requires_python,
        dependencies=tuple(map(_stampable, project.dependencies)),
        extras={name: tuple(map(_stampable, project.extra(name))) for name in options.extras},
        groups={name: tuple(map(_stampable, project.group(name))) for name in options.groups},
        settings=dict(_all_settings(project)),
        options=options.as_toml(),
    )


def as_known(wanted: Inputs, old: Inputs, scheme: int) -> Inputs:
    """Return inputs without what a stamp of an older scheme cannot know: that makes none stale."""
    if scheme >= _UV_TOML_SCHEME or not any(key.startswith(UV_TOML) for key in wanted.settings):
        return wanted
    return replace(wanted, settings=old.settings)


def _stampable(requirement: str) -> str:
    parsed = Requirement(requirement)
    if parsed.url is None:
        return requirement
    parsed.url = digest(parsed.url)
    return str(parsed)


def _all_settings(project: Project) -> Iterator[tuple[str, str]]:
    """Yield the settings that uv obeys: a ``uv.toml`` takes the place of ``[tool.uv]``.

    Only where packages come from, which a ``uv.toml`` cannot say, is still read there. A member of
    a workspace obeys the settings of its root, besides its own sources.
    """
    uv = project.uv
    table = dict(uv.locking) if uv.uv_toml is None else {}
    if uv.is_member or uv.uv_toml is not None:
        sources = table_at(uv.locking, "sources") | table_at(uv.own, "sources")
        left = {"sources": sources, "index": [entry for entry, _ in uv.nameable()]}
        table |= {key: value for key, value in left.items() if value}
    yield from _settings(table)
    for key, value in _settings(uv.uv_toml or {}):
        yield f"{UV_TOML} {key}", value


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
