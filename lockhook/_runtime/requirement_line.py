"""One line of a requirements file, by all of pip's grammar: the careful half of the reader."""

from __future__ import annotations

import optparse
import os.path
import re
import shlex
from typing import TYPE_CHECKING, NoReturn

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

from lockhook._runtime.model import Constraint, Origin, Pin
from lockhook._runtime.names import visible, without_credentials
from lockhook._runtime.requirements_txt import Include, Option
from lockhook._runtime.versions import Wanted
from lockhook.errors import LockfileError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockhook._runtime.requirements_txt import Entry

_VARIABLE = re.compile(r"\$\{[A-Z0-9_]+\}")
_SCHEME = re.compile(r"(?:(?P<vcs>git|hg|svn|bzr)\+[a-z]+|https?|ftp|file):", re.IGNORECASE)
_REMOTE = re.compile(r"(?:https?|file):", re.IGNORECASE)
_ARCHIVES = (
    ".whl", ".zip", ".tar.gz", ".tgz", ".tar", ".tar.bz2", ".tbz",
    ".tar.xz", ".txz", ".tlz", ".tar.lz", ".tar.lzma",
)  # fmt: skip
_DIGEST_LENGTHS = {"sha256": 64, "sha384": 96, "sha512": 128}
_HINT = "a lock holds exact pins only; `lockhook generate` writes one"

# What each kind of wreck begins with, and what to call it.
_WRECKS = (
    (re.compile(r"<{7}|={7}|>{7}|\|{7}"), "a merge-conflict mark"),
    (re.compile(r"<(!doctype|html|head|\?xml)", re.IGNORECASE), "an HTML page, not a lock"),
    (re.compile(r"version https://git-lfs"), "a Git LFS pointer, not the file itself"),
)


def read(line: str, path: str, number: int, *, constrains: bool = False) -> Iterator[Entry]:
    """Yield what one logical line says.

    Args:
        line: a line as `requirements_txt.logical_lines` yields it.
        path: the file it stands in, for messages.
        number: its number there.
        constrains: the file is a ``-c`` file.

    Raises:
        LockfileError: if the line is not one that pip accepts, or no exact pin.
    """
    try:
        yield from _Line(line, path, number, constrains=constrains).entries()
    except _RefusedError as refused:
        hint = None if constrains else _HINT
        raise LockfileError(str(refused), path=path, line=number, hint=hint) from None


class _RefusedError(ValueError):
    """Why a line is refused."""


