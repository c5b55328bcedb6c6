"""Zip archives on `sys.path`: what lies in them, as far as that tells what is installed."""

from __future__ import annotations

import os
from zipfile import BadZipFile, ZipFile


def names(location: str) -> list[str]:
    """Return the names of what lies in an archive, none if it is no archive."""
    try:
        with ZipFile(location) as archive:
            return list(dict.fromkeys(name.partition("/")[0] for name in archive.namelist()))
    except (OSError, BadZipFile):
        return []


def beginning(metadata: str, file: str, size: int) -> bytes:
    """Return the first bytes of a file in a directory of an archive, "" if there is none."""
    location, directory = os.path.split(metadata)
    try:
        with ZipFile(location) as archive, archive.open(f"{directory}/{file}") as data:
            return data.read(size)
    except (OSError, BadZipFile, KeyError, RuntimeError, NotImplementedError):
        return b""
