"""All families of hard cases, in the order of the table in the docs."""

from __future__ import annotations

from tests.cases import (
    builds,
    damage,
    duplicates,
    environments,
    lines,
    markers,
    names,
    options,
    origins,
    pylock,
    sizes,
    uv_lock,
    versions,
)

FAMILIES = {
    "markers": markers.CASES,
    "names": names.CASES,
    "versions": versions.CASES,
    "lines and continuations": lines.CASES,
    "options and includes": options.CASES,
    "direct references and origins": origins.CASES,
    "damaged bytes": damage.CASES,
    "duplicates": duplicates.CASES,
    "states of the environment": environments.CASES,
    "torch builds": builds.CASES,
    "pylock.toml": pylock.CASES,
    "uv.lock": uv_lock.CASES,
    "real sizes": sizes.CASES,
}
CASES = [case for family in FAMILIES.values() for case in family]
