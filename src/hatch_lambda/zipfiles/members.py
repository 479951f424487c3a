"""The members of a zip that others made: every name judged, every byte read once before it is trusted."""

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
    from collections.abc import Iterable, Iterator, Sequence

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
"""What zipfile, csv and the decompressors raise for bytes that are not what they should be."""

with suppress(ImportError):  # a Python may come without
    from lzma import LZMAError

    UNREADABLE = (*UNREADABLE, LZMAError)

_ENCRYPTED = 0x1
_DESCRIPTOR = 0x8
_FULL_32 = 0xFFFFFFFF
_LOCAL_SIGNATURE = b"PK\3\4"
_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
"""Source: APPNOTE.TXT 4.3.7, https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT."""

LARGEST_LISTING = 16 << 20
"""Bytes of METADATA and RECORD, each, which are held in memory as a whole."""

LARGEST_DIRECTORY = 10 << 20
"""Bytes of a zip's directory, of which twenty times as much is held in memory: room for eighty thousand files."""

_AMBIGUOUS_ZIP = "programs would not agree on what the zip holds; make it anew"


_DIGEST = re.compile(r"sha256=[\w-]{43}", re.ASCII)
"""A hash as RECORD spells it."""

_MEMBER_TYPES = [str, int, int, int, int, int, bool, str]


class Member(NamedTuple):
    """A file in a wheel, as its central directory and the first reading of it tell. Sizes and offset in bytes."""

    name: str
    offset: int
    method: int
    crc: int
    compressed: int
    size: int
    executable: bool
    digest: str

    @classmethod
    def from_json(cls, value: object) -> Member:
        """Return a member as JSON holds it; raises ``ValueError`` for any other value."""
        values = json_values.items(value)
        if list(map(type, values)) != _MEMBER_TYPES or not _DIGEST.fullmatch(values[-1]) or min(values[1:6]) < 0:
            raise ValueError("no member")
        return cls(*values)


def name_problems(names: Sequence[str], refused: str) -> Iterator[str]:
    """Yield what is wrong with names as they stand in the zip, before zipfile adapts them to its host.

    ``client_error`` ends each line, such as ``the wheel is refused``.
    """
    for name, count in Counter(names).items():
        problem = path_problem(name)
        if problem:
            yield f"{name!r} {problem}; {refused}"
        if count > 1:
            yield f"{name!r} is there twice; {refused}"


def encryption_problems(infos: Iterable[zipfile.ZipInfo], refused: str) -> Iterator[str]:
    """Yield each member that is encrypted."""
    for info in infos:
        if info.flag_bits & _ENCRYPTED:
            yield f"{info.filename!r} is encrypted; {refused}"


def header_problems(archive: zipfile.ZipFile, raw: BinaryIO, infos: Iterable[zipfile.ZipInfo]) -> Iterator[str]:
    """Yield where the headers beside the members tell another story than the directory at the end of the zip.

    Programs that read a zip from its start would see other members than those that read it from its end.
    """
    reached = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < reached:
            yield f"{info.filename!r} lies over another member; {_AMBIGUOUS_ZIP}"
        elif _has_header(raw, reached, info.header_offset):
            yield f"a member that the directory does not name stands before {info.filename!r}; {_AMBIGUOUS_ZIP}"
        raw.seek(info.header_offset)
        _, _, flags, method, _, _, crc, packed, size, name, extra = _LOCAL_HEADER.unpack(raw.read(_LOCAL_HEADER.size))
        told = (flags & _ENCRYPTED, method, *((crc, packed, size) if not flags & _DESCRIPTOR else ()))
        large = _FULL_32 in {packed, size}  # then the numbers stand in the zip64 extra field
        known = (info.flag_bits & _ENCRYPTED, info.compress_type, info.CRC, info.compress_size, info.file_size)
        if not large and told != known[: len(told)]:
            yield f"{info.filename!r} has two headers that differ; {_AMBIGUOUS_ZIP}"
        reached = max(reached, info.header_offset + _LOCAL_HEADER.size + name + extra + info.compress_size)
    if reached > archive.start_dir:
        yield f"its directory lies over a member; {_AMBIGUOUS_ZIP}"
    elif _has_header(raw, reached, archive.start_dir):
        yield f"a member that the directory does not name stands at its end; {_AMBIGUOUS_ZIP}"


def _has_header(raw: BinaryIO, start: int, end: int) -> bool:
    """Return whether a local header stands in these bytes, which belong to no member."""
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


def read_member(archive: zipfile.ZipFile, raw: BinaryIO, info: zipfile.ZipInfo) -> Member:
    """Return the member with the place of its bytes; raises ``BadZipFile`` if they are not what the zip promises.

    Memory does not grow with the member, and hardly more than its promised size is ever inflated.
    """
    archive.open(info).close()  # which compares the local header, and knows the methods that Python has
    offset = content_offset(raw, info)
    found = hashlib.sha256()
    size = crc = 0
    for piece in pieces(raw, offset, info.compress_type, info.compress_size, info.file_size):
        size += len(piece)
        if size > info.file_size:
            break
        found.update(piece)
        crc = zlib.crc32(piece, crc)
    if size != info.file_size:
        raise zipfile.BadZipFile(f"{info.filename!r} is not of the {info.file_size:,} bytes that it promises")
    if crc != info.CRC:
        raise zipfile.BadZipFile(f"{info.filename!r} is not of the CRC that it promises")
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
