"""The main job, from a declared zip to a report on it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hatch_lambda.archive.write import written_archive
from hatch_lambda.build.contents import all_entries, archive_plan, check_own_size, check_tools
from hatch_lambda.build.manifest import write_manifest
from hatch_lambda.build.report import Report
from hatch_lambda.build.slim import slim_entries
from hatch_lambda.build.too_large import kept_if_too_large
from hatch_lambda.build.warnings import bytecode_warnings, fallback_warnings, reported_warnings, unused_exclusions
from hatch_lambda.checks import check_candidate
from hatch_lambda.checks.base import Candidate
from hatch_lambda.checks.limits import check_zipped
from hatch_lambda.dependencies.wheelhouse import select_wheels
from hatch_lambda.layers import (
    Layer,
    check_versions,
    compatible_targets,
    versions_in_layers,
    wheels_not_in_layers,
)
from hatch_lambda.project import lambda_json, root_dependencies

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from hatch_lambda.archive.plan import ArchivePlan, Entry
    from hatch_lambda.archive.read import LambdaZip
    from hatch_lambda.archive.write import WrittenArchive
    from hatch_lambda.config.options import LambdaConfig
    from hatch_lambda.config.options import SmokeTest as SmokeTestOption
    from hatch_lambda.dependencies.wheelhouse import ResolvedWheels, SelectedWheels, Wheelhouse
    from hatch_lambda.diagnostics import Diagnostic, Message
    from hatch_lambda.project import Project
    from hatch_lambda.resolve.base import Dependency
    from hatch_lambda.runtime.target import Target
    from hatch_lambda.wheels.bytecode import Compiler
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
        results=wheelhouse.wheel_cache.facts,
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
        warnings = reported_warnings((*known, *found), config, strict=job.strict)
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
        lock=resolution.source if resolution.is_lock else "",
        found_by_handler=job.project.found_by_handler,
        uv_changes=job.project.uv.changes({wheel.name for wheel in planned.selected.wheels}, config.target),
        bytecode=planned.bytecode,
        saved=planned.saved,
        resolver=resolution.resolver,
    )


def _smoke_test(job: Job, planned: Planned, archive: WrittenArchive, wheelhouse: Wheelhouse) -> tuple[Diagnostic, ...]:
    """Load the handler of a function from its zip; return a warning if this machine can't do that."""
    config = job.config
    if not job.smoke_test or config.kind == "layer":
        return ()
    from hatch_lambda.invoke.smoke_test import LayerFiles, SmokeTest, smoke_test

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


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A zip that is planned but not written: each of its files, and what led to them.

    ``in_layers`` are the wheels that its layers provide, ``compatible`` the targets that the zip is valid on.
    ``saved`` are the bytes that each group of ``slim`` and ``aws-services`` saved. ``bytecode`` is the version of the
    Python that compiled the modules, ``None`` without bytecode.
    """

    plan: ArchivePlan
    saved: Mapping[str, int]
    resolved: ResolvedWheels
    selected: SelectedWheels
    in_layers: tuple[Wheel, ...]
    layers: tuple[Layer, ...]
    compatible: tuple[Target, ...]
    warnings: tuple[Message, ...]
    bytecode: str | None


def plan(job: Job, wheelhouse: Wheelhouse) -> Planned:
    """Return every file of the zip: resolve, fetch, validate, and decide; layers first. Raises ``HatchLambdaError``."""
    project, config = job.project, job.config
    check_tools(config)
    compiler = _compiler(config, wheelhouse)
    layers = tuple(_layer(layer, config, wheelhouse) for layer in job.layers)
    pinned = wheelhouse.resolve(project, config, job.sharing)
    resolved = wheelhouse.validate(pinned, wheelhouse.fetch(pinned))
    roots = root_dependencies(project, config)
    with wheelhouse.step("plan") as progress:
        selected = select_wheels(resolved, roots, config)
        own = [project.origin] if config.project else []
        check_versions([*own, *(wheel.origin for wheel in selected.wheels)], layers, config.archive)
        wheels = wheels_not_in_layers(selected.wheels, layers)
        compatible = compatible_targets(roots, selected.wheels, config)
        unslimmed = tuple(all_entries(project, config, wheels, layers))
        slim = slim_entries(unslimmed, wheels, layers, config, wheelhouse.wheel_cache, progress)
        check_own_size(project, config, slim.entries, layers)
        entries: Sequence[Entry] = slim.entries
        if compiler:
            from hatch_lambda.wheels.bytecode import with_bytecode

            entries = with_bytecode(entries, wheels, compiler, wheelhouse.wheel_cache, progress)
        bytecode = compiler.interpreter.version if compiler else None
        described = lambda_json(project, config, wheels, compatible, [layer.name for layer in layers], bytecode)
        decided = archive_plan(project, config, entries, layers, described)
    return Planned(
        plan=decided,
        saved=slim.saved,
        resolved=resolved,
        selected=selected,
        in_layers=tuple(wheel for wheel in selected.wheels if wheel not in wheels),
        layers=layers,
        compatible=compatible,
        warnings=(
            *fallback_warnings(wheels, resolved.resolution),
            *unused_exclusions(selected, decided, config),
            *bytecode_warnings(resolved.resolution, bytecode),
        ),
        bytecode=bytecode,
    )


def _compiler(config: LambdaConfig, wheelhouse: Wheelhouse) -> Compiler | None:
    """Return the Python that compiles the modules of a zip; ``None`` without the option ``bytecode``."""
    if not config.bytecode:
        return None
    from hatch_lambda.wheels.bytecode import find_compiler  # here, because few zips have this option

    return find_compiler(config, wheelhouse.host, wheelhouse.wheel_cache.results)


def _layer(layer: Job | LambdaZip, config: LambdaConfig, wheelhouse: Wheelhouse) -> Layer:
    """Return the contents of a layer: of one of the project's, as it would be built now, or of an existing zip."""
    python = config.target.runtime.python_version
    if isinstance(layer, Job):
        return Layer(layer.config.archive, plan(layer, wheelhouse).plan, python)
    return Layer(layer.path.name, layer.plan, python)


def _excluded(selected: SelectedWheels, layers: Sequence[Layer]) -> tuple[Dependency, ...]:
    """Return the requirements of packages that the zip excludes and no layer provides."""
    beneath = versions_in_layers(layers)
    return tuple(dependency for dependency in selected.excluded if dependency.name not in beneath)
