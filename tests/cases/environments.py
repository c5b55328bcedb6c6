"""States of the environment: what is installed, and what `import` finds (and where)."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path
from typing import Any

from tests.cases.kit import DESIGN, IMPORT, METADATA, NAMES, SITE, Arrange, Case, Place, case, dist

FOO = "foo==1.0\n"
HAVE = (("foo", "1.0"),)
HEAD = "Metadata-Version: 2.1\n"
INFO = HEAD + "Name: foo\nVersion: 1.0\n"


def in_order(*steps: Arrange) -> Arrange:
    """Return what does one thing after another."""

    def arrange(place: Place) -> None:
        for step in steps:
            step(place)

    return arrange


def remove(*names: str) -> Arrange:
    """Return what takes files and directories out of site-packages, as a hand would."""

    def arrange(place: Place) -> None:
        for name in names:
            path = place.site / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    return arrange


def put(files: dict[str, str | bytes], where: str = "") -> Arrange:
    """Return what writes files into site-packages, or into a folder of the case."""

    def arrange(place: Place) -> None:
        for name, content in files.items():
            path = (place.folder / where if where else place.site) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                path.write_bytes(content)
            else:
                path.write_bytes(content.replace("@CASE@", str(place.folder)).encode())

    return arrange


def install(where: str, *have: Any, **options: Any) -> Arrange:
    """Return what installs a distribution into a folder of the case, as ``--target`` does."""
    return lambda place: _nothing(dist(place.folder / where, *have, **options))


def user(*have: Any) -> Arrange:
    """Return what installs a distribution into the user site below ``@CASE@/base``."""

    def arrange(place: Place) -> None:
        dist(place.folder / "base" / place.site.relative_to(place.folder / "venv"), *have)

    return arrange


def pack(where: str, files: dict[str, str]) -> Arrange:
    """Return what writes a zip archive, at a path relative to the case."""

    def arrange(place: Place) -> None:
        path = place.folder / where
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)

    return arrange


def editable(files: dict[str, str]) -> Arrange:
    """Return what leaves the files of an editable installation of ``@CASE@/project``."""

    def arrange(place: Place) -> None:
        origin = {"url": (place.folder / "project").as_uri(), "dir_info": {"editable": True}}
        dist(place.site, "foo", "1.0", top="", direct_url=origin)
        record = "".join(f"{name},,\n" for name in files)
        put({**files, "foo-1.0.dist-info/RECORD": record})(place)

    return arrange


def link(name: str, target: str) -> Arrange:
    """Return what makes a symbolic link in the case's folder."""
    return lambda place: (place.folder / name).symlink_to(place.folder / target)


def _nothing(_result: Path) -> None: ...


def _is_a_directory(place: Place) -> None:
    (place.site / "foo-1.0.dist-info/METADATA").mkdir()


def _dangles(place: Place) -> None:
    (place.site / "foo-1.0.dist-info").symlink_to(place.folder / "nowhere")


def _linked(place: Place) -> None:
    info = place.site / "foo-1.0.dist-info"
    info.symlink_to(info.rename(place.folder / "elsewhere"))


def _moved(place: Place) -> None:
    (place.folder / "venv").rename(place.folder / "moved")
    link("venv", "moved")(place)


def _many(place: Place) -> None:
    for number in range(1500):
        info = place.site / f"p{number}-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"{HEAD}Name: p{number}\nVersion: 1\n")


def _bytecode_only(place: Place) -> None:
    init = place.site / "foo/__init__.py"
    init.rename(init.with_suffix(".pyc"))


def gone(id_: str, title: str, *have: Any, lost: str, lock: str = FOO, **more: Any) -> Case:
    """Return a case of a module that was deleted while the record of its installation stays."""
    return case(
        id_,
        title,
        "differs",
        DESIGN,
        lock,
        have,
        arrange=remove(lost),
        says=more.pop("says", "LH103"),
        arguments=("--format", "github"),
        why="a package that cannot be imported is not installed, whatever its metadata say",
        **more,
    )


