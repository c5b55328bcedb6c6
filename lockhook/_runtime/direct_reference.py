"""URLs and paths in place of a name and version: which text is one, and what it tells to pip.

No disk is read: what looks like a path is one, whether or not it exists here.
"""

from __future__ import annotations

import contextlib
import os.path
import re
from urllib.parse import unquote

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

from lockhook._runtime.model import Origin
from lockhook._runtime.names import is_name

# `pip._internal.vcs`: each version control system with the transports that it speaks.
_VCS = {
    "bzr": ("http", "https", "ssh", "sftp", "ftp", "lp", "file"),
    "git": ("http", "https", "ssh", "git", "file"),
    "hg": ("http", "https", "ssh", "static-http", "file"),
    "svn": ("http", "https", "ssh", "svn", "file"),
}
_VCS_SCHEMES = frozenset(f"{vcs}+{how}" for vcs, transports in _VCS.items() for how in transports)
_SCHEMES = _VCS_SCHEMES | {"http", "https", "ftp", "file"}
_ARCHIVES = (
    ".whl", ".zip", ".tar.gz", ".tgz", ".tar", ".tar.bz2", ".tbz",
    ".tar.xz", ".txz", ".tlz", ".tar.lz", ".tar.lzma",
)  # fmt: skip


def scheme_of(text: str) -> str:
    """Return what stands before the colon if pip knows it for the scheme of a URL, else ""."""
    scheme = text.partition(":")[0].lower()
    return scheme if ":" in text and scheme in _SCHEMES else ""


def is_reference(text: str) -> bool:
    """Tell whether pip takes a requirement for a URL or a path, rather than for a name."""
    if scheme_of(text):
        return True
    before, at, _ = text.partition("@")
    if at and not _looks_like_path(before):
        return False
    if _is_archive(split_extras(text)[0]):
        return True
    # Of what holds a blank, a path is only what begins as one: prose can hold a slash too.
    return _looks_like_path(text) and (text[:1] in {".", "/", os.path.sep} or " " not in text)


def _looks_like_path(text: str) -> bool:
    return os.path.sep in text or "/" in text or text.startswith(".")


def _is_archive(path: str) -> bool:
    return path.lower().endswith(_ARCHIVES)


def split_extras(text: str) -> tuple[str, tuple[str, ...]]:
    """Split ``./path[extra]`` into the path and its extras."""
    path, _, extras = text[:-1].rpartition("[")
    closed = text.endswith("]") and "]" not in extras
    if not (path and extras and closed) or scheme_of(text) not in {"", "file"}:
        return text, ()
    return path.rstrip(), tuple(extra.strip() for extra in extras.split(","))


def origin(url: str, *, editable: bool) -> Origin:
    """Return the origin that a URL or path describes.

    Args:
        url: as the lock spells it.
        editable: whether it stood behind ``-e``.

    Raises:
        ValueError: if pip takes no such URL or path.
    """
    bare, _, fragment = url.partition("#")
    subdirectory = "".join(re.findall(r"(?:^|[#&])subdirectory=([^&]*)", fragment))
    scheme = scheme_of(url)
    if scheme in _VCS_SCHEMES:
        bare, revision = _split_revision(bare)
        return Origin(
            url=bare, kind="vcs", editable=editable, revision=revision, subdirectory=subdirectory
        )
    is_remote = scheme not in {"", "file"}
    kind = "archive" if is_remote or _is_archive(bare) else "directory"
    if editable and kind == "archive":
        raise ValueError("only a directory or a repository can be editable")
    return Origin(url=url, kind=kind, editable=editable, subdirectory=subdirectory)


def is_elsewhere(url: str) -> bool:
    """Tell whether a ``file:`` URL names another machine, where pip refuses to look for it."""
    host = re.match(r"file://([^/?#]*)", url, re.IGNORECASE)
    return host is not None and host[1] not in {"", "localhost"} and os.name != "nt"


def _split_revision(url: str) -> tuple[str, str]:
    """Split ``git+https://user@host/repo.git@revision`` at the last ``@`` of its path."""
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    path, mark, query = path.partition("?")
    before, at, revision = path.rpartition("@")
    if at and not revision:
        raise ValueError("nothing stands behind the @")
    return f"{scheme}://{host}{slash}{before if at else path}{mark}{query}", revision if at else ""


def name_of(reference: str) -> str:
    """Return the normalised name that a URL or path tells; "" if it tells none.

    Raises:
        ValueError: if it is the URL of a wheel whose file name is none, or its ``#egg=`` no name.
    """
    base, fragment = _file_name(reference), reference.partition("#")[2]
    egg = re.search(r"(?:^|[#&])egg=(?P<name>[^&\[]*)(\[[^&\]]*\])?(?P<rest>[^&]*)", fragment)
    if egg and (egg["rest"] or not is_name(egg["name"])):
        raise ValueError("#egg= is followed by what is no name")
    if base.endswith(".whl"):
        try:
            return parse_wheel_filename(base)[0]
        except InvalidWheelFilename as error:
            raise ValueError(str(error)) from None
    if egg:
        return canonicalize_name(egg["name"])
    try:
        return parse_sdist_filename(base)[0]
    except InvalidSdistFilename:
        return ""


def _name_of_wheel(base: str) -> str:
    try:
        return parse_wheel_filename(base)[0]
    except InvalidWheelFilename as error:
        raise ValueError(str(error)) from None


def version_of(reference: str) -> str:
    """Return the version that the file name of a URL or path tells; "" if it tells none."""
    if version := version_of_wheel(reference):
        return version
    with contextlib.suppress(InvalidSdistFilename):
        return str(parse_sdist_filename(_file_name(reference))[1])
    return ""


def version_of_wheel(reference: str) -> str:
    """Return the version in the file name of a wheel; "" for a URL or path of another file."""
    try:
        return str(parse_wheel_filename(_file_name(reference))[1])
    except InvalidWheelFilename:
        return ""


def _file_name(reference: str) -> str:
    """Return the last part of a URL's path, or of a path."""
    bare = reference.partition("#")[0]
    if scheme_of(reference):
        bare = unquote(bare.partition("?")[0])
    return bare.replace("\\", "/").rpartition("/")[2]
