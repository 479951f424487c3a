"""The SHA-256 of a file, taken so that a piece of the file can be verified again when it is copied."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from hashlib import _Hash

CHUNK = 1 << 20
"""Bytes read at a time."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The hash of a file up to a piece of it, and what that hash is at the end of the piece."""

    before: _Hash
    after: bytes

    def verified(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the pieces, which together are what was hashed; raises ``ValueError`` at the end if they are not."""
        found = self.before.copy()
        for piece in pieces:
            found.update(piece)
            yield piece
        if found.digest() != self.after:
            raise ValueError("other bytes")


def hash_spans(file: BinaryIO, spans: Iterable[tuple[int, int]]) -> tuple[str, dict[int, Checkpoint]]:
    """Return the SHA-256 of a whole file in hexadecimal, and a checkpoint for each span in it under its offset.

    A span is an offset and a length in bytes. Raises ``ValueError`` for spans that overlap or reach beyond the end.
    """
    found = hashlib.sha256()
    checkpoints = {}
    position = 0
    for offset, length in sorted(spans):
        _hash_next(file, found, offset - position)
        before = found.copy()
        _hash_next(file, found, length)
        checkpoints[offset] = Checkpoint(before, found.digest())
        position = offset + length
    while chunk := file.read(CHUNK):
        found.update(chunk)
    return found.hexdigest(), checkpoints


def sha256_of(file: BinaryIO) -> str:
    """Return the SHA-256 of a whole file in hexadecimal."""
    return hash_spans(file, ())[0]


def _hash_next(file: BinaryIO, found: _Hash, length: int) -> None:
    if length < 0:
        raise ValueError("spans overlap")
    while length:
        chunk = file.read(min(length, CHUNK))
        if not chunk:
            raise ValueError("file ends")
        found.update(chunk)
        length -= len(chunk)
