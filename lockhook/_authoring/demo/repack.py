"""Wheels of packages that are installed here, so that the demo can install them without network."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from pathlib import Path

import lockhook
from lockhook._authoring.wheelhouse import Wheel
from lockhook.errors import EnvironmentUnreadableError

__all__ = ["lockhook_wheels"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_DEPENDENCIES = ("packaging", "tomli")


def lockhook_wheels() -> tuple[Wheel, ...]:
    """Return the running lockhook and what it needs, as wheels.

    They are tagged for every machine, since they never leave this one.

    Raises:
        EnvironmentUnreadableError: a dependency has no metadata or no files.
    """
    # Its files are taken from where it is imported from, not from its RECORD: it may be an
    # editable install, or no install at all.
    running = Wheel(
        name="lockhook",
        version=lockhook.__version__,
        requires=_DEPENDENCIES,
        requires_python=">=3.10",
        scripts={"lockhook": "lockhook.__main__:main"},
        files=_package_files("lockhook"),
    )
    return (running, *(_installed_wheel(name) for name in _DEPENDENCIES))


def _installed_wheel(name: str) -> Wheel:
    try:
        found = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError as error:
        raise EnvironmentUnreadableError(
            f"{name} is not installed beside lockhook",
            hint="pip install --force-reinstall lockhook",
        ) from error
    # A distribution's packages are not all: compiled modules may lie beside them.
    files = _recorded_files(found) or _package_files(name)
    return Wheel(name=name, version=found.version, files=files)


def _recorded_files(found: importlib.metadata.Distribution) -> dict[str, bytes]:
    """Return the importable files of its RECORD, none where the system's packager left it out."""
    paths = ((path.as_posix(), Path(str(found.locate_file(path)))) for path in found.files or ())
    return _read((path, file) for path, file in paths if ".dist-info/" not in path)


def _package_files(name: str) -> dict[str, bytes]:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise EnvironmentUnreadableError(f"the files of the package {name} cannot be found")
    folder = Path(spec.submodule_search_locations[0])
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return _read((f"{name}/{path.relative_to(folder).as_posix()}", path) for path in found)


def _read(files: Iterable[tuple[str, Path]]) -> dict[str, bytes]:
    return {path: file.read_bytes() for path, file in files if _is_wanted(path, file)}


def _is_wanted(path: str, file: Path) -> bool:
    outside_site_packages = path.startswith(("../", "/"))
    return not outside_site_packages and not path.endswith((".pyc", ".pth")) and file.is_file()
