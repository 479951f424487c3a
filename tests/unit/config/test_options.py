"""The option grid: default, value, wrong type, wrong content, unknown, misspelled, and several problems together."""

from __future__ import annotations

import ast
import inspect
import textwrap
from dataclasses import fields, replace
from typing import Any

import pytest
from hatchling.builders.config import BuilderConfig
from hatchling.builders.wheel import WheelBuilderConfig
from packaging.specifiers import SpecifierSet

from hatch_lambda.config.options import (
    DEFAULT_FILENAME,
    HATCH_KEYS,
    MAX_UNZIPPED,
    MISPLACED,
    SYNONYMS,
    WHEEL_KEYS,
    LambdaConfig,
)
from hatch_lambda.config.table import Table
from hatch_lambda.config.targets import TARGET_OPTIONS
from hatch_lambda.errors import ConfigError
from hatch_lambda.runtime.runtimes import Runtime, System
from hatch_lambda.runtime.target import Target
from tests.support.samples import read_config, target

T = "tool.hatch.build.targets.lambda"


def read(requires_python: str = "", overrides: dict[str, str] | None = None, **options: Any) -> LambdaConfig:
    """Read a table with these options (``_`` for ``-``) and, unless they say otherwise, a runtime."""
    values = {"runtime": "python3.13", **{name.replace("_", "-"): value for name, value in options.items()}}
    given = {name: value for name, value in values.items() if value is not None}
    return read_config(given, requires_python=SpecifierSet(requires_python), overrides=overrides or {})


def problems(**options: Any) -> list[str]:
    """Return the errors of reading a table with these options."""
    with pytest.raises(ConfigError) as caught:
        read(**options)
    return list(caught.value.problems)


def test_options_have_defaults():
    config = read()

    assert config == LambdaConfig(
        target=Target(target().runtime, "x86_64", None),
        handler=None,
        features=(),
        dependency_groups=(),
        constraints=(),
        exclude_packages=(),
        exclude_files=(),
        collisions={},
        scripts=False,
        bytecode=False,
        filename="{name}-{version}-lambda-{runtime}-{architecture}.zip",
        max_size=262_143_999,
        warnings=(),
    )


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("handler", "shop.api.handler", "shop.api.handler"),
        ("handler", "run.sh", "run.sh"),
        ("handler", "h" * 128, "h" * 128),
        ("features", [], ()),
        ("features", ["data", "Web_UI"], ("data", "Web_UI")),
        ("dependency_groups", ["extra"], ("extra",)),
        ("constraints", ["constraints.txt", "https://host/c.txt"], ("constraints.txt", "https://host/c.txt")),
        ("exclude_packages", ["Boto3", "zope.interface"], ("boto3", "zope-interface")),
        ("exclude_files", ["*.txt", "!keep.txt", "/tests/"], ("*.txt", "!keep.txt", "/tests/")),
        ("slim", [], ()),
        ("slim", ["tests", "symbols"], ("tests", "symbols")),
        ("aws_services", [], ()),
        ("aws_services", ["s3", "dynamodb"], ("s3", "dynamodb")),
        ("collisions", {"jwt/**": "PyJWT", "a": "b"}, {"jwt/**": "pyjwt", "a": "b"}),
        ("bytecode", True, True),
        ("bytecode", False, False),
        ("smoke_test", True, True),
        ("smoke_test", False, False),
        ("smoke_test", "required", "required"),
        ("smoke_test_env", {"TABLE_NAME": "orders", "_A": ""}, {"TABLE_NAME": "orders", "_A": ""}),
        ("scripts", True, True),
        ("scripts", False, False),
        ("filename", "function.zip", "function.zip"),
        ("filename", "{runtime}{architecture}{name}{version}.zip", "{runtime}{architecture}{name}{version}.zip"),
        ("filename", "{{x}}.zip", "{{x}}.zip"),
        ("lock", "pylock.toml", "pylock.toml"),
        ("lock", "../uv.lock", "../uv.lock"),
        ("lock", False, False),
        ("max_size", 1, 1),
        ("max_size", 10**12, 10**12),
        ("max_size", "200 MiB", 200 << 20),
        ("max_size", " 1.5KiB ", 1536),
        ("max_size", "1 GiB", 1 << 30),
        ("max_size", "250000000 B", 250_000_000),
    ],
)
def test_an_option_is_read(option, value, expected):
    config = read(**{option: value})

    assert config == replace(read(), **{option: expected})


