"""A lock instead of a resolution: ``pylock.toml`` (PEP 751), whoever made it."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from packaging.markers import Marker
from packaging.pylock import (
    Package,
    PackageArchive,
    PackageSdist,
    PackageVcs,
    PackageWheel,
    Pylock,
    PylockSelectError,
    PylockUnsupportedVersionError,
    PylockValidationError,
)
from packaging.specifiers import SpecifierSet
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

from hatch_lambda.errors import ResolveError, masked
from hatch_lambda.paths import check_regular
from hatch_lambda.resolve.base import (
    UPGRADE_VARIABLE,
    Pin,
    Resolution,
    file_of,
    filename_of,
    is_file_url,
    is_url,
    literal,
    portable,
    without_credentials,
)
from hatch_lambda.resolve.commits import LockedCommits
from hatch_lambda.resolve.explain import from_source, shortfall
from hatch_lambda.resolve.proof import demands, unmet
from hatch_lambda.runtimes import RUNTIMES
from hatch_lambda.target import ARCHITECTURES, Target

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from packaging.markers import Environment
    from packaging.utils import NormalizedName
    from packaging.version import Version

    from hatch_lambda.resolve.base import Demand

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CREATED_BY = "hatch-lambda"
REFRESH = "hatch build -t lambda:lock"
"""The command that writes our lock anew."""

TOOL = "hatch-lambda"
"""Our table under ``[tool]``."""

_IMPOSSIBLE_SIZE = 1 << 63
"""Bytes that no file has; Python cannot even write every number beyond."""

_MADE_BY = re.compile(r"""^created-by\s*=\s*["'](?P<tool>[^"']+)["']""", re.MULTILINE)


@dataclass(frozen=True)
class Wanted:
    """What of a lock goes in: extras and groups of the project, and which distributions may be built from sdists.

    ``overridden`` are the options of the table in whose place a variable names the target.
    """

    features: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    from_source: tuple[NormalizedName, ...] = ()
    overridden: frozenset[str] = frozenset()


@dataclass(frozen=True)
class LockResolver:
    """A pylock, whoever made it."""

    path: Path
    root: Path
    wanted: Wanted

    @property
    def name(self) -> str:
        """Return the lock's path inside the project."""
        return self.path.relative_to(self.root).as_posix() if self.path.is_relative_to(self.root) else str(self.path)

    def commits(self, target: Target) -> LockedCommits:
        """Return the commits that the lock has for the target; raises ``ResolveError`` if it cannot be read."""
        return commits_in(read_lock(self.path, self.name), target, self.name, self.wanted)

    def resolve(
        self,
        roots: Sequence[Demand],
        target: Target,
        *,
        prefer: Mapping[NormalizedName, Version] | None = None,  # noqa: ARG002  # a lock has no choice
    ) -> Resolution:
        """Return what the lock has for the target; raises ``ResolveError`` if it is stale or not for the target."""
        lock = read_lock(self.path, self.name)
        resolution = select(
            lock,
            target,
            self.name,
            base=self.path.parent,
            root=self.root,
            wanted=self.wanted,
        )
        direct = {literal(without_credentials(url)): url for root in roots if (url := root.requirement.url)}
        resolution = replace(
            resolution, pins=tuple(replace(pin, url=direct.get(pin.url, pin.url)) for pin in resolution.pins)
        )
        found = {pin.name: pin for pin in resolution.pins}
        stale = [problem for demand in demands(roots, {}, target) if (problem := unmet(demand, found, resolution))]
        if stale:
            raise ResolveError([*stale, *_difference(lock, roots, self.name)])
        return resolution


def commits_in(lock: Pylock, target: Target, name: str, wanted: Wanted | None = None) -> LockedCommits:
    """Return the commits that a lock has for the target; raises ``ResolveError`` for markers that have no answer."""
    _check_judgeable(lock, target, name, _remedy(lock))
    found = {package.name: _select_one(lock, package, target, wanted or Wanted()) for package in lock.packages}
    commits = {package: entry for package, entry in found.items() if isinstance(entry, PackageVcs)}
    freeing = f"free it with {UPGRADE_VARIABLE}={{name}} {REFRESH}" if lock.created_by == CREATED_BY else ""
    return LockedCommits(name, _remedy(lock), commits, freeing=freeing)


def read_lock(path: Path, name: str) -> Pylock:
    """Return the lock at ``path``; raises ``ResolveError`` if it is not there, not TOML or not a pylock."""
    try:
        check_regular(path)
        return parse_lock(path.read_text("utf-8", "replace"), name)
    except PermissionError as error:
        raise ResolveError(f"{name}: cannot be read ({error.strerror}); see to its permissions") from None
    except OSError as error:
        raise ResolveError(f"{name}: cannot be read ({error.strerror}); write it with {REFRESH}") from None


