"""Environments that take long to build, built once for all workers of pytest-xdist."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="session")
def built(
    tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Callable[[str, Callable[[Path], None]], Path]:
    """Has a folder built by whoever needs it first, and returns it."""
    base = tmp_path_factory.getbasetemp()
    root = (base if worker_id == "master" else base.parent) / "cluster"
    root.mkdir(exist_ok=True)

    def built(name: str, build: Callable[[Path], None]) -> Path:
        done = root / f"{name}.done"
        with FileLock(root / f"{name}.lock"):
            if not done.exists():
                build(root / name)
                done.touch()
        return root / name

    return built
