"""Find the files of an archive that are native code, and read their headers; a wheel is read once."""

from __future__ import annotations

import os
import re
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING, TypeVar

from hatch_lambda.archive.plan import WheelContent, open_content
from hatch_lambda.checks import elf
from hatch_lambda.checks.elf import Native, format_of, read_head, read_native
from hatch_lambda.checks.wheel_facts import WheelReader
from hatch_lambda.files import json_values
from hatch_lambda.wheels import symbols
from hatch_lambda.wheels.member_reader import HEAD, whole
from hatch_lambda.wheels.symbols import hide_sections, tail_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from hatch_lambda.archive.plan import ArchivePlan, Entry
    from hatch_lambda.resolve.cache import ResultCache

Fact = TypeVar("Fact")

_LARGEST = 1 << 30
"""Bytes of the largest file that is read; Lambda accepts less than a quarter of it."""

_CHUNK = 1 << 20

_MODULE = re.compile(r"(?P<name>[^\W\d]\w*)(?:\.cpython-(?P<major>\d)(?P<minor>\w+?)(?P<system>-[^/]*)?|\.abi3)?\.so")
"""File names of extension modules on Linux. Source: PEP 3149 and PEP 384."""


@dataclass(frozen=True)
class NativeFile:
    """A file of native code in the archive."""

    entry: Entry
    native: Native

    @property
    def stem(self) -> str:
        """Return the file's path without the tags of Python and system in its name."""
        directory, slash, name = self.entry.path.rpartition("/")
        return f"{directory}{slash}{name.partition('.')[0]}"

    @property
    def is_module(self) -> bool:
        """Return whether Python on Linux would import the file, judged by its name or content."""
        match = _MODULE.fullmatch(self.entry.path.rpartition("/")[2])
        if match is None:
            return False
        return match[0] != f"{match['name']}.so" or match["name"] in self.native.modules

    @property
    def python(self) -> str | None:
        """Return the Python in the file's name, for example ``3.13`` or ``3.13t``; ``None`` if there is none."""
        match = _MODULE.fullmatch(self.entry.path.rpartition("/")[2])
        return f"{match['major']}.{match['minor']}" if match and match["major"] else None


def native_files(plan: ArchivePlan, results: ResultCache) -> Iterator[NativeFile]:
    """Yield each file of native code, in the order of the archive; raises ``PlanError`` if a file cannot be read."""
    for entry, native in _facts(plan.entries, results, _NATIVES, _native):
        yield NativeFile(entry, native)


def library_tails(entries: Iterable[Entry], results: ResultCache) -> Iterator[tuple[Entry, int]]:
    """Yield each library with an end that is never loaded, and how many bytes can be cut off.

    Raises ``PlanError`` if a file cannot be read.
    """
    return _facts(entries, results, _TAILS, _tail)


def _facts(
    entries: Iterable[Entry],
    results: ResultCache,
    wheels: WheelReader[dict[str, Fact]],
    read: Callable[[IO[bytes], int], Fact | None],
) -> Iterator[tuple[Entry, Fact]]:
    """Yield each file with a fact, which ``wheels`` reads from whole wheels and ``read`` from other files."""
    entries = tuple(entries)
    of_wheels = wheels.facts([one.content for one in entries if isinstance(one.content, WheelContent)], results)
    for entry in entries:
        content = entry.content
        if isinstance(content, WheelContent):
            fact = of_wheels[content.wheel].get(content.member.name)
        else:
            with open_content(content) as file:
                fact = read(file, content.size)
        if fact:
            yield entry, fact


def _wheel_reader(
    key: tuple[str, int],
    read: Callable[[IO[bytes], int], Fact | None],
    as_json: Callable[[Fact], object],
    from_json: Callable[[object], Fact],
) -> WheelReader[dict[str, Fact]]:
    """Return the reader of the facts of a wheel's members."""

    def in_wheel(path: Path) -> dict[str, Fact]:
        facts = {}
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                if info.orig_filename.endswith("/"):  # which are no members for verification either
                    continue
                with archive.open(info) as file:
                    fact = read(file, info.file_size)
                if fact:
                    facts[info.filename] = fact
        return facts

    def known(value: object) -> dict[str, Fact]:
        pairs = (json_values.items(item) for item in json_values.items(value))
        return {json_values.text(member): from_json(fact) for member, fact in pairs}

    return WheelReader(key, in_wheel, lambda facts: [[name, as_json(fact)] for name, fact in facts.items()], known)


class NativeReader:
    """Reads the native code of a wheel."""

    def __init__(self) -> None:
        self._facts: dict[str, Native] = {}
        self._is_complete = True

    def wants(self, name: str, head: bytes, size: int) -> bool:
        """Return whether the member is native code; one that is too large to copy leaves all to the check."""
        del name
        is_native = format_of(head) is not None
        self._is_complete &= not is_native or size <= _LARGEST
        return is_native and self._is_complete

    def read(self, name: str, content: IO[bytes]) -> None:
        """Read the headers of a file of native code."""
        native = _of_whole(content)
        if native:
            self._facts[name] = native

    def results(self) -> Iterator[tuple[tuple[object, ...], object]]:
        """Yield what the check would find in the wheel."""
        if self._is_complete:
            yield _NATIVES.key, _NATIVES.as_json(self._facts)


def _native(file: IO[bytes], size: int) -> Native | None:
    head = file.read(HEAD)
    native = read_head(head)
    if native is None or native.format != "ELF":
        return native
    if size > _LARGEST:
        return replace(native, damage=f"it is larger than {_LARGEST >> 20} MiB")
    with _copied(file, head) as content:
        return _of_whole(content)


def _of_whole(content: IO[bytes]) -> Native | None:
    hide_sections(content)  # the loader doesn't read them either
    return read_native(content, content.seek(0, os.SEEK_END))


def _tail(file: IO[bytes], size: int) -> int | None:
    head = file.read(HEAD)
    native = read_head(head)
    if native is None or native.format != "ELF" or size > _LARGEST:
        return None
    with _copied(file, head) as content:
        return tail_size(content, content.tell())


@contextmanager
def _copied(file: IO[bytes], head: bytes) -> Iterator[IO[bytes]]:
    """Copy a file, of which ``head`` has been read, so that it can be read at any place; yield the end of the copy."""
    with whole() as content:
        content.write(head)
        while chunk := file.read(_CHUNK):
            content.write(chunk)
        yield content


_NATIVES = _wheel_reader(("native", elf.LAYOUT), _native, Native.as_json, Native.from_json)
_TAILS = _wheel_reader(("tails", symbols.LAYOUT), _tail, int, json_values.number)
