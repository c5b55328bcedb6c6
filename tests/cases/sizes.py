"""Locks as long as real ones, and longer than any: a clear answer in any case.

Time and memory grow with the length and no faster, which `tests/runtime/test_growth.py` holds.
"""

from __future__ import annotations

import os

from tests.cases import pylock, uv_lock
from tests.cases.kit import DEPENDENCIES, PYLOCK, REQUIREMENTS, UV_LOCK, case

# What would slow down a suite that runs on every push is a tenth as long as its title says.
SCALE = float(os.environ.get("LOCKHOOK_TEST_SCALE", "0.1"))
MEGABYTE = 10**6
HASH = "    --hash=sha256:" + "ab" * 32
CLICK = [("click", "8.1.7")]


def scaled(size: int) -> int:
    return int(size * SCALE)


def names(count: int) -> list[tuple[str, str]]:
    return [(f"package-{i}", f"1.{i}.0") for i in range(count)]


def pin(name: str, version: str) -> str:
    """Return a line as uv writes one of a universal lock, with its fork for another platform."""
    hashes = f"{HASH} \\\n{HASH}"
    return (
        f"{name}==0.9 ; sys_platform == 'darwin' \\\n{hashes}\n"
        f"{name}=={version} ; python_full_version >= '3.10' and sys_platform != 'darwin' \\\n{hashes}\n"
        "    # via bench\n"
    )


def requirements(count: int) -> str:
    return "".join(pin(name, version) for name, version in names(count))


def pylock_of(count: int) -> str:
    return pylock.lock(*(pylock.package(name, version) for name, version in names(count)))


def uv_lock_of(count: int) -> str:
    """Return a lock in which each package requires the next, and the project every tenth."""
    found = names(count)
    following = [name for name, _ in found[1:]]
    packages = [
        uv_lock.package(name, version, more=f"dependencies = [{uv_lock.edge(after)}]")
        for (name, version), after in zip(found, following, strict=False)
    ]
    roots = uv_lock.root(*(uv_lock.edge(name) for name, _ in found[::10]))
    return uv_lock.lock(roots, *packages, uv_lock.package(*found[-1]))


def one_off(count: int) -> list[tuple[str, str]]:
    return [*names(count)[:-1], (f"package-{count - 1}", "0.9")]


def parentheses(depth: int) -> str:
    return "(" * depth + "sys_platform == 'linux'" + ")" * depth


def alternatives(count: int, last: str) -> str:
    return " or ".join([*(f"platform_machine == 'm{i}'" for i in range(count)), last])


DEEP, MANY = 100, 1000
CHAIN = {
    f"{i}.txt": f"-r {i + 1}.txt\n" if i < DEEP else "click==8.1.7\n" for i in range(1, DEEP + 1)
}
INCLUDES = {f"part/{i}.txt": f"package-{i}==1.{i}.0\n" for i in range(MANY)}

