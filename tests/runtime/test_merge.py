"""Many reports as one: what is said, and of which nodes."""

from __future__ import annotations

import json
import pickle
import random
import time
from typing import Any

import jsonschema
import pytest

import lockhook
from lockhook._cli import verify, view
from lockhook._runtime import merge as merging
from lockhook._runtime import tally
from lockhook._runtime.report import Finding, Report, lines
from tests.cli.schemas import SCHEMAS

SITE = "/opt/env/lib/python3.11/site-packages"
ENVIRONMENT = {
    "python": "3.11.7",
    "implementation": "CPython",
    "platform": "linux-x86_64",
    "prefix": "/opt/env",
}
FIX = ("uv pip install -r requirements.txt", "pip install -r requirements.txt")


def differs(package: str, expected: str, found: str) -> Finding:
    return Finding(
        status="mismatched",
        package=package,
        message=f"expected {expected}, found {found}",
        fails=True,
        expected=expected,
        found=found,
        location=SITE,
        path="requirements.txt",
        line=1,
    )


def extra(package: str, version: str) -> Finding:
    return Finding(
        status="extra",
        package=package,
        message=f"{version} is installed, but not in the lock",
        fails=False,
        found=version,
        location=SITE,
    )


def report(host: str, *findings: Finding, **fields: Any) -> Report:
    failing = [finding for finding in findings if finding.fails]
    wrong = len({finding.package for finding in failing})
    summary = {"total": 42, "matched": 42 - wrong, "mismatched": wrong, "missing": 0, "skipped": 0}
    given = {
        "lockfile": "requirements.txt",
        "lock_sha256": "a" * 64,
        "status": "failed" if failing else "passed",
        "summary": summary,
        "findings": findings,
        "fix": FIX if failing else (),
        "environment": {**ENVIRONMENT, "hostname": host},
        "proof": {"version": 42 - wrong, "archive": 0},
    }
    return Report(**{**given, **fields})


def undecided(host: str, reason: str = "requirements.txt: cannot be read") -> Report:
    return report(
        host,
        lock_sha256="",
        status="unchecked",
        summary={"total": 0, "matched": 0, "mismatched": 0, "missing": 0, "skipped": 0},
        proof={},
        reason=reason,
        advice=("`lockhook generate` writes a new one",),
    )


def nodes(first: int, last: int, *findings: Finding, **fields: Any) -> list[Report]:
    return [report(f"node{i:03}", *findings, **fields) for i in range(first, last + 1)]


NUMPY = differs("numpy", "2.3.5", "1.26.4")
MIXED = [
    *nodes(1, 16, extra("rich", "14.0")),
    *nodes(17, 18, NUMPY, extra("rich", "13.0")),
    undecided("node019"),
    *nodes(20, 20),
]
MIXED_TEXT = """\
Lockfile Validation Report
==========================
Lockfile: requirements.txt
Status: FAILED
Nodes: 20 (20 ranks): node[001-020]

Summary: 42 packages
  Matched:    41
  Mismatched: 1
  Missing:    0
  Skipped:    0
Proven: 41 by version

Issues:
  node019 (1 of 20), CPython 3.11.7 in /opt/env:
    - cannot be decided: requirements.txt: cannot be read
  node[017-018] (2 of 20), CPython 3.11.7 in /opt/env:
    - numpy: expected 2.3.5, found 1.26.4 (/opt/env/lib/python3.11/site-packages)

Nodes differ:
  A: node[001-016] (16 of 20)
  B: node[017-018] (2 of 20)
  C: node019 (1 of 20)
  D: node020 (1 of 20)
                          A      B       C  D
  numpy                   2.3.5  1.26.4  ?  2.3.5
  rich (not in the lock)  14.0   13.0    ?  -

To fix, run one of these on node[017-018] (2 of 20):
  uv pip install -r requirements.txt
  pip install -r requirements.txt

What an installation cannot mend:
  node019 (1 of 20): `lockhook generate` writes a new one
"""


def test_the_text() -> None:
    assert f"{Report.merge(MIXED)}\n" == MIXED_TEXT


def test_quiet() -> None:
    assert list(lines(Report.merge(MIXED), quiet=True)) == [
        "  node019 (1 of 20), CPython 3.11.7 in /opt/env:",
        "    - cannot be decided: requirements.txt: cannot be read",
        "  node[017-018] (2 of 20), CPython 3.11.7 in /opt/env:",
        f"    - numpy: expected 2.3.5, found 1.26.4 ({SITE})",
    ]


