"""Writes a lock file for all archives that use it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from hatch_lambda.build.lock_report import LockChange, LockReport
from hatch_lambda.dependencies.sources import shared_directory
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ConfigError, ResolveError
from hatch_lambda.project import root_dependencies
from hatch_lambda.resolve.base import LOCK_COMMAND
from hatch_lambda.resolve.lock.find import lock_path
from hatch_lambda.resolve.lock.write import LockPart, OptionalPart, is_locked, make_lock, read_locked, write_lock
from hatch_lambda.resolve.validate import required_names
from hatch_lambda.wheels.bytecode import find_compiler

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from packaging.utils import NormalizedName

    from hatch_lambda.config.options import LambdaConfig
    from hatch_lambda.dependencies.wheelhouse import ResolvedWheels, Wheelhouse
    from hatch_lambda.diagnostics import Code, Message
    from hatch_lambda.project import Project
    from hatch_lambda.resolve.base import Resolution
    from hatch_lambda.resolve.lock.write import LockedState
    from hatch_lambda.resolve.upgrade import Upgrade
    from hatch_lambda.runtime.target import Target


def lock(
    project: Project,
    archives: Sequence[LambdaConfig],
    wheelhouse: Wheelhouse,
    upgrade: Upgrade,
    *,
    check: bool = False,
) -> LockReport:
    """Write the lock file for all zips that use it and return what changed.

    With ``check``, raise ``ResolveError`` instead if it would change. Raises ``HatchLambdaError``, with the lock file
    unchanged.

    Locked versions stay if they still satisfy the requirements and ``upgrade`` doesn't name them. The wheels are
    fetched and verified, so that the lock file is known to be right and the next build finds them in the cache.
    """
    path = lock_path(archives[0], wheelhouse.host)
    _check_patches(archives)
    had = {target: read_locked(path, target) for target in dict.fromkeys(config.target for config in archives)}
    sharing = {target: [config for config in archives if config.target == target] for target in had}
    pinned = {
        target: wheelhouse.resolve_for_lock(project, sharing[target], upgrade, before) for target, before in had.items()
    }
    resolved = {target: wheelhouse.validate(found, wheelhouse.fetch(found)) for target, found in pinned.items()}
    pythons = {target: _bytecode_python(sharing[target], wheelhouse) for target in had}
    with wheelhouse.step("write"):
        parts = [
            LockPart(
                target,
                (*found.resolution.pins, *found.commits),
                found.remaining,
                tuple(_optional_parts(project, sharing[target], found)),
                pythons[target],
                found.indexes,
            )
            for target, found in resolved.items()
        ]
        text = make_lock(parts, path.parent, shared_directory(wheelhouse.host.directory))
        changes = tuple(_lock_change(part, had[part.target], resolved[part.target].resolution) for part in parts)
        if check:
            _check_unchanged(path, text, changes)
        else:
            write_lock(path, text)
    return LockReport(
        path,
        changes,
        (
            *(warning for config in archives for warning in config.warnings),
            *upgrade.warnings({name for before in had.values() for name in before.labels}),
            *_warnings(resolved.values()),
            *wheelhouse.wheel_cache.warnings,
        ),
    )


def _warnings(resolved: Collection[ResolvedWheels]) -> Iterator[Message]:
    for found in resolved:
        yield from found.resolution.warnings
    for found in resolved:
        yield from found.resolution.fallbacks.values()


def _check_unchanged(path: Path, text: str, changes: Sequence[LockChange]) -> None:
    """Raise ``ResolveError`` unless the lock file has this text."""
    if is_locked(path, text):
        return
    versions = dict.fromkeys(line for change in changes for line in change.versions)
    found = ", ".join(versions) or "its files or markers"
    exists = path.is_file()
    problem = f"out of date, because locking again would change {found}" if exists else "doesn't exist"
    code: Code = "lock-out-of-date" if exists else "lock-not-found"
    raise ResolveError(Diagnostic(code=code, where=path.name, problem=problem, fix=f"run '{LOCK_COMMAND}'"))


def _bytecode_python(sharing: Sequence[LambdaConfig], wheelhouse: Wheelhouse) -> str | None:
    """Return the version of the Python that compiles the modules of the zips; ``None`` if none has bytecode."""
    host, results = wheelhouse.host, wheelhouse.wheel_cache.results
    found = (find_compiler(config, host, results) for config in sharing)
    return next((one.interpreter.version for one in found if one), None)


def _lock_change(part: LockPart, before: LockedState, resolution: Resolution) -> LockChange:
    return LockChange(part.target, before.labels, part.versions, resolution.notes, resolution.resolver)


def _optional_parts(project: Project, sharing: Sequence[LambdaConfig], found: ResolvedWheels) -> Iterator[OptionalPart]:
    """Yield each extra and group of the zips with the packages that the project requires only through it."""
    bare = replace(sharing[0], features=(), dependency_groups=())
    features = {canonicalize_name(name): name for config in sharing for name in config.features}
    groups = {canonicalize_name(name): name for config in sharing for name in config.dependency_groups}

    def required(config: LambdaConfig) -> frozenset[NormalizedName]:
        return required_names(root_dependencies(project, config), found.by_name, config.target)

    for feature, name in features.items():
        yield OptionalPart("extras", feature, required(replace(bare, features=(name,))) - required(bare))
    for group, name in groups.items():
        only = replace(bare, dependency_groups=(name,))
        yield OptionalPart("dependency_groups", group, required(only) - required(bare))


def _check_patches(archives: Sequence[LambdaConfig]) -> None:
    """Raise ``ConfigError`` for two patch levels of one runtime, which the markers of a lock file can't distinguish."""
    first: dict[str, Target] = {}
    for config in archives:
        other = first.setdefault(str(config.target), config.target)
        if other != config.target:
            here, there = config.target.python_full_version, other.python_full_version
            problem = f"{here!r} differs from {there!r} of another zip, and one lock file can't have both"
            fix = "use the same value, or set lock for one of them"
            where = config.where("python-patch")
            raise ConfigError(Diagnostic(code="lock-conflict", where=where, problem=problem, fix=fix))
