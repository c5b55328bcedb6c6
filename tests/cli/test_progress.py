from __future__ import annotations

import io

from lockhook._cli import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_nothing_is_drawn_where_nobody_looks() -> None:
    stream = io.StringIO()
    with progress.bar(stream, wanted=True) as advance:
        assert advance is None
    with progress.bar(Terminal(), wanted=False) as advance:
        assert advance is None
    assert stream.getvalue() == ""


def test_a_bar_on_a_terminal() -> None:
    stream = Terminal()
    with progress.bar(stream, wanted=True) as advance:
        assert advance is not None
        advance(1, 2)
        advance(2, 2)
    assert "looking at files" in stream.getvalue()
