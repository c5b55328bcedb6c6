"""Which lock is meant when none is named."""

from __future__ import annotations

import os
import sys

from lockhook.errors import ConfigError, LockfileError, ProjectError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

VARIABLE = "LOCKHOOK_LOCKFILE"
NAMES = ("pylock.toml", "requirements.txt", "uv.lock")


def find() -> str:
    """Return the path of the lock that belongs to the running program.

    ``$LOCKHOOK_LOCKFILE``; else the first lock of ``[tool.lockhook]`` in the ``pyproject.toml``
    nearest above the main script, then above the working directory; else `NAMES` beside it.

    Raises:
        LockfileError: if there is none, saying where it was looked for.
        ProjectError: if a ``pyproject.toml`` on the way cannot be read.
    """
    if named := os.environ.get(VARIABLE):
        return named
    looked: list[str] = []
    for start in _starts():
        project = nearest_project(start)
        looked.append(project or f"above {start}")
        if project and (lock := lock_of(project)):
            here = _working_directory()
            return os.path.relpath(lock) if here and _below(lock, here) else lock
    raise LockfileError(
        f"no lock found: looked for [tool.lockhook], {', '.join(NAMES)} in "
        + (", ".join(dict.fromkeys(looked)) or "a working directory that is gone"),
        hint=f"name the lock, set {VARIABLE}, or run `lockhook generate`",
    )


def _starts() -> Iterator[str]:
    here = _working_directory()
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    if main and (here or os.path.isabs(main)):
        yield os.path.dirname(os.path.abspath(main))
    if here:
        yield here


def _working_directory() -> str:
    try:
        return os.getcwd()
    except OSError:  # somebody removed it
        return ""


def _below(path: str, directory: str) -> bool:
    return path.startswith(os.path.join(directory, ""))


def nearest_project(start: str) -> str | None:
    """Return the nearest directory at or above a directory that has a ``pyproject.toml``."""
    directory = start
    while not os.path.isfile(os.path.join(directory, "pyproject.toml")):
        above = os.path.dirname(directory)
        if above == directory:
            return None
        directory = above
    return directory


def lock_of(project: str) -> str | None:
    """Return the first lock of a project: the first that its settings name, or one of `NAMES`.

    Raises:
        ProjectError: if its ``pyproject.toml`` cannot be read.
    """
    configured = _configured(os.path.join(project, "pyproject.toml"))
    if configured:
        return os.path.join(project, configured)
    paths = (os.path.join(project, name) for name in NAMES)
    return next((path for path in paths if os.path.isfile(path)), None)


def _configured(pyproject: str) -> str | None:
    """Return the first lock that ``[tool.lockhook.locks]`` names."""
    try:
        with open(pyproject, "rb") as file:
            data = file.read()
    except OSError as error:
        raise unreadable(error, pyproject) from None
    # Parsing TOML takes longer than everything else here, and most projects need no settings.
    if b"lockhook" not in data:
        return None
    table: Any = parse_toml(data, pyproject)
    for key in ("tool", "lockhook", "locks"):
        table = table.get(key, {})
        if not isinstance(table, dict):
            raise ConfigError(f"{key!r} of [tool.lockhook.locks] is not a table", path=pyproject)
    return next(iter(table), None)


def unreadable(error: OSError, path: str) -> ProjectError:
    """Return the error for a ``pyproject.toml`` that the system does not let be read."""
    reason = f"cannot be read: {error.strerror}"
    return ProjectError(reason, path=path, hint="make it readable, then run it again")


def parse_toml(data: bytes, path: str) -> dict[str, Any]:
    """Return the parsed TOML document.

    Raises:
        ProjectError: if it is none, with the place.
    """
    import tomli

    try:
        return tomli.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ProjectError(f"is not UTF-8: {error}", path=path) from None
    except (ValueError, RecursionError) as error:  # such as nesting, or numbers, without end
        raise ProjectError(f"is not valid TOML: {error}", path=path) from None


def project_name(project: str) -> str:
    """Return the ``name`` in the ``[project]`` table of a directory's ``pyproject.toml``, or "".

    Read line by line: it only keeps the project itself from being called an extra, and a parser
    would cost more than the whole verification.
    """
    try:
        with open(os.path.join(project, "pyproject.toml"), encoding="utf-8") as file:
            lines = file.read().split("\n")
    except (OSError, UnicodeDecodeError):
        return ""
    inside = False
    for line in lines:
        key, equals, value = line.partition("=")
        if line.startswith("["):
            inside = line.strip() == "[project]"
        elif inside and equals and key.strip() == "name":
            value = value.strip()
            return value[1:].partition(value[0])[0] if value[:1] in {'"', "'"} else ""
    return ""


def resource(package: str, name: str) -> str:
    """Return the path of a lock that a package ships.

    Args:
        package: the import name of the package; it is found, not imported.
        name: the file's path inside it, with forward slashes.

    Raises:
        LockfileError: if there is no such package or no such file.
    """
    from importlib.util import find_spec

    try:
        spec = find_spec(package)
    except (ImportError, ValueError):
        spec = None
    for directory in (spec and spec.submodule_search_locations) or ():
        if os.path.isfile(path := os.path.join(directory, *name.split("/"))):
            return path
    raise LockfileError(f"package {package!r} ships no {name!r}")
