"""A plan becomes a zip: every byte of it, or no zip if something fails."""

from __future__ import annotations

import errno
import hashlib
import os
import random
import stat
import struct
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from hatch_lambda.archive.plan import ArchivePlan, Entry, FileContent, PlanOptions, TextContent, WheelContent, make_plan
from hatch_lambda.archive.write import Header, dos_date, end_records, remove_leftovers, write_archive
from hatch_lambda.errors import ArchiveError, ProjectError, WheelError
from hatch_lambda.wheels.cache import WheelCache
from hatch_lambda.wheels.wheel import wheel_entries
from hatch_lambda.zipfiles.members import Member
from tests.support.make_wheel import make_wheel
from tests.support.samples import SHOP, entry, plan, verified

FEBRUARY_2020 = 1_580_601_600
"""Hatchling's default for SOURCE_DATE_EPOCH: 2020-02-02 00:00:00."""

GOLDEN = "f95cb73f095f70a730f3ba7a0233ec316901a042a61b677b7ae6e5ca43beea17"
"""SHA-256 of a zip. It changes only with a line in the changelog, because all zips change with it."""


def spliced(path: Path) -> ArchivePlan:
    """Return a plan of all files that a wheel adds to a zip."""
    return plan(*wheel_entries(verified(path), scripts_for=None))


def stored_wheel(directory: Path, method: int) -> Path:
    """Return a wheel with one member in that method of compression, which is executable."""
    info = zipfile.ZipInfo("lib/program", (2021, 3, 4, 5, 6, 8))
    info.external_attr = (stat.S_IFREG | 0o700) << 16
    info.compress_type = method
    return make_wheel(directory, "lib", infos=[(info, b"program " * 100)])


