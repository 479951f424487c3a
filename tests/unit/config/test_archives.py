"""The zips of a table: names, groups, inheritance, layers, and their errors."""

from __future__ import annotations

from typing import Any

import pytest
from packaging.specifiers import SpecifierSet

from hatch_lambda.config.archives import Archives, read_archives
from hatch_lambda.config.options import FILE_KEYS, HATCH_KEYS, OUTPUT_KEYS
from hatch_lambda.errors import ConfigError

T = "tool.hatch.build.targets.lambda"
BOTH = ["x86_64", "arm64"]
RENAME = "rename the table with letters, digits, hyphens, or underscores [option-value]"


@pytest.fixture
def read():
    """Return a function that reads a table (``_`` for ``-``)."""

    def read(requires_python: str = "", overrides: dict[str, str] | None = None, **options: Any) -> Archives:
        values = {"runtime": "python3.13", **{name.replace("_", "-"): value for name, value in options.items()}}
        return read_archives(values, requires_python=SpecifierSet(requires_python), overrides=overrides or {})

    return read


@pytest.fixture
def problems(read):
    """Return a function that returns the errors of reading a table."""

    def problems(**options: Any) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            read(**options)
        return list(caught.value.problems)

    return problems


def names(archives: Archives) -> list[str]:
    """Return the build name of each zip."""
    return [config.build_name for config in archives.each]


# What they are called


def test_without_tables_there_are_a_function_and_a_layer_and_the_function_is_built(read):
    archives = read()

    assert names(archives) == ["function", "layer"]
    assert archives.default == ("function",)


def test_zips_are_named_by_the_architecture_where_there_are_several(read):
    archives = read(architecture=BOTH)

    assert names(archives) == ["x86_64", "arm64", "layer-x86_64", "layer-arm64"]
    assert archives.default == ("x86_64", "arm64")


def test_zips_are_named_by_the_runtime_where_there_are_several(read):
    archives = read(runtime=["python3.12", "python3.13"])

    assert names(archives) == ["python3.12", "python3.13", "layer-python3.12", "layer-python3.13"]


def test_zips_are_named_by_both_where_there_are_several_of_both(read):
    archives = read(runtime=["python3.12", "python3.13"], architecture=BOTH)

    assert archives.default == ("python3.12-x86_64", "python3.12-arm64", "python3.13-x86_64", "python3.13-arm64")
    assert names(archives)[4:] == [f"layer-{name}" for name in archives.default]


def test_an_array_of_one_names_its_zip_too(read):
    archives = read(architecture=["arm64"])

    assert names(archives) == ["arm64", "layer-arm64"]


def test_with_tables_there_is_what_they_name_and_all_of_it_is_built_layers_first(read):
    archives = read(functions={"api": {}, "worker": {}}, layers={"base": {}})

    assert names(archives) == ["base", "api", "worker"]
    assert archives.default == ("base", "api", "worker")


def test_a_table_with_arrays_has_a_zip_for_each(read):
    archives = read(functions={"api": {"architecture": BOTH}, "worker": {}})

    assert names(archives) == ["api-x86_64", "api-arm64", "worker"]


def test_tables_of_layers_alone_make_layers_alone(read):
    assert names(read(layers={"base": {}})) == ["base"]


def test_empty_tables_are_none(read):
    assert names(read(functions={}, layers={})) == ["function", "layer"]


def test_the_names_go_into_the_file_names(read):
    archives = read(functions={"api": {}}, layers={"base": {}})

    assert {config.build_name: config.filename for config in archives.each} == {
        "base": "{name}-{version}-lambda_layer-base-{runtime}-{architecture}.zip",
        "api": "{name}-{version}-lambda-api-{runtime}-{architecture}.zip",
    }


def test_a_layer_without_a_table_has_a_separate_file_name(read):
    archives = read()

    assert {config.build_name: config.filename for config in archives.each} == {
        "function": "{name}-{version}-lambda-{runtime}-{architecture}.zip",
        "layer": "{name}-{version}-lambda_layer-{runtime}-{architecture}.zip",
    }