@pytest.mark.parametrize(
    ("option", "value", "line"),
    [
        (
            "runtime",
            3.13,
            "runtime: expected a string or a table, found 3.13; did you mean 'python3.13'? [option-type]",
        ),
        (
            "runtime",
            ["python3.13", 3],
            (
                "runtime #2: expected a string or a table, found 3; "
                "choose python3.14, python3.13, python3.12, or python3.11 [option-type]"
            ),
        ),
        ("architecture", 64, "architecture: expected a string, found 64; choose x86_64 or arm64 [option-type]"),
        ("architecture", [], "architecture: empty array; add an entry, or remove the option [option-value]"),
        ("architecture", ["arm64", "arm64"], "architecture #2: duplicate entry 'arm64'; remove it [duplicate-entry]"),
        (
            "architecture",
            ["arm64", "arm"],
            "architecture #2: unknown architecture 'arm'; did you mean 'arm64'? [unknown-architecture]",
        ),
        (
            "smoke_test",
            "require",
            "smoke-test: unknown value 'require'; write true, false, or \"required\" [option-value]",
        ),
        ("smoke_test", 1, "smoke-test: expected true or false, found 1; write smoke-test = true [option-type]"),
        (
            "smoke_test_env",
            ["A=b"],
            (
                "smoke-test-env: expected a table, found ['A=b']; "
                'for example, write smoke-test-env = { TABLE_NAME = "orders" } [option-type]'
            ),
        ),
        (
            "smoke_test_env",
            {"A": 1},
            'smoke-test-env.A: expected a string, found 1; write "1" [option-type]',
        ),
        (
            "smoke_test_env",
            {"A": ["x"]},
            "smoke-test-env.A: expected a string, found ['x']; write one string in quotes [option-type]",
        ),
        (
            "smoke_test_env",
            {"A-B": "x"},
            (
                "smoke-test-env.A-B: 'A-B' isn't the name of an environment variable; "
                'for example, write smoke-test-env = { TABLE_NAME = "orders" } [option-value]'
            ),
        ),
        ("python_patch", 3.13, 'python-patch: expected a string, found 3.13; write "3.13" [option-type]'),
        ("handler", ["a.b"], "handler: expected a string, found ['a.b']; write \"a.b\" [option-type]"),
        ("features", "data", "features: expected an array of strings, found 'data'; write [\"data\"] [option-type]"),
        ("features", ["data", 3], 'features #2: expected a string, found 3; write "3" [option-type]'),
        (
            "dependency_groups",
            {"a": 1},
            (
                "dependency-groups: expected an array of strings, found {'a': 1}; "
                "write strings in brackets [option-type]"
            ),
        ),
        (
            "dependency_groups",
            [{"include-group": "x"}],
            (
                "dependency-groups #1: expected a string, found {'include-group': 'x'}; "
                "write one string in quotes [option-type]"
            ),
        ),
        (
            "constraints",
            "c.txt",
            "constraints: expected an array of strings, found 'c.txt'; write [\"c.txt\"] [option-type]",
        ),
        ("constraints", [False], 'constraints #1: expected a string, found False; write "false" [option-type]'),
        (
            "exclude_packages",
            "boto3",
            "exclude-packages: expected an array of strings, found 'boto3'; write [\"boto3\"] [option-type]",
        ),
        ("slim", "tests", "slim: expected an array of strings, found 'tests'; write [\"tests\"] [option-type]"),
        ("aws_services", "s3", "aws-services: expected an array of strings, found 's3'; write [\"s3\"] [option-type]"),
        ("aws_services", [3], 'aws-services #1: expected a string, found 3; write "3" [option-type]'),
        ("slim", True, "slim: expected an array of strings, found True; write strings in brackets [option-type]"),
        ("exclude_packages", [1], 'exclude-packages #1: expected a string, found 1; write "1" [option-type]'),
        (
            "exclude_files",
            True,
            ("exclude-files: expected an array of strings, found True; write strings in brackets [option-type]"),
        ),
        (
            "exclude_files",
            [None],
            "exclude-files #1: expected a string, found None; write one string in quotes [option-type]",
        ),
        (
            "collisions",
            ["a"],
            (
                "collisions: expected a table, found ['a']; "
                'for example, write collisions = { "jwt/**" = "pyjwt" } [option-type]'
            ),
        ),
        (
            "collisions",
            {"a": 1},
            "collisions.a: expected a string, found 1; name the package whose file to keep [option-type]",
        ),
        ("scripts", "yes", "scripts: expected true or false, found 'yes'; write scripts = true [option-type]"),
        ("bytecode", "no", "bytecode: expected true or false, found 'no'; write bytecode = false [option-type]"),
        ("scripts", 1, "scripts: expected true or false, found 1; write scripts = true [option-type]"),
        ("filename", 7, 'filename: expected a string, found 7; write "7" [option-type]'),
        (
            "max_size",
            [250],
            'max-size: expected a size above 0, found [250]; for example, write max-size = "200 MiB" [option-type]',
        ),
        (
            "max_size",
            2.5,
            ('max-size: expected a size above 0, found 2.5; for example, write max-size = "200 MiB" [option-type]'),
        ),
        (
            "max_size",
            True,
            ('max-size: expected a size above 0, found True; for example, write max-size = "200 MiB" [option-type]'),
        ),
    ],
)
def test_a_value_of_a_wrong_type_is_rejected(option, value, line):
    assert problems(**{option: value}) == [f"{T}.{line}"]


