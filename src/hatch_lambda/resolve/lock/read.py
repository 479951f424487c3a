"""Reads pins from a ``pylock.toml`` (PEP 751) of any tool instead of resolving."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, cast

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

from hatch_lambda.config.options import UV_LOCK
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ResolveError, masked, shorten
from hatch_lambda.resolve.base import (
    LOCK_COMMAND,
    UPGRADE_VARIABLE,
    Pin,
    Resolution,
    escape_variables,
    file_of,
    filename_of,
    is_file_url,
    is_url,
    without_credentials,
)
from hatch_lambda.resolve.lock.commits import LockedCommits
from hatch_lambda.resolve.lock.file import CREATED_BY, UV_LOCK_FIX, LockSelection, read_bytes
from hatch_lambda.resolve.pip.fallbacks import explain_fallbacks
from hatch_lambda.resolve.validate import unmet_roots
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

_RUN = f"run '{LOCK_COMMAND}'"

_FIXES = {CREATED_BY: _RUN, UV_LOCK: UV_LOCK_FIX}
_UPGRADE_FIXES = {
    CREATED_BY: f"run '{UPGRADE_VARIABLE}={{name}} {LOCK_COMMAND}'",
    UV_LOCK: "run 'uv lock --upgrade-package {name}'",
}
"""What to do about a lock file, by its creator, and to replace the commit of ``{name}``."""

TOOL = "hatch-lambda"
"""Our table under ``[tool]``."""

_IMPOSSIBLE_SIZE = 1 << 63
"""More bytes than any file has; Python can't print every larger number."""


class LockFile(Protocol):
    """A lock file that can be read as a pylock.

    ``name`` is what messages call it, and ``directory`` the one from which relative paths in it start.
    """

    @property
    def name(self) -> str:
        """The name."""

    @property
    def directory(self) -> Path:
        """The directory."""

    def read(self) -> Pylock:
        """Return its content; raises ``ResolveError`` if it can't be read."""


@dataclass(frozen=True)
class PylockFile:
    """A ``pylock.toml`` of any tool, for the project in the directory ``root``."""

    path: Path
    root: Path

    @property
    def name(self) -> str:
        """Return the lock's path inside the project."""
        return self.path.relative_to(self.root).as_posix() if self.path.is_relative_to(self.root) else str(self.path)

    @property
    def directory(self) -> Path:
        """Return the directory that it is in."""
        return self.path.parent

    def read(self) -> Pylock:
        """Return its content; raises ``ResolveError`` if it can't be read."""
        return read_lock(self.path, self.name)


@dataclass(frozen=True)
class LockResolver:
    """A lock file as the resolver; ``shared`` is the outermost directory that comes with the project."""

    file: LockFile
    selection: LockSelection
    shared: Path

    @cached_property
    def _lock(self) -> Pylock:
        return self.file.read()

    def commits(self, target: Target) -> LockedCommits:
        """Return the commits that the lock file has for the target; raises ``ResolveError`` if it is for others."""
        lock = self._lock
        _check_environment(lock, target, self.file.name, _fix_for(lock, target, self.selection))
        return commits_in(lock, target, self.file.name, self.selection)

    def indexes(self, target: Target) -> dict[NormalizedName, str]:
        """Return the URLs of the indexes that packages for the target come from, as far as the lock file has them."""
        packages = packages_for(self._lock, target, self.file.name, self.selection)
        return {package.name: package.index for package in packages if package.index}

    def resolve(
        self,
        roots: Sequence[Dependency],
        target: Target,
        *,
        prefer: Mapping[NormalizedName, Version] | None = None,  # noqa: ARG002  # a lock has no choice
    ) -> Resolution:
        """Return the pins for the target; raises ``ResolveError`` if the file is out of date or for other targets."""
        lock, name = self._lock, self.file.name
        resolution = select(lock, target, name, base=self.file.directory, root=self.shared, selection=self.selection)
        direct = {escape_variables(without_credentials(url)): url for root in roots if (url := root.requirement.url)}
        resolution = replace(
            resolution, pins=tuple(replace(pin, url=direct.get(pin.url, pin.url)) for pin in resolution.pins)
        )
        outdated = unmet_roots(roots, resolution, target)
        if outdated:
            raise ResolveError([*outdated, *_undeclared(lock, self.selection, name)])
        return resolution


def commits_in(lock: Pylock, target: Target, name: str, selection: LockSelection | None = None) -> LockedCommits:
    """Return the commits that a lock file has for the target; without ``selection``, of all its extras and groups."""
    packages = packages_for(lock, target, name, selection)
    commits = {
        package.name: package.vcs for package in packages if package.vcs and not _python_problem(package, target)
    }
    return LockedCommits(name, _fix(lock), commits, upgrade_fix=_UPGRADE_FIXES.get(lock.created_by, ""))


