"""Zips with any headers that a test wants, and strategies that make wheels of them."""

from __future__ import annotations

import bz2
import lzma
import struct
import zlib
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.support.make_wheel import metadata

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from hypothesis.strategies import SearchStrategy

WHEEL = "lib-1.0-py3-none-any.whl"
DIST_INFO = "lib-1.0.dist-info"

STORED, DEFLATED, BZIP2, LZMA = 0, 8, 12, 14
UTF_8, ENCRYPTED, DESCRIPTOR = 0x800, 0x1, 0x8

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
FIELDS = ("flags", "method", "crc", "compressed", "size", "name_length", "extra_length")
"""What a header may lie about; ``offset`` besides in the central directory."""


@dataclass(frozen=True)
class Raw:
    """A member of a zip; ``local`` and ``central`` are the lies of its two headers, by the name of the field."""

    name: bytes
    content: bytes = b""
    method: int = STORED
    flags: int = 0
    mode: int = 0o100644
    local: Mapping[str, int] = field(default_factory=dict)
    central: Mapping[str, int] = field(default_factory=dict)
    compressed: bytes | None = None
    local_name: bytes | None = None

    @property
    def zipped(self) -> bytes:
        """Return the compressed bytes, those that were given or the right ones."""
        return compress(self.content, self.method) if self.compressed is None else self.compressed

    def headers(self, offset: int) -> tuple[bytes, bytes]:
        """Return the local and the central header of a member that begins at ``offset``."""
        true = {
            "flags": self.flags,
            "method": self.method,
            "crc": zlib.crc32(self.content),
            "compressed": len(self.zipped),
            "size": len(self.content),
            "name_length": len(self.name),
            "extra_length": 0,
            "offset": offset,
        }
        name = self.name if self.local_name is None else self.local_name
        here = {**true, "name_length": len(name), **self.local}
        there = {**true, **self.central}
        common = [[fields[key] for key in FIELDS] for fields in (here, there)]
        local, central = ((*values[:2], 0, 33, *values[2:]) for values in common)
        return (
            _LOCAL.pack(b"PK\3\4", 20, *local) + name,
            _CENTRAL.pack(b"PK\1\2", 3 << 8 | 20, 20, *central, 0, 0, 0, self.mode << 16, there["offset"]) + self.name,
        )


@lru_cache
def compress(content: bytes, method: int) -> bytes:
    """Return the compressed content for that method; unknown methods are like stored."""
    if method == DEFLATED:
        deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        return deflate.compress(content) + deflate.flush()
    if method == BZIP2:
        return bz2.compress(content)
    if method == LZMA:
        alone = lzma.compress(content, lzma.FORMAT_ALONE, preset=0)
        return struct.pack("<2BH", 9, 4, 5) + alone[:5] + alone[13:]
    return content


def raw_zip(members: Iterable[Raw], *, prefix: bytes = b"", comment: bytes = b"", count: int | None = None) -> bytes:
    """Return a zip of these members, with ``count`` as the declared number of members."""
    body, directory, number = bytearray(prefix), bytearray(), 0
    for number, member in enumerate(members, 1):  # noqa: B007
        local, central = member.headers(len(body) - len(prefix))
        body += local + member.zipped
        directory += central
    promised = (number if count is None else count) % 65536
    sizes = (len(directory), len(body) - len(prefix), len(comment))
    return bytes(body + directory + _END.pack(b"PK\5\6", 0, 0, promised, promised, *sizes) + comment)


def sound(*, record: bytes = b"", described: bytes | None = None, extra: Iterable[Raw] = ()) -> list[Raw]:
    """Return the members that a wheel needs, with these RECORD and METADATA, and more members after them."""
    return [
        Raw(f"{DIST_INFO}/METADATA".encode(), described or metadata("lib", "1.0").encode(), DEFLATED),
        Raw(f"{DIST_INFO}/WHEEL".encode(), b"Wheel-Version: 1.0\n", DEFLATED),
        Raw(f"{DIST_INFO}/RECORD".encode(), record, DEFLATED),
        *extra,
    ]


