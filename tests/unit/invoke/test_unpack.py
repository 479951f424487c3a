"""Zips as Lambda unpacks them."""

from __future__ import annotations

import os
import stat
import zipfile
from typing import TYPE_CHECKING

import pytest

from hatch_lambda.invoke.unpack import UnpackedCode, make_read_only, make_removable, unpack

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name == "nt", reason="modes and links are those of POSIX")


def make_zip(path: Path, files: dict[str, bytes], mode: int = 0o644) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = (mode if not name.startswith("link") else stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, content)
    return path


def elf(machine: int) -> bytes:
    return b"\x7fELF\2\1\1" + bytes(9) + (3).to_bytes(2, "little") + machine.to_bytes(2, "little")


def modes(directory: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}


@pytest.mark.parametrize(("mode", "expected"), [(0o644, 0o444), (0o755, 0o555), (0o600, 0), (0o711, 0o111)])
def test_permissions_of_others_apply_to_everyone(tmp_path, mode, expected):
    archive = make_zip(tmp_path / "a.zip", {"a": b"x"}, mode)

    unpack([archive], [tmp_path / "task"])

    assert modes(tmp_path / "task") == {"a": expected}


def test_a_later_layer_overwrites_files_and_links_are_made_last(tmp_path):
    first = make_zip(tmp_path / "1.zip", {"link": b"sub/a", "sub/": b"", "sub/a": b"1"})
    second = make_zip(tmp_path / "2.zip", {"sub/a": b"2"})

    unpack([first, second], [tmp_path / "opt"] * 2)
    make_read_only([tmp_path / "opt"])

    assert (tmp_path / "opt/link").read_bytes() == b"2"
    assert stat.S_IMODE((tmp_path / "opt/sub").stat().st_mode) == 0o555
    make_removable(tmp_path / "opt")
    assert stat.S_IMODE((tmp_path / "opt/sub").stat().st_mode) == 0o755


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"a.py": b"import json"}, UnpackedCode(frozenset(), needs_sdk=False)),
        ({"a.py": b"import boto3"}, UnpackedCode(frozenset(), needs_sdk=True)),
        ({"a.txt": b"import boto3", "b.py": b"myboto3"}, UnpackedCode(frozenset(), needs_sdk=False)),
        ({"a.py": b"import botocore", "boto3/__init__.py": b""}, UnpackedCode(frozenset(), needs_sdk=False)),
        ({"a.so": elf(62), "b.so.1": elf(183)}, UnpackedCode(frozenset({"x86_64", "arm64"}), needs_sdk=False)),
        ({"a.so": elf(3), "b.so": b"text", "c": elf(62)}, UnpackedCode(frozenset(), needs_sdk=False)),
    ],
)
def test_what_the_code_needs_is_noted(tmp_path, files, found):
    assert unpack([make_zip(tmp_path / "a.zip", files)], [tmp_path / "task"]) == found
