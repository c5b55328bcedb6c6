from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lockhook._runtime.indexes import Indexes, of_label, of_project
from lockhook._runtime.uv_config import of_document

if TYPE_CHECKING:
    from pathlib import Path


def uv(*entries: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"tool": {"uv": {"index": list(entries), **more}}}


DEFAULT = {"name": "d", "url": "https://h/simple", "default": True}
ONE = {"name": "one", "url": "https://h/one"}
CPU = {"name": "pytorch-cpu", "url": "https://h/whl"}


@pytest.mark.parametrize(
    ("pyproject", "right"),
    [
        ({}, Indexes()),
        ({"tool": 1}, Indexes()),
        ({"tool": {"uv": {"index": 1}}}, Indexes()),
        (uv({"name": "x"}, {"url": 1}), Indexes()),
        (uv(DEFAULT), Indexes(default="https://h/simple")),
        (uv(ONE), Indexes()),
        (uv(ONE, **{"index-url": "https://h/old"}), Indexes(default="https://h/old")),
        (uv(ONE, CPU), Indexes(cpu="https://h/whl")),
        (uv({"url": "https://h/whl/cpu/"}), Indexes(cpu="https://h/whl/cpu/")),
        (uv({"name": "occupied", "url": "https://h/cpuset"}), Indexes()),
        (uv(ONE, CPU, sources={"Torch": {"index": "one"}}), Indexes(cpu="https://h/one")),
        (uv(CPU, ONE, sources={"torch": [{"index": "one", "marker": "x"}]}), Indexes(cpu="https://h/one")),
        (uv({"name": [], "url": "https://h"}, sources={"torch": {"index": []}}), Indexes()),
        (uv({"url": "https://h"}, sources={"torch": {"git": "x"}}), Indexes()),
        (uv(CPU, sources={"torch": [1, {"git": "x"}]}), Indexes(cpu="https://h/whl")),
        ({"tool": {"lockhook": {"index": "one"}, **uv(CPU, ONE)["tool"]}}, Indexes(cpu="https://h/one")),
    ],
)  # fmt: skip
def test_of_project(pyproject: dict[str, Any], right: Indexes) -> None:
    assert of_project(of_document(pyproject, "/project")) == right


def test_relative_paths_become_urls(tmp_path: Path) -> None:
    found = of_project(of_document(uv({"name": "cpu", "url": "./my index"}), str(tmp_path)))
    assert found.cpu == (tmp_path / "my index").as_uri()


@pytest.mark.parametrize(
    ("label", "url"),
    [
        ("cpu", "https://download.pytorch.org/whl/cpu"),
        ("cu128", "https://download.pytorch.org/whl/cu128"),
        ("rocm6.3", ""),
        ("ubuntu1", ""),
        ("cpu.cxx11.abi", ""),
        ("", ""),
    ],
)
def test_of_label(label: str, url: str) -> None:
    assert of_label(label) == url
