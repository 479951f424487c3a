"""A deployment that AWS or we reject ends in one clear message, with what was done and what wasn't."""

from __future__ import annotations

import http.server
import random
import threading
import zipfile

import pytest

from hatch_lambda.deploy import function as updates
from hatch_lambda.errors import DeployError
from tests.support.aws import ACCOUNT, REGION
from tests.support.deployments import OLD, code_sha256, deployed, function_zip, layer_zip
from tests.support.existing_zips import zip_of

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:shop"
NOTHING = ("done: nothing", "not done: shop: code")
REVISION = (
    "(PreconditionFailedException: 'The Revision Id provided does not match the latest Revision Id. Call the "
    "GetFunction/GetAlias API to retrieve the latest Revision Id'); deploy again, because someone changed it at the "
    "same time [function-busy]"
)


def problems_of(*zips, **options) -> tuple[str, ...]:
    with pytest.raises(DeployError) as error:
        deployed(*zips, **options)
    return error.value.problems


def test_all_problems_of_the_request_are_reported_together(aws, tmp_path):
    path = function_zip(tmp_path)
    functions = ("shop:live", "no name", ARN.replace(REGION, "us-east-1"))

    problems = problems_of(path, functions=functions, region=REGION, alias="live", update_layers=True, wait=False)

    assert problems == (
        (
            "--function 'shop:live': names a version or an alias, but only $LATEST can be updated; remove ':live', and "
            "pass --alias live to move an alias [deploy-option]"
        ),
        (
            "--function 'no name': isn't the name or ARN of a function; use a name such as 'orders', or the whole ARN "
            "[deploy-option]"
        ),
        (
            "--region: found eu-central-1 and us-east-1, but a deployment has one region; deploy to each region "
            "separately [deploy-option]"
        ),
        (
            "--no-wait: AWS publishes a version only after the update ends; remove --no-wait, or remove --publish and "
            "--alias [deploy-option]"
        ),
        "--update-layers: no layer is set; pass --layer LAYER [layer-not-set]",
    )
    assert aws.asked == []


def test_empty_options_are_reported(aws, tmp_path):
    empty = dict.fromkeys(("region", "profile", "alias", "s3_bucket", "layer"), "")

    problems = problems_of(function_zip(tmp_path), functions=("shop",), **empty)

    assert problems[:5] == tuple(
        f"--{option}: '' isn't a name (an empty variable?); give it a value, or remove --{option} [deploy-option]"
        for option in ("region", "profile", "alias", "s3-bucket", "layer")
    )
    assert aws.asked == []


def test_a_prefix_without_a_bucket_is_reported(aws, tmp_path):
    assert problems_of(function_zip(tmp_path), functions=("shop",), s3_prefix="lambda") == (
        "--s3-prefix: no bucket is set; pass --s3-bucket BUCKET [deploy-option]",
    )


def test_only_the_zip_that_cannot_be_read_is_reported(aws, tmp_path):
    missing = tmp_path / "none.zip"

    assert problems_of(missing, functions=("shop",)) == (
        f"{missing}: file not found; build it first, or fix the path [file-not-found]",
    )


def test_a_handler_that_might_be_in_a_layer_of_the_zip_names_the_layers(aws, tmp_path):
    aws.create_function("shop", OLD, Handler="cart.api.handler")
    path = function_zip(tmp_path, layers=["base", "more"])

    assert problems_of(path, functions=("shop",)) == (
        (
            "shop: its handler is 'cart.api.handler', but shop-new.zip doesn't contain that module; add the zip's "
            "layers (base, more) to the function, or change its handler [function-mismatch]"
        ),
    )


@pytest.mark.parametrize(
    ("status", "body", "operation"),
    [(200, "<!doctype html>", "get_function_configuration"), (404, "404", "get_function_configuration")],
)
def test_an_endpoint_that_is_not_aws_is_reported(monkeypatch, tmp_path, status, body, operation):
    class OtherServer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), OtherServer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        environ = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
            "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "example-secret",
            "AWS_DEFAULT_REGION": REGION,
        }
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        problems = problems_of(function_zip(tmp_path), functions=("shop",))
        server.shutdown()

    assert problems == (
        (
            f"shop: the server that answered {operation} isn't AWS; check AWS_ENDPOINT_URL and proxies, then deploy "
            "again [aws-connection]"
        ),
    )


