"""A lock instead of a resolution: ``pylock.toml`` (PEP 751), whoever made it."""

from __future__ import annotations

import re
import sys
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

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
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

from hatch_lambda.errors import ResolveError, masked
from hatch_lambda.files.paths import check_regular
from hatch_lambda.resolve.advice import sdist_fix
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
from hatch_lambda.resolve.lock.commits import LockedCommits
from hatch_lambda.resolve.pip.explain import explain_fallbacks, no_wheel_reason
from hatch_lambda.resolve.validate import requirement_problem, transitive_dependencies
from hatch_lambda.runtime.runtimes import RUNTIMES
from hatch_lambda.runtime.target import ARCHITECTURES, Target, wheel_tags

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from packaging.markers import Environment
    from packaging.specifiers import SpecifierSet
    from packaging.utils import NormalizedName
    from packaging.version import Version

    from hatch_lambda.resolve.base import Dependency

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CREATED_BY = "hatch-lambda"
LOCK_COMMAND = "hatch build -t lambda:lock"
"""The command that writes our lock anew."""

TOOL = "hatch-lambda"
"""Our table under ``[tool]``."""

_IMPOSSIBLE_SIZE = 1 << 63
"""Bytes that no file has; Python cannot even write every number beyond."""

_MADE_BY = re.compile(r"""^created-by\s*=\s*["'](?P<tool>[^"']+)["']""", re.MULTILINE)


@dataclass(frozen=True)
class LockSelection:
    """What of a lock goes in: extras and groups of the project, and which distributions may be built from sdists.

    ``overridden`` are the options of the table in whose place a variable names the target.
    """

    features: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    from_source: tuple[NormalizedName, ...] = ()
    overridden: frozenset[str] = frozenset()


@dataclass(frozen=True)
class LockResolver:
    """A pylock, whoever made it.

    ``root`` is the project's folder, and ``shared`` one around it that whoever has the project has too.
    """

    path: Path
    root: Path
    selection: LockSelection
    shared: Path

    @property
    def name(self) -> str:
        """Return the lock's path inside the project."""
        return self.path.relative_to(self.root).as_posix() if self.path.is_relative_to(self.root) else str(self.path)

    def commits(self, target: Target) -> LockedCommits:
        """Return the commits that the lock has for the target; raises ``ResolveError`` if it is not for the target."""
        lock = read_lock(self.path, self.name)
        _check_environment(lock, target, self.name, _remedy_for(lock, target, self.selection))
        return commits_in(lock, target, self.name, self.selection)

    def resolve(
        self,
        roots: Sequence[Dependency],
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
            root=self.shared,
            selection=self.selection,
        )
        direct = {literal(without_credentials(url)): url for root in roots if (url := root.requirement.url)}
        resolution = replace(
            resolution, pins=tuple(replace(pin, url=direct.get(pin.url, pin.url)) for pin in resolution.pins)
        )
        found = {pin.name: pin for pin in resolution.pins}
        stale = [
            problem
            for dependency in transitive_dependencies(roots, {}, target)
            if (problem := requirement_problem(dependency, found, resolution))
        ]
        if stale:
            undeclared = _undeclared(lock, self.selection, self.name)
            raise ResolveError([*stale, *undeclared, *_difference(lock, roots, self.name)])
        return resolution


def commits_in(lock: Pylock, target: Target, name: str, selection: LockSelection | None = None) -> LockedCommits:
    """Return the commits that a lock has for the target; without ``selection``, those of all its extras and groups."""
    packages = packages_for(lock, target, name, selection)
    commits = {
        package.name: package.vcs for package in packages if package.vcs and not _python_problem(package, target)
    }
    freeing = f"free it with {UPGRADE_VARIABLE}={{name}} {LOCK_COMMAND}" if lock.created_by == CREATED_BY else ""
    return LockedCommits(name, _fix(lock), commits, upgrade_fix=freeing)


