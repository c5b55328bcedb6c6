"""Small wheels made from nothing, and local package indexes of them: for the demo and the tests."""

from __future__ import annotations

import base64
import csv
import hashlib
import html
import io
import itertools
import re
import zipfile
from collections import defaultdict
from dataclasses import dataclass, field
from urllib.parse import quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

__all__ = ["Wheel", "write_index"]

# The first moment a zip archive can name, so that one wheel always has the same bytes.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_FILE_MODE = 0o100644


@dataclass(frozen=True, kw_only=True)
class Wheel:
    """One wheel, by what distinguishes it from the others.

    Attributes:
        name: in any spelling; file names and index folders get the normalised one.
        version: in normal form (PEP 440), with its local label: ``2.9.1+cpu``.
        requires: dependencies, as ``Requires-Dist`` has them (PEP 508).
        extras: the requirements that each extra adds.
        requires_python: specifiers, empty for none.
        tag: compatibility tag, compressed sets allowed: ``py2.py3-none-any``.
        scripts: commands, each with its ``module:function``.
        files: further files by their path in site-packages. An importable package with a
            ``__version__`` is there unless this has one of the same path.
    """

    name: str
    version: str
    requires: Sequence[str] = ()
    extras: Mapping[str, Sequence[str]] = field(default_factory=dict)
    requires_python: str = ""
    tag: str = "py3-none-any"
    scripts: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str | bytes] = field(default_factory=dict)

    @property
    def module(self) -> str:
        """The name it is imported by, which is also the start of its file name."""
        return re.sub(r"[-_.]+", "_", self.name).lower()

    @property
    def project(self) -> str:
        """The normalised name, which is also its folder in an index (PEP 503)."""
        return self.module.replace("_", "-")

    @property
    def dist_info(self) -> str:
        """The folder of its metadata (binary distribution format, "File Format")."""
        return f"{self.module}-{self.version}.dist-info"

    @property
    def file_name(self) -> str:
        """``{distribution}-{version}-{python}-{abi}-{platform}.whl``."""
        return f"{self.module}-{self.version}-{self.tag}.whl"

    def contents(self) -> dict[str, bytes]:
        """Return every file of the archive, RECORD last as the specification recommends."""
        files = {
            f"{self.module}/__init__.py": f"__version__ = {self.version!r}\n",
            **self.files,
            f"{self.dist_info}/METADATA": self._metadata(),
            f"{self.dist_info}/WHEEL": self._wheel(),
            **self._entry_points(),
        }
        data = {path: _bytes(text) for path, text in files.items()}
        record = f"{self.dist_info}/RECORD"
        return {**data, record: _record(data, record)}

    def build(self, folder: Path) -> Path:
        """Write the wheel into a folder, which is made if need be, and return its path."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / self.file_name
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in self.contents().items():
                entry = zipfile.ZipInfo(name, _EPOCH)
                entry.external_attr = _FILE_MODE << 16
                archive.writestr(entry, data)
        return path

    def _metadata(self) -> str:
        lines = ["Metadata-Version: 2.1", f"Name: {self.name}", f"Version: {self.version}"]
        if self.requires_python:
            lines.append(f"Requires-Python: {self.requires_python}")
        lines += [f"Requires-Dist: {requirement}" for requirement in self.requires]
        for extra, requirements in self.extras.items():
            lines.append(f"Provides-Extra: {extra}")
            lines += [f"Requires-Dist: {_only_for(extra, text)}" for text in requirements]
        return "\n".join(lines) + "\n"

    def _wheel(self) -> str:
        python, abi, platform = (part.split(".") for part in self.tag.split("-"))
        tags = ["-".join(tag) for tag in itertools.product(python, abi, platform)]
        pure = "true" if platform == ["any"] else "false"
        head = f"Wheel-Version: 1.0\nGenerator: lockhook\nRoot-Is-Purelib: {pure}\n"
        return head + "".join(f"Tag: {tag}\n" for tag in tags)

    def _entry_points(self) -> dict[str, str]:
        if not self.scripts:
            return {}
        lines = [f"{command} = {target}\n" for command, target in self.scripts.items()]
        return {f"{self.dist_info}/entry_points.txt": "[console_scripts]\n" + "".join(lines)}


def write_index(folder: Path, wheels: Iterable[Wheel]) -> str:
    """Write a simple index (PEP 503) of wheels as a folder of static pages.

    Returns:
        Its ``file:`` URL, which uv and pip take as an index.
    """
    projects: dict[str, list[Wheel]] = defaultdict(list)
    for wheel in wheels:
        projects[wheel.project].append(wheel)
    for project, members in projects.items():
        links = [_link(wheel, wheel.build(folder / project)) for wheel in members]
        _page(folder / project, links)
    _page(folder, [f'<a href="{project}/">{project}</a>' for project in sorted(projects)])
    return folder.as_uri()


def _link(wheel: Wheel, path: Path) -> str:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    python = f' data-requires-python="{html.escape(wheel.requires_python)}"'
    return (
        f'<a href="{quote(path.name)}#sha256={digest}"'
        f"{python if wheel.requires_python else ''}>{html.escape(path.name)}</a>"
    )


def _page(folder: Path, links: Iterable[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    body = "".join(f"{link}<br>\n" for link in links)
    page = f"<!DOCTYPE html>\n<html><body>\n{body}</body></html>\n"
    (folder / "index.html").write_text(page, encoding="utf-8", newline="\n")


def _record(files: Mapping[str, bytes], record: str) -> bytes:
    """Return RECORD: path, unpadded urlsafe SHA-256, size in bytes; nothing for itself."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    for path, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        writer.writerow([path, f"sha256={digest}", len(data)])
    writer.writerow([record, "", ""])
    return out.getvalue().encode()


def _only_for(extra: str, requirement: str) -> str:
    requirement, semicolon, marker = requirement.partition(";")
    condition = f"extra == '{extra}'"
    if semicolon:
        condition = f"({marker.strip()}) and {condition}"
    return f"{requirement.strip()} ; {condition}"


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content
