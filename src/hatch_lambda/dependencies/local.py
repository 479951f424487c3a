"""Local, Git, and workspace dependencies, and archives: built into pure-Python wheels on the build machine."""

from __future__ import annotations

import re
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from hatch_lambda.dependencies.source_lookup import SourceLookup
from hatch_lambda.dependencies.sources import read_project_sources
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ResolveError
from hatch_lambda.files.temporary import temporary_directory
from hatch_lambda.progress import NO_PROGRESS, Status
from hatch_lambda.resolve.base import LOCK_COMMAND, Dependency, is_file_url, split_url, without_credentials
from hatch_lambda.resolve.validate import transitive_dependencies

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from packaging.utils import NormalizedName

    from hatch_lambda.dependencies.local_wheel import LocalWheel
    from hatch_lambda.dependencies.source import DependencySource
    from hatch_lambda.diagnostics import Code
    from hatch_lambda.progress import Progress
    from hatch_lambda.project import Project
    from hatch_lambda.resolve.base import Host, Resolution
    from hatch_lambda.resolve.commit import Commit
    from hatch_lambda.resolve.lock.commits import LockedCommits
    from hatch_lambda.resolve.overrides import Overrides
    from hatch_lambda.runtime.target import Target
    from hatch_lambda.wheels.cache import WheelCache
    from hatch_lambda.wheels.wheel import Wheel


@dataclass(frozen=True)
class LocalWheels:
    """The wheels that were built, and the requirements that remain for an index: those of the project and the wheels.

    ``project`` is the project's name, ``sources`` are the dependency sources of it and these wheels, ``indexes`` the
    names with an index as source, and ``commits`` the commits of the Git dependencies.
    """

    wheels: tuple[Wheel, ...]
    remaining: tuple[Dependency, ...]
    project: NormalizedName
    sources: SourceLookup
    indexes: Mapping[NormalizedName, DependencySource] = field(default_factory=dict)
    commits: tuple[Commit, ...] = ()

    def without(self, resolution: Resolution) -> Resolution:
        """Return the resolution without the names of these wheels."""
        names = {wheel.name for wheel in self.wheels}
        pins = tuple(pin for pin in resolution.pins if pin.name not in names)
        unfit = {name: why for name, why in resolution.unfit.items() if name not in names}
        fallbacks = {name: why for name, why in resolution.fallbacks.items() if name not in names}
        return replace(resolution, pins=pins, unfit=unfit, fallbacks=fallbacks)

    @contextmanager
    def constraints(self) -> Iterator[tuple[str, ...]]:
        """Yield a constraint file by which these wheels satisfy every requirement of their names, without an index."""
        if not self.wheels:
            yield ()
            return
        with temporary_directory() as directory:
            path = Path(directory, "own.txt")
            path.write_text("".join(f"{wheel.name} @ {wheel.path.as_uri()}\n" for wheel in self.wheels), "utf-8")
            yield (str(path),)

    def check_indexes(self, resolver: str) -> None:
        """Raise ``ResolveError`` for a name with an index as source that the resolver can't look up there only.

        Another index might serve another package under that name. uv only needs the URL of the index.
        """
        problems = [
            _needs_lock(name, source) if resolver == "pip" else _undefined_index(source)
            for name, source in self.indexes.items()
            if resolver == "pip" or not source.index_url
        ]
        if problems:
            raise ResolveError(dict.fromkeys(problems))

    @property
    def uv_indexes(self) -> dict[str, str]:
        """Return the URLs of the indexes that are sources by their names, also those of local dependencies."""
        return {source.url: source.index_url for source in self.indexes.values()}

    @property
    def index_urls(self) -> dict[NormalizedName, str]:
        """Return the URL of the only index of each name that has one, without credentials; none of this machine."""
        urls = {name: without_credentials(source.index_url) for name, source in self.indexes.items()}
        return {name: url for name, url in urls.items() if not is_file_url(url)}

    def check_locked_indexes(self, locked: Mapping[NormalizedName, str], lock: str) -> None:
        """Raise ``ResolveError`` for a name that our lock file doesn't have from the index that is its source."""
        problems = [
            Diagnostic(
                code="lock-out-of-date",
                where=lock,
                problem=f"out of date, because it doesn't have {name} from {self.indexes[name]}",
                fix=f"run '{LOCK_COMMAND}'",
            )
            for name, url in self.index_urls.items()
            if locked.get(name) != url
        ]
        if problems:
            raise ResolveError(problems)

    def check_dependency_confusion(self, requirements: Sequence[Dependency], target: Target, *, locked: bool) -> None:
        """Raise ``ResolveError`` for the name of a local dependency that only distributions of an index require.

        The index might serve another package under that name. If another tool wrote the lock file (``locked``), it
        might have used the right index.
        """
        sources = replace(self.sources, requirements=requirements)
        known = {wheel.name for wheel in self.wheels} | {_name(dependency) for dependency in self.remaining}
        problems = [
            _problem(
                "dependency-confusion",
                dependency,
                "which is this project's name, but on an index it's another package",
                "remove the dependency that requires it, or rename the project",
            )
            for dependency in requirements
            if _name(dependency) == self.project
        ]
        problems += [
            _confusion(dependency, source, self.sources.project.source_of(dependency.requirement, target))
            for dependency in requirements
            if _name(dependency) not in known
            and not dependency.requirement.url
            and (source := sources.source(dependency, target))
            and not (locked and source.kind == "index")
        ]
        if problems:
            raise ResolveError(dict.fromkeys(problems))