def read_lock(path: Path, name: str) -> Pylock:
    """Return the lock file at ``path``; raises ``ResolveError`` if it doesn't exist or isn't a pylock."""
    return parse_lock(read_bytes(path, name, _RUN).decode("utf-8", "replace"), name)


def parse_lock(text: str, name: str) -> Pylock:
    """Return a lock file from its text; raises ``ResolveError`` if it isn't one."""
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ResolveError(_damaged(name, f"not TOML ({error})")) from None
    return lock_from(values, name)


def lock_from(values: Mapping[str, Any], name: str) -> Pylock:
    """Return a lock file from the content of its TOML; raises ``ResolveError`` if it isn't one."""
    try:
        return Pylock.from_dict(values)
    except PylockUnsupportedVersionError:
        version = shorten(values.get("lock-version"))
        raise ResolveError(
            Diagnostic(
                code="unsupported-lock",
                where=name,
                problem=f"lock-version {version} isn't supported",
                fix=f"write version 1.0 with an older tool, or {_RUN}",
            )
        ) from None
    except PylockValidationError as error:
        raise ResolveError(_damaged(name, f"not a lock file of PEP 751 ({error})")) from None


def _damaged(where: str, problem: str, fix: str = "") -> Diagnostic:
    return Diagnostic(code="damaged-lock", where=where, problem=problem, fix=fix or _RUN)


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
    """Return the pins that the lock file has for the target.

    Packages without a wheel for the target are in ``unfit``, with what to do; the validation knows if they are needed.
    Those that can be built are pinned to their sdist. Paths in the lock file are relative to ``base`` and must not
    leave ``root``. Raises ``ResolveError`` if the lock file is for other environments.
    """
    selection = selection or LockSelection()
    _check_environment(lock, target, name, fix or _fix_for(lock, target, selection))
    fix = fix or _fix(lock)
    packages = packages_for(lock, target, name, selection)
    twice = [package for package, count in Counter(package.name for package in packages).items() if count > 1]
    if twice:
        raise ResolveError(_damaged(name, f"{package} is in it twice for {target}", fix) for package in twice)
    problems = {
        package.name: problem for package in packages if (problem := _fit_problem(package, target, selection, fix))
    }
    fit = replace(lock, packages=[package for package in packages if package.name not in problems])
    entries = _entries(fit, target, name, selection)
    pins = {package.name: _pin(package, entry, base, root, fix) for package, entry in entries}
    problems |= {package: pin for package, pin in pins.items() if isinstance(pin, str)}
    unfit = {
        package.name: f"{name} has {package.name} {package.version or ''}".rstrip() + f", {problems[package.name]}"
        for package in packages
        if package.name in problems
    }
    found = tuple(pin for pin in pins.values() if isinstance(pin, Pin))
    files = {package.name: [wheel.filename for wheel in package.wheels or ()] for package in packages}
    fallbacks = explain_fallbacks(found, files, target)
    return Resolution(
        found,
        source=name,
        fix=fix,
        unfit=unfit,
        fallbacks=fallbacks,
        exact=False,
        bytecode=_locked_bytecode(lock, target),
    )


def _locked_bytecode(lock: Pylock, target: Target) -> str | None:
    """Return the version of the Python that our lock file records for the bytecode of a runtime."""
    versions = _our_table(lock).get("bytecode")
    found = versions.get(target.runtime.name) if isinstance(versions, dict) else None
    return found if isinstance(found, str) else None


def _our_table(lock: Pylock) -> Mapping[str, Any]:
    table = (lock.tool or {}).get(TOOL)
    return table if isinstance(table, dict) else {}


def packages_for(lock: Pylock, target: Target, name: str, selection: LockSelection | None = None) -> list[Package]:
    """Return the packages whose markers apply to the target; without ``selection``, for all its extras and groups.

    Raises ``ResolveError`` for a marker that can't be evaluated.
    """
    extras, groups = _declared(lock, selection)
    environment: dict[str, str | frozenset[str]] = {**target.markers, "extras": extras, "dependency_groups": groups}
    return [
        package
        for package in lock.packages
        if package.marker is None or _holds(package.marker, environment, f"{name}: {package.name}", _fix(lock))
    ]


def _declared(lock: Pylock, selection: LockSelection | None) -> tuple[frozenset[str], frozenset[str]]:
    """Return the selected extras and groups that a lock file declares.

    A lock file that declares none can contain their packages anyway, for example one from ``uv export --extra``.
    """
    extras, groups = (_normalized(names) for names in (lock.extras, lock.dependency_groups))
    if selection:
        extras, groups = extras & _normalized(selection.features), groups & _normalized(selection.groups)
    return extras, groups | _normalized(lock.default_groups)