# What a name means


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("api", ["api-x86_64", "api-arm64"]),
        ("api-arm64", ["api-arm64"]),
        ("worker", ["worker"]),
        ("function", ["api-x86_64", "api-arm64", "worker"]),
        ("layer", ["base", "more"]),
        ("base", ["base"]),
    ],
)
def test_a_name_means_a_zip_or_all_of_a_table_or_all_of_a_kind(read, version, expected):
    archives = read(functions={"api": {"architecture": BOTH}, "worker": {}}, layers={"base": {}, "more": {}})

    found = archives.named(version)

    assert [config.build_name for config in found] == expected


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("function", ["x86_64", "arm64"]),
        ("layer", ["layer-x86_64", "layer-arm64"]),
        ("arm64", ["arm64"]),
        ("layer-arm64", ["layer-arm64"]),
    ],
)
def test_without_tables_a_kind_means_all_architectures(read, version, expected):
    found = read(architecture=BOTH).named(version)

    assert [config.build_name for config in found] == expected


def test_the_option_versions_lists_names_that_can_mean_several_zips(read):
    tables = {"layers": {"base": {}}, "functions": {"api": {"architecture": BOTH}, "worker": {}}}

    assert read(**tables, versions=["api", "lock"]).default == ("api-x86_64", "api-arm64", "lock")
    assert read(versions=["layer"]).default == ("layer",)


def test_the_option_versions_names_what_there_is(problems):
    assert problems(versions=["function", "api", 3]) == [
        f"{T}.versions #2: unknown build name 'api'; choose from function, layer, lock [unknown-build-name]",
        f'{T}.versions #3: expected a string, found 3; write "3" [option-type]',
    ]


def test_a_handler_next_to_tables_of_layers_only_has_no_function(problems):
    assert problems(handler="shop.api.handler", layers={"base": {}}) == [
        (
            f"{T}.handler: a layer has no handler, and only layers are declared; move it to [{T}.functions.NAME] "
            "[misplaced-option]"
        )
    ]


def test_an_inherited_patch_level_counts_for_its_own_runtime_only(read):
    tables = {"functions": {"api": {}, "old": {"runtime": "python3.12"}}}

    archives = read(**tables, python_patch="3.13.4")

    assert [config.target.patch for config in archives.each] == [4, None]


@pytest.mark.parametrize(
    ("options", "version", "expected"),
    [
        ({}, "api", "choose from function, layer, lock"),
        (
            {"architecture": BOTH},
            "x86",
            "did you mean 'x86_64'? choose from arm64, function, layer, layer-arm64, layer-x86_64, lock, x86_64",
        ),
        (
            {"functions": {"api": {"architecture": BOTH}}},
            "layer",
            "choose from api, api-arm64, api-x86_64, function, lock",
        ),
    ],
)
def test_an_unknown_build_name_is_rejected_with_those_that_exist(read, options, version, expected):
    archives = read(**options)

    with pytest.raises(ConfigError) as caught:
        archives.named(version)

    assert str(caught.value) == f"error: -t lambda:{version}: unknown build name; {expected} [unknown-build-name]"


# What a table inherits


def test_a_table_inherits_options_and_overrides_them(read):
    archives = read(
        handler="shop.api.main",
        features=["data"],
        scripts=True,
        functions={"api": {}, "worker": {"handler": "shop.worker.main", "features": [], "architecture": "arm64"}},
    )

    api, worker = archives.each
    assert (api.handler, api.features, api.scripts, str(api.target)) == (
        *("shop.api.main", ("data",), True),
        "python3.13 on x86_64",
    )
    assert (worker.handler, worker.features, worker.scripts, str(worker.target)) == (
        *("shop.worker.main", (), True),
        "python3.13 on arm64",
    )


def test_a_layer_inherits_neither_handler_nor_project_files(read):
    (layer, function) = read(handler="shop.api.main", layers={"base": {}}, functions={"api": {}}).each

    assert (layer.handler, layer.project) == (None, False)
    assert (function.handler, function.project) == ("shop.api.main", True)


def test_a_layer_can_have_the_projects_files(read):
    (layer,) = read(layers={"base": {"project": True}}).each

    assert layer.project


def test_functions_inherit_the_paths_of_layers(read):
    api, worker = read(layers=["base.zip"], functions={"api": {}, "worker": {"layers": []}}).each

    assert (api.layers, worker.layers) == (("base.zip",), ())


def test_hatch_reads_its_own_options_from_the_table_and_what_it_inherits(read):
    archives = read(only_include=["shop"], exclude=["*.md"], functions={"api": {"only-include": ["shop/api.py"]}})

    table = archives.tables["api"]

    assert (table["only-include"], table["exclude"]) == (["shop/api.py"], ["*.md"])


