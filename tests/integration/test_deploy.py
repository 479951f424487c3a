"""Functions run the zip that was deployed; the server of these tests rejects what AWS rejects."""

from __future__ import annotations

import json
import random
import zipfile

import pytest

from tests.support.deployments import OLD, code_sha256, deployed, function_zip, layer_zip
from tests.support.existing_zips import zip_of
from tests.support.zips import sha256


@pytest.mark.api("boto3")
def test_the_function_runs_what_was_deployed(aws, tmp_path):
    aws.create_function("shop", OLD)
    path = function_zip(tmp_path)

    steps, warnings = deployed(path, functions=("shop",))

    assert steps == [f"shop: code updated to CodeSha256 {code_sha256(path)}"]
    assert warnings == ()
    configuration = aws.client("lambda").get_function_configuration(FunctionName="shop")
    assert configuration["CodeSha256"] == code_sha256(path)
    assert configuration["LastUpdateStatus"] == "Successful"


def test_code_that_is_already_deployed_is_not_sent_again(aws, tmp_path):
    path = function_zip(tmp_path)
    aws.create_function("shop", path.read_bytes())

    steps, _ = deployed(path, functions=("shop",))

    assert steps == [f"shop: has this code already, CodeSha256 {code_sha256(path)}"]
    assert aws.written == []


def test_several_functions_get_the_same_code(aws, tmp_path):
    aws.create_function("shop", OLD)
    arn = aws.create_function("cart", OLD)["FunctionArn"]
    path = function_zip(tmp_path)

    steps, _ = deployed(path, functions=("shop", arn, "shop"))

    assert steps == [
        f"shop: code updated to CodeSha256 {code_sha256(path)}",
        f"cart: code updated to CodeSha256 {code_sha256(path)}",
    ]
    assert aws.written == ["UpdateFunctionCode", "UpdateFunctionCode"]


def test_a_function_on_arm64_stays_there(aws, tmp_path):
    aws.create_function("shop", OLD, Architectures=["arm64"])

    deployed(function_zip(tmp_path, architecture="arm64"), functions=("shop",))

    configuration = aws.client("lambda").get_function_configuration(FunctionName="shop")
    assert configuration["Architectures"] == ["arm64"]


def test_the_region_is_that_of_the_functions_arn(aws, tmp_path, monkeypatch):
    arn = aws.create_function("shop", OLD)["FunctionArn"]
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    path = function_zip(tmp_path)

    steps, _ = deployed(path, functions=(arn,))

    assert steps == [f"shop: code updated to CodeSha256 {code_sha256(path)}"]


def test_an_update_is_waited_for_before_a_version_is_published(aws, tmp_path):
    aws.create_function("shop", OLD)
    aws.rules.polls = 2
    path = function_zip(tmp_path)

    steps, _ = deployed(path, functions=("shop",), publish=True)

    assert steps == [f"shop: code updated to CodeSha256 {code_sha256(path)}", "shop: published version 1"]
    version = aws.client("lambda").get_function_configuration(FunctionName="shop", Qualifier="1")
    assert version["CodeSha256"] == code_sha256(path)


def test_no_wait_returns_while_aws_is_updating(aws, tmp_path):
    aws.create_function("shop", OLD)
    aws.rules.polls = 1_000
    path = function_zip(tmp_path)

    steps, _ = deployed(path, functions=("shop",), wait=False)

    assert steps == [f"shop: AWS is updating the code to CodeSha256 {code_sha256(path)}"]


@pytest.mark.api("boto3")
def test_the_alias_moves_to_the_new_version(aws, tmp_path):
    aws.create_function("shop", OLD, Publish=True)
    aws.client("lambda").create_alias(FunctionName="shop", Name="live", FunctionVersion="1")
    path = function_zip(tmp_path)

    steps, _ = deployed(path, functions=("shop",), alias="live")

    assert steps == [
        f"shop: code updated to CodeSha256 {code_sha256(path)}",
        "shop: published version 2",
        "shop: alias live moved from version 1 to 2",
    ]
    assert aws.client("lambda").get_alias(FunctionName="shop", Name="live")["FunctionVersion"] == "2"


