"""The JSON schema of our table accepts and rejects the same tables as the code, as far as a schema can."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft7Validator
from packaging.specifiers import SpecifierSet

from docs.generate import json_schema
from hatch_lambda.config.archives import TAKEN_NAMES, read_archives
from hatch_lambda.config.options import FILE_KEYS, HATCH_KEYS, OUTPUT_KEYS
from hatch_lambda.errors import ConfigError
from hatch_lambda.runtime.runtimes import RUNTIMES
from tests.unit.config import test_options as test_config

SCHEMA = json.loads(json_schema())
TABLE = Draft7Validator({"$ref": "#/definitions/table", "definitions": SCHEMA["definitions"]})


def cases(test: Any) -> list[dict[str, Any]]:
    """Return tables with the options and values that a test of the option grid is given."""
    (grid,) = (mark.args[1] for mark in test.pytestmark if mark.name == "parametrize")
    return [{option.replace("_", "-"): value} for option, value, *_ in grid]


ACCEPTED = [
    *cases(test_config.test_an_option_is_read),
    {},
    *({"runtime": runtime.name} for runtime in RUNTIMES),
    {"runtime": {"name": "python3.16", "python": "3.16", "glibc": "2.17"}},
    {"runtime": {"name": "python3.16", "python": "3.16", "glibc": "2.100"}},
    {"runtime": ["python3.12", {"name": "python3.16", "python": "3.16", "glibc": "2.38"}]},
    {"architecture": ["x86_64", "arm64"]},
    {"python-patch": "3.13.0"},
    {"resolver": "uv"},
    {"build-from-source": ["Own.Package"]},
    {"lock": "pylock.toml"},
    {"lock": "locks/pylock.lambda.toml"},
    {"lock": "locks\\requirements.txt"},
    {"lock": "requirements.lock"},
    {"lock": "../uv.lock"},
    {"lock": False},
    {"lock": "locks/requirements"},
    {"layers": []},
    {"layers": {}},
    {
        "layers": {
            "Base_2-x": {"features": ["a"], "runtime": "python3.13"},
            "b": {"project": True, "layers": ["Base_2-x"]},
        }
    },
    {"functions": {"api": {"handler": "a.b", "architecture": "arm64", "include": ["x"]}}, "handler": "a.c"},
    {"functions": {"api": {"layers": ["base"]}}, "layers": {"base": {}}},
    dict.fromkeys(sorted(HATCH_KEYS - {"versions"}), 1),
    {"functions": {"api": dict.fromkeys(sorted(FILE_KEYS), 1)}},
]

ONLY_FOR_THE_CODE = [
    {"python-patch": "3.12.1"},
    {"exclude-files": ["!"]},
    {"layers": ["base"]},
    {"layers": {"a": {"layers": ["b"]}, "b": {"layers": ["a"]}}},
    {"functions": {"api": {}, "API": {}}},
]
"""Errors that a schema can't find: combinations of options, and values that need more than a pattern."""


def is_for_schemas(values: dict[str, Any]) -> bool:
    """Return whether a schema can find the error of a table."""
    return values not in ONLY_FOR_THE_CODE


