"""Builds for accelerators, changed files and the project's exemptions, from disk to verdict."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from lockhook._runtime import settings, verification
from lockhook._runtime.policy import Policy

from .conftest import dist, write

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from lockhook._runtime.environment import Environment
    from lockhook._runtime.report import Report

CUDA = "__version__ = '2.9.1+cu128'\ncuda: Optional[str] = '12.8'\nhip: Optional[str] = None\n"
CPU = "__version__ = '2.9.1+cpu'\ncuda: Optional[str] = None\nhip: Optional[str] = None\n"


@pytest.fixture
def judged(
    lock: Callable[..., str], site: Callable[..., Path], env: Callable[..., Environment]
) -> Callable[..., Report]:
    """Verifies an environment with torch and numpy by a lock of both."""

    def judged(
        version_py: str, version: str = "2.9.1", pyproject: str = "", **policy: Any
    ) -> Report:
        modules = {"torch/__init__.py": "", "torch/version.py": version_py}
        site(dist("torch", version, modules=modules), dist("numpy", "2.0"))
        if pyproject:
            lock(pyproject, "pyproject.toml")
        return verification.verify(lock("torch==2.9.1\nnumpy==2.0\n"), env(), Policy(**policy))

    return judged


def codes(report: Report) -> list[str]:
    return [finding.code for finding in report.findings]


@pytest.mark.parametrize("options", [{}, {"allow_missing": True}, {"strict": True}])
def test_a_cuda_build_is_told_by_its_files(
    options: Mapping[str, bool], judged: Callable[..., Report]
) -> None:
    report = judged(CUDA, **options)
    (finding,) = report.findings
    assert (report.status, finding.code, finding.fails) == ("failed", "LH110", True)
    assert finding.message == (
        "2.9.1 is a build for cuda 12.8; "
        '[tool.lockhook.accept] torch = "why it is needed" allows it'
    )
    assert (report.summary["matched"], report.summary["leak"]) == (2, 1)


def test_a_cpu_build_gives_no_finding(judged: Callable[..., Report]) -> None:
    report = judged(CPU)
    assert (report.status, report.findings) == ("passed", ())


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"accelerator": "any"}, []),
        ({"pyproject": '[tool.lockhook]\naccelerator = "any"\n'}, []),
        ({"pyproject": '[tool.lockhook.accept]\nTorch = "on purpose"\n'}, ["LH111"]),
    ],
)
def test_who_means_it_says_so(
    options: Mapping[str, str], found: list[str], judged: Callable[..., Report]
) -> None:
    report = judged(CUDA, **options)
    assert (report.status, codes(report)) == ("passed", found)


def test_the_caller_overrides_the_project(judged: Callable[..., Report]) -> None:
    report = judged(CUDA, accelerator="cpu", pyproject='[tool.lockhook]\naccelerator = "any"\n')
    assert codes(report) == ["LH110"]


def test_a_torch_that_does_not_say_fails_when_it_is_strict(judged: Callable[..., Report]) -> None:
    assert codes(judged("cuda = compute()\n")) == ["LH110"]


def test_the_project_skips_what_differs(judged: Callable[..., Report]) -> None:
    project = '[tool.lockhook]\nskip = ["Torch"]\n'
    assert judged(CPU, "2.8", accelerator="any").status == "failed"
    report = judged(CPU, "2.8", project, accelerator="any")
    assert report.summary["skipped"] == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "lockhook = [",
        "[tool]\nlockhook = 1",
        "[tool.lockhook]\nskip = 1\naccept = 2",
        "tool = 3 # lockhook",
    ],
)
def test_settings_that_exempt_nothing(text: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert settings.read(str(tmp_path)) == settings.Settings()


def test_no_project_exempts_nothing(tmp_path: Path) -> None:
    assert settings.read(None) == settings.read(str(tmp_path)) == settings.Settings()


def digest(text: str) -> str:
    raw = hashlib.sha256(text.encode()).digest()
    return f"sha256={base64.urlsafe_b64encode(raw).rstrip(b'=').decode()},{len(text)}"


@pytest.fixture
def files(
    lock: Callable[..., str], site: Callable[..., Path], env: Callable[..., Environment]
) -> Callable[..., Report]:
    """Verifies every file of a package whose RECORD says that its module is ``x = 1``."""

    def files(content: str | None, *, record: bool = True, **policy: Any) -> Report:
        folder = site(dist("foo", "1"))
        info = folder / "foo-1.dist-info"
        (info / "RECORD").write_text(
            f"foo/__init__.py,{digest('x = 1')}\nfoo-1.dist-info/RECORD,,\n"
        )
        if not record:
            (info / "RECORD").unlink()
        write(folder, {"foo": {"__init__.py": content or ""}})
        if content is None:
            (folder / "foo" / "__init__.py").unlink()
        return verification.verify(lock("foo==1\n"), env(), Policy(**policy))

    return files


@pytest.mark.parametrize("how", ["size", "hash"])
@pytest.mark.parametrize(
    ("content", "kind"),
    [("x = 1", ""), ("x = 2", "changed"), ("x", "truncated"), (None, "deleted")],
)
def test_every_file(
    content: str | None, kind: str, how: str, files: Callable[..., Report], tmp_path: Path
) -> None:
    report = files(content, integrity=how)
    if not kind or (how, kind) == ("size", "changed"):
        assert (report.status, report.findings) == ("passed", ())
    else:
        (finding,) = report.findings
        assert (report.status, finding.code, finding.message) == ("failed", "LH112", kind)
        assert finding.location.endswith("foo/__init__.py")
    assert report.integrity is not None
    assert (report.integrity["mode"], report.integrity["checked"]) == (how, 1)
    assert f"Files: 1 checked by {how}, {len(report.findings)} modified" in str(report)


@pytest.mark.parametrize(("strict", "status"), [(False, "passed"), (True, "failed")])
def test_a_package_without_record_proves_nothing(
    strict: bool, status: str, files: Callable[..., Report]
) -> None:
    report = files("x = 1", record=False, integrity="hash", strict=strict)
    assert (report.status, codes(report)) == (status, ["LH107"])


def test_files_are_looked_at_only_when_asked(files: Callable[..., Report]) -> None:
    report = files("x = 2")
    assert (report.status, report.integrity) == ("passed", None)
