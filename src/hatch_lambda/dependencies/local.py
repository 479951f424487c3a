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

from hatch_lambda.dependencies.local_wheel import commit_in, settled, wheel_of
from hatch_lambda.dependencies.source_lookup import DependencySources
from hatch_lambda.dependencies.sources import surroundings
from hatch_lambda.errors import ResolveError
from hatch_lambda.files.temporary import temporary_directory
from hatch_lambda.resolve.base import Commit, Demand, split_url, without_credentials
from hatch_lambda.resolve.validate import demands

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from packaging.utils import NormalizedName

    from hatch_lambda.dependencies.local_wheel import LocalWheel
    from hatch_lambda.dependencies.sources import Place
    from hatch_lambda.resolve.base import Host, Resolution
    from hatch_lambda.resolve.lock.commits import LockedCommits
    from hatch_lambda.runtime.target import Target
    from hatch_lambda.wheels.cache import Store
    from hatch_lambda.wheels.wheel import Wheel


@dataclass(frozen=True)
class OwnWheels:
    """The wheels that were built, and the requirements that remain for an index: the roots' and the wheels' own.

    ``project`` is the project's name, ``sources`` what it and these wheels say of places, ``indexes`` the one index
    that a name is to come from, and ``commits`` where those wheels are from that come from repositories.
    """

    wheels: tuple[Wheel, ...]
    remaining: tuple[Demand, ...]
    project: NormalizedName
    sources: DependencySources
    indexes: Mapping[NormalizedName, Place] = field(default_factory=dict)
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
        with temporary_directory() as folder:
            path = Path(folder, "own.txt")
            path.write_text("".join(f"{wheel.name} @ {wheel.path.as_uri()}\n" for wheel in self.wheels), "utf-8")
            yield (str(path),)

    def check_indexes(self) -> None:
        """Raise ``ResolveError`` for a name that is to come from one index, of which pip and uv know nothing here.

        On another index it may be a stranger's.
        """
        if self.indexes:
            raise ResolveError([_only_in_a_lock(name, place) for name, place in self.indexes.items()])

    def check_strangers(self, demanded: Sequence[Demand], target: Target, *, locked: bool) -> None:
        """Raise ``ResolveError`` for a name of our own that only distributions of an index require.

        What the index has under it may be a stranger's. Where another tool has ``locked`` the wheels, that may have
        taken them from the index that is theirs.
        """
        sources = replace(self.sources, demanded=demanded)
        known = {wheel.name for wheel in self.wheels} | {_name(demand) for demand in self.remaining}
        problems = [
            f"{demand.by}: requires {demand.requirement}, which is the project itself; what an index has under that "
            "name is not it; do without the one, or rename the other"
            for demand in demanded
            if _name(demand) == self.project
        ]
        problems += [
            _only_in_a_lock(_name(demand), place)
            if place.kind == "index"
            else _taken_elsewhere(demand, place, self.sources.project.place(demand.requirement, target))
            for demand in demanded
            if _name(demand) not in known
            and not demand.requirement.url
            and (place := sources.place(demand, target))
            and not (locked and place.kind == "index")
        ]
        if problems:
            raise ResolveError(dict.fromkeys(problems))


def _only_in_a_lock(name: NormalizedName, place: Place) -> str:
    command = "uv export --format pylock.toml --no-emit-project -o pylock.toml"
    return (
        f"{place.where}: takes {name} from {place}, which only a lock of uv keeps to; run '{command}' and set "
        'lock = "pylock.toml"'
    )


def _taken_elsewhere(demand: Demand, place: Place, of_project: Place | None) -> str:
    name = _name(demand)
    if place == of_project:
        return (
            f"{demand.by}: requires {demand.requirement}, which the project takes from {place}, and not from an index; "
            "add it to project.dependencies"
        )
    return (
        f"{demand.by}: requires {demand.requirement}, which {place.where or 'a local dependency'} takes from {place}, "
        f"and not from an index; add {name} to project.dependencies and to [tool.uv.sources]"
    )


@dataclass(frozen=True)
class _Placed:
    """A requirement, and where its distribution is: a place, or with none an index.

    ``pinned`` is the place at a commit, if it is one of a repository.
    """

    demand: Demand
    place: Place | None
    pinned: Place | None

    @property
    def name(self) -> NormalizedName:
        return _name(self.demand)


