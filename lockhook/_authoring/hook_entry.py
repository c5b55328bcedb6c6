"""The entry of the hook in ``.pre-commit-config.yaml``, added in the file's own indentation."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from lockhook._authoring.lines import insert, past_comments, split
from lockhook.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import yaml

FILE: Final = ".pre-commit-config.yaml"
HOOK: Final = "lockfile-sync"

# Words that need no quotes, and are a string for certain.
_PLAIN: Final = re.compile(
    r"(?!(true|false|null|yes|no|on|off|y|n)$)[A-Za-z(/][\w./:@+~^$()|\\*?\[\]-]*(?<!:)",
    re.ASCII | re.IGNORECASE,
)


def add(text: str, entry: Mapping[str, Any]) -> str:
    """Return a configuration with one more repository, or as it is if it has the hook already.

    Args:
        text: of the file; empty for a new one.
        entry: of ``repos``.

    Raises:
        ProjectError: if it is not one that pre-commit reads, or is written in a way that cannot
            be edited line by line.
    """
    config = _load(text)
    repos = config.get("repos") or []
    if any(hook.get("id") == HOOK for hook in _hooks(repos)):
        return text
    try:
        made = _added(text, entry)
        if _load(made) == {**config, "repos": [*repos, dict(entry)]}:
            return made
    except (ProjectError, RecursionError):  # a list that holds itself, for one
        pass
    raise ProjectError("its `repos` are written in a way that cannot be edited line by line")


def lines(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the entry as it stands below ``repos:``."""
    return tuple(_item(entry, dash=2))


def _load(text: str) -> dict[str, Any]:
    import yaml

    try:
        config = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or str(error).partition("\n")[0]
        line = mark.line + 1 if mark else None
        raise ProjectError(f"is not valid YAML: {reason}", line=line) from None
    config = {} if config is None else config
    if not isinstance(config, dict) or not isinstance(config.get("repos"), list | None):
        raise ProjectError("is not a configuration of pre-commit: it has no list `repos`")
    return config


def _hooks(repos: list[Any]) -> Iterator[dict[str, Any]]:
    for repo in repos:
        hooks = repo.get("hooks") if isinstance(repo, dict) else None
        yield from (hook for hook in hooks or () if isinstance(hook, dict))


# --- where it goes ---


def _added(text: str, entry: Mapping[str, Any]) -> str:
    """Return the text with the entry in it; or damaged, where `repos` is of no usual kind."""
    import yaml

    whole = split(text)
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    key, repos = next((pair for pair in pairs if pair[0].value == "repos"), (None, None))
    if key is None or repos is None:
        before = [""] if whole and whole[-1].strip() else []
        new = [*before, "repos:", *lines(entry)]
        return "".join(insert(whole, len(whole), new))
    if isinstance(repos, yaml.SequenceNode) and not repos.flow_style:
        return "".join(_after_last(whole, repos, entry))
    # `repos: []`, or nothing at all: that gives way to the first item of a list.
    start, end = repos.start_mark, repos.end_mark
    line = whole[start.line]
    whole[start.line] = line[: start.column].rstrip() + line[end.column :]
    item = _item(entry, dash=key.start_mark.column + 2)
    return "".join(insert(whole, start.line + 1, item))


def _after_last(whole: list[str], repos: yaml.SequenceNode, entry: Mapping[str, Any]) -> list[str]:
    last = repos.value[-1]
    dash = repos.start_mark.column
    at = _end(last)
    while not whole[at - 1].strip():
        at -= 1
    at = past_comments(whole, at, dash)
    # A blank line where the others have one.
    before = [""] if len(repos.value) > 1 and not whole[last.start_mark.line - 1].strip() else []
    gap = last.start_mark.column - dash
    return insert(whole, at, [*before, *_item(entry, dash=dash, gap=gap, inner=_inner(last))])


def _inner(repo: yaml.Node) -> int:
    """Return how much further right than its key the list of a repository's hooks stands."""
    for key, value in repo.value if isinstance(repo.value, list) else ():
        if key.value == "hooks" and value.start_mark.line > key.start_mark.line:
            return max(int(value.start_mark.column - key.start_mark.column), 0)
    return 2


def _end(node: yaml.Node) -> int:
    """Return the line after the last one of a node, comments and blank lines left out."""
    import yaml

    is_block = isinstance(node, yaml.CollectionNode) and not node.flow_style
    inner = node.value if is_block else []
    flat = [each for item in inner for each in (item if isinstance(item, tuple) else (item,))]
    if flat:
        return max(map(_end, flat))
    return int(node.end_mark.line) + (node.end_mark.column > 0)


# --- what it looks like ---


def _item(mapping: Mapping[str, Any], *, dash: int, gap: int = 2, inner: int = 2) -> Iterator[str]:
    """Yield the lines of one item of a block list.

    Args:
        mapping: the item.
        dash: the column of its dash.
        gap: from there to its keys.
        inner: from its keys to the dashes of a list in it.
    """
    margin = f"{' ' * dash}-{' ' * (gap - 1)}"
    for key, value in mapping.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            yield f"{margin}{key}:"
            for each in value:
                yield from _item(each, dash=dash + gap + inner, gap=gap, inner=inner)
        else:
            yield f"{margin}{key}: {_value(value)}"
        margin = " " * (dash + gap)


def _value(value: object) -> str:
    if isinstance(value, str) and all(_PLAIN.fullmatch(word) for word in value.split(" ")):
        return value
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value)  # JSON is YAML
