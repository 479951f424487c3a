"""Summaries of what was built, for people."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hatch_lambda.checks.limits import MIB, format_size
from hatch_lambda.config.options import MAX_UNZIPPED
from hatch_lambda.runtime.runtimes import RUNTIMES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hatch_lambda.archive.write import WrittenArchive
    from hatch_lambda.checks.base import Candidate
    from hatch_lambda.dependencies.wheelhouse import SelectedWheels
    from hatch_lambda.diagnostics import Message
    from hatch_lambda.runtime.target import Target
    from hatch_lambda.wheels.wheel import Wheel

WIDTH = 80
"""Columns of a result line, at most."""

LARGEST = 3
"""Packages that a report lists, at most."""


@dataclass(frozen=True)
class Report:
    """A zip that was built, with its contents and warnings.

    ``in_layers`` are the wheels that a function's layers provide, ``compatible`` the targets that a layer is valid on.
    ``lock`` is the name of the lock file that pinned the versions; empty if none did.
    ``found_by_handler`` is the path that was selected because it contains the handler; empty if options select files.
    ``uv_changes`` are the overrides and exclusions that changed requirements.
    ``bytecode`` is the version of the Python that compiled the modules, ``None`` without bytecode.
    ``saved`` are the unzipped bytes that each group of ``slim`` and ``aws-services`` saved.
    ``resolver`` is the tool that resolved, and why; empty if none did.
    """

    candidate: Candidate
    selected: SelectedWheels
    in_layers: tuple[Wheel, ...]
    compatible: tuple[Target, ...]
    archive: WrittenArchive
    notes: tuple[str, ...]
    warnings: tuple[Message, ...]
    lock: str = ""
    found_by_handler: str = ""
    uv_changes: Sequence[str] = ()
    bytecode: str | None = None
    saved: Mapping[str, int] = field(default_factory=dict)
    resolver: str = ""

    def lines(self) -> Iterator[str]:
        """Yield the summary that follows the zip's path on the terminal."""
        config, plan = self.candidate.config, self.candidate.plan
        handler = f", handler {config.handler}" if config.handler else ""
        yield (
            f"  {config.kind} {config.name} for {config.target}{handler}"
            if config.name
            else f"  {config.target}{handler}"
        )
        yield self._sizes
        if self.lock:
            yield f"  locked by {self.lock}"
        if self.bytecode:
            yield f"  bytecode of CPython {self.bytecode}: {format_size(plan.bytecode)} unzipped"
        if self.found_by_handler:
            yield f"  files: {self.found_by_handler}, which contains the handler"
        if self.uv_changes:
            yield _fitting("  [tool.uv]: ", self.uv_changes)
        owners = [(origin, size) for origin, size in plan.sizes.items() if origin.dist_info]
        if not all(origin.project for origin, _ in owners):
            yield _fitting("  largest: ", [f"{origin} ({format_size(size)})" for origin, size in owners[:LARGEST]])
        if self.saved:
            yield _fitting("  slim: ", self._savings)
        for layer in self.candidate.layers:
            inside = [str(wheel) for wheel in self.in_layers if layer.versions.get(wheel.name) == wheel.version]
            start = f"  from layer {layer.name}, {format_size(layer.plan.unzipped)} unzipped"
            yield _fitting(f"{start}: ", inside) if inside else start
        if len(self.compatible) > 1:
            runtimes = dict.fromkeys(target.runtime.name for target in self.compatible)
            architectures = dict.fromkeys(target.architecture for target in self.compatible)
            yield f"  valid on {_range(list(runtimes))}; {', '.join(architectures)}"

    @property
    def _sizes(self) -> str:
        count = len(self.selected.wheels) - len(self.in_layers)
        share = self.candidate.unzipped / (MAX_UNZIPPED + 1)
        together = "with layers " if self.candidate.layers else ""
        sizes = f"{format_size(self.archive.size)} zipped, {format_size(self.candidate.plan.unzipped)} unzipped"
        packages = f"{counted(count)}, " if count else ""
        return f"  {packages}{sizes} ({together}{share:.1%} of {(MAX_UNZIPPED + 1) // MIB} MiB)"

    @property
    def _savings(self) -> list[str]:
        return [f"{name} {format_size(size)}" for name, size in self.saved.items()]

    def details(self) -> Iterator[str]:
        """Yield what only ``-v`` shows."""
        yield from resolver_lines(self.resolver)
        if self.saved and _fitting("  slim: ", self._savings).endswith("…"):
            yield f"  slim: {', '.join(self._savings)}"
        for distribution in self.selected.superfluous:
            yield f"  not included: {distribution}, which nothing requires"


def resolver_lines(resolver: str) -> Iterator[str]:
    """Yield the tool that resolved, and why; nothing if none did."""
    if resolver:
        yield f"  resolver: {resolver}"


def counted(packages: int) -> str:
    """Return a number of packages with its noun."""
    return f"{packages} package{'' if packages == 1 else 's'}"


def _fitting(start: str, items: Sequence[str]) -> str:
    """Return a line with as many of the items as fit, at least one; ``…`` stands for the rest."""
    for count in range(len(items), 0, -1):
        rest = ", …" if count < len(items) else ""
        line = f"{start}{', '.join(items[:count])}{rest}"
        if len(line) <= WIDTH:
            return line
    return line


def _range(runtimes: list[str]) -> str:
    """Return the runtimes, as a range if it includes exactly these."""
    known = [runtime.name for runtime in RUNTIMES]
    start = known.index(runtimes[0]) if runtimes[0] in known else len(known)
    is_range = len(runtimes) > 2 and known[start : start + len(runtimes)] == runtimes  # noqa: PLR2004  # of two, both
    return f"{runtimes[0]} to {runtimes[-1]}" if is_range else ", ".join(runtimes)
