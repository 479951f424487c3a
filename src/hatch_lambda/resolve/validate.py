"""Whether a set of distributions is right for the target: nothing missing, nothing unfit; and what of it is needed."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name

from hatch_lambda.errors import ResolveError, WheelError, shorten
from hatch_lambda.resolve.base import Dependency, Resolution, filename_of
from hatch_lambda.runtime.target import wheel_tags

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from packaging.version import Version

    from hatch_lambda.runtime.target import Target


_EXTRA_IN_MARKER = re.compile(r"""\bextra\s*==\s*["']([^"']+)["']|["']([^"']+)["']\s*==\s*extra\b""")
"""An extra as a marker asks for it: old metadata names its extras nowhere else."""


class Versioned(Protocol):
    """A wheel, as far as a requirement looks at it."""

    @property
    def version(self) -> Version | str:
        """The version."""

    @property
    def filename(self) -> str:
        """The file's name."""


class DistributionMetadata(Protocol):
    """A distribution that says what it requires."""

    @property
    def name(self) -> NormalizedName:
        """The normalized name."""

    @property
    def version(self) -> str:
        """The version."""

    @property
    def requires_dist(self) -> tuple[str, ...]:
        """Each Requires-Dist of its metadata."""


class WheelMetadata(DistributionMetadata, Protocol):
    """A wheel, as far as the proof looks at it."""

    @property
    def filename(self) -> str:
        """The file's name, with its tags."""

    @property
    def requires_python(self) -> str | None:
        """Requires-Python of its metadata."""

    @property
    def provides_extra(self) -> tuple[str, ...]:
        """Each Provides-Extra of its metadata."""


def validate(
    roots: Sequence[Dependency], wheels: Iterable[WheelMetadata], target: Target, resolution: Resolution
) -> None:
    """Return if the wheels are what the roots need on the target; raises ``ResolveError`` otherwise.

    Every requirement of every wheel that is needed is judged under the target's own markers, whoever resolved them.
    """
    found = {wheel.name: wheel for wheel in wheels}
    demanded = transitive_dependencies(roots, found, target)
    wanted = {canonicalize_name(dependency.requirement.name) for dependency in demanded}
    judged = [wheel for name, wheel in found.items() if resolution.exact or name in wanted]
    problems = [problem for wheel in judged for problem in _unfit(wheel, target)]
    problems += filter(None, (requirement_problem(dependency, found, resolution) for dependency in demanded))
    problems += [
        f"{wheel.name} {wheel.version}: nothing requires it on {target}; {resolution.fix}"
        for name, wheel in found.items()
        if resolution.exact and name not in wanted
    ]
    if problems:
        raise ResolveError(problems)


def missing_extras(roots: Sequence[Dependency], wheels: Iterable[WheelMetadata], target: Target) -> Iterator[str]:
    """Yield a sentence for each extra that the roots ask for on the target and that the distribution does not have.

    What distributions ask of each other is not told: nobody here could mend it, and many have named an extra for years
    that the other has given up.
    """
    found = {wheel.name: wheel for wheel in wheels}
    for dependency in transitive_dependencies(roots, {}, target):
        wheel = found.get(canonicalize_name(dependency.requirement.name))
        known = _extras(wheel) if wheel else ()
        for extra in sorted(dependency.requirement.extras):
            if wheel is None or canonicalize_name(extra) in known:
                continue
            close = get_close_matches(canonicalize_name(extra), known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(map(repr, known)) or 'none'}."
            yield (
                f"{dependency.required_by} requires {dependency.requirement.name}[{extra}], but {wheel.name} "
                f"{wheel.version} has no extra {extra!r} and goes in without it; {hint}"
            )


def _extras(wheel: WheelMetadata) -> list[NormalizedName]:
    """Return the extras that a distribution has, in order."""
    in_markers = (name for text in wheel.requires_dist for match in _EXTRA_IN_MARKER.findall(text) for name in match)
    return sorted({canonicalize_name(name) for name in (*wheel.provides_extra, *filter(None, in_markers))})


def is_satisfied(
    roots: Sequence[Dependency],
    wheels: Iterable[WheelMetadata],
    target: Target,
    *,
    without: Collection[NormalizedName] = (),
) -> bool:
    """Return whether the wheels, made for another target perhaps, hold all that the roots need on this one."""
    found = {wheel.name: wheel for wheel in wheels}
    demanded = [
        dependency
        for dependency in transitive_dependencies(roots, found, target, without=without)
        if canonicalize_name(dependency.requirement.name) not in without
    ]
    unmet_here = any(requirement_problem(dependency, found, Resolution(())) for dependency in demanded)
    return not unmet_here and not any(problem for wheel in found.values() for problem in _unfit(wheel, target))


