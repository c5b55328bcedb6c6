"""A pylock.toml as uv writes it, read at a glance: block by block, without a parser.

What is taken here means the same to `pylock_toml`, to which all else is left. Every line is looked
at, and a line break cannot stand in a string of one line: so none is taken for what it is not.
"""

from __future__ import annotations

from lockhook._runtime.names import is_name, normalize
from lockhook._runtime.plain import is_plain_version, plain
from lockhook._runtime.uv_files import AND, PylockFiles
from lockhook._runtime.uv_layout import is_plain_text, stamp, strings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockhook._runtime.coverage import Coverage
    from lockhook._runtime.plain import Plain

    # What it says but for its files, and the names of its wheels where it has no sdist.
    Package = tuple[dict[str, str], tuple[str, ...]]

_PACKAGE = b"\n[[packages]]\n"
_STAMP = b"\n[tool.lockhook]\n"
_HEAD = ("lock-version", "created-by", "requires-python")
# In the order in which uv writes what a package from an index has, but for its files.
_KEYS = ("name", "version", "marker", "requires-python", "index")


def read(data: bytes) -> Plain | None:
    """Return the pins of a lock, None unless every line of it is plain.

    Args:
        data: the bytes of the file.
    """
    if not data.isascii():
        return None
    # Tables of its own come last: in another place they are no part of a plain lock.
    end = data.find(_STAMP, max(data.rfind(_PACKAGE), 0))
    blocks = _blocks(data, end if end >= 0 else len(data))
    top, files = _head(next(blocks)), PylockFiles()
    table = data[end + len(_STAMP) :] if end >= 0 else b""
    stamped = stamp(table.decode()) if is_plain_text(table) else None
    if top is None or stamped is None:
        return None
    known, wheels = [], []
    for block in blocks:
        if (package := _package(block, files)) is None:
            return None
        known.append(package[0])
        wheels.append(package[1])
    return _plain(known, wheels, top, stamped) if files.are_plain() else None


def _blocks(data: bytes, end: int) -> Iterator[str]:
    """Yield what stands before, between and behind all ``[[packages]]``."""
    start = 0
    while (found := data.find(_PACKAGE, start, end)) >= 0:
        yield data[start:found].decode()
        start = found + len(_PACKAGE)
    yield data[start:end].decode()


def _head(text: str) -> str | None:
    """Return the ``requires-python`` of a lock, "" if there is none, None if it is not plain."""
    lines = text.split("\n") if is_plain_text(text.encode()) else ["?"]
    top = strings([line for line in lines if line[:1] not in {"", "#"}], _HEAD)
    is_plain = top and top.get("lock-version") == "1.0" and "created-by" in top
    return top.get("requires-python", "") if top and is_plain else None


def _strings(lines: list[str], keys: tuple[str, ...]) -> dict[str, str] | None:
    return strings(lines, keys) if is_plain_text("\n".join(lines).encode()) else None


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


def _package(block: str, files: PylockFiles) -> Package | None:
    """Return what one ``[[packages]]`` says, None if it is not plain.

    Args:
        block: what stands behind that line.
        files: takes those of the package.
    """
    block = block.rstrip("\n")
    start = block.find("\nsdist = {") + 1 or block.find("\nwheels = [") + 1
    known = _strings(block[: start - 1].split("\n"), _KEYS) if start else None
    if not known or "name" not in known or "version" not in known:
        return None
    sdist, wheels = _texts(block[start:])
    names = _names(files.urls(sdist + AND + wheels if sdist and wheels else sdist or wheels))
    name, version = known["name"], known["version"]
    if not names or (sdist and not _is_sdist_of(names.pop(0), name, version)):
        return None
    if bool(names) != bool(wheels) or not _are_wheels_of(names, name, version):
        return None
    return known, () if sdist else tuple(names)


def _texts(rest: str) -> tuple[str, str]:
    """Return what stands in ``sdist`` and in ``wheels``, which begin a text; "" for none.

    Something that is no file is left in them where there is more than these two.
    """
    sdist = ""
    if rest[:8] == "sdist = ":
        sdist, _, rest = rest[8:].partition("\n")
    if not rest:
        return sdist, ""
    inside = rest[10:-1] if rest[:10] == "wheels = [" and rest[-1] == "]" else ""
    # One wheel stands in the line itself; of more, each has its own, and a comma behind it.
    if inside[:5] == "\n    " and inside[-2:] == ",\n":
        inside = inside[5:-2]
    return sdist, inside or rest


def _names(urls: list[str] | None) -> list[str]:
    """Return the last part of each URL, none if one has to be taken apart with more care."""
    together = "".join(urls or ())
    if "?" in together or "#" in together or ";" in together:
        return []
    names = [url.rpartition("/")[2] for url in urls or ()]
    if "%" in together:
        names = [name.replace("%2B", "+") for name in names]
    return [] if "%" in "".join(names) else names


def _are_wheels_of(files: list[str], name: str, version: str) -> bool:
    """Tell whether files are wheels of a version (binary distribution format, "File name")."""
    stem = f"{name.replace('-', '_')}-{version}-"
    if [file for file in files if file[-4:] != ".whl" or file.count("-") != 4]:
        return False
    if name.islower() and not [file for file in files if not file.startswith(stem)]:
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


def _is_sdist_of(file: str, name: str, version: str) -> bool:
    if file == f"{name.replace('-', '_')}-{version}.tar.gz":
        return True  # if name and version are plain, which all are asked for together
    found, _, found_version = file.removesuffix(".tar.gz").rpartition("-")
    is_known = file[-7:] == ".tar.gz" and is_name(found) and normalize(found) == name
    return is_known and found_version == version and is_plain_version(version)
