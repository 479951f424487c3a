"""Distributions that are not on an index: siblings, repositories and archives, built to pure wheels on this machine."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from hatch_lambda.errors import ResolveError
from hatch_lambda.places import Place, Surroundings, shown, surroundings
from hatch_lambda.resolve.base import OFFLINE_VARIABLE, Demand
from hatch_lambda.resolve.proof import demands
from hatch_lambda.resolve.sdists import build_from, commit_of
from hatch_lambda.sources import impurity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from packaging.utils import NormalizedName

    from hatch_lambda.resolve.base import Host
    from hatch_lambda.store import Store
    from hatch_lambda.target import Target
    from hatch_lambda.wheels import Wheel

_COMMIT = re.compile(r"@[0-9a-f]{40}(#.*)?$")

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
        "build",
        "dist",
        "node_modules",
        "venv",
    }
)
"""Folders that a build reads nothing from, or leaves behind."""


@dataclass(frozen=True)
class OwnWheels:
    """The wheels that were built, and the requirements that remain for an index: the roots' and the wheels' own."""

    wheels: tuple[Wheel, ...]
    remaining: tuple[Demand, ...]


def own_wheels(roots: Sequence[Demand], project: NormalizedName, target: Target, store: Store, host: Host) -> OwnWheels:
    """Return the wheels of all distributions that the project, or one of these, takes from elsewhere than an index.

    ``project`` is the project's name. Raises ``ResolveError`` if one cannot be built or is not pure, if a name comes
    from two places, and if one requires the project itself.
    """
    found: dict[NormalizedName, Wheel] = {}
    places: dict[NormalizedName, Place] = {}
    contexts: dict[str, Surroundings] = {}
    here = surroundings(host.folder)
    while True:
        reached = demands(roots, found, target)
        _check_no_circle(reached, project)
        new = list(_places(reached, contexts, here))
        _check_places(new, places)
        places |= {name: place for name, place, _ in new}
        unbuilt = [(name, place, demand) for name, place, demand in new if name not in found]
        if not unbuilt:
            remaining = [demand for demand in reached if canonicalize_name(demand.requirement.name) not in found]
            return OwnWheels(tuple(found.values()), tuple(remaining))
        for name, place, demand in unbuilt:
            wheel = _build(name, place, demand, store, host)
            found[name] = wheel
            contexts[str(wheel)] = (
                surroundings(place.folder) if place.kind == "folder" else Surroundings(host.folder, {}, {})
            )


def _places(
    reached: Sequence[Demand], contexts: Mapping[str, Surroundings], here: Surroundings
) -> Iterator[tuple[NormalizedName, Place, Demand]]:
    for demand in reached:
        place = contexts.get(demand.by, here).place(demand.requirement)
        if place is not None:
            yield canonicalize_name(demand.requirement.name), place, demand


def _check_no_circle(reached: Sequence[Demand], project: NormalizedName) -> None:
    problems = [
        f"{demand.by}: requires {demand.requirement}, which is the project itself; the two go in a circle; take one of "
        "the requirements out"
        for demand in reached
        if canonicalize_name(demand.requirement.name) == project
    ]
    if problems:
        raise ResolveError(problems)


def _check_places(new: Sequence[tuple[NormalizedName, Place, Demand]], known: Mapping[NormalizedName, Place]) -> None:
    problems = []
    seen = dict(known)
    for name, place, demand in new:
        other = seen.setdefault(name, place)
        if other != place:
            problems.append(
                f"{demand.by}: takes {name} from {shown(place.url)}, and somebody else from {shown(other.url)}; "
                "let all of them name one place"
            )
    if problems:
        raise ResolveError(dict.fromkeys(problems))


def _build(name: NormalizedName, place: Place, demand: Demand, store: Store, host: Host) -> Wheel:
    """Return the wheel of a place, from the store if the place is as it was when it was built before."""
    if place.kind == "folder" and not place.folder.is_dir():
        raise ResolveError(f"{demand.by}: requires {name} from {place.folder}, which is not there; see to the path")
    place = _settled(name, place, host)
    key = _key(place)
    known = store.memory.recall(*key) if key else None
    wheel = store.find(known["wheel"]) if known else None
    if wheel is None:
        if host.offline and place.kind != "folder":
            raise ResolveError(
                f"{OFFLINE_VARIABLE}: {name} from {shown(place.url)} was not built before; build once with the network"
            )
        wheel = _built(name, place, demand, store, host)
        if key:
            store.memory.remember({"wheel": wheel.sha256}, *key)
    return replace(wheel, built_from=shown(place.url) if place.kind == "repository" else None)


def _built(name: NormalizedName, place: Place, demand: Demand, store: Store, host: Host) -> Wheel:
    with tempfile.TemporaryDirectory(prefix="hatch-lambda-") as into:
        what = str(place.folder) if place.kind == "folder" else f"{name} @ {place.url}"
        file = build_from(what, f"{name} from {shown(place.url)}", Path(into), host)
        problem = impurity(file)
        if problem:
            raise ResolveError(
                f"{demand.by}: requires {name} from {shown(place.url)}, which builds {file.name}, {problem}; build a "
                "wheel of it on Amazon Linux and require that, or make it pure"
            )
        wheel = store.add(file, expected=None)
    if wheel.name != name:
        raise ResolveError(
            f"{demand.by}: requires {name} from {shown(place.url)}, where {wheel.name} is; mend the name"
        )
    return wheel


def _settled(name: NormalizedName, place: Place, host: Host) -> Place:
    """Return a repository's place with its commit instead of a branch or tag."""
    if place.kind != "repository" or _COMMIT.search(place.url) or host.offline:
        return place
    commit = commit_of(f"{name} @ {place.url}", f"{name} from {shown(place.url)}", host)
    address, hash_sign, fragment = place.url.partition("#")
    scheme, separator, rest = address.partition("://")
    path, at, _ = rest.rpartition("@")
    bare = path if at and "/" in path else rest
    return replace(place, url=f"{scheme}{separator}{bare}@{commit}{hash_sign}{fragment}")


def _key(place: Place) -> tuple[str, ...] | None:
    if place.kind == "folder":
        return "folder", _fingerprint(place.folder)
    if place.kind == "repository":
        return ("repository", place.url) if _COMMIT.search(place.url) else None
    if place.url.startswith("file:"):
        return "archive", hashlib.sha256(place.folder.read_bytes()).hexdigest()
    return ("archive", place.url) if re.search(r"#sha256=[0-9a-f]{64}", place.url) else None


def _fingerprint(folder: Path) -> str:
    """Return a hash of every file that a build of the folder may read, and of the commit that it is at."""
    found = hashlib.sha256(_described(folder))
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _NOT_SOURCE and not name.endswith(".egg-info"))
        for name in sorted(files):
            path = Path(root, name)
            if path.suffix != ".pyc" and path.is_file():
                relative = path.relative_to(folder).as_posix()
                found.update(f"{relative}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return found.hexdigest()


def _described(folder: Path) -> bytes:
    """Return what git says of the folder's commit, as versions may come from it; nothing where git does not know it."""
    try:
        command = ["git", "-C", str(folder), "describe", "--always", "--tags", "--long", "--dirty"]
        return subprocess.run(command, capture_output=True, check=False).stdout  # noqa: S603  # no shell
    except OSError:
        return b""
