from __future__ import annotations

from typing import Any

import pytest

from lockhook._authoring.hashes import are_incomplete, complete
from lockhook._runtime.uv_config import of_document

TEXT = """\
--find-links ../flat
a==1 ; sys_platform == 'linux' \\
    --hash=sha256:bb
    # via x
A.b==2+cpu \\
    --hash=sha256:01 \\
    --hash=sha256:02
c==3
"""
PYLOCK = """\
[[packages]]
name = "a"
version = "1"
wheels = [{hashes = {sha256 = "aa"}}, {hashes = {sha256 = "bb"}}]
sdist = {hashes = {sha256 = "cc"}}
[[packages]]
name = "c"
version = "3"
wheels = [{hashes = {sha256 = "dd"}}]
"""


def test_complete() -> None:
    assert complete(TEXT, PYLOCK) == TEXT.replace(
        "    --hash=sha256:bb\n",
        "    --hash=sha256:aa \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\n",
    )


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, False),
        ({"index": [{"url": "x"}]}, False),
        ({"index": [{"url": "x", "format": "flat"}]}, True),
        ({"find-links": ["x"]}, True),
        ({"pip": {"find-links": ["x"]}}, True),
    ],
)
def test_where_hashes_are_incomplete(settings: dict[str, Any], expected: bool) -> None:
    assert are_incomplete(of_document({"tool": {"uv": settings}})) is expected
