"""Keeps locked versions while a lock file is written again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.resolve.base import UPGRADE_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from packaging.utils import NormalizedName
    from packaging.version import Version

    from hatch_lambda.resolve.base import Dependency, Resolution, Resolver
    from hatch_lambda.resolve.lock.commits import LockedCommits
    from hatch_lambda.runtime.target import Target


@dataclass(frozen=True)
class Upgrade:
    """Which locked versions can change: all, those named, or by default only those that have to."""

    everything: bool = False
    names: frozenset[NormalizedName] = frozenset()

    def apply(self, resolver: Resolver, versions: Mapping[NormalizedName, Version]) -> Resolver:
        """Return a resolver that keeps the locked versions, except for those to upgrade."""
        if self.everything or not versions:
            return resolver
        return LockedVersionsResolver(resolver, {name: versions[name] for name in versions.keys() - self.names})

    def commits(self, locked: LockedCommits) -> LockedCommits:
        """Return the locked commits that stay pinned."""
        return locked.unpinned() if self.everything else locked.unpinned(self.names)

    def warnings(self, versions: Collection[NormalizedName]) -> tuple[Diagnostic, ...]:
        """Return a warning for each name that isn't in the lock file."""
        return tuple(
            Diagnostic(
                code="unused-upgrade",
                where=UPGRADE_VARIABLE,
                problem=f"{name!r} isn't in the lock file",
                fix="check the spelling, or remove the name",
                severity="warning",
            )
            for name in sorted(self.names.difference(versions))
        )


@dataclass(frozen=True)
class LockedVersionsResolver:
    """A resolver that keeps locked versions if possible."""

    resolver: Resolver
    versions: Mapping[NormalizedName, Version]

    def resolve(
        self, roots: Sequence[Dependency], target: Target, *, prefer: Mapping[NormalizedName, Version] | None = None
    ) -> Resolution:
        """Return the pins; raises ``ResolveError`` if other versions don't satisfy the roots either."""
        return self.resolver.resolve(roots, target, prefer={**self.versions, **(prefer or {})})
