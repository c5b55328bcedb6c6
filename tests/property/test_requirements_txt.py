"""pip's own parser is the oracle: a file means to lockhook what it means to pip."""

from __future__ import annotations

import contextlib
import io
import os
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from pip._internal.exceptions import PipError
from pip._internal.req.constructors import install_req_from_parsed_requirement
from pip._internal.req.req_file import (
    OptionParsingError,
    ParsedRequirement,
    build_parser,
    get_line_parser,
    preprocess,
)
from pip._vendor.packaging.markers import UndefinedComparison

from lockhook._runtime import line_options, requirement_line
from lockhook._runtime.markers import InvalidMarkerError, evaluate
from lockhook._runtime.model import Pin
from lockhook._runtime.requirements_txt import logical_lines, plain_pin
from lockhook.errors import LockfileError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pip._internal.req.req_install import InstallRequirement

A, B = "sha256:" + "a1" * 32, "sha256:" + "b2" * 32
SHA512 = "sha512:" + "c3" * 64
WHEEL = "https://u:p@example.org/a/foo-1.0-py3-none-any.whl"

blanks = st.sampled_from(["", "", "", " ", "  ", "\t", " \t ", "\xa0", "\x1f"])
ends = st.sampled_from(
    [
        "\n",
        "\n",
        "\r\n",
        "\r",
        "\\\n",
        " \\\n    ",
        "\\\\\n",
        "\\\r\n",
        "\f",
        "\v",
        "\x1c",
        "\x85",
        "\u2028",
        "\n\n",
        "\n# comment\n",
        " \\\n# comment\n",
        "\n  # comment \\\n",
        "",
    ]
)
names = st.sampled_from(
    ["foo", "Foo.Bar", "a-_.b", "x1", "zope.interface", "_x", "x-", "n\u0443mpy", "1", ""]
)
extras = st.sampled_from(
    ["", "", "", "[a]", "[a,b]", " [ a , B_c ] ", "[]", "[a,]", "[a b]", "[-]", "[", "]"]
)
specifiers = st.sampled_from(
    [
        "==1.0",
        "== 1.0",
        "===1.0",
        "==1.0.0RC1",
        "==v1.0",
        "==1!2.0",
        "==2.9.1+cpu",
        "==1.0,<3",
        "==1.0,==1.0.0",
        "==1.0,>2",
        "(==1.0)",
        " ( == 1.0 ) ",
        "(==1.0",
        "==1.0)",
        ">=1",
        "~=1.0",
        "==1.*",
        "==1.0.*",
        "=1.0",
        "==",
        "==banana",
        "===banana",
        "==1.0+",
        "==1.0+a-b",
        "==1.0-1",
        "==1.0,",
        "==1.0 <2",
        "!=1.0",
        "==\u0661.0",
        "==1.0\xa0",
        "==1..0",
        "==1.0.",
        "",
        "@",
        f" @ {WHEEL}",
        "@./lib",
        f"@{WHEEL}",
    ]
)
# PEP 440, clause by clause: one or several, with blanks wherever the grammar has them.
versions = st.builds(
    "{}{}{}{}{}{}".format,
    st.sampled_from(["", "", "", "1!", "v"]),
    st.sampled_from(["1.0", "1", "1.0.0", "2.9.1", "0", "2024.01.07", "1.0.*"]),
    st.sampled_from(["", "", "", "a1", "-rc.2", "_beta", "RC1", "c3"]),
    st.sampled_from(["", "", "", ".post1", "-1", "-r4", ".rev"]),
    st.sampled_from(["", "", "", ".dev0", "_DEV3"]),
    st.sampled_from(["", "", "", "+cpu", "+Ubuntu-1_2.3"]),
)
operators = st.sampled_from(["==", "==", "==", "===", "~=", "!=", "<=", ">=", "<", ">"])
clauses = st.builds("{}{}{}{}".format, operators, blanks, versions, blanks)
grammatical = st.builds(
    "{}{}{}{}".format,
    blanks,
    st.lists(clauses, min_size=1, max_size=3).map(",".join),
    st.sampled_from(["", "", ","]),
    blanks,
)
specifiers = st.one_of(
    specifiers,
    grammatical,
    grammatical.map("({})".format),
)
# PEP 508: comparisons, `and` before `or`, parentheses.
variables = st.sampled_from(
    ["os_name", "sys_platform", "python_version", "python_full_version", "extra", "os.name"]
)
values = st.sampled_from(["'linux'", '"linux"', "'3.11'", "'3.8.1'", "'nt'", "''", "'win32 nt'"])
operations = st.sampled_from(["==", "!=", "<", ">=", "~=", "===", " in ", " not in ", " not  in "])
comparisons = st.one_of(
    st.builds("{}{}{}{}{}".format, variables, blanks, operations, blanks, values),
    st.builds("{}{}{}{}{}".format, values, blanks, operations, blanks, variables),
)
expressions = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.builds("{} and {}".format, inner, inner),
        st.builds("{} or {}".format, inner, inner),
        st.builds("({}{})".format, inner, blanks),
    ),
    max_leaves=3,
)
odd_markers = st.sampled_from(
    [
        "",
        "",
        "",
        "; sys_platform == 'linux'",
        ";python_version>='3.8'",
        " ;os_name=='nt'",
        ";",
        "; ",
        "; sys_platfrm == 'x'",
        "; sys_platform == 'linux",
        "; '#' == sys_platform",
        ";extra=='x'",
        "; sys_platform == 'a;b'",
        "; sys_platform == 'a -b'",
        "; sys_platform == 'a --hash=b'",
        "; (os_name == 'posix')",
        "; (os_name == 'posix'",
        "; sys_platform == 'lin\\x75x'",
    ]
)
markers = st.one_of(
    odd_markers, st.builds("{}{}{}{}".format, blanks, st.just(";"), blanks, expressions)
)
options = st.lists(
    st.sampled_from(
        [
            f"--hash={A}",
            f"--hash={A}",
            f"--hash={B}",
            f"--hash {A}",
            f'--hash="{B}"',
            f"--has={A}",
            f"--hash='{A}'",
            f"--hash={SHA512}",
            "--hash=md5:00",
            "--hash",
            "--hash=",
            "--hash=sha256:",
            "-C a=b",
            "--config-settings=a=b",
            "--config-setting a=b",
            "--pre",
            "--pre=1",
            "--no-such",
            "-e ./lib",
            "-e git+https://example.org/x.git@v1#egg=x",
            "-r other.txt",
            "-rother.txt",
            "--requirement=other.txt",
            "--req other.txt",
            "-c c.txt",
            "--constraint c.txt",
            "-i https://example.org/simple",
            "--index-url=https://example.org",
            "--extra-index x",
            "--no-index",
            "--no",
            "-f links",
            "--find-links=./x",
            "--trusted-host h",
            "--no-binary=:all:",
            "--only-binary foo",
            "--prefer-binary",
            "--require-hashes",
            "--no-require-hashes",
            "--all-releases foo",
            "--only-final foo",
            "-",
            "--",
            "-x",
            "'",
            '"',
            "\\",
            "stray",
            "-e 'foo @ file:///nowhere/foo'",
            "-e foo",
            "-e foo==1.0",
            "-e .[a]",
            "--editable=./lib[a]",
            "--edit lib",
            "-e file:./lib",
            "-e git+https://example.org/x.git",
            "-e git://example.org/x.git#egg=x",
            "-e svn+ssh://example.org/x@12#egg=x[a]&subdirectory=y",
            "-e https://example.org/x-1.0.zip",
            "-e ./foo-1.0-py3-none-any.whl",
            "-e 'foo[a] @ git+https://example.org/x.git ; os_name == \"nt\"'",
            "-e 'foo @ https://example.org/foo-1.0.zip'",
            '"-r" other.txt',
            "-r 'o t.txt'",
            "-r o\\ t.txt",
            "-r",
            "-c",
            "-c=c.txt",
            "-r https://example.org/r.txt",
            "-r file:///nowhere/r.txt",
            "--pypi-url https://example.org",
            "-i https://u:p@example.org/${TOKEN}",
            "--use-feature=fast-deps",
            "--require",
            "--hash=SHA256:" + "a1" * 32,
            "--hash=sha256:" + "A1" * 32,
            "--hash=" + "a1" * 32,
            "--hash=sha224:" + "a1" * 28,
            f"--hash={A},{B}",
            f"--hash\\={A}",
            f"-hash={A}",
            "-Ca=b",
            "-C a",
            "--config-settings 'a=b c'",
            "--no-binary -r",
            "--no-deps",
            "--upgrade",
            "#comment",
        ]
    ),
    max_size=3,
).map(lambda words: "".join(f" {word}" for word in words))
comments = st.sampled_from(["", "", "", " # via x", "#c", " #", "\t# c \\", "  ## c"])
references = st.sampled_from(
    [
        WHEEL,
        WHEEL + "#sha256=" + "a1" * 32,
        "./lib",
        "./lib[a]",
        "lib/",
        ".",
        "file:///nowhere/x",
        "https://example.org/x.tar.gz",
        "https://example.org/x-1.0.tar.gz#egg=y",
        "git+https://example.org/a/b.git@v1",
        "git+https://example.org/a/b.git@v1#egg=b",
        "git+ssh://git@example.org/a/b.git",
        "hg+static-http://example.org/x",
        "git+foo://example.org/x",
        "git+file:///srv/a.git@0123456789012345678901234567890123456789#subdirectory=b&egg=c",
        "bzr+lp:x#egg=x",
        "bzr+https://example.org/x@12#egg=x",
        "svn+ssh://example.org/x/trunk@2019#egg=x_y",
        "git+https://example.org/x.git#egg=x==1.0",
        "git+https://example.org/x.git#egg=x[a,b]",
        "git+https://example.org/x.git##egg=x",
        "foo @ git+https://example.org/x.git@v1",
        "foo[a] @ file:///nowhere/x.zip",
        "foo@https://example.org/x.zip#sha256=" + "a1" * 32,
        "https://example.org/foo-1.0-py3-none-any.whl?x=y/z",
        "https://example.org/x?y=/foo-1.0-py3-none-any.whl",
        "./foo-1.0-py3-none-any.whl?x=y",
        "foo @ ./lib",
        "lib[a]",
        "./lib [a]",
        "../x/lib",
        "~/lib",
        "file:lib",
        "file:./lib#egg=x",
        "file://./lib",
        "./foo-1.0-py3-none-any.whl[a]",
        "foo-1.0-1-py3-none-any.whl",
        "foo-bar-1.0-py3-none-any.whl",
        "https://example.org/foo_bar-1.0%2Bcpu-py3-none-any.whl",
        "https://example.org/foo.tar.bz2?x=y#egg=foo&sha256=00",
        "svn+svn://example.org/x#egg=x&subdirectory=y",
        "foo-1.0-py3-none-any.whl",
        "foo-1.0.tar.gz",
        "foo.zip",
        "FTP://example.org/x.zip",
        "ssh://example.org/x",
        "c:/x/foo-1.0-py3-none-any.whl",
        "HTTPS://example.org/Foo_Bar-1.0.zip",
        "https://example.org/foo-1.0-py3-none-any.whl#egg=bar",
    ]
)
requirements = st.builds("{}{}{}{}{}".format, blanks, names, blanks, extras, specifiers)
lines = st.builds(
    "{}{}{}{}{}".format,
    st.one_of(requirements, requirements, references, st.just("")),
    blanks,
    markers,
    options,
    comments,
)
noise = st.text(alphabet="fo=1.0 \t\\#;'\"-[]@$\n\r\f\x85\u2028\ufeff,()<>!", max_size=12)
files = st.lists(st.tuples(st.one_of(lines, lines, lines, noise), ends), max_size=8).map(
    lambda parts: "".join(line + end for line, end in parts)
)


