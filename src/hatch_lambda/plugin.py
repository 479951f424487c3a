"""Hatch's side of the job: the builder of target ``lambda``, which reads the project and talks to the user."""

from __future__ import annotations

import os
import re
import sys
import time
from contextlib import contextmanager, nullcontext
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatchling.builders.config import BuilderConfig, env_var_enabled
from hatchling.builders.plugin.interface import BuilderInterface
from hatchling.builders.utils import get_reproducible_timestamp
from hatchling.plugin.manager import PluginManager
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from hatch_lambda.archive import remove_leftovers
from hatch_lambda.build import Job, build, lock
from hatch_lambda.config import FILENAME_FIELDS, LambdaConfig, read_config
from hatch_lambda.errors import ArchiveError, ConfigError, HatchLambdaError, masked
from hatch_lambda.hatch_project import FileSelection, hatch_answers, read_project
from hatch_lambda.resolve.base import OFFLINE_VARIABLE, Host
from hatch_lambda.resolve.choice import UPGRADE_VARIABLE, Upgrade

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from hatchling.builders.hooks.plugin.interface import BuildHookInterface

    from hatch_lambda.report import LockReport, Report

CACHE_VARIABLE = "HATCH_LAMBDA_CACHE_DIR"

CHECKED_OPTIONS = (
    "versions",
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
"""Attributes of Hatch's configuration that raise where an option is wrong; the others are read with the files."""


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
        return self._files.get_default_build_data()

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

    def get_build_hooks(self, directory: str) -> dict[str, BuildHookInterface[Any]]:
        """Return the project's build hooks; raises ``ProjectError`` for one that does not exist."""
        with hatch_answers():
            return super().get_build_hooks(directory)

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
        for path in list(Path(directory).iterdir()):
            left = re.fullmatch(rf"\.({pattern})\.\w+\.partial", path.name)
            if left:
                remove_leftovers(path.with_name(left[1]))
            elif re.fullmatch(pattern, path.name):
                _remove(path)

    @cached_property
    def settings(self) -> LambdaConfig:
        """Return our table as a value; raises ``ConfigError`` naming every problem."""
        with hatch_answers():
            requires_python = SpecifierSet(self.metadata.core.requires_python)
        return read_config(self.target_config, requires_python=requires_python, overrides=os.environ)

    @cached_property
    def _reports(self) -> dict[str, Report | LockReport]:
        return {}

    @cached_property
    def _files(self) -> FileSelection:
        return FileSelection(self.root, self.plugin_manager, self.raw_config, self.metadata, self.app)

    @property
    def _terminal(self) -> bool:
        """Return whether a person watches, and wants to."""
        return self.app.verbosity >= 0 and sys.stderr.isatty()

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
            terminal=self._terminal,
            offline=env_var_enabled(OFFLINE_VARIABLE),
        )
        return Job(
            project=read_project(self._files, build_data),
            config=self.settings,
            path=path,
            store=_cache_folder(),
            host=host,
            timestamp=_timestamp() if self.config.reproducible else int(time.time()),
        )

    def _check_project(self, versions: list[str] | None) -> None:
        """Ask Hatch now for all that it would fail on later with a traceback."""
        with hatch_answers():
            self.metadata.validate_fields()
            for option in CHECKED_OPTIONS:
                getattr(self.config, option)
        unknown = sorted(set(versions or ()) - set(self.get_version_api()))
        if unknown:
            known = ", ".join(self.get_version_api())
            raise ConfigError(
                f"-t {self.PLUGIN_NAME}:{unknown[0]}: no such version of the target; expected one of {known}"
            )

    def _check_directory(self, given: str | None) -> None:
        """Create the folder for archives, as Hatch would, but say in one line why it cannot be."""
        with hatch_answers():
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
        """Show the step while it lasts, where a person watches; tell its seconds to those who ask for more."""
        start = time.perf_counter()
        with _shown(f"  {name} …") if self._terminal else nullcontext():
            yield
        self.app.display_debug(f"  {name}: {time.perf_counter() - start:.2f} s")

    def _tell(self, report: Report | LockReport | None) -> None:
        if report is None:
            return
        for line in report.lines():
            self.app.display_info(masked(line))
        for line in report.details():
            self.app.display_debug(masked(line))
        for warning in report.warnings:
            self.app.display_warning(masked(f"  warning: {warning}"))


def _remove(archive: Path) -> None:
    try:
        archive.unlink()
    except OSError as error:
        raise ArchiveError(f"{archive}: cannot be removed; {error.strerror}; remove it, then build again") from None


def _timestamp() -> int:
    """Return the date of a reproducible archive in seconds since 1970; raises ``ConfigError``."""
    try:
        return get_reproducible_timestamp()
    except ValueError:
        found = os.environ["SOURCE_DATE_EPOCH"]
        raise ConfigError(
            f"SOURCE_DATE_EPOCH: expected a whole number of seconds since 1970; found {found!r}"
        ) from None


def _cache_folder() -> Path:
    """Return the folder of the wheel store: the variable's, or the platform's place; raises ``ConfigError``."""
    given = os.environ.get(CACHE_VARIABLE)
    if given:
        try:
            return Path(given).expanduser().absolute()
        except RuntimeError:
            raise ConfigError(f"{CACHE_VARIABLE}: {given!r} names nobody's home; give the folder in full") from None
    from platformdirs import user_cache_path

    return user_cache_path("hatch-lambda", appauthor=False)


def _upgrade() -> Upgrade:
    """Return which locked versions the variable frees: ``1`` or ``true`` all of them, else those that it names."""
    value = os.environ.get(UPGRADE_VARIABLE, "")
    if env_var_enabled(UPGRADE_VARIABLE):
        return Upgrade(everything=True)
    return Upgrade(names=frozenset(canonicalize_name(name) for name in re.split(r"[\s,]+", value) if name))


@contextmanager
def _shown(text: str) -> Iterator[None]:
    """Write a line to the terminal that is gone once the block ends."""
    sys.stderr.write(f"{text}\r")
    sys.stderr.flush()
    try:
        yield
    finally:
        sys.stderr.write(" " * len(text) + "\r")
        sys.stderr.flush()
