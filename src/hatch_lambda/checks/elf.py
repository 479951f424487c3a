"""Read from a file of native code its kind, its machine, and what it needs to be loaded.

Sources: the System V ABI, "Object Files" and "Dynamic Linking" (ELF); "Symbol Versioning" in the Linux Standard Base;
``mach-o/loader.h`` and ``mach-o/fat.h`` of Apple's SDK (Mach-O); "PE Format" of Microsoft (PE). All read 2026-11-23.
"""

from __future__ import annotations

import re
import struct
from dataclasses import astuple, dataclass, replace
from typing import IO, TYPE_CHECKING, Any, Literal, get_args

from hatch_lambda.files import json_values
from hatch_lambda.wheels.member_reader import HEAD

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from elftools.elf.dynamic import DynamicSegment
    from elftools.elf.elffile import ELFFile
    from elftools.elf.segments import Segment

Format = Literal["ELF", "Mach-O", "PE"]
Kind = Literal["library", "executable", "other"]

_FORMATS, _KINDS = get_args(Format), get_args(Kind)

LAYOUT = 4
"""Version of what is read from a file; it rises when that changes, so that older results aren't used."""

_ORDERS: dict[int, Literal["little", "big"]] = {1: "little", 2: "big"}
_ELF_HEADER = 20
"""Bytes up to and with ``e_machine``."""

_MACHINES = {3: "i386", 8: "mips", 20: "ppc", 21: "ppc64", 22: "s390x", 40: "arm", 62: "x86_64", 183: "aarch64"}
_MACHINES |= {243: "riscv", 258: "loongarch"}

