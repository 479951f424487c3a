"""Complete messages, exit codes, and that a failed build keeps the existing zip."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import zips

NAME = "shop-0.1.0-lambda-python3.13-x86_64.zip"
TABLE = "tool.hatch.build.targets.lambda"
SUMMARY = f"""\
dist/{NAME}
  python3.13 on x86_64
  N zipped, N unzipped (0.0% of 250 MiB)
"""
"""What a build of the project prints, without its sizes, which depend on the host's zlib."""


def without_sizes(text: str) -> str:
    """Return the output of a build with ``N`` in place of each size below 0.1 MiB."""
    return re.sub(r"\b[\d.]+ (?:bytes|KiB)", "N", text)


PREVIEW = (
    "HATCH_LAMBDA_RUNTIME: python3.15 is a preview that AWS doesn't support in production; use python3.14 "
    "[preview-runtime]"
)


@pytest.fixture
def older(project):
    """An existing zip with the name of the project's."""
    return project.write(f"dist/{NAME}", "older")


def test_the_summary_has_target_sizes_and_the_largest_packages(index, project):
    index.add("lib", files={"lib/model.bin": random.Random(1).randbytes(3 << 20)})
    index.add("small")
    project.configure('handler = "shop.api.handler"', dependencies=["lib", "small"])

    built = project.build()

    assert (built.code, without_sizes(built.output)) == (
        0,
        (
            f"dist/{NAME}\n"
            "  python3.13 on x86_64, handler shop.api.handler\n"
            "  2 packages, 3.0 MiB zipped, 3.0 MiB unzipped (1.2% of 250 MiB)\n"
            "  largest: lib 1.0 (3.0 MiB), shop 0.1.0 (N), small 1.0 (N)\n"
        ),
    )


def test_one_package_is_not_called_packages(index, project):
    index.add("lib")
    project.configure(dependencies=["lib"])

    built = project.build()

    assert without_sizes(built.output) == (
        f"dist/{NAME}\n"
        "  python3.13 on x86_64\n"
        "  1 package, N zipped, N unzipped (0.0% of 250 MiB)\n"
        "  largest: shop 0.1.0 (N), lib 1.0 (N)\n"
    )


@pytest.mark.parametrize(("quiet", "output"), [("1", f"dist/{NAME}\n"), ("2", "")])
def test_a_quiet_build_prints_only_the_path_of_the_zip_and_a_quieter_one_nothing(project, quiet, output):
    built = project.build(HATCH_QUIET=quiet)

    assert (built.code, built.output, built.archive.name) == (0, output, NAME)


def test_a_quiet_build_into_another_directory_prints_the_whole_path(project, tmp_path):
    built = project.build("-d", str(tmp_path / "out"), HATCH_QUIET="1")

    assert (built.code, built.output) == (0, f"{tmp_path}/out/{NAME}\n")


def test_a_quiet_build_still_warns(project):
    built = project.build(HATCH_QUIET="1", HATCH_LAMBDA_RUNTIME="python3.15")

    name = NAME.replace("python3.13", "python3.15")
    assert built.output == f"dist/{name}\nwarning: {PREVIEW}\n"


def test_a_verbose_build_prints_the_seconds_of_each_step(project):
    built = project.build(HATCH_VERBOSE="1")

    assert without_sizes(re.sub(r"\d+\.\d\d s\n", "N s\n", built.output)) == (
        "Building `lambda` version `function`\n"
        "  resolve: N s\n  fetch: N s\n  validate: N s\n  plan: N s\n  check: N s\n  write: N s\n" + SUMMARY
    )


@pytest.mark.parametrize(
    ("options", "warning"),
    [
        (
            'exclude-files = ["docs/", "*.md"]',
            (
                f"{TABLE}.exclude-files: no file matches 'docs/'; remove the entry [unused-exclusion]\n"
                f"warning: {TABLE}.exclude-files: no file matches '*.md'; remove the entry [unused-exclusion]"
            ),
        ),
        (
            'exclude-packages = ["boto3"]',
            f"{TABLE}.exclude-packages: nothing requires 'boto3'; remove the entry [unused-exclusion]",
        ),
    ],
)
def test_an_option_without_effect_is_a_warning(project, options, warning):
    project.configure(options)

    built = project.build()

    assert (built.code, without_sizes(built.output)) == (0, f"{SUMMARY}warning: {warning}\n")