def here(id_: str, title: str, *have: Any, lock: str = FOO, **more: Any) -> Case:
    """Return a case of a package that has no module of its name, and is whole all the same."""
    return case(
        id_,
        title,
        "ok",
        METADATA,
        lock,
        have,
        why="nothing that its RECORD names as a module is missing",
        **more,
    )


def bad(id_: str, title: str, meta: str | bytes | None, says: str, **more: Any) -> Case:
    """Return a case of a ``.dist-info`` from which nobody can read what is installed."""
    have = [("foo", "1.0", {"no_meta": True} if meta is None else {"meta": meta})]
    return case(id_, title, "differs", METADATA, FOO, have, says=says, **more)


def good(id_: str, title: str, meta: str | bytes, **more: Any) -> Case:
    """Return a case of metadata that are odd, and can be read."""
    return case(id_, title, "ok", METADATA, FOO, [("foo", "1.0", {"meta": meta})], **more)


def path(id_: str, title: str, right: str, pythonpath: str, **more: Any) -> Case:
    """Return a case of an installed foo 1.0 and a ``PYTHONPATH``."""
    env = {"PYTHONPATH": pythonpath}
    return case(id_, title, right, IMPORT, FOO, HAVE, env=env, **more)


CASES = [
    # A module that is not there any more.
    gone("E01", "package directory deleted", *HAVE, lost="foo"),
    gone(
        "E02",
        "package directory of another name deleted",
        ("PyYAML", "6.0", {"top": "yaml"}),
        lost="yaml",
        lock="pyyaml==6.0\n",
        says="yaml",
    ),
    gone(
        "E03",
        "single module deleted",
        ("foo", "1.0", {"top": "", "files": {"foo.py": ""}}),
        lost="foo.py",
    ),
    gone(
        "E04",
        "extension module deleted",
        ("foo", "1.0", {"top": "", "files": {"_foo.cpython-311-x86_64-linux-gnu.so": ""}}),
        lost="_foo.cpython-311-x86_64-linux-gnu.so",
        says="_foo",
    ),
    gone(
        "E05",
        "its part of a namespace package deleted, another's stays",
        ("google-foo", "1.0", {"top": "google/foo"}),
        ("google-bar", "1.0", {"top": "google/bar"}),
        lost="google/foo",
        lock="google-foo==1.0\ngoogle-bar==1.0\n",
        says="google/foo",
    ),
    gone(
        "E06",
        "directory of a package whose module begins in capitals",
        ("foo", "1.0", {"top": "Foo"}),
        lost="Foo",
    ),
    here("E07", "single module", ("foo", "1.0", {"top": "", "files": {"foo.py": ""}})),
    here(
        "E08",
        "extension module for this Python",
        ("foo", "1.0", {"top": "", "files": {"_foo.cpython-311-x86_64-linux-gnu.so": ""}}),
    ),
    here(
        "E09",
        "two parts of one namespace package",
        ("google-foo", "1.0", {"top": "google/foo"}),
        ("google-bar", "1.0", {"top": "google/bar"}),
        lock="google-foo==1.0\ngoogle-bar==1.0\n",
    ),
    here(
        "E10",
        "metadata only, as of a package of nothing but dependencies",
        ("foo", "1.0", {"top": ""}),
    ),
    here(
        "E11",
        "scripts and data only",
        (
            "foo",
            "1.0",
            {"top": "", "files": {"../../../bin/foo": "", "../../../share/foo/x.py": ""}},
        ),
    ),
    here(
        "E12",
        "stubs only",
        ("types-foo", "1.0", {"top": "", "files": {"foo-stubs/__init__.pyi": ""}}),
        lock="types-foo==1.0\n",
    ),
    here(
        "E13",
        "libraries only",
        ("foo", "1.0", {"top": "", "files": {"foolibs/lib/libfoo.so.1": ""}}),
    ),
    here("E14", "sources taken out, bytecode left", *HAVE, arrange=_bytecode_only),
    here(
        "E15",
        "tests that were installed beside it by mistake are gone",
        ("py-foo", "1.0", {"top": "", "files": {"tests/__init__.py": "", "xfoo/__init__.py": ""}}),
        lock="py-foo==1.0\n",
        arrange=remove("tests"),
    ),
    here(
        "E16",
        "no RECORD: it cannot be uninstalled, but imported",
        ("foo", "1.0", {"record": False}),
    ),
    here("E17", "no INSTALLER", *HAVE, arrange=remove("foo-1.0.dist-info/INSTALLER")),
    here("E18", "REQUESTED", *HAVE, arrange=put({"foo-1.0.dist-info/REQUESTED": ""})),
    case(
        "E19",
        "editable through a .pth file",
        "ok",
        METADATA,
        "-e ./project\n",
        arrange=editable({"_foo.pth": "@CASE@/project/src\n"}),
    ),
    case(
        "E20",
        "editable through setuptools' finder",
        "ok",
        METADATA,
        "-e ./project\n",
        arrange=editable(
            {
                "__editable__.foo-1.0.pth": "import __editable___foo_1_0_finder\n",
                "__editable___foo_1_0_finder.py": "",
            }
        ),
    ),
    case(
        "E21",
        "the module of one dependency deleted, and other things wrong with another",
        "differs",
        DESIGN,
        "foo==1.0\nbar==2.0\n",
        [("foo", "1.0"), ("bar", "1.0")],
        arrange=remove("foo"),
        says="bar: expected 2.0, found 1.0",
    ),
    case(
        "E22",
        "the module of a package that the lock does not name deleted",
        "ok",
        DESIGN,
        FOO,
        [("foo", "1.0"), ("bar", "1.0")],
        arrange=remove("bar"),
        why="only what is locked is judged",
    ),
    # Metadata.
    bad("E23", "no METADATA", None, "METADATA is missing"),
    bad("E24", "empty METADATA", "", "METADATA is missing, empty"),
    bad("E25", "no Version", HEAD + "Name: foo\n", "names no version"),
    bad("E26", "empty Version", HEAD + "Name: foo\nVersion:\n", "names no version"),
    bad("E27", "no Name", HEAD + "Version: 1.0\n", "names no package"),
    bad("E28", "garbage", bytes(range(256)) * 40, "METADATA"),
    bad("E29", "a page of HTML", "<html>\nName: foo\nVersion: 1.0\n</html>\n", "METADATA"),
    bad("E30", "METADATA is a directory", None, "METADATA is missing", arrange=_is_a_directory),
    bad("E31", "Version is none", HEAD + "Name: foo\nVersion: latest\n", "expected 1.0"),
    bad("E32", "the headers stand in the text", HEAD + "\nName: foo\nVersion: 1.0\n", "METADATA"),
    case(
        "E33",
        "METADATA is another package's: the locked name is that of the directory",
        "differs",
        METADATA,
        FOO,
        [("foo", "1.0", {"meta": HEAD + "Name: bar\nVersion: 1.0\n"})],
    ),
    case(
        "E34",
        "METADATA is another package's: the locked name is that of METADATA",
        "ok/differs",
        METADATA,
        "bar==1.0\n",
        [("foo", "1.0", {"meta": HEAD + "Name: bar\nVersion: 1.0\n"})],
        why="importlib.metadata names what METADATA says; pip and uv the directory",
    ),
    good("E35", "CRLF", INFO.replace("\n", "\r\n")),
    good("E36", "folded", HEAD + "Name:\n foo\nVersion:\n 1.0\n"),
    good("E37", "headers in capitals, name too", HEAD + "NAME: FOO\nVERSION: 1.0\n"),
    good(
        "E38",
        "Latin-1 before the Version",
        HEAD.encode() + b"Name: foo\nAuthor: Ren\xe9\nVersion: 1.0\n",
    ),
    good(
        "E39", "a Version far behind", f"{HEAD}License: {'x' * 80_000}\nName: foo\nVersion: 1.0\n"
    ),
    good(
        "E40",
        "many lines of licence before the Version",
        HEAD + "Name: foo\nLicense: x\n" + "        Version: 9\n" * 9000 + "Version: 1.0\n",
    ),
    good(
        "E41", "the second Version does not count", HEAD + "Name: foo\nVersion: 1.0\nVersion: 2.0\n"
    ),
    good("E42", "a text with headers in it", INFO + "\nName: bar\nVersion: 3.0\n"),
    case(
        "E43",
        "another spelling in directory and METADATA",
        "ok",
        NAMES,
        "foo-bar==1.0\n",
        [("Foo.Bar", "1.0", {"dirname": "Foo.Bar-1.0.dist-info", "top": "foobar"})],
    ),
    case(
        "E44",
        "a longer name that begins like the locked one",
        "differs",
        NAMES,
        FOO,
        [("foo-bar", "1.0", {"dirname": "foo-bar-1.0.dist-info"})],
        says="not installed",
        why="importlib.metadata.version('foo') is fooled by this directory",
    ),
    case("E45", "1,500 other packages", "ok", METADATA, FOO, HAVE, arrange=_many),
    # Records of other kinds.
    case(
        "E46",
        "pip's leftovers beside the package",
        "ok",
        METADATA,
        FOO,
        HAVE,
        arrange=put({"~oo-0.9.dist-info/METADATA": INFO, "~oo/__init__.py": "", "-oo/x.py": ""}),
    ),
    case(
        "E47",
        "nothing but pip's leftovers",
        "differs",
        METADATA,
        FOO,
        arrange=put({"~oo-1.0.dist-info/METADATA": INFO, "~oo/__init__.py": ""}),
        says="not installed",
    ),
    case(
        "E48",
        "a dangling link for a record",
        "differs",
        METADATA,
        FOO,
        arrange=_dangles,
        says="METADATA is missing",
    ),
    case("E49", "a link for a record", "ok", METADATA, FOO, HAVE, arrange=_linked),
    case(
        "E50",
        "a file for a record",
        "differs",
        METADATA,
        FOO,
        arrange=put({"foo-1.0.dist-info": INFO, "foo/__init__.py": ""}),
        says="METADATA is missing",
    ),
    case(
        "E51",
        "a file of distutils",
        "ok",
        METADATA,
        FOO,
        arrange=put({"foo-1.0-py3.11.egg-info": INFO, "foo.py": ""}),
    ),
    case(
        "E52",
        "a file of distutils, another version",
        "differs",
        METADATA,
        FOO,
        arrange=put({"foo-1.0-py3.11.egg-info": HEAD + "Name: foo\nVersion: 2.0\n", "foo.py": ""}),
        says="found 2.0",
    ),
    case(
        "E53",
        "a directory of setuptools",
        "ok",
        METADATA,
        FOO,
        arrange=put(
            {"foo.egg-info/PKG-INFO": INFO, "foo.egg-info/top_level.txt": "foo\n", "foo.py": ""}
        ),
    ),
    case(
        "E54",
        "an egg, through easy-install.pth",
        "ok",
        SITE,
        FOO,
        real=True,
        arrange=put(
            {
                "foo-1.0-py3.11.egg/EGG-INFO/PKG-INFO": INFO,
                "foo-1.0-py3.11.egg/foo/__init__.py": "",
                "easy-install.pth": "./foo-1.0-py3.11.egg\n",
            }
        ),
    ),
    case(
        "E55",
        "an egg that is not on the path",
        "differs",
        SITE,
        FOO,
        real=True,
        arrange=put({"foo-1.0-py3.11.egg/EGG-INFO/PKG-INFO": INFO}),
        says="not installed",
    ),
    case(
        "E56",
        "a zipped egg, through easy-install.pth",
        "ok",
        SITE,
        FOO,
        real=True,
        arrange=in_order(
            pack("foo-1.0-py3.11.egg", {"EGG-INFO/PKG-INFO": INFO, "foo/__init__.py": ""}),
            put({"easy-install.pth": "@CASE@/foo-1.0-py3.11.egg\n"}),
        ),
    ),
    case(
        "E57",
        "setup.py develop",
        "ok/differs",
        SITE,
        FOO,
        real=True,
        arrange=in_order(
            put({"foo.egg-link": "@CASE@/src\n../", "easy-install.pth": "@CASE@/src\n"}),
            put({"foo.egg-info/PKG-INFO": INFO, "foo/__init__.py": ""}, "src"),
        ),
        why="nothing but the egg-link says that it does not come from the index",
    ),
    case(
        "E58",
        "two records in one directory",
        "differs",
        METADATA,
        FOO,
        HAVE,
        arrange=put({"foo-0.9.dist-info/METADATA": HEAD + "Name: foo\nVersion: 0.9\n"}),
        says="foo-0.9.dist-info, foo-1.0.dist-info",
    ),
    case(
        "E59",
        "two records of two kinds in one directory",
        "differs",
        METADATA,
        FOO,
        HAVE,
        arrange=put({"foo-0.9-py3.11.egg-info": HEAD + "Name: foo\nVersion: 0.9\n"}),
        says="foo-0.9-py3.11.egg-info, foo-1.0.dist-info",
    ),
    case(
        "E60",
        "two records of one version, under two spellings",
        "differs",
        METADATA,
        "foo-bar==1.0\n",
        [("foo-bar", "1.0"), ("Foo.Bar", "1.0", {"dirname": "Foo.Bar-1.0.dist-info"})],
        says="two records",
    ),
    case(
        "E97",
        "two records of two kinds that say the same, as Debian ships some packages",
        "ok",
        METADATA,
        FOO,
        HAVE,
        arrange=put({"foo.egg-info/PKG-INFO": INFO}),
    ),
    # PYTHONPATH.
    path(
        "E61",
        "shadowed by a package without metadata",
        "differs",
        "@CASE@/src",
        files={"src/foo/__init__.py": ""},
        says="/src/foo is imported in its place",
    ),
    path(
        "E62",
        "shadowed by a module",
        "differs",
        "@CASE@/src",
        files={"src/foo.py": ""},
        says="/src/foo.py is imported in its place",
    ),
    path(
        "E63",
        "shadowed by another version",
        "differs",
        "@CASE@/other",
        arrange=install("other", "foo", "2.0"),
        says="found 2.0",
    ),
    path(
        "E64",
        "the same version twice",
        "ok",
        "@CASE@/other",
        arrange=install("other", "foo", "1.0"),
        why="the first one counts, and is the locked one",
    ),
    path(
        "E65",
        "part of a namespace shadows nothing",
        "ok",
        "@CASE@/src",
        files={"src/foo/data.txt": "", "src/foo/x.py": ""},
    ),
    path(
        "E66",
        "a relative entry",
        "differs",
        "src",
        files={"src/foo/__init__.py": ""},
        says="/src/foo",
    ),
    path("E67", "an entry that does not exist", "ok", "@CASE@/nowhere:nowhere"),
    path(
        "E68",
        "a zip archive that shadows",
        "differs",
        "@CASE@/lib.zip",
        arrange=pack("lib.zip", {"foo/__init__.py": ""}),
        says="lib.zip/foo",
    ),
    path(
        "E69",
        "a zip archive of other things",
        "ok",
        "@CASE@/lib.zip",
        arrange=pack("lib.zip", {"bar/__init__.py": ""}),
    ),
    path(
        "E70",
        "an empty entry is the working directory",
        "differs",
        ":@CASE@/nowhere",
        files={"foo/__init__.py": ""},
        says="/foo",
    ),
    path(
        "E71",
        "another case of letters",
        "ok",
        "@CASE@/src",
        files={"src/Foo/__init__.py": "", "src/FOO.py": ""},
    ),
    path(
        "E72",
        "a link to site-packages itself",
        "ok",
        "@CASE@/link",
        arrange=lambda place: (place.folder / "link").symlink_to(place.site),
    ),
    path(
        "E73",
        "damaged metadata earlier on the path",
        "differs",
        "@CASE@/other",
        arrange=install("other", "foo", "1.0", no_meta=True),
        says="/other",
    ),
    case(
        "E74",
        "the working directory does not shadow",
        "ok",
        IMPORT,
        FOO,
        HAVE,
        real=True,
        files={"foo/__init__.py": "", "os.py": "", "ast.py": "1/0"},
    ),
    case(
        "E75",
        "PYTHONSAFEPATH",
        "ok",
        IMPORT,
        FOO,
        HAVE,
        env={"PYTHONSAFEPATH": "1"},
        files={"foo/__init__.py": ""},
    ),
    case(
        "E76",
        "the locked version only on PYTHONPATH",
        "ok",
        IMPORT,
        FOO,
        env={"PYTHONPATH": "@CASE@/other"},
        arrange=install("other", "foo", "1.0"),
    ),
    # What `site` does at start-up.
    case(
        "E77",
        "a .pth file adds a directory with the package",
        "ok",
        SITE,
        FOO,
        real=True,
        arrange=in_order(install("more", "foo", "1.0"), put({"more.pth": "# more\n@CASE@/more\n"})),
    ),
    case(
        "E78",
        "what a .pth file adds comes behind",
        "ok",
        SITE,
        FOO,
        HAVE,
        real=True,
        arrange=in_order(install("more", "foo", "2.0"), put({"more.pth": "@CASE@/more\n"})),
    ),
    case(
        "E79",
        "a .pth file that runs code",
        "differs",
        SITE,
        FOO,
        HAVE,
        real=True,
        arrange=in_order(
            install("more", "foo", "2.0"),
            put({"more.pth": "import sys; sys.path.insert(0, '@CASE@/more')\n"}),
        ),
        says="found 2.0",
    ),
    case(
        "E80",
        "a sitecustomize that changes the path",
        "differs",
        SITE,
        FOO,
        HAVE,
        env={"PYTHONPATH": "@CASE@/custom"},  # where Debian's own sitecustomize does not hide it
        arrange=in_order(
            install("more", "foo", "2.0"),
            put({"sitecustomize.py": "import sys\nsys.path.insert(0, '@CASE@/more')\n"}, "custom"),
        ),
        says="found 2.0",
    ),
    case(
        "E81",
        "a sitecustomize that prints",
        "ok",
        SITE,
        FOO,
        HAVE,
        real=True,
        arrange=put(
            {
                "sitecustomize.py": "import atexit\nprint('lockhook:{}')\natexit.register(print, 'bye')\n"
            }
        ),
    ),
    case(
        "E82",
        "a user site that a virtual environment does not see",
        "ok",
        SITE,
        FOO,
        HAVE,
        env={"PYTHONUSERBASE": "@CASE@/base"},
        arrange=user("foo", "2.0"),
    ),
    case(
        "E83",
        "a user site behind the environment",
        "ok",
        SITE,
        FOO,
        HAVE,
        venv=("--system-site-packages",),
        env={"PYTHONUSERBASE": "@CASE@/base"},
        arrange=user("foo", "2.0"),
    ),
    case(
        "E84",
        "another version in the user site",
        "differs",
        SITE,
        FOO,
        venv=("--system-site-packages",),
        env={"PYTHONUSERBASE": "@CASE@/base"},
        arrange=user("foo", "2.0"),
        says="found 2.0",
    ),
    case(
        "E85",
        "the user site, switched off",
        "differs",
        SITE,
        FOO,
        venv=("--system-site-packages",),
        env={"PYTHONUSERBASE": "@CASE@/base", "PYTHONNOUSERSITE": "1"},
        arrange=user("foo", "1.0"),
        says="not installed",
    ),
    case(
        "E86",
        "another version in the base interpreter",
        "differs",
        SITE,
        "pip==0.0.1\n",
        venv=("--system-site-packages",),
        says="pip: expected 0.0.1, ",  # Debian's base interpreter has no pip at all
    ),
    case(
        "E87",
        "a base interpreter that the environment does not see",
        "differs",
        SITE,
        "pip==0.0.1\n",
        real=True,
        says="not installed",
    ),
    case("E88", "the environment was moved", "ok", SITE, FOO, HAVE, real=True, arrange=_moved),
    case(
        "E89",
        "the environment is named through a link",
        "ok",
        SITE,
        FOO,
        HAVE,
        real=True,
        arrange=link("link", "venv"),
        arguments=("--python", "@CASE@/link"),
    ),
    case(
        "E90",
        "a path with blanks and quotes",
        "differs",
        SITE,
        FOO,
        HAVE,
        env={"PYTHONPATH": "@CASE@/a 'b\" c"},
        files={"a 'b\" c/foo.py": ""},
        says="imported in its place",
    ),
    # What the caller lets pass.
    case(
        "E91",
        "a package that is not locked",
        "ok",
        DESIGN,
        FOO,
        [("foo", "1.0"), ("bar", "1.0")],
        says="Extra",
    ),
    case(
        "E92",
        "a package that is not locked, strictly",
        "differs",
        DESIGN,
        FOO,
        [("foo", "1.0"), ("bar", "1.0")],
        arguments=("--strict",),
        says="bar: 1.0 is installed",
    ),
    case(
        "E93",
        "a missing package that may be missing",
        "ok",
        DESIGN,
        "foo==1.0\nbar==1.0\n",
        HAVE,
        arguments=("--allow-missing",),
    ),
    case(
        "E94",
        "a damaged package may not be missing",
        "differs",
        DESIGN,
        FOO,
        HAVE,
        arrange=remove("foo"),
        arguments=("--allow-missing",),
    ),
    case(
        "E95",
        "a damaged package, skipped",
        "ok",
        DESIGN,
        "foo==1.0\nbar==1.0\n",
        [("foo", "1.0"), ("bar", "1.0")],
        arrange=remove("foo"),
        arguments=("--skip", "Foo"),
    ),
    case(
        "E96",
        "a backport that the standard library hides",
        "ok",
        IMPORT,
        "dataclasses==0.8\n",
        [("dataclasses", "0.8", {"top": "", "files": {"dataclasses.py": ""}})],
        real=True,
        why="nothing in the standard library shadows",
    ),
    # The import system, further.
    path(
        "E98",
        "a script that is called like the package",
        "ok",
        "@CASE@/bin",
        files={"bin/foo": "#!/bin/sh\n"},
        why="a file without an ending cannot be imported",
    ),
    path(
        "E99",
        "part of a namespace in a zip archive",
        "ok",
        "@CASE@/lib.zip",
        arrange=pack("lib.zip", {"foo/data.txt": "", "foo/x.py": ""}),
    ),
    path(
        "E100",
        "bytecode in a zip archive",
        "differs",
        "@CASE@/lib.zip",
        arrange=pack("lib.zip", {"foo/__init__.pyc": ""}),
        says="lib.zip/foo is imported",
    ),
    path("E101", "an archive that is none", "ok", "@CASE@/lib.zip", files={"lib.zip": "PK"}),
    path(
        "E102",
        "a stale record without modules in a source tree",
        "differs",
        "@CASE@/src",
        files={"src/foo.egg-info/PKG-INFO": INFO},
        says="/src",
        why="importlib.metadata takes the one, and import the other",
    ),
    case(
        "E103",
        "a package shadows a namespace that others share",
        "differs",
        IMPORT,
        "google-foo==1.0\n",
        [("google-foo", "1.0", {"top": "google/foo"})],
        env={"PYTHONPATH": "@CASE@/src"},
        files={"src/google/__init__.py": ""},
        says="/src/google is imported in its place",
    ),
    case(
        "E104",
        "entries of the path that are no paths",
        "ok",
        SITE,
        FOO,
        HAVE,
        real=True,
        arrange=put(
            {
                "sitecustomize.py": "import sys\nfrom pathlib import Path\nsys.path[:0] = [None, 1, b'/x', Path('@CASE@/more'), '']\n",
                "x.pth": "\n",
            }
        ),
    ),
]
