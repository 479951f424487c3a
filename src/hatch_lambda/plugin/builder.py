"""The builder of the target ``lambda``: reads the project through Hatch, builds, and prints the result."""

from __future__ import annotations

import io
import os
import re
import sys
import time
import traceback
from contextlib import contextmanager, nullcontext
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.plugin.interface import BuilderInterface
from hatchling.builders.utils import get_reproducible_timestamp
from hatchling.plugin.manager import PluginManager
from packaging.specifiers import SpecifierSet

from hatch_lambda.archive.write import remove_leftovers
from hatch_lambda.build.build import Job, build
from hatch_lambda.build.manifest import manifest_path
from hatch_lambda.build.report import Report
from hatch_lambda.build.too_large import TOO_LARGE
from hatch_lambda.config.archives import LOCK_VERSION, Archives, read_archives
from hatch_lambda.config.filenames import check_file_names, file_name, is_file_of
from hatch_lambda.config.options import TABLE
from hatch_lambda.config.table import toml_key
from hatch_lambda.config.table_names import check_table_names
from hatch_lambda.config.targets import VARIABLES
from hatch_lambda.dependencies.wheelhouse import Wheelhouse
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ArchiveError, ConfigError, HatchLambdaError, printable_line
from hatch_lambda.files.temporary import sweep_temporary_directories
from hatch_lambda.layers import LayerZips
from hatch_lambda.plugin.file_selection import FileSelection
from hatch_lambda.plugin.progress import progress_line
from hatch_lambda.plugin.project_reader import hook_errors, read_project, translate_hatch_errors
from hatch_lambda.plugin.settings import read_settings
from hatch_lambda.progress import NO_PROGRESS
from hatch_lambda.resolve.base import Host
from hatch_lambda.resolve.strategy import is_replaceable_lock
from hatch_lambda.wheels.cache import WheelCache

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping

    from hatchling.builders.hooks.plugin.interface import BuildHookInterface

    from hatch_lambda.build.report import LockReport
    from hatch_lambda.config.options import LambdaConfig
    from hatch_lambda.diagnostics import Code, Message
    from hatch_lambda.plugin.settings import Settings
    from hatch_lambda.progress import Progress

_STANDARD_ERROR = 2

_RAW_OUTPUT = 2
"""The verbosity, as of ``-vv``, from which on pip's output is shown as it arrives."""