@pytest.mark.parametrize(
    ("runtime", "warning"),
    [
        (
            "python3.9",
            (
                "HATCH_LAMBDA_RUNTIME: python3.9 is deprecated since 2025-12-15, and AWS blocks new functions from "
                "2027-02-01 and updates from 2027-03-03; use python3.14 [deprecated-runtime]"
            ),
        ),
        ("python3.15", PREVIEW),
    ],
)
def test_a_runtime_on_its_way_in_or_out_is_a_warning(project, runtime, warning):
    built = project.build(HATCH_LAMBDA_RUNTIME=runtime)

    assert (built.code, without_sizes(built.output)) == (
        0,
        SUMMARY.replace("python3.13", runtime) + f"warning: {warning}\n",
    )


def test_a_zip_that_only_s3_can_take_is_a_warning(project):
    project.write("shop/model.bin").write_bytes(random.Random(1).randbytes(51 << 20))

    built = project.build()

    assert (built.code, built.output) == (
        0,
        (
            f"dist/{NAME}\n"
            "  python3.13 on x86_64\n"
            "  51.0 MiB zipped, 51.0 MiB unzipped (20.4% of 250 MiB)\n"
            f"warning: {NAME}: 51.0 MiB zipped exceeds the 50 MiB that Lambda accepts directly; deploy it from S3 "
            "with --s3-bucket BUCKET [large-zip]\n"
        ),
    )


ALL_WRONG = """
handler = 3
features = "x"
dependency-groups = [1]
constraints = 3
exclude-packages = ["a==1", 3]
exclude-files = [""]
collisions = 3
scripts = "yes"
filename = "a/b.zip"
max-size = -1
architecture = "aarch64"
python-patch = "3.12.1"
runtme = "x"
exclude_files = []
"""


def test_all_errors_of_the_table_are_reported_together(project, older):
    project.configure(ALL_WRONG)

    built = project.build()

    assert built.output.splitlines() == [
        f"error: pyproject.toml [{TABLE}] has 15 problems:",
        "  architecture: unknown architecture 'aarch64'; did you mean 'arm64'? [unknown-architecture]",
        (
            "  python-patch: '3.12.1' isn't a full version of Python 3.13, which python3.13 runs; for example, write "
            'python-patch = "3.13.11" [option-value]'
        ),
        '  handler: expected a string, found 3; write "3" [option-type]',
        "  features: expected an array of strings, found 'x'; write [\"x\"] [option-type]",
        '  dependency-groups #1: expected a string, found 1; write "1" [option-type]',
        "  constraints: expected an array of strings, found 3; write strings in brackets [option-type]",
        "  exclude-packages #1: expected only a package name, found 'a==1'; did you mean 'a'? [option-value]",
        '  exclude-packages #2: expected a string, found 3; write "3" [option-type]',
        "  exclude-files #1: empty string; give it a value, or remove it [option-value]",
        (
            '  collisions: expected a table, found 3; for example, write collisions = { "jwt/**" = "pyjwt" } '
            "[option-type]"
        ),
        "  scripts: expected true or false, found 'yes'; write scripts = true [option-type]",
        ('  filename: \'a/b.zip\' contains a directory; set directory = "a" and filename = "b.zip" [option-value]'),
        ('  max-size: expected a size above 0, found -1; for example, write max-size = "200 MiB" [option-value]'),
        "  runtme: unknown option; did you mean 'runtime'? [unknown-option]",
        "  exclude_files: unknown option; did you mean 'exclude-files'? [unknown-option]",
    ]
    assert built.code == 1
    assert zips.directory(older.parent) == {NAME: b"older"}


