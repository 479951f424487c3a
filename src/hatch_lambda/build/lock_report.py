"""Summaries of lock files that were written, for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hatch_lambda.build.report import counted, resolver_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from packaging.utils import NormalizedName

    from hatch_lambda.diagnostics import Message
    from hatch_lambda.runtime.target import Target


@dataclass(frozen=True)
class LockChange:
    """The versions that a lock file had for one target, and those that it has now; a Git dependency has its commit."""

    target: Target
    before: Mapping[NormalizedName, str]
    after: Mapping[NormalizedName, str]
    notes: tuple[str, ...]
    resolver: str = ""

    def lines(self) -> Iterator[str]:
        """Yield the target and each change of a version."""
        yield f"  {self.target}, {counted(len(self.after))}" if self.after else f"  {self.target}"
        for line in self.versions:
            yield f"  {line}"

    @property
    def versions(self) -> Iterator[str]:
        """Yield each change of a version."""
        for name in sorted({*self.before, *self.after}):
            before, now = self.before.get(name), self.after.get(name)
            if before != now:
                yield f"{name}: {before or 'new'} -> {now or 'gone'}"


@dataclass(frozen=True)
class LockReport:
    """A lock file that was written, target by target."""

    path: Path
    parts: tuple[LockChange, ...]
    warnings: tuple[Message, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """Return which older releases were selected, and why, for all targets."""
        return tuple(note for part in self.parts for note in part.notes)

    def lines(self) -> Iterator[str]:
        """Yield the summary that follows the lock file's path on the terminal."""
        for part in self.parts:
            yield from part.lines()

    def details(self) -> Iterator[str]:
        """Yield what only ``-v`` shows."""
        for resolver in dict.fromkeys(part.resolver for part in self.parts):
            yield from resolver_lines(resolver)
