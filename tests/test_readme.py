"""README says what is true: its tables, blocks and commands are held against the code."""

from __future__ import annotations

import argparse
import re
import subprocess
from pathlib import Path

import pytest
import tomli
import yaml

import lockhook
from lockhook import errors
from lockhook._authoring import config, verdict
from lockhook._authoring.project import Project
from lockhook._cli import parser as parsers
from lockhook._cli.main import INTERRUPTED
from lockhook._runtime import merge, report, tally
from tests.cli.schemas import SCHEMAS
from tests.runtime.test_merge import NUMPY, extra, nodes

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def first_cells(heading: str) -> list[str]:
    """The first column of the table whose heading begins so."""
    table = README.partition(f"\n| {heading}")[2].partition("\n\n")[0]
    return [row.split("|")[1].strip() for row in table.split("\n")[2:]]


def test_every_hook_is_told() -> None:
    manifest = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert first_cells("hook id") == [f"`{hook['id']}`" for hook in manifest]


def test_every_command_is_told() -> None:
    actions = parsers.build()._actions
    (commands,) = [a for a in actions if isinstance(a, argparse._SubParsersAction)]
    told = [cell.strip("`").split()[1] for cell in first_cells("command")]
    assert sorted(told) == sorted(commands.choices)


def test_every_exit_code_is_told() -> None:
    codes = {getattr(errors, name).exit_code for name in errors.__all__}
    assert first_cells("exit code") == [str(code) for code in sorted({0, INTERRUPTED, *codes})]


@pytest.mark.parametrize(
    ("heading", "codes"), [("finding | code", report.CODES), ("verdict | code", verdict.CODES)]
)
def test_every_code_is_told(heading: str, codes: dict[str, str]) -> None:
    rows = README.partition(f"\n| {heading}")[2].partition("\n\n")[0].split("\n")[2:]
    told = {row.split("|")[1].split(":")[0].strip(): row.split("|")[2].strip() for row in rows}
    assert {name: code for name, code in told.items() if code} == codes


def test_every_change_is_told() -> None:
    kinds = SCHEMAS["diff"]["properties"]["changes"]["items"]["properties"]["kind"]["enum"]
    told = [kind for cell in first_cells("change | means") for kind in cell.split(", ")]
    assert sorted(told) == sorted(kinds)


def test_the_settings_can_be_read() -> None:
    for block in blocks("toml"):
        table = tomli.loads(block)
        config.read(Project(directory=str(ROOT), pyproject={**table, "project": {"name": "x"}}))
    assert any("[tool.lockhook" in block for block in blocks("toml"))


def test_the_python_can_be_compiled_and_names_what_there_is() -> None:
    for block in blocks("python"):
        compile(block, "README.md", "exec")
    named = set(re.findall(r"lockhook\.(\w+)[(`]", README))
    assert named <= set(lockhook.__all__)


def test_the_report_is_a_real_one() -> None:
    shown, _ = [block for block in blocks("text") if block.startswith("Lockfile Validation")]
    location = "/opt/env/lib/python3.11/site-packages"
    finding = report.Finding(
        status="mismatched",
        package="numpy",
        message="expected 2.3.5, found 1.26.4",
        fails=True,
        location=location,
    )
    summary = {"total": 4, "matched": 3, "mismatched": 1, "missing": 0, "skipped": 0}
    real = report.Report(
        lockfile="requirements.txt",
        lock_sha256="",
        status="failed",
        summary=summary,
        findings=(finding,),
        fix=(
            "uv pip install --index-strategy unsafe-best-match -r requirements.txt",
            "pip install -r requirements.txt",
        ),
        environment={},
        proof={"version": 3, "archive": 0},
    )
    assert shown == f"{real}\n"


def test_the_report_of_a_cluster_is_a_real_one() -> None:
    _, shown = [block for block in blocks("text") if block.startswith("Lockfile Validation")]
    rich, other = extra("rich", "14.0"), extra("rich", "13.0")
    reports = [*nodes(1, 16, rich), *nodes(17, 18, NUMPY, rich), *nodes(19, 63, rich)]
    tallies = [
        tally.of([tally.Look(host=report.environment["hostname"], ranks=128)], report)
        for report in [*reports, *nodes(64, 64, other)]
    ]
    assert shown == f"{merge.of_tally(tally.join_all(tallies))}\n"


def test_ci_runs_the_command_of_the_readme() -> None:
    command = README.partition("<!-- the tests -->\n```sh\n")[2].partition("\n")[0]
    assert ".venv/bin/python -m pytest" in command
    script = (ROOT / ".ci" / "run").read_text()
    extraction = next(line for line in script.split("\n") if line.startswith("tests=$("))
    done = subprocess.run(
        ["bash", "-c", f'{extraction}; printf %s "$tests"'],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == command
