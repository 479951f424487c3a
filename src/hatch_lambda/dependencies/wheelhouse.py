"""Resolves the wheels for a target once for all archives that share them, then fetches and validates them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from hatch_lambda.dependencies.fetch import fetch
from hatch_lambda.dependencies.local import build_local_wheels, with_overrides
from hatch_lambda.dependencies.sources import shared_directory
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ConfigError, ResolveError
from hatch_lambda.project import root_dependencies
from hatch_lambda.resolve.base import Resolution
from hatch_lambda.resolve.hosts import fetching_host, resolving_host
from hatch_lambda.resolve.lock.find import chosen_lock, has_foreign_lock, has_lock_of_uv
from hatch_lambda.resolve.pip.waiting import WaitingPip
from hatch_lambda.resolve.validate import (
    check_requirements,
    missing_extras,
    python_problem,
    required_names,
    transitive_dependencies,
    validate,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from types import TracebackType

    from packaging.utils import NormalizedName
    from typing_extensions import Self

    from hatch_lambda.config.options import LambdaConfig
    from hatch_lambda.dependencies.local import LocalWheels
    from hatch_lambda.progress import Progress
    from hatch_lambda.project import Project
    from hatch_lambda.resolve.base import Dependency, Host, Resolver
    from hatch_lambda.resolve.commit import Commit
    from hatch_lambda.resolve.lock.commits import LockedCommits
    from hatch_lambda.resolve.lock.write import LockedState
    from hatch_lambda.resolve.upgrade import Upgrade
    from hatch_lambda.resolve.uv_settings import UvSettings
    from hatch_lambda.wheels.cache import WheelCache
    from hatch_lambda.wheels.wheel import Wheel


class Step(Protocol):
    """Starts a step of the build; the context that it returns ends with the step and receives its progress."""

    def __call__(self, name: str) -> AbstractContextManager[Progress]:
        """Start the step."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Resolved:
    """What is pinned for some archives of a project: the wheels of local dependencies, and a resolution of the others.

    ``config`` merges the configurations of the archives, and ``roots`` are their requirements.
    """

    project: Project
    config: LambdaConfig
    roots: tuple[Dependency, ...]
    local: LocalWheels
    resolution: Resolution


@dataclass(frozen=True)
class ResolvedWheels:
    """All wheels for some archives, sorted by name, with the requirements that they satisfy.

    ``remaining`` are the requirements that an index had to satisfy, ``commits`` the commits of Git dependencies, and
    ``indexes`` the URLs of the only index that a name comes from.
    """

    roots: tuple[Dependency, ...]
    remaining: tuple[Dependency, ...]
    resolution: Resolution
    wheels: tuple[Wheel, ...]
    commits: tuple[Commit, ...] = ()
    indexes: Mapping[NormalizedName, str] = field(default_factory=dict)

    @property
    def by_name(self) -> Mapping[NormalizedName, Wheel]:
        """Return each wheel by its name."""
        return {wheel.name: wheel for wheel in self.wheels}


