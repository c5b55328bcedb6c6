"""One result in every format: text, JSON, YAML, Markdown, and annotations for GitHub Actions."""

from __future__ import annotations

import json
import sys

from lockhook._cli.style import Style
from lockhook._runtime.names import visible
from lockhook._runtime.record import Record
from lockhook.errors import MissingToolError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any, Final

FORMATS: Final = ("text", "json", "yaml", "markdown", "github")


class Annotation(Record):
    """A remark on a line of a file.

    Attributes:
        level: ``"error"``, ``"warning"`` or ``"notice"``.
        title: short.
        message: one line.
        path: the file, or "".
        line: counted from 1, 0 for the file as a whole.
    """

    level: str
    title: str
    message: str
    path: str = ""
    line: int = 0


class View(Record):
    """What a command has to say, before a format is chosen.

    Attributes:
        document: for JSON and YAML.
        text: lines for people.
        title: the heading in Markdown.
        rows: a table for Markdown, its heading first.
        sections: further tables for Markdown, each below a heading.
        annotations: for GitHub Actions.
        commands: what to run next, for Markdown.
    """

    document: dict[str, Any]
    text: Sequence[str]
    title: str
    rows: Sequence[tuple[str, ...]] = ()
    sections: Sequence[tuple[str, Sequence[tuple[str, ...]]]] = ()
    annotations: Sequence[Annotation] = ()
    commands: Sequence[str] = ()


def show(view: View, form: str) -> None:
    """Print a view on stdout.

    Raises:
        MissingToolError: for YAML without PyYAML.
    """
    for line in _RENDERERS[form](view):
        print(line)


def harmless(line: str) -> str:
    """Return a line that neither a terminal nor GitHub Actions takes for a command.

    Its runners obey what looks like ``::command::`` or ``##[command]`` in any line of a log.
    """
    shown = visible(line)
    return f"'{shown}" if shown.lstrip().startswith(("::", "##[")) else shown


def _text(view: View) -> Iterator[str]:
    style = Style(sys.stdout)
    for line in view.text:
        yield _painted(harmless(line), style)


def _painted(line: str, style: Style) -> str:
    label, colon, rest = line.partition(": ")
    if label == "Status" and colon:
        return f"Status: {style(rest, 'bold', 'green' if rest == 'PASSED' else 'red')}"
    if colon and rest in _WORDS:
        return f"{style(label, 'bold')}: {style(rest, _WORDS[rest])}"
    if line.endswith(":") and not line.startswith(" "):
        return style(line, "bold")
    mark = line.lstrip()[:2]
    return style(line, _MARKS[mark]) if mark in _MARKS else line


_WORDS: Final = {
    "fresh": "green", "written": "green", "unchanged": "green", "stale": "red", "edited": "red",
    "missing": "red", "untracked": "red", "damaged": "red", "not a lock": "red",
    "leak": "red", "disagrees": "red", "undecided": "red",
}  # fmt: skip
_MARKS: Final = {"+ ": "green", "~ ": "yellow"}


def _json(view: View) -> Iterator[str]:
    yield json.dumps(view.document, indent=2)


def _yaml(view: View) -> Iterator[str]:
    try:
        import yaml
    except ImportError:
        raise MissingToolError(
            "--format yaml needs PyYAML, and there is none", hint="pip install 'lockhook[cli]'"
        ) from None

    class Dumper(yaml.SafeDumper):
        """Writes a string on one line, so that no part of it can look like a line of its own."""

    def as_scalar(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
        style = None if text.isprintable() else '"'
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    Dumper.add_representer(str, as_scalar)
    # Without `allow_unicode`, so that what a terminal would obey or hide is escaped, as in JSON.
    yield yaml.dump(view.document, Dumper=Dumper, sort_keys=False, width=sys.maxsize).rstrip("\n")


def _markdown(view: View) -> Iterator[str]:
    yield f"### {_cell(view.title)}"
    yield from _table(view.rows)
    for title, rows in view.sections:
        yield ""
        yield f"#### {_cell(title)}"
        yield from _table(rows)
    if view.commands:
        yield ""
        yield "```sh"
        yield from map(harmless, view.commands)
        yield "```"


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    if len(rows) > 1:
        head, *body = rows
        yield ""
        yield f"| {' | '.join(map(_cell, head))} |"
        yield f"|{' --- |' * len(head)}"
        yield from (f"| {' | '.join(map(_cell, row))} |" for row in body)


def _cell(text: str) -> str:
    escaped = visible(text)
    for char in "\\|<>`*_[]":
        escaped = escaped.replace(char, f"\\{char}")
    return escaped


def _github(view: View) -> Iterator[str]:
    """Yield workflow commands. What could end one, or begin another, is percent-encoded."""
    for note in view.annotations:
        line = str(note.line or "")
        place = {"file": note.path, "line": line, "title": note.title}
        shown = ",".join(f"{key}={_property(value)}" for key, value in place.items() if value)
        yield f"::{note.level} {shown}::{_data(note.message)}"


def _data(text: str) -> str:
    return visible(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


_RENDERERS: Final = {
    "text": _text, "json": _json, "yaml": _yaml, "markdown": _markdown, "github": _github,
}  # fmt: skip
