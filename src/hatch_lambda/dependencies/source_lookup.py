"""Finds the source of a dependency in the configuration that is nearest to what requires it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from hatch_lambda.dependencies.scope import NO_SCOPE, Scope

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from packaging.utils import NormalizedName

    from hatch_lambda.dependencies.source import DependencySource
    from hatch_lambda.dependencies.sources import ProjectSources
    from hatch_lambda.resolve.base import Dependency
    from hatch_lambda.runtime.target import Target

_EXTRA, _GROUP = "project.optional-dependencies.", "dependency-groups."


@dataclass(frozen=True)
class SourceLookup:
    """The dependency sources of the project, and those of each of its local dependencies.

    ``requirements`` are all known ones, those of the project and those of distributions.
    """

    project: ProjectSources
    local: Mapping[NormalizedName, ProjectSources] = field(default_factory=dict)
    requirements: Sequence[Dependency] = ()

    def source(self, dependency: Dependency, target: Target) -> DependencySource | None:
        """Return the source in the nearest configuration, ``None`` if the dependency comes from an index.

        The configuration of the distribution that requires it comes first, then those of what requires that
        distribution, and the project's comes last. Raises ``ProjectError`` for a source that can't be used.
        """
        scope = _scope(dependency, target)
        for configuration in self._on_the_way(dependency):
            source = configuration.source_of(dependency.requirement, target, scope)
            if source:
                return source
            scope = NO_SCOPE
        return None

    def _on_the_way(self, dependency: Dependency) -> Iterator[ProjectSources]:
        names = [_requirer(dependency)]
        for name in names:
            if name in self.local:
                yield self.local[canonicalize_name(name)]
            names += [other for other in self._requirers.get(name, ()) if other not in names]
        yield self.project

    @cached_property
    def _requirers(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for dependency in self.requirements:
            found.setdefault(dependency.name, []).append(_requirer(dependency))
        return found


def _requirer(dependency: Dependency) -> str:
    """Return the name of the distribution, or the project's table, that has the requirement."""
    return dependency.required_by.partition(" ")[0]


def _scope(dependency: Dependency, target: Target) -> Scope:
    """Return the extra or group that a requirement belongs to."""
    if dependency.required_by.startswith(_EXTRA):
        return Scope(extra=canonicalize_name(dependency.required_by.removeprefix(_EXTRA)))
    if dependency.required_by.startswith(_GROUP):
        return Scope(group=canonicalize_name(dependency.required_by.removeprefix(_GROUP)))
    marker = dependency.requirement.marker
    if marker is None or marker.evaluate({**target.markers, "extra": ""}):
        return Scope()
    extra = re.search(r'extra == "([^"]+)"', str(marker))
    return Scope(extra=canonicalize_name(extra[1]) if extra else None)
