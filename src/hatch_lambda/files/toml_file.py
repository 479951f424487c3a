"""Reads TOML files of projects."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from hatch_lambda.files.paths import check_regular

if TYPE_CHECKING:
    from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def read_toml(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file, empty if it doesn't exist or isn't TOML."""
    try:
        check_regular(path)
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
