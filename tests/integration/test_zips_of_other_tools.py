"""Zips of other tools: ``pip install --target`` and ``zip -r``."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from hatch_lambda.cli import main
from tests.support.existing_zips import HANDLER

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.index_server import IndexServer

TAG = "cp313-cp313-manylinux_2_28_x86_64"


@pytest.fixture
def others_zip(index: IndexServer, environ: dict[str, str], tmp_path: Path) -> Path:
    """A zip of a handler and what pip installed next to it, one distribution with native code."""
    files = {"native/__init__.py": "", "native/_code.cpython-313-x86_64-linux-gnu.so": b"code" * 1000}
    index.add("native", "2.0", tag=TAG, files=files, requires=["pure"])
    index.add("pure", "1.0", scripts={"tool": "pure:main"})
    directory = tmp_path / "package"
    options = ("--only-binary=:all:", "--platform=manylinux_2_28_x86_64", "--python-version=3.13", "--no-compile")
    command = [sys.executable, "-m", "pip", "install", "--quiet", *options, "--target", str(directory), "native"]
    subprocess.run(command, env=environ, check=True)
    (directory / "app.py").write_text(HANDLER, "utf-8")
    zip_ = shutil.which("zip")
    if zip_:
        subprocess.run([zip_, "-qr", "../function.zip", "."], cwd=directory, check=True)
    else:
        shutil.make_archive(str(tmp_path / "function"), "zip", directory)
    return tmp_path / "function.zip"


def test_info_reads_what_pip_and_zip_made(others_zip, capsys):
    code = main(["info", str(others_zip), "--json"])

    found = json.loads(capsys.readouterr().out)
    assert code == 0
    assert (found["kind"], found["runtime"], found["architecture"]) == ("function", "python3.13", "x86_64")
    taken = [(one["name"], one["version"], one["tags"], one["project"]) for one in found["distributions"]]
    assert taken == [("native", "2.0", [TAG], False), ("pure", "1.0", ["py3-none-any"], False)]
    assert found["unowned"]["files"] == 1
    assert found["unowned"]["unzipped"] == len(HANDLER)
    assert sum(one["files"] for one in found["distributions"]) + 1 == found["files"]
    assert found["problems"] == []


def test_verify_finds_what_pip_and_zip_made_sound(others_zip, capsys):
    code = main(["verify", str(others_zip), "--handler", "app.handler"])

    assert (code, capsys.readouterr().out.splitlines()[-1]) == (0, "  no problems found")


def test_the_hash_that_info_prints_is_the_one_that_lambda_reports(others_zip, aws, capsys):
    reported = aws.create_function("shop", others_zip.read_bytes(), Handler="app.handler")["CodeSha256"]

    main(["info", str(others_zip)])

    assert f"  CodeSha256    {reported}\n" in capsys.readouterr().out
