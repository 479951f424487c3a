"""``hatch publish -p lambda`` deploys the zips that the options select."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.deployments import OLD, code_sha256, copy_of_checkout, function_zip, layer_zip, run

if TYPE_CHECKING:
    from tests.support.deployments import Ended

PROJECT = """\
[build-system]
requires = ["hatchling", "hatch-lambda"]
build-backend = "hatchling.build"

[project]
name = "shop"
version = "0.1.0"

[tool.hatch.publish.lambda]
"""

WHERE = "tool.hatch.publish.lambda"


@pytest.fixture
def publish(aws, tmp_path, monkeypatch):
    """Run ``hatch publish -p lambda`` in a project with these settings, without the configuration of this machine."""
    for name in ("HATCH_DATA_DIR", "HATCH_CACHE_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("HATCH_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").write_text("")
    root = tmp_path / "project"
    (root / "dist").mkdir(parents=True)

    def run_hatch(settings: str, *arguments: object, project: str = PROJECT, **options: Any) -> Ended:
        (root / "pyproject.toml").write_text(project + settings)
        return run("--no-color", "publish", "-p", "lambda", *arguments, program="hatch", cwd=root, **options)

    run_hatch.dist = root / "dist"  # type: ignore[attr-defined]
    return run_hatch


def said(ended: Ended) -> tuple[int, list[str]]:
    """Return the exit code and all lines; Hatch writes most of them to stderr."""
    return ended.code, [*ended.out.splitlines(), *ended.err.splitlines()]


@pytest.mark.api("boto3")
def test_the_projects_zip_in_dist_is_deployed(aws, publish):
    aws.create_function("shop", OLD)
    path = function_zip(publish.dist)

    ended = publish('function = "shop"\n')

    assert said(ended) == (0, [f"shop: code updated to CodeSha256 {code_sha256(path)}"])


def test_old_versions_are_deleted(aws, publish):
    aws.rules.polls = 0
    aws.create_function("shop", OLD, Publish=True)
    path = function_zip(publish.dist)

    ended = publish('function = "shop"\npublish = true\n', "-o", "keep=1")

    assert said(ended) == (
        0,
        [
            f"shop: code updated to CodeSha256 {code_sha256(path)}",
            "shop: published version 2",
            "shop: deleted version 1, which no alias uses",
        ],
    )


@pytest.mark.parametrize(("value", "shown", "code"), [("0", "0", "option-value"), ('"many"', "'many'", "option-type")])
def test_an_invalid_number_of_versions_is_reported(aws, publish, value, shown, code):
    ended = publish(f'function = "shop"\nkeep = {value}\n')

    assert said(ended) == (
        1,
        [
            (
                f"error: {WHERE}.keep: expected a whole number above 0, found {shown}; for example, write keep = 5 "
                f"[{code}]"
            )
        ],
    )


def test_a_build_name_without_a_zip_is_in_the_message(aws, publish):
    function_zip(publish.dist)

    ended = publish('function = ["shop"]\narchive = ["nope"]\n')

    assert said(ended) == (
        1,
        [
            (
                f"error: {publish.dist}: no function zip of shop 0.1.0 named nope; run 'hatch build -t "
                "lambda:function', or pass the path of the zip [zip-count]"
            ),
        ],
    )


def test_layers_are_not_moved_without_a_layer(aws, publish):
    aws.create_function("shop", OLD)
    function_zip(publish.dist)

    ended = publish('function = "shop"\n', "-o", "update-layers")

    assert said(ended) == (1, ['error: update-layers: no layer is set; set layer-name = "LAYER" [layer-not-set]'])
    assert aws.written == []


def test_zips_of_other_versions_and_projects_in_dist_are_ignored(aws, publish):
    aws.create_function("shop", OLD)
    path = function_zip(publish.dist)
    (publish.dist / "broken.zip").write_text("")
    layer_zip(publish.dist, name="shop", version="0.0.9")

    ended = publish('function = ["shop"]\nlayer-name = "deps"\n')

    assert said(ended) == (
        1,
        [
            (
                f"error: {publish.dist}: no layer zip of shop 0.1.0; run 'hatch build -t lambda:layer', or pass the "
                "path of the zip [zip-count]"
            )
        ],
    )
    assert path.exists()
    assert aws.written == []


def test_two_zips_of_the_version_are_rejected(aws, publish):
    one, two = function_zip(publish.dist, "a"), function_zip(publish.dist, "b")

    ended = publish('function = "shop"\n')

    assert said(ended) == (
        1,
        [
            (
                f"error: {publish.dist}: 2 function zips of shop 0.1.0 ({one.name}, {two.name}); pass the path of one "
                "zip [zip-count]"
            )
        ],
    )


def test_settings_without_a_function_and_a_layer_are_rejected(aws, publish):
    function_zip(publish.dist)

    ended = publish("publish = true\n")

    assert said(ended) == (
        1,
        [
            (
                f'error: {WHERE}: no function or layer to deploy to; set function = "NAME" or layer-name = "LAYER", or '
                "pass -o function=NAME [function-not-set]"
            )
        ],
    )
    assert aws.written == []


def test_update_layers_needs_a_function(aws, publish):
    layer_zip(publish.dist, name="shop", version="0.1.0")

    ended = publish('layer-name = "deps"\nupdate-layers = true\n')

    assert said(ended) == (1, ['error: update-layers: no function is set; set function = "NAME" [function-not-set]'])
    assert aws.written == []


def test_a_zip_is_chosen_by_the_name_of_its_table(aws, publish):
    aws.create_function("shop-api", OLD)
    path = function_zip(publish.dist, "api", archive="api")
    function_zip(publish.dist, "worker", archive="worker")

    ended = publish('function = "shop-api"\narchive = "api"\n')

    assert said(ended) == (0, [f"shop-api: code updated to CodeSha256 {code_sha256(path)}"])


def test_a_version_that_only_a_build_knows_needs_the_path_of_the_zip(aws, publish):
    version = '[tool.hatch.version]\nsource = "nowhere"\n'

    ended = publish(
        f'function = "shop"\n{version}', project=PROJECT.replace('version = "0.1.0"', 'dynamic = ["version"]')
    )

    assert said(ended) == (
        1,
        [
            (
                f"error: {publish.dist.parent}: the project's version is known only in a build (Hatch: 'Unknown "
                "version source: nowhere'); pass the zip: hatch publish -p lambda dist/NAME.zip [metadata]"
            )
        ],
    )


def test_a_zip_that_is_named_is_deployed_from_anywhere(aws, publish, tmp_path):
    aws.create_function("shop", OLD)
    path = function_zip(tmp_path)

    ended = publish('function = "shop"\nlayer-name = "deps"\nupdate-layers = true\n', path)

    assert said(ended) == (0, [f"shop: code updated to CodeSha256 {code_sha256(path)}"])


def test_layer_and_function_go_together(aws, publish):
    layer = aws.client("lambda").publish_layer_version(LayerName="deps", Content={"ZipFile": OLD})
    aws.create_function("shop", OLD, Layers=[layer["LayerVersionArn"]])
    path = function_zip(publish.dist)
    layer_zip(publish.dist, name="shop", version="0.1.0")
    settings = 'function = "shop"\nlayer-name = "deps"\nupdate-layers = true\npublish = true\n'

    ended = publish(settings)

    assert said(ended) == (
        0,
        [
            "deps: published layer version 2, for python3.13 and x86_64",
            "shop: layer deps moved from version 1 to 2",
            f"shop: code updated to CodeSha256 {code_sha256(path)}",
            "shop: published version 1",
        ],
    )


STAGES = """\
function = "nowhere"

