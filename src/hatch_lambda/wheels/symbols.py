"""Cuts off the end of shared libraries that is never loaded: symbol tables, debugging information, section headers.

The dynamic loader reads the ELF header, the program headers, and the segments; it never reads section headers. No byte
of a segment moves or changes, so that what ``strip`` breaks can't break here. Source: "Program Header" and "Sections"
in the System V ABI, https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html, read 2026-11-28.
"""

from __future__ import annotations

import io
import re
from typing import IO, TYPE_CHECKING, cast

from hatch_lambda.wheels.wheel import read_members, spliced

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from elftools.elf.elffile import ELFFile

    from hatch_lambda.wheels.wheel import Wheel
    from hatch_lambda.zipfiles.members import Member

LAYOUT = 1
"""Version of the rules by which libraries are cut; it rises when they change, so that older results aren't used."""

SMALLEST_TAIL = 16 << 10
"""Bytes at the end of a library that are worth a copy of the library in the cache."""

_LIBRARY = re.compile(r".*\.so(\.[^/]*)?", re.DOTALL)
_HEAD = b"\x7fELF\2\1"
"""The first bytes of 64-bit, little-endian ELF; 2 is ELFCLASS64, 1 is ELFDATA2LSB."""

_HEADER = 64
"""Bytes of the ELF header."""

_E_SHOFF, _E_SHNUM = 0x28, 0x3C
"""Where the header of 64-bit ELF has ``e_shoff`` (8 bytes), and ``e_shnum`` and ``e_shstrndx`` (2 bytes each)."""

_ALLOC = 0x2
"""``SHF_ALLOC``: the section is in memory while the program runs."""

_PIE = 0x08000000
"""``DF_1_PIE`` of ``DT_FLAGS_1``: an executable that can be loaded anywhere."""

_READ_BY_NAME = frozenset({".qtmetadata"})
"""Sections that a program finds in the file, by the section headers.

Source: ``qelfparser_p.cpp`` of Qt 5, which doesn't load a plugin without it, read 2026-11-28.
"""

_MOST_SECTIONS = 100_000
_CHUNK = 1 << 20


def libraries(wheel: Wheel) -> tuple[Member, ...]:
    """Return the wheel's members that are shared libraries by their names."""
    return tuple(member for member in wheel.members if _LIBRARY.fullmatch(member.name))


def cut_libraries(wheel: Wheel) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the new content of each library of the wheel whose end can be cut off.

    Raises ``WheelError`` at the end if the wheel has changed since it was hashed.
    """
    members = libraries(wheel)
    contents = read_members(wheel, (spliced(wheel, member) for member in members))
    for content, member in zip(contents, members, strict=True):
        tail = tail_size(io.BytesIO(content), len(content))
        if tail:
            head = io.BytesIO(content[:_HEADER])
            hide_sections(head)
            yield member.name, head.getvalue() + content[_HEADER : len(content) - tail]


def hide_sections(file: IO[bytes]) -> None:
    """Make a 64-bit, little-endian ELF file one without section headers, as the dynamic loader sees it."""
    file.seek(0)
    if file.read(len(_HEAD)) == _HEAD:
        file.seek(_E_SHOFF)
        file.write(bytes(8))
        file.seek(_E_SHNUM)
        file.write(bytes(4))


def tail_size(file: IO[bytes], size: int) -> int:
    """Return how many bytes at the end of a file of ``size`` bytes are never loaded and can be cut off; 0 if none can.

    Every byte after the last segment must belong to a section without ``SHF_ALLOC``, to the section headers, or to
    padding, which is zero. Executables, other files than 64-bit, little-endian ELF, damaged files, and tails below
    ``SMALLEST_TAIL`` stay as they are.
    """
    file.seek(0)
    if file.read(len(_HEAD)) != _HEAD:
        return 0
    from elftools.elf.elffile import ELFFile

    try:
        elf = ELFFile(file)
        end = _loaded_end(elf, size)
        if end is None or size - end < SMALLEST_TAIL:
            return 0
        known = _unloaded_ranges(elf)
        is_whole = known is not None and all(_is_zero(file, start, stop) for start, stop in _gaps(known, end, size))
    except (Exception, RecursionError):  # noqa: BLE001  # what pyelftools raises for any bytes; the file stays as it is
        return 0
    return size - end if is_whole else 0


def _loaded_end(elf: ELFFile, size: int) -> int | None:
    """Return where the last segment ends; ``None`` unless the file is a shared library that is complete."""
    header = elf.header
    segments = [segment.header for segment in elf.iter_segments()]
    kinds = {segment["p_type"] for segment in segments}
    if header["e_type"] != "ET_DYN" or "PT_INTERP" in kinds or not {"PT_LOAD", "PT_DYNAMIC"} <= kinds or _is_pie(elf):
        return None
    table = header["e_phoff"] + header["e_phnum"] * header["e_phentsize"]
    end = max(header["e_ehsize"], table, *(segment["p_offset"] + segment["p_filesz"] for segment in segments))
    return int(end) if end <= size else None


def _is_pie(elf: ELFFile) -> bool:
    from elftools.elf.dynamic import DynamicSegment

    dynamic = next(segment for segment in elf.iter_segments() if isinstance(segment, DynamicSegment))
    return any(tag.entry.d_tag == "DT_FLAGS_1" and tag.entry.d_val & _PIE for tag in dynamic.iter_tags())


def _unloaded_ranges(elf: ELFFile) -> list[tuple[int, int]] | None:
    """Return the bytes of all sections that aren't loaded, and those of their headers.

    ``None`` if a program finds one of them by its name.
    """
    header = elf.header
    if not header["e_shoff"] or elf.num_sections() > _MOST_SECTIONS:
        return None
    ranges = [(header["e_shoff"], header["e_shoff"] + elf.num_sections() * header["e_shentsize"])]
    for section in elf.iter_sections():
        if section.name in _READ_BY_NAME:
            return None
        if not section["sh_flags"] & _ALLOC and section["sh_type"] not in {"SHT_NOBITS", "SHT_NULL"}:
            ranges.append((section["sh_offset"], section["sh_offset"] + section["sh_size"]))
    return cast("list[tuple[int, int]]", ranges)


def _gaps(ranges: Iterable[tuple[int, int]], start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the bytes between ``start`` and ``end`` that are in none of the ranges."""
    for first, last in sorted(ranges):
        if first > start:
            yield start, min(first, end)
        start = max(start, last)
        if start >= end:
            return
    yield start, end


def _is_zero(file: IO[bytes], start: int, end: int) -> bool:
    """Return whether some bytes are zero; more than padding needs are something else."""
    file.seek(start)
    return end - start <= _CHUNK and not any(file.read(end - start))
