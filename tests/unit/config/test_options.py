"""The option grid: default, value, wrong type, wrong content, unknown, misspelt, and everything together."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from packaging.specifiers import SpecifierSet

from hatch_lambda.config.options import DEFAULT_FILENAME, HATCH_KEYS, MAX_UNZIPPED, LambdaConfig
from hatch_lambda.config.table import Table
from hatch_lambda.errors import ConfigError
from hatch_lambda.runtime.runtimes import Runtime, System
from hatch_lambda.runtime.target import Target
from tests.support.samples import read_config, target

T = "tool.hatch.build.targets.lambda"
RUNTIMES = "python3.9, python3.10, python3.11, python3.12, python3.13, python3.14, python3.15"
NEWER = 'a newer one can be given as { name = "python3.16", python = "3.16", glibc = "2.34" }'
FIELDS = "{name}, {version}, {archive}, {runtime}, {architecture}"


def read(requires_python: str = "", overrides: dict[str, str] | None = None, **options: Any) -> LambdaConfig:
    """Read a table with these options (``_`` for ``-``) and, unless they say otherwise, a runtime."""
    values = {"runtime": "python3.13", **{name.replace("_", "-"): value for name, value in options.items()}}
    given = {name: value for name, value in values.items() if value is not None}
    return read_config(given, requires_python=SpecifierSet(requires_python), overrides=overrides or {})


def problems(**options: Any) -> list[str]:
    """Return the lines of the message that reading a table with these options ends in."""
    with pytest.raises(ConfigError) as caught:
        read(**options)
    return str(caught.value).splitlines()


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
        ("collisions", {"jwt/**": "PyJWT", "a": "b"}, {"jwt/**": "pyjwt", "a": "b"}),
        ("scripts", True, True),
        ("scripts", False, False),
        ("filename", "function.zip", "function.zip"),
        ("filename", "{runtime}{architecture}{name}{version}.zip", "{runtime}{architecture}{name}{version}.zip"),
        ("filename", "{{x}}.zip", "{{x}}.zip"),
        ("max_size", 1, 1),
        ("max_size", 10**12, 10**12),
    ],
)
def test_an_option_is_read(option, value, expected):
    config = read(**{option: value})

    assert config == replace(read(), **{option: expected})


@pytest.mark.parametrize(
    ("option", "value", "line"),
    [
        ("runtime", 3.13, 'runtime: expected a string such as "python3.13", or a table; found 3.13'),
        (
            "runtime",
            ["python3.13", 3],
            'runtime[2]: expected a string such as "python3.13", or a table; found 3',
        ),
        ("architecture", 64, "architecture: expected x86_64 or arm64; found 64"),
        ("architecture", [], "architecture: expected at least one; found []"),
        ("architecture", ["arm64", "arm64"], "architecture[2]: named twice; found 'arm64'"),
        (
            "architecture",
            ["arm64", "arm"],
            "architecture[2]: expected x86_64 or arm64; found 'arm'; did you mean 'arm64'?",
        ),
        ("python_patch", 3.13, "python-patch: expected a string; found 3.13"),
        ("handler", ["a.b"], "handler: expected a string; found ['a.b']"),
        ("features", "data", "features: expected an array of strings; found 'data'"),
        ("features", ["data", 3], "features[2]: expected a string; found 3"),
        ("dependency_groups", {"a": 1}, "dependency-groups: expected an array of strings; found {'a': 1}"),
        (
            "dependency_groups",
            [{"include-group": "x"}],
            "dependency-groups[1]: expected a string; found {'include-group': 'x'}",
        ),
        ("constraints", "c.txt", "constraints: expected an array of strings; found 'c.txt'"),
        ("constraints", [False], "constraints[1]: expected a string; found False"),
        ("exclude_packages", "boto3", "exclude-packages: expected an array of strings; found 'boto3'"),
        ("exclude_packages", [1], "exclude-packages[1]: expected a string; found 1"),
        ("exclude_files", True, "exclude-files: expected an array of strings; found True"),
        ("exclude_files", [None], "exclude-files[1]: expected a string; found None"),
        ("collisions", ["a"], 'collisions: expected a table such as { "jwt/**" = "pyjwt" }; found [\'a\']'),
        ("collisions", {"a": 1}, "collisions.a: expected the name of a distribution; found 1"),
        ("scripts", "yes", "scripts: expected true or false; found 'yes'"),
        ("scripts", 1, "scripts: expected true or false; found 1"),
        ("filename", 7, "filename: expected a string; found 7"),
        ("max_size", "250", "max-size: expected a whole number above 0; found '250'"),
        ("max_size", 2.5, "max-size: expected a whole number above 0; found 2.5"),
        ("max_size", True, "max-size: expected a whole number above 0; found True"),
    ],
)
def test_a_value_of_a_wrong_type_is_refused(option, value, line):
    assert problems(**{option: value}) == [f"{T}.{line}"]


@pytest.mark.parametrize(
    ("option", "value", "line"),
    [
        ("runtime", "python312", f"runtime: expected one of {RUNTIMES}; found 'python312'; did you mean 'python3.12'?"),
        ("runtime", "python39", f"runtime: expected one of {RUNTIMES}; found 'python39'; did you mean 'python3.9'?"),
        ("runtime", "pyhton3.9", f"runtime: expected one of {RUNTIMES}; found 'pyhton3.9'; did you mean 'python3.9'?"),
        ("runtime", "python", f"runtime: expected one of {RUNTIMES}; found 'python'; did you mean 'python3.14'?"),
        *(
            (
                "runtime",
                found,
                f"runtime: {found!r} has reached end of life; use 'python3.14', or describe the runtime in a table",
            )
            for found in ("python3.8", "3.7", "python2.7")
        ),
        ("runtime", "3.12", f"runtime: expected one of {RUNTIMES}; found '3.12'; did you mean 'python3.12'?"),
        ("runtime", "nodejs22.x", f"runtime: expected one of {RUNTIMES}; found 'nodejs22.x'; {NEWER}"),
        ("architecture", "aarch64", "architecture: expected x86_64 or arm64; found 'aarch64'; did you mean 'arm64'?"),
        ("architecture", "arm", "architecture: expected x86_64 or arm64; found 'arm'; did you mean 'arm64'?"),
        ("architecture", "AMD64", "architecture: expected x86_64 or arm64; found 'AMD64'; did you mean 'x86_64'?"),
        ("architecture", "x86-64", "architecture: expected x86_64 or arm64; found 'x86-64'; did you mean 'x86_64'?"),
        ("architecture", "x64", "architecture: expected x86_64 or arm64; found 'x64'; did you mean 'x86_64'?"),
        ("architecture", "ARM64", "architecture: expected x86_64 or arm64; found 'ARM64'; did you mean 'arm64'?"),
        ("architecture", "riscv64", "architecture: expected x86_64 or arm64; found 'riscv64'"),
        ("architecture", "", "architecture: expected x86_64 or arm64; found ''"),
        ("python_patch", "", "python-patch: expected a string that is not empty"),
        (
            "python_patch",
            "3.13",
            "python-patch: expected a full version of python3.13, such as \"3.13.11\"; found '3.13'",
        ),
        (
            "python_patch",
            "3.12.1",
            "python-patch: expected a full version of python3.13, such as \"3.13.11\"; found '3.12.1'",
        ),
        (
            "python_patch",
            "3x13.1",
            "python-patch: expected a full version of python3.13, such as \"3.13.11\"; found '3x13.1'",
        ),
        ("handler", "  ", "handler: expected a string that is not empty"),
        ("handler", "a" * 129, "handler: expected at most 128 characters; found 129"),
        ("handler", "a .b", "handler: expected a name without spaces; found 'a .b'"),
        (
            "handler",
            "shop.api:main",
            "handler: expected AWS's notation with dots only; found 'shop.api:main'; did you mean 'shop.api.main'?",
        ),
        ("features", [""], "features[1]: expected a string that is not empty"),
        ("exclude_packages", ["a b"], "exclude-packages[1]: expected the name of a distribution; found 'a b'"),
        (
            "exclude_packages",
            ["idna", "boto3>=1"],
            "exclude-packages[2]: expected a name alone; found 'boto3>=1'; did you mean 'boto3'?",
        ),
        ("exclude_packages", ["a[x]"], "exclude-packages[1]: expected a name alone; found 'a[x]'; did you mean 'a'?"),
        (
            "exclude_packages",
            ["a; os_name == 'nt'"],
            "exclude-packages[1]: expected a name alone; found \"a; os_name == 'nt'\"; did you mean 'a'?",
        ),
        (
            "exclude_packages",
            ["a @ https://host/a.whl"],
            "exclude-packages[1]: expected a name alone; found 'a @ https://host/a.whl'; did you mean 'a'?",
        ),
        ("collisions", {"jwt/**": "a b"}, "collisions.\"jwt/**\": expected the name of a distribution; found 'a b'"),
        (
            "filename",
            "{nome}.zip",
            f"filename: expected a file name with {FIELDS}; found '{{nome}}'",
        ),
        ("filename", "{name!r}.zip", f"filename: expected a file name with {FIELDS}; found '{{name!r}}'"),
        ("filename", "{name:>10}.zip", f"filename: expected a file name with {FIELDS}; found '{{name:>10}}'"),
        ("filename", "{name!s:x}.zip", f"filename: expected a file name with {FIELDS}; found '{{name!s:x}}'"),
        ("filename", "{}.zip", f"filename: expected a file name with {FIELDS}; found '{{}}'"),
        (
            "filename",
            "{name.zip",
            f"filename: expected a file name with {FIELDS}; found '{{name.zip' (expected '}}' before end of string)",
        ),
        ("filename", "{name}.tar", "filename: expected a file name that ends in .zip; found '{name}.tar'"),
        (
            "filename",
            "out/{name}.zip",
            "filename: expected a file name without folders; found 'out/{name}.zip'; set directory for the folder",
        ),
        (
            "filename",
            "..zip",
            "filename: expected a file name without folders; found '..zip'; set directory for the folder",
        ),
        ("max_size", 0, "max-size: expected a whole number above 0; found 0"),
        ("max_size", -1, "max-size: expected a whole number above 0; found -1"),
    ],
)
def test_a_value_with_a_wrong_content_is_refused(option, value, line):
    assert problems(**{option: value}) == [f"{T}.{line}"]


@pytest.mark.parametrize("pattern", ["!", "\\", "a\\"])
def test_a_pattern_that_git_would_not_understand_is_refused(pattern):
    lines = problems(exclude_files=["*.txt", pattern], collisions={pattern: "a"})

    what = f"expected a pattern as in .gitignore; found {pattern!r} (Invalid git pattern: {pattern!r})"
    assert lines == [f"{T}.exclude-files[2]: {what}", f'{T}.collisions."{pattern}": {what}']


@pytest.mark.parametrize("name", ["python3.16", "3.16"])
def test_a_runtime_newer_than_the_table_is_no_misspelling(name):
    lines = problems(runtime=name)

    assert lines == [f"{T}.runtime: expected one of {RUNTIMES}; found {name!r}; {NEWER}"]


def test_the_way_to_a_newer_runtime_names_the_runtime_that_was_asked_for():
    lines = problems(runtime="python3.17")

    newer = NEWER.replace("3.16", "3.17")
    assert lines == [f"{T}.runtime: expected one of {RUNTIMES}; found 'python3.17'; {newer}"]


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
    ],
)
def test_a_misspelt_option_is_refused_with_the_one_that_was_meant(option, meant):
    with pytest.raises(ConfigError) as caught:
        read_config({"runtime": "python3.13", option: []}, requires_python=SpecifierSet(), overrides={})

    assert str(caught.value) == f"{T}.{option}: unknown option; did you mean {meant}?"


def test_an_unknown_option_that_resembles_none_is_ignored_with_a_warning():
    config = read(colour="red", zzz=1)

    assert config.warnings == (
        f"{T}.colour is not an option of this target; it is ignored.",
        f"{T}.zzz is not an option of this target; it is ignored.",
    )


def test_options_that_hatch_reads_are_let_pass():
    options: dict[str, Any] = {key.replace("-", "_"): object() for key in HATCH_KEYS - {"versions"}}

    config = read(**options)

    assert config == read()


def test_all_problems_are_told_at_once():
    lines = problems(
        runtime="python2.7",
        architecture="sparc",
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

    assert lines == [
        f"{T}.runtime: 'python2.7' has reached end of life; use 'python3.14', or describe the runtime in a table",
        f"{T}.architecture: expected x86_64 or arm64; found 'sparc'",
        f"{T}.handler: expected AWS's notation with dots only; found 'a:b'; did you mean 'a.b'?",
        f"{T}.features[1]: expected a string; found 1",
        f"{T}.features[2]: expected a string that is not empty",
        f"{T}.exclude-packages[1]: expected the name of a distribution; found 'a=='",
        f"{T}.collisions.a: expected the name of a distribution; found 1",
        f"{T}.collisions.\"b/*\": expected the name of a distribution; found 'c d'",
        f"{T}.scripts: expected true or false; found 'no'",
        f"{T}.filename: expected a file name that ends in .zip; found 'x'",
        f"{T}.max-size: expected a whole number above 0; found 0",
        f"{T}.runtme: unknown option; did you mean runtime?",
    ]


def test_a_table_tells_its_problems_under_its_own_address():
    table = Table("tool.other", {"a": 1}, host_keys=())
    table.text("a", check=lambda _: None)

    with pytest.raises(ConfigError) as caught:
        table.finish()

    assert str(caught.value) == "tool.other.a: expected a string; found 1"


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
            "missing; nothing tells which; set it to one of python3.11, python3.12, python3.13, python3.14",
        ),
        (
            ">=3.12",
            (
                "missing; project.requires-python '>=3.12' fits 3 of the supported runtimes; set it to one of "
                "python3.12, python3.13, python3.14"
            ),
        ),
        (
            ">=3.20",
            (
                "missing; project.requires-python '>=3.20' fits none of the supported runtimes; set it to one of "
                "python3.11, python3.12, python3.13, python3.14"
            ),
        ),
        (
            "==3.10.*",
            (
                "missing; project.requires-python '==3.10.*' fits none of the supported runtimes; set it to one of "
                "python3.11, python3.12, python3.13, python3.14"
            ),
        ),
    ],
)
def test_a_runtime_is_asked_for_where_requires_python_does_not_tell_which(requires_python, line):
    assert problems(requires_python=requires_python, runtime=None) == [f"{T}.runtime: {line}"]


def test_a_runtime_that_requires_python_excludes_is_refused():
    assert problems(requires_python="<3.13") == [
        (
            "project.requires-python: '<3.13' excludes python3.13, whose Python is 3.13.11; choose another runtime "
            f"in {T}.runtime, widen requires-python, or name the runtime's patch level in python-patch"
        )
    ]


def test_a_patch_level_can_make_a_runtime_fit_requires_python():
    config = read(">=3.13.12", python_patch="3.13.12")

    assert config.target == target("python3.13", patch=12)


def test_a_patch_level_can_make_a_runtime_unfit_for_requires_python():
    assert problems(requires_python=">=3.13.5", python_patch="3.13.4") == [
        (
            "project.requires-python: '>=3.13.5' excludes python3.13, whose Python is 3.13.4; choose another runtime "
            f"in {T}.runtime, widen requires-python, or name the runtime's patch level in python-patch"
        )
    ]


def test_patch_level_zero_is_a_patch_level():
    config = read(python_patch="3.13.0")

    assert config.target.python_full_version == "3.13.0"


@pytest.mark.parametrize("name", ["python3.10", "python3.15"])
def test_a_runtime_on_its_way_in_or_out_warns(name):
    config = read(runtime=name)

    assert config.warnings == (target(name).runtime.warning,)


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
                'name: expected AWS\'s identifier, such as "python3.16"; found None',
                'python: expected a version such as "3.16"; found None',
                'glibc: expected a version such as "2.34"; found None',
            ],
        ),
        (
            {"name": "python 3", "python": "3.16.1", "glibc": 2.34, "libc": "x"},
            [
                "libc: unknown option; expected name, python, glibc",
                "name: expected AWS's identifier, such as \"python3.16\"; found 'python 3'",
                "python: expected a version such as \"3.16\"; found '3.16.1'",
                'glibc: expected a version such as "2.34"; found 2.34',
            ],
        ),
        (
            {"name": "custom", "python": "2.7", "glibc": "3.0"},
            [
                "python: expected a version such as \"3.16\"; found '2.7'",
                "glibc: expected a version such as \"2.34\"; found '3.0'",
            ],
        ),
        (
            {"name": "custom", "python": "3.16", "glibc": "2.5"},
            ["glibc: expected a version such as \"2.34\"; found '2.5'"],
        ),
        (
            {"name": 1, "python": "3.16", "glibc": "2.34"},
            ['name: expected AWS\'s identifier, such as "python3.16"; found 1'],
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


def test_a_variable_heals_what_is_wrong_in_the_table():
    overrides = {"HATCH_LAMBDA_RUNTIME": "python3.12", "HATCH_LAMBDA_ARCHITECTURE": "arm64"}

    config = read(overrides=overrides, runtime=None, architecture="sparc")

    assert config.target == target("python3.12", "arm64")


def test_an_empty_variable_is_none():
    config = read(overrides={"HATCH_LAMBDA_RUNTIME": "", "HATCH_LAMBDA_ARCHITECTURE": ""}, architecture="arm64")

    assert config.target == target("python3.13", "arm64")


def test_wrong_variables_are_told_by_their_own_names():
    lines = problems(overrides={"HATCH_LAMBDA_RUNTIME": "python-3.12", "HATCH_LAMBDA_ARCHITECTURE": "amd64"})

    assert lines == [
        f"HATCH_LAMBDA_RUNTIME: expected one of {RUNTIMES}; found 'python-3.12'; did you mean 'python3.12'?",
        "HATCH_LAMBDA_ARCHITECTURE: expected x86_64 or arm64; found 'amd64'; did you mean 'x86_64'?",
    ]


def test_the_patch_level_of_the_tables_runtime_does_not_hold_for_the_variables_runtime():
    lines = problems(overrides={"HATCH_LAMBDA_RUNTIME": "python3.12"}, python_patch="3.13.2")

    assert lines == [
        f"{T}.python-patch: expected a full version of python3.12, such as \"3.12.9\"; found '3.13.2'",
    ]


def test_constants_that_the_manual_states():
    assert (MAX_UNZIPPED, DEFAULT_FILENAME) == (
        262_143_999,
        "{name}-{version}-lambda-{runtime}-{architecture}.zip",
    )
