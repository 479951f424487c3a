"""Selects the project's files as Hatch's wheel target does, and checks the options that select them."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, cast

from hatchling.builders.constants import EXCLUDED_DIRECTORIES
from hatchling.builders.utils import normalize_inclusion_map, normalize_relative_path, safe_walk
from hatchling.builders.wheel import FileSelectionOptions, WheelBuilder, WheelBuilderConfig

from hatch_lambda.archive.plan import unreadable
from hatch_lambda.config.options import TABLE
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ProjectError
from hatch_lambda.files.paths import check_regular

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hatchling.builders.plugin.interface import IncludedFile

CHOOSING_OPTIONS = frozenset({"packages", "include", "only-include"})
"""Options that select files; if our table has one of them, the wheel's table no longer counts."""

INHERITED_OPTIONS = CHOOSING_OPTIONS | {
    "artifacts",
    "bypass-selection",
    "exclude",
    "force-include",
    "ignore-vcs",
    "only-packages",
    "shared-data",
    "shared-scripts",
    "skip-excluded-dirs",
    "sources",
}
"""Options of the wheel's table that affect the selection; those in our table are added to them."""

USUAL_FILES = ("lambda_function.py", "handler.py", "app.py", "main.py", "index.py")
"""Names of modules that usually contain a handler; the first is the default of AWS's console."""

OTHER_DIRECTORIES = EXCLUDED_DIRECTORIES | {
    *("build", "dist", "docs", "env", "examples", "node_modules", "site-packages", "test", "testing", "tests", "venv"),
}
"""Directories that don't contain the source of a function."""

_WHEEL_TABLE = "tool.hatch.build.targets.wheel"
"""The table that selects the files if ours can't."""

_NO_SELECTION = "Unable to determine which files to ship"
"""The start of Hatch's message if neither an option nor the project's name selects files."""

_GLOB = re.compile(r"[*?\[\]\\!#]")


class SelectionConfig(WheelBuilderConfig):
    """Hatch's configuration of a selection, whose default is the handler's module if no name matches the project's."""

    @cached_property
    def default_file_selection_options(self) -> FileSelectionOptions:
        """Return what is selected without options; raises ``ProjectError`` if that is nothing."""
        try:
            return super().default_file_selection_options
        except ValueError as error:
            if not str(error).startswith(_NO_SELECTION):
                raise
        exclude = self.target_config.get("exclude", self.build_config.get("exclude", []))
        path = cast("FileSelection", self.builder).path_of_handler()  # Hatch's type is the base class
        return FileSelectionOptions([], exclude, *(([], [path]) if _is_root_module(path) else ([path], [])))


