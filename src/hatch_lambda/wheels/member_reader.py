"""Lets later steps read members of a wheel while its verification inflates them anyway."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from itertools import chain
from typing import IO, TYPE_CHECKING, Protocol

from hatch_lambda.files.temporary import temporary_space

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

HEAD = 1024
"""Bytes of a member's beginning, if it has as many, that a reader sees before it decides."""

_IN_MEMORY = 2 << 20
"""Bytes of one member that are kept in memory; larger ones go through a temporary file."""


class MemberReader(Protocol):
    """Reads members of one wheel, and finds out something about the wheel."""

    def wants(self, name: str, head: bytes, size: int) -> bool:
        """Return whether to read a member of ``size`` bytes that starts with ``head``."""

    def read(self, name: str, content: IO[bytes]) -> None:
        """Read a member from a copy that can be read at any place."""

    def results(self) -> Iterator[tuple[tuple[object, ...], object]]:
        """Yield what was found after the last member: a value for JSON, and the key to cache it under."""


def read_by(readers: Sequence[MemberReader], name: str, size: int, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a member's content in pieces, and then let the readers that want it read it.

    Raises ``TemporaryError`` if there is no space for a temporary file.
    """
    pieces = iter(pieces)
    head = b""
    while len(head) < HEAD and (piece := next(pieces, b"")):
        head += piece
    wanting = [reader for reader in readers if reader.wants(name, head, size)]
    if not wanting:
        yield head
        yield from pieces
        return
    with whole() as content:
        for piece in chain([head], pieces):
            content.write(piece)
            yield piece
        for reader in wanting:
            content.seek(0)
            reader.read(name, content)


@contextmanager
def whole() -> Iterator[IO[bytes]]:
    """Yield an empty temporary file for the content of a member; raises ``TemporaryError`` if there is no space."""
    with temporary_space(), tempfile.SpooledTemporaryFile(_IN_MEMORY) as content:
        yield content