@pytest.mark.parametrize(
    ("option", "value", "line"),
    [
        ("runtime", "python312", "runtime: unknown runtime 'python312'; did you mean 'python3.12'? [unknown-runtime]"),
        ("runtime", "python39", "runtime: unknown runtime 'python39'; did you mean 'python3.9'? [unknown-runtime]"),
        ("runtime", "pyhton3.9", "runtime: unknown runtime 'pyhton3.9'; did you mean 'python3.9'? [unknown-runtime]"),
        ("runtime", "python", "runtime: unknown runtime 'python'; did you mean 'python3.14'? [unknown-runtime]"),
        (
            "runtime",
            "python3.8",
            (
                "runtime: 'python3.8' has reached end of life; use 'python3.14', or describe it with "
                'runtime = { name = "python3.8", python = "3.8", glibc = "2.26" } [unknown-runtime]'
            ),
        ),
        (
            "runtime",
            "3.7",
            ("runtime: '3.7' has reached end of life; use 'python3.14' [unknown-runtime]"),
        ),
        (
            "runtime",
            "python2.7",
            ("runtime: 'python2.7' has reached end of life; use 'python3.14' [unknown-runtime]"),
        ),
        ("runtime", "3.12", "runtime: unknown runtime '3.12'; did you mean 'python3.12'? [unknown-runtime]"),
        (
            "runtime",
            "nodejs22.x",
            (
                "runtime: unknown runtime 'nodejs22.x'; "
                "choose python3.14, python3.13, python3.12, or python3.11, or describe the runtime in a table "
                "[unknown-runtime]"
            ),
        ),
        (
            "architecture",
            "aarch64",
            "architecture: unknown architecture 'aarch64'; did you mean 'arm64'? [unknown-architecture]",
        ),
        (
            "architecture",
            "arm",
            "architecture: unknown architecture 'arm'; did you mean 'arm64'? [unknown-architecture]",
        ),
        (
            "architecture",
            "AMD64",
            "architecture: unknown architecture 'AMD64'; did you mean 'x86_64'? [unknown-architecture]",
        ),
        (
            "architecture",
            "x86-64",
            "architecture: unknown architecture 'x86-64'; did you mean 'x86_64'? [unknown-architecture]",
        ),
        (
            "architecture",
            "x64",
            "architecture: unknown architecture 'x64'; did you mean 'x86_64'? [unknown-architecture]",
        ),
        (
            "architecture",
            "ARM64",
            "architecture: unknown architecture 'ARM64'; did you mean 'arm64'? [unknown-architecture]",
        ),
        (
            "architecture",
            "riscv64",
            "architecture: unknown architecture 'riscv64'; choose x86_64 or arm64 [unknown-architecture]",
        ),
        ("architecture", "", "architecture: unknown architecture ''; choose x86_64 or arm64 [unknown-architecture]"),
        ("python_patch", "", "python-patch: empty string; give it a value, or remove it [option-value]"),
        (
            "python_patch",
            "3.13",
            (
                "python-patch: '3.13' isn't a full version of Python 3.13, which python3.13 runs; "
                'for example, write python-patch = "3.13.11" [option-value]'
            ),
        ),
        (
            "python_patch",
            "3.12.1",
            (
                "python-patch: '3.12.1' isn't a full version of Python 3.13, which python3.13 runs; "
                'for example, write python-patch = "3.13.11" [option-value]'
            ),
        ),
        (
            "python_patch",
            "3x13.1",
            (
                "python-patch: '3x13.1' isn't a full version of Python 3.13, which python3.13 runs; "
                'for example, write python-patch = "3.13.11" [option-value]'
            ),
        ),
        ("handler", "  ", "handler: empty string; give it a value, or remove it [option-value]"),
        ("handler", "a" * 129, "handler: 129 characters exceed Lambda's limit of 128; shorten it [option-value]"),
        ("handler", "a .b", "handler: 'a .b' contains a space; did you mean 'a.b'? [option-value]"),
        (
            "handler",
            "shop.api:main",
            (
                "handler: 'shop.api:main' contains a colon, but Lambda separates names with dots; "
                "did you mean 'shop.api.main'? [option-value]"
            ),
        ),
        ("features", [""], "features #1: empty string; give it a value, or remove it [option-value]"),
        (
            "exclude_packages",
            ["a b"],
            "exclude-packages #1: 'a b' isn't a package name; for example, write \"boto3\" [option-value]",
        ),
        (
            "exclude_packages",
            ["idna", "boto3>=1"],
            (
                "exclude-packages #2: expected only a package name, found 'boto3>=1'; "
                "did you mean 'boto3'? [option-value]"
            ),
        ),
        (
            "exclude_packages",
            ["a[x]"],
            ("exclude-packages #1: expected only a package name, found 'a[x]'; did you mean 'a'? [option-value]"),
        ),
        (
            "exclude_packages",
            ["a; os_name == 'nt'"],
            (
                'exclude-packages #1: expected only a package name, found "a; '
                "os_name == 'nt'\"; did you mean 'a'? [option-value]"
            ),
        ),
        (
            "exclude_packages",
            ["a @ https://host/a.whl"],
            (
                "exclude-packages #1: expected only a package name, found 'a @ https://host/a.whl'; "
                "did you mean 'a'? [option-value]"
            ),
        ),
        (
            "collisions",
            {"jwt/**": "a b"},
            'collisions."jwt/**": \'a b\' isn\'t a package name; for example, write "boto3" [option-value]',
        ),
        (
            "filename",
            "{nome}.zip",
            (
                "filename: unknown field '{nome}'; "
                "did you mean '{name}'? "
                "choose {name}, {version}, {archive}, {runtime}, or {architecture} [option-value]"
            ),
        ),
        (
            "filename",
            "{name!r}.zip",
            (
                "filename: unknown field '{name!r}'; "
                "did you mean '{name}'? "
                "choose {name}, {version}, {archive}, {runtime}, or {architecture} [option-value]"
            ),
        ),
        (
            "filename",
            "{name:>10}.zip",
            (
                "filename: unknown field '{name:>10}'; "
                "did you mean '{name}'? "
                "choose {name}, {version}, {archive}, {runtime}, or {architecture} [option-value]"
            ),
        ),
        (
            "filename",
            "{name!s:x}.zip",
            (
                "filename: unknown field '{name!s:x}'; "
                "did you mean '{name}'? "
                "choose {name}, {version}, {archive}, {runtime}, or {architecture} [option-value]"
            ),
        ),
        (
            "filename",
            "{}.zip",
            (
                "filename: unknown field '{}'; "
                "choose {name}, {version}, {archive}, {runtime}, or {architecture} [option-value]"
            ),
        ),
        (
            "filename",
            "{name.zip",
            ("filename: unmatched brace in '{name.zip'; close it, or write {{ or }} for the character [option-value]"),
        ),
        (
            "filename",
            "{name}.tar",
            "filename: '{name}.tar' doesn't end in .zip; did you mean '{name}.tar.zip'? [option-value]",
        ),
        (
            "filename",
            "out/{name}.zip",
            (
                "filename: 'out/{name}.zip' contains a directory; "
                'set directory = "out" and filename = "{name}.zip" [option-value]'
            ),
        ),
        (
            "filename",
            "shop:api.zip",
            (
                "filename: 'shop:api.zip' contains a character that file names can't have everywhere; "
                "remove it [option-value]"
            ),
        ),
        ("filename", "..zip", "filename: '..zip' starts with a dot; start it with a letter or a digit [option-value]"),
        (
            "max_size",
            0,
            ('max-size: expected a size above 0, found 0; for example, write max-size = "200 MiB" [option-value]'),
        ),
        (
            "max_size",
            "250",
            "max-size: expected a size above 0, found '250'; did you mean \"250 MiB\"? [option-value]",
        ),
        (
            "max_size",
            "250MB",
            "max-size: expected a size above 0, found '250MB'; did you mean \"250 MiB\"? [option-value]",
        ),
        (
            "max_size",
            "1.5 gb",
            "max-size: expected a size above 0, found '1.5 gb'; did you mean \"1.5 GiB\"? [option-value]",
        ),
        (
            "slim",
            ["tests", "test"],
            (
                "slim #2: unknown group 'test'; did you mean 'tests'? choose tests, type-stubs, headers, docs, or "
                "symbols [option-value]"
            ),
        ),
        (
            "max_size",
            "lots",
            "max-size: expected a size above 0, found 'lots'; for example, write max-size = \"200 MiB\" [option-value]",
        ),
        (
            "max_size",
            "0 KiB",
            (
                "max-size: expected a size above 0, found '0 KiB'; "
                'for example, write max-size = "200 MiB" [option-value]'
            ),
        ),
        (
            "max_size",
            -1,
            ('max-size: expected a size above 0, found -1; for example, write max-size = "200 MiB" [option-value]'),
        ),
    ],
)
def test_a_value_with_a_wrong_content_is_rejected(option, value, line):
    assert problems(**{option: value}) == [f"{T}.{line}"]


