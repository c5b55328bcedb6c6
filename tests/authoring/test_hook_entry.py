from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest
import yaml

import lockhook
from lockhook._authoring import hook_source
from lockhook._authoring.hook_entry import add, lines
from lockhook.errors import ProjectError, UsageError

ENTRY: dict[str, Any] = {"repo": "https://host/l", "rev": "v1", "hooks": [{"id": "lockfile-sync"}]}
NEW = """\
repos:
  - repo: https://host/l
    rev: v1
    hooks:
      - id: lockfile-sync
"""

CASES = {
    "no file": ("", NEW),
    "comments only": ("# c\n", f"# c\n\n{NEW}"),
    "no repos": ("ci: {}  # c", f"ci: {{}}  # c\n\n{NEW}"),
    "an empty list": ("# c\nrepos: []  # none\nci: {}\n", None),
    "nothing": (
        "repos:\nci: {}\n",
        f"{NEW}ci: {{}}\n",
    ),
    "dashes below the key": (
        "repos:\n- repo: 'a'  # c\n  hooks:\n  - id: x\nci: {}\n",
        (
            "repos:\n- repo: 'a'  # c\n  hooks:\n  - id: x\n"
            "- repo: https://host/l\n  rev: v1\n  hooks:\n  - id: lockfile-sync\nci: {}\n"
        ),
    ),
    "wide dashes, comments, and what comes after": (
        "repos:\n-   repo: a\n    hooks:\n    -   id: x\n        args: [\n          b,\n        ]\n"
        "    # - id: gone\n\n# ci\nci: {}\n",
        "repos:\n-   repo: a\n    hooks:\n    -   id: x\n        args: [\n          b,\n        ]\n"
        "    # - id: gone\n-   repo: https://host/l\n    rev: v1\n    hooks:\n"
        "    -   id: lockfile-sync\n\n# ci\nci: {}\n",
    ),
    "blank lines between": (
        "repos:\n  - repo: a\n    hooks: [{id: x}]\n\n  - hooks:\n      - id: y\n"
        "        entry: |\n          b\n          c\n\n    repo: local\n",
        "repos:\n  - repo: a\n    hooks: [{id: x}]\n\n  - hooks:\n      - id: y\n"
        "        entry: |\n          b\n          c\n\n    repo: local\n\n"
        "  - repo: https://host/l\n    rev: v1\n    hooks:\n      - id: lockfile-sync\n",
    ),
    "text at the end": (
        "repos:\n- repo: local\n  hooks:\n  - id: x\n    entry: >-\n      b\n\n\n# end\n",
        "repos:\n- repo: local\n  hooks:\n  - id: x\n    entry: >-\n      b\n"
        "- repo: https://host/l\n  rev: v1\n  hooks:\n  - id: lockfile-sync\n\n\n# end\n",
    ),
    "no line end": (
        "repos:\n- repo: a\n  hooks:\n  - id: x",
        "repos:\n- repo: a\n  hooks:\n  - id: x\n"
        "- repo: https://host/l\n  rev: v1\n  hooks:\n  - id: lockfile-sync\n",
    ),
    "anchors elsewhere": (
        "repos:\n- repo: a\n  hooks: &h\n  - id: x\n- repo: b\n  hooks: *h\n",
        "repos:\n- repo: a\n  hooks: &h\n  - id: x\n- repo: b\n  hooks: *h\n"
        "- repo: https://host/l\n  rev: v1\n  hooks:\n    - id: lockfile-sync\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("name", CASES)
def test_add(name: str, end: str) -> None:
    before, after = CASES[name]
    expected = after or "# c\n" + NEW.replace("repos:", "repos:  # none") + "ci: {}\n"
    if end in before.replace("\n", end):
        before, expected = before.replace("\n", end), expected.replace("\n", end)
    made = add(before, ENTRY)
    assert made == expected
    assert add(made, ENTRY) == made


@pytest.mark.parametrize(
    "text",
    [
        "repos:\n- repo: local\n  hooks:\n  - {id: lockfile-sync, name: mine}\n",
        "repos: [{repo: x, rev: y, hooks: [{id: lockfile-sync}]}]",
    ],
)
def test_a_hook_that_is_there_is_left_alone(text: str) -> None:
    assert add(text, ENTRY) == text


LAYOUT = "its `repos` are written in a way that cannot be edited line by line"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("repos: [{repo: a, rev: b, hooks: [{id: c}]}]\n", LAYOUT),
        ("{repos: []}\n", LAYOUT),
        ("repos: [\n]\n", LAYOUT),
        ("x: &a\n- repo: b\nrepos: *a\n", LAYOUT),
        ("repos: &a\n- *a\n", LAYOUT),
        ("repos:\n- repo: a\n...\n---\n", "is not valid YAML: but found another document"),
        ("- repo: a\n", "is not a configuration of pre-commit: it has no list `repos`"),
        ("repos: {}\n", "is not a configuration of pre-commit: it has no list `repos`"),
        ("repos: a\n", "is not a configuration of pre-commit: it has no list `repos`"),
        ("a: 2026-13-45\n", "is not valid YAML: month must be in 1..12"),
        ("a: b: c\n", "is not valid YAML: mapping values are not allowed here"),
        ("a: \x1b\n", "is not valid YAML: unacceptable character #x001b: special characters are"),
        ("[" * 5000, "is not valid YAML: maximum recursion depth exceeded"),
    ],
)
def test_what_cannot_be_edited_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ProjectError) as caught:
        add(text, ENTRY)
    assert caught.value.reason.startswith(reason)