def read_all(path: Path) -> dict[str, bytes]:
    """Return what Python's zipfile reads, CRCs checked."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def field(path: Path, name: str) -> zipfile.ZipInfo:
    """Return the central header of a member."""
    with zipfile.ZipFile(path) as archive:
        return archive.getinfo(name)


# Bytes


def test_a_zip_of_stored_members_has_exactly_these_bytes(tmp_path):
    wheel = stored_wheel(tmp_path / "w", zipfile.ZIP_STORED)
    (program,) = (found for found in spliced(wheel).entries if found.path == "lib/program")

    written = write_archive(plan(program), tmp_path / "a.zip", timestamp=FEBRUARY_2020)

    name, data = b"lib/program", b"program " * 100
    common = struct.pack("<5H", 20, 0, 0, 0, 0x5042) + struct.pack("<3L2H", zlib.crc32(data), 800, 800, len(name), 0)
    local = b"PK\3\4" + common + name + data
    central = b"PK\1\2" + struct.pack("<H", 3 << 8 | 20) + common
    central += struct.pack("<3H2L", 0, 0, 0, (stat.S_IFREG | 0o755) << 16, 0) + name
    end = b"PK\5\6" + struct.pack("<4H2LH", 0, 0, 1, 1, len(central), len(local), 0)
    assert (tmp_path / "a.zip").read_bytes() == local + central + end
    assert (written.path, written.size) == (tmp_path / "a.zip", len(local + central + end))


def test_the_same_plan_gives_the_bytes_that_it_always_gave(tmp_path):
    """The deflated member is written out by hand, so that no compressor has a part in these bytes."""
    wheel = tmp_path / "lib.whl"
    wheel.write_bytes(b"before" + b"stored" + b"\x01\x05\x00\xfa\xffhello" + b"after")
    members = {
        "lib/stored.bin": Member("s", 6, zipfile.ZIP_STORED, zlib.crc32(b"stored"), 6, 6, executable=False, digest=""),
        "lib/déflated": Member("d", 12, zipfile.ZIP_DEFLATED, zlib.crc32(b"hello"), 10, 5, executable=True, digest=""),
    }
    entries = [Entry(path, SHOP, WheelContent(wheel, one), one.executable) for path, one in members.items()]

    written = write_archive(plan(*entries), tmp_path / "a.zip", timestamp=FEBRUARY_2020)

    assert written.sha256 == GOLDEN
    assert read_all(tmp_path / "a.zip") == {"lib/déflated": b"hello", "lib/stored.bin": b"stored"}


def test_size_and_hash_are_those_of_the_file(tmp_path):
    written = write_archive(plan(entry("a", "1"), entry("b", "2" * 10**6)), tmp_path / "a.zip", timestamp=0)

    data = (tmp_path / "a.zip").read_bytes()
    assert (written.size, written.sha256) == (len(data), hashlib.sha256(data).hexdigest())


def test_the_same_plan_written_elsewhere_is_the_same_zip(tmp_path):
    selected = plan(entry("a", "1"), entry("b", "2"))

    first = write_archive(selected, tmp_path / "one" / "a.zip", timestamp=FEBRUARY_2020)
    second = write_archive(selected, tmp_path / "two" / "b.zip", timestamp=FEBRUARY_2020)

    assert (first.size, first.sha256) == (second.size, second.sha256)


def test_an_empty_plan_makes_an_empty_zip(tmp_path):
    write_archive(plan(), tmp_path / "a.zip", timestamp=0)

    assert (tmp_path / "a.zip").read_bytes() == b"PK\5\6" + bytes(18)


def test_texts_files_and_members_of_wheels_are_read_back(tmp_path):
    source = tmp_path / "source"
    source.write_bytes(bytes(range(256)) * 10_000)
    wheel = make_wheel(tmp_path / "w", "lib", files={"lib/a.py": "a = 1\n" * 1000, "lib/empty.py": ""})
    entries = [entry("text", "é"), entry("empty", ""), entry("file", source), *spliced(wheel).entries]

    write_archive(plan(*entries), tmp_path / "a.zip", timestamp=0)

    found = read_all(tmp_path / "a.zip")
    assert list(found) == sorted(found)
    assert {name: data for name, data in found.items() if ".dist-info" not in name} == {
        "text": "é".encode(),
        "empty": b"",
        "file": source.read_bytes(),
        "lib/a.py": b"a = 1\n" * 1000,
        "lib/empty.py": b"",
    }


def test_members_of_wheels_keep_their_compressed_bytes(tmp_path):
    info = zipfile.ZipInfo("lib/data.bin")
    stored = make_wheel(tmp_path / "w", "lib", files={"lib/a.py": "a = 1\n" * 1000}, infos=[(info, b"12345")])
    selected = spliced(stored)

    write_archive(selected, tmp_path / "a.zip", timestamp=0)

    for name in ("lib/a.py", "lib/data.bin"):
        before, after = field(stored, name), field(tmp_path / "a.zip", name)
        assert (after.compress_type, after.compress_size) == (before.compress_type, before.compress_size)


def test_a_member_larger_than_the_buffer_is_spliced_whole(tmp_path):
    noise = b"".join(hashlib.sha256(number.to_bytes(4, "big")).digest() for number in range(80_000))
    wheel = make_wheel(tmp_path / "w", "lib", files={"lib/noise": noise})

    write_archive(spliced(wheel), tmp_path / "a.zip", timestamp=0)

    assert read_all(tmp_path / "a.zip")["lib/noise"] == noise


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_member_that_lambda_might_not_unpack_is_deflated_again(tmp_path, method):
    wheel = stored_wheel(tmp_path / "w", method)

    write_archive(spliced(wheel), tmp_path / "a.zip", timestamp=0)

    info = field(tmp_path / "a.zip", "lib/program")
    assert (info.compress_type, info.external_attr >> 16) == (zipfile.ZIP_DEFLATED, stat.S_IFREG | 0o755)
    assert read_all(tmp_path / "a.zip")["lib/program"] == b"program " * 100


# Headers


@pytest.mark.parametrize(("executable", "mode"), [(True, 0o755), (False, 0o644)])
def test_modes_are_those_that_lambda_can_read(tmp_path, executable, mode):
    source = tmp_path / "source"
    source.write_text("x")
    source.chmod(0o600)

    write_archive(plan(entry("f", source, executable=executable)), tmp_path / "a.zip", timestamp=0)

    info = field(tmp_path / "a.zip", "f")
    assert (info.create_system, info.create_version, info.extract_version) == (3, 20, 20)
    assert info.external_attr == (stat.S_IFREG | mode) << 16
    assert (info.flag_bits, info.extra, info.comment, info.internal_attr) == (0, b"", b"", 0)


@pytest.mark.parametrize(
    ("timestamp", "date"),
    [
        (FEBRUARY_2020, (2020, 2, 2, 0, 0, 0)),
        (1_700_000_001, (2023, 11, 14, 22, 13, 20)),
        (315_532_800, (1980, 1, 1, 0, 0, 0)),
        (315_532_799, (1980, 1, 1, 0, 0, 0)),
        (0, (1980, 1, 1, 0, 0, 0)),
        (-1, (1980, 1, 1, 0, 0, 0)),
        (4_354_819_198, (2107, 12, 31, 23, 59, 58)),
        (4_354_819_200, (2107, 12, 31, 23, 59, 58)),
        (10**15, (2107, 12, 31, 23, 59, 58)),
    ],
)
def test_dates_are_utc_and_within_the_years_of_zip(tmp_path, timestamp, date):
    write_archive(plan(entry("f")), tmp_path / "a.zip", timestamp=timestamp)

    assert field(tmp_path / "a.zip", "f").date_time == date


def test_a_date_is_packed_in_two_numbers():
    assert dos_date(1_700_000_001) == (43 << 9 | 11 << 5 | 14, 22 << 11 | 13 << 5 | 10)


@pytest.mark.parametrize(("name", "flag"), [("plain.py", 0), ("é.py", 0x800), ("日本/語.py", 0x800)])
def test_only_names_beyond_ascii_are_marked_as_utf_8(tmp_path, name, flag):
    write_archive(plan(entry(name)), tmp_path / "a.zip", timestamp=0)

    info = field(tmp_path / "a.zip", name)
    data = (tmp_path / "a.zip").read_bytes()
    assert (info.filename, info.flag_bits) == (name, flag)
    assert struct.unpack_from("<H", data, 6) == (flag,)
    assert data[30 : 30 + len(name.encode())] == name.encode()


# zip64, where a number does not fit

GIB_4 = 1 << 32
FULL = 0xFFFFFFFF


def header(*, compressed: int = 1, size: int = 2, offset: int = 3) -> Header:
    """Return a header with these numbers."""
    return Header(
        b"f",
        flags=0,
        mode=0o644,
        method=8,
        date=(0x5042, 0),
        crc=7,
        compressed=compressed,
        size=size,
        offset=offset,
    )


def local(version: int, compressed: int, size: int, extra: bytes) -> bytes:
    """Return what a local header has to be (APPNOTE 4.3.7)."""
    return (
        b"PK\3\4" + struct.pack("<5H3L2H", version, 0, 8, 0, 0x5042, 7, compressed, size, 1, len(extra)) + b"f" + extra
    )


def central(version: int, compressed: int, size: int, offset: int, extra: bytes) -> bytes:
    """Return what a central header has to be (APPNOTE 4.3.12)."""
    numbers = struct.pack("<6H3L2H", 3 << 8 | version, version, 0, 8, 0, 0x5042, 7, compressed, size, 1, len(extra))
    return b"PK\1\2" + numbers + struct.pack("<3H2L", 0, 0, 0, 0o100644 << 16, offset) + b"f" + extra


def test_headers_have_no_extra_field_while_all_numbers_fit():
    largest = header(compressed=FULL - 1, size=FULL - 1, offset=FULL - 1)

    assert largest.local() == local(20, FULL - 1, FULL - 1, b"")
    assert largest.central() == central(20, FULL - 1, FULL - 1, FULL - 1, b"")


@pytest.mark.parametrize("size", [FULL, GIB_4, 5 * GIB_4])
def test_a_size_that_does_not_fit_goes_into_an_extra_field(size):
    large = header(compressed=9, size=size)

    assert large.local() == local(45, FULL, FULL, struct.pack("<2H2Q", 1, 16, size, 9))
    assert large.central() == central(45, 9, FULL, 3, struct.pack("<2HQ", 1, 8, size))


def test_both_sizes_that_do_not_fit_go_into_the_extra_field():
    large = header(compressed=GIB_4, size=GIB_4 + 1)

    assert large.local() == local(45, FULL, FULL, struct.pack("<2H2Q", 1, 16, GIB_4 + 1, GIB_4))
    assert large.central() == central(45, FULL, FULL, 3, struct.pack("<2H2Q", 1, 16, GIB_4 + 1, GIB_4))


def test_an_offset_that_does_not_fit_touches_the_central_header_only():
    far = header(offset=GIB_4)

    assert far.local() == local(20, 1, 2, b"")
    assert far.central() == central(45, 1, 2, FULL, struct.pack("<2HQ", 1, 8, GIB_4))


def test_all_three_numbers_that_do_not_fit_are_in_the_order_of_the_specification():
    far = header(compressed=GIB_4, size=GIB_4 + 1, offset=GIB_4 + 2)

    assert far.central() == central(45, FULL, FULL, FULL, struct.pack("<2H3Q", 1, 24, GIB_4 + 1, GIB_4, GIB_4 + 2))


def test_a_zip_ends_with_one_record_while_all_numbers_fit():
    assert end_records(65_534, FULL - 1, FULL - 1) == b"PK\5\6" + struct.pack(
        "<4H2LH", 0, 0, 65_534, 65_534, FULL - 1, FULL - 1, 0
    )


@pytest.mark.parametrize(
    ("count", "size", "offset"), [(65_535, 5, 6), (70_000, 5, 6), (1, GIB_4, 6), (1, 5, GIB_4), (70_000, FULL, FULL)]
)
def test_a_zip_ends_with_three_records_where_a_number_does_not_fit(count, size, offset):
    end_64 = b"PK\6\6" + struct.pack("<Q2H2L4Q", 44, 3 << 8 | 45, 45, 0, 0, count, count, size, offset)
    locator = b"PK\6\7" + struct.pack("<LQL", 0, offset + size, 1)
    shown = min(count, 0xFFFF)
    end = b"PK\5\6" + struct.pack("<4H2LH", 0, 0, shown, shown, min(size, FULL), min(offset, FULL), 0)

    assert end_records(count, size, offset) == end_64 + locator + end


def test_a_zip_of_very_many_files_is_read_back(tmp_path):
    content = TextContent(b"")
    entries = tuple(Entry(f"{number:05}", SHOP, content) for number in range(66_000))

    write_archive(ArchivePlan(entries), tmp_path / "a.zip", timestamp=FEBRUARY_2020)

    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.namelist() == [planned.path for planned in entries]
        assert archive.read("65999") == b""


# All or nothing


def test_a_zip_replaces_an_older_one(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"old")

    write_archive(plan(entry("f", "1")), tmp_path / "a.zip", timestamp=0)

    assert read_all(tmp_path / "a.zip") == {"f": b"1"}
    assert stat.S_IMODE((tmp_path / "a.zip").stat().st_mode) == 0o644
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


def test_a_file_that_changes_while_the_zip_is_made_leaves_the_old_zip(tmp_path):
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "a.zip").write_bytes(b"old")
    source = tmp_path / "source"
    source.write_text("12345")
    selected = plan(entry("a", "1"), entry("shop/file", source))
    source.write_text("123456")

    with pytest.raises(ArchiveError) as caught:
        write_archive(selected, tmp_path / "dist" / "a.zip", timestamp=0)

    assert (
        str(caught.value)
        == "error: shop/file: changed during the build; rebuild when no program writes it [file-changed]"
    )
    assert [(path.name, path.read_bytes()) for path in (tmp_path / "dist").iterdir()] == [("a.zip", b"old")]


def test_a_file_that_is_gone_leaves_no_zip(tmp_path):
    gone = Entry("shop/file", SHOP, FileContent(tmp_path / "source", 3))

    with pytest.raises(ProjectError) as caught:
        write_archive(plan(gone), tmp_path / "dist" / "a.zip", timestamp=0)

    assert str(caught.value) == (
        f"error: {tmp_path / 'source'}: can't be read (No such file or directory); fix it, or exclude it "
        "[unreadable-file]"
    )
    assert list((tmp_path / "dist").iterdir()) == []


def test_a_wheel_that_became_shorter_leaves_no_zip(tmp_path):
    wheel = make_wheel(tmp_path / "w", "lib")
    selected = spliced(wheel)
    wheel.write_bytes(wheel.read_bytes()[:40])

    with pytest.raises(WheelError) as caught:
        write_archive(selected, tmp_path / "dist" / "a.zip", timestamp=0)

    assert str(caught.value) == f"error: {wheel}: changed during the build; rebuild to download it again [bad-wheel]"
    assert list((tmp_path / "dist").iterdir()) == []


def flip(path: Path) -> None:
    """Change a byte in the middle and leave size and time as they were."""
    before, data = path.stat(), bytearray(path.read_bytes())
    data[len(data) // 3] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def swap(path: Path) -> None:
    """Put another file in the place, with the same size and time."""
    before = path.stat()
    other = path.with_name("other")
    other.write_bytes(bytes(before.st_size))
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(path)


def flip_through_a_link(path: Path) -> None:
    """Change a byte by way of another name of the same file."""
    path.with_name("link").hardlink_to(path)
    flip(path.with_name("link"))


@pytest.mark.parametrize("change", [flip, swap, flip_through_a_link])
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_cached_wheel_that_changes_after_it_was_hashed_leaves_no_zip(tmp_path, change, method):
    with WheelCache(tmp_path / "cache") as store:
        wheel = store.add(noisy_wheel(tmp_path / "w", method), expected=None)
        selected = plan(*wheel_entries(wheel, scripts_for=None))
        change(wheel.path)

        with pytest.raises(WheelError) as caught:
            write_archive(selected, tmp_path / "dist" / "a.zip", timestamp=0)

    assert (
        str(caught.value) == f"error: {wheel.path}: changed during the build; rebuild to download it again [bad-wheel]"
    )
    assert list((tmp_path / "dist").iterdir()) == []


def test_a_wheel_from_the_cache_that_changes_is_hashed_again(tmp_path):
    with WheelCache(tmp_path / "cache") as store:
        added = store.add(noisy_wheel(tmp_path / "w", zipfile.ZIP_DEFLATED), expected=None)
    with WheelCache(tmp_path / "cache") as store:
        wheel = store.find(added.sha256)
        assert wheel
        selected = plan(*wheel_entries(wheel, scripts_for=None))
        wheel.path.chmod(0o644)
        same = write_archive(selected, tmp_path / "dist" / "a.zip", timestamp=0)
        swap(wheel.path)

        with pytest.raises(WheelError) as caught:
            write_archive(selected, tmp_path / "dist" / "a.zip", timestamp=0)

    assert (
        str(caught.value) == f"error: {wheel.path}: changed during the build; rebuild to download it again [bad-wheel]"
    )
    assert hashlib.sha256((tmp_path / "dist" / "a.zip").read_bytes()).hexdigest() == same.sha256


def test_a_member_that_must_be_compressed_again_is_that_of_the_plan(tmp_path):
    wheel = noisy_wheel(tmp_path / "w", zipfile.ZIP_BZIP2)
    selected = spliced(wheel)
    content = selected.paths["lib/model.bin"].content
    assert isinstance(content, WheelContent)
    other = replace(content, member=content.member._replace(digest="sha256=" + "A" * 43))

    with pytest.raises(WheelError) as caught:
        write_archive(plan(Entry("model.bin", SHOP, other)), tmp_path / "dist" / "a.zip", timestamp=0)

    assert str(caught.value) == f"error: {wheel}: changed during the build; rebuild to download it again [bad-wheel]"


def test_a_wheel_that_cannot_be_read_leaves_no_zip(tmp_path):
    wheel = make_wheel(tmp_path / "w", "lib")
    content = spliced(wheel).entries[0].content
    assert isinstance(content, WheelContent)
    reader, writer = os.pipe()
    os.close(writer)

    with os.fdopen(reader, "rb", buffering=0) as pipe, pytest.raises(WheelError) as caught:
        content.read_into(memoryview(bytearray(9)), pipe, 0)

    assert str(caught.value) == f"error: {wheel}: changed during the build; rebuild to download it again [bad-wheel]"


def noisy_wheel(directory: Path, method: int) -> Path:
    """Return a wheel with one large member in that method of compression."""
    info = zipfile.ZipInfo("lib/model.bin")
    info.compress_type = method
    return make_wheel(directory, "lib", infos=[(info, random.Random(1).randbytes(1 << 16))])


def test_a_cached_wheel_that_is_removed_after_it_was_hashed_leaves_no_zip(tmp_path):
    with WheelCache(tmp_path / "cache") as store:
        wheel = store.add(make_wheel(tmp_path / "w", "lib"), expected=None)
        selected = plan(*wheel_entries(wheel, scripts_for=None))
        wheel.path.unlink()

        with pytest.raises(WheelError) as caught:
            write_archive(selected, tmp_path / "dist" / "a.zip", timestamp=0)

    assert str(caught.value) == (
        f"error: {wheel.path}: can't be read (No such file or directory); rebuild to download it again [bad-wheel]"
    )
    assert list((tmp_path / "dist").iterdir()) == []


@pytest.mark.parametrize("owner", [SHOP, replace(SHOP, dist_info=None)], ids=["with a RECORD", "without"])
def test_a_file_that_changes_and_keeps_its_size_leaves_no_zip(tmp_path, owner):
    source = tmp_path / "source"
    source.write_text("123")
    selected = make_plan([entry("shop/file", source, owner)], PlanOptions())
    source.write_text("456")

    with pytest.raises(ArchiveError) as caught:
        write_archive(selected, tmp_path / "dist" / "a.zip", timestamp=0)

    assert (
        str(caught.value)
        == "error: shop/file: changed during the build; rebuild when no program writes it [file-changed]"
    )
    assert list((tmp_path / "dist").iterdir()) == []


def test_a_file_that_changes_while_it_is_read_leaves_no_zip(tmp_path):
    """Each time that it is opened, it has other bytes, like a log that is being written."""
    source = tmp_path / "source"
    source.write_bytes(bytes(3 << 20))

    class Changing(type(tmp_path)):  # type: ignore[misc]  # the class of paths depends on the system
        def open(self, *arguments, **options):
            file = super().open(*arguments, **options)
            with source.open("r+b") as other:
                other.seek(2 << 20)
                other.write(os.urandom(8))
            return file

    selected = make_plan([Entry("f", SHOP, FileContent(Changing(source), 3 << 20))], PlanOptions())

    with pytest.raises(ArchiveError) as caught:
        write_archive(selected, tmp_path / "dist" / "a.zip", timestamp=0)

    assert str(caught.value) == "error: f: changed during the build; rebuild when no program writes it [file-changed]"
    assert list((tmp_path / "dist").iterdir()) == []


def test_a_directory_instead_of_the_zip_is_reported(tmp_path):
    (tmp_path / "a.zip").mkdir()

    with pytest.raises(ArchiveError) as caught:
        write_archive(plan(entry("f")), tmp_path / "a.zip", timestamp=0)

    assert (
        str(caught.value)
        == f"error: {tmp_path / 'a.zip'}: can't be written (Is a directory); fix that, and rebuild [write-failed]"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


def test_a_file_instead_of_the_directory_is_reported(tmp_path):
    (tmp_path / "dist").write_text("")

    with pytest.raises(ArchiveError) as caught:
        write_archive(plan(entry("f")), tmp_path / "dist" / "a.zip", timestamp=0)

    assert str(caught.value) == (
        f"error: {tmp_path / 'dist' / 'a.zip'}: can't be written (File exists); fix that, and rebuild [write-failed]"
    )


class _Unwritable(type(Path())):  # type: ignore[misc]  # the class of paths depends on the system
    """A path in a directory that can't be created, because of ``error``."""

    error = OSError()

    @property
    def parent(self) -> Path:
        raise self.error


