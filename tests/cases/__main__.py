"""Prints the table of all cases beside the answers of the tools: ``python -m tests.cases``."""

from __future__ import annotations

import platform
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.cases.families import FAMILIES
from tests.cases.kit import Case, build
from tests.cases.tools import TOOLS, environment, is_right

Row = tuple[Case, tuple[str, ...]]


def main() -> int:
    """Ask every tool about every case; the right answers are those of one platform."""
    here = f"{platform.system()} {platform.machine()} {platform.python_version()}"
    if not here.startswith("Linux x86_64 3.11."):
        print(f"the right answers are those of Linux x86_64 3.11, this is {here}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor() as pool:
        rows = {
            family: list(pool.map(lambda case: _ask(case, Path(scratch)), cases))
            for family, cases in FAMILIES.items()
        }
    print("\n".join(_page(rows)))
    return 0


def _ask(case: Case, scratch: Path) -> Row:
    place = build(case, scratch / case.id, real=True)
    given = environment(place, scratch / "uv-cache")
    return case, tuple(tool.answer(case, place, given) for tool in TOOLS)


def _page(rows: dict[str, list[Row]]) -> Iterator[str]:
    yield _HEAD
    yield from _summary(rows)
    for family, answered in rows.items():
        yield f"\n## {family.capitalize()}\n"
        yield from _table(["", "case", "right", *(f"`{tool.name}`" for tool in TOOLS)])
        for case, answers in answered:
            marked = (_marked(case, answer) for answer in answers)
            yield _row([case.id, _cell(case.title), case.right, *marked])


_HEAD = """# The hard cases, and what the tools answer

Made by `python -m tests.cases`, which builds each case around a real virtual environment (Python
3.11, Linux x86_64) and asks each tool, without network and with an empty cache.

The right answer is `ok` (the environment is what the lock says), `differs`, or `refuse` (nothing can
rely on that lock). A tool answers `ok` (exit code 0), `no` (1), `error` (any other), `crash` (a
traceback), `hangs`, or does not read the format (`-`). An answer in **bold** is wrong: it passes what
must not pass, or the reverse. A tool that fails where it should is counted as right, whatever its reason.
"""


def _summary(rows: dict[str, list[Row]]) -> Iterator[str]:
    yield from _table(["family", *(f"`{tool.name}`" for tool in TOOLS)])
    for family, answered in rows.items():
        yield _row([family, *_scores(answered)])
    yield _row(["**all**", *_scores([row for answered in rows.values() for row in answered])])


def _scores(answered: list[Row]) -> Iterator[str]:
    for column in range(len(TOOLS)):
        asked = [(case, answers[column]) for case, answers in answered if answers[column] != "-"]
        right = sum(is_right(case, answer) for case, answer in asked)
        yield f"{right} of {len(asked)}" if asked else "-"


def _marked(case: Case, answer: str) -> str:
    return answer if answer == "-" or is_right(case, answer) else f"**{answer}**"


def _table(titles: list[str]) -> Iterator[str]:
    yield _row(titles)
    yield _row(["---"] * len(titles))


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_")


if __name__ == "__main__":
    raise SystemExit(main())