def test_the_line_of_what_is_no_yaml() -> None:
    with pytest.raises(ProjectError) as caught:
        add("a: 1\nb: c: d\n", ENTRY)
    assert caught.value.line == 2


@pytest.mark.parametrize("text", ["a: b", "x y: #", "1.0", "on", "Null", "-x", "a #b", "é", "*a"])
def test_strings_stay_strings(text: str) -> None:
    made = add("", {**ENTRY, "rev": text})
    assert yaml.safe_load(made)["repos"][0]["rev"] == text


@pytest.mark.parametrize("text", ["v1.0", "git@host:a/b.git", "../x", "https://h/a~b"])
def test_plain_strings_have_no_quotes(text: str) -> None:
    if text != "../x":
        assert f"  - repo: {text}\n" in add("", {**ENTRY, "repo": text})


def test_lines_are_those_that_are_added() -> None:
    assert "repos:\n" + "\n".join(lines(ENTRY)) + "\n" == NEW


# --- where the hook comes from ---


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes lockhook one that was installed with some direct_url.json."""

    def installed(record: str | None) -> None:
        class Distribution:
            def read_text(self, name: str) -> str | None:
                assert name == "direct_url.json"
                return record

        monkeypatch.setattr(hook_source, "distribution", lambda _: Distribution())

    return installed


TAG = f"v{lockhook.__version__}"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
GIT = (
    '{"url": "https://me:secret@host/l.git", "vcs_info": {"vcs": "git", "commit_id": "'
    + COMMIT
    + '"%s}}'
)


@pytest.mark.parametrize(
    ("record", "asked", "repo", "rev"),
    [
        (None, (None, None), "local", None),
        ("{}", (None, None), "local", None),
        ("no json", (None, None), "local", None),
        ("[]", (None, None), "local", None),
        ('{"url": "file:///l", "dir_info": {"editable": true}}', (None, None), "local", None),
        ('{"url": "x", "vcs_info": {"vcs": "hg", "commit_id": "1"}}', (None, None), "local", None),
        ('{"url": "x", "vcs_info": {"vcs": "git"}}', (None, None), "local", None),
        (GIT % "", (None, None), "https://host/l.git", COMMIT),
        (GIT % ', "requested_revision": "main"', (None, None), "https://host/l.git", COMMIT),
        (GIT % f', "requested_revision": "{TAG}"', (None, None), "https://host/l.git", TAG),
        (GIT % "", (None, "v9"), "https://host/l.git", "v9"),
        (GIT % "", ("../l", None), "../l", TAG),
        (None, ("../l", None), "../l", TAG),
        (None, ("../l", "v9"), "../l", "v9"),
    ],
)
def test_where_the_hook_comes_from(
    installed: Any,
    record: str | None,
    asked: tuple[str | None, str | None],
    repo: str,
    rev: str | None,
) -> None:
    installed(record)
    found = hook_source.entry(*asked)
    assert (found["repo"], found.get("rev")) == (repo, rev)
    assert found["hooks"][0]["id"] == "lockfile-sync"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("ssh://git@host/l.git", "ssh://git@host/l.git"),
        ("ssh://git:secret@host/l.git", "ssh://git@host/l.git"),
        ("ssh://host/l@2", "ssh://host/l@2"),
        ("https://token@host/l.git", "https://host/l.git"),
        ("file:///l", "file:///l"),
    ],
)
def test_no_password_is_written(installed: Any, url: str, shown: str) -> None:
    installed((GIT % "").replace("https://me:secret@host/l.git", url))
    assert hook_source.entry(None, None)["repo"] == shown


def test_a_revision_of_nothing(installed: Any) -> None:
    installed(None)
    with pytest.raises(UsageError, match=r"^--hook-rev needs --hook-repo$"):
        hook_source.entry(None, "v1")


def test_a_lockhook_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(hook_source, "distribution", missing)
    assert hook_source.entry(None, None) == hook_source.INSTALLED


def test_the_installed_hook_is_the_one_of_the_manifest() -> None:
    manifest = yaml.safe_load((Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text())
    (hook,) = [hook for hook in manifest if hook["id"] == "lockfile-sync"]
    for key in ("description", "additional_dependencies", "minimum_pre_commit_version"):
        del hook[key]
    hook["language"] = "system"
    (ours,) = hook_source.INSTALLED["hooks"]
    assert ours == hook
    made = add("", hook_source.INSTALLED)
    assert yaml.safe_load(made) == {"repos": [hook_source.INSTALLED]}
    assert '"' not in made
