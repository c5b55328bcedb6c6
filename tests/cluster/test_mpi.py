"""Real MPI jobs, under MPICH and under Open MPI: whatever happens on one rank, all leave alike."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import jsonschema
import pytest

import lockhook
from tests.cli.schemas import SCHEMAS
from tests.e2e.conftest import Venv

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [
    pytest.mark.registry,
    pytest.mark.skipif(sys.platform == "win32", reason="neither library runs there"),
]

ROOT = Path(lockhook.__file__).parent.parent
LIBRARIES = ("mpich", "openmpi")
# Root in a container, and more ranks than cores, are for Open MPI to be asked for.
OPTIONS = {"mpich": [], "openmpi": ["--allow-run-as-root", "--oversubscribe"]}
LIMIT = 10  # seconds in which every rank has to leave
HANGS = 60  # seconds after which a job is ended

# Each rank writes how it left, and after how long, into a file of its own.
PROGRAM = """\
import os, sys, time
from mpi4py import MPI

comm = MPI.COMM_WORLD
rank = comm.Get_rank()
lock, options = "requirements.txt", {{}}
import lockhook
{fault}
began, how = time.monotonic(), "0"
try:
    lockhook.guard(lock, comm=comm, **options)
except SystemExit as exit_:
    how = str(exit_.code)
except BaseException as error:
    how = type(error).__name__
