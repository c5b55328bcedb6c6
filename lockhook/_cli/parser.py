"""The arguments of every command."""

from __future__ import annotations

import argparse
import os
from contextlib import suppress
from functools import partial

from lockhook import __version__
from lockhook._cli.view import FORMATS
from lockhook.errors import MissingToolError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Final

_EPILOG: Final = """\
exit codes:
  0  all is well
  1  a finding: a stale lock, a package that differs
  2  wrong usage, or bad [tool.lockhook] settings
  3  cannot decide: a lock that cannot be read, uv or the network failed
"""
_SHELLS: Final = ("bash", "zsh", "fish")


def build(argv: Sequence[str] | None = None) -> argparse.ArgumentParser:
    """Return the parser; the namespace it makes has `run`, which takes it and returns the code.

    Args:
        argv: what is to be parsed; if it begins with a command, the others are left out.
    """
    parser = argparse.ArgumentParser(
        prog="lockhook",
        description="Keep CPU-only PyTorch locks fresh, and refuse to benchmark on anything else.",
        epilog=_EPILOG,
        formatter_class=partial(argparse.RawDescriptionHelpFormatter, width=_width()),
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"lockhook {__version__}")
    parser.add_argument(
        "--print-completion",
        choices=_SHELLS,
        action=_PrintCompletion,
        help="print the completion script for a shell, and exit",
    )
    # Without `prog` it would format a whole usage to find it.
    commands = parser.add_subparsers(
        title="commands", metavar="COMMAND", required=True, prog="lockhook"
    )
    # To declare them all takes longer than a check takes to judge a lock.
    for name in argv[:1] if argv and argv[0] in _COMMANDS else _COMMANDS:
        _add(commands, name, *_COMMANDS[name])
    return parser


def _add(
    commands: Any,
    name: str,
    summary: str,
    declare: Callable[[argparse.ArgumentParser], None],
    run: Callable[[argparse.Namespace], int],
) -> None:
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=_sentence(summary),
        formatter_class=partial(argparse.HelpFormatter, width=_width()),
        allow_abbrev=False,
    )
    parser.add_argument("--format", choices=FORMATS, default="text", help="default: text")
    parser.add_argument("-q", "--quiet", action="store_true", help="print only what is wrong")
    parser.add_argument("-v", "--verbose", action="store_true", help="print more")
    parser.set_defaults(run=run)
    declare(parser)


def _width() -> int:
    """Return the columns for help: argparse would import `shutil`, with all its compressors."""
    columns = os.environ.get("COLUMNS", "")
    with suppress(OSError):
        return (int(columns) if columns.isdecimal() else os.get_terminal_size().columns) - 2
    return 78


def _sentence(summary: str) -> str:
    return f"{summary[0].upper()}{summary[1:]}{'' if summary.endswith('?') else '.'}"


