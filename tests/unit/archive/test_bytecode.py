"""Where bytecode is, and whether a runtime uses it."""

from __future__ import annotations

import importlib.util
import struct
import sys
from dataclasses import replace

import pytest

from hatch_lambda.archive.bytecode import (
    bytecode_path,
    is_bytecode,
    is_trusted,
    source_hash,
    source_path,
    unused_reason,
)
from hatch_lambda.runtime.runtimes import runtime_named
from tests.support.samples import target

THIS = (sys.version_info[0], sys.version_info[1])
RUNTIME = target("python3.13").runtime
MAGIC = 3571
SOURCE = b"x = 1\n"
PATH = "pkg/__pycache__/a.cpython-313.pyc"


def key(magic: int) -> int:
    return int.from_bytes(magic.to_bytes(2, "little") + b"\r\n", "little")


def header(magic: int = MAGIC, flags: int = 0b11, source: bytes = SOURCE) -> bytes:
    return struct.pack("<LL", key(magic), flags) + source_hash(key(magic), source, (3, 13))


@pytest.mark.parametrize("path", ["a.py", "pkg/__init__.py", "pkg/sub/a.b.py", "p/ü.py"])
def test_bytecode_is_where_python_looks_for_it(path):
    assert bytecode_path(path, THIS) == importlib.util.cache_from_source(path, optimization="")


@pytest.mark.parametrize("path", ["a.py", "pkg/__init__.py", "pkg/sub/a.b.py"])
def test_the_source_of_bytecode_is_known(path):
    assert source_path(bytecode_path(path, (3, 13))) == path


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("__pycache__/a.cpython-313.pyc", True),
        ("pkg/__pycache__/a.cpython-313.opt-1.pyc", True),
        ("pkg/__pycache__/test_a.cpython-311-pytest-9.2.0.pyc", True),
        ("pkg/__pycache__/a.pyc", True),
        ("pkg/a.cpython-313.pyc", False),
        ("pkg/a.pyc", False),
        ("pkg/__pycache__/a.cpython-313.py", False),
    ],
)
def test_bytecode_is_recognized_by_its_path(path, expected):
    assert is_bytecode(path) is expected


def test_a_path_of_another_file_is_its_own_source():
    assert source_path("a.py") == "a.py"


@pytest.mark.parametrize(
    ("magic", "python", "expected"),
    [
        (3425, (3, 9), "b42f8725bd2408b9"),
        (3439, (3, 10), "e0fe90e097e8204a"),
        (3495, (3, 11), "f33abdc50816ac07"),
        (3531, (3, 12), "808a64c47ed335a1"),
        (3571, (3, 13), "6fa38a80154e48e4"),
    ],
)
def test_each_python_has_its_own_hash_of_a_source(magic, python, expected):
    """The values are those of ``importlib.util.source_hash(b"hello world")`` in CPython 3.9 to 3.13."""
    assert source_hash(key(magic), b"hello world", python).hex() == expected


@pytest.mark.parametrize("size", range(17))
def test_the_hash_of_another_python_is_the_same_as_its_own(size):
    """Both ways are taken: the other of the two algorithms is ours, and this Python's is built in."""
    from hatch_lambda.archive import bytecode

    data = bytes(range(size))
    rounds = (1, 3) if THIS >= (3, 11) else (2, 4)

    assert bytecode._siphash(key(MAGIC), data, rounds=rounds) == source_hash(key(MAGIC), data, THIS)


def test_bytecode_of_the_runtime_is_used():
    assert unused_reason(PATH, RUNTIME, header(), lambda: SOURCE) is None
    assert unused_reason(PATH, RUNTIME, header(flags=0b01), lambda: SOURCE) is None


@pytest.mark.parametrize(
    ("path", "head", "source", "reason"),
    [
        ("pkg/__pycache__/a.cpython-312.pyc", header(), SOURCE, "other-python"),
        ("pkg/__pycache__/a.pyc", header(), SOURCE, "other-python"),
        ("pkg/__pycache__/a.cpython-313.opt-2.pyc", header(), SOURCE, "optimized"),
        (PATH, header(3570), SOURCE, "magic"),
        (PATH, header()[:15], SOURCE, "magic"),
        (PATH, b"\xf3\x0d\0\0" + header()[4:], SOURCE, "magic"),
        (PATH, header(), None, "no-source"),
        (PATH, header(flags=0), SOURCE, "date"),
        (PATH, header(), b"x = 2\n", "stale"),
    ],
)
def test_the_reason_for_which_a_runtime_ignores_bytecode(path, head, source, reason):
    assert unused_reason(path, RUNTIME, head, lambda: source) == reason


def test_any_number_fits_a_runtime_whose_number_is_unknown():
    preview = runtime_named("python3.15")
    assert preview is not None

    path = "pkg/__pycache__/a.cpython-315.pyc"
    assert unused_reason(path, preview, header(3660), lambda: SOURCE) is None
    assert unused_reason(path, replace(preview, magic=3661), header(3660), lambda: SOURCE) == "magic"


@pytest.mark.parametrize(("flags", "expected"), [(0b00, False), (0b01, True), (0b11, False)])
def test_only_unchecked_bytecode_is_run_without_a_look_at_its_source(flags, expected):
    assert is_trusted(header(flags=flags)) is expected
