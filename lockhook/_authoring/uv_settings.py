"""uv's configuration from outside of a project: only what says where to fetch reaches uv.

A user's own ``uv.toml``, the machine's, and one in a folder above the project would change what
is locked, and the next machine does not have them.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager, suppress

from lockhook._runtime import indexes, workspace
from lockhook._runtime.toml_table import table_at
from lockhook._runtime.uv_config import UV_TOML

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any, Final

_KEPT: Final = (
    r"index-url|offline|no-cache|cache-dir|native-tls|system-certs|allow-insecure-host"
    r"|keyring-provider|https?-proxy|no-proxy|concurrent-\w+|link-mode|python-downloads"
    r"|(?:python|pypy)-install-mirror|python-downloads-json-url|pip"
)


@contextmanager
def confined(
    environment: Mapping[str, str], directory: str, given: str | None = None
) -> Iterator[dict[str, str]]:
    """Yield an environment in which uv finds no more than that outside of a project.

    Args:
        environment: what uv would run in.
        directory: that of the project, in which uv runs.
        given: the file that ``UV_CONFIG_FILE`` names. For uv it takes the place of all others, the
            project's own too; here it comes before those from outside.
    """
    config_home = _config_home(environment)
    users = os.path.join(config_home, "uv", UV_TOML)
    above = None if _is_own(directory) else _first_above(os.path.dirname(directory))
    found = [os.path.abspath(path) for path in (given, above, users, _systems(environment)) if path]
    settings = [one for path in found if (one := _of_file(path))]
    if not settings:
        yield dict(environment)
        return
    import tempfile  # which imports a lot

    # Readable for nobody else: an index may have a password in its URL.
    with tempfile.TemporaryDirectory(prefix="lockhook-") as folder:
        path = os.path.join(folder, "uv", UV_TOML)
        _write(path, _merged(settings))
        if above:
            # Nothing in the project keeps uv from looking above it; this does.
            yield {**environment, "UV_CONFIG_FILE": path}
            return
        # Others have their files there too, such as git and keyring.
        _link_all(config_home, folder)
        # The first that is there counts, so an empty one keeps uv from /etc.
        _write(os.path.join(folder, "uv", "uv", UV_TOML), {})
        yield {
            **environment,
            "XDG_CONFIG_HOME": folder,
            "XDG_CONFIG_DIRS": os.pathsep.join(
                [os.path.join(folder, "uv"), environment.get("XDG_CONFIG_DIRS") or "/etc/xdg"]
            ),
        }


def _config_home(environment: Mapping[str, str]) -> str:
    home = environment.get("HOME") or os.path.expanduser("~")
    return environment.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")


def _systems(environment: Mapping[str, str]) -> str | None:
    folders = (environment.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep)
    paths = [os.path.join(folder, "uv", UV_TOML) for folder in (*folders, "/etc")]
    return next(filter(os.path.isfile, paths), None)


def _is_own(directory: str) -> bool:
    """Tell whether uv stops at a project, or at the root of the workspace that it belongs to."""
    pyproject = workspace.document(os.path.join(directory, "pyproject.toml"))
    return _settings_in(workspace.root_of(directory, pyproject)[0]) is not None


def _first_above(directory: str) -> str | None:
    return next(filter(None, map(_settings_in, _above(directory))), None)


def _above(directory: str) -> Iterator[str]:
    yield directory
    parent = os.path.dirname(directory)
    if parent != directory:
        yield from _above(parent)


def _settings_in(directory: str) -> str | None:
    """Return the file of a directory that uv takes its settings from, if there is one."""
    path = os.path.join(directory, UV_TOML)
    if os.path.isfile(path):
        return path
    path = os.path.join(directory, "pyproject.toml")
    return path if "uv" in table_at(workspace.document(path), "tool") else None


def _of_file(path: str) -> dict[str, Any]:
    """Return the settings of a file; relative paths of indexes become URLs."""
    document = workspace.document(path)
    if os.path.basename(path) != UV_TOML:
        document = table_at(document, "tool", "uv")
    directory = os.path.dirname(path)
    return {key: _with_urls(value, directory) for key, value in document.items()}


def _with_urls(value: Any, directory: str) -> Any:
    if isinstance(value, list):
        return [_with_urls(each, directory) for each in value]
    if isinstance(value, dict) and isinstance(value.get("url"), str):
        return {**value, "url": indexes.absolute(value["url"], directory)}
    return value


def _merged(settings: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what is kept of several files, of which the first counts most."""
    merged: dict[str, Any] = {}
    entries: list[Any] = []
    for one in settings:
        merged = {**_places(one), **merged}
        entries += [entry for entry in one.get("index", ()) if _is_harmless(entry)]
    # uv refuses a name that is there twice.
    named = {entry.get("name", str(n)): entry for n, entry in reversed(list(enumerate(entries)))}
    return {**merged, **({"index": list(reversed(named.values()))} if named else {})}


def _places(table: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _places(value) if isinstance(value, dict) else value
        for key, value in table.items()
        if re.fullmatch(_KEPT, key)
    }


def _is_harmless(entry: Any) -> bool:
    """Tell an index that adds nothing: a mirror of the default one, or one for who names it."""
    return isinstance(entry, dict) and bool(entry.get("default") or entry.get("explicit"))


def _write(path: str, table: Mapping[str, Any]) -> None:
    from lockhook._authoring.toml_edit import literal

    def inline(value: Any) -> str:
        return f"[{', '.join(map(literal, value))}]" if isinstance(value, list) else literal(value)

    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{literal(key)} = {inline(value)}\n" for key, value in table.items())


def _link_all(source: str, folder: str) -> None:
    with suppress(OSError):
        for name in os.listdir(source):
            if name != "uv":
                os.symlink(os.path.join(source, name), os.path.join(folder, name))