def test_a_zip_needs_a_function_and_a_layer_zip_needs_a_layer(aws, tmp_path):
    path, deps = function_zip(tmp_path), layer_zip(tmp_path)

    problems = problems_of(path, deps)

    assert problems == (
        f"{path}: no function to deploy to; pass --function NAME [function-not-set]",
        f"{deps}: no layer to publish it as; pass --layer LAYER [layer-not-set]",
    )


def test_a_function_or_layer_needs_a_zip(aws, tmp_path):
    assert problems_of(function_zip(tmp_path), functions=("shop",), layer="deps") == (
        "--layer 'deps': none of the zips is a layer; add the layer zip, or remove --layer [zip-count]",
    )
    assert problems_of(layer_zip(tmp_path), functions=("shop",), layer="deps") == (
        (
            "--function 'shop': none of the zips is for a function; add --update-layers to move it to the new layer "
            "version, or remove --function [zip-count]"
        ),
    )


def test_update_layers_needs_a_function(aws, tmp_path):
    assert problems_of(layer_zip(tmp_path), layer="deps", update_layers=True) == (
        "--update-layers: no function is set; pass --function NAME [function-not-set]",
    )


def test_two_zips_of_one_kind_are_rejected(aws, tmp_path):
    one, two = function_zip(tmp_path), function_zip(tmp_path, "two")

    problems = problems_of(one, two, functions=("shop",))

    assert problems == (f"{two}: is a second function zip, after {one}; deploy one at a time [zip-count]",)


def test_a_file_that_is_not_a_zip_is_not_sent(aws, tmp_path):
    path = tmp_path / "shop.zip"
    path.write_text("no zip")

    problems = problems_of(path, tmp_path / "none.zip", functions=("shop",))

    assert problems[:2] == (
        f"{path}: can't be read as a zip (File is not a zip file); rebuild it, or download it again [bad-zip]",
        f"{tmp_path / 'none.zip'}: file not found; build it first, or fix the path [file-not-found]",
    )
    assert aws.asked == []


def test_a_zip_above_50_mib_needs_a_bucket(aws, tmp_path):
    path = tmp_path / "large.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("large.bin", random.Random(1).randbytes((50 << 20) + 1))

    problems = problems_of(path, functions=("shop",))

    assert problems == (
        (
            f"{path}: 50.0 MiB zipped exceeds Lambda's 50 MiB limit for a direct upload; pass --s3-bucket BUCKET "
            "[too-large]"
        ),
    )


def test_a_zip_above_the_unzipped_limit_is_not_sent(aws, tmp_path):
    function = zip_of(tmp_path, {"zeros": bytes(262_144_000)})

    problems = problems_of(function, functions=("shop",))

    assert problems == (
        (
            f"{function}: 250.0 MiB unzipped exceeds Lambda's 250 MiB limit; run 'hatch-lambda info {function}' to "
            "find what to exclude [too-large]"
        ),
    )


def test_a_function_that_does_not_exist_is_not_created(aws, tmp_path):
    problems = problems_of(function_zip(tmp_path), functions=("shop",))

    assert problems == (
        (
            "shop: no function with this name in eu-central-1; check --region and --profile, or create it with "
            "--create --role ARN [function-not-found]"
        ),
    )


def test_runtime_architecture_and_handler_must_be_those_of_the_function(aws, tmp_path):
    aws.create_function("shop", OLD, Runtime="python3.12", Architectures=["arm64"], Handler="cart.api.handler")

    problems = problems_of(function_zip(tmp_path), functions=("shop",))

    assert problems == (
        (
            'shop: its runtime is python3.12, but shop-new.zip is for python3.13; set runtime = "python3.12" and '
            "rebuild, or change the function's runtime first [function-mismatch]"
        ),
        (
            'shop: its architecture is arm64, but shop-new.zip is for x86_64; set architecture = "arm64" and '
            "rebuild, or change the function first with 'aws lambda update-function-code --architectures' "
            "[function-mismatch]"
        ),
        (
            "shop: its handler is 'cart.api.handler', but shop-new.zip doesn't contain that module; build the project "
            "that contains the module, or change the function's handler first [function-mismatch]"
        ),
    )
    assert aws.written == []


