"""Pythons of this machine, of other versions than the one that runs the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_WHICH = "import sys; print('%d.%d' % sys.version_info[:2], sys.executable)"


def python_of(version: str, path: str) -> str | None:
    """Return a Python of this version, such as ``3.13``, that runs; ``None`` if no directory of ``path`` has one.

    A program of that name need not run: pyenv puts a script there for each version that it knows, which fails for all
    but those that are chosen. The versions that it stands for are looked at as well.
    """
    for candidate in _candidates(version, path):
        done = subprocess.run([candidate, "-c", _WHICH], capture_output=True, text=True, check=False)
        found, _, executable = done.stdout.strip().partition(" ")
        if done.returncode == 0 and found == version:
            return executable
    return None


def _candidates(version: str, path: str) -> Iterator[str]:
    yield sys.executable
    directories = [Path(directory) for directory in path.split(os.pathsep) if directory]
    yield from filter(None, (shutil.which(f"python{version}", path=str(directory)) for directory in directories))
    for directory in directories:
        if directory.name == "shims":
            yield from map(str, sorted(directory.parent.glob(f"versions/{version}.*/bin/python")))
