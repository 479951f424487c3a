"""The wheel of a folder, a repository or an archive of one's own: built here, once for each of its states."""

from __future__ import annotations

import hashlib
import platform
import re
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hatch_lambda.dependencies.sdist_builds import built_wheel, purity_problem
from hatch_lambda.dependencies.source_tree import build_problem, fingerprint, reads_beyond
from hatch_lambda.dependencies.sources import ProjectSources, read_project_sources, unpacked_surroundings
from hatch_lambda.errors import ResolveError, masked
from hatch_lambda.files import json_values
from hatch_lambda.files.temporary import temporary_directory
from hatch_lambda.resolve.base import COMMIT, OFFLINE_VARIABLE
from hatch_lambda.resolve.pip.sdists import build_from, commit_of, unpacked_in

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

    from hatch_lambda.dependencies.sources import DependencySource
    from hatch_lambda.resolve.base import Host
    from hatch_lambda.resolve.lock.commits import LockedCommits
    from hatch_lambda.wheels.cache import WheelCache
    from hatch_lambda.wheels.wheel import Wheel


@dataclass(frozen=True)
class LocalWheel:
    """A wheel that was built here, and what its own configuration says of where its requirements are."""

    wheel: Wheel
    sources: ProjectSources


def build_local_wheel(
    name: NormalizedName, source: DependencySource, by: str, wheel_cache: WheelCache, host: Host, *, fix: str = ""
) -> LocalWheel:
    """Return the wheel of a place, from the store if the place is as it was when it was built before.

    A folder whose build may read more than the folder is built by each run that has the network. ``by`` requires it,
    and ``fix`` says what to do if pip cannot build it, where that is known. Raises ``ResolveError`` if it cannot be
    built, is not pure, or is another distribution.
    """
    what = f"{by}: requires {name} from {source}"
    problem = build_problem(source.file) if source.kind == "folder" else None
    if problem:
        raise ResolveError(f"{what}, {problem}")
    key = _key(source)
    fresh = not host.offline and (host.rebuild or (source.kind == "folder" and reads_beyond(source.file)))
    known = wheel_cache.results.get(partial(_known_wheel, source), *key, of_this_build=fresh) if key else None
    wheel = wheel_cache.find(known[0]) if known else None
    if known and wheel:
        sources = known[1] or read_project_sources(source.file)
    else:
        wheel, sources = _built(name, source, what, wheel_cache, host, fix)
        if key:
            described = None if source.kind == "folder" else sources.as_json()
            value = {"wheel": wheel.sha256, "python": platform.python_version(), "sources": described}
            wheel_cache.results.put(value, *key)
    if wheel.name != name:
        raise ResolveError(f"{what}, where {wheel.name} is; mend the name or the place")
    wheel = replace(wheel, built=True, built_from=str(source) if source.kind == "repository" else None)
    return LocalWheel(wheel, sources)


def _known_wheel(source: DependencySource, value: object) -> tuple[str, ProjectSources | None]:
    """Return the hash of the wheel that an earlier build made, and what it read of sources; raises ``ValueError``."""
    described = json_values.fields(value).get("sources")
    if (described is None) != (source.kind == "folder"):
        raise ValueError("no sources")
    return built_wheel(value), None if described is None else ProjectSources.from_json(described, source)


def _built(
    name: NormalizedName, source: DependencySource, what: str, wheel_cache: WheelCache, host: Host, fix: str
) -> tuple[Wheel, ProjectSources]:
    if host.offline and not source.local:
        raise ResolveError(
            f"{OFFLINE_VARIABLE}: {name} from {source} was not built before; build once with the network"
        )
    with temporary_directory() as directory:
        asked = source.file if source.kind == "folder" else f"{name} @ {source.url}"
        file = build_from(asked, f"{what}, which", Path(directory), host, fix=fix)
        problem = purity_problem(file)
        if problem:
            raise ResolveError(
                f"{what}, which builds {file.name}, {problem}; build a wheel of it on Amazon Linux and require that, "
                "or make it pure"
            )
        if source.kind == "folder":
            return wheel_cache.add(file, expected=None), read_project_sources(source.file)
        return wheel_cache.add(file, expected=None), unpacked_surroundings(source, unpacked_in(Path(directory)))


def pin_commit(
    name: NormalizedName,
    source: DependencySource,
    by: str,
    wheel_cache: WheelCache,
    host: Host,
    *,
    locked: LockedCommits | None,
) -> DependencySource:
    """Return a repository's place with its commit instead of a branch or tag; any other as it is.

    The commit is the lock's, or that of the repository now, the same for all that this run takes from there; without
    the network, the last known. Raises ``ResolveError`` for a lock that is stale, and for a repository that cannot be
    reached.
    """
    if source.kind != "repository" or commit_in(source):
        return source
    what = f"{by}: requires {name} from {source}"
    address, revision, _ = source.reference
    commit = locked.commit(name, address, revision, what) if locked else None
    if commit is None:
        key = ("commit", masked(address), revision)
        commit = wheel_cache.results.get(_known_commit, *key, of_this_build=not host.offline)
        if commit is None and not host.offline:
            commit = commit_of(f"{name} @ {source.url}", f"{what}, which", host)
            wheel_cache.results.put(commit, *key)
    return source.at(commit) if commit else source


def _known_commit(value: object) -> str:
    commit = json_values.text(value)
    if not COMMIT.fullmatch(commit):
        raise ValueError("no commit")
    return commit


def commit_in(source: DependencySource) -> str | None:
    """Return the commit that a repository's place names in full; ``None`` if it names none, or less."""
    revision = source.reference[1]
    return revision if revision and COMMIT.fullmatch(revision) else None


def _key(source: DependencySource) -> tuple[str, ...] | None:
    """Return what a place's wheel is remembered under, which changes with the place; ``None`` if that cannot be told.

    A folder's path counts, as its wheel may name other folders beside it.
    """
    if source.kind == "folder":
        return "folder", str(source), fingerprint(source.file)
    if source.kind == "repository":
        return ("repository with sources", str(source)) if commit_in(source) else None
    if source.local:
        digest = hashlib.sha256(source.file.read_bytes()).hexdigest()
        return "archive with sources", source.url.partition("#")[2], digest
    return ("archive with sources", str(source)) if re.search(r"#sha256=[0-9a-f]{64}", source.url) else None
