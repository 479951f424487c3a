"""Tables that are meant for hatch-lambda, but that nothing reads."""

from __future__ import annotations

from typing import Any

import pytest

from hatch_lambda.config.table_names import MISSPELLED_TABLES, check_table_names
from hatch_lambda.errors import ConfigError

T = "tool.hatch.build.targets.lambda"


def document(address: str, value: Any) -> dict[str, Any]:
    """Return a document with a value at an address."""
    first, _, rest = address.partition(".")
    return {first: document(rest, value) if rest else value}


@pytest.mark.parametrize("address", MISSPELLED_TABLES)
def test_a_misspelt_table_is_refused_with_the_one_that_was_meant(address):
    with pytest.raises(ConfigError) as caught:
        check_table_names(document(address, {"runtime": "python3.13"}))

    assert str(caught.value) == f"error: {address}: unknown table; did you mean [{T}]? [unknown-table]"


def test_misspelt_tables_are_reported_together():
    with pytest.raises(ConfigError) as caught:
        check_table_names({"tool": {"hatch": {"build": {"target": {"lambda": {}}}}, "hatch-lambda": {}}})

    assert caught.value.problems == (
        f"tool.hatch.build.target.lambda: unknown table; did you mean [{T}]? [unknown-table]",
        f"tool.hatch-lambda: unknown table; did you mean [{T}]? [unknown-table]",
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
def test_everything_else_is_left_to_others(pyproject):
    check_table_names(pyproject)
