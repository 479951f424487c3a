"""Whether the runtime has what ``exclude-packages`` leaves to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from hatch_lambda.checks.base import Finding
from hatch_lambda.runtime.provided import DISTRIBUTIONS, TIED, known_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from packaging.utils import NormalizedName

    from hatch_lambda.checks.base import Candidate
    from hatch_lambda.resolve.base import Demand


def check_left_out(candidate: Candidate) -> Iterator[Finding]:
    """Yield a warning for each requirement on a left out distribution that the runtime does not meet, as far as known.

    Another one follows if one part of AWS's SDK is left to the runtime and another goes in.
    """
    runtime = candidate.config.target.runtime.name
    by_name: dict[NormalizedName, list[Demand]] = {}
    for demand in candidate.left_out:
        by_name.setdefault(canonicalize_name(demand.requirement.name), []).append(demand)
    for name, demands in sorted(by_name.items()):
        text = _problem(name, demands, runtime)
        if text and not (candidate.config.kind == "layer" and name not in DISTRIBUTIONS):  # a function may bring it
            yield Finding("warning", text)
    text = _mixture(candidate, by_name)
    if text:
        yield Finding("warning", text)


def _problem(name: NormalizedName, demands: Iterable[Demand], runtime: str) -> str | None:
    if name not in DISTRIBUTIONS:
        return (
            f"{_listed(demands)}, which exclude-packages leaves out and {runtime} does not have; what imports it fails "
            "unless a layer brings it."
        )
    seen = known_version(runtime, name)
    if seen is None:
        return None
    unmet = [demand for demand in demands if not demand.requirement.specifier.contains(seen.version, prereleases=True)]
    if not unmet:
        return None
    return (
        f"{_listed(unmet)}, which exclude-packages leaves to the runtime; {runtime} had {name} {seen.version} when it "
        f"was last looked at, on {seen.seen}, so that what needs another version may fail; let {name} go in."
    )


def _listed(demands: Iterable[Demand]) -> str:
    return " and ".join(dict.fromkeys(f"{demand.by} requires {demand.requirement}" for demand in demands))


def _mixture(candidate: Candidate, left_out: Iterable[NormalizedName]) -> str | None:
    runtime = candidate.config.target.runtime.name
    taken = [origin for origin in candidate.plan.sizes if canonicalize_name(origin.name) in TIED and not origin.project]
    left = sorted(name for name in left_out if name in TIED)
    if not taken or not left:
        return None
    theirs = []
    for name in left:
        seen = known_version(runtime, name)
        theirs.append(f"{name} ({seen.version} on {seen.seen})" if seen else f"{name} (of unknown version)")
    ours = sorted(map(str, taken))
    return (
        f"exclude-packages leaves {' and '.join(theirs)} to {runtime}, while {' and '.join(ours)} "
        f"{'goes' if len(ours) == 1 else 'go'} in; parts of AWS's SDK that were not made for each other may fail, so "
        "leave all of them out or none."
    )
