"""The wheel of a folder, a repository or an archive of one's own: built here, once for each of its states."""

from __future__ import annotations

import hashlib
import platform
import re
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hatch_lambda.dependencies.sdist_builds import built_wheel, impurity
from hatch_lambda.dependencies.source_tree import fingerprint, reads_beyond, why_unbuildable
from hatch_lambda.dependencies.sources import Surroundings, surroundings, unpacked_surroundings
from hatch_lambda.errors import ResolveError, masked
from hatch_lambda.files import json_values
from hatch_lambda.files.temporary import temporary_directory
from hatch_lambda.resolve.base import COMMIT, OFFLINE_VARIABLE
from hatch_lambda.resolve.pip.sdists import build_from, commit_of, unpacked_in

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

    from hatch_lambda.dependencies.sources import Place
    from hatch_lambda.resolve.base import Host
    from hatch_lambda.resolve.lock.commits import LockedCommits
    from hatch_lambda.wheels.cache import Store
    from hatch_lambda.wheels.wheel import Wheel


@dataclass(frozen=True)
class LocalWheel:
    """A wheel that was built here, and what its own configuration says of where its requirements are."""

    wheel: Wheel
    sources: Surroundings


def wheel_of(name: NormalizedName, place: Place, by: str, store: Store, host: Host, *, remedy: str = "") -> LocalWheel:
    """Return the wheel of a place, from the store if the place is as it was when it was built before.

    A folder whose build may read more than the folder is built by each run that has the network. ``by`` requires it,
    and ``remedy`` says what to do if pip cannot build it, where that is known. Raises ``ResolveError`` if it cannot be
    built, is not pure, or is another distribution.
    """
    what = f"{by}: requires {name} from {place}"
    problem = why_unbuildable(place.file) if place.kind == "folder" else None
    if problem:
        raise ResolveError(f"{what}, {problem}")
    key = _key(place)
    fresh = not host.offline and (host.rebuild or (place.kind == "folder" and reads_beyond(place.file)))
    known = store.memory.recall(partial(_known_wheel, place), *key, of_this_build=fresh) if key else None
    wheel = store.find(known[0]) if known else None
    if known and wheel:
        sources = known[1] or surroundings(place.file)
    else:
        wheel, sources = _built(name, place, what, store, host, remedy)
        if key:
            described = None if place.kind == "folder" else sources.as_json()
            value = {"wheel": wheel.sha256, "python": platform.python_version(), "sources": described}
            store.memory.remember(value, *key)
    if wheel.name != name:
        raise ResolveError(f"{what}, where {wheel.name} is; mend the name or the place")
    wheel = replace(wheel, built=True, built_from=str(place) if place.kind == "repository" else None)
    return LocalWheel(wheel, sources)


def _known_wheel(place: Place, value: object) -> tuple[str, Surroundings | None]:
    """Return the hash of the wheel that an earlier build made, and what it read of sources; raises ``ValueError``."""
    described = json_values.fields(value).get("sources")
    if (described is None) != (place.kind == "folder"):
        raise ValueError("no sources")
    return built_wheel(value), None if described is None else Surroundings.from_json(described, place)


def _built(
    name: NormalizedName, place: Place, what: str, store: Store, host: Host, remedy: str
) -> tuple[Wheel, Surroundings]:
    if host.offline and not place.local:
        raise ResolveError(f"{OFFLINE_VARIABLE}: {name} from {place} was not built before; build once with the network")
    with temporary_directory() as folder:
        source = place.file if place.kind == "folder" else f"{name} @ {place.url}"
        file = build_from(source, f"{what}, which", Path(folder), host, remedy=remedy)
        problem = impurity(file)
        if problem:
            raise ResolveError(
                f"{what}, which builds {file.name}, {problem}; build a wheel of it on Amazon Linux and require that, "
                "or make it pure"
            )
        if place.kind == "folder":
            return store.add(file, expected=None), surroundings(place.file)
        return store.add(file, expected=None), unpacked_surroundings(place, unpacked_in(Path(folder)))


def settled(
    name: NormalizedName, place: Place, by: str, store: Store, host: Host, *, locked: LockedCommits | None
) -> Place:
    """Return a repository's place with its commit instead of a branch or tag; any other as it is.

    The commit is the lock's, or that of the repository now, the same for all that this run takes from there; without
    the network, the last known. Raises ``ResolveError`` for a lock that is stale, and for a repository that cannot be
    reached.
    """
    if place.kind != "repository" or commit_in(place):
        return place
    what = f"{by}: requires {name} from {place}"
    address, revision, _ = place.reference
    commit = locked.commit(name, address, revision, what) if locked else None
    if commit is None:
        key = ("commit", masked(address), revision)
        commit = store.memory.recall(_known_commit, *key, of_this_build=not host.offline)
        if commit is None and not host.offline:
            commit = commit_of(f"{name} @ {place.url}", f"{what}, which", host)
            store.memory.remember(commit, *key)
    return place.at(commit) if commit else place


def _known_commit(value: object) -> str:
    commit = json_values.text(value)
    if not COMMIT.fullmatch(commit):
        raise ValueError("no commit")
    return commit


def commit_in(place: Place) -> str | None:
    """Return the commit that a repository's place names in full; ``None`` if it names none, or less."""
    revision = place.reference[1]
    return revision if revision and COMMIT.fullmatch(revision) else None


def _key(place: Place) -> tuple[str, ...] | None:
    """Return what a place's wheel is remembered under, which changes with the place; ``None`` if that cannot be told.

    A folder's path counts, as its wheel may name other folders beside it.
    """
    if place.kind == "folder":
        return "folder", str(place), fingerprint(place.file)
    if place.kind == "repository":
        return ("repository with sources", str(place)) if commit_in(place) else None
    if place.local:
        digest = hashlib.sha256(place.file.read_bytes()).hexdigest()
        return "archive with sources", place.url.partition("#")[2], digest
    return ("archive with sources", str(place)) if re.search(r"#sha256=[0-9a-f]{64}", place.url) else None
