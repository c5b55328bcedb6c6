"""Environments of made packages: as many as one likes, each as an installer leaves a small one."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tests.benchmarks.environment import ONLINE, Place, freeze, install
from tests.benchmarks.process import run
from tests.cases import sizes

# What is measured beside lockhook and runs inside the environment.
_TOOLS = ("pip", "pip-lock")
_METADATA = """\
Metadata-Version: 2.4
Name: {name}
Version: {version}
Summary: A made package
License-Expression: MIT
Requires-Python: >=3.10
{requires}Description-Content-Type: text/markdown

"""
_DESCRIPTION = "What a package says of itself is most of its metadata.\n" * 60
_DIGEST = "ab" * 32
_URL = "https://x.example/packages/ab/cd/{stem}"


def made(cache: Path, uv: str, built: Path, count: int) -> Place:
    """Make an environment that holds so many packages, and its locks.

    Args:
        cache: the folder that is kept between runs.
        uv: the program.
        built: the wheel of lockhook.
        count: how many packages, those of the tools among them.
    """
    place = Place(cache / f"made-{count}", uv)
    shutil.rmtree(place.folder, ignore_errors=True)
    place.folder.mkdir(parents=True)
    run([uv, "venv", "-q", "--python", sys.executable, place.prefix], place.folder, ONLINE)
    install(place, built, *_TOOLS)
    tools = freeze(place)
    packages = sizes.names(count - len(tools))
    for (name, version), (after, _) in zip(packages, [*packages[1:], ("", "")], strict=True):
        write_package(place.site, name, version, after)
    everything = sorted([*packages, *tools.items()])
    for name, text in (
        ("requirements.txt", requirements(everything)),
        ("pylock.toml", pylock(everything)),
        ("uv.lock", uv_lock(everything)),
    ):
        (place.folder / name).write_text(text)
    (place.folder / "pyproject.toml").write_text('[project]\nname = "made"\nversion = "1"\n')
    return place


def write_package(site: Path, name: str, version: str, after: str) -> None:
    module = name.replace("-", "_")
    requires = f"Requires-Dist: {after}\n" if after else ""
    text = _METADATA.format(name=name, version=version, requires=requires) + _DESCRIPTION
    info = f"{module}-{version}.dist-info"
    files = {
        f"{module}/__init__.py": "",
        f"{info}/METADATA": text,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/INSTALLER": "uv",
        f"{info}/RECORD": f"{module}/__init__.py,,0\n{info}/METADATA,,{len(text)}\n",
    }
    for path, content in files.items():
        (site / path).parent.mkdir(exist_ok=True)
        (site / path).write_text(content)


def requirements(packages: list[tuple[str, str]]) -> str:
    """Return a lock with hashes, as uv writes it."""
    hashes = " \\\n".join([f"    --hash=sha256:{_DIGEST}"] * 12)
    return "".join(f"{n}=={v} \\\n{hashes}\n    # via made (pyproject.toml)\n" for n, v in packages)


def pylock(packages: list[tuple[str, str]]) -> str:
    """Return a pylock.toml, as uv writes it."""
    head = 'lock-version = "1.0"\ncreated-by = "uv"\nrequires-python = ">=3.10"\n'
    return head + "".join(_pylock_package(name, version) for name, version in packages)


def _pylock_package(name: str, version: str) -> str:
    files = "\n".join(
        f'    {{ url = "{url}", upload-time = 2026-10-11T01:05:12Z, size = 8078, '
        f'hashes = {{ sha256 = "{_DIGEST}" }} }},'
        for url in _wheels(name, version)
    )
    return (
        f'\n[[packages]]\nname = "{name}"\nversion = "{version}"\n'
        f'index = "https://example.org/simple"\nwheels = [\n{files}\n]\n'
    )


def uv_lock(packages: list[tuple[str, str]]) -> str:
    """Return a uv.lock whose project requires every tenth package, and each the next."""
    head = 'version = 1\nrevision = 5\nrequires-python = ">=3.10"\n'
    following = [[after] for after, _ in packages[1:]] + [[]]
    blocks = {
        name: _uv_package(name, version, after)
        for (name, version), after in zip(packages, following, strict=True)
    }
    roots = [name for name, _ in packages[::10]]
    blocks["made"] = (
        '\n[[package]]\nname = "made"\nversion = "1"\nsource = { virtual = "." }\n'
        + _edges(roots)
        + "\n[package.metadata]\nrequires-dist = [\n"
        + "".join(f'    {{ name = "{name}" }},\n' for name in roots)
        + "]\n"
    )
    return head + "".join(blocks[name] for name in sorted(blocks))


def _uv_package(name: str, version: str, after: list[str]) -> str:
    files = "\n".join(
        f'    {{ url = "{url}", hash = "sha256:{_DIGEST}", size = 8078, '
        'upload-time = "2026-10-11T01:05:12.037Z" },'
        for url in _wheels(name, version)
    )
    return (
        f'\n[[package]]\nname = "{name}"\nversion = "{version}"\n'
        'source = { registry = "https://example.org/simple" }\n'
        f"{_edges(after)}wheels = [\n{files}\n]\n"
    )


def _edges(names: list[str]) -> str:
    lines = "".join(f'    {{ name = "{name}" }},\n' for name in names)
    return f"dependencies = [\n{lines}]\n" if names else ""


def _wheels(name: str, version: str) -> list[str]:
    """Return where the wheels lie: one for any platform among eleven for others."""
    stem = f"{name.replace('-', '_')}-{version}"
    tags = [f"cp3{minor}-cp3{minor}-macosx_11_0_arm64" for minor in range(10, 21)]
    return [_URL.format(stem=f"{stem}-{tag}.whl") for tag in (*tags, "py3-none-any")]
