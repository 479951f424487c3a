"""What pins the versions: the project's lock file if it has one; otherwise, pip or uv."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from hatch_lambda.config.options import LOCK_FILE
from hatch_lambda.config.targets import VARIABLES
from hatch_lambda.diagnostics import Diagnostic
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
    from hatch_lambda.diagnostics import Code
    from hatch_lambda.resolve.base import Dependency, Host, Resolution, Resolver
    from hatch_lambda.resolve.cache import ResultCache
    from hatch_lambda.resolve.lock.commits import LockedCommits
    from hatch_lambda.runtime.target import Target


def chosen_lock(
    config: LambdaConfig, host: Host, results: ResultCache, shared: Path | None = None
) -> RequirementsTxtResolver | LockResolver | None:
    """Return the lock file if the project has one; raises ``ConfigError`` if it has two for the same zips.

    ``shared`` is the directory whose files a lock file can name, if it isn't the project's directory.
    """
    default = host.directory / LOCK_FILE
    path = host.directory / config.lock if config.lock else default
    is_own = config.where("lock") != f"{config.table}.lock"  # otherwise, the default lock file belongs to other zips
    if config.lock and not is_own and default.is_file() and path.resolve() != default.resolve():
        raise ConfigError(
            _lock_problem(config, "lock-conflict", f"{config.lock!r}, but {LOCK_FILE} exists too", "remove one of them")
        )
    if config.lock is None and not default.is_file():
        return None
    if path.suffix != ".toml":
        return RequirementsTxtResolver(path, host, results)
    overridden = frozenset(option for option, variable in VARIABLES.items() if host.environ.get(variable))
    wanted = LockSelection(config.features, config.dependency_groups, config.build_from_source, overridden)
    return LockResolver(path, host.directory, wanted, shared or host.directory)


def locked_commits(config: LambdaConfig, host: Host, results: ResultCache) -> LockedCommits | None:
    """Return the commits in the project's lock file for the target; ``None`` without a lock file."""
    lock = chosen_lock(config, host, results)
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
