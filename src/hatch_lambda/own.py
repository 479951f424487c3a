"""Distributions that are not on an index: siblings, repositories and archives, built to pure wheels on this machine."""

from __future__ import annotations

from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from hatch_lambda.errors import ResolveError
from hatch_lambda.own_wheel import commit_in, settled, wheel_of
from hatch_lambda.places import Place, Surroundings, surroundings
from hatch_lambda.resolve.base import Commit, Demand, without_credentials
from hatch_lambda.resolve.proof import demands
from hatch_lambda.temporary import temporary_directory

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from packaging.utils import NormalizedName

    from hatch_lambda.resolve.base import Host, Resolution
    from hatch_lambda.resolve.commits import LockedCommits
    from hatch_lambda.store import Store
    from hatch_lambda.target import Target
    from hatch_lambda.wheels import Wheel


@dataclass(frozen=True)
class OwnWheels:
    """The wheels that were built, and the requirements that remain for an index: the roots' and the wheels' own.

    ``project`` is the project's name, ``here`` what it says of places, and ``commits`` where those wheels are from that
    come from repositories.
    """

    wheels: tuple[Wheel, ...]
    remaining: tuple[Demand, ...]
    project: NormalizedName
    here: Surroundings
    commits: tuple[Commit, ...] = ()

    def without(self, resolution: Resolution) -> Resolution:
        """Return the resolution less what it says of the names of these wheels."""
        names = {wheel.name for wheel in self.wheels}
        pins = tuple(pin for pin in resolution.pins if pin.name not in names)
        unfit = {name: why for name, why in resolution.unfit.items() if name not in names}
        return replace(resolution, pins=pins, unfit=unfit)

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

    def check_indexes(self, target: Target) -> None:
        """Raise ``ResolveError`` for a name that is to come from one index, of which pip and uv know nothing here.

        On another index it may be a stranger's.
        """
        problems = [
            f"{one}; without a lock {_name(demand)} would be looked up on any; make one with uv export --format "
            "pylock.toml, and name it in lock"
            for demand in self.remaining
            if (one := self.here.index(demand.requirement, target))
        ]
        if problems:
            raise ResolveError(dict.fromkeys(problems))

    def check_strangers(self, demanded: Sequence[Demand], target: Target) -> None:
        """Raise ``ResolveError`` for a name that is the project's own and that only distributions of an index require.

        What the index has under it may be a stranger's.
        """
        known = {wheel.name for wheel in self.wheels} | {_name(demand) for demand in self.remaining}
        problems = [
            f"{demand.by}: requires {demand.requirement}, which is the project itself; what an index has under that "
            "name is not it; do without the one, or rename the other"
            for demand in demanded
            if _name(demand) == self.project
        ]
        problems += [
            f"{demand.by}: requires {demand.requirement}, which the project takes from {place}, and not from an index; "
            "add it to project.dependencies"
            for demand in demanded
            if _name(demand) not in known
            and not demand.requirement.url
            and (place := self.here.place(demand.requirement, target))
        ]
        if problems:
            raise ResolveError(problems)


@dataclass(frozen=True)
class _Placed:
    """A requirement, and where its distribution is: a place, or with none an index."""

    demand: Demand
    place: Place | None

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
    found: dict[NormalizedName, Wheel] = {}
    commits: list[Commit] = []
    here = surroundings(host.folder)
    contexts: dict[str, Surroundings] = {}
    while True:
        placed = [
            _Placed(demand, _place(demand, contexts.get(demand.by), here, target))
            for demand in demands(roots, found, target)
        ]
        _check(placed, project, found)
        unbuilt = {
            one.name: (one.place, one.demand)
            for one in placed
            if one.place and one.place.kind != "wheel" and one.name not in found
        }
        if not unbuilt:
            remaining = [_for_an_index(one, target) for one in placed if one.name not in found]
            return OwnWheels(tuple(found.values()), tuple(remaining), project, here, tuple(commits))
        for name, (place, demand) in unbuilt.items():
            at = settled(name, place, demand.by, store, host, locked=locked)
            commit = commit_in(at)
            remedy = locked.remedy_for(name, commit) if locked and commit and at != place else ""
            wheel = wheel_of(name, at, demand.by, store, host, remedy=remedy)
            found[name] = wheel
            commits += _commits(wheel, place, commit)
            contexts[str(wheel)] = surroundings(place.file) if place.kind == "folder" else Surroundings()


def _commits(wheel: Wheel, place: Place, commit: str | None) -> Iterator[Commit]:
    """Yield where a wheel of a repository is from; nothing for one of another place."""
    if place.kind != "repository" or commit is None:
        return
    address, revision, fragment = place.reference
    vcs, _, url = address.partition("+")
    inner = fragment.removeprefix("subdirectory=") if fragment.startswith("subdirectory=") else None
    yield Commit(wheel.name, Version(wheel.version), vcs, without_credentials(url), revision, commit, inner)


def _name(demand: Demand) -> NormalizedName:
    return canonicalize_name(demand.requirement.name)


def _place(demand: Demand, context: Surroundings | None, here: Surroundings, target: Target) -> Place | None:
    """Return the place that a sibling's own configuration says, or else the project's."""
    name, url = demand.requirement.name, demand.requirement.url
    if url and not urlsplit(url).scheme:
        raise ResolveError(
            f"{demand.by}: requires {name} @ {url}, which is no URL; give it from the project's folder on, such as "
            f"{name} @ {{root:uri}}/{url.removeprefix('./')}"
        )
    return (context and context.place(demand.requirement, target)) or here.place(demand.requirement, target)


def _for_an_index(one: _Placed, target: Target) -> Demand:
    """Return the requirement as a resolver can judge it: it holds, whatever extra it is of; a wheel has its URL."""
    requirement = copy(one.demand.requirement)
    if requirement.marker and not requirement.marker.evaluate({**target.markers, "extra": ""}):
        requirement.marker = None
    if one.place:
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
        if one.place and one.place != first[one.name].place
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
