"""The environment that is measured: real packages, lockhook itself among them, and their locks.

It is built from the registry once, and kept in a cache folder. What it holds is pinned in
`data/packages.txt`, so that two runs measure the same.
"""

from __future__ import annotations

import hashlib
import platform
import shutil
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from zipfile import ZipFile

from tests.benchmarks.process import OFFLINE, FailedError, run

ROOT = Path(__file__).parent.parent.parent
_DATA = Path(__file__).parent / "data"
ONLINE: Mapping[str, str] = {}
LOCKS = ("requirements.txt", "pylock.toml", "uv.lock")

_INDEX = """
[tool.uv.sources]
lockhook = {{ index = "built" }}

[[tool.uv.index]]
name = "built"
url = "{url}"
format = "flat"
explicit = true
"""


if TYPE_CHECKING:
    Builder = Callable[["Place", Path], None]


class Place(NamedTuple):
    """A folder with locks, and the virtual environment that they describe.

    Attributes:
        folder: where the locks lie.
        uv: the uv beside which all is measured.
    """

    folder: Path
    uv: str

    @property
    def prefix(self) -> Path:
        """The virtual environment."""
        return self.folder / "env"

    @property
    def python(self) -> str:
        """Its interpreter."""
        return str(self.prefix / "bin" / "python")

    @property
    def site(self) -> Path:
        """Its site-packages."""
        return next(self.prefix.glob("lib/python*/site-packages"))

    @property
    def variables(self) -> dict[str, str]:
        """What says that it is activated, to uv."""
        return {
            **OFFLINE,
            "VIRTUAL_ENV": str(self.prefix),
            "UV_PROJECT_ENVIRONMENT": str(self.prefix),
        }


def wheel(cache: Path) -> Path:
    """Build lockhook as it is now, and return its wheel."""
    folder = cache / "wheels"
    shutil.rmtree(folder, ignore_errors=True)
    run([sys.executable, "-m", "build", "--no-isolation", "--wheel", "-o", folder, ROOT], ROOT)
    (built,) = folder.glob("*.whl")
    return built


def real(cache: Path, uv: str, built: Path) -> Place:
    """Return the environment of real packages; it is built if the cache has no such one.

    Args:
        cache: the folder that is kept between runs.
        uv: the program.
        built: the wheel of lockhook that is measured.
    """
    return _cached("real", cache, uv, built, _build_real)


def tool(cache: Path, uv: str, built: Path) -> Place:
    """Return an environment of lockhook alone, as pre-commit makes one for its hooks."""
    return _cached("tool", cache, uv, built, _build_tool)


def cluster(cache: Path, uv: str, built: Path) -> Place:
    """Return an environment with MPI, and a ``requirements.txt`` of what is in it."""
    return _cached("cluster", cache, uv, built, _build_cluster)


def _cached(name: str, cache: Path, uv: str, built: Path, build: Builder) -> Place:
    place = Place(cache / name, uv)
    stamp, key = place.folder / "key", _key(uv, built)
    if not stamp.exists() or stamp.read_text() != key:
        print(f"building {place.folder}", file=sys.stderr)
        shutil.rmtree(place.folder, ignore_errors=True)
        place.folder.mkdir(parents=True)
        build(place, built)
        stamp.write_text(key)
    return place


def _key(uv: str, built: Path) -> str:
    """Return what an environment depends on, as one word."""
    digest = hashlib.sha256(built.read_bytes())
    for path in (*sorted(_DATA.iterdir()), Path(__file__)):
        digest.update(path.read_bytes())
    digest.update(f"{run([uv, '--version'], ROOT)}{sys.version}{platform.machine()}".encode())
    return digest.hexdigest()


def _build_real(place: Place, built: Path) -> None:
    with index(built) as url:
        uv = partial(run, folder=place.folder, more={**place.variables, "UV_OFFLINE": "0"})
        python = ["--python", sys.executable]
        compile_ = [place.uv, "pip", "compile", "-q", "--universal", "pyproject.toml", *python]
        # A lock keeps its pins when what led to them is gone; few projects constrain everything.
        for project in (constrained("environment"), unconstrained("environment")):
            more = _INDEX.format(url=url)
            (place.folder / "pyproject.toml").write_text(f"{project}{more}")
            uv([place.uv, "lock", "-q", *python])
            uv([*compile_, "--generate-hashes", "-o", "requirements.txt"])
            uv([*compile_, "--format", "pylock.toml", "-o", "pylock.toml"])
        uv([place.uv, "venv", "-q", *python, place.prefix])
        uv([place.uv, "sync", "-q", "--frozen", "--compile-bytecode"])


def _build_tool(place: Place, built: Path) -> None:
    uv = partial(run, folder=place.folder, more=ONLINE)
    uv([place.uv, "venv", "-q", "--python", sys.executable, place.prefix])
    install(place, built, "uv==" + version(place.uv))


def _build_cluster(place: Place, built: Path) -> None:
    run([place.uv, "venv", "-q", "--python", sys.executable, place.prefix], place.folder, ONLINE)
    install(place, built, "mpi4py", "mpich", "rich", "numpy")
    pins = [f"{name}=={version}\n" for name, version in freeze(place).items()]
    (place.folder / "requirements.txt").write_text("".join(pins))


def install(place: Place, built: Path, *beside: str) -> None:
    """Install lockhook as if from an index, what it needs, and more."""
    command = [place.uv, "pip", "install", "-q", "--compile-bytecode", "--python", place.python]
    # uv's cache has the wheel of yesterday, which is of the same version.
    own = ["--no-cache", "--no-deps", "--no-index", "--find-links", str(built.parent), "lockhook"]
    run([*command, *own], place.folder, ONLINE)
    _refuse_another(place, built)
    wanted = ["packaging", "tomli", *beside]
    run([*command, "-c", str(_DATA / "packages.txt"), *wanted], place.folder, ONLINE)


def _refuse_another(place: Place, built: Path) -> None:
    (site,) = place.prefix.glob("lib/python*/site-packages")
    with ZipFile(built) as wheel:
        modules = [name for name in wheel.namelist() if name.endswith(".py")]
        other = [name for name in modules if (site / name).read_bytes() != wheel.read(name)]
    if other:
        raise FailedError(f"{place.prefix} has another lockhook than is measured: {other[0]}")


def version(uv: str) -> str:
    """Return the version of uv."""
    return run([uv, "--version"], ROOT).split()[1]


def unconstrained(name: str) -> str:
    """Return a project file of `data`, whose last table is ``[tool.uv]``."""
    return (_DATA / f"{name}.toml").read_text()


def constrained(name: str) -> str:
    """Return the same with every version that it may take."""
    pins = (_DATA / "packages.txt").read_text().splitlines()
    quoted = "".join(f'  "{pin}",\n' for pin in pins if not pin.startswith("#"))
    return f"{unconstrained(name)}constraint-dependencies = [\n{quoted}]\n"


@contextmanager
def index(built: Path) -> Iterator[str]:
    """Serve a wheel from this machine, so that locks have it as they have any other package."""
    digest = hashlib.sha256(built.read_bytes()).hexdigest()
    page = f'<a href="{built.name}#sha256={digest}">{built.name}</a>\n'
    (built.parent / "index.html").write_text(page)
    handler = partial(_Quiet, directory=str(built.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/index.html"
        finally:
            server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - so it is called there
        """Say nothing of each request."""


def freeze(place: Place) -> dict[str, str]:
    """Return what is installed, name to version."""
    listed = run([place.uv, "pip", "freeze", "--python", place.python], place.folder)
    return dict(line.split("==") for line in listed.splitlines())
