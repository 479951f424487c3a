"""Requests that AWS doesn't answer are repeated, unless they would take effect twice."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from hatch_lambda.errors import DeployError
from tests.support.deployments import OLD, code_sha256, deployed, function_zip, layer_zip
from tests.support.zips import sha256

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.aws import AwsServer

ALL = (
    "GetFunctionConfiguration",
    "GetAlias",
    "HeadBucket",
    "HeadObject",
    "PutObject",
    "UpdateFunctionCode",
    "ListVersionsByFunction",
    "PublishVersion",
    "UpdateAlias",
)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    """Let botocore's waits, and ours, take no time."""
    monkeypatch.setattr(time, "sleep", lambda _: None)


@pytest.fixture
def options(aws):
    """A deployment that asks for everything: through a bucket, with a version and an alias."""
    aws.create_function("shop", OLD)
    version = aws.client("lambda").publish_version(FunctionName="shop")["Version"]
    aws.client("lambda").create_alias(FunctionName="shop", Name="live", FunctionVersion=version)
    aws.create_bucket("artifacts")
    return {"functions": ("shop",), "s3_bucket": "artifacts", "publish": True, "alias": "live"}


def _assert_complete(aws: AwsServer, path: Path, steps: list[str]) -> None:
    key = f"shop-new-{sha256(path.read_bytes())}.zip"
    assert steps == [
        f"s3://artifacts/{key}: uploaded, {path.stat().st_size} bytes",
        f"shop: code updated to CodeSha256 {code_sha256(path)}",
        "shop: published version 2",
        "shop: alias live moved from version 1 to 2",
    ]
    assert aws.client("s3").get_object(Bucket="artifacts", Key=key)["Body"].read() == path.read_bytes()
    versions = aws.client("lambda").list_versions_by_function(FunctionName="shop")["Versions"]
    assert [version["Version"] for version in versions] == ["$LATEST", "1", "2"]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_fault_of_the_server_is_repeated(aws, tmp_path, options, status):
    path = function_zip(tmp_path)
    for operation in ALL:
        aws.refuse(operation, status, "ServiceException", "Internal error", times=2)

    steps, _ = deployed(path, **options)

    _assert_complete(aws, path, steps)
    assert all(aws.asked.count(operation) >= 3 for operation in ALL)


def test_a_request_that_is_lost_is_repeated(aws, tmp_path, options):
    path = function_zip(tmp_path)
    for operation in ALL:
        aws.lose("request", operation, times=2)

    steps, _ = deployed(path, **options)

    _assert_complete(aws, path, steps)


@pytest.mark.parametrize("operation", ALL)
def test_a_write_whose_answer_is_lost_counts(aws, tmp_path, options, operation):
    path = function_zip(tmp_path)
    aws.lose("answer", operation)

    steps, _ = deployed(path, **options)

    _assert_complete(aws, path, steps)


def test_a_function_that_changes_at_the_same_time_is_an_error(aws, tmp_path):
    aws.create_function("shop", OLD)
    other = function_zip(tmp_path, "other").read_bytes()
    aws.refuse("UpdateFunctionCode", 500, "ServiceException", "Internal error", times=1)
    change = lambda: aws.client("lambda").update_function_code(FunctionName="shop", ZipFile=other)  # noqa: E731
    aws.before("UpdateFunctionCode", change)

    with pytest.raises(DeployError) as caught:
        deployed(function_zip(tmp_path), functions=("shop",))

    assert caught.value.problems[0] == (
        "shop: AWS rejected UpdateFunctionCode (ResourceConflictException: 'The operation cannot be performed at this "
        "time. An update is in progress for resource: arn:aws:lambda:eu-central-1:123456789012:function:shop'); wait "
        "for the other deployment, then deploy again [function-busy]"
    )


def test_a_function_moves_to_a_layer_though_the_answer_is_lost(aws, tmp_path):
    old = aws.client("lambda").publish_layer_version(LayerName="deps", Content={"ZipFile": OLD})["LayerVersionArn"]
    aws.create_function("shop", OLD, Layers=[old])
    aws.lose("answer", "UpdateFunctionConfiguration")

    steps, _ = deployed(layer_zip(tmp_path), functions=("shop",), layer="deps", update_layers=True)

    assert steps == [
        "deps: published layer version 2, for python3.13 and x86_64",
        "shop: layer deps moved from version 1 to 2",
    ]


@pytest.mark.parametrize("lost", [True, False])
def test_a_layer_that_might_be_published_is_not_published_again(aws, tmp_path, lost):
    path = layer_zip(tmp_path)
    if lost:
        aws.lose("answer", "PublishLayerVersion")
    else:
        aws.refuse("PublishLayerVersion", 500, "ServiceException", "Internal error", times=1)

    with pytest.raises(DeployError):
        deployed(path, layer="deps")

    assert aws.written == ["PublishLayerVersion"]
    steps, _ = deployed(path, layer="deps")
    version = (
        "layer version 1 has this content already" if lost else "published layer version 1, for python3.13 and x86_64"
    )
    assert steps == [f"deps: {version}"]


def test_a_layer_that_is_throttled_is_published_once(aws, tmp_path):
    aws.refuse("PublishLayerVersion", 429, "TooManyRequestsException", "Rate exceeded", times=3)

    steps, _ = deployed(layer_zip(tmp_path), layer="deps")

    assert steps == ["deps: published layer version 1, for python3.13 and x86_64"]
    assert aws.written == ["PublishLayerVersion"] * 4


@pytest.mark.parametrize(
    ("operation", "options", "where"),
    [
        ("GetFunctionConfiguration", {"functions": ("shop",)}, "shop: AWS still throttles get_function_configuration"),
        ("PublishLayerVersion", {"layer": "deps"}, "deps: AWS still throttles publish_layer_version"),
    ],
)
def test_throttling_that_does_not_end_is_reported(aws, tmp_path, operation, options, where):
    aws.create_function("shop", OLD)
    aws.refuse(operation, 429, "TooManyRequestsException", "Rate exceeded")
    path = layer_zip(tmp_path) if "layer" in options else function_zip(tmp_path)

    with pytest.raises(DeployError) as caught:
        deployed(path, **options)

    assert caught.value.problems[0] == (
        f"{where} after a minute, because the account's request rate is used up; deploy again later [throttled]"
    )


def test_a_server_error_that_does_not_end_is_reported(aws, tmp_path):
    aws.create_function("shop", OLD)
    aws.refuse("GetFunctionConfiguration", 503, "ServiceException", "Internal error")

    with pytest.raises(DeployError) as caught:
        deployed(function_zip(tmp_path), functions=("shop",))

    assert caught.value.problems[0] == (
        "shop: AWS rejected GetFunctionConfiguration (ServiceException: 'Internal error'); deploy again later "
        "[aws-rejected]"
    )
    assert aws.asked.count("GetFunctionConfiguration") == 10
