"""Compiles modules to bytecode: a program for the Python of a runtime, from 3.9 on.

Which references marshal writes depends on what the process has compiled and imported before. So the program imports
only modules that are built in, and each run compiles a fixed list of modules in a fixed order.
Source: https://github.com/python/cpython/issues/129724, read 2026-11-27.
"""

# no "from __future__ import annotations", because that imports a module

import marshal
import sys
from _frozen_importlib_external import MAGIC_NUMBER
from _imp import source_hash

CHECKED_HASH = 0b11
"""The flags of bytecode that Python compares with the hash of its source. Source: PEP 552, read 2026-11-27."""


def compiled(path: str, source: bytes) -> bytes:
    """Return the content of a module's bytecode file; empty if the source doesn't compile."""
    try:
        code = compile(source, path, "exec", dont_inherit=True, optimize=0)
    except Exception:  # noqa: BLE001  # a template or Python 2; each version raises others
        return b""
    key = int.from_bytes(MAGIC_NUMBER, "little")
    return MAGIC_NUMBER + CHECKED_HASH.to_bytes(4, "little") + source_hash(key, source) + marshal.dumps(code)


def main() -> None:
    """Compile each module on standard input: path and source, each after its length as eight bytes."""
    given, results = sys.stdin.buffer, sys.stdout.buffer
    while start := given.read(8):
        path = given.read(int.from_bytes(start, "little")).decode()
        source = given.read(int.from_bytes(given.read(8), "little"))
        result = compiled(path, source)
        results.write(len(result).to_bytes(8, "little") + result)
    results.flush()


if __name__ == "__main__":
    main()