def _undeclared(lock: Pylock, selection: LockSelection, name: str) -> list[Diagnostic]:
    """Return the selected extras and groups that another tool's lock file lacks, if it declares some."""
    if lock.created_by == CREATED_BY:
        return []
    asked = {
        "extra": (lock.extras, selection.features),
        "dependency group": (lock.dependency_groups, selection.groups),
    }
    return [
        Diagnostic(
            code="lock-out-of-date",
            where=name,
            problem=f"locked without the {kind} {one!r}",
            fix=f"{_fix(lock)}, including that {kind}",
        )
        for kind, (declared, names) in asked.items()
        for one in sorted(_normalized(names) - _normalized(declared))
        if declared is not None
    ]


def _normalized(names: Iterable[str] | None) -> frozenset[str]:
    return frozenset(map(canonicalize_name, names or ()))


def _holds(marker: Marker, environment: Mapping[str, str | frozenset[str]], where: str, fix: str) -> bool:
    """Return whether a marker of a lock file applies; ``environment`` has ``extras`` if markers can use them."""
    try:
        return marker.evaluate(environment, "lock_file" if "extras" in environment else "requirement")
    except (ValueError, LookupError):
        raise ResolveError(_damaged(where, f"its marker {str(marker)!r} can't be evaluated", fix)) from None


def _entries(lock: Pylock, target: Target, name: str, selection: LockSelection) -> list[tuple[Package, object]]:
    """Return what packaging selects for each package of a lock file that has something for the target.

    packaging has one error class for everything. Known reasons were checked before, so its text is shown unchanged.
    """
    extras, groups = _declared(lock, selection)
    environment = cast("Environment", target.markers)
    try:
        return list(lock.select(environment=environment, tags=target.tags, extras=extras, dependency_groups=groups))
    except PylockSelectError as error:
        fix = f"{_fix(lock)}, or if the lock file is right, report it to the maintainers of hatch-lambda"
        raise ResolveError(_damaged(name, f"{type(error).__name__}: {error}", fix)) from None


def _fix(lock: Pylock) -> str:
    return _FIXES.get(lock.created_by, f"lock again with {lock.created_by}")


def _fix_for(lock: Pylock, target: Target, selection: LockSelection) -> str:
    """Return what to do about a lock file that isn't for the target."""
    if lock.created_by == UV_LOCK:
        limited_by = "environments in [tool.uv]" if lock.environments else "requires-python"
        return f"change {limited_by}, then {UV_LOCK_FIX}"
    return f"{_missing_in_table(lock, target, selection.overridden)}{_fix(lock)}"


def _check_environment(lock: Pylock, target: Target, name: str, fix: str) -> None:
    """Raise ``ResolveError`` if the lock file is for other environments."""
    python = target.python_full_version
    if lock.requires_python and not _contains(lock.requires_python, python):
        problem = f"made for Python {lock.requires_python}, but {target.runtime.name} has {python}"
        raise ResolveError(Diagnostic(code="lock-mismatch", where=name, problem=problem, fix=fix))
    if lock.environments is None:
        return
    if not any(_holds(marker, target.markers, name, fix) for marker in lock.environments):
        known = _known_targets()
        made_for = " or ".join(str(known.get(marker, marker)) for marker in lock.environments) or "no environment"
        problem = f"made for {made_for}, not for {target}"
        raise ResolveError(Diagnostic(code="lock-mismatch", where=name, problem=problem, fix=fix))


def _missing_in_table(lock: Pylock, target: Target, overridden: Collection[str]) -> str:
    """Return what to change before locking again, which otherwise would be for the same targets."""
    made_for = [other for marker, other in _known_targets().items() if marker in (lock.environments or ())]
    if lock.created_by != CREATED_BY or not made_for:
        return ""
    lacking = {
        "runtime": all(other.runtime.name != target.runtime.name for other in made_for),
        "architecture": all(other.architecture != target.architecture for other in made_for),
    }
    options = [option for option, lacks in lacking.items() if lacks and option in overridden]
    return f"list all in {' and '.join(options)}, then " if options else ""


def _known_targets() -> dict[Marker, Target]:
    """Return the targets by their environments in our lock file."""
    known = [Target(runtime, architecture) for runtime in RUNTIMES for architecture in ARCHITECTURES]
    return {environment_of(target): target for target in known}


def _python_problem(package: Package, target: Target) -> str | None:
    python = target.python_full_version
    if package.requires_python is None or _contains(package.requires_python, python):
        return None
    return f"which requires Python {package.requires_python}, but the runtime has {python}"