[tool.hatch.publish.lambda.stages.test]
function = "shop-test"

[tool.hatch.publish.lambda.stages.prod]
function = "shop-prod"
alias = "live"
"""


def test_a_stage_overrides_the_table_and_options_override_the_stage(aws, publish):
    aws.create_function("shop-prod", OLD, Publish=True)
    aws.create_function("shop-test", OLD)
    for alias in ("live", "next"):
        aws.client("lambda").create_alias(FunctionName="shop-prod", Name=alias, FunctionVersion="1")
    path = function_zip(publish.dist)

    prod = publish(STAGES, "-o", "stage=prod", "-o", "alias=next", "-o", "dry-run")
    test = publish(STAGES, "-o", "stage=test")

    assert said(prod) == (
        0,
        [
            f"shop-prod: code would be updated to CodeSha256 {code_sha256(path)}",
            "shop-prod: a version would be published",
            "shop-prod: alias next would move from version 1 to the new version",
        ],
    )
    assert said(test) == (0, [f"shop-test: code updated to CodeSha256 {code_sha256(path)}"])


def test_hatchs_own_configuration_can_contain_personal_options(aws, publish, tmp_path):
    (tmp_path / "config.toml").write_text('[publish.lambda]\nprofile = "mine"\n')
    function_zip(publish.dist)

    ended = publish('function = "shop"\n')

    assert said(ended) == (
        1,
        [
            (
                "error: AWS profile 'mine': not found; run 'aws configure list-profiles' to list the profiles "
                "[aws-credentials]"
            )
        ],
    )


def test_all_problems_of_the_settings_are_reported_together(aws, publish):
    settings = 'regoin = "eu-central-1"\ncolour = "red"\n'
    stages = "[tool.hatch.publish.lambda.stages]\nprod = 1\n"

    ended = publish(settings + stages, "-o", "stage=prdo", "-o", "allias=live")

    options = (
        "alias, archive, dry-run, function, keep, layer-name, profile, publish, region, s3-bucket, s3-prefix, "
        "s3-reference, update-layers, wait"
    )
    assert said(ended) == (
        1,
        [
            f"error: {WHERE}.stages.prod: 1 isn't a table; write [{WHERE}.stages.prod] [option-type]",
            f"error: pyproject.toml [{WHERE}] has 2 problems:",
            "  regoin: unknown option; did you mean 'region'? [unknown-option]",
            f"  colour: unknown option; choose from {options} [unknown-option]",
            "error: -o allias: unknown option; did you mean 'alias'? [unknown-option]",
            "error: -o stage: unknown stage 'prdo'; did you mean 'prod'? [option-value]",
        ],
    )
    assert aws.asked == []


def test_a_wrong_value_names_its_option_and_where_it_is(aws, publish, tmp_path):
    (tmp_path / "config.toml").write_text("[publish.lambda]\nregoin = 1\n")

    ended = publish('function = 1\npublish = "yes"\n', "-o", "wait=perhaps")

    assert ended.code == 1
    assert f"{WHERE}.function: " in ended.err or f"[{WHERE}] has 2 problems" in ended.err
    assert "-o wait: " in ended.err
    assert "Hatch's config.toml: publish.lambda.regoin: unknown option; did you mean 'region'?" in ended.err
    assert aws.asked == []


def test_a_misspelled_stage_option_is_reported(aws, publish):
    ended = publish('function = "shop"\n', "-o", "stge=prod")

    assert said(ended) == (1, ["error: -o stge: unknown option; did you mean 'stage'? [unknown-option]"])


def test_a_stage_of_a_project_without_stages_is_rejected(aws, publish):
    ended = publish('function = "shop"\n', "-o", "stage=prod")

    assert said(ended) == (
        1,
        [f"error: -o stage: unknown stage 'prod'; add [{WHERE}.stages.prod] [option-value]"],
    )


def test_stages_that_are_no_tables_are_rejected(aws, publish):
    ended = publish('function = "shop"\nstages = 1\n')

    assert said(ended) == (1, [f"error: {WHERE}.stages: 1 isn't a table; write [{WHERE}.stages.NAME] [option-type]"])


def test_the_zips_of_a_directory_are_deployed_to_several_functions_and_warnings_are_shown(aws, publish, tmp_path):
    for name in ("one", "two"):
        aws.create_function(name, OLD)
    path = function_zip(tmp_path / "elsewhere", layers=("base",))

    ended = publish("", tmp_path / "elsewhere", "-o", "function=one, two")

    needs = "the zip needs base, but the function has 0 of 1 layers; add them to the function [undeclared-layers]"
    assert said(ended) == (
        0,
        [
            f"one: code updated to CodeSha256 {code_sha256(path)}",
            f"two: code updated to CodeSha256 {code_sha256(path)}",
            f"warning: one: {needs}",
            f"warning: two: {needs}",
        ],
    )


def test_disable_asks_for_consent(aws, publish):
    aws.create_function("shop", OLD)
    path = function_zip(publish.dist)

    refused = publish('function = "shop"\ndisable = true\n', "--no-prompt")
    agreed = publish('function = "shop"\ndisable = true\n', "-y")

    assert said(refused) == (1, ["Publisher is disabled: lambda"])
    assert said(agreed) == (0, [f"shop: code updated to CodeSha256 {code_sha256(path)}"])


def test_a_failure_ends_with_code_1_and_what_has_been_done(aws, publish):
    aws.create_function("shop", OLD)
    aws.refuse("PublishVersion", 400, "CodeStorageExceededException", "Code storage limit exceeded.")
    path = function_zip(publish.dist)

    ended = publish('function = "shop"\npublish = true\n')

    done = f"shop: code updated to CodeSha256 {code_sha256(path)}"
    assert said(ended) == (
        1,
        [
            done,
            (
                "error: shop: AWS rejected PublishVersion (CodeStorageExceededException: 'Code storage limit "
                "exceeded.'); delete unused versions of functions and layers [aws-rejected]"
            ),
            f"done: {done}",
            "not done: shop: version",
        ],
    )


@pytest.mark.network
def test_the_plugin_must_be_installed_in_hatchs_environment_with_boto3(aws, publish, tmp_path):
    aws.create_function("shop", OLD)
    path = function_zip(publish.dist)
    checkout = copy_of_checkout(tmp_path / "checkout")
    venv.create(tmp_path / "venv")
    python = tmp_path / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def installed(*requirements: str) -> list[str]:
        install = [sys.executable, "-m", "uv", "pip", "install", f"--python={python}"]
        subprocess.run([*install, *requirements], check=True, capture_output=True)
        ended = publish('function = "shop"\n', python=python, PYTHONPATH="")
        return [*ended.out.splitlines(), *ended.err.splitlines()]

    alone = installed("hatch")
    with_plugin = installed(str(checkout))
    with_boto3 = installed(f"{checkout}[deploy]")

    assert alone == ["Unknown publisher: lambda"]
    assert with_plugin == [
        (
            "error: boto3: not installed, but deploying needs it; run \"pip install 'hatch-lambda[deploy]'\" in the "
            "environment of this command [boto3-missing]"
        )
    ]
    assert with_boto3 == [f"shop: code updated to CodeSha256 {code_sha256(path)}"]
