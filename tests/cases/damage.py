"""Files that are no locks, or no longer: damaged bytes, and text that only looks right."""

from __future__ import annotations

import gzip
import os
from typing import TYPE_CHECKING

from tests.cases.kit import DESIGN, REQUIREMENTS, case

if TYPE_CHECKING:
    from tests.cases.kit import Place

A = "sha256:" + "a1" * 32
CLICK = [("click", "8.1.7")]
NUMPY = [*CLICK, ("numpy", "2.3.5")]
LOCK = "click==8.1.7\nnumpy==2.3.5\n"


def _directory(place: Place) -> None:
    (place.folder / "requirements.txt").mkdir()


def _pipe(place: Place) -> None:
    os.mkfifo(place.folder / "requirements.txt")


def _included_pipe(place: Place) -> None:
    os.mkfifo(place.folder / "base.txt")


def _dangling(place: Place) -> None:
    (place.folder / "requirements.txt").symlink_to("locks/requirements.txt")


def _linked(place: Place) -> None:
    (place.folder / "requirements.txt").symlink_to("locks/requirements.txt")


def _endless(place: Place) -> None:
    (place.folder / "requirements.txt").symlink_to("requirements.txt")


CASES = [
    *(
        case(f"B{number:02}", title, "refuse", DESIGN, lock, NUMPY, says=says)
        for number, title, lock, says in (
            (1, "an empty file", "", "holds no pins"),
            (2, "blanks and empty lines", " \n\t\r\n\f\n\n", "holds no pins"),
            (3, "comments only", "# click==8.1.7\n  # numpy==2.3.5", "holds no pins"),
            (4, "a byte order mark only", b"\xef\xbb\xbf", "holds no pins"),
            (5, "options only", "--no-index\n-f wheels\n", "holds no pins"),
            (6, "NUL bytes at the end, as a crash leaves them", LOCK + "\0" * 512, "NUL byte"),
            (7, "a NUL byte in a comment", LOCK + "# \0\n", "requirements.txt:3"),
            (8, "NUL bytes only", b"\0" * 64, "NUL byte"),
        )
    ),
    *(
        case(f"B{number:02}", f"merge conflict, {title}", "refuse", DESIGN, lock, NUMPY, says=says)
        for number, title, lock, says in (
            (
                9,
                "both sides",
                "click==8.1.7\n<<<<<<< HEAD\nnumpy==2.3.5\n=======\nnumpy==2.3.4\n>>>>>>> main\n",
                "requirements.txt:2: a merge-conflict mark",
            ),
            (
                10,
                "the same on both sides, with the base, CRLF",
                "<<<<<<< ours\r\nclick==8.1.7\r\n||||||| 0123abc\r\nclick==8.1.6\r\n=======\r\n"
                "click==8.1.7\r\n>>>>>>> theirs\r\n",
                "requirements.txt:1: a merge-conflict mark",
            ),
            (11, "a last mark that was left", LOCK + ">>>>>>> main\n", "a merge-conflict mark"),
            (
                12,
                "a middle mark that was left",
                "click==8.1.7\n=======\nnumpy==2.3.5\n",
                "a merge-conflict mark",
            ),
            (
                13,
                "between continued lines",
                f"click==8.1.7 \\\n<<<<<<< HEAD\n    --hash={A}\n=======\n    --hash={A}\n>>>>>>> x\n",
                "a merge-conflict mark",
            ),
            (14, "markers of a longer kind", "<<<<<<<<<<< HEAD\n" + LOCK, "a merge-conflict mark"),
        )
    ),
    case(
        "B15",
        "what looks like a mark, in a comment",
        "ok",
        REQUIREMENTS,
        "# <<<<<<< HEAD\n# =======\nclick==8.1.7  # >>>>>>> main\n",
        CLICK,
    ),
    *(
        case(f"B{number}", title, "refuse", DESIGN, lock, NUMPY, says=says)
        for number, title, lock, says in (
            (16, "an HTML page", "<!DOCTYPE html>\n<html><body>404</body></html>\n", "HTML"),
            (17, "an HTML page, indented, after a mark", "\ufeff\n  <HTML lang=en>\n", "HTML"),
            (
                18,
                "a Git LFS pointer",
                f"version https://git-lfs.github.com/spec/v1\noid {A}\nsize 533000\n",
                "Git LFS pointer",
            ),
            (19, "JSON", '{"click": "8.1.7"}\n', "requirements.txt:1"),
            (
                20,
                "a pylock.toml by another name",
                'lock-version = "1.0"\ncreated-by = "uv"\n\n[[packages]]\nname = "click"\nversion = "8.1.7"\n',
                "requirements.txt:1",
            ),
            (
                21,
                "a uv.lock by another name",
                'version = 1\nrevision = 3\n\n[[package]]\nname = "click"\nversion = "8.1.7"\n',
                "requirements.txt:1",
            ),
            (22, "gzip", gzip.compress(LOCK.encode(), mtime=0), "requirements.txt:1"),
            (
                23,
                "what `pip list` prints",
                "Package Version\n------- -------\nclick   8.1.7\n",
                "requirements.txt:1",
            ),
            (24, "YAML", "- click==8.1.7\n- numpy==2.3.5\n", "requirements.txt:1"),
            (25, "a diff", "@@ -1 +1,2 @@\n click==8.1.7\n+numpy==2.3.5\n", "requirements.txt:1"),
        )
    ),
    *(
        case(
            f"B{number}",
            f"hash {title}",
            right,
            REQUIREMENTS,
            f"click==8.1.7 \\\n    --hash={hash_}\nnumpy==2.3.5\n",
            NUMPY,
            says=says,
        )
        for number, title, right, hash_, says in (
            (26, "cut off", "refuse", A[:40], "cut off or damaged"),
            (27, "cut off behind the colon", "refuse", "sha256:", "cut off or damaged"),
            (28, "too long", "refuse", A + "a1", "cut off or damaged"),
            (29, "with a digit that is none", "refuse", A[:-1] + "g", "cut off or damaged"),
            (30, "in capitals", "ok", "sha256:" + "A1" * 32, ""),
            (31, "of an algorithm in capitals", "refuse", A.upper(), "not a hash that pip accepts"),
            (32, "of an algorithm that pip does not take", "refuse", "md5:" + "a1" * 16, "md5"),
            (33, "of SHA-512", "ok", "sha512:" + "a1" * 64, ""),
            (34, "without algorithm", "refuse", "a1" * 32, "not a hash that pip accepts"),
            (35, "with full-width digits", "refuse", A[:-1] + "\uff11", "cut off or damaged"),
            (
                36,
                "of SHA-256 with the length of SHA-512",
                "refuse",
                "sha256:" + "a1" * 64,
                "cut off or damaged",
            ),
        )
    ),
    case(
        "B37",
        "the last line is cut off in the middle of its hash",
        "refuse",
        DESIGN,
        f"click==8.1.7 \\\n    --hash={A}\nnumpy==2.3.5 \\\n    --hash=sha256:a1a1",
        NUMPY,
        says="requirements.txt:3",
    ),
    case(
        "B38",
        "the last line is cut off in the middle of its name",
        "refuse",
        DESIGN,
        "click==8.1.7\nnum",
        NUMPY,
        says="requirements.txt:2",
    ),
    case(
        "B39",
        "the last line is cut off in the middle of its version: nobody can see that",
        "differs",
        DESIGN,
        "click==8.1.7\nnumpy==2.3",
        NUMPY,
        says="expected 2.3",
    ),
    *(
        case(f"B{number}", title, right, REQUIREMENTS, lock, CLICK, says=says)
        for number, title, right, lock, says in (
            (40, "UTF-8 with a mark", "differs", b"\xef\xbb\xbf" + LOCK.encode(), "numpy"),
            (41, "two byte order marks", "refuse", "\ufeff\ufeff" + LOCK, "requirements.txt:1"),
            (
                42,
                "a mark in the middle, as `cat` leaves it",
                "refuse",
                "click==8.1.7\n\ufeffnumpy==2.3.5\n",
                "requirements.txt:2",
            ),
            (
                43,
                "UTF-16-LE with a mark, as PowerShell writes it",
                "differs",
                b"\xff\xfe" + LOCK.replace("\n", "\r\n").encode("utf-16-le"),
                "numpy",
            ),
            (
                44,
                "UTF-16-BE with a mark",
                "differs",
                b"\xfe\xff" + LOCK.encode("utf-16-be"),
                "numpy",
            ),
            (45, "UTF-16 without a mark", "refuse", LOCK.encode("utf-16-le"), "NUL byte"),
            (
                46,
                "UTF-16, half a character at the end",
                "refuse",
                b"\xff\xfe" + LOCK.encode("utf-16-le")[:-1],
                "requirements.txt",
            ),
            (
                47,
                "UTF-32 with a mark",
                "differs",
                b"\xff\xfe\0\0" + LOCK.encode("utf-32-le"),
                "numpy",
            ),
            (
                48,
                "Latin-1 in a comment",
                "refuse",
                LOCK.encode() + "# für Rechner\n".encode("latin-1"),
                "requirements.txt:3",
            ),
            (
                49,
                "Latin-1, and a line that says so",
                "differs",
                "# für Rechner\n# -*- coding: latin-1 -*-\nclick==8.1.7\nnumpy==2.3.5 # für\n".encode(
                    "latin-1"
                ),
                "numpy",
            ),
            (
                50,
                "Latin-1, and the third line says so",
                "refuse",
                "#\n#\n# coding: latin-1\nclick==8.1.7 # für\n".encode("latin-1"),
                "requirements.txt:4",
            ),
            (
                51,
                "a coding that does not exist",
                "refuse",
                "# coding: klingon\nclick==8.1.7\n",
                "klingon",
            ),
            (
                52,
                "a coding that is no text",
                "refuse",
                "# coding: base64\nclick==8.1.7\n",
                "base64",
            ),
            (
                53,
                "a coding that has no lines so long",
                "refuse",
                "# coding: idna\nclick==8.1.7" + "." * 99 + "\n",
                "requirements.txt",
            ),
            (
                54,
                "a coding that always fails",
                "refuse",
                "# coding: undefined\nclick==8.1.7\n",
                "requirements.txt",
            ),
            (
                55,
                "invalid UTF-8 in a pin",
                "refuse",
                b"click==8.1.7\nnum\xffpy==2.3.5\n",
                "requirements.txt:2",
            ),
            (
                56,
                "UTF-8 cut off within a character",
                "refuse",
                LOCK.encode() + b"# \xe2\x82",
                "requirements.txt:3",
            ),
            (
                57,
                "an encoded surrogate",
                "refuse",
                LOCK.encode() + b"# \xed\xa0\x80\n",
                "requirements.txt:3",
            ),
            (
                58,
                "mixed line ends",
                "differs",
                "# a\r\nclick==8.1.7\r# b\nnumpy==2.3.5\n\r",
                "numpy",
            ),
            (
                59,
                "letters of other scripts in comments",
                "differs",
                "# für 機械 🙂\nclick==8.1.7 # ç\nnumpy==2.3.5\n",
                "numpy",
            ),
            (
                60,
                "a bidirectional override in a comment",
                "differs",
                "click==8.1.7 # \u202e5.3.2==ypmun\u202c\nnumpy==2.3.5\n",
                "numpy",
            ),
        )
    ),
    *(
        case(
            f"B{number}",
            title,
            "refuse",
            DESIGN,
            f"click==8.1.7\n{line}\n",
            NUMPY,
            says="requirements.txt:2",
        )
        for number, title, line in (
            (61, "full-width digits", "numpy==\uff12.3.5"),
            (62, "a Cyrillic letter in a name", "num\u0440y==2.3.5"),
            (63, "a zero-width space in a name", "num\u200bpy==2.3.5"),
            (64, "a zero-width space behind a version", "numpy==2.3.5\u200b"),
            (65, "a no-break space in a pin", "numpy\u00a0==2.3.5"),
            (66, "a no-break space before an operator", "numpy=\u00a0=2.3.5"),
            (67, "a bidirectional override in a pin", "numpy==\u202e5.3.2"),
            (68, "an escape sequence", "numpy==2.3.5\x1b[8m==2.3.4\x1b[0m"),
            (69, "typographic quotes in a marker", "numpy==2.3.5 ; python_version > \u201c3\u201d"),
            (70, "a typographic dash before an option", f"numpy==2.3.5 \u2013\u2013hash={A}"),
            (71, "a full-width equals sign", "numpy\uff1d\uff1d2.3.5"),
            (72, "the Kelvin sign for a K", "numpy\u212a==2.3.5"),
        )
    ),
    case(
        "B73",
        "a comment of a megabyte",
        "differs",
        REQUIREMENTS,
        "click==8.1.7 # " + "x" * 2**20 + "\nnumpy==2.3.5\n",
        CLICK,
        says="numpy",
    ),
    case(
        "B74",
        "a name of a megabyte",
        "refuse",
        DESIGN,
        "click==8.1.7\n" + "x" * 2**20 + "\n",
        CLICK,
        says="requirements.txt:2",
    ),
    case(
        "B75",
        "a megabyte of backslashes",
        "differs",
        REQUIREMENTS,
        "click==8.1.7\n" + "\\\n" * 2**19 + "numpy==2.3.5\n",
        CLICK,
        says="numpy",
    ),
    case(
        "B76",
        "a directory of that name",
        "refuse",
        DESIGN,
        None,
        CLICK,
        arrange=_directory,
        says="is a directory",
    ),
    case(
        "B77",
        "a pipe to which nobody writes",
        "refuse",
        DESIGN,
        None,
        CLICK,
        arrange=_pipe,
        says="pipe",
    ),
    case(
        "B78",
        "an included pipe to which nobody writes",
        "refuse",
        DESIGN,
        "click==8.1.7\n-r base.txt\n",
        CLICK,
        arrange=_included_pipe,
        says="pipe",
    ),
    case(
        "B79",
        "a link to nothing",
        "refuse",
        DESIGN,
        None,
        CLICK,
        arrange=_dangling,
        says="cannot be read",
    ),
    case(
        "B80",
        "a link to itself",
        "refuse",
        DESIGN,
        None,
        CLICK,
        arrange=_endless,
        says="cannot be read",
    ),
    case(
        "B81",
        "a link to a lock elsewhere",
        "ok",
        DESIGN,
        None,
        CLICK,
        arrange=_linked,
        files={"locks/requirements.txt": "click==8.1.7\n"},
    ),
    case("B82", "no such file", "refuse", DESIGN, None, CLICK, says="cannot be read"),
    case(
        "B83",
        "no such folder",
        "refuse",
        DESIGN,
        None,
        CLICK,
        name="locks/requirements.txt",
        says="cannot be read",
    ),
    case(
        "B84",
        "a file in the place of a folder",
        "refuse",
        DESIGN,
        None,
        CLICK,
        name="locks/requirements.txt",
        files={"locks": LOCK},
        says="cannot be read",
    ),
]
