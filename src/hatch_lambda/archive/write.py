"""Writes a planned zip. Compressed bytes of wheels are copied and not compressed again.

Numbers in comments are sections of https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT.
"""

from __future__ import annotations

import errno
import hashlib
import itertools
import os
import stat
import struct
import tempfile
import time
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple, cast

from hatch_lambda.archive.plan import WheelContent, changed_wheel, open_content, opened_wheel
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ArchiveError
from hatch_lambda.files.temporary import FULL, temporary_space
from hatch_lambda.threads import largest_first
from hatch_lambda.zipfiles.hashing import is_unchanged
from hatch_lambda.zipfiles.record import record_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Future
    from io import FileIO

    from hatch_lambda.archive.plan import ArchivePlan, Content, Entry
    from hatch_lambda.diagnostics import Code
    from hatch_lambda.errors import HatchLambdaError

_LOCAL = struct.Struct("<4s5H3L2H")  # 4.3.7
_CENTRAL = struct.Struct("<4s6H3L5H2L")  # 4.3.12
_END = struct.Struct("<4s4H2LH")  # 4.3.16
_END_64 = struct.Struct("<4sQ2H2L4Q")  # 4.3.14
_LOCATOR_64 = struct.Struct("<4sLQL")  # 4.3.15

_UNIX, _VERSION, _VERSION_64 = 3, 20, 45  # 4.4.2, 4.4.3
_UTF_8 = 0x800  # 4.4.4, bit 11
_FULL_16, _FULL_32 = 0xFFFF, 0xFFFFFFFF  # 4.4.1.4: "look in the zip64 record"

_COPIED = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""Methods that Lambda unpacks; a wheel's member with another method is compressed again."""

_CHUNK = 1 << 20
"""Bytes in memory at a time; the memory peak doesn't grow with the zip."""

_IN_MEMORY = 8 << 20
"""The most bytes of a compressed file that stay in memory; larger files use a temporary file."""


@dataclass(frozen=True)
class WrittenArchive:
    """The written zip: its path, its size in bytes, and its SHA-256 in hexadecimal.

    ``staged`` is where it is before it replaces the file at its path.
    """

    path: Path
    size: int
    sha256: str
    staged: Path


@contextmanager
def written_archive(plan: ArchivePlan, path: Path, *, timestamp: int) -> Iterator[WrittenArchive]:
    """Write the planned zip and yield it; it is at ``path`` when the block ends without an exception.

    ``timestamp``, in seconds since 1970, dates every entry. The zip is written next to ``path`` and renamed at the end
    of the block. Raises ``ArchiveError`` if that fails; an existing file at ``path`` then stays as it was.
    """
    date = dos_date(timestamp)
    with ThreadPoolExecutor(1) as hasher, whole_file(path) as file:
        output = _Output(file, hasher)
        runs = itertools.groupby(plan.entries, key=_source)
        headers = [header for source, run in runs for header in _copy(source, run, output, date)]
        _check_wheels(plan)
        _finish(output, headers)
        output.flush()
        file.flush()
        yield WrittenArchive(path, output.position, output.sha256, Path(file.name))


def write_archive(plan: ArchivePlan, path: Path, *, timestamp: int) -> WrittenArchive:
    """Write the planned zip to ``path`` and return it; raises ``ArchiveError`` as ``written_archive`` does."""
    with written_archive(plan, path, timestamp=timestamp) as archive:
        return archive


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that replaces ``path`` at the end of the block, completely or not at all.

    Raises ``ArchiveError`` if it can't be written; an existing file at ``path`` then stays as it was.
    """
    try:
        with _partial_file(path) as file:
            yield file
    except OSError as error:
        raise ArchiveError(_write_problem(path, error)) from None


def _write_problem(path: Path, error: OSError) -> Diagnostic:
    code: Code = "write-failed"
    fix = "fix that, and rebuild"
    # only the final renaming has two names; Windows rejects it while another program has the old file open
    if isinstance(error, PermissionError) and error.filename2:
        fix = "close the program that has it open, or remove it, and rebuild"
    elif error.errno in FULL:
        code, fix = "disk-full", "free some space, and rebuild"
    elif error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        code, fix = "directory-not-writable", "make the directory writable, or set another with the option 'directory'"
    problem = f"can't be written ({error.strerror or error})"
    return Diagnostic(code=code, where=str(path), problem=problem, fix=fix)


def make_directory(directory: Path) -> None:
    """Create the directory for zips if it doesn't exist; raises ``ArchiveError`` if that fails."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = f"can't be created ({error.strerror})"
        is_file = isinstance(error, FileExistsError | NotADirectoryError)
        fix = "remove the file, or set directory" if is_file else "make its parent writable, or set directory"
        raise ArchiveError(
            Diagnostic(code="directory-not-writable", where=str(directory), problem=problem, fix=fix)
        ) from None