@pytest.mark.parametrize("pattern", ["!", "\\", "a\\"])
def test_a_pattern_that_git_would_not_understand_is_rejected(pattern):
    lines = problems(exclude_files=["*.txt", pattern], collisions={pattern: "a"})

    what = f"{pattern!r} isn't a pattern of .gitignore; correct or remove it [option-value]"
    assert lines == [f"{T}.exclude-files #2: {what}", f'{T}.collisions."{pattern}": {what}']


@pytest.mark.parametrize(("name", "version"), [("python3.16", "3.16"), ("3.16", "3.16"), ("python3.17", "3.17")])
def test_a_runtime_newer_than_the_known_ones_can_be_described(name, version):
    lines = problems(runtime=name)

    described = f'{{ name = "python{version}", python = "{version}", glibc = "2.34" }}'
    assert lines == [
        f"{T}.runtime: unknown runtime {name!r}; describe it with runtime = {described} [unknown-runtime]",
    ]


@pytest.mark.parametrize(
    ("option", "meant"),
    [
        ("runtme", "runtime"),
        ("run-time", "runtime"),
        ("architectures", "architecture"),
        ("arch_itecture", "architecture"),
        ("exclude_files", "exclude-files"),
        ("exclude_package", "exclude-packages"),
        ("feature", "features"),
        ("dependency_group", "dependency-groups"),
        ("handlers", "handler"),
        ("script", "scripts"),
        ("max_sise", "max-size"),
        ("python_path", "python-patch"),
        ("constraint", "constraints"),
        ("file-name", "filename"),
        ("collision", "collisions"),
        *SYNONYMS.items(),
    ],
)
def test_a_misspelled_option_is_rejected_with_a_suggestion(option, meant):
    with pytest.raises(ConfigError) as caught:
        read_config({"runtime": "python3.13", option: []}, requires_python=SpecifierSet(), overrides={})

    assert str(caught.value) == f"error: {T}.{option}: unknown option; did you mean {meant!r}? [unknown-option]"


