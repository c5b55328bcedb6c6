from __future__ import annotations

import pytest

from lockhook._authoring.agreement import Side, disagreements
from lockhook._authoring.pin import Pin

OLD = Pin("numpy", "2.2.6", "python_full_version < '3.11'")
NEW = Pin("numpy", "2.3.5", "python_full_version >= '3.11'")
SPLIT = (OLD, NEW)


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ([Pin("a", "1", "")], [Pin("a", "1", "")], []),
        ([Pin("a", "1", "")], [Pin("b", "2", "")], []),
        ([Pin("a", "1", "")], [Pin("a", "2", "")], ["a 1 here, 2 in full.txt"]),
        # Forks are compared where they apply.
        (SPLIT, SPLIT, []),
        (SPLIT, SPLIT[::-1], []),
        (SPLIT, [Pin("numpy", "2.2.6", "")], ["numpy 2.3.5 here, 2.2.6 in full.txt"]),
        (SPLIT, [NEW], []),
        ([OLD], [NEW], []),
        (
            [Pin("numpy", "2.2.6", "sys_platform == 'linux'")],
            [Pin("numpy", "2.3.5", "sys_platform == 'win32'")],
            [],
        ),
        (
            [Pin("numpy", "2.2.6", "sys_platform == 'linux'")],
            [Pin("numpy", "2.3.5", "platform_machine == 'riscv64'")],
            ["numpy 2.2.6 here, 2.3.5 in full.txt"],
        ),
        (
            [Pin("numpy", "2.2.6", "python_full_version < '3.11.4'")],
            [Pin("numpy", "2.3.5", "python_full_version >= '3.11.4'")],
            [],
        ),
        (
            [Pin("numpy", "2.2.6", "python_full_version <= '3.11.4'")],
            [Pin("numpy", "2.3.5", "python_full_version >= '3.11.4'")],
            ["numpy 2.2.6 here, 2.3.5 in full.txt"],
        ),
        # Direct references.
        ([Pin("a", "", "", url="https://x/1")], [Pin("a", "", "", url="https://x/1")], []),
        (
            [Pin("a", "", "", url="https://x/1")],
            [Pin("a", "1", "")],
            ["a https://x/1 here, 1 in full.txt"],
        ),
    ],
)
def test_pins(ours: list[Pin], theirs: list[Pin], expected: list[str]) -> None:
    one, other = Side(name="base.txt", pins=ours), Side(name="full.txt", pins=theirs)
    assert list(disagreements(one, other)) == expected


def test_only_where_both_locks_serve() -> None:
    low = Side(name="base.txt", pins=[Pin("numpy", "2.2.6", "python_full_version < '3.11'")])
    high = Side(name="full.txt", pins=[Pin("numpy", "2.3.5", "")], python="3.11")
    assert list(disagreements(low, high)) == []
    lower = Side(name="full.txt", pins=high.pins, python="3.10")
    assert list(disagreements(low, lower)) == ["numpy 2.2.6 here, 2.3.5 in full.txt"]


def test_locks_for_different_systems_need_not_agree() -> None:
    one = Side(name="a.txt", pins=[Pin("numpy", "2.2.6", "")], system="linux")
    other = Side(name="b.txt", pins=[Pin("numpy", "2.3.5", "")], system="win32")
    assert list(disagreements(one, other)) == []
    everywhere = Side(name="b.txt", pins=other.pins)
    assert list(disagreements(one, everywhere)) == ["numpy 2.2.6 here, 2.3.5 in b.txt"]
