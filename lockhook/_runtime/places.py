"""When two URLs or paths name the same place, however they are spelled."""

from __future__ import annotations

import os

from lockhook._runtime.names import without_credentials

_DEFAULT_PORTS = {"http": ":80", "https": ":443", "ssh": ":22", "git": ":9418", "ftp": ":21"}


def is_local(url: str) -> bool:
    """Tell whether a URL or path names something on this machine."""
    url = _without_vcs(url)
    return "://" not in url or url.lower().startswith("file:")


def canonical(url: str, directory: str, *, is_repository: bool = False) -> str:
    """Return the one spelling of a place: an absolute path without links, or a URL.

    Args:
        url: a URL, with or without the prefix of its VCS, or a path as a lock spells it.
        directory: what a relative path is relative to.
        is_repository: a repository is the same with and without ``.git``.

    Raises:
        ValueError: if it is no URL, or a path that no file can have.
    """
    url = without_credentials(_without_vcs(url)).partition("#")[0]
    place = (
        os.path.normcase(os.path.realpath(os.path.join(directory, local_path(url))))
        if is_local(url)
        else _canonical_url(url)
    )
    return place.rstrip("/").removesuffix(".git").rstrip("/") if is_repository else place


def local_path(url: str) -> str:
    """Return the path that a ``file:`` URL or a path names, as the file system spells it."""
    if not url.lower().startswith("file:"):
        return url
    from urllib.parse import unquote, urlsplit  # of no use to a lock without direct references

    path = unquote(urlsplit(url).path)
    # "/C:/lib" of "file:///C:/lib"
    return path[1:] if os.name == "nt" and path[2:3] == ":" else path


def _canonical_url(url: str) -> str:
    from urllib.parse import unquote, urlsplit

    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    host = parts.netloc.lower().removesuffix(_DEFAULT_PORTS.get(scheme, ":"))
    query = f"?{parts.query}" if parts.query else ""
    # pip quotes what the lock need not have quoted: `+` becomes `%2B`.
    return f"{scheme}://{host}{unquote(parts.path).rstrip('/')}{query}"


def _without_vcs(url: str) -> str:
    vcs, plus, rest = url.partition("+")
    return rest if plus and vcs.lower() in {"git", "hg", "bzr", "svn"} else url
