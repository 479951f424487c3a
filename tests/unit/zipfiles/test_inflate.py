"""The content of members, read from their compressed bytes in pieces."""

from __future__ import annotations

import io
import re
import zipfile

import pytest

from hatch_lambda.zipfiles.inflate import pieces

TEXT = b"text" * 100
METHODS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
LZMA_END = 5
"""How many bytes of the stream are only needed by its end marker."""


def compressed(method: int) -> bytes:
    """Return the bytes of a member as zipfile compresses it."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.writestr("a", TEXT)
    start = 30 + len("a")
    return stream.getvalue()[start : start + archive.getinfo("a").compress_size]


def inflated(data: bytes, method: int, *, length: int | None = None) -> bytes:
    """Return the content of the member whose bytes are the whole file, or declared to have another length."""
    return b"".join(pieces(io.BytesIO(data), 0, method, len(data) if length is None else length, len(TEXT)))


@pytest.mark.parametrize("method", METHODS)
def test_the_content_of_every_method_is_read(method):
    assert inflated(compressed(method), method) == TEXT


def test_an_lzma_stream_without_an_end_marker_is_complete():
    assert inflated(compressed(zipfile.ZIP_LZMA)[:-LZMA_END], zipfile.ZIP_LZMA) == TEXT


@pytest.mark.parametrize(
    ("method", "kept"),
    [(zipfile.ZIP_DEFLATED, 4), (zipfile.ZIP_BZIP2, 30), (zipfile.ZIP_LZMA, -LZMA_END - 4), (zipfile.ZIP_LZMA, 6)],
)
def test_a_member_whose_compressed_bytes_are_too_few_is_rejected(method, kept):
    with pytest.raises(zipfile.BadZipFile, match=r"^the compressed bytes of a member end too early$"):
        inflated(compressed(method)[:kept], method)


@pytest.mark.parametrize("method", METHODS[1:])
def test_bytes_after_the_end_of_the_content_are_rejected(method):
    problem = "the compressed bytes of a member continue after the end of its content"

    with pytest.raises(zipfile.BadZipFile, match=f"^{re.escape(problem)}$"):
        inflated(compressed(method) + b"more", method)


@pytest.mark.parametrize("method", METHODS[:3])
def test_a_file_that_ends_inside_a_member_is_rejected(method):
    data = compressed(method)[:8]

    with pytest.raises(EOFError, match=r"^the file ends inside a member$"):
        inflated(data, method, length=1000)


def test_an_unknown_method_is_rejected():
    with pytest.raises(zipfile.BadZipFile, match=r"^compression method 97 isn't supported$"):
        inflated(b"data", 97)
