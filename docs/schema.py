"""The JSON schema of our table, with which editors complete and check it; made from the code, as the reference is."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import TYPE_CHECKING, Any

from hatch_lambda.archive.slim import SLIM_NAMES
from hatch_lambda.config.archives import MAX_LAYERS, TAKEN_NAMES
from hatch_lambda.config.options import (
    FILE_KEYS,
    FILENAME_FIELDS,
    HATCH_KEYS,
    MAX_HANDLER_LENGTH,
    NATIVE_CHECKS,
    OTHER_LOCKS,
    OUTPUT_KEYS,
    OWN_TABLE,
    RESOLVERS,
    TABLE,
    LambdaConfig,
)
from hatch_lambda.config.table import SIZE_UNITS
from hatch_lambda.config.targets import OLDEST_GLIBC_MINOR, RUNTIME_KEYS, TARGET_OPTIONS
from hatch_lambda.runtime.runtimes import RUNTIMES
from hatch_lambda.runtime.target import ARCHITECTURES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ADDRESS = "https://json.schemastore.org/partial-hatch-lambda.json"
"""The name that SchemaStore gives to a schema of a part of pyproject.toml."""

HATCH_MANUAL = "https://hatch.pypa.io/latest/config/build/"

_NAMES = {TABLE: "table", OWN_TABLE: "own-table"}
"""The definition of our table at each of its addresses."""

NOT_OPTIONS = frozenset({"target", "kind", "name", "build_name", "table", "warnings", "runtimes", "addresses"})
"""Fields of the configuration that are not read from the table."""

_TEXT = {"type": "string", "pattern": r"\S"}
_DISTRIBUTION = {"type": "string", "pattern": r"^\s*[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\s*$"}
_LOCK_NAME = (
    r"(^|[\\/])(pylock(\.[^.\\/]+)?\.toml"
    rf"|(?!({'|'.join(map(re.escape, OTHER_LOCKS))})[\\/]?$)(?![^\\/]*\.toml[\\/]?$)[^\\/]+)[\\/]?$"
)
_ARCHIVE_NAME = r"[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?"

_TYPES: dict[str, dict[str, Any]] = {
    "str": _TEXT,
    "str | None": _TEXT,
    "str | Literal[False] | None": {"anyOf": [_TEXT, {"const": False}]},
    "ResolverName": {"type": "string", "enum": list(RESOLVERS)},
    "NativeCheck": {"type": "string", "enum": list(NATIVE_CHECKS)},
    "bool": {"type": "boolean"},
    "SmokeTest": {"anyOf": [{"type": "boolean"}, {"type": "string", "enum": ["required"]}]},
    "Mapping[str, str]": {
        "type": "object",
        "patternProperties": {r"^[A-Za-z_][A-Za-z0-9_]*$": {"type": "string"}},
        "additionalProperties": False,
    },
    "int": {"type": "integer", "minimum": 1},
    "tuple[str, ...]": {"type": "array", "items": _TEXT},
    "tuple[NormalizedName, ...]": {"type": "array", "items": _DISTRIBUTION},
    "Mapping[str, NormalizedName]": {"type": "object", "additionalProperties": _DISTRIBUTION},
}


def schema(docstrings: Mapping[str, str]) -> str:
    """Return the schema of our part of pyproject.toml; ``docstrings`` are those of the configuration's fields.

    The tables alone are under ``#/definitions/table`` and ``#/definitions/own-table``.
    """
    own = _own_options(docstrings)
    tables = {address: {"$ref": f"#/definitions/{name}"} for address, name in _NAMES.items()}
    tool = _addressed(tables)
    tool["properties"]["tool"]["not"] = _required(address.removeprefix("tool.") for address in tables)
    found = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": ADDRESS,
        "title": f"pyproject.toml with [{TABLE}] or [{OWN_TABLE}]",
        "description": "Options of hatch-lambda, which builds AWS Lambda deployment packages.",
        **tool,
        "definitions": _definitions(own, "", TABLE, HATCH_KEYS) | _definitions(own, "own-", OWN_TABLE, OUTPUT_KEYS),
    }
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _addressed(tables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a document with each table at its address."""
    found: dict[str, Any] = {}
    for address, value in tables.items():
        table = found
        for key in address.split("."):
            table["type"] = "object"
            table = table.setdefault("properties", {}).setdefault(key, {})
        table |= value
    return found


def _required(addresses: Iterable[str]) -> dict[str, Any]:
    """Return the schema of a table that has a value at each address."""
    found: dict[str, Any] = {}
    for address in addresses:
        table = found
        for key in address.split("."):
            table.setdefault("required", []).append(key)
            table = table.setdefault("properties", {}).setdefault(key, {})
    return found


