from __future__ import annotations

import errno
import io
import json
import logging
import os
import pickle
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import lockhook
from lockhook import _guard as guard
from lockhook._runtime import environment

from .conftest import dist, write

if TYPE_CHECKING:
    from collections.abc import Callable

REFUSAL = "lockhook: nowhere.txt: cannot be read: No such file or directory\n"
NEXT = "  next: `lockhook generate` writes a new one\n"


@pytest.fixture
def here(
    site: Callable[..., Path], env: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> Path:
    """An environment with foo 1 in it, in the place of this process's own."""
    folder = site(dist("foo", "1"))
    monkeypatch.setattr(environment, "current", env)
    return folder


def test_a_passing_guard_prints_nothing(
    here: Path, lock: Callable[..., str], capfd: pytest.CaptureFixture[str]
) -> None:
    report = lockhook.guard(Path(lock("foo==1\nmpi4py==4\nmissing==1\n")))
    assert report.ok
    assert report.guard == "enforce"
    assert capfd.readouterr() == ("", "")


def test_a_failing_guard_reports_and_exits(
    here: Path, lock: Callable[..., str], capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        lockhook.guard(lock("foo==2\n"))
    out, err = capfd.readouterr()
    assert (caught.value.code, out) == (1, "")
    assert f"Issues:\n  - foo: expected 2, found 1 ({here})\n" in err


def test_a_failing_guard_raises(here: Path, lock: Callable[..., str]) -> None:
    with pytest.raises(lockhook.LockMismatch) as caught:
        lockhook.guard(lock("foo==2\nbar==1\n"), allow_missing=False, on_failure="raise")
    assert str(caught.value) == (
        "requirements.txt: the installed packages differ from the lock in 2 place(s)"
    )
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.report, again.exit_code) == (
        str(caught.value),
        caught.value.report,
        1,
    )


def test_a_failing_guard_warns(
    here: Path, lock: Callable[..., str], caplog: pytest.LogCaptureFixture
) -> None:
    report = lockhook.guard(lock("foo==2\n"), on_failure="warn")
    assert (report.ok, report.failures) == (False, 1)
    assert caplog.record_tuples == [("lockhook", logging.WARNING, str(report))]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ({"lockfile": "nowhere.txt"}, 3, REFUSAL + NEXT),
        ({"lockfile": b"nowhere.txt"}, 3, REFUSAL + NEXT),
        (
            {"lockfile": "\x1b[2J"},
            3,
            "lockhook: \\x1b[2J: cannot be read: No such file or directory\n" + NEXT,
        ),
        (
            {"skip": "foo"},
            2,
            "lockhook: skip takes a sequence of names, not the one string 'foo'\n",
        ),
        (
            {"record": "no/such/dir.json"},
            2,
            "lockhook: no/such/dir.json: the report cannot be written: No such file or directory\n",
        ),
        (
            {"record": "a\0b"},
            2,
            "lockhook: a\\x00b: the report cannot be written: that is no path\n",
        ),
    ],
)
def test_what_cannot_be_decided(
    arguments: dict[str, Any],
    code: int,
    said: str,
    here: Path,
    lock: Callable[..., str],
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    arguments = {"lockfile": lock("foo==1\n"), **arguments}
    with pytest.raises(SystemExit) as caught:
        lockhook.guard(**arguments)
    assert (caught.value.code, capfd.readouterr()) == (code, ("", said))
    with pytest.raises(lockhook.LockhookError) as raised:
        lockhook.guard(**arguments, on_failure="raise")
    assert raised.value.exit_code == code
    assert lockhook.guard(**arguments, on_failure="warn").reason or code == 2
    assert [record.getMessage() for record in caplog.records] == [said.rstrip("\n")]


def test_a_wrong_mode_is_an_error_of_the_program(lock: Callable[..., str]) -> None:
    with pytest.raises(lockhook.UsageError) as caught:
        lockhook.guard(lock("foo==1\n"), on_failure="explode")  # type: ignore[arg-type]
    assert str(caught.value) == "on_failure is one of 'exit', 'raise', 'warn', not 'explode'"


@pytest.mark.parametrize(
    ("variable", "text", "status", "said"),
    [
        ("", "foo==1\n", "passed", ""),
        ("enforce", "foo==1\n", "passed", ""),
        (
            "off",
            "foo==2\n",
            "unchecked",
            "lockhook: the guard is not enforced (LOCKHOOK_GUARD=off)\n",
        ),
        (
            "warn",
            "foo==1\n",
            "passed",
            "lockhook: the guard is not enforced (LOCKHOOK_GUARD=warn)\n",
        ),
        (
            "OFF",
            "foo==1\n",
            "passed",
            "lockhook: LOCKHOOK_GUARD='OFF' is none of enforce, warn, off: the guard stays on\n",
        ),
        (
            "",
            "foo==1 ; os_name == 'x'\n",
            "passed",
            (
                "lockhook: requirements.txt: no line of the lock applies to this platform and "
                "Python: nothing was checked\n"
            ),
        ),
    ],
)
def test_the_operator_overrides(
    variable: str,
    text: str,
    status: str,
    said: str,
    here: Path,
    lock: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LOCKHOOK_GUARD", variable)
    assert lockhook.guard(lock(text), record="out.json").status == status
    assert capfd.readouterr() == ("", said)
    written = json.loads(Path("out.json").read_text(encoding="utf-8"))
    assert written["status"] == status
    assert written["guard"] == (variable if variable in {"off", "warn"} else "enforce")


@pytest.mark.parametrize(
    ("text", "end"), [("foo==2\n", "\n  uv pip install"), ("foo\n", "Reason: requirements.txt:1: ")]
)
def test_warn_shows_the_report_and_goes_on(
    text: str,
    end: str,
    here: Path,
    lock: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LOCKHOOK_GUARD", "warn")
    assert not lockhook.guard(lock(text), on_failure="raise", record="no/where").ok
    err = capfd.readouterr().err
    assert err.startswith(
        "lockhook: no/where: the report cannot be written: No such file or directory\n"
        "lockhook: the guard is not enforced (LOCKHOOK_GUARD=warn)\n"
        "Lockfile Validation Report\n"
    )
    assert "Guard: warn (LOCKHOOK_GUARD)\n" in err
    assert end in err


def test_a_mismatch_is_told_even_if_the_record_cannot_be_written(
    here: Path, lock: Callable[..., str], capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        lockhook.guard(lock("foo==2\n"), record="no/where")
    assert caught.value.code == 1
    assert "expected 2, found 1" in capfd.readouterr().err


def test_no_stderr(here: Path, lock: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    with pytest.raises(SystemExit):
        lockhook.guard(lock("foo==2\n"))


class Full(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, text)


@pytest.mark.parametrize(("lines", "code"), [("foo==2\n", 1), ("foo>=2\n", 3)])
@pytest.mark.parametrize("closed", [True, False])
def test_a_stderr_that_takes_nothing(
    here: Path,
    lock: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    lines: str,
    code: int,
    closed: bool,
) -> None:
    stream = io.StringIO() if closed else Full()
    if closed:
        stream.close()
    monkeypatch.setattr(sys, "stderr", stream)
    with pytest.raises(SystemExit) as caught:
        lockhook.guard(lock(lines))
    assert caught.value.code == code


def test_verify_returns_data(
    here: Path, lock: Callable[..., str], capfd: pytest.CaptureFixture[str]
) -> None:
    report = lockhook.verify(lock("foo==2\nbar==1\nmpi4py==4\n"), record="out.json")
    assert [(f.code, f.package, f.status) for f in report.findings] == [
        ("LH101", "foo", "mismatched"),
        ("LH102", "bar", "missing"),
    ]
    assert json.loads(Path("out.json").read_text(encoding="utf-8")) == report.as_json()
    assert pickle.loads(pickle.dumps(report)) == report
    assert capfd.readouterr() == ("", "")
    with pytest.raises(lockhook.LockfileError):
        lockhook.verify("nowhere.txt")


def test_a_lock_is_found(
    here: Path, lock: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lock("foo==1\n", "my.txt")
    monkeypatch.setenv("LOCKHOOK_LOCKFILE", "my.txt")
    assert lockhook.guard().lockfile == "my.txt"


def test_threads(here: Path, lock: Callable[..., str]) -> None:
    path, reports = lock("foo==1\n"), []
    threads = [
        threading.Thread(target=lambda: reports.append(lockhook.verify(path))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(reports) == 8
    assert all(report == reports[0] for report in reports)


def test_the_public_names() -> None:
    assert set(dir(lockhook)) == {*lockhook.__all__, "__version__"}
    assert all(getattr(lockhook, name) is getattr(lockhook, name) for name in lockhook.__all__)
    with pytest.raises(AttributeError) as caught:
        lockhook.nonsense  # noqa: B018
    assert str(caught.value) == "module 'lockhook' has no attribute 'nonsense'"


@pytest.mark.parametrize("flags", [[], ["-O"], ["-S"], ["-I"], ["-W", "error"], ["-X", "utf8=0"]])
def test_in_a_process_of_its_own(flags: list[str], tmp_path: Path) -> None:
    root = os.path.dirname(os.path.dirname(lockhook.__file__))
    write(
        tmp_path,
        {
            **dist("foo", "1"),
            "bench.py": f"import sys; sys.path.append({root!r}); import run",
            "run.py": "import lockhook; lockhook.guard('foo.txt'); print('measured')",
            "foo.txt": "foo==1\n",
        },
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    for text, code, out in (("foo==1\n", 0, "measured\n"), ("foo==2\n", 1, "")):
        (tmp_path / "foo.txt").write_text(text, encoding="utf-8")
        code_of_i = (
            f"import sys; sys.path.insert(0, {str(tmp_path)!r}); exec(open('bench.py').read())"
        )
        done = subprocess.run(
            [sys.executable, *flags, *(["-c", code_of_i] if "-I" in flags else ["bench.py"])],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (code, out), done.stderr


def test_names_of_packages_to_skip() -> None:
    assert guard._names("skip", ["a", "b"]) == ("a", "b")


@pytest.mark.parametrize(("strict", "code"), [(False, None), (True, 1)])
def test_only_a_strict_guard_asks_whether_the_lock_is_stale(
    here: Path, lock: Callable[..., str], strict: bool, code: int | None
) -> None:
    path = lock("foo==1\n")
    Path("pyproject.toml").write_text('[project]\nname = "bench"\ndependencies = ["foo>=2"]\n')
    verified = lockhook.verify(path)
    assert (verified.ok, [f.status for f in verified.findings]) == (True, ["stale"])
    if code is None:
        assert lockhook.guard(path, strict=strict).findings == ()
    else:
        with pytest.raises(lockhook.LockMismatch) as caught:
            lockhook.guard(path, strict=strict, on_failure="raise")
        assert caught.value.report.findings[0].message == (
            "the lock is stale: foo 1 does not satisfy foo>=2"
        )
