"""The main job, from a declared zip to a report on it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from hatch_lambda.archive.plan import FileContent, PlanOptions, make_plan, offered_plan
from hatch_lambda.archive.write import written_archive
from hatch_lambda.build.manifest import write_manifest
from hatch_lambda.build.report import Report
from hatch_lambda.build.too_large import kept_if_too_large
from hatch_lambda.checks import check_candidate
from hatch_lambda.checks.base import Candidate
from hatch_lambda.checks.limits import check_zipped, size_problem
from hatch_lambda.config.filenames import file_name
from hatch_lambda.dependencies.wheelhouse import select_wheels
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import PlanError
from hatch_lambda.invoke.smoke_test import LayerFiles, SmokeTest, smoke_test
from hatch_lambda.layers import (
    LAYER_PREFIX,
    Layer,
    check_versions,
    compatible_targets,
    project_files,
    versions_in_layers,
    wheels_not_in_layers,
)
from hatch_lambda.project import lambda_json, lambda_json_entry, project_entries, root_dependencies
from hatch_lambda.wheels.wheel import wheel_entries

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from hatch_lambda.archive.plan import ArchivePlan, Entry
    from hatch_lambda.archive.read import LambdaZip
    from hatch_lambda.archive.write import WrittenArchive
    from hatch_lambda.config.options import LambdaConfig
    from hatch_lambda.config.options import SmokeTest as SmokeTestOption
    from hatch_lambda.dependencies.wheelhouse import ResolvedWheels, SelectedWheels, Wheelhouse
    from hatch_lambda.diagnostics import Message
    from hatch_lambda.project import Project
    from hatch_lambda.resolve.base import Dependency
    from hatch_lambda.runtime.target import Target
    from hatch_lambda.wheels.wheel import Wheel


@dataclass(frozen=True)
class Job:
    """A zip to build: of which project, with which options, on which layers, and what shares its resolution.

    A layer is a job too, or an existing zip. If ``strict`` is set, a warning fails the build. ``smoke_test`` is the
    option, or what overrides it.
    """

    project: Project
    config: LambdaConfig
    sharing: tuple[LambdaConfig, ...]
    layers: tuple[Job | LambdaZip, ...] = ()
    strict: bool = False
    smoke_test: SmokeTestOption = False


def build(job: Job, path: Path, wheelhouse: Wheelhouse, *, timestamp: int) -> Report:
    """Build the zip at ``path`` and return a report on it.

    ``timestamp``, in seconds since 1970, dates its entries. Raises ``HatchLambdaError``; ``path`` then stays as it was,
    except if only the JSON report could not be written.
    """
    config = job.config
    planned = plan(job, wheelhouse)
    excluded = _excluded(planned.selected, planned.layers)
    candidate = Candidate(
        filename=path.name,
        plan=planned.plan,
        config=config,
        results=wheelhouse.wheel_cache.results,
        layers=planned.layers,
        excluded=excluded,
    )
    with kept_if_too_large(planned.plan, path, timestamp=timestamp), wheelhouse.step("check"):
        found = check_candidate(candidate)
    with ExitStack() as stack:
        with wheelhouse.step("write"):
            archive = stack.enter_context(written_archive(planned.plan, path, timestamp=timestamp))
        found += (*check_zipped(path.name, archive.size), *_smoke_test(job, planned, archive, wheelhouse))
        resolution = planned.resolved.resolution
        known = (*config.warnings, *resolution.warnings, *wheelhouse.wheel_cache.warnings, *planned.warnings)
        warnings = tuple(warning for warning in (*known, *found) if not _is_ignored(warning, config))
        if job.strict and warnings:
            raise PlanError(map(_as_error, warnings))
    if config.manifest:
        with wheelhouse.step("manifest"):
            write_manifest(path, config, [warning for warning in found if warning in warnings])
    return Report(
        candidate,
        planned.selected,
        planned.in_layers,
        planned.compatible,
        archive,
        resolution.notes,
        warnings,
        found_by_handler=job.project.found_by_handler,
    )


def _smoke_test(job: Job, planned: Planned, archive: WrittenArchive, wheelhouse: Wheelhouse) -> tuple[Diagnostic, ...]:
    """Load the handler of a function from its zip; return a warning if this machine can't do that."""
    config = job.config
    if not job.smoke_test or config.kind == "layer":
        return ()
    test = SmokeTest(
        filename=archive.path.name,
        path=archive.staged,
        layers=tuple(
            LayerFiles(layer.plan, None if isinstance(source, Job) else source.path)
            for layer, source in zip(planned.layers, job.layers, strict=True)
        ),
        plan=planned.plan,
        config=config,
        required=job.smoke_test == "required",
    )
    with wheelhouse.step("smoke test"):
        return smoke_test(test, wheelhouse.wheel_cache, wheelhouse.host)


def _is_ignored(warning: Message, config: LambdaConfig) -> bool:
    return isinstance(warning, Diagnostic) and warning.code in config.ignore_warnings


def _as_error(warning: Message) -> Message:
    return replace(warning, severity="error") if isinstance(warning, Diagnostic) else warning