def _init(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--dry-run", action="store_true", help="print what would change as a diff, write nothing")
    add(
        "--pyproject", metavar="PATH", help="the project's pyproject.toml; default: the nearest one"
    )
    add("--hook-repo", metavar="URL", help="where pre-commit gets lockhook; default: see README")
    add("--hook-rev", metavar="REV", help="a tag or commit there; default: this version's tag")


def _generate(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "-o",
        "--output",
        metavar="OUTPUT",
        help="default: requirements.txt; the name decides the format",
    )
    add("--all", action="store_true", help="write every lock of the project")
    add("--extra", metavar="EXTRA", action="append", dest="extras", help="cover this extra too")
    add(
        "--group",
        metavar="GROUP",
        action="append",
        dest="groups",
        help="cover this dependency group too",
    )
    add("--hashes", action="store_const", const=True, help="write the hash of every file")
    add("--python-version", metavar="V", help="lowest Python to serve; default: by requires-python")
    add(
        "--pyproject", metavar="PATH", help="the project's pyproject.toml; default: the nearest one"
    )
    add("--upgrade", action="store_true", help="keep no pins")
    add("--upgrade-package", metavar="P", action="append", default=[], help="do not keep this pin")
    add("--exclude-newer", metavar="DATE", help="ignore what was uploaded later")
    add(
        "--no-universal",
        action="store_const",
        const=False,
        dest="universal",
        help="lock for this platform only",
    )


def _sync(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--stage", action="store_true", help="`git add` the regenerated locks, and pass"
    )
    parser.add_argument("files", metavar="FILE", nargs="*", help="only the projects of these files")


def _check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", nargs="*", help="only the projects of these files")


def _verify(parser: argparse.ArgumentParser) -> None:
    _judging(parser)
    parser.add_argument(
        "--project-environment",
        action="store_true",
        help="look into .venv of each project, or the active environment; silent if all is well",
    )
    parser.add_argument(
        "--mpi",
        action="store_true",
        help="one verdict for all ranks of an MPI job: mpiexec ... lockhook verify --mpi",
    )


def _judging(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("-l", "--lockfile", metavar="LOCKFILE", help="default: the project's lock")
    add(
        "--extra",
        metavar="EXTRA",
        action="append",
        default=[],
        help="judge this extra of the lock too",
    )
    add(
        "--group",
        metavar="GROUP",
        action="append",
        default=[],
        help="judge this dependency group too",
    )
    add("--skip", metavar="PACKAGE", action="append", help="leave out; default: mpi4py")
    add("--allow-missing", action="store_true", help="let packages pass that are not installed")
    add("--strict", action="store_true", help="fail on all that the report says")
    add(
        "--integrity",
        choices=("size", "hash"),
        nargs="?",
        const="hash",
        help="hold every file against its RECORD; default: by hash",
    )
    add("--accelerator", choices=("cpu", "any"), help="default: by the project's settings, cpu")
    add("--python", metavar="PATH", help="look into this interpreter's environment")
    add("--record", metavar="PATH", help="write the JSON report there as well")


def _why(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("package", metavar="PACKAGE")
    parser.add_argument(
        "-l", "--lockfile", metavar="LOCKFILE", help="default: the project's first lock"
    )


def _diff(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("old", metavar="OLD", help="a lock, REVISION:PATH, or a git revision of NEW")
    add("new", metavar="NEW", help="a lock, REVISION:PATH, or a git revision of OLD")
    add("--exit-code", action="store_true", help="exit 1 if anything changed")


def _exec(parser: argparse.ArgumentParser) -> None:
    _judging(parser)
    parser.add_argument("command", metavar="COMMAND", nargs=argparse.REMAINDER)


def _demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--keep", action="store_true", help="keep the temporary folder")


# The commands are imported when they run: `verify` needs nothing of what `generate` does.


def _run_init(args: argparse.Namespace) -> int:
    from lockhook._cli import init

    return init.run(args)


def _run_generate(args: argparse.Namespace) -> int:
    from lockhook._cli import generate

    return generate.run(args)


def _run_sync(args: argparse.Namespace) -> int:
    from lockhook._cli import sync

    return sync.run(args)


def _run_check(args: argparse.Namespace) -> int:
    from lockhook._cli import check

    return check.run(args)


def _run_verify(args: argparse.Namespace) -> int:
    from lockhook._cli import verify

    return verify.run(args)


def _run_why(args: argparse.Namespace) -> int:
    from lockhook._cli import why

    return why.run(args)


def _run_diff(args: argparse.Namespace) -> int:
    from lockhook._cli import diff

    return diff.run(args)


def _run_exec(args: argparse.Namespace) -> int:
    from lockhook._cli import exec as exec_

    return exec_.run(args)


def _run_demo(args: argparse.Namespace) -> int:
    from lockhook._cli import demo

    return demo.run(args)


# What each is for, its arguments, and what runs it.
_COMMANDS: Final = {
    "init": ("set a project up: CPU index, locks, hook", _init, _run_init),
    "generate": ("resolve with uv and write the lock", _generate, _run_generate),
    "sync": ("regenerate the locks that are not fresh", _sync, _run_sync),
    "check": ("are the locks fresh? reads only, offline", _check, _run_check),
    "verify": ("are the installed packages what the lock says?", _verify, _run_verify),
    "why": ("what brought a package into a lock?", _why, _run_why),
    "diff": ("what changed between two locks?", _diff, _run_diff),
    "exec": ("verify, then become a command", _exec, _run_exec),
    "demo": ("the whole story on a throw-away project", _demo, _run_demo),
}


class _PrintCompletion(argparse.Action):
    """Prints a completion script, made by shtab from this very parser."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,  # noqa: ARG002 - the signature is argparse's
        values: Any,
        option_string: str | None = None,  # noqa: ARG002
    ) -> None:
        try:
            import shtab
        except ImportError:
            error = MissingToolError("completion needs shtab, and there is none")
            parser.exit(
                error.exit_code, f"lockhook: {error}\n  next: pip install 'lockhook[cli]'\n"
            )
        whole = build()
        _complete_paths(whole, shtab.FILE)
        print(shtab.complete(whole, shell=values))
        parser.exit(0)


def _complete_paths(parser: argparse.ArgumentParser, files: Any) -> None:
    for action in parser._actions:  # noqa: SLF001 - argparse has no public way to list them
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for command in action.choices.values():
                _complete_paths(command, files)
        elif action.metavar in {"FILE", "LOCKFILE", "NEW", "OLD", "OUTPUT", "PATH"}:
            action.complete = files  # type: ignore[attr-defined]