def test_an_unknown_option_without_a_similar_one_is_rejected_with_the_first_choices():
    lines = problems(colour="red")

    assert lines == [
        (
            f"{T}.colour: unknown option; remove it, or choose from architecture, aws-services, build-from-source, "
            "bytecode, collisions, constraints, dependency-groups, exclude-files, … (27 in total) "
            "[unknown-option]"
        )
    ]


def test_an_option_to_include_packages_is_answered_with_what_includes_them():
    assert problems(include_packages=["boto3"]) == [
        (
            f"{T}.include-packages: unknown option, because the zip includes all dependencies; "
            "add the package to project.dependencies [unknown-option]"
        )
    ]


@pytest.mark.parametrize(
    ("options", "rest"),
    [
        (
            {"timeout": 30, "Memory_Size": 512, "environment": {"A": "b"}, "role": "x", "description": "x"},
            "belongs to the function's configuration, not to the zip; set it with the tool that creates the function",
        ),
        ({"project": True}, f"is an option of layers only; move it to [{T}.layers.NAME]"),
        ({"region": "us-east-1"}, "belongs to deployment, not to the zip; move it to [tool.hatch.publish.lambda]"),
        ({"strict-naming": True}, "is an option of wheels only; move it to [tool.hatch.build.targets.wheel]"),
    ],
)
def test_a_misplaced_option_is_rejected_with_the_table_that_it_belongs_to(options, rest):
    with pytest.raises(ConfigError) as caught:
        read_config({"runtime": "python3.13", **options}, requires_python=SpecifierSet(), overrides={})

    assert caught.value.problems == tuple(f"{T}.{option}: {rest} [misplaced-option]" for option in options)


