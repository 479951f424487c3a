"""Unpacks the zips of a function and of its layers as Lambda does, and notes what their code needs."""

from __future__ import annotations

import os
import re
import shutil
import stat
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hatch_lambda.runtime.target import Architecture

MACHINES: dict[int, Architecture] = {62: "x86_64", 183: "arm64"}
"""``e_machine`` in the header of ELF files. Source: ``elf.h``, ``EM_X86_64`` and ``EM_AARCH64``."""

_SDK = re.compile(rb"\b(?:boto3|botocore)\b")
_HEAD = 1 << 20
"""The bytes of a file that are looked at; the source of a module is rarely longer."""

_DEFAULT_MODE = 0o644
"""The mode of a file in a zip from Windows, which has none."""


@dataclass(frozen=True)
class UnpackedCode:
    """What the code of a function and its layers needs: the architectures of its native code, and AWS's SDK."""

    native: frozenset[Architecture]
    needs_sdk: bool


def unpack(zips: Sequence[Path], directories: Sequence[Path]) -> UnpackedCode:
    """Unpack each zip, which ``read_zip`` accepts, into a directory; a later one overwrites files of an earlier one.

    Everyone's permissions are those that the zip gives to others, because Lambda runs the function as a user that owns
    nothing of it. Nothing is writable, and directories are always readable, as on Lambda.
    """
    machines: set[int] = set()
    names: set[str] = set()
    mentions_sdk = False
    for path, directory in zip(zips, directories, strict=True):
        directory.mkdir(exist_ok=True)
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            for info in sorted(infos, key=_is_link):  # links last, so that no file is written through one
                head = _write(archive, info, directory)
                names.add(info.filename)
                machines |= _machine(head) if ".so" in info.filename else set()
                mentions_sdk |= info.filename.endswith(".py") and _SDK.search(head) is not None
    native = frozenset(MACHINES[number] for number in machines if number in MACHINES)
    return UnpackedCode(native, mentions_sdk and not _has_sdk(names))


def make_read_only(directories: Iterable[Path]) -> None:
    """Remove the right to write from directories and everything in them."""
    for directory in directories:
        for path, _, _ in os.walk(directory):
            Path(path).chmod(0o555)


def make_removable(directory: Path) -> None:
    """Give the right to write back, without which the directories can't be removed."""
    for path, _, files in os.walk(directory):
        Path(path).chmod(0o755)
        for name in files if os.name == "nt" else ():  # only Windows minds a read-only file
            Path(path, name).chmod(0o644)


def _is_link(info: zipfile.ZipInfo) -> bool:
    return stat.S_ISLNK(info.external_attr >> 16)


def _write(archive: zipfile.ZipFile, info: zipfile.ZipInfo, directory: Path) -> bytes:
    """Write a file or a symbolic link, and return the start of a file."""
    path = directory / info.filename
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    if _is_link(info) and hasattr(os, "symlink"):
        path.symlink_to(os.fsdecode(archive.read(info)))
        return b""
    with archive.open(info) as source, path.open("wb") as file:
        head = source.read(_HEAD)
        file.write(head)
        shutil.copyfileobj(source, file, 1 << 20)
    others = (stat.S_IMODE(info.external_attr >> 16) or _DEFAULT_MODE) & 0o5
    path.chmod(others << 6 | others << 3 | others)
    return head


def _machine(head: bytes) -> set[int]:
    is_elf = head.startswith(b"\x7fELF") and len(head) >= 20  # noqa: PLR2004  # the end of e_machine
    return set(struct.unpack_from("<H", head, 18)) if is_elf else set()


def _has_sdk(names: Iterable[str]) -> bool:
    return any(name.endswith("boto3/__init__.py") for name in names)
