"""What the variables ``HATCH_LAMBDA_*`` say of a run, but for those that override options of the table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from hatch_lambda.errors import ConfigError
from hatch_lambda.files.private_directory import CACHE_VARIABLE
from hatch_lambda.resolve.base import OFFLINE_VARIABLE, REBUILD_VARIABLE, UPGRADE_VARIABLE
from hatch_lambda.resolve.strategy import Upgrade

if TYPE_CHECKING:
    from collections.abc import Mapping

VERIFY_VARIABLE = "HATCH_LAMBDA_VERIFY"
STRICT_VARIABLE = "HATCH_LAMBDA_STRICT"

_TRUE, _FALSE = ("1", "true"), ("", "0", "false")
"""Spellings of variables that switch something on or off, in lower case."""


@dataclass(frozen=True)
class Settings:
    """What the environment variables of a run set: where the cache is, whether the build is offline, whether local
    wheels and the zip are built again, whether warnings are errors, and which locked versions may change.
    """

    cache: Path
    offline: bool
    rebuild: bool
    check_reproducible: bool
    strict: bool
    upgrade: Upgrade


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return what the variables say; raises ``ConfigError`` with every problem, one a line."""
    problems: list[str] = []
    read = Settings(
        cache=_cache(environ, problems),
        offline=_switch(environ, OFFLINE_VARIABLE, problems),
        rebuild=_switch(environ, REBUILD_VARIABLE, problems),
        check_reproducible=_switch(environ, VERIFY_VARIABLE, problems),
        strict=_switch(environ, STRICT_VARIABLE, problems),
        upgrade=_upgrade(environ.get(UPGRADE_VARIABLE, "")),
    )
    if problems:
        raise ConfigError(problems)
    return read


def _cache(environ: Mapping[str, str], problems: list[str]) -> Path:
    """Return the folder that the variable names, or else the platform's place for caches."""
    given = environ.get(CACHE_VARIABLE)
    if given:
        try:
            return Path(given).expanduser().absolute()
        except RuntimeError:
            problems.append(f"{CACHE_VARIABLE}: {given!r} names nobody's home; give the folder in full")
    from platformdirs import user_cache_path

    return user_cache_path("hatch-lambda", appauthor=False)


def _switch(environ: Mapping[str, str], variable: str, problems: list[str]) -> bool:
    """Return whether a variable is set to true, whatever the case.

    Hatch's own reading takes ``True`` or ``yes`` for false, and the network would be asked.
    """
    value = environ.get(variable, "").lower()
    if value not in {*_TRUE, *_FALSE}:
        problems.append(f"{variable}: expected 1 or true, or 0, false or nothing; found {environ[variable]!r}")
    return value in _TRUE


def _upgrade(value: str) -> Upgrade:
    """Return which locked versions are free: with ``1`` or ``true`` all of them, else those that are named."""
    if value.lower() in _TRUE:
        return Upgrade(everything=True)
    return Upgrade(names=frozenset(canonicalize_name(name) for name in re.split(r"[\s,]+", value) if name))
