"""Which configuration says where a requirement's distribution is: the nearest one on the way from the project to it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from hatch_lambda.dependencies.sources import Scope

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from packaging.utils import NormalizedName

    from hatch_lambda.dependencies.sources import Place, Surroundings
    from hatch_lambda.resolve.base import Demand
    from hatch_lambda.runtime.target import Target

_EXTRA, _GROUP = "project.optional-dependencies.", "dependency-groups."


@dataclass(frozen=True)
class DependencySources:
    """What the project says of where distributions are, and what each of its local dependencies says.

    ``demanded`` is every requirement that is known, of the roots and of distributions.
    """

    project: Surroundings
    local: Mapping[NormalizedName, Surroundings] = field(default_factory=dict)
    demanded: Sequence[Demand] = ()

    def place(self, demand: Demand, target: Target) -> Place | None:
        """Return where the nearest configuration on the way has the distribution; ``None`` if all leave it to an index.

        That of the distribution that requires it comes first, then those of what requires that, and the project's is
        the last. Raises ``ProjectError`` for a source that cannot be used.
        """
        scope = _scope(demand, target)
        for surroundings in self._on_the_way(demand):
            place = surroundings.place(demand.requirement, target, scope)
            if place:
                return place
            scope = Scope()
        return None

    def _on_the_way(self, demand: Demand) -> Iterator[Surroundings]:
        names = [_requirer(demand)]
        for name in names:
            if name in self.local:
                yield self.local[canonicalize_name(name)]
            names += [other for other in self._requirers.get(name, ()) if other not in names]
        yield self.project

    @cached_property
    def _requirers(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for demand in self.demanded:
            found.setdefault(canonicalize_name(demand.requirement.name), []).append(_requirer(demand))
        return found


def _requirer(demand: Demand) -> str:
    """Return the name of the distribution that has the requirement, or the table of the project."""
    return demand.by.partition(" ")[0]


def _scope(demand: Demand, target: Target) -> Scope:
    """Return the extra or group that a requirement is of."""
    if demand.by.startswith(_EXTRA):
        return Scope(extra=canonicalize_name(demand.by.removeprefix(_EXTRA)))
    if demand.by.startswith(_GROUP):
        return Scope(group=canonicalize_name(demand.by.removeprefix(_GROUP)))
    marker = demand.requirement.marker
    if marker is None or marker.evaluate({**target.markers, "extra": ""}):
        return Scope()
    extra = re.search(r'extra == "([^"]+)"', str(marker))
    return Scope(extra=canonicalize_name(extra[1]) if extra else None)
