"""Loads the handler of a zip that was written and doesn't replace the existing one yet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hatch_lambda.archive.write import write_archive
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import FunctionError, HostError
from hatch_lambda.files.temporary import temporary_directory
from hatch_lambda.invoke.explain import Setting, explained_failure
from hatch_lambda.invoke.sandbox import LAYERS, TASK_ROOT
from hatch_lambda.invoke.session import Function, started_function

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hatch_lambda.archive.plan import ArchivePlan
    from hatch_lambda.config.options import LambdaConfig
    from hatch_lambda.diagnostics import Message
    from hatch_lambda.resolve.base import Host
    from hatch_lambda.wheels.cache import WheelCache

_SECONDS = 60.0
"""The longest time that a handler has to be loaded; build machines can be slow."""

_EARLIEST = 315_532_800
"""A date that zips can have, for temporary zips whose bytes don't matter: 1980-01-01."""

_SETTING = Setting(
    add_variable='set smoke-test-env = {{ {} = "VALUE" }}',
    add_layer="set the layer that includes it in layers",
    more_time="load less when the handler's module is imported, or set smoke-test = false",
    other="fix the function, or set smoke-test = false",
)


@dataclass(frozen=True)
class LayerFiles:
    """The files of a layer, and its zip if it exists."""

    plan: ArchivePlan
    path: Path | None


@dataclass(frozen=True, kw_only=True)
class SmokeTest:
    """A function to load: the name its zip will have, where it is until then, what it contains, and its layers."""

    filename: str
    path: Path
    layers: tuple[LayerFiles, ...]
    plan: ArchivePlan
    config: LambdaConfig
    required: bool


def smoke_test(test: SmokeTest, wheel_cache: WheelCache, host: Host) -> tuple[Diagnostic, ...]:
    """Load the handler; return a warning if this machine can't do that.

    Raises ``FunctionError`` with the end of the traceback if it can't be loaded, and ``HostError`` instead of the
    warning if the test is required.
    """
    try:
        _load(test, wheel_cache, host)
    except HostError as error:
        return (_skipped(test, error.diagnostics),)
    return ()


def _load(test: SmokeTest, wheel_cache: WheelCache, host: Host) -> None:
    handler = test.config.handler
    where = test.config.where("smoke-test")
    if handler is None:
        raise HostError(Diagnostic(code="cannot-run", where=where, problem="no handler is set", fix="set handler"))
    if handler in test.plan.paths:
        problem = "the handler is a program, and only Python functions can be loaded"
        raise HostError(Diagnostic(code="cannot-run", where=where, problem=problem, fix="set smoke-test = false"))
    with temporary_directory() as directory:
        function = Function(
            name=test.filename,
            path=test.path,
            layers=tuple(_layer_zips(test.layers, Path(directory))),
            target=test.config.target,
            handler=handler,
            variables=test.config.smoke_test_env,
            seconds=_SECONDS,
        )
        with started_function(function, wheel_cache, host, _ignore) as session:
            outcome = session.load()
    if not outcome.ok:
        roots = [(TASK_ROOT, test.plan), *((LAYERS, layer.plan) for layer in test.layers)]
        reason, excerpt = explained_failure(f"handler {handler!r}", outcome, roots, _SETTING)
        raise FunctionError(reason, detail=excerpt)


def _layer_zips(layers: Sequence[LayerFiles], directory: Path) -> list[Path]:
    """Return the zip of each layer; those that the build hasn't written are written to the directory."""
    return [
        layer.path or write_archive(layer.plan, directory / f"{number}.zip", timestamp=_EARLIEST).path
        for number, layer in enumerate(layers)
    ]


def _skipped(test: SmokeTest, problems: Sequence[Message]) -> Diagnostic:
    """Return a warning, or raise ``HostError`` if the test is required."""
    known = [problem for problem in problems if isinstance(problem, Diagnostic)]
    skipped = Diagnostic(
        code="smoke-test-skipped",
        where=test.config.where("smoke-test"),
        problem=f"not run ({known[0].problem})",
        fix=known[-1].fix,
        severity="error" if test.required else "warning",
    )
    if test.required:
        raise HostError(skipped)
    return skipped


def _ignore(_: str) -> None:
    """Don't show a line of the function's output; the traceback of a failure has what matters."""
