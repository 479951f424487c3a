"""Reads ``uv.lock`` as uv exports it: a pylock with the packages of the selected extras and groups."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from hatch_lambda.config.options import UV_LOCK
from hatch_lambda.errors import ResolveError
from hatch_lambda.files import json_values
from hatch_lambda.files.paths import relative_path
from hatch_lambda.resolve.base import Pin, Resolution, is_file_url
from hatch_lambda.resolve.lock.commits import LockedCommits
from hatch_lambda.resolve.lock.file import UV_LOCK_FIX, read_bytes
from hatch_lambda.resolve.validate import unmet_roots

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from packaging.pylock import Pylock
    from packaging.utils import NormalizedName
    from packaging.version import Version

    from hatch_lambda.resolve.base import Dependency, Host
    from hatch_lambda.resolve.cache import ResultCache
    from hatch_lambda.resolve.lock.file import LockSelection
    from hatch_lambda.resolve.lock.read import LockResolver
    from hatch_lambda.runtime.target import Target

_CONFIGURED_IN = ("pyproject.toml", "uv.toml")
"""Files that uv reads next to the lock file, and in the project's directory."""


@dataclass(frozen=True)
class UvLock:
    """uv's lock file for the project in the host's directory. uv reads it offline, once for each of its states."""

    path: Path
    host: Host
    selection: LockSelection
    results: ResultCache

    @property
    def name(self) -> str:
        """Return the path of the file, relative to the project."""
        return relative_path(self.path, self.host.directory)

    @property
    def directory(self) -> Path:
        """Return the project's directory, from which uv writes relative paths."""
        return self.host.directory

    def read(self) -> Pylock:
        """Return what the selected extras and groups need; raises ``ResolveError`` if uv can't export it."""
        # here, because the resolver knows the pins of most builds
        from hatch_lambda.resolve.lock.read import lock_from
        from hatch_lambda.resolve.lock.uv_export import exported_lock

        state = self.state
        found = self.results.get(partial(_known_lock, name=self.name), "uv.lock", *state)
        if found is None:
            exported = exported_lock(self.arguments, self.name, self.host)
            if self.state == state:  # otherwise, a file changed during the export
                self.results.put(exported, "uv.lock", *state)
            found = lock_from(exported, self.name)
        return replace(found, created_by=UV_LOCK)  # which is the file to lock again

    @property
    def arguments(self) -> list[str]:
        """Return uv's arguments; a group that uv installs by default counts only if it is selected."""
        features, groups = (
            sorted(map(canonicalize_name, names)) for names in (self.selection.features, self.selection.groups)
        )
        return [
            "export",
            "--frozen",
            "--offline",
            "--format=pylock.toml",
            "--no-emit-project",
            "--no-default-groups",
            *(f"--extra={name}" for name in features),
            *(f"--group={name}" for name in groups),
            "--no-header",
            "--no-python-downloads",
            "--color=never",
            "--quiet",
        ]

    @property
    def state(self) -> tuple[str, ...]:
        """Return what decides about uv's export: its arguments, and the hashes of the files that it reads.

        Raises ``ResolveError`` if the lock file can't be read.
        """
        directories = dict.fromkeys((self.path.parent, self.host.directory))
        files = [Path(directory, name) for directory in directories for name in _CONFIGURED_IN]
        contents = [read_bytes(self.path, self.name, UV_LOCK_FIX)]
        contents += [file.read_bytes() if file.is_file() else b"" for file in files]
        return (*(hashlib.sha256(content).hexdigest() for content in contents), *self.arguments)


@dataclass(frozen=True)
class UvLockResolver:
    """uv's lock file as the resolver; ``shared`` is the outermost directory that comes with the project.

    It reads uv's export once for each state of the lock file and each target, if all packages are wheels or sdists on
    an index, and there is nothing to say about them.
    """

    file: UvLock
    shared: Path

    def commits(self, target: Target) -> LockedCommits:
        """Return the commits that the lock file has for the target; raises ``ResolveError`` if it is for others."""
        if self._known_pins(target) is None:
            return self._exported.commits(target)
        return LockedCommits(self.file.name, UV_LOCK_FIX, {})

    def resolve(
        self,
        roots: Sequence[Dependency],
        target: Target,
        *,
        prefer: Mapping[NormalizedName, Version] | None = None,  # noqa: ARG002  # a lock has no choice
    ) -> Resolution:
        """Return the pins for the target; raises ``ResolveError`` if the file is out of date or for other targets."""
        has_urls = any(root.requirement.url for root in roots)
        pins = None if has_urls else self._known_pins(target)
        if pins is not None and not unmet_roots(roots, self._plain(pins), target):
            return self._plain(pins)
        found = self._exported.resolve(roots, target)
        from_index = not has_urls and not any(is_file_url(pin.url) for pin in found.pins)
        is_plain = from_index and found == self._plain(found.pins) and not self._exported.commits(target).found
        if is_plain and self.file.state == self._state:  # otherwise, a file changed since the key was made
            self.file.results.put([[pin.as_json(), pin.size] for pin in found.pins], *self._key(target))
        return found

    def _plain(self, pins: tuple[Pin, ...]) -> Resolution:
        return Resolution(pins, source=self.file.name, fix=UV_LOCK_FIX, exact=False)

    @cached_property
    def _exported(self) -> LockResolver:
        from hatch_lambda.resolve.lock.read import LockResolver

        return LockResolver(self.file, self.file.selection, self.shared)

    def _known_pins(self, target: Target) -> tuple[Pin, ...] | None:
        """Return the pins of an earlier build for the target; ``None`` if it had other ones than simple pins."""
        return self.file.results.get(_known_pins, *self._key(target))

    def _key(self, target: Target) -> tuple[object, ...]:
        return ("uv.lock pins", *self._state, self.file.selection.from_source, target.markers, target.platforms)

    @cached_property
    def _state(self) -> tuple[str, ...]:
        return self.file.state


def _known_pins(value: object) -> tuple[Pin, ...]:
    """Return pins with their sizes; raises ``ValueError`` for any other value."""
    pairs = map(json_values.items, json_values.items(value))
    return tuple(
        replace(Pin.from_json(pin), size=None if size is None else json_values.number(size)) for pin, size in pairs
    )


def _known_lock(value: object, name: str) -> Pylock:
    """Return what uv exported earlier; raises ``ValueError`` if it isn't a pylock."""
    from hatch_lambda.resolve.lock.read import lock_from

    try:
        return lock_from(json_values.fields(value), name)
    except ResolveError as error:
        raise ValueError(str(error)) from None
