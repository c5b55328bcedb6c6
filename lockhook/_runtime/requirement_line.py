"""One line of a requirements file, by all of pip's grammar: the careful half of the reader."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from lockhook._runtime import direct_reference, line_options
from lockhook._runtime.line_options import RefusedError, shown
from lockhook._runtime.model import Constraint, Pin
from lockhook._runtime.names import visible, without_credentials
from lockhook._runtime.requirements_txt import Include, Option
from lockhook._runtime.versions import only
from lockhook.errors import LockfileError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockhook._runtime.model import Origin
    from lockhook._runtime.requirements_txt import Entry
    from lockhook._runtime.versions import Wanted

_VARIABLE = re.compile(r"\$\{[A-Z0-9_]+\}")
_OPERATOR = re.compile(r"[<>]|[=!~]=")
_REMOTE = re.compile(r"(?:https?|file):", re.IGNORECASE)
_HINT = "a lock holds exact pins only; `lockhook generate` writes one"

# What each kind of wreck begins with, and what to call it.
_WRECKS = (
    # Also behind a blank: a mark between continued lines is joined to them.
    (re.compile(r"(?:^|\s)(?:<{7}|={7}|>{7}|\|{7})"), "a merge-conflict mark"),
    (re.compile(r"^<(!doctype|html|head|\?xml)", re.IGNORECASE), "an HTML page, not a lock"),
    (re.compile(r"^version https://git-lfs"), "a Git LFS pointer, not the file itself"),
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
    except RefusedError as refused:
        hint = None if constrains else _HINT
        raise LockfileError(str(refused), path=path, line=number, hint=hint) from None


class _Line:
    """A line while it is taken apart: first the options, then the requirement before them."""

    def __init__(self, text: str, path: str, number: int, *, constrains: bool) -> None:
        self.text = text
        self.path = path
        self.number = number
        self.constrains = constrains
        for pattern, name in _WRECKS:
            if pattern.search(text):
                raise RefusedError(name)
        self.requirement, hashes, self.options = line_options.split(text)
        self.hashes = () if self.options.editable else hashes  # pip passes over those of `-e`

    def entries(self) -> Iterator[Entry]:
        """Yield the pins, includes and options of the line."""
        what = [self.requirement, *self.options.editable]
        if any(map(_VARIABLE.search, [*what, *self.options.requirement, *self.options.constraint])):
            raise RefusedError(f"{shown(self.text)} depends on an environment variable")
        if self.options.requirement or self.options.constraint:
            yield self._include()
        elif any(what):
            # Like pip, which passes over index options behind a requirement.
            yield self._pin()
        elif self.hashes or self.options.config_settings:
            raise RefusedError(f"{shown(self.text)} belongs to no requirement")
        else:
            yield from self._indexes()

    def _indexes(self) -> Iterator[Option]:
        for name in ("index_url", "extra_index_url", "find_links"):
            for value in getattr(self.options, name):
                yield Option(name="--" + name.replace("_", "-"), value=value)

    def _include(self) -> Include:
        targets = [*self.options.requirement, *self.options.constraint]
        if self.requirement or self.options.editable or len(targets) > 1:
            # pip takes one of them and is silent about the others.
            raise RefusedError(f"more than one thing on a line: {shown(self.text)}")
        if _REMOTE.match(targets[0]):
            url = visible(without_credentials(targets[0]))
            raise RefusedError(f"{url} is a remote include: it can change without the lock")
        return Include(
            target=targets[0], constrains=bool(self.options.constraint), line=self.number
        )

    def _pin(self) -> Pin | Constraint:
        editables = self.options.editable
        if len(editables) > 1 or (editables and self.requirement):
            raise RefusedError(f"more than one thing on a line: {shown(self.text)}")
        if editables:
            return self._editable(editables[0])
        text, marker = _split_marker(self.requirement)
        if direct_reference.is_reference(text):
            return self._unnamed(text, marker)
        requirement = _requirement(text)
        if requirement.url is not None:
            return self._named(requirement, marker)
        if self.constrains:
            return self._constraint(requirement, marker)
        return self._make(requirement, marker, wanted=_wanted(requirement))

    def _constraint(
        self,
        requirement: Requirement | _Unnamed,
        marker: str,
        origin: Origin | None = None,
    ) -> Constraint:
        if requirement.extras or not requirement.name or (origin and origin.editable):
            raise RefusedError(f"{shown(self.text)} cannot be a constraint")
        return Constraint(
            name=canonicalize_name(requirement.name),
            specifier=str(requirement.specifier),
            origin=origin,
            marker=marker,
            hashes=self.hashes,
            path=self.path,
            line=self.number,
        )

    def _editable(self, text: str) -> Pin | Constraint:
        """Read what stands behind ``-e``: only ``name @ URL ; marker`` can have a marker there."""
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            return self._unnamed(text, "", editable=True)
        if requirement.specifier:
            raise RefusedError(f"{shown(text)} cannot be editable: it is no directory and no URL")
        if requirement.url is None:
            return self._unnamed(text, "", editable=True)
        return self._named(requirement, str(requirement.marker or ""), editable=True)

    def _named(
        self, requirement: Requirement, marker: str, *, editable: bool = False
    ) -> Pin | Constraint:
        url = requirement.url or ""
        if ":" in url.partition("/")[0] and not direct_reference.scheme_of(url):
            raise RefusedError(f"{shown(url)} is no kind of URL that pip knows")
        return self._make(requirement, marker, origin=_origin(url, editable=editable))

    def _unnamed(self, text: str, marker: str, *, editable: bool = False) -> Pin | Constraint:
        text, extras = direct_reference.split_extras(text)
        if not direct_reference.scheme_of(text):
            if "://" in text:
                raise RefusedError(f"{shown(text)} is no kind of URL that pip knows")
            if _OPERATOR.search(text):
                # pip would look for it on disk; a pin must not be lost as a path that is missing.
                raise RefusedError(f"{shown(text)} is neither a requirement nor a path")
        origin = _origin(text, editable=editable)
        try:
            name = direct_reference.name_of(text)
        except ValueError as error:
            raise RefusedError(f"{shown(text)}: {visible(str(error))}") from None
        if editable and origin.kind == "vcs" and not name:
            raise RefusedError(f"{shown(text)} tells no name: pip wants NAME @ URL behind -e")
        return self._make(_Unnamed(name, extras), marker, origin=origin)

    def _make(
        self,
        requirement: Requirement | _Unnamed,
        marker: str,
        *,
        wanted: Wanted | None = None,
        origin: Origin | None = None,
    ) -> Pin | Constraint:
        if self.constrains:
            return self._constraint(requirement, marker, origin)
        return Pin(
            name=canonicalize_name(requirement.name),
            wanted=wanted,
            origin=origin,
            marker=marker,
            extras=tuple(sorted(requirement.extras)),
            hashes=self.hashes,
            path=self.path,
            line=self.number,
        )


class _Unnamed:
    """What a URL or path tells without a name before it."""

    specifier = ""

    def __init__(self, name: str, extras: tuple[str, ...]) -> None:
        self.name = name
        self.extras = extras


def _origin(url: str, *, editable: bool) -> Origin:
    if direct_reference.is_elsewhere(url):
        raise RefusedError(f"{shown(url)} is on another machine: pip wants three slashes")
    try:
        return direct_reference.origin(url, editable=editable)
    except ValueError as error:
        raise RefusedError(f"{shown(url)}: {error}") from None


def _split_marker(text: str) -> tuple[str, str]:
    """Split at the semicolon before a marker, which a URL needs a blank behind (PEP 508)."""
    separator = "; " if direct_reference.scheme_of(text) else ";"
    requirement, _, marker = text.partition(separator)
    return requirement.strip(), marker.strip()


def _requirement(text: str) -> Requirement:
    try:
        return Requirement(text)
    except InvalidRequirement as error:
        if "=" in text and not _OPERATOR.search(text):
            raise RefusedError(f"{shown(text)}: '=' is no operator; a pin has '=='") from None
        reason = visible(str(error).partition("\n")[0].rstrip(".:")) + _odd_letter(text)
        raise RefusedError(f"{shown(text)} is not a requirement: {reason}") from None


def _odd_letter(text: str) -> str:
    """Name the first character that only looks like one of a requirement, if there is any."""
    odd = next((character for character in text if not character.isascii()), "")
    return f"; it holds U+{ord(odd):04X}" if odd else ""


def _wanted(requirement: Requirement) -> Wanted:
    try:
        return only(str(requirement.specifier))
    except ValueError as error:
        raise RefusedError(f"{shown(str(requirement))} {error}") from None