class FileSelection(WheelBuilder):
    """Selects files as the wheel target does, by the wheel's table and that of a zip, which is at ``address``.

    ``found_by_handler`` is the path that was selected because it contains the handler; empty if options select files.
    """

    PLUGIN_NAME = "lambda"

    def __init__(self, table: Mapping[str, Any], address: str, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.table = table
        self.address = address
        self.found_by_handler = ""
        if INHERITED_OPTIONS.isdisjoint(table):
            self.PLUGIN_NAME = "wheel"  # the address in Hatch's messages

    @classmethod
    def get_config_class(cls) -> type[WheelBuilderConfig]:
        """Return the class of the configuration."""
        return SelectionConfig

    @property
    def target_config(self) -> dict[str, Any]:
        """Return the zip's table, merged with the wheel's options unless ours selects the files itself."""
        ours = dict(self.table)
        if not CHOOSING_OPTIONS.isdisjoint(ours):
            return ours
        inherited = {option: value for option, value in self._wheel_table.items() if option in INHERITED_OPTIONS}
        return inherited | {option: _joined(inherited.get(option), value) for option, value in ours.items()}

    @property
    def _wheel_table(self) -> dict[str, Any]:
        table: Any = self.metadata.hatch.build_targets.get("wheel", {})
        if not isinstance(table, dict):
            raise TypeError("Field `tool.hatch.build.targets.wheel` must be a table")
        return table

    def recurse_forced_files(self, inclusion_map: dict[str, str]) -> Iterator[IncludedFile]:
        """Yield files of ``force-include``; raises ``ProjectError`` for a pipe, a socket, or a device."""
        _check_sources(inclusion_map)
        yield from super().recurse_forced_files(inclusion_map)

    def recurse_explicit_files(self, inclusion_map: dict[str, str]) -> Iterator[IncludedFile]:
        """Yield files that options name; raises ``ProjectError`` for a pipe, a socket, or a device."""
        _check_sources(inclusion_map)
        yield from super().recurse_explicit_files(inclusion_map)

    def files(self, build_data: dict[str, Any]) -> Iterator[IncludedFile]:
        """Yield the files of the zip; what a wheel would put into its data directory goes to the root.

        Raises ``ProjectError`` for options that select nothing.
        """
        with self.config.set_build_data(build_data):
            self._check_paths()
            selected = list(self.recurse_included_files())
        self._check_packages(selected)
        yield from selected
        shared = self.config.shared_data | normalize_inclusion_map(build_data["shared_data"], self.root)
        yield from self.recurse_explicit_files(shared)

    def scripts(self, build_data: dict[str, Any]) -> Iterator[IncludedFile]:
        """Yield the files that a wheel would install as scripts, with paths in ``bin/``."""
        shared = self.config.shared_scripts | normalize_inclusion_map(build_data["shared_scripts"], self.root)
        yield from self.recurse_explicit_files(shared)

    def path_of_handler(self) -> str:
        """Return the one file or directory that contains the handler's module, and remember that it was selected.

        Raises ``ProjectError`` with the option to add if there is none, or if there are several.
        """
        root, handler = Path(self.root), self._handler
        found = handler_paths(root, handler)
        if len(found) == 1:
            self.found_by_handler = found[0]
            return found[0]
        name = self.normalize_file_name_component(self.metadata.core.name)
        problem = f"no files selected, because no directory is named {name} (from project.name)"
        if found:
            problem += f", and several contain the handler {handler!r}"
        elif handler:
            problem += f", and none contains the handler {handler!r}"
        lines = [_selecting_line(path) for path in (found or usual_paths(root))[:2]]
        fix = f"add {' or '.join(lines) or _selecting_line('src/PACKAGE')}"
        where = TABLE if self.address.startswith(TABLE) else _WHEEL_TABLE
        raise ProjectError(Diagnostic(code="no-files-selected", where=where, problem=problem, fix=fix))

    @property
    def _handler(self) -> str:
        return str(self.table.get("handler") or "")

    def _check_paths(self) -> None:
        """Raise ``ProjectError`` naming each path in an option that matches nothing; Hatch raises for wrong types."""
        _ = self.config.packages, self.config.only_include, self.config.include_spec, self.config.force_include
        problems = [
            self._missing_path(address, option, f" #{number}", path)
            for option in ("packages", "only-include")
            for address, paths in self._declared(option)
            for number, path in enumerate(paths, 1)
            if not Path(self.root, normalize_relative_path(path)).exists()
        ]
        problems += [
            self._missing_path(address, "include", f" #{number}", pattern)
            for address, patterns in self._declared("include")
            for number, pattern in enumerate(patterns, 1)
            if not _GLOB.search(pattern) and not self._matches(pattern.strip())
        ]
        problems += [
            self._missing_path(address, "force-include", "", source)
            for address, sources in self._declared("force-include")
            for source in sources
            if not all(map(os.path.exists, normalize_inclusion_map({source: "x"}, self.root)))
        ]
        if problems:
            raise ProjectError(problems)

    def _declared(self, option: str) -> Iterator[tuple[str, Any]]:
        """Yield the values of an option that count, each with the address of its table."""
        inherits = CHOOSING_OPTIONS.isdisjoint(self.table)
        if inherits and option in self._wheel_table:
            yield _WHEEL_TABLE, self._wheel_table[option]
        if option in self.table:
            value = self.table[option]
            of_target = value is self.metadata.hatch.build_targets.get("lambda", {}).get(option)
            yield TABLE if of_target else self.address, value
        elif option in self.build_config and not (inherits and option in self._wheel_table):
            yield "tool.hatch.build", self.build_config[option]

    def _missing_path(self, table: str, option: str, number: str, path: str) -> Diagnostic:
        near = _near_path(Path(self.root), path)
        fix = f"did you mean {near!r}?" if near else "correct the path or remove it"
        where, problem = f"{table}.{option}{number}", f"no file or directory {path!r}"
        return Diagnostic(code="path-not-found", where=where, problem=problem, fix=fix, table=table)

    def _matches(self, pattern: str) -> bool:
        """Return whether a pattern without wildcards matches; without a slash, it matches at any depth."""
        path = pattern.strip("/")
        if Path(self.root, path).exists():
            return True
        return "/" not in pattern.rstrip("/") and any(
            path in {*names, *files} for _, names, files in safe_walk(self.root)
        )

    def _check_packages(self, selected: Iterable[IncludedFile]) -> None:
        """Raise ``ProjectError`` if a package, such as ``src``, is only the directory of the handler's package."""
        paths = {PurePosixPath(Path(file.distribution_path).as_posix()) for file in selected}
        if not paths.isdisjoint(_module_files(self._handler)):
            return
        for address, packages in self._declared("packages"):
            for number, package in enumerate(packages, 1):
                inside = _path_in(Path(self.root), normalize_relative_path(package), _module_files(self._handler))
                if inside:
                    problem = f"{package!r} keeps its own name in the zip, so handler {self._handler!r} isn't found"
                    where, fix = f"{address}.packages #{number}", f"use {_selecting_line(inside)}"
                    raise ProjectError(
                        Diagnostic(code="handler-not-found", where=where, problem=problem, fix=fix, table=address)
                    )


def handler_paths(root: Path, handler: str) -> list[str]:
    """Return each file or package that contains the handler's module: in the root, ``src``, or another directory."""
    files = _module_files(handler)
    if not files or files[0].parts[0] == "src":
        return []
    found = (_path_in(root, base, files) for base in _search_roots(root))
    return [path for path in found if path]


def usual_paths(root: Path) -> list[str]:
    """Return the files and packages of a project that are likely to contain a handler."""
    modules = [name for name in USUAL_FILES if root.joinpath(name).is_file()]
    packages = [
        path.parent.relative_to(root).as_posix()
        for base in (root / "src", root)
        for path in sorted(base.glob("*/__init__.py"))
        if _is_source(path.parent)
    ]
    return modules + packages


def _search_roots(root: Path) -> list[str]:
    directories = sorted(path.name for path in root.iterdir() if path.is_dir() and _is_source(path))
    return ["", *directories]


def _is_source(directory: Path) -> bool:
    name = directory.name
    return not name.startswith(".") and name not in OTHER_DIRECTORIES and not (directory / "pyvenv.cfg").is_file()


def _module_files(handler: str) -> list[PurePosixPath]:
    """Return the files that a handler's module can be, from where Python imports it; none if it has no module."""
    *parts, _ = handler.replace("/", ".").split(".")
    if not parts or not all(parts):
        return []
    return [PurePosixPath(*parts, "__init__.py"), PurePosixPath(*parts[:-1], f"{parts[-1]}.py")]


def _path_in(root: Path, base: str, files: Iterable[PurePosixPath]) -> str:
    """Return the path of the first part of a file that exists in a directory; empty if none does."""
    found = next((file for file in files if root.joinpath(base, file).is_file()), None)
    return PurePosixPath(Path(base).as_posix(), found.parts[0]).as_posix() if found else ""


def _is_root_module(path: str) -> bool:
    return "/" not in path and path.endswith(".py")


def _selecting_line(path: str) -> str:
    """Return the line of our table that selects a module or package and makes it importable."""
    return f'{"only-include" if _is_root_module(path) else "packages"} = ["{path}"]'


def _near_path(root: Path, path: str) -> str:
    """Return the existing path that resembles one that doesn't exist; empty if none does."""
    parent = root.joinpath(path.strip("/")).parent
    names = {
        found.relative_to(root).as_posix()
        for directory in {root, *filter(Path.is_dir, root.iterdir()), parent}
        if directory == root or (_is_source(directory) and directory.is_dir() and directory.is_relative_to(root))
        for found in directory.iterdir()
    }
    elsewhere = [name for name in sorted(names) if PurePosixPath(name).name == PurePosixPath(path).name]
    close = elsewhere or get_close_matches(path.strip("/"), sorted(names), n=1, cutoff=0.7)
    return close[0] if close else ""


def _check_sources(sources: Iterable[str]) -> None:
    for source in filter(Path.exists, map(Path, sources)):  # Hatch decides what to do about those that don't exist
        with reading(source):
            pass


@contextmanager
def reading(source: Path) -> Iterator[None]:
    """Raise ``ProjectError`` if the block can't read a file, and before it for a pipe, a socket, or a device."""
    try:
        check_regular(source)
        yield
    except OSError as error:
        raise ProjectError(unreadable(source, error)) from None


def _joined(theirs: object, ours: object) -> object:
    if isinstance(theirs, list) and isinstance(ours, list):
        return [*theirs, *ours]
    return theirs | ours if isinstance(theirs, dict) and isinstance(ours, dict) else ours
