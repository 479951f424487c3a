"""Whether the runtime includes what ``exclude-packages`` excludes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from hatch_lambda.checks.base import warning
from hatch_lambda.runtime.provided import DISTRIBUTIONS, SDK_CORE, known_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from packaging.utils import NormalizedName

    from hatch_lambda.checks.base import Candidate
    from hatch_lambda.diagnostics import Diagnostic
    from hatch_lambda.resolve.base import Dependency


def check_excluded(candidate: Candidate) -> Iterator[Diagnostic]:
    """Yield a warning for each excluded package whose version in the runtime doesn't satisfy a requirement.

    Another one follows if one part of AWS's SDK is excluded and another is in the zip.
    """
    runtime = candidate.config.target.runtime.name
    by_name: dict[NormalizedName, list[Dependency]] = {}
    for dependency in candidate.excluded:
        by_name.setdefault(dependency.name, []).append(dependency)
    for name, dependencies in sorted(by_name.items()):
        if name in DISTRIBUTIONS:
            yield from _version_problem(name, dependencies, runtime)
        elif candidate.config.kind == "function":  # a function that uses the layer might provide it
            problem = f"requires {_listed(dependencies)}, which is excluded and not in {runtime}"
            fix = f"remove {name} from exclude-packages, or ignore this if a layer provides it"
            yield warning("excluded-package", dependencies[0].required_by, problem, fix)
    yield from _mixture(candidate, by_name)


def _version_problem(name: NormalizedName, dependencies: Sequence[Dependency], runtime: str) -> Iterator[Diagnostic]:
    seen = known_version(runtime, name)
    unmet = [
        dependency
        for dependency in dependencies
        if seen and not dependency.requirement.specifier.contains(seen.version, prereleases=True)
    ]
    if seen and unmet:
        problem = (
            f"{runtime} includes {name} {seen.version} (as of {seen.observed}), which doesn't satisfy {_listed(unmet)}"
        )
        yield warning("excluded-version", unmet[0].required_by, problem, f"remove {name} from exclude-packages")


def _listed(dependencies: Sequence[Dependency]) -> str:
    """Return the requirements; all but those of the first requirer with who requires them."""
    first = dependencies[0].required_by
    texts = (
        f"{dependency.requirement}"
        if dependency.required_by == first
        else f"{dependency.requirement} (required by {dependency.required_by})"
        for dependency in dependencies
    )
    return " and ".join(dict.fromkeys(texts))


def _mixture(candidate: Candidate, excluded: Iterable[NormalizedName]) -> Iterator[Diagnostic]:
    runtime = candidate.config.target.runtime.name
    included = [
        origin for origin in candidate.plan.sizes if canonicalize_name(origin.name) in SDK_CORE and not origin.project
    ]
    missing = sorted(name for name in excluded if name in SDK_CORE)
    if not included or not missing:
        return
    versions = ((name, known_version(runtime, name)) for name in missing)
    theirs = [f"{name} {seen.version}" if seen else name for name, seen in versions]
    problem = (
        f"excludes {' and '.join(missing)}, but not {' and '.join(sorted(map(str, included)))}, which might not work "
        f"with {runtime}'s {' and '.join(theirs)}"
    )
    fix = f"exclude all parts of AWS's SDK or none: add {_quoted(origin.name for origin in included)}, or remove "
    yield warning("sdk-mixture", candidate.config.where("exclude-packages"), problem, fix + _quoted(missing))


def _quoted(names: Iterable[str]) -> str:
    return " and ".join(f'"{name}"' for name in sorted(names))
