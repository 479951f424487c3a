"""Whether the archive is within Lambda's size limits.

Source of the limits: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, read 2026-11-23.
"""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from hatch_lambda.checks.base import error, warning
from hatch_lambda.config.options import MAX_UNZIPPED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hatch_lambda.archive.plan import ArchivePlan
    from hatch_lambda.checks.base import Candidate
    from hatch_lambda.checks.suggestions import Suggestion
    from hatch_lambda.config.options import LambdaConfig
    from hatch_lambda.diagnostics import Diagnostic
    from hatch_lambda.layers import Layer

MAX_DIRECT_UPLOAD = 50 << 20
"""Bytes of a zip that Lambda accepts without S3; its "50 MB" are MiB."""

KIB = 1 << 10
MIB = 1 << 20

_SHOWN = 3
"""Names of the largest that a message shows."""


def check_unzipped(candidate: Candidate) -> Iterator[Diagnostic]:
    """Yield an error if the unzipped archive and its layers are larger than Lambda or ``max-size`` allows."""
    suggest = partial(_suggestions, candidate)
    problem = size_problem(candidate.filename, candidate.plan, candidate.layers, candidate.config, suggest)
    if problem:
        yield problem


def _suggestions(candidate: Candidate) -> Sequence[Suggestion]:
    from hatch_lambda.checks.suggestions import suggestions

    return suggestions(candidate)


def size_problem(
    filename: str,
    plan: ArchivePlan,
    layers: Sequence[Layer],
    config: LambdaConfig,
    suggest: Callable[[], Sequence[Suggestion]] = tuple,
) -> Diagnostic | None:
    """Return why an archive and its layers are too large, unzipped; ``None`` if they aren't.

    ``suggest`` returns what could be removed, which takes time.
    """
    unzipped = plan.unzipped + sum(layer.plan.unzipped for layer in layers)
    excess = unzipped - config.max_size
    if excess <= 0:
        return None
    is_own_limit = config.max_size == MAX_UNZIPPED
    limit = f"Lambda's {(MAX_UNZIPPED + 1) // MIB} MiB limit" if is_own_limit else f"max-size ({_mib(config.max_size)})"
    together = " with its layers" if layers else ""
    problem = f"{_mib(unzipped)} unzipped{together} exceeds {limit} by {_mib(excess)} ({_shares(plan, layers)})"
    return error("too-large", filename, problem, _fix(suggest(), excess))


def _shares(plan: ArchivePlan, layers: Sequence[Layer]) -> str:
    """Return what is largest, and if there are layers, the size of each zip."""
    zips = [f"{_mib(layer.plan.unzipped)} in layer {layer.name}" for layer in layers]
    shares = f"{', '.join([f'{_mib(plan.unzipped)} in this zip', *zips])}, " if zips else ""
    sizes: Counter[str] = Counter()
    for entry in plan.entries:
        sizes[entry.path if entry.origin.dist_info is None else entry.origin.name] += entry.content.size
    names = [f"{name} {_mib(size)}" for name, size in sizes.most_common(_SHOWN)]
    more = ", …" if len(sizes) > _SHOWN else ""
    return f"{shares}largest: {', '.join(names)}{more}"


def _fix(suggested: Sequence[Suggestion], excess: int) -> str:
    """Return what makes the archive smaller; not a layer, because its size counts too."""
    lines = [f"{suggestion.line} (saves {_mib(suggestion.saved)})" for suggestion in suggested]
    if not lines:
        return "remove files with exclude-files or packages with exclude-packages"
    is_enough = sum(suggestion.saved for suggestion in suggested) >= excess
    rest = [] if is_enough else ["exclude packages or files for the rest"]
    return f"set {', '.join([*lines, *rest])}"


def _mib(size: int) -> str:
    """Return a size for a message with others; all have one unit, and none is shown as zero."""
    return f"{size / MIB:,.1f} MiB" if size >= MIB / 20 else "less than 0.1 MiB"


def check_zipped(filename: str, size: int) -> Iterator[Diagnostic]:
    """Yield a warning if a zip of ``size`` bytes is larger than Lambda accepts directly."""
    if size > MAX_DIRECT_UPLOAD:
        problem = f"{format_size(size)} zipped exceeds the {MAX_DIRECT_UPLOAD // MIB} MiB that Lambda accepts directly"
        yield warning("large-zip", filename, problem, "deploy it from S3 with --s3-bucket BUCKET")


def format_size(size: int) -> str:
    """Return a number of bytes for people: MiB with one decimal, KiB below 0.1 MiB, and bytes below 1 KiB."""
    if size < KIB:
        return f"{size} byte{'' if size == 1 else 's'}"
    return f"{size / KIB:.1f} KiB" if size * 10 < MIB else f"{size / MIB:,.1f} MiB"
