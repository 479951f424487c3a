"""Reads ``uv.lock`` as uv exports it: a pylock with the packages of the selected extras and groups."""

from __future__ import annotations

import hashlib
import re
import sys
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from hatch_lambda.config.options import UV_LOCK
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ResolveError
from hatch_lambda.files import json_values
from hatch_lambda.files.paths import relative_path
from hatch_lambda.files.programs import uv_program
from hatch_lambda.resolve.lock.read import UV_LOCK_FIX, lock_from, read_bytes
from hatch_lambda.resolve.uv_command import TOO_OLD, UPGRADE, run_uv, uv_excerpt, uv_output

if TYPE_CHECKING:
    from packaging.pylock import Pylock

    from hatch_lambda.diagnostics import Code
    from hatch_lambda.resolve.base import Host
    from hatch_lambda.resolve.cache import ResultCache
    from hatch_lambda.resolve.lock.read import LockSelection

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

WITHOUT_LOCK = "set lock = false to resolve without it"

_KEPT = ("UV_CACHE_DIR", "UV_NO_CACHE")
"""The variables of uv that don't change what it exports."""

_CONFIGURED_IN = ("pyproject.toml", "uv.toml")
"""Files that uv reads next to the lock file, and in the project's directory."""


@dataclass(frozen=True)
class _Explanation:
    """What a failure of uv means: a message with the groups of the pattern in uv's wording, and uv's own output if
    that adds something.
    """

    pattern: str
    code: Code
    problem: str
    fix: str
    with_output: bool = False


_EXPLANATIONS = (
    _Explanation(
        r"Extra `(?P<name>[^`]+)` is not defined",
        "lock-out-of-date",
        "out of date, because it was locked before the extra '{name}' was added",
        UV_LOCK_FIX,
    ),
    _Explanation(
        r"Group `(?P<name>[^`]+)` is not defined",
        "lock-out-of-date",
        "out of date, because it was locked before the dependency group '{name}' was added",
        UV_LOCK_FIX,
    ),
    _Explanation(
        r"Missing workspace member `(?P<name>[^`]+)`",
        "lock-out-of-date",
        "out of date, because it doesn't contain {name}, which is in the project's uv workspace",
        UV_LOCK_FIX,
    ),
    _Explanation(
        r"error: (?P<what>\w+ [^:]+?) are incompatible with the declared conflicts",
        "conflict",
        "{what} exclude each other in tool.uv.conflicts",
        "select one of them for each zip",
    ),
    _Explanation(
        r"unsupported schema version \((?P<version>v\d+)",
        "unsupported-lock",
        "its format {version} is newer than {uv} supports",
        "upgrade uv",
    ),
    _Explanation(
        r"[Ff]ailed to (?:parse|read from file) `[^`]*uv\.lock`",
        "damaged-lock",
        "uv can't read it",
        f"restore it, or remove it and {UV_LOCK_FIX}",
        with_output=True,
    ),
    _Explanation(
        TOO_OLD.pattern,
        "unsupported-lock",
        "{uv} is too old to export it as a pylock",
        UPGRADE,
    ),
    _Explanation("", "lock-export", "uv can't export it", f"fix the cause, or {WITHOUT_LOCK}", with_output=True),
)
"""The first one whose pattern uv's output contains applies. Source: the messages of uv 0.13.9, read 2026-11-27."""


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
        uv = uv_program(self.host.environ)
        if uv is None:
            raise ResolveError(self._problem("resolver-missing", *_WITHOUT_UV))
        command = [uv, *self.arguments]
        key = ("uv.lock", *self._digests, *command, _state(Path(uv)))
        found = self.results.get(partial(_known_lock, name=self.name), *key)
        if found is None:
            exported = self._exported(command)
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

    def _exported(self, command: list[str]) -> Any:
        environ = {name: value for name, value in self.host.environ.items() if not _is_uv_setting(name)}
        done = run_uv(command, environ, self.host.directory, otherwise=WITHOUT_LOCK)
        if done.returncode:
            raise self._failure(done.stderr, command[0])
        return _without_dates(tomllib.loads(done.stdout))

    def _failure(self, said: str, uv: str) -> ResolveError:
        """Return the error for uv's output."""
        text = " ".join(said.split())  # uv wraps long lines
        known, found = next((one, found) for one in _EXPLANATIONS if (found := re.search(one.pattern, text)))
        problem = known.problem.format(uv=uv, **found.groupdict()).replace("`", "'")
        problem = problem[:1].lower() + problem[1:]  # uv starts with a capital
        excerpt = uv_excerpt(said) if known.with_output else ""
        return ResolveError(self._problem(known.code, problem, known.fix), detail=uv_output(said), excerpt=excerpt)

    def _problem(self, code: Code, problem: str, fix: str) -> Diagnostic:
        return Diagnostic(code=code, where=self.name, problem=problem, fix=fix)


_WITHOUT_UV = (
    "can't be read, because uv isn't installed",
    f'use "hatch-lambda[uv]" in build-system.requires, or {WITHOUT_LOCK}',
)


def _known_lock(value: object, name: str) -> Pylock:
    """Return what uv exported earlier; raises ``ValueError`` if it isn't a pylock."""
    try:
        return lock_from(json_values.fields(value), name)
    except ResolveError as error:
        raise ValueError(str(error)) from None


def _state(uv: Path) -> tuple[int, int] | None:
    """Return what changes if uv is upgraded; ``None`` if it can't be found."""
    try:
        status = uv.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


def _is_uv_setting(variable: str) -> bool:
    return variable.startswith("UV_") and variable not in _KEPT


def _without_dates(value: Any) -> Any:
    """Return a value of TOML without upload times, which JSON can't represent and a build doesn't need."""
    if isinstance(value, dict):
        return {key: _without_dates(inner) for key, inner in value.items() if not isinstance(inner, datetime)}
    return [_without_dates(inner) for inner in value] if isinstance(value, list) else value
