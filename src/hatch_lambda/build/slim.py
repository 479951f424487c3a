"""Removes from the planned files of a zip what ``slim`` and ``aws-services`` select."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from hatch_lambda.archive.plan import WheelContent
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import PlanError
from hatch_lambda.progress import NO_PROGRESS, Status
from hatch_lambda.wheels.symbols import LAYOUT, cut_libraries, libraries

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from hatch_lambda.archive.plan import Entry
    from hatch_lambda.config.options import LambdaConfig
    from hatch_lambda.layers import Layer
    from hatch_lambda.progress import Progress
    from hatch_lambda.wheels.cache import WheelCache
    from hatch_lambda.wheels.wheel import Wheel


@dataclass(frozen=True)
class SlimEntries:
    """The entries that remain, and the unzipped bytes that each option or group saved, the largest first."""

    entries: tuple[Entry, ...]
    saved: Mapping[str, int]


def slim_entries(
    entries: Sequence[Entry],
    wheels: Iterable[Wheel],
    layers: Sequence[Layer],
    config: LambdaConfig,
    wheel_cache: WheelCache,
    progress: Progress = NO_PROGRESS,
) -> SlimEntries:
    """Return the entries, which come from the project and the wheels, without what the options remove.

    Raises ``ConfigError`` or ``PlanError`` for services, as ``without_services`` does, ``PlanError`` if the handler is
    removed, ``WheelError`` if a wheel changes during the build, and ``TemporaryError`` if the cut libraries can't be
    written.
    """
    remaining = tuple(entries)
    saved: Counter[str] = Counter()
    # imported here, because few zips have these options
    if config.aws_services:
        from hatch_lambda.build.aws_services import without_services

        kept = without_services(remaining, layers, config)
        saved["aws-services"] = _size(remaining) - _size(kept)
        remaining = kept
    if config.slim:
        from hatch_lambda.archive.slim import slimmed
        from hatch_lambda.wheels.references import module_references

        found = slimmed(remaining, config.slim, partial(module_references, results=wheel_cache.facts))
        _check_handler(found.removed, config)
        saved += found.saved
        remaining = found.entries
    if "symbols" in config.slim:
        cut = tuple(_with_cut_libraries(remaining, wheels, wheel_cache, progress))
        saved["symbols"] = _size(remaining) - _size(cut)
        remaining = cut
    return SlimEntries(remaining, {name: size for name, size in saved.most_common() if size})


def _size(entries: Iterable[Entry]) -> int:
    return sum(entry.content.size for entry in entries)


def _check_handler(removed: Iterable[tuple[Entry, str]], config: LambdaConfig) -> None:
    module = (config.handler or "").rpartition(".")[0].replace(".", "/")
    for entry, name in removed:
        if module and entry.path in {f"{module}.py", f"{module}/__init__.py"}:
            raise PlanError(
                Diagnostic(
                    code="handler-not-found",
                    where=f"handler {config.handler!r}",
                    problem=f"{name!r} in slim removes {entry.path}",
                    fix=f"move the handler to another directory, or remove {name!r} from slim",
                )
            )


def _with_cut_libraries(
    entries: Iterable[Entry], wheels: Iterable[Wheel], wheel_cache: WheelCache, progress: Progress
) -> Iterator[Entry]:
    """Yield the entries with the libraries of wheels cut, which is done once per wheel."""
    native = [wheel for wheel in wheels if libraries(wheel)]
    cut: dict[Path, dict[str, WheelContent]] = {}
    for count, wheel in enumerate(native, 1):
        progress.advance(Status(name=f"cut {wheel}", count=count, total=len(native)))
        cut[wheel.path] = wheel_cache.derived(wheel, "symbols", (LAYOUT,), partial(cut_libraries, wheel)).contents
    for entry in entries:
        content = entry.content
        new = cut.get(content.wheel, {}).get(content.member.name) if isinstance(content, WheelContent) else None
        yield replace(entry, content=new) if new else entry
