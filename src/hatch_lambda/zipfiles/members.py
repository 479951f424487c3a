"""Reads the members of an existing zip and checks every name, header, and byte."""

from __future__ import annotations

import csv
import hashlib
import re
import stat
import struct
import zipfile
import zlib
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from hatch_lambda.files import json_values
from hatch_lambda.files.paths import path_problem
from hatch_lambda.zipfiles.inflate import pieces
from hatch_lambda.zipfiles.layout import content_offset
from hatch_lambda.zipfiles.record import record_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

UNREADABLE: tuple[type[Exception], ...] = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    struct.error,
    csv.Error,
    OSError,
    RuntimeError,
    ValueError,
)
"""The exceptions of zipfile, csv, and the decompressors for damaged input."""

with suppress(ImportError):  # some Pythons are built without it
    from lzma import LZMAError

    UNREADABLE = (*UNREADABLE, LZMAError)

_ENCRYPTED = 0x1
_DESCRIPTOR = 0x8
_FULL_32 = 0xFFFFFFFF
_LOCAL_SIGNATURE = b"PK\3\4"
_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
"""Source: APPNOTE.TXT 4.3.7, https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT."""

LARGEST_LISTING = 16 << 20
"""The most bytes of METADATA and of RECORD. Each is read into memory as a whole."""

LARGEST_DIRECTORY = 10 << 20
"""The most bytes of a zip's directory: enough for 80,000 files. Reading it needs twenty times its size in memory."""

_DIGEST = re.compile(r"sha256=[\w-]{43}", re.ASCII)
"""A hash in the format of RECORD."""

_MEMBER_TYPES = [{str}, {int}, {int}, {int}, {int}, {int}, {bool}, {str}]


class Member(NamedTuple):
    """A file in a zip, from the central directory and the first read of its bytes. Sizes and offset are in bytes."""

    name: str
    offset: int
    method: int
    crc: int
    compressed: int
    size: int
    executable: bool
    digest: str


def members_from_json(value: object) -> tuple[Member, ...]:
    """Return members from their JSON value; raises ``ValueError`` for any other value."""
    rows = json_values.items(value)
    columns = list(zip(*map(json_values.items, rows), strict=True))
    if not rows:
        return ()
    if [set(map(type, column)) for column in columns] != _MEMBER_TYPES:
        raise ValueError("no members")
    if min(map(min, columns[1:6])) < 0 or not all(map(_DIGEST.fullmatch, columns[-1])):
        raise ValueError("no numbers or no hashes")
    return tuple(map(Member._make, rows))


def name_problems(names: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong with names, as the zip stores them, before zipfile adapts them to this machine."""
    for name, count in Counter(names).items():
        problem = path_problem(name)
        if problem:
            yield f"the path {name!r} {problem}"
        if count > 1:
            yield f"contains {name!r} twice"


def encryption_problems(infos: Iterable[zipfile.ZipInfo]) -> Iterator[str]:
    """Yield a problem for each encrypted member."""
    for info in infos:
        if info.flag_bits & _ENCRYPTED:
            yield f"{info.filename!r} is encrypted"


def header_problems(archive: zipfile.ZipFile, raw: BinaryIO, infos: Iterable[zipfile.ZipInfo]) -> Iterator[str]:
    """Yield each difference between the members' headers and the directory at the end of the zip.

    Programs that read a zip from its start would find different members from those that read it from its end.
    """
    reached = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < reached:
            yield f"{info.filename!r} overlaps another member"
        elif _has_header(raw, reached, info.header_offset):
            yield f"the zip's directory doesn't list the member before {info.filename!r}"
        raw.seek(info.header_offset)
        _, _, flags, method, _, _, crc, packed, size, name, extra = _LOCAL_HEADER.unpack(raw.read(_LOCAL_HEADER.size))
        declared = (flags & _ENCRYPTED, method, *((crc, packed, size) if not flags & _DESCRIPTOR else ()))
        large = _FULL_32 in {packed, size}  # then the numbers are in the zip64 extra field
        known = (info.flag_bits & _ENCRYPTED, info.compress_type, info.CRC, info.compress_size, info.file_size)
        if not large and declared != known[: len(declared)]:
            yield f"the two headers of {info.filename!r} differ"
        reached = max(reached, info.header_offset + _LOCAL_HEADER.size + name + extra + info.compress_size)
    if reached > archive.start_dir:
        yield "the zip's directory overlaps a member"
    elif _has_header(raw, reached, archive.start_dir):
        yield "the zip's directory doesn't list the last member"


def _has_header(raw: BinaryIO, start: int, end: int) -> bool:
    """Return whether these bytes, which belong to no member, contain a local header."""
    raw.seek(start)
    before = b""
    while start < end:
        chunk = raw.read(min(end - start, 1 << 20))
        if not chunk:
            return False
        if _LOCAL_SIGNATURE in before + chunk:
            return True
        start, before = start + len(chunk), chunk[-3:]
    return False


def read_member(
    archive: zipfile.ZipFile,
    raw: BinaryIO,
    info: zipfile.ZipInfo,
    through: Callable[[Iterator[bytes]], Iterator[bytes]] = iter,
) -> Member:
    """Return the member with the offset of its bytes; raises ``BadZipFile`` if size or CRC don't match the directory.

    Memory doesn't grow with the member, and inflating stops right after its declared size. The pieces of its content
    go ``through`` a function that yields them again.
    """
    archive.open(info).close()  # compares the local header, and rejects methods that this Python lacks
    offset = content_offset(raw, info)
    found = hashlib.sha256()
    size = crc = 0
    for piece in through(pieces(raw, offset, info.compress_type, info.compress_size, info.file_size)):
        size += len(piece)
        if size > info.file_size:
            break
        found.update(piece)
        crc = zlib.crc32(piece, crc)
    if size != info.file_size:
        raise zipfile.BadZipFile(f"{info.filename!r} doesn't have its declared size")
    if crc != info.CRC:
        raise zipfile.BadZipFile(f"{info.filename!r} doesn't match its CRC")
    return Member(
        info.filename,
        offset,
        info.compress_type,
        info.CRC,
        info.compress_size,
        info.file_size,
        bool(info.external_attr >> 16 & stat.S_IXUSR),
        record_digest(found.digest()),
    )