class Wheelhouse:
    """The source of wheels for all archives of a run, which resolves, fetches, and validates the same ones once.

    ``wheel_cache`` keeps the wheels, and ``host`` is what pip and uv see of the build machine.
    """

    def __init__(self, wheel_cache: WheelCache, host: Host, step: Step) -> None:
        self.wheel_cache = wheel_cache
        self._waiting_pip = WaitingPip()
        self.host = replace(host, waiting_pip=self._waiting_pip)
        self.step = step
        self._resolved: dict[object, Resolved] = {}
        self._fetched: dict[Resolved, tuple[Wheel, ...]] = {}
        self._validated: dict[Resolved, ResolvedWheels] = {}

    def __enter__(self) -> Self:
        """Return the wheelhouse."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._waiting_pip.close()

    def resolve(self, project: Project, config: LambdaConfig, sharing: Sequence[LambdaConfig]) -> Resolved:
        """Return what is pinned for an archive, and for those that share its resolver, lock file, and target.

        The pins come from the lock file if there is one, else from uv or pip. Raises ``HatchLambdaError``.
        """
        sharing = (config,) if has_lock_of_uv(config, self.host) else _resolved_together(project, config, sharing)
        config = _merged_config(sharing)
        roots = _roots(project, sharing)
        key = (config.resolved_with, tuple(map(str, roots)))
        if key not in self._resolved:
            shared = shared_directory(self.host.directory)
            lock = chosen_lock(config, self.host, self.wheel_cache.results, project.uv, shared)
            choose = partial(self._lock_or_resolver, lock)
            try:
                commits = lock.commits(config.target) if lock else None
                resolve = partial(self._resolve, project, roots, choose=choose, locked=commits)
                self._resolved[key] = self._for_python(resolve, config)
            except ResolveError as error:
                raise _with_sharing_note(error, sharing) from None
        return self._resolved[key]

    def resolve_for_lock(
        self, project: Project, sharing: Sequence[LambdaConfig], upgrade: Upgrade, before: LockedState
    ) -> Resolved:
        """Return what is pinned for a new lock file, with the locked versions and commits that ``upgrade`` keeps."""
        config = _merged_config(sharing)
        fix = "run 'uv lock' instead, or set lock in the table of one of the zips"
        _check_conflicts(project, config, " and can't be in one lock file", fix)

        def choose(
            project: Project, config: LambdaConfig, local: LocalWheels, constraints: tuple[str, ...]
        ) -> Resolver:
            return upgrade.apply(self._resolver(project, config, local, constraints), before.versions)

        commits, roots = upgrade.commits(before.commits), _roots(project, sharing)
        return self._for_python(partial(self._resolve, project, roots, choose=choose, locked=commits), config)

    def fetch(self, resolved: Resolved) -> tuple[Wheel, ...]:
        """Return the local and the fetched wheels, sorted by name; each matches its hash. Raises ``ResolveError``."""
        if resolved not in self._fetched:
            pins, target = resolved.resolution.pins, resolved.config.target
            uv = resolved.project.uv.with_indexes(resolved.local.uv_indexes)
            host = fetching_host(resolved.config, self.host, uv, locked=resolved.resolution.is_lock)
            with self.step("fetch") as progress:
                fetched = fetch(pins, self.wheel_cache, target, host, progress)
            changed = (with_overrides(wheel, resolved.project.uv.overrides) for wheel in fetched)
            self._fetched[resolved] = tuple(sorted((*resolved.local.wheels, *changed), key=lambda wheel: wheel.name))
        return self._fetched[resolved]

    def validate(self, resolved: Resolved, wheels: tuple[Wheel, ...]) -> ResolvedWheels:
        """Return the wheels if they satisfy every requirement on the target; raises ``HatchLambdaError`` if not."""
        if resolved not in self._validated:
            with self.step("validate"):
                self._validated[resolved] = self._checked(resolved, wheels)
        return self._validated[resolved]

    def _checked(self, resolved: Resolved, wheels: tuple[Wheel, ...]) -> ResolvedWheels:
        config, roots, local, resolution = resolved.config, resolved.roots, resolved.local, resolved.resolution
        target = config.target
        requirements = transitive_dependencies(roots, {wheel.name: wheel for wheel in wheels}, target)
        local.check_dependency_confusion(requirements, target, locked=has_foreign_lock(config, self.host))
        validate(roots, wheels, target, resolution, resolved.project.uv.constraint_dependencies)
        extras = tuple(dict.fromkeys(missing_extras(roots, wheels, target)))
        resolution = replace(resolution, warnings=(*resolution.warnings, *extras))
        return ResolvedWheels(roots, local.remaining, resolution, wheels, local.commits, local.index_urls)

    def _for_python(self, resolve: Callable[[LambdaConfig], Resolved], config: LambdaConfig) -> Resolved:
        """Return what is pinned; if uv pinned a wheel for other versions of Python, what pip pins, if uv isn't a must.

        uv ignores upper bounds of Requires-Python, such as ``<3.13``, and pip doesn't.
        """
        resolved = resolve(config)
        if not resolved.resolution.ignores_python or resolved.local.indexes or config.resolver != "auto":
            return resolved
        target = config.target
        excluded = next((wheel for wheel in self.fetch(resolved) if python_problem(wheel, target)), None)
        if excluded is None:
            return resolved
        found = resolve(replace(config, resolver="pip"))
        reason = f"pip, because uv ignores that {excluded} requires Python {excluded.requires_python}"
        return replace(found, config=config, resolution=replace(found.resolution, resolver=reason))

    def _resolve(
        self,
        project: Project,
        roots: tuple[Dependency, ...],
        config: LambdaConfig,
        *,
        choose: Callable[[Project, LambdaConfig, LocalWheels, tuple[str, ...]], Resolver],
        locked: LockedCommits | None,
    ) -> Resolved:
        """Return what is pinned: local dependencies first, because their requirements are resolved with the others."""
        target = config.target
        with self.step("resolve") as progress:
            check_requirements(roots, target)
            local = build_local_wheels(
                roots,
                project,
                target,
                self.wheel_cache,
                resolving_host(self.host, project.uv),
                locked=locked,
                progress=progress,
            )
            with local.constraints() as constraints:
                resolver = choose(project, config, local, constraints)
                is_needed = bool(transitive_dependencies(local.remaining, {}, target))
                if is_needed and self.wheel_cache.is_empty:
                    self._start_pip()
                found = resolver.resolve(local.remaining, target) if is_needed else Resolution(())
            resolution = local.without(found)
            _check_uv_settings(project.uv, local, resolution)
        return Resolved(project=project, config=config, roots=roots, local=local, resolution=resolution)

    def _start_pip(self) -> None:
        """Start pip, which will download something, so that it imports its modules while uv resolves."""
        from hatch_lambda.resolve.pip.command import pip_environment  # here, because most builds don't start pip

        if not self.host.offline and not self.host.raw_output:
            self._waiting_pip.start(pip_environment(self.host.environ), self.host.directory)

    def _lock_or_resolver(
        self,
        lock: Resolver | None,
        project: Project,
        config: LambdaConfig,
        local: LocalWheels,
        constraints: tuple[str, ...],
    ) -> Resolver:
        if lock is None:
            return self._resolver(project, config, local, constraints)
        if not has_foreign_lock(config, self.host):
            from hatch_lambda.resolve.lock.read import LockResolver

            if isinstance(lock, LockResolver):
                local.check_indexes(config.resolver)
                local.check_locked_indexes(lock.indexes(config.target), lock.file.name)
        return lock

    def _resolver(
        self, project: Project, config: LambdaConfig, local: LocalWheels, constraints: tuple[str, ...]
    ) -> Resolver:
        """Return the resolver, with more constraint files, and with source builds if the configuration allows some."""
        # here, because builds with a lock file need none of it
        from hatch_lambda.resolve.strategy import choose_resolver, pip_resolver, uv_resolver

        overrides = project.uv.overrides.without_urls({wheel.name for wheel in local.wheels})
        settings = replace(project.uv, overrides=overrides)
        indexes = {name: (source.url, source.index_url) for name, source in local.indexes.items()}
        config = replace(config, constraints=(*config.constraints, *constraints))
        choice = choose_resolver(config, self.host, project.uv)
        local.check_indexes(choice.tool)
        pip = self._with_source_builds(config, choice.host, partial(pip_resolver, config, choice, settings))
        if choice.tool == "pip":
            return pip
        uv = self._with_source_builds(config, choice.host, partial(uv_resolver, config, choice, indexes))
        if indexes:
            return uv  # pip would look up the names of an index on all others
        from hatch_lambda.resolve.explained_uv import ExplainedUvResolver

        return ExplainedUvResolver(
            uv,
            pip,
            choice.host,
            self.wheel_cache.results,
            release_files=uv_resolver(config, choice, indexes, choice.host).release_files,
            same_releases=choice.same_releases,
        )

    def _with_source_builds(self, config: LambdaConfig, host: Host, make: Callable[[Host], Resolver]) -> Resolver:
        if not config.build_from_source:
            return make(host)
        from hatch_lambda.dependencies.sdist_builds import SdistBuildResolver

        return SdistBuildResolver(make, config.build_from_source, host, self.wheel_cache)


_CONFLICTS = frozenset({"conflict", "resolver-failed"})
"""Codes of errors that requirements of several archives can cause together; uv's conflicts have the second."""


