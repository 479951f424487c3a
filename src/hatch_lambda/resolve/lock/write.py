"""Writes our lock file, the result of a resolution for each target, as ``pylock.toml`` (PEP 751)."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from packaging.markers import Marker
from packaging.pylock import Package, PackageSdist, PackageVcs, PackageWheel, Pylock
from packaging.version import Version

from hatch_lambda.config.options import LOCK_FILE
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ResolveError, secret_parameters
from hatch_lambda.resolve.base import Pin, file_of, is_file_url, portable, without_credentials
from hatch_lambda.resolve.commit import Commit
from hatch_lambda.resolve.lock.commits import LockedCommits
from hatch_lambda.resolve.lock.file import CREATED_BY, lock_creator
from hatch_lambda.resolve.lock.read import TOOL, commits_in, environment_of, packages_for, read_lock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from packaging.utils import NormalizedName

    from hatch_lambda.resolve.base import Dependency
    from hatch_lambda.runtime.target import Target


File = PackageWheel | PackageSdist | PackageVcs

_SHOWN = 7
"""Letters of a commit in reports."""


@dataclass(frozen=True)
class OptionalPart:
    """An extra or a dependency group of a lock file, and the packages that are in it only for this or another one.

    ``kind`` is the name that PEP 751 uses for it, in lock files and in markers.
    """

    kind: Literal["extras", "dependency_groups"]
    name: NormalizedName
    required: frozenset[NormalizedName]

    def __str__(self) -> str:
        return f'"{self.name}" in {self.kind}'


@dataclass(frozen=True)
class LockPart:
    """The part of a lock file for one target: pins, commits, and the requirements that an index had to satisfy.

    ``bytecode`` is the version of the Python that compiles modules, if zips have bytecode. ``indexes`` are the URLs of
    the only index that a name comes from.
    """

    target: Target
    pins: tuple[Pin | Commit, ...]
    roots: tuple[Dependency, ...]
    optional: tuple[OptionalPart, ...] = ()
    bytecode: str | None = None
    indexes: Mapping[NormalizedName, str] = field(default_factory=dict)

    def condition(self, name: NormalizedName) -> str:
        """Return the marker of the extras and groups that need a distribution on the target; empty if all do."""
        return " or ".join(sorted(str(part) for part in self.optional if name in part.required))

    @property
    def versions(self) -> dict[NormalizedName, str]:
        """Return the version and commit of each distribution, for reports."""
        return {pin.name: _label(pin.version, pin.commit if isinstance(pin, Commit) else None) for pin in self.pins}


@dataclass(frozen=True)
class LockedState:
    """The versions and commits that our lock file has for a target before it is written again."""

    versions: Mapping[NormalizedName, Version] = field(default_factory=dict)
    commits: LockedCommits = field(default_factory=lambda: LockedCommits("", "", {}))
    repositories: Mapping[NormalizedName, Version | None] = field(default_factory=dict)

    @property
    def labels(self) -> dict[NormalizedName, str]:
        """Return the version and commit of each distribution, for reports."""
        versions = {name: _label(version) for name, version in self.versions.items()}
        found = self.commits.found
        return versions | {name: _label(version, found[name].commit_id) for name, version in self.repositories.items()}


def _label(version: Version | None, commit: str | None = None) -> str:
    shown = "" if version is None else str(version)
    return f"{shown} at {commit[:_SHOWN]}".strip() if commit else shown


def read_locked(path: Path, target: Target) -> LockedState:
    """Return the versions and commits of our lock file at ``path``; none if it doesn't exist or can't be read.

    Raises ``ResolveError`` for a file from another or an unknown tool, which ours must not replace.
    """
    if not path.is_file():
        return LockedState()
    maker = lock_creator(path)
    if maker != CREATED_BY and (maker or path.name != LOCK_FILE):
        problem = f"not overwritten, because it {f'was created by {maker}' if maker else 'has no created-by'}"
        fix = "remove it, or set lock to another file"
        raise ResolveError(Diagnostic(code="lock-conflict", where=path.name, problem=problem, fix=fix))
    try:
        lock = read_lock(path, path.name)
        packages = packages_for(lock, target, path.name)
    except ResolveError:  # ours, but damaged, for example by a merge
        return LockedState()
    commits = commits_in(lock, target, path.name)
    return LockedState(
        {package.name: package.version for package in packages if package.version and not package.vcs},
        commits,
        {package.name: package.version for package in packages if package.name in commits.found},
    )


def write_lock(path: Path, text: str) -> None:
    """Write the text to ``path`` in one step, unless it is there; raises ``ResolveError`` if it can't be written."""
    try:
        if is_locked(path, text):
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
            Path(name).chmod(0o644)
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        problem = f"the lock file can't be written ({error.strerror})"
        fix = "fix that, then lock again"
        raise ResolveError(Diagnostic(code="lock-not-written", where=str(path), problem=problem, fix=fix)) from None


def is_locked(path: Path, text: str) -> bool:
    """Return whether the lock file has this text already."""
    return path.is_file() and path.read_text("utf-8", "replace") == text