def _definitions(
    own: Mapping[str, dict[str, Any]], prefix: str, address: str, host_keys: frozenset[str]
) -> dict[str, Any]:
    """Return the definitions of our table at an address, and of a function and a layer in it."""
    archive_options = _without(own, "project") | _hatch_options(FILE_KEYS & host_keys)
    function = archive_options
    layer = _without(archive_options, "handler") | {"project": own["project"]}
    inherited = archive_options | _hatch_options(host_keys - FILE_KEYS)
    table = inherited | {
        "versions": {
            "description": "Build names of the zips that are built if you name none.",
            "type": "array",
            "items": _TEXT,
        },
        "functions": _tables(
            "Functions of the project, each a table under its name.", f"#/definitions/{prefix}function"
        ),
        "layers": {
            "description": own["layers"]["description"],
            "anyOf": [
                _without(own["layers"], "description"),
                _tables("Layers of the project, each a table under its name.", f"#/definitions/{prefix}layer"),
            ],
        },
    }
    return {
        f"{prefix}table": _table(f"The table [{address}].", table),
        f"{prefix}function": _table("A function; it inherits the options that it doesn't set.", function),
        f"{prefix}layer": _table("A layer; it inherits the options that it doesn't set.", layer),
    }


def _own_options(docstrings: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return the schema of each of our options, by its name in the table."""
    found = {
        name: {"description": TARGET_OPTIONS[name].description, **value}
        for name, value in {
            "runtime": _one_or_more(_runtime()),
            "architecture": _one_or_more({"type": "string", "enum": list(ARCHITECTURES)}),
            "python-patch": {"type": "string", "pattern": r"^3\.[0-9]+\.[0-9]+$"},
        }.items()
    }
    special: dict[str, dict[str, Any]] = {
        "handler": {"maxLength": MAX_HANDLER_LENGTH, "pattern": r"^[^\s:]+$"},
        "lock": {"pattern": _LOCK_NAME},
        "filename": {"pattern": _filename_pattern()},
        "slim": {"items": {"type": "string", "enum": list(SLIM_NAMES)}},
        "max-size": {"type": ["integer", "string"], "pattern": _size_pattern()},
        "layers": {"maxItems": MAX_LAYERS, "uniqueItems": True},
    }
    for field in dataclasses.fields(LambdaConfig):
        if field.name not in NOT_OPTIONS:
            name = field.name.replace("_", "-")
            found[name] = {"description": docstrings[field.name], **_TYPES[str(field.type)], **special.get(name, {})}
            if isinstance(field.default, int | str):
                found[name]["default"] = field.default
    found["project"]["default"] = False  # of layers, the only tables that have the option
    return found


def _runtime() -> dict[str, Any]:
    patterns = {
        "name": r"^[A-Za-z0-9.]+$",
        "python": r"^3\.[0-9]+$",
        "glibc": rf"^2\.0*({_at_least(OLDEST_GLIBC_MINOR)})$",
    }
    described = {key: {"type": "string", "pattern": patterns[key]} for key in RUNTIME_KEYS}
    return {
        "anyOf": [
            {"type": "string", "enum": [runtime.name for runtime in RUNTIMES]},
            {**_table("A runtime that hatch-lambda doesn't know.", described), "required": list(RUNTIME_KEYS)},
        ]
    }


def _at_least(number: int) -> str:
    """Return a pattern for whole numbers of at least ``number``, which has two digits."""
    tens, ones = divmod(number, 10)
    return f"{tens}[{ones}-9]|[{tens + 1}-9][0-9]|[1-9][0-9]{{2,}}"


def _filename_pattern() -> str:
    fields = "|".join(FILENAME_FIELDS)
    return rf'^(?!\.)(\{{\{{|\}}\}}|\{{({fields})\}}|[^{{}}\\/:*?"<>|\u0000-\u001f])*\.zip$'


def _size_pattern() -> str:
    units = "|".join(SIZE_UNITS)
    return rf"^\s*(?![0.]+\s*[A-Za-z])[0-9]{{1,9}}(\.[0-9]{{1,9}})?\s*({units})\s*$"


def _one_or_more(item: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [item, {"type": "array", "items": item, "minItems": 1, "uniqueItems": True}]}


def _hatch_options(names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return options whose values only Hatch checks."""
    return {name: {"description": f"An option of Hatch: {HATCH_MANUAL}"} for name in sorted(names)}


def _tables(description: str, inner: str) -> dict[str, Any]:
    taken = "|".join(name.replace(".", r"\.") for name in sorted(TAKEN_NAMES))
    return {
        "description": description,
        "type": "object",
        "patternProperties": {rf"^(?!({taken})$){_ARCHIVE_NAME}$": {"$ref": inner}},
        "additionalProperties": False,
    }


def _table(description: str, options: Mapping[str, Any]) -> dict[str, Any]:
    properties = dict(sorted(options.items()))
    return {
        "description": description,
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def _without(options: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name not in names}