OF_OURS = [
    (
        'handler = "shop.app.handler"',
        (
            "error: handler 'shop.app.handler': no module 'shop.app' in the zip, whose top level has 'shop'; correct "
            "the name, or include the module's file [handler-not-found]"
        ),
    ),
    (
        'handler = "shop.api.handle"',
        (
            "error: handler 'shop.api.handle': shop/api.py doesn't define 'handle'; did you mean 'handler'? "
            "[handler-not-found]"
        ),
    ),
    (
        'handler = "shop.other"',
        (
            "error: handler 'shop.other': shop/__init__.py doesn't define 'other'; define it as "
            "def other(event, context) [handler-not-found]"
        ),
    ),
    (
        'handler = "shop"',
        (
            "error: handler 'shop': doesn't name a module; write it as 'package.module.function', or name an "
            "executable in the zip [handler-not-found]"
        ),
    ),
    (
        'handler = "sys.exit"',
        (
            "error: handler 'sys.exit': Lambda can't load sys, because 'sys' is a built-in Python module; set handler "
            "to a function in a module of your project [shadows-stdlib]"
        ),
    ),
    (
        'features = ["data"]',
        (
            f"error: {TABLE}.features #1: unknown extra 'data'; add it to [project.optional-dependencies], or remove "
            "the entry [unknown-extra]"
        ),
    ),
    (
        'dependency-groups = ["dev"]',
        (
            f"error: {TABLE}.dependency-groups #1: unknown group 'dev'; add it to [dependency-groups], or remove the "
            "entry [unknown-group]"
        ),
    ),
    (
        'packages = ["src/shop"]',
        f"error: {TABLE}.packages #1: no file or directory 'src/shop'; did you mean 'shop'? [path-not-found]",
    ),
    (
        'only-include = ["shop", "shop/ap.py", "nowhere"]',
        (
            f"error: pyproject.toml [{TABLE}] has 2 problems:\n"
            "  only-include #2: no file or directory 'shop/ap.py'; did you mean 'shop/api.py'? [path-not-found]\n"
            "  only-include #3: no file or directory 'nowhere'; correct the path or remove it [path-not-found]"
        ),
    ),
    (
        'include = ["/shop", "api.py", "shop/*.pyi", "!x", "shop/apo.py", "nowhere.py"]',
        (
            f"error: pyproject.toml [{TABLE}] has 2 problems:\n"
            "  include #5: no file or directory 'shop/apo.py'; did you mean 'shop/api.py'? [path-not-found]\n"
            "  include #6: no file or directory 'nowhere.py'; correct the path or remove it [path-not-found]"
        ),
    ),
    (
        'force-include = { "missing.txt" = "shop/x.txt" }',
        (
            f"error: {TABLE}.force-include: no file or directory 'missing.txt'; correct the path or remove it "
            "[path-not-found]"
        ),
    ),
    (
        "[tool.hatch.build.targets.lambda.functions.one]\npackages = ['shap']",
        (
            f"error: {TABLE}.functions.one.packages #1: no file or directory 'shap'; did you mean 'shop'? "
            "[path-not-found]"
        ),
    ),
]


def metadata_problem(case: tuple[str, str]) -> tuple[str, str]:
    """Return a case whose message is Hatch's own; those that we report stay as they are."""
    lines, text = case
    return (
        case
        if text.startswith((f"{TABLE}.", "error: ", "project.requires-python: "))
        else (lines, f"error: pyproject.toml: {text}; {CORRECT}")
    )


CORRECT = "correct it [metadata]"

OF_HATCH = [
    ("packages = 3", f"Field `{TABLE}.packages` must be an array of strings"),
    ("include = 3", f"Field `{TABLE}.include` must be an array of strings"),
    ("exclude = [3]", f"Pattern #1 in field `{TABLE}.exclude` must be a string"),
    ("only-include = 3", f"Field `{TABLE}.only-include` must be an array"),
    ("force-include = 3", f"Field `{TABLE}.force-include` must be a mapping"),
    ("sources = 3", f"Field `{TABLE}.sources` must be a mapping or array of strings"),
    ("artifacts = 3", f"Field `{TABLE}.artifacts` must be an array of strings"),
    ("directory = 3", f"Field `{TABLE}.directory` must be a string"),
    (
        "versions = 3",
        f"error: {TABLE}.versions: expected an array of strings, found 3; write strings in brackets [option-type]",
    ),
    (
        'versions = ["nonsense"]',
        (
            f"error: {TABLE}.versions #1: unknown build name 'nonsense'; choose from function, layer, lock "
            "[unknown-build-name]"
        ),
    ),
    ("reproducible = 3", f"Field `{TABLE}.reproducible` must be a boolean"),
    ("ignore-vcs = 3", f"Field `{TABLE}.ignore-vcs` must be a boolean"),
    ("skip-excluded-dirs = 3", f"Field `{TABLE}.skip-excluded-dirs` must be a boolean"),
    ("only-packages = 3", f"Field `{TABLE}.only-packages` must be a boolean"),
    ("dev-mode-dirs = 3", f"Field `{TABLE}.dev-mode-dirs` must be an array of strings"),
    ("dev-mode-exact = 3", f"Field `{TABLE}.dev-mode-exact` must be a boolean"),
    ("require-runtime-dependencies = 3", f"Field `{TABLE}.require-runtime-dependencies` must be a boolean"),
    (
        'require-runtime-features = ["data"]',
        (
            f"Feature `data` of field `{TABLE}.require-runtime-features` is not defined in field "
            "`project.optional-dependencies`"
        ),
    ),
    ("hooks = 3", f"Field `{TABLE}.hooks` must be a table"),
    ("hooks = { custom = 3 }", f"Field `{TABLE}.hooks.custom` must be a table"),
    ("hooks = { nonsense = {} }", "Unknown build hook: nonsense"),
    ("hooks = { custom = {} }", "Build script does not exist: hatch_build.py"),
]