def maker_of(path: Path) -> str | None:
    """Return which tool a lock says has made it, even if no more of it can be read; ``None`` where it does not say.

    Raises ``ResolveError`` for a file that cannot be opened.
    """
    try:
        check_regular(path)
        text = path.read_text("utf-8", "replace")
    except OSError as error:
        raise ResolveError(f"{path.name}: cannot be read ({error.strerror}); see to its permissions") from None
    try:
        found = tomllib.loads(text).get("created-by")
    except (ValueError, RecursionError):
        line = _MADE_BY.search(text)
        found = line["tool"] if line else None
    return found if isinstance(found, str) else None


def parse_lock(text: str, name: str) -> Pylock:
    """Return a lock from its text; raises ``ResolveError`` saying where it is not one."""
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ResolveError(f"{name}: not TOML; {error}; write it anew with {REFRESH}") from None
    try:
        return Pylock.from_dict(values)
    except PylockUnsupportedVersionError as error:
        raise ResolveError(f"{name}: {error}; 1.0 is; write it anew with an older tool or with {REFRESH}") from None
    except PylockValidationError as error:
        raise ResolveError(f"{name}: not a lock as PEP 751 has it; {error}; write it anew with {REFRESH}") from None


def select(
    lock: Pylock,
    target: Target,
    name: str,
    *,
    base: Path,
    root: Path,
    wanted: Wanted | None = None,
    remedy: str | None = None,
) -> Resolution:
    """Return the pins that the lock has for the target.

    Packages of which it has no wheel for the target are told in ``unfit``: whether one is needed, the proof will know.
    Those that may be built can be pinned to their sdist.
    Paths in the lock are relative to ``base`` and must not leave ``root``. Raises ``ResolveError`` if the lock as a
    whole is for other environments.
    """
    wanted, remedy = wanted or Wanted(), remedy or _remedy(lock)
    _check_judgeable(lock, target, name, remedy)
    _check_environment(lock, target, name, f"{_missing_in_table(lock, target, wanted.overridden)}{remedy}")
    pins: dict[NormalizedName, Pin] = {}
    unfit: dict[NormalizedName, str] = {}
    twice = []
    for package in lock.packages:
        found = _select_one(lock, package, target, wanted)
        if found is None:
            continue
        if package.name in pins or package.name in unfit:
            twice.append(f"{name}: {package.name} is there twice for {target}; {remedy}")
        if isinstance(found, PackageSdist) and package.name not in wanted.from_source:
            found = f"{_no_wheel(package, target)}; {from_source(package.name)}"
        pin = found if isinstance(found, str) else _pin(package, found, base, root)
        if isinstance(pin, str):
            unfit[package.name] = f"{name} has {package.name} {package.version or ''}".rstrip() + f", but {pin}"
        else:
            pins[package.name] = pin
    if twice:
        raise ResolveError(twice)
    return Resolution(tuple(pins.values()), source=name, remedy=remedy, unfit=unfit, exact=False)


def _remedy(lock: Pylock) -> str:
    return f"refresh it with {REFRESH}" if lock.created_by == CREATED_BY else f"make it anew with {lock.created_by}"


def _check_judgeable(lock: Pylock, target: Target, name: str, remedy: str) -> None:
    """Raise ``ResolveError`` for each marker and version of which nobody can tell whether the target fits."""
    environ: dict[str, Any] = {**target.markers, "extras": frozenset(), "dependency_groups": frozenset()}
    marked = [(name, lock.environments or (), lock.requires_python)]
    marked += [
        (f"{name} has {package.name}", [package.marker] if package.marker else (), package.requires_python)
        for package in lock.packages
    ]
    problems = []
    for where, markers, pythons in marked:
        try:
            for marker in markers:
                marker.evaluate(environ, context="lock_file")
            (pythons or SpecifierSet()).contains(target.python_full_version)
        except (ValueError, LookupError) as error:
            problems.append(f"{where}: cannot be held against {target}; {str(error).rstrip('.')}; {remedy}")
    if problems:
        raise ResolveError(problems)


def _check_environment(lock: Pylock, target: Target, name: str, remedy: str) -> None:
    try:
        list(replace(lock, packages=[]).select(environment=cast("Environment", target.markers), tags=target.tags))
    except PylockSelectError:
        raise ResolveError(f"{name}: {_made_for(lock, target)}; {remedy}") from None


def _missing_in_table(lock: Pylock, target: Target, overridden: Collection[str]) -> str:
    """Say what to do before our lock is refreshed, which else would be for the same targets as before."""
    made_for = [other for marker, other in _known_targets().items() if marker in (lock.environments or ())]
    if lock.created_by != CREATED_BY or not made_for:
        return ""
    lacking = {
        "runtime": all(other.runtime.name != target.runtime.name for other in made_for),
        "architecture": all(other.architecture != target.architecture for other in made_for),
    }
    options = [option for option, lacks in lacking.items() if lacks and option in overridden]
    return f"list all that are needed in {' and '.join(options)}, then " if options else ""


