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
    versions,
)

FAMILIES = {
    "markers": markers.CASES,
    "names": names.CASES,
    "versions": versions.CASES,
    "environments": environments.CASES,
    "builds": builds.CASES,
    "lines": lines.CASES,
    "options": options.CASES,
    "damage": damage.CASES,
    "direct references and origins": origins.CASES,
    "duplicates": duplicates.CASES,
}
CASES = [case for family in FAMILIES.values() for case in family]