@pytest.mark.parametrize(("options", "message"), [*OF_OURS, *map(metadata_problem, OF_HATCH)])
def test_an_option_that_cannot_be_used_is_one_message_and_no_zip(project, older, options, message):
    project.configure(options)

    built = project.build()

    assert built.output == message.replace("ROOT", str(project.root)) + "\n"
    assert built.code == 1
    assert zips.directory(older.parent) == {NAME: b"older"}


ELSEWHERE = [
    ('requires-python = "nonsense"', "Field `project.requires-python` is invalid: Invalid specifier: 'nonsense'"),
    (
        'requires-python = ">=3.14"',
        (
            "error: project.requires-python: '>=3.14' excludes python3.13 (Python 3.13.11); use python3.14, or widen "
            "requires-python [python-mismatch]"
        ),
    ),
    ('readme = "missing.md"', "Readme file does not exist: missing.md"),
    ("scripts = 3", "Field `project.scripts` must be a table"),
    (
        'dynamic = ["version"]',
        "Metadata field `version` cannot be both statically defined and listed in field `project.dynamic`",
    ),
    ("[tool.hatch.build]\ninclude = 3", "Field `tool.hatch.build.include` must be an array of strings"),
    ("[tool.hatch.build]\nforce-include = 3", "Field `tool.hatch.build.force-include` must be a mapping"),
    ("[tool.hatch.build]\nreproducible = 3", "Field `tool.hatch.build.reproducible` must be a boolean"),
    ("[tool.hatch.build.targets]\nwheel = 3", "Field `tool.hatch.build.targets.wheel` must be a table"),
    (
        "[tool.hatch.build.targets.wheel]\npackages = 3",
        "Field `tool.hatch.build.targets.wheel.packages` must be an array of strings",
    ),
    (
        "[tool.hatch.build.targets.wheel]\nshared-data = 3",
        "Field `tool.hatch.build.targets.wheel.shared-data` must be a mapping",
    ),
    (
        "[tool.hatch.build.targets.wheel]\nshared-scripts = 3",
        "Field `tool.hatch.build.targets.wheel.shared-scripts` must be a mapping",
    ),
    (
        '[tool.hatch.build.targets.wheel]\nforce-include = { "missing.txt" = "x" }',
        (
            "error: tool.hatch.build.targets.wheel.force-include: no file or directory 'missing.txt'; correct the path "
            "or remove it [path-not-found]"
        ),
    ),
    (
        '[tool.hatch.build]\nonly-include = ["shopp"]',
        "error: tool.hatch.build.only-include #1: no file or directory 'shopp'; did you mean 'shop'? [path-not-found]",
    ),
]


@pytest.mark.parametrize(("lines", "message"), [*map(metadata_problem, ELSEWHERE)])
def test_a_project_that_cannot_be_used_is_one_message_and_no_zip(project, older, lines, message):
    project.configure(project=lines)

    built = project.build()

    assert built.output == message.replace("ROOT", str(project.root)) + "\n"
    assert built.code == 1
    assert zips.directory(older.parent) == {NAME: b"older"}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"version": "nonsense"},
            "Invalid version `nonsense` from field `project.version`, see https://peps.python.org/pep-0440/",
        ),
        (
            {"name": "???"},
            (
                "Required field `project.name` must only contain ASCII letters/digits, underscores, hyphens, and "
                "periods, and must begin and end with ASCII letters/digits"
            ),
        ),
    ],
)
def test_metadata_that_cannot_be_used_is_one_message_and_no_zip(project, older, values, message):
    project.configure(**values)

    built = project.build()

    assert (built.code, built.output) == (1, f"error: pyproject.toml: {message}; {CORRECT}\n")
    assert zips.directory(older.parent) == {NAME: b"older"}


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        (
            "HATCH_LAMBDA_RUNTIME",
            "3.13",
            ("error: HATCH_LAMBDA_RUNTIME: unknown runtime '3.13'; did you mean 'python3.13'? [unknown-runtime]"),
        ),
        (
            "HATCH_LAMBDA_RUNTIME",
            "nodejs24.x",
            (
                "error: HATCH_LAMBDA_RUNTIME: unknown runtime 'nodejs24.x'; choose python3.14, python3.13, "
                "python3.12, or python3.11, or describe the runtime in a table [unknown-runtime]"
            ),
        ),
        (
            "HATCH_LAMBDA_ARCHITECTURE",
            "amd64",
            (
                "error: HATCH_LAMBDA_ARCHITECTURE: unknown architecture 'amd64'; did you mean 'x86_64'? "
                "[unknown-architecture]"
            ),
        ),
        (
            "HATCH_LAMBDA_CACHE_DIR",
            "~nobody-at-all/cache",
            (
                "error: HATCH_LAMBDA_CACHE_DIR: '~nobody-at-all' has no home directory; set it to an absolute path "
                "[variable-value]"
            ),
        ),
        (
            "HATCH_LAMBDA_OFFLINE",
            "yes",
            (
                "error: HATCH_LAMBDA_OFFLINE: expected 1, true, 0, or false, found 'yes'; set it to 1, or unset it "
                "[variable-value]"
            ),
        ),
        (
            "HATCH_LAMBDA_REBUILD",
            "lib",
            (
                "error: HATCH_LAMBDA_REBUILD: expected 1, true, 0, or false, found 'lib'; set it to 1, or unset it "
                "[variable-value]"
            ),
        ),
        (
            "HATCH_LAMBDA_VERIFY",
            "on",
            (
                "error: HATCH_LAMBDA_VERIFY: expected 1, true, 0, or false, found 'on'; set it to 1, or unset it "
                "[variable-value]"
            ),
        ),
        (
            "SOURCE_DATE_EPOCH",
            "yesterday",
            (
                "error: SOURCE_DATE_EPOCH: 'yesterday' isn't a number of seconds since 1970; set it to a whole number, "
                "or unset it [variable-value]"
            ),
        ),
    ],
)
def test_a_variable_that_cannot_be_used_is_named_in_the_message(project, older, variable, value, message):
    built = project.build(**{variable: value})

    assert (built.code, built.output) == (1, f"{message}\n")
    assert zips.directory(older.parent) == {NAME: b"older"}


