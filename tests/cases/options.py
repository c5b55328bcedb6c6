"""Options of a requirements file, and the files that it includes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cases.kit import DESIGN, REQUIREMENTS, case, dist

if TYPE_CHECKING:
    from tests.cases.kit import Place

A = "sha256:" + "a1" * 32
CLICK = [("click", "8.1.7")]
BOTH = [("click", "8.1.7"), ("numpy", "2.3.5")]
WHEEL = "https://example.org/click-8.1.7-py3-none-any.whl"


def _link_to_itself(place: Place) -> None:
    (place.folder / "again.txt").symlink_to("requirements.txt")


def _link_to_its_folder(place: Place) -> None:
    (place.folder / "here").symlink_to(".", target_is_directory=True)


def _link_elsewhere(place: Place) -> None:
    (place.folder / "base.txt").symlink_to("locks/base.txt")


def _editable(place: Place) -> None:
    record = {"url": f"file://{place.folder}/lib", "dir_info": {"editable": True}}
    dist(place.site, "bench", "1.0", direct_url=record)


CASES = [
    *(
        case(
            f"O{number:02}",
            f"an include, spelled {line!r}",
            "differs",
            REQUIREMENTS,
            f"click==8.1.7\n{line}\n",
            CLICK,
            files={"base.txt": "numpy==2.3.5\n"},
            says="numpy",
        )
        for number, line in enumerate(
            (
                "-r base.txt",
                "-rbase.txt",
                "--requirement base.txt",
                "--requirement=base.txt",
                "-r    ./base.txt   # the base",
                "-r 'base.txt'",
                "--requirem=base.txt",
                "-r \\\n  base.txt",
                "-r @CASE@/base.txt",
                '--requirement "base.txt"',
            ),
            1,
        )
    ),
    case(
        "O11",
        "-r=FILE: the file is '=base.txt'",
        "refuse",
        REQUIREMENTS,
        "click==8.1.7\n-r=base.txt\n",
        CLICK,
        files={"base.txt": "click==8.1.7\n"},
        says="=base.txt",
    ),
    case(
        "O12",
        "includes are relative to the file that they stand in",
        "differs",
        REQUIREMENTS,
        "-r locks/full.txt\n",
        CLICK,
        files={
            "locks/full.txt": "-r base.txt\n-r ../numpy.txt\n",
            "locks/base.txt": "click==8.1.8\n",
            "base.txt": "click==8.1.7\n",
            "numpy.txt": "numpy==2.3.5\n",
        },
        says="expected 8.1.8",
    ),
    case(
        "O13",
        "an include through a link is relative to the link",
        "ok",
        REQUIREMENTS,
        "-r base.txt\n",
        CLICK,
        files={
            "locks/base.txt": "-r click.txt\n",
            "click.txt": "click==8.1.7\n",
            "locks/click.txt": "click==8.1.8\n",
        },
        arrange=_link_elsewhere,
        why="pip takes the folder of the path as it is written",
    ),
    case(
        "O14",
        "a file that includes itself",
        "refuse",
        DESIGN,
        "click==8.1.7\n-r ./requirements.txt\n",
        CLICK,
        says="includes itself",
    ),
    case(
        "O15",
        "three files that include each other",
        "refuse",
        DESIGN,
        "click==8.1.7\n-r locks/a.txt\n",
        CLICK,
        files={"locks/a.txt": "-r b.txt\n", "locks/b.txt": "-r ../requirements.txt\n"},
        says="includes itself",
    ),
    case(
        "O16",
        "a cycle through a link to the file",
        "refuse",
        DESIGN,
        "click==8.1.7\n-r again.txt\n",
        CLICK,
        arrange=_link_to_itself,
        says="includes itself",
    ),
    case(
        "O17",
        "a cycle through a link to the folder: every round has another path",
        "refuse",
        DESIGN,
        "click==8.1.7\n-r here/requirements.txt\n",
        CLICK,
        arrange=_link_to_its_folder,
        says="symbolic links",
    ),
    case(
        "O18",
        "a cycle through a constraints file",
        "refuse",
        DESIGN,
        "click==8.1.7\n-c limits.txt\n",
        CLICK,
        files={"limits.txt": "-c requirements.txt\n"},
        says="includes itself",
    ),
    case(
        "O19",
        "one file included twice is no cycle",
        "ok",
        REQUIREMENTS,
        "-r a.txt\n-r b.txt\n-r base.txt\n",
        CLICK,
        files={"a.txt": "-r base.txt\n", "b.txt": "-r base.txt\n", "base.txt": "click==8.1.7\n"},
    ),
    case(
        "O20",
        "an included file is missing",
        "refuse",
        DESIGN,
        "click==8.1.7\n-r locks/base.txt\n",
        CLICK,
        files={"base.txt": "click==8.1.7\n"},
        says="requirements.txt:2",
    ),
    case(
        "O21",
        "an included directory",
        "refuse",
        DESIGN,
        "click==8.1.7\n-r locks\n",
        CLICK,
        files={"locks/requirements.txt": "click==8.1.7\n"},
        says="is a directory",
    ),
    case(
        "O22",
        "an included file with blanks in its name, in the three ways of a shell",
        "differs",
        REQUIREMENTS,
        "-r 'my lock.txt'\n-r \"my other lock.txt\"\n-r my\\ third\\ lock.txt\n",
        CLICK,
        files={
            "my lock.txt": "click==8.1.7\n",
            "my other lock.txt": "numpy==2.3.5\n",
            "my third lock.txt": "six==1.17.0\n",
        },
        says="six",
    ),
    case(
        "O23",
        "a blank in a name without quotes",
        "refuse",
        REQUIREMENTS,
        "click==8.1.7\n-r my lock.txt\n",
        CLICK,
        files={"my lock.txt": "click==8.1.7\n", "my": "click==8.1.7\n"},
        why="pip reads 'my' and is silent about the rest",
        says="what is 'lock.txt'",
    ),
    case(
        "O24",
        "an included file that holds nothing",
        "ok",
        REQUIREMENTS,
        "click==8.1.7\n-r base.txt\n",
        CLICK,
        files={"base.txt": ""},
    ),
    case(
        "O25",
        "nothing but an include of a file that holds nothing",
        "refuse",
        DESIGN,
        "-r base.txt\n",
        CLICK,
        files={"base.txt": "# to be done\n"},
        says="holds no pins",
    ),
    case(
        "O26",
        "an included file that is no lock",
        "refuse",
        DESIGN,
        "click==8.1.7\n-r base.in\n",
        BOTH,
        files={"base.in": "numpy>=2\n"},
        says="base.in:1",
    ),
    case(
        "O27",
        "an included file is UTF-16 with CRLF",
        "differs",
        REQUIREMENTS,
        "click==8.1.7\n-r base.txt\n",
        CLICK,
        files={"base.txt": "\ufeffnumpy==2.3.5\r\n".encode("utf-16-le")},
        says="numpy",
    ),
    case(
        "O28",
        "an included pylock.toml",
        "refuse",
        REQUIREMENTS,
        "click==8.1.7\n-r pylock.toml\n",
        CLICK,
        files={
            "pylock.toml": 'lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\nname = "click"\nversion = "8.1.7"\n'
        },
        why="pip reads it as a requirements file",
        says="pylock.toml:1",
    ),
    case(
        "O29",
        "two includes contradict each other",
        "refuse",
        DESIGN,
        "-r a.txt\n-r b.txt\n",
        CLICK,
        files={"a.txt": "click==8.1.7\n", "b.txt": "click==8.1.8\n"},
        says="in a.txt:1",
    ),
    case(
        "O30",
        "an include behind a pin",
        "refuse",
        REQUIREMENTS,
        "click==8.1.7 -r base.txt\n",
        CLICK,
        files={"base.txt": "numpy==2.3.5\n"},
        why="pip takes the pin and is silent about the include",
    ),
    *(
        case(
            f"O{number}",
            f"remote include, {line!r}",
            right,
            DESIGN,
            f"click==8.1.7\n{line}\n",
            CLICK,
            files={"base.txt": "click==8.1.7\n"},
            says="remote include" if right == "refuse" else "",
        )
        for number, right, line in (
            (31, "refuse", "-r https://example.org/base.txt"),
            (32, "refuse", "-c HTTP://example.org/base.txt"),
            (33, "ok/refuse", "-r file://@CASE@/base.txt"),
        )
    ),
    *(
        case(
            f"O{number}",
            f"constraint {text!r} ({title})",
            right,
            DESIGN,
            "click==8.1.7\n-c limits.txt\n",
            CLICK,
            files={"limits.txt": text + "\n"},
            says=says,
        )
        for number, title, text, right, says in (
            (34, "agrees", "Click==8.1.7.0", "ok", ""),
            (35, "contradicts", "click==8.1.8", "refuse", "limits.txt:1"),
            (36, "of a package that is not locked", "numpy==2.3.5", "ok", ""),
            (37, "a range that holds", "click>=8,<9,!=8.1.6", "ok", ""),
            (38, "a range that does not", "click<8.1.7", "refuse", "limits.txt:1"),
            (39, "a wildcard that holds", "click==8.1.*", "ok", ""),
            (40, "a wildcard that does not", "click==7.*", "refuse", "limits.txt:1"),
            (41, "a bare name", "click", "ok", ""),
            (42, "contradicts, elsewhere", "click<8 ; sys_platform == 'win32'", "ok", ""),
            (
                43,
                "contradicts, here",
                "click<8 ; sys_platform == 'linux'",
                "refuse",
                "limits.txt:1",
            ),
            (44, "with an extra", "click[a]==8.1.7", "refuse", "limits.txt:1"),
            (
                45,
                "an extra, of a package that is not locked",
                "numpy[a]<3",
                "refuse",
                "limits.txt:1",
            ),
            (46, "editable", "-e .", "refuse", "limits.txt:1"),
            (47, "a path without a name", "./lib", "refuse", "limits.txt:1"),
            (48, "a URL", f"click @ {WHEEL}", "differs", "click"),
            (49, "a URL of a package that is not locked", f"numpy @ {WHEEL}", "ok", ""),
            (50, "no requirement", "click=8", "refuse", "limits.txt:1"),
            (51, "with a hash", f"click==8.1.7 --hash={A}", "ok", ""),
        )
    ),
    case(
        "O52",
        "a constraint that asks for a label",
        "differs",
        DESIGN,
        "torch==2.9.1\n-c limits.txt\n",
        [("torch", "2.9.1+cu128")],
        files={"limits.txt": "torch==2.9.1+cpu\n"},
        why="both hold for 2.9.1+cpu, and for no other build",
        says="torch",
    ),
    case(
        "O53",
        "a constraint that asks for a label, and that build",
        "ok",
        DESIGN,
        "torch==2.9.1\n-c limits.txt\n",
        [("torch", "2.9.1+cpu")],
        files={"limits.txt": "torch==2.9.1+cpu\n"},
    ),
    case(
        "O54",
        "two constraints of which no version satisfies both and the pin",
        "refuse",
        DESIGN,
        "-c a.txt\n--constraint=b.txt\nclick==8.1.7\n",
        CLICK,
        files={"a.txt": "click>=8\n", "b.txt": "click<8\n"},
        says="b.txt:1",
    ),
    case(
        "O55",
        "a requirements file that a constraints file includes",
        "differs",
        REQUIREMENTS,
        "click==8.1.7\n-c limits.txt\n",
        CLICK,
        files={"limits.txt": "click<9\n-r base.txt\n", "base.txt": "numpy==2.3.5\n"},
        why="pip installs it; to uv it is a constraint",
        says="numpy",
    ),
    case(
        "O56",
        "a constraints file that an include of a constraints file includes",
        "refuse",
        REQUIREMENTS,
        "click==8.1.7\n-c limits.txt\n",
        CLICK,
        files={"limits.txt": "--constraint more.txt\n", "more.txt": "click>8.1.7\n"},
        says="more.txt:1",
    ),
    case(
        "O57",
        "a constraints file alone",
        "refuse",
        DESIGN,
        "-c limits.txt\n",
        CLICK,
        files={"limits.txt": "click==8.1.7\n"},
        says="holds no pins",
    ),
    case(
        "O58",
        "a constraints file is missing",
        "refuse",
        DESIGN,
        "click==8.1.7\n-c limits.txt\n",
        CLICK,
        says="limits.txt",
    ),
    case(
        "O59",
        "every option that says where and how to install",
        "ok",
        REQUIREMENTS,
        "-i https://example.org/simple\n--index-url=https://example.org/simple\n"
        "--extra-index-url https://example.org/cpu --find-links ./wheels\n-f wheels\n"
        "--no-index\n--pre\n--prefer-binary\n--trusted-host example.org:8080\n"
        "--no-binary :none: --only-binary=click\n--no-b=numpy\nclick==8.1.7\n",
        CLICK,
    ),
    case(
        "O60",
        "options behind a pin that belong before it",
        "ok",
        REQUIREMENTS,
        "click==8.1.7 --extra-index-url https://example.org/cpu --pre\n",
        CLICK,
        why="pip reads them and passes over them",
    ),
    case(
        "O61",
        "--require-hashes, and every pin has one",
        "ok",
        REQUIREMENTS,
        f"--require-hashes\nclick==8.1.7 --hash={A}\nnumpy==2.3.5 --hash={A}\n",
        BOTH,
    ),
    case(
        "O62",
        "--require-hashes, and a pin has none",
        "ok/refuse",
        REQUIREMENTS,
        f"--require-hashes\nclick==8.1.7 --hash={A}\nnumpy==2.3.5\n",
        BOTH,
        why="pip would not install it, yet what it pins is plain",
    ),
    case(
        "O63",
        "one pin of two has a hash",
        "ok/refuse",
        REQUIREMENTS,
        f"click==8.1.7 --hash={A}\nnumpy==2.3.5\n",
        BOTH,
        why="one hash turns --require-hashes on",
    ),
    *(
        case(
            f"O{number}",
            f"no option: {line!r}",
            "refuse",
            DESIGN,
            f"click==8.1.7\n{line}\n",
            CLICK,
            files={"base.txt": "click==8.1.7\n"},
            says=says,
        )
        for number, line, says in (
            (64, "--upgrade", "no such option"),
            (65, "--requirment base.txt", "no such option"),
            (66, "--no", "ambiguous option"),
            (67, "-r", "requires 1 argument"),
            (68, "--index-url", "requires 1 argument"),
            (69, "--pre=yes", "does not take a value"),
            (70, "-x", "no such option"),
            (71, "--find-links='wheels", "No closing quotation"),
            (72, "--hash=" + A, "belongs to no requirement"),
            (73, "-r base.txt -r base.txt", "more than one thing"),
            (74, "--index https://example.org --help", "no such option"),
        )
    ),
    case(
        "O75",
        "abbreviated options",
        "differs",
        REQUIREMENTS,
        "--ind https://example.org --extra https://example.org/cpu --requirem base.txt\n",
        CLICK,
        files={
            "base.txt": "click==8.1.7\n--cons limits.txt\nnumpy==2.3.5\n",
            "limits.txt": "click<9\n",
        },
        says="numpy",
    ),
    *(
        case(
            f"O{number}",
            f"an environment variable: {line!r}",
            right,
            DESIGN,
            f"numpy==2.3.5\n{line}\n",
            BOTH,
            env={"CLICK_VERSION": "8.1.7", "WHERE": "@CASE@"},
            files={"base.txt": "click==8.1.7\n"},
            says=says,
        )
        for number, right, line, says in (
            (76, "refuse", "click==${CLICK_VERSION}", "environment variable"),
            (77, "refuse", "-r ${WHERE}/base.txt", "environment variable"),
            (78, "refuse", "click @ file://${WHERE}/click", "environment variable"),
            (79, "refuse", "click==$CLICK_VERSION", "requirements.txt:2"),
            (80, "refuse", "click==${click_version}", "requirements.txt:2"),
            (81, "refuse", "click==8.1.7 ; sys_platform != '${WHERE}'", "environment variable"),
            (82, "ok", "--extra-index-url https://${TOKEN}@example.org/${WHERE}", ""),
            (83, "ok", "click==8.1.7 # ${CLICK_VERSION}", ""),
        )
    ),
    *(
        case(
            f"O{number}",
            f"editable, spelled {line!r}",
            right,
            REQUIREMENTS,
            f"click==8.1.7\n{line}\n",
            CLICK,
            arrange=_editable,
            files={"lib/pyproject.toml": "[project]\nname = 'bench'\nversion = '1.0'\n"},
            says=says,
        )
        for number, right, line, says in (
            (84, "ok", "-e ./lib", ""),
            (85, "ok", "--editable=lib", ""),
            (86, "ok", "--edit @CASE@/lib", ""),
            (87, "ok", "-e file://@CASE@/lib", ""),
            (88, "differs", "./lib", "./lib"),
            (89, "refuse", "-e git+https://example.org/bench.git", "name"),
            (90, "refuse", "-e https://example.org/bench-1.0.tar.gz", "requirements.txt:2"),
            (91, "refuse", "-e bench==1.0", "requirements.txt:2"),
        )
    ),
    case(
        "O92",
        "a requirements.lock, as Rye writes it",
        "differs",
        REQUIREMENTS,
        "# with-sources: false\n\n-e file:.\nclick==8.1.7\n    # via bench\n",
        [("click", "8.1.8")],
        name="requirements.lock",
        says="expected 8.1.7",
    ),
    case(
        "O93",
        "a poetry.lock",
        "refuse",
        DESIGN,
        '[[package]]\nname = "click"\nversion = "8.1.7"\n',
        CLICK,
        name="poetry.lock",
        says="format that is not known",
    ),
]
