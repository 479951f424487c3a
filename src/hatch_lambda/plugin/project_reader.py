"""Reads the project through Hatch: its metadata, and the files that Hatch selects for the archive."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from traceback import walk_tb
from typing import TYPE_CHECKING, Any

from hatchling.builders.hooks.custom import CustomBuildHook
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.builders.utils import normalize_archive_path, normalize_inclusion_map
from hatchling.builders.wheel import WheelBuilder
from hatchling.metadata.core import CoreMetadata, load_toml
from hatchling.metadata.custom import CustomMetadataHook
from hatchling.metadata.plugin.interface import MetadataHookInterface
from hatchling.metadata.spec import DEFAULT_METADATA_VERSION, get_core_metadata_constructors
from hatchling.plugin.exceptions import UnknownPluginError

from hatch_lambda.archive.plan import unreadable
from hatch_lambda.config.options import TABLE
from hatch_lambda.errors import HatchLambdaError, ProjectError
from hatch_lambda.files.paths import check_regular, path_problem
from hatch_lambda.project import Project, SelectedFile, is_executable
from hatch_lambda.wheels.wheel import portable_metadata

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from types import FrameType

    from hatchling.builders.plugin.interface import IncludedFile

CHOOSING_OPTIONS = frozenset({"packages", "include", "only-include"})
"""Options that say which files there are; with one of them in our table, the wheel's table no longer counts."""

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
"""Options of the wheel's table that choose files; what our table has of them is added to theirs."""


