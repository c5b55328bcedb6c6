from __future__ import annotations

import pickle

import pytest

from lockhook import errors
from lockhook.errors import LockfileError, LockhookError


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (LockfileError("is broken"), "is broken"),
        (LockfileError("is broken", path="a.txt"), "a.txt: is broken"),
        (LockfileError("is broken", path="a.txt", line=3), "a.txt:3: is broken"),
    ],
)
def test_the_text(error: LockhookError, text: str) -> None:
    assert str(error) == text


def test_errors_pickle() -> None:
    error = LockfileError("is broken", path="a.txt", line=3, hint="mend it")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is LockfileError
    assert again.__dict__ == error.__dict__
    assert again.args == ("is broken",)


def test_one_tree_with_one_code_each() -> None:
    codes = {name: getattr(errors, name).exit_code for name in errors.__all__}
    assert all(issubclass(getattr(errors, name), LockhookError) for name in errors.__all__)
    assert {name for name, code in codes.items() if code != 3} == {
        "ConfigError", "DisagreementError", "LeakError", "LockMismatch", "UsageError",
    }  # fmt: skip
    assert (codes["LockMismatch"], codes["UsageError"], codes["ConfigError"]) == (1, 2, 2)
    assert codes["LeakError"] == codes["DisagreementError"] == 1
