"""The right verdict in every hard case (`tests/cases`): exit code, and the reason that is given."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lockhook._runtime import environment as environments
from lockhook._runtime import glance, lock_bytes
from lockhook._runtime.environment import Environment
from lockhook._runtime.policy import Policy
from lockhook.errors import LockhookError
from tests.cases.families import CASES
from tests.cases.kit import LINUX, Case, Place, build

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Result


def environment(place: Place) -> Environment:
    """Return the interpreter that a case without a real one means."""
    return Environment(
        markers=LINUX,
        path=(str(place.site),),
        prefix=str(place.folder / "venv"),
        base_prefix="/usr",
        executable=str(place.python),
        stdlib=(),
        user_site="",
        hostname="node001",
    )


@pytest.mark.parametrize("case", CASES, ids=[f"{case.id} {case.title}" for case in CASES])
def test_verdict(
    case: Case,
    tmp_path: Path,
    run: Callable[..., Result],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = build(case, tmp_path / case.id)
    monkeypatch.chdir(place.folder)
    monkeypatch.setattr(lock_bytes, "MAX_WAIT", 0.1)
    for name, value in case.env.items():
        monkeypatch.setenv(name, value.replace("@CASE@", str(place.folder)))
    if not case.needs_an_interpreter:
        monkeypatch.setattr(environments, "foreign", lambda _: environment(place))
    arguments = [word.replace("@CASE@", str(place.folder)) for word in case.arguments]

    code, out, err = run("verify", "-l", case.name, "--python", place.python, *arguments)

    said = out + err
    assert code in case.codes, said
    assert case.says in said
    assert "Traceback" not in said
    if not (case.needs_an_interpreter or arguments):
        assert agrees_at_a_glance(case.name, place, code)
    if code == 3:
        names = {os.path.basename(case.name), *(path.name for path in place.folder.iterdir())}
        assert any(name in err for name in names), shlex.quote(err)


def agrees_at_a_glance(lock: str, place: Place, code: int) -> bool:
    """Tell whether the fast path of the guard decides nothing else than the careful one."""
    try:
        report = glance.look(lock, environment(place), Policy())
    except LockhookError as error:
        return error.exit_code == code
    return report is None or (report.ok and code == 0)


def test_the_page_lists_every_case_and_no_wrong_answer_of_ours() -> None:
    page = (Path(__file__).parent / "cases" / "README.md").read_text(encoding="utf-8")
    rows = [row.split(" | ") for row in page.split("\n") if row.startswith("| ")]
    listed = {row[0][2:]: row[2] for row in rows if len(row) == 8}
    assert {case.id: case.right for case in CASES}.items() <= listed.items()
    assert not [row for row in rows if len(row) == 8 and "**" in row[3]]


def test_no_two_cases_have_one_id() -> None:
    ids = [case.id for case in CASES]
    assert sorted(set(ids)) == sorted(ids)
