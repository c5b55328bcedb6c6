"""The page, and what README shows of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks import commands, page, plot
from tests.benchmarks.environment import LOCKS, constrained, unconstrained
from tests.benchmarks.groups import COUNTS, GROUPS, Group
from tests.benchmarks.limits import Row
from tests.benchmarks.process import Timing

ROOT = Path(__file__).parent.parent.parent
FACTS = page.Facts("a machine", "3.11", "0.13", "Linux 6", 362, {"uv.lock": 10**6}, 21, "D")
FLOOR = ["test_list_the_path", "test_read_the_heads"]


def timings(*labels: str) -> list[Timing]:
    return [Timing(label, [0.02, 0.03, 0.01], [0.02] * 3) for label in labels]


@pytest.fixture
def groups() -> dict[str, Group]:
    """What a run finds, each process in 20 ms."""
    guards = [commands.GUARD.format(lock) for lock in LOCKS]
    pip = [commands.PIP_SYNC.format(lock) for lock in LOCKS[:2]]
    others = [commands.BARE, commands.PIP_CHECK, commands.SYNC, "pip-lock", "pip check", *pip]
    floor = [f"{test}[{lock}]" for test in ("test_read_the_lock", "test_guard") for lock in LOCKS]
    found = {
        name: Group(name, [Row(f"work of {name}", "≤ 1", "2", met=False)], notes=["so"])
        for name in GROUPS
    }
    checks = [commands.CHECK.format(lock) for lock in LOCKS]
    more = {
        "guard": timings(*guards, *others),
        "check": timings(*checks, commands.UV_CHECK, commands.UV_CHECK_TOLD),
        "where": timings(
            commands.BARE,
            *(
                kind.format(label)
                for label in (*guards, *checks)
                for kind in (commands.IMPORTS, commands.OTHERS)
            ),
        ),
        "floor": timings(*FLOOR, *floor),
    }
    series = {line.process: [0.01, 0.02, 0.03, 0.04] for line in plot.LINES}
    filled = {name: group._replace(timings=more.get(name, ())) for name, group in found.items()}
    return {**filled, "packages": filled["packages"]._replace(series=series)}


def test_the_page_has_every_row(groups: dict[str, Group]) -> None:
    text = page.render(groups, FACTS)
    for name in GROUPS:
        assert f"| work of {name} | ≤ 1 | 2 | **missed** |\n" in text
    assert "| `python -c pass` | 20.0 ms | 10.0 ms | 30.0 ms | 20.0 ms |\n" in text
    assert "- Python 3.11, uv 0.13, Linux 6\n" in text
    assert "\n\n\n" not in text


def test_the_exit_code_of_what_fails_is_told(groups: dict[str, Group]) -> None:
    failed = Group("guard", [], [Timing("pip-lock", [0.02], [0.02], 1)])
    assert "| `pip-lock` (exit 1) | 20.0 ms |" in page.processes(failed)


def test_readme_is_changed_between_its_marks_alone(groups: dict[str, Group]) -> None:
    text = page.short(groups, FACTS)
    before = "# x\n<!-- speed -->\nold\n<!-- /speed -->\nmore\n"
    once = page.put(before, text)
    assert once == f"# x\n<!-- speed -->\n\n{text}\n<!-- /speed -->\nmore\n"
    assert page.put(once, text) == once
    with pytest.raises(ValueError, match=r"README\.md has no <!-- speed -->"):
        page.put("# x\n", text)


def test_readme_has_a_place_for_it(groups: dict[str, Group]) -> None:
    text = page.short(groups, FACTS)
    assert text in page.put((ROOT / "README.md").read_text(encoding="utf-8"), text)


@pytest.mark.parametrize(
    ("heights", "moved"),
    [
        ([0.1, 0.5, 0.9], [0.1, 0.5, 0.9]),
        ([0.5, 0.45], [0.55, 0.45]),
        ([0.5, 0.5, 0.55], [0.5, 0.6, 0.7]),
    ],
)
def test_labels_do_not_lie_over_each_other(heights: list[float], moved: list[float]) -> None:
    assert plot.apart(heights, 0.1) == pytest.approx(moved)


def test_the_picture_is_there_and_can_be_read_in_the_dark() -> None:
    text = (Path(__file__).parent / "packages.svg").read_text(encoding="utf-8")
    assert "prefers-color-scheme: dark" in text
    for light, dark in zip(plot.LIGHT, plot.DARK, strict=True):
        assert f'fill: {light}"]{{fill:{dark}' in text
    assert all(f"{count:,}<" in text for count in COUNTS)
    assert all(f">{line.label}" in text for line in plot.LINES)


def test_whatever_is_installed_is_pinned() -> None:
    pins = constrained("environment").partition("constraint-dependencies = [\n")[2].splitlines()
    assert len(pins) > 360
    assert all("==" in pin for pin in pins[:-1])
    assert "constraint-dependencies" not in unconstrained("environment")