def _problem(code: Code, dependency: Dependency, reason: str, fix: str) -> Diagnostic:
    """Return a problem of a requirement; ``reason`` continues ``requires NAME,``."""
    return Diagnostic(
        code=code, where=dependency.required_by, problem=f"requires {dependency.requirement}, {reason}", fix=fix
    )


def _needs_lock(name: NormalizedName, source: DependencySource) -> Diagnostic:
    return Diagnostic(
        code="needs-lock",
        where=source.where,
        problem=f"{name} comes from {source}, which needs uv or its lock file",
        fix="run 'uv lock', or set resolver = \"uv\"",
    )


def _undefined_index(source: DependencySource) -> Diagnostic:
    problem, fix = f"{source} isn't defined", f"add it to [[tool.uv.index]] with name = {source.url!r} and its url"
    return Diagnostic(code="dependency-source", where=source.where, problem=problem, fix=fix)


def _confusion(dependency: Dependency, source: DependencySource, of_project: DependencySource | None) -> Diagnostic:
    name, instead = _name(dependency), "" if source.kind == "index" else " instead of an index"
    if source == of_project:
        reason, fix = "the project", f"add {name} to project.dependencies"
    else:
        reason, fix = source.where or "a local dependency", f"add {name} to project.dependencies and [tool.uv.sources]"
    return _problem("dependency-confusion", dependency, f"which {reason} gets from {source}{instead}", fix)


@dataclass(frozen=True)
class _Located:
    """A requirement and its source, ``None`` for an index; ``pinned`` is a Git source at its commit."""

    dependency: Dependency
    source: DependencySource | None
    pinned: DependencySource | None

    @property
    def name(self) -> NormalizedName:
        return _name(self.dependency)


def build_local_wheels(
    roots: Sequence[Dependency],
    project: Project,
    target: Target,
    wheel_cache: WheelCache,
    host: Host,
    *,
    locked: LockedCommits | None = None,
    progress: Progress = NO_PROGRESS,
) -> LocalWheels:
    """Return the wheels of all dependencies of the project, and of each other, that don't come from an index.

    ``locked`` are the locked commits for branches and tags. Raises ``ResolveError`` if one can't be built, contains
    native code, or doesn't satisfy the requirement, if a name has two sources, or if the requirements form a cycle.
    """
    name_of_project = canonicalize_name(project.name)
    built: dict[NormalizedName, tuple[LocalWheel, _Located]] = {}
    project_sources = read_project_sources(host.directory)
    while True:
        found = {name: local.wheel for name, (local, _) in built.items()}
        requirements = transitive_dependencies(roots, found, target)
        sources = SourceLookup(
            project_sources, {name: local.sources for name, (local, _) in built.items()}, requirements
        )
        located = [_locate(dependency, sources, target, wheel_cache, host, locked) for dependency in requirements]
        _check([*(one for _, one in built.values()), *located], name_of_project, found)
        unbuilt = {one.name: one for one in located if _is_to_build(one) and one.name not in found}
        if not unbuilt:
            commits = (commit for local, one in built.values() for commit in _commits(local.wheel, one))
            remaining = [one for one in located if one.name not in found]
            return LocalWheels(
                tuple(found.values()),
                tuple(_for_an_index(one, target) for one in remaining),
                name_of_project,
                sources,
                {one.name: one.source for one in remaining if one.source and one.source.kind == "index"},
                tuple(commits),
            )
        for name, one in unbuilt.items():
            progress.advance(Status(name=f"build {name}"))
            local = _wheel(one, wheel_cache, host, locked)
            built[name] = (replace(local, wheel=with_overrides(local.wheel, project.uv.overrides)), one)
        progress.advance(Status())


def with_overrides(wheel: Wheel, overrides: Overrides) -> Wheel:
    """Return the wheel with the requirements that its metadata would have with the overrides."""
    return replace(wheel, requires_dist=overrides.apply(wheel.requires_dist, wheel.name, wheel.version))


def _locate(
    dependency: Dependency,
    sources: SourceLookup,
    target: Target,
    wheel_cache: WheelCache,
    host: Host,
    locked: LockedCommits | None,
) -> _Located:
    source = _source(dependency, sources, target)
    if source is None:
        return _Located(dependency, None, None)
    from hatch_lambda.dependencies.local_wheel import pin_commit

    pinned = pin_commit(_name(dependency), source, dependency.required_by, wheel_cache, host, locked=locked)
    return _Located(dependency, source, pinned)


