"""The files of the demo's project, as texts."""

from __future__ import annotations

import json
import shlex

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lockhook._authoring.torch_wheels import Indexes

__all__ = ["GITCONFIG", "project", "with_dependency", "write"]

GITCONFIG = """\
[user]
name = Demo
email = demo@example.invalid
[init]
defaultBranch = main
[gc]
auto = 0
[maintenance]
auto = false
"""

_PYPROJECT = """\
[project]
name = "bench"
version = "1.0"
requires-python = ">=3.10"
dependencies = [
    "lockhook",
    "numpy",
    "torch",
]

[tool.uv.sources]
torch = {{ index = "pytorch-cpu" }}

[[tool.uv.index]]
name = "packages"
url = "{default}"
default = true

[[tool.uv.index]]
name = "pytorch-cpu"
url = "{cpu}"
explicit = true
"""

_HOOK = """\
repos:
  - repo: local
    hooks:
      - id: lockfile-sync
        name: lockhook sync
        entry: {entry}
        language: system
        files: (^|/)(pyproject\\.toml|pylock(\\.[^/]+)?\\.toml|requirements[^/]*\\.txt)$
        require_serial: true
"""

_BENCHMARK = '''\
"""Reads blocks of a file through a data loader, and says how many it read in a second."""

import lockhook

lockhook.guard()  # first of all, so that nothing is measured on other packages than the lock's

import tempfile
import time

import numpy
import torch
from torch.utils.data import DataLoader

BLOCKS, SIZE = 4096, 4096


class Blocks:
    def __init__(self, file):
        self.file = file

    def __len__(self):
        return BLOCKS

    def __getitem__(self, number):
        self.file.seek(number * SIZE)
        return self.file.read(SIZE)


with tempfile.TemporaryFile() as file:
    file.write(bytes(BLOCKS * SIZE))
    started = time.perf_counter()
    read = sum(len(batch) for batch in DataLoader(Blocks(file), batch_size=64))
    rate = read / (time.perf_counter() - started)
print(f"torch {torch.__version__}, numpy {numpy.__version__}: {rate:,.0f} blocks per second")
'''


def project(indexes: Indexes, hook: Sequence[str]) -> dict[str, str]:
    """Return each file of the project; hook is the command that pre-commit shall run."""
    return {
        "pyproject.toml": _PYPROJECT.format(default=indexes.default, cpu=indexes.cpu),
        # Quoted for pre-commit, which parts it as a shell does, and then as a YAML string,
        # which a JSON string is.
        ".pre-commit-config.yaml": _HOOK.format(entry=json.dumps(shlex.join(hook))),
        ".gitignore": ".venv/\n",
        "benchmark.py": _BENCHMARK,
    }


def with_dependency(pyproject: str, name: str) -> str:
    """Return the demo's pyproject.toml with one more dependency."""
    return pyproject.replace('    "torch",\n', f'    "torch",\n    "{name}",\n')


def write(path: Path, text: str) -> None:
    """Write a file, with the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
