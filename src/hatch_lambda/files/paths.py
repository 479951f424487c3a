"""Which paths the files of a zip may have, wherever the zip comes from, and which files of this machine are read."""

from __future__ import annotations

import errno
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

_FORBIDDEN = re.compile(r"[\x00-\x1f\\]|^[A-Za-z]:")
"""Control characters, and what Windows takes for a separator or a drive."""


def path_problem(path: str) -> str | None:
    """Return why no file of a zip may have the path; ``None`` if one may.

    What a build puts into a zip and what a zip or a wheel is refused for is decided here alone.
    """
    if _FORBIDDEN.search(path) or _is_too_long(path):
        return "is not a path for every system"
    parts = path.split("/")
    if "" in parts or "." in parts or ".." in parts:
        return "leads out of the archive or is not a plain path"
    if not path.isascii() and any("\ud800" <= letter <= "\udfff" for letter in path):
        return "is not UTF-8, as names in the archive are"
    return None


def _is_too_long(path: str) -> bool:
    encoded = path.encode("utf-8", "surrogatepass")
    return len(encoded) > _LONGEST_NAME and (
        len(encoded) > _LONGEST_PATH or max(map(len, encoded.split(b"/"))) > _LONGEST_NAME
    )


def directory_order(path: str) -> str:
    """Return a key that sorts paths so that all that lies in a folder stands together, right after its name."""
    return path.replace("/", "\0")


def common_directory(one: str, other: str) -> int:
    """Return how many characters of two paths name the folders that both lie in, the last slash included."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one.startswith(other[low:middle], low):
            low = middle
        else:
            high = middle - 1
    return one.rfind("/", 0, low) + 1


class SortedPaths:
    """Paths in the order in which all that lies in a folder stands together.

    A set of all folders would take far more memory than the paths where those are deep.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self.paths = sorted(paths, key=directory_order)

    def __getitem__(self, index: int) -> str:
        return self.paths[index]

    def place(self, path: str) -> int:
        """Return the index at which a path stands, or would stand."""
        return bisect_left(self.paths, directory_order(path), key=directory_order)

    def inside(self, directory: str) -> range:
        """Return the indexes of the paths that lie in a folder."""
        end = bisect_left(self.paths, f"{directory_order(directory)}\1", key=directory_order)
        return range(self.place(f"{directory}/"), end)


def files_as_directories(paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each path that is a folder of another one too, with the first of those that lie in it.

    Memory grows with the paths, and not with how deep they are.
    """
    for path, other in pairwise(sorted(paths, key=directory_order)):
        if other.startswith(f"{path}/"):
            yield path, other


_SPECIAL = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def check_regular(file: Path) -> None:
    """Raise ``OSError`` for a pipe, which would be waited for, a socket, or a device, which may never end."""
    kind = _SPECIAL.get(stat.S_IFMT(file.stat().st_mode))
    if kind:
        raise OSError(errno.EINVAL, f"it is {kind}, not a regular file", str(file))
