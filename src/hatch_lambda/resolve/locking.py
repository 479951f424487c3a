"""Writes our lock: what was resolved for a target, as ``pylock.toml`` (PEP 751)."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.pylock import Package, PackageSdist, PackageWheel, Pylock
from packaging.version import Version

from hatch_lambda.errors import ResolveError
from hatch_lambda.resolve.base import file_of, without_credentials
from hatch_lambda.resolve.lock import CREATED_BY, TOOL, environment_of, read_lock, requirement_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packaging.utils import NormalizedName

    from hatch_lambda.resolve.base import Demand, Pin
    from hatch_lambda.target import Target


def locked_versions(path: Path) -> dict[NormalizedName, Version]:
    """Return the versions in our lock at ``path``; none where there is none that can be read.

    Raises ``ResolveError`` for a lock of another tool, which ours must not replace unasked.
    """
    try:
        lock = read_lock(path, path.name)
    except ResolveError:
        return {}
    if lock.created_by != CREATED_BY:
        raise ResolveError(
            f"{path.name}: made by {lock.created_by}, and not to be overwritten; remove it, or name another file in "
            "lock"
        )
    return {package.name: package.version for package in lock.packages if package.version}


def write_lock(path: Path, text: str) -> None:
    """Put the text at ``path`` in one step, unless it is there; raises ``ResolveError`` if that cannot be."""
    try:
        if path.is_file() and path.read_text("utf-8", "replace") == text:
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
        raise ResolveError(f"{path}: cannot be written ({error.strerror}); the lock is as it was") from None


def make_lock(pins: Sequence[Pin], roots: Sequence[Demand], target: Target, base: Path, root: Path) -> str:
    """Return our lock of these pins as TOML, the same for the same pins; it is meant to lie in the folder ``base``.

    Raises ``ResolveError`` for a pin that nobody else could fetch: one without hash, or a file outside the project.
    """
    import tomli_w

    problems: list[str] = []
    packages = []
    for pin in sorted(pins, key=lambda pin: pin.name):
        file = _file(pin, base, root)
        if isinstance(file, str):
            problems.append(file)
        elif isinstance(file, PackageWheel):
            packages.append(Package(name=pin.name, version=pin.version, wheels=[file]))
        else:
            packages.append(Package(name=pin.name, version=pin.version, sdist=file))
    if problems:
        raise ResolveError(problems)
    lock = Pylock(
        lock_version=Version("1.0"),
        environments=[environment_of(target)],
        created_by=CREATED_BY,
        packages=packages,
        tool={TOOL: {"requirements": requirement_lines(roots)}},
    )
    lock.validate()
    return tomli_w.dumps(lock.to_dict())


def _file(pin: Pin, base: Path, root: Path) -> PackageWheel | PackageSdist | str:
    """Return the entry of a pin's file, or why it cannot be locked."""
    if pin.sha256 is None:
        return f"{pin}: its index gives no sha256; without one it cannot be locked"
    path = None
    url: str | None = without_credentials(pin.url)
    if pin.url.startswith("file:"):
        file = file_of(pin.url)
        if not file.is_relative_to(root.resolve()):
            return f"{pin}: comes from {file}, which only this machine has; put it on an index or into the project"
        path, url = Path(os.path.relpath(file, base.resolve())).as_posix(), None
    kind = PackageWheel if pin.is_wheel else PackageSdist
    return kind(name=pin.filename, url=url, path=path, hashes={"sha256": pin.sha256})
