from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from lockhook._authoring.demo import files, repack, shell, story, world
from lockhook._authoring.demo.shell import DemoError, Finished, Shell
from lockhook.errors import EnvironmentUnreadableError, MissingToolError

BIN = Path(sys.executable).parent
SOURCE = Path(__file__).parents[2]
posix_only = pytest.mark.skipif(os.name == "nt", reason="POSIX shell, signals and permissions")


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    # A blank, since the folder's path stands in a YAML file, in commands and in URLs.
    folder = tmp_path / "temporary files"
    folder.mkdir()
    return folder


@pytest.fixture
def env(tmp_path: Path, temporary: Path) -> dict[str, str]:
    """A caller's environment: nothing at home, and settings that would spoil the demo."""
    home = tmp_path / "home"
    home.mkdir()
    return {
        "PATH": os.pathsep.join([str(BIN), os.environ["PATH"]]),
        "PYTHONPATH": str(SOURCE),
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "GIT_DIR": str(tmp_path / "nowhere"),
        "UV_FROZEN": "1",
        "UV_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "LOCKHOOK_GUARD": "off",
        "SKIP": "lockfile-sync",
        "VIRTUAL_ENV": str(tmp_path / "nowhere"),
    }


def demo(*options: str, cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lockhook", "demo", *options]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)


def plain_shell(folder: Path, **programs: tuple[str, ...]) -> Shell:
    return Shell(folder, {"PATH": os.environ["PATH"]}, {"python": (sys.executable,), **programs})


# --- the whole story ---


@posix_only
def test_demo_tells_the_whole_story(tmp_path: Path, temporary: Path, env: dict[str, str]) -> None:
    started = time.monotonic()
    done = demo("--keep", cwd=tmp_path, env=env)
    assert time.monotonic() - started < 60
    (root,) = temporary.iterdir()
    assert (done.returncode, done.stderr) == (0, f"lockhook: kept {root}\n")
    for line in (
        "$ pre-commit install",
        "$ lockhook generate",
        "torch==2.9.1+cpu",
        "$ git commit -m 'Read with pandas'",
        "pandas==2.3.3",
        "$ python benchmark.py",
        "Lockfile Validation Report",
        "found 1.26.4",
        "To fix, run",
    ):
        assert line in done.stdout, line
    assert len(re.findall(r"blocks per second", done.stdout)) == 2
    assert "\x1b" not in done.stdout
    assert_committed(root / "project", root)
    assert not list((tmp_path / "home").iterdir())
    assert_printed_fix_works_in_a_shell(root / "project", done.stdout, env)


def assert_committed(project: Path, root: Path) -> None:
    git = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": str(root / "gitconfig")}
    subjects, status = (
        subprocess.check_output(["git", *command], cwd=project, env=git, text=True).splitlines()
        for command in (["log", "--format=%s"], ["status", "--porcelain"])
    )
    assert (subjects, status) == (["Read with pandas", "A benchmark and its lock"], [])


def assert_printed_fix_works_in_a_shell(project: Path, output: str, caller: dict[str, str]) -> None:
    """The demo starts no shell; a user who pastes does."""
    bin_folder = project / ".venv/bin"
    env = {
        "PATH": f"{bin_folder}{os.pathsep}{caller['PATH']}",
        "VIRTUAL_ENV": str(project / ".venv"),
        "UV_OFFLINE": "1",
        "UV_CACHE_DIR": str(project.parent / "cache/uv"),
    }
    (fix,) = re.findall(r"To fix, run.*:\n\s+(.+)\n", output)
    for command, code in (
        ("uv pip install --quiet numpy==1.26.4", 0),
        ("python benchmark.py", 1),
        (fix, 0),
        ("python benchmark.py", 0),
    ):
        done = subprocess.run(command, shell=True, cwd=project, env=env, check=False)
        assert done.returncode == code, command


@posix_only
def test_interrupted_demo_leaves_nothing_behind(
    tmp_path: Path, temporary: Path, env: dict[str, str]
) -> None:
    command = [sys.executable, "-m", "lockhook", "demo"]
    process = subprocess.Popen(
        command, cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        for line in process.stdout:
            if "$ git commit" in line:
                break
        time.sleep(0.2)  # into the midst of the commit, where git, pre-commit and lockhook run
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    assert not list(temporary.iterdir())


@posix_only
def test_failing_demo_exits_with_one_and_cleans_up(
    tmp_path: Path, temporary: Path, env: dict[str, str]
) -> None:
    broken = tmp_path / "bin/git"
    files.write(broken, "#!/bin/sh\necho 'git is out of order'\nexit 7\n")
    broken.chmod(0o755)
    env["PATH"] = f"{broken.parent}{os.pathsep}{env['PATH']}"
    done = demo(cwd=tmp_path, env=env)
    assert done.returncode == 1
    assert "git is out of order" in done.stdout
    assert "`git init --quiet --template= .`: it ended with 7, not with 0" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(temporary.iterdir())


def test_demo_without_git_is_one_clear_line(tmp_path: Path, env: dict[str, str]) -> None:
    done = demo(cwd=tmp_path, env={**env, "PATH": str(tmp_path)})
    assert done.returncode == 3
    assert "git is needed for the demo" in done.stderr
    assert "Traceback" not in done.stderr


# --- its parts ---


def test_shell_runs_a_line_as_it_would_be_typed(tmp_path: Path) -> None:
    code = "import sys; print(sys.argv[1:]); sys.stdout.flush(); sys.exit('e')"
    line = f"python -c {shlex.quote(code)} 'a b' c"
    assert plain_shell(tmp_path).run(line) == Finished(line, 1, "['a b', 'c']\ne\n")


def test_shell_has_the_given_environment_and_no_other(tmp_path: Path) -> None:
    code = "import os; print(os.getcwd(), os.environ.get('HOME'))"
    finished = plain_shell(tmp_path).run(f'python -c "{code}"')
    assert finished.output == f"{tmp_path} None\n"


def test_shell_says_what_cannot_be_run(tmp_path: Path) -> None:
    with pytest.raises(DemoError, match=r"`no-such-program --help` cannot be run: "):
        plain_shell(tmp_path).run("no-such-program --help")


def test_command_that_does_not_end_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shell, "_TIMEOUT", 0.2)
    with pytest.raises(DemoError, match="timed out"):
        plain_shell(tmp_path).run('python -c "import time; time.sleep(60)"')


def test_unexpected_outcome_is_an_error_with_exit_code_one() -> None:
    finished = Finished("git commit", 0, "all is well")
    finished.expect(0)
    finished.expect_text("all", "well")
    with pytest.raises(DemoError, match="`git commit`: it ended with 0, not with 1") as caught:
        finished.expect(1)
    assert caught.value.exit_code == 1
    with pytest.raises(DemoError, match="`git commit`: its output lacks 'pandas'"):
        finished.expect_text("all", "pandas")


def surprised(folder: Path, **programs: str) -> world.World:
    """Return a world in which some programs are other ones: Python code for each."""
    made = world.make_world(folder, world.find_programs())
    other = {name: (sys.executable, "-c", code) for name, code in programs.items()}
    return replace(made, shell=replace(made.shell, programs={**made.shell.programs, **other}))


def test_story_stops_at_the_first_surprise(tmp_path: Path) -> None:
    events = story.tell(surprised(tmp_path, lockhook="raise SystemExit(3)"))
    assert Finished("lockhook generate", 3, "") in events
    with pytest.raises(DemoError, match="`lockhook generate`: it ended with 3, not with 0"):
        next(events)


def test_story_stops_at_a_lock_that_is_not_cpu_only(tmp_path: Path) -> None:
    code = "open('requirements.txt', 'w').write('nvidia-x==1'); print('torch 2.9.1+cpu')"
    events = story.tell(surprised(tmp_path, lockhook=code))
    assert Finished("lockhook generate", 0, "torch 2.9.1+cpu\n") in events
    with pytest.raises(DemoError, match="the lock is not CPU-only"):
        next(events)


def test_story_stops_at_a_guard_that_says_something_when_all_is_well(tmp_path: Path) -> None:
    code = "print('a note'); print('torch 2.9.1: 1 blocks per second')"
    with pytest.raises(DemoError, match="yet more was written than the result"):
        list(story._benchmark(surprised(tmp_path, python=code)))


def test_story_stops_at_a_report_without_a_command(tmp_path: Path) -> None:
    report = Finished("python benchmark.py", 1, "Status: FAILED\n")
    with pytest.raises(DemoError, match="names no command that mends the environment"):
        list(story._mended_environment(surprised(tmp_path), report))


def test_environment_keeps_nothing_that_would_change_the_tools(tmp_path: Path) -> None:
    caller = {
        "PATH": "/bin",
        "LANG": "de_DE.UTF-8",
        "GIT_INDEX_FILE": "x",
        "UV_CONSTRAINT": "x",
        "PIP_TARGET": "x",
        "CONDA_PREFIX": "x",
        "FORCE_COLOR": "1",
        "LOCKHOOK_LOCKFILE": "x",
    }
    made = world._environment(caller, tmp_path)
    assert {name for name in caller if made.get(name) == caller[name]} == {"PATH", "LANG"}
    assert (made["UV_OFFLINE"], made["NO_COLOR"]) == ("1", "1")


def test_kept_folder_is_kept_and_another_is_not() -> None:
    with world.work_folder(keep=False) as gone:
        files.write(gone / "a/b", "c")
    assert not gone.exists()
    with world.work_folder(keep=True) as kept:
        pass
    kept.rmdir()


def test_missing_git_is_named_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingToolError, match=r"^git is needed for the demo") as caught:
        world.find_programs()
    assert caught.value.hint == "install git with the package manager of this system"


