"""``hatch-lambda deploy`` as users run it, also if it is killed, and what the aws command reads back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.deployments import (
    OLD,
    code_sha256,
    deployed,
    function_zip,
    layer_zip,
    run,
    run_interrupted,
    run_killed,
)
from tests.support.zips import sha256


def _prepare(aws) -> None:
    """Give the account a function with a version, an alias and a layer, and a bucket."""
    client = aws.client("lambda")
    layer = client.publish_layer_version(LayerName="deps", Content={"ZipFile": OLD})
    aws.create_function("shop", OLD, Publish=True, Layers=[layer["LayerVersionArn"]])
    client.create_alias(FunctionName="shop", Name="live", FunctionVersion="1")
    aws.create_bucket("artifacts")


def test_each_step_is_a_line(aws, tmp_path):
    _prepare(aws)
    path, deps = function_zip(tmp_path), layer_zip(tmp_path)
    options = ("--function", "shop", "--alias", "live", "--s3-bucket", "artifacts", "--s3-prefix", "lambda")

    ended = run("deploy", path, deps, *options, "--layer", "deps", "--update-layers")

    assert ended == (
        0,
        (
            f"s3://artifacts/lambda/deps-1-{sha256(deps.read_bytes())}.zip: uploaded, {deps.stat().st_size} bytes\n"
            "deps: published layer version 2, for python3.13 and x86_64\n"
            "shop: layer deps moved from version 1 to 2\n"
            f"s3://artifacts/lambda/shop-new-{sha256(path.read_bytes())}.zip: uploaded, {path.stat().st_size} bytes\n"
            f"shop: code updated to CodeSha256 {code_sha256(path)}\n"
            "shop: published version 2\n"
            "shop: alias live moved from version 1 to 2\n"
        ),
        "",
    )


def test_the_aws_command_reads_back_what_was_deployed(aws, tmp_path):
    _prepare(aws)
    path = function_zip(tmp_path)

    run("deploy", path, "--function", "shop", "--alias", "live", "--s3-bucket", "artifacts")

    query = ("--query", "[Version,CodeSha256,Handler,State]", "--output", "text")
    read = ("lambda", "get-function-configuration", "--function-name", "shop", "--qualifier", "live")
    assert run(*read, *query, program="awscli").out.split() == ["2", code_sha256(path), "shop.api.handler", "Active"]
    copy = tmp_path / "copy.zip"
    stored = f"s3://artifacts/shop-new-{sha256(path.read_bytes())}.zip"
    assert run("s3", "cp", stored, copy, "--quiet", program="awscli") == (0, "", "")
    assert copy.read_bytes() == path.read_bytes()


def test_json_contains_the_steps_for_programs(aws, tmp_path):
    aws.create_function("shop", OLD)
    path = function_zip(tmp_path)

    ended = run("deploy", path, "--function", "shop", "--publish", "--json")

    assert json.loads(ended.out) == {
        "schema": 1,
        "dry-run": False,
        "steps": [
            {
                "action": "code",
                "subject": "shop",
                "text": f"code updated to CodeSha256 {code_sha256(path)}",
                "value": code_sha256(path),
                "changed": True,
            },
            {
                "action": "version",
                "subject": "shop",
                "text": "published version 1",
                "value": "1",
                "changed": True,
            },
        ],
        "warnings": [],
    }


def test_a_dry_run_changes_nothing(aws, tmp_path):
    aws.create_function("shop", OLD)
    path = function_zip(tmp_path)

    ended = run("deploy", path, "--function", "shop", "--dry-run")

    assert ended == (0, f"shop: code would be updated to CodeSha256 {code_sha256(path)}\n", "")
    assert aws.written == []


def test_no_wait_does_not_wait(aws, tmp_path):
    aws.create_function("shop", OLD)
    aws.rules.polls = 1_000

    ended = run("deploy", function_zip(tmp_path), "--function", "shop", "--no-wait")

    assert ended.code == 0


def test_a_failure_lists_what_was_done_and_what_was_not(aws, tmp_path):
    _prepare(aws)
    aws.refuse("PublishVersion", 400, "CodeStorageExceededException", "Code storage limit exceeded.")
    path = function_zip(tmp_path)

    ended = run("deploy", path, "--function", "shop", "--alias", "live")

    done = f"shop: code updated to CodeSha256 {code_sha256(path)}"
    assert ended == (
        1,
        f"{done}\n",
        (
            "error: shop: AWS rejected PublishVersion (CodeStorageExceededException: 'Code storage limit exceeded.'); "
            "delete unused versions of functions and layers [aws-rejected]\n"
            f"done: {done}\n"
            "not done: shop: version; shop: alias live\n"
        ),
    )


def test_without_boto3_one_line_names_the_extra_to_install(aws, tmp_path):
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "boto3.py").write_text("raise ImportError('No module named boto3')\n")
    path = function_zip(tmp_path)

    ended = run("deploy", path, "--function", "shop", PYTHONPATH=_before(tmp_path / "without"))

    assert ended == (
        1,
        "",
        (
            "error: boto3: not installed, but deploying needs it; run \"pip install 'hatch-lambda[deploy]'\" in the "
            "environment of this command [boto3-missing]\n"
        ),
    )


@pytest.mark.api("boto3")
def test_credentials_are_never_written(aws, tmp_path):
    aws.create_function("shop", OLD)
    aws.refuse("UpdateFunctionCode", 403, "InvalidSignatureException", "'x-amz-security-token:SESSION-TOKEN'")

    ended = run("deploy", function_zip(tmp_path), "--function", "shop", AWS_SESSION_TOKEN="SESSION-TOKEN")

    assert ended.code == 1
    assert not [secret for secret in ("SESSION-TOKEN", "AKIAEXAMPLE", "example-secret") if secret in ended.err]


@pytest.mark.parametrize(
    ("operation", "when"),
    [
        ("PutObject", "after"),
        ("UpdateFunctionCode", "after"),
        ("PublishVersion", "before"),
        ("PublishVersion", "after"),
        ("UpdateAlias", "before"),
        ("UpdateAlias", "after"),
    ],
)
def test_a_second_run_completes_what_a_killed_one_left_and_repeats_nothing(aws, tmp_path, operation, when):
    _prepare(aws)
    aws.rules.polls = 2 if operation == "UpdateFunctionCode" else 1  # then the second run meets the update of the first
    path = function_zip(tmp_path)
    run_killed(aws, operation, when, path, "--function", "shop", "--alias", "live", "--s3-bucket", "artifacts")

    deployed(path, functions=("shop",), alias="live", s3_bucket="artifacts")

    counted = {name: aws.written.count(name) for name in ("PutObject", "UpdateFunctionCode")}
    assert counted == {"PutObject": 1, "UpdateFunctionCode": 1}
    client = aws.client("lambda")
    versions = [version["Version"] for version in client.list_versions_by_function(FunctionName="shop")["Versions"]]
    assert versions == ["$LATEST", "1", "2"]
    alias = client.get_function_configuration(FunctionName="shop", Qualifier="live")
    assert (alias["Version"], alias["CodeSha256"]) == ("2", code_sha256(path))
    if operation == "UpdateAlias":
        assert aws.written.count("UpdateAlias") == (2 if when == "before" else 1)


@pytest.mark.parametrize(("operation", "when"), [("PublishLayerVersion", "after"), ("UpdateFunctionCode", "before")])
def test_a_layer_is_published_once_though_the_first_run_was_killed(aws, tmp_path, operation, when):
    _prepare(aws)
    path, deps = function_zip(tmp_path), layer_zip(tmp_path)
    options = ("--function", "shop", "--layer", "deps", "--update-layers")
    run_killed(aws, operation, when, path, deps, *options)

    deployed(path, deps, functions=("shop",), layer="deps", update_layers=True)

    assert aws.written.count("PublishLayerVersion") == 1
    assert aws.written.count("UpdateFunctionConfiguration") == 1
    configuration = aws.client("lambda").get_function_configuration(FunctionName="shop")
    assert configuration["CodeSha256"] == code_sha256(path)
    assert [layer["Arn"].rpartition(":")[2] for layer in configuration["Layers"]] == ["2"]


def test_an_interrupted_deployment_reports_what_was_done_and_what_was_not(aws, tmp_path):
    _prepare(aws)
    aws.rules.polls = 1_000_000  # the update is never over
    path = function_zip(tmp_path)

    ended = run_interrupted(aws, "UpdateFunctionCode", path, "--function", "shop", "--alias", "live")

    assert ended == (
        130,
        "",
        (
            "error: deployment: interrupted, and AWS might still complete the last request; deploy again to complete "
            "it [interrupted]\n"
            "done: nothing\n"
            "not done: shop: code; shop: version; shop: alias live\n"
        ),
    )


@pytest.mark.parametrize("reader", ["head -n 1 > /dev/null", "true"])
def test_a_closed_pipe_does_not_end_a_deployment(aws, tmp_path, reader):
    names = ("one", "two", "three")
    for name in names:
        aws.create_function(name, OLD)
    path = function_zip(tmp_path)
    functions = " ".join(f"--function {name}" for name in names)

    command = f"{sys.executable} -m hatch_lambda deploy {path} {functions} | {reader}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)

    assert done.stderr == ""
    client = aws.client("lambda")
    codes = [client.get_function_configuration(FunctionName=name)["CodeSha256"] for name in names]
    assert codes == [code_sha256(path)] * 3


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk_does_not_end_a_deployment_but_is_reported_at_its_end(aws, tmp_path):
    for name in ("one", "two"):
        aws.create_function(name, OLD)
    path = function_zip(tmp_path)

    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "hatch_lambda", "deploy", str(path), "--function", "one", "--function", "two"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)

    assert done.returncode == 1
    assert done.stderr == (
        "error: standard output: can't be written (No space left on device); redirect it to another file "
        "[output-not-written]\n"
    )
    client = aws.client("lambda")
    codes = [client.get_function_configuration(FunctionName=name)["CodeSha256"] for name in ("one", "two")]
    assert codes == [code_sha256(path)] * 2


def test_a_closed_stdout_does_not_end_a_deployment(aws, tmp_path):
    aws.create_function("shop", OLD)
    path = function_zip(tmp_path)

    command = f"{sys.executable} -m hatch_lambda deploy {path} --function shop --json >&-"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert aws.client("lambda").get_function_configuration(FunctionName="shop")["CodeSha256"] == code_sha256(path)


def _before(directory) -> str:
    """Return a PYTHONPATH on which the directory comes first."""
    return os.pathsep.join(filter(None, [str(directory), os.environ.get("PYTHONPATH", "")]))
