"""Who says the versions: the project's lock if it has one, else pip or uv."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from hatch_lambda.config.options import LOCK_FILE, TABLE
from hatch_lambda.config.targets import VARIABLES
from hatch_lambda.errors import ConfigError, ResolveError
from hatch_lambda.resolve.base import UPGRADE_VARIABLE
from hatch_lambda.resolve.constraints import constraint_files
from hatch_lambda.resolve.lock.read import CREATED_BY, LockResolver, LockSelection, lock_creator
from hatch_lambda.resolve.lock.requirements_txt import RequirementsTxtResolver
from hatch_lambda.resolve.pip.resolver import PipResolver
from hatch_lambda.resolve.uv import UvResolver, pip_environment_of_uv

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from packaging.utils import NormalizedName
    from packaging.version import Version

    from hatch_lambda.config.options import LambdaConfig
    from hatch_lambda.resolve.base import Dependency, Host, Resolution, Resolver
    from hatch_lambda.resolve.cache import ResultCache
    from hatch_lambda.resolve.lock.commits import LockedCommits
    from hatch_lambda.runtime.target import Target


def chosen_lock(
    config: LambdaConfig, host: Host, results: ResultCache, shared: Path | None = None
) -> RequirementsTxtResolver | LockResolver | None:
    """Return the lock if the project has one; raises ``ConfigError`` if it has two for the same archives.

    ``shared`` is the folder whose files a lock may name, if it is not the project's own.
    """
    default = host.directory / LOCK_FILE
    path = host.directory / config.lock if config.lock else default
    is_own = config.where("lock") != f"{TABLE}.lock"  # and the other is that of other archives
    if config.lock and not is_own and default.is_file() and path.resolve() != default.resolve():
        raise ConfigError(
            f"{config.where('lock')}: names {config.lock!r}, but there is {LOCK_FILE} too; remove one of them"
        )
    if config.lock is None and not default.is_file():
        return None
    if path.suffix != ".toml":
        return RequirementsTxtResolver(path, host, results)
    overridden = frozenset(option for option, variable in VARIABLES.items() if host.environ.get(variable))
    wanted = LockSelection(config.features, config.dependency_groups, config.build_from_source, overridden)
    return LockResolver(path, host.directory, wanted, shared or host.directory)


def locked_commits(config: LambdaConfig, host: Host, results: ResultCache) -> LockedCommits | None:
    """Return the commits that the project's lock has for the target; ``None`` without a lock."""
    lock = chosen_lock(config, host, results)
    return lock.commits(config.target) if lock else None


def lock_path(config: LambdaConfig, host: Host) -> Path:
    """Return where our lock is written to; raises ``ConfigError`` if ``lock`` names a file that is not for us."""
    path = host.directory / (config.lock or LOCK_FILE)
    if path.suffix != ".toml":
        raise ConfigError(
            f"{config.where('lock')}: names {config.lock!r}, which -t lambda:lock does not write; make it with its own "
            "tool, or name a pylock.toml"
        )
    return path


def is_replaceable_lock(config: LambdaConfig, host: Host) -> bool:
    """Return whether the lock of an archive is for us to write: there is none yet, or none that another tool made."""
    path = host.directory / (config.lock or LOCK_FILE)
    return path.suffix == ".toml" and (not path.is_file() or lock_creator(path) in {None, CREATED_BY})


def resolver_tool(config: LambdaConfig, host: Host) -> Resolver:
    """Return the tool that resolves where no lock says the versions.

    Raises ``ConfigError`` for a constraint file that is not there.
    """
    constraints = constraint_files(config.constraints, host.directory, config.where("constraints"))
    if config.resolver == "uv":
        return UvResolver(host, constraints)
    return PipResolver(host, constraints, config.runtimes)


def fetching_host(config: LambdaConfig, host: Host, uv_tables: Sequence[Mapping[str, Any]]) -> Host:
    """Return what pip may see when it fetches: for what uv resolved, the credentials of uv's indexes too."""
    if config.resolver != "uv":
        return host
    return replace(host, environ=pip_environment_of_uv(host.environ, uv_tables))


@dataclass(frozen=True)
class Upgrade:
    """Which locked versions may change: all of them, those named, or by default only those that have to."""

    everything: bool = False
    names: frozenset[NormalizedName] = frozenset()

    def apply(self, resolver: Resolver, versions: Mapping[NormalizedName, Version]) -> Resolver:
        """Return a resolver that keeps the locked versions as this upgrade says."""
        if self.everything or not versions:
            return resolver
        return LockedVersionsResolver(resolver, versions, self.names & versions.keys())

    def commits(self, locked: LockedCommits) -> LockedCommits:
        """Return the locked commits that are kept."""
        return locked.unpinned() if self.everything else locked.unpinned(self.names)

    def warnings(self, versions: Collection[NormalizedName]) -> tuple[str, ...]:
        """Return a sentence for each name that frees nothing."""
        return tuple(
            f"{UPGRADE_VARIABLE} names {name!r}, which the lock did not have; it changes nothing."
            for name in sorted(self.names.difference(versions))
        )


@dataclass(frozen=True)
class LockedVersionsResolver:
    """A resolver that keeps locked versions where it can.

    ``unpinned`` may change; so may what the project now requires otherwise, and what any of these requires.
    """

    resolver: Resolver
    versions: Mapping[NormalizedName, Version] = field(default_factory=dict)
    freed: frozenset[NormalizedName] = frozenset()

    def resolve(
        self, roots: Sequence[Dependency], target: Target, *, prefer: Mapping[NormalizedName, Version] | None = None
    ) -> Resolution:
        """Return the pins; raises ``ResolveError`` where there are none with other versions either."""
        locked = {**self.versions, **(prefer or {})}
        changed = self.freed | {
            name
            for root in roots
            if (name := canonicalize_name(root.requirement.name)) not in locked
            or root.requirement.url
            or not root.requirement.specifier.contains(locked[name], prereleases=True)
        }
        found = self._keeping(roots, target, locked, changed)
        if found and not self.freed:
            return found
        free = self.resolver.resolve(roots, target)
        if found and _versions(found, self.freed) == _versions(free, self.freed):
            return found
        return self._keeping(roots, target, locked, _reached(free, changed)) or free

    def _keeping(
        self,
        roots: Sequence[Dependency],
        target: Target,
        locked: Mapping[NormalizedName, Version],
        changed: frozenset[NormalizedName],
    ) -> Resolution | None:
        """Return the pins with the locked versions of all that is not changed; ``None`` where there are none."""
        kept = {name: version for name, version in locked.items() if name not in changed}
        try:
            return self.resolver.resolve(roots, target, prefer=kept) if kept else None
        except ResolveError:
            return None


def _versions(resolution: Resolution, names: frozenset[NormalizedName]) -> dict[NormalizedName, Version]:
    return {pin.name: pin.version for pin in resolution.pins if pin.name in names}


def _reached(resolution: Resolution, names: frozenset[NormalizedName]) -> frozenset[NormalizedName]:
    """Return the names and all that they require, as far as the resolver tells."""
    required = {
        canonicalize_name(dependency.requirement.name)
        for dependency in resolution.dependencies
        if dependency.required_by.partition(" ")[0] in names
    }
    return names if required <= names else _reached(resolution, names | required)
