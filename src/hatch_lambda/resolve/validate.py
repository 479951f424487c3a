"""Validate that distributions satisfy the requirements on the target, and find those that are required."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ResolveError, WheelError, shorten
from hatch_lambda.resolve.base import Dependency, Resolution, filename_of
from hatch_lambda.runtime.target import wheel_tags

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from packaging.version import Version

    from hatch_lambda.runtime.target import Target


_EXTRA_IN_MARKER = re.compile(r"""\bextra\s*==\s*["']([^"']+)["']|["']([^"']+)["']\s*==\s*extra\b""")
"""An extra in a marker; old metadata doesn't list its extras elsewhere."""


class Versioned(Protocol):
    """A wheel as a requirement sees it."""

    @property
    def version(self) -> Version | str:
        """The version."""

    @property
    def filename(self) -> str:
        """The file's name."""


class DistributionMetadata(Protocol):
    """A distribution and its requirements."""

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
    """A wheel as validation sees it."""

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
    roots: Sequence[Dependency],
    wheels: Iterable[WheelMetadata],
    target: Target,
    resolution: Resolution,
    constraints: Sequence[Dependency] = (),
) -> None:
    """Raise ``ResolveError`` unless the wheels are exactly what the roots require on the target.

    Checks every requirement of every required wheel with the target's markers, whichever tool resolved it. The
    ``constraints`` must be satisfied too, but don't require a wheel.
    """
    found = {wheel.name: wheel for wheel in wheels}
    demanded = transitive_dependencies(roots, found, target)
    wanted = {dependency.name for dependency in demanded}
    judged = [wheel for name, wheel in found.items() if resolution.exact or name in wanted]
    problems = [problem for wheel in judged for problem in _unfit(wheel, target)]
    limits = [limit for limit in constraints if limit.name in wanted and target.holds(limit.requirement.marker)]
    problems += filter(None, (requirement_problem(one, found, resolution) for one in (*demanded, *limits)))
    problems += [
        Diagnostic(
            code="index-mismatch",
            where=f"{wheel.name} {wheel.version}",
            problem=f"nothing requires it on {target}",
            fix=resolution.fix,
        )
        for name, wheel in found.items()
        if resolution.exact and name not in wanted
    ]
    if problems:
        raise ResolveError(problems)


def unmet_roots(roots: Sequence[Dependency], resolution: Resolution, target: Target) -> list[Diagnostic]:
    """Return the problem of each root that holds on the target and that the pins don't satisfy."""
    pins = {pin.name: pin for pin in resolution.pins}
    problems = (requirement_problem(root, pins, resolution) for root in transitive_dependencies(roots, {}, target))
    return [problem for problem in problems if problem]


def missing_extras(
    roots: Sequence[Dependency], wheels: Iterable[WheelMetadata], target: Target
) -> Iterator[Diagnostic]:
    """Yield a warning for each extra that the roots request on the target and that the distribution doesn't have.

    Requests of distributions don't count: users can't fix them, and many request an extra that was removed years ago.
    """
    found = {wheel.name: wheel for wheel in wheels}
    for dependency in transitive_dependencies(roots, {}, target):
        wheel = found.get(dependency.name)
        known = _extras(wheel) if wheel else ()
        for extra in sorted(dependency.requirement.extras):
            if wheel is None or canonicalize_name(extra) in known:
                continue
            yield Diagnostic(
                code="unknown-extra",
                where=dependency.required_by,
                problem=f"{wheel.name} {wheel.version} has no extra {extra!r}",
                fix=_extra_fix(extra, known),
                severity="warning",
            )


