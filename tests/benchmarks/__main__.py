"""Measures lockhook, and writes what it finds: ``python -m tests.benchmarks``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from uv import find_uv_bin

from tests.benchmarks import environment, page, plot
from tests.benchmarks.environment import ROOT
from tests.benchmarks.groups import COUNTS, GROUPS, Group, Setting
from tests.benchmarks.process import FailedError

_CACHE = ROOT / ".benchmark_cache"
_OUTPUT = Path(__file__).parent
_QUICK = 3


def main(argv: Sequence[str] | None = None) -> int:
    """Build, measure, and write the page, or print what was asked for alone."""
    arguments = _parser().parse_args(argv)
    try:
        return _measure(arguments)
    except FailedError as error:
        print(error, file=sys.stderr)
        return 3


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--only", action="append", choices=GROUPS, help="measure it, and print it")
    parser.add_argument("--runs", type=int, default=21, metavar="N", help="rounds (default: 21)")
    parser.add_argument("--quick", action="store_true", help=f"{_QUICK} rounds, nothing written")
    parser.add_argument("--cache", type=Path, default=_CACHE, help="where environments are kept")
    parser.add_argument("--output", type=Path, help="write there, and not into the project")
    return parser


def _measure(arguments: argparse.Namespace) -> int:
    runs = _QUICK if arguments.quick else arguments.runs
    setting = _setting(arguments.cache.resolve(), runs)
    found = {name: GROUPS[name](setting) for name in arguments.only or GROUPS}
    print(page.rows(found))
    if arguments.only or (arguments.quick and not arguments.output):
        print("\n".join(page.processes(group) for group in found.values() if group.timings))
        return 0
    _write(found, setting, arguments.output)
    return 0


def _setting(cache: Path, runs: int) -> Setting:
    cache.mkdir(parents=True, exist_ok=True)
    uv, built = find_uv_bin(), environment.wheel(cache)
    real, tool = (build(cache, uv, built) for build in (environment.real, environment.tool))
    return Setting(cache=cache, real=real, tool=tool, built=built, runs=runs)


def _write(found: dict[str, Group], setting: Setting, output: Path | None) -> None:
    folder = output or _OUTPUT
    folder.mkdir(parents=True, exist_ok=True)
    facts = page.Facts.gather(
        uv=environment.version(setting.real.uv),
        installed=len(environment.freeze(setting.real)),
        folder=setting.real.folder,
        runs=setting.runs,
    )
    (folder / "README.md").write_text(page.render(found, facts), encoding="utf-8")
    plot.write(folder / "packages.svg", COUNTS, found["packages"].series)
    print(f"written: {folder / 'README.md'}, {folder / 'packages.svg'}", file=sys.stderr)
    if output is None:
        readme = ROOT / "README.md"
        text = page.put(readme.read_text(encoding="utf-8"), page.short(found, facts))
        readme.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
