"""What a lock is for: whether an environment is inside it, and which extras and groups it has."""

from __future__ import annotations

from lockhook._runtime.markers import InvalidMarkerError, evaluate
from lockhook._runtime.names import normalize, visible
from lockhook._runtime.plain_markers import is_plainly_inside
from lockhook.errors import LockfileError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lockhook._runtime.markers import Values
    from lockhook._runtime.model import Pin, Scope


def check(scope: Scope, markers: Mapping[str, str], path: str) -> None:
    """Refuse an environment that a lock is not for (PEP 751, "Installation", and uv.lock).

    Args:
        scope: of the lock.
        markers: the marker variables of the environment.
        path: what to call the lock.

    Raises:
        LockfileError: if ``requires-python`` excludes the interpreter, or no environment that
            the lock names is this one.
    """
    _check_python(scope.requires_python, markers, path, "it")
    try:
        # All of them are looked at: a syntax error behind the first that fits is one too.
        truth = [evaluate(marker, markers) for marker in scope.environments]
    except InvalidMarkerError as error:
        raise LockfileError(f"environments: {error}", path=path) from None
    if truth and not any(truth):
        raise LockfileError(
            f"is not for this platform: only for {' or '.join(scope.environments)}", path=path
        )


def check_pin(pin: Pin, markers: Values) -> None:
    """Refuse a package that cannot be installed here (PEP 751, "Installation").

    Raises:
        LockfileError: if its own ``requires-python`` excludes the interpreter, or it has neither
            an sdist nor a wheel that can be for this platform.
    """
    _check_python(pin.requires_python, markers, pin.path, f"{pin.place}: {pin.name}")
    if pin.wheels:
        from lockhook._runtime.wheel_tags import may_fit

        if not any(may_fit(wheel, markers) for wheel in pin.wheels):
            raise LockfileError(
                f"{pin.place}: {pin.name} has no sdist, and no wheel for this platform and Python",
                path=pin.path,
            )


def _check_python(wanted: str, markers: Values, path: str, subject: str) -> None:
    found = str(markers["python_full_version"])
    if not wanted or is_plainly_inside(wanted, found):
        return
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        inside = SpecifierSet(wanted).contains(found, prereleases=True)
    except InvalidSpecifier:
        raise LockfileError(f"requires-python = {wanted!r} is not valid", path=path) from None
    if not inside:
        raise LockfileError(f"{subject} is for Python {wanted}, this is {found}", path=path)


def asked_for(names: Iterable[str], known: Iterable[str], kind: str, path: str) -> tuple[str, ...]:
    """Return extras or groups as the lock spells them.

    Raises:
        UsageError: if the lock has none of that name.
    """
    spellings = {normalize(name): name for name in known}
    for name in names:
        if normalize(name) not in spellings:
            listed = ", ".join(sorted(spellings)) or "none"
            raise UsageError(f"has no {kind} {visible(name)!r}; it has: {listed}", path=path)
    return tuple(dict.fromkeys(spellings[normalize(name)] for name in names))