@posix_only
def test_missing_pre_commit_is_named_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("git", "uv"):
        program = shutil.which(name, path=f"{BIN}{os.pathsep}{os.environ['PATH']}")
        assert program
        (tmp_path / name).symlink_to(program)
    monkeypatch.setenv("PATH", str(tmp_path))
    # The import system's own way to say that there is no such module.
    monkeypatch.setitem(sys.modules, "pre_commit", None)
    with pytest.raises(MissingToolError, match=r"^pre-commit is needed for the demo") as caught:
        world.find_programs()
    assert caught.value.hint == "pip install 'lockhook[demo]'"
    files.write(tmp_path / "pre-commit", "#!/bin/sh\n")
    (tmp_path / "pre-commit").chmod(0o755)
    assert world.find_programs()["pre-commit"] == (str(tmp_path / "pre-commit"),)


def test_lockhook_is_repacked_whole_with_what_it_needs() -> None:
    wheels = {wheel.name: wheel for wheel in repack.lockhook_wheels()}
    assert set(wheels) == {"lockhook", "packaging", "tomli"}
    ours = {
        f"lockhook/{path.relative_to(SOURCE / 'lockhook').as_posix()}"
        for path in (SOURCE / "lockhook").rglob("*")
        if path.suffix in {".py", ".json"}
    }
    assert ours | {"lockhook/py.typed"} == set(wheels["lockhook"].files)
    assert not [name for w in wheels.values() for name in w.files if name.endswith(".pyc")]
    assert "packaging/version.py" in wheels["packaging"].files


def test_package_without_record_is_taken_from_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.write(
        tmp_path / "some_package-1.0.dist-info/METADATA", "Name: some_package\nVersion: 1.0\n"
    )
    files.write(tmp_path / "some_package/__init__.py", "x = 1\n")
    files.write(tmp_path / "some_package/__pycache__/__init__.cpython-311.pyc", "")
    monkeypatch.syspath_prepend(tmp_path)
    wheel = repack._installed_wheel("some_package")
    assert (wheel.version, wheel.files) == ("1.0", {"some_package/__init__.py": b"x = 1\n"})


def test_package_that_is_not_there_is_an_error() -> None:
    with pytest.raises(EnvironmentUnreadableError, match="no-such-package is not installed"):
        repack._installed_wheel("no-such-package")
    with pytest.raises(EnvironmentUnreadableError, match="no_such_package cannot be found"):
        repack._package_files("no_such_package")