def _check_uv_settings(uv: UvSettings, local: LocalWheels, resolution: Resolution) -> None:
    """Raise ``ResolveError`` for each setting of uv that the resolution doesn't follow."""
    sdists = {pin.name for pin in resolution.pins if not pin.is_wheel}
    problems = uv.problems(
        built={wheel.name for wheel in local.wheels} | sdists,
        wheels={pin.name for pin in resolution.pins} - sdists,
        sources=local.sources.project.sources.keys(),
    )
    if problems:
        raise ResolveError(problems)


def _resolved_together(
    project: Project, config: LambdaConfig, sharing: Sequence[LambdaConfig]
) -> tuple[LambdaConfig, ...]:
    """Return the archives to resolve together with one: all in ``sharing`` unless their extras or groups conflict.

    Then, they are those with the same extras and groups. Raises ``ConfigError`` if those of the archive conflict.
    """
    _check_conflicts(project, config, "", "remove one of them")
    merged = _merged_config(sharing)
    if not project.uv.conflict(project.name, merged.features, merged.dependency_groups):
        return tuple(sharing)
    chosen = (config.features, config.dependency_groups)
    return tuple(other for other in sharing if (other.features, other.dependency_groups) == chosen)


def _check_conflicts(project: Project, config: LambdaConfig, consequence: str, fix: str) -> None:
    """Raise ``ConfigError`` if the extras and groups of a configuration exclude each other."""
    if both := project.uv.conflict(project.name, config.features, config.dependency_groups):
        problem = f"{' and '.join(both)} exclude each other in {project.uv.where('conflicts')}{consequence}"
        where = config.where("features" if config.features else "dependency-groups")
        raise ConfigError(Diagnostic(code="conflict", where=where, problem=problem, fix=fix))


