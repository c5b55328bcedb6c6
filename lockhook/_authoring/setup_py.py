"""What a ``setup.py`` says that spells everything out in one call of ``setup``."""

from __future__ import annotations

import ast
import os
from typing import TYPE_CHECKING, Any, Final

from lockhook._authoring import fields, named_files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockhook._authoring.project import Project

FILE: Final = "setup.py"


def keywords(project: Project, field: str) -> Mapping[str, Any]:
    """Return what ``setup.py`` hands to setuptools, as far as it is spelled out.

    Raises:
        UnknownInputsError: if it does more than that.
    """
    path = named_files.at(project, FILE)
    if not os.path.isfile(path):
        return {}
    try:
        found = [_keywords(node) for node in ast.parse(named_files.read(path, project, field)).body]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise fields.unknown(project, field, "its setup.py, a program,") from None
    return {key: value for each in found for key, value in each.items()}


def _keywords(node: ast.stmt) -> dict[str, Any]:
    """Return the keywords of a call of `setup` with nothing but literals.

    Raises:
        ValueError: if a statement is no such call, and not without effect either.
    """
    if isinstance(node, ast.Import | ast.ImportFrom):
        names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
        modules = names or [str(getattr(node, "module", ""))]
        if all(module in {"setuptools", "__future__"} for module in modules):
            return {}
    value = node.value if isinstance(node, ast.Expr) else None
    if isinstance(value, ast.Constant):
        return {}
    if (
        isinstance(value, ast.Call)
        and ast.unparse(value.func) in {"setup", "setuptools.setup"}
        and not value.args
        and all(keyword.arg for keyword in value.keywords)
    ):
        return {str(each.arg): ast.literal_eval(each.value) for each in value.keywords}
    raise ValueError(node)
