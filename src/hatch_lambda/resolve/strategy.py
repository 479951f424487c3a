"""What resolves without a lock file: pip or uv, which keeps locked versions while a lock file is written again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ResolveError
from hatch_lambda.resolve.base import UPGRADE_VARIABLE
from hatch_lambda.resolve.constraints import constraint_files
from hatch_lambda.resolve.pip.resolver import PipResolver
from hatch_lambda.resolve.uv import UvResolver, pip_environment_of_uv

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from packaging.utils import NormalizedName
    from packaging.version import Version

    from hatch_lambda.config.options import LambdaConfig
    from hatch_lambda.resolve.base import Dependency, Host, Resolution, Resolver
    from hatch_lambda.resolve.lock.commits import LockedCommits
    from hatch_lambda.runtime.target import Target


def resolver_tool(config: LambdaConfig, host: Host) -> Resolver:
    """Return the tool that resolves without a lock file; raises ``ConfigError`` for a missing constraint file."""
    constraints = constraint_files(config.constraints, host.directory, config.where("constraints"))
    if config.resolver == "uv":
        return UvResolver(host, constraints)
    return PipResolver(host, constraints, config.runtimes)


def fetching_host(config: LambdaConfig, host: Host, uv_tables: Sequence[Mapping[str, Any]]) -> Host:
    """Return the host with which pip fetches; if uv resolved, it includes the credentials of uv's indexes."""
    if config.resolver != "uv":
        return host
    return replace(host, environ=pip_environment_of_uv(host.environ, uv_tables))


@dataclass(frozen=True)
class Upgrade:
    """Which locked versions can change: all, those named, or by default only those that have to."""

    everything: bool = False
    names: frozenset[NormalizedName] = frozenset()

    def apply(self, resolver: Resolver, versions: Mapping[NormalizedName, Version]) -> Resolver:
        """Return a resolver that keeps the locked versions, except for those to upgrade."""
        if self.everything or not versions:
            return resolver
        return LockedVersionsResolver(resolver, versions, self.names & versions.keys())

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
    """A resolver that keeps locked versions if possible.

    ``unpinned`` can change, and so can each distribution whose requirement changed, and the dependencies of these.
    """

    resolver: Resolver
    versions: Mapping[NormalizedName, Version] = field(default_factory=dict)
    unpinned: frozenset[NormalizedName] = frozenset()

    def resolve(
        self, roots: Sequence[Dependency], target: Target, *, prefer: Mapping[NormalizedName, Version] | None = None
    ) -> Resolution:
        """Return the pins; raises ``ResolveError`` if other versions don't satisfy the roots either."""
        locked = {**self.versions, **(prefer or {})}
        changed = self.unpinned | {
            name
            for root in roots
            if (name := root.name) not in locked
            or root.requirement.url
            or not root.requirement.specifier.contains(locked[name], prereleases=True)
        }
        found = self._keeping(roots, target, locked, changed)
        if found and not self.unpinned:
            return found
        free = self.resolver.resolve(roots, target)
        if found and _versions(found, self.unpinned) == _versions(free, self.unpinned):
            return found
        return self._keeping(roots, target, locked, _reached(free, changed)) or free

    def _keeping(
        self,
        roots: Sequence[Dependency],
        target: Target,
        locked: Mapping[NormalizedName, Version],
        changed: frozenset[NormalizedName],
    ) -> Resolution | None:
        """Return pins with the locked versions of everything unchanged; ``None`` if that isn't possible."""
        kept = {name: version for name, version in locked.items() if name not in changed}
        try:
            return self.resolver.resolve(roots, target, prefer=kept) if kept else None
        except ResolveError:
            return None


def _versions(resolution: Resolution, names: frozenset[NormalizedName]) -> dict[NormalizedName, Version]:
    return {pin.name: pin.version for pin in resolution.pins if pin.name in names}


def _reached(resolution: Resolution, names: frozenset[NormalizedName]) -> frozenset[NormalizedName]:
    """Return the names and their dependencies, as far as the resolver reports them."""
    required = {
        dependency.name for dependency in resolution.dependencies if dependency.required_by.partition(" ")[0] in names
    }
    return names if required <= names else _reached(resolution, names | required)