@pytest.mark.parametrize("value", ["1", "true", "True", "TRUE"])
def test_the_build_is_offline_for_every_spelling_of_true(project, value):
    project.configure(dependencies=["lib"])

    built = project.build(HATCH_LAMBDA_OFFLINE=value)

    assert built.code == 1
    assert built.output.startswith("error: HATCH_LAMBDA_OFFLINE: uv can't resolve offline")


@pytest.mark.parametrize("value", ["", "0", "false", "False"])
def test_the_network_is_used_if_a_variable_allows_it(index, project, value):
    index.add("lib")
    project.configure(dependencies=["lib"])

    built = project.build(HATCH_LAMBDA_OFFLINE=value)

    assert built.code == 0, built.output


@pytest.mark.parametrize(("value", "repeated"), [("True", True), ("False", False)])
def test_a_second_build_is_made_however_it_is_asked_for(project, value, repeated):
    built = project.build(HATCH_LAMBDA_VERIFY=value)

    assert ("  reproducible: a rebuild has the same bytes\n" in built.output) is repeated


@pytest.mark.parametrize("table", ["tool.hatch.build.target.lambda", "tool.hatch_lambda"])
def test_a_misspelled_table_is_rejected_with_a_suggestion(project, older, table):
    text = (project.root / "pyproject.toml").read_text("utf-8")
    project.write("pyproject.toml", text.replace(f"[{TABLE}]", f"[{table}]"))

    built = project.build()

    assert (built.code, built.output) == (
        1,
        f"error: {table}: unknown table; did you mean [{TABLE}]? [unknown-table]\n",
    )
    assert zips.directory(older.parent) == {NAME: b"older"}


def test_a_missing_runtime_is_reported_with_the_choices(project, older):
    project.configure(project='requires-python = ">=3.12,<3.14"')
    text = (project.root / "pyproject.toml").read_text("utf-8")
    project.write("pyproject.toml", text.replace('runtime = "python3.13"\n', ""))

    built = project.build()

    assert (built.code, built.output) == (
        1,
        (
            f"error: {TABLE}.runtime: not set, and 2 supported runtimes satisfy requires-python '<3.14,>=3.12'; "
            "choose python3.13 or python3.12 [runtime-not-set]\n"
        ),
    )
    assert zips.directory(older.parent) == {NAME: b"older"}


def test_a_handler_that_is_not_python_is_reported_with_its_line(project):
    project.configure('handler = "shop.api.handler"')
    project.write("shop/api.py", "\ndef handler(event, context)\n    return None\n")

    built = project.build(HATCH_LAMBDA_RUNTIME="python3.10")

    assert (built.code, built.output, built.archives) == (
        1,
        "error: shop/api.py:2: not valid Python 3.10 (expected ':'); correct the syntax [syntax-error]\n",
        (),
    )


def test_a_broken_link_is_reported_by_name(project, older):
    (project.root / "shop/broken.py").symlink_to("nowhere.py")

    built = project.build()

    assert (built.code, built.output) == (
        1,
        (
            f"error: {project.root}/shop/broken.py: can't be read (No such file or directory); fix it, or exclude it "
            "[unreadable-file]\n"
        ),
    )
    assert zips.directory(older.parent) == {NAME: b"older"}


