"""Native code among the project's own files."""

from __future__ import annotations

from typing import Literal

import pytest

from hatch_lambda.checks.own_files import check_own_files
from tests.support.samples import candidate, config, entry, origin, plan

REMEDY = "exclude it, or build it for the target on Amazon Linux before"


def elf(machine: int, *, bits: int = 64, order: Literal["little", "big"] = "little") -> bytes:
    """Return the beginning of a library."""
    head = b"\x7fELF" + bytes([bits // 32, 1 if order == "little" else 2, 1]) + bytes(9)
    return head + (3).to_bytes(2, order) + machine.to_bytes(2, order) + bytes(40)


def found(tmp_path, path: str, content: bytes, *, owner=None, **options) -> list[tuple[str, str]]:
    """Return severity and text of what the check says of a file."""
    file = tmp_path / "file"
    file.write_bytes(content)
    made = entry(path, file, owner) if owner else entry(path, file)
    return [(finding.severity, finding.text) for finding in check_own_files(candidate(plan(made), config(**options)))]


FOREIGN = {
    "another machine": ("shop/fast.so", elf(183), "native code for aarch64"),
    "an unknown machine": ("shop/fast.so", elf(9999), "native code for machine 9999"),
    "another byte order": ("shop/fast.so", elf(22, order="big"), "native code for s390x"),
    "32 bit": ("shop/fast.so", elf(3, bits=32), "32-bit native code for i386"),
    "32 bit on the same machine": ("shop/fast.so", elf(62, bits=32), "32-bit native code for x86_64"),
    "a program": ("bin/tool", elf(183), "native code for aarch64"),
    "another CPython": (
        "shop/fast.cpython-312-x86_64-linux-gnu.so",
        elf(62),
        "an extension module for Python 3.12",
    ),
    "a free-threaded CPython": (
        "shop/fast.cpython-313t-x86_64-linux-gnu.so",
        elf(62),
        "an extension module for Python 3.13t",
    ),
    "Mach-O": ("shop/fast.cpython-313-darwin.so", b"\xcf\xfa\xed\xfe" + bytes(28), "native code for macOS"),
    "Mach-O, big-endian": ("shop/fast.so", b"\xfe\xed\xfa\xce" + bytes(28), "native code for macOS"),
    "a program for macOS": ("bin/tool", b"\xcf\xfa\xed\xfe" + bytes(28), "native code for macOS"),
    "universal Mach-O": ("shop/fast.dylib", b"\xca\xfe\xba\xbe" + bytes(28), "native code for macOS"),
    "an extension module for Windows": ("shop/fast.cp313-win_amd64.pyd", b"MZ" + bytes(62), "native code for Windows"),
    "a library for Windows": ("shop/fast.dll", b"MZ" + bytes(62), "native code for Windows"),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_native_code_for_something_else_is_an_error(tmp_path, kind):
    path, content, problem = FOREIGN[kind]

    assert found(tmp_path, path, content) == [
        ("error", f"{path}: {problem}; the target is python3.13 on x86_64; {REMEDY}")
    ]


HARMLESS = {
    "the target's machine": ("shop/fast.so", elf(62)),
    "the target's CPython": ("shop/fast.cpython-313-x86_64-linux-gnu.so", elf(62)),
    "the stable ABI": ("shop/fast.abi3.so", elf(62)),
    "a folder called like another CPython": ("shop.cpython-312-x/fast.so", elf(62)),
    "a text": ("shop/fast.so", b"ELF is not in it"),
    "an empty file": ("shop/fast.so", b""),
    "the first bytes only": ("shop/magic.bin", b"\x7fELF"),
    "no byte order": ("shop/magic.bin", b"\x7fELF" + bytes(40)),
    "a Java class": ("shop/Main.class", b"\xca\xfe\xba\xbe\x00\x00\x00\x34" + bytes(28)),
    "a text that begins with MZ": ("shop/mz.txt", b"MZ is a state of mind"),
    "a text that is called like a library": ("shop/fast.dll", b"no library"),
}


@pytest.mark.parametrize("kind", HARMLESS)
def test_other_files_are_fine(tmp_path, kind):
    path, content = HARMLESS[kind]

    assert found(tmp_path, path, content) == []


def test_the_architecture_of_the_target_decides(tmp_path):
    path = "shop/fast.so"

    assert found(tmp_path, path, elf(183), architecture="arm64") == []
    assert found(tmp_path, path, elf(62), architecture="arm64") == [
        ("error", f"{path}: native code for x86_64; the target is python3.13 on arm64; {REMEDY}")
    ]


def test_a_wheels_files_were_judged_by_its_tags(tmp_path):
    assert found(tmp_path, "lib/fast.so", elf(183), owner=origin("lib")) == []


def test_texts_of_the_project_are_not_looked_at():
    assert list(check_own_files(candidate(plan(entry("shop/fast.so", "\x7fELF and so on")), config()))) == []