@pytest.mark.parametrize(
    ("numbers", "fix"),
    [
        ([errno.ENOSPC, errno.EDQUOT], "free some space, and rebuild [disk-full]"),
        (
            [errno.EACCES, errno.EPERM, errno.EROFS],
            "make the directory writable, or set another with the option 'directory' [directory-not-writable]",
        ),
        ([errno.EIO], "fix that, and rebuild [write-failed]"),
    ],
)
def test_the_message_has_a_fix_for_the_error_of_the_system(numbers, fix):
    for number in numbers:
        assert _problem(OSError(number, "the system's words")) == (
            f"error: dist/a.zip: can't be written (the system's words); {fix}"
        )


def test_a_zip_that_a_program_of_windows_has_open_is_reported():
    assert _problem(PermissionError(errno.EACCES, "Access is denied", ".a.zip.partial", None, "a.zip")) == (
        "error: dist/a.zip: can't be written (Access is denied); close the program that has it open, or remove it, and "
        "rebuild [write-failed]"
    )


def _problem(error: OSError) -> str:
    """Return the message of this error of the system."""
    path = _Unwritable("dist/a.zip")
    path.error = error
    with pytest.raises(ArchiveError) as caught:
        write_archive(plan(), path, timestamp=0)
    return str(caught.value)


