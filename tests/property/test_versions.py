"""`packaging` is the oracle: a pin holds where its specifier contains the version."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from packaging.specifiers import InvalidSpecifier, Specifier
from packaging.version import InvalidVersion, Version

from lockhook._runtime.requirements_txt import plain_pin
from lockhook._runtime.versions import DIFFERENT, LABELLED, SAME, Wanted, compare

numbers = st.sampled_from(["0", "00", "1", "01", "2", "10", "2024", "99999999999999999999"])
releases = st.lists(numbers, min_size=1, max_size=4).map(".".join)
suffixes = st.sampled_from(
    ["", "", "", "rc1", "RC1", "-rc.1", "a", "alpha1", ".post1", "-1", ".dev", ".dev0", "+cpu",
     "+CPU", "+cu128", "+cpu.cxx11", "+cpu-cxx11", "+1", "+01", ".post1+cpu", "rc1.dev2", "banana",
     ".*", "+", "\u0661", " ", ".", "_1"]
)  # fmt: skip
versions = st.builds(
    "{}{}{}".format, st.sampled_from(["", "", "", "v", "0!", "1!"]), releases, suffixes
)


def is_version(text: str) -> bool:
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True


@given(versions.filter(is_version), versions)
@example("1.0", "1.0.0")
@example("0", "0.0")
@example("2.9.1", "2.9.1+cpu")
def test_a_pin_holds_where_its_specifier_does(locked: str, found: str) -> None:
    outcome = compare(Wanted(version=locked), found)
    holds = is_version(found) and Specifier(f"=={locked}").contains(found, prereleases=True)
    assert (outcome != DIFFERENT) is holds
    assert (outcome == LABELLED) is (holds and Version(locked).local != Version(found).local)


@given(versions.filter(is_version), versions.filter(is_version))
def test_an_exact_pin_holds_where_the_versions_are_equal(locked: str, found: str) -> None:
    outcome = compare(Wanted(version=locked, exact=True), found)
    assert outcome == (SAME if Version(locked) == Version(found) else DIFFERENT)


@given(versions)
def test_what_the_fast_reader_takes_for_a_version_is_one(text: str) -> None:
    pin = plain_pin(f"foo=={text}", "r.txt", 1)
    if pin is not None:
        assert pin.wanted is not None
        try:
            assert str(Specifier(f"=={text}")) == f"=={pin.wanted.version}"
        except InvalidSpecifier:
            raise AssertionError(text) from None
