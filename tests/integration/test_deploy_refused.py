"""What cannot be deployed is one clear message, with nothing changed or with what has been done."""

from __future__ import annotations

import http.server
import random
import threading
import zipfile

import pytest

from hatch_lambda.errors import DeployError
from tests.support.aws import ACCOUNT, REGION
from tests.support.deployments import OLD, code_sha256, deployed, function_zip, layer_zip
from tests.support.finished import zip_of

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:shop"
NOTHING = ("done: nothing", "not done: shop: code")


def refusal(*zips, **options) -> tuple[str, ...]:
    with pytest.raises(DeployError) as error:
        deployed(*zips, **options)
    return error.value.problems


def test_all_problems_of_the_wish_are_told_at_once(aws, tmp_path):
    path = function_zip(tmp_path)
    functions = ("shop:live", "no name", ARN.replace(REGION, "us-east-1"))

    problems = refusal(path, functions=functions, region=REGION, alias="live", update_layers=True, wait=False)

    assert problems == (
        (
            "function 'shop:live': names a version or an alias; code is updated in $LATEST only; leave out ':live', "
            "and say alias 'live' to move that alias"
        ),
        "function 'no name': expected a name or an ARN of a function",
        "region: found eu-central-1 and us-east-1; deploy to one region at a time",
        "wait: a version is published only once the update is over; leave it on, or leave out publish and alias",
        "update-layers: no layer is named; name it with layer",
    )
    assert aws.asked == []


def test_texts_that_are_empty_are_told(aws, tmp_path):
    empty = dict.fromkeys(("region", "profile", "alias", "s3_bucket", "layer"), "")

    problems = refusal(function_zip(tmp_path), functions=("shop",), **empty)

    assert problems[:5] == tuple(
        f"{option}: expected a name; found ''; a variable may be empty; give it a value, or leave out {option}"
        for option in ("region", "profile", "alias", "s3-bucket", "layer")
    )
    assert aws.asked == []


def test_a_folder_in_no_bucket_is_told(aws, tmp_path):
    assert refusal(function_zip(tmp_path), functions=("shop",), s3_prefix="lambda") == (
        "s3-prefix: no bucket is named; name it with s3-bucket",
    )


def test_of_a_zip_that_cannot_be_read_only_that_is_told(aws, tmp_path):
    missing = tmp_path / "none.zip"

    assert refusal(missing, functions=("shop",)) == (
        f"{missing}: file not found; build it first, or fix the path [file-not-found]",
    )


def test_a_handler_that_may_lie_in_layers_of_the_zip_names_them(aws, tmp_path):
    aws.create_function("shop", OLD, Handler="cart.api.handler")
    path = function_zip(tmp_path, layers=["base", "more"])

    assert refusal(path, functions=("shop",)) == (
        (
            "shop: its handler is 'cart.api.handler'; shop-new.zip has no such module; add its layers, base, more, to "
            "the function, or change its handler"
        ),
    )


@pytest.mark.parametrize(
    ("status", "body", "operation"),
    [(200, "<!doctype html>", "get_function_configuration"), (404, "404", "get_function_configuration")],
)
def test_an_endpoint_that_is_not_aws_is_told(monkeypatch, tmp_path, status, body, operation):
    class Stranger(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stranger) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        environ = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
            "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "example-secret",
            "AWS_DEFAULT_REGION": REGION,
        }
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        problems = refusal(function_zip(tmp_path), functions=("shop",))
        server.shutdown()

    assert problems == (
        f"shop: what answered {operation} is not AWS; look at AWS_ENDPOINT_URL and at proxies, then deploy again",
    )


def test_a_function_must_be_named_for_its_zip_and_a_layer_for_its_own(aws, tmp_path):
    path, deps = function_zip(tmp_path), layer_zip(tmp_path)

    problems = refusal(path, deps)

    assert problems == (
        f"{path}: it is for a function, and none is named; name it with function",
        f"{deps}: it is a layer, and no name is given for it; name it with layer",
    )


def test_what_is_named_must_have_a_zip(aws, tmp_path):
    assert refusal(function_zip(tmp_path), functions=("shop",), layer="deps") == (
        "layer 'deps': none of the zips is a layer; build one, or leave out layer",
    )
    assert refusal(layer_zip(tmp_path), functions=("shop",), layer="deps") == (
        (
            "function 'shop': none of the zips is for a function; say update-layers to move it to the layer's new "
            "version, or leave out function"
        ),
    )


def test_layers_are_moved_of_functions_that_are_named(aws, tmp_path):
    assert refusal(layer_zip(tmp_path), layer="deps", update_layers=True) == (
        "update-layers: no function is named; name it with function",
    )