def test_a_problem_is_reported_once_with_its_address(problems):
    lines = problems(
        scripts="no", handler="a:b", functions={"api": {}, "worker": {"scripts": 1}}, layers={"base": {}, "more": {}}
    )

    assert lines == [
        f"{T}.scripts: expected true or false, found 'no'; write scripts = false [option-type]",
        (
            f"{T}.handler: 'a:b' contains a colon, but Lambda separates names with dots; "
            "did you mean 'a.b'? [option-value]"
        ),
        f"{T}.functions.worker.scripts: expected true or false, found 1; write scripts = true [option-type]",
    ]


def test_an_option_that_every_table_overrides_is_not_checked(read):
    archives = read(architecture="sparc", functions={"api": {"architecture": "arm64"}})

    assert names(archives) == ["api"]


def test_addresses_are_those_of_the_table_that_contains_the_option(read):
    (api,) = read(features=["data"], functions={"api": {"constraints": ["c.txt"]}}).each

    assert (api.where("features"), api.where("constraints")) == (f"{T}.features", f"{T}.functions.api.constraints")
    assert (api.inherits("features"), api.inherits("constraints")) == (True, False)


def test_a_name_that_toml_quotes_is_quoted_in_addresses(problems):
    lines = problems(functions={"my api": {"scripts": 1}})

    assert lines == [
        f'{T}.functions."my api".scripts: expected true or false, found 1; write scripts = true [option-type]',
        f"{T}.functions.\"my api\": 'my api' can't be part of a file name; {RENAME}",
    ]


def test_unknown_options_are_reported_once_and_where_they_are(problems):
    lines = problems(arch=1, architecture=BOTH, functions={"api": {"timeout": 1}, "worker": {}})

    assert lines == [
        (
            f"{T}.functions.api.timeout: belongs to the function's configuration, not to the zip; "
            "set it with the tool that creates the function [misplaced-option]"
        ),
        f"{T}.arch: unknown option; did you mean 'architecture'? [unknown-option]",
    ]


def test_the_problems_of_each_table_have_a_heading(read):
    with pytest.raises(ConfigError) as caught:
        read(scripts=1, arch="x", functions={"api": {"manifest": 1, "timeout": 1}, "worker": {"memory": 1}})

    belongs = "belongs to the function's configuration, not to the zip; set it with the tool that creates the function"
    assert str(caught.value).splitlines() == [
        f"error: pyproject.toml [{T}] has 2 problems:",
        "  scripts: expected true or false, found 1; write scripts = true [option-type]",
        "  arch: unknown option; did you mean 'architecture'? [unknown-option]",
        f"error: pyproject.toml [{T}.functions.api] has 2 problems:",
        "  manifest: expected true or false, found 1; write manifest = true [option-type]",
        f"  timeout: {belongs} [misplaced-option]",
        f"error: {T}.functions.worker.memory: {belongs} [misplaced-option]",
    ]


def test_a_misspelled_option_is_reported_with_its_address(problems):
    lines = problems(functions={"api": {"handlr": "a.b"}, "worker": {}}, layers={"base": {"features_": []}})

    assert lines == [
        f"{T}.layers.base.features_: unknown option; did you mean 'features'? [unknown-option]",
        f"{T}.functions.api.handlr: unknown option; did you mean 'handler'? [unknown-option]",
    ]


# Targets


def test_a_runtime_on_its_way_out_warns_for_its_own_zips_only(read):
    old, new = read(runtime=["python3.10", "python3.13"]).named("function")

    assert list(map(str, old.warnings)) == [
        (
            f"{T}.runtime: python3.10 is deprecated since 2026-10-31, and AWS blocks new functions from 2027-02-01 and "
            "updates from 2027-03-03; use python3.14 [deprecated-runtime]"
        )
    ]
    assert new.warnings == ()


def test_a_patch_level_is_that_of_the_runtime_whose_python_it_names(read):
    older, newer = read(runtime=["python3.12", "python3.13"], python_patch="3.13.2").named("function")

    assert (older.target.python_full_version, newer.target.python_full_version) == ("3.12.9", "3.13.2")


