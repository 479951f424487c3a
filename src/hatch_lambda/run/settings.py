"""Reads the variables ``HATCH_LAMBDA_*`` of a run, except those that override options of the table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ConfigError
from hatch_lambda.files.private_directory import CACHE_VARIABLE
from hatch_lambda.resolve.base import BUILD_DATE, OFFLINE_VARIABLE, REBUILD_VARIABLE, UPGRADE_VARIABLE
from hatch_lambda.resolve.upgrade import Upgrade

if TYPE_CHECKING:
    from collections.abc import Mapping

REPRODUCIBLE_VARIABLE = "HATCH_LAMBDA_VERIFY"
STRICT_VARIABLE = "HATCH_LAMBDA_STRICT"
SMOKE_TEST_VARIABLE = "HATCH_LAMBDA_SMOKE_TEST"
DATE_VARIABLE = "SOURCE_DATE_EPOCH"

_TRUE, _FALSE = ("1", "true"), ("", "0", "false")
"""Values of variables that enable or disable something, in lower case."""


@dataclass(frozen=True)
class Settings:
    """The settings of one run: where the cache is, whether the build is offline, whether local wheels and the zip are
    rebuilt, whether warnings are errors, whether handlers are loaded, and which locked versions to upgrade.
    """

    cache: Path
    offline: bool
    rebuild: bool
    check_reproducible: bool
    strict: bool
    smoke_test: bool
    upgrade: Upgrade


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings of the variables; raises ``ConfigError`` with every problem."""
    problems: list[Diagnostic] = []
    read = Settings(
        cache=_cache(environ, problems),
        offline=_switch(environ, OFFLINE_VARIABLE, problems),
        rebuild=_switch(environ, REBUILD_VARIABLE, problems),
        check_reproducible=_switch(environ, REPRODUCIBLE_VARIABLE, problems),
        strict=_switch(environ, STRICT_VARIABLE, problems),
        smoke_test=_switch(environ, SMOKE_TEST_VARIABLE, problems),
        upgrade=_upgrade(environ.get(UPGRADE_VARIABLE, "")),
    )
    if problems:
        raise ConfigError(problems)
    return read


def zip_date(environ: Mapping[str, str]) -> int:
    """Return the date of a reproducible zip in seconds since 1970; raises ``ConfigError``."""
    value = environ.get(DATE_VARIABLE, BUILD_DATE)
    try:
        return int(value)
    except ValueError:
        problem = f"{value!r} isn't a number of seconds since 1970"
        raise ConfigError(_problem(DATE_VARIABLE, problem, "set it to a whole number, or unset it")) from None


def _problem(variable: str, problem: str, fix: str) -> Diagnostic:
    return Diagnostic(code="variable-value", where=variable, problem=problem, fix=fix)


def _cache(environ: Mapping[str, str], problems: list[Diagnostic]) -> Path:
    """Return the directory of the variable, or the platform's directory for caches."""
    given = environ.get(CACHE_VARIABLE)
    if given:
        try:
            return Path(given).expanduser().absolute()
        except RuntimeError:
            user = Path(given).parts[0]
            problems.append(_problem(CACHE_VARIABLE, f"{user!r} has no home directory", "set it to an absolute path"))
    from platformdirs import user_cache_path

    return user_cache_path("hatch-lambda", appauthor=False)


def _switch(environ: Mapping[str, str], variable: str, problems: list[Diagnostic]) -> bool:
    """Return whether a variable is set to true, in upper or lower case.

    Hatch itself would read ``True`` or ``yes`` as false, so that an offline build would access the network.
    """
    value = environ.get(variable, "").lower()
    if value not in {*_TRUE, *_FALSE}:
        problems.append(
            _problem(
                variable, f"expected 1, true, 0, or false, found {environ[variable]!r}", "set it to 1, or unset it"
            )
        )
    return value in _TRUE


def _upgrade(value: str) -> Upgrade:
    """Return which locked versions to upgrade: all of them with ``1`` or ``true``, or the named ones."""
    if value.lower() in _TRUE:
        return Upgrade(everything=True)
    return Upgrade(names=frozenset(canonicalize_name(name) for name in re.split(r"[\s,]+", value) if name))
