from __future__ import annotations

import json

import pytest
import tomli

from lockhook._authoring import stamp
from lockhook._authoring.inputs import Inputs
from lockhook._authoring.stamp import Stamp

INPUTS = Inputs(
    requires_python=">=3.10",
    dependencies=('numpy>=1.26; sys_platform == "linux"', "torch"),
    extras={"full": ("pandas",), "empty": ()},
    groups={"dev": ("pytest",)},
    settings={"pip.no-binary": "0123456789ab", "index": "ba9876543210"},
    options={"extras": ["full"], "universal": False, "python-version": "3.11"},
)
BODIES = {
    "requirements.txt": "# This file\n#    uv pip compile\n--extra-index-url x\nnumpy==1.26.4\n",
    "pylock.toml": 'lock-version = "1.0"\npackages = []\n',
}


def make(body: str, platform: str = "") -> Stamp:
    return Stamp(
        inputs=INPUTS,
        inputs_digest=INPUTS.digest(),
        body_digest=stamp.body_digest(body),
        python="3.10",
        platform=platform,
    )


@pytest.fixture(params=BODIES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("platform", ["", "linux-x86_64"])
def test_round_trip(name: str, platform: str) -> None:
    body = BODIES[name]
    made = make(body, platform)
    assert stamp.extract(stamp.embed(body, made, name), name) == (made, body)


def test_a_checkout_with_crlf_has_the_same_stamp_and_body(name: str) -> None:
    text = stamp.embed(BODIES[name], make(BODIES[name]), name).replace("\n", "\r\n")
    found, body = stamp.extract(text, name)
    assert found is not None
    assert found.body_digest == stamp.body_digest(body)
    assert found.inputs.digest() == found.inputs_digest


def test_in_requirements_it_is_a_block_as_pep_723_has_it() -> None:
    body = BODIES["requirements.txt"]
    lines = stamp.embed(body, make(body), "requirements.txt").splitlines()
    assert lines[:3] == ["# This file", "#    uv pip compile", "# /// lockhook"]
    end = lines.index("# ///")
    block = lines[3:end]
    assert all(line.startswith("# ") and not line.startswith("#    ") for line in block)
    assert tomli.loads("\n".join(line[2:] for line in block))["dependencies"] == list(
        INPUTS.dependencies
    )
    assert lines[end + 1 :] == ["--extra-index-url x", "numpy==1.26.4"]


def test_in_pylock_it_is_the_table_for_tools() -> None:
    text = stamp.embed(BODIES["pylock.toml"], make(""), "pylock.toml")
    assert tomli.loads(text)["tool"]["lockhook"]["extras"] == {"full": ["pandas"], "empty": []}


def test_a_body_of_comments_only() -> None:
    text = stamp.embed("# nothing\n", make("# nothing\n"), "a.txt")
    assert stamp.extract(text, "a.txt")[1] == "# nothing\n"


def test_unusual_keys_are_quoted() -> None:
    odd = Inputs(settings={"a b": "1"})
    made = Stamp(inputs=odd, inputs_digest="", body_digest="", python="3.10")
    found, _ = stamp.extract(stamp.embed("", made, "a.txt"), "a.txt")
    assert found is not None
    assert found.inputs.settings == {"a b": "1"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("scheme = 3", "scheme = "),
        ("scheme = 3", "<<<<<<< HEAD"),
        ('python = "3.10"', 'python = "--index=x"'),
        ('python = "3.10"', "python = 3"),
        ("inputs = ", "input = "),
        ('"torch"', "5"),
        ('"torch"', '"a b c"'),
        ("dependencies = [", "dependencies = 5\nx = ["),
        ("extras.full = [", "extras.full = " + "[" * 2000 + "\nx = ["),
        ("settings.index =", "settings = 5\nx ="),
        ("scheme = 3", "scheme = 3" + "0" * 5000),
    ],
)
def test_a_damaged_stamp_is_none(name: str, old: str, new: str) -> None:
    text = stamp.embed(BODIES[name], make(BODIES[name]), name)
    assert old in text
    assert stamp.extract(text.replace(old, new, 1), name)[0] is None


@pytest.mark.parametrize("end", ["# ///", "# /// lockhook"])
def test_a_block_cut_off_is_none(end: str) -> None:
    text = stamp.embed("a==1\n", make("a==1\n"), "a.txt").replace(f"{end}\n", "", 1)
    assert stamp.extract(text, "a.txt") == (None, text)


def test_a_lock_without_one(name: str) -> None:
    assert stamp.extract(BODIES[name], name) == (None, BODIES[name])


def test_json_strings_are_toml_strings() -> None:
    text = '"quoted" \\ \t é \x7f\x01 ☃'
    assert tomli.loads(f"a = {stamp._toml(text)}") == {"a": text}
    assert json.loads(stamp._toml(True)) is True