CASES = [
    case(
        "Z01",
        "400 pins, universal, hashed",
        "ok",
        REQUIREMENTS,
        requirements(400),
        names(400),
        says="Matched:    400",
    ),
    case(
        "Z02",
        "400 pins, the last one off",
        "differs",
        REQUIREMENTS,
        requirements(400),
        one_off(400),
        says="package-399: expected 1.399.0, found 0.9",
    ),
    case(
        "Z03",
        "400 packages of a pylock.toml",
        "ok",
        PYLOCK,
        pylock_of(400),
        names(400),
        name="pylock.toml",
        says="400",
    ),
    case(
        "Z04",
        "400 packages of a pylock.toml, the last one off",
        "differs",
        PYLOCK,
        pylock_of(400),
        one_off(400),
        name="pylock.toml",
        says="package-399: expected 1.399.0, found 0.9",
    ),
    case(
        "Z05",
        "400 packages of a uv.lock, a chain of 400 edges",
        "ok",
        UV_LOCK,
        uv_lock_of(400),
        names(400),
        name="uv.lock",
        says="400",
    ),
    case(
        "Z06",
        "400 packages of a uv.lock, the last one off",
        "differs",
        UV_LOCK,
        uv_lock_of(400),
        one_off(400),
        name="uv.lock",
        says="package-399: expected 1.399.0, found 0.9",
    ),
    case(
        "Z07",
        "3,000 pins, none installed",
        "differs",
        REQUIREMENTS,
        requirements(3000),
        says="Missing:    3000",
    ),
    case(
        "Z08",
        "3,000 packages of a pylock.toml, none installed",
        "differs",
        PYLOCK,
        pylock_of(3000),
        name="pylock.toml",
        says="Missing:    3000",
    ),
    case(
        "Z09",
        "3,000 packages of a uv.lock, none installed",
        "differs",
        UV_LOCK,
        uv_lock_of(3000),
        name="uv.lock",
        says="Missing:    3000",
    ),
    case(
        "Z10",
        "2,000 nested parentheses in a marker",
        "differs",
        DEPENDENCIES,
        f"click==8.1.7 ; {parentheses(2000)}\n",
        [("click", "8.1.6")],
        says="click: expected 8.1.7, found 8.1.6",
    ),
    case(
        "Z11",
        "2,000 nested parentheses in a pylock.toml",
        "ok",
        DEPENDENCIES,
        pylock.lock(pylock.package(more=pylock.marker(parentheses(2000)))),
        CLICK,
        name="pylock.toml",
    ),
    case(
        "Z12",
        "2,000 nested parentheses in a uv.lock",
        "ok",
        DEPENDENCIES,
        uv_lock.lock(
            uv_lock.root(uv_lock.edge("click", f'marker = "{parentheses(2000)}"')),
            uv_lock.package(),
        ),
        CLICK,
        name="uv.lock",
    ),
    case(
        "Z13",
        "2,000 parentheses, one of them never closed",
        "refuse",
        DEPENDENCIES,
        f"click==8.1.7 ; {parentheses(2000)[:-1]}\n",
        CLICK,
        says="never closed",
    ),
    case(
        "Z14",
        "5,000 alternatives in a marker, the last is true",
        "differs",
        DEPENDENCIES,
        f"click==8.1.7 ; {alternatives(5000, 'os_name == ' + repr('posix'))}\n",
        says="click",
    ),
    case(
        "Z15",
        "a line of 20 MB: its comment",
        "ok",
        REQUIREMENTS,
        f"click==8.1.7  # {'x' * scaled(20 * MEGABYTE)}\n",
        CLICK,
    ),
    case(
        "Z16",
        "a line of 20 MB: no pin",
        "refuse",
        REQUIREMENTS,
        f"click==8.1.7\n{'x' * scaled(20 * MEGABYTE)}\n",
        CLICK,
        says="requirements.txt:2",
    ),
    case(
        "Z17",
        "50 MB of hashes of one pin",
        "ok",
        REQUIREMENTS,
        "click==8.1.7 \\\n" + " \\\n".join([HASH] * (scaled(50 * MEGABYTE) // len(HASH))) + "\n",
        CLICK,
    ),
    case(
        "Z18",
        "50 MB of hashes, the last cut off",
        "refuse",
        REQUIREMENTS,
        "click==8.1.7 \\\n"
        + " \\\n".join([HASH] * (scaled(50 * MEGABYTE) // len(HASH)))[:-1]
        + "\n",
        CLICK,
        says="cut off",
    ),
    case(
        "Z19",
        "100 files that include one another",
        "ok",
        REQUIREMENTS,
        "-r 1.txt\n",
        CLICK,
        files=CHAIN,
    ),
    case(
        "Z20",
        "1,000 includes",
        "differs",
        REQUIREMENTS,
        "".join(f"-r {name}\n" for name in INCLUDES),
        names(999),
        files=INCLUDES,
        says="package-999",
    ),
]
