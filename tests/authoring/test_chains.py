from __future__ import annotations

from lockhook._authoring.chains import chains
from lockhook._authoring.pin import Pin

PROJECT = "bench (pyproject.toml)"


def pin(name: str, *via: str) -> Pin:
    return Pin(name, "1", "", via=via)


def test_the_shortest_chain_from_each_requirement() -> None:
    pins = [
        pin("accelerate", PROJECT),
        pin("vis", PROJECT),
        pin("torchvision", "vis"),
        pin("torch", "accelerate", "torchvision"),
        pin("filelock", "torch"),
    ]
    assert list(chains(pins, "filelock")) == [
        (PROJECT, "accelerate", "torch", "filelock"),
        (PROJECT, "vis", "torchvision", "torch", "filelock"),
    ]
    assert list(chains(pins, "vis")) == [(PROJECT, "vis")]
    assert list(chains(pins, "nobody")) == []


def test_forks_are_one_package() -> None:
    pins = [pin("a", PROJECT), pin("b", PROJECT), pin("torch", "a"), pin("torch", "a", "b")]
    assert list(chains(pins, "torch")) == [(PROJECT, "a", "torch"), (PROJECT, "b", "torch")]


def test_cycles_end() -> None:
    pins = [pin("a", "b", "c"), pin("b", "a"), pin("c", "a", "-r requirements.in")]
    assert list(chains(pins, "b")) == [("-r requirements.in", "c", "a", "b")]


def test_names_in_any_spelling_and_with_extras() -> None:
    pins = [pin("dask", PROJECT), pin("zope-interface", "Dask[array]"), pin("x", "zope.interface")]
    assert list(chains(pins, "x")) == [(PROJECT, "dask", "zope-interface", "x")]
