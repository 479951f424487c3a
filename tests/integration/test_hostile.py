"""Verification accepts nothing from a hostile wheel except the files that RECORD lists."""

from __future__ import annotations

import os
import struct
import tempfile
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings

from hatch_lambda.archive.plan import PlanOptions, TextContent, WheelContent, make_plan
from hatch_lambda.archive.write import write_archive
from hatch_lambda.errors import HatchLambdaError, WheelError
from hatch_lambda.wheels.cache import WheelCache
from hatch_lambda.wheels.verify import verify_wheel
from hatch_lambda.wheels.wheel import wheel_entries
from tests.support.hostile import (
    BZIP2,
    DEFLATED,
    DIST_INFO,
    LZMA,
    STORED,
    WHEEL,
    Raw,
    compress,
    crafted,
    mutated,
    raw_zip,
    sound,
    written,
)
from tests.support.make_wheel import metadata

MIB = 1 << 20
MEMORY = 12 * MIB
"""Bytes that reading these wheels may take."""

BOMB = b"\0" * 32 * MIB

MORE = int(os.environ.get("HATCH_LAMBDA_FUZZ", "0"))
EXAMPLES = settings(max_examples=MORE or 200, derandomize=not MORE, deadline=None, database=None)


def through(content: bytes, directory: Path) -> bool:
    """Take a wheel all the way from a file to a zip, and return whether it was let through.

    Nothing but ``HatchLambdaError`` may stop it, and whatever became of it may stand in one of two places only.
    """
    wheel_file = written(directory / "given", content)
    try:
        with WheelCache(directory / "store") as store:
            wheel = store.add(wheel_file, expected=None)
        plan = make_plan(wheel_entries(wheel, scripts_for="3.13"), PlanOptions())
        write_archive(plan, directory / "made" / "lib.zip", timestamp=0)
    except HatchLambdaError:
        return False
    finally:
        assert {path.name for path in directory.iterdir()} <= {"given", "store", "made"}
        for path in (directory / "store").rglob("*"):
            parts = path.relative_to(directory / "store").parts
            assert len(parts) <= 4 or parts[4:] in {(WHEEL,), ("wheel.json",)}
    assert [path.name for path in (directory / "made").iterdir()] == ["lib.zip"]
    with zipfile.ZipFile(wheel_file) as given, zipfile.ZipFile(directory / "made" / "lib.zip") as made:
        assert made.testzip() is None
        assert made.namelist() == [entry.path for entry in plan.entries]
        for entry in plan.entries:
            if isinstance(entry.content, WheelContent):
                assert made.read(entry.path) == given.read(entry.content.member.name)
            elif isinstance(entry.content, TextContent):
                assert made.read(entry.path) == entry.content.data
    return True


@EXAMPLES
@given(content=crafted())
def test_a_wheel_with_false_headers_is_rejected_or_read_as_it_is(content):
    with tempfile.TemporaryDirectory() as directory:
        through(content, Path(directory))


@EXAMPLES
@given(content=mutated())
def test_a_damaged_wheel_is_rejected_or_read_as_it_is(content):
    with tempfile.TemporaryDirectory() as directory:
        through(content, Path(directory))


@pytest.mark.parametrize("method", [STORED, DEFLATED, BZIP2, LZMA])
def test_a_valid_wheel_of_every_method_passes(tmp_path, method):
    content = raw_zip(sound(extra=[Raw(b"lib/a.py", b"x = 1\n" * 1000, method)]))

    assert through(content, tmp_path)


# Memory


def problems_of(path: Path) -> list[str]:
    """Return why a wheel is rejected, and check that reading it uses little memory."""
    tracemalloc.start()
    try:
        with pytest.raises(WheelError) as caught:
            verify_wheel(path, "")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < MEMORY
    return [problem.removeprefix(f"{path.name}: ") for problem in caught.value.problems]


@pytest.mark.parametrize("method", [DEFLATED, BZIP2, LZMA])
def test_a_member_larger_than_its_declared_size_uses_little_memory(tmp_path, method):
    bomb = Raw(b"lib/a.bin", b"\0" * 10, method, compressed=compress(BOMB, method))

    problems = problems_of(written(tmp_path, raw_zip(sound(extra=[bomb]))))

    assert problems == [
        "can't be read as a zip ('lib/a.bin' doesn't have its declared size); rebuild to download it again [bad-wheel]"
    ]


@pytest.mark.parametrize("method", [STORED, DEFLATED, BZIP2, LZMA])
def test_a_member_smaller_than_its_declared_size_is_rejected(tmp_path, method):
    liar = Raw(b"lib/a.bin", b"short", method, local={"size": 2**31}, central={"size": 2**31})

    problems = problems_of(written(tmp_path, raw_zip(sound(extra=[liar]))))

    assert len(problems) == 1
    assert problems[0] in {
        f"can't be read as a zip ({reason}); rebuild to download it again [bad-wheel]"
        for reason in (
            "'lib/a.bin' doesn't have its declared size",
            "a member's compressed bytes end too early",
        )
    }


@pytest.mark.parametrize("method", [DEFLATED, BZIP2, LZMA])
def test_a_large_member_of_its_declared_size_uses_little_memory(tmp_path, method):
    path = written(tmp_path, raw_zip(sound(extra=[Raw(b"lib/a.bin", BOMB, method)])))
    tracemalloc.start()
    try:
        plan = make_plan(wheel_entries(verify_wheel(path, ""), scripts_for=None), PlanOptions())
        write_archive(plan, tmp_path / "lib.zip", timestamp=0)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < MEMORY


