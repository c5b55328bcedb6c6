"""The JSON Schemas that ship with the package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import lockhook

FOLDER: Final = Path(lockhook.__file__).parent / "_cli" / "schema"
SCHEMAS: Final[dict[str, dict[str, Any]]] = {
    path.stem.removesuffix("-1"): json.loads(path.read_text(encoding="utf-8"))
    for path in sorted(FOLDER.glob("*.json"))
}
