"""Reads where dependencies come from, if not from an index: a directory, a repository, or an archive.

A name with such a source is never looked up on an index, which prevents dependency confusion. Most projects have none,
so that their builds don't import what a single source can be.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from hatch_lambda.dependencies.scope import NO_SCOPE
from hatch_lambda.errors import ProjectError
from hatch_lambda.files import json_values
from hatch_lambda.resolve.uv_settings import read_indexes
from hatch_lambda.resolve.workspace import members_of, read_pyproject, table_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packaging.requirements import Requirement
    from packaging.utils import NormalizedName

    from hatch_lambda.dependencies.scope import Scope
    from hatch_lambda.dependencies.source import DependencySource, Unpacked, UvSource
    from hatch_lambda.runtime.target import Target

_REPOSITORIES = (".git", ".hg")


@dataclass(frozen=True)
class ProjectSources:
    """The dependency sources in the configuration of a project and of the workspaces around it.

    ``indexes`` are the URLs of uv's indexes by name. ``unpacked`` is set for a project that comes from a repository or
    an archive.
    """

    sources: Mapping[NormalizedName, UvSource] = field(default_factory=dict)
    members: Mapping[NormalizedName, Path] = field(default_factory=dict)
    unpacked: Unpacked | None = None
    indexes: Mapping[str, str] = field(default_factory=dict)

    def source_of(self, requirement: Requirement, target: Target, scope: Scope = NO_SCOPE) -> DependencySource | None:
        """Return the source of a requirement; ``None`` if this configuration has none.

        Raises ``ProjectError`` for a source that can't be used.
        """
        if self.unpacked is None:
            return self._source(requirement, target, scope)
        try:
            found = self._source(requirement, target, scope)
        except ProjectError as error:
            raise self.unpacked.renamed_error(error) from None
        if found and found.local:
            found = self.unpacked.part(found, requirement.name)
        return replace(found, where=self.unpacked.renamed(found.where)) if found else None

    def _source(self, requirement: Requirement, target: Target, scope: Scope) -> DependencySource | None:
        name = canonicalize_name(requirement.name)
        if not requirement.url and name not in self.sources and name not in self.members:
            return None
        from hatch_lambda.dependencies.source import DependencySource, source_of_entry, source_of_url

        if requirement.url:
            return source_of_url(requirement.url)
        source = self.sources.get(name)
        if source is None:
            return DependencySource("directory", self.members[name].as_uri())
        entry = source.entry(target, scope)
        if entry is None:
            return None
        return replace(source_of_entry(source, entry, self.members, self.indexes), where=source.where)

    def as_json(self) -> dict[str, Any]:
        """Return what ``from_json`` reads; only for an unpacked project."""
        sources = [[str(source.directory), source.name, source.value] for source in self.sources.values()]
        found = {
            "directory": str(self.unpacked.directory) if self.unpacked else None,
            "sources": sources,
            "members": {name: str(path) for name, path in self.members.items()},
            "indexes": self.indexes,
        }
        return dict(json.loads(json.dumps(found, default=str)))  # a TOML date isn't a source, and JSON has none

    @classmethod
    def from_json(cls, value: object, source: DependencySource) -> ProjectSources:
        """Return the sources that a repository at a commit, or an archive, had when it was built.

        Raises ``ValueError`` for a value of another shape.
        """
        from hatch_lambda.dependencies.source import Unpacked, UvSource

        fields, text = json_values.fields(value), json_values.text
        found = [json_values.items(source) for source in json_values.items(fields.get("sources"))]
        sources = {
            canonicalize_name(text(name)): UvSource(Path(text(path)), name, entry) for path, name, entry in found
        }
        members = {
            canonicalize_name(name): Path(text(path))
            for name, path in json_values.fields(fields.get("members")).items()
        }
        indexes = {name: text(url) for name, url in json_values.fields(fields.get("indexes")).items()}
        return cls(sources, members, Unpacked(source, Path(text(fields.get("directory")))), indexes)


def read_project_sources(directory: Path, *, unpacked: Unpacked | None = None) -> ProjectSources:
    """Return the sources in a directory's pyproject.toml and in the workspaces around it.

    An ``unpacked`` project is in no workspace outside its repository or archive. Raises ``ProjectError`` for a table
    that can't be read.
    """
    directory = directory.resolve()
    sources, indexes = _sources(directory), read_indexes(directory)
    members: dict[NormalizedName, Path] = {}
    for root in (directory, *directory.parents):
        if unpacked and not root.is_relative_to(unpacked.directory):
            break
        if (root / "pyproject.toml").is_file():
            found = dict(members_of(root))
            if directory in {root, *found.values()}:
                members = {**found, **members}
                sources = {**_sources(root), **sources}
                indexes = {**read_indexes(root), **indexes}
    others = {
        name: member
        for name, member in members.items()
        if member != directory and (unpacked is None or member.is_relative_to(unpacked.directory))
    }
    return ProjectSources(sources, others, unpacked, {name: index.url for name, index in indexes.items()})


def unpacked_sources(source: DependencySource, directory: Path) -> ProjectSources:
    """Return the sources of a repository at a commit, or of an archive, which pip unpacked in ``directory``.

    Raises ``ProjectError`` for a table that can't be read.
    """
    from hatch_lambda.dependencies.source import Unpacked

    unpacked = Unpacked(source, directory.resolve())
    try:
        return read_project_sources(unpacked.directory / source.subdirectory, unpacked=unpacked)
    except ProjectError as error:
        raise unpacked.renamed_error(error) from None


def shared_directory(directory: Path) -> Path:
    """Return the outermost directory that comes with the project: its own, its workspace's, or its repository's.

    Raises ``ProjectError`` for a workspace table that can't be read.
    """
    directory = directory.resolve()
    around = (directory, *directory.parents)
    repository = next((root for root in around if any((root / name).exists() for name in _REPOSITORIES)), directory)
    workspaces = (root for root in around if directory in dict(members_of(root)).values())
    return min(directory, repository, *workspaces, key=lambda root: len(root.parts))


def _sources(directory: Path) -> dict[NormalizedName, UvSource]:
    where = f"tool.uv.sources in {directory / 'pyproject.toml'}"
    table = table_at(read_pyproject(directory), where, "tool", "uv", "sources")
    if not table:
        return {}
    from hatch_lambda.dependencies.source import UvSource

    return {canonicalize_name(name): UvSource(directory, name, value) for name, value in table.items()}
