"""What resolves without a lock file: pip or uv, which keeps locked versions while a lock file is written again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ConfigError
from hatch_lambda.resolve.base import UPGRADE_VARIABLE
from hatch_lambda.resolve.constraints import constraint_files
from hatch_lambda.resolve.pip.uv_counterparts import (
    fetching_environment,
    resolving_environment,
    unsupported_settings,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from packaging.utils import NormalizedName
    from packaging.version import Version

    from hatch_lambda.config.options import LambdaConfig
    from hatch_lambda.resolve.base import Dependency, Host, Resolution, Resolver
    from hatch_lambda.resolve.lock.commits import LockedCommits
    from hatch_lambda.resolve.uv_settings import UvSettings
    from hatch_lambda.runtime.target import Target


def resolver_tool(
    config: LambdaConfig, host: Host, uv: UvSettings, indexes: Mapping[NormalizedName, tuple[str, str]] | None = None
) -> Resolver:
    """Return the tool that resolves without a lock file; ``indexes`` are name and URL of the only index of a package.

    Raises ``ConfigError`` for a missing constraint file, and for settings of uv that pip can't follow.
    """
    constraints = constraint_files(config.constraints, host.directory, config.where("constraints"))
    if config.resolver == "uv":
        from hatch_lambda.resolve.uv import UvResolver

        return UvResolver(host, constraints, indexes or {})
    problems = unsupported_settings(uv)
    if problems:
        raise ConfigError(problems)
    from hatch_lambda.resolve.pip.resolver import PipResolver

    return PipResolver(host, constraints, config.runtimes, uv)


def resolving_host(host: Host, uv: UvSettings) -> Host:
    """Return the host with which pip resolves and builds: with the indexes and other settings of uv."""
    return replace(host, environ=resolving_environment(uv, host.environ), build_constraints=uv.build_constraints)


def fetching_host(config: LambdaConfig, host: Host, uv: UvSettings, *, locked: bool) -> Host:
    """Return the host with which pip fetches what a lock file, uv, or pip pinned: with credentials of uv's indexes."""
    environment = resolving_environment if config.resolver == "pip" and not locked else fetching_environment
    return replace(host, environ=environment(uv, host.environ))


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
