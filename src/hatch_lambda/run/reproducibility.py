"""Rebuilds a zip in another process and compares the bytes."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ArchiveError
from hatch_lambda.files.temporary import temporary_directory
from hatch_lambda.resolve.base import REBUILD_VARIABLE
from hatch_lambda.run.settings import REPRODUCIBLE_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_COMPARED = ("CRC", "file_size", "external_attr", "date_time", "compress_size", "compress_type")


def rebuild_and_compare(archive: Path, module: Sequence[str], root: Path, environ: Mapping[str, str]) -> None:
    """Rebuild a zip in another directory and compare it with the first one byte by byte.

    ``module`` is a module with the arguments that build the zip; the directory is its last argument.
    Every step runs again: build hooks, file selection, resolution, and local and source builds. Raises ``ArchiveError``
    if the rebuild fails, or if its bytes differ, naming the first file that does; the zip stays.
    """
    others = {
        name: value for name, value in environ.items() if name not in {REPRODUCIBLE_VARIABLE, "HATCH_BUILD_LOCATION"}
    }
    others[REBUILD_VARIABLE] = "1"
    with temporary_directory() as directory:
        command = [sys.executable, "-m", *module, directory]
        done = subprocess.run(  # noqa: S603  # this Python, no shell
            command, cwd=root, env=others, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
        second = Path(directory, archive.name)
        if done.returncode or not second.is_file():
            output = "output of the rebuild:\n" + done.stdout.decode(errors="replace")
            raise ArchiveError(_problem(archive, "the rebuild failed", "fix what its output shows"), detail=output)
        if not _same_bytes(archive, second):
            fix = "check build hooks, reproducible = false, and unlocked versions"
            raise ArchiveError(_problem(archive, _first_difference(archive, second), fix))


def _problem(archive: Path, reason: str, fix: str) -> Diagnostic:
    problem = f"not reproducible, because {reason}"
    return Diagnostic(code="not-reproducible", where=str(archive), problem=problem, fix=fix)


def _same_bytes(one: Path, other: Path) -> bool:
    with one.open("rb") as first, other.open("rb") as second:
        while chunk := first.read(1 << 20):
            if chunk != second.read(1 << 20):
                return False
        return not second.read(1)


def _first_difference(one: Path, other: Path) -> str:
    """Return which file differs; a RECORD only if no other does, because it follows from the files that it lists."""
    before, after = _headers(one), _headers(other)
    differ = [name for name in {*before, *after} if before.get(name) != after.get(name)]
    if not differ:
        return "a rebuild changed the zip's structure, but none of its files"
    name = min(differ, key=lambda name: (name.endswith("/RECORD"), name))
    if name in before and name in after:
        return f"a rebuild changed {name}"
    return f"a rebuild {'removed' if name in before else 'added'} {name}"


def _headers(path: Path) -> dict[str, tuple[object, ...]]:
    with zipfile.ZipFile(path) as archive:
        return {info.filename: tuple(getattr(info, field) for field in _COMPARED) for info in archive.infolist()}
