"""Inflates the members of zips in pieces of limited size.

zipfile does this for deflate only. For bzip2 and LZMA, it inflates everything that it has read at once, which can be
gigabytes.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from typing import IO, TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK = 1 << 20
"""The most bytes in a piece, and the most bytes read for one."""

_LZMA_HEADER = struct.Struct("<2BH")  # APPNOTE.TXT 5.8.8: version of the SDK, size of the properties that follow
_LZMA_UNKNOWN_SIZE = b"\xff" * 8  # of "The .lzma File Format": properties, size, stream


class _Decompressor(Protocol):
    """The common interface of the decompressors of bz2 and lzma."""

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""

    @property
    def needs_input(self) -> bool:
        """Whether the decompressor needs more input before it returns output."""

    @property
    def unused_data(self) -> bytes:
        """Input after the end of the stream."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Return at most ``max_length`` bytes of content."""


class _Deflate:
    """The decompressor of zlib, with the common interface."""

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
    """Yield the content of the ``compressed`` bytes at ``offset``; it can be longer than the declared ``size``.

    Raises ``BadZipFile`` if the bytes aren't exactly one stream of that method, ``EOFError`` if the file ends early,
    and the exceptions of the decompressors for damaged bytes.
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
            if method == zipfile.ZIP_LZMA and not size:  # its end marker is optional
                return
            raise zipfile.BadZipFile("the compressed bytes of a member end too early")
    if left or stream.unused_data:
        raise zipfile.BadZipFile("the compressed bytes of a member continue after the end of its content")


def _read(zipped: IO[bytes], wanted: int) -> bytes:
    data = zipped.read(min(wanted, CHUNK))
    if not data:
        raise EOFError("the file ends inside a member")
    return data


def _bzip2(method: int) -> _Decompressor:
    if method != zipfile.ZIP_BZIP2:
        raise zipfile.BadZipFile(f"compression method {method} isn't supported")
    from bz2 import BZ2Decompressor  # some Pythons are built without it

    return BZ2Decompressor()


def _lzma(zipped: IO[bytes], left: int) -> tuple[_Decompressor, int]:
    """Return a decompressor that has read its properties, and how many bytes they had."""
    from lzma import FORMAT_ALONE, LZMADecompressor  # some Pythons are built without it

    _, _, length = _LZMA_HEADER.unpack(zipped.read(_LZMA_HEADER.size))
    header = _LZMA_HEADER.size + length
    if header > left:
        raise zipfile.BadZipFile("the compressed bytes of a member end too early")
    stream = LZMADecompressor(FORMAT_ALONE)
    stream.decompress(zipped.read(length) + _LZMA_UNKNOWN_SIZE, CHUNK)
    return stream, header