with open(f"left/{{rank}}", "w") as file:
    file.write(f"{{how}} {{time.monotonic() - began}}")
{after}
sys.exit(int(how) if how.isdigit() else 1)
"""


class Mpi(NamedTuple):
    """An MPI library, installed with mpi4py in two environments: one has foo 1, the other foo 2."""

    library: str
    good: Venv
    bad: Venv

    def command(self, *parts: tuple[int, Venv, list[str]]) -> list[str]:
        """Return the command line of a job: so many ranks with so many arguments of Python."""
        command = [str(self.good.folder / "bin" / "mpiexec"), *OPTIONS[self.library]]
        for number, (ranks, venv, arguments) in enumerate(parts):
            command += [":"] * bool(number) + ["-n", str(ranks), str(venv.python), *arguments]
        return command


def build(folder: Path, library: str, foo: str) -> None:
    venv = Venv(folder)
    venv.uv_install("mpi4py", library, "packaging", "tomli", cwd=ROOT)
    (site,) = folder.glob("lib/python3.*/site-packages")
    (site / "lockhook.pth").write_text(f"{ROOT}\n")
    info = site / f"foo-{foo}.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: foo\nVersion: {foo}\n\n")
    (site / "foo.py").write_text("")


@pytest.fixture
def environments(
    built: Callable[[str, Callable[[Path], None]], Path],
) -> Callable[[str], Mpi]:
    def environment(library: str, foo: str) -> Venv:
        name = f"{library}-foo-{foo}"
        return Venv(built(name, lambda folder: build(folder, library, foo)))

    return lambda library: Mpi(library, environment(library, "1"), environment(library, "2"))


@pytest.fixture(params=LIBRARIES)
def mpi(request: pytest.FixtureRequest, environments: Callable[[str], Mpi]) -> Mpi:
    return environments(request.param)


class Left(NamedTuple):
    """How a job ended: the launcher's code, what was printed, and each rank's code and seconds."""

    code: int
    out: str
    err: str
    ranks: dict[int, tuple[str, float]]

    @property
    def codes(self) -> list[str]:
        return [self.ranks[rank][0] for rank in sorted(self.ranks)]

    @property
    def slowest(self) -> float:
        return max(seconds for _, seconds in self.ranks.values())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "requirements.txt").write_text("foo==1\n")
    (tmp_path / "left").mkdir()
    return tmp_path


def launch(command: list[str], folder: Path, **env: str) -> Left:
    with subprocess.Popen(
        command,
        cwd=folder,
        # Open MPI gives every rank a terminal of its own.
        env={**os.environ, "NO_COLOR": "1", **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as job:
        try:
            out, err = job.communicate(timeout=HANGS)
        except subprocess.TimeoutExpired:
            os.killpg(job.pid, signal.SIGKILL)
            raise
    ranks = {}
    for path in (folder / "left").iterdir():
        how, seconds = path.read_text().split()
        ranks[int(path.name)] = how, float(seconds)
    return Left(job.returncode, out, err, ranks)


def program(folder: Path, fault: str = "", after: str = "", name: str = "bench.py") -> str:
    (folder / name).write_text(PROGRAM.format(fault=fault, after=after))
    return name


def eight(mpi: Mpi, folder: Path, fault: str = "", after: str = "", **env: str) -> Left:
    """Run eight ranks of one environment, with a fault in some."""
    command = mpi.command((8, mpi.good, [program(folder, fault, after)]))
    return launch(command, folder, **env)


def refused(left: Left, code: str = "1") -> str:
    """Return the one report of a job that was refused, with the same code on all ranks."""
    assert left.codes == [code] * 8, left.err
    assert left.slowest < LIMIT
    assert left.code != 0
    assert left.out == ""
    assert left.err.count("Lockfile Validation Report") == 1, left.err
    return left.err


def test_all_is_well(mpi: Mpi, folder: Path) -> None:
    left = eight(mpi, folder)
    assert (left.code, left.codes, left.out, left.err) == (0, ["0"] * 8, "", "")


# --- faults of one rank: what it does before it calls the guard, its code, and what is said ---


def test_another_version(mpi: Mpi, folder: Path, request: pytest.FixtureRequest) -> None:
    name = program(folder)
    command = mpi.command((4, mpi.good, [name]), (4, mpi.bad, [name]))
    for _ in range(request.config.getoption("--jobs")):
        said = refused(launch(command, folder))
        assert f"(4 of 8 ranks), CPython {PYTHON} in {mpi.bad.folder}:\n    - foo: expected" in said
        assert "  foo  1  2\n" in said
        assert f"{mpi.bad.folder}/bin/python" in said.partition("To fix, run one of these on ")[2]
        shutil.rmtree(folder / "left")
        (folder / "left").mkdir()


PYTHON = ".".join(map(str, sys.version_info[:3]))
UNREADABLE = "sys.path.append(os.path.abspath('loop'))"

FAULTS = [
    pytest.param(
        "if rank == 5: lock = 'nowhere.txt'",
        "3",
        "cannot be decided: nowhere.txt: cannot be read: No such file or directory",
        id="lacks the lock",
    ),
    pytest.param(
        "if rank == 0: lock = 'nowhere.txt'",
        "3",
        "`lockhook generate` writes a new one",
        id="the first lacks the lock",
    ),
    pytest.param(
        "if rank == 5: lock = 'other.txt'",
        "1",
        "another lock than elsewhere: sha256 ",
        id="another lock",
    ),
    pytest.param(
        f"lock = 'more.txt'\nif rank == 5: {UNREADABLE}",
        "3",
        "loop: cannot be looked at: Too many levels of symbolic links",
        id="cannot read its site-packages",
    ),
    *(
        pytest.param(
            "from lockhook._runtime import installed\n"
            "def boom(path): raise RuntimeError('boom')\n"
            f"if rank == {rank}:\n"
            "    installed.scan = boom\n"
            f"    sys.path.append('another path')\n",
            "3",
            "cannot be decided: RuntimeError: boom (bench.py:",
            id=f"{rank} raises in the middle",
        )
        for rank in (0, 5)
    ),
    pytest.param(
        "from lockhook._runtime import installed\n"
        "def interrupt(path): os.kill(os.getpid(), 2)\n"
        "if rank == 5:\n"
        "    installed.scan = interrupt\n"
        "    sys.path.append('another path')\n",
        "130",
        "cannot be decided: interrupted",
        id="is interrupted",
    ),
    pytest.param(
        "if rank == 5: options = {'skip': 'foo'}",
        "2",
        "cannot be decided: skip takes a sequence of names",
        id="wrong arguments",
    ),
    pytest.param(
        "lock = 'foo2.txt'\nif rank == 5: os.environ['LOCKHOOK_GUARD'] = 'off'",
        "1",
        "LOCKHOOK_GUARD differs between ranks (enforce on 7, off on 1): enforce holds for all",
        id="is switched off",
    ),
]


@pytest.mark.parametrize(("fault", "code", "said"), FAULTS)
def test_a_fault_of_one_rank(mpi: Mpi, folder: Path, fault: str, code: str, said: str) -> None:
    (folder / "other.txt").write_text("foo==1 # the same\n")
    (folder / "foo2.txt").write_text("foo==2\n")
    (folder / "more.txt").write_text("foo==1\nmore==1\n")
    (folder / "loop").symlink_to(folder / "loop")
    report = refused(eight(mpi, folder, fault), code)
    assert said in report
    assert f"in {mpi.good.folder}:\n    - " in report
    assert os.uname().nodename in report


def other_python() -> str | None:
    """Return another Python than this one, of which a test can make an environment."""
    found = [*Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob("versions/3.1*")]
    candidates = [*(str(path / "bin" / "python") for path in sorted(found))]
    candidates += [shutil.which(f"python3.{minor}") or "" for minor in range(10, 15)]
    code = "import sys, ensurepip; print('3.%d' % sys.version_info[1])"
    for candidate in filter(os.path.isfile, candidates):
        done = subprocess.run([candidate, "-c", code], capture_output=True, text=True, check=False)
        if done.returncode == 0 and done.stdout.strip() != f"3.{sys.version_info[1]}":
            return candidate
    return None


OTHER = other_python()


@pytest.mark.skipif(not OTHER, reason="there is no other Python on this machine")
def test_another_python(mpi: Mpi, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRTUALENV_PYTHON", OTHER or "")
    other = Venv(folder / "venv")
    build(other.folder, mpi.library, "1")
    name = program(folder)
    said = refused(launch(mpi.command((7, mpi.good, [name]), (1, other, [name])), folder))
    assert re.search(r"another Python than elsewhere: CPython 3\.1\d\.\S+, not CPython 3\.1", said)
    assert f"start these ranks with CPython {PYTHON} too\n" in said


@pytest.mark.parametrize("rank", [0, 5])
def test_a_rank_that_is_killed(mpi: Mpi, folder: Path, rank: int) -> None:
    began = time.monotonic()
    left = eight(
        mpi,
        folder,
        "from lockhook._runtime import installed\n"
        "def die(path): os.kill(os.getpid(), 9)\n"
        f"if rank == {rank}:\n"
        "    installed.scan = die\n"
        "    sys.path.append('another path')\n",
    )
    assert time.monotonic() - began < LIMIT
    assert left.code != 0
    # None left with a verdict of its own.
    assert left.codes == []


def test_what_fails_between_the_ranks_ends_the_job(mpi: Mpi, folder: Path) -> None:
    began = time.monotonic()
    left = eight(
        mpi,
        folder,
        "from lockhook._runtime import communicator\n"
        "def boom(*_): raise RuntimeError('boom')\n"
        "if rank == 5: communicator._spread = boom\n",
    )
    assert time.monotonic() - began < LIMIT
    said = "lockhook: rank 5: the ranks cannot agree, the job ends: RuntimeError: boom\n"
    assert (left.code != 0, left.codes) == (True, [])
    assert said in left.err


def test_every_rank_raises_or_goes_on(mpi: Mpi, folder: Path) -> None:
    left = eight(mpi, folder, "lock, options = 'foo2.txt', {'on_failure': 'raise'}")
    assert left.codes == ["ClusterError"] * 8
    (folder / "foo2.txt").write_text("foo==2\n")
    left = eight(mpi, folder, "lock, options = 'foo2.txt', {'on_failure': 'raise'}")
    assert (left.codes, left.out) == (["LockMismatch"] * 8, "")
    assert "Lockfile Validation Report" not in left.err
    left = eight(mpi, folder, "lock, options = 'foo2.txt', {'on_failure': 'warn'}")
    assert (left.code, left.codes) == (0, ["0"] * 8)
    assert left.err.count("Lockfile Validation Report") == 1


# --- what is not to be noticed ---

COUNTS = """\
opened = []
def watch(event, arguments):
    if event in ("open", "os.listdir", "os.scandir") and isinstance(arguments[0], str):
        opened.append(os.path.basename(arguments[0]))