def test_a_misspelled_option_of_hatch_is_rejected_with_a_suggestion():
    with pytest.raises(ConfigError) as caught:
        read_config({"runtime": "python3.13", "only_include": []}, requires_python=SpecifierSet(), overrides={})

    assert caught.value.problems == (
        f"{T}.only_include: unknown option; did you mean 'only-include'? [unknown-option]",
    )


def test_a_key_that_toml_quotes_is_quoted():
    lines = problems(**{"a.b": 1})

    assert lines[0].startswith(f'{T}."a.b": unknown option; ')


def test_no_synonym_is_an_option_itself():
    known = {field.name.replace("_", "-") for field in fields(LambdaConfig)} | {*TARGET_OPTIONS} | HATCH_KEYS

    assert {*SYNONYMS, *MISPLACED} & (known - {"project"}) == set()
    assert {*SYNONYMS.values()} <= known


def test_the_keys_of_hatch_are_those_that_hatchling_reads():
    read = {*keys_read_by(BuilderConfig), *keys_read_by(WheelBuilderConfig)}

    assert read - HATCH_KEYS - {*WHEEL_KEYS} == set()
    assert HATCH_KEYS - read == set()


def keys_read_by(config: type) -> set[str]:
    """Return the keys that the source of a configuration of Hatch looks up in the tables of build targets."""
    tables = {"target_config", "build_config"}
    found: set[Any] = set()
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(config)))):
        match node:
            case ast.Call(ast.Attribute(ast.Attribute(attr=table), "get"), [ast.Constant(key), *_]) if table in tables:
                found.add(key)
            case ast.Compare(ast.Constant(key), [ast.In() | ast.NotIn()], [ast.Attribute(attr=table)]) if (
                table in tables
            ):
                found.add(key)
            case ast.Subscript(ast.Attribute(attr=table), ast.Constant(key)) if table in tables:
                found.add(key)
    return found


def test_options_that_hatch_reads_are_accepted():
    options: dict[str, Any] = {key.replace("-", "_"): object() for key in HATCH_KEYS - {"versions"}}

    config = read(**options)

    assert config == read()


def test_all_problems_are_reported_together_under_one_heading():
    with pytest.raises(ConfigError) as caught:
        read(
            runtime="python2.7",
            architecture=["arm64", "sparc"],
            python_patch="2.7.18",
            handler="a:b",
            features=[1, "", "ok"],
            exclude_packages=["a=="],
            collisions={"a": 1, "b/*": "c d"},
            scripts="no",
            filename="x",
            max_size=0,
            runtme="x",
        )

    assert str(caught.value).splitlines() == [
        f"error: pyproject.toml [{T}] has 12 problems:",
        ("  runtime: 'python2.7' has reached end of life; use 'python3.14' [unknown-runtime]"),
        "  architecture #2: unknown architecture 'sparc'; choose x86_64 or arm64 [unknown-architecture]",
        "  handler: 'a:b' contains a colon, but Lambda separates names with dots; did you mean 'a.b'? [option-value]",
        '  features #1: expected a string, found 1; write "1" [option-type]',
        "  features #2: empty string; give it a value, or remove it [option-value]",
        "  exclude-packages #1: 'a==' isn't a package name; for example, write \"boto3\" [option-value]",
        "  collisions.a: expected a string, found 1; name the package whose file to keep [option-type]",
        '  collisions."b/*": \'c d\' isn\'t a package name; for example, write "boto3" [option-value]',
        "  scripts: expected true or false, found 'no'; write scripts = false [option-type]",
        "  filename: 'x' doesn't end in .zip; did you mean 'x.zip'? [option-value]",
        ('  max-size: expected a size above 0, found 0; for example, write max-size = "200 MiB" [option-value]'),
        "  runtme: unknown option; did you mean 'runtime'? [unknown-option]",
    ]


