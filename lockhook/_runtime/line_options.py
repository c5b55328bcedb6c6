"""The options of a line of a requirements file, as pip takes them apart."""

from __future__ import annotations

import optparse
import re
import shlex
from typing import NoReturn

from lockhook._runtime.names import visible, without_credentials

# Past this length a line is taken apart no further, hashes apart: `optparse` takes the square of
# the number of options, and `packaging` that of the number of specifiers.
MAX_LENGTH = 2**18

_DIGEST_LENGTHS = {"sha256": 64, "sha384": 96, "sha512": 128}


class RefusedError(ValueError):
    """Why a line is refused."""


class Parser(optparse.OptionParser):
    """pip's parser for options in requirements files, abbreviations included."""

    def __init__(self) -> None:
        super().__init__(add_help_option=False, usage=optparse.SUPPRESS_USAGE)
        for names in (
            ("-i", "--index-url", "--pypi-url"), ("--extra-index-url",), ("-f", "--find-links"),
            ("-r", "--requirement"), ("-c", "--constraint"), ("-e", "--editable"),
            ("--no-binary",), ("--only-binary",), ("--all-releases",), ("--only-final",),
            ("--trusted-host",), ("--use-feature",), ("--hash",), ("--global-option",),
            ("-C", "--config-settings"),
        ):  # fmt: skip
            self.add_option(*names, action="append", default=[])
        for name in (
            "--no-index",
            "--prefer-binary",
            "--require-hashes",
            "--no-require-hashes",
            "--pre",
        ):
            self.add_option(name, action="store_true")

    def error(self, msg: str) -> NoReturn:
        """Refuse the line: `optparse` would end the process."""
        raise RefusedError(visible(msg))


def split(line: str) -> tuple[str, tuple[str, ...], optparse.Values]:
    """Split a line into its requirement, its hashes and its other options.

    As pip does it: everything before the first word that begins with a dash, then options.

    Raises:
        RefusedError: if an option is unknown or incomplete, or something stands behind them.
    """
    words = line.split(" ")
    cut = next((i for i, word in enumerate(words) if word.startswith("-")), len(words))
    requirement, options = " ".join(words[:cut]), words[cut:]
    if len(requirement) > MAX_LENGTH:
        raise RefusedError(f"{shown(line)} has {len(requirement)} characters before its options")
    if all(_is_plain_hash(word) for word in options if word):
        hashes, values = [word[7:] for word in options if word], Parser().get_default_values()
    else:
        values = _parse(" ".join(options), line)
        hashes = values.hash
    return requirement, tuple(map(checked_hash, hashes)), values


def _parse(options: str, line: str) -> optparse.Values:
    if len(options) > MAX_LENGTH:
        raise RefusedError(f"{shown(line)} has {len(options)} characters of options")
    try:
        words = shlex.split(options)
    except ValueError as error:
        raise RefusedError(f"{shown(line)}: {error}") from None
    values, rest = Parser().parse_args(words)
    if rest:
        raise RefusedError(f"what is {visible(rest[0])!r} in {shown(line)}?")
    _check_values(values, line)
    return values


def _check_values(values: optparse.Values, line: str) -> None:
    """Refuse what pip refuses about the values of options that do not matter here."""
    if any("=" not in setting for setting in values.config_settings):
        raise RefusedError(f"{shown(line)}: --config-settings is of the form KEY=VALUE")
    for name in ("no_binary", "only_binary", "all_releases", "only_final"):
        if any(value.startswith("-") for value in getattr(values, name)):
            option = "--" + name.replace("_", "-")
            raise RefusedError(f"{shown(line)}: {option} requires 1 argument")


def _is_plain_hash(word: str) -> bool:
    """Tell whether a word is a hash that no shell would read in another way."""
    return word.startswith("--hash=") and word[7:].replace(":", "", 1).isalnum()


def checked_hash(value: str) -> str:
    """Return a ``--hash`` in lower case.

    Raises:
        RefusedError: if pip does not take its algorithm, or it is not of the right length.
    """
    algorithm, _, digest = value.partition(":")
    length = _DIGEST_LENGTHS.get(algorithm)
    if length is None:
        raise RefusedError(
            f"{shown(value)} is not a hash that pip accepts (sha256, sha384, sha512)"
        )
    if len(digest) != length or not re.fullmatch("[0-9a-fA-F]*", digest):
        raise RefusedError(
            f"{shown(value)} is cut off or damaged: {algorithm} has {length} hexadecimal digits"
        )
    return f"{algorithm}:{digest.lower()}"


def shown(text: str) -> str:
    """Return the beginning of a text for a message: quoted, visible, without credentials."""
    text = text if len(text) <= 100 else text[:97] + "..."
    return repr(visible(without_credentials(text)))