def test_two_zips_of_one_kind_are_one_too_many(aws, tmp_path):
    one, two = function_zip(tmp_path), function_zip(tmp_path, "two")

    problems = refusal(one, two, functions=("shop",))

    assert problems == (f"{two}: found a second zip of a function, after {one}; deploy one at a time",)


def test_what_is_no_zip_is_not_sent(aws, tmp_path):
    path = tmp_path / "shop.zip"
    path.write_text("no zip")

    problems = refusal(path, tmp_path / "none.zip", functions=("shop",))

    assert problems[:2] == (
        f"{path}: can't be read as a zip (File is not a zip file); rebuild it, or download it again [bad-zip]",
        f"{tmp_path / 'none.zip'}: file not found; build it first, or fix the path [file-not-found]",
    )
    assert aws.asked == []


def test_a_zip_above_50_mib_needs_a_bucket(aws, tmp_path):
    path = tmp_path / "large.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("large.bin", random.Random(1).randbytes((50 << 20) + 1))

    problems = refusal(path, functions=("shop",))

    assert problems == (
        (
            f"{path}: {path.stat().st_size:,} bytes; Lambda takes 52,428,800 directly; name a bucket to upload it "
            "through with s3-bucket"
        ),
    )


def test_what_unzips_to_too_much_is_not_sent(aws, tmp_path):
    function = zip_of(tmp_path, {"zeros": bytes(262_144_000)})

    problems = refusal(function, functions=("shop",))

    assert problems == (f"{function}: unzipped, 262,144,000 bytes; Lambda accepts less than 262,144,000",)


def test_a_function_that_does_not_exist_is_not_created(aws, tmp_path):
    problems = refusal(function_zip(tmp_path), functions=("shop",))

    assert problems == (
        (
            "shop: no such function in eu-central-1; deploying updates what exists; look at region and profile, or "
            "create it"
        ),
    )


def test_runtime_architecture_and_handler_must_be_those_of_the_function(aws, tmp_path):
    aws.create_function("shop", OLD, Runtime="python3.12", Architectures=["arm64"], Handler="cart.api.handler")

    problems = refusal(function_zip(tmp_path), functions=("shop",))

    assert problems == (
        (
            "shop: its runtime is python3.12; shop-new.zip is for python3.13; build for python3.12, or change the "
            "function's runtime first"
        ),
        (
            "shop: its architecture is arm64; shop-new.zip is for x86_64; build for arm64, or move the function first: "
            "aws lambda update-function-code --architectures"
        ),
        (
            "shop: its handler is 'cart.api.handler'; shop-new.zip has no such module; build the project that has it, "
            "or change the function's handler first"
        ),
    )
    assert aws.written == []


def test_no_function_changes_if_one_of_several_does_not_fit(aws, tmp_path):
    aws.create_function("shop", OLD)
    aws.create_function("cart", OLD, Runtime="python3.12")

    problems = refusal(function_zip(tmp_path), functions=("shop", "cart"))

    assert problems == (
        (
            "cart: its runtime is python3.12; shop-new.zip is for python3.13; build for python3.12, or change the "
            "function's runtime first"
        ),
    )
    assert aws.written == []


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        (
            {"state": "Pending"},
            "shop: AWS still prepares it (state Pending); wait until it is Active, then deploy again",
        ),
        (
            {"state": "Failed", "reason": "The role cannot be assumed."},
            "shop: in state Failed; AWS says 'The role cannot be assumed.'; repair or create it anew",
        ),
        (
            {"polls": 5},
            "shop: an update is under way; another deployment may run; wait for it, then deploy again",
        ),
    ],
)
def test_a_function_that_cannot_be_updated_now_is_left_alone(aws, tmp_path, state, problem):
    aws.create_function("shop", OLD)
    vars(aws.rules.state("shop")).update(state)

    problems = refusal(function_zip(tmp_path), functions=("shop",))

    assert problems == (problem,)
    assert aws.written == []


def test_a_function_of_an_image_takes_no_zip(aws, tmp_path):
    client = aws.client("lambda")
    client.create_function(
        FunctionName="shop", Role=f"arn:aws:iam::{ACCOUNT}:role/runner", PackageType="Image", Code={"ImageUri": "a:1"}
    )

    problems = refusal(zip_of(tmp_path, {"app.py": ""}), functions=("shop",))

    assert problems == (
        "shop: made of a container image, which no zip can replace; create another function for the zip",
    )


def test_the_alias_must_exist_before_anything_is_changed(aws, tmp_path):
    aws.create_function("shop", OLD)

    problems = refusal(function_zip(tmp_path), functions=("shop",), alias="live")

    assert problems == (
        (
            "shop: no alias 'live'; create it once: aws lambda create-alias --function-name shop --name live "
            "--function-version VERSION"
        ),
    )
    assert aws.written == []


