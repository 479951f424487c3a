"""Reads ``uv.lock`` as uv exports it: a pylock with the packages of the selected extras and groups."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from hatch_lambda.config.options import UV_LOCK
from hatch_lambda.errors import ResolveError
from hatch_lambda.files import json_values
from hatch_lambda.files.paths import relative_path
from hatch_lambda.resolve.lock.read import UV_LOCK_FIX, lock_from, read_bytes

if TYPE_CHECKING:
    from packaging.pylock import Pylock

    from hatch_lambda.resolve.base import Host
    from hatch_lambda.resolve.cache import ResultCache
    from hatch_lambda.resolve.lock.read import LockSelection

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
        key = ("uv.lock", *self._digests, *self.arguments)
        found = self.results.get(partial(_known_lock, name=self.name), *key)
        if found is None:
            from hatch_lambda.resolve.lock.uv_export import exported_lock  # here, because it is rarely needed

            exported = exported_lock(self.arguments, self.name, self.host)
            self.results.put(exported, *key)
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
    def _digests(self) -> list[str]:
        """Return the hashes of the files that uv reads; raises ``ResolveError`` if the lock file can't be read."""
        directories = dict.fromkeys((self.path.parent, self.host.directory))
        files = [Path(directory, name) for directory in directories for name in _CONFIGURED_IN]
        contents = [read_bytes(self.path, self.name, UV_LOCK_FIX)]
        contents += [file.read_bytes() if file.is_file() else b"" for file in files]
        return [hashlib.sha256(content).hexdigest() for content in contents]


def _known_lock(value: object, name: str) -> Pylock:
    """Return what uv exported earlier; raises ``ValueError`` if it isn't a pylock."""
    try:
        return lock_from(json_values.fields(value), name)
    except ResolveError as error:
        raise ValueError(str(error)) from None
