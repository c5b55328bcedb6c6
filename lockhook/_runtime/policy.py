"""What the caller of a verification asks for, and which findings fail by that."""

from __future__ import annotations

from lockhook._runtime.names import normalize
from lockhook._runtime.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# What installs packages, and lockhook with what it needs, are part of no lock.
NEVER_EXTRA = frozenset({"pip", "setuptools", "wheel", "uv", "lockhook", "packaging", "tomli"})

_ALWAYS_FAIL = frozenset(
    {"mismatched", "broken", "conflicting", "shadowed", "leak", "modified", "uncovered"}
)


class Policy(Record):
    """What the caller asked for.

    Attributes:
        skip: names to leave out, as the caller spells them.
        allow_missing: whether a package that is not installed passes.
        strict: whether extra, unverifiable and labelled packages fail, and missing ones always.
        accelerator: ``"cpu"``, ``"any"``, or None for what the project's settings say.
        integrity: ``"size"`` or ``"hash"`` to look at every file of the locked packages too.
    """

    skip: tuple[str, ...] = ("mpi4py",)
    allow_missing: bool = False
    strict: bool = False
    accelerator: str | None = None
    integrity: str | None = None

    def fails(self, status: str) -> bool:
        """Tell whether a finding of that kind fails (the table of verdicts in the README)."""
        if status == "missing":
            return self.strict or not self.allow_missing
        return self.strict or status in _ALWAYS_FAIL

    def skipped(self) -> set[str]:
        """Return the names to leave out, normalised."""
        return set(map(normalize, self.skip))

    def beside(self, locked: Iterable[str], installed: Iterable[str]) -> list[str]:
        """Return the names of what is installed beside a lock, but for what is never extra.

        Args:
            locked: normalised names of the pins that apply.
            installed: normalised names of all distributions.
        """
        return sorted(set(installed).difference(locked, NEVER_EXTRA, self.skipped()))
