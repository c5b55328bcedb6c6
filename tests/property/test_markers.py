"""`packaging` is the oracle: a marker is true here where it is true there."""

from __future__ import annotations

import warnings

from hypothesis import example, given
from hypothesis import strategies as st
from packaging.markers import Marker

from lockhook._runtime.markers import InvalidMarkerError, evaluate

STRINGS = {
    "os_name": ["posix", "nt"],
    "sys_platform": ["linux", "darwin", "win32", "lin\u0443x", ""],
    "platform_machine": ["x86_64", "arm64", "AMD64", ""],
    "platform_python_implementation": ["CPython", "PyPy"],
    "platform_system": ["Linux", "Darwin", "Windows"],
    "implementation_name": ["cpython", "pypy"],
    "platform_version": ["#1 SMP", "10.0.1", "Darwin Kernel; 'x'"],
}
VERSIONS = {
    "python_version": ["3.9", "3.10", "3.11", "4.0"],
    "python_full_version": ["3.9.0", "3.10.13", "3.11.7", "3.13.0rc1", "3.14.0a1+local"],
    "implementation_version": ["3.11.7", "7.3.13", "not a version"],
    "platform_release": ["6.1", "6.18.44-fc-v657", "23.1.0", "10", ""],
}
ALIASES = ["os.name", "sys.platform", "platform.machine", "python_implementation", "extra"]
VALUES = [
    "linux",
    "Linux",
    "win32",
    "darwin",
    "posix",
    "cpython",
    "CPython",
    "x86_64",
    "3",
    "3.1",
    "3.10",
    "3.11",
    "3.11.7",
    "3.11.*",
    "3.*",
    "3.11.0rc1",
    "3.13.0rc1",
    "v3.11",
    "1!3.11",
    "3.11+local",
    "03.11",
    "3.11.0.0",
    "6.1",
    "",
    "a b",
    "and",
    " or ",
    "(",
    ")",
    "#1",
    "lin\\x75x",
    "\\",
    "\\'",
    "\\n",
    "'",
    '"',
    "3.9 3.10",
    "\u0663.9",
    "1_0",
    " 3.11",
    "3.11 ",
    "99999999999.1",
    "dev-extra",
]

environments = st.fixed_dictionaries(
    {name: st.sampled_from(values) for name, values in (STRINGS | VERSIONS).items()}
)
blanks = st.sampled_from(["", " ", " ", "\t", "  ", "\xa0", "\n"])
variables = st.sampled_from([*STRINGS, *VERSIONS, *VERSIONS, *ALIASES, "sys_platfrm", "extras"])
operators = st.sampled_from(
    ["==", "==", "!=", "<", "<=", ">", ">=", "~=", "===", "in", "not in", "not  in", "=", "notin"]
)
values = st.builds("{0}{1}{0}".format, st.sampled_from(["'", "'", '"']), st.sampled_from(VALUES))
operands = st.one_of(variables, values)
comparisons = st.one_of(
    st.builds("{} {} {}".format, variables, operators, values),
    st.builds("{}{}{}{}{}".format, operands, blanks, operators, blanks, operands),
)
markers = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.builds(
            "{}{}{}{}{}".format, inner, blanks, st.sampled_from(["and", "or"]), blanks, inner
        ),
        st.builds("{} {} {}".format, inner, st.sampled_from(["and", "or"]), inner),
        st.builds("({}{}{})".format, blanks, inner, blanks),
        st.builds("({}".format, inner),
        st.builds("{} {}".format, inner, inner),
    ),
    max_leaves=8,
)


def of_packaging(marker: str, environment: dict[str, str]) -> bool | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of invalid escapes in strings
        try:
            return Marker(marker).evaluate(dict(environment))
        except (ValueError, KeyError):
            return None


def of_lockhook(marker: str, environment: dict[str, str]) -> bool | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return evaluate(marker, environment)
        except InvalidMarkerError:
            return None


@given(markers, environments)
@example("sys_platform == 'lin\\x75x'", {**{n: v[0] for n, v in (STRINGS | VERSIONS).items()}})
def test_a_marker_is_true_where_packaging_says_so(marker: str, environment: dict[str, str]) -> None:
    assert of_lockhook(marker, environment) is of_packaging(marker, environment)


@given(st.text(alphabet="andor()'\" =<>!~.3os_nme\\\t;", max_size=30), environments)
def test_noise_is_refused_where_packaging_refuses_it(
    noise: str, environment: dict[str, str]
) -> None:
    assert of_lockhook(noise, environment) is of_packaging(noise, environment)
