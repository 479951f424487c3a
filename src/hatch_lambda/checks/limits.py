"""Whether the archive stays within Lambda's sizes.

Source of the limits: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, read 2026-11-23.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hatch_lambda.checks.base import Finding
from hatch_lambda.config.options import MAX_UNZIPPED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hatch_lambda.archive.plan import ArchivePlan
    from hatch_lambda.checks.base import Candidate
    from hatch_lambda.config.options import LambdaConfig
    from hatch_lambda.layers import Layer

MAX_DIRECT_UPLOAD = 50 << 20
"""Bytes of a zip that Lambda takes without S3; its "50 MB" are MiB."""

KIB = 1 << 10
MIB = 1 << 20


def check_unzipped(candidate: Candidate) -> Iterator[Finding]:
    """Yield an error if the archive and its layers are larger, unpacked, than ``max-size`` admits, and why."""
    problem = size_problem(candidate.plan, candidate.layers, candidate.config)
    if problem:
        yield Finding("error", problem)


def size_problem(plan: ArchivePlan, layers: Sequence[Layer], config: LambdaConfig) -> str | None:
    """Return why an archive and its layers are too large, unpacked; ``None`` if they are not."""
    unzipped = plan.unzipped + sum(layer.plan.unzipped for layer in layers)
    if unzipped <= config.max_size:
        return None
    inside = [f"{format_size(layer.plan.unzipped)} in layer {layer.name}" for layer in layers]
    shares = f", {', '.join([f'{format_size(plan.unzipped)} here', *inside])}" if inside else ""
    limit = (
        f"Lambda accepts less than {MAX_UNZIPPED + 1:,} with its layers"
        if config.max_size == MAX_UNZIPPED
        else f"{config.where('max-size')} admits {config.max_size:,}"
    )
    return f"unzipped: {unzipped:,} bytes{shares}; {limit}; largest: {_filling(plan)}, …"


def check_zipped(size: int) -> Iterator[Finding]:
    """Yield a warning if a zip of ``size`` bytes is more than Lambda takes directly."""
    if size > MAX_DIRECT_UPLOAD:
        yield Finding(
            "warning",
            f"The archive takes {format_size(size)}, more than the {format_size(MAX_DIRECT_UPLOAD)} that Lambda takes "
            "directly; it has to be deployed from S3.",
        )


def largest(plan: ArchivePlan, count: int = 3) -> str:
    """Return the distributions that take most, with their sizes unpacked."""
    shown = [(origin, size) for origin, size in plan.sizes.items() if origin.dist_info is not None]
    return ", ".join(f"{origin} ({format_size(size)})" for origin, size in shown[:count])


def _filling(plan: ArchivePlan, count: int = 3) -> str:
    """Return what takes most: distributions, and files that are of none, with their sizes unpacked."""
    sizes: Counter[str] = Counter()
    for entry in plan.entries:
        sizes[entry.path if entry.origin.dist_info is None else str(entry.origin)] += entry.content.size
    return ", ".join(f"{name} ({format_size(size)})" for name, size in sizes.most_common(count))


def format_size(size: int) -> str:
    """Return a number of bytes for people: MiB with one decimal, KiB below 0.1 MiB, and bytes below 1 KiB."""
    if size < KIB:
        return f"{size} byte{'' if size == 1 else 's'}"
    return f"{size / KIB:.1f} KiB" if size * 10 < MIB else f"{size / MIB:,.1f} MiB"
