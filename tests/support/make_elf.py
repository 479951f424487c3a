"""Minimal ELF files that declare what they need, made without a compiler."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

X86_64, AARCH64, I386 = 62, 183, 3

MACH_O = b"\xcf\xfa\xed\xfe" + bytes(28)
"""The start of a library for macOS."""

UNIVERSAL = b"\xca\xfe\xba\xbe" + struct.pack(">2L", 2, 0x0100000C) + bytes(40)
"""The start of a library for two of Apple's machines."""

WINDOWS = b"MZ" + bytes(58) + struct.pack("<L", 64) + b"PE\0\0" + bytes(20)
"""The start of a library for Windows."""

JAVA = b"\xca\xfe\xba\xbe\x00\x00\x00\x34" + bytes(28)
"""The start of a Java class."""

_NEEDED, _STRTAB, _SONAME, _RPATH, _STRSZ, _RUNPATH = 1, 5, 14, 15, 10, 29
_VERNEED, _VERNEEDNUM, _FLAGS_1 = 0x6FFFFFFE, 0x6FFFFFFF, 0x6FFFFFFB


def make_elf(
    machine: int = X86_64,
    *,
    bits: Literal[32, 64] = 64,
    order: Literal["<", ">"] = "<",
    needed: Sequence[str] = (),
    soname: str = "",
    rpath: str = "",
    runpath: str = "",
    versions: Mapping[str, Sequence[str]] | None = None,
    weak: Mapping[str, Sequence[str]] | None = None,
    module: str = "",
    interpreter: bool = False,
    loaded: int = 0,
    flags: int = 0,
) -> bytes:
    """Return a shared library.

    ``versions`` are those needed of each library, ``weak`` those that may be missing, ``module`` is the extension
    module in it; with ``interpreter`` it is a program. ``loaded`` are bytes that its header promises beyond its end,
    and ``flags`` those of ``DT_FLAGS_1``.
    """
    names = _Names()
    tags = [(_NEEDED, names.add(name)) for name in needed]
    tags += [(tag, names.add(text)) for tag, text in ((_SONAME, soname), (_RPATH, rpath), (_RUNPATH, runpath)) if text]
    names.add(f"PyInit_{module}" if module else "init")
    needs = [(library, found, 0) for library, found in (versions or {}).items()]
    needs += [(library, found, 2) for library, found in (weak or {}).items()]
    table = b"".join(
        _version_need(names, order, library, found, flags, last=index == len(needs) - 1)
        for index, (library, found, flags) in enumerate(needs)
    )
    segments = 3 if interpreter else 2
    start = (64 + 56 * segments) if bits == 64 else (52 + 32 * segments)
    at_names = start + len(table)
    tags += [(_STRTAB, at_names), (_STRSZ, len(names.text))]
    tags += [(_VERNEED, start), (_VERNEEDNUM, len(needs))] if needs else []
    tags += [(_FLAGS_1, flags)] if flags else []
    entry = order + ("2Q" if bits == 64 else "2L")
    dynamic = b"".join(struct.pack(entry, *tag) for tag in [*tags, (0, 0)])
    at_dynamic = at_names + len(names.text)
    size = at_dynamic + len(dynamic)
    headers = _segment(1, 0, size + loaded, bits, order) + _segment(2, at_dynamic, len(dynamic), bits, order)
    headers += _segment(3, at_names, 1, bits, order) if interpreter else b""
    return _header(machine, bits, order, segments) + headers + table + names.text + dynamic


def with_sections(
    content: bytes, sections: Sequence[tuple[str, int, bytes]], *, padding: bytes = b"", header_size: int = 64
) -> bytes:
    """Return a 64-bit library with sections behind its last segment: name, flags, and bytes of each.

    ``padding`` is between the sections and their headers.
    """
    names = _Names()
    headers = [bytes(64)]
    for name, flags, data in sections:
        headers.append(struct.pack("<2L4Q2L2Q", names.add(name), 1, flags, 0, len(content), len(data), 0, 0, 1, 0))
        content += data
    headers.append(struct.pack("<2L4Q2L2Q", names.add(".shstrtab"), 3, 0, 0, len(content), len(names.text), 0, 0, 1, 0))
    content += names.text + padding
    place = struct.pack("<Q", len(content))
    counts = struct.pack("<3H", header_size, len(headers), len(headers) - 1)
    return content[:0x28] + place + content[0x30:0x3A] + counts + content[0x40:] + b"".join(headers)


class _Names:
    """The table of strings that all others point into."""

    def __init__(self) -> None:
        self.text = b"\0"

    def add(self, name: str) -> int:
        """Return where the name is from now on."""
        place = len(self.text)
        self.text += name.encode() + b"\0"
        return place


def _version_need(names: _Names, order: str, library: str, versions: Sequence[str], flags: int, *, last: bool) -> bytes:
    length = 16 * (1 + len(versions))
    head = struct.pack(order + "2H3L", 1, len(versions), names.add(library), 16, 0 if last else length)
    return head + b"".join(
        struct.pack(order + "L2H2L", 0, flags, 2, names.add(version), 0 if index == len(versions) - 1 else 16)
        for index, version in enumerate(versions)
    )


def _segment(kind: int, offset: int, size: int, bits: int, order: str) -> bytes:
    if bits == 64:
        return struct.pack(order + "2L6Q", kind, 4, offset, offset, offset, size, size, 8)
    return struct.pack(order + "8L", kind, offset, offset, offset, size, size, 4, 4)


def _header(machine: int, bits: int, order: str, segments: int) -> bytes:
    ident = b"\x7fELF" + bytes([bits // 32, 1 if order == "<" else 2, 1]) + bytes(9)
    sizes = (64, 56, 64) if bits == 64 else (52, 32, 40)
    layout = order + ("2HL3QL6H" if bits == 64 else "2HL3LL6H")
    return ident + struct.pack(layout, 3, machine, 1, 0, sizes[0], 0, 0, sizes[0], sizes[1], segments, sizes[2], 0, 0)