def test_no_function_changes_if_one_of_several_does_not_fit(aws, tmp_path):
    aws.create_function("shop", OLD)
    aws.create_function("cart", OLD, Runtime="python3.12")

    problems = problems_of(function_zip(tmp_path), functions=("shop", "cart"))

    assert problems == (
        (
            'cart: its runtime is python3.12, but shop-new.zip is for python3.13; set runtime = "python3.12" and '
            "rebuild, or change the function's runtime first [function-mismatch]"
        ),
    )
    assert aws.written == []


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        (
            {"state": "Pending"},
            (
                "shop: AWS is still preparing it (state Pending); wait until it is Active, then deploy again "
                "[function-busy]"
            ),
        ),
        (
            {"state": "Failed", "reason": "The role cannot be assumed."},
            (
                "shop: is in state Failed (AWS response: 'The role cannot be assumed.'); repair the function, or "
                "create it again [update-failed]"
            ),
        ),
        (
            {"polls": 5},
            (
                "shop: an update is in progress, perhaps from another deployment; wait until it ends, then deploy "
                "again [function-busy]"
            ),
        ),
    ],
)
def test_a_function_that_cannot_be_updated_now_is_not_changed(aws, tmp_path, state, problem):
    aws.create_function("shop", OLD)
    vars(aws.rules.state("shop")).update(state)

    problems = problems_of(function_zip(tmp_path), functions=("shop",))

    assert problems == (problem,)
    assert aws.written == []


def test_a_function_with_a_container_image_gets_no_zip(aws, tmp_path):
    client = aws.client("lambda")
    client.create_function(
        FunctionName="shop", Role=f"arn:aws:iam::{ACCOUNT}:role/runner", PackageType="Image", Code={"ImageUri": "a:1"}
    )

    problems = problems_of(zip_of(tmp_path, {"app.py": ""}), functions=("shop",))

    assert problems == (
        (
            "shop: uses a container image, which a zip can't replace; create another function for the zip "
            "[image-function]"
        ),
    )


def test_the_alias_must_exist_before_anything_is_changed(aws, tmp_path):
    aws.create_function("shop", OLD)

    problems = problems_of(function_zip(tmp_path), functions=("shop",), alias="live")

    assert problems == (
        (
            "shop: alias 'live' doesn't exist; create it once with 'aws lambda create-alias --function-name shop "
            "--name live --function-version VERSION' [alias-not-found]"
        ),
    )
    assert aws.written == []


def test_update_layers_needs_a_function_with_that_layer(aws, tmp_path):
    aws.create_function("shop", OLD)

    problems = problems_of(layer_zip(tmp_path), functions=("shop",), layer="deps", update_layers=True)

    assert problems == (
        "shop: doesn't use layer 'deps' (its layers: none); add the layer to the function once [function-mismatch]",
    )
    assert aws.written == []


def test_the_bucket_must_exist_in_the_functions_region(aws, tmp_path):
    aws.create_function("shop", OLD)
    aws.create_bucket("artifacts", "us-west-2")
    path = function_zip(tmp_path)

    missing = problems_of(path, functions=("shop",), s3_bucket="none")
    elsewhere = problems_of(path, functions=("shop",), s3_bucket="artifacts")

    assert missing == (
        ("s3://none: the bucket doesn't exist; create it in eu-central-1, or use another bucket [bucket-not-found]"),
    )
    assert elsewhere == (
        (
            "s3://artifacts: the bucket is in us-west-2, but Lambda reads only from its own region, eu-central-1; use "
            "a bucket in eu-central-1, or deploy to us-west-2 [bucket-region]"
        ),
    )
    assert aws.written == []


def test_a_function_that_changed_at_the_same_time_is_reported(aws, tmp_path):
    aws.create_function("shop", OLD)
    aws.before("UpdateFunctionCode", aws.rules.state("shop").change)

    problems = problems_of(function_zip(tmp_path), functions=("shop",))

    assert problems == (
        f"shop: AWS rejected UpdateFunctionCode {REVISION}",
        *NOTHING,
    )


def test_another_deployment_before_the_version_is_reported(aws, tmp_path):
    aws.create_function("shop", OLD)
    path, other = function_zip(tmp_path), function_zip(tmp_path, "other")

    def deploy_other() -> None:
        aws.client("lambda").update_function_code(FunctionName="shop", ZipFile=other.read_bytes())
        aws.rules.state("shop").polls = 0

    aws.before("ListVersionsByFunction", deploy_other)

    problems = problems_of(path, functions=("shop",), publish=True)

    assert problems == (
        f"shop: AWS rejected PublishVersion {REVISION}",
        f"done: shop: code updated to CodeSha256 {code_sha256(path)}",
        "not done: shop: version",
    )