def test_a_patch_level_of_none_of_the_runtimes_is_rejected(problems):
    assert problems(runtime=["python3.12", "python3.13"], python_patch="3.14.2") == [
        (
            f"{T}.python-patch: '3.14.2' isn't a full version of Python 3.12, which python3.12 runs; "
            "for example, write "
            'python-patch = "3.12.9" [option-value]'
        )
    ]


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"architecture": []}, "architecture: empty array; add an entry, or remove the option [option-value]"),
        ({"runtime": []}, "runtime: empty array; add an entry, or remove the option [option-value]"),
        (
            {"architecture": ["arm64", "arm64"]},
            "architecture #2: duplicate entry 'arm64'; remove it [duplicate-entry]",
        ),
        (
            {"runtime": ["python3.13", "python3.13"]},
            "runtime #2: duplicate entry 'python3.13'; remove it [duplicate-entry]",
        ),
        (
            {"architecture": ["x86_64", "aarch64"]},
            "architecture #2: unknown architecture 'aarch64'; did you mean 'arm64'? [unknown-architecture]",
        ),
        ({"architecture": [1]}, "architecture #1: expected a string, found 1; choose x86_64 or arm64 [option-type]"),
        (
            {"runtime": [3]},
            (
                "runtime #1: expected a string or a table, found 3; "
                "choose python3.14, python3.13, python3.12, or python3.11 [option-type]"
            ),
        ),
        (
            {"runtime": [{"name": "python3.16", "python": "3.16"}]},
            'runtime #1.glibc: not set; for example, write glibc = "2.34" [option-value]',
        ),
    ],
)
def test_arrays_of_targets_are_judged_item_by_item(problems, options, line):
    assert problems(**options) == [f"{T}.{line}"]


def test_a_runtime_that_requires_python_excludes_is_reported_once(problems):
    lines = problems(requires_python=">=3.13", functions={"api": {"runtime": "python3.12"}, "worker": {}})

    assert lines == [
        (
            "project.requires-python: '>=3.13' excludes python3.12 (Python 3.12.9); "
            "use python3.14 or python3.13, or widen requires-python [python-mismatch]"
        )
    ]


def test_variables_win_over_arrays_whose_zips_keep_their_kind_of_name(read):
    variables = {"HATCH_LAMBDA_ARCHITECTURE": "arm64", "HATCH_LAMBDA_RUNTIME": "python3.12"}

    archives = read(overrides=variables, runtime=["python3.13", "python3.14"], architecture=BOTH)

    assert archives.default == ("python3.12-arm64",)


def test_variables_win_over_every_table(read):
    archives = read(
        overrides={"HATCH_LAMBDA_ARCHITECTURE": "arm64"},
        layers={"base": {"architecture": "x86_64"}},
        functions={"api": {"layers": ["base"]}, "worker": {"architecture": BOTH, "layers": ["base"]}},
    )

    assert {config.build_name: str(config.target) for config in archives.each} == {
        "base": "python3.13 on arm64",
        "api": "python3.13 on arm64",
        "worker-arm64": "python3.13 on arm64",
    }


def test_a_wrong_variable_is_reported_once_for_all_tables(problems):
    lines = problems(overrides={"HATCH_LAMBDA_ARCHITECTURE": "arm"}, functions={"api": {}, "worker": {}})

    assert lines == [
        "HATCH_LAMBDA_ARCHITECTURE: unknown architecture 'arm'; did you mean 'arm64'? [unknown-architecture]"
    ]


# Names that cannot be


@pytest.mark.parametrize("name", ["function", "layer", "lock", "standard", "editable", "arm64", "x86_64", "python3.13"])
def test_a_name_that_means_something_else_is_rejected(problems, name):
    address = f'{T}.functions."{name}"' if "." in name else f"{T}.functions.{name}"

    assert problems(functions={name: {}}) == [
        f"{address}: -t lambda:{name} already has another meaning; rename the table [name-conflict]"
    ]


@pytest.mark.parametrize("name", ["", "a b", "a/b", "../a", "a.b", "é", "a:b", "{name}"])
def test_a_name_that_does_not_fit_into_a_file_name_is_rejected(problems, name):
    assert problems(layers={name: {}}) == [f'{T}.layers."{name}": {name!r} can\'t be part of a file name; {RENAME}']


@pytest.mark.parametrize("name", ["-a", "a-", "_a"])
def test_a_name_begins_and_ends_with_a_letter_or_digit(problems, name):
    assert problems(layers={name: {}}) == [f"{T}.layers.{name}: {name!r} can't be part of a file name; {RENAME}"]


def test_a_function_and_a_layer_cannot_have_one_name(problems):
    assert problems(functions={"base": {}}, layers={"base": {}}) == [
        f"{T}.functions.base: -t lambda:base would also mean {T}.layers.base; rename one of them [name-conflict]"
    ]


