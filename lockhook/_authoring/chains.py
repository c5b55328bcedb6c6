"""Why a package is in a lock: the chains of requirements that lead to it."""

from __future__ import annotations

from collections import deque

from lockhook._runtime.names import is_name, normalize

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lockhook._authoring.pin import Pin

Chain = tuple[str, ...]


def chains(pins: Iterable[Pin], name: str) -> Iterator[Chain]:
    """Yield the shortest chain from each requirement of the project that leads to a package.

    A chain begins with the project, or the file that asks, and ends with the package. Shorter
    ones come first.

    Args:
        pins: those of one lock, which tell what wants them.
        name: normalised name of the package.
    """
    wanted_by = _wanted_by(pins)
    seen = {name}
    waiting: deque[Chain] = deque([(name,)])
    while waiting:
        chain = waiting.popleft()
        for parent in wanted_by.get(chain[0], ()):
            if not is_name(parent):
                yield (parent, *chain)
            elif parent not in seen:
                seen.add(parent)
                waiting.append((parent, *chain))


def _wanted_by(pins: Iterable[Pin]) -> Mapping[str, list[str]]:
    found: dict[str, dict[str, None]] = {}
    for pin in pins:
        found.setdefault(pin.name, {}).update(dict.fromkeys(map(_wanting, pin.via)))
    return {name: list(wanting) for name, wanting in found.items()}


def _wanting(text: str) -> str:
    """Return the normalised name of a package, whatever extras; a project or a file as it is."""
    name = text.partition("[")[0]
    return normalize(name) if is_name(name) else text
