"""The builder of the target ``lambda``: reads the project through Hatch, builds, and prints the result."""

from __future__ import annotations

import os
import re
import time
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.plugin.interface import BuilderInterface
from hatchling.plugin.manager import PluginManager
from packaging.specifiers import SpecifierSet

from hatch_lambda.archive.write import make_directory, remove_leftovers
from hatch_lambda.build.build import build
from hatch_lambda.build.manifest import manifest_path
from hatch_lambda.build.report import Report
from hatch_lambda.build.too_large import TOO_LARGE
from hatch_lambda.checks import MEMBER_READERS
from hatch_lambda.config.archives import LOCK_VERSION, Archives, read_archives
from hatch_lambda.config.filenames import file_name, is_file_of
from hatch_lambda.config.options import OWN_TABLE, TABLE
from hatch_lambda.config.table import toml_key
from hatch_lambda.config.table_names import FoundTable, find_table, value_at
from hatch_lambda.dependencies.wheelhouse import Wheelhouse
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ArchiveError
from hatch_lambda.files.temporary import sweep_temporary_directories
from hatch_lambda.layers import LayerZips
from hatch_lambda.plugin.file_selection import FileSelection
from hatch_lambda.plugin.project_reader import hook_errors, read_project, translate_hatch_errors
from hatch_lambda.resolve.base import Host
from hatch_lambda.run.console import Reporter, prepare_streams
from hatch_lambda.run.jobs import check_layers, check_names, locked_archives, make_job, write_locks
from hatch_lambda.run.settings import read_settings, zip_date
from hatch_lambda.wheels.cache import WheelCache

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterator, Mapping

    from hatchling.builders.hooks.plugin.interface import BuildHookInterface

    from hatch_lambda.build.build import Job
    from hatch_lambda.build.lock_report import LockReport
    from hatch_lambda.config.options import LambdaConfig
    from hatch_lambda.diagnostics import Code
    from hatch_lambda.project import Project
    from hatch_lambda.run.settings import Settings

CHECKED_OPTIONS = (
    "hook_config",
    "force_include",
    "reproducible",
    "ignore_vcs",
    "skip_excluded_dirs",
    "only_packages",
    "dev_mode_dirs",
    "dev_mode_exact",
    "require_runtime_dependencies",
    "require_runtime_features",
)
"""Attributes of Hatch's configuration that raise if an option is wrong; the others are read with the files."""


