"""Finds tables in pyproject.toml that are meant for hatch-lambda, but that nothing reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hatch_lambda.config.options import TABLE
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

MISSPELLED_TABLES = (
    "tool.hatch.build.target.lambda",
    "tool.hatch.build.lambda",
    "tool.hatch.build.targets.hatch-lambda",
    "tool.hatch.lambda",
    "tool.hatch.target.lambda",
    "tool.hatch.targets.lambda",
    "tool.hatch-lambda",
    "tool.hatch_lambda",
)
"""Addresses that people write for our table."""


def check_table_names(pyproject: Mapping[str, Any]) -> None:
    """Raise ``ConfigError`` if pyproject.toml has a table with one of the ``MISSPELLED_TABLES``."""
    problems = [
        Diagnostic(code="unknown-table", where=address, problem="unknown table", fix=f"did you mean [{TABLE}]?")
        for address in MISSPELLED_TABLES
        if _has_table(pyproject, address)
    ]
    if problems:
        raise ConfigError(problems)


def _has_table(values: Any, address: str) -> bool:
    for key in address.split("."):
        if not isinstance(values, dict) or key not in values:
            return False
        values = values[key]
    return isinstance(values, dict)
