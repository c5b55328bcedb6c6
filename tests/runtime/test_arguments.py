from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

import pytest

import lockhook
from lockhook._runtime import environment

from .conftest import dist

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    lockhook.add_arguments(parser)
    return parser


def test_nothing_happens_without_the_flag(parser: argparse.ArgumentParser) -> None:
    assert lockhook.guard_args(parser.parse_args([])) is None


@pytest.mark.parametrize(
    ("flags", "passes"),
    [
        ([], False),
        (["--skip-lockfile-package", "bar"], True),
        (
            ["--skip-lockfile-package", "bar", "--skip-lockfile-package", "x", "--strict-lockfile"],
            False,
        ),
        (["--skip-lockfile-package=bar", "--skip-lockfile-package=baz", "--strict-lockfile"], True),
    ],
)
def test_the_flags(
    flags: list[str],
    passes: bool,
    parser: argparse.ArgumentParser,
    site: Callable[..., Path],
    env: Callable[..., Any],
    lock: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site(dist("foo", "1"), dist("bar", "9"), dist("baz", "1"))
    monkeypatch.setattr(environment, "current", env)
    args = parser.parse_args(["--verify-lockfile", lock("foo==1\nbar==1\nmpi4py==3\n"), *flags])
    if passes:
        report = lockhook.guard_args(args)
        assert report is not None
        assert report.ok
    else:
        with pytest.raises(SystemExit):
            lockhook.guard_args(args)


def test_in_a_subparser() -> None:
    parser = argparse.ArgumentParser()
    sub = parser.add_subparsers().add_parser("run")
    lockhook.add_arguments(sub)
    assert parser.parse_args(["run", "--verify-lockfile", "x"]).verify_lockfile == "x"
