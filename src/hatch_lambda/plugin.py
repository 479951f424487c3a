"""Hatch's side of the job: the builder of target ``lambda``, which reads the project and talks to the user."""

from __future__ import annotations

import os
import re
import time
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatchling.builders.config import BuilderConfig, env_var_enabled
from hatchling.builders.plugin.interface import BuilderInterface
from hatchling.builders.utils import get_reproducible_timestamp, normalize_archive_path, normalize_inclusion_map
from hatchling.builders.wheel import WheelBuilder
from hatchling.metadata.core import load_toml
from hatchling.metadata.spec import DEFAULT_METADATA_VERSION, get_core_metadata_constructors
from hatchling.plugin.manager import PluginManager
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from hatch_lambda.archive import remove_leftovers
from hatch_lambda.build import Job, build, lock
from hatch_lambda.config import FILENAME_FIELDS, LambdaConfig, read_config
from hatch_lambda.errors import ArchiveError, ConfigError, HatchLambdaError, ProjectError, masked
from hatch_lambda.project import Project, SelectedFile
from hatch_lambda.resolve.base import OFFLINE_VARIABLE, Host
from hatch_lambda.resolve.choice import UPGRADE_VARIABLE, Upgrade

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from hatchling.builders.plugin.interface import IncludedFile

    from hatch_lambda.report import LockReport, Report

CACHE_VARIABLE = "HATCH_LAMBDA_CACHE_DIR"

SELECTION_OPTIONS = (
    "include",
    "exclude",
    "packages",
    "only-include",
    "force-include",
    "sources",
    "artifacts",
    "only-packages",
)
"""Options of Hatch that choose files; with any of them in our table, the wheel's choice no longer counts."""