def test_an_alias_that_moved_at_the_same_time_is_reported(aws, tmp_path):
    aws.create_function("shop", OLD, Publish=True)
    client = aws.client("lambda")
    client.create_alias(FunctionName="shop", Name="live", FunctionVersion="1")
    aws.before(
        "PublishVersion", lambda: client.update_alias(FunctionName="shop", Name="live", FunctionVersion="$LATEST")
    )
    path = function_zip(tmp_path)

    problems = problems_of(path, functions=("shop",), alias="live")

    assert problems == (
        f"shop: AWS rejected UpdateAlias {REVISION}",
        f"done: shop: code updated to CodeSha256 {code_sha256(path)}; shop: published version 2",
        "not done: shop: alias live",
    )


def test_layers_that_changed_at_the_same_time_are_reported(aws, tmp_path):
    layer = aws.client("lambda").publish_layer_version(LayerName="deps", Content={"ZipFile": OLD})
    aws.create_function("shop", OLD, Layers=[layer["LayerVersionArn"]])
    aws.before("UpdateFunctionConfiguration", aws.rules.state("shop").change)

    problems = problems_of(layer_zip(tmp_path), functions=("shop",), layer="deps", update_layers=True)

    assert problems == (
        f"shop: AWS rejected UpdateFunctionConfiguration {REVISION}",
        "done: deps: published layer version 2, for python3.13 and x86_64",
        "not done: shop: layer deps",
    )


def test_a_version_is_only_published_of_the_code_that_was_deployed(aws, tmp_path):
    aws.create_function("shop", OLD)
    path, other = function_zip(tmp_path), function_zip(tmp_path, "other")

    def change_nothing_but_the_code() -> None:
        revision = aws.rules.state("shop").revision
        aws.client("lambda").update_function_code(FunctionName="shop", ZipFile=other.read_bytes())
        aws.rules.state("shop").polls, aws.rules.state("shop").revision = 0, revision

    aws.before("PublishVersion", change_nothing_but_the_code)

    problems = problems_of(path, functions=("shop",), publish=True)

    assert problems[0] == (
        f"shop: AWS rejected PublishVersion (InvalidParameterValueException: 'CodeSHA256 ({code_sha256(path)}) "
        f"is different from current CodeSHA256 in $LATEST ({code_sha256(other)}). Please try again with the CodeSHA256 "
        "in $LATEST.'); correct that, then deploy again [aws-rejected]"
    )


def test_another_deployment_during_the_wait_is_reported(aws, tmp_path):
    aws.create_function("shop", OLD)
    path, other = function_zip(tmp_path), function_zip(tmp_path, "other")

    def deploy_other() -> None:
        aws.rules.state("shop").polls = 0
        aws.client("lambda").update_function_code(FunctionName="shop", ZipFile=other.read_bytes())

    aws.after("UpdateFunctionCode", deploy_other)

    problems = problems_of(path, functions=("shop",))

    assert problems == (
        (
            f"shop: runs code that isn't in the zip (CodeSha256 is {code_sha256(other)}, expected "
            f"{code_sha256(path)}); wait for other deployments, then deploy again [code-mismatch]"
        ),
        *NOTHING,
    )


def test_an_update_during_another_one_is_rejected(aws, tmp_path):
    aws.create_function("shop", OLD)
    aws.before("UpdateFunctionCode", lambda: setattr(aws.rules.state("shop"), "polls", 9))

    problems = problems_of(function_zip(tmp_path), functions=("shop",))

    assert problems == (
        (
            "shop: AWS rejected UpdateFunctionCode (ResourceConflictException: 'The operation cannot be performed at "
            f"this time. An update is in progress for resource: {ARN}'); wait for the other deployment, then deploy "
            "again [function-busy]"
        ),
        *NOTHING,
    )


def test_a_failed_update_is_reported_with_its_reason(aws, tmp_path):
    aws.create_function("shop", OLD)
    state = aws.rules.state("shop")
    state.ends, state.reason = "Failed", "The role lacks access to the key."

    problems = problems_of(function_zip(tmp_path), functions=("shop",), publish=True)

    assert problems == (
        (
            "shop: the update failed (AWS response: 'The role lacks access to the key.'); fix the cause, then deploy "
            "again [update-failed]"
        ),
        "done: nothing",
        "not done: shop: code; shop: version",
    )


