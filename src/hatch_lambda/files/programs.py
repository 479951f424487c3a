"""Finds a program of the build machine that hatch-lambda runs."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def uv_program(environ: Mapping[str, str]) -> str | None:
    """Return the path of uv: that of Hatch, of the extra, on PATH, or the one that runs us; ``None`` if there is none.

    ``uvx`` and ``uv run`` set ``UV``. Source: "Environment variables" in uv's reference, read 2026-11-28.
    """
    if environ.get("HATCH_UV"):
        return environ["HATCH_UV"]
    try:
        from uv import find_uv_bin

        return os.fspath(find_uv_bin())
    except (ImportError, FileNotFoundError):
        return shutil.which("uv", path=environ.get("PATH")) or environ.get("UV") or None