def test_the_json() -> None:
    document = json.loads(json.dumps(Report.merge(MIXED).as_json()))
    jsonschema.validate(document, SCHEMAS["report"])
    cluster = document["cluster"]
    assert (cluster["nodes"], cluster["count"], cluster["ranks"]) == ("node[001-020]", 20, 20)
    told = [
        (g["nodes"], g["status"], [document["findings"][i]["code"] for i in g["findings"]])
        for g in cluster["groups"]
    ]
    assert told == [
        ("node[001-016]", "passed", ["LH106"]),
        ("node[017-018]", "failed", ["LH101", "LH106"]),
        ("node019", "unchecked", ["LH117"]),
        ("node020", "passed", []),
    ]
    assert cluster["differences"] == [
        {
            "package": "numpy",
            "what": "numpy",
            "found": [{"what": "1.26.4", "groups": [1]}],
            "elsewhere": "2.3.5",
            "in_lock": True,
            "fails": True,
        },
        {
            "package": "rich",
            "what": "rich",
            "found": [{"what": "14.0", "groups": [0]}, {"what": "13.0", "groups": [1]}],
            "elsewhere": "-",
            "in_lock": False,
            "fails": False,
        },
    ]
    (uneven,) = [f for f in document["findings"] if f["code"] == "LH118"]
    assert uneven["message"] == (
        "differs between nodes: 14.0 on node[001-016]; 13.0 on node[017-018]; "
        "not installed elsewhere"
    )


def test_markdown_and_annotations(capsys: pytest.CaptureFixture[str]) -> None:
    shown = verify.view(Report.merge([*nodes(1, 3), *nodes(4, 4, NUMPY)]))
    view.show(shown, "markdown")
    assert capsys.readouterr().out == (
        "### requirements.txt: failed\n\n"
        "| code | package | finding | where | nodes |\n"
        "| --- | --- | --- | --- | --- |\n"
        f"| LH101 | numpy | expected 2.3.5, found 1.26.4 | {SITE} | node004 (1 of 4) |\n\n"
        "#### Where the nodes differ\n\n"
        "|  | node\\[001-003\\] (3 of 4) | node004 (1 of 4) |\n"
        "| --- | --- | --- |\n"
        "| numpy | 2.3.5 | 1.26.4 |\n\n"
        "```sh\n# one of these on node004 (1 of 4)\n"
        "uv pip install -r requirements.txt\npip install -r requirements.txt\n```\n"
    )
    view.show(shown, "github")
    assert capsys.readouterr().out == (
        "::error file=requirements.txt,line=1,title=LH101 numpy::node004 (1 of 4): "
        f"expected 2.3.5, found 1.26.4 ({SITE})\n"
    )


def test_all_is_well() -> None:
    merged = Report.merge(nodes(1, 64))
    assert (merged.ok, merged.findings, merged.summary["matched"]) == (True, (), 42)
    assert str(merged).split("\n")[3:5] == [
        "Status: PASSED",
        "Nodes: 64 (64 ranks): node[001-064]",
    ]


def test_one_report_is_of_one_node() -> None:
    merged = Report.merge([report("vm", NUMPY)])
    assert (merged.status, merged.findings, merged.fix) == ("failed", (NUMPY,), FIX)
    assert "To fix, run one of:\n" in str(merged)


def test_several_environments_on_one_node() -> None:
    other = {**ENVIRONMENT, "prefix": "/opt/other", "hostname": "vm"}
    reports = [*[report("vm")] * 3, *[report("vm", NUMPY, environment=other)] * 5]
    merged = Report.merge(reports)
    assert "Nodes: 1 (8 ranks): vm" in str(merged)
    assert "  vm (5 of 8 ranks), CPython 3.11.7 in /opt/other:\n    - numpy: " in str(merged)
    assert "  A: vm (3 of 8 ranks), CPython 3.11.7 in /opt/env\n" in str(merged)
    uneven = Report.merge([report("vm"), report("vm", extra("rich", "14.0"), environment=other)])
    assert [f.message for f in uneven.findings if f.status == "uneven"] == [
        "differs between nodes: 14.0 on vm in /opt/other; not installed elsewhere"
    ]


