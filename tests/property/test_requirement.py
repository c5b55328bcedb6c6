"""Requirements that are spelled without `packaging` are spelled as `packaging` spells them."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import assume, event, example, given
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from lockhook._authoring import requirement
from lockhook._runtime.names import normalize


@st.composite
def mostly(draw: st.DrawFn, usual: list[str], odd: list[str]) -> str:
    """Draw what is nearly always of the usual kind, so that much of it is plain as a whole."""
    # Repetition in a list of samples makes none of them likelier.
    return draw(st.sampled_from(odd if draw(st.integers(0, 99)) in range(40, 44) else usual))


SPACE = mostly(["", " "], ["\t", "  ", "\n"])
NAMES = mostly(["torch", "Foo_Bar", "a", "x.y", "z--9"], ["a-", "-a", "é", "a b", ""])
EXTRAS = mostly(
    ["", "[all]", "[b,a]", "[ a , B_c ]", "[a,a]", "[]"], ["[a,]", "[a", "[a][b]", "[-]"]
)
OPERATORS = mostly(["==", "!=", "<=", ">=", "~=", "<", ">"], ["===", "=", ""])
VERSIONS = mostly(
    ["1", "1.0", "2.9.1+cpu", "1.2.*", "1a1", "1.0.post1", "1.0.dev0", "1.0rc1", "1.00", "3.10"],
    [
        *("1!2", "v1", "1.0-1", "*", "1..0", "01.0", "1.0+a.b", "1.0a1.*", "", "1.0RC1", "1_0"),
        *("1.0+", "2.0+CPU", "1.0.post01", "0", "1+01", "1.0.", ".1", "1٣", "1.*"),
    ],
)
VARIABLES = mostly(
    ["python_version", "python_full_version", "os_name", "sys_platform", "platform_machine"],
    ["platform_release", "implementation_version", "extra", "os.name", "extras", "a", ""],
)
VALUES = mostly(
    ["'3.10'", '"3.10"', "'linux'", "'foo-bar'"],
    [
        *("''", "'a b'", "'é'", "'3.*'", "'a", "'a\\n'", "'\"'", "'Foo_Bar'", "'a;b'", "'a\tb'"),
        *("os_name", "3", "'x'y", "'#'"),
    ],
)
COMPARED = mostly(["==", "!=", "<=", ">=", "<", ">"], ["~=", "===", "in", "not in", "=", ""])


@st.composite
def clauses(draw: st.DrawFn) -> str:
    return draw(OPERATORS) + draw(SPACE) + draw(VERSIONS)


@st.composite
def comparisons(draw: st.DrawFn) -> str:
    parts = [draw(VARIABLES), draw(COMPARED), draw(VALUES)]
    if draw(st.integers(0, 9)) == 9:
        parts.reverse()
    return draw(SPACE).join(parts)


@st.composite
def markers(draw: st.DrawFn) -> str:
    found = draw(comparisons())
    for word in draw(st.lists(mostly(["and", "or"], ["xor", ""]), max_size=2)):
        found = f"{found} {word} {draw(comparisons())}"
    return draw(mostly(["{}"], ["({})", "{} # x", "({}"])).format(found)


SPECIFIERS = st.lists(clauses(), max_size=3).map(",".join)


@st.composite
def requirements(draw: st.DrawFn) -> str:
    head: str = draw(SPACE) + draw(NAMES) + draw(SPACE) + draw(EXTRAS) + draw(SPACE)
    bounds = draw(mostly([draw(SPECIFIERS)], ["@ https://example.org/a-1.zip"]))
    marker = draw(markers())
    end = draw(st.sampled_from(["", f"; {marker}", f";{marker}"]))
    return head + bounds + draw(SPACE) + end


def told(call: Callable[[str], object], text: str) -> str | None:
    """Return what a call makes of a text, None if it refuses it."""
    try:
        return str(call(text))
    except ValueError:
        return None


def by_packaging(text: str) -> Requirement:
    found = Requirement(text)
    found.name = normalize(found.name)
    return found


@given(requirements())
@example("torch")
@example("Torch[b,a] >=2,<3 ; python_version<'3.12' and os_name == 'posix'")
@example("a; extra == 'Foo'")
@example("a; 'x' == os_name")
@example("a; os_name == os_name")
@example("a>=1,>=1.0")
@example("a[a,]")
@example("a ==1.*;os_name=='a'or os_name=='b'")
def test_requirements(text: str) -> None:
    event(f"plain: {requirement._plain(text) is not None}")
    assert told(requirement.canonical, text) == told(by_packaging, text)


@given(requirements())
@example("torch[b,A-x]>=2,<3; python_version < '3.12'")
def test_the_parts_of_a_canonical_requirement(text: str) -> None:
    canonical = told(by_packaging, text)
    # `packaging` cannot read all that it spells.
    assume(canonical is not None and told(by_packaging, canonical) == canonical)
    found, parts = Requirement(canonical or ""), requirement.parts(canonical or "")
    assert (parts.name, set(parts.extras)) == (found.name, found.extras)
    assert (parts.url, parts.marker) == (found.url or "", str(found.marker or ""))
    assert parts.specifier == str(found.specifier)


@given(SPECIFIERS)
@example(">=3.11")
@example(" >=3.10 , <4 ")
@example("")
def test_specifiers(text: str) -> None:
    assert told(requirement.canonical_specifiers, text) == told(SpecifierSet, text)


@given(VERSIONS)
def test_versions(text: str) -> None:
    assert told(requirement.canonical_version, text) == told(Version, text)