class FileSelection(WheelBuilder):
    """Selects files as the wheel target does, by the wheel's table and that of an archive."""

    PLUGIN_NAME = "lambda"

    def __init__(self, table: Mapping[str, Any], *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.table = table
        if INHERITED_OPTIONS.isdisjoint(table):
            self.PLUGIN_NAME = "wheel"  # the address that Hatch's messages give

    @property
    def target_config(self) -> dict[str, Any]:
        """Return the archive's table, over what the wheel's table says of files unless ours chooses them itself."""
        ours = dict(self.table)
        wheels: Any = self.metadata.hatch.build_targets.get("wheel", {})
        if not isinstance(wheels, dict):
            raise TypeError("Field `tool.hatch.build.targets.wheel` must be a table")
        if not CHOOSING_OPTIONS.isdisjoint(ours):
            return ours
        inherited = {option: value for option, value in wheels.items() if option in INHERITED_OPTIONS}
        return inherited | {option: _joined(inherited.get(option), value) for option, value in ours.items()}

    def recurse_forced_files(self, inclusion_map: dict[str, str]) -> Iterator[IncludedFile]:
        """Yield files that are included by name; raises ``ProjectError`` for a pipe, a socket, or a device."""
        _check_sources(inclusion_map)
        yield from super().recurse_forced_files(inclusion_map)

    def recurse_explicit_files(self, inclusion_map: dict[str, str]) -> Iterator[IncludedFile]:
        """Yield files that options name; raises ``ProjectError`` for a pipe, a socket, or a device."""
        _check_sources(inclusion_map)
        yield from super().recurse_explicit_files(inclusion_map)

    def files(self, build_data: dict[str, Any]) -> Iterator[IncludedFile]:
        """Yield the files of the archive; what a wheel would put into its data folder goes to the root."""
        with self.config.set_build_data(build_data):
            yield from self.recurse_included_files()
        shared = self.config.shared_data | normalize_inclusion_map(build_data["shared_data"], self.root)
        yield from self.recurse_explicit_files(shared)

    def scripts(self, build_data: dict[str, Any]) -> Iterator[IncludedFile]:
        """Yield the files that a wheel would install as programs, with paths in the folder of programs."""
        shared = self.config.shared_scripts | normalize_inclusion_map(build_data["shared_scripts"], self.root)
        yield from self.recurse_explicit_files(shared)


def _check_sources(sources: Iterable[str]) -> None:
    for source in filter(Path.exists, map(Path, sources)):  # Hatch decides what becomes of those that are not there
        with _reading(source):
            pass


def _joined(theirs: object, ours: object) -> object:
    if isinstance(theirs, list) and isinstance(ours, list):
        return [*theirs, *ours]
    return theirs | ours if isinstance(theirs, dict) and isinstance(ours, dict) else ours


def read_project(selection: FileSelection, build_data: dict[str, Any], *, with_files: bool = True) -> Project:
    """Return the project, with the files that Hatch selects or without.

    Raises ``ProjectError`` with what Hatch finds wrong with it.
    """
    metadata = selection.metadata
    required_by_hooks = tuple(build_data.get("dependencies", ()))
    with translate_hatch_errors():
        core = metadata.core
        dependencies, optional = (*core.dependencies, *required_by_hooks), core.optional_dependencies
        files = list(selection.files(build_data)) if with_files else []
        scripts = list(selection.scripts(build_data)) if with_files else []
        constructor = get_core_metadata_constructors()[DEFAULT_METADATA_VERSION]
        described = constructor(metadata, extra_dependencies=required_by_hooks)
        licenses = [_license(selection.root, relative) for relative in core.license_files]
        uv_tables = tuple(_uv_tables(selection))
    return Project(
        name=core.name,
        version=metadata.version,
        dependencies=dependencies,
        optional_dependencies=optional,
        dependency_groups=metadata.config.get("dependency-groups", {}),
        uv_tables=uv_tables,
        files=tuple(map(_selected, files)),
        dist_info=f"{selection.project_id}.dist-info",
        metadata=portable_metadata(described),
        entry_points=selection.construct_entry_points_file(),
        licenses=tuple(licenses),
        console_scripts=core.scripts,
        scripts=tuple(map(_selected, scripts)),
    )


def _uv_tables(selection: FileSelection) -> Iterator[dict[str, Any]]:
    """Yield ``[tool.uv]`` and the project's uv.toml, where uv's indexes and sources stand."""
    table = selection.metadata.config.get("tool", {}).get("uv")
    if isinstance(table, dict):  # what else stands there is for uv to judge
        yield table
    path = Path(selection.root, "uv.toml")
    if path.is_file():
        yield load_toml(str(path))


def _license(root: str, relative: str) -> SelectedFile:
    found = _read_file(Path(root, relative), f"licenses/{normalize_archive_path(relative)}")
    return replace(found, executable=False)


def _selected(file: IncludedFile) -> SelectedFile:
    return _read_file(Path(file.path), normalize_archive_path(file.distribution_path))


def _read_file(source: Path, path: str) -> SelectedFile:
    """Return a file and its path in the archive; raises ``ProjectError`` for what cannot be one."""
    if not path.isascii() and sys.getfilesystemencoding() != "utf-8":
        raise ProjectError(
            f"{path!r}: names in the zip are UTF-8, but this Python reads names of files as "
            f"{sys.getfilesystemencoding()}; set PYTHONUTF8=1, or choose a UTF-8 locale such as LC_ALL=C.UTF-8"
        )
    problem = path_problem(path)
    if problem:
        raise ProjectError(f"{path!r}: {problem}; found for {source}; rename it, exclude it, or see to force-include")
    with _reading(source), source.open("rb") as opened:
        stat, start = os.fstat(opened.fileno()), opened.read(2)
    return SelectedFile(source, path, stat.st_size, executable=is_executable(stat.st_mode, start))


@contextmanager
def _reading(source: Path) -> Iterator[None]:
    """Raise ``ProjectError`` if a file cannot be read in the block, and before it for a pipe, a socket, or a device."""
    try:
        check_regular(source)
        yield
    except OSError as error:
        raise ProjectError(unreadable(source, error)) from None


@contextmanager
def translate_hatch_errors(target_hooks: Collection[str] = ()) -> Iterator[None]:
    """Turn what Hatch or a hook of the project finds wrong, while we ask it, into one of our errors.

    Hatch's messages open with the address of the option; a blank line parts the reason from advice. What a hook raises
    is shown with its type and the hook's address; ``target_hooks`` are the build hooks that stand in the target's own
    table. The error that was raised is the cause of ours.
    """
    try:
        yield
    except HatchLambdaError:
        raise
    except Exception as error:
        address = _hook_address(error, target_hooks)
        raise _hook_error(address, error) if address else _hatch_error(error) from error


@contextmanager
def hook_errors(target_hooks: Collection[str]) -> Iterator[None]:
    """Turn what a build hook raises into one of our errors, as ``translate_hatch_errors`` does; all else passes."""
    try:
        yield
    except HatchLambdaError:
        raise
    except Exception as error:
        address = _hook_address(error, target_hooks)
        if address is None:
            raise
        raise _hook_error(address, error) from error


_HATCH_RAISES = (ValueError, TypeError, RuntimeError, LookupError, UnknownPluginError)
"""Types of which Hatch's own messages are, besides ``OSError`` in all its kinds."""


def _hatch_error(error: Exception) -> ProjectError:
    """Return an error with Hatch's own words; what else stopped it is shown with its type and the field."""
    if file := _toml_file(error):
        return ProjectError(f"{file}: not TOML that Python can read; {' '.join(str(error).split())}; mend it")
    plain = type(error) in _HATCH_RAISES or isinstance(error, OSError)
    problem, _, advice = (str(error) if plain else f"{_field(error)}{_typed(error)}").partition("\n\n")
    return ProjectError(problem.splitlines(), detail=advice)


def _hook_error(address: str, error: Exception) -> ProjectError:
    return ProjectError(f"{address}: {_typed(error)}; fix the hook or its options")


def _typed(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _field(error: Exception) -> str:
    """Return the address of the field of ``[project]`` that Hatch was reading, ready to stand before a problem."""
    fields = [frame.f_code.co_name for frame, owner in _frames(error) if isinstance(owner, CoreMetadata)]
    return f"project.{fields[-1].replace('_', '-')}: " if fields else ""


def _toml_file(error: Exception) -> str:
    """Return the file of TOML that Hatch was reading; empty if it was not, or the file cannot be opened."""
    files = [owner for frame, owner in _frames(error) if frame.f_code is load_toml.__code__]
    return str(files[-1]) if files and not isinstance(error, OSError) else ""


def _hook_address(error: Exception, target_hooks: Collection[str]) -> str | None:
    """Return where the hook stands in pyproject.toml whose own code has raised the error; ``None`` if none has."""
    frames = list(_frames(error))
    for index, (_, owner) in enumerate(frames):
        if all(str(frame.f_globals.get("__name__")).startswith("hatchling.") for frame, _ in frames[index:]):
            return None  # Hatch's own words, such as of an option that the hook lacks
        if isinstance(owner, MetadataHookInterface) or owner is CustomMetadataHook:
            return f"tool.hatch.metadata.hooks.{owner.PLUGIN_NAME}"
        if isinstance(owner, BuildHookInterface) or owner is CustomBuildHook:
            table = TABLE if owner.PLUGIN_NAME in target_hooks else "tool.hatch.build"
            return f"{table}.hooks.{owner.PLUGIN_NAME}"
    return None


def _frames(error: Exception) -> Iterator[tuple[FrameType, Any]]:
    """Yield each frame that the error passed, the outermost first, with its first argument: the ``self`` of methods."""
    for frame, _ in walk_tb(error.__traceback__):
        names = frame.f_code.co_varnames[: frame.f_code.co_argcount]
        yield frame, frame.f_locals.get(names[0]) if names else None
