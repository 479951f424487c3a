"""The paths that files in a zip can have, and the files of this machine that can be read."""

from __future__ import annotations

import errno
import os
import re
import stat
from bisect import bisect_left
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_LONGEST_NAME, _LONGEST_PATH = 255, 4095 - len("/var/task/")
"""Bytes. Source: ``NAME_MAX`` and ``PATH_MAX`` of Linux, ``limits.h``."""

_FORBIDDEN, _DRIVE = re.compile(r"[\x00-\x1f\\]"), re.compile(r"[A-Za-z]:")
"""Control characters, and what Windows reads as a separator or a drive. One pattern for both takes twice as long."""


def path_problem(path: str) -> str | None:
    """Return why no file in a zip can have the path, as in ``isn't valid UTF-8``; ``None`` if one can.

    The same rule applies to the zips that hatch-lambda builds and to the wheels and zips that it reads.
    """
    if _FORBIDDEN.search(path) or _DRIVE.match(path):
        return "contains a backslash, a drive letter, or a control character"
    if _is_too_long(path):
        return "is longer than Linux allows"
    parts = path.split("/")
    if "" in parts or "." in parts or ".." in parts:
        return "isn't a plain path inside the zip"
    if not path.isascii() and any("\ud800" <= letter <= "\udfff" for letter in path):
        return "isn't valid UTF-8"
    return None


def _is_too_long(path: str) -> bool:
    encoded = path.encode("utf-8", "surrogatepass")
    return len(encoded) > _LONGEST_NAME and (
        len(encoded) > _LONGEST_PATH or max(map(len, encoded.split(b"/"))) > _LONGEST_NAME
    )


def directory_order(path: str) -> str:
    """Return a key that sorts everything in a directory right after the name of the directory."""
    return path.replace("/", "\0")


def common_directory(one: str, other: str) -> int:
    """Return the length of the path of the deepest directory that contains both paths, including its slash."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one.startswith(other[low:middle], low):
            low = middle
        else:
            high = middle - 1
    return one.rfind("/", 0, low) + 1


class SortedPaths:
    """Paths sorted so that everything in a directory is in one range.

    For deep paths, a set of all directories would need far more memory than the paths.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self.paths = sorted(paths)

    def __getitem__(self, index: int) -> str:
        return self.paths[index]

    def place(self, path: str) -> int:
        """Return the index of a path, or the index at which it would be inserted."""
        return bisect_left(self.paths, path)

    def inside(self, directory: str) -> range:
        """Return the indexes of the paths in a directory."""
        start = bisect_left(self.paths, f"{directory}/")
        return range(start, bisect_left(self.paths, f"{directory}0", start))  # "0" is the character after "/"


def files_as_directories(paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each path that is also the directory of another path, with the first path in it.

    Memory grows with the number of paths, not with their depth.
    """
    for path, other in pairwise(sorted(paths, key=directory_order)):
        if other.startswith(f"{path}/"):
            yield path, other


def relative_path(path: Path, directory: Path) -> str:
    """Return the path relative to a directory of the same drive, such as ``../../uv.lock``."""
    return os.path.relpath(path, directory).replace(os.sep, "/")


class SpecialFileError(OSError):
    """The file isn't a regular one."""


_SPECIAL = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def check_regular(file: Path) -> None:
    """Raise ``SpecialFileError`` for a pipe, a socket, or a device: reading it could block, or never end."""
    kind = _SPECIAL.get(stat.S_IFMT(file.stat().st_mode))
    if kind:
        raise SpecialFileError(errno.EINVAL, f"it is {kind}, not a regular file", str(file))
