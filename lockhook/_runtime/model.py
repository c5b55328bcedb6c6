"""What a lock says, whatever its format: where the two halves of lockhook meet."""

from __future__ import annotations

from lockhook._runtime.coverage import Coverage
from lockhook._runtime.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lockhook._runtime.uv_lock import Graph
    from lockhook._runtime.versions import Wanted


class Origin(Record):
    """Where a pin comes from when that is not an index (PEP 508 direct reference, PEP 610).

    Attributes:
        url: as the lock spells it: an archive, a VCS repository, or a ``file:`` URL.
        kind: ``"archive"``, ``"vcs"`` or ``"directory"``.
        editable: ``-e``.
        revision: the commit or other revision behind ``@``, for a VCS.
        subdirectory: the ``#subdirectory=`` of the URL.
    """

    url: str
    kind: str
    editable: bool = False
    revision: str = ""
    subdirectory: str = ""


class Pin(Record):
    """One package of a lock.

    Attributes:
        name: normalised (PEP 503); "" for a URL or path that does not tell its name.
        wanted: the version, or None where the origin decides.
        origin: the direct reference, or None for a package from an index.
        marker: the condition as written, or "".
        extras: as written, in order; they change nothing about what must be installed.
        hashes: ``"sha256:<hex>"`` and the like.
        path: the file in which the line stands.
        line: its number in that file, counted from 1; 0 in a TOML lock.
        place: where it stands in a TOML lock: ``packages[3]``.
        requires_python: the Pythons it can be installed for, "" for any.
        wheels: the names of its files where there are wheels only, and one of them must fit.
    """

    name: str
    wanted: Wanted | None
    path: str
    line: int
    place: str = ""
    requires_python: str = ""
    wheels: tuple[str, ...] = ()
    origin: Origin | None = None
    marker: str = ""
    extras: tuple[str, ...] = ()
    hashes: tuple[str, ...] = ()


class Constraint(Record):
    """One line of a ``-c`` file: what a pin must satisfy if there is one.

    Attributes:
        name: normalised (PEP 503).
        specifier: a version specifier set (PEP 440), "" for any version.
        marker: the condition as written, or "".
        path: the file in which the line stands.
        line: its number in that file, counted from 1.
        origin: a direct reference, which the package must then come from; None for any.
        hashes: ``"sha256:<hex>"`` and the like, of which one must be the package's; or none.
    """

    name: str
    specifier: str
    marker: str
    path: str
    line: int
    origin: Origin | None = None
    hashes: tuple[str, ...] = ()


class Scope(Record):
    """What a lock is for. A requirements.txt does not say.

    Attributes:
        requires_python: a version specifier set (PEP 440), "" for any Python.
        environments: markers, of which one must be true; empty for any environment.
        extras: normalised names that can be asked for.
        groups: names of dependency groups that can be asked for.
        default_groups: those that are meant when none is asked for.
        is_known: whether the format says any of this.
    """

    requires_python: str = ""
    environments: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    default_groups: tuple[str, ...] = ()
    is_known: bool = False


class Asked(Record):
    """The extras and dependency groups that somebody asks a lock for, in any spelling."""

    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


class Lock(Record):
    """A whole lock, with everything it includes.

    Attributes:
        path: as the user named it.
        sha256: of the bytes of the named file, in hex; of the digests of all files if it includes
            others.
        pins: in the order of the files.
        constraints: of its ``-c`` files.
        indexes: ``(option, url)`` for each index line, such as ``--extra-index-url``.
        scope: what it is for, as far as its format says.
        coverage: the same as far as lockhook wrote it into the lock.
        graph: the packages of a uv.lock and what requires them; its pins follow from that for
            one environment. None for the other formats.
    """

    path: str
    sha256: str
    pins: tuple[Pin, ...]
    scope: Scope = Scope()
    coverage: Coverage = Coverage()
    graph: Graph | None = None
    constraints: tuple[Constraint, ...] = ()
    indexes: tuple[tuple[str, str], ...] = ()