def make_lock(parts: Sequence[LockPart], base: Path, root: Path) -> str:
    """Return our lock file in the directory ``base`` as TOML, the same for the same pins.

    Raises ``ResolveError`` for a pin that other machines couldn't fetch, for example one without a hash, and for a URL
    with credentials in its query, which doesn't work without them.
    """
    import tomli_w

    files = {pin: _file(pin, base, root) for part in parts for pin in part.pins}
    problems = [file for file in files.values() if isinstance(file, Diagnostic)]
    if problems:
        raise ResolveError(dict.fromkeys(problems))
    releases = sorted({(pin.name, pin.version) for pin in files})
    lock = Pylock(
        lock_version=Version("1.0"),
        environments=[environment_of(part.target) for part in parts],
        extras=_declared(parts, "extras"),
        dependency_groups=_declared(parts, "dependency_groups"),
        created_by=CREATED_BY,
        packages=[_package(name, version, parts, files) for name, version in releases],
        tool={TOOL: _our_table(parts)},
    )
    lock.validate()
    return tomli_w.dumps(lock.to_dict())


def _our_table(parts: Sequence[LockPart]) -> dict[str, Any]:
    """Return what PEP 751 has no place for: requirements for readers, and the Python of each runtime's bytecode."""
    requirements = sorted({portable(str(root.requirement)) for part in parts for root in part.roots})
    bytecode = {part.target.runtime.name: part.bytecode for part in parts if part.bytecode}
    return {"requirements": requirements, **({"bytecode": bytecode} if bytecode else {})}


def _declared(parts: Sequence[LockPart], kind: str) -> list[NormalizedName] | None:
    return sorted({optional.name for part in parts for optional in part.optional if optional.kind == kind}) or None


def _package(
    name: NormalizedName,
    version: Version,
    parts: Sequence[LockPart],
    files: Mapping[Pin | Commit, File | Diagnostic],
) -> Package:
    """Return a release with its files for all targets that need it, and the marker of those targets if not all do."""
    release = [(part, pin) for part in parts for pin in part.pins if (pin.name, pin.version) == (name, version)]
    selected = [files[pin] for _, pin in sorted(release, key=lambda taken: taken[1].filename)]
    wheels = [file for file in selected if isinstance(file, PackageWheel)]
    return Package(
        name=name,
        version=version,
        index=release[0][0].indexes.get(name),
        marker=_marker(name, [part for part, _ in release], everywhere=len(release) == len(parts)),
        wheels=list({wheel.name: wheel for wheel in wheels}.values()) or None,
        sdist=next((file for file in selected if isinstance(file, PackageSdist)), None),
        vcs=next((file for file in selected if isinstance(file, PackageVcs)), None),
    )


def _marker(name: NormalizedName, parts: Sequence[LockPart], *, everywhere: bool) -> Marker | None:
    """Return the targets, extras, and groups that need a distribution; ``None`` if all do."""
    made_for: dict[str, list[str]] = {}
    for part in parts:
        made_for.setdefault(part.condition(name), []).append(f"({environment_of(part.target)})")
    if everywhere and len(made_for) == 1:
        condition = next(iter(made_for))
        return Marker(condition) if condition else None
    clauses = (
        f"({' or '.join(targets)}) and ({condition})" if condition else " or ".join(targets)
        for condition, targets in made_for.items()
    )
    return Marker(" or ".join(clauses))


def _file(pin: Pin | Commit, base: Path, root: Path) -> File | Diagnostic:
    """Return the entry of a pin's file, or of a commit, or why it can't be locked."""
    secrets = secret_parameters(pin.url)
    if secrets:
        return Diagnostic(
            code="credentials-in-lock",
            where=str(pin),
            problem=f"can't be locked, because its URL has credentials in the query ({', '.join(secrets)})",
            fix="use an index with a user name and password, or build without a lock file",
        )
    if isinstance(pin, Commit):
        place = {"path": _relative(file_of(pin.url), base)} if is_file_url(pin.url) else {"url": pin.url}
        return PackageVcs(
            type=pin.vcs,
            requested_revision=pin.revision,
            commit_id=pin.commit,
            subdirectory=pin.subdirectory,
            **place,
        )
    if pin.sha256 is None:
        return _unlockable(pin, "its index provides no sha256", "use an index that provides it")
    path = None
    url: str | None = without_credentials(pin.url)
    if is_file_url(pin.url):
        file = file_of(pin.url)
        if not file.is_relative_to(root.resolve()):
            return _unlockable(pin, f"{file} is only on this machine", "move it into the project, or to an index")
        path, url = _relative(file, base), None
    kind = PackageWheel if pin.is_wheel else PackageSdist
    return kind(name=pin.filename, url=url, path=path, hashes={"sha256": pin.sha256})


def _unlockable(pin: Pin, reason: str, fix: str) -> Diagnostic:
    return Diagnostic(code="unlockable", where=str(pin), problem=f"can't be locked, because {reason}", fix=fix)


def _relative(file: Path, base: Path) -> str:
    return Path(os.path.relpath(file, base.resolve())).as_posix()
