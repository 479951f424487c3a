"""Distributions that are not on an index: siblings, repositories and archives, built to pure wheels on this machine."""

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

from hatch_lambda.dependencies.local_wheel import build_local_wheel, commit_in, pin_commit
from hatch_lambda.dependencies.source_lookup import SourceLookup
from hatch_lambda.dependencies.sources import read_project_sources
from hatch_lambda.errors import ResolveError
from hatch_lambda.files.temporary import temporary_directory
from hatch_lambda.progress import NO_PROGRESS, Status
from hatch_lambda.resolve.base import Commit, Dependency, split_url, without_credentials
from hatch_lambda.resolve.validate import transitive_dependencies

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from packaging.utils import NormalizedName

    from hatch_lambda.dependencies.local_wheel import LocalWheel
    from hatch_lambda.dependencies.sources import DependencySource
    from hatch_lambda.progress import Progress
    from hatch_lambda.resolve.base import Host, Resolution
    from hatch_lambda.resolve.lock.commits import LockedCommits
    from hatch_lambda.runtime.target import Target
    from hatch_lambda.wheels.cache import WheelCache
    from hatch_lambda.wheels.wheel import Wheel


@dataclass(frozen=True)
class LocalWheels:
    """The wheels that were built, and the requirements that remain for an index: the roots' and the wheels' own.

    ``project`` is the project's name, ``sources`` what it and these wheels say of places, ``indexes`` the one index
    that a name is to come from, and ``commits`` where those wheels are from that come from repositories.
    """

    wheels: tuple[Wheel, ...]
    remaining: tuple[Dependency, ...]
    project: NormalizedName
    sources: SourceLookup
    indexes: Mapping[NormalizedName, DependencySource] = field(default_factory=dict)
    commits: tuple[Commit, ...] = ()

    def without(self, resolution: Resolution) -> Resolution:
        """Return the resolution less what it says of the names of these wheels."""
        names = {wheel.name for wheel in self.wheels}
        pins = tuple(pin for pin in resolution.pins if pin.name not in names)
        unfit = {name: why for name, why in resolution.unfit.items() if name not in names}
        fallbacks = {name: why for name, why in resolution.fallbacks.items() if name not in names}
        return replace(resolution, pins=pins, unfit=unfit, fallbacks=fallbacks)

    @contextmanager
    def constraints(self) -> Iterator[tuple[str, ...]]:
        """Yield a constraint file by which these wheels meet whatever requires their names, and no index is asked."""
        if not self.wheels:
            yield ()
            return
        with temporary_directory() as directory:
            path = Path(directory, "own.txt")
            path.write_text("".join(f"{wheel.name} @ {wheel.path.as_uri()}\n" for wheel in self.wheels), "utf-8")
            yield (str(path),)

    def check_indexes(self) -> None:
        """Raise ``ResolveError`` for a name that is to come from one index, of which pip and uv know nothing here.

        On another index it may be a stranger's.
        """
        if self.indexes:
            raise ResolveError([_only_in_a_lock(name, source) for name, source in self.indexes.items()])

    def check_dependency_confusion(self, demanded: Sequence[Dependency], target: Target, *, locked: bool) -> None:
        """Raise ``ResolveError`` for a name of our own that only distributions of an index require.

        What the index has under it may be a stranger's. Where another tool has locked the wheels, that may have taken
        them from the index that is theirs.
        """
        sources = replace(self.sources, demanded=demanded)
        known = {wheel.name for wheel in self.wheels} | {_name(dependency) for dependency in self.remaining}
        problems = [
            f"{dependency}, which is the project itself; what an index has under that "
            "name is not it; do without the one, or rename the other"
            for dependency in demanded
            if _name(dependency) == self.project
        ]
        problems += [
            _only_in_a_lock(_name(dependency), source)
            if source.kind == "index"
            else _taken_elsewhere(dependency, source, self.sources.project.source_of(dependency.requirement, target))
            for dependency in demanded
            if _name(dependency) not in known
            and not dependency.requirement.url
            and (source := sources.source(dependency, target))
            and not (locked and source.kind == "index")
        ]
        if problems:
            raise ResolveError(dict.fromkeys(problems))


def _only_in_a_lock(name: NormalizedName, source: DependencySource) -> str:
    command = "uv export --format pylock.toml --no-emit-project -o pylock.toml"
    return (
        f"{source.where}: takes {name} from {source}, which only a lock of uv keeps to; run '{command}' and set "
        'lock = "pylock.toml"'
    )


def _taken_elsewhere(dependency: Dependency, source: DependencySource, of_project: DependencySource | None) -> str:
    name = _name(dependency)
    if source == of_project:
        return (
            f"{dependency}, which the project takes from {source}, and not from an index; "
            "add it to project.dependencies"
        )
    return (
        f"{dependency}, which {source.where or 'a local dependency'} takes from {source}, "
        f"and not from an index; add {name} to project.dependencies and to [tool.uv.sources]"
    )


@dataclass(frozen=True)
class _Located:
    """A requirement, and where its distribution is: a place, or with none an index.

    ``pinned`` is the place at a commit, if it is one of a repository.
    """

    dependency: Dependency
    source: DependencySource | None
    pinned: DependencySource | None

    @property
    def name(self) -> NormalizedName:
        return _name(self.dependency)


