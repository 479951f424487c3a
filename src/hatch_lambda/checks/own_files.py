"""Whether the project's own files hold native code that the target cannot load.

Only the project's: a wheel's tags were judged before. Source of the numbers: the ELF specification, ``e_ident`` and
``e_machine``; of the file names: PEP 3149; of Mach-O: ``mach-o/loader.h`` and ``mach-o/fat.h`` of Apple's
SDK.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from hatch_lambda.checks.base import Finding
from hatch_lambda.plan import FileContent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hatch_lambda.checks.base import Candidate
    from hatch_lambda.plan import Entry
    from hatch_lambda.target import Target

_ELF = b"\x7fELF"
_ELF_64 = 2
_BYTE_ORDERS: dict[int, Literal["little", "big"]] = {1: "little", 2: "big"}
_MACHINES = {3: "i386", 20: "ppc", 21: "ppc64", 22: "s390x", 40: "arm", 62: "x86_64", 183: "aarch64", 243: "riscv"}
_HEADER = 20
"""Bytes up to and with ``e_machine``."""

_MACH_O = (b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xfe\xed\xfa\xcf", b"\xfe\xed\xfa\xce")
_UNIVERSAL = b"\xca\xfe\xba\xbe"
"""First bytes of several Mach-O in one; Java's classes begin so too, which are told apart by their names."""


def check_own_files(candidate: Candidate) -> Iterator[Finding]:
    """Yield an error for each library or program of the project that is for another system, machine or Python."""
    target = candidate.config.target
    for entry in candidate.plan.entries:
        if entry.origin.project and isinstance(entry.content, FileContent):
            problem = _problem(entry, entry.content, target)
            if problem:
                remedy = "exclude it, or build it for the target on Amazon Linux before"
                yield Finding("error", f"{entry.path}: {problem}; the target is {target}; {remedy}")


def _problem(entry: Entry, content: FileContent, target: Target) -> str | None:
    with content.source.open("rb") as file:
        header = file.read(_HEADER)
    if header.startswith(_ELF) and len(header) == _HEADER and header[5] in _BYTE_ORDERS:
        return _elf_problem(entry, header, target)
    if header.startswith(b"MZ") and entry.path.endswith((".pyd", ".dll", ".exe")):
        return "native code for Windows"
    library = entry.path.endswith((".so", ".dylib"))
    return "native code for macOS" if header[:4] in _MACH_O or (library and header[:4] == _UNIVERSAL) else None


def _elf_problem(entry: Entry, header: bytes, target: Target) -> str | None:
    number = int.from_bytes(header[18:20], _BYTE_ORDERS[header[5]])
    machine = _MACHINES.get(number, f"machine {number}")
    if header[4] != _ELF_64:
        return f"32-bit native code for {machine}"
    if machine != target.machine:
        return f"native code for {machine}"
    python = re.search(r"\.cpython-(\d)(\w+)-[^/]*\.so$", entry.path)
    if python and f"cp{python[1]}{python[2]}" != target.abi:
        return f"an extension module for Python {python[1]}.{python[2]}"
    return None