# What killed builds have left


def test_writing_removes_files_of_killed_builds_of_this_zip(tmp_path):
    for name in (".a.zip.abc.partial", ".b.zip.abc.partial", ".a.zip.abc.other"):
        (tmp_path / name).write_bytes(b"left")

    write_archive(plan(), tmp_path / "a.zip", timestamp=0)

    assert sorted(path.name for path in tmp_path.iterdir()) == [".a.zip.abc.other", ".b.zip.abc.partial", "a.zip"]


def test_a_build_that_still_runs_keeps_its_file(tmp_path):
    fcntl = pytest.importorskip("fcntl", reason="Windows does not let an open file be removed")
    left = tmp_path / ".a.zip.abc.partial"
    left.write_bytes(b"being written")

    with left.open("rb") as writer:
        fcntl.flock(writer, fcntl.LOCK_EX)
        remove_leftovers(tmp_path / "a.zip")
        kept = left.exists()
    remove_leftovers(tmp_path / "a.zip")

    assert (kept, left.exists()) == (True, False)


def test_a_file_being_written_is_locked(tmp_path):
    """Another build looks while the entry's content is read: the partial file is then next to the zip."""
    seen: list[str] = []

    class Looking(type(tmp_path)):  # type: ignore[misc]  # the class of paths depends on the system
        def open(self, *arguments, **options):
            remove_leftovers(tmp_path / "a.zip")
            seen.extend(path.suffix for path in tmp_path.glob(".a.zip.*"))
            return super().open(*arguments, **options)

    source = tmp_path / "source"
    source.write_text("x")

    write_archive(plan(Entry("f", SHOP, FileContent(Looking(source), 1))), tmp_path / "a.zip", timestamp=0)

    assert set(seen) == {".partial"}
    assert read_all(tmp_path / "a.zip") == {"f": b"x"}


def test_a_name_with_the_characters_of_a_pattern_is_literal(tmp_path):
    for name in (".a[1]*?.zip.abc.partial", ".a1xx.zip.abc.partial"):
        (tmp_path / name).write_bytes(b"left")

    remove_leftovers(tmp_path / "a[1]*?.zip")

    assert [path.name for path in tmp_path.iterdir()] == [".a1xx.zip.abc.partial"]


def test_a_directory_that_looks_like_a_leftover_is_left_alone(tmp_path):
    (tmp_path / ".a.zip.abc.partial").mkdir()

    remove_leftovers(tmp_path / "a.zip")

    assert (tmp_path / ".a.zip.abc.partial").is_dir()