class _Parser(optparse.OptionParser):
    """pip's parser for options in requirements files, abbreviations included."""

    def __init__(self) -> None:
        super().__init__(add_help_option=False, usage=optparse.SUPPRESS_USAGE)
        for names in (
            ("-i", "--index-url", "--pypi-url"), ("--extra-index-url",), ("-f", "--find-links"),
            ("-r", "--requirement"), ("-c", "--constraint"), ("-e", "--editable"),
            ("--no-binary",), ("--only-binary",), ("--all-releases",), ("--only-final",),
            ("--trusted-host",), ("--use-feature",), ("--hash",), ("--global-option",),
            ("-C", "--config-settings", "--config-setting"),
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
        raise _RefusedError(msg)


class _Line:
    """A line while it is taken apart: first the options, then the requirement before them."""

    def __init__(self, text: str, path: str, number: int, *, constrains: bool) -> None:
        self.text = text
        self.path = path
        self.number = number
        self.constrains = constrains
        for pattern, name in _WRECKS:
            if pattern.match(text):
                raise _RefusedError(name)
        self.requirement, self.options = self._split()

    def _split(self) -> tuple[str, optparse.Values]:
        # As pip does it: everything before the first word that begins with a dash, then options.
        words = self.text.split(" ")
        cut = next((i for i, word in enumerate(words) if word.startswith("-")), len(words))
        try:
            arguments = shlex.split(" ".join(words[cut:]))
        except ValueError as error:
            raise _RefusedError(f"{self._shown()}: {error}") from None
        options, rest = _Parser().parse_args(arguments)
        if rest:
            raise _RefusedError(f"what is {visible(rest[0])!r} in {self._shown()}?")
        return " ".join(words[:cut]).strip(), options

    def entries(self) -> Iterator[Entry]:
        """Yield the pins, includes and options of the line."""
        if _VARIABLE.search(self.requirement):
            raise _RefusedError(f"{self._shown()} depends on an environment variable")
        if self.requirement or self.options.editable:
            yield self._pin()
        elif self.options.hash or self.options.config_settings:
            raise _RefusedError(f"{self._shown()} belongs to no requirement")
        if self.options.requirement or self.options.constraint:
            yield self._include()
        for name in ("index_url", "extra_index_url", "find_links"):
            for value in getattr(self.options, name):
                yield Option(name="--" + name.replace("_", "-"), value=value)

    def _include(self) -> Include:
        targets = [*self.options.requirement, *self.options.constraint]
        if self.requirement or self.options.editable or len(targets) > 1:
            # pip takes one of them and is silent about the others.
            raise _RefusedError(f"more than one thing on a line: {self._shown()}")
        if _REMOTE.match(targets[0]):
            shown = visible(without_credentials(targets[0]))
            raise _RefusedError(f"{shown} is a remote include: it can change without the lock")
        if _VARIABLE.search(targets[0]):
            raise _RefusedError(f"{self._shown()} depends on an environment variable")
        return Include(
            target=targets[0], constrains=bool(self.options.constraint), line=self.number
        )

    def _pin(self) -> Pin | Constraint:
        editables = self.options.editable
        if len(editables) > 1 or (editables and self.requirement):
            raise _RefusedError(f"more than one thing on a line: {self._shown()}")
        text, marker = _split_marker(editables[0] if editables else self.requirement)
        if editables or _is_reference(text):
            return self._unnamed(text, marker, editable=bool(editables))
        requirement = _requirement(text)
        if requirement.url is not None:
            return self._reference(requirement, marker)
        if self.constrains:
            return self._constraint(requirement, marker)
        return self._make(
            name=canonicalize_name(requirement.name),
            wanted=_wanted(requirement),
            marker=marker,
            extras=tuple(sorted(requirement.extras)),
        )

    def _constraint(self, requirement: Requirement, marker: str) -> Constraint:
        return Constraint(
            name=canonicalize_name(requirement.name),
            specifier=str(requirement.specifier),
            marker=marker,
            path=self.path,
            line=self.number,
        )

    def _reference(self, requirement: Requirement, marker: str, *, editable: bool = False) -> Pin:
        return self._make(
            name=canonicalize_name(requirement.name),
            wanted=None,
            marker=marker,
            extras=tuple(sorted(requirement.extras)),
            origin=_origin(requirement.url or "", editable=editable),
        )

    def _unnamed(self, text: str, marker: str, *, editable: bool) -> Pin:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            pass
        else:
            if requirement.url:
                return self._reference(requirement, marker, editable=editable)
        text, extras = _split_extras(text)
        origin = _origin(text, editable=editable)
        return self._make(
            name=_name_of(text), wanted=None, marker=marker, extras=extras, origin=origin
        )

    def _make(
        self,
        *,
        name: str,
        wanted: Wanted | None,
        marker: str,
        extras: tuple[str, ...],
        origin: Origin | None = None,
    ) -> Pin:
        if self.constrains:
            raise _RefusedError(f"{self._shown()} cannot be a constraint")
        return Pin(
            name=name,
            wanted=wanted,
            origin=origin,
            marker=marker,
            extras=extras,
            hashes=tuple(map(_checked_hash, self.options.hash)),
            path=self.path,
            line=self.number,
        )

    def _shown(self) -> str:
        return _shown(self.text)


def _shown(text: str) -> str:
    text = text if len(text) <= 100 else text[:97] + "..."
    return repr(visible(without_credentials(text)))


def _split_marker(text: str) -> tuple[str, str]:
    """Split at the semicolon before a marker, which a URL needs a blank behind (PEP 508)."""
    separator = "; " if _SCHEME.match(text) else ";"
    requirement, _, marker = text.partition(separator)
    return requirement.strip(), marker.strip()


def _requirement(text: str) -> Requirement:
    try:
        return Requirement(text)
    except InvalidRequirement as error:
        if re.search(r"[^=<>!~]=[^=]", text):
            raise _RefusedError(f"{_shown(text)}: '=' is no operator; a pin has '=='") from None
        reason = str(error).partition("\n")[0].rstrip(".:")
        raise _RefusedError(f"{_shown(text)} is not a requirement: {reason}") from None


def _wanted(requirement: Requirement) -> Wanted:
    """Return the version of an exact pin: one ``==`` without wildcard, or one ``===``."""
    specifiers = sorted(requirement.specifier, key=str)
    exact = [s for s in specifiers if s.operator in {"==", "==="} and not s.version.endswith(".*")]
    if not exact:
        raise _RefusedError(f"{_shown(str(requirement))} is not an exact pin")
    bounds = SpecifierSet(",".join(str(s) for s in specifiers if s is not exact[0]))
    wanted = Wanted(
        version=exact[0].version, arbitrary=exact[0].operator == "===", bounds=str(bounds)
    )
    if str(bounds) and not bounds.contains(wanted.version, prereleases=True):
        raise _RefusedError(f"{_shown(str(requirement))} contradicts itself")
    return wanted


def _checked_hash(value: str) -> str:
    algorithm, _, digest = value.partition(":")
    length = _DIGEST_LENGTHS.get(algorithm)
    if length is None:
        raise _RefusedError(
            f"{_shown(value)} is not a hash that pip accepts (sha256, sha384, sha512)"
        )
    if len(digest) != length or not re.fullmatch("[0-9a-fA-F]*", digest):
        raise _RefusedError(
            f"{_shown(value)} is cut off or damaged: {algorithm} has {length} hexadecimal digits"
        )
    return f"{algorithm}:{digest.lower()}"


def _is_reference(text: str) -> bool:
    """Tell whether pip takes text for a URL or a path, rather than for a name (no disk is read)."""
    if _SCHEME.match(text):
        return True
    before, at, _ = text.partition("@")
    if at and not _looks_like_path(before):
        return False
    return _looks_like_path(text) or text.lower().endswith(_ARCHIVES)


def _looks_like_path(text: str) -> bool:
    return os.path.sep in text or "/" in text or text.startswith(".")


def _split_extras(text: str) -> tuple[str, tuple[str, ...]]:
    match = re.fullmatch(r"(?P<path>.+)\[(?P<extras>[^\]]+)\]", text)
    if match is None:
        return text, ()
    return match["path"], tuple(extra.strip() for extra in match["extras"].split(","))


def _origin(url: str, *, editable: bool) -> Origin:
    bare, _, fragment = url.partition("#")
    subdirectory = "".join(re.findall(r"(?:^|&)subdirectory=([^&]*)", fragment))
    scheme = _SCHEME.match(url)
    if scheme and scheme["vcs"]:
        location, revision = _split_revision(bare)
        return Origin(
            url=location,
            kind="vcs",
            editable=editable,
            revision=revision,
            subdirectory=subdirectory,
        )
    kind = "archive" if bare.lower().endswith(_ARCHIVES) or not _is_local(url) else "directory"
    return Origin(url=url, kind=kind, editable=editable, subdirectory=subdirectory)


def _is_local(url: str) -> bool:
    return not _SCHEME.match(url) or url.lower().startswith("file:")


def _split_revision(url: str) -> tuple[str, str]:
    """Split ``git+https://user@host/repo.git@revision`` at the ``@`` of its path."""
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    path, _, revision = path.partition("@")
    return f"{scheme}://{host}{slash}{path}", revision


def _name_of(reference: str) -> str:
    """Return the name that a URL or path tells: by its file name or ``#egg=``; "" if by neither."""
    bare, _, fragment = reference.partition("#")
    if egg := re.search(r"(?:^|&)egg=([^&\[]+)", fragment):
        return canonicalize_name(egg.group(1))
    base = bare.replace("\\", "/").rpartition("/")[2]
    try:
        return (
            parse_wheel_filename(base)[0]
            if base.endswith(".whl")
            else parse_sdist_filename(base)[0]
        )
    except (InvalidWheelFilename, InvalidSdistFilename):
        return ""
