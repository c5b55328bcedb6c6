"""Direct references of locks of any format, in one spelling, and by what their spellings share."""

from __future__ import annotations

import posixpath

from lockhook._runtime import places
from lockhook._runtime.named_tuple import NamedTuple
from lockhook._runtime.names import without_credentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lockhook._runtime.model import Origin


class Reference(NamedTuple):
    """Where a pin comes from when that is not an index.

    Attributes:
        kind: ``"archive"``, ``"directory"``, or the VCS, such as ``"git"``.
        place: an absolute path or a URL (`lockhook._runtime.places`).
        subdirectory: "." for none.
        revision: the commit, of a VCS.
        editable: ``-e``.
        version: what the name of an archive tells, "" for nothing.
    """

    kind: str
    place: str
    subdirectory: str
    revision: str
    editable: bool
    version: str = ""

    def is_directory_at(self, path: str) -> bool:
        """Tell whether it is a certain folder on this machine."""
        return self.kind == "directory" and self.place == path


def of(origin: Origin, directory: str) -> Reference:
    """Return what all spellings of an origin share.

    Args:
        origin: as a lock of any format has it.
        directory: where the lock lies.
    """
    is_vcs = origin.kind == "vcs"
    try:
        place = places.canonical(origin.url, directory, is_repository=is_vcs)
    except ValueError:  # no URL, nor a path that a file can have
        place = without_credentials(origin.url)
    return Reference(
        kind=origin.url.partition("+")[0].lower() if is_vcs else origin.kind,
        place=place,
        subdirectory=posixpath.normpath(origin.subdirectory or "."),
        revision=origin.revision.lower(),
        editable=origin.editable,
        version=_version(origin.url) if origin.kind == "archive" else "",
    )


def _version(url: str) -> str:
    from lockhook._runtime.direct_reference import version_of

    return version_of(url)


def spelled(origin: Origin) -> str:
    """Return an origin as a requirements.txt spells it: with the commit, and the subdirectory."""
    if origin.kind != "vcs":
        return origin.url
    revision = f"@{origin.revision}" if origin.revision else ""
    subdirectory = f"#subdirectory={origin.subdirectory}" if origin.subdirectory else ""
    return f"{origin.url}{revision}{subdirectory}"
