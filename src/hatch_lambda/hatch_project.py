"""Reads the project through Hatch: its metadata, and the files that Hatch selects for the archive."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatchling.builders.utils import normalize_archive_path, normalize_inclusion_map
from hatchling.builders.wheel import WheelBuilder
from hatchling.metadata.core import load_toml
from hatchling.metadata.spec import DEFAULT_METADATA_VERSION, get_core_metadata_constructors

from hatch_lambda.errors import ProjectError
from hatch_lambda.plan import unreadable
from hatch_lambda.project import Project, SelectedFile, is_program
from hatch_lambda.wheels import portable_metadata

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
    with hatch_answers():
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
    source = Path(root, relative)
    path = f"licenses/{normalize_archive_path(relative)}"
    return SelectedFile(source, path, source.stat().st_size, executable=False)


def _selected(file: IncludedFile) -> SelectedFile:
    source, path = Path(file.path), normalize_archive_path(file.distribution_path)
    if ".." in path.split("/"):
        raise ProjectError(f"{path}: leads out of the archive; found for {source}; see to force-include and sources")
    if {"", "."} & set(path.split("/")):
        raise ProjectError(f"{path!r}: no path of a file in the archive; found for {source}; see to force-include")
    if not path.isascii() and sys.getfilesystemencoding() != "utf-8":
        raise ProjectError(
            f"{path!r}: names in the zip are UTF-8, but this Python reads names of files as "
            f"{sys.getfilesystemencoding()}; set PYTHONUTF8=1, or choose a UTF-8 locale such as LC_ALL=C.UTF-8"
        )
    if not _is_unicode(path):
        raise ProjectError(f"{path!r}: its name is not UTF-8, as names in the archive are; rename it, or exclude it")
    try:
        with source.open("rb") as opened:
            stat, start = os.fstat(opened.fileno()), opened.read(2)
    except OSError as error:
        raise ProjectError(unreadable(source, error)) from None
    return SelectedFile(source, path, stat.st_size, executable=is_program(stat.st_mode, start))


def _is_unicode(path: str) -> bool:
    """Return whether a name has none of the bytes that Python only passes through."""
    return not any("\ud800" <= letter <= "\udfff" for letter in path)


@contextmanager
def hatch_answers() -> Iterator[None]:
    """Turn what Hatch finds wrong with the project, while we ask it, into one of our errors.

    Hatch's messages open with the address of the option; a blank line parts the reason from advice. A source of the
    version raises what it likes: hatchling's own ``RuntimeError``, that of hatch-vcs ``LookupError``.
    """
    try:
        yield
    except (ValueError, TypeError, OSError, RuntimeError, LookupError) as error:
        raise ProjectError(str(error)) from None
