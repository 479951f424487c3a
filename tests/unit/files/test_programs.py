"""Programs of the build machine."""

from __future__ import annotations

import os
import sys

import pytest

from hatch_lambda.files.programs import uv_program


def test_the_uv_of_hatch_is_preferred():
    assert uv_program({"HATCH_UV": "/hatch/uv", "PATH": "/bin"}) == "/hatch/uv"


def test_the_uv_of_the_extra_is_found():
    uv = pytest.importorskip("uv", reason="uv is not installed")

    assert uv_program({}) == os.fspath(uv.find_uv_bin())


@pytest.mark.skipif(os.name != "posix", reason="the program is a shell script")
def test_uv_is_found_on_path(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "uv", None)
    program = tmp_path / "uv"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)

    assert uv_program({"PATH": str(tmp_path)}) == str(program)
    assert uv_program({"PATH": str(tmp_path / "none")}) is None
    assert uv_program({"PATH": str(tmp_path / "none"), "UV": "/home/me/uv"}) == "/home/me/uv"