def _known_targets() -> dict[Marker, Target]:
    """Return the targets by what our lock says of them."""
    known = [Target(runtime, architecture) for runtime in RUNTIMES for architecture in ARCHITECTURES]
    return {environment_of(target): target for target in known}


def _made_for(lock: Pylock, target: Target) -> str:
    """Say for which environments a lock is, none of which is the target."""
    python = target.python_full_version
    if lock.requires_python and not lock.requires_python.contains(python):
        return f"made for Python {lock.requires_python}; {target.runtime.name} has {python}"
    known = _known_targets()
    made_for = [str(known.get(marker, marker)) for marker in lock.environments or ()]
    return f"made for {' or '.join(made_for)}; not for {target}"


def _select_one(lock: Pylock, package: Package, target: Target, wanted: Wanted) -> Any:
    """Return what the lock selects for one package: an entry, why there is none, or ``None`` if it is not wanted."""
    extras, groups = ({canonicalize_name(name) for name in names} for names in (wanted.features, wanted.groups))
    try:
        selected = list(
            replace(lock, packages=[package], environments=None).select(
                environment=cast("Environment", target.markers),
                tags=target.tags,
                extras=extras,
                dependency_groups={*groups, *(lock.default_groups or ())},
            )
        )
    except PylockSelectError:
        return _no_wheel(package, target)
    return selected[0][1] if selected else None


def _no_wheel(package: Package, target: Target) -> str:
    if package.requires_python and not package.requires_python.contains(target.python_full_version):
        return f"it requires Python {package.requires_python}, the runtime has {target.python_full_version}"
    files = (*(package.wheels or ()), *((package.sdist,) if package.sdist else ()))
    return f"no wheel for {target}, {shortfall([file.filename for file in files], target)}"


def _pin(package: Package, entry: object, base: Path, root: Path) -> Pin | str:
    """Return the pin of a package, or why it cannot be one."""
    if not isinstance(entry, PackageWheel | PackageSdist | PackageArchive):
        kind = "a repository" if isinstance(entry, PackageVcs) else "a folder"
        return f"only as {kind}, and nothing is compiled on this machine"
    url = literal(entry.url or "") or (base / (entry.path or "")).absolute().as_uri()
    if not is_url(url):
        return f"its URL {url!r} is none"
    filename = filename_of(url) if isinstance(entry, PackageArchive) else entry.filename
    sha256 = entry.hashes.get("sha256")
    problem = _name_problem(filename, url, sdist=isinstance(entry, PackageSdist)) or _file_problem(url, root)
    if problem or sha256 is None:
        return problem or f"its file {filename} has no sha256"
    parse = parse_wheel_filename if filename.endswith(".whl") else parse_sdist_filename
    try:
        version = package.version or parse(filename)[1]
    except (InvalidWheelFilename, InvalidSdistFilename):
        return f"its file {filename} does not tell its version"
    size = entry.size if isinstance(entry, PackageWheel) else None
    if size and size >= _IMPOSSIBLE_SIZE:
        return f"its file {filename} has an impossible size"
    return Pin(package.name, version, url, str(sha256).lower(), size)


def _name_problem(filename: str, url: str, *, sdist: bool) -> str | None:
    if not sdist and not filename.endswith(".whl"):
        return f"only as {filename}, which is no wheel, and nothing is compiled on this machine"
    return None if filename == filename_of(url) else f"its file {filename} does not agree with its URL {masked(url)}"


def _file_problem(url: str, root: Path) -> str | None:
    """Say why a file of this machine cannot be what a lock means; ``None`` for all other URLs."""
    if not is_file_url(url):
        return None
    file = file_of(url)
    if not file.is_relative_to(root.resolve()):
        return f"its file {file.name} lies outside the project, where nobody else has it"
    return None if file.is_file() else f"its file {file.relative_to(root.resolve()).as_posix()} is not there"


def _difference(lock: Pylock, roots: Sequence[Demand], name: str) -> list[str]:
    """Say what the project requires now and did not when our lock was made, and the other way round."""
    ours = (lock.tool or {}).get(TOOL)
    made_from = ours.get("requirements") if isinstance(ours, dict) else None
    if not isinstance(made_from, list):
        return []
    now = requirement_lines(roots)
    changes = [f"added {line!r}" for line in now if line not in made_from]
    if len(lock.environments or ()) == 1:  # else it may be for another target
        changes += [f"removed {line!r}" for line in made_from if line not in now]
    return [f"{name}: since it was made: {', '.join(changes)}"] if changes else []


def requirement_lines(roots: Sequence[Demand]) -> list[str]:
    """Return the requirements as our lock notes them."""
    return sorted({portable(str(root.requirement)) for root in roots})


def environment_of(target: Target) -> Marker:
    """Return what our lock says of the environments that it is for."""
    values = {name: target.markers[name] for name in ("python_version", "platform_machine", "sys_platform")}
    values["implementation_name"] = target.markers["implementation_name"]
    return Marker(" and ".join(f'{name} == "{value}"' for name, value in values.items()))
