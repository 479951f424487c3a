"""The server of these tests rejects what AWS rejects, with the same text, also if moto alone accepts it."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.support.aws import ACCOUNT, REGION
from tests.support.deployments import OLD, function_zip
from tests.support.existing_zips import zip_of

REVISION = (
    "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve "
    "the latest Revision Id"
)
OBJECT = "Error occurred while GetObject. S3 Error Code: "


@pytest.mark.parametrize(
    ("code", "refusal", "said"),
    [
        (
            {"ZipFile": b"no zip"},
            "InvalidParameterValueException",
            "Could not unzip uploaded file. Please check your file, then try to upload again.",
        ),
        (
            {"ZipFile": bytes((50 << 20) + 1)},
            "RequestEntityTooLargeException",
            "Request must be smaller than 70167211 bytes for the UpdateFunctionCode operation",
        ),
        (
            {"S3Bucket": "none", "S3Key": "a.zip"},
            "InvalidParameterValueException",
            f"{OBJECT}NoSuchBucket. S3 Error Message: The specified bucket does not exist",
        ),
        (
            {"S3Bucket": "artifacts", "S3Key": "a.zip"},
            "InvalidParameterValueException",
            f"{OBJECT}NoSuchKey. S3 Error Message: The specified key does not exist.",
        ),
        (
            {"S3Bucket": "elsewhere", "S3Key": "a.zip"},
            "InvalidParameterValueException",
            (
                f"{OBJECT}PermanentRedirect. S3 Error Message: The bucket is in this region: us-west-2. Please use "
                "this region to retry the request"
            ),
        ),
        ({"ZipFile": OLD, "RevisionId": "old"}, "PreconditionFailedException", REVISION),
    ],
    ids=["no zip", "direct", "bucket", "key", "region", "revision"],
)
def test_code_that_aws_rejects_is_rejected(aws, code, refusal, said):
    aws.create_function("shop", OLD)
    aws.create_bucket("artifacts")
    aws.create_bucket("elsewhere", "us-west-2")

    with pytest.raises(ClientError) as error:
        aws.client("lambda").update_function_code(FunctionName="shop", **code)

    found = error.value.response["Error"]
    assert (found["Code"], found["Message"]) == (refusal, said)


def test_code_of_250_mib_unzipped_is_rejected(aws, tmp_path):
    code = zip_of(tmp_path, {"python/zeros": bytes(262_144_000)}).read_bytes()

    with pytest.raises(ClientError) as error:
        aws.client("lambda").publish_layer_version(LayerName="deps", Content={"ZipFile": code})

    assert error.value.response["Error"]["Message"] == "Unzipped size must be smaller than 262144000 bytes"


def test_the_default_architecture_is_x86_64(aws, tmp_path):
    aws.create_function("shop", OLD, Architectures=["arm64"])

    code = function_zip(tmp_path).read_bytes()
    updated = aws.client("lambda").update_function_code(FunctionName="shop", ZipFile=code)

    assert updated["Architectures"] == ["x86_64"]


def test_during_an_update_other_updates_are_rejected(aws):
    aws.create_function("shop", OLD)
    client = aws.client("lambda")
    client.update_function_code(FunctionName="shop", ZipFile=OLD)

    with pytest.raises(client.exceptions.ResourceConflictException) as error:
        client.publish_version(FunctionName="shop")

    assert error.value.response["Error"]["Message"] == (
        "The operation cannot be performed at this time. An update is in progress for resource: "
        f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:shop"
    )
