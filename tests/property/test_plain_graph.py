"""The careful walk is the oracle: where the plain one answers, both find the same packages."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from lockhook._runtime import glance_graph, plain_graph, uv_lock
from lockhook._runtime.model import Lock
from lockhook._runtime.selection import Selection, select
from tests.cases.kit import LINUX

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES = ("a", "b", "c", "d-e")
INDEX = {"registry": "https://example.org/simple"}
SOURCES = [INDEX, {"registry": "https://example.org/cpu"}]
PLACES: tuple[Any, ...] = (
    *({"virtual": "."}, {"editable": "."}, {"directory": "lib"}, {"virtual": "lib"}, {}, "x"),
    *({"git": "https://example.org/a#b"}, {"registry": [], "virtual": "."}, {"x": "."}),
    *({**INDEX, "virtual": "lib"}, {"registry": ["x"]}, {"directory": "lib", "subdirectory": "x"}),
)
GROUPS = (("dev",), ("dev", "x"), (), None)
MARKERS = (
    *("sys_platform == 'linux'", "sys_platform == 'win32'", "python_full_version < '3.11'", ""),
    *("os_name == 'nt' or (os_name == 'posix' and sys_platform != 'darwin')", "os_name", "()"),
    *("extra == 'extra-1-a-x'", "'x' in os_name", "python_version >= '3.10.*'", "(os_name == 'nt'"),
)


ODD: tuple[Any, ...] = ([], {}, ["x"], [1], 1, "", "x", [{"name": "a"}], {"x": []})
SEEDS, EACH = 20, 100


class Draw(random.Random):
    """Documents: mostly of what uv writes, and now and then of what it does not."""

    def often(self, value: Any, *others: Any) -> Any:
        """Return a value, or seldom one of some others."""
        return self.choice(others) if self.random() < 0.01 else value

    def some(self, **fields: Any) -> dict[str, Any]:
        """Return a few of some fields."""
        drawn = {key: value for key, value in fields.items() if self.random() < 0.3}
        return {key.replace("_", "-"): self.often(value, *ODD) for key, value in drawn.items()}

    def edge(self) -> dict[str, Any]:
        name = self.often(self.choice(NAMES), "f", "D_e", 1)
        marker = self.often(self.choice(MARKERS[:5]), *MARKERS[5:])
        edge = {"name": name, **self.some(marker=marker, extra=self.extras())}
        fork = self.some(version=self.choice("12"), source=self.choice(SOURCES))
        return {**edge, **(fork if self.random() < 0.3 else {})}

    def extras(self) -> list[str]:
        return self.sample(["x", "y", "z"], self.randrange(3))

    def edges(self) -> list[dict[str, Any]]:
        return [self.edge() for _ in range(self.randrange(4))]

    def named(self) -> dict[str, Any]:
        return {name: self.often(self.edges(), *ODD) for name in self.sample(["x", "y", "dev"], 2)}

    def package(self, name: str) -> dict[str, Any]:
        source = self.often(self.choice(SOURCES[:1] * 3 + SOURCES), *PLACES)
        rest = self.some(
            dependencies=self.edges(),
            optional_dependencies=self.named(),
            dev_dependencies=self.named(),
            metadata=self.some(provides_extras=["x"], requires_dev={"dev": []}),
        )
        version = self.often(self.choice("111112"), *ODD, "1..0", "2.0+cpu")
        return {"name": name, "version": version, "source": source, **rest}

    def document(self) -> dict[str, Any]:
        names = [*NAMES, *self.choices(NAMES, k=self.choice([0, 0, 1]))]
        root = {**self.package("root"), "source": self.often({"virtual": "."}, *PLACES)}
        packages = [root, *map(self.package, names)]
        if self.random() < 0.1:
            self.choice(packages).pop(self.choice(["version", "source", "name"]))
        manifest = self.some(members=self.sample(NAMES, 2), requirements=self.edges())
        return {
            "version": self.often(1, 2, "1"),
            "revision": self.often(5, "5"),
            "requires-python": self.often(">=3.10", ">=3.14", ">=3.10,<4", 3),
            **({"manifest": manifest} if self.random() < 0.1 else {}),
            **self.often({}, {"conflicts": []}, {"supported-markers": ["os_name == 'nt'"]}),
            "package": packages,
        }


def carefully(document: Mapping[str, Any], default: tuple[str, ...] | None) -> Selection:
    graph = uv_lock.read(document, "uv.lock", default)
    return select(Lock(path="uv.lock", sha256="", pins=(), scope=graph.scope, graph=graph), LINUX)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_where_the_plain_walk_answers_the_careful_one_does_the_same(seed: int) -> None:
    draw = Draw(seed)
    answered = sum(is_answered(draw.document(), draw.choice(GROUPS)) for _ in range(EACH))
    assert answered


def is_answered(document: dict[str, Any], default: tuple[str, ...] | None) -> bool:
    """Hold the two walks against each other, and tell whether the plain one answers."""
    try:
        found, others = plain_graph.choose(document, LINUX, default)
    except plain_graph.NotPlainError:
        return False
    careful = carefully(document, default)
    assert {name: package.get("version", "") for name, package in found.items()} == {
        pin.name: pin.wanted.version if pin.wanted else "" for pin in careful.pins
    }
    for pin in careful.pins:
        place = glance_graph.project(found[pin.name]["source"])
        if pin.origin is None:
            assert place is None
        elif place:
            assert (pin.origin.url, pin.origin.editable) == place
            assert (pin.origin.kind, pin.origin.subdirectory) == ("directory", "")
    assert others == len(careful.not_applicable)
    return True
