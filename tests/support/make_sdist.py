"""Sdists that build without network and without any build tool: the wheel is inside, and the backend returns it."""

from __future__ import annotations

import io
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from tests.support.make_wheel import make_wheel, metadata

NATIVE = b"\x7fELF\x02\x01\x01" + bytes(57)
"""The start of a shared library for 64-bit Linux."""

_PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'

_BACKEND = """\
import pathlib
import shutil
import zipfile

(WHEEL,) = pathlib.Path(__file__).parent.glob("*.whl")


def prepare_metadata_for_build_wheel(directory, settings=None):
    with zipfile.ZipFile(WHEEL) as archive:
        members = [name for name in archive.namelist() if ".dist-info/" in name]
        archive.extractall(directory, members)
    return members[0].partition("/")[0]


def build_wheel(directory, settings=None, metadata=None):
    trace, failure = {trace!r}, {failure!r}
    if trace:
        with open(trace, "a") as file:
            file.write(f"{{WHEEL.name}}\\n")
    if failure:
        raise RuntimeError(failure)
    shutil.copy(WHEEL, directory)
    return WHEEL.name
"""


def make_sdist(
    directory: Path,
    name: str,
    version: str = "1.0",
    *,
    trace: Path | None = None,
    failure: str | None = None,
    builds: tuple[str, str] | None = None,
    **wheel: Any,
) -> Path:
    """Write an sdist and return its path.

    ``wheel`` are arguments of ``make_wheel`` for what it builds, ``builds`` its name and version if they are others
    than the sdist's. Each build adds the wheel's name to the file ``trace``; ``failure`` is what it raises.
    """
    with tempfile.TemporaryDirectory() as made:
        built = make_wheel(Path(made), *(builds or (name, version)), **wheel)
        files = {
            "PKG-INFO": metadata(name, version, wheel.get("requires", ()), wheel.get("requires_python")).encode(),
            "pyproject.toml": _PYPROJECT.encode(),
            "backend.py": _BACKEND.format(trace=trace and str(trace), failure=failure).encode(),
            built.name: built.read_bytes(),
        }
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{name}-{version}.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for file, content in files.items():
            info = tarfile.TarInfo(f"{name}-{version}/{file}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path