def remove_leftovers(path: Path) -> None:
    """Remove the files that killed builds of this zip left next to it; files of running builds stay."""
    for left in path.parent.glob(f".{_escaped(path.name)}.*.partial"):
        with suppress(OSError):
            with left.open("rb") as file:
                free = _lock(file)
            if free:  # after closing it, because Windows can't remove an open file
                left.unlink()


def dos_date(timestamp: int) -> tuple[int, int]:
    """Return date and time in the format of zip headers (4.4.6), limited to their years, 1980 to 2107."""
    moment = time.gmtime(min(max(timestamp, 315_532_800), 4_354_819_198))
    date = (moment.tm_year - 1980) << 9 | moment.tm_mon << 5 | moment.tm_mday
    return date, moment.tm_hour << 11 | moment.tm_min << 5 | moment.tm_sec // 2


class Header(NamedTuple):
    """The fields of the local and the central header of an entry. Sizes and offset are in bytes."""

    name: bytes
    flags: int
    mode: int
    method: int
    date: tuple[int, int]
    crc: int
    compressed: int
    size: int
    offset: int

    def local(self) -> bytes:
        """Return the header before the entry's bytes."""
        name, flags, _, method, (date, clock), crc, compressed, size, _ = self
        version, extra = _VERSION, b""
        if max(compressed, size) >= _FULL_32:
            version, extra = _VERSION_64, struct.pack("<2H2Q", 1, 16, size, compressed)  # 4.5.3
            compressed = size = _FULL_32
        fixed = _LOCAL.pack(
            b"PK\3\4", version, flags, method, clock, date, crc, compressed, size, len(name), len(extra)
        )
        return fixed + name + extra

    def central(self) -> bytes:
        """Return the entry's header in the central directory."""
        name, flags, mode, method, (date, clock), crc, compressed, size, offset = self
        version, extra = _VERSION, b""
        if max(compressed, size, offset) >= _FULL_32:
            wide = [value for value in (size, compressed, offset) if value >= _FULL_32]
            version, extra = _VERSION_64, struct.pack(f"<2H{len(wide)}Q", 1, 8 * len(wide), *wide)
            compressed, size, offset = (min(value, _FULL_32) for value in (compressed, size, offset))
        fixed = _CENTRAL.pack(
            b"PK\1\2",
            _UNIX << 8 | version,
            version,
            flags,
            method,
            clock,
            date,
            crc,
            compressed,
            size,
            len(name),
            len(extra),
            0,
            0,
            0,
            (stat.S_IFREG | mode) << 16,
            offset,
        )
        return fixed + name + extra


def end_records(count: int, size: int, offset: int) -> bytes:
    """Return the end record, after a zip64 end record if a number doesn't fit."""
    wide = count >= _FULL_16 or size >= _FULL_32 or offset >= _FULL_32
    end = _END.pack(
        b"PK\5\6", 0, 0, min(count, _FULL_16), min(count, _FULL_16), min(size, _FULL_32), min(offset, _FULL_32), 0
    )
    if not wide:
        return end
    made_by = _UNIX << 8 | _VERSION_64
    end_64 = _END_64.pack(b"PK\6\6", _END_64.size - 12, made_by, _VERSION_64, 0, 0, count, count, size, offset)
    return end_64 + _LOCATOR_64.pack(b"PK\6\7", 0, offset + size, 1) + end


class _Output:
    """A file being written, its position, and the hash of its bytes, which ``hasher`` computes in parallel.

    One of two buffers is filled while the other is hashed.
    """

    def __init__(self, file: IO[bytes], hasher: ThreadPoolExecutor) -> None:
        self._file = file
        self._hasher = hasher
        self._hash = hashlib.sha256()
        self._hashed: Future[None] = hasher.submit(self._hash.update, b"")
        self._buffer, self._in_use = (memoryview(bytearray(_CHUNK)) for _ in range(2))
        self._filled = 0
        self.position = 0

    @property
    def sha256(self) -> str:
        self._hashed.result()
        return self._hash.hexdigest()

    def write(self, data: bytes) -> None:
        """Write at most ``_CHUNK`` bytes."""
        if self._filled + len(data) > _CHUNK:
            self.flush()
        self._buffer[self._filled : self._filled + len(data)] = data
        self.advance(len(data))

    def space(self) -> memoryview:
        """Return where the next bytes can be put, before ``advance``."""
        if self._filled == _CHUNK:
            self.flush()
        return self._buffer[self._filled :]

    def advance(self, count: int) -> None:
        """Write the bytes that were put into ``space``."""
        self._filled += count
        self.position += count

    def flush(self) -> None:
        data = self._buffer[: self._filled]
        self._hashed.result()  # then the other buffer is free
        self._hashed = self._hasher.submit(self._hash.update, data)
        self._file.write(data)
        self._buffer, self._in_use = self._in_use, self._buffer
        self._filled = 0