def own_wheels(
    roots: Sequence[Demand],
    project: NormalizedName,
    target: Target,
    store: Store,
    host: Host,
    *,
    locked: LockedCommits | None = None,
) -> OwnWheels:
    """Return the wheels of all distributions that the project, or one of these, takes from elsewhere than an index.

    ``project`` is the project's name, and ``locked`` the commits of a lock for branches and tags. Raises
    ``ResolveError`` if one cannot be built, is not pure or not what is required, if a name comes from two places, and
    if the requirements go in a circle.
    """
    built: dict[NormalizedName, tuple[LocalWheel, _Placed]] = {}
    here = surroundings(host.folder)
    while True:
        found = {name: local.wheel for name, (local, _) in built.items()}
        demanded = demands(roots, found, target)
        sources = DependencySources(here, {name: local.sources for name, (local, _) in built.items()}, demanded)
        placed = [_placed(demand, sources, target, store, host, locked) for demand in demanded]
        _check([*(one for _, one in built.values()), *placed], project, found)
        unbuilt = {one.name: one for one in placed if _is_to_build(one) and one.name not in found}
        if not unbuilt:
            commits = (commit for local, one in built.values() for commit in _commits(local.wheel, one))
            remaining = [one for one in placed if one.name not in found]
            return OwnWheels(
                tuple(found.values()),
                tuple(_for_an_index(one, target) for one in remaining),
                project,
                sources,
                {one.name: one.place for one in remaining if one.place and one.place.kind == "index"},
                tuple(commits),
            )
        built |= {name: (_wheel(one, store, host, locked), one) for name, one in unbuilt.items()}


def _placed(
    demand: Demand,
    sources: DependencySources,
    target: Target,
    store: Store,
    host: Host,
    locked: LockedCommits | None,
) -> _Placed:
    place = _place(demand, sources, target)
    pinned = settled(_name(demand), place, demand.by, store, host, locked=locked) if place else None
    return _Placed(demand, place, pinned)


def _is_to_build(one: _Placed) -> bool:
    return one.place is not None and one.place.kind not in {"wheel", "index"}


def _wheel(one: _Placed, store: Store, host: Host, locked: LockedCommits | None) -> LocalWheel:
    at = cast("Place", one.pinned)  # what is to be built has a place
    commit = commit_in(at)
    remedy = locked.remedy_for(one.name, commit) if locked and commit and at != one.place else ""
    return wheel_of(one.name, at, one.demand.by, store, host, remedy=remedy)


def _commits(wheel: Wheel, one: _Placed) -> Iterator[Commit]:
    """Yield where a wheel of a repository is from; nothing for one of another place."""
    commit = commit_in(one.pinned) if one.pinned else None
    if one.place is None or one.place.kind != "repository" or commit is None:
        return
    address, revision, _ = one.place.reference
    vcs, _, url = address.partition("+")
    inner = None if one.place.subdirectory == "." else one.place.subdirectory
    yield Commit(wheel.name, Version(wheel.version), vcs, without_credentials(url), revision, commit, inner)


def _name(demand: Demand) -> NormalizedName:
    return canonicalize_name(demand.requirement.name)


def _place(demand: Demand, sources: DependencySources, target: Target) -> Place | None:
    """Return where a distribution is; raises ``ResolveError`` for a reference to it that pip would read as another."""
    name, url = demand.requirement.name, demand.requirement.url
    if url and not split_url(url).scheme:
        raise ResolveError(
            f"{demand.by}: requires {name} @ {url}, which is no URL; give it from the project's folder on, such as "
            f"{name} @ {{root:uri}}/{url.removeprefix('./')}"
        )
    place = sources.place(demand, target)
    if place and place.kind != "index" and re.search(r"\s", place.url):
        raise ResolveError(f"{place.where or demand.by}: {place.url!r} is no URL, because it has spaces; correct it")
    return place


def _for_an_index(one: _Placed, target: Target) -> Demand:
    """Return the requirement as a resolver can judge it: it holds, whatever extra it is of; a wheel has its URL."""
    requirement = copy(one.demand.requirement)
    if not target.holds(requirement.marker):
        requirement.marker = None
    if one.place and one.place.kind == "wheel":
        requirement.url, requirement.specifier = one.place.url, SpecifierSet()
    return Demand(one.demand.by, requirement)


def _check(placed: Sequence[_Placed], project: NormalizedName, found: Mapping[NormalizedName, Wheel]) -> None:
    first = {one.name: one for one in reversed(placed) if one.place}
    problems = [
        f"{one.demand.by}: requires {one.demand.requirement}, which is the project itself; take one of the "
        "requirements out of the circle"
        for one in placed
        if one.name == project
    ]
    problems += [
        f"{one.demand.by}: takes {one.name} from {one.place}, and {first[one.name].demand.by} from "
        f"{first[one.name].place}; let both name one place"
        for one in placed
        if one.pinned and one.pinned.identity != cast("Place", first[one.name].pinned).identity
    ]
    problems += [
        f"{one.demand.by}: requires {one.demand.requirement}; {first[one.name].place} is {found[one.name]}; "
        "change one of them"
        for one in placed
        if one.name in found
        and not one.demand.requirement.specifier.contains(found[one.name].version, prereleases=True)
    ]
    problems += _circles([(one.demand.by.partition(" ")[0], one.name) for one in placed if one.name in found])
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