class LambdaBuilder(BuilderInterface[BuilderConfig, PluginManager]):
    """Builds AWS Lambda deployment packages."""

    PLUGIN_NAME = "lambda"

    checks_locks = False
    """Whether lock files are only checked."""

    _environment: Settings
    _wheelhouse: Wheelhouse

    def get_version_api(self) -> dict[str, Callable[..., str]]:
        """Return what can be built: each zip by its build name, and the lock file."""
        archives = {version: partial(self.build_archive, config) for version, config in self.archives.versions.items()}
        return {**archives, LOCK_VERSION: self.build_lock}

    def get_default_versions(self) -> list[str]:
        """Return what ``-t lambda`` builds."""
        return list(self.archives.default)

    def get_default_build_data(self) -> dict[str, Any]:
        """Return what build hooks may change; the same as for a wheel, so that hooks written for wheels work."""
        return self._selection(self.target_config).get_default_build_data()

    def build(self, **options: Any) -> Generator[str, None, None]:
        """Build each requested zip and yield its path; our errors end the program."""
        prepare_streams()
        with self._reporter.ending():
            self._check_project()
            self._environment = read_settings(os.environ)
            versions = options.get("versions") or self.get_default_versions()
            options["versions"] = list(self.archives.expanded(versions))
            self._check_directory(options.get("directory"))
            if not options.get("clean_only"):
                check_names(self.archives, options["versions"], self._name, self.metadata.version)
                check_layers(self.archives, options["versions"], self._zips)
            sweep_temporary_directories()
            with (
                WheelCache(self._environment.cache, MEMBER_READERS) as wheel_cache,
                Wheelhouse(wheel_cache, self._host, self._reporter.step) as self._wheelhouse,
            ):
                for artifact in self._artifacts(options):
                    self._reporter.print_path_if_quiet(artifact)
                    yield artifact
                    report = self._reports.pop(artifact)
                    self._reporter.print_report(report)
                    if isinstance(report, Report) and self._environment.check_reproducible:
                        self._check_reproducible(report)

    def get_build_hooks(self, directory: str) -> dict[str, BuildHookInterface[Any]]:
        """Return the project's build hooks; raises ``ProjectError`` for an unknown one."""
        with translate_hatch_errors(self._hooks):
            return super().get_build_hooks(directory)

    def build_archive(self, config: LambdaConfig, directory: str, **build_data: Any) -> str:
        """Build a function's deployment package or a layer, and return its path."""
        path = Path(directory, file_name(config, self._name, self.metadata.version))
        timestamp = zip_date(os.environ) if self.config.reproducible else int(time.time())
        report = build(self._job(config, build_data), path, self._wheelhouse, timestamp=timestamp)
        self._reports[str(path)] = report
        return str(path)

    def build_lock(self, directory: str, **build_data: Any) -> str:  # noqa: ARG002
        """Write the target's lock file and those of single zips, and return the path of the first.

        A single zip's lock file that another tool created stays as it is.
        """
        locked = locked_archives(self._archives_under, os.environ)
        project = self._job(self.archives.each[0], build_data).project
        default = self.target_config.get("lock")
        upgrade, check = self._environment.upgrade, self.checks_locks
        first, *others = write_locks(project, locked, default, self._wheelhouse, upgrade, check=check)
        for report in others:
            self._reporter.print_path(str(report.path))
            self._reporter.print_report(report)
        self._reports[str(first.path)] = first
        return str(first.path)

    def clean(self, directory: str, versions: list[str]) -> None:
        """Remove zips of these names, of any version of the project, and partial files that killed builds have left."""
        archives = self.archives.versions
        asked = [config for version, config in archives.items() if version in versions]
        others = [config for version, config in archives.items() if version not in versions]
        for path in list(Path(directory).iterdir()) if asked else ():
            left = re.fullmatch(rf"\.((.+)\.(?:zip|json))(?:{re.escape(TOO_LARGE)})?\.\w+\.partial", path.name)
            name = f"{left[2]}.zip" if left else path.name.removesuffix(TOO_LARGE)
            if not is_file_of(asked, name, self._name, rather_than=others):
                continue
            if left:
                remove_leftovers(path.with_name(left[1]))
            else:
                _remove(path)
                if manifest_path(path).is_file():
                    _remove(manifest_path(path))

    @cached_property
    def archives(self) -> Archives:
        """Return the zips that our table declares; raises ``ConfigError`` naming every problem."""
        return self._archives_under(os.environ)

    def _archives_under(self, overrides: Mapping[str, str]) -> Archives:
        with translate_hatch_errors():
            requires_python = SpecifierSet(self.metadata.core.requires_python)
        return read_archives(
            self._table.values,
            requires_python=requires_python,
            overrides=overrides,
            address=self._table.address,
            host_keys=self._table.host_keys,
        )

    @property
    def target_config(self) -> dict[str, Any]:
        """Return our table, from which Hatch reads its own options; it isn't checked yet."""
        own = value_at(self.metadata.config, OWN_TABLE)
        return super().target_config or (own if isinstance(own, dict) else {})

    @cached_property
    def _table(self) -> FoundTable:
        """Return our table; raises ``ConfigError`` if it can't be used."""
        with translate_hatch_errors():
            target = self.metadata.hatch.build_targets.get(self.PLUGIN_NAME)
        return find_table(self.metadata.config, target, hatch=True)

    @cached_property
    def _reporter(self) -> Reporter:
        return Reporter(self.app, Path(self.root), os.environ)

    @cached_property
    def _zips(self) -> LayerZips:
        return LayerZips(Path(self.root))

    @cached_property
    def _reports(self) -> dict[str, Report | LockReport]:
        return {}

    def _selection(self, table: Mapping[str, Any], address: str = TABLE) -> FileSelection:
        return FileSelection(table, address, self.root, self.plugin_manager, self.raw_config, self.metadata, self.app)

    @property
    def _hooks(self) -> Collection[str]:
        """Return the names of the build hooks in our own table."""
        return list(self.target_config.get("hooks", ()))

    def _artifacts(self, options: dict[str, Any]) -> Iterator[str]:
        """Let Hatch build, with the project's build hooks; raises ``ProjectError`` for what a hook raises."""
        with hook_errors(self._hooks):
            yield from super().build(**options)

    @property
    def _host(self) -> Host:
        settings, root, raw = self._environment, Path(self.root), self._reporter.shows_tools
        return Host(os.environ, root, raw_output=raw, offline=settings.offline, rebuild=settings.rebuild)

    @property
    def _name(self) -> str:
        return self.normalize_file_name_component(self.metadata.core.name)

    def _job(self, config: LambdaConfig, build_data: dict[str, Any]) -> Job:
        layer_data = self.get_default_build_data()  # hooks might not add the same to a layer as to this zip
        self.set_build_data_defaults(layer_data)
        layer_data["dependencies"] = build_data.get("dependencies", [])
        return make_job(
            config,
            self.archives,
            self._zips,
            partial(self._project, build_data),
            read_for_layer=partial(self._project, layer_data),
            settings=self._environment,
        )

    def _project(self, build_data: dict[str, Any], config: LambdaConfig) -> Project:
        table = self._table.address
        address = f"{table}.{config.kind}s.{toml_key(config.name)}" if config.name else table
        files = self._selection(self.archives.tables[config.build_name], address)
        return read_project(files, build_data, with_files=config.project)

    def _check_project(self) -> None:
        """Make Hatch raise now what it would raise later with a traceback."""
        with translate_hatch_errors():
            self.metadata.validate_fields()
            for option in CHECKED_OPTIONS:
                getattr(self.config, option)

    def _check_directory(self, given: str | None) -> None:
        """Create the directory for zips, as Hatch would; raises ``ArchiveError`` if that fails."""
        with translate_hatch_errors():
            directory = Path(
                given
                or self.config.normalize_build_directory(os.environ.get("HATCH_BUILD_LOCATION", self.config.directory))
            )
        make_directory(directory)

    def _check_reproducible(self, report: Report) -> None:
        """Rebuild the zip and compare; raises ``ArchiveError`` unless the bytes are the same."""
        from hatch_lambda.run.reproducibility import rebuild_and_compare

        version = f"{self.PLUGIN_NAME}:{report.candidate.config.build_name}"
        command = ["hatchling", "build", "-t", version, "-d"]
        with self._reporter.step("build again"):
            rebuild_and_compare(report.archive.path, command, Path(self.root), os.environ)
        self.app.display_info("  reproducible: a rebuild has the same bytes")


def _remove(archive: Path) -> None:
    try:
        archive.unlink()
    except OSError as error:
        fix = "remove it" if os.access(archive.parent, os.W_OK) else "make its directory writable"
        problem = f"can't be removed ({error.strerror})"
        raise ArchiveError(_problem("cannot-remove", archive, problem, fix)) from None


def _problem(code: Code, where: str | Path, problem: str, fix: str) -> Diagnostic:
    return Diagnostic(code=code, where=str(where), problem=problem, fix=fix)
