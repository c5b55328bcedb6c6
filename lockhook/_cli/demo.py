"""``lockhook demo``."""

from __future__ import annotations

import itertools
import sys
from typing import TYPE_CHECKING, Any, Final

from lockhook._authoring.demo import story, world
from lockhook._authoring.demo.shell import Command, Finished
from lockhook._authoring.demo.story import Chapter, File, Note
from lockhook._cli.style import Style
from lockhook._cli.view import View, show
from lockhook._runtime.names import visible

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator
    from pathlib import Path

_COLOURS: Final = {"+": "green", "-": "red"}


def run(args: Namespace) -> int:
    """Tell the story while it happens, and return 0 if all of it went as it should.

    Raises:
        DemoError: if something did not.
        MissingToolError: if git, uv or pre-commit is not there.
    """
    programs = world.find_programs()
    with world.work_folder(keep=args.keep) as folder:
        try:
            events = story.tell(world.make_world(folder, programs))
            if args.format == "text":
                _print(events, folder, quiet=args.quiet)
            else:
                show(_view(list(events), folder), args.format)
        finally:
            if args.keep:
                print(f"lockhook: kept {folder}", file=sys.stderr)
    return 0


def _print(events: Iterator[story.Event], folder: Path, *, quiet: bool) -> None:
    """Print each event when it comes: what takes a second shall be seen to begin."""
    style = Style(sys.stdout)
    numbers = itertools.count(1)
    first = Note(f"A throw-away project in {folder}, and small stand-ins for the real packages.")
    last = Note("All of this was really run, and each command did what it should.")
    for event in itertools.chain([first], events, [last]):
        for line in () if quiet else _lines(event, numbers, style):
            print(line, flush=True)


def _lines(event: story.Event, numbers: Iterator[int], style: Style) -> Iterator[str]:
    match event:
        case Chapter(title):
            yield ""
            yield style(f"{next(numbers)}. {title}", "bold")
        case Note(text):
            yield ""
            yield text
        case File(name, text):
            yield ""
            yield style(f"  {name}", "cyan")
            yield from _indented(text, style)
        case Command(line):
            yield ""
            yield style(f"  $ {visible(line)}", "cyan")
        case Finished(_, code, output):
            yield from _indented(output, style)
            if code:
                yield style(f"    [exit code {code}]", "yellow")


def _indented(text: str, style: Style) -> Iterator[str]:
    for line in text.strip("\n").splitlines():
        colour = _COLOURS.get(line.lstrip()[:1])
        yield style(f"    {visible(line)}".rstrip(), *([colour] if colour else []))


def _view(events: list[story.Event], folder: Path) -> View:
    commands = [event for event in events if isinstance(event, Finished)]
    return View(
        document={
            "schema": 1,
            "status": "passed",
            "folder": str(folder),
            "commands": [_document(finished) for finished in commands],
        },
        text=(),
        title="lockhook demo: passed",
        rows=[("command", "exit code"), *((f.command, str(f.code)) for f in commands)],
    )


def _document(finished: Finished) -> dict[str, Any]:
    return {
        "command": finished.command,
        "exit_code": finished.code,
        "output": finished.output,
    }