def test_names_that_differ_in_case_only_are_one_file_on_some_systems(problems):
    assert problems(functions={"api": {}, "API": {}}) == [
        f"{T}.functions.API: -t lambda:api would also mean {T}.functions.api; rename one of them [name-conflict]"
    ]


def test_a_table_cannot_be_called_like_one_architecture_of_another(problems):
    assert problems(functions={"api": {"architecture": BOTH}, "api-arm64": {}}) == [
        (
            f"{T}.functions.api-arm64: -t lambda:api-arm64 would also mean {T}.functions.api; "
            "rename one of them [name-conflict]"
        )
    ]


# Tables that cannot be


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (
            {"functions": 3},
            f"functions: expected a table, found 3; declare each as [{T}.functions.NAME] [option-type]",
        ),
        (
            {"functions": ["api"]},
            f"functions: expected a table, found ['api']; declare each as [{T}.functions.NAME] [option-type]",
        ),
        (
            {"functions": {"api": 3}},
            f"functions.api: expected a table, found 3; declare it as [{T}.functions.api] [option-type]",
        ),
        (
            {"layers": {"base": []}},
            f"layers.base: expected a table, found []; declare it as [{T}.layers.base] [option-type]",
        ),
        ({"layers": 3}, "layers: expected an array of strings, found 3; write strings in brackets [option-type]"),
        (
            {"functions": {"api": {"layers": {"x": {}}}}},
            (
                "functions.api.layers: expected an array of strings, found {'x': {}}; "
                "write strings in brackets [option-type]"
            ),
        ),
        (
            {"layers": {"base": {"layers": {"x": {}}}}},
            (
                "layers.base.layers: expected an array of strings, found {'x': {}}; "
                "write strings in brackets [option-type]"
            ),
        ),
        (
            {"layers": {"base": {"project": 1}}},
            "layers.base.project: expected true or false, found 1; write project = true [option-type]",
        ),
    ],
)
def test_an_invalid_table_of_a_zip_is_rejected(problems, options, line):
    assert problems(**options) == [f"{T}.{line}"]


@pytest.mark.parametrize("option", sorted({*HATCH_KEYS - FILE_KEYS, "functions"}))
@pytest.mark.parametrize("kind", ["functions", "layers"])
def test_an_option_that_counts_for_all_zips_is_rejected_in_a_table(problems, kind, option):
    lines = problems(**{kind: {"one": {option: ["x"]}}})

    assert lines == [f"{T}.{kind}.one.{option}: applies to all zips; move it to [{T}] [misplaced-option]"]


@pytest.mark.parametrize("option", sorted(FILE_KEYS))
def test_options_that_select_files_are_accepted_in_a_table(read, option):
    (config,) = read(functions={"api": {option: object()}}).each

    assert config.warnings == ()


def test_a_layer_has_no_handler_and_a_function_always_the_project(problems):
    assert problems(functions={"api": {"project": False}}, layers={"base": {"handler": "a.b"}}) == [
        (
            f"{T}.layers.base.handler: a layer has no handler; move it to the functions that use the layer "
            "[misplaced-option]"
        ),
        (
            f"{T}.functions.api.project: a function always includes the project's files; "
            "remove it, or move it to a layer "
            "[misplaced-option]"
        ),
    ]


# Layers of zips


def layers(archives: Archives, version: str) -> list[str]:
    """Return the layers of a zip, by version or path."""
    (config,) = archives.named(version)
    return [found if isinstance(found, str) else found.build_name for found in archives.layers(config)]


def test_layers_are_those_that_are_named_and_before_each_those_that_it_needs(read):
    archives = read(
        layers={"base": {}, "data": {"layers": ["base", "other.zip"]}, "more": {"layers": ["base"]}},
        functions={"api": {"layers": ["more", "data"]}},
    )

    assert layers(archives, "api") == ["base", "more", "other.zip", "data"]


def test_of_a_layer_with_several_targets_a_function_gets_its_own(read):
    archives = read(
        architecture=BOTH,
        layers={"base": {}},
        functions={"api": {"layers": ["base"]}, "one": {"architecture": "arm64"}},
    )

    assert layers(archives, "api-arm64") == ["base-arm64"]
    assert layers(archives, "api-x86_64") == ["base-x86_64"]


