"""Directories of the cache: created for this user only, and rejected if another user can change their content."""

from __future__ import annotations

import os
import shlex
import stat
from typing import TYPE_CHECKING

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

CACHE_VARIABLE = "HATCH_LAMBDA_CACHE_DIR"

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_ROOT = 0
"""This user can change every file anyway."""


def make_private_directory(directory: Path) -> None:
    """Create a directory and its missing parents for this user only; raises ``OSError``."""
    if not directory.exists():
        make_private_directory(directory.parent)
        directory.mkdir(mode=0o700, exist_ok=True)


def check_private(root: Path, directories: Iterable[Path], *, user: int | None = None) -> None:
    """Raise ``ConfigError`` for the first directory of a cache that another user can change.

    Directories that can't be examined pass, and so does every directory on systems without POSIX modes.
    """
    for directory in directories if os.name == "posix" else ():
        try:
            status = directory.stat()
        except OSError:
            continue
        if not stat.S_ISDIR(status.st_mode):
            continue
        if status.st_uid not in {_ROOT, os.geteuid() if user is None else user}:
            raise _unsafe(
                directory,
                f"another user can change the cache, because the directory belongs to user {status.st_uid}",
                f"remove it, or set {CACHE_VARIABLE} to a directory that you own",
            )
        if status.st_mode & _OTHERS_WRITE:
            raise _unsafe(
                directory,
                f"other users can change the cache, because the directory's mode is {stat.S_IMODE(status.st_mode):04o}",
                f"run 'chmod -R go-w {shlex.quote(str(root))}', or set {CACHE_VARIABLE} to another directory",
            )


def _unsafe(directory: Path, problem: str, fix: str) -> ConfigError:
    return ConfigError(Diagnostic(code="unsafe-cache", where=str(directory), problem=problem, fix=fix))
