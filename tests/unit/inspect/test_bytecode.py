"""Bytecode in existing zips: that of ours is compared, and that of other tools which has no effect is reported."""

from __future__ import annotations

import calendar
import json
import struct
import zipfile
from typing import TYPE_CHECKING

import pytest

from hatch_lambda.archive.bytecode import source_hash
from hatch_lambda.archive.read import read_zip
from hatch_lambda.inspect.bytecode import bytecode_problems
from hatch_lambda.inspect.inspection import inspect
from hatch_lambda.inspect.summary import as_json, lines
from tests.support.existing_zips import our_zip, zip_of
from tests.support.samples import reported, target
from tests.support.zips import contents

if TYPE_CHECKING:
    from pathlib import Path

RUNTIME = target("python3.13").runtime
REBUILD = "rebuild the zip, or download it again [stale-bytecode]"
KEY = (3571).to_bytes(2, "little") + b"\r\n"
SOURCE = b"def handler(event, context): ...\n"


def pyc(source: bytes = SOURCE, flags: int = 0b11) -> bytes:
    hashed = source_hash(int.from_bytes(KEY, "little"), source, (3, 13))
    return KEY + struct.pack("<L", flags) + hashed + b"code"


def found(path: Path) -> list[tuple[str, str]]:
    return reported(bytecode_problems(read_zip(path), RUNTIME))


def ours(directory: Path, code: bytes) -> Path:
    """A zip of ours that declares bytecode, with this one for its only module."""
    files = contents(our_zip(directory, files={"shop/api.py": SOURCE.decode()}, libraries={}))
    described = json.loads(files["shop-0.1.0.dist-info/lambda.json"])
    files["shop-0.1.0.dist-info/lambda.json"] = json.dumps({**described, "bytecode": "3.13.5"}).encode()
    return zip_of(directory, {**files, "shop/__pycache__/api.cpython-313.pyc": code}, "ours.zip")


def test_bytecode_of_its_source_is_fine(tmp_path):
    assert found(ours(tmp_path, pyc())) == []


@pytest.mark.parametrize("code", [pyc(b"other"), pyc(flags=0), b""])
def test_ignored_bytecode_in_a_zip_of_ours_is_an_error(tmp_path, code):
    assert found(ours(tmp_path, code)) == [
        (
            "error",
            "shop/__pycache__/api.cpython-313.pyc: isn't what python3.13 runs instead of shop/api.py; " + REBUILD,
        )
    ]


def test_bytecode_that_runs_other_code_is_an_error_in_any_zip(tmp_path):
    stale = {f"shop/__pycache__/{name}.cpython-313.pyc": pyc(b"other", 0b01) for name in "ab"}
    path = zip_of(tmp_path, {"shop/a.py": SOURCE, "shop/b.py": SOURCE, **stale}, "function.zip")

    assert found(path) == [
        (
            "error",
            f"shop/__pycache__/a.cpython-313.pyc (and 1 more file): runs other code than shop/a.py; {REBUILD}",
        )
    ]


def test_bytecode_of_other_tools_without_effect_is_counted(tmp_path):
    files = {
        "a.py": SOURCE,
        "__pycache__/a.cpython-313.pyc": pyc(flags=0) + b"x" * 2000,
        "__pycache__/a.cpython-311.pyc": pyc(),
        "__pycache__/a.cpython-313.opt-1.pyc": pyc(),
        "__pycache__/gone.cpython-313.pyc": pyc(),
        "sub/a.py": b"changed",
        "sub/__pycache__/a.cpython-313.pyc": pyc(),
        "sub/b.py": SOURCE,
        "sub/__pycache__/b.cpython-313.pyc": b"",
        "used.py": SOURCE,
        "__pycache__/used.cpython-313.pyc": pyc(),
    }

    assert found(zip_of(tmp_path, files, "function.zip")) == [
        (
            "warning",
            (
                "function.zip: 2.1 KiB of bytecode has no effect on python3.13 (files: 1 with another date than the "
                "source, 1 with another magic number, 1 without source, 1 for PYTHONOPTIMIZE, 1 for another Python, "
                "1 of another source); exclude __pycache__ when you build the zip [unused-bytecode]"
            ),
        )
    ]


def test_bytecode_with_the_date_of_its_source_might_be_used(tmp_path):
    date = calendar.timegm((2026, 1, 2, 3, 4, 6))
    code = KEY + struct.pack("<LLL", 0, date, len(SOURCE)) + b"code"
    with zipfile.ZipFile(tmp_path / "function.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo("a.py", (2026, 1, 2, 3, 4, 6)), SOURCE)
        archive.writestr("__pycache__/a.cpython-313.pyc", code)

    assert found(tmp_path / "function.zip") == []


def test_bytecode_is_part_of_an_inspection_if_the_runtime_is_known(tmp_path):
    path = zip_of(tmp_path, {"a.py": SOURCE, "__pycache__/a.cpython-313.pyc": pyc(flags=0)}, "function.zip")

    known = inspect(read_zip(path), runtime="python3.13", architecture="x86_64")

    assert any("[unused-bytecode]" in str(warning) for warning in known.warnings)
    assert not any("[unused-bytecode]" in str(warning) for warning in inspect(read_zip(path)).warnings)


def test_a_description_has_the_size_of_bytecode_and_the_python_that_compiled_it(tmp_path):
    inspection = inspect(read_zip(ours(tmp_path, pyc())))

    assert as_json(inspection)["bytecode"] == {"python": "3.13.5", "zipped": 22, "unzipped": 20, "files": 1}
    assert "  bytecode      20 bytes unzipped of CPython 3.13.5" in list(lines(inspection))


def test_a_description_without_bytecode_does_not_mention_it(tmp_path):
    inspection = inspect(read_zip(our_zip(tmp_path)))

    assert as_json(inspection)["bytecode"] == {"python": None, "zipped": 0, "unzipped": 0, "files": 0}
    assert not any("bytecode" in line for line in lines(inspection))