_MACH_O = (b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xfe\xed\xfa\xcf", b"\xfe\xed\xfa\xce")
_UNIVERSAL = (b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf")
_OLDEST_JAVA = 45
"""Java's classes begin like universal Mach-O; where that has the number of its machines, they have their version."""

_VERSION = re.compile(r"(GLIBC|GLIBCXX|CXXABI|GCC)_(\d+(?:\.\d+)*)")
_RELATIVE_RELOCATIONS = "GLIBC_ABI_DT_RELR"
"""Needs glibc 2.36, which is the first to have that name. Source: glibc's release notes, 2.36."""

_WEAK = 0x2
"""``VER_FLG_WEAK``: the version can be missing."""

_MOST = 10_000
"""Entries of any table that are read; no file that a linker made has as many."""

_MOST_NAMES = 256 << 20
"""Bytes of a file's table of names that are read."""


@dataclass(frozen=True, slots=True)
class Native:
    """A file of native code; all but ``format`` is known for ELF only.

    ``bits`` is the word size. ``versions`` are the highest that are needed of each set of symbols, with the library
    that must have them: ``("libc.so.6", "GLIBC", "2.17")``. ``modules`` are the extension modules that Python can
    import from the file. ``damage`` is why it can't be read.
    """

    format: Format
    machine: str = ""
    bits: int = 0
    kind: Kind = "other"
    needed: tuple[str, ...] = ()
    soname: str = ""
    search: tuple[str, ...] = ()
    versions: tuple[tuple[str, str, str], ...] = ()
    modules: tuple[str, ...] = ()
    damage: str = ""

    def as_json(self) -> list[Any]:
        """Return the facts as a value for JSON."""
        return list(astuple(self))

    @classmethod
    def from_json(cls, value: object) -> Native:
        """Return the facts that ``as_json`` was given; raises ``ValueError`` for any other value."""
        form, machine, bits, kind, needed, soname, search, versions, modules, damage = json_values.items(value)
        if form not in _FORMATS or kind not in _KINDS:
            raise ValueError("unknown format")
        return cls(
            form,
            json_values.text(machine),
            json_values.number(bits),
            kind,
            json_values.texts(needed),
            json_values.text(soname),
            json_values.texts(search),
            tuple(map(_version, json_values.items(versions))),
            json_values.texts(modules),
            json_values.text(damage),
        )


def _version(value: object) -> tuple[str, str, str]:
    library, name, version = json_values.texts(value)
    return library, name, version


def format_of(head: bytes) -> Format | None:
    """Return the format of native code that begins with these bytes; ``None`` for any other file."""
    if head.startswith(b"\x7fELF"):
        return "ELF" if len(head) >= _ELF_HEADER and head[4] in {1, 2} and head[5] in _ORDERS else None
    if head.startswith(_MACH_O) or (head.startswith(_UNIVERSAL) and _is_universal(head)):
        return "Mach-O"
    return "PE" if head.startswith(b"MZ") and _is_windows(head) else None


def _is_universal(head: bytes) -> bool:
    return 0 < int.from_bytes(head[4:8], "big") < _OLDEST_JAVA


def _is_windows(head: bytes) -> bool:
    place = int.from_bytes(head[0x3C:0x40], "little")
    return place > 0 and head[place : place + 4] == b"PE\0\0"


def read_head(head: bytes) -> Native | None:
    """Return what the first ``HEAD`` bytes of a file say about it, or ``None`` if it isn't native code."""
    form = format_of(head)
    if form != "ELF":
        return form and Native(form)
    number = int.from_bytes(head[18:20], _ORDERS[head[5]])
    return Native(form, _MACHINES.get(number, f"machine {number}"), bits=32 * head[4])


def read_native(file: IO[bytes], size: int) -> Native | None:
    """Return the facts of a file of ``size`` bytes, or ``None`` if it isn't native code; it is read, not run."""
    file.seek(0)
    native = read_head(file.read(HEAD))
    if native is None or native.format != "ELF":
        return native
    from elftools.common.exceptions import ELFError
    from elftools.construct import ConstructError
    from elftools.elf.elffile import ELFFile

    known = (
        ELFError,
        ConstructError,
        ArithmeticError,
        AttributeError,
        LookupError,
        OSError,  # for an offset that no file can have; the content is a file of this machine
        TypeError,
        ValueError,
        struct.error,
    )
    try:
        return _elf(ELFFile(file), native.machine, native.bits, size)
    except (*known, AssertionError, RecursionError, MemoryError) as error:  # what pyelftools raises for any bytes
        damage = str(error).partition("\n")[0] if isinstance(error, _DamageError) else "its tables can't be read"
        return replace(native, damage=damage)


class _DamageError(ValueError):
    """The file doesn't match its header."""


def _elf(elf: ELFFile, machine: str, bits: int, size: int) -> Native:
    from elftools.elf.dynamic import DynamicSegment

    if elf.num_segments() > _MOST:
        raise _DamageError("its tables can't be read")
    segments = list(elf.iter_segments())
    if any(found["p_type"] == "PT_LOAD" and found["p_offset"] + found["p_filesz"] > size for found in segments):
        raise _DamageError("it is cut short")
    dynamic = next((found for found in segments if isinstance(found, DynamicSegment)), None)
    is_run = any(found["p_type"] == "PT_INTERP" for found in segments)
    if dynamic is None:
        return Native("ELF", machine, bits, "executable" if elf["e_type"] == "ET_EXEC" else "other")
    tags = _tags(dynamic)
    is_library = elf["e_type"] == "ET_DYN" and ("DT_SONAME" in tags or not is_run)  # some libraries can be run
    loaded = [found for found in segments if found["p_type"] == "PT_LOAD"]
    names = _names(elf, loaded, tags)
    return Native(
        "ELF",
        machine,
        bits,
        "library" if is_library else "executable",
        needed=tuple(_name(names, value) for value in tags.get("DT_NEEDED", ())),
        soname=next((_name(names, value) for value in tags.get("DT_SONAME", ())), ""),
        search=_search(names, tags),
        versions=_highest(_versions(elf, loaded, names, tags)),
        modules=tuple(sorted({found.decode() for found in re.findall(rb"(?<=\0)PyInit_([A-Za-z0-9_]+)(?=\0)", names)})),
    )


def _tags(dynamic: DynamicSegment) -> dict[str, list[int]]:
    tags: dict[str, list[int]] = {}
    for count, tag in enumerate(dynamic.iter_tags()):
        if count == _MOST:
            raise _DamageError("its tables can't be read")
        tags.setdefault(str(tag.entry.d_tag), []).append(tag.entry.d_val)
    return tags


def _place(table: str, loaded: Sequence[Segment], tags: dict[str, list[int]]) -> int | None:
    """Return where a table of the dynamic section begins in the file; ``None`` if there is none.

    ``get_table_offset`` would parse all tags and segments again.
    """
    for address in tags.get(table, ())[:1]:
        for one in loaded:
            if one["p_vaddr"] <= address < one["p_vaddr"] + one["p_filesz"]:
                return int(address - one["p_vaddr"] + one["p_offset"])
    return None


def _names(elf: ELFFile, loaded: Sequence[Segment], tags: dict[str, list[int]]) -> bytes:
    place = _place("DT_STRTAB", loaded, tags)
    if place is None or "DT_STRSZ" not in tags:
        return b""
    elf.stream.seek(place)
    found: bytes = elf.stream.read(min(tags["DT_STRSZ"][0], _MOST_NAMES))
    return found


def _name(names: bytes, start: int) -> str:
    end = names.find(b"\0", start)
    if not 0 <= start < end:
        raise _DamageError("its tables can't be read")
    return names[start:end].decode("utf-8", "replace")


def _search(names: bytes, tags: dict[str, list[int]]) -> tuple[str, ...]:
    """Return the directories that are searched; RPATH counts only if there is no RUNPATH."""
    values = tags.get("DT_RUNPATH") or tags.get("DT_RPATH") or ()
    return tuple(part for value in values for part in _name(names, value).split(":") if part)


def _versions(
    elf: ELFFile, loaded: Sequence[Segment], names: bytes, tags: dict[str, list[int]]
) -> Iterator[tuple[str, str, str]]:
    """Yield library, set and version of each version that the file needs (``.gnu.version_r``)."""
    from elftools.common.utils import struct_parse

    place = _place("DT_VERNEED", loaded, tags)
    left = min(tags.get("DT_VERNEEDNUM", [0])[0], _MOST)
    while place is not None and left:
        left -= 1
        need = struct_parse(elf.structs.Elf_Verneed, elf.stream, place)
        library, inner = _name(names, need["vn_file"]), place + need["vn_aux"]
        for _ in range(min(need["vn_cnt"], _MOST)):
            version = struct_parse(elf.structs.Elf_Vernaux, elf.stream, inner)
            text = _name(names, version["vna_name"])
            match = _VERSION.fullmatch("GLIBC_2.36" if text == _RELATIVE_RELOCATIONS else text)
            if match and not version["vna_flags"] & _WEAK:
                yield library, match[1], match[2]
            if not version["vna_next"]:
                break
            inner += version["vna_next"]
        place = place + need["vn_next"] if need["vn_next"] else None


def _highest(versions: Iterator[tuple[str, str, str]]) -> tuple[tuple[str, str, str], ...]:
    found: dict[tuple[str, str], str] = {}
    for library, name, version in versions:
        kept = found.setdefault((library, name), version)
        if numbers(version) > numbers(kept):
            found[library, name] = version
    return tuple((library, name, version) for (library, name), version in sorted(found.items()))


def numbers(version: str) -> tuple[int, ...]:
    """Return a version, for example ``3.4.29``, as numbers that compare."""
    return tuple(map(int, version.split(".")))