def test_a_file_outside_of_the_zip_is_rejected(project, older):
    project.configure('packages = ["shop"]\nforce-include = { "pyproject.toml" = "../pyproject.toml" }')

    built = project.build()

    assert (built.code, built.output) == (
        1,
        (
            f"error: '../pyproject.toml': isn't a plain path inside the zip (from {project.root}/pyproject.toml); "
            "rename or exclude the file [unsafe-path]\n"
        ),
    )
    assert zips.directory(older.parent) == {NAME: b"older"}


@pytest.mark.parametrize(("given", "path"), [("/", ""), (".", ".")])
def test_a_file_without_a_name_in_the_zip_is_rejected(project, older, given, path):
    project.configure(f'packages = ["shop"]\nforce-include = {{ "pyproject.toml" = "{given}" }}')

    built = project.build()

    assert (built.code, built.output) == (
        1,
        (
            f"error: {path!r}: isn't a plain path inside the zip (from {project.root}/pyproject.toml); rename or "
            "exclude the file [unsafe-path]\n"
        ),
    )
    assert zips.directory(older.parent) == {NAME: b"older"}


@pytest.mark.skipif(sys.platform != "linux", reason="only there may a name be any bytes")
def test_a_file_whose_name_is_not_utf_8_is_rejected(project, older):
    Path(os.fsdecode(os.fsencode(project.root) + b"/shop/caf\xe9.py")).write_text("")

    built = project.build()

    assert (built.code, built.output) == (
        1,
        (
            f"error: 'shop/caf\\udce9.py': isn't valid UTF-8 (from {project.root}/shop/caf\\udce9.py); rename or "
            "exclude the file [unsafe-path]\n"
        ),
    )
    assert zips.directory(older.parent) == {NAME: b"older"}


def test_a_version_source_that_fails_is_one_message(project, older):
    project.configure(project='[tool.hatch.version]\nsource = "env"\nvariable = "SHOP_VERSION"\n')
    table = (project.root / "pyproject.toml").read_text("utf-8")
    project.write("pyproject.toml", table.replace('version = "0.1.0"', 'dynamic = ["version"]'))

    built = project.build()

    assert (built.code, built.output) == (
        1,
        (
            "error: pyproject.toml: Error getting the version from source `env`: environment variable `SHOP_VERSION` "
            f"is not set; {CORRECT}\n"
        ),
    )
    assert zips.directory(older.parent) == {NAME: b"older"}


def test_an_unknown_kind_of_zip_is_rejected(project, older):
    built = project.build(target="lambda:nonsense")

    assert (built.code, built.output) == (
        1,
        "error: -t lambda:nonsense: unknown build name; choose from function, layer, lock [unknown-build-name]\n",
    )
    assert zips.directory(older.parent) == {NAME: b"older"}


TOO_LARGE_SOURCE = "remove files with exclude-files or packages with exclude-packages [too-large]"
TOO_LARGE = (
    "remove files with exclude-files or packages with exclude-packages, and see the sizes with "
    "'hatch-lambda info --tree {kept}' [too-large]"
)


def test_a_zip_larger_than_max_size_is_kept_for_info_and_the_error_names_the_largest(index, project, older):
    index.add("lib", files={"lib/model.bin": bytes(2 << 20)})
    project.configure("max-size = 1048576", dependencies=["lib"])
    kept = older.with_name(f"{NAME}.too-large")

    built = project.build()

    assert (built.code, built.output) == (
        1,
        (
            f"error: {NAME}: 2.0 MiB unzipped exceeds max-size (1.0 MiB) by 1.0 MiB (largest: lib 2.0 MiB, shop less "
            f"than 0.1 MiB); {TOO_LARGE.format(kept=kept)}\n"
        ),
    )
    assert older.read_bytes() == b"older"
    shown = subprocess.run(
        [sys.executable, "-m", "hatch_lambda", "info", "--tree", kept], capture_output=True, check=True
    )
    assert b"model.bin" in shown.stdout


def test_a_zip_that_was_kept_is_removed_by_the_next_build(index, project):
    index.add("lib", files={"lib/model.bin": bytes(2 << 20)})
    project.configure("max-size = 1048576", dependencies=["lib"])
    project.build()
    project.configure("max-size = 4194304", dependencies=["lib"])

    built = project.build()

    assert built.code == 0, built.output
    assert list(zips.directory(project.root / "dist")) == [NAME]


def test_a_zip_over_lambdas_limit_is_rejected_before_it_is_written(project, older):
    with project.write("shop/model.bin").open("r+b") as file:
        file.truncate(262_144_000)

    built = project.build()

    assert (built.code, built.output) == (
        1,
        (
            f"error: {NAME}: 250.0 MiB unzipped exceeds Lambda's 250 MiB limit by less than 0.1 MiB (largest: shop "
            f"250.0 MiB); {TOO_LARGE_SOURCE}\n"
        ),
    )
    assert zips.directory(older.parent) == {NAME: b"older"}


