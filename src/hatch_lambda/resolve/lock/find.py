"""Finds the lock file of a project: the one that pins the versions, and the one that ``-t lambda:lock`` writes."""

from __future__ import annotations

from dataclasses import replace
from os.path import lexists
from typing import TYPE_CHECKING

from hatch_lambda.config.options import LOCK_FILE, UV_LOCK
from hatch_lambda.config.targets import VARIABLES
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ConfigError
from hatch_lambda.files.paths import relative_path
from hatch_lambda.resolve.lock.file import CREATED_BY, UV_LOCK_FIX, LockSelection, lock_creator
from hatch_lambda.resolve.pip.uv_counterparts import searching_environment
from hatch_lambda.resolve.uv_indexes import with_user_indexes
from hatch_lambda.resolve.workspace import workspace_root

if TYPE_CHECKING:
    from pathlib import Path

    from hatch_lambda.config.options import LambdaConfig
    from hatch_lambda.diagnostics import Code
    from hatch_lambda.resolve.base import Host
    from hatch_lambda.resolve.cache import ResultCache
    from hatch_lambda.resolve.lock.read import LockResolver
    from hatch_lambda.resolve.lock.requirements_txt import RequirementsTxtResolver
    from hatch_lambda.resolve.lock.uv_lock import UvLockResolver
    from hatch_lambda.resolve.uv_settings import UvSettings


def chosen_lock(
    config: LambdaConfig, host: Host, results: ResultCache, uv: UvSettings, shared: Path
) -> RequirementsTxtResolver | LockResolver | UvLockResolver | None:
    """Return the lock file if the project has one; raises ``ConfigError`` if it has two for the same zips.

    ``shared`` is the directory whose files a lock file can name.
    """
    path = _lock_file(config, host)
    if path is None:
        return None
    if path.name != UV_LOCK and path.suffix != ".toml":
        from hatch_lambda.resolve.lock.requirements_txt import RequirementsTxtResolver

        known = with_user_indexes(uv, host.environ, host.directory)
        return RequirementsTxtResolver(path, replace(host, environ=searching_environment(known, host.environ)), results)
    overridden = frozenset(option for option, variable in VARIABLES.items() if host.environ.get(variable))
    wanted = LockSelection(config.features, config.dependency_groups, config.build_from_source, overridden)
    if path.name != UV_LOCK:
        from hatch_lambda.resolve.lock.read import LockResolver, PylockFile

        return LockResolver(PylockFile(path, host.directory), wanted, shared)
    from hatch_lambda.resolve.lock.uv_lock import UvLock, UvLockResolver

    return UvLockResolver(UvLock(path, host, wanted, results), shared)


def _lock_file(config: LambdaConfig, host: Host) -> Path | None:
    """Return the path of the lock file that the build uses, if any."""
    if config.lock is False:
        return None
    default = host.directory / LOCK_FILE
    if config.lock is None:
        return default if lexists(default) else _uv_lock(host.directory)
    path = host.directory / config.lock
    is_own = config.where("lock") != f"{config.table}.lock"  # otherwise, the default lock file belongs to other zips
    if not is_own and default.is_file() and path.resolve() != default.resolve():
        raise ConfigError(
            _lock_problem(config, "lock-conflict", f"{config.lock!r}, but {LOCK_FILE} exists too", "remove one of them")
        )
    if path.name == UV_LOCK:
        _check_uv_lock(config, path, host.directory)
    return path


def _uv_lock(directory: Path) -> Path | None:
    """Return the uv.lock of the project or of its uv workspace, if it exists; a link to nothing is a damaged one."""
    if not any(lexists(parent / UV_LOCK) for parent in (directory, *directory.resolve().parents)):
        return None  # without reading any workspace
    path = workspace_root(directory) / UV_LOCK
    return path if lexists(path) else None


def _check_uv_lock(config: LambdaConfig, path: Path, directory: Path) -> None:
    """Raise ``ConfigError`` for a uv.lock that uv wouldn't use for the project."""
    used = workspace_root(directory) / UV_LOCK
    if path.resolve() != used.resolve():
        name = relative_path(used, directory.resolve())
        problem = f"{config.lock!r} isn't the project's lock file, which uv keeps at {name}"
        raise ConfigError(_lock_problem(config, "lock-mismatch", problem, f'set lock = "{name}"'))


def has_lock_of_uv(config: LambdaConfig, host: Host) -> bool:
    """Return whether uv.lock pins the versions, from which each zip gets its own export.

    Zips can't share one, because uv exports no extras that exclude each other in ``tool.uv.conflicts``.
    """
    path = _lock_file(config, host)
    return path is not None and path.name == UV_LOCK


def has_foreign_lock(config: LambdaConfig, host: Host) -> bool:
    """Return whether a lock file that another tool created pins the versions."""
    path = _lock_file(config, host)
    return path is not None and not _is_ours(path)


def lock_path(config: LambdaConfig, host: Host) -> Path:
    """Return the path of our lock file; raises ``ConfigError`` if ``lock`` names a file in another format.

    Raises it also if builds wouldn't use our lock file, or would no longer use uv's.
    """
    path = host.directory / (config.lock or LOCK_FILE)
    if config.lock is False:
        problem, fix = "false, so no build would use the lock file", "remove the option"
        raise ConfigError(_lock_problem(config, "lock-conflict", problem, fix))
    if config.lock is None and not path.exists() and (uv_lock := _uv_lock(host.directory)):
        name = relative_path(uv_lock, host.directory.resolve())
        problem = f"already pins the dependencies, and builds would use {LOCK_FILE} instead"
        fix = f'{UV_LOCK_FIX}, or set lock = "{LOCK_FILE}" to use that'
        raise ConfigError(Diagnostic(code="lock-conflict", where=name, problem=problem, fix=fix))
    if path.suffix != ".toml":
        problem = f"-t lambda:lock doesn't write the format of {config.lock!r}"
        update = UV_LOCK_FIX if path.name == UV_LOCK else "update the file with its own tool"
        fix = f'{update}, or set lock = "{LOCK_FILE}"'
        raise ConfigError(_lock_problem(config, "unsupported-lock", problem, fix))
    return path


def _lock_problem(config: LambdaConfig, code: Code, problem: str, fix: str) -> Diagnostic:
    where = config.where("lock")
    return Diagnostic(code=code, where=where, problem=problem, fix=fix, table=where.rpartition(".")[0])


def is_replaceable_lock(config: LambdaConfig, host: Host) -> bool:
    """Return whether -t lambda:lock can write the lock file: none exists yet, or hatch-lambda wrote it."""
    return config.lock is not False and _is_ours(host.directory / (config.lock or LOCK_FILE))


def _is_ours(path: Path) -> bool:
    return path.suffix == ".toml" and (not path.is_file() or lock_creator(path) in {None, CREATED_BY})
