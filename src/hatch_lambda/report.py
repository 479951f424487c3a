"""What was built, for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hatch_lambda.checks.limits import largest, mebibytes
from hatch_lambda.config import MAX_UNZIPPED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from packaging.utils import NormalizedName
    from packaging.version import Version

    from hatch_lambda.archive import WrittenArchive
    from hatch_lambda.config import LambdaConfig
    from hatch_lambda.plan import ArchivePlan
    from hatch_lambda.target import Target
    from hatch_lambda.wheels import Wheel


@dataclass(frozen=True)
class Report:
    """A finished archive, with what went into it and what to know about it."""

    config: LambdaConfig
    wheels: tuple[Wheel, ...]
    plan: ArchivePlan
    archive: WrittenArchive
    notes: tuple[str, ...]
    left_out: tuple[str, ...]
    warnings: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """Yield the summary that follows the archive's path on the terminal."""
        handler = f", handler {self.config.handler}" if self.config.handler else ""
        yield f"  {self.config.target}{handler}"
        count = len(self.wheels)
        share = self.plan.unzipped / (MAX_UNZIPPED + 1)
        yield (
            f"  {count} distribution{'' if count == 1 else 's'}, {mebibytes(self.archive.size)} zipped, "
            f"{mebibytes(self.plan.unzipped)} unzipped ({share:.1%} of Lambda's limit)"
        )
        yield f"  largest: {largest(self.plan)}"
        for note in self.notes:
            yield f"  older: {note}"

    def details(self) -> Iterator[str]:
        """Yield what only those want to know who ask for more."""
        for distribution in self.left_out:
            yield f"  left out: {distribution}, which nothing requires"


@dataclass(frozen=True)
class LockReport:
    """A lock that was written: which versions it had before, and which it has now."""

    path: Path
    target: Target
    before: Mapping[NormalizedName, Version]
    after: Mapping[NormalizedName, Version]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """Yield the summary that follows the lock's path on the terminal."""
        count = len(self.after)
        yield f"  {self.target}, {count} distribution{'' if count == 1 else 's'}"
        for name in sorted({*self.before, *self.after}):
            before, after = self.before.get(name), self.after.get(name)
            if before != after:
                yield f"  {name}: {before or 'new'} -> {after or 'gone'}"
        for note in self.notes:
            yield f"  older: {note}"

    def details(self) -> Iterator[str]:
        """Yield nothing: a lock has no more to tell."""
        yield from ()
