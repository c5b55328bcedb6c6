"""Driving the real uv: finding it, giving it a clean environment, running it, reading its end."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import contextmanager, nullcontext, suppress

from lockhook._authoring import uv_settings
from lockhook._runtime.names import visible, without_credentials
from lockhook._runtime.record import Record
from lockhook.errors import MissingToolError, UvError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from typing import Final

OLDEST: Final = "0.8.0"
_INSTALL: Final = "pip install 'lockhook[uv]'"

# Where to fetch and how: these reach uv. Every other UV_ variable could change what is resolved.
_KEPT: Final = re.compile(
    r"""UV_(?:
        DEFAULT_INDEX | INDEX_URL | INDEX_\w+_(?:USERNAME|PASSWORD) | OFFLINE
      | CACHE_DIR | NO_CACHE | CONCURRENT_\w+ | LINK_MODE
      | HTTP_\w+ | HTTP | HTTPS | INSECURE_HOST | NATIVE_TLS | SYSTEM_CERTS | KEYRING_PROVIDER
      | REQUEST_TIMEOUT | LOCK_TIMEOUT | \w*NETRC | NO_PROGRESS
      | CREDENTIALS_DIR | API_KEY | AUTH_TOKEN | GITHUB_TOKEN | NO_HF_TOKEN
      | (?:S3|GCS|AZURE)_ENDPOINT_URL | ASTRAL_MIRROR_URL | \w*GITHUB_FAST_PATH\w*
      | PYTHON_DOWNLOADS(?:_JSON_URL)? | PYTHON_CACHE_DIR
      | (?:PYTHON|PYPY|GRAALPY|PYODIDE)_INSTALL_\w+
    )""",
    re.VERBOSE,
)
# An active environment would give uv another interpreter than the one that is running.
_DROPPED: Final = frozenset({"VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_DEFAULT_ENV"})


class Uv(Record):
    """A uv that is new enough.

    Attributes:
        program: its path.
        version: its version.
    """

    program: str
    version: str

    def run(self, arguments: Sequence[str], *, directory: str, quiet: bool = False) -> None:
        """Run uv in a directory; its progress goes to the terminal if stderr is one.

        Raises:
            UvError: if it fails, with what it said.
        """
        shown = sys.stderr is not None and sys.stderr.isatty() and not quiet
        clean, given = clean_environment(os.environ), os.environ.get("UV_CONFIG_FILE")
        try:
            with uv_settings.confined(clean, directory, given) as environment:
                done = subprocess.run(
                    [self.program, *arguments],
                    cwd=directory,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=None if shown else subprocess.PIPE,
                    check=False,
                )
        except OSError as error:
            raise UvError(f"uv cannot be run: {error.strerror}", path=self.program) from None
        if done.returncode:
            said = "" if shown else printable(done.stderr.decode("utf-8", "replace"))
            hint = "run it again" if done.returncode < 0 else _hint(said)
            raise UvError(_reason(done.returncode, said), hint=hint)


def is_offline() -> bool:
    """Tell whether uv is to do without network, as it reads that from the environment."""
    return os.environ.get("UV_OFFLINE", "").lower() in {"1", "true", "t", "yes", "y", "on"}


@contextmanager
def sought() -> Iterator[Callable[[], Uv]]:
    """Ask for uv's version, and yield what waits for the answer: the same as `find`.

    uv answers while its caller reads what it is to lock. Of one that a package brought, that
    package tells the version.
    """
    packaged = _packaged()
    program = packaged or _on_path()
    known = _recorded(packaged) if packaged else ""
    with _ask(program) if program and not known else nullcontext() as asked:
        yield lambda: _new_enough(program, known or _said(asked))


def find() -> Uv:
    """Return the uv of the ``uv`` package beside lockhook, else the one on ``PATH``.

    Raises:
        MissingToolError: if there is none, or it is too old, with the install command.
    """
    with sought() as found:
        return found()


def _ask(program: str) -> AbstractContextManager[subprocess.Popen[str] | None]:
    try:
        return subprocess.Popen(
            [program, "--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
    except OSError:
        return nullcontext()


def _said(asked: subprocess.Popen[str] | None) -> str:
    words = asked.communicate()[0].split() if asked else []
    return words[1] if asked and not asked.returncode and len(words) > 1 else ""


def _new_enough(program: str | None, version: str) -> Uv:
    if program is None:
        raise MissingToolError("uv is needed to make locks, and there is none", hint=_INSTALL)
    try:
        is_old = _is_older(version, OLDEST)
    except ValueError:
        raise MissingToolError("does not answer as uv does", path=program, hint=_INSTALL) from None
    if is_old:
        raise MissingToolError(
            f"is uv {version}; lockhook needs {OLDEST} or newer",
            path=program,
            hint=f"{_INSTALL} --upgrade",
        )
    return Uv(program=program, version=version)


def _is_older(version: str, other: str) -> bool:
    if version.replace(".", "").isdigit():
        return [int(part) for part in version.split(".")] < [int(p) for p in other.split(".")]
    from packaging.version import Version

    return Version(version) < Version(other)


def _packaged() -> str | None:
    try:
        from uv import find_uv_bin
    except ImportError:
        return None
    try:
        return str(find_uv_bin())
    except FileNotFoundError:
        return None


def _recorded(program: str) -> str:
    """Return the version of the package whose RECORD lists a program as it is, "" for none."""
    import uv

    site = os.path.dirname(os.path.dirname(uv.__file__ or ""))
    with suppress(OSError, ValueError):
        for name in os.listdir(site):
            found = re.fullmatch(r"uv-(?P<version>[^-]+)\.dist-info", name)
            if found and _lists(os.path.join(site, name, "RECORD"), program):
                return found["version"]
    return ""


def _lists(record: str, program: str) -> bool:
    site = os.path.dirname(os.path.dirname(record))
    row = f",{os.path.getsize(program)}\n"
    with open(record, encoding="utf-8") as file:
        paths = [line.partition(",")[0] for line in file if line.endswith(row)]
    wanted = os.path.normcase(os.path.normpath(program))
    return wanted in {os.path.normcase(os.path.normpath(os.path.join(site, p))) for p in paths}


def _on_path() -> str | None:
    import shutil

    return shutil.which("uv")


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without what would change a resolution."""
    return {
        name: value
        for name, value in environment.items()
        if name not in _DROPPED and (not name.startswith("UV_") or _KEPT.fullmatch(name))
    }


