"""``hatch publish -p lambda``: what Hatch's own command deploys, and by which settings."""

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
    """Run ``hatch publish -p lambda`` in a project with these settings; a Hatch that knows nothing of this machine."""
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
    """Return the exit code and all lines; Hatch writes everything to stderr but what was asked for."""
    return ended.code, [*ended.out.splitlines(), *ended.err.splitlines()]


@pytest.mark.api("boto3")
def test_the_projects_zip_in_dist_is_deployed(aws, publish):
    aws.create_function("shop", OLD)
    path = function_zip(publish.dist)

    ended = publish('function = "shop"\n')

    assert said(ended) == (0, [f"shop: code updated to CodeSha256 {code_sha256(path)}"])


def test_a_name_that_no_zip_has_is_in_the_message(aws, publish):
    function_zip(publish.dist)

    ended = publish('function = ["shop"]\narchive = ["nope"]\n')

    assert said(ended) == (
        1,
        [
            (
                f"{publish.dist}: no zip of shop 0.1.0 called nope for a function; build it with hatch build -t "
                "lambda:function, or name one"
            ),
        ],
    )


def test_layers_are_not_moved_without_a_layer(aws, publish):
    aws.create_function("shop", OLD)
    function_zip(publish.dist)

    ended = publish('function = "shop"\n', "-o", "update-layers")

    assert said(ended) == (1, ["publish.lambda: update-layers names no layer; set layer-name, or leave it out"])
    assert aws.written == []


def test_zips_of_other_versions_and_projects_in_dist_are_left_alone(aws, publish):
    aws.create_function("shop", OLD)
    path = function_zip(publish.dist)
    (publish.dist / "broken.zip").write_text("")
    layer_zip(publish.dist, name="shop", version="0.0.9")

    ended = publish('function = ["shop"]\nlayer-name = "deps"\n')

    assert said(ended) == (
        1,
        [f"{publish.dist}: no zip of shop 0.1.0 for a layer; build it with hatch build -t lambda:layer, or name one"],
    )
    assert path.exists()
    assert aws.written == []


def test_two_zips_of_the_version_are_one_too_many(aws, publish):
    one, two = function_zip(publish.dist, "a"), function_zip(publish.dist, "b")

    ended = publish('function = "shop"\n')

    assert said(ended) == (
        1,
        [
            (
                f"{publish.dist}: found 2 zips of shop 0.1.0 for a function: {one.name}, {two.name}; name the one to "
                "deploy"
            )
        ],
    )


def test_settings_that_name_no_function_and_no_layer_deploy_nothing_and_say_so(aws, publish):
    function_zip(publish.dist)

    ended = publish("publish = true\n")

    assert said(ended) == (
        1,
        ["publish.lambda: nothing to deploy to; set function or layer-name, or give one with -o"],
    )
    assert aws.written == []


def test_layers_are_updated_of_functions_that_are_named(aws, publish):
    layer_zip(publish.dist, name="shop", version="0.1.0")

    ended = publish('layer-name = "deps"\nupdate-layers = true\n')

    assert said(ended) == (1, ["update-layers: no function is named; name it with function"])
    assert aws.written == []


def test_an_archive_is_chosen_by_the_name_of_its_table(aws, publish):
    aws.create_function("shop-api", OLD)
    path = function_zip(publish.dist, "api", archive="api")
    function_zip(publish.dist, "worker", archive="worker")

    ended = publish('function = "shop-api"\narchive = "api"\n')

    assert said(ended) == (0, [f"shop-api: code updated to CodeSha256 {code_sha256(path)}"])


def test_a_version_that_only_a_build_knows_asks_for_the_name_of_the_zip(aws, publish):
    version = '[tool.hatch.version]\nsource = "nowhere"\n'

    ended = publish(
        f'function = "shop"\n{version}', project=PROJECT.replace('version = "0.1.0"', 'dynamic = ["version"]')
    )

    assert said(ended) == (
        1,
        [
            (
                f"{publish.dist.parent}: the project's version is not known here; Hatch says 'Unknown version source: "
                "nowhere'; name the zip to deploy"
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


def test_hatchs_own_configuration_holds_what_is_a_persons_own(aws, publish, tmp_path):
    (tmp_path / "config.toml").write_text('[publish.lambda]\nprofile = "mine"\n')
    function_zip(publish.dist)

    ended = publish('function = "shop"\n')

    assert said(ended) == (
        1,
        [
            (
                "profile: The config profile (mine) could not be found; aws configure list-profiles lists those that "
                "there are"
            )
        ],
    )


def test_all_that_is_wrong_with_the_settings_is_told_at_once(aws, publish):
    settings = 'function = 1\nregoin = "eu-central-1"\npublish = "yes"\ncolour = "red"\n'
    stages = "[tool.hatch.publish.lambda.stages]\nprod = 1\n"

    ended = publish(settings + stages, "-o", "stage=prdo", "-o", "allias=live", "-o", "wait=perhaps")

    options = "alias, archive, dry-run, function, layer-name, profile, publish, region, … (12 in total)"
    assert said(ended) == (
        1,
        [
            f"{WHERE}.stages.prod: expected a table; found 1",
            f"{WHERE}.function: expected an array of strings, found 1; write strings in brackets [option-type]",
            f"{WHERE}.publish: expected true or false, found 'yes'; write publish = true [option-type]",
            f"{WHERE}.regoin: unknown option; did you mean 'region'? [unknown-option]",
            f"{WHERE}.colour: unknown option; remove it, or choose from {options} [unknown-option]",
            "-o wait: expected true or false, found 'perhaps'; write wait = true [option-type]",
            "-o allias: unknown option; did you mean 'alias'? [unknown-option]",
            "-o stage: no stage 'prdo'; expected one of prod; did you mean 'prod'?",
        ],
    )
    assert aws.asked == []


def test_a_misspelt_stage_is_told(aws, publish):
    ended = publish('function = "shop"\n', "-o", "stge=prod")

    assert said(ended) == (1, ["-o stge: unknown option; did you mean 'stage'? [unknown-option]"])


def test_a_stage_of_a_project_without_stages_is_refused(aws, publish):
    ended = publish('function = "shop"\n', "-o", "stage=prod")

    assert said(ended) == (
        1,
        ["-o stage: no stage 'prod'; the project has none; add [tool.hatch.publish.lambda.stages.prod]"],
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
                "shop: AWS refuses PublishVersion (CodeStorageExceededException); it says 'Code storage limit "
                "exceeded.'; delete versions and layers that nobody uses"
            ),
            f"done: {done}",
            "not done: shop: version",
        ],
    )


@pytest.mark.network
def test_the_plugin_must_be_installed_beside_hatch_with_boto3(aws, publish, tmp_path):
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
        "boto3: not installed; deploying needs it; pip install 'hatch-lambda[deploy]' where this command runs"
    ]
    assert with_boto3 == [f"shop: code updated to CodeSha256 {code_sha256(path)}"]
