"""Writes the file that an option such as ``--html FILE`` names."""

from __future__ import annotations

import shlex
import tempfile
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from hatch_lambda.cli.usage import usage_error
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator


def check_file(option: str, path: Path, suffix: str) -> None:
    """Raise ``UsageError`` if the file to write is a zip, so that a forgotten FILE doesn't overwrite it."""
    if path.is_file() and zipfile.is_zipfile(path):  # opening a pipe would block
        fix = f"pass {option} {shlex.quote(path.stem + suffix)}"
        raise usage_error(option, f"{str(path)!r} is a zip, which isn't overwritten", fix)


def write_file(option: str, path: Path, text: str) -> None:
    """Write a file completely or not at all; a pipe or a device is written to directly. Raises ``OutputError``."""
    try:
        if path.exists() and not path.is_file():
            path.write_text(text, "utf-8")
            return
        with _replacing(path.resolve()) as file:
            file.write(text.encode())
    except OSError as error:
        raise OutputError(
            Diagnostic(
                code="output-not-written",
                where=str(path),
                problem=f"can't be written ({error.strerror})",
                fix=f"pass another file to {option}",
            )
        ) from None


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that replaces ``path`` at the end of the block, with its permissions."""
    with tempfile.NamedTemporaryFile(prefix=f".{path.name[:200]}.", dir=path.parent, delete=False) as file:
        try:
            yield file
            file.flush()
            Path(file.name).chmod(path.stat().st_mode if path.exists() else 0o644)
            Path(file.name).replace(path)
        finally:
            Path(file.name).unlink(missing_ok=True)
