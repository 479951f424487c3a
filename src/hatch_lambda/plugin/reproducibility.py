"""Whether building a second time, in a process of its own, gives the same bytes."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from hatch_lambda.errors import ArchiveError
from hatch_lambda.files.temporary import temporary_directory
from hatch_lambda.plugin.settings import VERIFY_VARIABLE
from hatch_lambda.resolve.base import REBUILD_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Mapping

_COMPARED = ("CRC", "file_size", "external_attr", "date_time", "compress_size", "compress_type")


def rebuild_and_compare(archive: Path, version: str, root: Path, environ: Mapping[str, str]) -> None:
    """Build a version of the target once more, into another folder, and compare it with the archive byte for byte.

    Everything happens anew: build hooks, the choice of files, the resolution, wheels that are built here. Raises
    ``ArchiveError`` if the second build fails, or its bytes differ, naming the first file that does; the archive stays.
    """
    others = {name: value for name, value in environ.items() if name not in {VERIFY_VARIABLE, "HATCH_BUILD_LOCATION"}}
    others[REBUILD_VARIABLE] = "1"
    with temporary_directory() as directory:
        command = [sys.executable, "-m", "hatchling", "build", "-t", version, "-d", directory]
        done = subprocess.run(  # noqa: S603  # this Python, no shell
            command, cwd=root, env=others, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
        second = Path(directory, archive.name)
        if done.returncode or not second.is_file():
            said = done.stdout.decode(errors="replace")
            raise ArchiveError(f"{archive}: cannot be built a second time; see below", detail=said)
        if not _same_bytes(archive, second):
            raise ArchiveError(
                f"{archive}: a second build gives other bytes; {_first_difference(archive, second)}; see to what makes "
                f"it, such as a build hook, reproducible = false or versions that are not locked"
            )


def _same_bytes(one: Path, other: Path) -> bool:
    with one.open("rb") as first, other.open("rb") as second:
        while chunk := first.read(1 << 20):
            if chunk != second.read(1 << 20):
                return False
        return not second.read(1)


def _first_difference(one: Path, other: Path) -> str:
    """Say which file differs; a RECORD only if nothing else does, because it follows the files that it lists."""
    before, after = _headers(one), _headers(other)
    differ = [name for name in {*before, *after} if before.get(name) != after.get(name)]
    if not differ:
        return "no file differs, but what stands around them does"
    name = min(differ, key=lambda name: (name.endswith("/RECORD"), name))
    if name in before and name in after:
        return f"the first file that differs is {name}"
    return f"{name} is in one of the two only"


def _headers(path: Path) -> dict[str, tuple[object, ...]]:
    with zipfile.ZipFile(path) as archive:
        return {info.filename: tuple(getattr(info, field) for field in _COMPARED) for info in archive.infolist()}
