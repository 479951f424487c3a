"""Whose each file of a finished zip is, by RECORD, and where RECORD is silent by what lies around the file."""

from __future__ import annotations

import csv
import io
import posixpath
from collections import defaultdict
from dataclasses import dataclass
from email.parser import HeaderParser
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from hatch_lambda.plan import Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """A distribution in a finished zip.

    ``name`` is normalized; ``tags`` are those of its wheel, empty where nothing tells; ``files`` the paths in the zip
    that its RECORD or, without one, its ``top_level.txt`` and its name claim; ``recorded`` says which of the two.
    """

    name: str
    version: str
    dist_info: str
    tags: tuple[str, ...]
    files: frozenset[str]
    recorded: bool
    project: bool

    def __str__(self) -> str:
        return str(self.origin)

    @property
    def root(self) -> str:
        """Return the folder that the dist-info folder lies in, empty or with a slash at its end."""
        return self.dist_info.removesuffix(self.dist_info.rpartition("/")[2])

    @property
    def origin(self) -> Origin:
        """Return the distribution as an owner of files."""
        return Origin(self.name, self.version, self.dist_info, project=self.project)


def find_distributions(
    names: Collection[str], text: Callable[[str], str], roots: Sequence[str]
) -> tuple[Distribution, ...]:
    """Return every distribution that has a dist-info folder in one of the import roots, sorted by name."""
    present = frozenset(names)
    folders = sorted({folder for name in names for folder in _dist_info(name, roots)})
    found = (_distribution(folder, present, text) for folder in folders)
    return tuple(sorted(found, key=lambda one: (one.name, one.dist_info)))


def owners(
    names: Collection[str], distributions: Sequence[Distribution], roots: Sequence[str], nobody: Origin
) -> dict[str, Origin]:
    """Return the owner of each path; ``nobody`` for what no distribution claims.

    A file that nobody claims is of the distribution that alone owns the folder around it, as with ``__pycache__``.
    """
    owned: dict[str, Origin] = {}
    for one in distributions:
        owned |= dict.fromkeys((path for path in names if path.startswith(f"{one.dist_info}/")), one.origin)
    for one in sorted(distributions, key=lambda one: not one.recorded):
        for path in one.files:
            owned.setdefault(path, one.origin)
    around: defaultdict[str, set[Origin]] = defaultdict(set)
    for path, origin in owned.items():
        for folder in _folders(path):
            around[folder].add(origin)
    shared = {root.rstrip("/") for root in roots} | {folder for root in roots for folder in _folders(root)}
    return {path: owned.get(path) or _neighbour(path, around, shared) or nobody for path in names}


def _neighbour(path: str, around: Mapping[str, set[Origin]], shared: Collection[str]) -> Origin | None:
    for folder in _folders(path):
        if folder in shared or folder.rpartition("/")[2] == "bin":
            return None
        if folder in around:
            return next(iter(around[folder])) if len(around[folder]) == 1 else None
    return None


def _folders(path: str) -> Iterator[str]:
    """Yield the folders around a path, the nearest first."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _dist_info(name: str, roots: Sequence[str]) -> Iterator[str]:
    for root in roots:
        top, slash, _ = name.removeprefix(root).partition("/")
        if name.startswith(root) and slash and top.endswith(".dist-info"):
            yield root + top


def _distribution(folder: str, names: frozenset[str], text: Callable[[str], str]) -> Distribution:
    top = folder.rpartition("/")[2]
    root = folder.removesuffix(top)
    metadata = HeaderParser().parsestr(text(f"{folder}/METADATA"))
    name, _, version = top.removesuffix(".dist-info").partition("-")
    name = canonicalize_name(text_line(metadata["Name"]) or name)
    recorded = frozenset(path for _, path, _ in record_rows(text(f"{folder}/RECORD"), root, names) if path)
    beyond = any(not path.startswith(f"{folder}/") for path in recorded)
    tags = HeaderParser().parsestr(text(f"{folder}/WHEEL")).get_all("Tag", [])
    return Distribution(
        name=name,
        version=text_line(metadata["Version"]) or version,
        dist_info=folder,
        tags=tuple(text_line(tag) for tag in tags),
        files=recorded if beyond else frozenset(_named(name, text(f"{folder}/top_level.txt"), root, names)),
        recorded=beyond,
        project=f"{folder}/lambda.json" in names,
    )


def text_line(value: object) -> str:
    """Return a header's value, or that of a field of JSON, on one line, without what a terminal would obey."""
    return "".join(letter for letter in str(value or "") if letter.isprintable()).strip()


def record_rows(text: str, root: str, names: Collection[str]) -> Iterator[tuple[str, str | None, str]]:
    """Yield each row of a RECORD: what it lists, the path in the zip, ``None`` if that lacks it, and the hash.

    ``root`` is the folder that the dist-info folder lies in. ``pip install --target`` leaves ``../../bin/tool`` in
    RECORD, but moves the file to ``bin/``.
    """
    try:
        rows = [row for row in csv.reader(io.StringIO(text)) if row]
    except csv.Error:
        return
    for row in rows:
        plain = row[0].replace("\\", "/")
        moved = plain
        while moved.startswith("../"):
            moved = moved.removeprefix("../")
        found = (path for path in (posixpath.normpath(root + plain), root + moved, plain) if path in names)
        yield row[0], next(found, None), row[1] if len(row) > 1 else ""


def _named(name: str, top_level: str, root: str, names: Collection[str]) -> Iterator[str]:
    """Yield what ``top_level.txt``, or else the distribution's name, makes its own at an import root."""
    modules = top_level.split() or [name.replace("-", "_")]
    tops = {f"{root}{module}" for module in modules}
    tops |= {f"{root}{module}.libs" for module in (*modules, name)}
    for path in names:
        inner = path.removeprefix(root)
        top = root + inner.partition("/")[0]
        stem = root + inner.partition(".")[0]
        if path.startswith(root) and (top in tops or ("/" not in inner and stem in tops)):
            yield path
