"""Reads the workspaces of uv and Hatch that a project is in."""

from __future__ import annotations

import glob
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ProjectError, shorten
from hatch_lambda.files.toml_file import read_toml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from packaging.utils import NormalizedName


def members_of(root: Path) -> Iterator[tuple[NormalizedName, Path]]:
    """Yield name and directory of each member of uv's and Hatch's workspaces in a directory's pyproject.toml."""
    for where, workspace in _workspaces(root):
        yield from _members_in(root, where, workspace)


def workspace_root(directory: Path) -> Path:
    """Return the root of the project's uv workspace, or its own directory: where uv keeps the project's uv.lock.

    Raises ``ProjectError`` for a workspace table that can't be read. Source:
    https://docs.astral.sh/uv/concepts/projects/workspaces/, read 2026-11-27.
    """
    directory = directory.resolve()
    for root in (directory, *directory.parents):
        if directory in dict(_members_in(root, *_uv_workspace(root))).values():
            return root
    return directory


def _members_in(root: Path, where: str, workspace: Mapping[str, Any]) -> Iterator[tuple[NormalizedName, Path]]:
    excluded = {path for pattern in _strings(workspace, "exclude", where) for path in _matches(root, pattern)}
    for pattern in _strings(workspace, "members", where):
        for path in (root, *_matches(root, pattern)):
            project = read_pyproject(path).get("project")
            name = project.get("name") if isinstance(project, dict) else None
            if isinstance(name, str) and path not in excluded:
                yield canonicalize_name(name), path


def _uv_workspace(root: Path) -> tuple[str, dict[str, Any]]:
    """Return the address and content of uv's workspace table."""
    where = f"tool.uv.workspace in {root / 'pyproject.toml'}"
    return where, table_at(read_pyproject(root), where, "tool", "uv", "workspace")


def _workspaces(root: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the address and content of each workspace table."""
    yield _uv_workspace(root)
    table, end = read_pyproject(root), f" in {root / 'pyproject.toml'}"
    where = f"tool.hatch.envs{end}"
    for name in table_at(table, where, "tool", "hatch", "envs"):
        where = f"tool.hatch.envs.{name}.workspace{end}"
        yield where, table_at(table, where, "tool", "hatch", "envs", name, "workspace")


def _matches(root: Path, pattern: str) -> list[Path]:
    found = glob.glob(os.path.join(glob.escape(str(root)), pattern), recursive=True)  # noqa: PTH118, PTH207  # takes ..
    return [Path(path).resolve() for path in sorted(found)]


def _strings(workspace: Mapping[str, Any], key: str, where: str) -> list[str]:
    """Return the strings of an array; Hatch's members can also be tables with a path."""
    values = workspace.get(key, [])
    listed = values if isinstance(values, list) else [None]
    found = [value.get("path") if isinstance(value, dict) else value for value in listed]
    paths = [path for path in found if isinstance(path, str)]
    if len(paths) < len(found):
        problem, fix = f"{key} is {shorten(values)}, not an array of paths", f'set {key} = ["packages/*"], for example'
        raise ProjectError(Diagnostic(code="dependency-source", where=where, problem=problem, fix=fix))
    return paths


def read_pyproject(directory: Path) -> Mapping[str, Any]:
    """Return the content of a directory's pyproject.toml, empty if it doesn't exist or isn't TOML."""
    return read_toml(directory / "pyproject.toml")


def table_at(table: Mapping[str, Any], where: str, *keys: str) -> dict[str, Any]:
    """Return the table under the keys, empty if there is none; raises ``ProjectError`` if it is something else."""
    found: Any = table
    for key in keys:
        found = found.get(key, {}) if isinstance(found, dict) else {}
    if not isinstance(found, dict):
        problem, fix = f"is {shorten(found)}, not a table", f"write it as [{where.partition(' in ')[0]}]"
        raise ProjectError(Diagnostic(code="dependency-source", where=where, problem=problem, fix=fix))
    return found
