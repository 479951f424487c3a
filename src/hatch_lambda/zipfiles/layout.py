"""Finds the parts of a zip before its content is trusted.

Numbers in comments are sections of https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT.
"""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Iterable, Iterator

_LOCAL_HEADER = struct.Struct("<4s5H3L2H")  # 4.3.7
_END = struct.Struct("<4s4H2LH")  # 4.3.16
_END_64 = struct.Struct("<4sQ2H2L4Q")  # 4.3.14
_LOCATOR_64 = struct.Struct("<4sLQL")  # 4.3.15
_LONGEST_COMMENT = 0xFFFF  # 4.4.12
_FULL_32 = 0xFFFFFFFF  # 4.4.1.4: "look in the zip64 record"


def directory_size(file: BinaryIO) -> int:
    """Return the size of the central directory in bytes, from the zip's end record; 0 if the zip has no end record.

    zipfile reads the whole directory into memory and needs about ten times its size.
    """
    length = file.seek(0, os.SEEK_END)
    file.seek(max(0, length - _END.size - _END_64.size - _LOCATOR_64.size - _LONGEST_COMMENT))
    tail = file.read()
    at = len(tail) - _END.size
    if not tail.startswith(b"PK\5\6", max(at, 0)) or not tail.endswith(b"\0\0"):  # in the order of zipfile
        at = tail.rfind(b"PK\5\6")
    if at < 0 or at + _END.size > len(tail):
        return 0
    size = int(_END.unpack_from(tail, at)[5])
    at_64 = at - _LOCATOR_64.size - _END_64.size
    if at_64 >= 0 and tail.startswith(b"PK\6\6", at_64):
        size = max(size % _FULL_32, int(_END_64.unpack_from(tail, at_64)[8]))
    return size


def content_offset(file: BinaryIO, info: zipfile.ZipInfo) -> int:
    """Return the offset of the member's bytes, after its local header; raises ``struct.error`` if that is missing."""
    file.seek(info.header_offset)
    header = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
    return info.header_offset + _LOCAL_HEADER.size + int(header[-2]) + int(header[-1])


def overlapping_members(infos: Iterable[zipfile.ZipInfo]) -> Iterator[tuple[str, str]]:
    """Yield the names of members whose bytes overlap, with which a small zip could unpack to a huge size."""
    end, before = 0, ""
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            yield before, info.filename
        if info.header_offset + info.compress_size >= end:
            end, before = info.header_offset + _LOCAL_HEADER.size + info.compress_size, info.filename
