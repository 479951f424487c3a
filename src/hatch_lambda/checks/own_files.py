"""Whether the project's own files hold native code that the target cannot load.

Only the project's: a wheel's tags were judged before. Source of the numbers: the ELF specification, ``e_ident`` and
``e_machine``; of the file names: PEP 3149.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hatch_lambda.checks.base import Finding
from hatch_lambda.plan import FileContent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hatch_lambda.config import LambdaConfig
    from hatch_lambda.plan import ArchivePlan, Entry
    from hatch_lambda.target import Target

_ELF = b"\x7fELF"
_ELF_64_LITTLE = b"\x02\x01"
_MACHINES = {"x86_64": 62, "aarch64": 183}
_ELSEWHERE = {
    b"\xcf\xfa\xed\xfe": "macOS",
    b"\xce\xfa\xed\xfe": "macOS",
    b"\xca\xfe\xba\xbe": "macOS",
}
_HEADER = 20
"""Bytes up to and with ``e_machine``."""


def check_own_files(plan: ArchivePlan, config: LambdaConfig) -> Iterator[Finding]:
    """Yield an error for each library or program of the project that is for another system, machine or Python."""
    for entry in plan.entries:
        if entry.origin.project and isinstance(entry.content, FileContent):
            problem = _problem(entry, entry.content, config.target)
            if problem:
                remedy = "exclude it, or build it for the target on Amazon Linux before"
                yield Finding("error", f"{entry.path}: {problem}; the target is {config.target}; {remedy}")


def _problem(entry: Entry, content: FileContent, target: Target) -> str | None:
    with content.source.open("rb") as file:
        header = file.read(_HEADER)
    if header.startswith(_ELF):
        machine = int.from_bytes(header[18:20], "little")
        if header[4:6] != _ELF_64_LITTLE or machine != _MACHINES[target.machine]:
            names = {number: name for name, number in _MACHINES.items()}
            return f"native code for {names.get(machine, f'machine {machine}')}"
        python = re.search(r"\.cpython-(\d)(\d+)[a-z]*-", entry.path)
        if python and (int(python[1]), int(python[2])) != target.runtime.python:
            return f"an extension module for Python {python[1]}.{python[2]}"
        return None
    if entry.path.endswith((".pyd", ".dll", ".exe")) and header.startswith(b"MZ"):
        return "native code for Windows"
    system = _ELSEWHERE.get(header[:4])
    return f"native code for {system}" if system and entry.path.endswith((".so", ".dylib")) else None