@dataclass(frozen=True)
class Planned:
    """A zip that is planned but not written: each of its files, and what led to them.

    ``in_layers`` are the wheels that its layers provide, ``compatible`` the targets that the zip is valid on.
    """

    plan: ArchivePlan
    resolved: ResolvedWheels
    selected: SelectedWheels
    in_layers: tuple[Wheel, ...]
    layers: tuple[Layer, ...]
    compatible: tuple[Target, ...]
    warnings: tuple[Message, ...]


def plan(job: Job, wheelhouse: Wheelhouse) -> Planned:
    """Return every file of the zip: resolve, fetch, validate, and decide; layers first. Raises ``HatchLambdaError``."""
    project, config = job.project, job.config
    layers = tuple(_layer(layer, config, wheelhouse) for layer in job.layers)
    pinned = wheelhouse.resolve(project, job.sharing)
    resolved = wheelhouse.validate(pinned, wheelhouse.fetch(pinned))
    roots = root_dependencies(project, config)
    with wheelhouse.step("plan"):
        selected = select_wheels(resolved, roots, config)
        own = [project.origin] if config.project else []
        check_versions([*own, *(wheel.origin for wheel in selected.wheels)], layers, config.archive)
        wheels = wheels_not_in_layers(selected.wheels, layers)
        compatible = compatible_targets(roots, selected.wheels, config) if config.kind == "layer" else (config.target,)
        described = lambda_json(project, config, wheels, compatible, [layer.name for layer in layers])
        decided = _archive_plan(project, config, wheels, layers, described)
    names = {wheel.name for wheel in wheels}
    in_layers = tuple(wheel for wheel in selected.wheels if wheel.name not in names)
    fallbacks = resolved.resolution.fallbacks
    warnings = (
        *(fallbacks[name] for name in sorted(names & fallbacks.keys())),
        *_unused_exclusions(selected, decided, config),
    )
    return Planned(decided, resolved, selected, in_layers, layers, compatible, warnings)


def _layer(layer: Job | LambdaZip, config: LambdaConfig, wheelhouse: Wheelhouse) -> Layer:
    """Return the contents of a layer: of one of the project's, as it would be built now, or of an existing zip."""
    python = config.target.runtime.python_version
    if isinstance(layer, Job):
        return Layer(layer.config.archive, plan(layer, wheelhouse).plan, python)
    return Layer(layer.path.name, layer.plan, python)


def _archive_plan(
    project: Project,
    config: LambdaConfig,
    wheels: Sequence[Wheel],
    layers: Sequence[Layer],
    described: Mapping[str, Any],
) -> ArchivePlan:
    """Return every file of the zip; the project's dist-info is in it unless a layer provides that."""
    whole = config.project and canonicalize_name(project.name) not in versions_in_layers(layers)
    entries = [
        *(project_files(project_entries(project, config, whole=whole), layers) if config.project else ()),
        *_wheel_entries(wheels, config),
    ]
    beside: list[Entry] = []
    (entries if whole else beside).append(lambda_json_entry(project, config, described, whole=whole))
    choices = PlanOptions(config.exclude_files, config.collisions, config.where)
    filename = file_name(config, project.dist_info.partition("-")[0], project.version)
    _check_size(filename, offered_plan(entries, choices), layers, config)
    prefix = LAYER_PREFIX if config.kind == "layer" else ""
    return make_plan(entries, choices, prefix=prefix, beside=beside)


def _check_size(filename: str, offered: ArchivePlan, layers: Sequence[Layer], config: LambdaConfig) -> None:
    """Raise ``PlanError`` if the project's files, which aren't hashed yet, are too large for the zip by themselves."""
    unhashed = sum(entry.content.size for entry in offered.entries if isinstance(entry.content, FileContent))
    problem = size_problem(filename, offered, layers, config) if unhashed > config.max_size else None
    if problem:
        raise PlanError(problem)


def _wheel_entries(wheels: Sequence[Wheel], config: LambdaConfig) -> Iterator[Entry]:
    scripts_for = config.target.runtime.python_version if config.scripts else None
    for wheel in wheels:
        yield from wheel_entries(wheel, scripts_for=scripts_for)


def _excluded(selected: SelectedWheels, layers: Sequence[Layer]) -> tuple[Dependency, ...]:
    """Return the requirements of packages that the zip excludes and no layer provides."""
    beneath = versions_in_layers(layers)
    return tuple(dependency for dependency in selected.excluded if dependency.name not in beneath)


def _unused_exclusions(selected: SelectedWheels, decided: ArchivePlan, config: LambdaConfig) -> tuple[Message, ...]:
    """Return a warning for each exclusion that excludes nothing; files that all zips inherit needn't be in each."""
    packages = tuple(
        Diagnostic(
            code="unused-exclusion",
            where=config.where("exclude-packages"),
            problem=f"nothing requires {name!r}",
            fix="remove the entry",
            severity="warning",
        )
        for name in selected.ignored
    )
    return packages if config.inherits("exclude-files") else (*packages, *decided.warnings)
