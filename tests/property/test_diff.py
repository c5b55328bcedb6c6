"""`diff` against dictionaries: what it leaves out is the same, and what it tells is not."""

from __future__ import annotations

from typing import Final

from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from lockhook._authoring import diff
from lockhook._authoring.diff import Change
from lockhook._authoring.pin import Pin
from lockhook._runtime.names import is_name

MARKERS: Final = ("", "sys_platform == 'linux'", "sys_platform == 'darwin'", "os_name == 'nt'")
MIRRORED: Final = {
    diff.ADDED: diff.REMOVED,
    diff.REMOVED: diff.ADDED,
    diff.UPGRADED: diff.DOWNGRADED,
    diff.DOWNGRADED: diff.UPGRADED,
}

versions = st.sampled_from(["1", "1.0", "1+cpu", "1.1", "2rc1", "2", "2+cu128", "1!0"])
pins = st.builds(
    Pin,
    st.sampled_from(["a", "b", "c", "torch"]),
    versions,
    st.sampled_from(MARKERS),
    st.sampled_from(["", "https://x.org/simple", "https://y.org/simple"]),
)
locks = st.lists(pins, max_size=8)
# As a real lock has it: one version of a package under one marker, and an index for all or none.
plain = st.dictionaries(
    st.tuples(st.sampled_from(["a", "b", "torch"]), st.sampled_from(MARKERS)), versions, max_size=8
).map(lambda found: [Pin(name, version, marker) for (name, marker), version in found.items()])


def told(old: list[Pin], new: list[Pin]) -> list[Change]:
    return list(diff.diff(old, new))


def table(lock: list[Pin]) -> dict[tuple[str, str], Version]:
    return {(pin.name, pin.marker): Version(pin.version) for pin in lock}


@given(locks)
def test_a_lock_does_not_differ_from_itself(lock: list[Pin]) -> None:
    assert told(lock, lock) == told(lock, lock[::-1]) == told(lock[::-1], lock + lock) == []


@given(locks, locks)
def test_backwards_is_the_reverse(old: list[Pin], new: list[Pin]) -> None:
    def mirrored(change: Change) -> Change:
        kind = MIRRORED.get(change.kind, change.kind)
        return Change(change.name, change.new, change.old, kind, change.marker)

    there, back = told(old, new), told(new, old)
    assert set(map(mirrored, back)) == set(there)
    assert len(back) == len(there)


@given(locks, locks)
def test_one_line_is_told_for_each_package_that_differs(old: list[Pin], new: list[Pin]) -> None:
    changes = told(old, new)
    assert all(is_name(change.name) and change.old != change.new for change in changes)
    assert [change.name for change in changes] == sorted(change.name for change in changes)
    before, after = ({pin.name for pin in lock} for lock in (old, new))
    kinds = {change.name: change.kind for change in changes}
    assert {n for n, kind in kinds.items() if kind == diff.ADDED} == after - before
    assert {n for n, kind in kinds.items() if kind == diff.REMOVED} == before - after


@given(plain, plain)
def test_the_packages_are_those_of_two_dictionaries(old: list[Pin], new: list[Pin]) -> None:
    before, after = table(old), table(new)
    names = {name for name, _ in before.keys() | after.keys()}
    differing = {
        name
        for name in names
        if any(before.get((name, marker)) != after.get((name, marker)) for marker in MARKERS)
    }
    changes = told(old, new)
    assert {change.name for change in changes} == differing
    for change in changes:
        if not change.marker:
            continue
        was, now = before[change.name, change.marker], after[change.name, change.marker]
        assert (change.old, change.new) != ("", "")
        rebuilt = Version(was.public) == Version(now.public)
        expected = diff.UPGRADED if was < now else diff.DOWNGRADED
        assert change.kind == (diff.REBUILT if rebuilt else expected)