INTERRUPTED = 130
"""The exit code that shells give to what Ctrl-C ends."""

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
        """Build each requested zip and yield its path; the one place where our errors end the program."""
        _prepare_streams()
        try:
            self._check_project()
            self._environment = read_settings(os.environ)
            options["versions"] = list(self.archives.expanded(options.get("versions") or self.archives.default))
            self._check_directory(options.get("directory"))
            if not options.get("clean_only"):
                self._check_file_names(options["versions"])
                self._check_layers(options["versions"])
            sweep_temporary_directories()
            with WheelCache(self._environment.cache) as wheel_cache:
                self._wheelhouse = Wheelhouse(wheel_cache, self._host, self._step)
                for artifact in self._artifacts(options):
                    self._print_path_if_quiet(artifact)
                    yield artifact
                    report = self._reports.pop(artifact, None)
                    self._report(report)
                    if isinstance(report, Report) and self._environment.check_reproducible:
                        self._check_reproducible(report)
        except HatchLambdaError as error:
            self._trace(error)
            self.app.abort(error.text(verbose=self.app.verbosity > 0))
        except KeyboardInterrupt:
            self.app.abort(f"error: {_interrupted()}", code=INTERRUPTED)

    def get_build_hooks(self, directory: str) -> dict[str, BuildHookInterface[Any]]:
        """Return the project's build hooks; raises ``ProjectError`` for an unknown one."""
        with translate_hatch_errors(self._hooks):
            return super().get_build_hooks(directory)

    def build_archive(self, config: LambdaConfig, directory: str, **build_data: Any) -> str:
        """Build a function's deployment package or a layer, and return its path."""
        path = Path(directory, file_name(config, self._name, self.metadata.version))
        timestamp = _timestamp() if self.config.reproducible else int(time.time())
        report = build(self._job(config, build_data), path, self._wheelhouse, timestamp=timestamp)
        self._reports[str(path)] = report
        return str(path)

    def build_lock(self, directory: str, **build_data: Any) -> str:  # noqa: ARG002
        """Write the target's lock file and those of single zips, and return the path of the first.

        A single zip's lock file that another tool created stays as it is.
        """
        from hatch_lambda.build.lock import lock

        groups: dict[str | None, list[LambdaConfig]] = {self.target_config.get("lock"): []}
        for config in self._locked:
            groups.setdefault(config.lock, []).append(config)
        first, *others = [archives for archives in groups.values() if archives]
        job, host = self._job(first[0], build_data), self._wheelhouse.host
        written = [first, *(archives for archives in others if is_replaceable_lock(archives[0], host))]
        reports = [lock(job.project, archives, self._wheelhouse, self._environment.upgrade) for archives in written]
        for report in reports[1:]:
            self.app.display_info(printable_line(str(report.path)))
            self._report(report)
        self._reports[str(reports[0].path)] = reports[0]
        return str(reports[0].path)

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
            table = self.target_config
        check_table_names(self.metadata.config)
        return read_archives(table, requires_python=requires_python, overrides=overrides)

    @property
    def _locked(self) -> tuple[LambdaConfig, ...]:
        """Return the zips that lock files are for: those of this run, and those of the table for other targets.

        Otherwise, a lock file that was written while a variable was set would be out of date without the variable.
        """
        each = self.archives.each
        if not any(os.environ.get(variable) for variable in VARIABLES.values()):
            return each
        try:
            declared = self._archives_under({}).each
        except ConfigError:  # it needs the variables
            return each
        targets = {config.target for config in each}
        return (*each, *(config for config in declared if config.target not in targets))

    @cached_property
    def _reported(self) -> set[Message]:
        return set()

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

    def _trace(self, error: HatchLambdaError) -> None:
        """Print the traceback of an error that wasn't ours, with ``-v``."""
        for line in traceback.format_exception(error.__cause__) if error.__cause__ else ():
            for part in line.splitlines():
                self.app.display_debug(printable_line(part))

    @property
    def _shows_tools(self) -> bool:
        """Return whether the output of pip is shown as it arrives."""
        return self.app.verbosity >= _RAW_OUTPUT

    @property
    def _shows_progress(self) -> bool:
        """Return whether stderr is a terminal that can redraw a line, without ``-q`` and ``-vv``."""
        is_terminal = sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        return is_terminal and self.app.verbosity >= 0 and not self._shows_tools

    @property
    def _host(self) -> Host:
        settings, root, raw = self._environment, Path(self.root), self._shows_tools
        return Host(os.environ, root, raw_output=raw, offline=settings.offline, rebuild=settings.rebuild)

    @property
    def _name(self) -> str:
        return self.normalize_file_name_component(self.metadata.core.name)

    def _job(self, config: LambdaConfig, build_data: dict[str, Any]) -> Job:
        address = f"{TABLE}.{config.kind}s.{toml_key(config.name)}" if config.name else TABLE
        files = self._selection(self.archives.tables[config.build_name], address)
        layer_data = self.get_default_build_data()  # hooks might not add the same to a layer as to this zip
        self.set_build_data_defaults(layer_data)
        layer_data["dependencies"] = build_data.get("dependencies", [])
        layers = [
            self._zips.read(layer) if isinstance(layer, str) else self._job(layer, layer_data)
            for layer in self.archives.layers(config)
        ]
        return Job(
            project=read_project(files, build_data, with_files=config.project),
            config=config,
            sharing=self.archives.sharing(config),
            layers=tuple(layers),
            strict=self._environment.strict,
        )

    def _check_project(self) -> None:
        """Make Hatch raise now what it would raise later with a traceback."""
        with translate_hatch_errors():
            self.metadata.validate_fields()
            for option in CHECKED_OPTIONS:
                getattr(self.config, option)

    def _check_file_names(self, versions: list[str]) -> None:
        """Raise ``ConfigError`` for zips of this build, or of plain ``-t lambda``, that would have the same path."""
        wanted = {*versions, *self.archives.default}
        configs = [config for config in self.archives.each if config.build_name in wanted]
        check_file_names(configs, self._name, self.metadata.version)

    def _check_layers(self, versions: list[str]) -> None:
        """Raise ``ConfigError`` for paths of layer zips that can't be used with the zips of this build."""
        asked = [config for version, config in self.archives.versions.items() if version in versions]
        layers = [layer for config in asked for layer in self.archives.layers(config)]
        self._zips.check([*asked, *(layer for layer in layers if not isinstance(layer, str))])

    def _check_directory(self, given: str | None) -> None:
        """Create the directory for zips, as Hatch would; raises ``ArchiveError`` if that fails."""
        with translate_hatch_errors():
            directory = Path(
                given
                or self.config.normalize_build_directory(os.environ.get("HATCH_BUILD_LOCATION", self.config.directory))
            )
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            problem = f"can't be created ({error.strerror})"
            is_file = isinstance(error, FileExistsError | NotADirectoryError)
            fix = "remove the file, or set directory" if is_file else "make its parent writable, or set directory"
            raise ArchiveError(_problem("directory-not-writable", directory, problem, fix)) from None

    @contextmanager
    def _step(self, name: str) -> Iterator[Progress]:
        """Show the step on a terminal while it runs, and its seconds with ``-v``."""
        start = time.perf_counter()
        with progress_line(name, sys.stderr) if self._shows_progress else nullcontext(NO_PROGRESS) as progress:
            yield progress
        self.app.display_debug(f"  {name}: {time.perf_counter() - start:.2f} s")

    def _check_reproducible(self, report: Report) -> None:
        """Rebuild the zip and compare; raises ``ArchiveError`` unless the bytes are the same."""
        from hatch_lambda.plugin.reproducibility import rebuild_and_compare

        version = f"{self.PLUGIN_NAME}:{report.candidate.config.build_name}"
        with self._step("build again"):
            rebuild_and_compare(report.archive.path, version, Path(self.root), os.environ)
        self.app.display_info("  reproducible: a rebuild has the same bytes")

    def _print_path_if_quiet(self, path: str) -> None:
        """Print the path of a zip to stdout with ``-q``, because Hatch then doesn't; with ``-qq``, nothing does."""
        if self.app.verbosity == -1:
            root = Path(self.root)
            shown = Path(path).relative_to(root) if Path(path).is_relative_to(root) else path
            self.app.display(printable_line(str(shown)))

    def _report(self, report: Report | LockReport | None) -> None:
        if report is None:
            return
        for line in report.lines():
            self.app.display_info(printable_line(line))
        for note in self._unreported(report.notes):
            self.app.display_info(printable_line(f"  older: {note}"))
        for line in report.details():
            self.app.display_debug(printable_line(line))
        for warning in self._unreported(report.warnings):
            self.app.display_warning(printable_line(f"warning: {warning}"))

    def _unreported(self, messages: Iterable[Message]) -> list[Message]:
        """Return the messages that this run has not reported yet, each once."""
        unreported = [message for message in dict.fromkeys(messages) if message not in self._reported]
        self._reported.update(unreported)
        return unreported


