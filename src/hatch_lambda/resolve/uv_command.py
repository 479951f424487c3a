"""Runs uv."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ResolveError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


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