def test_a_version_with_snapstart_is_waited_for_before_the_alias_moves(aws, tmp_path):
    aws.create_function("shop", OLD, Publish=True)
    aws.client("lambda").create_alias(FunctionName="shop", Name="live", FunctionVersion="1")
    aws.rules.version_polls = 1
    aws.asked.clear()

    deployed(function_zip(tmp_path), functions=("shop",), alias="live")

    assert aws.asked[-4:] == [
        "PublishVersion",
        "GetFunctionConfiguration",
        "GetFunctionConfiguration",
        "UpdateAlias",
    ]


def test_an_alias_that_sends_a_share_to_another_version_is_a_warning(aws, tmp_path):
    aws.create_function("shop", OLD, Publish=True)
    weights = {"AdditionalVersionWeights": {"1": 0.1}}
    client = aws.client("lambda")
    client.create_alias(FunctionName="shop", Name="live", FunctionVersion="1", RoutingConfig=weights)

    _, warnings = deployed(function_zip(tmp_path), functions=("shop",), alias="live")

    assert warnings == (
        (
            "shop: alias live still sends 10% of the calls to version 1, which deploying doesn't change; to stop that, "
            "run 'aws lambda update-alias --function-name shop --name live --routing-config "
            "AdditionalVersionWeights={}' [weighted-alias]"
        ),
    )


def test_steps_that_are_already_done_are_reported_and_not_repeated(aws, tmp_path):
    path = function_zip(tmp_path)
    aws.create_function("shop", path.read_bytes(), Publish=True)
    aws.client("lambda").create_alias(FunctionName="shop", Name="live", FunctionVersion="1")
    aws.asked.clear()

    steps, _ = deployed(path, functions=("shop",), alias="live")

    assert steps == [
        f"shop: has this code already, CodeSha256 {code_sha256(path)}",
        "shop: version 1 is this code and configuration already",
        "shop: alias live is at version 1 already",
    ]
    assert aws.written == ["PublishVersion"]
    assert len(aws.client("lambda").list_versions_by_function(FunctionName="shop")["Versions"]) == 2


def test_the_latest_version_is_found_on_the_last_page(aws, tmp_path):
    path = function_zip(tmp_path)
    aws.create_function("shop", OLD, Publish=True)
    deployed(path, functions=("shop",), publish=True)
    aws.rules.page = 1

    steps, _ = deployed(path, functions=("shop",), publish=True)

    assert steps[1:] == ["shop: version 2 is this code and configuration already"]


@pytest.mark.api("boto3")
def test_the_zip_is_uploaded_once_under_a_key_with_its_hash(aws, tmp_path):
    aws.create_function("shop", OLD)
    aws.create_bucket("artifacts")
    path = function_zip(tmp_path)
    key = f"lambda/shop-new-{sha256(path.read_bytes())}.zip"

    first, _ = deployed(path, functions=("shop",), s3_bucket="artifacts", s3_prefix="lambda")
    aws.create_function("cart", OLD)
    aws.create_function("till", OLD)
    second, _ = deployed(path, functions=("cart", "shop", "till"), s3_bucket="artifacts", s3_prefix="lambda/")

    updated = f"code updated to CodeSha256 {code_sha256(path)}"
    assert first == [f"s3://artifacts/{key}: uploaded, {path.stat().st_size} bytes", f"shop: {updated}"]
    assert second == [
        f"s3://artifacts/{key}: is there already",
        f"cart: {updated}",
        f"shop: has this code already, CodeSha256 {code_sha256(path)}",
        f"till: {updated}",
    ]
    assert aws.written == ["UpdateFunctionCode", "UpdateFunctionCode"]


def test_nothing_is_uploaded_for_functions_that_have_the_code(aws, tmp_path):
    path = function_zip(tmp_path)
    aws.create_function("shop", path.read_bytes())
    aws.create_bucket("artifacts")

    steps, _ = deployed(path, functions=("shop",), s3_bucket="artifacts")

    assert steps == [f"shop: has this code already, CodeSha256 {code_sha256(path)}"]
    assert aws.asked == ["GetFunctionConfiguration", "HeadBucket", "GetFunctionConfiguration"]


