"""What ``setup.cfg`` says, as setuptools reads it."""

from __future__ import annotations

import configparser
import os
from typing import TYPE_CHECKING, Final

from lockhook._authoring import fields, named_files
from lockhook.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockhook._authoring.project import Project

FILE: Final = "setup.cfg"
# How setuptools called the fields of [project] before there was one.
OLD_NAMES: Final = {
    fields.DEPENDENCIES: "install_requires",
    fields.EXTRAS: "extras_require",
    fields.PYTHON: "python_requires",
}


def section(project: Project, name: str) -> Mapping[str, str]:
    """Return a section of it, empty if there is none; setuptools takes ``-`` for ``_`` in its keys.

    Raises:
        ProjectError: if it cannot be read.
    """
    path = named_files.at(project, FILE)
    if not os.path.isfile(path):
        return {}
    parser = configparser.RawConfigParser()
    parser.optionxform = str  # type: ignore[method-assign,assignment]  # as its documentation has it
    try:
        parser.read_string(named_files.read(path, project, name))
    except configparser.Error as error:
        reason = str(error).partition("\n")[0]
        raise ProjectError(f"cannot be read: {reason}", path=path) from None
    items = parser.items(name) if parser.has_section(name) else []
    is_extras = name.endswith(OLD_NAMES[fields.EXTRAS])
    return {key if is_extras else key.replace("-", "_"): value for key, value in items}