COLLISION = (
    "error: shared/a.py: one 1.0 and two 1.0 provide different files; name the one to use, as in "
    'collisions = { "shared/**" = "one" }, or exclude a package [collision]\n'
)


def test_two_distributions_with_one_path_are_named(index, project, older):
    index.add("one", files={"one.py": "", "shared/a.py": "1"})
    index.add("two", files={"two.py": "", "shared/a.py": "2"})
    project.configure(dependencies=["one", "two"])

    built = project.build()

    assert (built.code, built.output) == (1, COLLISION)
    assert zips.directory(older.parent) == {NAME: b"older"}


def test_a_winner_without_the_file_is_rejected(index, project):
    index.add("one", files={"one.py": "", "shared/a.py": "1"})
    index.add("two", files={"two.py": "", "shared/a.py": "2"})
    project.configure('collisions = { "shared/**" = "three" }', dependencies=["one", "two"])

    built = project.build()

    assert (built.code, built.output, built.archives) == (
        1,
        (
            "error: shared/a.py: one 1.0 and two 1.0 provide different files, and 'three' from "
            f"{TABLE}.collisions isn't "
            f"one of them; name one of them in {TABLE}.collisions [collision]\n"
        ),
        (),
    )


def test_a_file_with_the_path_of_another_packages_directory_is_rejected(index, project):
    index.add("one", files={"shared": "a file"})
    index.add("two", files={"shared/a.py": "2"})
    project.configure(dependencies=["one", "two"])

    built = project.build()

    assert (built.code, built.output, built.archives) == (
        1,
        (
            "error: shared: a file of one 1.0 and a directory of two 1.0; exclude one of them with exclude-files "
            "[path-conflict]\n"
        ),
        (),
    )


def test_project_files_over_the_limit_are_reported_before_they_are_read(project):
    for name in ("one", "two"):
        with project.write(f"shop/{name}.bin", "x").open("r+b") as file:
            file.truncate(200_000_000_000)  # no disk holds them, and hashing them would take minutes

    built = project.build()

    assert (built.code, built.output) == (
        1,
        (
            f"error: {NAME}: 381,469.7 MiB unzipped exceeds Lambda's 250 MiB limit by 381,219.7 MiB (largest: shop "
            f"381,469.7 MiB); {TOO_LARGE_SOURCE}\n"
        ),
    )


@pytest.mark.parametrize("name", ["a\nb.txt", "a\x1b[31m.txt", "a\\b.txt"])
def test_a_file_name_that_is_invalid_in_a_zip_is_reported(project, older, name):
    project.write(f"shop/{name}", "")

    built = project.build()

    plain = name.replace("\n", "\\n").replace("\x1b", "\\x1b")
    assert (built.code, built.output) == (
        1,
        (
            f"error: {f'shop/{name}'!r}: contains a backslash, a drive letter, or a control character (from "
            f"{project.root}/shop/{plain}); rename or exclude the file [unsafe-path]\n"
        ),
    )
    assert zips.directory(older.parent) == {NAME: b"older"}


def test_a_dependencys_path_that_is_invalid_in_a_zip_is_reported(index, project):
    index.add("lib", files={"lib-1.0.data/purelib/C:x.py": ""})
    project.configure(dependencies=["lib"])

    built = project.build()

    assert (built.code, built.output) == (
        1,
        (
            "error: lib 1.0: the path 'C:x.py' contains a backslash, a drive letter, or a control character; "
            "exclude it with exclude-files [unsafe-path]\n"
        ),
    )


@pytest.mark.parametrize(
    ("requirement", "shown", "reason"),
    [
        (
            "lib; platform_machine ~= 'x'",
            "'lib; platform_machine ~= \"x\"'",
            "Undefined <Op('~=')> on 'x86_64' and 'x'",
        ),
        ("lib; os_name === 'x'", "'lib; os_name === \"x\"'", "Undefined <Op('===')> on 'posix' and 'x'"),
        (
            "lib @ http://[::1/lib-1.0-py3-none-any.whl",
            "'lib @ http://[::1/lib-1.0-py3-none-any.whl'",
            "Invalid IPv6 URL",
        ),
    ],
)
def test_a_requirement_that_cannot_be_evaluated_is_reported(project, requirement, shown, reason):
    project.configure(dependencies=[requirement], project="[tool.hatch.metadata]\nallow-direct-references = true\n")

    built = project.build()

    assert (built.code, built.output) == (
        1,
        (
            f"error: project.dependencies: {shown} can't be evaluated for python3.13 on x86_64 ({reason}"
            "); correct the requirement [metadata]\n"
        ),
    )


