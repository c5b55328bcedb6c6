"""What a ``version.py`` of the torch family says, read as text: nothing of it is ever run."""

from __future__ import annotations

import os
import stat

_LONGEST = 2**20  # bytes; the real file has 400
_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
_FACTS = frozenset({"__version__", "cuda", "hip", "rocm", "xpu"})


def read(path: str) -> str | None:
    """Return the text of a file, "" if it cannot be read or is none, None if it is missing."""
    try:
        # A pipe that somebody put there would keep a plain `open` waiting for ever.
        descriptor = os.open(path, _READ)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        return ""
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > _LONGEST:
            return ""
        return os.read(descriptor, _LONGEST).decode("utf-8", "replace").removeprefix("\ufeff")
    except OSError:
        return ""
    finally:
        os.close(descriptor)


def torch_build(text: str) -> str:
    """Return what a ``torch/version.py`` says, "" unless it says it plainly.

    `cuda`, `hip`, `rocm` and `xpu` decide, not `__version__`: that has no label where wheels are
    built from source, and on macOS.
    """
    found = facts(text)
    if "cuda" not in found:
        return ""
    if found["cuda"]:
        return f"cuda {found['cuda']}"
    if release := found.get("rocm") or found.get("hip"):
        return f"rocm {release}"
    if found.get("xpu"):
        return f"xpu {found['xpu']}"
    return "cpu"


def facts(text: str) -> dict[str, str]:
    """Return the facts of a ``version.py``: name to value, "" for ``None``.

    One that is not assigned a literal in a line of its own is unknown, and with it are all:
    nobody can say what it is without running the file.

    Args:
        text: lines such as ``cuda: Optional[str] = '12.8'`` and ``hip = None``.
    """
    found: dict[str, str] = {}
    # What stands behind a semicolon is taken for indented: nothing that a build writes.
    for line in text.replace(";", "\n ").replace("\r", "\n").split("\n"):
        name, _, value = line.partition("=")
        name = name.partition(":")[0].strip()
        if name not in _FACTS:
            continue
        literal = _literal(value)
        if literal is None or line[:1] in {" ", "\t"}:
            # torchvision asks its own library for `cuda`, inside an `if`.
            found.pop(name, None)
            if name != "__version__":
                return {key: v for key, v in found.items() if key == "__version__"}
        else:
            found[name] = literal
    return found


def _literal(text: str) -> str | None:
    """Return the value of a string without escapes, "" for ``None``, None for all else."""
    text = text.strip()
    quote = text[:1]
    if quote in {"'", '"'}:
        value, closing, rest = text[1:].partition(quote)
        known = closing and value and "\\" not in value
    else:
        value, _, rest = text.partition("#")
        known, value, rest = value.strip() == "None", "", ""
    return value if known and (not rest.strip() or rest.strip()[0] == "#") else None