def test_a_function_must_have_the_layer_that_it_shall_move_to(aws, tmp_path):
    aws.create_function("shop", OLD)

    problems = refusal(layer_zip(tmp_path), functions=("shop",), layer="deps", update_layers=True)

    assert problems == ("shop: has no layer 'deps' to move; it has no layers; add it once to the function",)
    assert aws.written == []


def test_the_bucket_must_exist_in_the_functions_region(aws, tmp_path):
    aws.create_function("shop", OLD)
    aws.create_bucket("artifacts", "us-west-2")
    path = function_zip(tmp_path)

    missing = refusal(path, functions=("shop",), s3_bucket="none")
    elsewhere = refusal(path, functions=("shop",), s3_bucket="artifacts")

    assert missing == ("s3://none: no such bucket; create it in eu-central-1, or name another",)
    assert elsewhere == (
        (
            "s3://artifacts: the bucket is in us-west-2; Lambda reads from buckets in its own region, eu-central-1; "
            "name another bucket, or deploy there"
        ),
    )
    assert aws.written == []


def test_somebody_else_changed_the_function_meanwhile(aws, tmp_path):
    aws.create_function("shop", OLD)
    aws.before("UpdateFunctionCode", aws.rules.state("shop").change)

    problems = refusal(function_zip(tmp_path), functions=("shop",))

    assert problems == (
        (
            "shop: AWS refuses UpdateFunctionCode (PreconditionFailedException); it says 'The Revision Id provided "
            "does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision "
            "Id'; somebody else changed it meanwhile; deploy again"
        ),
        *NOTHING,
    )


def test_somebody_else_deployed_before_the_version_was_published(aws, tmp_path):
    aws.create_function("shop", OLD)
    path, other = function_zip(tmp_path), function_zip(tmp_path, "other")

    def deploy_other() -> None:
        aws.client("lambda").update_function_code(FunctionName="shop", ZipFile=other.read_bytes())
        aws.rules.state("shop").polls = 0

    aws.before("ListVersionsByFunction", deploy_other)

    problems = refusal(path, functions=("shop",), publish=True)

    assert problems == (
        (
            "shop: AWS refuses PublishVersion (PreconditionFailedException); it says 'The Revision Id provided does "
            "not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id'; "
            "somebody else changed it meanwhile; deploy again"
        ),
        f"done: shop: code updated to CodeSha256 {code_sha256(path)}",
        "not done: shop: version",
    )


REVISION = (
    "(PreconditionFailedException); it says 'The Revision Id provided does not match the latest Revision Id. Call the "
    "GetFunction/GetAlias API to retrieve the latest Revision Id'; somebody else changed it meanwhile; deploy again"
)


def test_somebody_else_moved_the_alias_meanwhile(aws, tmp_path):
    aws.create_function("shop", OLD, Publish=True)
    client = aws.client("lambda")
    client.create_alias(FunctionName="shop", Name="live", FunctionVersion="1")
    aws.before(
        "PublishVersion", lambda: client.update_alias(FunctionName="shop", Name="live", FunctionVersion="$LATEST")
    )
    path = function_zip(tmp_path)

    problems = refusal(path, functions=("shop",), alias="live")

    assert problems == (
        f"shop: AWS refuses UpdateAlias {REVISION}",
        f"done: shop: code updated to CodeSha256 {code_sha256(path)}; shop: published version 2",
        "not done: shop: alias live",
    )


