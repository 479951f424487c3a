"""The files of a zip: those of the project and of the wheels, and the zip's descriptions of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from hatch_lambda.archive.plan import FileContent, PlanOptions, make_plan, offered_plan
from hatch_lambda.checks.limits import size_problem
from hatch_lambda.config.filenames import file_name
from hatch_lambda.errors import PlanError
from hatch_lambda.layers import LAYER_PREFIX, project_files, versions_in_layers
from hatch_lambda.project import lambda_json_entry, project_entries, sbom_entry
from hatch_lambda.wheels.wheel import wheel_entries

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hatch_lambda.archive.plan import ArchivePlan, Entry
    from hatch_lambda.config.options import LambdaConfig
    from hatch_lambda.layers import Layer
    from hatch_lambda.project import Project
    from hatch_lambda.wheels.wheel import Wheel


def check_tools(config: LambdaConfig) -> None:
    """Raise ``OutputError`` if a library that the zip needs isn't installed, before the time for the rest is spent."""
    if config.sbom:
        from hatch_lambda.inspect.sbom import check_sbom_library

        check_sbom_library()


def all_entries(
    project: Project, config: LambdaConfig, wheels: Sequence[Wheel], layers: Sequence[Layer]
) -> Iterator[Entry]:
    """Yield the files of the project, as far as no layer provides them, and of the wheels."""
    if config.project:
        yield from project_files(project_entries(project, config, whole=_is_whole(project, config, layers)), layers)
    scripts_for = config.target.runtime.python_version if config.scripts else None
    for wheel in wheels:
        yield from wheel_entries(wheel, scripts_for=scripts_for)


def check_own_size(project: Project, config: LambdaConfig, entries: Sequence[Entry], layers: Sequence[Layer]) -> None:
    """Raise ``PlanError`` if the project's files, which aren't hashed yet, are too large for the zip by themselves."""
    offered = offered_plan(entries, _choices(config))
    unhashed = sum(entry.content.size for entry in offered.entries if isinstance(entry.content, FileContent))
    filename = file_name(config, project.dist_info.partition("-")[0], project.version)
    problem = size_problem(filename, offered, layers, config) if unhashed > config.max_size else None
    if problem:
        raise PlanError(problem)


def archive_plan(
    project: Project,
    config: LambdaConfig,
    entries: Sequence[Entry],
    layers: Sequence[Layer],
    described: Mapping[str, Any],
) -> ArchivePlan:
    """Return every file of the zip; raises ``PlanError`` for collisions and what else doesn't fit together.

    Its descriptions of itself are in the project's dist-info, unless a layer provides that.
    """
    whole = _is_whole(project, config, layers)
    own = [lambda_json_entry(project, config, described, whole=whole)]
    if config.sbom:
        from hatch_lambda.inspect.sbom import sbom_json

        sbom = sbom_json(project.name, entries, described, config.target)
        own.append(sbom_entry(project, config, sbom, whole=whole))
    prefix = LAYER_PREFIX if config.kind == "layer" else ""
    return make_plan(
        [*entries, *own] if whole else entries, _choices(config), prefix=prefix, beside=() if whole else own
    )


def _is_whole(project: Project, config: LambdaConfig, layers: Sequence[Layer]) -> bool:
    """Return whether the project's dist-info is in the zip, because no layer provides it."""
    return config.project and canonicalize_name(project.name) not in versions_in_layers(layers)


def _choices(config: LambdaConfig) -> PlanOptions:
    return PlanOptions(config.exclude_files, config.collisions, config.where)