def test_a_layer_that_does_not_exist_is_rejected_with_what_to_declare(problems):
    lines = problems(layers={"base": {}, "more": {}}, functions={"api": {"layers": ["bas", "zzz"]}})

    assert lines == [
        f"{T}.functions.api.layers #1: unknown layer 'bas'; did you mean 'base'? choose base or more [unknown-layer]",
        (
            f"{T}.functions.api.layers #2: unknown layer 'zzz'; declare it as [{T}.layers.zzz], "
            "or write the path of a zip [unknown-layer]"
        ),
    ]


def test_a_layer_that_is_named_twice_is_rejected(problems):
    assert problems(layers={"base": {}}, functions={"api": {"layers": ["base", "base"]}}) == [
        f"{T}.functions.api.layers #2: duplicate entry 'base'; remove it [duplicate-entry]"
    ]


@pytest.mark.parametrize("tables", [{}, {"functions": {"api": {}}}])
def test_a_layer_in_the_separate_table_cannot_be_declared_next_to_the_array(problems, tables):
    assert problems(layers=["base"], **tables) == [
        (
            f"{T}.layers #1: unknown layer 'base'; declare it as [{T}.layers.base], and move layers to "
            f"[{T}.functions.NAME], or write the path of a zip [unknown-layer]"
        )
    ]


def test_a_function_zip_is_not_a_layer(problems):
    functions = {"api": {}, "worker": {"layers": ["api"]}}

    assert problems(functions=functions) == [
        (
            f"{T}.functions.worker.layers #1: 'api' is a function, not a layer; declare it as [{T}.layers.api], "
            "or write the path of a zip [unknown-layer]"
        )
    ]
    assert problems(functions=functions, layers={"base": {}}) == [
        f"{T}.functions.worker.layers #1: 'api' is a function, not a layer; choose base [unknown-layer]"
    ]


@pytest.mark.parametrize("path", ["base.zip", "dist/base.zip", "dist/base", "..\\base"])
def test_a_path_is_not_read_before_it_is_needed(read, path):
    (api,) = read(functions={"api": {"layers": [path]}}).each

    assert api.layers == (path,)


def test_a_layer_for_another_architecture_is_rejected(problems):
    lines = problems(layers={"base": {"architecture": "arm64"}}, functions={"api": {"layers": ["base"]}})

    assert lines == [
        (
            f"{T}.functions.api.layers #1: layer 'base' is for python3.13 on arm64, not for python3.13 on x86_64; "
            f"list its runtimes and architectures in [{T}.layers.base] [layer-mismatch]"
        )
    ]


def test_a_layer_for_other_runtimes_is_rejected(problems):
    lines = problems(
        layers={"base": {"runtime": ["python3.11", "python3.12"]}}, functions={"api": {"layers": ["base"]}}
    )

    assert lines == [
        (
            f"{T}.functions.api.layers #1: layer 'base' is for python3.11 on x86_64 and python3.12 on x86_64, "
            "not for python3.13 on x86_64; "
            f"list its runtimes and architectures in [{T}.layers.base] [layer-mismatch]"
        )
    ]


def test_a_patch_level_makes_no_layer_for_another_runtime(read):
    archives = read(layers={"base": {"python-patch": "3.13.1"}}, functions={"api": {"layers": ["base"]}})

    assert layers(archives, "api") == ["base"]


FIVE: dict[str, dict[str, Any]] = {name: {} for name in "abcde"}


def test_five_layers_are_fine(read):
    archives = read(layers=FIVE, functions={"api": {"layers": [*FIVE]}})

    assert layers(archives, "api") == ["a", "b", "c", "d", "e"]


def test_six_layers_are_too_many(problems):
    lines = problems(layers={**FIVE, "f": {}}, functions={"api": {"layers": ["f", *FIVE]}})

    assert lines == [
        (
            f"{T}.functions.api.layers: 6 layers, including those that layers need (f, a, b, c, d, e), exceed "
            "Lambda's limit of 5; "
            "merge some of them [too-many-layers]"
        )
    ]


def test_layers_that_layers_need_count(problems):
    lines = problems(
        layers={**FIVE, "d": {"layers": ["e", "zip.zip"]}}, functions={"api": {"layers": ["a", "b", "c", "d"]}}
    )

    assert lines == [
        (
            f"{T}.functions.api.layers: 6 layers, including those that layers need (a, b, c, d, e, zip.zip), "
            "exceed Lambda's limit of 5; "
            "merge some of them [too-many-layers]"
        )
    ]


