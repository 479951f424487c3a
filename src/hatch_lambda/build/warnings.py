"""The warnings of a build: those of its plan, and which of all warnings are reported or fail it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import PlanError
from hatch_lambda.resolve.base import LOCK_COMMAND

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hatch_lambda.archive.plan import ArchivePlan
    from hatch_lambda.config.options import LambdaConfig
    from hatch_lambda.dependencies.wheelhouse import SelectedWheels
    from hatch_lambda.diagnostics import Message
    from hatch_lambda.resolve.base import Resolution
    from hatch_lambda.wheels.wheel import Wheel


def fallback_warnings(wheels: Iterable[Wheel], resolution: Resolution) -> Iterator[Message]:
    """Yield the warning of each wheel whose newer version has no wheel for the target, by name."""
    for name in sorted({wheel.name for wheel in wheels} & resolution.fallbacks.keys()):
        yield resolution.fallbacks[name]


def unused_exclusions(selected: SelectedWheels, decided: ArchivePlan, config: LambdaConfig) -> Iterator[Message]:
    """Yield a warning for each exclusion that excludes nothing; files that all zips inherit needn't be in each."""
    for name in selected.ignored:
        yield Diagnostic(
            code="unused-exclusion",
            where=config.where("exclude-packages"),
            problem=f"nothing requires {name!r}",
            fix="remove the entry",
            severity="warning",
        )
    if not config.inherits("exclude-files"):
        yield from decided.warnings


def bytecode_warnings(resolution: Resolution, bytecode: str | None) -> Iterator[Message]:
    """Yield a warning if the lock file records another version of the Python that compiles."""
    recorded = resolution.bytecode
    if bytecode and recorded not in {None, bytecode}:
        from hatch_lambda.runtime.interpreters import PYTHON_VARIABLE  # here, because few zips have bytecode

        yield Diagnostic(
            code="bytecode-version",
            where=resolution.source,
            problem=f"records bytecode of CPython {recorded}, and this build compiles with {bytecode} to other bytes",
            fix=f"set {PYTHON_VARIABLE} to a CPython {recorded}, or run '{LOCK_COMMAND}'",
            severity="warning",
        )


def reported_warnings(warnings: Iterable[Message], config: LambdaConfig, *, strict: bool) -> tuple[Message, ...]:
    """Return the warnings that the configuration doesn't ignore; with ``strict``, they are a ``PlanError``."""
    reported = tuple(warning for warning in warnings if not _is_ignored(warning, config))
    if strict and reported:
        raise PlanError(map(_as_error, reported))
    return reported


def _is_ignored(warning: Message, config: LambdaConfig) -> bool:
    return isinstance(warning, Diagnostic) and warning.code in config.ignore_warnings


def _as_error(warning: Message) -> Message:
    return replace(warning, severity="error") if isinstance(warning, Diagnostic) else warning
