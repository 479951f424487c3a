"""Builds the wheel of a local or Git dependency, or of an archive, once for each of its states."""

from __future__ import annotations

import hashlib
import platform
import re
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hatch_lambda.dependencies.sdist_builds import built_wheel, native_reason
from hatch_lambda.dependencies.source_tree import build_problem, fingerprint, reads_beyond
from hatch_lambda.dependencies.sources import ProjectSources, read_project_sources, unpacked_sources
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ResolveError, masked
from hatch_lambda.files import json_values
from hatch_lambda.files.temporary import temporary_directory
from hatch_lambda.resolve.base import COMMIT, OFFLINE_VARIABLE
from hatch_lambda.resolve.pip.sdists import build_from, commit_of, unpacked_in

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

    from hatch_lambda.dependencies.source import DependencySource
    from hatch_lambda.resolve.base import Host
    from hatch_lambda.resolve.lock.commits import LockedCommits
    from hatch_lambda.wheels.cache import WheelCache
    from hatch_lambda.wheels.wheel import Wheel


@dataclass(frozen=True)
class LocalWheel:
    """A wheel that was built on this machine, and the dependency sources in its configuration."""

    wheel: Wheel
    sources: ProjectSources


def build_local_wheel(
    name: NormalizedName, source: DependencySource, by: str, wheel_cache: WheelCache, host: Host, *, fix: str = ""
) -> LocalWheel:
    """Return the wheel of a source, from the cache if the source is unchanged since it was built.

    A directory whose build might read other files is built by each run that isn't offline. ``by`` requires it, and
    ``fix`` is what to do if pip can't build it, if that is known. Raises ``ResolveError`` if it can't be built,
    contains native code, or is another distribution.
    """
    problem = build_problem(source.file, by, f"requires {name} from {source}") if source.kind == "directory" else None
    if problem:
        raise ResolveError(problem)
    key = _key(source)
    fresh = not host.offline and (host.rebuild or (source.kind == "directory" and reads_beyond(source.file)))
    known = wheel_cache.results.get(partial(_known_wheel, source), *key, of_this_build=fresh) if key else None
    wheel = wheel_cache.find(known[0]) if known else None
    if known and wheel:
        sources = known[1] or read_project_sources(source.file)
    else:
        wheel, sources = _built(name, source, by, wheel_cache, host, fix)
        if key:
            described = None if source.kind == "directory" else sources.as_json()
            value = {"wheel": wheel.sha256, "python": platform.python_version(), "sources": described}
            wheel_cache.results.put(value, *key)
    if wheel.name != name:
        raise ResolveError(
            Diagnostic(
                code="source-name",
                where=by,
                problem=f"requires {name} from {source}, which is {wheel.name}",
                fix="correct the name or the source",
            )
        )
    wheel = replace(wheel, built=True, built_from=str(source) if source.kind == "repository" else None)
    return LocalWheel(wheel, sources)


def _known_wheel(source: DependencySource, value: object) -> tuple[str, ProjectSources | None]:
    """Return the hash of the wheel that an earlier build made, and its sources, which a directory has itself.

    Raises ``ValueError`` for a value of another shape.
    """
    wheel = built_wheel(value)
    if source.kind == "directory":
        return wheel, None
    return wheel, ProjectSources.from_json(json_values.fields(value).get("sources"), source)


def _built(
    name: NormalizedName, source: DependencySource, by: str, wheel_cache: WheelCache, host: Host, fix: str
) -> tuple[Wheel, ProjectSources]:
    if host.offline and not source.local:
        raise ResolveError(
            Diagnostic(
                code="offline",
                where=OFFLINE_VARIABLE,
                problem=f"no wheel of {name} from {source} is in the cache",
                fix="build once with network access, or copy the cache",
            )
        )
    with temporary_directory() as directory:
        asked = source.file if source.kind == "directory" else f"{name} @ {source.url}"
        file = build_from(asked, f"{by}: {name} from {source}", Path(directory), host, fix=fix)
        reason = native_reason(file)
        if reason:
            raise ResolveError(
                Diagnostic(
                    code="native-build",
                    where=by,
                    problem=f"requires {name} from {source}, which builds {file.name}, which {reason}",
                    fix="build a wheel on Amazon Linux and require that, or make the package pure Python",
                )
            )
        if source.kind == "directory":
            return wheel_cache.add(file, expected=None), read_project_sources(source.file)
        return wheel_cache.add(file, expected=None), unpacked_sources(source, unpacked_in(Path(directory)))


def pin_commit(
    name: NormalizedName,
    source: DependencySource,
    by: str,
    wheel_cache: WheelCache,
    host: Host,
    *,
    locked: LockedCommits | None,
) -> DependencySource:
    """Return a Git source with its commit instead of a branch or tag, and any other source unchanged.

    The commit is that of the lock file, or the repository's current one, the same for the whole run; if offline, it is
    the last known one. Raises ``ResolveError`` if the lock file is out of date or the repository can't be reached.
    """
    if source.kind != "repository" or commit_in(source):
        return source
    address, revision, _ = source.reference
    commit = locked.commit(name, address, revision, f"{by} requires {name} from {source}") if locked else None
    if commit is None:
        key = ("commit", masked(address), revision)
        commit = wheel_cache.results.get(_known_commit, *key, of_this_build=not host.offline)
        if commit is None and not host.offline:
            commit = commit_of(f"{name} @ {source.url}", f"{by}: {name} from {source}", host)
            wheel_cache.results.put(commit, *key)
    return source.at(commit) if commit else source


def _known_commit(value: object) -> str:
    commit = json_values.text(value)
    if not COMMIT.fullmatch(commit):
        raise ValueError("no commit")
    return commit


def commit_in(source: DependencySource) -> str | None:
    """Return the full commit hash in a Git source, ``None`` if it has none."""
    revision = source.reference[1]
    return revision if revision and COMMIT.fullmatch(revision) else None


def _key(source: DependencySource) -> tuple[str, ...] | None:
    """Return the cache key of a source's wheel, which changes with the source; ``None`` if changes can't be detected.

    A directory's path is part of it, because its wheel might require directories next to it.
    """
    if source.kind == "directory":
        return "directory", str(source), fingerprint(source.file)
    if source.kind == "repository":
        return ("repository with sources", str(source)) if commit_in(source) else None
    if source.local:
        digest = hashlib.sha256(source.file.read_bytes()).hexdigest()
        return "archive with sources", source.url.partition("#")[2], digest
    return ("archive with sources", str(source)) if re.search(r"#sha256=[0-9a-f]{64}", source.url) else None
