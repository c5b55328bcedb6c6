"""Reading pylock.toml (PEP 751): validated as the specification has it, and turned into pins."""

from __future__ import annotations

from lockhook._runtime.markers import InvalidMarkerError, check
from lockhook._runtime.model import Origin, Pin, Scope
from lockhook._runtime.names import is_name, normalize
from lockhook._runtime.plain import is_plain_version
from lockhook._runtime.toml_table import Table
from lockhook._runtime.versions import SAME, Wanted, compare, is_specifier, is_version

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

_DIRECT = ("vcs", "directory", "archive")


def read(document: Mapping[str, Any], path: str) -> tuple[tuple[Pin, ...], Scope]:
    """Return the pins of a lock and what it is for.

    Args:
        document: the parsed TOML.
        path: what to call the file in messages.

    Raises:
        LockfileError: if the document is not as the specification wants it, with the place.
    """
    top = Table(document, path)
    _check_version(top)
    top.required("created-by")
    top.table("tool")
    if "packages" not in document:
        raise top.error("missing", "packages")
    scope = _scope(top)
    pins = tuple(_pin(package) for package in top.tables("packages"))
    return pins, scope


def _check_version(top: Table) -> None:
    version = top.required("lock-version")
    if version == "1.0":
        return
    from packaging.version import InvalidVersion, Version

    try:
        is_known = Version("1") <= Version(version) < Version("2")
    except InvalidVersion:
        raise top.error(f"{version!r} is no version", "lock-version") from None
    if not is_known:
        raise top.error(f"version {version} of the format is not known; 1.0 is", "lock-version")


def _scope(top: Table) -> Scope:
    extras = top.texts("extras")
    for i, name in enumerate(extras):
        if not is_name(name) or normalize(name) != name:
            raise top.error(f"{name!r} is not a normalised name", f"extras[{i}]")
    environments = top.texts("environments")
    for i, marker in enumerate(environments):
        _check_marker(top, marker, f"environments[{i}]")
    return Scope(
        requires_python=_specifier(top),
        environments=environments,
        extras=extras,
        groups=top.texts("dependency-groups"),
        default_groups=top.texts("default-groups"),
        is_known=True,
    )


def _pin(package: Table) -> Pin:
    name, version = package.required("name"), package.optional("version")
    if not is_name(name) or normalize(name) != name:
        raise package.error(f"{name!r} is not a normalised name", "name")
    if version is not None and not is_version(version):
        raise package.error(f"{version!r} is not a version", "version")
    marker = package.optional("marker")
    if marker is not None:
        _check_marker(package, marker, "marker")
    _check_remarks(package)
    wheels, sdist = list(package.tables("wheels")), package.table("sdist")
    origin, digests = _source(package, has_files=bool(wheels or sdist))
    for file in wheels:
        digests += _file(file, name, version or "", wheel_parts)
    if sdist is not None:
        digests += _file(sdist, name, version or "", _sdist_parts)
    return Pin(
        name=name,
        wanted=Wanted(version=version, exact=True) if version else None,
        origin=origin,
        marker=marker or "",
        requires_python=_specifier(package),
        wheels=() if sdist else tuple(map(_filename, wheels)),
        hashes=tuple(digests),
        path=package.path,
        line=0,
        place=package.place,
    )


def _check_remarks(package: Table) -> None:
    """Refuse what changes nothing about the installation, but is of a wrong type."""
    package.text("index")
    package.table("tool")
    for _ in package.tables("dependencies"):
        pass
    for identity in package.tables("attestation-identities"):
        identity.required("kind")


def _file(
    file: Table, name: str, version: str, parts: Callable[[str], tuple[str, str]]
) -> Iterator[str]:
    """Check a wheel or sdist against the package it is listed for, and yield its hashes."""
    _check_location(file)
    _check_upload(file)
    filename = _filename(file)
    try:
        found, found_version = parts(filename)
    except ValueError as error:
        raise file.error(str(error)) from None
    if found != name:
        raise file.error(f"{filename!r} is a file of {found}, not of {name}")
    if version and compare(Wanted(version=version, exact=True), found_version) != SAME:
        raise file.error(f"{filename!r} is a file of version {found_version}, not of {version}")
    return _hashes(file)