sys.addaudithook(watch)
"""
TELL = """\
names = ("METADATA", "site-packages", "requirements.txt")
told = comm.gather([opened.count(name) for name in names])
if rank == 0:
    print(told)
"""


def test_one_rank_of_a_node_looks_at_the_disk(mpi: Mpi, folder: Path) -> None:
    left = eight(mpi, folder, COUNTS, TELL)
    first, *others = eval(left.out)
    assert others == [[0, 0, 0]] * 7
    metadata, listed, locks = first
    assert min(metadata, listed, locks) > 0


BEFORE = """\
def state():
    return comm.Get_errhandler() == MPI.ERRORS_RETURN, comm.Get_name(), comm.Get_topology()
before = state()
request = comm.isend("mine", (rank + 1) % 8, tag=1)
"""
AFTER = """\
assert state() == before
assert comm.recv(source=(rank - 1) % 8, tag=1) == "mine"
request.wait()
assert not comm.iprobe(MPI.ANY_SOURCE, MPI.ANY_TAG)
"""


def test_the_communicator_is_as_it_was(mpi: Mpi, folder: Path) -> None:
    left = eight(mpi, folder, BEFORE, AFTER)
    assert (left.code, left.err) == (0, "")


def test_many_guards_leave_no_communicators(mpi: Mpi, folder: Path) -> None:
    # MPICH has some 2,000 of them, and each guard takes two.
    fault = "for _ in range(1500): lockhook.guard(lock, comm=MPI.COMM_SELF)"
    left = eight(mpi, folder, f"if rank == 3:\n    {fault}")
    assert (left.code, left.err) == (0, "")


@pytest.mark.parametrize(
    ("comm", "said"),
    [
        ("MPI.COMM_NULL", "comm is MPI.COMM_NULL: this process is no rank of it"),
        ("'world'", "comm is a communicator of mpi4py, not str"),
        (
            "(lambda half: half.Create_intercomm(0, comm, 1 - rank % 2))(comm.Split(rank % 2))",
            "comm is an intercommunicator; merge it first: comm.Merge()",
        ),
    ],
)
def test_what_is_no_communicator(mpi: Mpi, folder: Path, comm: str, said: str) -> None:
    left = eight(mpi, folder, f"comm = {comm}")
    assert left.codes == ["2"] * 8
    assert left.err.count(f"lockhook: {said}\n") == 8


def test_a_part_of_the_ranks(mpi: Mpi, folder: Path) -> None:
    left = eight(mpi, folder, "lock = f'{rank % 2}.txt'\ncomm = comm.Split(rank % 2)")
    assert left.codes == ["3"] * 8
    assert left.err.count("Nodes: 1 (4 ranks)") == 2


# --- several nodes ---

NAMES = """\
from lockhook._runtime import facts
system, _, *rest = os.uname()
facts._uname = lambda: (system, f"node{rank + 1:03}", *rest)
if rank in (3, 6): sys.path.insert(0, os.path.abspath("shadow"))
"""


def test_nodes(environments: Callable[[str], Mpi], folder: Path) -> None:
    # MPICH can be told to take every rank for a node of its own.
    info = folder / "shadow" / "foo-3.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Name: foo\nVersion: 3\n")
    (folder / "shadow" / "foo.py").write_text("")
    mpi = environments("mpich")
    said = refused(eight(mpi, folder, NAMES, MPIR_CVAR_NOLOCAL="1"))
    assert "Nodes: 8 (8 ranks): node[001-008]\n" in said
    assert "  node[004,007] (2 of 8), CPython" in said
    assert "  A: node[001-003,005-006,008] (6 of 8)\n  B: node[004,007] (2 of 8)\n" in said


# --- the command line ---


def verify(mpi: Mpi, folder: Path, *arguments: str, bad: int = 0) -> Left:
    given = ["-m", "lockhook", "verify", "--mpi", "-l", "requirements.txt", *arguments]
    parts = [(8 - bad, mpi.good, given), *[(bad, mpi.bad, given)] * bool(bad)]
    return launch(mpi.command(*parts), folder)


def test_verify(mpi: Mpi, folder: Path) -> None:
    left = verify(mpi, folder)
    assert (left.code, left.err) == (0, "")
    assert left.out.count("Status: PASSED\nNodes: 1 (8 ranks): ") == 1
    left = verify(mpi, folder, "--record", "report.json", "--format", "json", bad=3)
    assert left.code == 1
    document = json.loads(left.out)
    jsonschema.validate(document, SCHEMAS["report"])
    assert [group["ranks"] for group in document["cluster"]["groups"]] == [5, 3]
    assert document == json.loads((folder / "report.json").read_text())


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["-l", "nowhere.txt"], 3, "cannot be decided: nowhere.txt: cannot be read"),
        (["--extra", "x"], 2, "cannot be decided: "),
        (["--record", "no/where.json"], 2, "no/where.json: the report cannot be written"),
    ],
)
def test_verify_cannot_decide(
    mpi: Mpi, folder: Path, arguments: list[str], code: int, said: str
) -> None:
    left = verify(mpi, folder, *arguments)
    assert left.code == code
    assert (left.out + left.err).count(said) == 1


def test_verify_without_mpi4py_on_one_rank(mpi: Mpi, folder: Path, tmp_path: Path) -> None:
    lacking = Venv(tmp_path / "venv")
    lacking.uv_install("packaging", "tomli", cwd=ROOT)
    (site,) = lacking.folder.glob("lib/python3.*/site-packages")
    (site / "lockhook.pth").write_text(f"{ROOT}\n")
    given = ["-m", "lockhook", "verify", "--mpi"]
    began = time.monotonic()
    left = launch(mpi.command((7, mpi.good, given), (1, lacking, given)), folder)
    assert time.monotonic() - began < LIMIT
    assert left.code != 0
    assert "lockhook: --mpi needs mpi4py and an MPI library: No module named 'mpi4py'" in left.err


BENCHMARK = """\
from mpi4py import MPI