def _check_wheels(plan: ArchivePlan) -> None:
    """Raise ``WheelError`` unless every wheel still is the file that this build has hashed."""
    wheels = {entry.content.wheel: entry.content for entry in plan.entries if isinstance(entry.content, WheelContent)}
    hashed = [content for content in wheels.values() if content.sha256]
    for content in hashed:
        if content.state is not None:
            _check_wheel(content)
    new = [content for content in hashed if content.state is None]  # their bytes must be hashed
    for _ in largest_first(_check_wheel, new, size=lambda content: content.member.offset):  # close to the wheel's size
        pass


def _check_wheel(content: WheelContent) -> None:
    with opened_wheel(content.wheel) as wheel:
        if not is_unchanged(wheel, content.sha256, content.state):
            raise changed_wheel(content.wheel)


def _source(entry: Entry) -> Path | None:
    """Return the wheel that the entry is copied from; ``None`` if the entry must be compressed."""
    content = entry.content
    return content.wheel if isinstance(content, WheelContent) and content.member.method in _COPIED else None


def _copy(source: Path | None, entries: Iterable[Entry], output: _Output, date: tuple[int, int]) -> Iterator[Header]:
    """Write the entries of one source and yield their headers."""
    if source is None:
        for entry in entries:
            yield _deflate(entry, output, date)
        return
    with opened_wheel(source) as wheel:
        for entry in entries:
            yield _splice(entry, cast("WheelContent", entry.content), wheel, output, date)


def _splice(entry: Entry, content: WheelContent, wheel: FileIO, output: _Output, date: tuple[int, int]) -> Header:
    member = content.member
    header = _header(entry, date, output.position, member.method, member.crc, member.compressed, member.size)
    output.write(header.local())
    copied = 0
    while copied < member.compressed:
        count = content.read_into(output.space(), wheel, copied)
        output.advance(count)
        copied += count
    return header


def _deflate(entry: Entry, output: _Output, date: tuple[int, int]) -> Header:
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as deflated:
        with _pieces(entry.content) as chunks, temporary_space():
            crc, size, digest = _compress(chunks, deflated)
        if (size, digest) != (entry.content.size, entry.content.digest):
            raise _changed(entry)
        compressed = deflated.tell()
        header = _header(entry, date, output.position, zipfile.ZIP_DEFLATED, crc, compressed, size)
        output.write(header.local())
        deflated.seek(0)
        while chunk := deflated.read(_CHUNK):
            output.write(chunk)
    return header


def _changed(entry: Entry) -> HatchLambdaError:
    if isinstance(entry.content, WheelContent):
        return changed_wheel(entry.content.wheel)
    problem, fix = "changed during the build", "rebuild when no program writes it"
    return ArchiveError(Diagnostic(code="file-changed", where=entry.path, problem=problem, fix=fix))


def _compress(chunks: Iterable[bytes], deflated: IO[bytes]) -> tuple[int, int, str]:
    """Compress the chunks; return their CRC, their size in bytes, and their hash in the format of RECORD."""
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    found = hashlib.sha256()
    crc = size = 0
    for chunk in chunks:
        crc = zlib.crc32(chunk, crc)
        size += len(chunk)
        found.update(chunk)
        deflated.write(compressor.compress(chunk))
    deflated.write(compressor.flush())
    return crc, size, record_digest(found.digest())


@contextmanager
def _pieces(content: Content) -> Iterator[Iterator[bytes]]:
    """Open a content as an iterator of pieces of limited size."""
    if isinstance(content, WheelContent):
        with opened_wheel(content.wheel) as wheel:
            yield content.inflated(wheel)
    else:
        with open_content(content) as file:
            yield iter(lambda: file.read(_CHUNK), b"")


def _header(
    entry: Entry, date: tuple[int, int], offset: int, method: int, crc: int, compressed: int, size: int
) -> Header:
    flags = 0 if entry.path.isascii() else _UTF_8
    mode = 0o755 if entry.executable else 0o644
    return Header(entry.path.encode(), flags, mode, method, date, crc, compressed, size, offset)


def _finish(output: _Output, headers: list[Header]) -> None:
    start = output.position
    for header in headers:
        output.write(header.central())
    output.write(end_records(len(headers), output.position - start, start))


@contextmanager
def _partial_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file next to ``path`` that replaces it at the end, or is removed if the block fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(path)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".partial", dir=path.parent)
    try:
        os.close(descriptor)
        with Path(name).open("wb") as file:
            _lock(file)
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
    _sync_directory(path.parent)


def _lock(file: IO[bytes]) -> bool:
    """Lock a file that is being written; return whether it was free, or locks aren't supported."""
    try:
        import fcntl
    except ImportError:  # Windows, where an open file can't be removed anyway
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return not isinstance(error, BlockingIOError)
    return True


def _sync_directory(directory: Path) -> None:
    """Flush the renaming to the disk, on systems where a directory can be opened."""
    with suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _escaped(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)
