"""A progress bar on a terminal, by rich where that is installed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def bar(stream: IO[str], *, wanted: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Yield what takes the work done and the total; None where nobody would see it.

    Args:
        stream: where to draw.
        wanted: whether there will be anything to tell.
    """
    if not (wanted and stream.isatty()):
        yield None
        return
    try:
        from rich.console import Console
        from rich.progress import Progress
    except ImportError:  # the extra `cli` is not installed
        yield None
        return
    with Progress(console=Console(file=stream), transient=True) as progress:
        task = progress.add_task("looking at files", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
