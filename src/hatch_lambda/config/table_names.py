"""Finds our table in pyproject.toml, at one of two addresses, and tables with names that nothing reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hatch_lambda.config.options import HATCH_KEYS, OUTPUT_KEYS, OWN_TABLE, TABLE
from hatch_lambda.diagnostics import Diagnostic
from hatch_lambda.errors import ConfigError, shorten

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

MISSPELLED_TABLES = (
    "tool.hatch.build.target.lambda",
    "tool.hatch.build.lambda",
    "tool.hatch.build.targets.hatch-lambda",
    "tool.hatch.lambda",
    "tool.hatch.target.lambda",
    "tool.hatch.targets.lambda",
    "tool.hatch_lambda",
)
"""Addresses that people write for our table."""


@dataclass(frozen=True)
class FoundTable:
    """Our table: its address, its options, and those of Hatch's options that apply there."""

    address: str
    values: Mapping[str, Any]
    host_keys: Collection[str]


def find_table(pyproject: Mapping[str, Any], target: Any, *, hatch: bool) -> FoundTable:
    """Return our table; ``target`` is that of Hatch's build target, and ``hatch`` whether Hatch builds the project.

    Raises ``ConfigError`` if there are two, if one isn't a table, or for one of the ``MISSPELLED_TABLES``.
    """
    meant = TABLE if hatch else OWN_TABLE
    problems = [
        Diagnostic(code="unknown-table", where=address, problem="unknown table", fix=f"did you mean [{meant}]?")
        for address in MISSPELLED_TABLES
        if isinstance(value_at(pyproject, address), dict)
    ]
    found = {TABLE: target, OWN_TABLE: value_at(pyproject, OWN_TABLE)}
    declared = {address: value for address, value in found.items() if value is not None}
    problems += [
        Diagnostic(
            code="option-type",
            where=address,
            problem=f"expected a table, found {shorten(value)}",
            fix=f"declare it as [{address}]",
        )
        for address, value in declared.items()
        if not isinstance(value, dict)
    ]
    if len(declared) == len(found):
        problem = f"[{TABLE}] exists too, and only one of the two tables can have the options"
        fix = f"move all options to [{meant}], and remove the other table"
        problems.append(Diagnostic(code="table-conflict", where=OWN_TABLE, problem=problem, fix=fix))
    if problems:
        raise ConfigError(problems)
    ((address, values),) = declared.items() or [(meant, {})]
    return FoundTable(address, values, HATCH_KEYS if hatch and address == TABLE else OUTPUT_KEYS)


def value_at(values: Any, address: str) -> Any:
    """Return the value at a TOML address; ``None`` without one."""
    for key in address.split("."):
        if not isinstance(values, dict) or key not in values:
            return None
        values = values[key]
    return values
