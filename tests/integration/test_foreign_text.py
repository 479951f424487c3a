"""Text of a wheel, a zip, or another tool can control neither the terminal nor a CI system."""

from __future__ import annotations

import json
import re
import zipfile

import pytest

from hatch_lambda.cli import main
from tests.support.make_elf import make_elf

EVIL = "libx.so\n::stop-commands::x\n##[error]y\x1b]0;z\x07\u202e\u2028\x9b"
PLAIN = r"libx.so\n::stop-commands::x\n\x23#[error]y\x1b]0;z\x07\u202e\u2028\x9b"
TAG = "cp313-cp313-manylinux_2_17_x86_64"
MODULE = "lib/m.cpython-313-x86_64-linux-gnu.so"


def assert_harmless(text: str) -> None:
    """Fail for output of which a terminal or a CI system would obey a part."""
    assert [line for line in text.split("\n") if not line.isprintable()] == []
    assert re.findall(r"^\s*::.*|##\w*\[", text, re.MULTILINE) == []


def test_the_names_in_a_wheels_library_are_escaped_by_the_build(index, project):
    index.add("lib", files={MODULE: make_elf(needed=[EVIL], module="m")}, tag=TAG)
    project.configure(dependencies=["lib"])

    built = project.build()

    assert built.code == 1
    assert PLAIN in built.output
    assert_harmless(built.output)


def test_the_same_in_a_warning_of_the_build(index, project):
    index.add("lib", files={MODULE: make_elf(needed=[EVIL], module="m")}, tag=TAG)
    project.configure('native-check = "warn"', dependencies=["lib"])

    built = project.build()

    assert built.code == 0
    assert PLAIN in built.output
    assert_harmless(built.output)


@pytest.fixture
def evil_zip(tmp_path):
    path = tmp_path / "evil.zip"
    described = {"schema": 1, "kind": "function", "handler": f"{EVIL}\ud800", "distributions": [{"name": EVIL}]}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("lib/\x7f\u202e::a ##[b].py", "x = 1\n")
        archive.writestr(MODULE, make_elf(needed=[EVIL], module="m"))
        archive.writestr("lib-1.0.dist-info/METADATA", f"Name: lib\nVersion: 1.0{EVIL}\n")
        archive.writestr("lib-1.0.dist-info/RECORD", f'"{EVIL}",sha256=x,1\n')
        archive.writestr("shop-1.dist-info/lambda.json", json.dumps(described))
    return path


@pytest.mark.parametrize(
    "words", [["info"], ["info", "--tree"], ["info", "--json"], ["verify"], ["diff"], ["deploy", "--dry-run"]]
)
def test_the_texts_of_a_zip_are_escaped_by_every_command(evil_zip, capsys, words):
    main([*words, str(evil_zip), *([str(evil_zip)] if words == ["diff"] else [])])

    told = capsys.readouterr()
    assert_harmless(told.out)
    assert_harmless(told.err)


def test_the_texts_of_a_zip_are_escaped_on_its_page(evil_zip, tmp_path):
    page = tmp_path / "page.html"

    assert main(["info", str(evil_zip), "--html", str(page)]) == 0

    assert_harmless(page.read_text("utf-8"))


def test_pips_output_is_escaped_but_keeps_its_lines(index, project):
    index.add("lib")
    project.configure('lock = "requirements.txt"', dependencies=["lib"])
    project.write("requirements.txt", f"lib==1.0 --hash=sha256:{'0' * 64} --\x1b[31m\n")

    built = project.build()

    assert built.code == 1
    assert built.output.startswith("error: requirements.txt: ")
    assert "\n\npip's output:\n" in built.output
    assert built.output.count("\n") > 3
    assert_harmless(built.output)
