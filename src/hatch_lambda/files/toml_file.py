"""Reads TOML files of projects."""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ProjectError
from hatch_lambda.files.paths import check_regular

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def read_toml(path: Path) -> Mapping[str, Any]:
    """Return the content of a TOML file, empty if it doesn't exist or isn't TOML."""
    try:
        check_regular(path)
        return _parsed(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}


def load_toml(path: Path) -> Mapping[str, Any]:
    """Return the content of a TOML file; raises ``ProjectError`` if it can't be read."""
    try:
        check_regular(path)
        return _parsed(path.read_text("utf-8"))
    except OSError as error:
        problem, fix = f"can't be read ({error.strerror})", "fix the file"
        raise ProjectError(Diagnostic(code="unreadable-file", where=path.name, problem=problem, fix=fix)) from None
    except (ValueError, RecursionError) as error:
        problem, fix = f"not valid TOML, because {' '.join(str(error).split())}", "correct the file"
        raise ProjectError(Diagnostic(code="metadata", where=path.name, problem=problem, fix=fix)) from None


@lru_cache(maxsize=32)
def _parsed(text: str) -> Mapping[str, Any]:
    """Return the content of TOML text; a build reads the project's file a dozen times."""
    return tomllib.loads(text)
