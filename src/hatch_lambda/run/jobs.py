"""The jobs of a run: which zips of a project, on which layers, and which of them share a lock file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from hatch_lambda.build.build import Job
from hatch_lambda.config.filenames import check_file_names
from hatch_lambda.config.targets import VARIABLES
from hatch_lambda.errors import ConfigError
from hatch_lambda.resolve.lock.find import is_replaceable_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from hatch_lambda.build.lock_report import LockReport
    from hatch_lambda.config.archives import Archives
    from hatch_lambda.config.options import LambdaConfig
    from hatch_lambda.dependencies.wheelhouse import Wheelhouse
    from hatch_lambda.layers import LayerZips
    from hatch_lambda.project import Project
    from hatch_lambda.resolve.upgrade import Upgrade
    from hatch_lambda.run.settings import Settings

    ReadProject = Callable[[LambdaConfig], Project]
    """Returns the project with the files of one zip."""


def make_job(
    config: LambdaConfig,
    archives: Archives,
    zips: LayerZips,
    read: ReadProject,
    *,
    read_for_layer: ReadProject | None = None,
    settings: Settings,
) -> Job:
    """Return the job of a zip, with those of its layers; raises ``HatchLambdaError``.

    ``read`` returns the project, and ``read_for_layer`` that of a layer if it differs.
    """
    read_layer = read_for_layer or read
    layers = [
        zips.read(layer) if isinstance(layer, str) else make_job(layer, archives, zips, read_layer, settings=settings)
        for layer in archives.layers(config)
    ]
    return Job(
        project=read(config),
        config=config,
        sharing=archives.sharing(config),
        layers=tuple(layers),
        strict=settings.strict,
        smoke_test=config.smoke_test or settings.smoke_test,
    )


def check_names(archives: Archives, names: Collection[str], project: str, version: str) -> None:
    """Raise ``ConfigError`` for zips of this run, or of all default ones, that would have the same path.

    ``names`` are the build names of this run, and ``project`` is the project's name in file names.
    """
    wanted = {*names, *archives.default}
    configs = [config for config in archives.each if config.build_name in wanted]
    check_file_names(configs, project, version)


def check_layers(archives: Archives, names: Collection[str], zips: LayerZips) -> None:
    """Raise ``ConfigError`` for paths of layer zips that can't be used with the zips of this run."""
    asked = [config for name, config in archives.versions.items() if name in names]
    layers = [layer for config in asked for layer in archives.layers(config)]
    zips.check([*asked, *(layer for layer in layers if not isinstance(layer, str))])


def locked_archives(
    read: Callable[[Mapping[str, str]], Archives], environ: Mapping[str, str]
) -> tuple[LambdaConfig, ...]:
    """Return the zips that lock files are for: those of this run, and those of the table for other targets.

    ``read`` returns the archives of the table under some variables. Without the others, a lock file that was written
    while a variable was set would be out of date without the variable.
    """
    each = read(environ).each
    if not any(environ.get(variable) for variable in VARIABLES.values()):
        return each
    try:
        declared = read({}).each
    except ConfigError:  # it needs the variables
        return each
    targets = {config.target for config in each}
    return (*each, *(config for config in declared if config.target not in targets))


def write_locks(
    project: Project,
    locked: Collection[LambdaConfig],
    default: str | Literal[False] | None,
    wheelhouse: Wheelhouse,
    upgrade: Upgrade,
    *,
    check: bool = False,
) -> tuple[LockReport, ...]:
    """Write the lock file of the table, whose path is ``default``, and those of single zips; return what changed.

    A single zip's lock file that another tool created stays as it is. With ``check``, nothing is written. Raises
    ``HatchLambdaError``, with ``check`` also for a lock file that is out of date.
    """
    from hatch_lambda.build.lock import lock

    groups: dict[str | Literal[False] | None, list[LambdaConfig]] = {default: []}
    for config in locked:
        groups.setdefault(config.lock, []).append(config)
    first, *others = [archives for archives in groups.values() if archives]
    replaceable = [archives for archives in others if is_replaceable_lock(archives[0], wheelhouse.host)]
    return tuple(lock(project, archives, wheelhouse, upgrade, check=check) for archives in (first, *replaceable))
