"""What lockhook writes into a lock: digests of inputs and body, and the inputs themselves.

The stamp is TOML. In a ``pylock.toml`` it is the table ``[tool.lockhook]`` at the end (PEP 751
leaves ``[tool]`` to tools); in a ``requirements.txt`` a comment block of the kind that PEP 723
defines for scripts. It holds no path, time, host name, user name or credential.
"""

from __future__ import annotations

import hashlib
import json
import re

import tomli

from lockhook._authoring.inputs import SCHEME, Inputs
from lockhook._authoring.requirement import canonical, canonical_version
from lockhook._runtime.encoding import with_line_feeds
from lockhook._runtime.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any, Final

_OPEN: Final = "# /// lockhook"
_CLOSE: Final = "# ///"
_TABLE: Final = "[tool.lockhook]"
_OUTPUT: Final = re.compile(r"^#    uv .*--output-file=(?P<name>\S+)$", re.MULTILINE)
_HEAD: Final = 4096


class Stamp(Record):
    """The stamp of one lock.

    Attributes:
        inputs: what the lock was made from.
        inputs_digest: their digest, ``sha256:<hex>``.
        body_digest: that of the lock without its stamp, with line feeds as line ends.
        python: the lowest Python that the lock serves.
        platform: the platform that it serves, such as ``linux-x86_64``; "" for all.
        scheme: the number of the way in which the digest was computed.
    """

    inputs: Inputs
    inputs_digest: str
    body_digest: str
    python: str
    platform: str = ""
    scheme: int = SCHEME


def body_digest(body: str) -> str:
    """Return ``sha256:<hex>`` of a body. A checkout with CRLF line ends has the same digest."""
    return "sha256:" + hashlib.sha256(with_line_feeds(body).encode()).hexdigest()


def is_ours(text: str, name: str) -> bool:
    """Tell whether a lock is as lockhook wrote it."""
    found, body = extract(text, name)
    return found is not None and body_digest(body) == found.body_digest


def made_as(body: str) -> str:
    """Return the file name that the command in a lock's header writes to, "" if it has none."""
    found = _OUTPUT.search(body[:_HEAD])
    return found["name"] if found else ""


def embed(body: str, stamp: Stamp, name: str) -> str:
    """Return a lock's body with a stamp in it, as its file name wants it."""
    if name.endswith(".toml"):
        return f"{body}\n{_TABLE}\n{''.join(_lines(stamp))}"
    comment = "".join(f"# {line}" for line in _lines(stamp))
    head, rest = _split_header(body)
    return f"{head}{_OPEN}\n{comment}{_CLOSE}\n{rest}"


def _split_header(body: str) -> tuple[str, str]:
    """Split a requirements.txt behind the comment that tells the command it came from."""
    lines = body.splitlines(keepends=True)
    end = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return "".join(lines[:end]), "".join(lines[end:])


def _lines(stamp: Stamp) -> Iterator[str]:
    inputs = stamp.inputs
    yield f"scheme = {stamp.scheme}\n"
    yield f"inputs = {_toml(stamp.inputs_digest)}\n"
    yield f"body = {_toml(stamp.body_digest)}\n"
    yield f"python = {_toml(stamp.python)}\n"
    if stamp.platform:
        yield f"platform = {_toml(stamp.platform)}\n"
    yield from _input_lines(inputs, "")


def _input_lines(inputs: Inputs, prefix: str) -> Iterator[str]:
    if inputs.requires_python:
        yield f"{prefix}requires-python = {_toml(inputs.requires_python)}\n"
    yield from _list(f"{prefix}dependencies", inputs.dependencies)
    for name, table in (("extras", inputs.extras), ("groups", inputs.groups)):
        for key in sorted(table):
            yield from _list(f"{prefix}{name}.{_key(key)}", table[key])
    for name, values in (("settings", inputs.settings), ("options", inputs.options)):
        for key in sorted(values):
            yield f"{prefix}{name}.{_key(key)} = {_toml(values[key])}\n"
    for key in sorted(inputs.members):
        yield from _input_lines(inputs.members[key], f"{prefix}members.{_key(key)}.")


def _list(key: str, items: tuple[str, ...]) -> Iterator[str]:
    yield f"{key} = [\n" if items else f"{key} = []\n"
    # Two blanks: behind "# " four would look like the command of the header to Renovate.
    yield from (f"  {_toml(item)},\n" for item in items)
    if items:
        yield "]\n"


def _key(name: str) -> str:
    return name if name.replace("-", "a").replace("_", "a").isalnum() else _toml(name)


def _toml(value: object) -> str:
    # For what a stamp holds (strings, booleans, numbers, lists of strings), JSON is TOML.
    return json.dumps(value)


def extract(text: str, name: str) -> tuple[Stamp | None, str]:
    """Take a lock apart into its stamp, None if it has none that can be read, and its body."""
    text = with_line_feeds(text)
    if name.endswith(".toml"):
        body, found, table = text.rpartition(f"\n{_TABLE}\n")
        return (_parse(table), body) if found else (None, text)
    head, found, rest = text.partition(f"{_OPEN}\n")
    block, closed, tail = rest.partition(f"\n{_CLOSE}\n")
    if not (found and closed):
        return None, text
    return _parse("\n".join(line.removeprefix("# ") for line in block.split("\n"))), head + tail


def _parse(text: str) -> Stamp | None:
    try:
        table = tomli.loads(text)
        return Stamp(
            inputs=_inputs(table),
            inputs_digest=_text(table["inputs"]),
            body_digest=_text(table["body"]),
            python=_python(table["python"]),
            platform=_text(table.get("platform", "")),
            scheme=table["scheme"],
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        # Damaged by a hand or a merge: the same as none, since nothing it says can be relied on.
        return None


def _inputs(table: Mapping[str, Any]) -> Inputs:
    return Inputs(
        requires_python=_text(table.get("requires-python", "")),
        dependencies=_requirements(table["dependencies"]),
        extras={key: _requirements(value) for key, value in table.get("extras", {}).items()},
        groups={key: _requirements(value) for key, value in table.get("groups", {}).items()},
        settings=dict(table.get("settings", {})),
        options=dict(table.get("options", {})),
        members={key: _inputs(value) for key, value in table.get("members", {}).items()},
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _python(value: object) -> str:
    # It becomes an argument of uv.
    return canonical_version(_text(value))


def _requirements(items: list[object]) -> tuple[str, ...]:
    for item in items:
        canonical(_text(item))
    return tuple(map(_text, items))