import lockhook
{fault}
lockhook.guard("requirements.txt", comm=MPI.COMM_WORLD)
print("measured")
"""


def shell_of(mpi: Mpi) -> dict[str, str]:
    """Return the variables by which a plain `mpiexec` does what `OPTIONS` ask for."""
    return {
        "PATH": os.pathsep.join([str(mpi.good.folder / "bin"), os.environ["PATH"]]),
        "OMPI_ALLOW_RUN_AS_ROOT": "1",
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
    }


def test_the_command_of_the_readme(mpi: Mpi, folder: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    command = readme.partition("<!-- mpi -->\n```sh\n")[2].partition("\n")[0]
    (folder / "bench.py").write_text(BENCHMARK.format(fault=""))
    left = launch(["sh", "-euc", command], folder, **shell_of(mpi))
    assert (left.code, left.err) == (0, "")
    assert left.out.count("Status: PASSED") == 1
    assert left.out.count("measured") == 8  # of eight writers the ends of lines may swap


def test_a_rank_that_never_gets_to_the_guard(mpi: Mpi, folder: Path) -> None:
    fault = "if MPI.COMM_WORLD.rank == 5: raise ImportError('no lockhook here')"
    (folder / "bench.py").write_text(BENCHMARK.format(fault=fault))
    began = time.monotonic()
    left = launch(mpi.command((8, mpi.good, ["-m", "mpi4py", "bench.py"])), folder)
    assert time.monotonic() - began < LIMIT
    assert left.code != 0
    assert "no lockhook here" in left.err


def test_nothing_of_mpi_is_imported_unasked(mpi: Mpi, folder: Path) -> None:
    code = (
        "import sys, lockhook; lockhook.guard('requirements.txt')\n"
        "print([m for m in sys.modules if 'mpi' in m or 'cluster' in m or 'communicator' in m])"
    )
    done = mpi.good.run(code, cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")
