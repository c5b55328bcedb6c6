"""All families of hard cases, in the order of the table in the docs."""

from __future__ import annotations

from tests.cases import markers, names, pylock, sizes, uv_lock, versions

FAMILIES = {
    "markers": markers.CASES,
    "names": names.CASES,
    "versions": versions.CASES,
    "pylock.toml": pylock.CASES,
    "uv.lock": uv_lock.CASES,
    "real sizes": sizes.CASES,
}
CASES = [case for family in FAMILIES.values() for case in family]