def test_an_update_that_does_not_end_is_reported(aws, tmp_path, monkeypatch):
    monkeypatch.setattr(updates, "LONGEST_UPDATE", 0.25)
    aws.create_function("shop", OLD)
    aws.rules.polls = 9

    problems = problems_of(function_zip(tmp_path), functions=("shop",))

    assert problems == (
        (
            "shop: the update is still in progress after 0 s; check the function in the Lambda console, then deploy "
            "again [function-busy]"
        ),
        *NOTHING,
    )


DENIED = (
    f"User: arn:aws:iam::{ACCOUNT}:user/ci is not authorized to perform: lambda:UpdateFunctionCode on resource: {ARN} "
    "because no identity-based policy allows the lambda:UpdateFunctionCode action"
)


@pytest.mark.parametrize(
    ("status", "code", "message", "problem"),
    [
        (
            403,
            "AccessDeniedException",
            DENIED,
            (
                f"shop: access denied to UpdateFunctionCode (AWS response: {DENIED!r}); allow it for these "
                "credentials, or use others [access-denied]"
            ),
        ),
        (
            403,
            "ExpiredTokenException",
            "The security token included in the request is expired",
            "AWS credentials: expired; sign in again, then deploy again [aws-credentials]",
        ),
        (
            403,
            "InvalidSignatureException",
            "The Canonical String for this request should have been 'x-amz-security-token:SECRET'",
            (
                "AWS credentials: AWS rejected them (InvalidSignatureException); check the profile, AWS_PROFILE, and "
                "AWS_ACCESS_KEY_ID [aws-credentials]"
            ),
        ),
        (
            400,
            "InvalidParameterValueException",
            "Unzipped size must be smaller than 262144000 bytes",
            (
                "shop: AWS rejected UpdateFunctionCode (InvalidParameterValueException: 'Unzipped size must be smaller "
                "than 262144000 bytes'); correct that, then deploy again [aws-rejected]"
            ),
        ),
    ],
)
def test_the_response_of_aws_is_shown_without_credentials(aws, tmp_path, status, code, message, problem):
    aws.create_function("shop", OLD)
    aws.refuse("UpdateFunctionCode", status, code, message)

    problems = problems_of(function_zip(tmp_path), functions=("shop",))

    assert problems == (problem, *NOTHING)
    assert aws.written == ["UpdateFunctionCode"]


def test_a_denied_upload_is_reported(aws, tmp_path):
    aws.create_function("shop", OLD)
    aws.create_bucket("artifacts")
    aws.refuse("PutObject", 403, "AccessDenied", "Access Denied")
    path = function_zip(tmp_path)

    problems = problems_of(path, functions=("shop",), s3_bucket="artifacts")

    assert problems[0].endswith(
        "zip: access denied to PutObject (AWS response: 'Access Denied'); allow it for these credentials, or use "
        "others [access-denied]"
    )
    assert problems[1:] == ("done: nothing", "not done: shop: code")


def test_missing_credentials_region_and_profile_are_one_line_each(aws, tmp_path, monkeypatch):
    path = function_zip(tmp_path)
    aws.create_function("shop", OLD)

    profile = problems_of(path, functions=("shop",), profile="nobody")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    credentials = problems_of(path, functions=("shop",))
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    region = problems_of(path, functions=("shop",))

    assert profile == (
        ("AWS profile 'nobody': not found; run 'aws configure list-profiles' to list the profiles [aws-credentials]"),
    )
    assert credentials == (
        (
            "AWS credentials: not found, or incomplete; set AWS_PROFILE or sign in "
            "(https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html) [aws-credentials]"
        ),
    )
    assert region == ("AWS region: not set; pass --region or set AWS_DEFAULT_REGION [region-not-set]",)


def test_a_wrong_endpoint_is_one_line(aws, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nowhere")

    problems = problems_of(function_zip(tmp_path), functions=("shop",))

    assert problems == (
        (
            "AWS: boto3 rejected its configuration ('Invalid endpoint: nowhere'); check AWS_ENDPOINT_URL, then deploy "
            "again [aws-connection]"
        ),
    )


def test_a_failed_connection_is_one_line(aws, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")

    problems = problems_of(function_zip(tmp_path), functions=("shop",))

    url = "http://127.0.0.1:1/2015-03-31/functions/shop/configuration"
    assert problems == (
        (
            "AWS: can't connect (EndpointConnectionError: 'Could not connect to the endpoint URL: "
            f'"{url}"\'); check the network and AWS_ENDPOINT_URL, then deploy again [aws-connection]'
        ),
    )