def read_lock(path: Path, name: str) -> Pylock:
    """Return the lock at ``path``; raises ``ResolveError`` if it is not there, not TOML or not a pylock."""
    try:
        check_regular(path)
        return parse_lock(path.read_text("utf-8", "replace"), name)
    except PermissionError as error:
        raise ResolveError(f"{name}: cannot be read ({error.strerror}); see to its permissions") from None
    except OSError as error:
        raise ResolveError(f"{name}: cannot be read ({error.strerror}); write it with {LOCK_COMMAND}") from None


def lock_creator(path: Path) -> str | None:
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
        raise ResolveError(f"{name}: not TOML; {error}; write it anew with {LOCK_COMMAND}") from None
    try:
        return Pylock.from_dict(values)
    except PylockUnsupportedVersionError as error:
        raise ResolveError(
            f"{name}: {error}; 1.0 is; write it anew with an older tool or with {LOCK_COMMAND}"
        ) from None
    except PylockValidationError as error:
        raise ResolveError(
            f"{name}: not a lock as PEP 751 has it; {error}; write it anew with {LOCK_COMMAND}"
        ) from None


def select(
    lock: Pylock,
    target: Target,
    name: str,
    *,
    base: Path,
    root: Path,
    selection: LockSelection | None = None,
    fix: str | None = None,
) -> Resolution:
    """Return the pins that the lock has for the target.

    Packages of which it has no wheel for the target are told in ``unfit``, with what to do: whether one is needed, the
    proof will know.
    Those that may be built can be pinned to their sdist.
    Paths in the lock are relative to ``base`` and must not leave ``root``. Raises ``ResolveError`` if the lock as a
    whole is for other environments.
    """
    selection = selection or LockSelection()
    _check_environment(lock, target, name, fix or _remedy_for(lock, target, selection))
    fix = fix or _fix(lock)
    packages = packages_for(lock, target, name, selection)
    twice = [package for package, count in Counter(package.name for package in packages).items() if count > 1]
    if twice:
        raise ResolveError(f"{name}: {package} is there twice for {target}; {fix}" for package in twice)
    problems = {
        package.name: f"{problem}; {fix}"
        for package in packages
        if (problem := _fit_problem(package, target, selection))
    }
    fit = replace(lock, packages=[package for package in packages if package.name not in problems])
    entries = _entries(fit, target, name, selection)
    pins = {package.name: _pin(package, entry, base, root, fix) for package, entry in entries}
    problems |= {package: pin for package, pin in pins.items() if isinstance(pin, str)}
    unfit = {
        package.name: f"{name} has {package.name} {package.version or ''}".rstrip() + f", but {problems[package.name]}"
        for package in packages
        if package.name in problems
    }
    found = tuple(pin for pin in pins.values() if isinstance(pin, Pin))
    files = {package.name: [wheel.filename for wheel in package.wheels or ()] for package in packages}
    fallbacks = explain_fallbacks(found, files, target)
    return Resolution(found, source=name, fix=fix, unfit=unfit, fallbacks=fallbacks, exact=False)


def packages_for(lock: Pylock, target: Target, name: str, selection: LockSelection | None = None) -> list[Package]:
    """Return the packages whose markers hold on the target; without ``selection``, for all its extras and groups.

    Raises ``ResolveError`` for a marker that compares what cannot be compared.
    """
    extras, groups = _declared(lock, selection)
    environment: dict[str, str | frozenset[str]] = {**target.markers, "extras": extras, "dependency_groups": groups}
    return [
        package
        for package in lock.packages
        if package.marker is None or _holds(package.marker, environment, f"{name}: {package.name}", _fix(lock))
    ]


def _declared(lock: Pylock, selection: LockSelection | None) -> tuple[frozenset[str], frozenset[str]]:
    """Return the extras and the groups that are wanted of a lock, as far as it declares them.

    A lock that declares none may well hold what one of them requires, as those of ``uv export --extra`` do.
    """
    extras, groups = (_normalized(names) for names in (lock.extras, lock.dependency_groups))
    if selection:
        extras, groups = extras & _normalized(selection.features), groups & _normalized(selection.groups)
    return extras, groups | _normalized(lock.default_groups)


