"""The wheels for a target: resolved once for all archives that share them, then fetched and proved."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from packaging.utils import canonicalize_name

from hatch_lambda.dependencies.fetch import fetch
from hatch_lambda.dependencies.local import own_wheels
from hatch_lambda.dependencies.sdist_builds import FromSource
from hatch_lambda.dependencies.sources import shared_folder
from hatch_lambda.errors import ResolveError
from hatch_lambda.project import root_demands
from hatch_lambda.resolve.base import Resolution
from hatch_lambda.resolve.strategy import chosen_lock, fetching_host, is_ours, locked_commits, resolver_tool
from hatch_lambda.resolve.validate import check_requirements, demands, lacking_extras, needed, prove

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from packaging.utils import NormalizedName

    from hatch_lambda.config.options import LambdaConfig
    from hatch_lambda.dependencies.local import OwnWheels
    from hatch_lambda.project import Project
    from hatch_lambda.resolve.base import Commit, Demand, Host, Resolver
    from hatch_lambda.resolve.lock.commits import LockedCommits
    from hatch_lambda.resolve.lock.write import Locked
    from hatch_lambda.resolve.strategy import Upgrade
    from hatch_lambda.wheels.cache import Store
    from hatch_lambda.wheels.wheel import Wheel


class Step(Protocol):
    """Told when a step of the path begins; the context it returns ends with the step."""

    def __call__(self, name: str) -> AbstractContextManager[None]:
        """Begin the step."""


@dataclass(frozen=True)
class Gathered:
    """All wheels for some archives, sorted by name: what they were gathered for, and how they were chosen.

    ``remaining`` are the requirements that an index had to meet, ``commits`` where the wheels of repositories are from.
    """

    roots: tuple[Demand, ...]
    remaining: tuple[Demand, ...]
    resolution: Resolution
    wheels: tuple[Wheel, ...]
    commits: tuple[Commit, ...] = ()

    @property
    def found(self) -> Mapping[NormalizedName, Wheel]:
        """Return each wheel by its name."""
        return {wheel.name: wheel for wheel in self.wheels}


class Wheelhouse:
    """Where all archives of a run get their wheels from; the same requirements are resolved once.

    ``store`` keeps the wheels and ``host`` is what the tools that resolve and fetch may see.
    """

    def __init__(self, store: Store, host: Host, step: Step) -> None:
        self.store = store
        self.host = host
        self.step = step
        self._gathered: dict[object, Gathered] = {}

    def gather(self, project: Project, sharing: Sequence[LambdaConfig]) -> Gathered:
        """Return the wheels that archives of the project need together, who share resolver, lock and target.

        Raises ``HatchLambdaError`` if there are none, or not the right ones.
        """
        config = _together(sharing)
        roots = _roots(project, sharing)
        key = (config.resolved_with, tuple((root.by, str(root.requirement)) for root in roots))
        if key not in self._gathered:
            try:
                commits = locked_commits(config, self.host, self.store.memory)
                choose = partial(self._lock_or_resolver, config)
                self._gathered[key] = self._gather(project, roots, config, choose, commits)
            except ResolveError as error:
                raise _of_several(error, sharing) from None
        return self._gathered[key]

    def gather_anew(
        self,
        project: Project,
        sharing: Sequence[LambdaConfig],
        upgrade: Upgrade,
        before: Locked,
    ) -> Gathered:
        """Return the wheels for a new lock: of the versions and commits that it had, as far as the upgrade says."""
        config = _together(sharing)

        def choose(own: OwnWheels, constraints: tuple[str, ...]) -> Resolver:
            return upgrade.over(self._resolver(config, own, constraints), before.versions)

        return self._gather(project, _roots(project, sharing), config, choose, upgrade.commits(before.commits))

    def _gather(
        self,
        project: Project,
        roots: tuple[Demand, ...],
        config: LambdaConfig,
        choose: Callable[[OwnWheels, tuple[str, ...]], Resolver],
        locked: LockedCommits | None,
    ) -> Gathered:
        target = config.target
        with self.step("resolve"):
            name = canonicalize_name(project.name)
            check_requirements(roots, target)
            own = own_wheels(roots, name, target, self.store, self.host, locked=locked)
            with own.constraints() as constraints:
                resolver = choose(own, constraints)
                asked = (
                    resolver.resolve(own.remaining, target) if demands(own.remaining, {}, target) else Resolution(())
                )
                resolution = own.without(asked)
        with self.step("fetch"):
            wheels = self._fetch(own, resolution, config, project)
        with self.step("prove"):
            demanded = demands(roots, {wheel.name: wheel for wheel in wheels}, target)
            own.check_strangers(demanded, target, locked=not is_ours(config, self.host))
            prove(roots, wheels, target, resolution)
            lacking = tuple(dict.fromkeys(lacking_extras(roots, wheels, target)))
            resolution = replace(resolution, warnings=(*resolution.warnings, *lacking))
        return Gathered(roots, own.remaining, resolution, wheels, own.commits)

    def _fetch(
        self, own: OwnWheels, resolution: Resolution, config: LambdaConfig, project: Project
    ) -> tuple[Wheel, ...]:
        """Return the wheels that were built and those that are fetched now, sorted by name."""
        host = fetching_host(config, self.host, project.uv_tables)
        found = (*own.wheels, *fetch(resolution.pins, self.store, config.target, host))
        return tuple(sorted(found, key=lambda wheel: wheel.name))

    def _lock_or_resolver(self, config: LambdaConfig, own: OwnWheels, constraints: tuple[str, ...]) -> Resolver:
        lock = chosen_lock(config, self.host, self.store.memory, shared_folder(self.host.folder))
        if lock is None:
            return self._resolver(config, own, constraints)
        if is_ours(config, self.host):
            own.check_indexes()
        return lock

    def _resolver(self, config: LambdaConfig, own: OwnWheels, constraints: tuple[str, ...]) -> Resolver:
        """Return the tool that resolves, with more constraint files, and with wheels built from sdists in its reach."""
        own.check_indexes()
        config = replace(config, constraints=(*config.constraints, *constraints))
        if not config.build_from_source:
            return resolver_tool(config, self.host)
        return FromSource(partial(resolver_tool, config), config.build_from_source, self.host, self.store)


def _together(sharing: Sequence[LambdaConfig]) -> LambdaConfig:
    """Return one configuration that asks for all that these do."""
    first = sharing[0]
    return replace(
        first,
        features=tuple(dict.fromkeys(name for config in sharing for name in config.features)),
        dependency_groups=tuple(dict.fromkeys(name for config in sharing for name in config.dependency_groups)),
        constraints=tuple(dict.fromkeys(path for config in sharing for path in config.constraints)),
        build_from_source=tuple(dict.fromkeys(name for config in sharing for name in config.build_from_source)),
    )


def _of_several(error: ResolveError, sharing: Sequence[LambdaConfig]) -> ResolveError:
    """Return the error, with a word on how archives that want different things can be resolved apart."""
    names = ", ".join(config.version for config in sharing)
    if len({(config.features, config.dependency_groups) for config in sharing}) == 1:
        return error
    line = (
        f"{names}: resolved together, so that versions agree; constraints or a lock of its own sets one of them apart"
    )
    return ResolveError([*error.problems, line], detail=error.detail, excerpt=error.excerpt, missing=error.missing)


def _roots(project: Project, sharing: Sequence[LambdaConfig]) -> tuple[Demand, ...]:
    found = {
        (demand.by, str(demand.requirement)): demand for config in sharing for demand in root_demands(project, config)
    }
    return tuple(found.values())


@dataclass(frozen=True)
class Chosen:
    """What of the gathered wheels goes into one archive.

    ``left_out`` is what no archive requires, ``excluded`` what is required of distributions that this one excludes, and
    ``ignored`` each name that it excludes in vain.
    """

    wheels: tuple[Wheel, ...]
    left_out: tuple[str, ...]
    excluded: tuple[Demand, ...]
    ignored: tuple[str, ...]


def choose(gathered: Gathered, roots: Sequence[Demand], config: LambdaConfig) -> Chosen:
    """Return the wheels that an archive with these requirements needs, without what it excludes."""
    target, found = config.target, gathered.found
    required = needed(gathered.roots, found, target)
    without = config.exclude_packages
    kept = needed(roots, found, target, without=without)
    demanded = demands(roots, found, target, without=without)
    return Chosen(
        wheels=tuple(wheel for wheel in gathered.wheels if wheel.name in kept),
        left_out=tuple(str(wheel) for wheel in gathered.wheels if wheel.name not in required),
        excluded=tuple(demand for demand in demanded if canonicalize_name(demand.requirement.name) in without),
        ignored=tuple(name for name in config.exclude_packages if name not in required),
    )
