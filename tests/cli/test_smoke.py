from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Result


def test_generate_check_sync(project: Callable[..., Path], run: Callable[..., Result]) -> None:
    folder = project("click", "torch")
    assert run("generate").code == 0
    assert "torch==2.9.1+cpu ; " in (folder / "requirements.txt").read_text()
    assert run("check") == (0, "requirements.txt: fresh\n", "")
