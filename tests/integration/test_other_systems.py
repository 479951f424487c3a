"""Differences of other systems that can be reproduced here: encodings, separators, open files."""

from __future__ import annotations

import io
import zipfile

import pytest

from tests.support import zips
from tests.support.locks import package, pylock

WINDOWS_TERMINAL = {"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"}
OLD_TERMINAL = {"PYTHONIOENCODING": "cp437:strict", "PYTHONUTF8": "0"}


@pytest.mark.parametrize("terminal", [WINDOWS_TERMINAL, OLD_TERMINAL], ids=["cp1252", "cp437"])
def test_names_that_the_terminal_cannot_show_go_into_the_zip(index, project, terminal):
    index.add("lib", files={"lib/→.txt": "an arrow"})
    project.configure(dependencies=["lib"])
    project.write("shop/Bücher→.txt", "books")

    built = project.build(**terminal)

    assert built.code == 0, built.output
    assert {"lib/→.txt", "shop/Bücher→.txt"} < set(zips.names(built.archive))


def test_a_message_with_a_letter_that_the_terminal_lacks_is_still_one_message(project):
    project.configure('handler = "shop.π.handler"')

    built = project.build(**WINDOWS_TERMINAL)

    assert (built.code, built.output) == (
        1,
        (
            "error: handler 'shop.\\u03c0.handler': no module 'shop.\\u03c0' in the zip, whose top level has "
            "'shop'; correct the name, or include the module's file [handler-not-found]\n"
        ),
    )


def test_files_are_utf_8_in_any_locale(index, project):
    """`python -X warn_default_encoding` warns of each file that is read or written as the locale has it (PEP 597)."""
    wheel = index.add("lib")
    project.configure('lock = "pylock.toml"', dependencies=["lib"])
    project.write("pylock.toml", "# Bücher\n" + pylock(package(index, wheel)))

    built = project.build(PYTHONWARNDEFAULTENCODING="1")

    assert built.code == 0, built.output
    assert [line for line in built.output.splitlines() if "EncodingWarning" in line and "hatch_lambda" in line] == []


def test_a_zip_is_replaced_while_another_program_reads_it(project):
    before = project.build()
    project.write("shop/more.py")

    with before.archive.open("rb") as opened:
        after = project.build()

        assert (after.code, zipfile.ZipFile(io.BytesIO(opened.read())).testzip()) == (0, None)


def test_a_long_path_is_kept(project):
    path = "/".join(["shop", *["a" * 60] * 6, "file.txt"])
    project.write(path, "deep")

    built = project.build()

    assert zips.read(built.archive, path) == "deep"


def test_names_that_differ_in_case_only_are_two_files_on_lambda(index, project):
    index.add("one", files={"data/Read.txt": "upper"})
    index.add("two", files={"data/read.txt": "lower"})
    project.configure(dependencies=["one", "two"])

    built = project.build()

    assert built.code == 0, built.output
    assert (zips.read(built.archive, "data/Read.txt"), zips.read(built.archive, "data/read.txt")) == ("upper", "lower")
