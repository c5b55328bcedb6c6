"""``python -m lockhook``: the same program as the ``lockhook`` command."""

from __future__ import annotations

from lockhook._cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
