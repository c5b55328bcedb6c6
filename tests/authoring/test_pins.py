from __future__ import annotations

import pytest

from lockhook._authoring import pins
from lockhook._authoring.pin import Pin
from lockhook.errors import LockfileError

FORK = (Pin("torch", "2.9.1", 'sys_platform == "darwin"'), Pin("torch", "2.9.1+cpu", ""))
REQUIREMENTS = """\
--extra-index-url https://example.org
Torch==2.9.1 ; sys_platform == "darwin" \\
    --hash=sha256:{}
torch==2.9.1+cpu
lib @ https://example.org/lib-1.whl
""".format("0" * 64)
PYLOCK = """\
lock-version = "1.0"
packages = [
  {name = "Torch", version = "2.9.1", marker = 'sys_platform == "darwin"'},
  {name = "torch", version = "2.9.1+cpu"},
  {name = "lib", directory = {path = "lib"}},
]
"""


@pytest.mark.parametrize(("path", "text"), [("r.txt", REQUIREMENTS), ("pylock.toml", PYLOCK)])
def test_read(path: str, text: str) -> None:
    found = pins.read(text, path)
    assert [(p.name, p.version) for p in found] == [
        ("torch", "2.9.1"),
        ("torch", "2.9.1+cpu"),
        ("lib", ""),
    ]
    assert "darwin" in found[0].marker


@pytest.mark.parametrize("path", ["r.txt", "pylock.toml"])
@pytest.mark.parametrize("kept", [FORK, ()])
def test_preferences_are_read_back(path: str, kept: tuple[Pin, ...]) -> None:
    odd = (Pin("lib", "", ""), Pin("x", "not a version\n-r /etc/passwd", ""))
    assert pins.read(pins.preferences([*kept, *odd], path), path) == kept


@pytest.mark.parametrize(
    ("path", "text", "message"),
    [
        ("r.txt", "a==1\nb==1 ; sys_platfrm == 'x'\n", "r.txt:2: \"sys_platfrm == 'x'\" is not a"),
        ("r.txt", "numpy>=1\n", "r.txt:1: 'numpy>=1' is not an exact pin"),
        ("r.txt", "a==1\n-r b.txt\n", "r.txt:2: includes 'b.txt', so it was written by hand"),
        ("r.txt", "-c b.txt\n", "r.txt:1: includes 'b.txt', so it was written by hand"),
        ("r.txt", "--index-url x\n", "r.txt: holds no pins"),
        ("r.txt", "./lib\n", "r.txt:1: names a path instead of a package, so it was written by"),
        ("pylock.toml", "a = \n", "pylock.toml: is not valid TOML: "),
        ("pylock.toml", "a = " + "[" * 9999, "pylock.toml: is not valid TOML: "),
        ("pylock.toml", "a = 1" + "0" * 5000, "pylock.toml: is not valid TOML: "),
        *(
            ("pylock.toml", text, "pylock.toml: is not a pylock.toml (PEP 751)")
            for text in (
                "",
                "packages = 5",
                "packages = [5]",
                "packages = [{}]",
                "packages = [{name = 5}]",
                "packages = [{name = 'a b'}]",
                "packages = [{name = 'a', version = '--x'}]",
                "packages = [{name = 'a', version = 5}]",
                "packages = [{name = 'a', marker = 5}]",
                "packages = [{name = 'a', marker = 'x'}]",
            )
        ),
    ],
)
def test_what_is_no_lock_is_refused(path: str, text: str, message: str) -> None:
    with pytest.raises(LockfileError) as caught:
        pins.read(text, path)
    assert str(caught.value).startswith(message)


CONFLICT = """\
<<<<<<< HEAD
a==1
||||||| base
a==0
=======
a==2
>>>>>>> theirs
b==1
"""


def test_our_side_of_a_conflict_is_read() -> None:
    assert pins.read_ours(CONFLICT, "r.txt") == (Pin("a", "1", ""), Pin("b", "1", ""))
