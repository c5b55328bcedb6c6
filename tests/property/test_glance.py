"""The slow path is the oracle: where a glance decides, the careful reader gives the same report."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hypothesis import assume, example, given
from hypothesis import strategies as st

from lockhook._runtime import accelerator_names, glance, plain_requirements, verification
from lockhook._runtime.environment import Environment
from lockhook._runtime.lockfile import load
from lockhook._runtime.policy import Policy
from tests.cases.kit import LINUX, dist

DIGEST = "0123456789abcdef" * 4
HASH = f" \\\n    --hash=sha256:{DIGEST}"
NAMES = ("foo", "bar", "foo-bar", "torch", "nvidia-nccl-cu12", "mpi4py")
VERSIONS = ("1.0", "1.0.post1", "2.0rc1+cpu")

names = st.sampled_from([*NAMES, "Foo", "foo_bar", "-foo"])
versions = st.sampled_from([*VERSIONS, "1", "1.0.*", "1..0", "2!1", ""])
markers = st.sampled_from(
    [
        *("", "", "", " ; sys_platform == 'linux'", " ; sys_platform == 'win32'"),
        *(";os_name == 'nt'", " ; os_name", " ; 'x' == '\\'", " ; python_version < '4' # no"),
    ]
)
hashes = st.sampled_from(
    [
        "",
        HASH,
        HASH + HASH,
        HASH[:-1],
        HASH.upper(),
        HASH + " ",
        HASH + " \\",
        HASH.replace("6", "5"),
    ]
)
pins = st.builds("{}=={}{}{}".format, names, versions, markers, hashes)
others = st.sampled_from(
    [
        *("", "# via foo", "    # via foo", "    #   bar", "# via foo \\", "# coding: latin-1"),
        *("--extra-index-url https://example.org/cpu", "--no-such https://example.org", "  "),
        *("-r other.txt", "-e .", "\\", "foo", "\ufeff", "# via" + HASH),
        *("# \u2028bar==9", "bar==1.0\x0cfoo==1.0"),
    ]
)
plain_pins = st.builds(
    "{}=={}{}{}".format,
    st.sampled_from(NAMES),
    st.sampled_from(VERSIONS),
    st.sampled_from(["", "", " ; sys_platform == 'linux'", " ; sys_platform == 'win32'"]),
    st.sampled_from(["", HASH, HASH + HASH]),
)
texts = st.one_of(
    st.lists(plain_pins, min_size=1, max_size=6, unique_by=lambda pin: pin.partition("==")[0]),
    st.lists(st.one_of(plain_pins, others), max_size=6),
    st.lists(st.one_of(pins, others), max_size=6),
).map(lambda lines: "\n".join([*lines, ""]))
damage = st.one_of(
    st.none(),
    st.none(),
    st.tuples(
        st.integers(0, 400),
        st.sampled_from(["", "\n", "\\\n", " ", "\0", "\r", "#", "é", "x", "0"]),
    ),
)
installed = st.dictionaries(
    st.sampled_from([*NAMES, "pip", "extra", "bench"]),
    st.sampled_from(VERSIONS),
    max_size=8,
)
# What else can be odd about an environment, by a few of its files.
oddities = st.sampled_from(
    [
        {},
        {},
        {},
        {"site/foo-1.0.dist-info/direct_url.json": "{}"},
        {"site/foo-0.9.dist-info/METADATA": "Metadata-Version: 2.1\nName: foo\nVersion: 0.9\n"},
        {"site/foo-1.0.dist-info/METADATA": "Name: foo\nVersion: 1.0\n"},
        {"site/foo-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: foo\nVersion: 1.0\n x\n"},
        {"site/foo-1.0.dist-info/METADATA": ""},
        {"site/~oo-1.0.dist-info/METADATA": ""},
        {"project/foo.egg-info/PKG-INFO": "Metadata-Version: 2.1\nName: foo\nVersion: 1.0\n"},
        {"project/foo.py": ""},
        {"project/foo/__init__.py": ""},
        {"site/torch/version.py": "__version__ = '1.0'\ncuda = '12.8'\nhip = None\n"},
        {"site/torch/version.py": "__version__ = '1.0'\ncuda = None\nhip = None\n"},
        {"project/pyproject.toml": '[project]\nname = "bench"\n'},
        {"project/pyproject.toml": '[tool.lockhook]\naccelerator = "any"\n'},
    ]
)
policies = st.builds(
    Policy,
    skip=st.sampled_from([("mpi4py",), (), ("Foo", "torch"), ("nvidia_nccl.cu12",)]),
    allow_missing=st.booleans(),
    strict=st.sampled_from([False, False, False, True]),
    accelerator=st.sampled_from([None, "cpu", "any"]),
)


def environment(folder: Path) -> Environment:
    return Environment(
        markers=LINUX,
        path=(str(folder / "project"), str(folder / "site"), str(folder / "absent")),
        prefix=str(folder),
        base_prefix="/usr",
        executable="python",
        stdlib=(),
        user_site="",
        hostname="node001",
    )


def write(folder: Path, files: dict[str, str], present: dict[str, str]) -> None:
    (folder / "project").mkdir()
    for name, version in present.items():
        dist(folder / "site", name, version)
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


@given(texts, damage, installed, oddities, policies)
@example(f"foo==1.0{HASH}\n", None, {"foo": "1.0"}, {}, Policy())
@example(
    "foo==1.0\nnvidia-nccl-cu12==1.0\n",
    None,
    {"foo": "1.0", "nvidia-nccl-cu12": "1.0"},
    {},
    Policy(skip=("nvidia-nccl-cu12",)),
)
@example(f"foo==1.0\n# x{HASH}", None, {"foo": "1.0"}, {}, Policy())
def test_where_a_glance_decides_the_careful_reader_gives_the_same_report(
    text: str,
    damaged: tuple[int, str] | None,
    present: dict[str, str],
    files: dict[str, str],
    policy: Policy,
) -> None:
    if damaged:
        place = damaged[0] % (len(text) + 1)
        text = text[:place] + damaged[1] + text[place + 1 :]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, files, present)
        lock = folder / "project" / "requirements.txt"
        lock.write_bytes(text.encode())
        seen = glance.look(str(lock), environment(folder), policy)
        if seen is not None:
            assert seen == verification.verify(str(lock), environment(folder), policy)
            assert seen.ok


@given(
    st.lists(plain_pins, min_size=1, max_size=6, unique_by=lambda pin: pin.partition("==")[0]),
    st.lists(st.sampled_from(["", "# via foo", "    # via foo", "    #   bar"]), max_size=3),
)
# Other pins lie between two hashes, and are as long as some would be.
@example(
    [
        f"foo==1.0{HASH}",
        *(f"{name}==1.0 ; sys_platform == 'linux'" for name in ("bar", "foo-bar", "torch")),
        f"{'x' * 53}==1.0{HASH}",
    ],
    ["    # via foo"],
)
def test_a_glance_is_enough_for_what_uv_writes(pins: list[str], comments: list[str]) -> None:
    plain = plain_requirements.read("\n".join([*comments, *pins, *comments, ""]).encode())
    assert plain is not None
    assert [f"{n}=={v}" for n, v in zip(plain.names, plain.versions, strict=True)] == [
        pin.partition(" ")[0] for pin in pins
    ]


@given(texts, damage)
def test_a_plain_file_has_the_pins_that_the_careful_reader_finds(
    text: str, damaged: tuple[int, str] | None
) -> None:
    if damaged:
        place = damaged[0] % (len(text) + 1)
        text = text[:place] + damaged[1] + text[place + 1 :]
    plain = plain_requirements.read(text.encode())
    assume(plain is not None)
    assert plain is not None
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "requirements.txt")
        Path(path).write_bytes(text.encode())
        careful = [(pin.name, str(pin.wanted), pin.marker) for pin in load(path).pins]
    assert careful == list(zip(plain.names, plain.versions, plain.markers, strict=True))


moves = st.tuples(
    st.integers(0, 400), st.integers(0, 400), st.sampled_from(["", *" \\\n-hs=:0a256"])
)


@given(st.integers(1, 4), st.lists(moves, max_size=3))
@example(2, [(40, 92, "")])
def test_what_is_taken_for_hashes_is_nothing_but_hashes(
    count: int, moved: list[tuple[int, int, str]]
) -> None:
    block = HASH * count
    for one, other, put in moved:
        start, end = one % len(block), other % len(block)
        rest = block[:start] + block[start + 1 :]
        block = rest[:end] + (put or block[start]) + rest[end:]
    units = [block[start : start + len(HASH)] for start in range(0, len(block), len(HASH))]
    assert plain_requirements._are_hashes(block.encode()) == all(
        unit[:-64] == HASH[:-64] and not unit[-64:].strip("0123456789abcdef") for unit in units
    )


def test_every_rule_for_names_of_accelerators_is_seen_at_a_glance() -> None:
    names = [
        *accelerator_names.TORCH_FAMILY,
        *accelerator_names._NAMES,
        *(prefix + "x" for prefix in accelerator_names._PREFIXES),
        *("x" + suffix for suffix in accelerator_names._SUFFIXES),
        *accelerator_names._WORDS,
        *accelerator_names._WORD_BEGINNINGS,
        *(f"x-cu{number}" for number in range(10, 100)),
    ]
    assert [n for n in names if not any(word in n for word in glance._WORDS)] == []


@given(st.text("abcdefghinoprtuvx0123456789-", min_size=1, max_size=12))
def test_no_name_of_an_accelerator_is_overlooked(name: str) -> None:
    if accelerator_names.is_accelerator_name(name) or accelerator_names.is_torch_family(name):
        assert any(word in name for word in glance._WORDS)
