"""Runs ``uv export`` on ``uv.lock``, and explains its failures."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ResolveError
from hatch_lambda.files.programs import uv_program
from hatch_lambda.resolve.lock.file import UV_LOCK_FIX
from hatch_lambda.resolve.uv_command import TOO_OLD, UPGRADE, run_uv, uv_excerpt, uv_output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hatch_lambda.diagnostics import Code
    from hatch_lambda.resolve.base import Host

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

WITHOUT_LOCK = "set lock = false to resolve without it"

_KEPT = ("UV_CACHE_DIR", "UV_NO_CACHE")
"""The variables of uv that don't change what it exports."""


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


def exported_lock(arguments: Sequence[str], name: str, host: Host) -> Any:
    """Return what uv exports in the host's directory, without dates: the content of a pylock.

    ``arguments`` are those of ``uv export``, and ``name`` is what messages call the lock file. Raises ``ResolveError``
    if there is no uv, or it fails.
    """
    uv = uv_program(host.environ)
    if uv is None:
        raise ResolveError(_problem(name, "resolver-missing", *_WITHOUT_UV))
    environ = {variable: value for variable, value in host.environ.items() if not _is_uv_setting(variable)}
    done = run_uv([uv, *arguments], environ, host.directory, otherwise=WITHOUT_LOCK)
    if done.returncode:
        raise _failure(done.stderr, name, uv)
    return _without_dates(tomllib.loads(done.stdout))


def _failure(said: str, name: str, uv: str) -> ResolveError:
    """Return the error for uv's output."""
    text = " ".join(said.split())  # uv wraps long lines
    known, found = next((one, found) for one in _EXPLANATIONS if (found := re.search(one.pattern, text)))
    problem = known.problem.format(uv=uv, **found.groupdict()).replace("`", "'")
    problem = problem[:1].lower() + problem[1:]  # uv starts with a capital
    excerpt = uv_excerpt(said) if known.with_output else ""
    return ResolveError(_problem(name, known.code, problem, known.fix), detail=uv_output(said), excerpt=excerpt)


def _problem(name: str, code: Code, problem: str, fix: str) -> Diagnostic:
    return Diagnostic(code=code, where=name, problem=problem, fix=fix)


_WITHOUT_UV = (
    "can't be read, because uv isn't installed",
    f'use "hatch-lambda[uv]" in build-system.requires, or {WITHOUT_LOCK}',
)


def _is_uv_setting(variable: str) -> bool:
    return variable.startswith("UV_") and variable not in _KEPT


def _without_dates(value: Any) -> Any:
    """Return a value of TOML without upload times, which JSON can't represent and a build doesn't need."""
    if isinstance(value, dict):
        return {key: _without_dates(inner) for key, inner in value.items() if not isinstance(inner, datetime)}
    return [_without_dates(inner) for inner in value] if isinstance(value, list) else value