def test_a_wheels_requirement_that_cannot_be_evaluated_is_reported(index, project):
    index.add("lib", requires=["other; sys_platform == 'win32' and platform_machine ~= 'x'"])
    project.configure('resolver = "pip"', dependencies=["lib"])

    built = project.build()

    assert built.code == 1
    assert re.fullmatch(
        r"error: project\.dependencies: pip can't resolve the requirements for python3\.13 on x86_64; "
        r"fix the cause in pip's output \[resolver-failed\]\n\npip's output:\n"
        r"  ERROR: [\w.]*UndefinedComparison: Undefined <Op\('~='\)> on 'x86_64' and 'x'\.\n",
        built.output,
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("zzz = " + "9" * 5000, "Exceeds the limit (4300 digits) for integer string conversion: value has 5000 digits"),
        ("zzz = " + "[" * 5000, "maximum recursion depth exceeded"),
    ],
)
def test_a_pyproject_that_python_cannot_read_is_reported_by_name(project, text, reason):
    project.configure(text)

    built = project.build()

    assert built.code == 1
    assert built.output.startswith(f"error: pyproject.toml: not valid TOML, because {reason}")
    assert built.output.endswith("; correct the file [metadata]\n")
    assert built.output.count("\n") == 1


def test_numbers_and_arrays_that_python_cannot_print_are_still_reported(project):
    project.configure(f"scripts = 0x{'F' * 5000}\nmanifest.{'a.' * 1500}a = 1\nmax-size = {'[' * 200}{']' * 200}")

    built = project.build()

    assert (built.code, built.output) == (
        1,
        (
            f"error: pyproject.toml [{TABLE}] has 3 problems:\n"
            "  scripts: expected true or false, found a number with too many digits; write scripts = true "
            "[option-type]\n"
            f"  max-size: expected a size above 0, found {'[' * 200}{']' * 200}; for example, write "
            'max-size = "200 MiB" [option-type]\n'
            "  manifest: expected true or false, found a value that is nested too deeply; write manifest = true "
            "[option-type]\n"
        ),
    )


@pytest.mark.parametrize("scheme", ["file", "FILE", "File"])
def test_a_locked_file_outside_of_the_project_is_not_used(project, scheme):
    project.configure('lock = "pylock.toml"', dependencies=["lib"])
    project.write(
        "pylock.toml",
        'lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\nname = "lib"\nversion = "1.0"\n'
        f'wheels = [{{ name = "lib-1.0-py3-none-any.whl", url = "{scheme}:///etc/lib-1.0-py3-none-any.whl", '
        f'hashes = {{ sha256 = "{"0" * 64}" }} }}]\n',
    )

    built = project.build()

    assert (built.code, built.output) == (
        1,
        (
            "error: project.dependencies: requires lib, and pylock.toml has lib 1.0, but lib-1.0-py3-none-any.whl is "
            "outside the project, its workspace, and its repository; move it into one [no-wheel]\n"
        ),
    )


def test_hatch_learns_of_the_builder_without_loading_it(environ):
    code = (
        "import sys, hatch_lambda.plugin.hooks; print(*sorted(name for name in sys.modules if 'hatch_lambda' in name))"
    )

    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)

    assert done.stdout == "hatch_lambda hatch_lambda.plugin hatch_lambda.plugin.hooks\n"


def test_a_project_without_dependencies_is_built_without_pip(index, project):
    code = (
        "import atexit, runpy, sys\n"
        "sys.argv = ['hatchling', 'build', '-t', 'lambda']\n"
        "atexit.register(lambda: print(sorted(name for name in sys.modules if name.split('.')[0] == 'pip')))\n"
        "runpy.run_module('hatchling', run_name='__main__')\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project.root, env=project.environ, capture_output=True, text=True, check=True
    )

    assert (done.stdout, without_sizes(done.stderr)) == ("[]\n", SUMMARY)
    assert index.requests == []


@pytest.mark.parametrize(
    ("dependency", "problem"),
    [
        ("orjson=3", "'orjson=3' isn't a requirement; did you mean 'orjson==3'?"),
        ("orjson=>3", "'orjson=>3' isn't a requirement; did you mean 'orjson>=3'?"),
        ("or json", "'or json' isn't a requirement; write it as NAME>=VERSION or NAME @ URL"),
    ],
)
def test_an_invalid_requirement_is_reported_with_its_number(project, dependency, problem):
    project.configure(dependencies=["lib", dependency])

    built = project.build()

    assert (built.code, built.output) == (1, f"error: project.dependencies #2: {problem} [metadata]\n")