def required_names(
    roots: Sequence[Dependency],
    distributions: Mapping[NormalizedName, DistributionMetadata],
    target: Target,
    *,
    without: Collection[NormalizedName] = (),
) -> frozenset[NormalizedName]:
    """Return the names that are still needed once those in ``without``, and what only they need, are gone."""
    demanded = transitive_dependencies(roots, distributions, target, without=without)
    return frozenset(canonicalize_name(dependency.requirement.name) for dependency in demanded) - frozenset(without)


def transitive_dependencies(
    roots: Iterable[Dependency],
    distributions: Mapping[NormalizedName, DistributionMetadata],
    target: Target,
    *,
    without: Collection[NormalizedName] = (),
) -> tuple[Dependency, ...]:
    """Return every requirement that holds on the target, those of the roots and all that follow from them.

    Raises ``WheelError`` for metadata with a requirement that is none.
    """
    reached: list[Dependency] = []
    queue = [dependency for dependency in roots if _holds(dependency.requirement, target, "")]
    seen: set[tuple[str, str]] = set()
    while queue:
        dependency = queue.pop(0)
        reached.append(dependency)
        name = canonicalize_name(dependency.requirement.name)
        if name in without or name not in distributions:
            continue
        for extra in ("", *sorted(map(canonicalize_name, dependency.requirement.extras))):
            if (name, extra) not in seen:
                seen.add((name, extra))
                queue += _requirements(distributions[name], target, extra)
    return tuple(reached)


def check_requirements(roots: Iterable[Dependency], target: Target) -> None:
    """Raise ``ResolveError`` for each requirement of which nobody can tell whether and when it is met."""
    problems = [
        f"{root.required_by}: requires {shorten(str(root.requirement))}, which has no answer on {target} ({reason}); "
        "correct it"
        for root in roots
        if (reason := _unclear(root.requirement, target))
    ]
    if problems:
        raise ResolveError(problems)


def _unclear(requirement: Requirement, target: Target, extra: str = "") -> str | None:
    """Return why a well-formed requirement cannot be judged: by its marker, its versions, or its URL."""
    try:
        for name in {"", extra}:
            target.holds(requirement.marker, name)
        requirement.specifier.contains("0", prereleases=True)
        urlsplit(requirement.url or "")
    except ValueError as error:
        return str(error).rstrip(".")
    return None


def _requirements(distribution: DistributionMetadata, target: Target, extra: str) -> Iterator[Dependency]:
    """Yield what the distribution requires without extras, or what one extra adds to that."""
    by = f"{distribution.name} {distribution.version}"
    for text in distribution.requires_dist:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            raise WheelError(
                f"{by}: its metadata requires {text!r}, which is no requirement; pin another version"
            ) from None
        reason = _unclear(requirement, target, extra)
        if reason:
            raise WheelError(
                f"{by}: its metadata requires {shorten(text)}, which has no answer on {target} ({reason}); pin another "
                "version"
            )
        if _holds(requirement, target, extra) and not (extra and _holds(requirement, target, "")):
            yield Dependency(by, requirement)


def _holds(requirement: Requirement, target: Target, extra: str) -> bool:
    return target.holds(requirement.marker, extra)


def requirement_problem(
    dependency: Dependency, found: Mapping[NormalizedName, Versioned], resolution: Resolution
) -> str | None:
    """Say why a requirement is not met by what was found; ``None`` if it is."""
    requirement = dependency.requirement
    name = canonicalize_name(requirement.name)
    wheel = found.get(name)
    if name in resolution.unfit:
        return f"{dependency.required_by}: requires {requirement}; {resolution.unfit[name]}"
    if wheel is None:
        has = f"{resolution.source} lacks it"
    elif not requirement.specifier.contains(str(wheel.version), prereleases=True):
        has = f"{resolution.source} has {wheel.version}"
    elif _is_another(wheel.filename, requirement.url):
        has = f"{resolution.source} has {wheel.filename}"
    else:
        return None
    return f"{dependency.required_by}: requires {requirement}; {has}; {resolution.fix}"


def _is_another(filename: str, url: str | None) -> bool:
    """Return whether the URL is that of a wheel with another name; a folder or a repository has no name to compare."""
    wanted = filename_of(url or "")
    return wanted.endswith(".whl") and wanted != filename


def _unfit(wheel: WheelMetadata, target: Target) -> Iterator[str]:
    problem = target.wheel_problem(wheel_tags(wheel.filename))
    if problem:
        yield f"{wheel.filename}: {problem}; it does not run on {target}"
    try:
        pythons = SpecifierSet(wheel.requires_python or "")
        fits = pythons.contains(target.python_full_version, prereleases=True)
    except ValueError:  # of a specifier that is none, or of endless digits
        return
    if not fits:
        yield f"{wheel.filename}: requires Python {pythons}; {target.runtime.name} has {target.python_full_version}"
