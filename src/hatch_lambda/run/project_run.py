"""Builds the zips and the lock files of a project that Hatch doesn't build."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from hatch_lambda.archive.write import make_directory
from hatch_lambda.build.build import build
from hatch_lambda.checks import MEMBER_READERS
from hatch_lambda.config.archives import LOCK_VERSION, read_archives
from hatch_lambda.config.filenames import file_name
from hatch_lambda.config.table import Table
from hatch_lambda.dependencies.wheelhouse import Wheelhouse
from hatch_lambda.files.temporary import sweep_temporary_directories
from hatch_lambda.layers import LayerZips
from hatch_lambda.resolve.base import Host
from hatch_lambda.run.jobs import check_layers, check_names, locked_archives, make_job, write_locks
from hatch_lambda.run.settings import zip_date
from hatch_lambda.wheels.cache import WheelCache

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from packaging.specifiers import SpecifierSet

    from hatch_lambda.build.lock_report import LockReport
    from hatch_lambda.build.report import Report
    from hatch_lambda.config.archives import Archives
    from hatch_lambda.config.options import LambdaConfig
    from hatch_lambda.config.table_names import FoundTable
    from hatch_lambda.project import Project
    from hatch_lambda.run.console import Reporter
    from hatch_lambda.run.settings import Settings

DEFAULT_DIRECTORY = "dist"
"""The directory of zips, as in Hatch."""


class ReadableProject(Protocol):
    """A project as its build backend, or a requirements file, describes it; it is read when it is needed."""

    @property
    def requires_python(self) -> SpecifierSet:
        """The supported Pythons; raises ``HatchLambdaError``."""

    @property
    def version(self) -> str:
        """The version for file names; empty if it has none."""

    @property
    def project(self) -> Project:
        """The project; raises ``HatchLambdaError``."""


@dataclass(frozen=True)
class Output:
    """The options of Hatch that apply to every project: where zips are written, and whether with fixed dates."""

    directory: str
    reproducible: bool


def read_output(found: FoundTable) -> Output:
    """Return where and how zips are written; raises ``ConfigError`` for values of another type."""
    table = Table(found.address, found.values, host_keys=())
    output = Output(
        table.text("directory", check=lambda _: None) or DEFAULT_DIRECTORY, table.flag("reproducible", default=True)
    )
    table.finish()
    return output


@contextmanager
def opened_wheelhouse(
    root: Path, environ: Mapping[str, str], settings: Settings, reporter: Reporter
) -> Iterator[Wheelhouse]:
    """Yield the source of wheels for a run in the project's directory ``root``; raises ``HatchLambdaError``."""
    sweep_temporary_directories()
    raw = reporter.shows_tools
    host = Host(environ, root, raw_output=raw, offline=settings.offline, rebuild=settings.rebuild)
    with (
        WheelCache(settings.cache, MEMBER_READERS) as wheel_cache,
        Wheelhouse(wheel_cache, host, reporter.step) as wheelhouse,
    ):
        yield wheelhouse


@dataclass(frozen=True, kw_only=True)
class ProjectRun:
    """A run for one project; ``rebuild`` are the arguments of our command that build one zip again.

    ``environ`` overrides options of the table.
    """

    readable: ReadableProject
    table: FoundTable
    directory: Path
    wheelhouse: Wheelhouse
    settings: Settings
    reporter: Reporter
    environ: Mapping[str, str]
    rebuild: Callable[[str], Sequence[str]]

    def build(self, names: Sequence[str]) -> None:
        """Build the named zips, or the default ones, and print a report on each; raises ``HatchLambdaError``."""
        archives = self._archives
        selected = archives.expanded(names or archives.default)
        make_directory(self.directory)
        check_names(archives, selected, self._name, self.readable.version)
        check_layers(archives, selected, self._zips)
        for name in selected:
            if name == LOCK_VERSION:
                self.lock()
            else:
                self._build(archives.versions[name])

    def lock(self, *, check: bool = False) -> None:
        """Write the lock files, or with ``check`` raise ``ResolveError`` if one is out of date; print a report."""
        locked = locked_archives(self._archives_under, self.environ)
        default: Any = self.table.values.get("lock")
        upgrade = self.settings.upgrade
        for report in write_locks(self.readable.project, locked, default, self.wheelhouse, upgrade, check=check):
            self._print(report.path, report)

    def _build(self, config: LambdaConfig) -> None:
        path = self.directory / file_name(config, self._name, self.readable.version)
        job = make_job(config, self._archives, self._zips, lambda _: self.readable.project, settings=self.settings)
        is_reproducible = read_output(self.table).reproducible
        timestamp = zip_date(self.environ) if is_reproducible else int(time.time())
        self._print(path, build(job, path, self.wheelhouse, timestamp=timestamp))
        if self.settings.check_reproducible:
            from hatch_lambda.run.reproducibility import rebuild_and_compare

            with self.reporter.step("build again"):
                command = ["hatch_lambda", *self.rebuild(config.build_name)]
                rebuild_and_compare(path, command, self.wheelhouse.host.directory, self.environ)
            self.reporter.console.display_info("  reproducible: a rebuild has the same bytes")

    def _print(self, path: Path, report: Report | LockReport) -> None:
        self.reporter.print_path_if_quiet(str(path))
        self.reporter.print_path(str(path))
        self.reporter.print_report(report)

    @property
    def _name(self) -> str:
        """Return the project's name in file names, as in those of wheels."""
        return self.readable.project.name.replace("-", "_")

    @cached_property
    def _zips(self) -> LayerZips:
        return LayerZips(self.wheelhouse.host.directory)

    @cached_property
    def _archives(self) -> Archives:
        return self._archives_under(self.environ)

    def _archives_under(self, overrides: Mapping[str, str]) -> Archives:
        return read_archives(
            self.table.values,
            requires_python=self.readable.requires_python,
            overrides=overrides,
            address=self.table.address,
            host_keys=self.table.host_keys,
        )
