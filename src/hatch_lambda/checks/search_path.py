"""Where Python on Lambda finds a module: which file it imports under a name, and which files that one hides."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from hatch_lambda.archive.plan import open_content
from hatch_lambda.files.paths import SortedPaths

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hatch_lambda.archive.plan import Entry
    from hatch_lambda.runtime.target import Target

_SHARING = (b"extend_path", b"declare_namespace")
"""What an ``__init__`` contains that searches other directories too. Source: ``pkgutil`` and ``pkg_resources``."""

_LARGEST_START = 1 << 20
"""Bytes of an ``__init__`` that are searched for that."""


def module_suffixes(target: Target) -> tuple[str, ...]:
    """Return the ends of the file names that the runtime's Python imports, in its order.

    Source: ``_get_supported_file_loaders`` in ``Lib/importlib/_bootstrap_external.py`` and ``Python/dynload_shlib.c``
    of CPython, PEP 3149, PEP 384, and PEP 803 (from Python 3.15 on), read 2026-11-27.
    """
    tag = f".cpython-{''.join(map(str, target.runtime.python))}-{target.machine}-linux-gnu.so"
    stable = (".abi3t.so", ".abi3.so") if target.runtime.python >= (3, 15) else (".abi3.so",)
    return (tag, *stable, ".so", ".py", ".pyc")


@dataclass(frozen=True)
class Module:
    """What Python imports under a name: a file at a path below the directory; a namespace package has no file."""

    path: str
    entry: Entry | None
    is_package: bool


@dataclass(frozen=True)
class SearchPath:
    """The directories that Python imports from, in order, each with its files by path.

    The rules are those of ``PathFinder`` and ``FileFinder`` in ``Lib/importlib/_bootstrap_external.py`` of CPython 3.9
    to 3.14: in each directory, a package comes before an extension module, that before a source file; a directory
    without an ``__init__`` is a namespace package only if no directory of the search path has anything else.
    """

    directories: tuple[Mapping[str, Entry], ...]
    suffixes: tuple[str, ...]

    @cached_property
    def each(self) -> tuple[SearchPath, ...]:
        """Return each directory alone, in order."""
        return tuple(SearchPath((files,), self.suffixes) for files in self.directories)

    def find(self, module: str) -> Module | None:
        """Return what ``import module`` loads last; ``None`` if it fails."""
        found = None
        portions = [(index, "") for index in range(len(self.directories))]
        for name in module.split("."):
            if found and not found.is_package:
                return None
            found, portions = self._find_in(portions, name)
            if found is None:
                return None
        return found

    def blocking(self, module: str) -> Module | None:
        """Return the module that isn't a package, but is in the place of one around this module."""
        parts = module.split(".")
        around = (self.find(".".join(parts[:count])) for count in range(1, len(parts)))
        return next((found for found in around if found and not found.is_package), None)

    def _find_in(self, portions: list[tuple[int, str]], name: str) -> tuple[Module | None, list[tuple[int, str]]]:
        """Return the module of that name in these portions of a package, and the portions of the module itself."""
        namespace = []
        for index, directory in portions:
            files, base = self.directories[index], directory + name
            for start, is_package in ((f"{base}/__init__", True), (base, False)):
                path = next((start + suffix for suffix in self.suffixes if start + suffix in files), None)
                if path:
                    module = Module(path, files[path], is_package)
                    return module, self._portions(index, f"{base}/", files[path]) if is_package else []
            if self.paths[index].inside(base):
                namespace.append((index, f"{base}/"))
        return (Module(namespace[0][1], None, is_package=True) if namespace else None), namespace

    def _portions(self, index: int, directory: str, start: Entry) -> list[tuple[int, str]]:
        others = [other for other, paths in enumerate(self.paths) if other != index and paths.inside(directory[:-1])]
        return [(index, directory), *((other, directory) for other in others if is_shared(start))]

    @cached_property
    def paths(self) -> tuple[SortedPaths, ...]:
        """Return the paths of each directory, sorted."""
        return tuple(map(SortedPaths, self.directories))


def directories_around(path: str) -> Iterator[str]:
    """Yield the directories that a path is in, the outermost first."""
    return (path[:index] for index, letter in enumerate(path) if letter == "/")


def is_shared(start: Entry) -> bool:
    """Return whether a package's ``__init__`` searches for more of the package in other directories."""
    with open_content(start.content) as file:
        text = file.read(_LARGEST_START)
    return any(word in text for word in _SHARING)
