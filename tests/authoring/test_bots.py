"""What Renovate, Dependabot and hands do to a lock is taken up; hashes are made anew."""

from __future__ import annotations

import hashlib
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockhook._authoring.torch_wheels import Indexes
    from tests.conftest import Result

    Make = Callable[..., Path]
    Run = Callable[..., Result]

HASHED = '[tool.lockhook.locks."requirements.txt"]\nhashes = true\n'
OLD = "pandas==2.2.3\nnumpy==2.2.6\nfilelock==3.13.1\n"
EDITED = "requirements.txt: edited\n  - it was changed after lockhook wrote it\n"


@pytest.fixture
def locked(project: Make, run: Run) -> Path:
    """A project with a lock with hashes, of which two pins could be newer."""
    folder = project("pandas<2.4", "filelock", more=HASHED)
    (folder / "requirements.txt").write_text(OLD)
    assert run("generate").code == 0
    return folder / "requirements.txt"


def digest(world: Indexes, name: str, version: str) -> str:
    folder = Path(urlsplit(world.default).path) / name
    return hashlib.sha256(next(folder.glob(f"{name}-{version}-*")).read_bytes()).hexdigest()


def rewrite(lock: Path, name: str, version: str, sha256: str) -> None:
    """Put another version and hash into a lock, as Dependabot and Renovate do."""
    pattern = rf"^{name}==\S+ \\\n    --hash=sha256:\w+"
    made = rf"{name}=={version} \\\n    --hash=sha256:{sha256}"
    text, count = re.subn(
        pattern, made.replace("\\\n", "\\\\\n"), lock.read_text(), flags=re.MULTILINE
    )
    assert count == 1
    lock.write_text(text)


def test_a_new_version_with_its_hash(locked: Path, run: Run, world: Indexes) -> None:
    rewrite(locked, "pandas", "2.3.3", digest(world, "pandas", "2.3.3"))
    assert run("check").out.startswith(EDITED)
    bots = locked.read_text()
    assert run("sync").out.startswith(f"{EDITED}  regenerated: no pin changed\n")
    # But for the digest, the lock is what the bot made of it.
    ours = locked.read_text()
    assert [a for a, b in zip(ours.splitlines(), bots.splitlines(), strict=True) if a != b] == [
        line for line in ours.splitlines() if line.startswith("# body = ")
    ]
    assert run("check", "--quiet") == (0, "", "")


def test_a_new_version_with_a_bound(locked: Path, run: Run, world: Indexes) -> None:
    pyproject = locked.with_name("pyproject.toml")
    rewrite(locked, "filelock", "3.20.0", digest(world, "filelock", "3.20.0"))
    text = pyproject.read_text().replace("'filelock'", "'filelock>=3.20,<4'")
    pyproject.write_text(text)
    assert run("sync").out.startswith(f"{EDITED}  regenerated: no pin changed\n")
    assert "filelock==3.20.0 " in locked.read_text()
    assert "pandas==2.2.3 " in locked.read_text()


INVENTED = "0123456789abcdef" * 4


@pytest.mark.parametrize("edit", ["another", "one more", "none"])
def test_an_invented_hash_does_not_last(locked: Path, run: Run, edit: str) -> None:
    right = locked.read_text()
    (hash_,) = re.findall(r"pandas==.*\n    (--hash=\S+)", right)
    wrong = {
        "another": (hash_, f"--hash=sha256:{INVENTED}"),
        "one more": (hash_, f"{hash_} \\\n    --hash=sha256:{INVENTED}"),
        "none": (f" \\\n    {hash_}", ""),
    }[edit]
    locked.write_text(right.replace(*wrong))
    assert run("check").out.startswith(EDITED)
    shared = "\n    ~ pandas 2.2.3 (other files)" if edit == "another" else " no pin changed"
    assert run("sync").out.startswith(f"{EDITED}  regenerated:{shared}\n")
    assert locked.read_text() == right


def test_an_invented_hash_in_a_pylock(project: Make, run: Run) -> None:
    folder = project("pandas", more='[tool.lockhook.locks."pylock.toml"]\n')
    assert run("sync").code == 1
    lock = folder / "pylock.toml"
    right = lock.read_text()
    lock.write_text(re.sub(r'sha256 = "\w+"', f'sha256 = "{INVENTED}"', right, count=1))
    assert run("check").out.startswith("pylock.toml: edited\n")
    assert "(other files)" in run("sync").out
    assert lock.read_text() == right


def by_the_command_of_the_header(lock: Path, *more: str) -> None:
    (command,) = re.findall(r"^#    uv (.*)$", lock.read_text(), flags=re.MULTILINE)
    subprocess.run(
        ["uv", *command.split(), *more], cwd=lock.parent, check=True, capture_output=True
    )


def test_the_command_of_the_header(locked: Path, run: Run) -> None:
    by_the_command_of_the_header(locked, "--upgrade-package=pandas")
    assert "lockhook" not in locked.read_text()
    told = "requirements.txt: fresh\n  - lockhook did not write it; its pins satisfy the project\n"
    assert run("check") == (0, told, "")
    assert run("sync") == (0, told, "")
    pyproject = locked.with_name("pyproject.toml")
    pyproject.write_text(pyproject.read_text().replace("'filelock'", "'filelock', 'tqdm'"))
    assert "    + tqdm 4.67.1\n" in run("sync").out
    assert "pandas==2.3.3 " in locked.read_text()
    assert "filelock==3.13.1 " in locked.read_text()
    assert run("check") == (0, "requirements.txt: fresh\n", "")