@pytest.mark.parametrize(
    ("name", "most"), [("METADATA", "16 MiB"), ("RECORD", "16 MiB"), ("entry_points.txt", "1 MiB")]
)
def test_a_listing_that_would_fill_the_memory_is_rejected(tmp_path, name, most):
    others = [member for member in sound() if member.name != f"{DIST_INFO}/{name}".encode()]
    large = Raw(f"{DIST_INFO}/{name}".encode(), BOMB, DEFLATED)

    problems = problems_of(written(tmp_path, raw_zip([*others, large])))

    assert problems == [
        (
            f"its lib-1.0.dist-info/{name} is larger than {most}; require another version, or report it to its "
            "maintainers [bad-wheel]"
        )
    ]


def test_header_fields_that_would_fill_the_memory_are_rejected(tmp_path):
    described = metadata("lib", "1.0").encode() + b"A: b\n" * (1 << 18) + b"\nThe description.\n"

    problems = problems_of(written(tmp_path, raw_zip(sound(described=described))))

    assert problems == [
        (
            "its METADATA, without its description, is larger than 1 MiB; require another version, or report it to "
            "its maintainers [bad-wheel]"
        )
    ]


def test_a_long_description_uses_little_memory(tmp_path):
    described = metadata("lib", "1.0").encode() + b"\n" + b"A: b\n" * (2 << 20)
    path = written(tmp_path, raw_zip(sound(described=described)))
    tracemalloc.start()
    try:
        wheel = verify_wheel(path, "")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert wheel.version == "1.0"
    assert peak < 50 * MIB


def test_a_record_of_other_files_uses_little_memory(tmp_path):
    record = b"".join(b"%x,sha256=a\n" % number for number in range(1 << 20))
    path = written(tmp_path, raw_zip(sound(record=record)))
    tracemalloc.start()
    try:
        verify_wheel(path, "")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 100 * MIB


def test_a_member_with_another_strong_hash_uses_little_memory(tmp_path):
    record = b"lib/a.bin,sha512=x,\n"

    problems = problems_of(written(tmp_path, raw_zip(sound(record=record, extra=[Raw(b"lib/a.bin", BOMB, DEFLATED)]))))

    assert problems == [
        (
            "lib/a.bin doesn't match its hash in RECORD; require another version, or report it to its maintainers "
            "[bad-wheel]"
        )
    ]


def test_a_script_too_large_to_be_text_uses_little_memory(tmp_path):
    script = Raw(b"lib-1.0.data/scripts/run", b"#!python\n" + BOMB, DEFLATED)
    wheel = verify_wheel(written(tmp_path, raw_zip(sound(extra=[script]))), "")
    tracemalloc.start()
    try:
        entries = list(wheel_entries(wheel, scripts_for="3.13"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert [entry.path for entry in entries if isinstance(entry.content, WheelContent)][-1] == "bin/run"
    assert peak < MEMORY


@pytest.mark.parametrize("wide", [False, True])
def test_a_directory_that_would_fill_the_memory_is_rejected(tmp_path, wide):
    member = Raw(b"x").headers(0)[1]
    directory = member * (20 * MIB // len(member))
    end_64 = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, len(directory), 0)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, len(directory), 1)
    size = 0xFFFFFFFF if wide else len(directory)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 65535, 65535, size, 0, 0)

    problems = problems_of(written(tmp_path, directory + (end_64 + locator if wide else b"") + end))

    assert problems == [
        "its directory is larger than 10 MiB; require another version, or report it to its maintainers [bad-wheel]"
    ]


# What was found


def test_overlapping_members_of_a_wheel_are_rejected(tmp_path):
    inner = Raw(b"lib/b.bin", b"\0" * 1000)
    outer = Raw(b"lib/a.bin", b"\0" * 1000)
    content = raw_zip([outer, *sound(), Raw(b"lib/c.bin", b"\0" * 1000, central={"offset": 0}), inner])

    assert problems_of(written(tmp_path, content)) == [
        "'lib/a.bin' and 'lib/c.bin' share bytes; require another version, or report it to its maintainers [bad-wheel]"
    ]


@pytest.mark.parametrize("method", [DEFLATED, BZIP2, LZMA])
def test_bytes_after_the_end_of_a_members_content_are_rejected(tmp_path, method):
    hiding = Raw(b"lib/a.py", b"x", method, compressed=compress(b"x", method) + b"hidden")

    assert problems_of(written(tmp_path, raw_zip(sound(extra=[hiding])))) == [
        (
            "can't be read as a zip (the compressed bytes of a member continue after the end of its content); "
            "rebuild to "
            "download it again [bad-wheel]"
        )
    ]


@pytest.mark.parametrize("method", [DEFLATED, BZIP2])
def test_a_member_with_truncated_compressed_bytes_is_rejected(tmp_path, method):
    cut = Raw(b"lib/a.py", b"x" * 50, method, compressed=compress(b"x" * 50, method)[:-1])

    assert problems_of(written(tmp_path, raw_zip(sound(extra=[cut])))) == [
        (
            "can't be read as a zip (the compressed bytes of a member end too early); rebuild to download it again "
            "[bad-wheel]"
        )
    ]


@pytest.mark.parametrize("name", ["d" * 256, "é" * 128, "d/" * 2043 + "x"])
def test_a_name_that_is_too_long_for_linux_is_rejected(tmp_path, name):
    content = raw_zip(sound(extra=[Raw(name.encode(), flags=0x800)]))

    assert problems_of(written(tmp_path, content)) == [
        (
            f"the path {name!r} is longer than Linux allows; require another version, or report it to its maintainers "
            "[bad-wheel]"
        )
    ]


@pytest.mark.parametrize("name", ["d" * 255, "é" * 127, "d/" * 2042 + "x"])
def test_a_name_that_is_just_short_enough_for_linux_passes(tmp_path, name):
    assert through(raw_zip(sound(extra=[Raw(name.encode(), flags=0x800)])), tmp_path)
