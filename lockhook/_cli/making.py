"""What ``lockhook generate`` does: which locks it makes, and what it tells of them."""

from __future__ import annotations

import os

from lockhook._authoring import config, generate, locks, project
from lockhook._authoring.config import BASE
from lockhook._authoring.generate import Upgrade
from lockhook._authoring.locks import ManagedLock
from lockhook._cli import changes
from lockhook._cli import locks as rendering
from lockhook._cli.view import View, show
from lockhook._runtime.discovery import nearest_project
from lockhook.errors import ConfigError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterator

    from lockhook._authoring.generate import Generated
    from lockhook._authoring.project import Project
    from lockhook._authoring.uv import Uv

_OPTIONS = ("extras", "groups", "hashes", "python_version", "universal", "exclude_newer")


def run(args: Namespace, find: Callable[[], Uv]) -> int:
    """Write the locks that were asked for, and return 0.

    Args:
        args: the command line.
        find: returns the uv to use.

    Raises:
        LockhookError: if one cannot be made; those before it stand.
    """
    upgrade = Upgrade.parse(args.upgrade_package, everything=args.upgrade)
    one = project.load(directory_of(args.pyproject))
    wanted = _all(args, one) if args.all else [_wanted(args, one)]
    made = list(generate.generate(wanted, find(), upgrade, quiet=args.quiet))
    show(_view(made, quiet=args.quiet), args.format)
    return 0


def directory_of(pyproject: str | None) -> str:
    """Return the directory of the project that ``--pyproject`` names, or of the nearest one.

    Raises:
        UsageError: if it names another file.
    """
    if pyproject is None:
        return nearest_project(os.getcwd()) or os.getcwd()
    directory, name = os.path.split(os.path.abspath(pyproject))
    if name != project.FILE:
        raise UsageError(
            f"is not called {project.FILE}, which uv reads",
            path=pyproject,
            hint=f"--pyproject takes the path of a {project.FILE}",
        )
    return directory


def _given(args: Namespace) -> dict[str, object]:
    return {name: value for name in _OPTIONS if (value := getattr(args, name)) is not None}


def _all(args: Namespace, one: Project) -> tuple[ManagedLock, ...]:
    if _given(args) or args.output:
        raise UsageError(
            "--all makes each lock with its own options",
            hint="leave out --all, or put them under [tool.lockhook.locks] in pyproject.toml",
        )
    # uv's own lock is for uv to write; `sync` has it made anew when it must be.
    return tuple(lock for lock in locks.locks_of(one) if not lock.is_uvs)


def _wanted(args: Namespace, one: Project) -> ManagedLock:
    name = _name(args.output or BASE, one)
    lock = locks.named(one, config.read(one), name)
    given = _given(args)
    if not given:
        return lock
    given = {
        "extras": list(locks.implied_extras(name)),
        "emit_index": lock.options.emit_index,
        **{key: _checked(key, value) for key, value in given.items()},
    }
    options = config.options(**given)
    if lock.configured and options != lock.options:
        raise UsageError(
            f"[tool.lockhook.locks] says how {name} is made, the command line says otherwise",
            path=one.path,
            hint="change it there, or write another file with -o",
        )
    return ManagedLock(project=one, name=name, options=options, configured=lock.configured)


def _checked(name: str, value: object) -> object:
    try:
        config.options(**{name: value})
    except ConfigError:
        flag = "--" + name.replace("_", "-").removesuffix("s")
        given = ", ".join(map(str, value)) if isinstance(value, list) else value
        expected = config.EXPECTED.get(flag[2:], "a name")
        raise UsageError(f"{flag} {str(given)!r} is not {expected}") from None
    return value


def _name(output: str, one: Project) -> str:
    directory, name = os.path.split(os.path.abspath(output))
    # A bare name means the project's directory, wherever one stands below it.
    elsewhere = os.path.realpath(directory) != os.path.realpath(one.directory)
    if os.path.dirname(output) and elsewhere:
        raise UsageError("lies elsewhere than pyproject.toml", path=output, hint=config.NAME_HINT)
    if not config.is_lock_name(name):
        raise UsageError("is not the name of a lock", path=output, hint=config.NAME_HINT)
    return name


def _view(made: list[Generated], *, quiet: bool) -> View:
    return View(
        document={
            "schema": 1,
            "status": "passed",
            "locks": [
                {
                    "lockfile": rendering.shown(one.lock),
                    "status": _status(one),
                    "code": None,
                    "reasons": [],
                    "regenerated": True,
                    "changes": changes.documents(one.changes),
                    "notes": list(one.notes),
                }
                for one in made
            ],
            "fix": [],
        },
        text=[] if quiet else list(_text(made)),
        title="locks generated",
        rows=[
            ("lock", "status", "packages"),
            *((rendering.shown(o.lock), _status(o), str(o.count)) for o in made),
        ],
        sections=rendering.sections(made),
    )


def _status(one: Generated) -> str:
    return "written" if one.changed else "unchanged"


def _text(made: list[Generated]) -> Iterator[str]:
    for one in made:
        yield f"{rendering.shown(one.lock)}: {_status(one)}"
        yield f"  {one.count} packages"
        yield from (f"    {change}" for change in one.changes)
        yield from (f"  note: {line}" for line in one.notes)
