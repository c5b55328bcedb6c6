"""The lines of a requirements.txt that name a directory, such as a member of the workspace.

uv writes members with absolute paths, which no other machine has, and a path such as ``lib`` as it
is, which pip and uv take for the name of a package.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from lockhook._runtime.places import local_path

if TYPE_CHECKING:
    from lockhook._authoring.project import Project

_URL: Final = re.compile(
    r"^(?P<lead>-e )?(?:[\w.-]+ @ )?(?P<url>file:///\S+)(?P<rest> ;.*)?$", re.MULTILINE
)
_BARE: Final = re.compile(r"^(?=[\w.][^\s;=@#]*(?: ;.*)?$)(?!\.{1,2}/)", re.MULTILINE)
# What a path may hold and be read the same by pip and uv.
_PLAIN: Final = re.compile(r"[\w./+-]+")


def relative(text: str, project: Project) -> str:
    """Return a lock as uv wrote it with the paths of directories as seen from the project."""

    def seen(found: re.Match[str]) -> str:
        path = os.path.normpath(local_path(found["url"]))
        root = os.path.join(project.uv.root, "")
        short = os.path.relpath(path, project.directory).replace(os.sep, "/")
        # What lies elsewhere was given as an absolute path.
        if not (path.startswith(root) and os.path.isdir(path) and _PLAIN.fullmatch(short)):
            return found[0]
        dot = "" if short.startswith("../") else "./"
        return f"{found['lead'] or ''}{dot}{short}{found['rest'] or ''}"

    return _BARE.sub("./", _URL.sub(seen, text))