@pytest.mark.parametrize(
    ("reports", "message", "place", "advice"),
    [
        (
            [*nodes(1, 3), *nodes(4, 4, lock_sha256="b" * 64)],
            "another lock than elsewhere: sha256 bbbbbbbbbbbb..., not aaaaaaaaaaaa...",
            (1,),
            "node004: make requirements.txt the same as elsewhere: "
            "all ranks must read the same bytes",
        ),
        (  # as many of each: what comes first is the usual one
            [*nodes(1, 1, lock_sha256="b" * 64), *nodes(2, 2)],
            "another lock than elsewhere: sha256 aaaaaaaaaaaa..., not bbbbbbbbbbbb...",
            (1,),
            "node002: make requirements.txt the same as elsewhere: "
            "all ranks must read the same bytes",
        ),
        (
            [
                *nodes(1, 1, environment={**ENVIRONMENT, "python": "3.12.1", "hostname": "n1"}),
                *nodes(2, 3),
            ],
            "another Python than elsewhere: CPython 3.12.1, not CPython 3.11.7",
            (0,),
            "n1: start these ranks with CPython 3.11.7 too",
        ),
    ],
)
def test_what_must_agree(
    reports: list[Report], message: str, place: tuple[int, ...], advice: str
) -> None:
    merged = Report.merge(reports)
    (finding,) = merged.findings
    assert (merged.status, finding.status, finding.message) == ("failed", "differing", message)
    assert merged.advice == (advice,)
    assert merged.cluster
    has = [i for i, group in enumerate(merged.cluster.groups) if group.findings]
    assert tuple(has) == place


def test_what_was_not_read_is_no_other_lock() -> None:
    merged = Report.merge([*nodes(1, 2), undecided("node003")])
    assert [finding.status for finding in merged.findings] == ["undecided"]
    assert merged.lock_sha256 == "a" * 64


def test_nothing_can_be_decided() -> None:
    merged = Report.merge([undecided("a"), undecided("b")])
    assert (merged.status, merged.reason) == ("unchecked", "requirements.txt: cannot be read")
    assert "Summary:" not in str(merged)
    assert Report.merge([undecided("a", "x"), undecided("b", "y")]).status == "unchecked"


def test_switched_off() -> None:
    off = undecided("a", "off").replace(guard="off", advice=())
    merged = Report.merge([off, off])
    assert (merged.status, merged.guard, merged.findings) == ("unchecked", "off", ())
    mixed = Report.merge([off, report("b")])
    assert (mixed.status, [f.message for f in mixed.findings]) == (
        "failed",
        ["cannot be decided: off"],
    )


def test_a_package_of_the_lock_that_passes_and_differs() -> None:
    label = NUMPY.replace(status="labelled", fails=False, found="2.3.5+mkl", message="a build")
    merged = Report.merge([*nodes(1, 1), *nodes(2, 2, label)])
    assert merged.ok
    assert [f.message for f in merged.findings if f.status == "uneven"] == [
        "differs between nodes: 2.3.5+mkl on node002; 2.3.5 elsewhere"
    ]
    missing = NUMPY.replace(status="missing", fails=False, found="", message="not installed")
    merged = Report.merge([*nodes(1, 1, missing), *nodes(2, 2)])
    assert "not installed on node001; 2.3.5 elsewhere" in merged.findings[-1].message


def test_other_kinds_of_findings_in_the_table() -> None:
    shadowed = NUMPY.replace(status="shadowed", found="2.3.5")
    modified = NUMPY.replace(status="modified", found="")
    merged = Report.merge([*nodes(1, 1, shadowed), *nodes(2, 2, modified, NUMPY), *nodes(3, 3)])
    assert "\n  numpy  2.3.5 shadowed  modified  2.3.5\n" in str(merged)


def test_files_are_counted_together() -> None:
    facts = {"mode": "hash", "checked": 10, "modified": 1, "unverifiable": 2}
    merged = Report.merge([*nodes(1, 2, integrity=facts), *nodes(3, 3, NUMPY, integrity=facts)])
    assert merged.integrity == {"mode": "hash", "checked": 30, "modified": 3, "unverifiable": 6}


def test_nothing_to_merge() -> None:
    with pytest.raises(ValueError, match="there is no report to merge"):
        Report.merge([])


def test_hostile_names_do_not_reach_the_terminal() -> None:
    evil = "\x1b[2J"
    merged = Report.merge([report(evil, extra(evil, evil)), report("b", NUMPY)])
    assert str(merged).replace("\n", "").isprintable()


