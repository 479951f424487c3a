"""Reads the project through Hatch: its metadata, and the files that Hatch selects for the zip."""

from __future__ import annotations

import os
import re
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from traceback import walk_tb
from typing import TYPE_CHECKING, Any

from hatchling.builders.utils import normalize_archive_path
from hatchling.metadata.core import CoreMetadata, load_toml
from hatchling.metadata.spec import DEFAULT_METADATA_VERSION, get_core_metadata_constructors
from hatchling.plugin.exceptions import UnknownPluginError
from packaging.requirements import InvalidRequirement, Requirement

from hatch_lambda.config.options import TABLE
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import HatchLambdaError, ProjectError
from hatch_lambda.files.paths import path_problem
from hatch_lambda.plugin.file_selection import reading
from hatch_lambda.project import PROJECT_FILE, Project, SelectedFile, is_executable
from hatch_lambda.resolve.uv_settings import read_uv_settings
from hatch_lambda.resolve.workspace import workspace_root
from hatch_lambda.wheels.wheel import portable_metadata

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from types import FrameType

    from hatchling.builders.plugin.interface import IncludedFile

    from hatch_lambda.plugin.file_selection import FileSelection


def read_project(selection: FileSelection, build_data: dict[str, Any], *, with_files: bool = True) -> Project:
    """Return the project, with the files that Hatch selects or without them.

    Raises ``ProjectError`` with what is wrong with it, in Hatch's words or ours.
    """
    metadata = selection.metadata
    required_by_hooks = tuple(build_data.get("dependencies", ()))
    with translate_hatch_errors():
        core = metadata.core
        dependencies, optional = (*core.dependencies, *required_by_hooks), core.optional_dependencies
        if "dependencies" in core.dynamic and not required_by_hooks:
            raise ProjectError(_unset_dependencies())
        files = list(selection.files(build_data)) if with_files else []
        scripts = list(selection.scripts(build_data)) if with_files else []
        constructor = get_core_metadata_constructors()[DEFAULT_METADATA_VERSION]
        described = constructor(metadata, extra_dependencies=required_by_hooks)
        licenses = [_license(selection.root, relative) for relative in core.license_files]
    root = Path(selection.root).resolve()
    return Project(
        name=core.name,
        version=metadata.version,
        dependencies=dependencies,
        optional_dependencies=optional,
        dependency_groups=metadata.config.get("dependency-groups", {}),
        uv=read_uv_settings(root, workspace_root(root)),
        files=tuple(map(_selected, files)),
        dist_info=f"{selection.project_id}.dist-info",
        metadata=portable_metadata(described),
        entry_points=selection.construct_entry_points_file(),
        licenses=tuple(licenses),
        console_scripts=core.scripts,
        scripts=tuple(map(_selected, scripts)),
        found_by_handler=selection.found_by_handler,
    )


def _unset_dependencies() -> Diagnostic:
    fix = (
        "remove it from project.dynamic and list the dependencies, or add a metadata hook and its package to "
        "build-system.requires"
    )
    problem = "listed in project.dynamic, but no metadata hook sets it"
    return Diagnostic(code="metadata", where="project.dependencies", problem=problem, fix=fix)


def _license(root: str, relative: str) -> SelectedFile:
    found = _read_file(Path(root, relative), f"licenses/{normalize_archive_path(relative)}")
    return replace(found, executable=False)


def _selected(file: IncludedFile) -> SelectedFile:
    return _read_file(Path(file.path), normalize_archive_path(file.distribution_path))


def _read_file(source: Path, path: str) -> SelectedFile:
    """Return a file and its path in the zip; raises ``ProjectError`` for a path that a zip can't have."""
    encoding = sys.getfilesystemencoding()
    if not path.isascii() and encoding != "utf-8":
        reason = f"names in the zip are UTF-8, but this Python reads file names as {encoding}"
        raise ProjectError(_unsafe_path(path, reason, "set PYTHONUTF8=1 or LC_ALL=C.UTF-8"))
    problem = path_problem(path)
    if problem:
        raise ProjectError(_unsafe_path(path, f"{problem} (from {source})", "rename or exclude the file"))
    with reading(source), source.open("rb") as opened:
        stat, start = os.fstat(opened.fileno()), opened.read(2)
    return SelectedFile(source, path, stat.st_size, executable=is_executable(stat.st_mode, start))


def _unsafe_path(path: str, problem: str, fix: str) -> Diagnostic:
    return Diagnostic(code="unsafe-path", where=repr(path), problem=problem, fix=fix)


@contextmanager
def translate_hatch_errors(target_hooks: Collection[str] = ()) -> Iterator[None]:
    """Turn what Hatch or a hook of the project raises in the block into a ``ProjectError``.

    Hatch's messages name the option; a blank line separates the reason from advice. What a hook raises is shown with
    its type and the hook's address; ``target_hooks`` are the build hooks in the target's own table. The error that was
    raised is the cause of ours.
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
    """Turn what a build hook raises into a ``ProjectError``, as ``translate_hatch_errors`` does, and nothing else."""
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
"""Types of Hatch's own messages, in addition to ``OSError`` and its subclasses."""

