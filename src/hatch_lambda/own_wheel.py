"""The wheel of a folder, a repository or an archive of one's own: built here, once for each of its states."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hatch_lambda.errors import ResolveError
from hatch_lambda.places import reads_beyond, why_unbuildable
from hatch_lambda.resolve.base import COMMIT, OFFLINE_VARIABLE
from hatch_lambda.resolve.sdists import build_from, commit_of
from hatch_lambda.sources import impurity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packaging.utils import NormalizedName

    from hatch_lambda.places import Place
    from hatch_lambda.resolve.base import Host
    from hatch_lambda.resolve.commits import LockedCommits
    from hatch_lambda.store import Store
    from hatch_lambda.wheels import Wheel

_NOT_SOURCE = frozenset(
    {
        ".git",
        ".hg",
        ".mypy_cache",
        ".nox",
        ".pytest_cache",
        ".ruff_cache",
        ".svn",
        ".tox",
        ".venv",
        "__pycache__",
        "node_modules",
        "venv",
    }
)
"""Folders of tools, which a build reads nothing from."""

_LEFT_BEHIND = re.compile(
    r"build/(lib|bdist\.|temp\.|scripts-)[^/]*/.*|dist/([^/]+\.(whl|zip|json|tar\.gz)|\.gitignore)"
    r"|(.*/)?[^/]+\.egg-info/.*"
)
"""Files that builds leave at the top; what else lies in such folders may be built, as a web page, and belong in."""


def wheel_of(name: NormalizedName, place: Place, by: str, store: Store, host: Host) -> Wheel:
    """Return the wheel of a place, from the store if the place is as it was when it was built before.

    A folder whose build may read more than the folder is built by each run that has the network. ``by`` requires it.
    Raises ``ResolveError`` if it cannot be built, is not pure, or is another distribution.
    """
    what = f"{by}: requires {name} from {place}"
    problem = why_unbuildable(place.file) if place.kind == "folder" else None
    if problem:
        raise ResolveError(f"{what}, {problem}")
    key = _key(place)
    fresh = not host.offline and (host.rebuild or (place.kind == "folder" and reads_beyond(place.file)))
    known = store.memory.recall(*key, of_this_build=fresh) if key else None
    wheel = store.find(known["wheel"]) if known else None
    if wheel is None:
        wheel = _built(name, place, what, store, host)
        if key:
            store.memory.remember({"wheel": wheel.sha256, "python": platform.python_version()}, *key)
    if wheel.name != name:
        raise ResolveError(f"{what}, where {wheel.name} is; mend the name or the place")
    return replace(wheel, built=True, built_from=str(place) if place.kind == "repository" else None)


def _built(name: NormalizedName, place: Place, what: str, store: Store, host: Host) -> Wheel:
    if host.offline and not place.local:
        raise ResolveError(f"{OFFLINE_VARIABLE}: {name} from {place} was not built before; build once with the network")
    with tempfile.TemporaryDirectory(prefix="hatch-lambda-") as into:
        source = str(place.file) if place.kind == "folder" else f"{name} @ {place.url}"
        file = build_from(source, f"{what}, which", Path(into), host)
        problem = impurity(file)
        if problem:
            raise ResolveError(
                f"{what}, which builds {file.name}, {problem}; build a wheel of it on Amazon Linux and require that, "
                "or make it pure"
            )
        return store.add(file, expected=None)


def settled(
    name: NormalizedName, place: Place, by: str, store: Store, host: Host, *, locked: LockedCommits | None
) -> Place:
    """Return a repository's place with its commit instead of a branch or tag; any other as it is.

    The commit is the lock's, or that of the repository now; without the network, the last known. Raises
    ``ResolveError`` for a lock that is stale, and for a repository that cannot be reached.
    """
    if place.kind != "repository" or commit_in(place):
        return place
    what = f"{by}: requires {name} from {place}"
    address, revision, _ = place.reference
    commit = locked.commit(name, address, revision, what) if locked else None
    if commit is None and host.offline:
        commit = store.memory.recall("commit", str(place))
    elif commit is None:
        commit = commit_of(f"{name} @ {place.url}", f"{what}, which", host)
        store.memory.remember(commit, "commit", str(place))
    return place.at(commit) if commit else place


def commit_in(place: Place) -> str | None:
    """Return the commit that a repository's place names in full; ``None`` if it names none, or less."""
    revision = place.reference[1]
    return revision if revision and COMMIT.fullmatch(revision) else None


def _key(place: Place) -> tuple[str, ...] | None:
    """Return what a place's wheel is remembered under, which changes with the place; ``None`` if that cannot be told.

    A folder's path counts, as its wheel may name other folders beside it.
    """
    if place.kind == "folder":
        return "folder", str(place), _fingerprint(place.file)
    if place.kind == "repository":
        return ("repository", str(place)) if commit_in(place) else None
    if place.local:
        return "archive", place.url.partition("#")[2], hashlib.sha256(place.file.read_bytes()).hexdigest()
    return ("archive", str(place)) if re.search(r"#sha256=[0-9a-f]{64}", place.url) else None


def _fingerprint(folder: Path) -> str:
    """Return a hash of every file that a build of the folder may read, and of the commit that it is at."""
    found = hashlib.sha256(_described(folder))
    for file in _source_files(folder):
        executable = os.access(file, os.X_OK)
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        found.update(f"{file.relative_to(folder).as_posix()}\0{executable}{content}\n".encode())
    return found.hexdigest()


def _source_files(folder: Path) -> Iterator[Path]:
    """Yield the files in the folder, but for those of tools and of earlier builds; links to folders are followed."""
    seen: set[str] = set()
    for root, folders, files in os.walk(folder, followlinks=True):
        real = os.path.realpath(root)
        folders[:] = sorted(name for name in folders if name not in _NOT_SOURCE)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        for path in (Path(root, name) for name in sorted(files)):
            relative = path.relative_to(folder).as_posix()
            if path.suffix != ".pyc" and not _LEFT_BEHIND.fullmatch(relative) and path.is_file():
                yield path


def _described(folder: Path) -> bytes:
    """Return what git says of the folder's commit, as versions may come from it; nothing where git does not know it."""
    try:
        command = ["git", "-C", str(folder), "describe", "--always", "--tags", "--long", "--dirty"]
        return subprocess.run(command, capture_output=True, check=False).stdout  # noqa: S603  # no shell
    except OSError:
        return b""
