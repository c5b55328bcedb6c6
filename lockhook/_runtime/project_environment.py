"""The environment that a project is worked on in, looked for from outside of it."""

from __future__ import annotations

import os

from lockhook.errors import EnvironmentUnreadableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NAMED = "UV_PROJECT_ENVIRONMENT"
_PYTHONS = ("bin/python", "Scripts/python.exe", "python.exe")
# pre-commit and prek write these into the environments that they make for hooks, and name such an
# environment in VIRTUAL_ENV, whatever the user's shell had there.
_OF_HOOKS = (".install_state_v2", ".install_state_v1", ".prek-hook.json")


def own(project: str, variables: Mapping[str, str]) -> str | None:
    """Return the environment that lies in a project, None if there is none.

    As with uv, ``UV_PROJECT_ENVIRONMENT`` comes before ``.venv``.
    """
    named = variables.get(_NAMED, "")
    inside = [named] if named and not os.path.isabs(named) else []
    paths = (os.path.join(project, name) for name in (*inside, ".venv"))
    return next(filter(_is_virtual, paths), None)


def active(variables: Mapping[str, str]) -> str | None:
    """Return the environment that the user's shell has active, never that of a hook."""
    return next((path for path in _active(variables) if not _is_of_a_hook(path)), None)


def _active(variables: Mapping[str, str]) -> Iterator[str]:
    named = variables.get(_NAMED, "")
    if os.path.isabs(named) and _python(named):
        yield named
    if _is_virtual(virtual := variables.get("VIRTUAL_ENV", "")):
        yield virtual
    if first := _first_of(variables.get("PATH", "")):
        yield first
    conda = variables.get("CONDA_PREFIX", "")
    # The base environment is active in every shell, and is no project's.
    if variables.get("CONDA_DEFAULT_ENV") not in {"base", "root"} and conda and _python(conda):
        yield conda


def _first_of(search_path: str) -> str | None:
    """Return the virtual environment whose programs come first, but for git's and the hook's."""
    for directory in search_path.split(os.pathsep):
        above, name = os.path.split(directory.rstrip(os.sep))
        if name != "git-core" and not _is_of_a_hook(above):
            return above if name in {"bin", "Scripts"} and _is_virtual(above) else None
    return None


def _is_virtual(path: str) -> bool:
    return bool(path) and os.path.isfile(os.path.join(path, "pyvenv.cfg"))


def _is_of_a_hook(path: str) -> bool:
    return any(os.path.exists(os.path.join(path, name)) for name in _OF_HOOKS)


def _python(path: str) -> str | None:
    pythons = (os.path.join(path, *name.split("/")) for name in _PYTHONS)
    return next(filter(os.path.isfile, pythons), None)


def interpreter(path: str) -> str:
    """Return the interpreter of an environment.

    Raises:
        EnvironmentUnreadableError: if there is none: the Python that it was made of is gone.
    """
    if python := _python(path):
        return python
    raise EnvironmentUnreadableError(
        "has no interpreter any more", path=path, hint="make the environment anew"
    )
