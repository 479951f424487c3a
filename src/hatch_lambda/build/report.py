"""What was built, for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hatch_lambda.checks.limits import format_size, largest
from hatch_lambda.config.options import MAX_UNZIPPED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from packaging.utils import NormalizedName

    from hatch_lambda.archive.write import WrittenArchive
    from hatch_lambda.checks.base import Candidate
    from hatch_lambda.dependencies.wheelhouse import SelectedWheels
    from hatch_lambda.diagnostics import Message
    from hatch_lambda.runtime.target import Target
    from hatch_lambda.wheels.wheel import Wheel


@dataclass(frozen=True)
class Report:
    """A finished archive, with what went into it and what to know about it.

    ``compatible`` are the targets that a layer is right for; ``in_layers`` the wheels that a function's layers have
    instead.
    """

    candidate: Candidate
    selected: SelectedWheels
    in_layers: tuple[Wheel, ...]
    compatible: tuple[Target, ...]
    archive: WrittenArchive
    notes: tuple[str, ...]
    warnings: tuple[Message, ...]

    def lines(self) -> Iterator[str]:
        """Yield the summary that follows the archive's path on the terminal."""
        config, plan = self.candidate.config, self.candidate.plan
        handler = f", handler {config.handler}" if config.handler else ""
        yield (
            f"  {config.kind} {config.name} for {config.target}{handler}"
            if config.name
            else f"  {config.target}{handler}"
        )
        share = self.candidate.unzipped / (MAX_UNZIPPED + 1)
        together = "with its layers " if self.candidate.layers else ""
        yield (
            f"  {_counted(len(self.selected.wheels) - len(self.in_layers))}, {format_size(self.archive.size)} zipped, "
            f"{format_size(plan.unzipped)} unzipped ({together}{share:.1%} of Lambda's limit)"
        )
        if largest(plan):
            yield f"  largest: {largest(plan)}"
        for layer in self.candidate.layers:
            inside = [str(wheel) for wheel in self.in_layers if layer.versions.get(wheel.name) == wheel.version]
            size = format_size(layer.plan.unzipped)
            yield f"  from layer {layer.name}, {size} unzipped: {', '.join(inside) or 'nothing'}"
        if len(self.compatible) > 1:
            runtimes = dict.fromkeys(target.runtime.name for target in self.compatible)
            architectures = dict.fromkeys(target.architecture for target in self.compatible)
            yield f"  valid on {', '.join(runtimes)}; {', '.join(architectures)}"

    def details(self) -> Iterator[str]:
        """Yield what only those want to know who ask for more."""
        for distribution in self.selected.superfluous:
            yield f"  left out: {distribution}, which nothing requires"


@dataclass(frozen=True)
class LockChange:
    """The versions that a lock had for one target, and those that it has now; of a repository with its commit."""

    target: Target
    before: Mapping[NormalizedName, str]
    after: Mapping[NormalizedName, str]
    notes: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """Yield the target and each change of a version."""
        yield f"  {self.target}, {_counted(len(self.after))}"
        for name in sorted({*self.before, *self.after}):
            before, now = self.before.get(name), self.after.get(name)
            if before != now:
                yield f"  {name}: {before or 'new'} -> {now or 'gone'}"


@dataclass(frozen=True)
class LockReport:
    """A lock that was written, target by target."""

    path: Path
    parts: tuple[LockChange, ...]
    warnings: tuple[Message, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """Return where an older release was taken, and why, for all targets."""
        return tuple(note for part in self.parts for note in part.notes)

    def lines(self) -> Iterator[str]:
        """Yield the summary that follows the lock's path on the terminal."""
        for part in self.parts:
            yield from part.lines()

    def details(self) -> Iterator[str]:
        """Yield nothing: a lock has no more to tell."""
        yield from ()


def _counted(distributions: int) -> str:
    return f"{distributions} distribution{'' if distributions == 1 else 's'}"