def test_somebody_else_changed_the_layers_meanwhile(aws, tmp_path):
    layer = aws.client("lambda").publish_layer_version(LayerName="deps", Content={"ZipFile": OLD})
    aws.create_function("shop", OLD, Layers=[layer["LayerVersionArn"]])
    aws.before("UpdateFunctionConfiguration", aws.rules.state("shop").change)

    problems = refusal(layer_zip(tmp_path), functions=("shop",), layer="deps", update_layers=True)

    assert problems == (
        f"shop: AWS refuses UpdateFunctionConfiguration {REVISION}",
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

    problems = refusal(path, functions=("shop",), publish=True)

    assert problems[0] == (
        f"shop: AWS refuses PublishVersion (InvalidParameterValueException); it says 'CodeSHA256 ({code_sha256(path)}) "
        f"is different from current CodeSHA256 in $LATEST ({code_sha256(other)}). Please try again with the CodeSHA256 "
        "in $LATEST.'; see what AWS says"
    )


def test_somebody_else_deployed_while_the_update_was_waited_for(aws, tmp_path):
    aws.create_function("shop", OLD)
    path, other = function_zip(tmp_path), function_zip(tmp_path, "other")

    def deploy_other() -> None:
        aws.rules.state("shop").polls = 0
        aws.client("lambda").update_function_code(FunctionName="shop", ZipFile=other.read_bytes())

    aws.after("UpdateFunctionCode", deploy_other)

    problems = refusal(path, functions=("shop",))

    assert problems == (
        (
            f"shop: runs other code than was sent; CodeSha256 is {code_sha256(other)}, expected {code_sha256(path)}; "
            "another deployment may have run; deploy again"
        ),
        *NOTHING,
    )


def test_an_update_that_another_one_blocks_is_refused(aws, tmp_path):
    aws.create_function("shop", OLD)
    aws.before("UpdateFunctionCode", lambda: setattr(aws.rules.state("shop"), "polls", 9))

    problems = refusal(function_zip(tmp_path), functions=("shop",))

    assert problems == (
        (
            "shop: AWS refuses UpdateFunctionCode (ResourceConflictException); it says 'The operation cannot be "
            f"performed at this time. An update is in progress for resource: {ARN}'; another deployment may be under "
            "way; wait for it, then deploy again"
        ),
        *NOTHING,
    )


def test_an_update_that_fails_says_why(aws, tmp_path):
    aws.create_function("shop", OLD)
    state = aws.rules.state("shop")
    state.ends, state.reason = "Failed", "The role lacks access to the key."

    problems = refusal(function_zip(tmp_path), functions=("shop",), publish=True)

    assert problems == (
        "shop: the update failed; AWS says 'The role lacks access to the key.'; see to that, then deploy again",
        "done: nothing",
        "not done: shop: code; shop: version",
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
                f"shop: access denied to UpdateFunctionCode; AWS says {DENIED!r}; allow it to these credentials, or "
                "use others"
            ),
        ),
        (
            403,
            "ExpiredTokenException",
            "The security token included in the request is expired",
            "credentials: AWS says that they have expired; sign in again, then deploy again",
        ),
        (
            403,
            "InvalidSignatureException",
            "The Canonical String for this request should have been 'x-amz-security-token:SECRET'",
            (
                "credentials: AWS does not accept them (InvalidSignatureException); look at profile, AWS_PROFILE and "
                "AWS_ACCESS_KEY_ID"
            ),
        ),
        (
            400,
            "InvalidParameterValueException",
            "Unzipped size must be smaller than 262144000 bytes",
            (
                "shop: AWS refuses UpdateFunctionCode (InvalidParameterValueException); it says 'Unzipped size must be "
                "smaller than 262144000 bytes'; see what AWS says"
            ),
        ),
    ],
)
def test_what_aws_refuses_is_told_in_its_words_without_credentials(aws, tmp_path, status, code, message, problem):
    aws.create_function("shop", OLD)
    aws.refuse("UpdateFunctionCode", status, code, message)

    problems = refusal(function_zip(tmp_path), functions=("shop",))

    assert problems == (problem, *NOTHING)
    assert aws.written == ["UpdateFunctionCode"]


def test_an_upload_that_is_denied_says_so(aws, tmp_path):
    aws.create_function("shop", OLD)
    aws.create_bucket("artifacts")
    aws.refuse("PutObject", 403, "AccessDenied", "Access Denied")
    path = function_zip(tmp_path)

    problems = refusal(path, functions=("shop",), s3_bucket="artifacts")

    assert problems[0].endswith(
        "zip: access denied to PutObject; AWS says 'Access Denied'; allow it to these credentials, or use others"
    )
    assert problems[1:] == ("done: nothing", "not done: shop: code")


def test_no_credentials_no_region_and_no_such_profile_are_one_line_each(aws, tmp_path, monkeypatch):
    path = function_zip(tmp_path)
    aws.create_function("shop", OLD)

    profile = refusal(path, functions=("shop",), profile="nobody")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    credentials = refusal(path, functions=("shop",))
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    region = refusal(path, functions=("shop",))

    assert profile == (
        (
            "profile: The config profile (nobody) could not be found; aws configure list-profiles lists those that "
            "there are"
        ),
    )
    assert credentials == (
        (
            "credentials: boto3 finds none, or only a part; set AWS_PROFILE or sign in, see "
            "https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html"
        ),
    )
    assert region == ("region: none is named; name it with region or AWS_DEFAULT_REGION",)


def test_an_endpoint_that_is_none_is_one_line(aws, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nowhere")

    problems = refusal(function_zip(tmp_path), functions=("shop",))

    assert problems == (
        "AWS: boto3 cannot be set up; it says 'Invalid endpoint: nowhere'; see to that, then deploy again",
    )


def test_aws_out_of_reach_is_one_line(aws, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")

    problems = refusal(function_zip(tmp_path), functions=("shop",))

    url = "http://127.0.0.1:1/2015-03-31/functions/shop/configuration"
    assert problems == (
        (
            "AWS: it cannot be asked (EndpointConnectionError); boto3 says 'Could not connect to the endpoint URL: "
            f'"{url}"\'; see to that, then deploy again'
        ),
    )
