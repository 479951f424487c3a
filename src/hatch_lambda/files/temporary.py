"""Temporary files: created in ``TMPDIR``, removed at the end, and cleaned up after builds that were killed."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import TemporaryError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

VARIABLE = "TMPDIR" if os.name == "posix" else "TEMP"
"""The variable that sets the directory for temporary files.

Source: https://docs.python.org/3/library/tempfile.html, read 2026-11-27.
"""

STALE = 24 * 60 * 60
"""Seconds after which a temporary file can't belong to a running build."""

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})

_PREFIX, _SUFFIX = "hatch-lambda-", ".tmp"
_FULL_TEXTS = (os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT))


@contextmanager
def temporary_directory() -> Iterator[str]:
    """Yield the path of a new directory for this user only, and remove it at the end of the block.

    Raises ``TemporaryError`` if it can't be created, or if the disk is full when the block writes.
    """
    made = make_temporary_directory()
    try:
        with temporary_space():
            yield str(made)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def make_temporary_directory() -> Path:
    """Return a new directory for this user only, which the caller must remove; raises ``TemporaryError``."""
    try:
        return Path(tempfile.mkdtemp(prefix=_PREFIX, suffix=_SUFFIX))
    except OSError as error:
        raise TemporaryError(temporary_problem(error)) from None


@contextmanager
def temporary_space() -> Iterator[None]:
    """Raise ``TemporaryError`` if the disk is full in the block, which must write temporary files only."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise TemporaryError(temporary_problem(error)) from None
        raise


def check_space(output: str) -> None:
    """Raise ``TemporaryError`` if the output of a program that writes temporary files says that the disk is full."""
    for text in _FULL_TEXTS:
        if text in output:
            raise TemporaryError(temporary_problem(OSError(errno.ENOSPC, text)))


def temporary_problem(error: OSError) -> Diagnostic:
    """Return the problem that temporary files can't be written."""
    try:
        where = tempfile.gettempdir()
    except OSError:  # Python found no usable directory
        where = VARIABLE
    is_full = error.errno in FULL
    return Diagnostic(
        code="disk-full" if is_full else "directory-not-writable",
        where=where,
        problem=f"can't write temporary files ({error.strerror})",
        fix=f"{'free some space' if is_full else 'make it writable'}, or set {VARIABLE} to another directory",
    )


def sweep_temporary_directories() -> None:
    """Remove the temporary files of this user's builds that were killed."""
    with suppress(OSError):
        remove_stale(Path(tempfile.gettempdir()).glob(f"{_PREFIX}*{_SUFFIX}"))


def remove_stale(paths: Iterable[Path]) -> None:
    """Remove the files and directories that belong to this user and haven't changed for a day."""
    for path in paths:
        with suppress(OSError):
            status = path.lstat()
            if time.time() - status.st_mtime <= STALE or status.st_uid != user():
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()


def user() -> int:
    """Return the number of the user who runs this program; 0 on systems without user numbers."""
    return os.geteuid() if os.name == "posix" else 0
