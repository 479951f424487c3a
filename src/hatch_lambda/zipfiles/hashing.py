"""Hashes a file, and finds out later whether it still is the file that was hashed."""

from __future__ import annotations

import hashlib
import os
from typing import IO, NamedTuple

CHUNK = 1 << 20
"""Bytes read at a time."""


class FileState(NamedTuple):
    """What differs once a file has been replaced or written to; ``size`` is in bytes, the times are in nanoseconds.

    Programs can set ``modified``, but not ``changed``. On Windows, the latter is when the file was created.
    """

    device: int
    inode: int
    size: int
    modified: int
    changed: int


def file_state(file: IO[bytes]) -> FileState:
    """Return the state of an open file."""
    found = os.fstat(file.fileno())
    return FileState(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def sha256_of(file: IO[bytes]) -> str:
    """Return the SHA-256 of a whole file in hexadecimal."""
    found = hashlib.sha256()
    while chunk := file.read(CHUNK):
        found.update(chunk)
    return found.hexdigest()


def is_unchanged(file: IO[bytes], sha256: str, state: FileState | None) -> bool:
    """Return whether an open file has the bytes that had this hash when the file was in this state.

    Without a state, and in another one, the bytes are hashed again.
    """
    if file_state(file) == state:
        return True
    file.seek(0)
    return sha256_of(file) == sha256