def _undeclared(lock: Pylock, selection: LockSelection, name: str) -> list[str]:
    """Say which extras and groups another tool's lock was made without, as far as it says with which it was made."""
    if lock.created_by == CREATED_BY:
        return []
    asked = {
        "extra": (lock.extras, selection.features),
        "dependency group": (lock.dependency_groups, selection.groups),
    }
    return [
        f"{name}: declares no {kind} {one!r}; {_fix(lock)}, for that too"
        for kind, (declared, names) in asked.items()
        for one in sorted(_normalized(names) - _normalized(declared))
        if declared is not None
    ]


def _normalized(names: Iterable[str] | None) -> frozenset[str]:
    return frozenset(map(canonicalize_name, names or ()))


def _holds(marker: Marker, environment: Mapping[str, str | frozenset[str]], where: str, fix: str) -> bool:
    """Return whether a marker of a lock holds; ``environment`` has ``extras`` where those may be asked for."""
    try:
        return marker.evaluate(environment, "lock_file" if "extras" in environment else "requirement")
    except (ValueError, LookupError):
        raise ResolveError(f"{where}: its marker {str(marker)!r} has no answer; {fix}") from None


def _entries(lock: Pylock, target: Target, name: str, selection: LockSelection) -> list[tuple[Package, object]]:
    """Return what packaging selects for each package of a lock that is known to have something for the target.

    Its errors have one class for everything, and the reasons that are known have been looked for already, so that what
    it objects to is shown as it is.
    """
    extras, groups = _declared(lock, selection)
    environment = cast("Environment", target.markers)
    try:
        return list(lock.select(environment=environment, tags=target.tags, extras=extras, dependency_groups=groups))
    except PylockSelectError as error:
        raise ResolveError(
            f"{name}: {type(error).__name__}: {error}; if the lock is right, report it to the maintainers of "
            "hatch-lambda"
        ) from None


def _fix(lock: Pylock) -> str:
    return (
        f"refresh it with {LOCK_COMMAND}" if lock.created_by == CREATED_BY else f"make it anew with {lock.created_by}"
    )


def _remedy_for(lock: Pylock, target: Target, selection: LockSelection) -> str:
    """Return what to do about a lock that is not for the target."""
    return f"{_missing_in_table(lock, target, selection.overridden)}{_fix(lock)}"


def _check_environment(lock: Pylock, target: Target, name: str, fix: str) -> None:
    """Raise ``ResolveError`` if the lock as a whole is for other environments."""
    python = target.python_full_version
    if lock.requires_python and not _contains(lock.requires_python, python):
        problem = f"made for Python {lock.requires_python}; {target.runtime.name} has {python}"
        raise ResolveError(f"{name}: {problem}; {fix}")
    if lock.environments is None:
        return
    if not any(_holds(marker, target.markers, name, fix) for marker in lock.environments):
        known = _known_targets()
        made_for = " or ".join(str(known.get(marker, marker)) for marker in lock.environments) or "no environment"
        raise ResolveError(f"{name}: made for {made_for}; not for {target}; {fix}")


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


def _python_problem(package: Package, target: Target) -> str | None:
    python = target.python_full_version
    if package.requires_python is None or _contains(package.requires_python, python):
        return None
    return f"it requires Python {package.requires_python}, the runtime has {python}"


def _contains(pythons: SpecifierSet, python: str) -> bool:
    try:
        return pythons.contains(python)
    except ValueError:  # a number of more digits than Python converts
        return False


