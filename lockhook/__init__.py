"""lockhook: keep CPU-only PyTorch lockfiles fresh, and refuse to benchmark on anything else.

``import lockhook`` costs next to nothing: each public name is imported when it is first used.
"""

from __future__ import annotations

__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lockhook._arguments import add_arguments, guard_args
    from lockhook._guard import guard, verify
    from lockhook._runtime.discovery import resource
    from lockhook._runtime.report import Finding, Report
    from lockhook.errors import (
        ConfigError,
        LockfileError,
        LockhookError,
        LockMismatch,
        UsageError,
    )

__all__ = [
    "ConfigError",
    "Finding",
    "LockMismatch",
    "LockfileError",
    "LockhookError",
    "Report",
    "UsageError",
    "add_arguments",
    "guard",
    "guard_args",
    "resource",
    "verify",
]

_HOMES = {
    "Finding": "lockhook._runtime.report",
    "Report": "lockhook._runtime.report",
    "add_arguments": "lockhook._arguments",
    "guard": "lockhook._guard",
    "guard_args": "lockhook._arguments",
    "resource": "lockhook._runtime.discovery",
    "verify": "lockhook._guard",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(__import__(_HOMES.get(name, "lockhook.errors"), fromlist=[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