def test_an_upload_works_without_permission_to_list_the_bucket(aws, tmp_path):
    aws.create_function("shop", OLD)
    aws.create_bucket("artifacts")
    aws.refuse("HeadBucket", 403, "403", "")
    aws.refuse("HeadObject", 403, "403", "")

    deployed(function_zip(tmp_path), functions=("shop",), s3_bucket="artifacts")

    assert aws.written == ["PutObject", "UpdateFunctionCode"]


def test_a_zip_above_50_mib_goes_through_the_bucket(aws, tmp_path):
    aws.create_function("shop", OLD)
    aws.create_bucket("artifacts")
    path = tmp_path / "large.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("large.bin", random.Random(1).randbytes((50 << 20) + 1))

    steps, _ = deployed(path, functions=("shop",), s3_bucket="artifacts")

    key = f"large-{sha256(path.read_bytes())}.zip"
    assert steps == [
        f"s3://artifacts/{key}: uploaded, 50.0 MiB",
        f"shop: code updated to CodeSha256 {code_sha256(path)}",
    ]


def test_a_zip_of_50_mib_goes_directly(aws, tmp_path):
    aws.create_function("shop", OLD)
    path = tmp_path / "large.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("large.bin", b"")
    rest = (50 << 20) - path.stat().st_size
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("large.bin", bytes(rest))

    steps, _ = deployed(path, functions=("shop",))

    assert path.stat().st_size == 52_428_800
    assert steps == [f"shop: code updated to CodeSha256 {code_sha256(path)}"]


@pytest.mark.api("boto3")
def test_throttled_requests_are_repeated(aws, tmp_path):
    aws.create_function("shop", OLD)
    for operation in ("GetFunctionConfiguration", "UpdateFunctionCode"):
        aws.refuse(operation, 429, "TooManyRequestsException", "Rate exceeded", times=1)
    path = function_zip(tmp_path)

    steps, _ = deployed(path, functions=("shop",))

    assert steps == [f"shop: code updated to CodeSha256 {code_sha256(path)}"]


def test_a_throttled_upload_is_repeated_from_its_beginning(aws, tmp_path):
    aws.create_function("shop", OLD)
    aws.create_bucket("artifacts")
    aws.refuse("PutObject", 503, "SlowDown", "Please reduce your request rate.", times=1)
    path = function_zip(tmp_path)

    steps, _ = deployed(path, functions=("shop",), s3_bucket="artifacts")

    key = f"shop-new-{sha256(path.read_bytes())}.zip"
    assert aws.client("s3").get_object(Bucket="artifacts", Key=key)["Body"].read() == path.read_bytes()
    assert steps == [
        f"s3://artifacts/{key}: uploaded, {path.stat().st_size} bytes",
        f"shop: code updated to CodeSha256 {code_sha256(path)}",
    ]


def test_code_whose_update_failed_is_sent_again(aws, tmp_path):
    path = function_zip(tmp_path)
    aws.create_function("shop", path.read_bytes())
    state = aws.rules.state("shop")
    state.ends = "Failed"
    aws.before("UpdateFunctionCode", lambda: setattr(state, "ends", "Successful"))

    steps, _ = deployed(path, functions=("shop",))

    assert steps == [f"shop: code updated to CodeSha256 {code_sha256(path)}"]


def test_a_zip_of_another_tool_is_deployed_with_fewer_checks(aws, tmp_path):
    aws.create_function("shop", OLD, Runtime="python3.12", Handler="nowhere.handler")
    path = zip_of(tmp_path, {"app.py": "def handler(event, context): ...\n"})

    steps, _ = deployed(path, functions=("shop",))

    assert steps == [f"shop: code updated to CodeSha256 {code_sha256(path)}"]


