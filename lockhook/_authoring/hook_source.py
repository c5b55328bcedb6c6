"""Where pre-commit gets the hook from: a repository of lockhook, or the one that is installed."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, distribution
from typing import TYPE_CHECKING, Any, Final

from lockhook import __version__
from lockhook._authoring.hook_entry import HOOK
from lockhook._runtime.names import without_credentials
from lockhook.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

# As `.pre-commit-hooks.yaml` has it, but for how it is installed: by whoever commits.
INSTALLED: Final = {
    "repo": "local",
    "hooks": [
        {
            "id": HOOK,
            "name": "lockhook sync",
            "entry": "lockhook sync",
            "language": "system",
            "files": r"(^|/)(pyproject\.toml|uv\.toml|uv\.lock|pylock(\.[^/]+)?\.toml"
            r"|setup\.(cfg|py)|requirements([^/]*|/.+)\.(txt|in))$",
            "require_serial": True,
            "stages": ["pre-commit"],
        }
    ],
}


def entry(repo: str | None, rev: str | None) -> Mapping[str, Any]:
    """Return the entry of ``repos``.

    A named repository is taken; else the one that this very lockhook was installed from (PEP 610);
    else the hook runs the lockhook that is installed: there is no place to fetch it from.

    Args:
        repo: a URL or path that git can clone.
        rev: a tag or commit of it; None for the tag of this version.

    Raises:
        UsageError: if a revision is named, and there is no repository.
    """
    known, commit = _installed_from()
    if not (repo or known):
        if rev:
            raise UsageError("--hook-rev needs --hook-repo", hint="name the repository too")
        return INSTALLED
    tag = f"v{__version__}"
    revision = rev or (tag if repo else commit)
    return {"repo": repo or known, "rev": revision, "hooks": [{"id": HOOK}]}


def _installed_from() -> tuple[str, str]:
    """Return the git URL and the revision that lockhook was installed from, or twice ""."""
    try:
        text = distribution("lockhook").read_text("direct_url.json")
        record = json.loads(text or "{}")
        vcs = record.get("vcs_info", {})
        if vcs.get("vcs") != "git":
            return "", ""
        # A branch is no revision: pre-commit would never fetch it again.
        asked, commit = vcs.get("requested_revision"), vcs["commit_id"]
        return _without_password(record["url"]), str(
            asked if asked == f"v{__version__}" else commit
        )
    except (PackageNotFoundError, ValueError, KeyError, AttributeError):
        return "", ""


def _without_password(url: str) -> str:
    """Return a URL as others may use it. Over SSH the user is part of the address."""
    scheme, mark, rest = url.partition("://")
    user, at, place = rest.partition("@")
    if scheme == "ssh" and at and "/" not in user:
        return f"{scheme}{mark}{user.partition(':')[0]}@{place}"
    return without_credentials(url)
