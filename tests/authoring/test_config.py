from __future__ import annotations

from typing import Any

import pytest

from lockhook._authoring import config
from lockhook._authoring.config import LockOptions, Settings
from lockhook._authoring.project import Project
from lockhook.errors import ConfigError


def read(**table: Any) -> Settings:
    return config.read(Project(directory="/p", pyproject={"tool": {"lockhook": table}}))


def test_defaults() -> None:
    assert read() == Settings()


def test_every_setting_is_read() -> None:
    lock = {
        "extras": ["Full", "dev.x"],
        "groups": ["b", "A"],
        "hashes": True,
        "python-version": "3.12",
        "universal": False,
        "exclude-newer": "2026-01-31",
        "emit-index": True,
    }
    found = read(
        accelerator="any",
        skip=["NumPy"],
        index="cpu",
        accept={"Nvidia_Dali": "loader"},
        **{"emit-index": False, "locks": {"cpu.txt": lock, "pylock.x.toml": {}}},
    )
    assert found == Settings(
        accelerator="any",
        skip=("numpy",),
        index="cpu",
        accept={"nvidia-dali": "loader"},
        emit_index=False,
        locks={
            "cpu.txt": LockOptions(
                extras=("dev-x", "full"),
                groups=("a", "b"),
                hashes=True,
                python_version="3.12",
                universal=False,
                exclude_newer="2026-01-31",
            ),
            "pylock.x.toml": LockOptions(emit_index=False),
        },
    )


LOCK = '[tool.lockhook.locks."a.txt"]'


@pytest.mark.parametrize(
    ("table", "message", "hint"),
    [
        ({"acelerator": "cpu"}, "[tool.lockhook] has no key 'acelerator'", "'accelerator'"),
        ({"xyz": 1}, "[tool.lockhook] has no key 'xyz'", "known keys: accelerator, skip, index,"),
        ({"accelerator": "gpu"}, "[tool.lockhook] accelerator = 'gpu' is none of 'cpu', 'any'", ""),
        ({"skip": "numpy"}, "[tool.lockhook] skip = 'numpy' is not a list of names", ""),
        ({"skip": ["-r x"]}, "[tool.lockhook] skip = ['-r x'] is not a list of names", ""),
        ({"index": 1}, "[tool.lockhook] index = 1 is not a string", ""),
        ({"accept": []}, "[tool.lockhook] accept is not a table", ""),
        ({"emit-index": 1}, "[tool.lockhook] emit-index = 1 is not true or false", ""),
        ({"locks": ["a.txt"]}, "[tool.lockhook] locks is not a table", ""),
        ({"locks": {"a.txt": 1}}, f"{LOCK} is not a table", ""),
        ({"locks": {"a.txt": {"hash": True}}}, f"{LOCK} has no key 'hash'", "'hashes'"),
        ({"locks": {"a.txt": {"extras": ["-x"]}}}, f"{LOCK} extras = ['-x'] is not a list", ""),
        (
            {"locks": {"a.txt": {"python-version": "4"}}},
            f"{LOCK} python-version = '4' is not a version such as 3.12",
            "",
        ),
        (
            {"locks": {"a.txt": {"exclude-newer": "2026-02-31"}}},
            f"{LOCK} exclude-newer = '2026-02-31' is not a date such as 2026-01-31, or a span",
            "",
        ),
        *(
            (
                {"locks": {name: {}}},
                f'[tool.lockhook.locks."{name}"] is not the name of a lock',
                "a lock is called NAME.txt, pylock.toml or pylock.NAME.toml",
            )
            for name in ("../a.txt", "a/b.txt", "-a.txt", "pylock.a.b.toml", "a.txt\n")
        ),
    ],
)
def test_what_is_wrong_is_refused(table: dict[str, Any], message: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(**table)
    assert caught.value.reason.startswith(message)
    assert hint in (caught.value.hint or "")
    assert (caught.value.path, caught.value.exit_code) == ("/p/pyproject.toml", 2)


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("2026-01-31", True),
        ("2026-01-31T12:00:00Z", True),
        ("2026-01-31T12:00:00+02:00", True),
        ("30 days", True),
        ("1 week", True),
        ("P30D", True),
        ("PT24H", True),
        ("20260131", False),
        ("2026-W05-1", False),
        ("P", False),
        ("P=x", False),
        ("30", False),
        ("3 apples", False),
        ("yesterday", False),
        ("", False),
        ("--index=x", False),
    ],
)
def test_dates(text: str, valid: bool) -> None:
    assert config._is_date(text) is valid


def test_options_round_trip_through_their_table() -> None:
    made = LockOptions(extras=("a",), hashes=True, universal=False, python_version="3.11")
    assert made.as_toml() == {
        "extras": ["a"],
        "hashes": True,
        "universal": False,
        "python-version": "3.11",
    }
    assert config.options(**made.as_toml()) == made
