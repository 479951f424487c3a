"""Whether the runtime has what ``exclude-packages`` leaves to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from hatch_lambda.checks.base import Finding
from hatch_lambda.runtime.provided import DISTRIBUTIONS, SDK_CORE, known_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from packaging.utils import NormalizedName

    from hatch_lambda.checks.base import Candidate
    from hatch_lambda.resolve.base import Dependency


def check_excluded(candidate: Candidate) -> Iterator[Finding]:
    """Yield a warning for each requirement on a left out distribution that the runtime does not meet, as far as known.

    Another one follows if one part of AWS's SDK is left to the runtime and another goes in.
    """
    runtime = candidate.config.target.runtime.name
    by_name: dict[NormalizedName, list[Dependency]] = {}
    for dependency in candidate.excluded:
        by_name.setdefault(canonicalize_name(dependency.requirement.name), []).append(dependency)
    for name, dependencies in sorted(by_name.items()):
        text = _problem(name, dependencies, runtime)
        if text and not (candidate.config.kind == "layer" and name not in DISTRIBUTIONS):  # a function may bring it
            yield Finding("warning", text)
    text = _mixture(candidate, by_name)
    if text:
        yield Finding("warning", text)


def _problem(name: NormalizedName, dependencies: Iterable[Dependency], runtime: str) -> str | None:
    if name not in DISTRIBUTIONS:
        return (
            f"{_listed(dependencies)}, which exclude-packages leaves out and {runtime} does not have; what imports it "
            "fails unless a layer brings it."
        )
    seen = known_version(runtime, name)
    if seen is None:
        return None
    unmet = [
        dependency
        for dependency in dependencies
        if not dependency.requirement.specifier.contains(seen.version, prereleases=True)
    ]
    if not unmet:
        return None
    return (
        f"{_listed(unmet)}, which exclude-packages leaves to the runtime; {runtime} had {name} {seen.version} when it "
        f"was last looked at, on {seen.observed}, so that what needs another version may fail; let {name} go in."
    )


def _listed(dependencies: Iterable[Dependency]) -> str:
    return " and ".join(
        dict.fromkeys(f"{dependency.required_by} requires {dependency.requirement}" for dependency in dependencies)
    )


def _mixture(candidate: Candidate, left_out: Iterable[NormalizedName]) -> str | None:
    runtime = candidate.config.target.runtime.name
    taken = [
        origin for origin in candidate.plan.sizes if canonicalize_name(origin.name) in SDK_CORE and not origin.project
    ]
    left = sorted(name for name in left_out if name in SDK_CORE)
    if not taken or not left:
        return None
    theirs = []
    for name in left:
        seen = known_version(runtime, name)
        theirs.append(f"{name} ({seen.version} on {seen.observed})" if seen else f"{name} (of unknown version)")
    ours = sorted(map(str, taken))
    return (
        f"exclude-packages leaves {' and '.join(theirs)} to {runtime}, while {' and '.join(ours)} "
        f"{'goes' if len(ours) == 1 else 'go'} in; parts of AWS's SDK that were not made for each other may fail, so "
        "leave all of them out or none."
    )