_URL: Final = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)


def printable(text: str) -> str:
    """Return text for a terminal: no escape sequences, no credentials."""
    masked = _URL.sub(lambda match: without_credentials(match.group()), text)
    return "\n".join(visible(line.rstrip()) for line in masked.split("\n")).strip()


def _reason(code: int, said: str) -> str:
    if code < 0:
        return f"uv was ended by signal {-code}; the lock is as it was"
    return f"uv failed (exit code {code}); the lock is as it was" + "".join(
        f"\n  {line}" for line in said.split("\n") if line
    )


_NETWORK: Final = (
    r"dns error|failed to lookup|[Cc]onnection refused|[Cc]ould not connect"
    r"|error sending request|timed out"
)
# What uv says, and what to do then. The first that fits is the nearest cause.
_HINTS: Final = (
    ("disabled", r"network was disabled|offline"),
    ("network", _NETWORK),
    ("read-only", r"[Pp]ermission denied|[Rr]ead-only file system"),
    ("disk", r"[Nn]o space left|[Qq]uota exceeded|File too large"),
    ("unsatisfiable", r"No solution found"),
)
_ADVICE: Final = {
    "disabled": "run it once with network, so that uv's cache has these packages",
    "network": "check the network and the index URLs, then run it again",
    "read-only": "make the project's folder and uv's cache folder writable, then run it again",
    "disk": "make room on the disk, then run it again",
    "unsatisfiable": "change the requirements in pyproject.toml that uv names above",
}


def _hint(said: str) -> str:
    found = next((name for name, pattern in _HINTS if re.search(pattern, said)), None)
    return _ADVICE[found] if found else "mend what uv says, then run it again"