def _is_to_build(one: _Located) -> bool:
    return one.source is not None and one.source.kind not in {"wheel", "index"}


def _wheel(one: _Located, wheel_cache: WheelCache, host: Host, locked: LockedCommits | None) -> LocalWheel:
    from hatch_lambda.dependencies.local_wheel import build_local_wheel, commit_in

    at = cast("DependencySource", one.pinned)  # a dependency to build has a source
    commit = commit_in(at)
    fix = locked.fix_for(one.name, commit) if locked and commit and at != one.source else ""
    return build_local_wheel(one.name, at, one.dependency.required_by, wheel_cache, host, fix=fix)


def _commits(wheel: Wheel, one: _Located) -> Iterator[Commit]:
    """Yield the commit of a Git dependency, and nothing for another."""
    from hatch_lambda.dependencies.local_wheel import commit_in
    from hatch_lambda.resolve.commit import Commit

    commit = commit_in(one.pinned) if one.pinned else None
    if one.source is None or one.source.kind != "repository" or commit is None:
        return
    address, revision, _ = one.source.reference
    vcs, _, url = address.partition("+")
    inner = None if one.source.subdirectory == "." else one.source.subdirectory
    yield Commit(wheel.name, Version(wheel.version), vcs, without_credentials(url), revision, commit, inner)


def _name(dependency: Dependency) -> NormalizedName:
    return dependency.name


def _source(dependency: Dependency, sources: SourceLookup, target: Target) -> DependencySource | None:
    """Return the source of a dependency; raises ``ResolveError`` for a URL that pip would read as something else."""
    name, url = dependency.requirement.name, dependency.requirement.url
    if url and not split_url(url).scheme:
        raise ResolveError(
            Diagnostic(
                code="dependency-url",
                where=dependency.required_by,
                problem=f"{url!r} in '{name} @ {url}' isn't a URL",
                fix=f"use '{name} @ {{root:uri}}/{url.removeprefix('./')}'",
            )
        )
    source = sources.source(dependency, target)
    if source and source.kind != "index" and re.search(r"\s", source.url):
        raise ResolveError(
            Diagnostic(
                code="dependency-url",
                where=source.where or dependency.required_by,
                problem=f"{source.url!r} isn't a URL, because it contains spaces",
                fix="remove them, or write %20",
            )
        )
    return source


def _for_an_index(one: _Located, target: Target) -> Dependency:
    """Return the requirement for a resolver: without the marker of an extra, and for a wheel with its URL."""
    requirement = copy(one.dependency.requirement)
    if not target.holds(requirement.marker):
        requirement.marker = None
    if one.source and one.source.kind == "wheel":
        requirement.url, requirement.specifier = one.source.url, SpecifierSet()
    return Dependency(one.dependency.required_by, requirement)


def _check(located: Sequence[_Located], project: NormalizedName, found: Mapping[NormalizedName, Wheel]) -> None:
    first = {one.name: one for one in reversed(located) if one.source}
    problems = [
        _problem("dependency-cycle", one.dependency, "which is this project", "remove one of the requirements")
        for one in located
        if one.name == project
    ]
    problems += [
        Diagnostic(
            code="source-conflict",
            where=one.dependency.required_by,
            problem=f"gets {one.name} from {one.source}, but {first[one.name].dependency.required_by} gets it from "
            f"{first[one.name].source}",
            fix="use the same source in both",
        )
        for one in located
        if one.pinned and one.pinned.identity != cast("DependencySource", first[one.name].pinned).identity
    ]
    problems += [
        _problem(
            "source-version",
            one.dependency,
            f"but {first[one.name].source} is {found[one.name]}",
            "change the requirement or that version",
        )
        for one in located
        if one.name in found
        and not one.dependency.requirement.specifier.contains(found[one.name].version, prereleases=True)
    ]
    problems += _cycles(
        [(one.dependency.required_by.partition(" ")[0], one.name) for one in located if one.name in found]
    )
    if problems:
        raise ResolveError(dict.fromkeys(problems))


def _cycles(edges: Sequence[tuple[str, str]]) -> Iterator[Diagnostic]:
    """Yield a problem for each pair of distributions that require each other, directly or through others."""
    reached = {by: {name for other, name in edges if other == by} for by, _ in edges}
    for _ in reached:
        reached = {by: names.union(*(reached.get(name, set()) for name in names)) for by, names in reached.items()}
    for by, name in edges:
        if by < name and by in reached.get(name, ()):
            yield Diagnostic(
                code="dependency-cycle",
                where=by,
                problem=f"requires {name}, which requires {by}",
                fix="remove one of the requirements",
            )
