"""What is measured together: each group is one part of the table."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks import commands, environment, growth, limits, made, parts, project
from tests.benchmarks.environment import LOCKS, ROOT, Place
from tests.benchmarks.limits import Row, at_most
from tests.benchmarks.process import OFFLINE, Command, Timing, in_turn, run

COUNTS = (100, 300, 1000, 3000)
_REQUIREMENTS, _PYLOCK, _UV_LOCK = LOCKS
FORBIDDEN = {
    *("importlib.metadata", "email", "packaging", "argparse", "typing", "dataclasses"),
    *("pathlib", "json", "logging", "subprocess"),
}


class Setting(NamedTuple):
    """Where and how often to measure.

    Attributes:
        cache: the folder for what is built.
        real: the environment of real packages.
        tool: an environment of lockhook alone.
        built: the wheel of lockhook.
        runs: how many rounds are counted.
    """

    cache: Path
    real: Place
    tool: Place
    built: Path
    runs: int

    @property
    def few(self) -> int:
        """Rounds for what takes long."""
        return max(3, self.runs // 3)


class Group(NamedTuple):
    """What one group found.

    Attributes:
        name: as the command line has it.
        rows: of the table.
        timings: of the processes that the rows come from.
        notes: what the page says of them.
        series: label to seconds for each of `COUNTS`, for the plot.
    """

    name: str
    rows: Sequence[Row]
    timings: Sequence[Timing] = ()
    notes: Sequence[str] = ()
    series: dict[str, list[float]] = {}  # noqa: RUF012 - nobody writes to it


def guard(setting: Setting) -> Group:
    """The guard beside the tools that people use."""
    real = setting.real
    timed = [commands.bare(real), *(commands.guard(real, lock) for lock in LOCKS)]
    pip = [commands.uv_pip_sync(real, _REQUIREMENTS), commands.uv_pip_sync(real, _PYLOCK)]
    others = [commands.uv_pip_check(real), *pip, commands.uv_sync(real)]
    install = [commands.uv_pip_install(real, _REQUIREMENTS)]
    timings = in_turn([*timed, *others, *install], setting.runs)
    # These take so long that the others would wait for them most of the time.
    slow = in_turn([commands.pip_check(real), commands.pip_lock(real, _REQUIREMENTS)], setting.few)
    bare, text, pylock, graph, check, sync, sync_pylock, sync_graph, _ = timings
    names = [f"guard, {code}" for code in map(limits.code, LOCKS)]
    return Group(
        "guard",
        [
            at_most(names[0], text, 0.75, check),
            at_most(names[0], text, 0.4, sync),
            at_most(names[0], text, 2, bare),
            at_most(names[1], pylock, 0.6, sync_pylock),
            at_most(names[2], graph, 0.6, sync_graph),
        ],
        [*timings, *slow],
    )


def imports(setting: Setting) -> Group:
    """The modules that a passing guard imports."""
    rows = []
    for lock in LOCKS:
        program = f"import lockhook; lockhook.guard({lock!r})"
        found = parts.modules(setting.real, program, setting.real.folder)
        heavy = sorted(FORBIDDEN & {name.partition(".")[0] for name in found} | FORBIDDEN & found)
        own = sum(name.startswith("lockhook") for name in found)
        measured = f"{', '.join(heavy) or 'none'} ({own} of lockhook, {len(found) - own} of Python)"
        work = f"modules imported by a passing guard, {limits.code(lock)}"
        rows.append(Row(work, "none of ten heavy ones", measured, not heavy))
    return Group("imports", rows)


def check(setting: Setting) -> Group:
    """What a commit waits for when everything is fresh."""
    folders = {
        lock.name: project.fresh(setting.cache, setting.tool, lock) for lock in project.FRESH
    }
    counts = {name: project.count(folder / name) for name, folder in folders.items()}
    uv = [setting.tool.uv, "lock", "--check", "--offline"]
    told = [*uv, "--python", setting.tool.python]
    others = [
        Command(commands.UV_CHECK, uv, folders[_UV_LOCK]),
        Command(commands.UV_CHECK_TOLD, told, folders[_UV_LOCK]),
    ]
    ours = [
        commands.lockhook(setting.tool, commands.CHECK.format(name), folder, "check")
        for name, folder in folders.items()
    ]
    bare = commands.bare(setting.tool)
    *timings, typed, told_python, least = in_turn([*ours, *others, bare], setting.runs)
    rows = [
        at_most(f"`lockhook check`, fresh, {counts[name]} packages, `{name}`", timing, 0.6, beside)
        for beside in (typed, told_python)
        for name, timing in zip(folders, timings, strict=True)
    ]
    return Group("check", rows, [*timings, typed, told_python, least], notes=[_LOOKS])


_LOOKS = (
    "`uv lock --check` runs a Python to learn its version, unless there is a `.venv` or its cache "
    "knows the one it is told; a shim of pyenv, if that is the first on the path, takes most of "
    "its time."
)


def generate(setting: Setting) -> Group:
    """Two locks made, beside one made by uv alone."""
    folder = project.two_locks(setting.cache, setting.tool)
    ours = commands.lockhook(setting.tool, commands.GENERATE, folder, "generate", "--all")
    alone = [project.compile_(setting.tool, folder, lock) for lock in (project.BASE, project.FULL)]
    timing, *single = in_turn([ours, *alone], setting.runs)
    asking = in_turn(list(map(commands.online, [ours, *alone])), setting.runs, warmups=1)
    work = "`lockhook generate --all`, two locks"
    rows = [
        at_most(work, timing, 1.25, max(single, key=lambda one: one.median)),
        at_most(work, asking[0], 1.25, max(asking[1:], key=lambda one: one.median)),
    ]
    return Group("generate", rows, [timing, *single, *asking], [_GENERATE])


_GENERATE = (
    "`generate` and `uv pip compile` run with a warm cache and with the old locks in place, each "
    "with the command that the lock itself names in its head; offline, and online as they are "
    "typed, where uv asks the registry whether anything is new, and hardly anything else counts."
)


_HIGH_WATER = """
print([line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")][0])
"""


def peak(python: str, program: str, folder: Path) -> int:
    """Return the most memory that a Python program has in use, in KiB (Linux tells it)."""
    return int(run([python, "-c", program + _HIGH_WATER], folder).split()[-1])


def integrity(setting: Setting) -> Group:
    """Every file read, beside sha256sum."""
    real, cores = setting.real, len(os.sched_getaffinity(0))
    files, size = _recorded(setting)
    program = "import lockhook; lockhook.guard('requirements.txt', integrity={})"
    hashing = program.format("'hash'")
    ours = Command("guard with integrity='hash'", [real.python, "-c", hashing], real.folder)
    xargs = shutil.which("xargs") or "xargs"
    many = [xargs, "-0", "-a", str(files), "-n", "500", "-P", str(cores), "sha256sum"]
    other = Command(f"sha256sum in {cores} processes", many, real.folder)
    sizes = [real.python, "-c", program.format("'size'")]
    quick = Command("guard with integrity='size'", sizes, real.folder)
    timings = in_turn([ours, other, quick], setting.few, warmups=1)
    most, least = (peak(real.python, program.format(how), real.folder) for how in ("'hash'", None))
    paths = len(files.read_bytes().split(b"\0")) - 1
    note = (
        f"`--integrity` reads {paths:,} files, {size / 1e9:.2f} GB, out of the page cache, and "
        f"takes {most / 1024:.0f} MiB of memory at most; a guard without it takes "
        f"{least / 1024:.0f} MiB."
    )
    row = limits.as_fast("`--integrity`", timings[0], 0.8, timings[1])
    return Group("integrity", [row], timings, [note])


def _recorded(setting: Setting) -> tuple[Path, int]:
    """Write the files whose hash a RECORD has, and return where they are listed and their size."""
    site, listed = setting.real.site, setting.cache / "files"
    paths = set()
    for record in site.glob("*.dist-info/RECORD"):
        rows = record.read_text().splitlines()
        paths |= {row.split(",sha256=")[0].strip('"') for row in rows if ",sha256=" in row}
    absolute = [os.path.normpath(site / path) for path in sorted(paths)]
    listed.write_bytes(b"".join(os.fsencode(path) + b"\0" for path in absolute))
    return listed, sum(os.path.getsize(path) for path in absolute)


def packages(setting: Setting) -> Group:
    """How the time grows with the number of packages."""
    series: dict[str, list[float]] = {}
    found: list[list[Timing]] = []
    for number in COUNTS:
        place = made.made(setting.cache, setting.real.uv, setting.built, number)
        quick = [commands.bare(place), *(commands.guard(place, lock) for lock in LOCKS)]
        uv = [commands.uv_pip_check(place), commands.uv_pip_sync(place, _REQUIREMENTS)]
        timings = in_turn([*quick, *uv], setting.runs)
        slow = [commands.pip_check(place), commands.pip_lock(place, _REQUIREMENTS)]
        found.append([*timings, *in_turn(slow, setting.few, warmups=1)])
        for timing in found[-1]:
            series.setdefault(timing.label, []).append(timing.median)
    small, large = found[1], found[3]
    rows = [
        limits.growth(
            f"growth, 300 → 3,000 packages, {limits.code(lock)}",
            11,
            [small[place], small[0]],
            [large[place], large[0]],
        )
        for place, lock in enumerate(LOCKS, start=1)
    ]
    return Group("packages", rows, series=series)


_JUDGE = """
import sys
sys.path.insert(0, {root!r})
from tests.benchmarks import growth
growth.judge({path!r})
"""


def length(_setting: Setting) -> Group:
    """How time and memory grow with the length of a lock, without an environment."""
    with tempfile.TemporaryDirectory() as folder:
        worst, row = max((_growth(row, Path(folder)), row) for row in growth.GROWING)
        peaks = [_peak_of_hashes(megabytes, Path(folder)) for megabytes in (25, 50)]
        fifty = growth.seconds(str(Path(folder, "50", "requirements.txt")))
    name = f"{row.what} in `{row.name}`"
    measured = f"{worst:.1f} at the worst, {name}; 50 MB in {limits.milliseconds(fifty)}"
    memory = f"25 MB take {peaks[0] / 1024:.0f} MiB, 50 MB {peaks[1] / 1024:.0f} MiB"
    rows = [
        Row(
            "a lock four times as long, in 21 ways", "linear: ≤ 5 × the time", measured, worst <= 5
        ),
        Row("a lock of 50 MB", "≤ 2.2 × the memory of 25 MB", memory, peaks[1] <= 2.2 * peaks[0]),
    ]
    return Group(
        "length", rows, notes=["`python -m tests.benchmarks.growth` prints each of the 21 ways."]
    )


def _growth(row: growth.Row, folder: Path) -> float:
    scratch = folder / f"{growth.GROWING.index(row)}"
    short, long = (growth.seconds(growth.write(row, factor, scratch)) for factor in (1, 4))
    return long / short


def _peak_of_hashes(megabytes: int, folder: Path) -> int:
    line = len(growth.hashes(2)) - len(growth.hashes(1))
    row = growth.Row("hash lines", _REQUIREMENTS, growth.hashes, 1_000_000 // line)
    path = growth.write(row, megabytes, folder)
    return peak(sys.executable, _JUDGE.format(root=str(ROOT), path=path), folder)


_RANK = """
import json, sys
from mpi4py import MPI
import lockhook
opened = []
sys.addaudithook(lambda event, given: opened.append(str(given[0])) if event == "open" else None)
lockhook.guard("requirements.txt", skip=[], comm=MPI.COMM_WORLD)
found = MPI.COMM_WORLD.gather(sum(path.endswith("METADATA") for path in opened))
if found:
    print(json.dumps(found))
"""
_RANKS = 8


def cluster(setting: Setting) -> Group:
    """What the ranks of one node open, each: counts, so one run tells all."""
    place = environment.cluster(setting.cache, setting.real.uv, setting.built)
    launcher = str(place.prefix / "bin" / "mpiexec")
    command = [launcher, "-n", str(_RANKS), place.python, "-c", _RANK]
    opened = sorted(json.loads(run(command, place.folder)), reverse=True)
    measured = f"{opened[0]} METADATA opened by one of {_RANKS} ranks, {sum(opened[1:])} by others"
    limit = "file-system work once per node, not once per rank"
    return Group("cluster", [Row("cluster guard", limit, measured, not any(opened[1:]))])


def floor(setting: Setting) -> Group:
    """The guard in one process, beside the least that it has to do."""
    real = setting.real
    path = run([real.python, "-c", "import sys; print(*sys.path[1:], sep='\\n')"], real.folder)
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "floor.json"
        words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
        more = ["--benchmark-json", str(result), str(ROOT / "tests/benchmarks/floor.py")]
        given = {"FLOOR_FOLDER": str(real.folder), "FLOOR_PATH": json.dumps(path.splitlines())}
        run([*words, *more], ROOT, {**OFFLINE, **given})
        document = json.loads(result.read_text())
    medians = {entry["name"]: entry["stats"]["median"] for entry in document["benchmarks"]}
    timings = [Timing(name, [seconds], [seconds]) for name, seconds in medians.items()]
    return Group("floor", [], timings)


def where(setting: Setting) -> Group:
    """Where the time of lockhook's own processes goes."""
    programs = {}
    for lock in LOCKS:
        program = f"import lockhook; lockhook.guard({lock!r})"
        programs[commands.GUARD.format(lock)] = (setting.real, setting.real.folder, program)
    for made_lock in project.FRESH:
        folder = project.fresh(setting.cache, setting.tool, made_lock)
        programs[commands.CHECK.format(made_lock.name)] = (
            setting.tool,
            folder,
            parts.MAIN + "(['check'])",
        )
    folder = project.two_locks(setting.cache, setting.tool)
    programs[commands.GENERATE] = (setting.tool, folder, parts.MAIN + "(['generate', '--all'])")
    imports = [
        command
        for label, where in programs.items()
        for command in (
            parts.imports(commands.IMPORTS.format(label), *where),
            parts.imports(commands.OTHERS.format(label), *where, without="lockhook"),
        )
    ]
    bare = [commands.bare(setting.real), commands.bare(setting.tool)]
    notes = [parts.hot(label, *where) for label, where in programs.items()]
    return Group("where", [], in_turn([*bare, *imports], setting.few), notes)


GROUPS: dict[str, Callable[[Setting], Group]] = {
    "guard": guard,
    "imports": imports,
    "packages": packages,
    "check": check,
    "generate": generate,
    "integrity": integrity,
    "cluster": cluster,
    "length": length,
    "floor": floor,
    "where": where,
}
