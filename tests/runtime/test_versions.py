from __future__ import annotations

import pytest

from lockhook._runtime.versions import DIFFERENT, LABELLED, SAME, Wanted, compare


@pytest.mark.parametrize(
    ("wanted", "found", "outcome"),
    [
        (Wanted(version="1.0"), "1.0", SAME),
        (Wanted(version="1.0"), "1", SAME),
        (Wanted(version="0"), "0.0.0", SAME),
        (Wanted(version="1.10"), "1.1", DIFFERENT),
        (Wanted(version="1.0"), "", DIFFERENT),
        (Wanted(version="1.0"), "nonsense", DIFFERENT),
        (Wanted(version="2.9.1"), "2.9.1+cpu", LABELLED),
        (Wanted(version="2.9.1", exact=True), "2.9.1+cpu", DIFFERENT),
        (Wanted(version="2.9.1+cpu"), "2.9.1", DIFFERENT),
        (Wanted(version="1.0", arbitrary=True), "1.0.0", DIFFERENT),
        (Wanted(version="1.0RC1", arbitrary=True), "1.0rc1", SAME),
        (Wanted(version="1.0", bounds="<3"), "1.0.0", SAME),
        (Wanted(version="1.0", bounds="!=1.0+bad"), "1.0+bad", DIFFERENT),
        (Wanted(version="1.0", bounds="<3"), "nonsense", DIFFERENT),
    ],
)
def test_compare(wanted: Wanted, found: str, outcome: str) -> None:
    assert compare(wanted, found) == outcome


def test_a_wanted_version_for_people() -> None:
    assert str(Wanted(version="1.0", bounds="<3")) == "1.0,<3"
    assert str(Wanted(version="1.0")) == "1.0"
