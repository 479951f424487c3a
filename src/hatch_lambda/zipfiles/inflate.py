"""What a member of a wheel holds, a piece at a time, so that no promise of a header decides how much memory it takes.

zipfile does so for deflate only; of bzip2 and LZMA it inflates at once what it has read, which may become gigabytes.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from typing import IO, TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK = 1 << 20
"""Bytes of a piece, and of what is read for one, at most."""

_LZMA_HEADER = struct.Struct("<2BH")  # APPNOTE.TXT 5.8.8: version of the SDK, size of the properties that follow
_LZMA_UNKNOWN_SIZE = b"\xff" * 8  # of "The .lzma File Format": properties, size, stream


class _Decompressor(Protocol):
    """The interface that bz2's and lzma's decompressors share."""

    @property
    def eof(self) -> bool:
        """Whether the stream has come to its end."""

    @property
    def needs_input(self) -> bool:
        """Whether nothing comes before more is given."""

    @property
    def unused_data(self) -> bytes:
        """What was given beyond the end."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Return up to so many bytes of content."""


class _Deflate:
    """zlib's decompressor, with the interface of the others."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(wbits=-zlib.MAX_WBITS)

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def needs_input(self) -> bool:
        return not self._stream.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._stream.decompress(self._stream.unconsumed_tail + data, max_length)


def pieces(zipped: IO[bytes], offset: int, method: int, compressed: int, size: int) -> Iterator[bytes]:
    """Yield the content of the ``compressed`` bytes at ``offset``, which may be longer than the promised ``size``.

    Raises ``BadZipFile`` if they are not one stream of that method from the first to the last, ``EOFError`` if the file
    ends before they do, and what the decompressors raise for damage.
    """
    zipped.seek(offset)
    left = compressed
    if method == zipfile.ZIP_STORED:
        while left:
            data = _read(zipped, left)
            left -= len(data)
            yield data
        return
    if method == zipfile.ZIP_LZMA:
        stream, header = _lzma(zipped, left)
        left -= header
    else:
        stream = _Deflate() if method == zipfile.ZIP_DEFLATED else _bzip2(method)
    while not stream.eof:
        data = _read(zipped, left) if stream.needs_input and left else b""
        left -= len(data)
        piece = stream.decompress(data, CHUNK)
        size -= len(piece)
        if piece:
            yield piece
        elif not data and not stream.eof:
            if method == zipfile.ZIP_LZMA and not size:  # whose end need not be marked
                return
            raise zipfile.BadZipFile("a member's compressed bytes end too early")
    if left or stream.unused_data:
        raise zipfile.BadZipFile("a member's compressed bytes go on after the end of its content")


def _read(zipped: IO[bytes], wanted: int) -> bytes:
    data = zipped.read(min(wanted, CHUNK))
    if not data:
        raise EOFError("the file ends within a member")
    return data


def _bzip2(method: int) -> _Decompressor:
    if method != zipfile.ZIP_BZIP2:
        raise zipfile.BadZipFile(f"compression method {method} is not supported")
    from bz2 import BZ2Decompressor  # a Python may come without

    return BZ2Decompressor()


def _lzma(zipped: IO[bytes], left: int) -> tuple[_Decompressor, int]:
    """Return the decompressor, which has been given its properties, and how many bytes those took."""
    from lzma import FORMAT_ALONE, LZMADecompressor  # a Python may come without

    _, _, length = _LZMA_HEADER.unpack(zipped.read(_LZMA_HEADER.size))
    header = _LZMA_HEADER.size + length
    if header > left:
        raise zipfile.BadZipFile("a member's compressed bytes end too early")
    stream = LZMADecompressor(FORMAT_ALONE)
    stream.decompress(zipped.read(length) + _LZMA_UNKNOWN_SIZE, CHUNK)
    return stream, header