def _extra_fix(extra: str, known: Sequence[NormalizedName]) -> str:
    close = get_close_matches(canonicalize_name(extra), known, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    if not known:
        return f"remove [{extra}], because the package has no extras"
    return f"choose from {', '.join(map(repr, known))}"


def _extras(wheel: WheelMetadata) -> list[NormalizedName]:
    """Return the extras of a distribution, sorted."""
    in_markers = (name for text in wheel.requires_dist for match in _EXTRA_IN_MARKER.findall(text) for name in match)
    return sorted({canonicalize_name(name) for name in (*wheel.provides_extra, *filter(None, in_markers))})


def is_satisfied(
    roots: Sequence[Dependency],
    wheels: Iterable[WheelMetadata],
    target: Target,
    *,
    without: Collection[NormalizedName] = (),
) -> bool:
    """Return whether the wheels, which can be for another target, satisfy the roots on this one."""
    found = {wheel.name: wheel for wheel in wheels}
    demanded = [
        dependency
        for dependency in transitive_dependencies(roots, found, target, without=without)
        if dependency.name not in without
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
    """Return the names that are still required without those in ``without`` and what only those require."""
    demanded = transitive_dependencies(roots, distributions, target, without=without)
    return frozenset(dependency.name for dependency in demanded) - frozenset(without)


def transitive_dependencies(
    roots: Iterable[Dependency],
    distributions: Mapping[NormalizedName, DistributionMetadata],
    target: Target,
    *,
    without: Collection[NormalizedName] = (),
) -> tuple[Dependency, ...]:
    """Return every requirement that applies on the target: those of the roots, and all that follow from them.

    Raises ``WheelError`` for metadata with a malformed requirement.
    """
    reached: list[Dependency] = []
    queue = [dependency for dependency in roots if target.holds(dependency.requirement.marker)]
    seen: set[tuple[str, str]] = set()
    while queue:
        dependency = queue.pop(0)
        reached.append(dependency)
        name = dependency.name
        if name in without or name not in distributions:
            continue
        for extra in ("", *sorted(map(canonicalize_name, dependency.requirement.extras))):
            if (name, extra) not in seen:
                seen.add((name, extra))
                queue += _requirements(distributions[name], target, extra)
    return tuple(reached)


def check_requirements(roots: Iterable[Dependency], target: Target) -> None:
    """Raise ``ResolveError`` for requirements that can't be evaluated."""
    problems = [
        Diagnostic(
            code="metadata",
            where=root.required_by,
            problem=f"{shorten(str(root.requirement))} can't be evaluated for {target} ({reason})",
            fix="correct the requirement",
        )
        for root in roots
        if (reason := _unclear(root.requirement, target))
    ]
    if problems:
        raise ResolveError(problems)


def _unclear(requirement: Requirement, target: Target) -> str | None:
    """Return why a well-formed requirement can't be evaluated: its marker, its versions, or its URL."""
    try:
        target.holds(requirement.marker)
        _check_values(requirement)
    except ValueError as error:
        return str(error).rstrip(".")
    return None


def _check_values(requirement: Requirement) -> None:
    """Raise ``ValueError`` for versions or a URL that are well-formed, but that Python can't read."""
    requirement.specifier.contains("0", prereleases=True)
    urlsplit(requirement.url or "")


def _requirements(distribution: DistributionMetadata, target: Target, extra: str) -> tuple[Dependency, ...]:
    """Return the requirements of a distribution without extras, or those that one extra adds."""
    return _applicable(f"{distribution.name} {distribution.version}", distribution.requires_dist, target, extra)


@cache  # each step of a build asks for the requirements of all wheels again
def _applicable(by: str, texts: tuple[str, ...], target: Target, extra: str) -> tuple[Dependency, ...]:
    return tuple(dependency for dependency in _declared(by, texts) if _is_added(dependency, target, extra))


@cache
def _declared(by: str, texts: tuple[str, ...]) -> tuple[Dependency, ...]:
    """Return the requirements in a distribution's metadata; raises ``WheelError`` for a malformed one."""
    declared = []
    for text in texts:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            raise _bad_metadata(by, f"its metadata requires {text!r}, which isn't a valid requirement") from None
        try:
            _check_values(requirement)
        except ValueError as error:
            raise _unusable(by, requirement, error) from None
        declared.append(Dependency(by, requirement))
    return tuple(declared)


def _is_added(dependency: Dependency, target: Target, extra: str) -> bool:
    """Return whether a requirement applies with an extra, but not without; or simply whether it applies."""
    marker = dependency.requirement.marker
    try:
        always = target.holds(marker)
        return not always and target.holds(marker, extra) if extra else always
    except ValueError as error:
        raise _unusable(dependency.required_by, dependency.requirement, error) from None


def _unusable(by: str, requirement: Requirement, error: ValueError) -> WheelError:
    reason = str(error).rstrip(".")
    return _bad_metadata(by, f"its metadata requires {shorten(str(requirement))}, which can't be evaluated ({reason})")


def _bad_metadata(where: str, problem: str) -> WheelError:
    return WheelError(Diagnostic(code="bad-metadata", where=where, problem=problem, fix="require another version"))


def requirement_problem(
    dependency: Dependency, found: Mapping[NormalizedName, Versioned], resolution: Resolution
) -> Diagnostic | None:
    """Return why the wheels or pins in ``found`` don't satisfy a requirement; ``None`` if they do."""
    requirement, by = dependency.requirement, dependency.required_by
    name = canonicalize_name(requirement.name)
    if name in resolution.unfit:
        problem, _, fix = resolution.unfit[name].partition("; ")
        return Diagnostic(code="no-wheel", where=by, problem=f"requires {requirement}, and {problem}", fix=fix)
    instead = _found_instead(requirement, found.get(name))
    if instead is None:
        return None
    if resolution.is_lock:
        has = f"pins {instead}" if instead else f"doesn't contain {name}"
        problem = f"out of date, because it {has} and {by} requires {requirement}"
        return Diagnostic(code="lock-out-of-date", where=resolution.source, problem=problem, fix=resolution.fix)
    has = f"contains {instead}" if instead else "doesn't contain it"
    problem = f"requires {requirement}, but {resolution.source} {has}"
    return Diagnostic(code="index-mismatch", where=by, problem=problem, fix=resolution.fix)


def _found_instead(requirement: Requirement, wheel: Versioned | None) -> str | None:
    """Return what was found in place of what is required, empty if nothing; ``None`` if the wheel satisfies it."""
    if wheel is None:
        return ""
    if not requirement.specifier.contains(str(wheel.version), prereleases=True):
        return f"{canonicalize_name(requirement.name)} {wheel.version}"
    return wheel.filename if _is_another(wheel.filename, requirement.url) else None


def _is_another(filename: str, url: str | None) -> bool:
    """Return whether a URL is that of another wheel; a directory or a repository has no file name to compare."""
    wanted = filename_of(url or "")
    return wanted.endswith(".whl") and wanted != filename


def _unfit(wheel: WheelMetadata, target: Target) -> Iterator[Diagnostic]:
    problem = target.wheel_problem(wheel_tags(wheel.filename))
    if problem:
        yield _wrong_platform(wheel, f"doesn't run on {target} ({problem.replace('; ', ', ')})")
    other_python = python_problem(wheel, target)
    if other_python:
        yield other_python


def python_problem(wheel: WheelMetadata, target: Target) -> Diagnostic | None:
    """Return that the target's Python isn't one of those that a wheel requires; ``None`` if it is."""
    try:
        pythons = SpecifierSet(wheel.requires_python or "")
        fits = pythons.contains(target.python_full_version, prereleases=True)
    except ValueError:  # of a malformed specifier, or of too many digits
        return None
    if fits:
        return None
    runtime = f"{target.runtime.name} has {target.python_full_version}"
    return _wrong_platform(wheel, f"requires Python {pythons}, but {runtime}")


def _wrong_platform(wheel: WheelMetadata, problem: str) -> Diagnostic:
    fix = "require another version, or change runtime or architecture"
    return Diagnostic(code="wrong-platform", where=wheel.filename, problem=problem, fix=fix)
