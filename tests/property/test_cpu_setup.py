from __future__ import annotations

import tomli
from hypothesis import assume, given
from hypothesis import strategies as st

from lockhook._authoring.cpu_setup import Around, Edited, set_up
from lockhook._authoring.toml_edit import put_table

# Parts of documents that can be put together in most orders; the last ones are single values.
PARTS = (
    '[project]\nname = "x"\ndependencies = [\n  "torch",\n]\n',
    "[tool.uv]\npackage = false\n",
    '[tool.uv]\nsources.a.path = "b"\n',
    '[tool.uv.sources]\nb = { path = "b" } # x\n# tail\n',
    "[tool.uv.sources]\n",
    '[[tool.uv.index]]\nname = "m"\nurl = "https://m"\n',
    '[[tool.uv.index]]\nname = "n"\nurl = "https://n/cpu"\n',
    "# comment\n",
    "\n",
    "\n\n",
    '[tool.ruff]\nx = """\n[tool.uv]\n"""\n',
    "[tool]\nuv.pip.x = 1\n",
    "[tool.uv.pip]\ny = 1\n",
    '[tool.uv.sources.torch]\nindex = "m"\n',
    '[tool."uv".sources.c]\npath = "c"\n',
    "[tool]\n",
    '[tool.lockhook.accept]\na = "b"\n',
    "  [tool.uv.x]\n    y = 1\n",
    '[tool.uv]\nconstraint-dependencies = [\n  "a", # [\n]\n',
    '[tool.uv]\nindex = [{ url = "https://m/cpu" }]\n',
    "[tool.uv]\nsources = {}\n",
)
AROUND = Around(locked=frozenset({"torchvision"}))
VALUES = frozenset(line.strip() for part in PARTS[-3:] for line in part.splitlines()[1:])


@given(
    st.lists(st.sampled_from(PARTS), max_size=7, unique=True),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_any_document_is_set_up_once_and_keeps_its_lines(
    parts: list[str], end: str, ends_in_line: bool
) -> None:
    text = "".join(parts).replace("\n", end)
    text = text if ends_in_line else text.rstrip("\r\n")
    try:
        tomli.loads(text)
    except tomli.TOMLDecodeError:
        assume(False)
    made = set_up(Edited(text=text), AROUND).text
    made = put_table(made, ("tool", "lockhook", "locks", "a.txt"), {"hashes": True})
    assert set_up(Edited(text=made), AROUND).text == made
    later = iter(made.split("\n"))
    # Each line is found after the one before it.
    lost = [line for line in text.split("\n") if line.strip() not in VALUES and line not in later]
    assert [line for line in lost if line + "\r" not in made] == []