def build_local_wheels(
    roots: Sequence[Dependency],
    project: NormalizedName,
    target: Target,
    wheel_cache: WheelCache,
    host: Host,
    *,
    locked: LockedCommits | None = None,
    progress: Progress = NO_PROGRESS,
) -> LocalWheels:
    """Return the wheels of all distributions that the project, or one of these, takes from elsewhere than an index.

    ``project`` is the project's name, and ``locked`` the commits of a lock for branches and tags. Raises
    ``ResolveError`` if one cannot be built, is not pure or not what is required, if a name comes from two places, and
    if the requirements go in a circle.
    """
    built: dict[NormalizedName, tuple[LocalWheel, _Located]] = {}
    project_sources = read_project_sources(host.directory)
    while True:
        found = {name: local.wheel for name, (local, _) in built.items()}
        demanded = transitive_dependencies(roots, found, target)
        sources = SourceLookup(project_sources, {name: local.sources for name, (local, _) in built.items()}, demanded)
        located = [_placed(dependency, sources, target, wheel_cache, host, locked) for dependency in demanded]
        _check([*(one for _, one in built.values()), *located], project, found)
        unbuilt = {one.name: one for one in located if _is_to_build(one) and one.name not in found}
        if not unbuilt:
            commits = (commit for local, one in built.values() for commit in _commits(local.wheel, one))
            remaining = [one for one in located if one.name not in found]
            return LocalWheels(
                tuple(found.values()),
                tuple(_for_an_index(one, target) for one in remaining),
                project,
                sources,
                {one.name: one.source for one in remaining if one.source and one.source.kind == "index"},
                tuple(commits),
            )
        for name, one in unbuilt.items():
            progress.advance(Status(name=f"build {name}"))
            built[name] = (_wheel(one, wheel_cache, host, locked), one)
        progress.advance(Status())


def _placed(
    dependency: Dependency,
    sources: SourceLookup,
    target: Target,
    wheel_cache: WheelCache,
    host: Host,
    locked: LockedCommits | None,
) -> _Located:
    source = _place(dependency, sources, target)
    pinned = (
        pin_commit(_name(dependency), source, dependency.required_by, wheel_cache, host, locked=locked)
        if source
        else None
    )
    return _Located(dependency, source, pinned)


def _is_to_build(one: _Located) -> bool:
    return one.source is not None and one.source.kind not in {"wheel", "index"}


def _wheel(one: _Located, wheel_cache: WheelCache, host: Host, locked: LockedCommits | None) -> LocalWheel:
    at = cast("DependencySource", one.pinned)  # what is to be built has a place
    commit = commit_in(at)
    fix = locked.fix_for(one.name, commit) if locked and commit and at != one.source else ""
    return build_local_wheel(one.name, at, one.dependency.required_by, wheel_cache, host, fix=fix)


def _commits(wheel: Wheel, one: _Located) -> Iterator[Commit]:
    """Yield where a wheel of a repository is from; nothing for one of another place."""
    commit = commit_in(one.pinned) if one.pinned else None
    if one.source is None or one.source.kind != "repository" or commit is None:
        return
    address, revision, _ = one.source.reference
    vcs, _, url = address.partition("+")
    inner = None if one.source.subdirectory == "." else one.source.subdirectory
    yield Commit(wheel.name, Version(wheel.version), vcs, without_credentials(url), revision, commit, inner)


def _name(dependency: Dependency) -> NormalizedName:
    return canonicalize_name(dependency.requirement.name)


def _place(dependency: Dependency, sources: SourceLookup, target: Target) -> DependencySource | None:
    """Return where a distribution is; raises ``ResolveError`` for a reference to it that pip would read as another."""
    name, url = dependency.requirement.name, dependency.requirement.url
    if url and not split_url(url).scheme:
        raise ResolveError(
            f"{dependency.required_by}: requires {name} @ {url}, which is no URL; give it from the project's folder "
            f"on, such as {name} @ {{root:uri}}/{url.removeprefix('./')}"
        )
    source = sources.source(dependency, target)
    if source and source.kind != "index" and re.search(r"\s", source.url):
        raise ResolveError(
            f"{source.where or dependency.required_by}: {source.url!r} is no URL, because it has spaces; correct it"
        )
    return source


def _for_an_index(one: _Located, target: Target) -> Dependency:
    """Return the requirement as a resolver can judge it: it holds, whatever extra it is of; a wheel has its URL."""
    requirement = copy(one.dependency.requirement)
    if not target.holds(requirement.marker):
        requirement.marker = None
    if one.source and one.source.kind == "wheel":
        requirement.url, requirement.specifier = one.source.url, SpecifierSet()
    return Dependency(one.dependency.required_by, requirement)


def _check(located: Sequence[_Located], project: NormalizedName, found: Mapping[NormalizedName, Wheel]) -> None:
    first = {one.name: one for one in reversed(located) if one.source}
    problems = [
        f"{one.dependency}, which is the project itself; take one of the requirements out of the circle"
        for one in located
        if one.name == project
    ]
    problems += [
        f"{one.dependency.required_by}: takes {one.name} from {one.source}, and "
        f"{first[one.name].dependency.required_by} from {first[one.name].source}; let both name one place"
        for one in located
        if one.pinned and one.pinned.identity != cast("DependencySource", first[one.name].pinned).identity
    ]
    problems += [
        f"{one.dependency}; {first[one.name].source} is {found[one.name]}; change one of them"
        for one in located
        if one.name in found
        and not one.dependency.requirement.specifier.contains(found[one.name].version, prereleases=True)
    ]
    problems += _circles(
        [(one.dependency.required_by.partition(" ")[0], one.name) for one in located if one.name in found]
    )
    if problems:
        raise ResolveError(dict.fromkeys(problems))


def _circles(edges: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Yield a sentence for each pair of distributions that require each other, directly or by way of others."""
    reached = {by: {name for other, name in edges if other == by} for by, _ in edges}
    for _ in reached:
        reached = {by: names.union(*(reached.get(name, set()) for name in names)) for by, names in reached.items()}
    for by, name in edges:
        if by < name and by in reached.get(name, ()):
            yield f"{by}: requires {name}, which in turn requires {by}; take one of the requirements out of the circle"
