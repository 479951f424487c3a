"""The main job, from a configuration to a report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from hatch_lambda.archive import write_archive
from hatch_lambda.checks import check_plan
from hatch_lambda.checks.limits import check_zipped
from hatch_lambda.fetch import fetch
from hatch_lambda.plan import Choices, make_plan
from hatch_lambda.project import project_entries, root_demands
from hatch_lambda.report import Report
from hatch_lambda.resolve.base import Resolution
from hatch_lambda.resolve.pip import PipResolver
from hatch_lambda.resolve.proof import demands, needed, prove
from hatch_lambda.store import Store
from hatch_lambda.wheels import wheel_entries

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from hatch_lambda.config import LambdaConfig
    from hatch_lambda.plan import Entry
    from hatch_lambda.project import Project
    from hatch_lambda.resolve.base import Demand, Host
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
            resolution = _resolve(roots, job)
        with step("fetch"):
            wheels = fetch(resolution.pins, store, config.target, job.host)
        with step("prove"):
            prove(roots, wheels, config.target)
            wheels, ignored = _without_excluded(roots, wheels, config)
        with step("plan"):
            plan = make_plan(_entries(project, config, wheels), Choices(config.exclude_files, config.collisions))
        with step("check"):
            findings = check_plan(plan, config)
        with step("write"):
            archive = write_archive(plan, job.path, timestamp=job.timestamp)
        zipped = tuple(finding.text for finding in check_zipped(archive.size))
        warnings = (
            *config.warnings,
            *resolution.warnings,
            *store.warnings,
            *ignored,
            *plan.warnings,
            *findings,
            *zipped,
        )
        return Report(config, wheels, plan, archive, resolution.notes, warnings)


def _resolve(roots: Sequence[Demand], job: Job) -> Resolution:
    target = job.config.target
    if not demands(roots, {}, target):
        return Resolution(())
    return PipResolver(job.host, job.config.constraints).resolve(roots, target)


def _without_excluded(
    roots: Sequence[Demand], wheels: tuple[Wheel, ...], config: LambdaConfig
) -> tuple[tuple[Wheel, ...], tuple[str, ...]]:
    found = {wheel.name: wheel for wheel in wheels}
    kept = needed(roots, found, config.target, without=config.exclude_packages)
    ignored = tuple(
        f"exclude-packages has {name!r}, which nothing requires; the archive is the same without it."
        for name in config.exclude_packages
        if name not in found
    )
    return tuple(wheel for wheel in wheels if wheel.name in kept), ignored


def _entries(project: Project, config: LambdaConfig, wheels: Sequence[Wheel]) -> Iterator[Entry]:
    scripts_for = config.target.runtime.python_version if config.scripts else None
    yield from project_entries(project, config, "function", wheels)
    for wheel in wheels:
        yield from wheel_entries(wheel, scripts_for=scripts_for)
