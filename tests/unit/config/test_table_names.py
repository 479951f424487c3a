"""Where our table is, and tables that are meant for hatch-lambda, but that nothing reads."""

from __future__ import annotations

from typing import Any

import pytest

from hatch_lambda.config.options import HATCH_KEYS, OUTPUT_KEYS
from hatch_lambda.config.table_names import MISSPELLED_TABLES, FoundTable, find_table, value_at
from hatch_lambda.errors import ConfigError

T = "tool.hatch.build.targets.lambda"
OWN = "tool.hatch-lambda"
BOTH = f"[{T}] exists too, and only one of the two tables can have the options"


def document(address: str, value: Any) -> dict[str, Any]:
    """Return a document with a value at an address."""
    first, _, rest = address.partition(".")
    return {first: document(rest, value) if rest else value}


def found(pyproject: dict[str, Any], *, hatch: bool = True) -> FoundTable:
    """Return our table as pyproject.toml alone has it."""
    return find_table(pyproject, value_at(pyproject, T), hatch=hatch)


@pytest.mark.parametrize(("hatch", "meant"), [(True, T), (False, OWN)])
@pytest.mark.parametrize("address", MISSPELLED_TABLES)
def test_a_misspelled_table_is_rejected_with_a_suggestion(address, hatch, meant):
    with pytest.raises(ConfigError) as caught:
        found(document(address, {"runtime": "python3.13"}), hatch=hatch)

    assert str(caught.value) == f"error: {address}: unknown table; did you mean [{meant}]? [unknown-table]"


def test_all_problems_of_tables_are_reported_together():
    with pytest.raises(ConfigError) as caught:
        found({"tool": {"hatch": {"build": {"target": {"lambda": {}}, "targets": {"lambda": {}}}}, "hatch-lambda": 3}})

    assert caught.value.problems == (
        f"tool.hatch.build.target.lambda: unknown table; did you mean [{T}]? [unknown-table]",
        f"{OWN}: expected a table, found 3; declare it as [{OWN}] [option-type]",
        f"{OWN}: {BOTH}; move all options to [{T}], and remove the other table [table-conflict]",
    )


@pytest.mark.parametrize(
    "pyproject",
    [
        {},
        {"tool": 3},
        document(T, {}),
        document("tool.hatch.build.lambda", []),
        document("tool.hatch.build.target", {"wheel": {}}),
        document("tool.lambda", {}),
    ],
)
def test_other_tables_are_ignored(pyproject):
    assert found(pyproject) == FoundTable(T, {}, HATCH_KEYS)


@pytest.mark.parametrize(
    ("pyproject", "hatch", "expected"),
    [
        ({}, False, FoundTable(OWN, {}, OUTPUT_KEYS)),
        (document(T, {"scripts": True}), True, FoundTable(T, {"scripts": True}, HATCH_KEYS)),
        (document(T, {"scripts": True}), False, FoundTable(T, {"scripts": True}, OUTPUT_KEYS)),
        (document(OWN, {"scripts": True}), True, FoundTable(OWN, {"scripts": True}, OUTPUT_KEYS)),
        (document(OWN, {"scripts": True}), False, FoundTable(OWN, {"scripts": True}, OUTPUT_KEYS)),
    ],
)
def test_the_table_has_one_of_two_addresses_and_hatchs_options_apply_only_in_its_build_target(
    pyproject, hatch, expected
):
    assert found(pyproject, hatch=hatch) == expected