def _filename(file: Table) -> str:
    return file.text("name") or _last_part(file.text("path")) or last_url_part(file.text("url"))


def _last_part(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def last_url_part(url: str) -> str:
    last = url.partition("#")[0].partition("?")[0].rpartition("/")[2].partition(";")[0]
    if "%" not in last:
        return last
    from urllib.parse import unquote

    return unquote(last)


def wheel_parts(filename: str) -> tuple[str, str]:
    """Return name and version of a wheel (binary distribution format, "File name convention")."""
    parts = filename.removesuffix(".whl").split("-")
    plain = filename.endswith(".whl") and len(parts) == 5 and is_name(parts[0])
    if plain and is_plain_version(parts[1]) and "." not in parts[0] and parts[0].islower():
        return normalize(parts[0]), parts[1]
    from packaging.utils import parse_wheel_filename

    name, version, _, _ = parse_wheel_filename(filename)
    return name, str(version)


def _sdist_parts(filename: str) -> tuple[str, str]:
    """Return name and version of an sdist (source distribution format)."""
    name, dash, version = filename.removesuffix(".tar.gz").rpartition("-")
    if filename.endswith(".tar.gz") and dash and is_name(name) and is_plain_version(version):
        return normalize(name), version
    from packaging.utils import parse_sdist_filename

    found, parsed = parse_sdist_filename(filename)
    return found, str(parsed)


def _check_marker(table: Table, marker: str, key: str) -> None:
    try:
        check(marker, "extras", "dependency_groups")
    except InvalidMarkerError as error:
        raise table.error(str(error), key) from None


def _specifier(table: Table) -> str:
    text = table.text("requires-python")
    if text and not is_specifier(text):
        raise table.error(f"{text!r} is not a version specifier", "requires-python")
    return text


def _source(package: Table, *, has_files: bool) -> tuple[Origin | None, list[str]]:
    """Return where a package comes from; exactly one kind of source must be given."""
    direct = [kind for kind in _DIRECT if package.values.get(kind) is not None]
    if direct and (has_files or len(direct) > 1):
        raise package.error("vcs, directory, archive, and wheels or sdist exclude each other")
    if not direct and not has_files:
        raise package.error(
            "has no source: one of vcs, directory, archive, wheels, sdist is needed"
        )
    table = package.table(direct[0]) if direct else None
    if table is None:
        return None, []
    return _ORIGINS[direct[0]](table)


def _vcs(table: Table) -> tuple[Origin, list[str]]:
    _check_location(table)
    url = f"{table.required('type')}+{table.text('url') or table.text('path')}"
    table.text("requested-revision")
    commit = table.required("commit-id")
    subdirectory = table.text("subdirectory")
    return Origin(url=url, kind="vcs", revision=commit, subdirectory=subdirectory), []


def _directory(table: Table) -> tuple[Origin, list[str]]:
    origin = Origin(
        url=table.required("path"),
        kind="directory",
        editable=table.flag("editable"),
        subdirectory=table.text("subdirectory"),
    )
    return origin, []


def _archive(table: Table) -> tuple[Origin, list[str]]:
    _check_location(table)
    _check_upload(table)
    url = table.text("url") or table.text("path")
    origin = Origin(url=url, kind="archive", subdirectory=table.text("subdirectory"))
    return origin, list(_hashes(table))


_ORIGINS = {"vcs": _vcs, "directory": _directory, "archive": _archive}


def _check_location(table: Table) -> None:
    if not (table.text("path") or table.text("url")):
        raise table.error("path or url is needed")


def _check_upload(file: Table) -> None:
    file.number("size")
    uploaded = file.values.get("upload-time")
    # Only a date with a time of day has an hour and a year; no class need be imported to tell.
    if uploaded is not None and not (hasattr(uploaded, "hour") and hasattr(uploaded, "year")):
        raise file.error(f"expected a date and time, found {uploaded!r:.60}", "upload-time")


def _hashes(file: Table) -> Iterator[str]:
    hashes = file.table("hashes")
    if hashes is None or not hashes.values:
        raise file.error("at least one hash is needed", "hashes")
    for algorithm in hashes.values:
        yield f"{algorithm}:{hashes.required(algorithm).lower()}"