def written(directory: Path, content: bytes, name: str = WHEEL) -> Path:
    """Write the bytes to a file of a wheel's name and return its path."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / name).write_bytes(content)
    return directory / name


# Strategies

NAMES = (
    *(b"lib/a.py", b"lib/__init__.py", b"lib/b/c/d.py", b"LIB/A.PY", b"lib/a.py/b.py", b"lib", b"lib/", b"lib//a"),
    *(b"../out.py", b"lib/../../out.py", b"/etc/passwd", b"//host/share", b"C:/x.py", b"C:x.py", b"lib\\a.py", b"\\x"),
    *(b"lib/a\0.py", b"lib/a\nb.py", b"lib/\x1b[2J.py", b"lib/\x7f.py", b"lib/a.", b"lib/a ", b" ", b".", b"..", b""),
    *(b"lib/caf\xc3\xa9.py", b"lib/cafe\xcc\x81.py", b"lib/caf\xff.py", b"lib/\xe2\x80\xae.py", b"lib/\xed\xa0\x80"),
    *(b"CON", b"lib/nul.txt", b"~/x", b"-rf", b"lib/$HOME", b"d" * 300, b"d/" * 3000 + b"x", b"x" * 60000),
    *(b"lib-1.0.data/purelib/lib/a.py", b"lib-1.0.data/scripts/run", b"lib-1.0.data/data/../x", b"lib-1.0.data/data/"),
    *(b"lib-1.0.data/platlib/lib-1.0.dist-info/METADATA", b"x.data/headers/x.h", b"x.data/other/x", b"x.data/data/CON"),
    *(b"lib-1.0.dist-info", b"lib-1.0.dist-info/RECORD", b"LIB-1.0.dist-info/METADATA", b"evil-1.dist-info/METADATA"),
    *(b"lib-1.0.dist-info/entry_points.txt", b"lib-1.0.dist-info/RECORD.jws", b".dist-info/x", b"sub/x.dist-info/y"),
    *(b"__pycache__/x.pyc", b"lib/a.pyc", b"evil.pth", b"bin/run", b"lib-1.0.dist-info/INSTALLER"),
)
"""Names of every kind that a wheel should not, or need not, have."""

CONTENTS = (
    *(b"", b"x = 1\n", b"\0" * 5000, bytes(range(256)) * 20, b"#!python\nprint(1)\n", b"#!python", b"PK\3\4PK\5\6"),
    *(
        b"[console_scripts]\nrun = lib:main\n",
        b"[console_scripts]\n../x = a:b\n\n = \n",
        b"[console_scripts]\na\n  b\n",
    ),
    *(
        b"lib/a.py,sha256=x,1\n",
        b'"\n',
        b"lib/a.py,sha512=,\nlib/a.py,sha384=_,",
        b"Requires-Dist: a @ u:p@h\n\xff\n\n",
    ),
)
METHODS = (STORED, DEFLATED, BZIP2, LZMA, 1, 9, 93, 99)
NUMBERS = (0, 1, 10, 255, 1000, 65535)
MODES = (0o100644, 0o100755, 0, 0o120777, 0o020666, 0o060666, 0o010644, 0o140755, 0o040755, 0o104755, 0o100000)


def lies() -> SearchStrategy[dict[str, int]]:
    """Return a strategy of wrong values of one header; most have none."""
    fields = st.sampled_from([*FIELDS, "offset"])
    return st.one_of(st.just({}), st.just({}), st.dictionaries(fields, st.sampled_from(NUMBERS), max_size=2))


def members() -> SearchStrategy[Raw]:
    """Return a strategy of members with nasty names, contents, methods, modes and headers that lie."""
    return st.builds(
        Raw,
        name=st.one_of(st.sampled_from(NAMES), st.binary(max_size=12)),
        content=st.one_of(st.sampled_from(CONTENTS), st.binary(max_size=64)),
        method=st.sampled_from((DEFLATED, STORED, *METHODS)),
        flags=st.sampled_from((0, 0, UTF_8, UTF_8, ENCRYPTED, DESCRIPTOR, 0x2, 0x20, 0x2000)),
        mode=st.sampled_from((0o100644, *MODES)),
        local=lies(),
        central=lies(),
        compressed=st.one_of(st.none(), st.none(), st.binary(max_size=20)),
        local_name=st.one_of(st.none(), st.none(), st.sampled_from(NAMES)),
    )


def mild_members() -> SearchStrategy[Raw]:
    """Return a strategy of members that are odd, but may well be let in."""
    plain = [name for name in NAMES if name.startswith(b"lib") and b".." not in name]
    return st.builds(
        Raw,
        name=st.sampled_from(plain),
        content=st.one_of(st.sampled_from(CONTENTS), st.binary(max_size=64)),
        method=st.sampled_from((STORED, DEFLATED, BZIP2, LZMA)),
        flags=st.sampled_from((0, UTF_8)),
        mode=st.sampled_from((0o100644, 0o100755, 0, 0o020666)),
    )


def crafted() -> SearchStrategy[bytes]:
    """Return a strategy of wheels whose members and directory lie."""
    base = st.builds(
        lambda record, described: sound(record=record, described=described),
        st.sampled_from(CONTENTS),
        st.one_of(st.none(), st.none(), st.sampled_from(CONTENTS), st.just(metadata("lib", "1.0", ["x\n y"]).encode())),
    )
    added = st.one_of(st.lists(members(), max_size=3), st.lists(mild_members(), max_size=4))
    return st.builds(
        lambda found, more, prefix, comment, count: raw_zip(
            [*found, *more], prefix=prefix, comment=comment, count=count
        ),
        base,
        added,
        st.sampled_from((b"", b"", b"MZ" * 20, b"PK\3\4")),
        st.sampled_from((b"", b"", b"comment", b"PK\5\6" * 9)),
        st.sampled_from((None, None, 0, 1, 65535)),
    )


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Return wheels that were sound until a few of their bytes were changed, lost or doubled."""
    data = bytearray(raw_zip(sound(extra=draw(st.lists(mild_members(), max_size=3)))))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        length = draw(st.integers(1, 40))
        kind = draw(st.sampled_from(("flip", "flip", "cut", "double", "end", "fill")))
        if kind == "flip" and data:
            data[at] ^= 1 << draw(st.integers(0, 7))
        elif kind == "cut":
            del data[at : at + length]
        elif kind == "double":
            data[at:at] = data[at : at + length]
        elif kind == "end":
            del data[at:]
        else:
            data[at : at + length] = draw(st.sampled_from((b"\0", b"\xff"))) * length
    return bytes(data)