def _merged_config(sharing: Sequence[LambdaConfig]) -> LambdaConfig:
    """Return one configuration with the extras, groups, constraints, and source builds of all."""
    first = sharing[0]
    return replace(
        first,
        features=tuple(dict.fromkeys(name for config in sharing for name in config.features)),
        dependency_groups=tuple(dict.fromkeys(name for config in sharing for name in config.dependency_groups)),
        constraints=tuple(dict.fromkeys(path for config in sharing for path in config.constraints)),
        build_from_source=tuple(dict.fromkeys(name for config in sharing for name in config.build_from_source)),
    )


def _with_sharing_note(error: ResolveError, sharing: Sequence[LambdaConfig]) -> ResolveError:
    """Return the error, and if archives with different extras or groups conflict, how to resolve one separately."""
    is_conflict = any(isinstance(one, Diagnostic) and one.code in _CONFLICTS for one in error.diagnostics)
    if not is_conflict or len({(config.features, config.dependency_groups) for config in sharing}) == 1:
        return error
    note = Diagnostic(
        code="conflict",
        where=", ".join(config.build_name for config in sharing),
        problem="resolved together, so that their versions agree",
        fix="to resolve one separately, set constraints or lock in its table",
    )
    return ResolveError([*error.diagnostics, note], detail=error.detail, excerpt=error.excerpt, missing=error.missing)


def _roots(project: Project, sharing: Sequence[LambdaConfig]) -> tuple[Dependency, ...]:
    found = {
        (dependency.required_by, str(dependency.requirement)): dependency
        for config in sharing
        for dependency in root_dependencies(project, config)
    }
    return tuple(found.values())


@dataclass(frozen=True)
class SelectedWheels:
    """The wheels of one archive.

    ``superfluous`` are wheels that no archive requires, ``excluded`` the requirements of excluded
    packages, and ``ignored`` the unused exclusions.
    """

    wheels: tuple[Wheel, ...]
    superfluous: tuple[str, ...]
    excluded: tuple[Dependency, ...]
    ignored: tuple[str, ...]


def select_wheels(resolved: ResolvedWheels, roots: Sequence[Dependency], config: LambdaConfig) -> SelectedWheels:
    """Return the wheels that an archive with these requirements needs, without those that it excludes."""
    target, found = config.target, resolved.by_name
    required = required_names(resolved.roots, found, target)
    without = config.exclude_packages
    kept = required_names(roots, found, target, without=without)
    requirements = transitive_dependencies(roots, found, target, without=without)
    return SelectedWheels(
        wheels=tuple(wheel for wheel in resolved.wheels if wheel.name in kept),
        superfluous=tuple(str(wheel) for wheel in resolved.wheels if wheel.name not in required),
        excluded=tuple(dependency for dependency in requirements if dependency.name in without),
        ignored=tuple(name for name in config.exclude_packages if name not in required),
    )
