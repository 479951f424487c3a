"""Who resolves: the project's lock if it has one, else pip or uv."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from hatch_lambda.config import LOCK_FILE, TABLE
from hatch_lambda.errors import ConfigError, ResolveError
from hatch_lambda.resolve.hashed import HashedResolver
from hatch_lambda.resolve.lock import LockResolver
from hatch_lambda.resolve.pip import PipResolver
from hatch_lambda.resolve.uv import UvResolver, pip_environment_of_uv

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from packaging.utils import NormalizedName
    from packaging.version import Version

    from hatch_lambda.config import LambdaConfig
    from hatch_lambda.resolve.base import Demand, Host, Resolution, Resolver
    from hatch_lambda.target import Target


def chosen_resolver(config: LambdaConfig, host: Host, store: Path) -> Resolver:
    """Return the lock if the project has one, else who resolves; raises ``ConfigError`` if it has two."""
    default = host.folder / LOCK_FILE
    path = host.folder / config.lock if config.lock else default
    if config.lock and default.is_file() and path.resolve() != default.resolve():
        raise ConfigError(f"{TABLE}.lock: names {config.lock!r}, but there is {LOCK_FILE} too; remove one of them")
    if config.lock is None and not default.is_file():
        return fresh_resolver(config, host)
    if path.suffix == ".txt":
        return HashedResolver(path, host, store / "locks")
    return LockResolver(path, host.folder, config.features, config.dependency_groups)


def fresh_resolver(config: LambdaConfig, host: Host) -> Resolver:
    """Return the tool that resolves where no lock says the versions."""
    if config.resolver == "uv":
        return UvResolver(host, config.constraints)
    return PipResolver(host, config.constraints)


def fetching_host(config: LambdaConfig, host: Host, uv_tables: Sequence[Mapping[str, Any]]) -> Host:
    """Return what pip may see when it fetches: for what uv resolved, the credentials of uv's indexes too."""
    if config.resolver != "uv":
        return host
    return replace(host, environ=pip_environment_of_uv(host.environ, uv_tables))


UPGRADE_VARIABLE = "HATCH_LAMBDA_UPGRADE"


@dataclass(frozen=True)
class Upgrade:
    """Which locked versions may change: all of them, those named, or by default only those that have to."""

    everything: bool = False
    names: frozenset[NormalizedName] = frozenset()

    def kept(self, versions: Mapping[NormalizedName, Version]) -> dict[NormalizedName, Version]:
        """Return the versions that should stay."""
        return {} if self.everything else {name: found for name, found in versions.items() if name not in self.names}

    def warnings(self, versions: Mapping[NormalizedName, Version]) -> tuple[str, ...]:
        """Return a sentence for each name that frees nothing."""
        return tuple(
            f"{UPGRADE_VARIABLE} names {name!r}, which the lock did not have; it changes nothing."
            for name in sorted(self.names - versions.keys())
        )


@dataclass(frozen=True)
class Preferring:
    """A resolver that keeps versions where it can, and starts afresh where it cannot."""

    resolver: Resolver
    versions: Mapping[NormalizedName, Version] = field(default_factory=dict)

    def resolve(
        self, roots: Sequence[Demand], target: Target, *, prefer: Mapping[NormalizedName, Version] | None = None
    ) -> Resolution:
        """Return the pins; raises ``ResolveError`` where there are none with other versions either."""
        wanted = {canonicalize_name(root.requirement.name): root.requirement.specifier for root in roots}
        kept = {
            name: version
            for name, version in {**self.versions, **(prefer or {})}.items()
            if name not in wanted or wanted[name].contains(version, prereleases=True)
        }
        try:
            return self.resolver.resolve(roots, target, prefer=kept)
        except ResolveError:
            if not kept:
                raise
        return self.resolver.resolve(roots, target)
