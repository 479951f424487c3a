"""Temporary directories and files: made where ``TMPDIR`` says, removed at the end, and swept after killed builds."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from hatch_lambda.errors import TemporaryError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

VARIABLE = "TMPDIR" if os.name == "posix" else "TEMP"
"""Names the directory for temporary files. Source: https://docs.python.org/3/library/tempfile.html, read 2026-11-27."""

STALE = 24 * 60 * 60
"""Seconds after which what a build has left is no longer a running build's."""

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})

_PREFIX, _SUFFIX = "hatch-lambda-", ".tmp"
_FULL_TEXTS = (os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT))


@contextmanager
def temporary_directory() -> Iterator[str]:
    """Yield the path of a new directory for this user alone, which is gone at the end of the block.

    Raises ``TemporaryError`` if it cannot be made, or if there is no space for what the block writes.
    """
    made = make_temporary_directory()
    try:
        with temporary_space():
            yield str(made)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def make_temporary_directory() -> Path:
    """Return a new directory for this user alone, which the caller removes; raises ``TemporaryError``."""
    try:
        return Path(tempfile.mkdtemp(prefix=_PREFIX, suffix=_SUFFIX))
    except OSError as error:
        raise TemporaryError(temporary_problem(error)) from None


@contextmanager
def temporary_space() -> Iterator[None]:
    """Raise ``TemporaryError`` where the block, which writes temporary files only, finds no space for them."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise TemporaryError(temporary_problem(error)) from None
        raise


def check_space(said: str) -> None:
    """Raise ``TemporaryError`` if another program, which writes temporary files only, says that it found no space."""
    for text in _FULL_TEXTS:
        if text in said:
            raise TemporaryError(temporary_problem(OSError(errno.ENOSPC, text)))


def temporary_problem(error: OSError) -> str:
    """Return the problem that temporary files cannot be written, and what to do."""
    try:
        where = tempfile.gettempdir()
    except OSError:  # none of those that are tried can be used
        where = VARIABLE
    return (
        f"{where}: temporary files cannot be written there ({error.strerror}); free some space, or set {VARIABLE} to "
        "another directory"
    )


def sweep_temporary_directories() -> None:
    """Remove what killed builds of this user have left."""
    with suppress(OSError):
        remove_stale(Path(tempfile.gettempdir()).glob(f"{_PREFIX}*{_SUFFIX}"))


def remove_stale(paths: Iterable[Path]) -> None:
    """Remove those files and directories that are this user's and that nothing was written to for a day."""
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
    """Return the number of the user whom files belong to that this program makes; 0 where users have none."""
    return os.geteuid() if os.name == "posix" else 0
