"""The edges between the halves, and who alone may print, start programs and read locks."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

import lockhook

PACKAGE = Path(lockhook.__file__).parent
MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path
    for path in sorted(PACKAGE.rglob("*.py"))
}

# Who may start a program, and which one.
STARTS_PROGRAMS = {
    "lockhook._authoring.git": "git",
    "lockhook._authoring.uv": "uv",
    "lockhook._runtime.interpreter": "the interpreter that --python names",
    "lockhook._authoring.demo": "the tools of the story",
    "lockhook._cli.exec": "the command that is verified for",
}


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def imports(module: str) -> set[str]:
    """Every module that a module imports, wherever in it, for types or in earnest."""
    found = set()
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def calls(module: str) -> list[tuple[str, ast.Call]]:
    return [
        (ast.unparse(node.func), node)
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Call)
    ]


def part_of(module: str, package: str) -> bool:
    return f"{module}.".startswith(f"{package}.")


assert len(MODULES) > 20


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize(
    ("package", "forbidden"),
    [
        ("lockhook._runtime", "lockhook._authoring"),
        ("lockhook._runtime", "lockhook._cli"),
        ("lockhook._authoring", "lockhook._cli"),
        ("lockhook.errors", "lockhook._authoring"),
        ("lockhook.errors", "lockhook._cli"),
    ],
)
def test_edges(module: str, package: str, forbidden: str) -> None:
    if part_of(module, package):
        assert not [name for name in imports(module) if part_of(name, forbidden)]


@pytest.mark.parametrize("module", MODULES)
def test_only_the_command_line_prints(module: str) -> None:
    prints = [node.lineno for name, node in calls(module) if name in {"print", "pprint"}]
    assert not prints or part_of(module, "lockhook._cli")


@pytest.mark.parametrize("module", MODULES)
def test_only_few_start_programs_and_none_a_shell(module: str) -> None:
    if any(part_of(name, "subprocess") for name in imports(module)):
        allowed = any(part_of(module, name) for name in STARTS_PROGRAMS)
        # `list2cmdline` quotes for Windows, and starts nothing.
        assert allowed or imports(module) & {"subprocess.list2cmdline"}
    for name, node in calls(module):
        assert name not in {"os.system", "os.popen", "subprocess.getoutput", "pty.spawn"}
        for keyword in node.keywords if name.startswith("subprocess.") else ():
            assert not (keyword.arg == "shell" and ast.unparse(keyword.value) != "False")


def test_one_module_imports_mpi4py() -> None:
    # Whoever gives the guard a communicator has imported it already.
    assert [m for m in MODULES if any(part_of(name, "mpi4py") for name in imports(m))] == [
        "lockhook._cli.mpi"
    ]


@pytest.mark.parametrize("module", MODULES)
def test_nothing_read_is_run(module: str) -> None:
    dangerous = {
        "eval",
        "exec",
        "compile",
        "__import__",
        "pickle.loads",
        "marshal.loads",
        "yaml.load",
    }
    found = {name for name, _ in calls(module)} & dangerous
    # `lockhook.__getattr__` imports its own modules by name.
    assert found <= ({"__import__"} if module == "lockhook.__init__" else set())


def test_one_module_of_the_runtime_half_opens_locks() -> None:
    opens = {
        module.removeprefix("lockhook._runtime.")
        for module in MODULES
        if part_of(module, "lockhook._runtime")
        and any(name in {"open", "os.open"} for name, _ in calls(module))
    }
    # Each of the others opens files of one kind, none of which is a lock.
    others = {
        "discovery", "filecheck", "files", "installed", "interpreter", "lockfile", "presence",
        "recorded", "settings", "shadow", "torch_version", "uv_config", "uv_groups",
        "verification", "workspace",
    }  # fmt: skip
    assert opens - others == {"lock_bytes"}


@pytest.mark.parametrize("module", [m for m in MODULES if part_of(m, "lockhook._runtime")])
def test_modules_stay_small(module: str) -> None:
    assert len(MODULES[module].read_text(encoding="utf-8").splitlines()) <= 300