def test_reports_pickle_and_merge_again() -> None:
    whole = Report.merge(MIXED)
    parts = [Report.merge(MIXED[:7]), *MIXED[7:9], Report.merge(MIXED[9:])]
    assert Report.merge(pickle.loads(pickle.dumps(parts))) == whole
    assert Report.merge([whole]) == whole
    assert pickle.loads(pickle.dumps(whole)) == whole


def test_joining_is_associative() -> None:
    draw = random.Random(7)
    kinds = [(), (NUMPY,), (extra("rich", "14.0"),), (extra("rich", "13.0"), NUMPY)]
    tallies = [merging.of_one(report(f"n{i}", *draw.choice(kinds))) for i in range(40)]
    whole = tally.join_all(tallies)
    for _ in range(20):
        parts = list(tallies)
        while len(parts) > 1:
            at = draw.randrange(len(parts) - 1)
            parts[at : at + 2] = [tally.join(parts[at], parts[at + 1])]
        assert merging.of_tally(parts[0]) == merging.of_tally(whole)


# --- 4,096 nodes ---

MANY = 4096


def many(count: int = MANY, *, beside: int = 20, faults: bool = True) -> list[Report]:
    """As many nodes as the largest machines have, with some packages beside the lock on each."""
    common = tuple(extra(f"extra-{i}", "1.0") for i in range(beside))
    reports = [report(f"node{i + 1:04}", *common) for i in range(count)]
    if faults:
        reports[16] = report("node0017", NUMPY, *common)
        reports[17] = report("node0018", NUMPY, *common)
        reports[99] = undecided("node0100")
        for i in range(3, count, 100):
            reports[i] = report(f"node{i + 1:04}", *common, extra("rich", "14.0"))
    return reports


def test_thousands_of_nodes_merge_in_less_than_a_second() -> None:
    tallies = [merging.of_one(one) for one in many()]
    start = time.process_time()
    merged = merging.of_tally(tally.join_all(tallies))
    assert time.process_time() - start < 1
    text = str(merged)
    assert "node[0017-0018] (2 of 4,096)" in text
    assert text.count("\n") < 40
    assert max(map(len, text.split("\n"))) < 160


def test_a_message_grows_with_the_findings_only() -> None:
    tallies = [merging.of_one(one) for one in many(1024, faults=False)]
    whole, half = tally.join_all(tallies), tally.join_all(tallies[:512])
    assert len(whole.facts) == len(half.facts) == len(tallies[0].facts)
    with_faults = tally.join_all([merging.of_one(one) for one in many(1024)])
    # The finding, a package beside the lock, and the fields of the reports that are not alike.
    assert len(with_faults.facts) - len(whole.facts) < 20
    # For each further node its name, and one bit for each fact.
    further = len(pickle.dumps(whole)) - len(pickle.dumps(half))
    assert further < 512 * (48 + len(whole.facts) / 8)


def test_nodes_that_all_differ_are_a_screen_too() -> None:
    reports = [report(f"n{i}", differs(f"p{i:04}", "1", "2")) for i in range(300)]
    merged = Report.merge(reports)
    assert str(merged).count("\n") < 60
    assert "  ... and more on n[6-299] (294 of 300)\n" in str(merged)
    assert "  ... and 290 more\n" in str(merged)
    assert "  G: n[6-299] (294 of 300)\n" in str(merged)
    assert "  p0000  2  1  1  1  1  1  ...\n" in str(merged)
    verbose = "\n".join(lines(merged, verbose=True))
    assert "..." not in verbose
    assert verbose.count("\n    - p") == 300


def test_many_different_fixes() -> None:
    fixes = [report(f"n{i}", NUMPY, fix=(f"fix {i}",)) for i in range(20)]
    text = str(Report.merge(fixes))
    assert "To fix, run one of these on n5 (1 of 20):\n  fix 5\n" in text
    assert "\n  ... and others on n[6-19] (14 of 20)" in text


def test_one_node_with_much_to_tell() -> None:
    findings = [differs(f"p{i:03}", "1", "2") for i in range(300)]
    text = str(Report.merge([*nodes(1, 1, *findings), *nodes(2, 9)]))
    assert "    ... and 292 more findings\n" in text
    assert text.count("\n") < 50


def test_report_is_public() -> None:
    assert lockhook.Report.merge is Report.merge
