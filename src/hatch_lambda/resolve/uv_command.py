"""Runs uv, and shows its output."""

from __future__ import annotations

import re
import subprocess
from textwrap import indent
from typing import TYPE_CHECKING

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import MOST_LINES, ResolveError, first_lines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

TOO_OLD = re.compile(r"error: (?:invalid value|unexpected argument|unrecognized subcommand) '")
UPGRADE = "upgrade uv to 0.7 or newer"
"""The output of a uv that doesn't know an option, and the fix: uv 0.6.9 can't write a pylock, 0.7.0 can.

Source: both versions, run 2026-11-27.
"""


def run_uv(
    command: Sequence[str], environ: Mapping[str, str], directory: Path, *, otherwise: str, text: str = ""
) -> subprocess.CompletedProcess[str]:
    """Return what uv printed in a directory, given a text on standard input.

    Raises ``ResolveError`` if it can't run; ``otherwise`` is how to do without uv.
    """
    try:
        return subprocess.run(  # noqa: S603  # no shell, and the program is the user's uv
            command,
            input=text,
            cwd=directory,
            env=environ,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise ResolveError(
            Diagnostic(
                code="resolver-missing",
                where="HATCH_UV" if environ.get("HATCH_UV") else "uv",
                problem=f"can't run {command[0]} ({error.strerror})",
                fix=f"set HATCH_UV to the path of uv, or {otherwise}",
            )
        ) from None


def uv_output(text: str) -> str:
    """Return uv's output as it appears below a message."""
    return f"uv's output:\n{indent(text.strip(), '  ')}"


def uv_excerpt(text: str) -> str:
    """Return the first lines of uv's output as they appear below a message without ``-v``."""
    return uv_output("\n".join(first_lines(text.strip().splitlines(), MOST_LINES - 3)))
