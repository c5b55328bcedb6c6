"""The interpreter that is judged: its path, its marker values, and what it is called."""

from __future__ import annotations

import sys

from lockhook._runtime.facts import facts
from lockhook._runtime.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Environment(Record):
    """One interpreter, as data, so that another platform is another value of this.

    Attributes:
        markers: the marker variables (PEP 508, "Environment Markers").
        path: `sys.path`, absolute, in order.
        prefix: `sys.prefix`, the root of a virtual environment.
        base_prefix: `sys.base_prefix`; the same as `prefix` outside a virtual environment.
        executable: `sys.executable`.
        stdlib: where the standard library lies: nothing in it shadows a package.
        user_site: where ``pip install --user`` puts things, "" if that is switched off.
        hostname: the machine's name.
    """

    markers: Mapping[str, str]
    path: tuple[str, ...]
    prefix: str
    base_prefix: str
    executable: str
    stdlib: tuple[str, ...]
    user_site: str
    hostname: str


def current(*, script_directory: bool = True) -> Environment:
    """Return the environment of this process.

    Args:
        script_directory: keep the first entry of `sys.path`, where the running script lies. The
            guard keeps it, since the benchmark imports from there; ``lockhook verify`` does not,
            since it only says how lockhook itself was started.
    """
    values = facts()
    if not script_directory and not getattr(sys.flags, "safe_path", False):
        values["path"] = values["path"][1:]
    return Environment(**values)


def foreign(python: str) -> Environment:
    """Return the environment of another interpreter, asked in a process of its own.

    Args:
        python: path of the interpreter, or a virtual environment's directory.

    Raises:
        UsageError: if there is no such program.
        EnvironmentUnreadableError: if it does not answer, or is no Python that lockhook knows.
    """
    # Reached only with --python: never in a guard's process.
    from lockhook._runtime.interpreter import ask

    return Environment(**ask(python))


def describe(environment: Environment) -> Mapping[str, str]:
    """Return what a report says of the machine."""
    markers = environment.markers
    return {
        "python": markers["python_full_version"],
        "implementation": markers["platform_python_implementation"],
        "platform": f"{markers['sys_platform']}-{markers['platform_machine']}",
        "prefix": environment.prefix,
        "hostname": environment.hostname,
    }
