"""Hashes a file so that each part of it can be verified again when it is copied."""

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
    """The state of a file's hash before a part of the file, and the digest after that part."""

    before: _Hash
    after: bytes

    def verified(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the pieces of the part; raises ``ValueError`` at the end unless they are the bytes that were hashed."""
        found = self.before.copy()
        for piece in pieces:
            found.update(piece)
            yield piece
        if found.digest() != self.after:
            raise ValueError("other bytes")


def hash_spans(file: BinaryIO, spans: Iterable[tuple[int, int]]) -> tuple[str, dict[int, Checkpoint]]:
    """Return the SHA-256 of a file in hexadecimal, and a checkpoint for each span by its offset.

    A span is an offset and a length in bytes. Raises ``ValueError`` if spans overlap or end after the file.
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