def _contains(pythons: SpecifierSet, python: str) -> bool:
    try:
        return pythons.contains(python)
    except ValueError:  # a number of more digits than Python converts
        return False


def _fit_problem(package: Package, target: Target, selection: LockSelection, fix: str) -> str | None:
    """Return why the target can't load a package of the lock file, and what to do; ``None`` if it might."""
    files = (*(package.wheels or ()), *((package.sdist,) if package.sdist else ()))
    loadable = any(target.supports(wheel_tags(wheel.filename)) for wheel in package.wheels or ())
    built = package.sdist and package.name in selection.from_source
    problem = _python_problem(package, target)
    if problem:
        return f"{problem}; {fix}"
    if loadable or built or not files:
        return None
    # here, because few builds need them
    from hatch_lambda.resolve.pip.advice import sdist_fix
    from hatch_lambda.resolve.pip.explain import no_wheel_reason

    no_wheel = f"but no wheel for {target} ({no_wheel_reason([file.filename for file in files], target)})"
    wheels = [wheel.filename for wheel in package.wheels or ()]
    return f"{no_wheel}; {sdist_fix(package.name, wheels)}, then {fix}" if package.sdist else f"{no_wheel}; {fix}"


def _pin(package: Package, entry: object, base: Path, root: Path, fix: str) -> Pin | str:
    """Return the pin of a package, or why it has none and what to do."""
    if not isinstance(entry, PackageWheel | PackageSdist | PackageArchive):
        place = "Git" if isinstance(entry, PackageVcs) else "a directory"
        return f"but only from {place}; require it from there in the project, or {fix}"
    url = escape_variables(entry.url or "") or (base / (entry.path or "")).absolute().as_uri()
    if is_url(url) and is_file_url(url) and not file_of(url).is_relative_to(root.resolve()):
        return f"but {filename_of(url)} is outside the project, its workspace, and its repository; move it into one"
    problem = _entry_problem(entry, url, root)
    if problem:
        return f"but {problem}; {fix}"
    filename = filename_of(url)
    parsed = _parsed(filename)
    version = package.version or (parsed[1] if parsed else None)
    if version is None:
        return f"but the file name {filename} has no version; {fix}"
    size = entry.size if isinstance(entry, PackageWheel) else None
    return Pin(package.name, version, url, str(entry.hashes["sha256"]).lower(), size)


def _entry_problem(entry: PackageWheel | PackageSdist | PackageArchive, url: str, root: Path) -> str:
    """Return why an entry can't be a pin; empty if it can."""
    if not is_url(url):
        return f"{url!r} isn't a URL"
    filename = filename_of(url) if isinstance(entry, PackageArchive) else entry.filename
    problem = _name_problem(filename, url, sdist=isinstance(entry, PackageSdist)) or _file_problem(url, root)
    if problem:
        return problem
    if "sha256" not in entry.hashes:
        return f"{filename} has no sha256"
    if isinstance(entry, PackageWheel) and entry.size and entry.size >= _IMPOSSIBLE_SIZE:
        return f"the size of {filename} isn't possible"
    return ""


def _name_problem(filename: str, url: str, *, sdist: bool) -> str | None:
    if not sdist and not filename.endswith(".whl"):
        return f"only as {filename}, which isn't a wheel"
    if filename == filename_of(url) or (_parsed(filename) and _parsed(filename) == _parsed(filename_of(url))):
        return None  # uv writes pyjwt-2.10.1-… for PyJWT-2.10.1-…
    return f"its file name {filename} differs from its URL {masked(url)}"


def _parsed(filename: str) -> tuple[NormalizedName, Version, tuple[object, ...]] | None:
    """Return name, version, and tags in the name of a wheel or an sdist, normalized; ``None`` for any other name."""
    parse = parse_wheel_filename if filename.endswith(".whl") else parse_sdist_filename
    try:
        name, version, *tags = parse(filename)
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None
    return name, version, tuple(tags)


def _file_problem(url: str, root: Path) -> str | None:
    """Return that a local file doesn't exist; ``None`` for any other URL."""
    file = file_of(url) if is_file_url(url) else None
    if file is None or file.is_file():
        return None
    return f"{file.relative_to(root.resolve()).as_posix()} doesn't exist"


def environment_of(target: Target) -> Marker:
    """Return the environment of a target for our lock file."""
    values = {name: target.markers[name] for name in ("python_version", "platform_machine", "sys_platform")}
    values["implementation_name"] = target.markers["implementation_name"]
    return Marker(" and ".join(f'{name} == "{value}"' for name, value in values.items()))