def test_a_zip_with_an_invalid_description_counts_as_one_of_another_tool(aws, tmp_path):
    aws.create_function("shop", OLD)
    said = {"schema": 1, "kind": "function", "runtime": 5, "architecture": [{}], "compatible-runtimes": 5}
    path = zip_of(tmp_path, {"hatch-lambda/shop.json": json.dumps(said), "shop/api.py": ""})

    steps, _ = deployed(path, functions=("shop",))

    assert steps == [f"shop: code updated to CodeSha256 {code_sha256(path)}"]


def test_a_function_without_the_layers_of_its_zip_is_a_warning(aws, tmp_path):
    layer = aws.client("lambda").publish_layer_version(LayerName="base", Content={"ZipFile": OLD})
    aws.create_function("bare", OLD)
    aws.create_function("layered", OLD, Layers=[layer["LayerVersionArn"]])

    _, warnings = deployed(function_zip(tmp_path, layers=("base",)), functions=("bare", "layered"))

    assert warnings == (
        ("bare: the zip needs base, but the function has 0 of 1 layers; add them to the function [undeclared-layers]"),
    )


def test_a_handler_can_be_in_a_layer(aws, tmp_path):
    layer = aws.client("lambda").publish_layer_version(LayerName="wrap", Content={"ZipFile": OLD})
    aws.create_function("shop", OLD, Handler="wrapper.handler", Layers=[layer["LayerVersionArn"]])
    path = function_zip(tmp_path)

    steps, _ = deployed(path, functions=("shop",))

    assert steps == [f"shop: code updated to CodeSha256 {code_sha256(path)}"]


def test_signed_code_with_another_hash_is_published_with_a_warning(aws, tmp_path):
    aws.create_function("shop", OLD)
    aws.rules.state("shop").signed = True

    steps, warnings = deployed(function_zip(tmp_path), functions=("shop",), publish=True)

    signed = "c2lnbmVkIGJ5IEFXUyBTaWduZXIgICAgICAgICAgICA="
    assert steps == [f"shop: code updated to CodeSha256 {signed}", "shop: published version 1"]
    assert warnings == (
        (
            f"shop: AWS signed the code (CodeSha256 is {signed}), so it can't be compared with the zip; expect the "
            "next deployment to send it again [signed-code]"
        ),
    )


def test_a_dry_run_lists_its_steps_and_writes_nothing(aws, tmp_path):
    layer = aws.client("lambda").publish_layer_version(LayerName="deps", Content={"ZipFile": OLD})
    aws.create_function("shop", OLD, Publish=True, Layers=[layer["LayerVersionArn"]])
    aws.client("lambda").create_alias(FunctionName="shop", Name="live", FunctionVersion="1")
    aws.create_bucket("artifacts")
    path, deps = function_zip(tmp_path), layer_zip(tmp_path)

    steps, _ = deployed(
        path,
        deps,
        functions=("shop",),
        alias="live",
        s3_bucket="artifacts",
        layer="deps",
        update_layers=True,
        dry_run=True,
    )

    assert steps == [
        f"s3://artifacts/deps-1-{sha256(deps.read_bytes())}.zip: would be uploaded, {deps.stat().st_size} bytes",
        "deps: a layer version would be published, for python3.13 and x86_64",
        "shop: layer deps would move from version 1 to the new one",
        f"s3://artifacts/shop-new-{sha256(path.read_bytes())}.zip: would be uploaded, {path.stat().st_size} bytes",
        f"shop: code would be updated to CodeSha256 {code_sha256(path)}",
        "shop: a version would be published",
        "shop: alias live would move from version 1 to the new version",
    ]
    assert aws.written == []


def test_a_dry_run_after_a_deployment_has_nothing_left_to_do(aws, tmp_path):
    path = function_zip(tmp_path)
    aws.create_function("shop", path.read_bytes(), Publish=True)
    aws.client("lambda").create_alias(FunctionName="shop", Name="live", FunctionVersion="1")
    aws.asked.clear()

    steps, _ = deployed(path, functions=("shop",), alias="live", dry_run=True)

    assert steps == [
        f"shop: has this code already, CodeSha256 {code_sha256(path)}",
        "shop: version 1 has this code; another would be published only if the configuration has changed since",
        "shop: alias live is at version 1 already",
    ]
    assert aws.written == []