def test_a_table_reports_its_problems_under_its_own_address():
    table = Table("tool.other", {"a": 1}, host_keys=())
    table.text("a", check=lambda _: None)

    with pytest.raises(ConfigError) as caught:
        table.finish()

    assert str(caught.value) == 'error: tool.other.a: expected a string, found 1; write "1" [option-type]'


# The runtime


@pytest.mark.parametrize(
    ("requires_python", "name"),
    [
        ("==3.12.*", "python3.12"),
        (">=3.14", "python3.14"),
        (">=3.11,<3.12", "python3.11"),
        ("~=3.13.0", "python3.13"),
        ("<3.12", "python3.11"),
    ],
)
def test_a_runtime_is_taken_from_requires_python_if_one_supported_runtime_fits(requires_python, name):
    config = read(requires_python, runtime=None)

    assert config.target == target(name)


@pytest.mark.parametrize(
    ("requires_python", "line"),
    [
        (
            "",
            (
                "not set, and requires-python doesn't determine it; "
                "choose python3.14, python3.13, python3.12, or python3.11 [runtime-not-set]"
            ),
        ),
        (
            ">=3.12",
            (
                "not set, and 3 supported runtimes satisfy requires-python '>=3.12'; "
                "choose python3.14, python3.13, or python3.12 [runtime-not-set]"
            ),
        ),
        *(
            (
                required,
                (
                    f"not set, and no supported runtime satisfies requires-python {required!r}; widen requires-python, "
                    "then choose python3.14, python3.13, python3.12, or python3.11 [runtime-not-set]"
                ),
            )
            for required in (">=3.20", "==3.10.*")
        ),
    ],
)
def test_without_a_runtime_the_choices_are_listed_if_requires_python_does_not_determine_it(requires_python, line):
    assert problems(requires_python=requires_python, runtime=None) == [f"{T}.runtime: {line}"]


@pytest.mark.parametrize(
    ("requires_python", "fix"),
    [
        ("<3.13", "use python3.12 or python3.11, or widen requires-python"),
        (">=3.14", "use python3.14, or widen requires-python"),
        (">=3.20", "widen requires-python"),
        (">=3.13.12", 'set python-patch = "3.13.12", or widen requires-python'),
    ],
)
def test_a_runtime_that_requires_python_excludes_is_rejected(requires_python, fix):
    assert problems(requires_python=requires_python) == [
        f"project.requires-python: {requires_python!r} excludes python3.13 (Python 3.13.11); {fix} [python-mismatch]"
    ]


def test_a_patch_level_can_make_a_runtime_fit_requires_python():
    config = read(">=3.13.12", python_patch="3.13.12")

    assert config.target == target("python3.13", patch=12)


def test_a_patch_level_can_make_a_runtime_unfit_for_requires_python():
    assert problems(requires_python=">=3.13.5", python_patch="3.13.4") == [
        (
            "project.requires-python: '>=3.13.5' excludes python3.13 (Python 3.13.4); "
            'set python-patch = "3.13.5", or widen requires-python [python-mismatch]'
        )
    ]


def test_patch_level_zero_is_a_patch_level():
    config = read(python_patch="3.13.0")

    assert config.target.python_full_version == "3.13.0"


@pytest.mark.parametrize("name", ["python3.10", "python3.15"])
def test_a_runtime_on_its_way_in_or_out_warns(name):
    config = read(runtime=name)

    assert config.warnings == (target(name).runtime.warning(f"{T}.runtime"),)


def test_the_warning_about_a_runtime_names_the_variable_that_sets_it():
    config = read(overrides={"HATCH_LAMBDA_RUNTIME": "python3.10"})

    assert config.warnings == (target("python3.10").runtime.warning("HATCH_LAMBDA_RUNTIME"),)


def test_a_runtime_that_the_table_lacks_can_be_described():
    config = read(runtime={"name": "python3.16", "python": "3.16", "glibc": "2.38"}, architecture="arm64")

    runtime = Runtime("python3.16", (3, 16), 0, System("the system of python3.16", (2, 38)), "custom")
    assert config == replace(read(), target=Target(runtime, "arm64"))


def test_a_described_runtime_can_have_a_patch_level():
    described = {"name": "python3.16", "python": "3.16", "glibc": "2.38"}

    config = read(runtime=described, python_patch="3.16.2")

    assert config.target.python_full_version == "3.16.2"


