"""``lockhook generate``."""

from __future__ import annotations

from lockhook._authoring import uv

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace


def run(args: Namespace) -> int:
    """Write the locks that were asked for, and return 0.

    Raises:
        LockhookError: if one cannot be made; those before it stand.
    """
    with uv.sought() as find:
        # This takes as long as uv takes to answer.
        from lockhook._cli import making

        return making.run(args, find)