class LambdaBuilder(BuilderInterface[BuilderConfig, PluginManager]):
    """Builds AWS Lambda deployment packages."""

    PLUGIN_NAME = "lambda"

    def get_version_api(self) -> dict[str, Callable[..., str]]:
        """Return the kinds of archive."""
        return {"function": self.build_function, "lock": self.build_lock}

    def get_default_versions(self) -> list[str]:
        """Return what ``-t lambda`` builds."""
        return ["function"]

    def get_default_build_data(self) -> dict[str, Any]:
        """Return what build hooks may change; the same as for a wheel, so that hooks written for wheels work."""
        return self._wheel.get_default_build_data()

    def build(self, **options: Any) -> Generator[str, None, None]:
        """Build each requested version and yield its path; the one place where our errors end the program."""
        try:
            self._check_project(options.get("versions"))
            if not options.get("clean_only"):
                self._check_directory(options.get("directory"))
                _ = self.settings  # what is wrong with the table is said before hooks run
            for artifact in super().build(**options):
                yield artifact
                self._tell(self._reports.pop(artifact, None))
        except HatchLambdaError as error:
            self.app.abort(str(error))

    def build_function(self, directory: str, **build_data: Any) -> str:
        """Build the deployment package and return its path."""
        path = Path(directory, self._filename)
        report = build(self._job(path, build_data), self._step)
        self._reports[str(path)] = report
        return str(path)

    def build_lock(self, directory: str, **build_data: Any) -> str:  # noqa: ARG002
        """Write the lock of the declared target and return its path."""
        report = lock(self._job(Path(self.root), build_data), _upgrade(), self._step)
        self._reports[str(report.path)] = report
        return str(report.path)

    def clean(self, directory: str, versions: list[str]) -> None:  # noqa: ARG002
        """Remove this project's archives, of any version and target, and what killed builds have left of them."""
        pattern = "".join(
            re.escape(part) if index % 2 == 0 else self._field_pattern(part)
            for index, part in enumerate(re.split(r"\{(\w+)\}", self.settings.filename))
        )
        for path in Path(directory).iterdir():
            if re.fullmatch(pattern, path.name):
                remove_leftovers(path)
                path.unlink()

    @cached_property
    def settings(self) -> LambdaConfig:
        """Return our table as a value; raises ``ConfigError`` naming every problem."""
        with _hatch_answers():
            requires_python = SpecifierSet(self.metadata.core.requires_python)
        return read_config(self.target_config, requires_python=requires_python, overrides=os.environ)

    @cached_property
    def _reports(self) -> dict[str, Report | LockReport]:
        return {}

    @cached_property
    def _wheel(self) -> WheelBuilder:
        return WheelBuilder(self.root, self.plugin_manager, self.raw_config, self.metadata, self.app)

    @property
    def _filename(self) -> str:
        target = self.settings.target
        values = {
            "name": self.normalize_file_name_component(self.metadata.core.name),
            "version": re.sub(r"[^A-Za-z0-9.]", "_", self.metadata.version),
            "runtime": target.runtime.name,
            "architecture": target.architecture,
        }
        return self.settings.filename.format_map(values)

    def _field_pattern(self, field: str) -> str:
        if field == "name":
            return re.escape(self.normalize_file_name_component(self.metadata.core.name))
        return r"[A-Za-z0-9._]+" if field in FILENAME_FIELDS else re.escape(field)

    def _job(self, path: Path, build_data: dict[str, Any]) -> Job:
        host = Host(
            os.environ,
            Path(self.root),
            terminal=self.app.verbosity >= 0 and _is_terminal(),
            offline=env_var_enabled(OFFLINE_VARIABLE),
        )
        return Job(
            project=self._project(build_data),
            config=self.settings,
            path=path,
            store=_cache_folder(),
            host=host,
            timestamp=get_reproducible_timestamp() if self.config.reproducible else int(time.time()),
        )

    def _project(self, build_data: dict[str, Any]) -> Project:
        extra = tuple(build_data.get("dependencies", ()))
        with _hatch_answers():
            core = self.metadata.core
            dependencies, optional = (*core.dependencies, *extra), core.optional_dependencies
            files = list(self._included_files(build_data))
            constructor = get_core_metadata_constructors()[DEFAULT_METADATA_VERSION]
            metadata = constructor(self.metadata, extra_dependencies=extra)
            licenses = list(self._licenses())
        return Project(
            name=core.name,
            version=self.metadata.version,
            dependencies=dependencies,
            optional_dependencies=optional,
            dependency_groups=self.raw_config.get("dependency-groups", {}),
            uv_tables=tuple(self._uv_tables()),
            files=tuple(map(_selected, files)),
            dist_info=f"{self.project_id}.dist-info",
            metadata=_without_credentials(metadata),
            entry_points=self._wheel.construct_entry_points_file(),
            licenses=tuple(licenses),
            console_scripts=core.scripts,
        )

    def _uv_tables(self) -> Iterator[dict[str, Any]]:
        """Yield ``[tool.uv]`` and the project's uv.toml, where uv's indexes and sources stand."""
        table = self.raw_config.get("tool", {}).get("uv")
        if isinstance(table, dict):  # what else stands there is for uv to judge
            yield table
        path = Path(self.root, "uv.toml")
        if path.is_file():
            with _hatch_answers():
                yield load_toml(str(path))

    def _included_files(self, build_data: dict[str, Any]) -> Iterator[IncludedFile]:
        """Yield the files that Hatch selects: by our table's options if it has any, else those of the wheel."""
        if any(option in self.target_config for option in SELECTION_OPTIONS):
            yield from self.recurse_included_files()
            return
        wheel = self._wheel
        with wheel.config.set_build_data(build_data):
            yield from wheel.recurse_included_files()
        shared = wheel.config.shared_data | normalize_inclusion_map(build_data["shared_data"], self.root)
        yield from wheel.recurse_explicit_files(shared)

    def _licenses(self) -> Iterator[SelectedFile]:
        for relative in self.metadata.core.license_files:
            source = Path(self.root, relative)
            yield SelectedFile(
                source, f"licenses/{normalize_archive_path(relative)}", source.stat().st_size, executable=False
            )

    def _check_project(self, versions: list[str] | None) -> None:
        """Ask Hatch now for all that it would fail on later with a traceback."""
        with _hatch_answers():
            self.metadata.validate_fields()
            _ = self.config.versions, self.config.hook_config
        unknown = sorted(set(versions or ()) - set(self.get_version_api()))
        if unknown:
            known = ", ".join(self.get_version_api())
            raise ConfigError(
                f"-t {self.PLUGIN_NAME}:{unknown[0]}: no such version of the target; expected one of {known}"
            )

    def _check_directory(self, given: str | None) -> None:
        """Create the folder for archives, as Hatch would, but say in one line why it cannot be."""
        with _hatch_answers():
            directory = Path(
                given
                or self.config.normalize_build_directory(os.environ.get("HATCH_BUILD_LOCATION", self.config.directory))
            )
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ArchiveError(
                f"{directory}: cannot be created ({error.strerror}); choose another folder with directory"
            ) from None

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.app.display_debug(f"  {name}: {time.perf_counter() - start:.2f} s")

    def _tell(self, report: Report | LockReport | None) -> None:
        if report is None:
            return
        for line in report.lines():
            self.app.display_info(line)
        for line in report.details():
            self.app.display_debug(line)
        for warning in report.warnings:
            self.app.display_warning(masked(f"  warning: {warning}"))


def _selected(file: IncludedFile) -> SelectedFile:
    stat = Path(file.path).stat()
    path = normalize_archive_path(file.distribution_path)
    return SelectedFile(Path(file.path), path, stat.st_size, executable=bool(stat.st_mode & 0o100))


def _cache_folder() -> Path:
    """Return the folder of the wheel store: the variable's, or the platform's place for caches."""
    given = os.environ.get(CACHE_VARIABLE)
    if given:
        return Path(given).expanduser().absolute()
    from platformdirs import user_cache_path

    return user_cache_path("hatch-lambda", appauthor=False)


def _upgrade() -> Upgrade:
    """Return which locked versions the variable frees: ``1`` or ``true`` all of them, else those that it names."""
    value = os.environ.get(UPGRADE_VARIABLE, "")
    if env_var_enabled(UPGRADE_VARIABLE):
        return Upgrade(everything=True)
    return Upgrade(names=frozenset(canonicalize_name(name) for name in re.split(r"[\s,]+", value) if name))


def _is_terminal() -> bool:
    import sys

    return sys.stderr.isatty()


def _without_credentials(metadata: str) -> str:
    """Mask credentials in the requirements of core metadata, which end up in the archive."""
    return re.sub(r"^Requires-Dist: .*$", lambda line: masked(line[0]), metadata, flags=re.MULTILINE)


@contextmanager
def _hatch_answers() -> Iterator[None]:
    """Turn what Hatch finds wrong with the project, while we ask it, into one of our errors.

    Hatch's messages open with the address of the option; a blank line parts the reason from advice.
    """
    try:
        yield
    except (ValueError, TypeError, OSError) as error:
        raise ProjectError(str(error)) from None
