"""A pylock.toml as uv writes it, read at a glance: block by block, without a parser.

What is taken here means the same to `pylock_toml`, to which all else is left. Every line is looked
at, and a line break cannot stand in a string of one line: so none is taken for what it is not.
"""

from __future__ import annotations

from lockhook._runtime.names import is_name, normalize
from lockhook._runtime.plain import is_plain_version, plain
from lockhook._runtime.uv_files import of_pylock
from lockhook._runtime.uv_layout import is_plain_text, stamp, strings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lockhook._runtime.coverage import Coverage
    from lockhook._runtime.plain import Plain

    # Name, version, marker, requires-python, and its wheels where there is no sdist.
    Package = tuple[str, str, str, str, tuple[str, ...]]

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
    packages = []
    for block in blocks:
        if (package := _package(block)) is None:
            return None
        packages.append(package)
    return _plain(packages, top.get("requires-python", ""), stamped)


def _plain(packages: list[Package], python: str, stamped: dict[str, str]) -> Plain | None:
    if not packages:
        return None
    names, versions, markers, requires, wheels = map(list, zip(*packages, strict=True))
    # What asks for extras and groups is for the careful reader, which knows which are asked for.
    if any("extra" in marker or "group" in marker for marker in set(markers)):
        return None
    found = plain(names, versions, markers)
    if not found or found.names != names:
        return None
    return found.replace(
        wheels=wheels,
        requires=frozenset({python, *requires}) - {""},
        coverage=_coverage(stamped) if stamped else None,
    )


def _coverage(stamped: dict[str, str]) -> Coverage:
    from lockhook._runtime import coverage

    return coverage.of_pylock({"tool": {"lockhook": stamped}})


def _package(block: str) -> Package | None:
    """Return what one ``[[packages]]`` says."""
    block = block.rstrip("\n")
    start = block.find("\nsdist = {") + 1 or block.find("\nwheels = [") + 1
    known = strings(block[: start - 1].split("\n"), _KEYS) if start else None
    if not known or "name" not in known or "version" not in known:
        return None
    name, version = known["name"], known["version"]
    sdist, wheels = _files(block[start:])
    if not (sdist or wheels) or not all(_is_sdist_of(url, name, version) for url in sdist):
        return None
    files = [file_name(url) for url in wheels]
    stem = f"{name.replace('-', '_')}-{version}-"
    if not all(_is_wheel_of(file, stem, name, version) for file in files):
        return None
    only = () if sdist else tuple(files)
    return name, version, known.get("marker", ""), known.get("requires-python", ""), only


def _files(text: str) -> tuple[list[str], list[str]]:
    """Return the URLs of the sdist and of the wheels, none at all if they are not plain."""
    sdist: list[str] | None = []
    wheels: list[str] | None = []
    if text[:8] == "sdist = ":
        line, _, text = text.partition("\n")
        sdist = of_pylock(line[8:])
    if text[:10] == "wheels = [" and text[-1] == "]":
        inside = text[10:-1]
        # One wheel stands in the line itself; of more, each has its own, and a comma behind it.
        if inside[:5] == "\n    " and inside[-2:] == ",\n":
            inside = inside[5:-2]
        wheels, text = of_pylock(inside), ""
    if text or sdist is None or wheels is None or len(sdist) > 1:
        return [], []
    return sdist, wheels


def file_name(url: str) -> str:
    """Return the last part of a URL, "" if it would have to be taken apart with more care."""
    name = url[url.rfind("/") + 1 :].replace("%2B", "+")
    return "" if "%" in name or "?" in url or "#" in url or ";" in name else name


def _is_wheel_of(file: str, stem: str, name: str, version: str) -> bool:
    """Tell whether a file is a wheel of a version (binary distribution format, "File name")."""
    if file[-4:] != ".whl" or file.count("-") != 4:
        return False
    if name.islower() and file.startswith(stem):
        return True
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
