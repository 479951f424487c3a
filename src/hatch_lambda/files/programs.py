"""Finds and runs programs of the build machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


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


def program_output(command: Sequence[str], environ: Mapping[str, str], *, seconds: float) -> str:
    """Return what a program writes to stdout; raises ``OSError`` or ``SubprocessError`` if it fails or takes longer."""
    return subprocess.run(  # noqa: S603  # no shell, and the program is the user's or one of the system
        command,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=seconds,
        check=True,
        encoding="utf-8",
        errors="replace",
    ).stdout
