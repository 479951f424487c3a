"""Finds a program of the build machine that hatch-lambda runs."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def uv_program(environ: Mapping[str, str]) -> str | None:
    """Return the path of uv: that of Hatch, of the extra, or on PATH; ``None`` if there is none."""
    if environ.get("HATCH_UV"):
        return environ["HATCH_UV"]
    try:
        from uv import find_uv_bin

        return os.fspath(find_uv_bin())
    except (ImportError, FileNotFoundError):
        return shutil.which("uv", path=environ.get("PATH"))