_DEPENDENCY = (
    r"Dependency #(?P<number>\d+) of (?P<extra>option `(?P<name>[^`]+)` of )?field `(?P<field>[^`]+)` is invalid: "
    r"(?P<reason>[^\n]+)(?:\n\s+(?P<text>[^\n]+))?"
)
"""Hatch's message on a dependency that isn't a requirement, with the text as ``packaging`` shows it.

Source: ``hatchling/metadata/core.py`` and ``packaging/_tokenizer.py``, read 2026-11-27.
"""


def _hatch_error(error: Exception) -> ProjectError:
    """Return an error with Hatch's own words; any other exception is shown with its type and the field."""
    if file := _toml_file(error):
        problem = f"not valid TOML, because {' '.join(str(error).split())}"
        return ProjectError(Diagnostic(code="metadata", where=file, problem=problem, fix="correct the file"))
    if requirement := re.match(_DEPENDENCY, str(error)):
        return ProjectError(_requirement_problem(requirement))
    plain = type(error) in _HATCH_RAISES or (isinstance(error, OSError) and error.errno is None)
    text, _, advice = (str(error) if plain else _typed(error)).partition("\n\n")
    where = PROJECT_FILE if plain else _field(error) or PROJECT_FILE
    problem = " ".join(text.split()).rstrip(".")
    return ProjectError(Diagnostic(code="metadata", where=where, problem=problem, fix="correct it"), detail=advice)


def _requirement_problem(found: re.Match[str]) -> Diagnostic:
    """Return the problem of a dependency that isn't a requirement, with the closest one that is."""
    where = ".".join(filter(None, (found["field"], found["name"])))
    text = (found["text"] or "").strip()
    corrected = re.sub(r"=([<>])", r"\1=", re.sub(r"(?<![=<>!~])=(?![=<>])", "==", text, count=1))
    fix = f"did you mean {corrected!r}?" if _is_requirement(corrected) else "write it as NAME>=VERSION or NAME @ URL"
    problem = f"{text!r} isn't a requirement" if text else found["reason"]
    return Diagnostic(code="metadata", where=f"{where} #{found['number']}", problem=problem, fix=fix)


def _is_requirement(text: str) -> bool:
    try:
        Requirement(text)
    except InvalidRequirement:
        return False
    return True


def _hook_error(address: str, error: Exception) -> ProjectError:
    fix = "fix the hook or its options"
    return ProjectError(Diagnostic(code="hook-failed", where=address, problem=_typed(error), fix=fix))


def _typed(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _field(error: Exception) -> str:
    """Return the address of the field of ``[project]`` that Hatch was reading; empty if it was reading none."""
    fields = [frame.f_code.co_name for frame, owner in _frames(error) if isinstance(owner, CoreMetadata)]
    return f"project.{fields[-1].replace('_', '-')}" if fields else ""


def _toml_file(error: Exception) -> str:
    """Return the name of the TOML file that Hatch was reading; empty if it read none or couldn't open it."""
    files = [owner for frame, owner in _frames(error) if frame.f_code is load_toml.__code__]
    return Path(files[-1]).name if files and not isinstance(error, OSError) else ""


def _hook_address(error: Exception, target_hooks: Collection[str]) -> str | None:
    """Return the address of the hook whose code raised the error; ``None`` if it wasn't a hook."""
    # here, because most builds raise nothing
    from hatchling.builders.hooks.custom import CustomBuildHook
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
    from hatchling.metadata.custom import CustomMetadataHook
    from hatchling.metadata.plugin.interface import MetadataHookInterface

    frames = list(_frames(error))
    for index, (_, owner) in enumerate(frames):
        if all(str(frame.f_globals.get("__name__")).startswith("hatchling.") for frame, _ in frames[index:]):
            return None  # Hatch's own message, such as about a missing option of the hook
        if isinstance(owner, MetadataHookInterface) or owner is CustomMetadataHook:
            return f"tool.hatch.metadata.hooks.{owner.PLUGIN_NAME}"
        if isinstance(owner, BuildHookInterface) or owner is CustomBuildHook:
            table = TABLE if owner.PLUGIN_NAME in target_hooks else "tool.hatch.build"
            return f"{table}.hooks.{owner.PLUGIN_NAME}"
    return None


def _frames(error: Exception) -> Iterator[tuple[FrameType, Any]]:
    """Yield each frame of the traceback, the outermost first, with its first argument: the ``self`` of methods."""
    for frame, _ in walk_tb(error.__traceback__):
        names = frame.f_code.co_varnames[: frame.f_code.co_argcount]
        yield frame, frame.f_locals.get(names[0]) if names else None
