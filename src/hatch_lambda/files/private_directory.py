"""Directories of the cache: made for this user alone, and not used where another user can change what is in them."""

from __future__ import annotations

import os
import shlex
import stat
from typing import TYPE_CHECKING

from hatch_lambda.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

CACHE_VARIABLE = "HATCH_LAMBDA_CACHE_DIR"

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_ROOT = 0
"""The user who can change everything anyway."""


def make_private_directory(directory: Path) -> None:
    """Make a directory, and those above it that are missing, for this user alone; raises ``OSError``."""
    if not directory.exists():
        make_private_directory(directory.parent)
        directory.mkdir(mode=0o700, exist_ok=True)


def check_private(root: Path, directories: Iterable[Path], *, user: int | None = None) -> None:
    """Raise ``ConfigError`` for the first of a cache's directories that another than the user can change.

    What cannot be looked at is not judged, nor is anything on systems whose modes say nothing of who may write.
    """
    for directory in directories if os.name == "posix" else ():
        try:
            status = directory.stat()
        except OSError:
            continue
        if not stat.S_ISDIR(status.st_mode):
            continue
        if status.st_uid not in {_ROOT, os.geteuid() if user is None else user}:
            raise ConfigError(
                f"{directory}: another user can change the cache, because the directory belongs to user "
                f"{status.st_uid}; remove it, or set {CACHE_VARIABLE} to a directory of yours"
            )
        if status.st_mode & _OTHERS_WRITE:
            raise ConfigError(
                f"{directory}: other users can change the cache, because the directory's mode is "
                f"{stat.S_IMODE(status.st_mode):04o}; run 'chmod -R go-w {shlex.quote(str(root))}', or set "
                f"{CACHE_VARIABLE} to another directory"
            )
