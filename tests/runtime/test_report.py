from __future__ import annotations

import pytest

from lockhook._runtime.report import CODES, Finding, Report, line, lines

SUMMARY = {"total": 42, "matched": 40, "mismatched": 1, "missing": 0, "skipped": 1}
FOUND = Finding(
    status="mismatched",
    package="numpy",
    message="expected 1.24.0, found 1.26.0",
    fails=True,
    expected="1.24.0",
    found="1.26.0",
    location="/opt/env/lib/python3.11/site-packages",
    path="requirements.txt",
    line=3,
)


def report(**fields: object) -> Report:
    given: dict[str, object] = {
        "lockfile": "requirements.txt",
        "lock_sha256": "00",
        "status": "failed",
        "summary": SUMMARY,
        "findings": (FOUND,),
        "fix": ("uv pip install -r requirements.txt", "pip install -r requirements.txt"),
        "environment": {"python": "3.11.7"},
        "proof": {"version": 40},
    }
    return Report(**{**given, **fields})  # type: ignore[arg-type]


TEXT = """\
Lockfile Validation Report
==========================
Lockfile: requirements.txt
Status: FAILED

Summary: 42 packages
  Matched:    40
  Mismatched: 1
  Missing:    0
  Skipped:    1
Proven: 40 by version

Issues:
  - numpy: expected 1.24.0, found 1.26.0 (/opt/env/lib/python3.11/site-packages)

To fix, run one of:
  uv pip install -r requirements.txt
  pip install -r requirements.txt"""


def test_the_text() -> None:
    assert str(report()) == TEXT


def test_counts_that_matter_sometimes_and_notes() -> None:
    note = FOUND.replace(status="unverifiable", fails=False, message="no record", location="")
    extra = FOUND.replace(status="extra", fails=False, package="bar", message="2 is installed")
    shown = report(
        summary={**SUMMARY, "extra": 3, "not_applicable": 9, "unverifiable": 1, "broken": 0},
        findings=(note, extra),
        fix=("pip x",),
        advice=("take /x out of PYTHONPATH",),
        proof={"version": 40, "archive": 2, "files": 0},
    )
    assert "\n".join(lines(shown)).partition("  Skipped:    1\n")[2] == (
        "  Unverifiable: 1\n  Extra:      3\n  Not applicable: 9\n"
        "Proven: 40 by version, 2 by archive\n\n"
        "Notes:\n  - numpy: no record\n\n"
        "To fix, run one of:\n  pip x\n\n"
        "What an installation cannot mend:\n  take /x out of PYTHONPATH"
    )
    assert "- bar: 2 is installed" in "\n".join(lines(shown, verbose=True))
    assert list(lines(shown, quiet=True)) == []
    assert list(lines(report(), quiet=True)) == [line(FOUND)]


def test_an_unchecked_report() -> None:
    assert list(lines(report(guard="off", reason="LOCKHOOK_GUARD=off", status="unchecked"))) == [
        "Lockfile Validation Report",
        "==========================",
        "Lockfile: requirements.txt",
        "Status: UNCHECKED",
        "Guard: off (LOCKHOOK_GUARD)",
        "Reason: LOCKHOOK_GUARD=off",
    ]


def test_nothing_hostile_reaches_the_terminal() -> None:
    evil = "\x1b[2J\r\u202e\udcff\n"
    hostile = report(
        lockfile=evil, fix=(evil,), advice=(evil,), reason="",
        findings=(FOUND.replace(package=evil, message=evil, location=evil),),
    )  # fmt: skip
    assert all(text.isprintable() for text in lines(hostile))
    assert all(text.isprintable() for text in lines(hostile.replace(reason=evil)))


def test_a_finding_about_the_whole_lock() -> None:
    assert line(FOUND.replace(package="", location="", message="stale")) == "- stale"


def test_the_json() -> None:
    assert report().as_json() == {
        "schema": 1,
        "lockfile": "requirements.txt",
        "lock_sha256": "00",
        "status": "failed",
        "summary": SUMMARY,
        "findings": [{"code": "LH101", **FOUND.as_dict()}],
        "fix": ["uv pip install -r requirements.txt", "pip install -r requirements.txt"],
        "advice": [],
        "environment": {"python": "3.11.7"},
        "proof": {"version": 40},
        "integrity": None,
        "guard": "enforce",
        "reason": "",
        "cluster": None,
    }


def test_what_a_report_says_of_itself() -> None:
    assert (report().ok, report().failures, report(status="passed").ok) == (False, 1, True)


def test_codes_are_unique() -> None:
    assert len(set(CODES.values())) == len(CODES)
    with pytest.raises(KeyError):
        FOUND.replace(status="nonsense").code  # noqa: B018
