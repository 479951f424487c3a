"""What is read of a wheel while it is verified is what the checks would read of it later."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hatch_lambda.checks import MEMBER_READERS
from hatch_lambda.checks.libraries import check_libraries
from hatch_lambda.checks.native import check_native
from hatch_lambda.checks.native_files import NativeReader
from hatch_lambda.errors import WheelError
from hatch_lambda.wheels.cache import WheelCache
from hatch_lambda.wheels.wheel import wheel_entries
from tests.support.make_elf import make_elf
from tests.support.make_wheel import make_wheel
from tests.support.samples import candidate, plan

if TYPE_CHECKING:
    from pathlib import Path

OPENS = "import ctypes\nctypes.CDLL('libfoo.so.1')\n"
ELF = make_elf(needed=["libssl.so.3"], versions={"libc.so.6": ["GLIBC_2.17"]}, module="bar")


def compressed(name: str, content: bytes, method: int) -> tuple[zipfile.ZipInfo, bytes]:
    """Return a member that is compressed with a method."""
    info = zipfile.ZipInfo(name)
    info.compress_type = method
    return info, content


def cached(directory: Path) -> dict[str, str]:
    """Return the results in a cache."""
    return {file.name: file.read_text("utf-8") for file in (directory / "facts").iterdir()}


def added(wheel: Path, directory: Path) -> dict[str, str]:
    """Return the results in a cache to which a build has added the wheel."""
    with WheelCache(directory, MEMBER_READERS) as cache:
        cache.add(wheel, expected=None)
    return cached(directory)


def checked(wheel: Path, directory: Path) -> dict[str, str]:
    """Return the results in a cache after the checks, of a wheel that was added without readers."""
    with WheelCache(directory) as cache:
        made = plan(*wheel_entries(cache.add(wheel, expected=None), scripts_for=None))
        checks = replace(candidate(made), results=cache.facts)
        list(check_native(checks))
        list(check_libraries(checks))
    return cached(directory)


@pytest.mark.parametrize(
    "content",
    [
        ELF,
        ELF + bytes(3 << 20),  # more than is kept in memory
        ELF[:200],
        ELF[:32] + (1 << 62).to_bytes(8, "little") + ELF[40:] + bytes(3 << 20),  # the place of its program headers
        b"\x7fELF\2\1",
        b"\xcf\xfa\xed\xfe" + bytes(60),
        b"MZ" + bytes(58) + b"\x40\0\0\0PE\0\0",
        b"",
        b"text",
    ],
    ids=["ELF", "large", "cut", "no place", "short", "macOS", "Windows", "empty", "text"],
)
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_native_code_is_read_as_by_the_check(tmp_path, content, method):
    wheel = make_wheel(tmp_path, "bar", infos=[compressed("bar/core.abi3.so", content, method)])

    found = added(wheel, tmp_path / "one")

    assert found == checked(wheel, tmp_path / "other")
    assert len(found) == 2


def test_a_directory_with_content_is_no_file_for_either(tmp_path):
    wheel = make_wheel(tmp_path, "bar", infos=[compressed("bar/core.so/", ELF, zipfile.ZIP_STORED)])

    assert added(wheel, tmp_path / "one") == checked(wheel, tmp_path / "other")


@pytest.mark.parametrize(
    "file",
    [
        "bar/native.pyi",
        "bar/tests/native.py",
        "bar-1.0.data/scripts/native.py",
        "bar-1.0.data/data/bar/native.py",
    ],
)
def test_a_wheel_whose_modules_open_nothing_is_not_read_again(tmp_path, file):
    wheel = make_wheel(tmp_path, "bar", files={"bar/__init__.py": "# CDLL\n", file: OPENS})

    found = added(wheel, tmp_path / "one")

    assert found == checked(wheel, tmp_path / "other")
    assert len(found) == 2


@pytest.mark.parametrize("file", ["bar/native.py", "bar-1.0.data/purelib/bar/native.py"])
def test_a_wheel_whose_modules_open_libraries_is_left_to_the_check(tmp_path, file):
    wheel = make_wheel(tmp_path, "bar", files={"bar/__init__.py": "", file: OPENS, "bar/other.py": ""})

    found = added(wheel, tmp_path / "one")

    assert len(found) == 1
    assert found.items() < checked(wheel, tmp_path / "other").items()


def test_native_code_that_is_too_large_to_copy_leaves_the_wheel_to_the_check():
    reader = NativeReader()

    wanted = [reader.wants("bar/one.so", ELF, len(ELF)), reader.wants("bar/two.so", ELF, (1 << 30) + 1)]

    assert wanted == [True, False]
    assert list(reader.results()) == []


def test_nothing_is_kept_of_a_wheel_that_is_refused(tmp_path):
    wheel = make_wheel(tmp_path, "bar", files={"bar/core.so": ELF}, record={"bar/core.so": "sha256=" + "A" * 43})

    with pytest.raises(WheelError) as caught:
        added(wheel, tmp_path / "one")

    assert str(caught.value) == (
        "error: bar-1.0-py3-none-any.whl: bar/core.so doesn't match its hash in RECORD; require another version, or "
        "report it to its maintainers [bad-wheel]"
    )
    assert not (tmp_path / "one/facts").exists()
