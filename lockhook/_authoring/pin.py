"""One package of a lock, as people compare it and as uv is told to keep it."""

from __future__ import annotations

from lockhook._runtime.named_tuple import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lockhook._authoring.reference import Reference


class Pin(NamedTuple):
    """One package of a lock.

    Attributes:
        name: normalised.
        version: "" for a direct reference.
        marker: where it applies, "" for everywhere.
        index_url: the URL of the index that it comes from, "" if the lock does not tell.
        url: of a direct reference, as a requirements.txt spells it, "" for all else.
        via: what wants it, as the lock tells it.
        files: the names of its wheels and its sdist, if the lock lists them.
        reference: the direct reference, by what its spellings share.
        hashes: those of its files, ``"sha256:<hex>"``, as far as the lock has them.
    """

    name: str
    version: str
    marker: str
    index_url: str = ""
    url: str = ""
    via: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    reference: Reference | None = None
    hashes: tuple[str, ...] = ()
