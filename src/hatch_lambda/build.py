"""The main job, from a configuration to a report."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from packaging.utils import canonicalize_name

from hatch_lambda.archive import write_archive
from hatch_lambda.checks import check_candidate
from hatch_lambda.checks.base import Candidate
from hatch_lambda.checks.limits import check_zipped
from hatch_lambda.fetch import fetch
from hatch_lambda.own import own_wheels
from hatch_lambda.plan import Choices, make_plan
from hatch_lambda.project import project_entries, root_demands
from hatch_lambda.report import LockReport, Report
from hatch_lambda.resolve.base import Resolution
from hatch_lambda.resolve.choice import chosen_lock, fetching_host, lock_path, resolver_tool
from hatch_lambda.resolve.locking import locked_versions, make_lock, write_lock
from hatch_lambda.resolve.proof import demands, needed, prove
from hatch_lambda.sources import FromSource
from hatch_lambda.store import Store
from hatch_lambda.wheels import wheel_entries

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from hatch_lambda.config import LambdaConfig
    from hatch_lambda.own import OwnWheels
    from hatch_lambda.plan import Entry
    from hatch_lambda.project import Project
    from hatch_lambda.resolve.base import Demand, Host, Resolver
    from hatch_lambda.resolve.choice import Upgrade
    from hatch_lambda.target import Target
    from hatch_lambda.wheels import Wheel


class Step(Protocol):
    """Told when a step of the path begins; the context it returns ends with the step."""

    def __call__(self, name: str) -> AbstractContextManager[None]:
        """Begin the step."""


@dataclass(frozen=True)
class Job:
    """One archive to make: of which project, how, and where. ``timestamp`` in seconds since 1970 dates its entries."""

    project: Project
    config: LambdaConfig
    path: Path
    store: Path
    host: Host
    timestamp: int


def build(job: Job, step: Step) -> Report:
    """Make the archive and return what it became; raises ``HatchLambdaError``, with nothing at ``job.path`` changed."""
    project, config = job.project, job.config
    roots = root_demands(project, config)
    with Store(job.store) as store:
        with step("resolve"):
            own = own_wheels(roots, canonicalize_name(project.name), config.target, store, job.host)
            with own.constraints() as constraints:
                resolver = chosen_lock(config, job.host, store.memory) or _resolver(job, store, constraints)
                resolution = own.without(_resolve(own.remaining, resolver, config.target))
        with step("fetch"):
            found = _found(own, resolution, job, store)
        with step("prove"):
            own.check_strangers(demands(roots, {wheel.name: wheel for wheel in found}, config.target), config.target)
            prove(roots, found, config.target, resolution)
            wheels, left_out, ignored = _choose(roots, found, config)
        with step("plan"):
            plan = make_plan(_entries(project, config, wheels), Choices(config.exclude_files, config.collisions))
        with step("check"):
            findings = check_candidate(Candidate(plan, config, store.memory, _left_out(roots, found, config)))
        with step("write"):
            archive = write_archive(plan, job.path, timestamp=job.timestamp)
            findings += tuple(finding.text for finding in check_zipped(archive.size))
        warnings = (*config.warnings, *resolution.warnings, *store.warnings, *ignored, *plan.warnings, *findings)
        return Report(config, wheels, plan, archive, resolution.notes, left_out, warnings)


def lock(job: Job, upgrade: Upgrade, step: Step) -> LockReport:
    """Write the lock for the target and return what changed; raises ``HatchLambdaError``, with the lock unchanged.

    Versions of the lock that is there stay, as far as they still meet the requirements and ``upgrade`` does not name
    them. The wheels are fetched and proved, so that the lock is known to be right and the next build finds them.
    """
    project, config = job.project, job.config
    path = lock_path(config, job.host)
    roots = root_demands(project, config)
    before = locked_versions(path)
    with Store(job.store) as store:
        with step("resolve"):
            own = own_wheels(roots, canonicalize_name(project.name), config.target, store, job.host)
            with own.constraints() as constraints:
                resolver = upgrade.over(_resolver(job, store, constraints), before)
                resolution = own.without(_resolve(own.remaining, resolver, config.target))
        with step("fetch"):
            found = _found(own, resolution, job, store)
        with step("prove"):
            own.check_strangers(demands(roots, {wheel.name: wheel for wheel in found}, config.target), config.target)
            prove(roots, found, config.target, resolution)
        with step("write"):
            write_lock(path, make_lock(resolution.pins, own.remaining, config.target, path.parent, job.host.folder))
        after = {pin.name: pin.version for pin in resolution.pins}
        warnings = (*config.warnings, *upgrade.warnings(before), *resolution.warnings, *store.warnings)
        return LockReport(path, config.target, before, after, resolution.notes, warnings)


def _resolver(job: Job, store: Store, constraints: tuple[str, ...]) -> Resolver:
    """Return the tool that resolves, with more constraint files, and with wheels built from sdists in its reach."""
    config = replace(job.config, constraints=(*job.config.constraints, *constraints))
    if not config.build_from_source:
        return resolver_tool(config, job.host)
    return FromSource(partial(resolver_tool, config), config.build_from_source, job.host, store)


def _resolve(roots: Sequence[Demand], resolver: Resolver, target: Target) -> Resolution:
    """Return the pins; nobody is asked where nothing is required on the target."""
    return resolver.resolve(roots, target) if demands(roots, {}, target) else Resolution(())


def _found(own: OwnWheels, resolution: Resolution, job: Job, store: Store) -> tuple[Wheel, ...]:
    """Return the wheels that were built and those that are fetched now, sorted by name."""
    host = fetching_host(job.config, job.host, job.project.uv_tables)
    found = (*own.wheels, *fetch(resolution.pins, store, job.config.target, host))
    return tuple(sorted(found, key=lambda wheel: wheel.name))


def _choose(
    roots: Sequence[Demand], wheels: tuple[Wheel, ...], config: LambdaConfig
) -> tuple[tuple[Wheel, ...], tuple[str, ...], tuple[str, ...]]:
    """Return the wheels that go in, what nothing requires, and a warning for each exclusion that excludes nothing."""
    found = {wheel.name: wheel for wheel in wheels}
    required = needed(roots, found, config.target)
    kept = needed(roots, found, config.target, without=config.exclude_packages)
    left_out = tuple(str(wheel) for name, wheel in found.items() if name not in required)
    ignored = tuple(
        f"exclude-packages has {name!r}, which nothing requires; the archive is the same without it."
        for name in config.exclude_packages
        if name not in required
    )
    return tuple(wheel for wheel in wheels if wheel.name in kept), left_out, ignored


def _left_out(roots: Sequence[Demand], wheels: Sequence[Wheel], config: LambdaConfig) -> tuple[Demand, ...]:
    """Return what is required of the distributions that are left out by name."""
    reached = demands(roots, {wheel.name: wheel for wheel in wheels}, config.target, without=config.exclude_packages)
    return tuple(demand for demand in reached if canonicalize_name(demand.requirement.name) in config.exclude_packages)


def _entries(project: Project, config: LambdaConfig, wheels: Sequence[Wheel]) -> Iterator[Entry]:
    scripts_for = config.target.runtime.python_version if config.scripts else None
    yield from project_entries(project, config, "function", wheels)
    for wheel in wheels:
        yield from wheel_entries(wheel, scripts_for=scripts_for)