@given(files)
@example("foo==1.0 \\\n# c\nbar==1\n")
@example("a\\\n")
@example("\\\n#c\\\nx")
def test_lines_join_and_lose_comments_as_in_pip(text: str) -> None:
    assert list(logical_lines(text)) == list(preprocess(text))


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """pip looks at the disk to tell a path from a name: one path is there."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "lib").mkdir()
    for name in ("lib/pyproject.toml", "pyproject.toml"):
        (folder / name).write_text("", encoding="utf-8")
    before = os.getcwd()
    os.chdir(folder)
    yield folder
    os.chdir(before)


def pip_reads(line: str) -> tuple[str, object, InstallRequirement | None] | None:
    """What pip makes of a line: its words, its options and the requirement; None if it refuses."""
    with contextlib.redirect_stderr(io.StringIO()):
        try:
            words, opts = get_line_parser(None)(line)
        except (OptionParsingError, PipError):
            return None
    text = words or (opts.editables[0] if opts.editables else "")
    if not text:
        return words, opts, None
    settings = {"hashes": opts.hashes} if opts.hashes else {}
    parsed = ParsedRequirement(text, bool(opts.editables), "", False, settings, None)
    try:
        requirement = install_req_from_parsed_requirement(parsed)
        pip_facts(requirement)
    except (PipError, UndefinedComparison, ValueError):
        return None
    return words, opts, requirement


def we_read(line: str) -> list[object] | LockfileError:
    pin = plain_pin(line, "r.txt", 1)
    try:
        entries: list[object] = [pin] if pin else list(requirement_line.read(line, "r.txt", 1))
        for entry in entries:
            if isinstance(entry, Pin) and entry.marker:
                evaluate(entry.marker, LINUX)
    except InvalidMarkerError as error:
        return LockfileError(str(error))
    except LockfileError as refused:
        return refused
    return entries


# What lockhook refuses on purpose although pip takes it, each with the beginning of its message.
OURS = re.compile(
    r"""
    .*is\ not\ an\ exact\ pin | .*contradicts\ itself | more\ than\ one\ thing\ on\ a\ line
    | what\ is\ .*\ in\ .* | .*belongs\ to\ no\ requirement | .*is\ cut\ off\ or\ damaged
    | .*is\ no\ kind\ of\ URL | .*depends\ on\ an\ environment\ variable | a\ merge-conflict\ mark
    | .*is\ a\ remote\ include
    """,
    re.VERBOSE | re.DOTALL,
)
logical = st.one_of(files, lines).flatmap(
    lambda text: st.sampled_from([line for _, line in preprocess(text)] or ["foo==1.0"])
)


@given(logical)
@example(f"foo==1.0 --hash={A} --hash={B}")
@example("foo==1.0 ; sys_platform == 'lin\\x75x'")
@example("foo\xa0==1.0")
@example(f"--hash={A} -e ./lib")
def test_a_line_says_what_it_says_to_pip(line: str) -> None:
    theirs, ours = pip_reads(line), we_read(line)
    if isinstance(ours, LockfileError):
        assert theirs is None or OURS.match(ours.reason), ours.reason
        return
    pins = [entry for entry in ours if isinstance(entry, Pin)]
    if theirs is None and (EXTRAS_IN_EGG.search(line) or all(is_a_path(pin) for pin in pins)):
        return
    assert theirs is not None, ours
    requirement = theirs[2]
    if requirement is None:
        assert pins == []
        return
    (pin,) = pins
    if not requirement.name:
        # pip builds an archive to learn its name; lockhook takes it from the file's name.
        pin = pin.replace(name="")
    assert facts_of(pin) == pip_facts(requirement)
    assert {(h.partition(":")[0], h.partition(":")[2]) for h in pin.hashes} == {
        (name, digest.lower())
        for name, ds in (requirement.hash_options or {}).items()
        for digest in ds
    }
    if pin.wanted:
        wanted = "===" if pin.wanted.arbitrary else "=="
        spelled = SpecifierSet(f"{wanted}{pin.wanted.version}") & SpecifierSet(pin.wanted.bounds)
        assert requirement.req is not None
        assert spelled == SpecifierSet(str(requirement.req.specifier))


def is_a_path(pin: Pin) -> bool:
    """Tell whether a pin is a path, which pip looks for on disk before it takes it for one."""
    return bool(pin.origin and pin.origin.kind == "directory" and "://" not in pin.origin.url)


# Of older pips, which took `#egg=name[extra]`.
EXTRAS_IN_EGG = re.compile(r"[#&]egg=[^&]*\[")


def facts_of(pin: Pin) -> dict[str, object]:
    return {
        "name": pin.name,
        "extras": {canonicalize_name(extra) for extra in pin.extras},
        "applies": evaluate(pin.marker, LINUX) if pin.marker else True,
        "editable": bool(pin.origin and pin.origin.editable),
        "direct": pin.origin is not None,
    }


def pip_facts(requirement: InstallRequirement) -> dict[str, object]:
    markers = requirement.markers
    return {
        "name": canonicalize_name(requirement.name or ""),
        "extras": {canonicalize_name(extra) for extra in requirement.extras},
        "applies": markers is None or markers.evaluate({**LINUX, "extra": ""}),
        "editable": requirement.editable,
        "direct": requirement.link is not None,
    }


LINUX = {
    "implementation_name": "cpython",
    "implementation_version": "3.11.7",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_release": "6.1",
    "platform_system": "Linux",
    "platform_version": "#1",
    "python_full_version": "3.11.7",
    "python_version": "3.11",
    "sys_platform": "linux",
}


def test_every_option_of_pip_is_known() -> None:
    theirs = {name for option in build_parser().option_list for name in option._long_opts}
    theirs |= {name for option in build_parser().option_list for name in option._short_opts}
    ours = {name for option in line_options.Parser().option_list for name in option._long_opts}
    ours |= {n for option in line_options.Parser().option_list for n in option._short_opts}
    # pip took --global-option until 26, and a lock may still hold it.
    assert ours - theirs <= {"--global-option"}
    assert theirs - ours == set()