@pytest.mark.parametrize(
    ("table", "lines"),
    [
        (
            {},
            [
                'name: not set; for example, write name = "python3.16" [option-value]',
                'python: not set; for example, write python = "3.16" [option-value]',
                'glibc: not set; for example, write glibc = "2.34" [option-value]',
            ],
        ),
        (
            {"name": "python 3", "python": "3.16.1", "glibc": 2.34, "libc": "x"},
            [
                "libc: unknown option; choose name, python, or glibc [unknown-option]",
                "name: 'python 3' isn't an AWS identifier; for example, write name = \"python3.16\" [option-value]",
                "python: '3.16.1' isn't a version of Python 3; for example, write python = \"3.16\" [option-value]",
                'glibc: 2.34 isn\'t a version of glibc from 2.17; for example, write glibc = "2.34" [option-value]',
            ],
        ),
        (
            {"name": "custom", "python": "2.7", "glibc": "3.0"},
            [
                "python: '2.7' isn't a version of Python 3; for example, write python = \"3.16\" [option-value]",
                "glibc: '3.0' isn't a version of glibc from 2.17; for example, write glibc = \"2.34\" [option-value]",
            ],
        ),
        (
            {"name": "custom", "python": "3.16", "glibc": "2.5"},
            ["glibc: '2.5' isn't a version of glibc from 2.17; for example, write glibc = \"2.34\" [option-value]"],
        ),
        (
            {"name": 1, "python": "3.16", "glibc": "2.34"},
            ['name: 1 isn\'t an AWS identifier; for example, write name = "python3.16" [option-value]'],
        ),
    ],
)
def test_a_described_runtime_needs_a_name_and_two_versions(table, lines):
    assert problems(runtime=table) == [f"{T}.runtime.{line}" for line in lines]


# The environment


def test_variables_win_over_the_table():
    overrides = {"HATCH_LAMBDA_RUNTIME": "python3.12", "HATCH_LAMBDA_ARCHITECTURE": "arm64", "OTHER": "x"}

    config = read(overrides=overrides, runtime="python3.13", architecture="x86_64")

    assert config.target == target("python3.12", "arm64")


def test_a_variable_replaces_an_invalid_option_of_the_table():
    overrides = {"HATCH_LAMBDA_RUNTIME": "python3.12", "HATCH_LAMBDA_ARCHITECTURE": "arm64"}

    config = read(overrides=overrides, runtime=None, architecture="sparc")

    assert config.target == target("python3.12", "arm64")


def test_an_empty_variable_counts_as_unset():
    config = read(overrides={"HATCH_LAMBDA_RUNTIME": "", "HATCH_LAMBDA_ARCHITECTURE": ""}, architecture="arm64")

    assert config.target == target("python3.13", "arm64")


def test_wrong_variables_are_reported_by_their_own_names():
    lines = problems(overrides={"HATCH_LAMBDA_RUNTIME": "python-3.12", "HATCH_LAMBDA_ARCHITECTURE": "amd64"})

    assert lines == [
        "HATCH_LAMBDA_RUNTIME: unknown runtime 'python-3.12'; did you mean 'python3.12'? [unknown-runtime]",
        "HATCH_LAMBDA_ARCHITECTURE: unknown architecture 'amd64'; did you mean 'x86_64'? [unknown-architecture]",
    ]


def test_the_patch_level_of_the_tables_runtime_does_not_hold_for_the_variables_runtime():
    lines = problems(overrides={"HATCH_LAMBDA_RUNTIME": "python3.12"}, python_patch="3.13.2")

    assert lines == [
        (
            f"{T}.python-patch: '3.13.2' isn't a full version of Python 3.12, which python3.12 runs; "
            "for example, write "
            'python-patch = "3.12.9" [option-value]'
        )
    ]


def test_constants_that_the_manual_states():
    assert (MAX_UNZIPPED, DEFAULT_FILENAME) == (
        262_143_999,
        "{name}-{version}-lambda-{runtime}-{architecture}.zip",
    )


def test_a_number_that_is_too_long_is_not_repeated():
    lines = problems(handler=int("9" * 30), features=["x" * 70, int("F" * 5000, 16)], filename=["a"])

    assert [line.partition("; ")[2] for line in lines] == [
        "write one string in quotes [option-type]",
        "write one string in quotes [option-type]",
        'write "a" [option-type]',
    ]