def _prepare_streams() -> None:
    """Keep the numbers of closed standard streams from our files, and escape what a stream can't encode."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= _STANDARD_ERROR:
        pass
    os.close(descriptor)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # None if it is closed
            stream.reconfigure(errors="backslashreplace")


def _remove(archive: Path) -> None:
    try:
        archive.unlink()
    except OSError as error:
        fix = "remove it" if os.access(archive.parent, os.W_OK) else "make its directory writable"
        problem = f"can't be removed ({error.strerror})"
        raise ArchiveError(_problem("cannot-remove", archive, problem, fix)) from None


def _timestamp() -> int:
    """Return the date of a reproducible zip in seconds since 1970; raises ``ConfigError``."""
    try:
        return get_reproducible_timestamp()
    except ValueError:
        problem = f"{os.environ['SOURCE_DATE_EPOCH']!r} isn't a number of seconds since 1970"
        fix = "set it to a whole number, or unset it"
        raise ConfigError(_problem("variable-value", "SOURCE_DATE_EPOCH", problem, fix)) from None


def _interrupted() -> Diagnostic:
    problem = "interrupted, and no zip is incomplete"
    return _problem("interrupted", "build", problem, "build again, with the downloaded wheels from the cache")


def _problem(code: Code, where: str | Path, problem: str, fix: str) -> Diagnostic:
    return Diagnostic(code=code, where=str(where), problem=problem, fix=fix)
