"""From a package of a uv.lock to a pin: its version, its source and its files."""

from __future__ import annotations

from lockhook._runtime.model import Origin, Pin
from lockhook._runtime.names import normalize, without_credentials
from lockhook._runtime.versions import SAME, Wanted, compare

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockhook._runtime.toml_table import Table


def pins_of(package: Table) -> Iterator[Pin]:
    """Yield the pin of a package, none for a project that is no package.

    Raises:
        LockfileError: if its source or one of its files is not as uv writes it.
    """
    source, kind = source_of(package)
    if kind == "virtual":  # a project that is not a package: never installed
        return
    version = package.text("version")
    for wheel in package.tables("wheels") if version else ():
        _check_wheel(wheel, version)
    yield Pin(
        name=normalize(package.required("name")),
        wanted=Wanted(version=version, exact=True) if version else None,
        origin=origin_of(source, kind),
        hashes=tuple(_hashes(package, must_have=kind in {"url", "path"})),
        path=package.path,
        line=0,
        place=package.place,
    )


def source_of(package: Table) -> tuple[Table, str]:
    """Return the source of a package, and of which kind it is.

    Raises:
        LockfileError: if uv knows no such kind.
    """
    source = package.table("source") or package
    kind = next((kind for kind in _KINDS if kind in source.values), "")
    if not kind:
        raise source.error(f"{next(iter(source.values), '')!r} is not a kind of source")
    return source, kind


# In uv's own order, which decides where a source has two of them.
_KINDS = ("registry", "git", "url", "path", "directory", "editable", "virtual")


def _hashes(package: Table, *, must_have: bool) -> Iterator[str]:
    for file in (*package.tables("wheels"), *filter(None, [package.table("sdist")])):
        digest = file.text("hash")
        if digest:
            if digest.partition(":")[2].lower().strip("0123456789abcdef"):
                raise file.error(f"{digest!r:.100} is damaged", "hash")
            yield digest.lower()
        elif must_have:
            raise file.error("missing", "hash")


def _check_wheel(wheel: Table, version: str) -> None:
    """Refuse a wheel of another version: somebody edited one of the two."""
    url = wheel.text("url") or wheel.text("path") or wheel.text("filename")
    if not url or f"-{version}-" in url.replace("%2B", "+"):
        return
    from lockhook._runtime.pylock_toml import last_url_part, wheel_parts

    try:
        _, found = wheel_parts(last_url_part(url.replace("\\", "/")))
    except ValueError as error:
        raise wheel.error(str(error)) from None
    if compare(Wanted(version=version, exact=True), found) != SAME:
        raise wheel.error(f"is a file of version {found}, not of {version}")


def origin_of(source: Table, kind: str) -> Origin | None:
    """Return the direct reference that a source is, None for an index.

    Raises:
        LockfileError: if it is not as uv writes it.
    """
    if kind == "registry":
        return None
    value = source.required(kind)
    if kind == "git":
        return _git(source, value)
    if kind in {"url", "path"}:
        return Origin(url=value, kind="archive", subdirectory=source.text("subdirectory"))
    return Origin(url=value, kind="directory", editable=kind == "editable")


def _git(source: Table, url: str) -> Origin:
    """Take ``https://host/repo.git?subdirectory=x&rev=v1#<commit>`` apart."""
    location, _, commit = url.partition("#")
    location, _, query = location.partition("?")
    if len(commit) != 40 or commit.lower().strip("0123456789abcdef"):
        raise source.error(f"{without_credentials(url)!r:.200} names no commit", "git")
    fields = dict(part.partition("=")[::2] for part in query.split("&"))
    return Origin(
        url=f"git+{location}",
        kind="vcs",
        revision=commit,
        subdirectory=fields.get("subdirectory", ""),
    )
