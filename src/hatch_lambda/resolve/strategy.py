"""What pins the versions: the project's lock file if it has one; otherwise, pip or uv."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hatch_lambda.config.options import LOCK_FILE, TABLE
from hatch_lambda.config.targets import VARIABLES
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ConfigError
from hatch_lambda.resolve.base import UPGRADE_VARIABLE
from hatch_lambda.resolve.constraints import constraint_files
from hatch_lambda.resolve.lock.read import CREATED_BY, LockResolver, LockSelection, lock_creator
from hatch_lambda.resolve.lock.requirements_txt import RequirementsTxtResolver
from hatch_lambda.resolve.pip.resolver import PipResolver
from hatch_lambda.resolve.pip.uv_counterparts import (
    fetching_environment,
    resolving_environment,
    searching_environment,
    unsupported_settings,
)
from hatch_lambda.resolve.uv import UvResolver

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from packaging.utils import NormalizedName
    from packaging.version import Version

    from hatch_lambda.config.options import LambdaConfig
    from hatch_lambda.diagnostics import Code
    from hatch_lambda.resolve.base import Dependency, Host, Resolution, Resolver
    from hatch_lambda.resolve.cache import ResultCache
    from hatch_lambda.resolve.lock.commits import LockedCommits
    from hatch_lambda.resolve.uv_settings import UvSettings
    from hatch_lambda.runtime.target import Target


def chosen_lock(
    config: LambdaConfig, host: Host, results: ResultCache, uv: UvSettings, shared: Path | None = None
) -> RequirementsTxtResolver | LockResolver | None:
    """Return the lock file if the project has one; raises ``ConfigError`` if it has two for the same zips.

    ``shared`` is the directory whose files a lock file can name, if it isn't the project's directory.
    """
    default = host.directory / LOCK_FILE
    path = host.directory / config.lock if config.lock else default
    is_own = config.where("lock") != f"{TABLE}.lock"  # otherwise, the default lock file belongs to other zips
    if config.lock and not is_own and default.is_file() and path.resolve() != default.resolve():
        raise ConfigError(
            _lock_problem(config, "lock-conflict", f"{config.lock!r}, but {LOCK_FILE} exists too", "remove one of them")
        )
    if config.lock is None and not default.is_file():
        return None
    if path.suffix != ".toml":
        return RequirementsTxtResolver(path, replace(host, environ=searching_environment(uv, host.environ)), results)
    overridden = frozenset(option for option, variable in VARIABLES.items() if host.environ.get(variable))
    wanted = LockSelection(config.features, config.dependency_groups, config.build_from_source, overridden)
    return LockResolver(path, host.directory, wanted, shared or host.directory)


def locked_commits(config: LambdaConfig, host: Host, results: ResultCache, uv: UvSettings) -> LockedCommits | None:
    """Return the commits in the project's lock file for the target; ``None`` without a lock file."""
    lock = chosen_lock(config, host, results, uv)
    return lock.commits(config.target) if lock else None


def lock_path(config: LambdaConfig, host: Host) -> Path:
    """Return the path of our lock file; raises ``ConfigError`` if ``lock`` names a file in another format."""
    path = host.directory / (config.lock or LOCK_FILE)
    if path.suffix != ".toml":
        problem = f"-t lambda:lock doesn't write the format of {config.lock!r}"
        fix = 'update the file with its own tool, or set lock = "pylock.toml"'
        raise ConfigError(_lock_problem(config, "unsupported-lock", problem, fix))
    return path


def _lock_problem(config: LambdaConfig, code: Code, problem: str, fix: str) -> Diagnostic:
    where = config.where("lock")
    return Diagnostic(code=code, where=where, problem=problem, fix=fix, table=where.rpartition(".")[0])


def is_replaceable_lock(config: LambdaConfig, host: Host) -> bool:
    """Return whether -t lambda:lock can write the lock file: none exists yet, or hatch-lambda wrote it."""
    path = host.directory / (config.lock or LOCK_FILE)
    return path.suffix == ".toml" and (not path.is_file() or lock_creator(path) in {None, CREATED_BY})


def resolver_tool(config: LambdaConfig, host: Host, uv: UvSettings) -> Resolver:
    """Return the tool that resolves without a lock file.

    Raises ``ConfigError`` for a missing constraint file, and for settings of uv that pip can't follow.
    """
    constraints = constraint_files(config.constraints, host.directory, config.where("constraints"))
    if config.resolver == "uv":
        return UvResolver(host, constraints)
    problems = unsupported_settings(uv)
    if problems:
        raise ConfigError(problems)
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
