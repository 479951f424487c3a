"""Bytecode files of Python: where they are, and whether a runtime uses one.

Sources: PEP 552, and ``get_code`` of ``SourceLoader`` in
https://github.com/python/cpython/blob/3.13/Lib/importlib/_bootstrap_external.py, both read 2026-11-27.
"""

from __future__ import annotations

import re
import struct
import sys
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from hatch_lambda.runtime.runtimes import Runtime

HEADER_SIZE = 16
"""Bytes of a bytecode file before the code."""

Reason = Literal["other-python", "optimized", "no-source", "magic", "date", "stale"]

_FILE = re.compile(r"(?P<directory>.*/|)__pycache__/(?P<name>[^/]+?)\.(?P<tag>[^./]+)(?P<level>\.opt-[^./]+)?\.pyc")
_SIPHASH_13 = (3, 11)
"""The first Python whose source hash is SipHash-1-3; before, it is SipHash-2-4. Source: ``Python/pyhash.c``."""

_HASHED, _CHECKED = 0b01, 0b10


def bytecode_path(path: str, python: tuple[int, int]) -> str:
    """Return where Python looks for the bytecode of the module at ``path``, without optimization."""
    directory, slash, name = path.rpartition("/")
    return f"{directory}{slash}__pycache__/{name.removesuffix('.py')}.{_tag(python)}.pyc"


def is_bytecode(path: str) -> bool:
    """Return whether a file is bytecode of a module, in the directory in which Python looks for it."""
    return path.endswith(".pyc") and path.rpartition("/")[0].endswith("__pycache__")


def source_path(path: str) -> str:
    """Return the path of the module of a bytecode file."""
    match = _FILE.fullmatch(path)
    return f"{match['directory']}{match['name']}.py" if match else path


def unused_reason(path: str, runtime: Runtime, header: bytes, source: Callable[[], bytes | None]) -> Reason | None:
    """Return why a runtime doesn't use a bytecode file, or ``None`` if it does.

    ``header`` are its first 16 bytes; ``source`` returns the content of its module, or ``None`` if there is none.
    """
    match = _FILE.fullmatch(path)
    if match is None or match["tag"] != _tag(runtime.python):
        return "other-python"
    if match["level"]:
        return "optimized"
    magic, flags = int.from_bytes(header[:2], "little"), int.from_bytes(header[4:8], "little")
    if len(header) < HEADER_SIZE or header[2:4] != b"\r\n" or runtime.magic not in {None, magic}:
        return "magic"
    text = source()
    if text is None:
        return "no-source"
    if not flags & _HASHED:
        return "date"
    key = int.from_bytes(header[:4], "little")
    return None if source_hash(key, text, runtime.python) == header[8:HEADER_SIZE] else "stale"


def is_trusted(header: bytes) -> bool:
    """Return whether Python runs the bytecode without comparing it with its source."""
    return int.from_bytes(header[4:8], "little") & (_HASHED | _CHECKED) == _HASHED


def _tag(python: tuple[int, int]) -> str:
    return f"cpython-{python[0]}{python[1]}"


def source_hash(key: int, source: bytes, python: tuple[int, int]) -> bytes:
    """Return the hash of a module's source as a Python of a version computes it; ``key`` is its magic number."""
    if (sys.version_info[:2] >= _SIPHASH_13) == (python >= _SIPHASH_13):
        from _imp import source_hash as hash_of_this_python

        return hash_of_this_python(key, source)
    return _siphash(key, source, rounds=(1, 3) if python >= _SIPHASH_13 else (2, 4))


def _siphash(key: int, data: bytes, *, rounds: tuple[int, int]) -> bytes:
    """Return the SipHash of the data with the key and a second key of zero.

    Source: https://www.aumasson.jp/siphash/siphash.pdf, read 2026-11-27.
    """
    state = (key ^ 0x736F6D6570736575, 0x646F72616E646F6D, key ^ 0x6C7967656E657261, 0x7465646279746573)
    whole = len(data) // 8 * 8
    last = int.from_bytes(data[whole:], "little") | (len(data) & 0xFF) << 56
    for (word,) in (*struct.iter_unpack("<Q", data[:whole]), (last,)):
        a, b, c, d = _mixed((state[0], state[1], state[2], state[3] ^ word), rounds[0])
        state = (a ^ word, b, c, d)
    a, b, c, d = _mixed((state[0], state[1], state[2] ^ 0xFF, state[3]), rounds[1])
    return (a ^ b ^ c ^ d).to_bytes(8, "little")


def _mixed(state: tuple[int, int, int, int], rounds: int) -> tuple[int, int, int, int]:
    a, b, c, d = state
    mask = 0xFFFFFFFFFFFFFFFF
    for _ in range(rounds):
        a = a + b & mask
        b = (b << 13 | b >> 51) & mask ^ a
        a = (a << 32 | a >> 32) & mask
        c = c + d & mask
        d = (d << 16 | d >> 48) & mask ^ c
        a = a + d & mask
        d = (d << 21 | d >> 43) & mask ^ a
        c = c + b & mask
        b = (b << 17 | b >> 47) & mask ^ c
        c = (c << 32 | c >> 32) & mask
    return a, b, c, d