REFUSED = [
    *cases(test_config.test_a_value_of_a_wrong_type_is_rejected),
    *filter(is_for_schemas, cases(test_config.test_a_value_with_a_wrong_content_is_rejected)),
    *cases(test_config.test_a_misspelled_option_is_rejected_with_a_suggestion),
    {"colour": "red"},
    {"runtime": []},
    {"runtime": ["python3.13", "python3.13"]},
    {"runtime": {}},
    {"runtime": {"name": "python 3", "python": "3.16", "glibc": "2.34"}},
    {"runtime": {"name": "x", "python": "2.7", "glibc": "2.34"}},
    {"runtime": {"name": "x", "python": "3.16", "glibc": "2.16"}},
    {"runtime": {"name": "x", "python": "3.16", "glibc": "2.5"}},
    {"runtime": {"name": "x", "python": "3.16", "glibc": "2.34", "libc": "x"}},
    {"resolver": "poetry"},
    {"build-from-source": ["a==1"]},
    {"lock": "lock.toml"},
    {"lock": True},
    {"lock": "locks/poetry.lock"},
    {"lock": "pylock.a.b.toml"},
    {"layers": "base"},
    {"layers": [f"{number}.zip" for number in range(6)]},
    {"functions": ["api"]},
    {"functions": {"api": "a.b"}},
    {"functions": {"a.b": {}}},
    {"functions": {"-api": {}}},
    *({"functions": {name: {}}} for name in sorted(TAKEN_NAMES)),
    *({"layers": {name: {}}} for name in sorted(TAKEN_NAMES)),
    {"functions": {"api": {"project": True}}},
    {"functions": {"api": {"functions": {}}}},
    {"functions": {"api": {"handlers": "a.b"}}},
    {"functions": {"api": {"scripts": 1}}},
    {"layers": {"base": {"handler": "a.b"}}},
    {"layers": {"base": {"max-size": 0}}},
    *({kind: {"x": {key: []}}} for kind in ("functions", "layers") for key in sorted(HATCH_KEYS - FILE_KEYS)),
]  # fmt: skip


@pytest.fixture
def accepted():
    """Return a function that returns whether the code accepts a table."""

    def judge(values: dict[str, Any]) -> bool:
        given = {"runtime": "python3.13", **values}
        try:
            read_archives(given, requires_python=SpecifierSet(), overrides={})
        except ConfigError:
            return False
        return True

    return judge


def test_the_schema_is_a_schema():
    Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("values", ACCEPTED, ids=str)
def test_the_schema_accepts_what_the_code_accepts(accepted, values):
    errors = [error.message for error in TABLE.iter_errors(values)]

    assert (accepted(values), errors) == (True, [])


@pytest.mark.parametrize("values", REFUSED, ids=str)
def test_the_schema_rejects_what_the_code_rejects(accepted, values):
    fits = TABLE.is_valid(values)

    assert (accepted(values), fits) == (False, False)


@pytest.mark.parametrize("values", ONLY_FOR_THE_CODE, ids=str)
def test_what_only_the_code_can_know_fits_the_schema(accepted, values):
    fits = TABLE.is_valid(values)

    assert (accepted(values), fits) == (False, True)


@pytest.mark.parametrize("address", ["tool.hatch.build.targets.lambda", "tool.hatch-lambda"])
def test_the_schema_finds_our_table_in_a_pyproject(address):
    document = {"architecture": "aarch64", "layers": {"base": {"scripts": 1}}}
    for key in reversed(address.split(".")):
        document = {key: document}

    errors = list(Draft7Validator(SCHEMA).iter_errors(document))

    paths = [".".join(map(str, error.absolute_path)) for error in errors]
    assert paths == [f"{address}.architecture", f"{address}.layers"]


def test_the_schema_accepts_only_one_of_the_two_tables():
    hatch: dict[str, Any] = {"build": {"targets": {"lambda": {}, "wheel": {}}}, "envs": {}}

    tools: list[dict[str, Any]] = [
        {"hatch": hatch},
        {"hatch-lambda": {}, "hatch": {"envs": {}}},
        {"hatch-lambda": {}, "hatch": hatch},
    ]

    fits = [Draft7Validator(SCHEMA).is_valid({"tool": tool}) for tool in tools]

    assert fits == [True, True, False]


def test_without_hatch_its_options_do_not_fit_except_for_those_of_the_result():
    table = Draft7Validator({"$ref": "#/definitions/own-table", "definitions": SCHEMA["definitions"]})

    refused = {key for key in HATCH_KEYS if not table.is_valid({key: ["function"]})}

    assert refused == HATCH_KEYS - OUTPUT_KEYS


def test_every_option_is_described():
    tables = SCHEMA["definitions"].values()

    assert [name for table in tables for name, option in table["properties"].items() if not option["description"]] == []
