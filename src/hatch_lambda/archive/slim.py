"""The groups of files that ``slim`` removes from a zip, and which files of a zip are in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hatch_lambda.archive.plan import Entry

SlimName = Literal["tests", "type-stubs", "headers", "docs", "symbols"]
SLIM_NAMES: tuple[SlimName, ...] = get_args(SlimName)


@dataclass(frozen=True, kw_only=True)
class SlimGroup:
    """Files that functions don't use: ``what`` they are, and ``why`` a function doesn't need them.

    ``directories`` are names of directories below a package, ``modules`` names of single modules in one, ``suffixes``
    ends of file names, and ``roots`` directories at the root of the zip. ``source`` is where the rule comes from.
    """

    name: SlimName
    what: str
    why: str
    source: str
    directories: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()


SLIM_GROUPS = (
    SlimGroup(
        name="tests",
        what="directories named `tests` or `test` in a package, and `conftest.py`",
        why="only pytest imports them; a directory that another module of the zip imports stays",
        source="https://docs.pytest.org/en/stable/explanation/goodpractices.html#tests-as-part-of-application-code",
        directories=("tests", "test"),
        modules=("conftest",),
    ),
    SlimGroup(
        name="type-stubs",
        what="`*.pyi`",
        why="only type checkers read them; those that lazy-loader reads at run time stay",
        source="https://typing.python.org/en/latest/spec/distributing.html",
        suffixes=(".pyi",),
    ),
    SlimGroup(
        name="headers",
        what="headers of C, C++, and CUDA, and `*.pxd` of Cython",
        why="only compilers read them",
        source="https://docs.cython.org/en/latest/src/userguide/sharing_declarations.html",
        suffixes=(".h", ".hh", ".hpp", ".hxx", ".cuh", ".pxd"),
    ),
    SlimGroup(
        name="docs",
        what="directories named `docs`, `doc`, or `examples` in a package, `share/doc`, `share/info`, and `share/man`",
        why="only people read them; a directory that another module of the zip imports stays, such as `botocore/docs`",
        source="https://refspecs.linuxfoundation.org/FHS_3.0/fhs/ch04s11.html",
        directories=("docs", "doc", "examples"),
        roots=("share/doc/", "share/info/", "share/man/"),
    ),
    SlimGroup(
        name="symbols",
        what="the end of shared libraries in wheels: symbol tables and debugging information",
        why="the dynamic loader reads only the segments, which come before it; no byte of them changes",
        source="https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.pheader.html",
    ),
)
"""Every group. The sources were read 2026-11-28; the directories are those that popular packages have.

``py.typed`` and ``*.dist-info`` are in no group: entry points, ``importlib.metadata``, and scanners need the latter.
"""

UNIT_NAMES = frozenset(name for group in SLIM_GROUPS for name in (*group.directories, *group.modules))
"""The names of directories and modules that are removed only if no remaining module refers to them."""


References = Callable[[Sequence["Entry"]], Mapping[str, Collection[str]]]
"""Returns what the modules among some entries refer to, by path: modules by dotted names, other files by paths."""


@dataclass(frozen=True)
class Slimmed:
    """The entries that remain, and those that were removed, each with the name of its group."""

    entries: tuple[Entry, ...]
    removed: tuple[tuple[Entry, str], ...]

    @property
    def saved(self) -> Counter[str]:
        """Return the unzipped bytes that each group saved."""
        sizes: Counter[str] = Counter()
        for entry, name in self.removed:
            sizes[name] += entry.content.size
        return sizes


def slimmed(entries: Sequence[Entry], names: Collection[str], references: References) -> Slimmed:
    """Return the entries without those that are in the groups with these names.

    A directory, module, or stub stays if a remaining module refers to it.
    """
    groups = [group for group in SLIM_GROUPS if group.name in names]
    packages = {entry.path.removesuffix("/__init__.py") for entry in entries if entry.path.endswith("/__init__.py")}
    left = {entry.path: unit for entry in entries if (unit := _unit(entry.path, groups, packages))}
    remaining = [entry for entry in entries if entry.path not in left]
    referenced: set[str] = set()
    while left and remaining:
        referenced |= _with_parents(name for found in references(remaining).values() for name in found)
        remaining = [entry for entry in entries if entry.path in left and left[entry.path][1] in referenced]
        left = {path: unit for path, unit in left.items() if unit[1] not in referenced}
    return Slimmed(
        tuple(entry for entry in entries if entry.path not in left),
        tuple((entry, left[entry.path][0]) for entry in entries if entry.path in left),
    )


def _with_parents(names: Iterable[str]) -> set[str]:
    """Return names of modules with those of the packages around them; paths stay as they are."""
    split = ([name] if "/" in name else name.split(".") for name in names)
    return {".".join(parts[: count + 1]) for parts in split for count in range(len(parts))}


def _unit(path: str, groups: Iterable[SlimGroup], packages: Collection[str]) -> tuple[SlimName, str] | None:
    """Return the group of a path, and what is removed as a whole: a directory or module, or a file by its path."""
    *directories, file = path.split("/")
    if not directories or directories[0].endswith(".dist-info"):
        return None
    for group in groups:
        inside = False
        for depth, name in enumerate(directories):
            if inside and name in group.directories:
                return group.name, ".".join(directories[: depth + 1])
            inside = inside or "/".join(directories[: depth + 1]) in packages
        stem = file.removesuffix(".py")
        if inside and stem != file and stem in group.modules:
            return group.name, ".".join((*directories, stem))
        if file.endswith(group.suffixes) or path.startswith(group.roots):
            return group.name, path
    return None