def test_a_lock_that_a_bot_left_without_the_hashes_that_are_asked_for(
    locked: Path, run: Run
) -> None:
    right = locked.read_text()
    body = right.rpartition("# ///\n")[2]
    without = re.sub(r" \\\n    --hash=\S+", "", body)
    header = "#\n# This file is autogenerated by pip-compile with Python 3.11\n#\n"
    locked.write_text(header + without)
    reason = "hashes = true, and 3 packages have none: filelock, numpy, pandas"
    assert run("check").out.startswith(f"requirements.txt: stale\n  - {reason}\n")
    assert "  regenerated: no pin changed\n" in run("sync").out
    assert locked.read_text() == right


FULL = """\
[project.optional-dependencies]
full = ["tqdm"]
[tool.lockhook.locks."requirements.txt"]
[tool.lockhook.locks."requirements-full.txt"]
extras = ["full"]
"""


@pytest.fixture
def two(project: Make, run: Run) -> list[Path]:
    """Two locks of a project, with pins that could be newer."""
    folder = project("pandas", "filelock", more=FULL)
    (folder / "requirements.txt").write_text(OLD)
    # What a new lock has in common with one that stands, it takes from there.
    assert run("sync").code == 1
    assert run("generate", "--all").code == 0
    locks = [folder / name for name in ("requirements.txt", "requirements-full.txt")]
    for pin in OLD.splitlines():
        assert all(f"{pin}\n" in lock.read_text() for lock in locks)
    return locks


@pytest.mark.parametrize("how", ["edited", "compiled"])
@pytest.mark.parametrize("changed", [0, 1])
@pytest.mark.parametrize("more", ["", "tqdm>=4.1"])
def test_the_other_lock_takes_up_what_changed_in_one(
    two: list[Path], run: Run, changed: int, how: str, more: str
) -> None:
    lock, other = two[changed], two[1 - changed]
    if how == "edited":
        lock.write_text(lock.read_text().replace("pandas==2.2.3", "pandas==2.3.3"))
    else:
        by_the_command_of_the_header(lock, "--upgrade-package=pandas")
    if more:
        pyproject = lock.with_name("pyproject.toml")
        pyproject.write_text(pyproject.read_text().replace("'pandas'", "'pandas', 'mpi4py'"))
    made = run("sync")
    assert made.code == 1
    assert "~ pandas 2.2.3 -> 2.3.3 (upgraded)\n" in made.out
    assert "~ pandas 2.3.3" not in made.out
    for pin in ("pandas==2.3.3", "numpy==2.2.6", "filelock==3.13.1"):
        assert f"{pin}\n" in lock.read_text()
        assert f"{pin}\n" in other.read_text()
    assert run("check", "--quiet") == (0, "", "")


def test_what_does_not_hold_is_not_taken_up(two: list[Path], run: Run) -> None:
    text = two[0].read_text().replace("pandas==2.2.3", "pandas==9.9")
    two[0].write_text(text.replace("filelock==3.13.1", "filelock==3.20.0"))
    assert run("sync").code == 1
    for lock in two:
        # The version that the other lock has, not the newest one.
        assert "pandas==2.2.3\n" in lock.read_text()
        assert "filelock==3.20.0\n" in lock.read_text()
    assert run("check", "--quiet") == (0, "", "")


def test_against_uvs_own_lock_no_edit_stands(project: Make, run: Run) -> None:
    folder = project("pandas", more='[tool.uv]\nconstraint-dependencies = ["pandas<2.3"]\n')
    subprocess.run(["uv", "lock", "-q"], check=True)
    assert run("generate").code == 0
    lock = folder / "requirements.txt"
    (folder / "pyproject.toml").write_text(project("pandas").joinpath("pyproject.toml").read_text())
    assert run("sync").code in {0, 1}
    right = lock.read_text()
    lock.write_text(right.replace("pandas==2.2.3", "pandas==2.3.3"))
    assert run("sync").out.endswith("    ~ pandas 2.3.3 -> 2.2.3 (downgraded)\n")
    assert lock.read_text() == right


def test_a_bump_of_uvs_own_lock_reaches_the_others(project: Make, run: Run) -> None:
    folder = project("pandas")
    (folder / "requirements.txt").write_text("pandas==2.2.3\nnumpy==2.2.6\n")
    assert run("generate").code == 0
    subprocess.run(["uv", "lock", "-q"], check=True)
    assert "requirements.txt: disagrees\n" in run("check").out
    assert "~ pandas 2.2.3 -> 2.3.3 (upgraded)\n" in run("sync").out
    assert run("check", "--quiet") == (0, "", "")


def test_the_command_of_the_header_without_what_makes_torch_cpu_only(
    project: Make, run: Run
) -> None:
    # A bot does not know of the second project that takes transitive torch from the CPU index.
    folder = project("accelerate")
    assert run("generate").code == 0
    lock = folder / "requirements.txt"
    right = lock.read_text()
    by_the_command_of_the_header(lock)
    assert "nvidia-cublas-cu12==" in lock.read_text()
    assert run("check").out.startswith("requirements.txt: leak\n")
    assert run("sync").code == 1
    assert lock.read_text() == right
    assert run("check", "--quiet") == (0, "", "")