def test_layers_in_a_cycle_are_reported_once(problems):
    tables = {"a": {"layers": ["b"]}, "b": {"layers": ["c"]}, "c": {"layers": ["b"]}}

    assert problems(layers=tables, functions={"api": {"layers": ["a"]}}) == [
        f"{T}.layers.b.layers: b and c need each other; remove one of the entries [layer-cycle]"
    ]


def test_a_layer_that_needs_itself_is_reported(problems):
    assert problems(architecture=BOTH, layers={"a": {"layers": ["a"]}}) == [
        f"{T}.layers.a.layers: a needs itself; remove one of the entries [layer-cycle]"
    ]


def test_all_errors_of_all_tables_are_reported_together(problems):
    lines = problems(
        arch="red",
        runtme="x",
        layers={"base": {"handler": "a.b", "layers": ["base"]}, "lock": {}},
        functions={"base": {}, "api": {"layers": ["bas"], "architecture": "sparc"}},
    )

    assert lines == [
        (
            f"{T}.layers.base.handler: a layer has no handler; move it to the functions that use the layer "
            "[misplaced-option]"
        ),
        f"{T}.functions.api.architecture: unknown architecture 'sparc'; choose x86_64 or arm64 [unknown-architecture]",
        f"{T}.arch: unknown option; did you mean 'architecture'? [unknown-option]",
        f"{T}.runtme: unknown option; did you mean 'runtime'? [unknown-option]",
        f"{T}.layers.lock: -t lambda:lock already has another meaning; rename the table [name-conflict]",
        f"{T}.functions.base: -t lambda:base would also mean {T}.layers.base; rename one of them [name-conflict]",
        f"{T}.layers.base.layers: base needs itself; remove one of the entries [layer-cycle]",
        f"{T}.functions.api.layers #1: unknown layer 'bas'; did you mean 'base'? choose base or lock [unknown-layer]",
    ]


# What is resolved together


def test_zips_of_one_target_and_the_same_pins_are_resolved_together(read):
    archives = read(
        layers={"base": {}, "arm": {"architecture": "arm64"}},
        functions={"api": {"features": ["x"]}, "held": {"constraints": ["c.txt"]}, "uv": {"resolver": "uv"}},
    )

    together = {config.build_name: [other.build_name for other in archives.sharing(config)] for config in archives.each}

    assert together == {
        "base": ["base", "api"],
        "arm": ["arm"],
        "api": ["base", "api"],
        "held": ["held"],
        "uv": ["uv"],
    }


# The other table


OWN = "tool.hatch-lambda"


def read_own(**options: Any) -> Archives:
    """Return the zips of a table for projects that don't use Hatch."""
    values = {"runtime": "python3.13", **options}
    return read_archives(values, requires_python=SpecifierSet(), overrides={}, address=OWN, host_keys=OUTPUT_KEYS)


def test_the_other_table_has_the_same_options_at_its_own_address():
    archives = read_own(directory="build", functions={"api": {"lock": "pylock.toml"}}, features=["data"])

    (api,) = archives.each
    assert [api.where(option) for option in ("lock", "features")] == [f"{OWN}.functions.api.lock", f"{OWN}.features"]
    assert (api.table, api.inherits("features"), api.inherits("lock")) == (OWN, True, False)


def test_in_the_other_table_options_of_hatch_do_not_apply():
    selecting = (
        "doesn't apply here, because the build backend selects the files; select them in the backend's own table, or "
        "use exclude-files [misplaced-option]"
    )

    with pytest.raises(ConfigError) as caught:
        read_own(
            packages=["src/shop"],
            hooks={},
            project=True,
            layers={"base": {"include": ["shop"], "layers": ["bas"], "directory": "x"}},
        )

    assert list(caught.value.problems) == [
        f"{OWN}.layers.base.directory: applies to all zips; move it to [{OWN}] [misplaced-option]",
        f"{OWN}.layers.base.include: {selecting}",
        f"{OWN}.packages: {selecting}",
        f"{OWN}.hooks: doesn't apply here, because only Hatch has this option; remove it [misplaced-option]",
        f"{OWN}.project: is an option of layers only; move it to [{OWN}.layers.NAME] [misplaced-option]",
        f"{OWN}.layers.base.layers #1: unknown layer 'bas'; did you mean 'base'? [unknown-layer]",
    ]