def _fit_problem(package: Package, target: Target, selection: LockSelection) -> str | None:
    """Say why the lock has nothing of a package that the target could load; ``None`` if it may have."""
    files = (*(package.wheels or ()), *((package.sdist,) if package.sdist else ()))
    loadable = any(target.loads(wheel_tags(wheel.filename)) for wheel in package.wheels or ())
    built = package.sdist and package.name in selection.from_source
    problem = _python_problem(package, target)
    if problem or loadable or built or not files:
        return problem
    no_wheel = f"no wheel for {target}, {no_wheel_reason([file.filename for file in files], target)}"
    wheels = [wheel.filename for wheel in package.wheels or ()]
    return f"{no_wheel}; {sdist_fix(package.name, wheels)}" if package.sdist else no_wheel


def _pin(package: Package, entry: object, base: Path, root: Path, fix: str) -> Pin | str:
    """Return the pin of a package, or why it cannot be one and what to do."""
    if not isinstance(entry, PackageWheel | PackageSdist | PackageArchive):
        kind = "a repository" if isinstance(entry, PackageVcs) else "a folder"
        return f"only as {kind}, and nothing is compiled on this machine; {fix}"
    url = literal(entry.url or "") or (base / (entry.path or "")).absolute().as_uri()
    if is_url(url) and is_file_url(url) and not file_of(url).is_relative_to(root.resolve()):
        return (
            f"its file {filename_of(url)} lies outside the project, its workspace, and its repository, where nobody "
            "else has it; move it into one of them"
        )
    problem = _entry_problem(entry, url, root)
    if problem:
        return f"{problem}; {fix}"
    filename = filename_of(url)
    version = package.version or _version_in(filename)
    if version is None:
        return f"its file {filename} does not tell its version; {fix}"
    size = entry.size if isinstance(entry, PackageWheel) else None
    return Pin(package.name, version, url, str(entry.hashes["sha256"]).lower(), size)


def _entry_problem(entry: PackageWheel | PackageSdist | PackageArchive, url: str, root: Path) -> str:
    """Say what keeps an entry from being a pin; empty if nothing does."""
    if not is_url(url):
        return f"its URL {url!r} is none"
    filename = filename_of(url) if isinstance(entry, PackageArchive) else entry.filename
    problem = _name_problem(filename, url, sdist=isinstance(entry, PackageSdist)) or _file_problem(url, root)
    if problem:
        return problem
    if "sha256" not in entry.hashes:
        return f"its file {filename} has no sha256"
    if isinstance(entry, PackageWheel) and entry.size and entry.size >= _IMPOSSIBLE_SIZE:
        return f"its file {filename} has an impossible size"
    return ""


def _version_in(filename: str) -> Version | None:
    """Return the version in a file's name; ``None`` for a name that is not one of a wheel or an sdist."""
    parse = parse_wheel_filename if filename.endswith(".whl") else parse_sdist_filename
    try:
        return parse(filename)[1]
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None


def _name_problem(filename: str, url: str, *, sdist: bool) -> str | None:
    if not sdist and not filename.endswith(".whl"):
        return f"only as {filename}, which is no wheel, and nothing is compiled on this machine"
    return None if filename == filename_of(url) else f"its file {filename} does not agree with its URL {masked(url)}"


def _file_problem(url: str, root: Path) -> str | None:
    """Say why a file of this machine cannot be what a lock means; ``None`` for all other URLs."""
    file = file_of(url) if is_file_url(url) else None
    if file is None or file.is_file():
        return None
    return f"its file {file.relative_to(root.resolve()).as_posix()} is not there"


def _difference(lock: Pylock, roots: Sequence[Dependency], name: str) -> list[str]:
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


def requirement_lines(roots: Sequence[Dependency]) -> list[str]:
    """Return the requirements as our lock notes them."""
    return sorted({portable(str(root.requirement)) for root in roots})


def environment_of(target: Target) -> Marker:
    """Return what our lock says of the environments that it is for."""
    values = {name: target.markers[name] for name in ("python_version", "platform_machine", "sys_platform")}
    values["implementation_name"] = target.markers["implementation_name"]
    return Marker(" and ".join(f'{name} == "{value}"' for name, value in values.items()))
