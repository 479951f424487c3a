"""A zip becomes a version of a layer, and functions move to it."""

from __future__ import annotations

import pytest

from tests.support.aws import ACCOUNT, REGION
from tests.support.deployments import OLD, code_sha256, deployed, function_zip, layer_zip
from tests.support.existing_zips import zip_of

DEPS = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:deps"


def _publish(aws, name: str, code: bytes = OLD, **options) -> str:
    published = aws.client("lambda").publish_layer_version(LayerName=name, Content={"ZipFile": code}, **options)
    aws.asked.clear()
    return str(published["LayerVersionArn"])


def _layers(aws, function: str) -> list[str]:
    configuration = aws.client("lambda").get_function_configuration(FunctionName=function)
    return [layer["Arn"] for layer in configuration["Layers"]]


def test_a_layer_version_has_compatible_runtimes_and_architectures(aws, tmp_path):
    path = layer_zip(tmp_path)

    steps, _ = deployed(path, layer="deps")

    assert steps == ["deps: published layer version 1, for python3.13 and x86_64"]
    published = aws.client("lambda").get_layer_version(LayerName="deps", VersionNumber=1)
    assert published["CompatibleRuntimes"] == ["python3.13"]
    assert published["CompatibleArchitectures"] == ["x86_64"]
    assert published["Content"]["CodeSha256"] == code_sha256(path)


def test_a_layer_whose_latest_version_is_the_same_is_not_published_again(aws, tmp_path):
    path = layer_zip(tmp_path)
    deployed(path, layer="deps")
    aws.asked.clear()

    steps, _ = deployed(path, layer="deps")

    assert steps == ["deps: layer version 1 has this content already"]
    assert aws.written == []


def test_versions_for_another_architecture_do_not_count(aws, tmp_path):
    x86_64, arm64 = layer_zip(tmp_path), layer_zip(tmp_path, "arm", **{"compatible-architectures": ["arm64"]})
    deployed(x86_64, layer="deps")
    deployed(arm64, layer="deps")
    aws.asked.clear()

    steps, _ = deployed(x86_64, layer="deps")

    assert steps == ["deps: layer version 1 has this content already"]
    assert aws.written == []


def test_a_layer_of_another_tool_is_for_any_runtime(aws, tmp_path):
    path = zip_of(tmp_path, {"python/dep.py": ""}, "other.zip")

    first, _ = deployed(path, layer="deps")
    again, _ = deployed(path, layer="deps")

    assert first == ["deps: published layer version 1, for any runtime"]
    assert again == ["deps: layer version 1 has this content already"]
    assert "CompatibleRuntimes" not in aws.client("lambda").get_layer_version(LayerName="deps", VersionNumber=1)


def test_a_latest_version_that_is_deleted_meanwhile_does_not_count(aws, tmp_path):
    path = layer_zip(tmp_path)
    deployed(path, layer="deps")
    client = aws.client("lambda")
    aws.before("GetLayerVersion", lambda: client.delete_layer_version(LayerName="deps", VersionNumber=1))

    steps, _ = deployed(path, layer="deps")

    assert steps == ["deps: published layer version 2, for python3.13 and x86_64"]


def test_a_layer_goes_through_the_bucket(aws, tmp_path):
    aws.create_bucket("artifacts")

    deployed(layer_zip(tmp_path), layer="deps", s3_bucket="artifacts")

    assert aws.written == ["PutObject", "PublishLayerVersion"]


def test_functions_move_to_the_new_version_and_their_other_layers_stay_in_order(aws, tmp_path):
    first, last = _publish(aws, "first"), _publish(aws, "last")
    aws.create_function("shop", OLD, Layers=[first, _publish(aws, "deps"), last])

    steps, _ = deployed(layer_zip(tmp_path), layer="deps", functions=("shop",), update_layers=True)

    assert steps == [
        "deps: published layer version 2, for python3.13 and x86_64",
        "shop: layer deps moved from version 1 to 2",
    ]
    assert _layers(aws, "shop") == [first, f"{DEPS}:2", last]


def test_without_waiting_nothing_is_asked_after_the_move(aws, tmp_path):
    aws.create_function("shop", OLD, Layers=[_publish(aws, "deps")])

    steps, _ = deployed(layer_zip(tmp_path), layer="deps", functions=("shop",), update_layers=True, wait=False)

    assert steps[1:] == ["shop: layer deps moved from version 1 to 2"]
    assert aws.asked[-1] == "UpdateFunctionConfiguration"


@pytest.mark.api("boto3")
def test_layer_and_code_are_deployed_together_and_published_as_one_version(aws, tmp_path):
    aws.create_function("shop", OLD, Layers=[_publish(aws, "deps")])
    path = function_zip(tmp_path)

    steps, _ = deployed(path, layer_zip(tmp_path), layer=DEPS, functions=("shop",), update_layers=True, publish=True)

    assert steps == [
        "deps: published layer version 2, for python3.13 and x86_64",
        "shop: layer deps moved from version 1 to 2",
        f"shop: code updated to CodeSha256 {code_sha256(path)}",
        "shop: published version 1",
    ]
    version = aws.client("lambda").get_function_configuration(FunctionName="shop", Qualifier="1")
    assert [layer["Arn"] for layer in version["Layers"]] == [f"{DEPS}:2"]
    assert version["CodeSha256"] == code_sha256(path)


def test_a_function_that_has_the_version_is_left_alone(aws, tmp_path):
    path = layer_zip(tmp_path)
    fitting = {"CompatibleRuntimes": ["python3.13"], "CompatibleArchitectures": ["x86_64"]}
    aws.create_function("shop", OLD, Layers=[_publish(aws, "deps", path.read_bytes(), **fitting)])

    steps, _ = deployed(path, layer="deps", functions=("shop",), update_layers=True)

    assert steps == ["deps: layer version 1 has this content already", "shop: has version 1 of layer deps already"]
    assert aws.written == []
