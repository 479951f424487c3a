"""Writes the reference pages that are made from the code: ``python -m docs.generate``."""

from __future__ import annotations

import ast
import dataclasses
import inspect
from pathlib import Path

from docs.schema import NOT_OPTIONS, schema
from hatch_lambda.config.options import TABLE, LambdaConfig
from hatch_lambda.config.targets import TARGET_OPTIONS
from hatch_lambda.runtime.provided import DISTRIBUTIONS, SDK
from hatch_lambda.runtime.runtimes import RUNTIMES

REFERENCE = Path(__file__).parent / "reference"
NOTICE = "<!-- Made by `python -m docs.generate` from the code; edit the docstrings there. -->\n"

_TYPES = {
    "str": "string",
    "str | None": "string",
    "ResolverName": "string",
    "NativeCheck": "string",
    "bool": "boolean",
    "int": "integer",
    "tuple[str, ...]": "array of strings",
    "tuple[NormalizedName, ...]": "array of strings",
    "Mapping[str, NormalizedName]": "table of strings",
}


def options() -> str:
    """Return the option reference."""
    entries = [(name, kind, default, text) for name, (kind, default, text) in TARGET_OPTIONS.items()]
    docstrings = _field_docstrings()
    for field in dataclasses.fields(LambdaConfig):
        if field.name not in NOT_OPTIONS:
            name = field.name.replace("_", "-")
            entries.append((name, _TYPES[str(field.type)], _default(field), docstrings[field.name]))
    rows = [
        f"| [`{name}`](#{name}) | {kind} | {default} | {text.split('. ')[0].rstrip('.')} |"
        for name, kind, default, text in entries
    ]
    sections = [f"## {name}\n\n{text}\n\nType: {kind}. Default: {default}.\n" for name, kind, default, text in entries]
    return "\n".join(
        [
            NOTICE,
            "# Options\n",
            f"All of these stand in `[{TABLE}]`. An unknown key that resembles one of them is an error; any other unknown",
            "key is a warning. All problems of the table are told at once.\n",
            "| Option | Type | Default | Description |",
            "| --- | --- | --- | --- |",
            *rows,
            "",
            *sections,
            "## Options of Hatch\n",
            "`packages`, `include`, `exclude`, `only-include`, `only-packages`, `force-include`, `sources`, `artifacts`,",
            "`directory`, `versions`, `dependencies`, `hooks`, `reproducible`, `ignore-vcs` and `skip-excluded-dirs` mean what",
            "[Hatch](https://hatch.pypa.io/latest/config/build/) says they mean, and so do two options of",
            "[its wheels](https://hatch.pypa.io/latest/plugins/builder/wheel/#options): what `shared-data` names goes to the",
            "archive's root, what `shared-scripts` names to `bin/` with [`scripts = true`](#scripts). Without `packages`,",
            "`include` or `only-include` in the table, the project's files in the archive are those that its wheel would hold;",
            "`exclude`, `artifacts`, `force-include`, `sources`, `shared-data` and `shared-scripts` are then added to what the",
            "wheel's table says. With one of the three, the wheel's table does not count.",
            "",
            "If no option selects files and no directory or module has the project's name, the file or package that contains the",
            "[`handler`](#handler) is selected, if it is in exactly one place: the root, `src`, or another directory in the root.",
            "",
            "## In an editor\n",
            "[schema.json](schema.json) is a JSON schema of the table. An editor with Taplo, such as Visual Studio Code with Even Better",
            "TOML, completes and checks `pyproject.toml` with it if the file's first line names it, by address or by path:",
            "",
            "```toml",
            "#:schema ./schema.json",
            "```",
            "",
            "Unlike the build, which warns of unknown keys, the schema refuses them. `schema.json#/definitions/table` is the table alone,",
            "for schemas of `tool.hatch` to refer to.",
            "",
        ]
    )


def runtimes() -> str:
    """Return the table of runtimes."""
    rows = [
        f"| `{runtime.name}` | {runtime.python_version}.{runtime.patch} | {runtime.system.name} | "
        f"{'.'.join(map(str, runtime.glibc))} | {runtime.state} | {runtime.deprecation or 'not set'} |"
        for runtime in RUNTIMES
    ]
    sdk = [
        f"| `{name}` | {sighting.version} | {sighting.observed} | <{sighting.source}> |"
        if sighting
        else f"| `{name}` | not known | | |"
        for name, sighting in SDK.items()
    ]
    return "\n".join(
        [
            NOTICE,
            "# Runtimes\n",
            "| Runtime | Python that markers see | System | glibc | State | Deprecation |",
            "| --- | --- | --- | --- | --- | --- |",
            *rows,
            "",
            "Sources: AWS's pages [Building Lambda functions with Python](https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html)",
            "and [Lambda runtimes](https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html), read 2026-11-23. AWS moves the",
            "dates now and then: they are told in warnings and never refuse a build. AWS publishes no patch level of Python; the",
            "table holds one that lies behind, and [`python-patch`](options.md#python-patch) overrides it.",
            "",
            "## What the runtimes carry\n",
            "| Runtime | boto3 and botocore | Seen | Source |",
            "| --- | --- | --- | --- |",
            *sdk,
            "",
            f"Every runtime has {', '.join(sorted(DISTRIBUTIONS))}.",
            "AWS publishes no versions and moves them without notice: what is known is what somebody saw on that day. AWS recommends to ship one's own SDK;",
            "[`exclude-packages`](options.md#exclude-packages) leaves it out, and a build warns if a requirement is not met by the",
            "version above, or if one part of the SDK is left out and another goes in.",
            "",
            "## Another runtime\n",
            "A runtime that the table lacks can be given in full:",
            "",
            "```toml",
            "[tool.hatch.build.targets.lambda]",
            'runtime = { name = "python3.16", python = "3.16", glibc = "2.34" }',
            "```",
            "",
        ]
    )


def json_schema() -> str:
    """Return the JSON schema of the table."""
    return schema(_field_docstrings())


PAGES = {"options.md": options, "runtimes.md": runtimes, "schema.json": json_schema}


def _default(field: dataclasses.Field[object]) -> str:
    if field.default_factory is not dataclasses.MISSING or field.default in ((), None):
        return "none"
    return f"`{field.default}`" if not isinstance(field.default, bool) else f"`{str(field.default).lower()}`"


def _field_docstrings() -> dict[str, str]:
    """Return the docstring that stands under each field of the configuration, on one line."""
    body = ast.parse(inspect.getsource(LambdaConfig)).body[0]
    found: dict[str, str] = {}
    name = ""
    for node in body.body if isinstance(body, ast.ClassDef) else []:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name = node.target.id
        elif name and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            found[name] = " ".join(str(node.value.value).split())
            name = ""
    return found


def main() -> None:
    """Write every page."""
    for name, render in PAGES.items():
        (REFERENCE / name).write_text(render(), "utf-8")


if __name__ == "__main__":
    main()
