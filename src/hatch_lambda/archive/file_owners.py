"""Finds the distribution that owns each file in an existing zip: from RECORD, or else from the files around it."""

from __future__ import annotations

import csv
import io
import posixpath
import re
from bisect import bisect_right
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from hatch_lambda.archive.plan import Origin
from hatch_lambda.files.paths import SortedPaths, common_directory
from hatch_lambda.zipfiles.metadata_headers import read_headers

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """A distribution in an existing zip; ``name`` is normalized, and ``tags`` are those of its wheel, if known."""

    name: str
    version: str
    dist_info: str
    tags: tuple[str, ...]
    project: bool

    def __str__(self) -> str:
        return str(self.origin)

    @property
    def root(self) -> str:
        """Return the directory that contains the dist-info directory: empty, or with a slash at its end."""
        return self.dist_info.removesuffix(self.dist_info.rpartition("/")[2])

    @property
    def origin(self) -> Origin:
        """Return the distribution as the owner of files."""
        return Origin(self.name, self.version, self.dist_info, project=self.project)


def find_distributions(
    names: Collection[str], text: Callable[[str], str], roots: Sequence[str]
) -> tuple[Distribution, ...]:
    """Return every distribution that has a dist-info directory in one of the import roots, sorted by name."""
    directories = sorted({directory for name in names for directory in _dist_info(name, roots)})
    found = (_distribution(directory, text, project=f"{directory}/lambda.json" in names) for directory in directories)
    return tuple(sorted(found, key=lambda one: (one.name, one.dist_info)))


def owners(
    names: Collection[str],
    text: Callable[[str], str],
    distributions: Sequence[Distribution],
    roots: Sequence[str],
    default: Origin,
) -> dict[str, Origin]:
    """Return the owner of each path; ``default`` for a path that no distribution owns.

    A distribution owns the files in its RECORD. If that lists only its dist-info, the distribution owns the modules in
    its ``top_level.txt`` or, without one, those with its name. Any other file, such as one in ``__pycache__``, belongs
    to the distribution that owns everything else in its directory. Memory grows only with the number of names.
    """
    directories = {one.dist_info: one.origin for one in distributions}
    owned = {
        name: directories[directory]
        for name in names
        for directory in _dist_info(name, roots)
        if directory in directories
    }
    unrecorded = [one for one in distributions if not _claim_recorded(one, names, text, owned)]
    tops = _tops(names, roots) if unrecorded else {}
    for one in unrecorded:
        for path in _named(one, text(f"{one.dist_info}/top_level.txt"), tops):
            owned.setdefault(path, one.origin)
    shared = {root.rstrip("/") for root in roots} | {directory for root in roots for directory in _directories(root)}
    neighbors = _Neighbors(owned)
    return {path: owned.get(path) or neighbors.owner(path, shared) or default for path in names}


def _claim_recorded(
    one: Distribution, names: Collection[str], text: Callable[[str], str], owned: dict[str, Origin]
) -> bool:
    """Add the files in a distribution's RECORD; return whether it lists any file outside its dist-info."""
    beyond = False
    for _, path, _ in record_rows(text(f"{one.dist_info}/RECORD"), one.root, names):
        if path and not path.startswith(f"{one.dist_info}/"):
            beyond = True
            owned.setdefault(path, one.origin)
    return beyond


class _Neighbors:
    """Paths with an owner, and the indexes at which the owner changes."""

    def __init__(self, owned: Mapping[str, Origin]) -> None:
        self._sorted = SortedPaths(owned)
        self._owners = [owned[path] for path in self._sorted.paths]
        self._changes = [index for index, (one, other) in enumerate(pairwise(self._owners), 1) if one != other]

    def owner(self, path: str, shared: Collection[str]) -> Origin | None:
        """Return the only owner of files in the nearest directory around the path that has owned files, if it is one.

        Shared directories and those named ``bin`` don't determine an owner.
        """
        place = self._sorted.place(path)
        neighbors = self._sorted.paths[max(place - 1, 0) : place + 1]
        directory = path[: max([0, *(common_directory(path, other) - 1 for other in neighbors)])]
        between = path[directory.rfind("/") + 1 : path.rfind("/")].split("/")
        known = any(len(other) >= len(directory) and path.startswith(f"{other}/") for other in shared)
        if not directory or known or "bin" in between:
            return None
        inside = self._sorted.inside(directory)
        changes = bisect_right(self._changes, inside[-1]) - bisect_right(self._changes, inside[0])
        return None if changes else self._owners[inside[0]]


def _directories(path: str) -> Iterator[str]:
    """Yield the directories around a path, the nearest first."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _dist_info(name: str, roots: Sequence[str]) -> Iterator[str]:
    for root in roots:
        top, slash, _ = name.removeprefix(root).partition("/")
        if name.startswith(root) and slash and top.endswith(".dist-info"):
            yield root + top


def _distribution(directory: str, text: Callable[[str], str], *, project: bool) -> Distribution:
    metadata = read_headers(text(f"{directory}/METADATA"))
    name, _, version = directory.rpartition("/")[2].removesuffix(".dist-info").partition("-")
    tags = read_headers(text(f"{directory}/WHEEL")).get_all("Tag", [])
    return Distribution(
        name=canonicalize_name(text_line(metadata["Name"]) or name),
        version=text_line(metadata["Version"]) or version,
        dist_info=directory,
        tags=tuple(text_line(tag) for tag in tags),
        project=project,
    )


def text_line(value: object) -> str:
    """Return the printable characters of a header or a JSON field, on one line."""
    return "".join(letter for letter in str(value or "") if letter.isprintable()).strip()


def record_rows(text: str, root: str, names: Collection[str]) -> Iterator[tuple[str, str | None, str]]:
    """Yield each row of a RECORD: the listed path, the path in the zip (``None`` if missing), and the hash.

    ``root`` is the directory that contains the dist-info directory. ``pip install --target`` writes ``../../bin/tool``
    to RECORD, but moves the file to ``bin/``.
    """
    rows = csv.reader(io.StringIO(text))
    with suppress(csv.Error):  # rows before the damage are used
        for row in rows:
            if row:
                plain = row[0].replace("\\", "/")
                moved = re.sub(r"^(\.\./)+", "", plain)
                found = (path for path in (posixpath.normpath(root + plain), root + moved, plain) if path in names)
                yield row[0], next(found, None), row[1] if len(row) > 1 else ""


def _tops(names: Collection[str], roots: Sequence[str]) -> dict[str, list[str]]:
    """Return the paths by their first part in an import root: a directory, a file, or a file without its suffixes."""
    tops: dict[str, list[str]] = {}
    for path in names:
        for root in roots:
            if path.startswith(root):
                top, slash, _ = path.removeprefix(root).partition("/")
                for key in {top} if slash else {top, top.partition(".")[0]}:
                    tops.setdefault(root + key, []).append(path)
    return tops


def _named(one: Distribution, top_level: str, tops: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield the paths of the modules in ``top_level.txt`` or, without one, of those with the distribution's name."""
    modules = top_level.split() or [one.name.replace("-", "_")]
    for module in dict.fromkeys([*modules, *(f"{module}.libs" for module in (*modules, one.name))]):
        yield from tops.get(one.root + module, ())
