"""A pylock.toml as uv writes it, read at a glance: block by block, without a parser.

What is taken here means the same to `pylock_toml`, to which all else is left. Every line is looked
at, and a line break cannot stand in a string of one line: so none is taken for what it is not.
"""

from __future__ import annotations

from lockhook._runtime.names import is_name, normalize
from lockhook._runtime.plain import is_plain_version, plain
from lockhook._runtime.uv_files import of_pylock, together
from lockhook._runtime.uv_layout import is_plain_text, stamp, strings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lockhook._runtime.coverage import Coverage
    from lockhook._runtime.plain import Plain

    # What it says but for its files, and the texts of its sdist and of its wheels.
    Package = tuple[dict[str, str], str, str]

_PACKAGE = "\n[[packages]]\n"
_STAMP = "\n[tool.lockhook]\n"
_HEAD = ("lock-version", "created-by", "requires-python")
# In the order in which uv writes what a package from an index has, but for its files.
_KEYS = ("name", "version", "marker", "requires-python", "index")


def read(data: bytes) -> Plain | None:
    """Return the pins of a lock, None unless every line of it is plain.

    Args:
        data: the bytes of the file.
    """
    if not is_plain_text(data):
        return None
    body, _, table = data.decode().partition(_STAMP)
    head, *blocks = body.split(_PACKAGE)
    top = strings([line for line in head.split("\n") if line[:1] not in {"", "#"}], _HEAD)
    stamped = stamp(table)
    if not top or top.get("lock-version") != "1.0" or "created-by" not in top or stamped is None:
        return None
    packages = [_package(block) for block in blocks]
    wheels = _wheels([package for package in packages if package])
    if wheels is None or len(wheels) != len(blocks):
        return None
    known = [package[0] for package in packages if package]
    return _plain(known, wheels, top.get("requires-python", ""), stamped)


def _plain(
    packages: list[dict[str, str]],
    wheels: list[tuple[str, ...]],
    python: str,
    stamped: dict[str, str],
) -> Plain | None:
    names = [package["name"] for package in packages]
    markers = [package.get("marker", "") for package in packages]
    # What asks for extras and groups is for the careful reader, which knows which are asked for.
    if any("extra" in marker or "group" in marker for marker in set(markers)):
        return None
    found = plain(names, [package["version"] for package in packages], markers)
    if not found or found.names != names:
        return None
    requires = {python, *[package.get("requires-python", "") for package in packages]}
    return found.replace(
        wheels=wheels,
        requires=frozenset(requires) - {""},
        coverage=_coverage(stamped) if stamped else None,
    )


def _coverage(stamped: dict[str, str]) -> Coverage:
    from lockhook._runtime import coverage

    return coverage.of_pylock({"tool": {"lockhook": stamped}})


def _package(block: str) -> Package | None:
    """Return what one ``[[packages]]`` says, None if it is not plain."""
    block = block.rstrip("\n")
    start = block.find("\nsdist = {") + 1 or block.find("\nwheels = [") + 1
    known = strings(block[: start - 1].split("\n"), _KEYS) if start else None
    if not known or "name" not in known or "version" not in known:
        return None
    sdist, rest = "", block[start:]
    if rest[:8] == "sdist = ":
        line, _, rest = rest.partition("\n")
        sdist = line[8:]
    if rest and (rest[:10] != "wheels = [" or rest[-1] != "]"):
        return None
    inside = rest[10:-1]
    # One wheel stands in the line itself; of more, each has its own, and a comma behind it.
    if inside[:5] == "\n    " and inside[-2:] == ",\n":
        inside = inside[5:-2]
    return None if "\n" in sdist or (rest and not inside) else (known, sdist, inside)


def _wheels(packages: list[Package]) -> list[tuple[str, ...]] | None:
    """Return the names of the wheels of each package that has no sdist, "" for the others.

    None if a file is not plain, or not one of its package.
    """
    texts = [text for _, *files in packages for text in files if text]
    urls = together(texts, of_pylock)
    if urls is None:
        return None
    left = iter(urls)
    found: list[tuple[str, ...]] = []
    for known, sdist, wheels in packages:
        name, version = known["name"], known["version"]
        if sdist and not _is_sdist_of(next(left)[0], name, version):
            return None
        files = list(map(file_name, next(left))) if wheels else []
        if not _are_wheels_of(files, name, version):
            return None
        found.append(() if sdist else tuple(files))
    return found


def file_name(url: str) -> str:
    """Return the last part of a URL, "" if it would have to be taken apart with more care."""
    name = url[url.rfind("/") + 1 :]
    name = name.replace("%2B", "+") if "%" in name else name
    return "" if "%" in name or "?" in url or "#" in url or ";" in name else name


def _are_wheels_of(files: list[str], name: str, version: str) -> bool:
    """Tell whether files are wheels of a version (binary distribution format, "File name")."""
    stem = f"{name.replace('-', '_')}-{version}-"
    if {file[-4:] for file in files} - {".whl"} or {file.count("-") for file in files} - {4}:
        return False
    if name.islower() and {file[: len(stem)] for file in files} == {stem}:
        return True
    return all(_is_wheel_of(file, name, version) for file in files)


def _is_wheel_of(file: str, name: str, version: str) -> bool:
    found, found_version, python, abi, platform = file[:-4].split("-")
    tags = [*python.split("."), *abi.split("."), *platform.split(".")]
    return (
        found_version == version
        and is_name(found)
        and normalize(found) == name
        and "__" not in found
        and all(tags)
        and all(tag.isidentifier() for tag in python.split("."))
    )


def _is_sdist_of(url: str, name: str, version: str) -> bool:
    file = file_name(url)
    found, _, found_version = file.removesuffix(".tar.gz").rpartition("-")
    is_known = file[-7:] == ".tar.gz" and is_name(found) and normalize(found) == name
    return is_known and found_version == version and is_plain_version(version)
