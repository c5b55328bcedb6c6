from __future__ import annotations

import pytest

from lockhook._runtime.nodes import fold, shorten


@pytest.mark.parametrize(
    ("names", "folded"),
    [
        ([], ""),
        (["vm"], "vm"),
        (["node017"], "node017"),
        (["node017", "node018"], "node[017-018]"),
        (["node018", "node017", "node017"], "node[017-018]"),
        ([*(f"node{i:03}" for i in range(1, 17)), "node020"], "node[001-016,020]"),
        # Numbers that are not padded are one family, whatever their width.
        ([f"cn{i}" for i in range(8, 12)], "cn[8-11]"),
        # Padded ones keep their width, beyond their zeros too.
        ([f"n{i:02}" for i in range(9, 12)], "n[09-11]"),
        (["n09", "n10", "n100"], "n[09-10], n100"),
        (["n0", "n1"], "n[0-1]"),
        # The host counts, not its domain; other numbers are part of the name.
        (["a1.hpc2.org", "a2.hpc2.org"], "a[1-2].hpc2.org"),
        (["rack1-n1", "rack1-n2", "rack2-n1"], "rack1-n[1-2], rack2-n1"),
        (["n1-ib0", "n2-ib0"], "n1-ib0, n2-ib0"),
        (["10.0.0.8", "10.0.0.9"], "10.0.0.[8-9]"),
        (["login", "node1", "node"], "login, node, node1"),
        (["n" + "9" * 30], "n" + "9" * 30),
        (["n٣"], "n٣"),
        ([""], ""),
    ],
)
def test_fold(names: list[str], folded: str) -> None:
    assert fold(names) == folded


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["a", "b", "c"], "a, b, c"),
        (["a", "b", "c", "d"], "a, b, c, ..."),
        ([f"n{i}" for i in range(0, 10, 2)], "n[0,2,4,...]"),
        (["a", *(f"n{i}" for i in range(0, 10, 2))], "a, n[0,2,...]"),
        ([f"n{i}" for i in range(4096)], "n[0-4095]"),
    ],
)
def test_shorten(names: list[str], shown: str) -> None:
    assert shorten(names, 3) == shown


def test_thousands_of_names_are_a_line() -> None:
    assert len(shorten(f"x{i}y{i}" for i in range(5000))) < 100
