"""Reads the output of Python's ``-X importtime``, and sums it up by package.

Source of the format: https://docs.python.org/3/using/cmdline.html#cmdoption-X, read 2026-11-27.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from hatch_lambda.archive.plan import ArchivePlan

_LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \| *(\S+)")
_START = re.compile(r"import time: the handler")
_PREFIX = "import time:"
_IMPORT_ROOTS = re.compile(r"python/lib/python3\.\d+/site-packages/|python/|")

STANDARD_LIBRARY = "Python"
"""The name of what neither the zip nor its layers include."""

MOST_PACKAGES = 20
_MOST_MODULES = 5


@dataclass(frozen=True)
class ImportedModule:
    """A module, and the microseconds that its import took without what it imports."""

    name: str
    microseconds: int


@dataclass(frozen=True)
class PackageTime:
    """The modules of a package that were imported, the slowest first."""

    name: str
    modules: tuple[ImportedModule, ...]

    @property
    def microseconds(self) -> int:
        """Return the sum of its modules."""
        return sum(module.microseconds for module in self.modules)


class ImportLog:
    """Takes the lines about imports out of a function's output, and passes the others on."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._started = False
        self.modules: list[ImportedModule] = []

    def add(self, line: str) -> None:
        """Keep a line about an import, and pass any other line on; one that the function hasn't ended is split."""
        before, prefix, rest = line.partition(_PREFIX)
        found = _LINE.match(prefix + rest)
        starts = _START.match(prefix + rest)
        if not found and not starts:
            if not line.startswith("import time: self [us]"):
                self._show(line)
            return
        if before:
            self._show(before)
        if starts:
            self._started = True
        elif found and self._started:
            self.modules.append(ImportedModule(found[2], int(found[1])))


def by_package(modules: Iterable[ImportedModule], plans: Iterable[ArchivePlan]) -> tuple[PackageTime, ...]:
    """Return the times by package, the slowest first; ``plans`` are the files of the function and its layers."""
    owners = _owners(plans)
    packages: dict[str, list[ImportedModule]] = {}
    for module in modules:
        packages.setdefault(_owner(module.name, owners), []).append(module)
    found = (
        PackageTime(name, tuple(sorted(inner, key=lambda module: (-module.microseconds, module.name))))
        for name, inner in packages.items()
    )
    return tuple(sorted(found, key=lambda package: (-package.microseconds, package.name)))


def import_time_lines(packages: tuple[PackageTime, ...]) -> Iterator[str]:
    """Yield a tree of the slowest packages and of the slowest modules of each, with their milliseconds."""
    total = sum(package.microseconds for package in packages)
    count = sum(len(package.modules) for package in packages)
    yield f"  {_milliseconds(total)}  {count:,} modules"
    for index, package in enumerate(packages[:MOST_PACKAGES]):
        last = index == min(len(packages), MOST_PACKAGES) - 1
        yield f"  {_milliseconds(package.microseconds)}  {'└─' if last else '├─'} {package.name}"
        shown, others = package.modules[:_MOST_MODULES], package.modules[_MOST_MODULES:]
        indent = "   " if last else "│  "
        for number, module in enumerate(shown):
            end = number == len(shown) - 1 and not others
            yield f"  {_milliseconds(module.microseconds)}  {indent}{'└─' if end else '├─'} {module.name}"
        if others:
            rest = sum(module.microseconds for module in others)
            yield f"  {_milliseconds(rest)}  {indent}└─ ({len(others):,} more)"
    others_of = packages[MOST_PACKAGES:]
    if others_of:
        rest = sum(package.microseconds for package in others_of)
        yield f"  {_milliseconds(rest)}  ({len(others_of):,} more packages)"


def _milliseconds(microseconds: int) -> str:
    return f"{microseconds / 1000:7.1f} ms"


def _owners(plans: Iterable[ArchivePlan]) -> dict[str, str]:
    """Return the package of each module in the zip and its layers; the first one counts."""
    owners: dict[str, str] = {}
    for plan in plans:
        for path, entry in plan.paths.items():
            below = path[_IMPORT_ROOTS.match(path).end() :]  # type: ignore[union-attr]  # it matches an empty text
            stem = re.sub(r"(?:/__init__)?\.py$|\.[^/]*\.?so$", "", below)
            if stem != below:
                owners.setdefault(stem.replace("/", "."), str(entry.origin) or "other files")
    return owners


def _owner(module: str, owners: Mapping[str, str]) -> str:
    """Return the package of a module, or of the nearest package above it."""
    while module:
        if module in owners:
            return owners[module]
        module = module.rpartition(".")[0]
    return STANDARD_LIBRARY
