"""What is installed beside a lock."""

from __future__ import annotations

from lockhook._runtime.names import normalize
from lockhook._runtime.report import Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lockhook._runtime.installed import Distribution
    from lockhook._runtime.policy import Policy


def findings(
    names: Iterable[str],
    installed: Mapping[str, list[Distribution]],
    project: str,
    policy: Policy,
) -> Iterator[Finding]:
    """Yield a finding for each package that is installed and not in the lock.

    Args:
        names: those that `Policy.beside` returns.
        installed: normalised name to distributions.
        project: the name of the project itself, which is no extra; in any spelling.
        policy: what the caller lets pass.
    """
    own = normalize(project)
    for name in names:
        if name == own:
            continue
        found = installed[name][0]
        yield Finding(
            status="extra",
            package=name,
            message=f"{found.version or 'no version'} is installed, but not in the lock",
            fails=policy.fails("extra"),
            found=found.version,
            location=found.location,
        )
